/* Our reading of certificates against OpenSSL's, over the real seals and their answer sheet. */
#include "certs/keys/chain.h"
#include "certs/x509/cert.h"
#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "certs/x509/qcstatements.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "tests/certs/authority.h"
#include "tests/suite.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static ens_time time_of(const ASN1_TIME *t)
{
    struct tm tm;
    return ASN1_TIME_to_tm(t, &tm) == 1 ? ens__time_of((ens_civil){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                                                                   tm.tm_hour, tm.tm_min, tm.tm_sec})
                                        : ENS_TIME_NONE;
}

static bool same_name(ens_slice ours, const X509_NAME *name)
{
    const unsigned char *der = NULL;
    size_t len = 0;
    return X509_NAME_get0_der(name, &der, &len) == 1 && ens_eq(ours, ens_bytes(der, len));
}

/* says_eseal: one of the seals names the type as a statement of its own, outside of QcType. */
static bool says_eseal(const ens_qc *qc)
{
    for (size_t i = 0; i < qc->num; i++) {
        const char *name = ens__oid_name(qc->statement[i].oid);
        if (name && strcmp(name, "eseal") == 0)
            return true;
    }
    return ens__qc_has_type(qc, "eseal");
}

static void compare(const ens_cert *c, X509 *x, const char *file)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    ens_slice digits = ens_bytes(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)), ours = c->serial;
    if (ours.len > 1 && ours.p[0] == 0)
        ours = ens_from(ours, 1);
    CHECK_ROW(ens_eq(digits, ours) || (ASN1_STRING_type(serial) & V_ASN1_NEG), "%s: serial", file);
    CHECK_ROW(same_name(c->subject, X509_get_subject_name(x)) && same_name(c->issuer, X509_get_issuer_name(x)),
              "%s: names", file);
    CHECK_ROW(c->not_before == time_of(X509_get0_notBefore(x)) && c->not_after == time_of(X509_get0_notAfter(x)),
              "%s: dates", file);
    EVP_PKEY *key = X509_get0_pubkey(x);
    CHECK_ROW(!key || (int)c->key_bits == EVP_PKEY_get_bits(key), "%s: %u bits", file, c->key_bits);
    uint32_t usage = X509_get_key_usage(x);
    CHECK_ROW(c->has_key_usage == (usage != UINT32_MAX), "%s: has key usage", file);
    static const uint32_t bits[] = {KU_DIGITAL_SIGNATURE, KU_NON_REPUDIATION, KU_KEY_ENCIPHERMENT, KU_DATA_ENCIPHERMENT,
                                    KU_KEY_AGREEMENT,     KU_KEY_CERT_SIGN,   KU_CRL_SIGN};
    bool cached = !(X509_get_extension_flags(x) & EXFLAG_INVALID); /* else OpenSSL tells nothing of key usage */
    for (unsigned i = 0; cached && c->has_key_usage && i < 7; i++)
        CHECK_ROW(!(c->key_usage & (1u << i)) == !(usage & bits[i]), "%s: %s", file, ens__key_usage_name(i));
    CHECK_ROW(X509_get_version(x) + 1 == (long)c->version && c->ca == (X509_check_ca(x) == 1), "%s: version or CA",
              file);
    ens_extension_list list;
    STACK_OF(POLICYINFO) *policies = X509_get_ext_d2i(x, NID_certificate_policies, NULL, NULL);
    CHECK_ROW(ens__policies_read(c, &list) && (int)list.num == (policies ? sk_POLICYINFO_num(policies) : 0),
              "%s: policies", file);
    sk_POLICYINFO_pop_free(policies, POLICYINFO_free);
    ens_qc qc;
    CHECK_ROW(ens__qc_read(c->qcstatements, &qc) && says_eseal(&qc), "%s: QcStatements", file);
}

static ens_code judge(void *file, ens_slice der, ens_err *err)
{
    ens_cert c;
    const unsigned char *p = der.p;
    X509 *x = d2i_X509(NULL, &p, (long)der.len);
    ens_code code = ens_cert_parse(der, &c, err);
    CHECK_ROW(code == ENS_OK && x, "%s: can't be read", (const char *)file);
    if (code == ENS_OK && x)
        compare(&c, x, file);
    X509_free(x);
    ERR_clear_error();
    return ENS_OK;
}

static void seals(void)
{
    char folder[1024], path[2048];
    const char *shared = ens_shared("data/certificates/seals");
    unsigned num = 0;
    if (!shared)
        return;
    snprintf(folder, sizeof folder, "%s", shared);
    DIR *dir = opendir(folder);
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        ens_file file = {0};
        if (!strstr(e->d_name, ".pem"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        CU_ASSERT_EQUAL_FATAL(ens__file_open(path, 0, &file, NULL), ENS_OK);
        CHECK_ROW(ens__certfile_each(file.bytes, NULL, judge, e->d_name, NULL) == ENS_OK, "%s", e->d_name);
        ens__file_close(&file);
        num++;
    }
    closedir(dir);
    CU_ASSERT_EQUAL(num, 328);
}

static void oids(void)
{
    static const char *const texts[] = {"2.5.4.97", "0.4.0.194112.1.3", "1.2.840.113549.1.1.11", "2.999.3", "1.39",
                                        "0.0"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        uint8_t storage[32];
        char back[ENS_OID_TEXT_MAX];
        ens_buf out;
        ens_buf_init(&out, storage, sizeof storage, sizeof storage);
        CHECK_ROW(ens__oid_from_text(ens_str(texts[i]), &out) &&
                      strcmp(ens__oid_text(ens_buf_slice(&out), back, sizeof back), texts[i]) == 0,
                  "%s is %s", texts[i], back);
        ens_buf_free(&out);
    }
    static const char *const wrong[] = {"", "1", "3.1", "1.40", "1..2", "1.2.", "a.b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t storage[32];
        ens_buf out;
        ens_buf_init(&out, storage, sizeof storage, sizeof storage);
        CHECK_ROW(!ens__oid_from_text(ens_str(wrong[i]), &out), "%s is taken", wrong[i]);
        ens_buf_free(&out);
    }
    CU_ASSERT_STRING_EQUAL(ens__oid_name(ENS_OID_ORGANIZATION_IDENTIFIER), "organizationIdentifier");
}

/* A few octets of a certificate changed, each once: it is refused with the fault's name, and can be shown. */
static const struct {
    const char *name;
    ens_slice from, to;
    unsigned odd;
} odd_ones[] = {
    {"bits set in the padding of keyUsage",
     {(const uint8_t *)"\x03\x02\x07\x80", 4},
     {(const uint8_t *)"\x03\x02\x07\x81", 4},
     ENS_CERT_ODD_BITS},
    {"TRUE as 7F",
     {(const uint8_t *)"\x55\x1D\x0F\x01\x01\xFF", 6},
     {(const uint8_t *)"\x55\x1D\x0F\x01\x01\x7F", 6},
     ENS_CERT_ODD_BOOLEAN},
    {"a time with an offset",
     {(const uint8_t *)"\x17\x0D"
                       "260901120000Z",
      15},
     {(const uint8_t *)"\x17\x0D"
                       "2609011200+0Z",
      15},
     0},
    {"a time without seconds",
     {(const uint8_t *)"\x17\x0D"
                       "260901120000Z",
      15},
     {(const uint8_t *)"\x18\x0D"
                       "202609011200Z",
      15},
     ENS_CERT_ODD_TIME},
    {"a padded serial number",
     {(const uint8_t *)"\x02\x02\x12\x34", 4},
     {(const uint8_t *)"\x02\x02\x00\x34", 4},
     ENS_CERT_ODD_INTEGER},
};

static void odd_encodings(void)
{
    authority a;
    CU_ASSERT_FATAL(authority_make(
        NULL, &(authority_row){.name = "Odd", .usage = "critical,digitalSignature", .serial = 0x1234}, &a));
    for (size_t i = 0; i < sizeof odd_ones / sizeof *odd_ones; i++) {
        uint8_t der[4096];
        ens_cert cert;
        ens_err err = {0};
        unsigned odd = 0;
        size_t at = ens__find(authority_der(&a), odd_ones[i].from, 0);
        CU_ASSERT_FATAL(a.der_len <= sizeof der && at != SIZE_MAX);
        memcpy(der, a.der, a.der_len);
        memcpy(der + at, odd_ones[i].to.p, odd_ones[i].to.len);
        ens_slice bytes = ens_bytes(der, a.der_len);
        CHECK_ROW(ens_cert_parse(bytes, &cert, &err) == ENS_ESYNTAX, "%s", odd_ones[i].name);
        CHECK_ROW((err.n == 2) == (odd_ones[i].odd != 0), "%s: %u frames", odd_ones[i].name, err.n);
        ens_code code = ens_cert_parse_loose(bytes, &cert, &odd, NULL);
        CHECK_ROW(odd_ones[i].odd ? code == ENS_OK && odd == odd_ones[i].odd : code != ENS_OK, "%s: %u",
                  odd_ones[i].name, odd);
        CHECK_ROW(code != ENS_OK || (cert.key_usage == ENS_KU_DIGITAL_SIGNATURE &&
                                     cert.not_before == AUTHORITY_AT - 30 * (ens_time)AUTHORITY_DAY),
                  "%s", odd_ones[i].name);
    }
    ens_cert cert;
    unsigned odd = 1;
    CU_ASSERT(ens_cert_parse_loose(authority_der(&a), &cert, &odd, NULL) == ENS_OK && odd == 0);
    authority_free(&a);
}

static const ens_case cases[] = {
    {"reads the 328 real seals as OpenSSL does", seals},
    {"writes and reads object identifiers", oids},
    {"a fault of the encoding is named, and overlooked where a certificate is only shown", odd_encodings},
    {NULL, NULL},
};
ENS_SUITE("certs/cert", cases)
