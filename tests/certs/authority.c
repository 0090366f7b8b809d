#include "tests/certs/authority.h"

#include "tests/suite.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define SEAL_KEYS 4u
#define MONTH (30 * (ens_time)AUTHORITY_DAY)

static ens_time or_else(ens_time given, ens_time otherwise)
{
    return given ? given : otherwise;
}

static bool add_extension(X509 *cert, X509 *issuer, const char *name, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_nconf(NULL, &ctx, name, value);
    bool good = e && X509_add_ext(cert, e, -1) == 1;
    X509_EXTENSION_free(e);
    return good;
}

/* sign: by SHA-256 and, with RSA, PKCS#1 v1.5, unless the row says otherwise. */
static bool sign(X509 *x, EVP_PKEY *key, const authority_row *row)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL;
    bool good = ctx && EVP_DigestSignInit(ctx, &options, row->md ? row->md : EVP_sha256(), NULL, key) == 1 &&
                (!row->mask || (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
                                EVP_PKEY_CTX_set_rsa_mgf1_md(options, row->mask) == 1)) &&
                X509_sign_ctx(x, ctx) > 0;
    EVP_MD_CTX_free(ctx);
    return good;
}

static bool fill(X509 *x, const authority *issuer, const authority_row *row, EVP_PKEY *key)
{
    static long last = 1000;
    X509 *by = issuer ? issuer->cert : x;
    X509_NAME *subject = X509_get_subject_name(x);
    bool good = X509_set_version(x, 2) &&
                ASN1_INTEGER_set(X509_get_serialNumber(x), row->serial ? row->serial : ++last) &&
                ASN1_TIME_set(X509_getm_notBefore(x), (time_t)or_else(row->not_before, AUTHORITY_AT - MONTH)) &&
                ASN1_TIME_set(X509_getm_notAfter(x), (time_t)or_else(row->not_after, AUTHORITY_AT + MONTH)) &&
                X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)row->name, -1, -1, 0) &&
                X509_set_issuer_name(x, X509_get_subject_name(by)) && X509_set_pubkey(x, key) &&
                add_extension(x, by, "basicConstraints", row->ca ? "critical,CA:TRUE" : "critical,CA:FALSE") &&
                (!row->usage || add_extension(x, by, "keyUsage", row->usage)) &&
                (row->bare || add_extension(x, by, "subjectKeyIdentifier", "hash")) &&
                (!issuer || row->bare || add_extension(x, by, "authorityKeyIdentifier", "keyid:always"));
    for (const char *const *e = row->extensions; good && e && e[0]; e += 2)
        good = add_extension(x, by, e[0], e[1]);
    return good && sign(x, issuer ? issuer->key : key, row);
}

/* seal_key hands out a few keys in turn: to make one takes long. */
static EVP_PKEY *seal_key(void)
{
    static EVP_PKEY *keys[SEAL_KEYS];
    static unsigned next;
    EVP_PKEY **key = &keys[next++ % SEAL_KEYS];
    if (!*key)
        *key = EVP_RSA_gen(2048);
    return *key ? EVP_PKEY_dup(*key) : NULL;
}

bool authority_make(const authority *issuer, const authority_row *row, authority *out)
{
    EVP_PKEY *key = row->key ? EVP_PKEY_dup(row->key) : row->ca ? EVP_EC_gen("P-256") : seal_key();
    *out = (authority){.key = key, .cert = X509_new()};
    bool good = out->key && out->cert && fill(out->cert, issuer, row, out->key);
    int len = good ? i2d_X509(out->cert, &out->der) : 0;
    out->der_len = len > 0 ? (size_t)len : 0;
    ERR_clear_error();
    return len > 0;
}

void authority_free(authority *a)
{
    EVP_PKEY_free(a->key);
    X509_free(a->cert);
    OPENSSL_free(a->der);
    *a = (authority){0};
}

ens_slice authority_der(const authority *a)
{
    return (ens_slice){a->der, a->der_len};
}

void authority_chain(const authority *const *certificates, size_t num, ens_chain *out)
{
    out->num = 0;
    for (size_t i = 0; i < num; i++) {
        CU_ASSERT_EQUAL_FATAL(ens_cert_parse(authority_der(certificates[i]), &out->cert[i], NULL), ENS_OK);
        out->num++;
    }
}

static bool add_revoked(X509_CRL *crl, long serial, int reason, ens_time at, ens_time invalid_at)
{
    X509_REVOKED *r = X509_REVOKED_new();
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    ASN1_TIME *date = ASN1_TIME_set(NULL, (time_t)at);
    ASN1_ENUMERATED *why = ASN1_ENUMERATED_new();
    ASN1_GENERALIZEDTIME *from = ASN1_GENERALIZEDTIME_set(NULL, (time_t)invalid_at);
    bool good = r && from && number && date && why && ASN1_INTEGER_set(number, serial) &&
                X509_REVOKED_set_serialNumber(r, number) && X509_REVOKED_set_revocationDate(r, date) &&
                (reason < 0 ||
                 (ASN1_ENUMERATED_set(why, reason) && X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, why, 0, 0) == 1)) &&
                (!invalid_at || X509_REVOKED_add1_ext_i2d(r, NID_invalidity_date, from, 0, 0) == 1) &&
                X509_CRL_add0_revoked(crl, r);
    ASN1_GENERALIZEDTIME_free(from);
    ASN1_INTEGER_free(number);
    ASN1_TIME_free(date);
    ASN1_ENUMERATED_free(why);
    return good;
}

static bool add_number(X509_CRL *crl, int nid, long number, int critical)
{
    ASN1_INTEGER *value = number ? ASN1_INTEGER_new() : NULL;
    bool good = !number ||
                (value && ASN1_INTEGER_set(value, number) && X509_CRL_add1_ext_i2d(crl, nid, value, critical, 0) == 1);
    ASN1_INTEGER_free(value);
    return good;
}

static bool add_crl_extensions(X509_CRL *crl, const authority *ca, const char *const *extensions)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, ca->cert, NULL, NULL, crl, 0);
    for (const char *const *e = extensions; e && e[0]; e += 2) {
        X509_EXTENSION *made = X509V3_EXT_nconf(NULL, &ctx, e[0], e[1]);
        bool good = made && X509_CRL_add_ext(crl, made, -1) == 1;
        X509_EXTENSION_free(made);
        if (!good)
            return false;
    }
    return true;
}

/* add_fraction writes a time with a quarter of a second. */
static bool add_fraction(ASN1_TIME *t)
{
    char text[32];
    ASN1_GENERALIZEDTIME *whole = ASN1_TIME_to_generalizedtime(t, NULL);
    bool good = whole && snprintf(text, sizeof text, "%.14s.25Z", (const char *)ASN1_STRING_get0_data(whole)) > 0;
    ASN1_GENERALIZEDTIME_free(whole);
    if (good)
        t->type = V_ASN1_GENERALIZEDTIME;
    return good && ASN1_STRING_set(t, text, -1) == 1;
}

bool authority_crl(const authority *ca, const authority_crl_row *row, ens_buf *out)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)or_else(row->this_update, AUTHORITY_AT - AUTHORITY_DAY));
    ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)or_else(row->next_update, AUTHORITY_AT + AUTHORITY_DAY));
    ens_time revoked_at = or_else(row->revoked_at, AUTHORITY_AT - 10 * (ens_time)AUTHORITY_DAY);
    unsigned char *der = NULL;
    bool good = crl && from && to && (!row->fractions || add_fraction(from)) && X509_CRL_set_version(crl, 1) &&
                X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->cert)) && X509_CRL_set1_lastUpdate(crl, from) &&
                (row->next_update < 0 || X509_CRL_set1_nextUpdate(crl, to)) &&
                add_number(crl, NID_crl_number, row->number, 0) && add_number(crl, NID_delta_crl, row->base, 1) &&
                add_crl_extensions(crl, ca, row->extensions);
    for (const long *serial = row->revoked; good && serial && *serial; serial++)
        good = (!row->before || add_revoked(crl, *serial, row->before, revoked_at, 0)) &&
               add_revoked(crl, *serial, row->reason, revoked_at, row->invalid_at);
    int len = good && X509_CRL_sign(crl, ca->key, row->md ? row->md : EVP_sha256()) ? i2d_X509_CRL(crl, &der) : 0;
    if (len > 0)
        ens_buf_add(out, der, (size_t)len);
    OPENSSL_free(der);
    X509_CRL_free(crl);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    ERR_clear_error();
    return len > 0;
}

static bool add_status(OCSP_BASICRESP *basic, const authority *ca, const authority *subject,
                       const authority_ocsp_row *row)
{
    OCSP_CERTID *id = OCSP_cert_to_id(row->sha256 ? EVP_sha256() : EVP_sha1(), subject->cert, ca->cert);
    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)or_else(row->this_update, AUTHORITY_AT - AUTHORITY_DAY));
    ASN1_TIME *to = row->next_update < 0
                        ? NULL
                        : ASN1_TIME_set(NULL, (time_t)or_else(row->next_update, AUTHORITY_AT + AUTHORITY_DAY));
    ASN1_TIME *revoked =
        ASN1_TIME_set(NULL, (time_t)or_else(row->revoked_at, AUTHORITY_AT - 10 * (ens_time)AUTHORITY_DAY));
    bool good = id && from && revoked && (!row->fractions || add_fraction(from)) &&
                (!row->before ||
                 OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_REVOKED, row->before, revoked, from, to)) &&
                OCSP_basic_add1_status(basic, id, row->status, row->reason,
                                       row->status == V_OCSP_CERTSTATUS_REVOKED ? revoked : NULL, from, to);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    ASN1_TIME_free(revoked);
    return good;
}

bool authority_ocsp(const authority *responder, const authority *ca, const authority *subject,
                    const authority_ocsp_row *row, ens_buf *out)
{
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_RESPONSE *response = NULL;
    unsigned char *der = NULL;
    unsigned long flags = (row->with_signer ? 0 : OCSP_NOCERTS) | (row->by_key ? OCSP_RESPID_KEY : 0);
    if (basic && add_status(basic, ca, subject, row) &&
        OCSP_basic_sign(basic, responder->cert, responder->key, row->md ? row->md : EVP_sha256(), NULL, flags))
        response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    int len = response ? i2d_OCSP_RESPONSE(response, &der) : 0;
    if (len > 0)
        ens_buf_add(out, der, (size_t)len);
    OPENSSL_free(der);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return len > 0;
}
