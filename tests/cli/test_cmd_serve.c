/* The stand-in over real sockets: what it takes, what it refuses, and what is still there after kill -9. */
#include "engine/base/bytes.h"
#include "sti/store/store.h"
#include "tests/cli/run.h"
#include "tests/cli/stand_in.h"
#include "tests/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char base[] = "/tmp/ensign-serve-XXXXXX"; /* of the files; the demo is base/demo */
static char demo[48];
static pushed answer, other;

/* set_up makes the folder once for all cases: keys are slow to make, and a demo keeps its own. */
static void set_up(stand_in *s)
{
    if (!demo[0])
        CU_ASSERT_TRUE_FATAL(stand_in_home(base, demo, sizeof demo));
    CU_ASSERT_TRUE_FATAL(stand_in_open(s, demo, ""));
}

static char *in(const char *name)
{
    static char path[4][128];
    static unsigned next;
    char *to = path[next++ % 4];
    snprintf(to, sizeof path[0], "%s/%s", base, name);
    return to;
}

/* seal makes base/NAME of a document with its own LRN, by a party's key. */
static void seal(const stand_in *s, const char *name, const char *party, const char *from, const char *options)
{
    CU_ASSERT_EQUAL(run_ensign("ens new IE3F26 --from %s -o %s", from, in("doc.xml"))->status, 0);
    const run_result *r = run_ensign("seal %s --key %s/%s.key --cert %s/%s.pem --from %s --action IE3F26 %s -o %s",
                                     in("doc.xml"), s->pki, party, s->pki, party, from, options, in(name));
    CHECK_ROW(r->status == 0, "%s", r->err);
}

static bool proves(const stand_in *s, const pushed *p, const char *message)
{
    stand_in_keep(p, in("receipt.xml"));
    return run_ensign("receipt check %s --for %s --trust %s/customs-root.pem", in("receipt.xml"), message, s->pki)
               ->status == 0;
}

static unsigned journal(const stand_in *s, const char *options)
{
    const char *at = run_ensign("journal list --store %s --json %s", s->store, options)->out;
    unsigned lines = 0;
    for (; *at; at++)
        lines += *at == '\n';
    return lines;
}

static void tells_when_it_is_ready(void)
{
    static const char *const files[] = {"trader.key",     "trader.pem",  "itsp.key",         "itsp.pem",
                                        "root.pem",       "sti.pem",     "customs-root.pem", "tls-client.key",
                                        "tls-client.pem", "tls-root.pem"};
    static const char *const members[] = {"as4", "as4_plain", "pki", "store", "eori", "durable"};
    char path[128];
    struct stat st;
    stand_in s;
    set_up(&s);
    CU_ASSERT_TRUE(json_is_true(json_object_get(s.ready, "ready")));
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(s.ready, "profile")), "rehearsal");
    for (unsigned i = 0; i < sizeof members / sizeof *members; i++)
        CHECK_ROW(json_is_string(json_object_get(s.ready, members[i])), "no %s", members[i]);
    CU_ASSERT_TRUE(json_is_object(json_object_get(s.ready, "eoris")));
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", s.pki, files[i]);
        CHECK_ROW(stat(path, &st) == 0 && st.st_size > 0, "no %s", files[i]);
        CHECK_ROW(!strstr(files[i], ".key") || !(st.st_mode & 077), "%s is open to others", files[i]);
    }
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static void acknowledges_what_is_durable(void)
{
    stand_in s;
    set_up(&s);
    seal(&s, "m.mime", "trader", s.eori, "--message-id first@trader.example");
    CU_ASSERT_TRUE(stand_in_push(&s, in("m.mime"), &answer));
    CU_ASSERT_EQUAL(answer.status, 200);
    CU_ASSERT_TRUE(proves(&s, &answer, in("m.mime")));
    CU_ASSERT_EQUAL(journal(&s, "--message-id first@trader.example"), 2);
    CU_ASSERT_EQUAL(journal(&s, "--message-id first@trader.example --kind receipt"), 1);
    CU_ASSERT_TRUE(stand_in_push(&s, in("m.mime"), &other));
    CU_ASSERT(other.len == answer.len && memcmp(other.body, answer.body, answer.len) == 0);
    char tls[64];
    snprintf(tls, sizeof tls, "%s", s.tls);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGKILL), -SIGKILL);
    set_up(&s);
    CU_ASSERT_STRING_EQUAL(s.tls, tls);
    CU_ASSERT_TRUE(stand_in_push_plain(&s, in("m.mime"), &other));
    CU_ASSERT(other.len == answer.len && memcmp(other.body, answer.body, answer.len) == 0);
    CU_ASSERT_EQUAL(journal(&s, "--message-id first@trader.example"), 6);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static void takes_test_messages(void)
{
    stand_in s;
    set_up(&s);
    const run_result *r =
        run_ensign("seal --key %s/itsp.key --cert %s/itsp.pem --from BE0123456749 --action test -o %s", s.pki, s.pki,
                   in("ping.mime"));
    CHECK_ROW(r->status == 0, "%s", r->err);
    CU_ASSERT(stand_in_push(&s, in("ping.mime"), &answer) && answer.status == 200);
    CU_ASSERT_TRUE(proves(&s, &answer, in("ping.mime")));
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* alter puts another letter where the text is found first. */
static void alter(const char *from, const char *to, const char *text, char letter)
{
    static char bytes[1 << 20];
    FILE *f = fopen(from, "rb");
    size_t len = f ? fread(bytes, 1, sizeof bytes - 1, f) : 0;
    bytes[len] = '\0';
    char *at = strstr(bytes, text);
    CHECK_ROW(at, "%s has no %s", from, text);
    if (at)
        *at = letter;
    if (f)
        fclose(f);
    f = fopen(to, "wb");
    CU_ASSERT(f && fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
}

static bool is_error(const pushed *p, const char *code, const char *words)
{
    char text[64];
    snprintf(text, sizeof text, "errorCode=\"%s\"", code);
    return p->status == 200 && strstr(p->body, text) && strstr(p->body, words) && !strstr(p->body, "Receipt>");
}

static void refuses_by_code(void)
{
    stand_in s;
    set_up(&s);
    seal(&s, "good.mime", "trader", s.eori, "--message-id good@trader.example");
    alter(in("good.mime"), in("altered.mime"), "good@trader", 'f');
    CU_ASSERT_TRUE(stand_in_push(&s, in("altered.mime"), &answer));
    CHECK_ROW(is_error(&answer, "EBMS:0101", "food@trader.example"), "altered: %s", answer.body);
    CU_ASSERT_EQUAL(journal(&s, "--message-id food@trader.example"), 2);
    seal(&s, "others.mime", "trader2", s.eori, "--force");
    CU_ASSERT_TRUE(stand_in_push(&s, in("others.mime"), &answer));
    CHECK_ROW(is_error(&answer, "EBMS:0004", "A001"), "another's key: %s", answer.body);
    /* What was refused has taken no id: the sound one is accepted, and then its id stands for nothing else. */
    CU_ASSERT(stand_in_push(&s, in("good.mime"), &answer) && proves(&s, &answer, in("good.mime")));
    CU_ASSERT_EQUAL(run_ensign("ens new IE3F27 --from %s -o %s", s.eori, in("doc.xml"))->status, 0);
    CU_ASSERT_EQUAL(run_ensign("seal %s --key %s/trader.key --cert %s/trader.pem --from %s --action IE3F27 "
                               "--message-id good@trader.example -o %s",
                               in("doc.xml"), s.pki, s.pki, s.eori, in("clash.mime"))
                        ->status,
                    0);
    CU_ASSERT_TRUE(stand_in_push(&s, in("clash.mime"), &answer));
    CHECK_ROW(is_error(&answer, "EBMS:0003", "good@trader.example"), "clash: %s", answer.body);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* A trader who is suspended is refused from the next message on, without a restart. */
static void asks_the_registry(void)
{
    stand_in s;
    set_up(&s);
    seal(&s, "m.mime", "trader", s.eori, "");
    CU_ASSERT_EQUAL(run_ensign("party suspend %s --registry %s", s.eori, s.store)->status, 0);
    CU_ASSERT_TRUE(stand_in_push(&s, in("m.mime"), &answer));
    CHECK_ROW(is_error(&answer, "EBMS:0004", "A001"), "suspended: %s", answer.body);
    CU_ASSERT_EQUAL(run_ensign("party resume %s --registry %s", s.eori, s.store)->status, 0);
    CU_ASSERT(stand_in_push(&s, in("m.mime"), &answer) && proves(&s, &answer, in("m.mime")));
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static void takes_bare_envelopes(void)
{
    stand_in s;
    set_up(&s);
    CU_ASSERT_EQUAL(run_ensign("seal --signal pull --key %s/itsp.key --cert %s/itsp.pem --from BE0123456749 -o %s",
                               s.pki, s.pki, in("pull.xml"))
                        ->status,
                    0);
    CU_ASSERT_TRUE(stand_in_push(&s, in("pull.xml"), &answer));
    CHECK_ROW(is_error(&answer, "EBMS:0006", "nothing is there"), "pull: %u %s", answer.status, answer.body);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static unsigned ask(const stand_in *s, const char *text)
{
    return visit_ask(s->plain, NULL, text);
}

static void writes_down_what_is_no_message(void)
{
    stand_in s;
    visit v;
    set_up(&s);
    unsigned http = journal(&s, "--kind http-refused"), tls = journal(&s, "--kind tls-failure"),
             unreadable = journal(&s, "--kind unreadable");
    CU_ASSERT_EQUAL(ask(&s, "POST /elsewhere HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"), 404);
    CU_ASSERT_EQUAL(ask(&s, "GET /as4 HTTP/1.1\r\nHost: x\r\n\r\n"), 405);
    CU_ASSERT_EQUAL(ask(&s, "POST /as4 HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n"),
                    415);
    CU_ASSERT_EQUAL(ask(&s, "POST /as4 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
    SSL_CTX *nobody = SSL_CTX_new(TLS_client_method());
    if (visit_open(&v, s.tls, nobody, NULL)) {
        visit_say(&v, "POST /as4 HTTP/1.1\r\nHost: x\r\n\r\n");
        CU_ASSERT_EQUAL(visit_answer(&v), 0);
        visit_close(&v);
    }
    SSL_CTX_free(nobody);
    CU_ASSERT_EQUAL(visit_ask(s.tls, NULL, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
    CU_ASSERT_EQUAL(ask(&s, "POST /as4 HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\nContent-Length: "
                            "5\r\n\r\n<a/> "),
                    200);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0); /* which waits for the journal */
    CU_ASSERT_EQUAL(journal(&s, "--kind http-refused"), http + 4);
    CU_ASSERT_EQUAL(journal(&s, "--kind tls-failure"), tls + 2);
    CU_ASSERT_EQUAL(journal(&s, "--kind unreadable"), unreadable + 1);
}

/* Messages are pushed until the process is killed at once behind an answer; whatever was acknowledged is there, once.
 */
static void loses_nothing_to_kills(void)
{
    char id[64], name[32], options[96];
    stand_in s;
    for (unsigned round = 0; round < 5; round++) {
        set_up(&s);
        for (unsigned i = 0; i < 2; i++) {
            snprintf(id, sizeof id, "kill-%u-%u@trader.example", round, i);
            snprintf(options, sizeof options, "--message-id %s", id);
            snprintf(name, sizeof name, "kill-%u.mime", i);
            seal(&s, name, "trader", s.eori, options);
        }
        CU_ASSERT(stand_in_push(&s, in("kill-0.mime"), &answer) && stand_in_push(&s, in("kill-1.mime"), &other));
        CU_ASSERT_EQUAL(stand_in_end(&s, SIGKILL), -SIGKILL);
        for (unsigned i = 0; i < 2; i++) {
            snprintf(options, sizeof options, "--message-id kill-%u-%u@trader.example", round, i);
            CU_ASSERT_EQUAL(journal(&s, options), 2);
        }
        set_up(&s);
        static pushed again;
        CU_ASSERT_TRUE(stand_in_push(&s, in("kill-0.mime"), &again));
        CU_ASSERT(again.len == answer.len && memcmp(again.body, answer.body, answer.len) == 0);
        CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    }
}

/* What customs have to send: one row, with its bytes written to base/reply.mime. */
typedef struct {
    unsigned num;
    char id[256], ref_to[256], action[16];
    const char *about;
} kept;

static bool take_kept(void *user, const ens__outbound *row)
{
    kept *k = user;
    if (!ens_is(row->ref_to, k->about))
        return true;
    k->num++;
    snprintf(k->id, sizeof k->id, "%.*s", (int)row->message_id.len, (const char *)row->message_id.p);
    snprintf(k->action, sizeof k->action, "%.*s", (int)row->action.len, (const char *)row->action.p);
    return true;
}

/* find_reply waits longer than a lease: who was killed with the task in hand left it to the next. */
static kept find_reply(const stand_in *s, const char *about)
{
    kept k = {.about = about};
    ens__store *store = NULL;
    ens__outbound out;
    bool found = false;
    ens_arena arena;
    ens_arena_init(&arena, (size_t)16 << 20);
    CU_ASSERT_EQUAL_FATAL(ens__store_open(s->store, &(ens__store_options){.read_only = true}, &store, NULL), ENS_OK);
    for (unsigned waited = 0; !k.num && waited < 40000; waited += 20) {
        usleep(20000);
        CU_ASSERT_EQUAL(ens__store_list_outbound(store, ENS_OUTBOUND_READY, take_kept, &k, NULL), ENS_OK);
    }
    CU_ASSERT_EQUAL(ens__store_find_outbound(store, ens_str(k.id), &arena, &out, &found, NULL), ENS_OK);
    FILE *f = found ? fopen(in("reply.mime"), "wb") : NULL;
    CHECK_ROW(f && fwrite(out.raw.p, 1, out.raw.len, f) == out.raw.len && fclose(f) == 0, "no answer to %s", about);
    ens__store_close(store);
    ens_arena_free(&arena);
    return k;
}

/* A filing that is good is registered, one at fault is told what is wrong, each once, whoever is killed meanwhile; and
 * a trader accepts what is sealed. */
static void answers_filings(void)
{
    static const struct {
        const char *id;
        bool at_fault; /* without its LRN */
        const char *action, *words;
    } rows[] = {
        {"registered@trader.example", false, "IE3R01", "<MRN>"},
        {"at-fault@trader.example", true, "IE3N99", "/IE3F26/LRN"},
    };
    stand_in s;
    char options[96], drop_line[128];
    set_up(&s);
    snprintf(drop_line, sizeof drop_line, "sed -i /LRN/d %s", in("doc.xml"));
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_EQUAL(run_ensign("ens new IE3F26 --from %s -o %s", s.eori, in("doc.xml"))->status, 0);
        if (rows[i].at_fault)
            CU_ASSERT_EQUAL(system(drop_line), 0);
        const run_result *r =
            run_ensign("seal %s --force --key %s/trader.key --cert %s/trader.pem --from %s --action IE3F26 "
                       "--message-id %s -o %s",
                       in("doc.xml"), s.pki, s.pki, s.eori, rows[i].id, in("filing.mime"));
        CHECK_ROW(r->status == 0, "%s", r->err);
        CU_ASSERT(stand_in_push(&s, in("filing.mime"), &answer) && proves(&s, &answer, in("filing.mime")));
        if (i)
            CU_ASSERT_EQUAL(stand_in_end(&s, SIGKILL), -SIGKILL);
        if (i)
            set_up(&s);
        CU_ASSERT(stand_in_push(&s, in("filing.mime"), &answer) && answer.status == 200);
        kept k = find_reply(&s, rows[i].id);
        CHECK_ROW(k.num == 1 && strcmp(k.action, rows[i].action) == 0, "%s: %u times %s", rows[i].id, k.num, k.action);
        snprintf(options, sizeof options, "pay-%u", i);
        r = run_ensign("verify %s --as trader --customs %s/customs-root.pem --payloads %s", in("reply.mime"), s.pki,
                       in(options));
        CHECK_ROW(r->status == 0, "%s", r->out);
        char command[256];
        snprintf(command, sizeof command, "grep -q '%s' %s/*/*", rows[i].words, in(options));
        CHECK_ROW(system(command) == 0, "%s has no %s", rows[i].action, rows[i].words);
    }
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static void write_config(const stand_in *s, const char *extra)
{
    FILE *f = fopen(in("serve.yaml"), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fprintf(
        f,
        "listen:\n  - address: 127.0.0.1:0\n    tls: true\n  - address: 127.0.0.1:0\n"
        "tls: {certificate: demo/pki/tls-server.pem, key: demo/pki/tls-server.key, clients: demo/pki/tls-root.pem}\n"
        "seal: {certificate: %s/sti.pem, key: %s/sti.key, domain: sti.example}\n"
        "trust: [demo/pki/root.pem]\nstore: {path: demo/store.db, durable: none}\nlog: error\n%s",
        s->pki, s->pki, extra);
    fclose(f);
}

static void is_set_up_by_a_file(void)
{
    static const struct {
        const char *extra;
        int status;
        const char *words;
    } rows[] = {
        {"", 0, "good, profile strict"},
        {"error_status: 500\npath: /msh\nworkers: 1\n", 0, "good"},
        {"colour: blue\n", 2, "line 10, column 1: Unexpected key: colour"},
        {"workers: many\n", 2, "line 10, column 10: "},
        {"workers: 65\n", 2, "64"},
        {"error_status: 404\n", 2, "200, 400 or 500 (line 10, column 1)"},
        {"answers: other\n", 2, "line 10, column 10"},
        {"error_fault: perhaps\n", 2, "line 10, column 14"},
        {"push: {channels: [{party: FR1, url: https://x/as4, colour: red}]}\n", 2, "Unexpected key: colour"},
        {"refresh_minutes: 10081\n", 2, "10080"},
        {"revocation: {online: public}\nrefresh_minutes: 0\n", 2, "line 11, column 1"},
        {"faults: [{fault: lost}]\n", 2, "only in profile rehearsal (line 10, column 1)"},
        {"profile: rehearsal\nfaults: [{fault: lost}, {fault: slow, seconds: 3, party: FR*}]\n", 0, "rehearsal"},
        {"profile: rehearsal\nfaults: [{fault: refuse}]\n", 1, "a refusal needs a code"},
        {"profile: rehearsal\nfaults: [{fault: refuse, code: EBMS:9999}]\n", 1, "EBMS:9999"},
        {"profile: rehearsal\nfaults: [{fault: lost, code: EBMS:0101}]\n", 1, "only a refusal has a code"},
        {"profile: rehearsal\nfaults: [{fault: slow}]\n", 1, "slow has seconds"},
        {"profile: rehearsal\nfaults: [{code: EBMS:0101}]\n", 2, "fault"},
        {"profile: loose\n", 2, "loose"},
        {"retention: {days: 1}\n", 2, "30"},
        {"log: error\n", 2, "log"},
        {"crl: [demo/none.crl]\n", 1, "none.crl"},
        {"{\n", 2, "serve.yaml"},
    };
    stand_in s;
    set_up(&s);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_config(&s, rows[i].extra);
        const run_result *r = run_ensign("serve --check-config --config %s", in("serve.yaml"));
        CHECK_ROW(r->status == rows[i].status && strstr(rows[i].status ? r->err : r->out, rows[i].words), "%s: %d %s%s",
                  rows[i].extra, r->status, r->out, r->err);
    }
    /* Every key of the example is one: only the files that it names aren't there. */
    const run_result *r = run_ensign("serve --check-config --config %s/docs/serve.yaml", ENSIGN_SOURCE);
    CHECK_ROW(r->status == 1 && strstr(r->err, "traders.pem"), "%s", r->err);
    CU_ASSERT_EQUAL(run_ensign("serve --config %s", in("no.yaml"))->status, 2);
    FILE *f = fopen(in("empty.yaml"), "w");
    CU_ASSERT(f && fputs("# nothing\n", f) >= 0 && fclose(f) == 0);
    r = run_ensign("serve --config %s", in("empty.yaml"));
    CHECK_ROW(r->status == 2 && strstr(r->err, "the file says nothing"), "%d %s", r->status, r->err);
    CU_ASSERT_EQUAL(run_ensign("serve")->status, 2);
    CU_ASSERT_EQUAL(run_ensign("serve --demo %s --config %s", demo, in("serve.yaml"))->status, 2);
}

static void serves_by_a_file_and_renews(void)
{
    char arguments[128];
    stand_in s;
    set_up(&s);
    seal(&s, "m.mime", "trader", s.eori, "");
    alter(in("m.mime"), in("altered.mime"), "eu_ics2_t2c", 'f');
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    write_config(&s, "error_status: 500\npath: /msh\n");
    snprintf(arguments, sizeof arguments, "--config %s", in("serve.yaml"));
    CU_ASSERT_TRUE_FATAL(stand_in_run(&s, arguments));
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(s.ready, "profile")), "strict");
    CU_ASSERT_STRING_EQUAL(s.path, "/msh");
    CU_ASSERT(stand_in_push(&s, in("m.mime"), &answer) && answer.status == 200);
    CU_ASSERT(stand_in_push(&s, in("altered.mime"), &answer) && answer.status == 500);
    CU_ASSERT_EQUAL(kill(s.pid, SIGHUP), 0);
    CU_ASSERT(stand_in_push(&s, in("m.mime"), &answer) && proves(&s, &answer, in("m.mime")));
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static const ens_case cases[] = {
    {"tells where it is when it is ready", tells_when_it_is_ready},
    {"acknowledges what is durable, a copy with the very bytes, after kill -9 as well", acknowledges_what_is_durable},
    {"takes messages of the test service", takes_test_messages},
    {"refuses what is altered, another's or another's id, by code", refuses_by_code},
    {"asks the registry about every message", asks_the_registry},
    {"takes bare envelopes", takes_bare_envelopes},
    {"writes down what never became a message", writes_down_what_is_no_message},
    {"loses nothing that it acknowledged when it is killed", loses_nothing_to_kills},
    {"answers a filing by one message of customs", answers_filings},
    {"refuses a configuration that it doesn't understand", is_set_up_by_a_file},
    {"serves as a file says, and renews without a stop", serves_by_a_file_and_renews},
    {NULL, NULL},
};
ENS_SUITE("cli/serve", cases)
