/* A party id's parts join to the input again; a refusal names a place in it; a verdict on an EORI is never silent. */
#include "tests/fuzz/target.h"

#include "engine/base/report.h"
#include "ensign/eori.h"

static void parts_join(ens_slice text)
{
    ens_party_id id = {0};
    ens_err err = {0};
    if (ens_party_id_parse(text, &id, &err) != ENS_OK) {
        ENS_HOLDS(id.eori.p == NULL && err.n > 0 && err.frame[0].rule && err.frame[0].what);
        ENS_HOLDS(err.frame[0].at <= text.len);
        return;
    }
    const uint8_t *at = text.p;
    if (id.system_id.len) {
        ENS_HOLDS(id.system_id.p == at && at[id.system_id.len] == '@');
        at += id.system_id.len + 1;
    }
    ENS_HOLDS(id.eori.p == at && id.eori.len >= 3 && id.eori.len <= 17);
    at += id.eori.len;
    if (id.member_state.len) {
        ENS_HOLDS(*at == '@' && id.member_state.p == at + 1 && id.member_state.len == 2);
        at += 1 + id.member_state.len;
    }
    ENS_HOLDS(at == text.p + text.len);
}

static void check_explains(ens_slice text, ens_report *report)
{
    ens_eori_check(text, 1790856000, report);
    ENS_HOLDS(ens_report_num(report) > 0);
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        ENS_HOLDS(f->rule && (f->outcome == ENS_PASS || f->seen));
        ENS_HOLDS(f->outcome != ENS_FAIL || f->hint);
    }
}

ENS_FUZZ_TARGET(eori)
{
    ens_slice text = ens_bytes(data, size);
    ens_report report;
    ens__report_init(&report);
    parts_join(text);
    check_explains(text, &report);
    ens__report_clear(&report);
}
