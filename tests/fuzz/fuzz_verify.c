/* Whatever comes in, without anchors nothing is accepted; a refusal explains itself; the same bytes get the same
 * verdict. */
#include "tests/fuzz/target.h"

#include "engine/base/report.h"
#include "ensign/verify.h"

static ens_verifier *verifier(void)
{
    static ens_verifier *kept;
    if (!kept && ens_verifier_new(&kept, NULL) != ENS_OK)
        kept = NULL;
    return kept;
}

static void check_explained(const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        ENS_HOLDS(f->id && f->rule);
        ENS_HOLDS(f->outcome != ENS_FAIL || (f->seen && f->hint));
    }
}

ENS_FUZZ_TARGET(verify)
{
    ens_report *report = ens_report_new(), *again = ens_report_new();
    ens_message message;
    ens_verify_options o = {.at = 1790856000};
    if (report && again && verifier()) {
        ens_verify(verifier(), (ens_slice){data, size}, &o, &message, report);
        ens_answer first = ens_answer_of(report);
        ENS_HOLDS(first.verdict != ENS_ACCEPTED);
        ENS_HOLDS(first.verdict != ENS_REFUSED || (first.because && (first.code || first.reply)));
        check_explained(report);
        ens_verify(verifier(), (ens_slice){data, size}, &o, &message, again);
        ens_answer second = ens_answer_of(again);
        ENS_HOLDS(first.verdict == second.verdict && ens_report_num(report) == ens_report_num(again));
        ENS_HOLDS(first.code == second.code || (first.code && second.code && strcmp(first.code, second.code) == 0));
    }
    ens_report_free(report);
    ens_report_free(again);
}
