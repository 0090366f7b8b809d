/* What a verifier keeps between messages never changes a verdict: the same chain under other trust, time or revocation.
 */
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "ensign/verify.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static ens_verdict judge(ens_verifier *v, const char *name, const ens_trust *trust, ens_time at, const char **code)
{
    ens_file file = {0};
    ens_message message;
    ens_report *report = ens_report_new();
    CU_ASSERT_FATAL(report && ens__file_open(fixture_path(name), 0, &file, NULL) == ENS_OK);
    ens_verify(v, file.bytes, &(ens_verify_options){.trust = trust, .at = at}, &message, report);
    ens_answer a = ens_answer_of(report);
    *code = a.code ? a.code : "none";
    ens__file_close(&file);
    ens_report_free(report);
    return a.verdict;
}

static void kept_chains(void)
{
    enum { AT = 1790856000, LATER = 2090000000 };
    const char *code;
    ens_verifier *v = NULL;
    if (!fixture_folder())
        return;
    ens_trust *ours = ens_trust_new(), *theirs = ens_trust_new();
    CU_ASSERT_FATAL(ours && theirs && ens_verifier_new(&v, NULL) == ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens_trust_add(ours, fixture_path("pki/root.pem"), NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens_trust_add(theirs, fixture_path("pki/customs-root.pem"), NULL), ENS_OK);
    for (unsigned round = 0; round < 2; round++) {
        CU_ASSERT_EQUAL(judge(v, "revoked.mime", ours, AT, &code), ENS_ACCEPTED);
        CU_ASSERT_EQUAL(judge(v, "revoked.mime", theirs, AT, &code), ENS_REFUSED);
        CU_ASSERT_STRING_EQUAL(code, "EBMS:0101");
        CU_ASSERT_EQUAL(judge(v, "revoked.mime", ours, LATER, &code), ENS_REFUSED);
        CU_ASSERT_EQUAL(judge(v, "revoked.mime", NULL, AT, &code), ENS_UNDECIDED);
    }
    CU_ASSERT_EQUAL_FATAL(ens_trust_add_crl(ours, fixture_path("pki/issuing.crl"), NULL), ENS_OK);
    CU_ASSERT_EQUAL(judge(v, "revoked.mime", ours, AT, &code), ENS_REFUSED);
    CU_ASSERT_STRING_EQUAL(code, "EBMS:0101");
    CU_ASSERT_EQUAL(judge(v, "f26.mime", ours, AT, &code), ENS_ACCEPTED);
    ens_verifier_free(v);
    ens_trust_free(ours);
    ens_trust_free(theirs);
}

static const ens_case cases[] = {
    {"a chain that was judged before is judged anew under other trust, time or revocation", kept_chains},
    {NULL, NULL},
};
ENS_SUITE("as4/verifier", cases)
