/* The journal: lists, one row, its bytes and its document, the stream of events, waiting, and sending again. */
#include "web/api/parts.h"

#include "as4/envelope/names.h"
#include "show/journal.h"

#include <stdio.h>

typedef struct {
    const ens_feed_filter *filter;
    ens_json *json;
    size_t left;
    uint64_t last;
    bool more;
} listing;

static bool list_row(void *user, const ens__journal_row *row)
{
    listing *l = user;
    if (!ens__feed_fits(l->filter, row))
        return true;
    l->more = !l->left;
    if (!l->left)
        return false;
    l->left--;
    l->last = row->seq;
    ens__journal_json(l->json, row, NULL);
    return true;
}

static void list(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens_feed_filter filter;
    size_t limit;
    ens_err err = {0};
    if (!ens__api_filter(api, r, &filter, a) || !ens__api_limit(r, a, &limit))
        return;
    ens_json j = ens__web_begin_json(a);
    listing l = {.filter = &filter, .json = &j, .left = limit, .last = filter.since};
    ens__json_open(&j, NULL, '{');
    ens__json_open(&j, "entries", '[');
    const ens__journal_query q = ens__feed_query(&filter);
    ens_code code = ens__store_journal_list(api->store, &q, list_row, &l, &err);
    ens__json_close(&j, ']');
    ens__json_number(&j, "next", l.last);
    ens__json_bool(&j, "more", l.more);
    ens__json_close(&j, '}');
    if (code != ENS_OK)
        ens__web_fail(a, "The journal can't be read", &err);
}

/* One row, looked up by the number in the path, if it is of the space. */
typedef struct {
    const ens_web_request *r;
    ens_json *json; /* NULL: only looked up */
    uint64_t since;
    bool found;
    char message_id[ENS_STORE_ID + 1], party[ENS_STORE_PARTY + 1];
    ens_entry_direction direction;
    ens_entry_kind kind;
} lookup;

static bool take_one(void *user, const ens__journal_row *row)
{
    lookup *l = user;
    if (!ens__api_is_of(l->r, row->party) || row->seq <= l->since)
        return false;
    l->found = true;
    l->direction = row->direction;
    l->kind = row->kind;
    snprintf(l->message_id, sizeof l->message_id, "%.*s", (int)row->message_id.len, (const char *)row->message_id.p);
    snprintf(l->party, sizeof l->party, "%.*s", (int)row->party.len, (const char *)row->party.p);
    if (l->json)
        ens__journal_json(l->json, row, NULL);
    return false;
}

static bool read_seq(ens_slice text, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || i > 17)
            return false;
        *out = *out * 10 + (text.p[i] - '0');
    }
    return *out > 0;
}

static bool find_row(ens_api *api, const ens_web_request *r, ens_web_answer *a, lookup *l, uint64_t *seq)
{
    ens_err err = {0};
    l->r = r;
    l->since = ens__api_since(api, ens__api_space(r));
    if (read_seq(r->capture[0], seq)) {
        const ens__journal_query q = {.since = *seq - 1, .until = *seq, .direction = -1, .kind = -1, .limit = 1};
        if (ens__store_journal_list(api->store, &q, take_one, l, &err) != ENS_OK) {
            ens__web_fail(a, "The journal can't be read", &err);
            return false;
        }
    }
    if (!l->found)
        ens__api_refuse(a, 404, "the journal has no such row, or not in this space", NULL);
    return l->found;
}

static void show(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_json j = ens__web_begin_json(a);
    lookup l = {.json = &j};
    uint64_t seq;
    find_row(room, r, a, &l, &seq);
}

/* read_raw appends the bytes of the row of the path; false: a has the refusal. */
static bool read_raw(ens_api *api, ens_web_request *r, ens_web_answer *a, lookup *l, ens_buf *out)
{
    uint64_t seq;
    bool found = false;
    ens_err err = {0};
    if (!find_row(api, r, a, l, &seq))
        return false;
    if (ens__store_journal_raw(api->store, seq, out, &found, &err) != ENS_OK)
        ens__web_fail(a, "The journal can't be read", &err);
    else if (!found)
        ens__api_refuse(a, 404, "the row has no bytes, or they are no longer kept", NULL);
    return found;
}

static void show_raw(void *room, ens_web_request *r, ens_web_answer *a)
{
    lookup l = {0};
    char name[48];
    a->type = "application/octet-stream";
    if (!read_raw(room, r, a, &l, &a->body))
        return;
    snprintf(name, sizeof name, "%.*s.mime", (int)r->capture[0].len, (const char *)r->capture[0].p);
    ens__web_download(a, ens_str(name));
}

static ens_code put_piece(void *out, ens_slice piece)
{
    ens_buf_put(out, piece);
    return ENS_OK;
}

/* show_document takes the business document out of the message. It is what the message says, judged or not. */
static void show_document(void *room, ens_web_request *r, ens_web_answer *a)
{
    lookup l = {0};
    ens_buf raw;
    ens_message m = {0};
    ens_buf_init(&raw, NULL, 0, ENS_STORE_RAW);
    if (read_raw(room, r, a, &l, &raw)) {
        ens__api_read_message(r->mine, ens_buf_slice(&raw), &m);
        a->type = "application/xml";
        if (!m.num_payloads)
            ens__api_refuse(a, 404, "the message carries no document", NULL);
        else if (ens_delivery_put(&m.payloads[0], put_piece, &a->body, NULL) != ENS_OK)
            ens__api_refuse(a, 422, "what the message carries can't be unpacked", NULL);
    }
    ens_buf_free(&raw);
}

static void listen_all(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens_feed_filter filter;
    if (ens__api_filter(api, r, &filter, a))
        ens__feed_listen(api->feed, r, a, &filter);
}

/* ---- waiting ---- */

static void name_wait(const ens_feed_filter *f, char *out, size_t size)
{
    const char *const texts[] = {f->action, f->lrn, f->mrn, f->message_id, f->ref_to, f->party, f->ebms};
    static const char *const names[] = {"action", "lrn", "mrn", "message_id", "ref_to", "party", "code"};
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof texts / sizeof *texts && len < size; i++)
        if (*texts[i])
            len += (size_t)snprintf(out + len, size - len, "%s%s %s", len ? ", " : "", names[i], texts[i]);
    if (!len)
        snprintf(out, size, "any row");
}

static void end_wait(const ens_feed_end *end, ens_web_answer *a)
{
    char name[1024], why[1100];
    name_wait(end->filter, name, sizeof name);
    snprintf(why, sizeof why, "no row of the journal fits %s after %.0f s", name, end->seconds);
    if (end->junit) {
        ens__api_junit("wait", name, end->seconds, end->row ? NULL : why, a);
    } else if (end->row) {
        ens_json j = ens__web_begin_json(a);
        ens__journal_json(&j, end->row, NULL);
    } else {
        ens__api_refuse(a, 408, why, "look at what came: GET /journal; customs act by the clock: POST /clock/advance");
    }
}

static void wait_for(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens_feed_filter filter;
    uint64_t seconds;
    ens_slice format = ens__web_query(r, "format");
    if (!ens__api_filter(api, r, &filter, a))
        return;
    if (!ens__web_query_number(r, "timeout", 30, &seconds) || seconds > ENS_FEED_WAIT_MAX_S)
        ens__api_refuse(a, 422, "timeout is a number of seconds, up to 300", NULL);
    else if (format.p && !ens_is(format, "json") && !ens_is(format, "junit"))
        ens__api_refuse(a, 422, "format is json or junit", NULL);
    else if (ens_is(r->http->head->method, "HEAD"))
        ens__api_refuse(a, 405, "ask by GET", NULL);
    else
        ens__feed_wait(api->feed, r, a, &filter, (unsigned)seconds,
                       ens_is(format, "junit") || (!format.p && ens__web_accepts(r, "application/xml")), end_wait);
}

/* ---- again ---- */

/* replay sends a message of customs once more, from its first try on. */
static void replay(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    lookup l = {0};
    uint64_t seq;
    bool found = false;
    ens_err err = {0};
    if (!find_row(api, r, a, &l, &seq))
        return;
    if (l.direction != ENS_OUT || l.kind != ENS_ENTRY_USER_MESSAGE) {
        ens__api_refuse(a, 409, "only a message that customs sent is sent again",
                        "what a trader sent is sent again by the trader: its bytes are at /journal/{seq}/raw");
        return;
    }
    if (ens__store_send_again(api->store, ens_str(l.message_id), &found, &err) != ENS_OK) {
        ens__web_fail(a, "It can't be sent again", &err);
    } else if (!found) {
        ens__api_refuse(a, 409, "its bytes are no longer kept, or it is still to be sent", NULL);
    } else {
        a->status = 202;
        ens_json j = ens__web_begin_json(a);
        ens__json_open(&j, NULL, '{');
        ens__json_text(&j, "message_id", l.message_id);
        ens__json_text(&j, "party", l.party);
        ens__json_close(&j, '}');
    }
}

#define FILTER                                                                                                         \
    "since:integer:rows after this one|action:string:IE3F26 …|party:string:a PartyId|message_id:string:of the "      \
    "message|"                                                                                                         \
    "ref_to:string:of the message that it answers|lrn:string:of its document, or of the filing that its MRN "          \
    "names|mrn:string:of its document|code:string:"                                                                    \
    "EBMS:0004 …|direction:string:in or out|kind:string:user-message, receipt, error, pull-request, unreadable, "    \
    "http, "                                                                                                           \
    "tls or note|verdict:string:accepted, refused or undecided"
#define LIMITED FILTER "|limit:integer:rows, up to 1000; 100"

static const ens_api_route rows[] = {
    {{"GET", "/journal", list, 0, 0},
     "listJournal",
     "journal",
     "Lists what came and went, in its order.",
     LIMITED,
     NULL,
     "application/json=Journal",
     200,
     "422"},
    {{"GET", "/journal/{seq}", show, 0, 0},
     "showJournal",
     "journal",
     "Shows one row.",
     NULL,
     NULL,
     "application/json=JournalEntry",
     200,
     "404"},
    {{"GET", "/journal/{seq}/raw", show_raw, 0, 0},
     "rawJournal",
     "journal",
     "Gives the octets of a message as they went over the wire, with its header fields in front.",
     NULL,
     NULL,
     "application/octet-stream=-",
     200,
     "404"},
    {{"GET", "/journal/{seq}/document", show_document, 0, 0},
     "documentJournal",
     "journal",
     "Gives the business document that a message carries.",
     NULL,
     NULL,
     "application/xml=-",
     200,
     "404|422"},
    {{"POST", "/journal/{seq}/replay", replay, 0, 0},
     "replayJournal",
     "journal",
     "Sends a message of customs again: the same bytes, the same id.",
     NULL,
     NULL,
     "application/json=Replayed",
     202,
     "404|409"},
    {{"GET", "/events", listen_all, 0, 0},
     "listenEvents",
     "journal",
     "Streams the journal as it grows (server-sent events): id is the row's number, and Last-Event-ID goes on behind "
     "it.",
     FILTER,
     NULL,
     "text/event-stream=-",
     200,
     "422|429"},
    {{"GET", "/wait", wait_for, 0, 0},
     "wait",
     "journal",
     "Waits until a row of the journal fits, one that is there already included. format=junit, or Accept: "
     "application/xml, answers as build servers read it.",
     FILTER "|timeout:integer:seconds, up to 300; 30|pending:boolean:what customs have for a party and it has not "
            "pulled yet fits, too|format:string:json or junit",
     NULL,
     "application/json=JournalEntry|application/xml=-",
     200,
     "408|422|429"},
};

ens_api_routes ens__api_of_journal(void)
{
    return (ens_api_routes){rows, sizeof rows / sizeof *rows};
}
