/* All 84 actions against the stand-in, over sockets and by `ensign send`: each is answered as the matrix of replies has
 * it, and what customs say is accepted by a trader, by the tables, and by schemas that others make of them. */
#include "as4/ens/elements.h"
#include "as4/ics2/ics2.h"
#include "engine/base/file.h"
#include "ensign/seal.h"
#include "ensign/verify.h"
#include "sti/filing/filing.h"
#include "sti/store/filing.h"
#include "tests/cli/run.h"
#include "tests/cli/serve_life.h"
#include "tests/sti/customs_desk.h"
#include "tests/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS 320u
#define PATIENCE_MS 60000u
#define NO_MRN "26FRSIM00000000AT0"

/* A message, and the answer that is awaited; "" : none. */
typedef struct {
    char id[64], reply[8];
    unsigned heard; /* answers of that action */
    char other[8];  /* an answer of another */
} row;

static struct {
    stand_in server;
    char base[40], folder[64];
    life_sender *send;
    ens_sealer *sealer;
    ens__store *store;
    row rows[ROWS];
    unsigned num, sent; /* rows; those that are sent */
} life;

static char *in(const char *name)
{
    static char path[4][160];
    static unsigned next;
    char *to = path[next++ % 4];
    snprintf(to, sizeof path[0], "%s/%s", life.base, name);
    return to;
}

static void open_sealer(void)
{
    char path[2][128];
    ens_file key, cert;
    ens_err err = {0};
    snprintf(path[0], sizeof path[0], "%s/trader.key", life.server.pki);
    snprintf(path[1], sizeof path[1], "%s/trader.pem", life.server.pki);
    CU_ASSERT_EQUAL_FATAL(ens__file_open(path[0], 0, &key, &err), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens__file_open(path[1], 0, &cert, &err), ENS_OK);
    const ens_sealer_options o = {
        .key = key.bytes, .certificate = cert.bytes, .domain = "trader.example", .at = ens_time_now(), .force = true};
    CU_ASSERT_EQUAL_FATAL(ens_sealer_new(&o, &life.sealer, &err), ENS_OK);
    ens__file_close(&key);
    ens__file_close(&cert);
}

/* by_ensign sends all of the folder by one command, and gives its exit status. */
static int by_ensign(const stand_in *s, const char *folder)
{
    return run_ensign("send https://%s%s %s/*.mime --sealed --parallel 8 --retries 1 --key %s/trader.key --cert "
                      "%s/trader.pem --trust %s/customs-root.pem --tls-cert %s/tls-client.pem --tls-key "
                      "%s/tls-client.key --tls-root %s/tls-root.pem",
                      s->tls, s->path, folder, s->pki, s->pki, s->pki, s->pki, s->pki, s->pki)
        ->status;
}

static void open_life(life_sender *send)
{
    memset(&life, 0, sizeof life);
    life.send = send;
    snprintf(life.base, sizeof life.base, "/tmp/ensign-life-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(life.base));
    CU_ASSERT_TRUE_FATAL(stand_in_open(&life.server, in("demo"), ""));
    CU_ASSERT_EQUAL_FATAL(
        ens__store_open(life.server.store, &(ens__store_options){.read_only = true}, &life.store, NULL), ENS_OK);
    open_sealer();
}

static void close_life(void)
{
    char command[96];
    ens_sealer_free(life.sealer);
    ens__store_close(life.store);
    CU_ASSERT_EQUAL(stand_in_end(&life.server, SIGTERM), 0);
    snprintf(command, sizeof command, "rm -rf %s", life.base);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* put seals a document into the folder of the round. reply NULL: the message itself is refused. */
static void put(const desk_document *doc, const char *name, const char *party, const char *reply)
{
    ens_buf text;
    ens_slice sealed = {0};
    char path[128];
    row *r = &life.rows[life.num++];
    CU_ASSERT_FATAL(life.num <= ROWS);
    desk_document own = *doc;
    own.from = own.from ? own.from : life.server.eori;
    snprintf(r->id, sizeof r->id, "%s-%s@trader.example", doc->action, name);
    snprintf(r->reply, sizeof r->reply, "%s", reply ? reply : "");
    desk_write(&own, ens_time_now(), &text);
    const ens_seal_part part = {
        .bytes = ens_str((char *)text.p), .cid = ENS_LIT("ens"), .type = ENS_LIT("application/xml")};
    const ens_seal_message_options o = {.action = ens_str(doc->action),
                                        .from = ens_str(party ? party : life.server.eori),
                                        .to = reply ? ENS_LIT("sti-taxud") : ens_str(life.server.eori),
                                        .message_id = ens_str(r->id),
                                        .at = ens_time_now(),
                                        .parts = &part,
                                        .num_parts = 1};
    CU_ASSERT_EQUAL(ens_seal_message(life.sealer, &o, &sealed, NULL), ENS_OK);
    snprintf(path, sizeof path, "%s/%03u.mime", life.folder, life.num);
    CU_ASSERT_EQUAL(ens__file_write(path, sealed, 0600, NULL), ENS_OK);
    ens_buf_free(&text);
}

static void begin_round(const char *name)
{
    snprintf(life.folder, sizeof life.folder, "%s", in(name));
    CU_ASSERT_EQUAL_FATAL(mkdir(life.folder, 0700), 0);
}

static int send_round(void)
{
    int status = life.send(&life.server, life.folder);
    life.sent = life.num;
    return status;
}

/* -- What was heard ----------------------------------------------------------------------------------------------- */

static bool hear(void *user, const ens__outbound *m)
{
    (void)user;
    for (unsigned i = 0; i < life.num; i++) {
        row *r = &life.rows[i];
        if (!ens_is(m->ref_to, r->id))
            continue;
        if (ens_is(m->action, r->reply))
            r->heard++;
        else
            snprintf(r->other, sizeof r->other, "%.*s", (int)m->action.len, (const char *)m->action.p);
    }
    return true;
}

static unsigned missing(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < life.num; i++)
        life.rows[i].heard = 0;
    CU_ASSERT_EQUAL(ens__store_list_outbound(life.store, ENS_OUTBOUND_READY, hear, NULL, NULL), ENS_OK);
    for (unsigned i = 0; i < life.sent; i++)
        n += *life.rows[i].reply && !life.rows[i].heard;
    return n;
}

static void wait_for_replies(void)
{
    for (unsigned waited = 0; missing() && waited < PATIENCE_MS; waited += 100)
        usleep(100000);
}

static bool keep_mrn(void *user, const ens__filing_row *f)
{
    snprintf(user, 20, "%.*s", (int)f->mrn.len, (const char *)f->mrn.p);
    return false;
}

static const char *mrn_of(const char *lrn)
{
    static char mrn[4][20];
    static unsigned turn;
    char *own = mrn[turn++ % 4];
    *own = '\0';
    const ens__filing_query q = {ENS_LIT("*"), ens_str(lrn), -1};
    CU_ASSERT_EQUAL(ens__store_list_filings(life.store, &q, keep_mrn, own, NULL), ENS_OK);
    CHECK_ROW(*own, "%s is not registered", lrn);
    return own;
}

/* A message of that action about a filing, and the reference of the request that it holds. */
typedef struct {
    const char *action, *mrn;
    char reference[20];
} search;

static bool find_request(void *user, const ens__notice *n)
{
    search *s = user;
    const char *at =
        ens_is(n->action, s->action) ? strstr((const char *)n->document.p, "<referralRequestReference>") : NULL;
    if (at)
        snprintf(s->reference, sizeof s->reference, "%.*s", (int)strcspn(at + 26, "<"), at + 26);
    return !at;
}

static void ask(const char *order, const char *mrn, search *s)
{
    const run_result *r = run_ensign("officer %s %s --store %s", order, mrn, life.server.store);
    CHECK_ROW(r->status == 0, "%s", r->err);
    s->mrn = mrn;
    for (unsigned waited = 0; !s->reference[0] && waited < PATIENCE_MS; waited += 50) {
        CU_ASSERT_EQUAL(ens__store_list_notices(life.store, ens_str(mrn), find_request, s, NULL), ENS_OK);
        usleep(50000);
    }
    CHECK_ROW(s->reference[0], "no %s came", s->action);
}

/* -- The rounds --------------------------------------------------------------------------------------------------- */

static bool is_of(const char *action, const char *letters)
{
    return strchr(letters, action[3]) != NULL;
}

static const char *cut_of(const char *action)
{
    return strcmp(action, "IE3N06") == 0   ? "actualCustomsOfficeOfFirstEntry"
           : strcmp(action, "IE3Q05") == 0 ? "requester"
                                           : "declarant";
}

static const char *lrn_of(const char *action, char out[24])
{
    snprintf(out, 24, "LRN-%s", action + 4);
    return out;
}

/* first: every action at fault; filings that are good, and that are refused; what customs alone may send. */
static void put_first(const ens_action *a)
{
    char lrn[24], bad[24], number[24], refused[24];
    if (a->direction == ENS_C2T) {
        put(&(desk_document){.action = a->name}, "ours", NULL, NULL);
        return;
    }
    snprintf(number, sizeof number, "NUMBER-%s", a->name + 4);
    snprintf(bad, sizeof bad, "BAD-%s", a->name + 4);
    snprintf(refused, sizeof refused, "R%s-N01", a->name + 4);
    put(&(desk_document){.action = a->name, .lrn = bad, .number = bad, .cut = cut_of(a->name)}, "fault", NULL,
        "IE3N99");
    if (!is_of(a->name, "F"))
        return;
    put(&(desk_document){.action = a->name, .lrn = refused, .number = refused}, "life", NULL, "IE3N01");
    if (strcmp(a->name, "IE3F25") != 0)
        put(&(desk_document){.action = a->name, .lrn = lrn_of(a->name, lrn), .number = number}, "good", NULL, "IE3R01");
}

/* second: what names no filing that is known; the reference to one; amendments. */
static void put_second(const ens_action *a)
{
    char lrn[24], number[24], filing[8];
    if (a->direction == ENS_C2T || !is_of(a->name, "AQR") || strcmp(a->name, "IE3Q05") == 0)
        return;
    put(&(desk_document){.action = a->name, .mrn = NO_MRN}, "unknown", NULL, "IE3N01");
    if (!is_of(a->name, "A"))
        return;
    snprintf(filing, sizeof filing, "IE3F%s", a->name + 4);
    snprintf(number, sizeof number, "NUMBER-%s", a->name + 4);
    put(&(desk_document){.action = a->name, .mrn = mrn_of(lrn_of(filing, lrn)), .number = number}, "good", NULL,
        "IE3N10");
}

static void each_action(void (*put_it)(const ens_action *a))
{
    for (unsigned i = 0; i < ENS_NUM_ACTIONS; i++)
        put_it(ens__action_get(i));
}

static void put_last(const search *information, const search *screening)
{
    const char *mrn = mrn_of("LRN-26"), *air = mrn_of("LRN-27");
    put(&(desk_document){.action = "IE3R02", .mrn = mrn, .reference = information->reference}, "good", NULL, "");
    put(&(desk_document){.action = "IE3R03", .mrn = mrn, .reference = screening->reference}, "good", NULL, "");
    put(&(desk_document){.action = "IE3Q04", .mrn = mrn_of("LRN-10")}, "good", NULL, "IE3R07");
    put(&(desk_document){.action = "IE3N06", .lrn = "A1", .edit = {{ENS_EL_relatedMRN, ENS_EL_identification, air}}},
        "good", NULL, "IE3R04");
    put(&(desk_document){.action = "IE3Q05",
                         .mrn = mrn,
                         .edit = {{0, ENS_EL_functionalReference, "Q1"}, {0, ENS_EL_dataRequest, "1"}}},
        "good", NULL, "IE3R08");
}

/* check_rows: each message has the answer that was awaited, once, and no other. */
static void check_rows(void)
{
    wait_for_replies();
    (void)missing();
    for (unsigned i = 0; i < life.num; i++) {
        const row *r = &life.rows[i];
        bool told = strncmp(r->id, "IE3R0", 5) == 0 && strcmp(r->other, "IE3N03") == 0; /* the analysis went on */
        CHECK_ROW(r->heard == (*r->reply != '\0') && (!r->other[0] || told), "%s: %u times %s, and %s", r->id, r->heard,
                  r->reply, r->other);
    }
}

/* -- What customs say --------------------------------------------------------------------------------------------- */

/* Ids are read from one page, and messages from another. */
static struct {
    char id[ROWS * 2][ENS_STORE_ID];
    unsigned num;
} outgoing;

static bool keep_id(void *user, const ens__outbound *m)
{
    (void)user;
    if (outgoing.num < ROWS * 2)
        snprintf(outgoing.id[outgoing.num++], ENS_STORE_ID, "%.*s", (int)m->message_id.len,
                 (const char *)m->message_id.p);
    return true;
}

static void write_replies(const char *folder)
{
    ens_arena arena;
    ens_arena_init(&arena, (size_t)16 << 20);
    outgoing.num = 0;
    CU_ASSERT_EQUAL(ens__store_list_outbound(life.store, ENS_OUTBOUND_READY, keep_id, NULL, NULL), ENS_OK);
    for (unsigned i = 0; i < outgoing.num; i++) {
        ens__outbound m;
        bool found = false;
        char path[200];
        ens_arena_reset(&arena);
        CU_ASSERT_EQUAL(ens__store_find_outbound(life.store, ens_str(outgoing.id[i]), &arena, &m, &found, NULL),
                        ENS_OK);
        snprintf(path, sizeof path, "%s/%03u-%.*s.mime", folder, i, (int)m.action.len, (const char *)m.action.p);
        CU_ASSERT_EQUAL(ens__file_write(path, m.raw, 0600, NULL), ENS_OK);
    }
    ens_arena_free(&arena);
}

/* A row, or a message to be sent, names what its bytes do. */
typedef struct {
    ens_verifier *verifier;
    ens_report *report;
    unsigned named, answers; /* messages with an LRN or an MRN; rows of answers with one */
} references;

static void check_references(references *r, ens_slice id, ens_slice lrn, ens_slice mrn, ens_slice raw)
{
    ens_message m;
    const ens_verify_options how = {.at = ens_time_now(), .documents = ENS_DOCUMENTS_OFF};
    ens_report_reset(r->report);
    ens_verify(r->verifier, raw, &how, &m, r->report);
    CHECK_ROW(ens_eq(lrn, m.lrn) && ens_eq(mrn, m.mrn), "%.*s: LRN %.*s, not %.*s", (int)id.len, (const char *)id.p,
              (int)lrn.len, (const char *)lrn.p, (int)m.lrn.len, (const char *)m.lrn.p);
    r->named += m.lrn.len || m.mrn.len;
}

static bool check_journal(void *user, const ens__journal_row *e)
{
    references *r = user;
    ens_buf raw;
    bool found = false;
    CHECK_ROW(!e->unread, "row %llu is not read", (unsigned long long)e->seq);
    r->answers += e->kind != ENS_ENTRY_USER_MESSAGE && (e->lrn.len || e->mrn.len);
    ens_buf_init(&raw, NULL, 0, ENS_STORE_RAW);
    CU_ASSERT_EQUAL(ens__store_journal_raw(life.store, e->seq, &raw, &found, NULL), ENS_OK);
    if (e->kind == ENS_ENTRY_USER_MESSAGE && found)
        check_references(r, e->message_id, e->lrn, e->mrn, ens_buf_slice(&raw));
    ens_buf_free(&raw);
    return true;
}

static void rows_name_the_documents_that_they_are_about(void)
{
    references r = {.report = ens_report_new()};
    ens_arena arena;
    ens_arena_init(&arena, (size_t)16 << 20);
    CU_ASSERT_EQUAL_FATAL(ens_verifier_new(&r.verifier, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__store_journal_list(life.store, &ENS_JOURNAL_ALL, check_journal, &r, NULL), ENS_OK);
    CHECK_ROW(r.named >= 150 && r.answers >= 150, "%u messages and %u answers name one", r.named, r.answers);
    r.named = 0;
    for (unsigned i = 0; i < outgoing.num; i++) {
        ens__outbound m = {0};
        bool found = false;
        ens_arena_reset(&arena);
        CU_ASSERT_EQUAL(ens__store_find_outbound(life.store, ens_str(outgoing.id[i]), &arena, &m, &found, NULL),
                        ENS_OK);
        check_references(&r, m.message_id, m.lrn, m.mrn, m.raw);
    }
    CHECK_ROW(r.named >= outgoing.num * 9 / 10, "%u of %u answers of customs name one", r.named, outgoing.num);
    ens_arena_free(&arena);
    ens_verifier_free(r.verifier);
    ens_report_free(r.report);
}

/* make_schemas is false where nobody can make them. */
static bool make_schemas(const char *folder)
{
    char command[512];
    if (system("command -v python3 >/dev/null 2>&1") != 0) {
        ens_skip("python3, which makes the schemas, is not on this machine");
        return false;
    }
    snprintf(command, sizeof command, "python3 '%s/tests/as4/ens_xsd.py' '%s/as4/ens/data/messages.tsv' '%s'",
             ENSIGN_SOURCE, ENSIGN_SOURCE, folder);
    return mkdir(folder, 0700) == 0 && system(command) == 0;
}

static unsigned count(const char *text, const char *what)
{
    unsigned num = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        num++;
    return num;
}

/* A trader takes every message; tables and schemas agree. */
static void check_replies(void)
{
    char folder[64], schemas[64], options[96] = "", command[512], path[160];
    snprintf(folder, sizeof folder, "%s", in("replies"));
    snprintf(schemas, sizeof schemas, "%s", in("xsd"));
    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0700), 0);
    write_replies(folder);
    if (make_schemas(schemas))
        snprintf(options, sizeof options, "--xsd %s", schemas);
    snprintf(path, sizeof path, "%s", in("verdicts"));
    snprintf(command, sizeof command, "'%s' verify %s --as trader --customs %s/customs-root.pem %s --json >%s",
             ENSIGN_COMMAND, folder, life.server.pki, options, path);
    int status = system(command);
    ens_file f = {0};
    CU_ASSERT_EQUAL_FATAL(ens__file_open(path, 0, &f, NULL), ENS_OK);
    char *text = strndup((const char *)f.bytes.p, f.bytes.len);
    unsigned accepted = count(text, "\"verdict\":\"accepted\""),
             valid = count(text, "\"id\":\"payload.schema\",\"outcome\":\"pass\"");
    CHECK_ROW(status == 0 && accepted == outgoing.num, "%u of %u are accepted: %.2000s", accepted, outgoing.num,
              status ? strstr(text, "\"outcome\":\"fail\"") : "");
    CHECK_ROW(!*options || valid >= outgoing.num, "%u of %u are valid", valid, outgoing.num);
    free(text);
    ens__file_close(&f);
}

void life_walk(life_sender *send)
{
    search information = {.action = "IE3Q02"}, screening = {.action = "IE3Q03"};
    open_life(send);
    begin_round("first");
    each_action(put_first);
    CU_ASSERT_EQUAL(send_round(), 1); /* what customs alone may send is refused */
    check_rows();
    begin_round("second");
    each_action(put_second);
    put(&(desk_document){.action = "IE3F25",
                         .lrn = "LRN-25",
                         .number = "NUMBER-23",
                         .edit = {{ENS_EL_previousDocument, ENS_EL_identification, "NUMBER-23"}}},
        "good", NULL, "IE3R01");
    CU_ASSERT_EQUAL(send_round(), 0);
    check_rows();
    ask("ask-information", mrn_of("LRN-26"), &information);
    ask("ask-screening", mrn_of("LRN-26"), &screening);
    begin_round("last");
    put_last(&information, &screening);
    CU_ASSERT_EQUAL(send_round(), 0);
    check_rows();
    CHECK_ROW(life.num == LIFE_REFUSED + LIFE_ACKNOWLEDGED, "%u messages", life.num);
    check_replies();
    rows_name_the_documents_that_they_are_about();
    close_life();
}

static void every_action_is_answered_as_the_matrix_has_it(void)
{
    life_walk(by_ensign);
}

/* -- Who is told -------------------------------------------------------------------------------------------------- */

/* count_to counts the messages of an action to a party. */
typedef struct {
    const char *action, *party;
    unsigned num;
} counting;

static bool count_to(void *user, const ens__outbound *m)
{
    counting *c = user;
    c->num += ens_is(m->action, c->action) && ens_is(m->party, c->party);
    return true;
}

static unsigned told(const char *action, const char *party)
{
    counting c = {action, party, 0};
    CU_ASSERT_EQUAL(ens__store_list_outbound(life.store, ENS_OUTBOUND_READY, count_to, &c, NULL), ENS_OK);
    return c.num;
}

/* ICS-16: two access points of one EORI; a carrier with a preference and one without. */
static void who_is_told_goes_by_the_routing_rules(void)
{
    char second[48], carrier[32];
    open_life(by_ensign);
    snprintf(second, sizeof second, "sys2@%s", life.server.eori);
    snprintf(carrier, sizeof carrier, "%s",
             json_string_value(json_object_get(json_object_get(life.server.ready, "eoris"), "itsp")));
    const run_result *r = run_ensign("party add %s --system sys2 --registry %s", life.server.eori, life.server.store);
    CHECK_ROW(r->status == 0, "%s", r->err);
    begin_round("first");
    put(&(desk_document){.action = "IE3F27",
                         .lrn = "L1",
                         .number = "N1",
                         .edit = {{ENS_EL_carrier, ENS_EL_identificationNumber, carrier}}},
        "first", NULL, "IE3R01");
    put(&(desk_document){.action = "IE3F27", .lrn = "L2", .number = "N2"}, "second", second, "IE3R01");
    CU_ASSERT_EQUAL(send_round(), 0);
    wait_for_replies();
    CU_ASSERT(told("IE3R01", life.server.eori) == 1 && told("IE3R01", second) == 1 && told("IE3R01", carrier) == 1);
    begin_round("second");
    put(&(desk_document){.action = "IE3A27",
                         .mrn = mrn_of("L1"),
                         .number = "N1",
                         .edit = {{ENS_EL_carrier, ENS_EL_identificationNumber, carrier}}},
        "by-the-other", second, "IE3N10");
    put(&(desk_document){.action = "IE3Q05", .mrn = mrn_of("L1"), .edit = {{0, ENS_EL_functionalReference, "Q"}}},
        "by-the-other", second, "IE3R08");
    CU_ASSERT_EQUAL(send_round(), 0);
    wait_for_replies();
    CU_ASSERT(told("IE3N10", life.server.eori) == 1 && told("IE3N10", second) == 0);
    CU_ASSERT(told("IE3R08", life.server.eori) == 0 && told("IE3R08", second) == 1);
    close_life();
}

/* ICS-22: notifications go with an IE3R08, and with nothing else. */
static void further_parts_come_with_a_consultation_alone(void)
{
    search request = {.action = "IE3Q02"};
    char command[512];
    open_life(by_ensign);
    begin_round("first");
    put(&(desk_document){.action = "IE3F26", .lrn = "L1", .number = "N1"}, "filing", NULL, "IE3R01");
    CU_ASSERT_EQUAL(send_round(), 0);
    wait_for_replies();
    ask("ask-information", mrn_of("L1"), &request);
    begin_round("second");
    put(&(desk_document){.action = "IE3Q05",
                         .mrn = mrn_of("L1"),
                         .edit = {{0, ENS_EL_functionalReference, "Q"}, {0, ENS_EL_dataRequest, "1"}}},
        "question", NULL, "IE3R08");
    CU_ASSERT_EQUAL(send_round(), 0);
    check_rows();
    CU_ASSERT_EQUAL_FATAL(mkdir(in("replies"), 0700), 0);
    write_replies(in("replies"));
    const run_result *r = run_ensign("verify %s/*-IE3R08.mime --as trader --customs %s/customs-root.pem --json",
                                     in("replies"), life.server.pki);
    CHECK_ROW(r->status == 0 && count(r->out, "\"cid\":\"notice-") >= 1, "%s", r->out);
    /* the same parts under another action */
    snprintf(command, sizeof command, "for f in %s/*-IE3R08.mime; do sed 's/IE3R08/IE3R04/' $f >%s; done",
             in("replies"), in("other.mime"));
    CU_ASSERT_EQUAL(system(command), 0);
    r = run_ensign("verify %s --as trader --customs %s/customs-root.pem --json", in("other.mime"), life.server.pki);
    CHECK_ROW(r->status == 1 && strstr(r->out, "rules.part"), "%s", r->out);
    close_life();
}

static const ens_case cases[] = {
    {"every action is answered as the matrix has it", every_action_is_answered_as_the_matrix_has_it},
    {"who is told goes by the routing rules", who_is_told_goes_by_the_routing_rules},
    {"further parts come with a consultation alone", further_parts_come_with_a_consultation_alone},
    {NULL, NULL},
};
ENS_SUITE("cli/serve-life", cases)
