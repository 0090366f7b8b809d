/* Filings as customs keep them, what waits for who filed them, and what an officer orders. */
#include "web/api/parts.h"

#include "as4/ics2/ics2.h"
#include "show/filing.h"
#include "show/journal.h"
#include "sti/filing/shelf.h"

#include <stdio.h>

#define MEMORY ((size_t)64 << 20)

static bool in_space(const ens_web_request *r, ens_slice space)
{
    return ens_eq(space, ens_str(ens__api_space(r)));
}

typedef struct {
    ens_json json;
    size_t left;
    bool more, arrivals, referrals;
    int pile; /* -1: any */
    char after[ENS_FILING_MRN + 1], last[ENS_FILING_MRN + 1];
} listing;

static void put_referrals(ens_json *j, const ens_filing *f)
{
    for (unsigned i = 0; i < f->num_referrals; i++) {
        ens__json_open(j, NULL, '{');
        ens__json_text(j, "mrn", f->mrn);
        ens__json_text(j, "lrn", f->lrn);
        ens__json_text(j, "reference", f->referral[i].reference);
        ens__json_text(j, "type", f->referral[i].type);
        ens__json_bool(j, "open", f->referral[i].open);
        ens__json_close(j, '}');
    }
}

static bool list_one(void *user, const ens__filing_row *row)
{
    listing *l = user;
    ens_filing_view v = {0};
    if (ens__filing_of_row(row, &v.filing, NULL) != ENS_OK || strcmp(v.filing.mrn, l->after) <= 0 ||
        ens__filing_is_arrival(&v.filing) != l->arrivals ||
        (l->pile >= 0 && l->pile != (int)ens__filing_pile(&v.filing)) || (l->referrals && !v.filing.num_referrals))
        return true;
    l->more = !l->left;
    if (!l->left)
        return false;
    l->left--;
    memcpy(l->last, v.filing.mrn, sizeof l->last);
    if (l->referrals)
        put_referrals(&l->json, &v.filing);
    else
        ens__filing_json(&l->json, &v);
    return true;
}

static bool read_pile(const ens_web_request *r, ens_web_answer *a, int *out)
{
    ens_slice name = ens__web_query(r, "pile");
    *out = -1;
    for (int i = 0; name.p && i < ENS_PILES; i++)
        if (ens_is(name, ens__pile_name((ens_pile)i)))
            *out = i;
    if (name.p && *out < 0)
        ens__api_refuse(a, 422, "pile is action-needed, waiting, registered or done", NULL);
    return !name.p || *out >= 0;
}

static bool read_state(const ens_web_request *r, ens_web_answer *a, int *out)
{
    ens_slice name = ens__web_query(r, "state");
    *out = -1;
    for (unsigned i = 1; name.p && i <= ENS_FILING_PRESENTED; i++)
        if (ens_is(name, ens__filing_state_name(i)))
            *out = (int)i;
    if (name.p && *out < 0)
        ens__api_refuse(a, 422, "there is no such state", "registered, pending linking, linked, complete, arrived …");
    return !name.p || *out >= 0;
}

static void list_into(ens_api *api, ens_web_request *r, ens_web_answer *a, listing *l, const char *name)
{
    ens_err err = {0};
    ens__filing_query q = {ens_str(ens__api_space(r)), ens__web_query(r, "lrn"), -1};
    ens_slice after = ens__web_query(r, "after");
    if (!ens__api_limit(r, a, &l->left) || !read_state(r, a, &q.state) || !read_pile(r, a, &l->pile))
        return;
    snprintf(l->after, sizeof l->after, "%.*s", (int)(after.len < sizeof l->after ? after.len : sizeof l->after - 1),
             after.len ? (const char *)after.p : "");
    l->json = ens__web_begin_json(a);
    ens__json_open(&l->json, NULL, '{');
    ens__json_open(&l->json, name, '[');
    ens_code code = ens__store_list_filings(api->store, &q, list_one, l, &err);
    ens__json_close(&l->json, ']');
    ens__json_some(&l->json, "next", ens_str(l->last));
    ens__json_bool(&l->json, "more", l->more);
    ens__json_close(&l->json, '}');
    if (code != ENS_OK)
        ens__web_fail(a, "The filings can't be read", &err);
}

static void list_filings(void *room, ens_web_request *r, ens_web_answer *a)
{
    listing l = {.pile = -1};
    list_into(room, r, a, &l, "filings");
}

static void list_arrivals(void *room, ens_web_request *r, ens_web_answer *a)
{
    listing l = {.arrivals = true};
    list_into(room, r, a, &l, "arrivals");
}

static void list_referrals(void *room, ens_web_request *r, ens_web_answer *a)
{
    listing l = {.referrals = true};
    list_into(room, r, a, &l, "referrals");
}

/* find_filing finds the one of the path in the space, by MRN; false: a has the refusal. */
static bool find_filing(ens_api *api, ens_web_request *r, ens_web_answer *a, ens_filing *out)
{
    ens_arena arena;
    ens__filing_row row;
    bool found = false;
    ens_err err = {0};
    ens_arena_init(&arena, MEMORY);
    ens_code code = ens__store_find_filing(api->store, r->capture[0], &arena, &row, &found, &err);
    found = code == ENS_OK && found && in_space(r, row.space);
    if (found)
        code = ens__filing_of_row(&row, out, &err);
    ens_arena_free(&arena);
    if (code != ENS_OK)
        ens__web_fail(a, "The filing can't be read", &err);
    else if (!found)
        ens__api_refuse(a, 404, "no filing of this space has that MRN", "GET /filings?lrn= finds it by its LRN");
    return code == ENS_OK && found;
}

typedef struct {
    ens_arena *arena;
    ens__notice *notices;
    size_t num, room;
} gathering;

static bool keep_notice(void *user, const ens__notice *n)
{
    gathering *g = user;
    ens__notice *grown = ens_arena_grow(g->arena, g->notices, g->num, &g->room, sizeof *grown);
    if (!grown)
        return false;
    g->notices = grown;
    ens__notice *own = &g->notices[g->num++];
    *own = (ens__notice){.at_ms = n->at_ms};
    const ens_slice from[] = {n->mrn, n->person, n->action, n->message_id};
    ens_slice *const to[] = {&own->mrn, &own->person, &own->action, &own->message_id};
    for (size_t i = 0; i < sizeof to / sizeof *to; i++)
        *to[i] = ens_bytes(ens_arena_text(g->arena, from[i]), from[i].len);
    return true;
}

static void show_filing(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens_filing_view v = {0};
    gathering g = {.arena = r->arena};
    ens_err err = {0};
    if (!find_filing(api, r, a, &v.filing))
        return;
    if (ens__store_list_notices(api->store, ens_str(v.filing.mrn), keep_notice, &g, &err) != ENS_OK) {
        ens__web_fail(a, "The filing can't be read", &err);
        return;
    }
    v.notices = g.notices;
    v.num_notices = g.num;
    ens_json j = ens__web_begin_json(a);
    ens__filing_json(&j, &v);
}

static void show_document(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens_filing f = {0};
    ens_err err = {0};
    if (!find_filing(api, r, a, &f))
        return;
    ens_shelf *shelf = ens__shelf_new(api->store);
    ens_held *h = shelf ? ens__shelf_find(shelf, ens_str(f.mrn)) : NULL;
    ens_slice document = h ? ens__shelf_document(shelf, h) : (ens_slice){0};
    a->type = "application/xml";
    if (shelf && ens__shelf_failed(shelf, &err) != ENS_OK)
        ens__web_fail(a, "The document can't be read", &err);
    else if (!document.len)
        ens__api_refuse(a, 404, "the filing has no document", NULL);
    else
        ens_buf_put(&a->body, document);
    ens__shelf_free(shelf);
}

static void put_order(void *room, ens_web_request *r, ens_web_answer *a)
{
    static const char *const members[] = {"order", "text", NULL};
    ens_api *api = room;
    ens_filing f;
    ens_order order = {0};
    ens_err err = {0};
    bool good = true, found = false;
    if (!find_filing(api, r, a, &f) || !ens__api_body(r, a, members))
        return;
    const char *name = ens__api_text(r, "order", 64, &good), *text = ens__api_text(r, "text", ENS_ORDER_TEXT, &good);
    if (!good || !name || !ens__order_find(ens_str(name), &order.kind) || order.kind >= ENS_ORDERS_OF_OFFICERS) {
        ens__api_refuse(a, 422, "order is one of an officer's, and text has no more than 512 octets",
                        "ask-information, ask-amendment, ask-screening, do-not-load, complete, start, relate, control, "
                        "announce, present, tell-incomplete");
        return;
    }
    order.mrn = ens_str(f.mrn);
    order.text = ens_str(text ? text : "");
    if (ens__order_post(api->store, &order, r->arena, &found, &err) != ENS_OK || !found) {
        ens__web_fail(a, "It can't be ordered", &err);
        return;
    }
    a->status = 202;
    ens_json j = ens__web_begin_json(a);
    ens__json_open(&j, NULL, '{');
    ens__json_text(&j, "mrn", f.mrn);
    ens__json_text(&j, "order", name);
    ens__json_close(&j, '}');
}

/* ---- what customs have for parties, and have not sent yet ---- */

typedef struct {
    const ens_feed_filter *filter;
    ens_json *json;
    size_t left;
    bool more;
} mailbox;

static bool list_outbound(void *user, const ens__outbound *message)
{
    mailbox *m = user;
    const ens__journal_row row = ens__feed_row_of(message);
    if (!ens__feed_fits_pending(m->filter, &row))
        return true;
    m->more = !m->left;
    if (!m->left)
        return false;
    m->left--;
    ens__journal_json(m->json, &row, NULL);
    return true;
}

static void list_mailbox(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens_feed_filter filter;
    ens_err err = {0};
    mailbox m = {.filter = &filter};
    if (!ens__api_filter(api, r, &filter, a) || !ens__api_limit(r, a, &m.left))
        return;
    ens_json j = ens__web_begin_json(a);
    m.json = &j;
    ens__json_open(&j, NULL, '{');
    ens__json_open(&j, "messages", '[');
    ens_code code = ens__store_list_outbound(api->store, ENS_OUTBOUND_READY, list_outbound, &m, &err);
    ens__json_close(&j, ']');
    ens__json_bool(&j, "more", m.more);
    ens__json_close(&j, '}');
    if (code != ENS_OK)
        ens__web_fail(a, "The mailboxes can't be read", &err);
}

static ens_code put_piece(void *out, ens_slice piece)
{
    ens_buf_put(out, piece);
    return ENS_OK;
}

static void show_message(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens_arena arena;
    ens__outbound row;
    ens_message m = {0};
    bool found = false;
    ens_err err = {0};
    ens_arena_init(&arena, ENS_STORE_RAW);
    ens_code code = ens__store_find_outbound(api->store, r->capture[0], &arena, &row, &found, &err);
    a->type = "application/xml";
    if (code == ENS_OK && found && ens__api_is_of(r, row.party))
        ens__api_read_message(r->mine, row.raw, &m);
    if (code != ENS_OK)
        ens__web_fail(a, "The mailbox can't be read", &err);
    else if (!m.num_payloads)
        ens__api_refuse(a, 404, "customs have no such message, or none with a document, in this space", NULL);
    else if (ens_delivery_put(&m.payloads[0], put_piece, &a->body, NULL) != ENS_OK)
        ens__api_refuse(a, 422, "what the message carries can't be unpacked", NULL);
    ens_arena_free(&arena);
}

#define LISTED "|after:string:an MRN: go on behind it|limit:integer:rows, up to 1000; 100"
#define PILE                                                                                                           \
    "pile:string:action-needed, waiting, registered or done|state:string:registered, linked, complete "                \
    "…|lrn:string:of its document"

static const ens_api_route rows[] = {
    {{"GET", "/filings", list_filings, 0, 0},
     "listFilings",
     "customs",
     "Lists the filings that customs have registered.",
     PILE LISTED,
     NULL,
     "application/json=Filings",
     200,
     "422"},
    {{"GET", "/filings/{mrn}", show_filing, 0, 0},
     "showFiling",
     "customs",
     "Shows a filing with its time line: what was told of it, its requests, what is due.",
     NULL,
     NULL,
     "application/json=Filing",
     200,
     "404"},
    {{"GET", "/filings/{mrn}/document", show_document, 0, 0},
     "documentFiling",
     "customs",
     "Gives the document that a filing stands for, as amended.",
     NULL,
     NULL,
     "application/xml=-",
     200,
     "404"},
    {{"POST", "/filings/{mrn}/orders", put_order, 0, 0},
     "orderFiling",
     "customs",
     "Orders what an officer decides: it is done within a second.",
     NULL,
     "application/json=Order",
     "application/json=Ordered",
     202,
     "404|422"},
    {{"GET", "/arrivals", list_arrivals, 0, 0},
     "listArrivals",
     "customs",
     "Lists the arrivals that were notified.",
     PILE LISTED,
     NULL,
     "application/json=Arrivals",
     200,
     "422"},
    {{"GET", "/referrals", list_referrals, 0, 0},
     "listReferrals",
     "customs",
     "Lists what customs have asked about filings.",
     PILE LISTED,
     NULL,
     "application/json=Referrals",
     200,
     "422"},
    {{"GET", "/mailbox", list_mailbox, 0, 0},
     "listMailbox",
     "customs",
     "Lists what customs have for parties, and have not delivered yet.",
     "party:string:a PartyId|action:string:IE3R01 …|lrn:string:of its document|mrn:string:of its "
     "document|limit:integer:"
     "rows, up to 1000; 100",
     NULL,
     "application/json=Mailbox",
     200,
     "422"},
    {{"GET", "/mailbox/{message_id}/document", show_message, 0, 0},
     "documentMailbox",
     "customs",
     "Gives the document of a message of customs, delivered or not.",
     NULL,
     NULL,
     "application/xml=-",
     200,
     "404|422"},
};

ens_api_routes ens__api_of_filings(void)
{
    return (ens_api_routes){rows, sizeof rows / sizeof *rows};
}
