/* A request that is read is one that OpenSSL reads as well, its parts lie within it, and whatever it says, it is never
 * accepted; one that OpenSSL finds badly signed is refused. */
#include "tests/fuzz/target.h"

#include "certs/keys/certfile.h"
#include "certs/preflight/order.h"

#include <openssl/err.h>
#include <openssl/x509.h>

static bool lies_within(ens_slice part, ens_slice whole)
{
    return !part.len || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

static bool signature_is_bad(ens_slice der)
{
    const unsigned char *p = der.p;
    X509_REQ *theirs = d2i_X509_REQ(NULL, &p, (long)der.len);
    EVP_PKEY *key = theirs ? X509_REQ_get0_pubkey(theirs) : NULL;
    bool bad = !theirs || (key && X509_REQ_verify(theirs, key) != 1);
    X509_REQ_free(theirs);
    ERR_clear_error();
    return bad;
}

static ens_code judge(void *of, ens_slice der, ens_err *err)
{
    ens__request r;
    const ens__request_options options = {.eori = ENS_LIT("FR73282932000074"), .at = 1790856000};
    (void)of;
    ens_code code = ens__request_parse(der, &r, err);
    if (code != ENS_OK)
        return code;
    ENS_HOLDS(lies_within(r.asked.tbs, der) && lies_within(r.asked.subject, der) && lies_within(r.asked.spki, der) &&
              lies_within(r.asked.signature, der) && lies_within(r.asked.extensions, der));
    ens_report *report = ens_report_new();
    if (!report)
        return ENS_OK;
    ens__request_judge(&r, &options, report);
    ENS_HOLDS(ens_report_verdict(report) != ENS_ACCEPTED);
    ENS_HOLDS(!signature_is_bad(der) || ens_report_get(report, 0)->outcome != ENS_PASS);
    ens_report_free(report);
    return ENS_OK;
}

ENS_FUZZ_TARGET(request)
{
    ens_err err = {0};
    bool found = false;
    ens_code code = ens__certfile_request(ens_bytes(data, size), judge, NULL, &found, &err);
    ENS_HOLDS(code == ENS_OK || err.n);
    ENS_HOLDS(found || code == ENS_OK);
}
