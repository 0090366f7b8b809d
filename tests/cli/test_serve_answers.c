/* How the stand-in answers: by ICS2's codes or as a Domibus, and with the faults that an LRN or a rule asks for. */
#include "tests/cli/run.h"
#include "tests/cli/stand_in.h"
#include "tests/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char base[] = "/tmp/ensign-answers-XXXXXX"; /* of the files; the demo is base/demo */
static char demo[48];
static pushed answer, other;

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

static void write_config(const stand_in *s, const char *extra)
{
    FILE *f = fopen(in("serve.yaml"), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fprintf(f,
            "listen:\n  - address: 127.0.0.1:0\n    tls: true\n  - address: 127.0.0.1:0\n"
            "tls: {certificate: demo/pki/tls-server.pem, key: demo/pki/tls-server.key, clients: "
            "demo/pki/tls-root.pem}\n"
            "seal: {certificate: %s/sti.pem, key: %s/sti.key, domain: sti.example}\n"
            "trust: [demo/pki/root.pem]\nstore: {path: demo/store.db, durable: none}\nlog: info\n%s",
            s->pki, s->pki, extra);
    fclose(f);
}

/* serve runs one that is set up by a file, in place of the demo's. */
static void serve(stand_in *s, const char *extra)
{
    char line[160];
    write_config(s, extra);
    snprintf(line, sizeof line, "--config %s", in("serve.yaml"));
    CU_ASSERT_TRUE_FATAL(stand_in_run(s, line));
}

/* proves gives the exit status of `ensign receipt check`; words has to be in what it says. */
static bool proves(const stand_in *s, int status, const char *words)
{
    stand_in_keep(&answer, in("receipt.xml"));
    const run_result *r = run_ensign("receipt check %s --for %s --trust %s/customs-root.pem --json", in("receipt.xml"),
                                     in("m.mime"), s->pki);
    CHECK_ROW(r->status == status && strstr(r->out, words), "%d instead of %d, %s: %s", r->status, status, words,
              r->out);
    return r->status == status;
}

static bool is_error(const char *code, const char *words)
{
    char text[64];
    snprintf(text, sizeof text, "errorCode=\"%s\"", code);
    return strstr(answer.body, text) && strstr(answer.body, words) && !strstr(answer.body, "Receipt>");
}

static bool journal_says(const stand_in *s, const char *words)
{
    const run_result *r = run_ensign("journal list --store %s --json", s->store);
    return strstr(r->out, words) != NULL;
}

/* An LRN asks for its fault, once the message is good; who sends again after a lost receipt gets the first one. */
static void rehearses_faults(void)
{
    static const struct {
        const char *end, *code, *words;
    } rows[] = {{"0101", "EBMS:0101", "profile rehearsal, the end of the LRN asks: it is refused"},
                {"A001", "EBMS:0004", "A001"},
                {"A002", "EBMS:0004", "A002"},
                {"A003", "EBMS:0004", "A003"},
                {"0303", "EBMS:0303", "rehearsal"},
                {"EBMS0005", "EBMS:0005", "rehearsal"},
                {"EBMS0003", "EBMS:0003", "rehearsal"}};
    static const struct {
        const char *end, *words;
    } faulty[] = {{"DIGEST", "EBMS:0302"}, {"UNSIGNED", "coverage.body"}, {"FOREIGN", "chain.path"}};
    static const char *const broken[] = {"LOST", "CUT", "TLS"};
    stand_in s;
    set_up(&s);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        stand_in_seal(&s, base, "m.mime", rows[i].end, "");
        CU_ASSERT_TRUE(stand_in_push(&s, in("m.mime"), &answer));
        CHECK_ROW(is_error(rows[i].code, rows[i].words), "%s: %s", rows[i].end, answer.body);
    }
    for (unsigned i = 0; i < sizeof broken / sizeof *broken; i++) {
        stand_in_seal(&s, base, "m.mime", broken[i], "");
        CHECK_ROW(!stand_in_push(&s, in("m.mime"), &answer), "%s: an answer came", broken[i]);
        CU_ASSERT(stand_in_push(&s, in("m.mime"), &answer) && proves(&s, 0, "accepted"));
    }
    for (unsigned i = 0; i < sizeof faulty / sizeof *faulty; i++) {
        stand_in_seal(&s, base, "m.mime", faulty[i].end, "");
        CU_ASSERT(stand_in_push(&s, in("m.mime"), &answer) && answer.status == 200 && proves(&s, 1, faulty[i].words));
        CU_ASSERT(stand_in_push(&s, in("m.mime"), &other) && other.len == answer.len &&
                  memcmp(other.body, answer.body, answer.len) == 0);
    }
    stand_in_seal(&s, base, "m.mime", "SLOW1", "");
    time_t before = time(NULL);
    CU_ASSERT(stand_in_push(&s, in("m.mime"), &answer) && proves(&s, 0, "accepted"));
    CU_ASSERT(time(NULL) > before);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    CU_ASSERT_TRUE(journal_says(&s, "profile rehearsal, the end of the LRN asks: the receipt is not sent"));
    serve(&s, "");
    stand_in_seal(&s, base, "m.mime", "0101", "");
    CU_ASSERT(stand_in_push(&s, in("m.mime"), &answer) && proves(&s, 0, "accepted"));
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* A rule holds for what fits it, and so often as it says. */
static void holds_rules(void)
{
    stand_in s;
    set_up(&s);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    serve(&s, "profile: rehearsal\nfaults:\n"
              "  - {fault: refuse, code: EBMS:0202, message_id: 'once-*', times: 1}\n"
              "  - {fault: refuse, code: EBMS:0004, subcode: A002, party: 'FR*9320', action: IE3F26, lrn: '*-TWO'}\n"
              "  - {fault: lost, message_id: '*never@*'}\n"
              "  - {fault: refuse, code: EBMS:0101, party: 'DE*'}\n");
    stand_in_seal(&s, base, "m.mime", NULL, "--message-id once-1@trader.example");
    CU_ASSERT_TRUE(stand_in_push(&s, in("m.mime"), &answer));
    CHECK_ROW(is_error("EBMS:0202", "rule 1 of faults asks"), "%s", answer.body);
    CU_ASSERT(stand_in_push(&s, in("m.mime"), &answer) && proves(&s, 0, "accepted"));
    stand_in_seal(&s, base, "m.mime", "TWO", "");
    CU_ASSERT_TRUE(stand_in_push(&s, in("m.mime"), &answer));
    CHECK_ROW(is_error("EBMS:0004", "A002: profile rehearsal, rule 2"), "%s", answer.body);
    stand_in_seal(&s, base, "m.mime", NULL, "--message-id never@trader.example");
    CU_ASSERT_FALSE(stand_in_push(&s, in("m.mime"), &answer));
    CU_ASSERT_FALSE(stand_in_push(&s, in("m.mime"), &answer));
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* What is rehearsed to come twice is pulled, acknowledged, and pulled again, with the same id. */
static void delivers_twice(void)
{
    char folder[64], url[128];
    unsigned times = 0, empty = 0;
    stand_in s;
    snprintf(folder, sizeof folder, "%s/twice", base);
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, folder, ""));
    snprintf(url, sizeof url, "http://%s%s", s.plain, s.path);
    stand_in_seal(&s, base, "m.mime", "DUP", "--message-id dup@trader.example");
    CU_ASSERT(stand_in_push(&s, in("m.mime"), &answer) && proves(&s, 0, "accepted"));
    for (unsigned i = 0; i < 100 && empty < 20; i++) {
        const run_result *r = run_ensign(
            "pull %s --mpc urn:fdc:ec.europa.eu:2019:eu_ics2_c2t/EORI/%s --key %s/trader.key --cert %s/trader.pem "
            "--trust %s/customs-root.pem --json",
            url, s.eori, s.pki, s.pki, s.pki);
        CHECK_ROW(r->status == 0, "%d %s %s", r->status, r->out, r->err);
        for (const char *at = r->out; (at = strstr(at, "\"action\":\"IE3R01\"")) != NULL; at++)
            times++;
        empty = r->out[0] ? 0 : empty + 1;
        if (!r->out[0])
            usleep(50000);
    }
    CHECK_ROW(times == 2, "%u times", times);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* alter puts another letter where the text is found first. */
static void alter(const char *name, const char *text, char letter)
{
    char command[256];
    snprintf(command, sizeof command, "sed -i '0,/%s/s/%s/%c%s/' %s", text, text, letter, text + 1, in(name));
    CU_ASSERT_EQUAL(system(command), 0);
}

static void answers_like_a_domibus(void)
{
    static const struct {
        const char *from, *to, *code, *words;
        bool sealed, refers;
    } rows[] = {
        {"IE3F26<", "IE3X26<", "EBMS:0001", "No matching action found", false, true},
        {"eu_ics2_t2c", "fu_ics2_t2c", "EBMS:0001", "No matching service found", false, true},
        {"FR732829320", "FR732829321", "EBMS:0003", "No matching party found", false, true},
        {"body\"", "bode\"", "EBMS:0004", "unknown error occurred", false, true},
        {"refers@", "refera@", "EBMS:0004", "unknown error occurred", false, true},
    };
    stand_in s;
    set_up(&s);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    serve(&s, "answers: domibus\n");
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        char command[256];
        stand_in_seal(&s, base, "m.mime", NULL, "--message-id refers@trader.example");
        snprintf(command, sizeof command, "sed -i '0,/%s/s/%s/%s/' %s", rows[i].from, rows[i].from, rows[i].to,
                 in("m.mime"));
        CU_ASSERT_EQUAL(system(command), 0);
        CU_ASSERT_TRUE(stand_in_push(&s, in("m.mime"), &answer));
        bool good = answer.status == 500 && is_error(rows[i].code, rows[i].words) &&
                    strstr(answer.body, "<env:Value>env:Receiver</env:Value>") &&
                    (strstr(answer.body, "SignatureValue") != NULL) == rows[i].sealed &&
                    (strstr(answer.body, "RefToMessageId") != NULL) == rows[i].refers;
        CHECK_ROW(good, "%s: %u %s", rows[i].to, answer.status, answer.body);
    }
    stand_in_seal(&s, base, "m.mime", NULL, "");
    alter("m.mime", "Content-ID: <ens", 'x');
    CU_ASSERT_TRUE(stand_in_push(&s, in("m.mime"), &answer));
    CHECK_ROW(answer.status == 500 && strstr(answer.body, "Fault"), "%u %s", answer.status, answer.body);
    stand_in_seal(&s, base, "m.mime", NULL, "");
    CU_ASSERT(stand_in_push(&s, in("m.mime"), &answer) && answer.status == 200 && proves(&s, 0, "accepted"));
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* A fault in the Body, and a seal over it, that a receiver verifies. */
static void puts_a_fault_beside_the_error(void)
{
    stand_in s;
    set_up(&s);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    serve(&s, "error_fault: true\nerror_status: 500\nprofile: rehearsal\n");
    stand_in_seal(&s, base, "m.mime", "0101", "");
    CU_ASSERT_TRUE(stand_in_push(&s, in("m.mime"), &answer));
    CHECK_ROW(answer.status == 500 && is_error("EBMS:0101", "env:Fault"), "%u %s", answer.status, answer.body);
    stand_in_keep(&answer, in("error.xml"));
    const run_result *r =
        run_ensign("verify %s --as trader --customs %s/customs-root.pem --json", in("error.xml"), s.pki);
    CHECK_ROW(r->status == 0 && strstr(r->out, "EBMS:0101"), "%d %s", r->status, r->out);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* The file is read anew: answers and rules change, what takes a restart is named, and a file at fault changes nothing.
 */
static void reads_its_file_anew(void)
{
    static char large[300000]; /* it goes through a file in the spool's folder, which the first file named */
    stand_in s;
    set_up(&s);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    serve(&s, "profile: rehearsal\nspool: demo\n");
    stand_in_seal(&s, base, "m.mime", "0101", "");
    CU_ASSERT(stand_in_push(&s, in("m.mime"), &answer) && answer.status == 200 && is_error("EBMS:0101", "LRN"));
    static const struct {
        const char *extra;
        unsigned status;
        const char *code, *words;
    } rows[] = {
        {"profile: rehearsal\nerror_status: 400\nworkers: 2\n", 400, "EBMS:0101", "LRN"},
        {"profile: rehearsal\nanswers: domibus\n", 500, "EBMS:0101", "env:Fault"},
        {"profile: rehearsal\nanswers: dom\n", 500, "EBMS:0101", "env:Fault"},
        {"profile: rehearsal\nfaults: [{fault: refuse, code: EBMS:0004, subcode: A003}]\n", 200, "EBMS:0004", "A003"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool good = false;
        write_config(&s, rows[i].extra);
        CU_ASSERT_EQUAL(kill(s.pid, SIGHUP), 0);
        for (unsigned waited = 0; !good && waited < 100; waited++) {
            usleep(20000);
            CU_ASSERT_TRUE(stand_in_push(&s, in("m.mime"), &answer));
            good = answer.status == rows[i].status && is_error(rows[i].code, rows[i].words);
        }
        CHECK_ROW(good, "%s: %u %s", rows[i].extra, answer.status, answer.body);
    }
    memset(large, ' ', sizeof large - 1);
    CU_ASSERT(stand_in_send(&s, false, large, sizeof large - 1, &answer) && answer.status == 200);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    char command[256];
    snprintf(command, sizeof command, "grep -q 'needs-restart.*workers' %s.log && grep -q 'dom' %s.log", demo, demo);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void is_told_by_a_container(void)
{
    char line[256];
    stand_in s, told;
    set_up(&s);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    write_config(&s, "");
    setenv("ENSIGN_CONFIG", in("serve.yaml"), 1);
    setenv("ENSIGN_STORE", in("told.db"), 1);
    setenv("ENSIGN_LISTEN", "127.0.0.1:0,plain:[::1]:0", 1);
    told = s;
    CU_ASSERT_TRUE_FATAL(stand_in_run(&told, "--profile rehearsal --log error"));
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(told.ready, "profile")), "rehearsal");
    CU_ASSERT_STRING_EQUAL(told.store, in("told.db"));
    CU_ASSERT_EQUAL(strncmp(told.plain, "[::1]:", 6), 0);
    stand_in_seal(&s, base, "m.mime", NULL, "");
    CU_ASSERT_EQUAL(run_ensign("party add %s --registry %s", s.eori, told.store)->status, 0);
    CU_ASSERT_EQUAL(
        run_ensign("party certify %s --registry %s --cert %s/trader.pem --unchecked", s.eori, told.store, s.pki)
            ->status,
        0);
    CU_ASSERT(stand_in_push_plain(&told, in("m.mime"), &answer) && proves(&s, 0, "accepted"));
    CU_ASSERT_EQUAL(stand_in_end(&told, SIGTERM), 0);
    snprintf(line, sizeof line, "--listen plain:unix:%s --store %s --registry %s", in("serve.sock"), in("other.db"),
             in("told.db"));
    CU_ASSERT_TRUE_FATAL(stand_in_run(&told, line));
    CU_ASSERT_STRING_EQUAL(told.store, in("other.db"));
    snprintf(told.plain, sizeof told.plain, "unix:%s", in("serve.sock"));
    snprintf(told.path, sizeof told.path, "/as4");
    CU_ASSERT(stand_in_push_plain(&told, in("m.mime"), &answer) && proves(&s, 0, "accepted"));
    CU_ASSERT_EQUAL(stand_in_end(&told, SIGTERM), 0);
    unsetenv("ENSIGN_CONFIG");
    unsetenv("ENSIGN_STORE");
    unsetenv("ENSIGN_LISTEN");
    CU_ASSERT_EQUAL(run_ensign("serve --config %s --log loud", in("serve.yaml"))->status, 2);
    CU_ASSERT_EQUAL(run_ensign("serve --demo %s --profile strict", demo)->status, 2);
    const run_result *r = run_ensign("serve --config %s --listen plain:0.0.0.0:0", in("serve.yaml"));
    CHECK_ROW(r->status == 2 && strstr(r->err, "plain HTTP is for the loopback"), "%d %s", r->status, r->err);
}

/* Each key that the schema has stands in the file that the man page shows. */
static void describes_every_key(void)
{
    static const char *const macros[] = {"CYAML_FIELD_", "_TEXT(\"", "_NUMBER(\"", "WORD(\"", "LIST(\""};
    static char source[1 << 16], page[1 << 14];
    const struct {
        const char *path;
        char *to;
        size_t size;
    } files[] = {{ENSIGN_SOURCE "/sti/point/config.c", source, sizeof source},
                 {ENSIGN_SOURCE "/docs/serve.yaml", page, sizeof page}};
    unsigned keys = 0;
    for (unsigned i = 0; i < 2; i++) {
        FILE *f = fopen(files[i].path, "rb");
        CU_ASSERT_FATAL(f != NULL);
        CU_ASSERT_TRUE(fread(files[i].to, 1, files[i].size - 1, f) > 0);
        fclose(f);
    }
    for (unsigned i = 0; i < sizeof macros / sizeof *macros; i++)
        for (const char *at = source; (at = strstr(at, macros[i])) != NULL; at++) {
            char key[64];
            const char *quote = strchr(at, '"'), *line = strchr(at, '\n');
            if (!quote || !line || quote > line ||
                snprintf(key, sizeof key, "%.*s:", (int)strcspn(quote + 1, "\""), quote + 1) >= (int)sizeof key)
                continue;
            keys++;
            CHECK_ROW(strstr(page, key), "docs/serve.yaml has no %s", key);
        }
    CHECK_ROW(keys > 40, "only %u keys were found", keys);
}

static const ens_case cases[] = {
    {"rehearses the faults that an LRN asks for, in its profile alone", rehearses_faults},
    {"holds rules for what fits them, as often as they say", holds_rules},
    {"delivers twice what is rehearsed to come twice", delivers_twice},
    {"answers like a Domibus where it is told to", answers_like_a_domibus},
    {"puts a SOAP fault beside the error, under the seal", puts_a_fault_beside_the_error},
    {"reads its file anew, and leaves all as it was when it can't", reads_its_file_anew},
    {"describes every key of its file", describes_every_key},
    {"is told by options and the environment what a container sets", is_told_by_a_container},
    {NULL, NULL},
};
ENS_SUITE("cli/serve-answers", cases)
