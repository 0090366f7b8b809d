#include "sti/evidence/evidence_parts.h"

#include "engine/base/report.h"

ens_code ens__evidence_judge_open(const ens_evidence_options *o, ens_evidence_judge *out, ens_err *err)
{
    *out = (ens_evidence_judge){.o = o, .report = ens_report_new()};
    return out->report ? ens_verifier_new(&out->verifier, err) : ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
}

void ens__evidence_judge_close(ens_evidence_judge *judge)
{
    ens_report_free(judge->report);
    ens_verifier_free(judge->verifier);
    *judge = (ens_evidence_judge){0};
}

size_t ens__evidence_original(const ens_evidence *e, ens_slice ref_to)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; ref_to.len && i < e->num; i++) {
        const ens_evidence_row *r = &e->row[i];
        if (r->kind != ENS_ENTRY_USER_MESSAGE || !r->raw.len || !ens_eq(r->message_id, ref_to))
            continue;
        if (r->verdict == ENS_ACCEPTED) /* of two that claim one id, that which was taken */
            return i;
        found = found == SIZE_MAX ? i : found;
    }
    return found;
}

void ens__evidence_judge_row(ens_evidence_judge *j, const ens_evidence *e, size_t i, ens_message *message)
{
    const ens_evidence_row *r = &e->row[i];
    ens_verify_options how = j->o->verify;
    size_t original = r->kind == ENS_ENTRY_RECEIPT ? ens__evidence_original(e, r->ref_to) : SIZE_MAX;
    if (how.at == ENS_TIME_NONE)
        how.at = (ens_time)(r->at_ms / 1000);
    ens__report_reset(j->report);
    *message = (ens_message){0};
    if (original != SIZE_MAX) {
        how.registry = NULL; /* it answers for who sends messages */
        ens_receipt_check(j->verifier, r->raw, e->row[original].raw, &how, message, j->report);
    } else {
        ens_verify(j->verifier, r->raw, &how, message, j->report);
    }
}

ens_evidence_judged ens__evidence_judged_of(const ens_report *report)
{
    ens_answer a = ens_answer_of(report);
    return (ens_evidence_judged){
        .verdict = a.verdict, .code = ens_str(a.code ? a.code : a.reply), .subcode = ens_str(a.subcode)};
}
