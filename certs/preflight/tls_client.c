#include "certs/preflight/tls_client.h"

#include "certs/x509/extensions.h"
#include "certs/x509/qcstatements.h"
#include "engine/base/digest.h"
#include "engine/base/report.h"

#define RULE_PURPOSE "RFC 5280 4.2.1.12; ICS2-HTI ICD 4.6.1"
#define RULE_USAGE "RFC 8446 4.4.2.2; RFC 5246 7.4.6"
#define RULE_KEY "RFC 9325 4.5"
#define RULE_SEAL "ICS2-HTI ICD 4.6, Table 10"
#define RSA_BITS_MIN 2048u
#define EC_BITS_MIN 256u
#define HINT_ORDER                                                                                                     \
    "ask for a certificate for client authentication (clientAuth), of a hierarchy made for it, and announce its CA "   \
    "to "                                                                                                              \
    "DG TAXUD before it is used; CAs of the browsers' root programs stopped issuing it with server certificates in "   \
    "2026"

static const ens_slice client_auth = {(const uint8_t *)"\x2B\x06\x01\x05\x05\x07\x03\x02", 8},
                       server_auth = {(const uint8_t *)"\x2B\x06\x01\x05\x05\x07\x03\x01", 8},
                       any_purpose = {(const uint8_t *)"\x55\x1D\x25\x00", 4};

static bool has_purpose(const ens_extension_list *list, ens_slice oid)
{
    for (size_t i = 0; i < list->num; i++)
        if (ens_eq(list->item[i].value, oid))
            return true;
    return false;
}

static void refuse_leaf(ens_report *report, const char *id, const char *rule, const char *hint, const char *what)
{
    ens__failf(report, id, rule, hint, "%s", what)->certificate = 0;
}

static void judge_purpose(const ens_cert *leaf, ens_report *report)
{
    static const char id[] = "tls.purpose";
    ens_extension_list list;
    if (!leaf->ext_key_usage.p)
        ens__warn(report, id, RULE_PURPOSE,
                  "ask for clientAuth in the successor: servers that insist on it refuse this",
                  "the certificate has no extended key usage: it is for anything, and not for clients of TLS by name")
            ->certificate = 0;
    else if (!ens__ext_key_usage_read(leaf, &list))
        refuse_leaf(report, id, RULE_PURPOSE, "ask the CA for another certificate",
                    "the extended key usage can't be read");
    else if (!has_purpose(&list, client_auth) && has_purpose(&list, any_purpose))
        ens__warn(report, id, RULE_PURPOSE,
                  "ask for clientAuth in the successor: servers that insist on it refuse this",
                  "by its extended key usage the certificate is for anything (anyExtendedKeyUsage), not for clients of "
                  "TLS by name")
            ->certificate = 0;
    else if (!has_purpose(&list, client_auth))
        refuse_leaf(
            report, id, RULE_PURPOSE, HINT_ORDER,
            has_purpose(&list, server_auth)
                ? "by its extended key usage the certificate is for web servers, and not for clients (clientAuth)"
                : "by its extended key usage the certificate isn't for clients of TLS (clientAuth)");
    else if (has_purpose(&list, server_auth))
        ens__warn(report, id, RULE_PURPOSE,
                  "order the successor from a hierarchy for client authentication, and announce its CA in time: a "
                  "renewal at a public CA comes without clientAuth",
                  "the certificate is for servers and clients in one, which public CAs stopped issuing in 2026")
            ->certificate = 0;
    else
        ens__pass(report, id, RULE_PURPOSE);
}

/* judge_usage: a client of TLS proves its key by a signature. */
static void judge_usage(const ens_cert *leaf, ens_report *report)
{
    static const char id[] = "tls.usage";
    if (leaf->ca)
        refuse_leaf(report, id, "RFC 5280 4.2.1.9", "give the certificate of the access point, not that of its CA",
                    "this is the certificate of a CA");
    else if (leaf->has_key_usage && !(leaf->key_usage & ENS_KU_DIGITAL_SIGNATURE))
        refuse_leaf(report, id, RULE_USAGE, "ask for a certificate whose key usage has digitalSignature",
                    "the key may not sign (digitalSignature), by which a client of TLS proves that it holds it");
    else
        ens__pass(report, id, RULE_USAGE);
}

static void judge_strength(const ens_cert *leaf, ens_report *report)
{
    static const char id[] = "tls.key";
    char name[24];
    const char *key = ens__key_name(leaf, name);
    bool rsa = leaf->key_type == ENS_KEY_RSA || leaf->key_type == ENS_KEY_RSA_PSS, ec = leaf->key_type == ENS_KEY_EC;
    if ((rsa && leaf->key_bits < RSA_BITS_MIN) || (ec && leaf->key_bits < EC_BITS_MIN))
        ens__failf(report, id, RULE_KEY, "make a key of RSA with 3072 bits, or on P-256, and order anew",
                   "a key of %s is too short for TLS", key)
            ->certificate = 0;
    else if (leaf->key_type == ENS_KEY_RSA || ec)
        ens__passf(report, id, RULE_KEY, "%s", key)->certificate = 0;
    else if (leaf->key_type == ENS_KEY_OTHER)
        ens__failf(report, id, RULE_KEY, "make a key of RSA with 3072 bits, or on P-256, and order anew",
                   "TLS has no signatures by this kind of key")
            ->certificate = 0;
    else
        ens__warn(report, id, RULE_KEY, "order the successor with a key of RSA, or on P-256",
                  "a key of %s serves TLS 1.3, and few servers before it", key)
            ->certificate = 0;
}

/* is_any_seal compares with the seals that were given: the same certificate, or another one for the same key. */
static const char *is_any_seal(const ens_cert *leaf, const ens__tls_purpose *t)
{
    for (size_t i = 0; i < t->num_seals; i++) {
        const ens_cert *seal = &ens_certificates_chain(t->seals[i])->cert[0];
        if (ens_eq(seal->der, leaf->der))
            return "this is the certificate of the seal";
        if (ens_eq(seal->spki, leaf->spki))
            return "the key is that of the seal";
    }
    return NULL;
}

static bool is_for_seals(const ens_cert *leaf)
{
    ens_qc qc;
    return leaf->qcstatements.p && ens__qc_read(leaf->qcstatements, &qc) && ens__qc_has_type(&qc, "eseal");
}

/* is_registered is false as well where nobody knows, which *known tells. */
static bool is_registered(const ens_cert *leaf, const ens__tls_purpose *t, bool *known)
{
    uint8_t sha256[32];
    char hex[65];
    *known = t->is_registered && ens__sha256(leaf->der, sha256, NULL) == ENS_OK;
    if (!*known)
        return false;
    ens__hex(ens_bytes(sha256, sizeof sha256), hex);
    return t->is_registered(t->ctx, hex, known);
}

/* judge_seal: whoever holds the key of TLS, a gateway say, must not be able to seal. */
static void judge_seal(const ens_cert *leaf, const ens__tls_purpose *t, ens_report *report)
{
    static const char id[] = "tls.seal", hint[] = "order a certificate of its own for TLS, with a key of its own";
    bool known;
    const char *what = is_any_seal(leaf, t);
    if (!what && is_for_seals(leaf))
        what = "this is a qualified certificate for electronic seals (QcType eseal)";
    if (!what && is_registered(leaf, t, &known))
        what = "the certificate is registered as a seal";
    if (what) {
        refuse_leaf(report, id, RULE_SEAL, hint, what);
        return;
    }
    (void)is_registered(leaf, t, &known);
    if (t->num_seals || known)
        ens__pass(report, id, RULE_SEAL);
    else
        ens__skip(report, id, RULE_SEAL, false, "which the seal is isn't known here (--seal, --registry)");
}

void ens__tls_client_judge(const ens_cert *leaf, const ens__tls_purpose *t, ens_report *report)
{
    judge_purpose(leaf, report);
    judge_usage(leaf, report);
    judge_strength(leaf, report);
    judge_seal(leaf, t, report);
}

bool ens__tls_client_is(const ens_cert *leaf)
{
    ens_extension_list list;
    return leaf->ext_key_usage.p && ens__ext_key_usage_read(leaf, &list) && has_purpose(&list, client_auth) &&
           !is_for_seals(leaf);
}
