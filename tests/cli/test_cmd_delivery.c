/* What verify hands out and how it ends: no document is lost or written over, every input is told of, and a batch ends
 * behind the message in hand. */
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "ensign/seal.h"
#include "fixtures/payload.h"
#include "fixtures/pki.h"
#include "fixtures/reseal.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT "--at " FX_AT_TEXT
#define NAMES 3

/* seal_named writes a message with that id and attachments of these names. */
static bool seal_named(const char *id, const char *const names[NAMES], const char *path)
{
    ens_file key = {0}, chain = {0};
    ens_sealer *sealer = NULL;
    ens_slice sealed = {0};
    ens_buf bytes[1 + NAMES];
    ens_seal_part part[1 + NAMES];
    char number[16];
    for (unsigned i = 0; i <= NAMES; i++)
        ens_buf_init(&bytes[i], NULL, 0, (size_t)1 << 20);
    fx_document_write(
        &(fx_document){.action = "IE3F26", .lrn = FX_LRN, .declarant = FX_EORI, .attachments = NAMES, .size = 2048},
        &bytes[0]);
    bool good = true;
    part[0] = (ens_seal_part){.cid = ENS_LIT("ens"), .type = ENS_LIT("application/xml")};
    for (unsigned i = 1; i <= NAMES; i++) {
        snprintf(number, sizeof number, ">photo-%u<", i);
        char named[64];
        snprintf(named, sizeof named, ">%s<", names[i - 1]);
        good = good && fx_replace(&bytes[0], number, named);
        fx_attachment_write(i, &bytes[i]);
        part[i] = (ens_seal_part){.cid = ens_str(names[i - 1]),
                                  .type = i == 1 ? ENS_LIT("application/pdf") : ENS_LIT("image/jpeg")};
    }
    for (unsigned i = 0; i <= NAMES; i++)
        part[i].bytes = ens_buf_slice(&bytes[i]);
    good = good && ens__file_open(fixture_path("pki/trader.key"), 0, &key, NULL) == ENS_OK &&
           ens__file_open(fixture_path("pki/trader.pem"), 0, &chain, NULL) == ENS_OK;
    ens_sealer_options so = {.key = key.bytes, .certificate = chain.bytes, .at = FX_AT, .force = true};
    ens_seal_message_options mo = {.action = ENS_LIT("IE3F26"),
                                   .from = ENS_LIT(FX_EORI),
                                   .message_id = ens_str(id),
                                   .at = FX_AT,
                                   .parts = part,
                                   .num_parts = 1 + NAMES};
    good = good && ens_sealer_new(&so, &sealer, NULL) == ENS_OK &&
           ens_seal_message(sealer, &mo, &sealed, NULL) == ENS_OK &&
           ens__file_write(path, sealed, 0600, NULL) == ENS_OK;
    ens_sealer_free(sealer);
    ens__file_close(&key);
    ens__file_close(&chain);
    for (unsigned i = 0; i <= NAMES; i++)
        ens_buf_free(&bytes[i]);
    return good;
}

/* num_files counts what stands in a folder of the fixtures and below it, hidden files too. */
static int num_files(const char *folder)
{
    char line[512];
    int num = -1;
    snprintf(line, sizeof line, "find '%s/%s' -type f 2>/dev/null | wc -l", fixture_folder(), folder);
    FILE *f = popen(line, "r");
    if (f && fscanf(f, "%d", &num) != 1)
        num = -1;
    if (f)
        pclose(f);
    return num;
}

/* check_payload tells whether the file at path has the bytes and the digest that the object says. */
static void check_payload(json_t *payload, const char *ending)
{
    const char *path = json_string_value(json_object_get(payload, "path")),
               *sha256 = json_string_value(json_object_get(payload, "sha256"));
    ens_file file = {0};
    uint8_t digest[ENS_DIGEST_MAX];
    char hex[65];
    CU_ASSERT_FATAL(path && sha256);
    size_t len = strlen(path), tail = strlen(ending);
    CHECK_ROW(len > tail && strcmp(path + len - tail, ending) == 0, "%s, not %s", path, ending);
    CU_ASSERT_EQUAL_FATAL(ens__file_open(path, 0, &file, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__sha256(file.bytes, digest, NULL), ENS_OK);
    ens__hex(ens_bytes(digest, 32), hex);
    CU_ASSERT_STRING_EQUAL(hex, sha256);
    ens__file_close(&file);
}

static void names_never_meet(void)
{
    static const char *const names[NAMES] = {"a/b", "a_b", ".hidden"};
    static const char *const endings[] = {"/names/a%2F..%2Fb@c.example/ens", "/names/a%2F..%2Fb@c.example/a%2Fb",
                                          "/names/a%2F..%2Fb@c.example/a_b", "/names/a%2F..%2Fb@c.example/%2Ehidden"};
    if (!fixture_folder() || !seal_named("a/../b@c.example", names, fixture_path("names.mime"))) {
        CU_FAIL("the message can't be made");
        return;
    }
    for (unsigned twice = 0; twice < 2; twice++) {
        const run_result *r = run_ensign("verify %s --trust %s " AT " --json --payloads %s", fixture_path("names.mime"),
                                         fixture_path("pki/root.pem"), fixture_path("names"));
        CHECK_ROW(r->status == 0, "%d %.500s", r->status, r->out);
        json_t *o = json_loads(r->out, JSON_DISABLE_EOF_CHECK, NULL);
        json_t *payloads = json_object_get(o, "payloads");
        CU_ASSERT_EQUAL_FATAL(json_array_size(payloads), 1 + NAMES);
        for (size_t i = 0; i <= NAMES; i++)
            check_payload(json_array_get(payloads, i), endings[i]);
        json_decref(o);
        CU_ASSERT_EQUAL(num_files("names"), 1 + NAMES);
    }
}

static void a_batch_keeps_every_document(void)
{
    if (!fixture_folder())
        return;
    const run_result *r = run_ensign("verify -q %s %s %s %s --trust %s " AT " --payloads %s", fixture_path("f26.mime"),
                                     fixture_path("f10.mime"), fixture_path("a26.mime"), fixture_path("f26.mime"),
                                     fixture_path("pki/root.pem"), fixture_path("kept"));
    CHECK_ROW(r->status == 0 && num_files("kept") == 3, "%d %d %s%s", r->status, num_files("kept"), r->out, r->err);
}

static bool put(const char *name, const char *text)
{
    return ens__file_write(fixture_path(name), ens_str(text), 0600, NULL) == ENS_OK;
}

#define F26 "00000001-0000-4000-8000-000020261001@ap.trader.example"

/* What stands there stays, and neither a receipt nor a hidden file is made. */
static void what_is_there_stays(void)
{
    static const struct {
        const char *file, *text;
    } rows[] = {{"there/" F26 "/ens", "keep"}, {"there/" F26 "/other", "keep"}, {"there/" F26, "keep"}};
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mkdir(fixture_path("there"), 0700);
        if (i < 2)
            mkdir(fixture_path("there/" F26), 0700);
        CU_ASSERT_TRUE(put(rows[i].file, rows[i].text));
        const run_result *r = run_ensign(
            "verify %s --trust %s " AT " --json --payloads %s --receipt %s --receipt-key %s --receipt-cert %s",
            fixture_path("f26.mime"), fixture_path("pki/root.pem"), fixture_path("there"), fixture_path("there.xml"),
            fixture_path("pki/sti.key"), fixture_path("pki/sti.pem"));
        CHECK_ROW(r->status == 2 && strstr(r->out, "\"verdict\":\"accepted\"") && strstr(r->out, "\"error\":\"") &&
                      strstr(r->out, "other content") && !strstr(r->out, "\"path\""),
                  "%s: %d %.300s", rows[i].file, r->status, r->out);
        CU_ASSERT_NOT_EQUAL(access(fixture_path("there.xml"), F_OK), 0);
        CU_ASSERT_EQUAL(num_files("there"), 1);
        unlink(fixture_path(rows[i].file));
        rmdir(fixture_path("there/" F26));
        CHECK_ROW(rmdir(fixture_path("there")) == 0, "something was left behind");
    }
}

static void nowhere_to_write(void)
{
    if (!fixture_folder())
        return;
    const run_result *r = run_ensign("verify %s --trust %s " AT " -q --payloads %s/f26.mime", fixture_path("f26.mime"),
                                     fixture_path("pki/root.pem"), fixture_folder());
    CHECK_ROW(r->status == 2 && strstr(r->out, "f26.mime: accepted (") && strstr(r->err, "payloads"), "%d %s%s",
              r->status, r->out, r->err);
}

static void every_input_is_told_of(void)
{
    if (!fixture_folder())
        return;
    const run_result *r =
        run_ensign("verify --json %s %s/none.mime %s/nowhere %s --trust %s " AT, fixture_path("f26.mime"),
                   fixture_folder(), fixture_folder(), fixture_path("f10.mime"), fixture_path("pki/root.pem"));
    static const char *const verdicts[] = {"accepted", "undecided", "undecided", "accepted"};
    const char *line = r->out;
    CU_ASSERT_EQUAL(r->status, 2);
    for (size_t i = 0; i < 4; i++) {
        json_t *o = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
        const char *verdict = json_string_value(json_object_get(o, "verdict"));
        bool error = json_is_string(json_object_get(o, "error")), wanted = verdicts[i][0] == 'u';
        CHECK_ROW(verdict && strcmp(verdict, verdicts[i]) == 0 && error == wanted &&
                      json_is_array(json_object_get(o, "checks")) && json_is_array(json_object_get(o, "payloads")),
                  "line %zu: %.200s", i, line);
        json_decref(o);
        line = strchr(line, '\n') ? strchr(line, '\n') + 1 : "";
    }
    CU_ASSERT_EQUAL(*line, '\0');
    r = run_ensign("receipt check %s/none.xml --for %s --json", fixture_folder(), fixture_path("f26.mime"));
    CHECK_ROW(r->status == 2 && strstr(r->out, "\"verdict\":\"undecided\"") && strstr(r->out, "\"error\":\""), "%d %s",
              r->status, r->out);
    r = run_ensign("receipt check %s --for %s/none.mime --json", fixture_path("receipt-f26.xml"), fixture_folder());
    CHECK_ROW(r->status == 2 && strstr(r->out, "\"verdict\":\"undecided\"") && strstr(r->out, "none.mime"), "%d %s",
              r->status, r->out);
}

static void a_word_says_what_could_not_be_told(void)
{
    if (!fixture_folder())
        return;
    const run_result *r = run_ensign("verify -q %s %s/none.mime --trust %s " AT, fixture_path("f26.mime"),
                                     fixture_folder(), fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 2 && strstr(r->out, "f26.mime: accepted (not told: chain.revocation)\n") &&
                  strstr(r->out, "none.mime: undecided (can't open the file"),
              "%s", r->out);
    r = run_ensign("verify -q %s --trust %s --crl %s " AT, fixture_path("f26.mime"), fixture_path("pki/root.pem"),
                   fixture_path("pki/issuing.crl"));
    CHECK_ROW(r->status == 0 && strstr(r->out, "f26.mime: accepted\n"), "%s", r->out);
    r = run_ensign("verify -q %s " AT, fixture_path("f26.mime"));
    CHECK_ROW(r->status == 2 && strstr(r->out, "f26.mime: undecided (chain.path: no anchors are loaded"), "%s", r->out);
}

/* script runs lines of a shell in the fixtures' folder, with the command as $E; what they write to "out" and "err" is
 * left there. Returns the number in "status". */
static int script(const char *lines)
{
    char all[2048];
    ens_file file = {0};
    unlink(fixture_path("status"));
    snprintf(all, sizeof all, "cd '%s' && E='%s' && %s", fixture_folder(), ENSIGN_COMMAND, lines);
    if (system(all) < 0 || ens__file_open(fixture_path("status"), 0, &file, NULL) != ENS_OK)
        return -1;
    int status = file.bytes.len ? file.bytes.p[0] - '0' : -1;
    ens__file_close(&file);
    return status;
}

static bool holds(const char *name, const char *text)
{
    ens_file file = {0};
    bool good = ens__file_open(fixture_path(name), 0, &file, NULL) == ENS_OK &&
                ens__find(file.bytes, ens_str(text), 0) != SIZE_MAX;
    ens__file_close(&file);
    return good;
}

/* The second message comes through a pipe: the signal is there before its first octet. */
static void signals_end_behind_the_message_in_hand(void)
{
    static const char *const signals[] = {"TERM", "INT"};
    char lines[1024];
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < 2; i++) {
        snprintf(lines, sizeof lines,
                 "rm -f pipe && mkfifo pipe && { \"$E\" verify -q f26.mime pipe f10.mime --trust pki/root.pem " AT
                 " >out 2>err & pid=$!; exec 3>pipe; kill -%s $pid; cat a26.mime >&3; exec 3>&-; wait $pid; "
                 "echo $? >status; }",
                 signals[i]);
        int status = script(lines);
        bool ignored = i == 1 && status == 0; /* a shell starts what is behind '&' deaf to SIGINT */
        CHECK_ROW(ignored || (status == 2 && holds("out", "f26.mime: accepted") && holds("out", "pipe: accepted") &&
                              !holds("out", "f10.mime") && holds("err", "stopped; 1 of 3 messages")),
                  "%s: %d", signals[i], status);
    }
    unlink(fixture_path("pipe"));
}

static void a_closed_pipe_ends_the_batch(void)
{
    if (!fixture_folder())
        return;
    int status = script("{ \"$E\" verify -q $(i=0; while [ $i -lt 3000 ]; do echo f26.mime; i=$((i+1)); done)"
                        " --trust pki/root.pem " AT " 2>err; echo $? >status; } | head -n 1 >out");
    CHECK_ROW(status == 2 && holds("out", "f26.mime: accepted") && holds("err", "of 3000 messages were not judged"),
              "%d", status);
}

static void inputs_are_no_outputs(void)
{
    if (!fixture_folder())
        return;
    static const char *const outputs[] = {"f26.mime", "pki/sti.key", "pki/../pki/sti.pem"};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        const run_result *r =
            run_ensign("verify %s --trust %s " AT " --receipt %s --receipt-key %s --receipt-cert %s",
                       fixture_path("f26.mime"), fixture_path("pki/root.pem"), fixture_path(outputs[i]),
                       fixture_path("pki/sti.key"), fixture_path("pki/sti.pem"));
        CHECK_ROW(r->status == 2 && strstr(r->err, "written over"), "%s: %d %s", outputs[i], r->status, r->err);
    }
    const run_result *r = run_ensign("cert check %s --json -o %s/pki/../pki/trader.pem", fixture_path("pki/trader.pem"),
                                     fixture_folder());
    CHECK_ROW(r->status == 2 && strstr(r->err, "written over"), "%d %s", r->status, r->err);
}

static const ens_case cases[] = {
    {"what is read is never written over", inputs_are_no_outputs},
    {"names of messages and parts stay in the folder and never meet", names_never_meet},
    {"a batch keeps every document, and one that is there already is no fault", a_batch_keeps_every_document},
    {"what is there with other content stays, and nothing is acknowledged", what_is_there_stays},
    {"what can't be delivered is told", nowhere_to_write},
    {"every input has its object, one that can't be read too", every_input_is_told_of},
    {"a line says what could not be told", a_word_says_what_could_not_be_told},
    {"a signal ends the batch behind the message in hand", signals_end_behind_the_message_in_hand},
    {"a closed pipe ends the batch", a_closed_pipe_ends_the_batch},
    {NULL, NULL},
};
ENS_SUITE("cli/delivery", cases)
