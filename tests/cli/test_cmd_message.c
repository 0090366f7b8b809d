/* seal, verify, receipt and cert as a user runs them: exit status, JSON, files. */
#include "engine/base/file.h"
#include "ensign/verify.h"
#include "fixtures/payload.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The folders of what the fixtures deliver: their message ids. */
#define F26 "00000001-0000-4000-8000-000020261001@ap.trader.example"
#define F26_ATTACHMENTS "00000002-0000-4000-8000-000020261001@ap.trader.example"
#define AT "--at 2026-10-01T12:00:00Z"

static json_t *object_of(const run_result *r)
{
    json_t *o = json_loads(r->out, JSON_DISABLE_EOF_CHECK, NULL);
    CHECK_ROW(o != NULL, "no JSON: %.200s%s", r->out, r->err);
    return o;
}

static const char *text_at(json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "(none)";
}

static void contract(void)
{
    if (!fixture_folder())
        return;
    const run_result *r =
        run_ensign("verify %s --trust %s " AT " --json", fixture_path("f26.mime"), fixture_path("pki/root.pem"));
    json_t *o = object_of(r);
    CU_ASSERT_EQUAL(r->status, 0);
    CU_ASSERT_STRING_EQUAL(text_at(o, "verdict"), "accepted");
    CU_ASSERT_STRING_EQUAL(text_at(o, "kind"), "user-message");
    CU_ASSERT_STRING_EQUAL(text_at(o, "action"), "IE3F26");
    CU_ASSERT(json_is_null(json_object_get(o, "ebms")) && json_is_null(json_object_get(o, "reply")));
    CU_ASSERT_EQUAL(json_array_size(json_object_get(o, "payloads")), 1);
    CU_ASSERT_EQUAL(strlen(text_at(json_object_get(o, "signer"), "sha256")), 64);
    json_decref(o);
    r = run_ensign("verify %s --trust %s " AT " --json", fixture_path("other-company.mime"),
                   fixture_path("pki/root.pem"));
    o = object_of(r);
    CU_ASSERT_EQUAL(r->status, 1);
    CU_ASSERT_STRING_EQUAL(text_at(o, "ebms"), "EBMS:0004");
    CU_ASSERT_STRING_EQUAL(text_at(o, "subcode"), "A001");
    CU_ASSERT_STRING_EQUAL(text_at(o, "severity"), "failure");
    json_decref(o);
    r = run_ensign("verify %s --trust %s " AT " --json", fixture_path("document-no-lrn.mime"),
                   fixture_path("pki/root.pem"));
    o = object_of(r);
    CU_ASSERT(r->status == 1 && json_is_null(json_object_get(o, "ebms")));
    CU_ASSERT_STRING_EQUAL(text_at(o, "reply"), "IE3N99");
    json_decref(o);
}

static void undecided(void)
{
    if (!fixture_folder())
        return;
    const run_result *r = run_ensign("verify %s " AT " --json", fixture_path("f26.mime"));
    CU_ASSERT_EQUAL(r->status, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(r->out, "\"verdict\":\"undecided\""));
    CU_ASSERT_EQUAL(run_ensign("verify /nowhere/message.mime")->status, 2);
    CU_ASSERT_EQUAL(run_ensign("verify")->status, 2);
    CU_ASSERT_EQUAL(run_ensign("verify --nonsense x")->status, 2);
    CU_ASSERT_EQUAL(run_ensign("nonsense")->status, 2);
    CU_ASSERT_EQUAL(run_ensign("help verify")->status, 0);
    CU_ASSERT_EQUAL(run_ensign("--version")->status, 0);
}

static void round_trip(void)
{
    if (!fixture_folder())
        return;
    const run_result *r =
        run_ensign("verify %s --trust %s " AT " -q --payloads %s", fixture_path("f26-attachments.mime"),
                   fixture_path("pki/root.pem"), fixture_path("delivered"));
    CU_ASSERT_EQUAL(r->status, 0);
    CU_ASSERT_EQUAL(access(fixture_path("delivered/" F26_ATTACHMENTS "/photo-2"), R_OK), 0);
    r = run_ensign("seal %s --key %s --cert %s --from FR73282932000074 --action IE3F26 --attach %s=application/pdf " AT
                   " -o %s",
                   fixture_path("delivered/" F26_ATTACHMENTS "/ens"), fixture_path("pki/trader-3072.key"),
                   fixture_path("pki/trader-3072.pem"), fixture_path("delivered/" F26_ATTACHMENTS "/photo-1"),
                   fixture_path("refused.mime"));
    CHECK_ROW(r->status != 0 && access(fixture_path("refused.mime"), F_OK) != 0,
              "an attachment that the document names is missing: %d", r->status);
    r = run_ensign("seal %s --key %s --cert %s --from FR73282932000074 --action IE3F24 " AT " -o %s",
                   fixture_path("delivered/" F26_ATTACHMENTS "/ens"), fixture_path("pki/trader.key"),
                   fixture_path("pki/trader.pem"), fixture_path("refused.mime"));
    CHECK_ROW(r->status == 1 && strstr(r->err, "payload.root"), "%d %s", r->status, r->err);
}

static ens_slice contents_of(const char *name, ens_file *file)
{
    CU_ASSERT_EQUAL_FATAL(ens__file_open(fixture_path(name), 0, file, NULL), ENS_OK);
    return file->bytes;
}

static void large_documents(void)
{
    if (!fixture_folder())
        return;
    ens_buf document;
    ens_buf_init(&document, NULL, 0, SIZE_MAX);
    fx_document_write(
        &(fx_document){.action = "IE3F26", .lrn = FX_LRN, .declarant = "FR73282932000074", .size = ENS_HELD_MAX + 1},
        &document);
    CU_ASSERT_EQUAL(ens__file_write(fixture_path("large.xml"), ens_buf_slice(&document), 0600, NULL), ENS_OK);
    const run_result *r = run_ensign("seal %s --key %s --cert %s --from FR73282932000074 --action IE3F26 "
                                     "--message-id large@ap.example " AT " -o %s",
                                     fixture_path("large.xml"), fixture_path("pki/trader.key"),
                                     fixture_path("pki/trader.pem"), fixture_path("large.mime"));
    CU_ASSERT_EQUAL(r->status, 0);
    r = run_ensign("verify %s --trust %s " AT " --payloads %s", fixture_path("large.mime"),
                   fixture_path("pki/root.pem"), fixture_path("large"));
    char size[32];
    snprintf(size, sizeof size, "ens, %zu bytes", document.len);
    CHECK_ROW(r->status == 0 && strstr(r->out, size), "%d %s", r->status, r->out);
    ens_file delivered;
    CU_ASSERT_TRUE(ens_eq(contents_of("large/large@ap.example/ens", &delivered), ens_buf_slice(&document)));
    ens__file_close(&delivered);
    ens_buf_free(&document);
    static const char *const made[] = {"large.xml", "large.mime", "large/large@ap.example/ens"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        CU_ASSERT_EQUAL(unlink(fixture_path(made[i])), 0);
}

static void threads(void)
{
    static char one[RUN_OUTPUT_MAX];
    const char *names = "f26.mime a26.mime expired.mime gzip-crc.mime f26.mime wrapped.mime pull.xml f10.mime";
    if (!fixture_folder())
        return;
    const run_result *r =
        run_ensign("verify $(cd %s; ls -d $PWD/*.mime) $(for n in %s; do echo %s/$n; done) --trust %s " AT " -q",
                   fixture_folder(), names, fixture_folder(), fixture_path("pki/root.pem"));
    snprintf(one, sizeof one, "%s", r->out);
    CU_ASSERT_EQUAL(r->status, 1);
    r = run_ensign("verify $(cd %s; ls -d $PWD/*.mime) $(for n in %s; do echo %s/$n; done) --trust %s " AT
                   " -q --threads 3",
                   fixture_folder(), names, fixture_folder(), fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 1 && strcmp(one, r->out) == 0 && strlen(one) > 1000,
              "three threads say something else than one");
}

static void summary(void)
{
    if (!fixture_folder())
        return;
    const run_result *r = run_ensign("verify -q %s %s %s %s/none.mime --trust %s " AT, fixture_path("f26.mime"),
                                     fixture_path("expired.mime"), fixture_path("altered-id.mime"), fixture_folder(),
                                     fixture_path("pki/root.pem"));
    CHECK_ROW(
        r->status == 1 &&
            strstr(r->err, "4 messages: 1 accepted, 2 refused, 1 undecided or unreadable; 1 by the reference engine"),
        "%d %s", r->status, r->err);
    r = run_ensign("verify -q %s --trust %s " AT, fixture_path("f26.mime"), fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 0 && !r->err[0], "%s", r->err);
}

static void receipts(void)
{
    if (!fixture_folder())
        return;
    const run_result *r =
        run_ensign("seal --signal receipt --for %s --trust %s " AT " --key %s --cert %s -o %s/own-receipt.xml",
                   fixture_path("f26.mime"), fixture_path("pki/root.pem"), fixture_path("pki/sti.key"),
                   fixture_path("pki/sti.pem"), fixture_folder());
    CHECK_ROW(r->status == 0, "%d %s", r->status, r->err);
    r = run_ensign("receipt check %s --for %s --trust %s " AT " --json", fixture_path("own-receipt.xml"),
                   fixture_path("f26.mime"), fixture_path("pki/customs-root.pem"));
    CHECK_ROW(r->status == 0 && strstr(r->out, "\"kind\":\"receipt\""), "%d %.300s", r->status, r->out);
    r = run_ensign("receipt check %s --for %s --trust %s " AT " --json", fixture_path("error.xml"),
                   fixture_path("f26.mime"), fixture_path("pki/customs-root.pem"));
    CHECK_ROW(r->status == 1 && strstr(r->out, "EBMS:0301"), "%d %.300s", r->status, r->out);
    r = run_ensign("receipt check %s --for %s --trust %s " AT " --json", fixture_path("f26.mime"),
                   fixture_path("f26.mime"), fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 1 && strstr(r->out, "\"ebms\":\"EBMS:0301\""), "a user message is no receipt: %d %.300s",
              r->status, r->out);
    r = run_ensign("seal --signal receipt --for %s --trust %s " AT " --key %s --cert %s -o %s/no-receipt.xml",
                   fixture_path("expired.mime"), fixture_path("pki/root.pem"), fixture_path("pki/sti.key"),
                   fixture_path("pki/sti.pem"), fixture_folder());
    CHECK_ROW(r->status == 1 && access(fixture_path("no-receipt.xml"), F_OK) != 0,
              "a refused message was acknowledged: %d", r->status);
}

static void customs(void)
{
    static const struct {
        const char *message, *trust, *customs;
        int status;
    } rows[] = {{"r01.mime", "pki/root.pem", "pki/customs-root.pem", 0},
                {"r01.mime", "pki/customs-root.pem", "pki/root.pem", 1},
                {"f26.mime", "pki/root.pem", "pki/customs-root.pem", 0},
                {"f26.mime", "pki/customs-root.pem", "pki/root.pem", 1}};
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *r = run_ensign("verify %s --trust %s --customs %s " AT " -q", fixture_path(rows[i].message),
                                         fixture_path(rows[i].trust), fixture_path(rows[i].customs));
        CHECK_ROW(r->status == rows[i].status, "%s by %s and %s: %d %s", rows[i].message, rows[i].trust,
                  rows[i].customs, r->status, r->out);
    }
    CU_ASSERT_EQUAL(run_ensign("verify %s --customs %s", fixture_path("r01.mime"), fixture_path("missing.pem"))->status,
                    2);
}

static void registry(void)
{
    if (!fixture_folder())
        return;
    const char *db = fixture_path("registry.db");
    CU_ASSERT_EQUAL(
        run_ensign("party add FR73282932000074 --cert %s --registry %s", fixture_path("pki/trader.pem"), db)->status,
        0);
    const run_result *r =
        run_ensign("verify %s %s %s --trust %s --registry %s " AT " -q", fixture_path("f26.mime"),
                   fixture_path("f10.mime"), fixture_path("pull.xml"), fixture_path("pki/root.pem"), db);
    CHECK_ROW(r->status == 0, "%d %s%s", r->status, r->out, r->err);
    db = fixture_path("registry.db");
    r = run_ensign("verify %s --trust %s --registry %s " AT " -q", fixture_path("f50.mime"),
                   fixture_path("pki/root.pem"), db);
    CHECK_ROW(r->status == 1 && strstr(r->out, "EBMS:0004 A001"), "another certificate of the same party: %d %s",
              r->status, r->out);
    CU_ASSERT_EQUAL(run_ensign("party add FR73282932000074 --force A003 --registry %s", db)->status, 0);
    r = run_ensign("verify %s --trust %s --registry %s " AT " -q", fixture_path("f26.mime"),
                   fixture_path("pki/root.pem"), db);
    CHECK_ROW(r->status == 1 && strstr(r->out, "EBMS:0004 A003"), "%d %s", r->status, r->out);
}

static void certificates(void)
{
    if (!fixture_folder())
        return;
    const char *root = fixture_path("pki/root.pem");
    const run_result *r =
        run_ensign("cert check %s --national %s --member-state FR --eori FR73282932000074 --key %s " AT " --json",
                   fixture_path("pki/trader.pem"), root, fixture_path("pki/trader.key"));
    json_t *o = object_of(r);
    CU_ASSERT_EQUAL(r->status, 0);
    CU_ASSERT_STRING_EQUAL(text_at(o, "acceptance"), "national");
    CU_ASSERT_STRING_EQUAL(text_at(o, "eori_binding"), "bound");
    CU_ASSERT_STRING_EQUAL(text_at(o, "valid_until"), "2029-01-01T00:00:00Z");
    CU_ASSERT_STRING_EQUAL(text_at(json_object_get(o, "certificate"), "key"), "rsa2048");
    json_decref(o);
    root = fixture_path("pki/root.pem");
    CU_ASSERT_EQUAL(run_ensign("cert check %s --trust %s " AT, fixture_path("pki/trader.pem"), root)->status, 2);
    CU_ASSERT_EQUAL(run_ensign("cert check %s --national %s --member-state FR --key %s " AT,
                               fixture_path("pki/trader.pem"), root, fixture_path("pki/trader-3072.key"))
                        ->status,
                    1);
    CU_ASSERT_EQUAL(
        run_ensign("cert check %s --national %s --member-state FR " AT, fixture_path("pki/expired.pem"), root)->status,
        1);
    CU_ASSERT_EQUAL(run_ensign("cert check %s --national %s --member-state FR --crl %s " AT,
                               fixture_path("pki/revoked.pem"), root, fixture_path("pki/issuing.crl"))
                        ->status,
                    1);
    CU_ASSERT_EQUAL(run_ensign("cert show %s --json", fixture_path("pki/trader.pem"))->status, 0);
    CU_ASSERT_EQUAL(run_ensign("cert show %s", fixture_path("f26.mime"))->status, 2);
}

static void finds_messages_in_folders_and_lists(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    char command[2048];
    snprintf(command, sizeof command, "mkdir -p '%s' && cp '%s' '%s' '%s' && ls '%s'/* >'%s' && touch '%s/.hidden'",
             fixture_path("some"), fixture_path("f26.mime"), fixture_path("a26.mime"), fixture_path("some"),
             fixture_path("some"), fixture_path("list"), fixture_path("some"));
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    const run_result *r =
        run_ensign("verify -q '%s' --trust '%s' " AT, fixture_path("some"), fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 0 && strstr(r->out, "some/a26.mime: accepted") &&
                  strstr(r->out, "some/f26.mime: accepted") && strstr(r->err, "2 messages"),
              "%d %s %s", r->status, r->out, r->err);
    r = run_ensign("verify -q --files-from '%s' --trust '%s' " AT, fixture_path("list"), fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 0 && strstr(r->err, "2 messages"), "%d %s %s", r->status, r->out, r->err);
    r = run_ensign("verify --files-from /nonexistent");
    CHECK_ROW(r->status == 2 && strstr(r->err, "nonexistent"), "%d %s", r->status, r->err);
}

static const ens_case cases[] = {
    {"finds messages in folders and lists", finds_messages_in_folders_and_lists},
    {"verify --json keeps the contract", contract},
    {"what can't be judged exits with 2", undecided},
    {"seal refuses what the STI would refuse, and writes nothing", round_trip},
    {"several threads give the verdicts of one, in the same order", threads},
    {"a batch ends with what became of it, and how often the reference engine was asked", summary},
    {"verifies and delivers a document that is too large to be held", large_documents},
    {"a receipt is for an accepted message alone", receipts},
    {"customs are who is sealed under their anchors", customs},
    {"with a registry the registry decides", registry},
    {"cert check and cert show keep the contract", certificates},
    {NULL, NULL},
};
ENS_SUITE("cli/messages", cases)
