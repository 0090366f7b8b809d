/* What send and ping say of each message, and the receipts that they keep. See sending.h. */
#include "cli/sending.h"
#include "show/output.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_LEN ((size_t)1 << 20) /* bytes that are said of one message */
#define ARENA_MAX ((size_t)1 << 30)

int ens__sending_failed(const ens_sending *j, const char *about, const ens_err *err)
{
    ens__say_error(j->command->name, about, err);
    return ENS_EXIT_UNKNOWN;
}

static const char *word(const ens_outbound_state state, const ens__exchange *x)
{
    return state == ENS_OUTBOUND_DELIVERED           ? "acknowledged"
           : x && x->outcome == ENS_EXCHANGE_REFUSED ? "refused"
                                                     : "not acknowledged";
}

/* exit_of: a receipt that proves nothing and an error were judged; what never came was not. */
static int exit_of(ens_outbound_state state, ens_slice ebms)
{
    if (state == ENS_OUTBOUND_DELIVERED)
        return ENS_EXIT_GOOD;
    bool unknown = state == ENS_OUTBOUND_READY || !ebms.len || ens_is(ebms, "EBMS:0301") || ens_is(ebms, "EBMS:0005");
    return unknown ? ENS_EXIT_UNKNOWN : ENS_EXIT_REFUSED;
}

/* One line of the result. */
typedef struct {
    const char *file, *receipt, *error;
    ens_slice id, action, ebms, detail;
    const char *subcode, *hint;
    unsigned attempts;
    long http;
    ens_outbound_state state;
    const char *word;
} line;

static void put_json(const line *l, ens_buf *out)
{
    ens_json json = {.out = out}, *j = &json;
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "file", l->file);
    ens__json_some(j, "message_id", l->id);
    ens__json_some(j, "action", l->action);
    ens__json_bool(j, "acknowledged", l->state == ENS_OUTBOUND_DELIVERED);
    ens__json_number(j, "attempts", l->attempts);
    if (l->http)
        ens__json_number(j, "http", (uint64_t)l->http);
    else
        ens__json_text(j, "http", NULL);
    ens__json_some(j, "ebms", l->ebms);
    ens__json_text(j, "receipt", l->receipt);
    ens__json_text(j, "subcode", l->subcode && *l->subcode ? l->subcode : NULL);
    ens__json_text(j, "state", ens__outbound_state_name(l->state));
    ens__json_some(j, "detail", l->detail);
    ens__json_text(j, "hint", l->hint && *l->hint ? l->hint : NULL);
    if (l->error)
        ens__json_text(j, "error", l->error);
    ens__json_close(j, '}');
    ens_buf_text(out, "\n");
}

static void print_text(const line *l)
{
    ens__print("%s: %s", l->file ? l->file : "ping", l->error ? "not sent" : l->word);
    if (l->error)
        ens__print(": %s", l->error);
    else
        ens__print(" (%.*s, %u attempt%s)", (int)l->id.len, (const char *)l->id.p, l->attempts,
                   l->attempts == 1 ? "" : "s");
    if (l->detail.len)
        ens__print("\n  %.*s%s%.*s", (int)l->ebms.len, (const char *)l->ebms.p, l->ebms.len ? ": " : "",
                   (int)l->detail.len, (const char *)l->detail.p);
    if (l->hint && *l->hint)
        ens__print("\n    -> %s", l->hint);
    if (l->receipt)
        ens__print("\n  receipt: %s", l->receipt);
    ens__print("\n");
}

static void print_line(ens_sending *j, const line *l, int status)
{
    ens_buf out;
    j->status = ens__worst(j->status, status);
    if (!j->o->judge.json) {
        print_text(l);
    } else {
        ens_buf_init(&out, NULL, 0, LINE_MAX_LEN);
        put_json(l, &out);
        ens__write_out(stdout, ens_buf_slice(&out));
        j->status = out.failed ? ENS_EXIT_UNKNOWN : j->status;
        ens_buf_free(&out);
    }
    fflush(stdout);
}

void ens__sending_unsent(ens_sending *j, const char *file, const char *error, int status)
{
    print_line(j, &(line){.file = file, .error = error, .word = "not sent"}, status);
}

/* keep_file writes DIR/ID with that ending. */
static ens_code keep_file(const ens_sending *j, ens_slice id, const char *ending, ens_slice bytes, char path[PATH_MAX],
                          ens_err *err)
{
    ens_buf name;
    ens_buf_init(&name, path, PATH_MAX, PATH_MAX);
    ens_buf_text(&name, j->o->receipts);
    ens_buf_text(&name, "/");
    ens__file_put_name(&name, id);
    ens_buf_text(&name, ending);
    ens_buf_add(&name, "", 1);
    ens_code code = ens_buf_done(&name, err);
    return code == ENS_OK ? ens__file_write(path, bytes, 0666, err) : code;
}

/* keep_receipt puts the receipt, and the very message that it is for, where --receipts says. */
static ens_code keep_receipt(ens_sending *j, ens_slice id, char path[PATH_MAX], ens_err *err)
{
    ens__outbound m = {0};
    bool found = false;
    char beside[PATH_MAX];
    ens_arena arena;
    ens_arena_init(&arena, ARENA_MAX);
    ens_code code = ens__store_find_outbound(j->store, id, &arena, &m, &found, err);
    if (code == ENS_OK && (!found || !m.answer.len))
        code = ens_fail(err, ENS_EIO, NULL, "the receipt is no longer kept", 0);
    size_t body = ens__find(m.answer, ENS_LIT("\r\n\r\n"), 0);
    ens_slice bare = body == SIZE_MAX ? m.answer : ens_from(m.answer, body + 4);
    if (code == ENS_OK)
        code = keep_file(j, id, ".mime", m.raw, beside, err);
    if (code == ENS_OK)
        code = keep_file(j, id, ".xml", bare.len && bare.p[0] == '<' ? bare : m.answer, path, err);
    ens_arena_free(&arena);
    return code;
}

static const char *file_of(const ens_sending *j, ens_slice id, ens_slice note, char copy[PATH_MAX],
                           ens_sending_item **out)
{
    *out = NULL;
    for (size_t i = 0; i < j->num; i++)
        if (j->items[i].id && ens_is(id, j->items[i].id) && !j->items[i].told) {
            *out = &j->items[i];
            return j->items[i].file;
        }
    const uint8_t *blank = memchr(note.p, ' ', note.len); /* behind it: the file */
    ens_slice file = blank ? ens_from(note, (size_t)(blank - note.p) + 1) : ENS_LIT("");
    snprintf(copy, PATH_MAX, "%.*s", (int)file.len, (const char *)file.p);
    return file.len ? copy : NULL;
}

void ens__sending_tell(ens_sending *j, const ens__outbound *m, const ens__exchange *x, ens_outbound_state state)
{
    char path[PATH_MAX], copy[PATH_MAX], text[1024];
    ens_err err = {0};
    ens_sending_item *which;
    bool good = state == ENS_OUTBOUND_DELIVERED;
    line l = {.file = file_of(j, m->message_id, m->note, copy, &which),
              .id = m->message_id,
              .action = m->action,
              .ebms = !good ? x ? ens_str(x->ebms) : m->ebms : (ens_slice){0},
              .detail = !good ? x ? ens_str(x->detail) : m->detail : (ens_slice){0},
              .hint = x && !good ? x->hint : NULL,
              .subcode = x && !good ? x->subcode : NULL,
              .attempts = m->attempts,
              .http = x ? x->http : m->http,
              .state = state,
              .word = word(state, x)};
    int status = exit_of(state, l.ebms);
    if (good && j->o->receipts) {
        if (keep_receipt(j, m->message_id, path, &err) == ENS_OK)
            l.receipt = path;
        else
            ens__say_error(j->command->name, ens_err_format(&err, text, sizeof text), &err), status = ENS_EXIT_UNKNOWN;
    }
    if (which)
        which->told = true;
    print_line(j, &l, status);
}

void ens__sending_event(void *user, const ens__outbox_event *e)
{
    ens_sending *j = user;
    if (e->over)
        ens__sending_tell(j, e->message, e->exchange, e->state);
    else
        ens__say("ensign %s: %.*s: attempt %u: %s %s; again in %.1f s\n", j->command->name,
                 (int)e->message->message_id.len, (const char *)e->message->message_id.p, e->message->attempts,
                 e->exchange->ebms, e->exchange->detail, (double)e->again_ms / 1000);
}
