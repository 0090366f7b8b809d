/* Batches of seal as a user runs them: a message for each payload, lines in the order of the payloads. */
#include "bench/memory.h"
#include "engine/base/file.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT "--at 2026-10-01T12:00:00Z"
#define PAYLOADS 12
#define SEAL "--from FR73282932000074 --action IE3F26 " AT

/* deliver writes the document of a fixture to payloads/NN.xml; one of them, where wanted, is no document. */
static bool deliver(void)
{
    ens_file file = {0};
    char name[64];
    if (!fixture_folder() || run_ensign("verify %s --trust %s " AT " -q --payloads %s", fixture_path("f26.mime"),
                                        fixture_path("pki/root.pem"), fixture_path("batch-in"))
                                     ->status != 0)
        return false;
    if (ens__file_open(fixture_path("batch-in/00000001-0000-4000-8000-000020261001@ap.trader.example/ens"), 0, &file,
                       NULL) != ENS_OK)
        return false;
    bool good = true;
    for (unsigned i = 0; i < PAYLOADS; i++) {
        snprintf(name, sizeof name, "batch-in/%02u.xml", i);
        good = good && ens__file_write(fixture_path(name), file.bytes, 0600, NULL) == ENS_OK;
    }
    good = good && ens__file_write(fixture_path("batch-in/wrong.xml"), ENS_LIT("<IE3F26/>"), 0600, NULL) == ENS_OK;
    ens__file_close(&file);
    mkdir(fixture_path("batch-out"), 0777);
    return good;
}

/* check_line tells whether the nth line is that of the nth payload, and its message verifies. */
static void check_line(const char *line, unsigned nth, bool first)
{
    char name[64], id[256] = "";
    snprintf(name, sizeof name, "batch-out/%02u.mime", nth);
    json_t *o = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
    const char *message = json_string_value(json_object_get(o, "message"));
    CHECK_ROW(message && strcmp(message, fixture_path(name)) == 0, "line %u: %.120s", nth, line);
    snprintf(id, sizeof id, "\"message_id\":\"%s\"", json_string_value(json_object_get(o, "message_id")));
    json_decref(o);
    if (!first)
        return;
    const run_result *r =
        run_ensign("verify %s --trust %s " AT " --json", fixture_path(name), fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 0 && strstr(r->out, id), "%d %.300s", r->status, r->out);
}

static void a_message_for_each_payload(void)
{
    static char lines[RUN_OUTPUT_MAX];
    if (!deliver()) {
        CU_FAIL("the payloads can't be written");
        return;
    }
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        const run_result *r = run_ensign("seal %s/??.xml --key %s --cert %s " SEAL " --json --threads %u -o %s",
                                         fixture_path("batch-in"), fixture_path("pki/trader.key"),
                                         fixture_path("pki/trader.pem"), threads, fixture_path("batch-out"));
        CHECK_ROW(r->status == 0, "%d %s", r->status, r->err);
        snprintf(lines, sizeof lines, "%s", r->out);
        char *line = lines;
        for (unsigned i = 0; i < PAYLOADS; i++) {
            char *end = strchr(line, '\n');
            if (!end) {
                CU_FAIL("there are too few lines");
                return;
            }
            *end = '\0';
            check_line(line, i, i == 0 || i + 1 == PAYLOADS);
            line = end + 1;
        }
        CU_ASSERT_EQUAL(*line, '\0');
    }
}

static void one_that_is_refused(void)
{
    if (!deliver())
        return;
    unlink(fixture_path("batch-out/wrong.mime"));
    unlink(fixture_path("batch-out/01.mime"));
    const run_result *r =
        run_ensign("seal %s %s --key %s --cert %s " SEAL " --threads 2 -o %s", fixture_path("batch-in/wrong.xml"),
                   fixture_path("batch-in/01.xml"), fixture_path("pki/trader.key"), fixture_path("pki/trader.pem"),
                   fixture_path("batch-out"));
    CHECK_ROW(r->status == 1 && strstr(r->err, "wrong.xml isn't sealed") && strstr(r->err, "payload."), "%d %s",
              r->status, r->err);
    CU_ASSERT_EQUAL(access(fixture_path("batch-out/01.mime"), R_OK), 0);
    CU_ASSERT_NOT_EQUAL(access(fixture_path("batch-out/wrong.mime"), F_OK), 0);
}

static void what_makes_no_sense(void)
{
    static const char *const rows[][3] = {
        {"", "batch-in/00.xml", "go into a folder"},
        {"--message-id x@y", "batch-out", "for a single payload"},
        {"--attach x.pdf", "batch-out", "for a single payload"},
        {"--threads 0", "batch-out", "--threads is"},
        {"--json", "-", "can't both go to stdout"},
    };
    if (!deliver())
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *out = rows[i][1][0] == '-' ? "-" : fixture_path(rows[i][1]);
        const run_result *r =
            run_ensign("seal %s %s --key %s --cert %s " SEAL " %s -o %s", fixture_path("batch-in/00.xml"),
                       fixture_path("batch-in/01.xml"), fixture_path("pki/trader.key"), fixture_path("pki/trader.pem"),
                       rows[i][0], out);
        CHECK_ROW(r->status == 2 && strstr(r->err, rows[i][2]), "%s: %d %s", rows[i][0], r->status, r->err);
    }
    const run_result *r = run_ensign("seal %s %s --key %s --cert %s " SEAL " -o %s", fixture_path("batch-in/00.xml"),
                                     fixture_path("batch-in/00.xml"), fixture_path("pki/trader.key"),
                                     fixture_path("pki/trader.pem"), fixture_path("batch-out"));
    CHECK_ROW(r->status == 2 && strstr(r->err, "two payloads would become"), "%d %s", r->status, r->err);
}

/* What `verify` refuses for certain, with what it is sealed by and judged by. */
static const struct {
    const char *key, *cert, *options;
    enum { NO_TRUST, TRUST, CRL } judged;
    const char *code;
} promises[] = {
    {"trader", "trader", "--action IE3F26", NO_TRUST, "EBMS:0009"}, /* nobody sends it */
    {"trader", "trader", "--from FR404833048 --action IE3F26", NO_TRUST, "EBMS:0004 A001"},
    {"trader", "other-company", "--from FR73282932000074 --action IE3F26", NO_TRUST, "EBMS:0004 A001"},
    {"trader", "other-siren", "--from FR73282932000074 --action IE3F26", NO_TRUST, "EBMS:0004 A001"},
    {"trader", "trader", "--from nobody --action IE3F26", NO_TRUST, "EBMS:0004 A001"},
    {"trader", "trader", "--from FR73282932000074 --action IE3F24", NO_TRUST, "IE3N99"},
    {"trader", "trader", "--from FR73282932000074 --action IE3N99", NO_TRUST, "EBMS:0009"},
    {"trader", "trader", "--from FR73282932000074 --action IE9X99", NO_TRUST, "EBMS:0001"},
    {"trader", "trader", "--from FR73282932000074 --action IE3F26 --message-id 'a b'", NO_TRUST, "EBMS:0003"},
    {"trader", "trader", "--from FR73282932000074 --action IE3F26 --agreement V9", NO_TRUST, "EBMS:0001"},
    {"trader", "trader", "--from FR73282932000074 --action IE3F26 --mpc urn:x", NO_TRUST, "EBMS:0010"},
    {"trader", "encipherment", "--from FR73282932000074 --action IE3F26", NO_TRUST, "EBMS:0101"},
    {"trader", "signing-ca-bit", "--from FR73282932000074 --action IE3F26", NO_TRUST, "EBMS:0101"},
    {"trader", "expired", "--from FR73282932000074 --action IE3F26", NO_TRUST, "EBMS:0101"},
    {"trader", "not-yet-valid", "--from FR73282932000074 --action IE3F26", NO_TRUST, "EBMS:0101"},
    {"trader", "self-signed", "--from FR73282932000074 --action IE3F26", NO_TRUST, "EBMS:0103"},
    {"trader-3072", "trader", "--from FR73282932000074 --action IE3F26", NO_TRUST, "EBMS:0101"},
    {"rsa1024", "rsa1024", "--from FR73282932000074 --action IE3F26", NO_TRUST, "EBMS:0101"},
    {"trader", "foreign", "--from FR73282932000074 --action IE3F26", TRUST, "EBMS:0101"},
    {"trader", "under-not-a-ca", "--from FR73282932000074 --action IE3F26", TRUST, "EBMS:0101"},
    {"trader", "revoked", "--from FR73282932000074 --action IE3F26", CRL, "EBMS:0101"},
    {"trader", "trader", "--signal pull --from FR404833048", NO_TRUST, "EBMS:0004 A001"},
    {"trader", "trader", "--signal pull --from nobody", NO_TRUST, "EBMS:0004 A001"},
    {"trader", "expired", "--signal error --code EBMS:0004 --ref-to a@b.example", NO_TRUST, "EBMS:0101"},
};

/* keeps_promise seals row i, forces it, and verifies what was forced. */
static void keep_promise(size_t i)
{
    char judge[1024], seal[2048];
    bool signal = strstr(promises[i].options, "--signal") != NULL;
    snprintf(judge, sizeof judge, "%s%s%s%s%s%s", promises[i].judged ? "--trust " : "",
             promises[i].judged ? fixture_folder() : "", promises[i].judged ? "/pki/root.pem" : "",
             promises[i].judged == CRL ? " --crl " : "", promises[i].judged == CRL ? fixture_folder() : "",
             promises[i].judged == CRL ? "/pki/issuing.crl" : "");
    snprintf(seal, sizeof seal, "seal %s --key %s/pki/%s.key --cert %s/pki/%s.pem %s %s " AT " -o %s/promise.mime",
             signal ? "" : fixture_path("batch-in/00.xml"), fixture_folder(), promises[i].key, fixture_folder(),
             promises[i].cert, promises[i].options, judge, fixture_folder());
    unlink(fixture_path("promise.mime"));
    const run_result *r = run_ensign("%s", seal);
    CHECK_ROW(r->status == 1 && strstr(r->err, promises[i].code) && access(fixture_path("promise.mime"), F_OK) != 0,
              "%s: %d %.400s", promises[i].options, r->status, r->err);
    r = run_ensign("%s --force", seal);
    CHECK_ROW(r->status == 0 && strstr(r->err, promises[i].code), "%s: forced: %d %.400s", promises[i].options,
              r->status, r->err);
    r = run_ensign("verify -q %s %s " AT, fixture_path("promise.mime"), judge);
    CHECK_ROW(r->status == 1 && strstr(r->out, promises[i].code), "%s: verified: %d %.400s%s", promises[i].options,
              r->status, r->out, r->err);
}

static void promises_are_kept(void)
{
    if (!deliver())
        return;
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++)
        keep_promise(i);
    const run_result *r =
        run_ensign("seal %s --key %s --cert %s --from FR404833048 --action IE3F26 " AT " --json -o %s",
                   fixture_path("batch-in/00.xml"), fixture_path("pki/trader.key"), fixture_path("pki/trader.pem"),
                   fixture_path("promise.json.mime"));
    CHECK_ROW(r->status == 1 && strstr(r->out, "\"message\":null") && strstr(r->out, "\"verdict\":\"refused\"") &&
                  strstr(r->out, "\"ebms\":\"EBMS:0004\"") && strstr(r->out, "\"checks\":["),
              "%d %.300s", r->status, r->out);
}

/* seal_with seals the document with its attachments under a name. */
static const run_result *seal_with(const char *attachment, const char *more)
{
    return run_ensign("seal %s/batch-in/00.xml --key %s/pki/trader.key --cert %s/pki/trader.pem " SEAL
                      " --attach %s %s -o %s/named.mime",
                      fixture_folder(), fixture_folder(), fixture_folder(), attachment, more, fixture_folder());
}

static void names_of_attachments(void)
{
    static const char *const names[] = {"a+b.pdf", "50%.pdf", "a#b.pdf", "d\xC3\xA9.pdf", "a b.pdf", "%41.pdf",
                                        "a=b.pdf", "a!.pdf",  "a~.pdf",  "a,b.pdf",       "a<b>.pdf"};
    char path[512], quoted[600], shown[64];
    if (!deliver())
        return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", fixture_folder(), names[i]);
        CU_ASSERT_EQUAL(ens__file_write(path, ENS_LIT("%PDF-1.4"), 0600, NULL), ENS_OK);
        snprintf(quoted, sizeof quoted, "'%s'", path);
        unlink(fixture_path("named.mime"));
        const run_result *r = seal_with(quoted, "");
        snprintf(shown, sizeof shown, "%s", names[i]);
        CHECK_ROW(r->status == 1 && strstr(r->err, shown) && access(fixture_path("named.mime"), F_OK) != 0,
                  "%s: %d %.300s", names[i], r->status, r->err);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/x=y/c.pdf", fixture_folder());
    CHECK_ROW(strstr(seal_with(path, "")->err, "x=y/c.pdf"), "a '=' in a folder's name");
}

/* Header fields begin a line; nothing that was given may begin one. */
static void no_value_begins_a_line(void)
{
    char path[512], quoted[700];
    if (!deliver())
        return;
    snprintf(path, sizeof path, "%s/x\r\nX-Evil: 1\r\n\r\nb.pdf", fixture_folder());
    CU_ASSERT_EQUAL(ens__file_write(path, ENS_LIT("%PDF-1.4"), 0600, NULL), ENS_OK);
    snprintf(quoted, sizeof quoted, "'%s'", path);
    for (unsigned forced = 0; forced < 2; forced++) {
        unlink(fixture_path("named.mime"));
        const run_result *r = seal_with(quoted, forced ? "--force" : "");
        CHECK_ROW(r->status == 1 && access(fixture_path("named.mime"), F_OK) != 0 && !strchr(r->err, '\r'),
                  "a file's name: %d %.300s", r->status, r->err);
        r = run_ensign("seal %s/batch-in/00.xml --key %s/pki/trader.key --cert %s/pki/trader.pem " SEAL
                       " --domain \"$(printf 'a.example>\\r\\nX-Evil: 1\\r\\nX: <b')\" %s -o %s/named.mime",
                       fixture_folder(), fixture_folder(), fixture_folder(), forced ? "--force" : "", fixture_folder());
        CHECK_ROW(r->status != 0 && access(fixture_path("named.mime"), F_OK) != 0, "a domain: %d", r->status);
        r = run_ensign(
            "seal %s/batch-in/00.xml --key %s/pki/trader.key --cert %s/pki/trader.pem --from FR73282932000074"
            " --action IE3F26 " AT " --message-id \"$(printf 'a\\033b@c')\" %s -o %s/named.mime",
            fixture_folder(), fixture_folder(), fixture_folder(), forced ? "--force" : "", fixture_folder());
        CHECK_ROW(r->status == 1 && access(fixture_path("named.mime"), F_OK) != 0, "no XML: %d %s", r->status, r->err);
    }
    unlink(path);
}

static void inputs_are_no_outputs(void)
{
    static const char *const outputs[] = {"batch-in/00.xml", "pki/trader.key", "pki/trader.pem", "over.pdf"};
    if (!deliver())
        return;
    CU_ASSERT_EQUAL(ens__file_write(fixture_path("over.pdf"), ENS_LIT("%PDF-1.4"), 0600, NULL), ENS_OK);
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        const run_result *r =
            run_ensign("seal %s --key %s --cert %s " SEAL " --attach %s=application/pdf -o %s/../%s/%s",
                       fixture_path("batch-in/00.xml"), fixture_path("pki/trader.key"), fixture_path("pki/trader.pem"),
                       fixture_path("over.pdf"), fixture_folder(), strrchr(fixture_folder(), '/') + 1, outputs[i]);
        CHECK_ROW(r->status == 2 && strstr(r->err, "written over"), "%s: %d %s", outputs[i], r->status, r->err);
    }
    CU_ASSERT_EQUAL(symlink("00.xml", fixture_path("batch-in/zero.mime")), 0);
    const run_result *r = run_ensign("seal %s %s --key %s --cert %s " SEAL " -o %s", fixture_path("batch-in/zero.mime"),
                                     fixture_path("batch-in/01.xml"), fixture_path("pki/trader.key"),
                                     fixture_path("pki/trader.pem"), fixture_path("batch-in"));
    CHECK_ROW(r->status == 2 && strstr(r->err, "written over"), "%d %s", r->status, r->err);
    unlink(fixture_path("batch-in/zero.mime"));
}

/* Any level seals what verifies; what is no level is refused before a key is read. */
static void levels_of_compression(void)
{
    static const struct {
        const char *level;
        int status;
    } rows[] = {{"1", 0}, {"12", 0}, {"0", 2}, {"13", 2}, {"6x", 2}, {"-1", 2}, {"\"\"", 2}};
    if (!deliver())
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *r = run_ensign("seal %s --key %s --cert %s " SEAL " --level=%s -o %s",
                                         fixture_path("batch-in/00.xml"), fixture_path("pki/trader.key"),
                                         fixture_path("pki/trader.pem"), rows[i].level, fixture_path("level.mime"));
        CHECK_ROW(r->status == rows[i].status, "--level=%s: %d %s", rows[i].level, r->status, r->err);
        if (rows[i].status)
            continue;
        r = run_ensign("verify %s --trust %s " AT, fixture_path("level.mime"), fixture_path("pki/root.pem"));
        CHECK_ROW(r->status == 0, "--level=%s: %d", rows[i].level, r->status);
    }
}

#define LARGE ((size_t)100 << 20)
#define LARGE_PEAK ((size_t)64 << 20)
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true /* sanitizers take memory of their own */
#else
#define SANITIZED false
#endif

static bool write_large(const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return false;
    fputs("<IE3F26 xmlns=\"urn:wco:datamodel:eu:ics2:2\"><LRN>L-1</LRN>", f);
    for (unsigned i = 0; (size_t)ftell(f) < LARGE; i++)
        fprintf(f, "<goodsItem><number>%u</number><text>%x</text></goodsItem>", i, i * 2654435761u);
    fputs("</IE3F26>", f);
    return fclose(f) == 0;
}

/* peak_of_sealing looks at the memory of the command while it runs; its status comes with it. */
static size_t peak_of_sealing(const char *document, const char *message, int *status)
{
    char key[256], cert[256];
    size_t peak = 0, now;
    snprintf(key, sizeof key, "%s", fixture_path("pki/trader.key"));
    snprintf(cert, sizeof cert, "%s", fixture_path("pki/trader.pem"));
    pid_t child = fork();
    if (child == 0) {
        execl(ENSIGN_COMMAND, "ensign", "seal", document, "--key", key, "--cert", cert, "--from", "FR73282932000074",
              "--action", "IE3F26", "--at", "2026-10-01T12:00:00Z", "--ens", "off", "-o", message, (char *)NULL);
        _exit(127);
    }
    usleep(20000); /* until then it may still be a copy of this program */
    while (child > 0 && waitpid(child, status, WNOHANG) == 0) {
        now = ens__memory_peak_of(child);
        peak = now > peak ? now : peak;
        usleep(1000);
    }
    return peak;
}

/* As large as a document may be: neither it nor room for it is held. */
static void a_large_document_takes_little_memory(void)
{
    char document[256], message[256];
    int status = -1;
    if (!fixture_folder())
        return;
    snprintf(document, sizeof document, "%s", fixture_path("large.xml"));
    snprintf(message, sizeof message, "%s", fixture_path("large.mime"));
    CU_ASSERT_TRUE(write_large(document));
    size_t peak = peak_of_sealing(document, message, &status);
    CHECK_ROW(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
    CHECK_ROW(peak > (1 << 20) && (peak < LARGE_PEAK || SANITIZED), "%zu bytes", peak);
    const run_result *r = run_ensign("verify %s --trust %s " AT " --ens off -q", message, fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 0, "%d %.300s", r->status, r->out);
    r = run_ensign("verify %s --trust %s " AT " --ens off --engine reference -q", message,
                   fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 0, "%d %.300s", r->status, r->out);
    unlink(document), unlink(message);
}

static const ens_case cases[] = {
    {"seal refuses what verify would refuse, by the same code, and --force rehearses it", promises_are_kept},
    {"attachments have names that every receiver finds again", names_of_attachments},
    {"no value that is given begins a line of the package, forced or not", no_value_begins_a_line},
    {"what is read is never written over, by whatever name", inputs_are_no_outputs},
    {"seal writes a message for each payload, by one thread and by three", a_message_for_each_payload},
    {"one payload that is refused leaves the others sealed, and the status says so", one_that_is_refused},
    {"levels of compression", levels_of_compression},
    {"a document of 100 MB is sealed in less than 64", a_large_document_takes_little_memory},
    {"options that make no sense for a batch are refused before anything is sealed", what_makes_no_sense},
    {NULL, NULL},
};
ENS_SUITE("cli/seal", cases)
