/* Who is judged as what: by the caller's word or by whose anchors the signer is under, and never by the message's own.
 */
#include "engine/base/report.h"
#include "ensign/verify.h"
#include "fixtures/messages.h"
#include "fixtures/pki.h"
#include "fixtures/reseal.h"
#include "sti/registry/uumds.h"
#include "tests/as4/form.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdlib.h>
#include <unistd.h>

#define MESSAGE_MAX ((size_t)1 << 20)

static bool find_side(const ens_buf *m, const char *open, const char *close, size_t *from, size_t *to)
{
    *from = ens__find(ens_buf_slice(m), ens_str(open), 0);
    *to = ens__find(ens_buf_slice(m), ens_str(close), 0);
    *from += strlen(open);
    return *to != SIZE_MAX;
}

/* speak_for_customs exchanges From and To. */
static bool speak_for_customs(ens_buf *m)
{
    size_t from, from_end, to, to_end;
    ens_buf first, second;
    ens_buf_init(&first, NULL, 0, MESSAGE_MAX);
    ens_buf_init(&second, NULL, 0, MESSAGE_MAX);
    bool good =
        find_side(m, "<eb:From>", "</eb:From>", &from, &from_end) && find_side(m, "<eb:To>", "</eb:To>", &to, &to_end);
    if (good) {
        ens_buf_put(&first, ens_sub(ens_buf_slice(m), from, from_end));
        ens_buf_put(&second, ens_sub(ens_buf_slice(m), to, to_end));
        good = fx_splice(m, to, to_end, ens_buf_slice(&first)) && fx_splice(m, from, from_end, ens_buf_slice(&second));
    }
    ens_buf_free(&first);
    ens_buf_free(&second);
    return good;
}

#define PULL(party)                                                                                                    \
    "<eb:SignalMessage><eb:MessageInfo><eb:Timestamp>2026-10-01T12:00:00Z</eb:Timestamp>"                              \
    "<eb:MessageId>pull-1@ap.trader.example</eb:MessageId></eb:MessageInfo>"                                           \
    "<eb:PullRequest mpc=\"urn:fdc:ec.europa.eu:2019:eu_ics2_c2t/EORI/" party "\"></eb:PullRequest>"                   \
    "</eb:SignalMessage><eb:UserMessage>"
#define BUNDLE(party) .when = SEALED_SO, .find = "<eb:UserMessage>", .replace = PULL(party)

static void directions(void)
{
    static const form forms[] = {
        {"customs' message", .of = "r01.mime", .verdict = ENS_ACCEPTED, .id = "rules.direction", .outcome = ENS_WARN,
         .says = "nothing proves"},
        {"the same by customs' anchors", .of = "r01.mime", .verdict = ENS_ACCEPTED, .customs = "customs-root.pem",
         .trust = "root.pem", .id = "chain.path", .outcome = ENS_PASS},
        {"the same, and the trader's anchors taken for customs'", .of = "r01.mime", .verdict = ENS_REFUSED,
         .customs = "root.pem", .id = "rules.from", .outcome = ENS_FAIL},
        {"the same at the STI", .of = "r01.mime", .verdict = ENS_REFUSED, .role = ENS_ROLE_STI, .id = "rules.from",
         .outcome = ENS_FAIL},
        {"the same to a trader", .of = "r01.mime", .verdict = ENS_ACCEPTED, .role = ENS_ROLE_TRADER,
         .customs = "customs-root.pem", .id = "rules.from", .outcome = ENS_PASS},
        {"a trader's message", .of = "f26.mime", .verdict = ENS_ACCEPTED, .customs = "customs-root.pem",
         .id = "rules.from", .outcome = ENS_PASS},
        {"a trader's message to a trader", .of = "f26.mime", .verdict = ENS_REFUSED, .role = ENS_ROLE_TRADER,
         .id = "rules.from", .outcome = ENS_FAIL},
        {"a trader's message under the anchors of customs alone", .of = "f26.mime", .verdict = ENS_REFUSED,
         .customs = "customs-root.pem", .trust = "customs-root.pem", .id = "chain.path", .outcome = ENS_FAIL},
        {"a trader who speaks for customs", .of = "test.mime", .when = SEALED_SO, .edit = speak_for_customs,
         .verdict = ENS_ACCEPTED, .id = "rules.direction", .outcome = ENS_WARN},
        {"the same where customs' anchors are known", .of = "test.mime", .when = SEALED_SO, .edit = speak_for_customs,
         .verdict = ENS_REFUSED, .customs = "customs-root.pem", .id = "rules.from", .outcome = ENS_FAIL},
        {"the same at the STI", .of = "test.mime", .when = SEALED_SO, .edit = speak_for_customs, .verdict = ENS_REFUSED,
         .role = ENS_ROLE_STI, .id = "rules.from", .outcome = ENS_FAIL},
        {"customs' receipt by customs' anchors", .of = "receipt-f26.xml", .receipt_for = "f26.mime",
         .verdict = ENS_ACCEPTED, .customs = "customs-root.pem", .trust = "root.pem", .id = "receipt.digests",
         .outcome = ENS_PASS},
        {"a trader's receipt where customs' is awaited", .of = "receipt-r01.xml", .receipt_for = "r01.mime",
         .verdict = ENS_ACCEPTED, .customs = "customs-root.pem", .id = "receipt.digests", .outcome = ENS_PASS},
    };
    FORMS(forms);
}

static void bundles(void)
{
    static const form forms[] = {
        {"a pull of the own channel beside a message", .of = "f26.mime", BUNDLE("FR73282932000074"),
         .verdict = ENS_ACCEPTED, .id = "rules.pull", .outcome = ENS_PASS},
        {"a pull of another's channel beside a message", .of = "f26.mime", BUNDLE("FR40483304800022"),
         .verdict = ENS_REFUSED, .code = "EBMS:0004", .id = "binding.eori", .outcome = ENS_FAIL},
        {"two signals beside a message", .of = "f26.mime", BUNDLE("FR73282932000074"), .find2 = "<eb:SignalMessage>",
         .replace2 = "<eb:SignalMessage></eb:SignalMessage><eb:SignalMessage>", .verdict = ENS_REFUSED,
         .code = "EBMS:0009", .id = "header.unit", .outcome = ENS_FAIL},
    };
    FORMS(forms);
}

/* judge_by_registry judges a form as the STI with an empty registry does; the finding of that id must have failed. */
static void judge_by_registry(const form *f, ens__uumds *registry, const char *id)
{
    ens_buf bytes;
    ens_verifier *verifier = NULL;
    ens_message message = {0};
    ens_trust *trust = ens_trust_new();
    ens_report *report = ens_report_new();
    ens_buf_init(&bytes, NULL, 0, MESSAGE_MAX);
    CU_ASSERT_FATAL(trust && report && ens_verifier_new(&verifier, NULL) == ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens_trust_add(trust, fixture_path("pki/root.pem"), NULL), ENS_OK);
    const ens_registry asked = ens__uumds_registry(registry);
    ens_verify_options o = {.trust = trust, .at = FX_AT, .registry = &asked};
    if (form_make(f, &bytes)) {
        ens_verify(verifier, ens_buf_slice(&bytes), &o, &message, report);
        CHECK_ROW(ens_report_verdict(report) == ENS_REFUSED, "%s: not refused", f->what);
        CHECK_ROW(ens_report_tells(report, id, ENS_FAIL), "%s: no %s", f->what, id);
    }
    ens_buf_free(&bytes);
    ens_report_free(report);
    ens_trust_free(trust);
    ens_verifier_free(verifier);
}

static void registered(void)
{
    static const form plain = {"a trader whom nobody registered", .of = "f26.mime"},
                      customs = {"the same who speaks for customs", .of = "test.mime", .when = SEALED_SO,
                                 .edit = speak_for_customs},
                      bundle = {"the same with a pull", .of = "f26.mime", BUNDLE("FR40483304800022")};
    char folder[] = "/tmp/ensign-direction-XXXXXX", path[64];
    ens__uumds *registry = NULL;
    if (!fixture_folder())
        return;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/registry.db", folder);
    CU_ASSERT_EQUAL_FATAL(ens__uumds_open(path, true, &registry, NULL), ENS_OK);
    judge_by_registry(&plain, registry, "registry");
    judge_by_registry(&customs, registry, "registry");
    judge_by_registry(&customs, registry, "rules");
    judge_by_registry(&bundle, registry, "registry");
    ens__uumds_close(registry);
    unlink(path);
    rmdir(folder);
}

/* A trader seals a receipt for his own message. */
static void receipts_of_nobody(void)
{
    static fx_pki pki;
    static const form how = {"a trader's receipt for his own message", .of = "receipt-f26.xml",
                             .receipt_for = "f26.mime", .customs = "customs-root.pem", .trust = "root.pem"};
    ens_buf receipt;
    ens_message message;
    ens_verifier *verifier = NULL;
    ens_report *report = ens_report_new();
    ens_buf_init(&receipt, NULL, 0, MESSAGE_MAX);
    if (!fixture_folder())
        return;
    CU_ASSERT_FATAL(report && ens_verifier_new(&verifier, NULL) == ENS_OK && fx_pki_make_path(&pki, "trader"));
    CU_ASSERT_TRUE_FATAL(
        fx_message_seal(&pki, fx_message_find("receipt-f26.xml"), &(fx_change){.seal = "trader"}, &receipt));
    form_verify(ens_buf_slice(&receipt), &how, &message, report, verifier);
    CU_ASSERT_EQUAL(ens_report_verdict(report), ENS_REFUSED);
    CU_ASSERT_TRUE(ens_report_tells(report, "chain", ENS_FAIL) || ens_report_tells(report, "receipt", ENS_FAIL));
    ens_buf_free(&receipt);
    ens_report_free(report);
    ens_verifier_free(verifier);
    fx_pki_clear(&pki);
}

static const ens_case cases[] = {
    {"a receipt that its own receiver's side sealed is none, where customs' anchors are known", receipts_of_nobody},
    {"customs are who is sealed under their anchors, and what the header says otherwise is refused", directions},
    {"a signal that travels with a message is judged as if it came alone", bundles},
    {"nobody talks himself out of the registry", registered},
    {NULL, NULL},
};
ENS_SUITE("as4/direction", cases)
