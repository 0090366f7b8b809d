#include "certs/x509/pkipath.h"

#include "certs/x509/der.h"

#define RULE "X.509 7.7 PkiPath"

ens_code ens__pkipath_read(ens_slice der, ens_chain *out, ens_err *err)
{
    ens_reader outer = ens_read(der);
    ens_der list, one;
    if (!ens__der_take(&outer, ENS_DER_SEQUENCE, &list))
        return ens_fail(err, ENS_ESYNTAX, RULE, "the token is no DER SEQUENCE of certificates", ens_at(&outer));
    if (ens_left(&outer))
        return ens_fail(err, ENS_ESYNTAX, RULE, "bytes after the end of the PKIPath", ens_at(&outer));
    ens_reader r = {der.p, list.body.p, list.body.p + list.body.len}; /* offsets count from the token's start */
    size_t num = 0;
    while (ens_left(&r)) {
        size_t at = ens_at(&r);
        if (num == ENS_CHAIN_MAX)
            return ens_fail(err, ENS_ELIMIT, RULE, "more certificates than a path may hold", at);
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return ens_fail(err, ENS_ESYNTAX, RULE, "an element of the PKIPath is no DER SEQUENCE", at);
        ens_err inner = {0};
        ens_code code = ens_cert_parse(one.all, &out->cert[num], &inner);
        if (code) {
            for (unsigned i = 0; i < inner.n; i++)
                inner.frame[i].at += at;
            if (err)
                *err = inner;
            return ens_within(err, code, "reading a certificate of the PKIPath");
        }
        num++;
    }
    if (num == 0)
        return ens_fail(err, ENS_ESYNTAX, RULE, "the PKIPath holds no certificate", ens_at(&r));
    out->num = num;
    return ENS_OK;
}

void ens__pkipath_write(ens_buf *out, const ens_chain *chain)
{
    size_t len = 0;
    for (size_t i = 0; i < chain->num; i++)
        len += chain->cert[i].der.len;
    ens__der_put_header(out, ENS_DER_SEQUENCE, len);
    for (size_t i = chain->num; i-- > 0;)
        ens_buf_put(out, chain->cert[i].der);
}
