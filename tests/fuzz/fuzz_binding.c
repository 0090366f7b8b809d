/* Input: an organizationIdentifier, a line feed, an EORI. One finding tells the verdict; only an unmistakable
 * identifier of the EORI's own country refuses; the parts of an identifier join to the input. */
#include "tests/fuzz/target.h"

#include "engine/base/report.h"
#include "ensign/eori.h"
#include "ensign/orgid.h"

static void parts_join(ens_slice text)
{
    ens_orgid id = {0};
    ens_err err = {0};
    if (ens_orgid_parse(text, &id, &err) != ENS_OK) {
        ENS_HOLDS(err.n > 0 && err.frame[0].at <= text.len && !id.scheme.p);
        return;
    }
    ENS_HOLDS(id.scheme.p == text.p && id.scheme.len == 3 && id.country.p == text.p + 3 && id.country.len == 2);
    ENS_HOLDS(text.p[5] == '-' && id.reference.p == text.p + 6 && id.reference.len == text.len - 6 &&
              id.reference.len > 0);
}

static void verdict_is_told(ens_slice orgid, ens_slice eori, ens_report *r)
{
    ens_binding verdict = ens_binding_check(orgid, eori, r);
    ENS_HOLDS(ens_report_num(r) == 1);
    const ens_finding *f = ens_report_get(r, 0);
    ENS_HOLDS(f->rule && f->seen);
    ENS_HOLDS(f->outcome == (verdict == ENS_BINDING_BOUND      ? ENS_PASS
                             : verdict == ENS_BINDING_MISMATCH ? ENS_FAIL
                                                               : ENS_WARN));
    ENS_HOLDS(verdict == ENS_BINDING_CANNOT || eori.len >= 3);
    if (verdict != ENS_BINDING_MISMATCH)
        return;
    ens_orgid id = {0};
    ens_slice trimmed = ens__trim(orgid);
    ENS_HOLDS(ens_orgid_parse(trimmed, &id, NULL) == ENS_OK && ens_eq(id.country, ens_sub(eori, 0, 2)));
    ENS_HOLDS(f->hint && f->subcode && strcmp(f->subcode, "A001") == 0);
}

ENS_FUZZ_TARGET(binding)
{
    ens_slice text = ens_bytes(data, size);
    size_t line = ens__find(text, ENS_LIT("\n"), 0);
    ens_slice orgid = ens_sub(text, 0, line), eori = line == SIZE_MAX ? (ens_slice){0} : ens_from(text, line + 1);
    ens_report report;
    ens__report_init(&report);
    parts_join(orgid);
    verdict_is_told(orgid, eori, &report);
    ens__report_clear(&report);
}
