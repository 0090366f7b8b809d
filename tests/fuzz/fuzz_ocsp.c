/* A response that both we and OpenSSL read has the same answers. */
#include "tests/fuzz/target.h"

#include "certs/x509/der.h"
#include "certs/x509/ocsp.h"
#include "engine/base/clock.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

static ens_time time_of(const ASN1_GENERALIZEDTIME *t)
{
    struct tm tm;
    return t && ASN1_TIME_to_tm(t, &tm) == 1 ? ens__time_of((ens_civil){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                                                                        tm.tm_hour, tm.tm_min, tm.tm_sec})
                                             : ENS_TIME_NONE;
}

static bool inside(ens_slice part, ens_slice whole)
{
    return !part.len || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

static void compare_answer(const ens__ocsp_answer *ours, OCSP_SINGLERESP *theirs)
{
    static const ens__ocsp_status known[] = {ENS_OCSP_GOOD, ENS_OCSP_REVOKED,
                                             ENS_OCSP_UNKNOWN}; /* by V_OCSP_CERTSTATUS_… */
    int reason = OCSP_REVOKED_STATUS_NOSTATUS;
    ASN1_GENERALIZEDTIME *revoked = NULL, *this_update = NULL, *next_update = NULL;
    int status = OCSP_single_get0_status(theirs, &reason, &revoked, &this_update, &next_update);
    ENS_HOLDS(status >= 0 && status < 3 && known[status] == ours->status);
    ENS_HOLDS(ours->odd || (time_of(this_update) == ours->this_update && time_of(next_update) == ours->next_update));
    if (ours->status == ENS_OCSP_REVOKED) {
        ENS_HOLDS(ours->odd || time_of(revoked) == ours->revoked);
        ENS_HOLDS(ours->reason ==
                  (reason == OCSP_REVOKED_STATUS_NOSTATUS ? ENS_REASON_UNSPECIFIED : (ens__reason)reason));
    }
}

static void compare(const ens__ocsp *ours, OCSP_BASICRESP *theirs)
{
    ens__ocsp_answer answer;
    size_t num = 0;
    ENS_HOLDS((size_t)OCSP_resp_count(theirs) == ours->num_answers);
    ENS_HOLDS(ours->odd || time_of(OCSP_resp_get0_produced_at(theirs)) == ours->produced);
    for (ens_reader r = ens_read(ours->answers); ens__ocsp_next(&r, &answer); num++)
        if (num < ours->num_answers)
            compare_answer(&answer, OCSP_resp_get0(theirs, (int)num));
    ENS_HOLDS(num == ours->num_answers);
}

ENS_FUZZ_TARGET(ocsp)
{
    ens__ocsp ocsp;
    ens_err err = {0};
    const unsigned char *p = data;
    ens_slice in = {data, size};
    if (ens__ocsp_read(in, &ocsp, &err) != ENS_OK) {
        ENS_HOLDS(err.n && err.frame[0].what && err.frame[0].at <= size);
        return;
    }
    ENS_HOLDS(inside(ocsp.data, in) && inside(ocsp.by_name, in) && inside(ocsp.by_key, in) &&
              inside(ocsp.certificates, in));
    ENS_HOLDS(inside(ocsp.answers, in) && inside(ocsp.signature, in) && (ocsp.by_name.len || ocsp.by_key.p));
    OCSP_RESPONSE *theirs = d2i_OCSP_RESPONSE(NULL, &p, (long)size);
    OCSP_BASICRESP *basic = theirs && p == data + size ? OCSP_response_get1_basic(theirs) : NULL;
    if (basic)
        compare(&ocsp, basic);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(theirs);
    ERR_clear_error();
}
