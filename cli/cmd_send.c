/* ensign send and ping: messages sealed, sent until their receipts are proven, and told. */
#include "cli/judge.h"
#include "cli/sealer.h"
#include "cli/tls_identity.h"
#include "engine/base/digest.h"
#include "show/output.h"
#include "sti/outbox.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRIES 5
#define RETRIES_MAX 1000
#define LINE_MAX_LEN ((size_t)1 << 20) /* bytes that are said of one message */
#define ARENA_MAX ((size_t)1 << 30)

typedef struct {
    const char *key, *cert, *pass_file, *domain, *outbox, *retries, *first_wait, *receipts;
    bool sealed;
    ens_parcel_options parcel;
    ens_judge_options judge; /* whose receipts are taken, --at and --json */
    ens_tls_options tls;
} options;

/* What becomes of one operand. */
typedef struct {
    const char *file; /* NULL: a ping */
    char *id;         /* NULL: it was not kept, and told already */
    char made_of[64]; /* what it is made of, as a UUID; "-": it was sealed elsewhere */
    bool told;
} item;

/* One run. */
typedef struct {
    const ens_command *command;
    const options *o;
    const char *url;
    unsigned tries;
    int64_t first_ms;
    ens_time at;
    ens_judge judge;
    ens_verify_options receipts; /* how they are judged */
    ens_sealer_source source;
    ens_sealer *sealer;
    ens_parcel *parcel;
    ens_verifier *verifier; /* of what was sealed elsewhere */
    ens_report *report;
    ens_tls_files tls;
    ens__client *client;
    ens__store *store;
    ens_arena arena;
    char folder[PATH_MAX], name[PATH_MAX]; /* of the store; folder: where it goes with the run */
    int hold;
    item *items;
    size_t num;
    int status;
} job;

static int failed(const job *j, const char *about, const ens_err *err)
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

static void print_line(job *j, const line *l, int status)
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

static void print_unsent(job *j, const char *file, const char *error, int status)
{
    print_line(j, &(line){.file = file, .error = error, .word = "not sent"}, status);
}

/* keep_file writes DIR/ID with that ending. */
static ens_code keep_file(const job *j, ens_slice id, const char *ending, ens_slice bytes, char path[PATH_MAX],
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
static ens_code keep_receipt(job *j, ens_slice id, char path[PATH_MAX], ens_err *err)
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

static const char *file_of(const job *j, ens_slice id, ens_slice note, char copy[PATH_MAX], item **out)
{
    *out = NULL;
    for (size_t i = 0; i < j->num; i++)
        if (j->items[i].id && ens_is(id, j->items[i].id) && !j->items[i].told) {
            *out = &j->items[i];
            return j->items[i].file;
        }
    const uint8_t *blank = memchr(note.p, ' ', note.len); /* behind it: the file */
    ens_slice file = blank ? ens_from(note, (size_t)(blank - note.p) + 1) : (ens_slice){0};
    snprintf(copy, PATH_MAX, "%.*s", (int)file.len, (const char *)file.p);
    return file.len ? copy : NULL;
}

static void tell_over(job *j, const ens__outbound *m, const ens__exchange *x, ens_outbound_state state)
{
    char path[PATH_MAX], copy[PATH_MAX], text[1024];
    ens_err err = {0};
    item *which;
    bool good = state == ENS_OUTBOUND_DELIVERED;
    line l = {.file = file_of(j, m->message_id, m->note, copy, &which),
              .id = m->message_id,
              .action = m->action,
              .ebms = good ? (ens_slice){0}
                      : x  ? ens_str(x->ebms)
                           : m->ebms,
              .detail = good ? (ens_slice){0}
                        : x  ? ens_str(x->detail)
                             : m->detail,
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

static void take_event(void *user, const ens__outbox_event *e)
{
    job *j = user;
    if (e->over)
        tell_over(j, e->message, e->exchange, e->state);
    else
        ens__say("ensign %s: %.*s: attempt %u: %s %s; again in %.1f s\n", j->command->name,
                 (int)e->message->message_id.len, (const char *)e->message->message_id.p, e->message->attempts,
                 e->exchange->ebms, e->exchange->detail, (double)e->again_ms / 1000);
}

/* name_of derives the first part of a message's id from all that it is made of: the same file, sealed the same way for the same
 * address, is the same message in an outbox, and isn't sent twice by a command that is given again. */
static ens_code name_of(const job *j, ens_slice payload, char out[64], ens_err *err)
{
    const ens_parcel_options *p = &j->o->parcel;
    const char *const texts[] = {"ensign outbox", j->url, p->from, p->to, p->action, p->agreement, p->ref_to};
    uint8_t sum[ENS_DIGEST_MAX];
    char hex[33];
    ens_digest d = {0};
    ens_code code = ens__digest_init(&d, ENS_SHA256, err);
    if (code != ENS_OK)
        return code;
    ens__digest_start(&d);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ens__digest_add(&d, ens_str(texts[i] ? texts[i] : ""));
        ens__digest_add(&d, ens_bytes("", 1));
    }
    ens__digest_add(&d, ens_bytes(j->source.cert.bytes.p, j->source.cert.bytes.len));
    ens__digest_add(&d, payload);
    for (size_t i = 0; i < p->attach.num && code == ENS_OK; i++) {
        ens_file file = {0};
        const char *given = p->attach.item[i], *equals = strrchr(given, '=');
        char *path = equals && access(given, F_OK) != 0 ? strndup(given, (size_t)(equals - given)) : strdup(given);
        code = path ? ens__file_open(path, 0, &file, err) : ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
        ens__digest_add(&d, ens_bytes(given, strlen(given) + 1));
        ens__digest_add(&d, file.bytes);
        ens__file_close(&file);
        free(path);
    }
    ens_code ended = ens__digest_end(&d, sum, err);
    ens__digest_clear(&d);
    sum[6] = (uint8_t)((sum[6] & 0x0F) | 0x80); /* RFC 9562, 5.8: version 8 */
    sum[8] = (uint8_t)((sum[8] & 0x3F) | 0x80);
    ens__hex(ens_bytes(sum, 16), hex);
    snprintf(out, 64, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
    return code == ENS_OK ? ended : code;
}

/* know looks whether the outbox has a message of that id: waiting, it is gone on with; given up, it is tried again;
 * acknowledged, its receipt is told. */
static ens_code know(job *j, item *i, const char *id, ens_slice sealed, bool *known, ens_err *err)
{
    ens__outbound m = {0};
    bool revived = false;
    ens_arena_reset(&j->arena);
    ens_code code = ens__store_find_outbound(j->store, ens_str(id), &j->arena, &m, known, err);
    if (code != ENS_OK || !*known)
        return code;
    if ((sealed.p && m.raw.len && !ens_eq(sealed, m.raw)) || !ens_starts(m.note, ens_str(i->made_of)))
        return ens_fail_about(err, ENS_EPOLICY, "ICS2-HTI 4.2.1",
                              "the outbox has another message of this id: an id stands for one message", id);
    i->id = strdup(id);
    if (!i->id)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    if (m.state == ENS_OUTBOUND_GIVEN_UP)
        return ens__store_revive(j->store, ens_str(id), j->tries, &revived, err);
    if (m.state == ENS_OUTBOUND_DELIVERED)
        tell_over(j, &m, NULL, m.state);
    return ENS_OK;
}

static int refuse(job *j, item *i, const ens_err *err, int status)
{
    char text[1024];
    ens__say_error(j->command->name, i->file, err);
    print_unsent(j, i->file, ens_err_format(err, text, sizeof text), status);
    i->told = true;
    return status;
}

/* keep puts a sealed message into the outbox. */
static int keep(job *j, item *i, ens_slice sealed)
{
    ens_message m = {0};
    ens_err err = {0};
    bool known = false;
    char id[ENS_STORE_ID + 1], note[PATH_MAX + sizeof i->made_of];
    snprintf(note, sizeof note, "%s %s", i->made_of, i->file ? i->file : "");
    ens_report_reset(j->report);
    ens_verify(j->verifier, sealed, &(ens_verify_options){.at = j->at, .documents = ENS_DOCUMENTS_OFF}, &m, j->report);
    if (m.kind != ENS_MESSAGE_USER || !m.num_signed_parts || !m.message_id.len || m.message_id.len >= sizeof id) {
        ens_code code = ens_fail(&err, ENS_ESYNTAX, "ICS2-HTI 4.1.3.2", "this is no sealed user message", 0);
        return (void)code, refuse(j, i, &err, ENS_EXIT_UNKNOWN);
    }
    snprintf(id, sizeof id, "%.*s", (int)m.message_id.len, (const char *)m.message_id.p);
    ens_code code = know(j, i, id, sealed, &known, &err);
    if (code == ENS_OK && !known) {
        i->id = strdup(id);
        code = i->id ? ens__outbox_put(j->store, sealed, &m, j->url, j->tries, note, &known, &err)
                     : ens_fail(&err, ENS_ENOMEM, NULL, "out of memory", 0);
    }
    return code == ENS_OK ? ENS_EXIT_GOOD : refuse(j, i, &err, ENS_EXIT_UNKNOWN);
}

static int seal_and_keep(job *j, item *i, const char *id)
{
    ens_slice sealed = {0};
    ens_buf said;
    ens_parcel_options parcel = j->o->parcel;
    /* Whom the access point trusts isn't known here: the message is judged without. */
    const ens__check_options check = {.verify = {.at = j->at, .engine = j->judge.check.verify.engine}};
    parcel.message_id = id ? id : parcel.message_id;
    ens_buf_init(&said, NULL, 0, LINE_MAX_LEN);
    int status = ens__parcel_seal(j->parcel, &parcel, &check, j->sealer, j->at, i->file, &sealed, &said);
    ens__say_lines(ens_buf_slice(&said));
    ens_buf_free(&said);
    if (status == ENS_EXIT_GOOD)
        return keep(j, i, sealed);
    print_unsent(j, i->file, "it isn't sealed: see stderr", status);
    i->told = true;
    return status;
}

static int take_item(job *j, item *i)
{
    ens_file file = {0};
    ens_err err = {0};
    char id[ENS_STORE_ID + 1] = "";
    const char *given = j->o->parcel.message_id;
    bool known = false;
    int status;
    if (i->file && ens__file_open_steady(i->file, 0, &file, &err) != ENS_OK)
        return refuse(j, i, &err, ENS_EXIT_UNKNOWN);
    strcpy(i->made_of, "-");
    if (j->o->sealed) {
        status = keep(j, i, file.bytes);
    } else {
        ens_code code = name_of(j, file.bytes, i->made_of, &err);
        if (given)
            snprintf(id, sizeof id, "%s", given);
        else if (j->o->outbox)
            snprintf(id, sizeof id, "%.40s@%.200s", i->made_of, j->source.options.domain);
        if (code == ENS_OK && id[0])
            code = know(j, i, id, (ens_slice){0}, &known, &err);
        status = code != ENS_OK ? refuse(j, i, &err, ENS_EXIT_UNKNOWN)
                 : known        ? ENS_EXIT_GOOD
                                : seal_and_keep(j, i, id[0] ? id : NULL);
    }
    ens__file_close(&file);
    return status;
}

static bool same_address(void *user, const ens__outbound *row)
{
    job *j = user;
    if (row->mode == ENS_PUSH && !ens_is(row->url, j->url)) {
        ens__say("ensign %s: %s has a message for %.*s: an outbox is for one address\n", j->command->name, j->o->outbox,
                 (int)row->url.len, (const char *)row->url.p);
        j->status = ENS_EXIT_UNKNOWN;
    }
    return j->status == ENS_EXIT_GOOD;
}

/* open_store opens --outbox, or one that goes when the run ends. */
static ens_code open_store(job *j, ens_err *err)
{
    const char *tmp = getenv("TMPDIR");
    bool alone = false;
    size_t num = 0;
    if (j->o->outbox) {
        snprintf(j->name, sizeof j->name, "%s", j->o->outbox);
    } else {
        snprintf(j->folder, sizeof j->folder, "%s/ensign-send-XXXXXX", tmp && *tmp ? tmp : "/tmp");
        if (!mkdtemp(j->folder)) {
            j->folder[0] = '\0';
            return ens_fail_about(err, ENS_EIO, NULL, strerror(errno), "a folder for what is to be sent");
        }
        snprintf(j->name, sizeof j->name, "%.4000s/outbox", j->folder);
    }
    ens_code code = ens__store_open(j->name, &(ens__store_options){.create = true}, &j->store, err);
    if (code == ENS_OK)
        code = ens__outbox_hold(j->name, &j->hold, &alone, err);
    if (code == ENS_OK && alone)
        code = ens__outbox_resume(j->store, &num, err);
    if (code == ENS_OK)
        code = ens__store_list_outbound(j->store, ENS_OUTBOUND_READY, same_address, j, err);
    return code;
}

static void drop_store(job *j)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal", ".sending"};
    char path[PATH_MAX + 16];
    ens__store_close(j->store);
    if (j->hold >= 0)
        close(j->hold);
    if (!j->folder[0])
        return;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, "%s%s", j->name, endings[i]);
        unlink(path);
    }
    rmdir(j->folder);
}

static ens_code open_sealer(job *j, ens_err *err)
{
    const options *o = j->o;
    const ens_sealer_files files = {o->key, o->cert, o->pass_file, o->domain, true};
    if (o->sealed || !o->key) /* what waits in the outbox is sealed already */
        return ENS_OK;
    if (!(j->parcel = ens__parcel_new()))
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    ens_code code = ens__sealer_open(&files, j->at, &j->source, &j->sealer, err);
    return code == ENS_OK ? code : ens_within(err, code, "opening the seal");
}

static ens_code open_job(job *j, ens_err *err)
{
    ens_code code = open_sealer(j, err);
    if (code == ENS_OK)
        code = ens__tls_files_open(&j->o->tls, &j->tls, err);
    if (code == ENS_OK)
        code = ens__client_new(&j->client, err);
    if (code == ENS_OK)
        code = ens_verifier_new(&j->verifier, err);
    if (code == ENS_OK && !(j->report = ens_report_new()))
        code = ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    if (code == ENS_OK && j->o->receipts && mkdir(j->o->receipts, 0777) != 0 && errno != EEXIST)
        code = ens_fail_about(err, ENS_EIO, NULL, strerror(errno), j->o->receipts);
    return code == ENS_OK ? open_store(j, err) : code;
}

/* tell_rest: whose tries another run used up is known by the store alone. */
static void tell_rest(job *j)
{
    for (size_t i = 0; i < j->num; i++) {
        ens__outbound m = {0};
        ens_err err = {0};
        bool found = false;
        if (!j->items[i].id || j->items[i].told)
            continue;
        ens_arena_reset(&j->arena);
        if (ens__store_find_outbound(j->store, ens_str(j->items[i].id), &j->arena, &m, &found, &err) == ENS_OK && found)
            tell_over(j, &m, NULL, m.state);
        else
            refuse(j, &j->items[i], &err, ENS_EXIT_UNKNOWN);
    }
}

static void send_all(job *j)
{
    ens_err err = {0};
    const volatile sig_atomic_t *stop = ens__stop_when_told();
    for (size_t i = 0; i < j->num && !*stop; i++)
        j->status = ens__worst(j->status, take_item(j, &j->items[i]));
    const ens__outbox outbox = {.store = j->store,
                                .client = j->client,
                                .peer = {.tls_cert = ens_buf_slice(&j->tls.cert),
                                         .tls_key = ens_buf_slice(&j->tls.key),
                                         .tls_root = j->tls.root,
                                         .judge = &j->receipts},
                                .tries = j->tries,
                                .first_ms = j->first_ms,
                                .most_ms = ENS_OUTBOX_MOST_MS,
                                .stop = stop,
                                .tell = take_event,
                                .user = j};
    if (ens__outbox_run(&outbox, &err) != ENS_OK)
        j->status = ens__worst(j->status, failed(j, NULL, &err));
    tell_rest(j);
}

static int run(const ens_command *command, const options *o, const char *url, const char *const *files, size_t num,
               unsigned retries)
{
    job j = {.command = command, .o = o, .url = url, .tries = retries + 1, .hold = -1, .num = num};
    ens_err err = {0};
    j.first_ms = o->first_wait ? strtol(o->first_wait, NULL, 10) : ENS_OUTBOX_FIRST_MS;
    ens_arena_init(&j.arena, ARENA_MAX);
    if (!ens__judge_open(command, &o->judge, &j.judge, &j.status))
        goto out;
    j.status = ENS_EXIT_GOOD;
    j.at = j.judge.check.verify.at;
    j.receipts = j.judge.check.verify;
    j.receipts.at = o->judge.at ? j.at : ENS_TIME_NONE;
    j.items = calloc(num + 1, sizeof *j.items);
    if (!j.items)
        j.status = ens__command_usage(command, "out of memory");
    for (size_t i = 0; j.items && i < num; i++)
        j.items[i].file = files[i];
    if (j.items && open_job(&j, &err) != ENS_OK)
        j.status = failed(&j, NULL, &err);
    else if (j.status == ENS_EXIT_GOOD)
        send_all(&j);
out:
    drop_store(&j);
    for (size_t i = 0; j.items && i < num; i++)
        free(j.items[i].id);
    free(j.items);
    ens__client_free(j.client);
    ens_verifier_free(j.verifier);
    ens_report_free(j.report);
    ens__tls_files_clear(&j.tls);
    ens__sealer_close(&j.source);
    ens_sealer_free(j.sealer);
    ens__parcel_free(j.parcel);
    ens__judge_close(&j.judge);
    ens_arena_free(&j.arena);
    return j.status;
}

static int usage_fault(const ens_command *command, const options *o, size_t num_files)
{
    if (!o->sealed && num_files && (!o->key || !o->cert))
        return ens__command_usage(command, "no seal given: --key KEY --cert CHAIN (or --sealed)");
    if (!o->sealed && num_files && !o->parcel.action)
        return ens__command_usage(command, "no action given: --action IE3F26 (or --sealed)");
    if (!o->sealed && num_files && !o->parcel.from)
        return ens__command_usage(command, "no sender given: --from PARTYID (or --sealed)");
    if (num_files > 1 && (o->parcel.attach.num || o->parcel.message_id || o->parcel.ref_to))
        return ens__command_usage(command, "--attach, --message-id and --ref-to are for a single payload");
    return 0;
}

static bool read_retries(const ens_command *command, const char *text, unsigned otherwise, unsigned *out, int *status)
{
    char *end = NULL;
    unsigned long n = text ? strtoul(text, &end, 10) : otherwise;
    *out = (unsigned)n;
    if (!text || (*text >= '0' && *text <= '9' && !*end && n <= RETRIES_MAX))
        return true;
    *status = ens__command_usage(command, "--retries is 0 to %d, not %s", RETRIES_MAX, text);
    return false;
}

static void free_options(options *o)
{
    ens__values_free(&o->parcel.attach);
    ens__judge_options_free(&o->judge);
}

#define SEAL_ROWS(o)                                                                                                   \
    {"key", 0, "KEY", "the private key of the seal: PEM or PKCS#12", NULL, &(o).key, NULL},                            \
        {"cert", 0, "CHAIN", "the seal certificate with its issuers, in any order", NULL, &(o).cert, NULL},            \
        {"pass-file", 0, "FILE", "pass phrase (else ENSIGN_PASS, or a prompt)", NULL, &(o).pass_file, NULL},           \
        {"from", 0, "PARTYID", "the sender: [system-id@]EORI[@member state]", NULL, &(o).parcel.from, NULL},           \
        {"to", 0, "PARTYID", "the receiver; sti-taxud where none is given", NULL, &(o).parcel.to, NULL},               \
        {"agreement", 0, "VERSION", "interface version: V1.0 or V2.0 (default)", NULL, &(o).parcel.agreement, NULL},   \
        {"domain", 0,           "NAME", "the access point's name in ids; this machine's where none is given",          \
         NULL,     &(o).domain, NULL},                                                                                 \
        {"force", 0, NULL, "send what would be refused, to rehearse the refusal", &(o).parcel.force, NULL, NULL},      \
        {"retries", 0, "N", "how often what got no receipt is repeated", NULL, &(o).retries, NULL},                    \
        {"first-wait", 0,                                                                                              \
         "MS",         "before the first repetition, 1000 ms where none is given; doubled with each",                  \
         NULL,         &(o).first_wait,                                                                                \
         NULL},                                                                                                        \
    {                                                                                                                  \
        "receipts", 0, "DIR", "write each receipt to DIR/MESSAGEID.xml, its message beside it", NULL, &(o).receipts,   \
            NULL                                                                                                       \
    }

int ens__cmd_send(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"action", 0, "ACTION", "IE3F26 …; test for the test service", NULL, &o.parcel.action, NULL},
        {"attach", 0, "FILE[=TYPE]", "an attachment; its Content-ID is what the document calls it", NULL, NULL,
         &o.parcel.attach},
        {"message-id", 0, "ID", "instead of a new UUID@domain", NULL, &o.parcel.message_id, NULL},
        {"ref-to", 0, "ID", "the message that this one answers", NULL, &o.parcel.ref_to, NULL},
        {"sealed", 0, NULL, "the files are sealed messages, and go as they are", &o.sealed, NULL, NULL},
        {"outbox", 0, "DB", "keep what is to be sent in this store: given again, the command goes on", NULL, &o.outbox,
         NULL},
        SEAL_ROWS(o),
        ENS_TLS_OPTIONS(o.tls),
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_ONLINE(o.judge),
    };
    const ens_command command = {
        "send", "URL PAYLOAD|MESSAGE... --trust PATH [--sealed | --from PARTYID --action A --key KEY --cert CHAIN]",
        "Seals each payload (with --sealed: takes each message as it is), sends it to an access point, and proves the\n"
        "receipt that comes back against the very bytes sent. --trust names the anchors of who seals receipts: those "
        "of\n"
        "customs. What got no receipt is repeated, the same bytes with the same id, after 1, 2, 4 … seconds; category\n"
        "A goes first. With --outbox nothing is lost when the command ends early: the same command goes on, and a "
        "file\n"
        "that was acknowledged isn't sent again.\n"
        "Exit status: 0 all acknowledged; 1 refused, or a receipt that proves nothing (EBMS:0302); 2 no receipt\n"
        "(EBMS:0301), nobody reached (EBMS:0005), or it can't be told who sealed the receipt.",
        table, sizeof table / sizeof *table};
    ens_values operands = {0};
    unsigned retries = 0;
    int status;
    if (ens__command_parse(&command, argc, argv, &operands, &status) &&
        read_retries(&command, o.retries, RETRIES, &retries, &status)) {
        if (!operands.num)
            status = ens__command_usage(&command, "say where to: URL");
        else if (operands.num == 1 && !o.outbox)
            status = ens__command_usage(&command, "no payload given");
        else if ((status = usage_fault(&command, &o, operands.num - 1)) == 0)
            status = run(&command, &o, operands.item[0], operands.item + 1, operands.num - 1, retries);
    }
    ens__values_free(&operands);
    free_options(&o);
    return status;
}

int ens__cmd_ping(int argc, char **argv)
{
    options o = {.parcel = {.action = "test"}};
    const ens_option table[] = {SEAL_ROWS(o), ENS_TLS_OPTIONS(o.tls), ENS_JUDGE_TRUST(o.judge),
                                ENS_JUDGE_ONLINE(o.judge)};
    const ens_command command = {
        "ping", "URL --from PARTYID --key KEY --cert CHAIN [--trust PATH]... [options]",
        "Sends a message of the test service, which an access point acknowledges and delivers to nobody, and proves\n"
        "its receipt: connection, both TLS certificates, seal and registration are tried at once. Without --trust it\n"
        "can't be told who sealed the receipt (exit status 2). As send otherwise; nothing is repeated without\n"
        "--retries.",
        table, sizeof table / sizeof *table};
    const char *const nothing[] = {NULL};
    ens_values operands = {0};
    unsigned retries = 0;
    int status;
    if (ens__command_parse(&command, argc, argv, &operands, &status) &&
        read_retries(&command, o.retries, 0, &retries, &status)) {
        if (operands.num != 1)
            status = ens__command_usage(&command, operands.num ? "one address at a time" : "say where to: URL");
        else if ((status = usage_fault(&command, &o, 1)) == 0)
            status = run(&command, &o, operands.item[0], nothing, 1, retries);
    }
    ens__values_free(&operands);
    free_options(&o);
    return status;
}
