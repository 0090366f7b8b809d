/* Pulling, over real sockets: what waits is delivered once, hidden while its receipt is awaited, and nobody else's. */
#include "tests/cli/run.h"
#include "tests/cli/stand_in.h"
#include "tests/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MPC "urn:fdc:ec.europa.eu:2019:eu_ics2_c2t/EORI/"
#define TYPE "Content-Type: multipart/related; boundary=\"%s\"; type=\"application/soap+xml\"\r\n\r\n"
#define HIDDEN_US 1200000 /* a little more than receipt_seconds */

static char base[] = "/tmp/ensign-pull-XXXXXX";
static char demo[48];
static unsigned filings;
static pushed answer, other;

static char *in(const char *name)
{
    static char path[4][128];
    static unsigned next;
    char *to = path[next++ % 4];
    snprintf(to, sizeof path[0], "%s/%s", base, name);
    return to;
}

/* set_up starts the stand-in by a file: a message is hidden for a second, and pulled twice at most. */
static void set_up(stand_in *s)
{
    char arguments[128];
    if (!demo[0])
        CU_ASSERT_TRUE_FATAL(stand_in_home(base, demo, sizeof demo));
    CU_ASSERT_TRUE_FATAL(stand_in_open(s, demo, ""));
    CU_ASSERT_EQUAL(stand_in_end(s, SIGTERM), 0);
    FILE *f = fopen(in("serve.yaml"), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fprintf(f, "listen: [{address: '127.0.0.1:0', tls: true}, {address: '127.0.0.1:0'}]\n"
               "tls: {certificate: demo/pki/tls-server.pem, key: demo/pki/tls-server.key, clients: "
               "demo/pki/tls-root.pem}\n"
               "seal: {certificate: demo/pki/sti.pem, key: demo/pki/sti.key, domain: sti.example}\n"
               "trust: [demo/pki/root.pem]\nstore: {path: demo/store.db, durable: none}\nlog: info\n"
               "pull: {receipt_seconds: 1, tries: 2}\n");
    fclose(f);
    snprintf(arguments, sizeof arguments, "--config %s", in("serve.yaml"));
    CU_ASSERT_TRUE_FATAL(stand_in_run(s, arguments));
}

static const run_result *run_pull(const stand_in *s, const char *party, const char *key, const char *options)
{
    return run_ensign("pull http://%s/as4 --mpc " MPC "%s --key %s/%s.key --cert %s/%s.pem --trust "
                      "%s/customs-root.pem --json %s",
                      s->plain, party, s->pki, key, s->pki, key, s->pki, options);
}

static unsigned lines_of(const char *text)
{
    unsigned lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static unsigned journal(const stand_in *s, const char *options)
{
    return lines_of(run_ensign("journal list --store %s --json %s", s->store, options)->out);
}

/* file has a filing acknowledged, and waits for the answer of customs to stand in the channel. */
static void file_one(stand_in *s)
{
    char id[64];
    snprintf(id, sizeof id, "filing-%u@trader.example", ++filings);
    CU_ASSERT_EQUAL(run_ensign("ens new IE3F11 --from %s -o %s", s->eori, in("doc.xml"))->status, 0);
    const run_result *r = run_ensign("seal %s --key %s/trader.key --cert %s/trader.pem --from %s --action IE3F11 "
                                     "--message-id %s -o %s",
                                     in("doc.xml"), s->pki, s->pki, s->eori, id, in("m.mime"));
    CHECK_ROW(r->status == 0, "%s", r->err);
    CU_ASSERT(stand_in_push(s, in("m.mime"), &answer) && answer.status == 200);
    usleep(400000);
}

/* ask pushes a new pull request; true: a message came, which is kept with its header in front as base/pulled.mime. */
static bool ask(stand_in *s)
{
    char boundary[128] = "";
    const run_result *r = run_ensign("seal --signal pull --key %s/trader.key --cert %s/trader.pem --from %s -o %s",
                                     s->pki, s->pki, s->eori, in("pull.xml"));
    CHECK_ROW(r->status == 0, "%s", r->err);
    CU_ASSERT_TRUE(stand_in_push(s, in("pull.xml"), &answer));
    if (strncmp(answer.body, "--", 2) != 0) {
        CHECK_ROW(strstr(answer.body, "EBMS:0006") && strstr(answer.body, "warning"), "%s", answer.body);
        return false;
    }
    snprintf(boundary, sizeof boundary, "%.*s", (int)strcspn(answer.body + 2, "\r\n"), answer.body + 2);
    FILE *f = fopen(in("pulled.mime"), "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fprintf(f, TYPE, boundary);
    fwrite(answer.body, 1, answer.len, f);
    fclose(f);
    return true;
}

/* receipt_by seals the receipt of base/pulled.mime by a party's key and posts it; the status of HTTP. */
static unsigned receipt_by(stand_in *s, const char *party)
{
    const run_result *r = run_ensign("verify %s --as trader --trust %s/customs-root.pem --receipt %s --receipt-key "
                                     "%s/%s.key --receipt-cert %s/%s.pem",
                                     in("pulled.mime"), s->pki, in("r.xml"), s->pki, party, s->pki, party);
    CHECK_ROW(r->status == 0, "%s%s", r->out, r->err);
    return stand_in_push(s, in("r.xml"), &other) ? other.status : 0;
}

static void delivers_what_waits_and_acknowledges(void)
{
    char options[160];
    stand_in s;
    set_up(&s);
    const run_result *r = run_pull(&s, s.eori, "trader", "");
    CHECK_ROW(r->status == 0 && !r->out[0], "empty: %d %s%s", r->status, r->out, r->err);
    file_one(&s);
    file_one(&s);
    snprintf(options, sizeof options, "--payloads %s", in("out"));
    r = run_pull(&s, s.eori, "trader", options);
    CHECK_ROW(r->status == 0 && lines_of(r->out) == 2, "%d %s%s", r->status, r->out, r->err);
    CHECK_ROW(strstr(r->out, "\"verdict\":\"accepted\"") && strstr(r->out, "\"action\":\"IE3R01\""), "%s", r->out);
    snprintf(options, sizeof options, "test $(grep -l IE3R01 %s/*/* | wc -l) = 2", in("out"));
    CU_ASSERT_EQUAL(system(options), 0);
    usleep(HIDDEN_US);
    r = run_pull(&s, s.eori, "trader", "");
    CHECK_ROW(r->status == 0 && !r->out[0], "acknowledged: %d %s%s", r->status, r->out, r->err);
    CU_ASSERT_EQUAL(journal(&s, "--kind receipt --direction in"), 2);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static void names_its_channel_in_the_message(void)
{
    stand_in s;
    set_up(&s);
    file_one(&s);
    CU_ASSERT_TRUE(ask(&s));
    CHECK_ROW(strstr(answer.body, "mpc=\"" MPC), "%s", answer.body);
    CU_ASSERT_EQUAL(receipt_by(&s, "trader"), 202);
    CU_ASSERT_EQUAL(other.len, 0);
    CU_ASSERT_EQUAL(receipt_by(&s, "trader"), 202); /* the same again does no harm */
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static void a_message_comes_back_the_same_and_is_given_up(void)
{
    static pushed first;
    stand_in s;
    set_up(&s);
    file_one(&s);
    CU_ASSERT_TRUE_FATAL(ask(&s));
    first = answer;
    CU_ASSERT_FALSE(ask(&s));
    usleep(HIDDEN_US);
    CU_ASSERT_TRUE(ask(&s));
    CU_ASSERT(first.len == answer.len && memcmp(first.body, answer.body, first.len) == 0);
    usleep(HIDDEN_US);
    CU_ASSERT_FALSE(ask(&s));
    CHECK_ROW(journal(&s, "--kind note") == 1, "nothing says that it was given up");
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* What the wrong party says of a message, or a receipt for something else, leaves it where it is. */
static void only_the_owner_acknowledges(void)
{
    char id[128];
    stand_in s;
    set_up(&s);
    file_one(&s);
    CU_ASSERT_TRUE_FATAL(ask(&s));
    CU_ASSERT_EQUAL(receipt_by(&s, "trader2"), 400);
    const char *at = strstr(answer.body, "MessageId>");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(id, sizeof id, "%.*s", (int)strcspn(at + 10, "<"), at + 10);
    /* Another message of the same id: its receipt is the owner's, and acknowledges other octets. */
    snprintf(answer.body, sizeof answer.body, "%s", in("pulled.mime"));
    const run_result *r =
        run_ensign("verify %s --as trader --trust %s/customs-root.pem --payloads %s", answer.body, s.pki, in("other"));
    CHECK_ROW(r->status == 0, "%s", r->err);
    char command[256];
    snprintf(command, sizeof command, "cat %s/%s/* >%s", in("other"), id, in("r01.xml"));
    CU_ASSERT_EQUAL(system(command), 0);
    r = run_ensign("seal %s --key %s/sti.key --cert %s/sti.pem --from sti-taxud --to %s --action IE3R01 --message-id "
                   "%s --ref-to another@trader.example -o %s",
                   in("r01.xml"), s.pki, s.pki, s.eori, id, in("pulled.mime"));
    CHECK_ROW(r->status == 0, "%s", r->err);
    CU_ASSERT_EQUAL(receipt_by(&s, "trader"), 400);
    usleep(HIDDEN_US);
    CU_ASSERT_TRUE(ask(&s));
    CU_ASSERT_EQUAL(receipt_by(&s, "trader"), 202);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static void nobody_elses_channel_is_pulled_from(void)
{
    stand_in s;
    set_up(&s);
    file_one(&s);
    const run_result *r = run_pull(&s, s.eori, "trader2", "");
    CHECK_ROW(r->status == 1 && strstr(r->err, "EBMS:0004 A001"), "%d %s", r->status, r->err);
    r = run_pull(&s, "sys1@FR732829320", "trader", "");
    CHECK_ROW(r->status == 1 && strstr(r->err, "EBMS:0001"), "a channel that nobody has: %d %s", r->status, r->err);
    /* A request that somebody heard gets nothing when it is said again. */
    CU_ASSERT_TRUE(ask(&s));
    CU_ASSERT_EQUAL(receipt_by(&s, "trader"), 202);
    CU_ASSERT_TRUE(stand_in_push(&s, in("pull.xml"), &answer));
    CHECK_ROW(strstr(answer.body, "EBMS:0003") && strstr(answer.body, "came before"), "%s", answer.body);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static void an_error_of_the_owner_ends_it(void)
{
    char id[128];
    stand_in s;
    set_up(&s);
    file_one(&s);
    CU_ASSERT_TRUE_FATAL(ask(&s));
    const char *at = strstr(answer.body, "MessageId>");
    snprintf(id, sizeof id, "%.*s", at ? (int)strcspn(at + 10, "<") : 0, at ? at + 10 : "");
    const run_result *r = run_ensign("seal --signal error --code EBMS:0101 --detail altered --ref-to %s --key "
                                     "%s/trader.key --cert %s/trader.pem -o %s",
                                     id, s.pki, s.pki, in("e.xml"));
    CHECK_ROW(r->status == 0, "%s", r->err);
    CU_ASSERT(stand_in_push(&s, in("e.xml"), &other) && other.status == 202);
    usleep(HIDDEN_US);
    CU_ASSERT_FALSE(ask(&s));
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* Nothing is lost between the payload's file and its receipt, wherever the trader is killed: it comes again, and the
 * folder that is there stays. */
static void a_killed_trader_gets_it_again_and_delivers_once(void)
{
    char options[160];
    stand_in s;
    set_up(&s);
    file_one(&s);
    CU_ASSERT_TRUE(ask(&s)); /* and dies */
    usleep(HIDDEN_US);
    snprintf(options, sizeof options, "--payloads %s", in("once"));
    const run_result *r =
        run_ensign("verify %s --as trader --trust %s/customs-root.pem %s", in("pulled.mime"), s.pki, options);
    CHECK_ROW(r->status == 0, "%s", r->err);
    r = run_pull(&s, s.eori, "trader", options);
    CHECK_ROW(r->status == 0 && lines_of(r->out) == 1, "%d %s%s", r->status, r->out, r->err);
    snprintf(options, sizeof options, "test $(ls -A %s | wc -l) = 1", in("once"));
    CU_ASSERT_EQUAL(system(options), 0);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static const ens_case cases[] = {
    {"delivers what waits, acknowledges, and finds an empty channel no fault", delivers_what_waits_and_acknowledges},
    {"a pulled message names its channel, and its receipt is answered by the status alone",
     names_its_channel_in_the_message},
    {"without a receipt the same bytes come back after a while, until they are given up",
     a_message_comes_back_the_same_and_is_given_up},
    {"only the owner of the channel acknowledges, and just what went out", only_the_owner_acknowledges},
    {"nobody else's channel is pulled from, and no request is taken twice", nobody_elses_channel_is_pulled_from},
    {"an error of the owner ends a message", an_error_of_the_owner_ends_it},
    {"a trader killed before the receipt gets the message again, and delivers it once",
     a_killed_trader_gets_it_again_and_delivers_once},
    {NULL, NULL},
};

ENS_SUITE("cli/pull", cases)
