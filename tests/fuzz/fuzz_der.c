/* A certificate read strictly: every view lies in the input, and what we take OpenSSL takes with the same facts. */
#include "tests/fuzz/target.h"

#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "certs/x509/qcstatements.h"

#include <openssl/err.h>
#include <openssl/x509.h>

static bool inside(ens_slice part, ens_slice whole)
{
    return !part.len || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

/* check_openssl: OpenSSL is laxer, so a certificate of ours is one of its own. It refuses some keys and times that are
 * DER. */
static void check_openssl(const ens_cert *c)
{
    const unsigned char *p = c->der.p;
    X509 *x = d2i_X509(NULL, &p, (long)c->der.len);
    if (x)
        ENS_HOLDS(p == c->der.p + c->der.len && X509_get_version(x) + 1 == (long)c->version);
    X509_free(x);
    ERR_clear_error();
}

ENS_FUZZ_TARGET(der)
{
    ens_cert c;
    ens_err err = {0};
    ens_slice in = {data, size};
    if (ens_cert_parse(in, &c, &err) != ENS_OK) {
        ENS_HOLDS(err.n && err.frame[0].what && err.frame[0].at <= size);
        return;
    }
    ens_slice views[] = {c.der,           c.tbs,           c.serial,    c.issuer,     c.subject,  c.spki,
                         c.key_algorithm, c.signature_oid, c.signature, c.extensions, c.policies, c.qcstatements};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        ENS_HOLDS(inside(views[i], in));
    char text[ENS_NAME_TEXT_MAX], key[24];
    ENS_HOLDS(strlen(ens__name_text(c.subject, text, sizeof text)) < sizeof text);
    ENS_HOLDS(strlen(ens__key_name(&c, key)) < sizeof key);
    ens_qc qc;
    ens_extension_list list;
    ens__qc_read(c.qcstatements, &qc);
    ENS_HOLDS(qc.num <= ENS_QC_MAX && qc.num_types <= ENS_QC_TYPES_MAX);
    ens__policies_read(&c, &list), ens__ext_key_usage_read(&c, &list), ens__authority_info_read(&c, &list),
        ens__crl_points_read(&c, &list);
    ens__alt_names_read(&c, &list);
    ENS_HOLDS(list.num <= ENS_EXTENSION_ITEMS_MAX);
    check_openssl(&c);
}
