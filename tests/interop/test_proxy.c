/* The proxy between other stacks and ours: its ledger has nothing to say. The set of answer sheets goes through it to
 * our own server, without a peer; phase4 pushes through it to our server, and we send through it to phase4. */
#include "tests/cli/proxied.h"
#include "tests/cli/run.h"
#include "tests/interop/peer.h"
#include "tests/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT "2026-10-01T12:00:00Z"
#define LATER "2026-10-01T12:00:30Z" /* the server's clock goes on while the proxy's stands */
#define SHEET_MAX ((size_t)1 << 20)
#define ROWS_LEAST 144u

static char base[] = "/tmp/ensign-between-XXXXXX"; /* of the files; the demo is base/demo */
static char demo[48];

static const char *in(const char *name)
{
    static char path[8][160];
    static unsigned next;
    char *to = path[next++ % 8];
    snprintf(to, sizeof path[0], "%s/%s", base, name);
    return to;
}

static void set_up(stand_in *s, const char *options)
{
    if (!demo[0])
        CU_ASSERT_TRUE_FATAL(stand_in_home(base, demo, sizeof demo));
    CU_ASSERT_TRUE_FATAL(stand_in_open(s, demo, options));
}

/* says_nothing asserts how many rows agree, and that none disagrees. */
static void says_nothing(const char *store, unsigned agree)
{
    char words[80];
    const run_result *r = run_ensign("journal disagreements --store %s", store);
    snprintf(words, sizeof words, "%u as predicted, 0 otherwise, 0 that tell nothing", agree);
    CHECK_ROW(r->status == 0 && strstr(r->out, words), "not \"%s\": %s", words, r->out);
}

/* -- The set ------------------------------------------------------------------------------------------------------- */

/* register_parties enters who seals the messages of the set. */
static void register_parties(const char *set, const char *store)
{
    static const char *const rows[][2] = {
        {"FR73282932000074", "trader.pem"},         {"FR73282932000074", "trader-3072.pem"},
        {"FR73282932000074", "trader-4096.pem"},    {"FR73282932000074", "revoked.pem"},
        {"FR54207118800313", "other-trader.pem"},   {"DE48297560012345", "trader.pem"},
        {"sys1@FR73282932000074@BE", "trader.pem"}, {"sys1@FR73282932000074", "trader.pem"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *r = run_ensign("party add %s --registry %s --cert %s/pki/%s --unchecked --at " AT "%s",
                                         rows[i][0], store, set, rows[i][1], strchr(rows[i][0], '@') ? " --ms BE" : "");
        CHECK_ROW(r->status == 0, "%s: %s", rows[i][0], r->err);
    }
}

static void write_config(const char *set)
{
    FILE *f = fopen(in("set.yaml"), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fprintf(f,
            "listen:\n  - address: 127.0.0.1:0\n    tls: true\n  - address: 127.0.0.1:0\n"
            "tls: {certificate: demo/pki/tls-server.pem, key: demo/pki/tls-server.key, clients: "
            "demo/pki/tls-root.pem}\n"
            "seal: {certificate: demo/pki/sti.pem, key: demo/pki/sti.key, domain: sti.example}\n"
            "trust: [%s/pki/root.pem, %s/pki/second/root.pem]\ncrl: [%s/pki/issuing.crl, %s/pki/second/issuing.crl]\n"
            "store: {path: set.db, durable: none}\n",
            set, set, set, set);
    fclose(f);
}

/* push_all posts every message of the sheet, and gives how many answers came. */
static unsigned push_all(const char *set, proxied *p)
{
    static char sheet[SHEET_MAX];
    static pushed answer;
    char path[1024];
    unsigned num = 0;
    snprintf(path, sizeof path, "%s/verdicts.tsv", set);
    FILE *f = fopen(path, "r");
    size_t len = f ? fread(sheet, 1, sizeof sheet - 1, f) : 0;
    if (f)
        fclose(f);
    sheet[len] = '\0';
    for (char *line = strchr(sheet, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
        snprintf(path, sizeof path, "%s/messages/%.*s", set, (int)strcspn(line + 1, "\t"), line + 1);
        bool came = stand_in_push_plain(&p->at, path, &answer);
        CHECK_ROW(came && answer.status < 500, "%s: %u", path, answer.status);
        num += came;
    }
    return num;
}

static void predicts_the_set(void)
{
    char set[256], url[128], options[2048];
    stand_in s;
    proxied p;
    const char *folder = ens_shared("data/messages/ics2");
    if (!folder)
        return;
    snprintf(set, sizeof set, "%s", folder);
    set_up(&s, "--clock " AT);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    CU_ASSERT_EQUAL(run_ensign("store migrate --store %s", in("set.db"))->status, 0);
    register_parties(set, in("set.db"));
    write_config(set);
    snprintf(options, sizeof options, "--config %s --clock " AT, in("set.yaml"));
    CU_ASSERT_TRUE_FATAL(stand_in_run(&s, options));
    snprintf(url, sizeof url, "http://%s%s", s.plain, s.path);
    snprintf(options, sizeof options,
             "--trust %s/pki/root.pem --trust %s/pki/second/root.pem --crl %s/pki/issuing.crl --crl "
             "%s/pki/second/issuing.crl --customs %s/pki/customs-root.pem --registry %s --as sti --at " LATER,
             set, set, set, set, demo, in("set.db"));
    CU_ASSERT_FATAL(proxied_open(&p, url, in("set-proxy.db"), "%s", options));
    unsigned num = push_all(set, &p), again = push_all(set, &p); /* copies get their first receipt again */
    CU_ASSERT_EQUAL(proxied_end(&p, SIGTERM), 0);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    CHECK_ROW(num >= ROWS_LEAST && num == again, "%u and %u messages", num, again);
    const run_result *r = run_ensign("journal disagreements --store %s", in("set-proxy.db"));
    CHECK_ROW(r->status == 0 && strstr(r->out, " 0 otherwise, 0 that tell nothing, 0 held back"), "%.2000s", r->out);
    printf("\n    %.*s", (int)strcspn(r->out, "\n"), r->out);
}

/* -- Between phase4 and ours --------------------------------------------------------------------------------------- */

#define KINDS 6u

/* seal_kinds makes messages that are taken and messages that are refused, each sealed by the demo's trader. */
static void seal_kinds(const stand_in *s)
{
    static const char *const options[KINDS] = {"",
                                               "--message-id second@trader.example",
                                               "--to nti-fr --force",
                                               "--action IE3R01 --force",
                                               "--from FR542071188 --force",
                                               ""};
    for (unsigned i = 0; i < KINDS; i++) {
        CU_ASSERT_EQUAL(run_ensign("ens new IE3F26 --from %s -o %s", s->eori, in("doc.xml"))->status, 0);
        const run_result *r = run_ensign("seal %s --key %s/trader.key --cert %s/trader.pem %s%s %s %s -o %s/m%u.mime",
                                         in("doc.xml"), s->pki, s->pki, strstr(options[i], "--from") ? "" : "--from ",
                                         strstr(options[i], "--from") ? "" : s->eori,
                                         strstr(options[i], "--action") ? "" : "--action IE3F26", options[i], base, i);
        CHECK_ROW(r->status == 0 || r->status == 1, "%u: %s", i, r->err);
    }
}

/* break_one changes an octet of the last message's header behind its seal. */
static void break_one(void)
{
    char command[256];
    snprintf(command, sizeof command, "sed -i '0,/<eb:ConversationId>1</s//<eb:ConversationId>2</' %s/m%u.mime", base,
             KINDS - 1);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void push_by_phase4(const char *run, stand_in *s)
{
    char to[128];
    proxied p;
    snprintf(to, sizeof to, "http://%s%s", s->plain, s->path);
    CU_ASSERT_FATAL(proxied_open(&p, to, in("by-phase4.db"),
                                 "--trust %s/root.pem --customs %s/customs-root.pem --as sti --registry %s", s->pki,
                                 s->pki, s->store));
    for (unsigned i = 0; i < KINDS; i++) {
        const char *answer = peer_ask("'%s' push '%s' '%s/m%u.mime' trust='%s/customs-root.pem' 2>/dev/null", run,
                                      p.url, base, i, s->pki);
        CHECK_ROW(!strstr(answer, "\"acknowledged\":true") == (i >= 2), "message %u, by phase4: %s", i, answer);
    }
    CU_ASSERT_EQUAL(proxied_end(&p, SIGTERM), 0);
    says_nothing(p.store, KINDS);
}

/* phase4 knows no rule of ICS2: what it refuses is what its seal refuses. */
static void send_to_phase4(const char *run, const stand_in *s)
{
    static const unsigned kinds[] = {0, 1, KINDS - 1};
    static pushed answer;
    char to[128];
    peer there;
    proxied p;
    if (!peer_serve(&there, "exec '%s' serve 0 key='%s/sti.key' cert='%s/sti.pem' trust='%s/root.pem'", run, s->pki,
                    s->pki, s->pki))
        return;
    snprintf(to, sizeof to, "http://127.0.0.1:%u/as4", there.port);
    CU_ASSERT_FATAL(proxied_open(&p, to, in("to-phase4.db"),
                                 "--trust %s/root.pem --customs %s/customs-root.pem --as sti", s->pki, s->pki));
    const run_result *r = run_ensign("send %s %s/m0.mime %s/m1.mime --sealed --trust %s/customs-root.pem --json", p.url,
                                     base, base, s->pki);
    CHECK_ROW(r->status == 0, "%d %s%s", r->status, r->out, r->err);
    char broken[160];
    snprintf(broken, sizeof broken, "%s/m%u.mime", base, kinds[2]);
    CU_ASSERT_TRUE(stand_in_push_plain(&p.at, broken, &answer));
    CU_ASSERT_EQUAL(proxied_end(&p, SIGTERM), 0);
    peer_end(&there);
    json_t *rows = proxied_rows(p.store);
    const json_t *last = json_array_get(rows, 2);
    printf("\n    a broken seal: %s here, %s of phase4", proxied_says(last, "predicted.ebms"),
           proxied_says(last, "real.ebms"));
    CHECK_ROW(json_array_size(rows) == 3, "%zu rows", json_array_size(rows));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        bool other_code = strcmp(proxied_says(row, "difference"), "code") == 0 &&
                          strcmp(proxied_says(row, "real.ebms"), "EBMS:0102") == 0; /* where ICS2 has 0101 or 0103 */
        CHECK_ROW(strcmp(proxied_says(row, "agreement"), "agrees") == 0 || other_code, "%s", json_dumps(row, 0));
    }
    json_decref(rows);
}

static void between_phase4_and_ours(void)
{
    stand_in s;
    const char *run = peer_run("phase4");
    if (!run)
        return;
    set_up(&s, "");
    seal_kinds(&s);
    break_one();
    push_by_phase4(run, &s);
    send_to_phase4(run, &s);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static const ens_case cases[] = {
    {"every message of the set is answered by our server as predicted", predicts_the_set},
    {"between phase4 and ours, both ways, nothing is answered otherwise", between_phase4_and_ours},
    {NULL, NULL},
};
ENS_SUITE("interop/proxy", cases)
