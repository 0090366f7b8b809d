/* The dates of TS 119 312: by key, by signature, and what a certificate that outlives its algorithm is told. */
#include "certs/keys/modulus.h"
#include "certs/path/cryptopolicy.h"
#include "certs/path/trust.h"
#include "certs/preflight/preflight.h"
#include "certs/x509/der.h"
#include "tests/certs/authority.h"
#include "tests/suite.h"

#include <string.h>

#define RSA_ARC "\x2A\x86\x48\x86\xF7\x0D\x01\x01"
#define ECDSA_ARC "\x2A\x86\x48\xCE\x3D\x04"

static ens_time day(const char *text)
{
    ens_time t = ENS_TIME_NONE;
    return text && ens_time_parse(ens_str(text), &t, NULL) == ENS_OK ? t : ENS_TIME_NONE;
}

static void keys(void)
{
    static const struct {
        ens_key_type type;
        unsigned bits;
        const char *end;
        bool hard;
    } rows[] = {
        {ENS_KEY_RSA, 1023, "2010-08-01", true},
        {ENS_KEY_RSA, 1024, "2019-10-01", true},
        {ENS_KEY_RSA, 1899, "2019-10-01", true},
        {ENS_KEY_RSA, 1900, "2029-01-01", false},
        {ENS_KEY_RSA, 2048, "2029-01-01", false},
        {ENS_KEY_RSA, 2999, "2029-01-01", false},
        {ENS_KEY_RSA, 3000, "2029-01-01", false},
        {ENS_KEY_RSA, 4096, "2029-01-01", false},
        {ENS_KEY_RSA_PSS, 2048, "2029-01-01", false},
        {ENS_KEY_RSA_PSS, 3072, NULL, false},
        {ENS_KEY_EC, 192, "2012-08-01", true},
        {ENS_KEY_EC, 224, "2021-10-01", true},
        {ENS_KEY_EC, 256, NULL, false},
        {ENS_KEY_EC, 521, NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens__crypto_end e = ens__crypto_key(&(ens_cert){.key_type = rows[i].type, .key_bits = rows[i].bits});
        CHECK_ROW(e.end == day(rows[i].end) && e.hard == rows[i].hard && !e.unlisted, "type %d, %u bits",
                  (int)rows[i].type, rows[i].bits);
    }
    CU_ASSERT_TRUE(ens__crypto_key(&(ens_cert){.key_type = ENS_KEY_EDDSA, .key_bits = 256}).unlisted);
    CU_ASSERT_TRUE(ens__crypto_key(&(ens_cert){.key_type = ENS_KEY_OTHER}).unlisted);
}

/* PSS by its parameters: SEQUENCE { OID, SEQUENCE { [0] { SEQUENCE { OID } } } }, or without a hash. */
#define PSS_OF(hash)                                                                                                   \
    ENS_LIT("\x30\x1C\x06\x09" RSA_ARC "\x0A\x30\x0F\xA0\x0D\x30\x0B\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" hash)
#define PSS_BARE ENS_LIT("\x30\x0D\x06\x09" RSA_ARC "\x0A\x30\x00")

static void signatures(void)
{
    const struct {
        ens_slice oid, algorithm;
        unsigned issuer_bits; /* 0: the issuer isn't known */
        size_t signature_len;
        const char *end, *what;
    } rows[] = {
        {ENS_LIT(RSA_ARC "\x0B"), {0}, 4096, 512, "2029-01-01", "RSA PKCS#1 v1.5"},
        {ENS_LIT(RSA_ARC "\x0B"), {0}, 2048, 256, "2029-01-01", "RSA below 3000 bits"},
        {ENS_LIT(RSA_ARC "\x0B"), {0}, 0, 256, "2029-01-01", "RSA below 3000 bits"},
        {ENS_LIT(RSA_ARC "\x0B"), {0}, 1024, 128, "2019-10-01", "RSA below 1900 bits"},
        {ENS_LIT(RSA_ARC "\x05"), {0}, 2048, 256, "2012-08-01", "SHA-1"},
        {ENS_LIT(RSA_ARC "\x04"), {0}, 2048, 256, "2004-08-01", "MD5"},
        {ENS_LIT(RSA_ARC "\x0A"), PSS_OF("\x01"), 4096, 512, NULL, "RSASSA-PSS"},
        {ENS_LIT(RSA_ARC "\x0A"), PSS_OF("\x04"), 4096, 512, "2029-01-01", "SHA-224"},
        {ENS_LIT(RSA_ARC "\x0A"), PSS_BARE, 4096, 512, "2012-08-01", "SHA-1"},
        {ENS_LIT(RSA_ARC "\x0A"), PSS_OF("\x01"), 2048, 256, "2029-01-01", "RSASSA-PSS below 3000 bits"},
        {ENS_LIT(ECDSA_ARC "\x03\x02"), {0}, 256, 70, NULL, "ECDSA"},
        {ENS_LIT(ECDSA_ARC "\x03\x02"), {0}, 0, 70, NULL, "ECDSA"},
        {ENS_LIT(ECDSA_ARC "\x03\x02"), {0}, 192, 56, "2012-08-01", "ECDSA below 224 bits"},
        {ENS_LIT(ECDSA_ARC "\x01"), {0}, 256, 70, "2012-08-01", "SHA-1"},
        {ENS_LIT(ECDSA_ARC "\x03\x01"), {0}, 256, 70, "2029-01-01", "SHA-224"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_cert issuer = {.key_bits = rows[i].issuer_bits};
        ens_cert cert = {.signature_oid = rows[i].oid,
                         .signature_algorithm = rows[i].algorithm,
                         .signature = {NULL, rows[i].signature_len}};
        ens__crypto_end e = ens__crypto_signature(&cert, rows[i].issuer_bits ? &issuer : NULL);
        CHECK_ROW(e.end == day(rows[i].end) && strcmp(e.what, rows[i].what) == 0, "row %zu: %s", i, e.what);
    }
    CU_ASSERT_TRUE(ens__crypto_signature(&(ens_cert){.signature_oid = ENS_LIT("\x2A\x03")}, NULL).unlisted);
}

static const ens_finding *find(const ens_report *report, const char *id)
{
    for (size_t i = 0; i < ens_report_num(report); i++)
        if (strcmp(ens_report_get(report, i)->id, id) == 0)
            return ens_report_get(report, i);
    return NULL;
}

/* rsa_key writes an RSAPublicKey of that many bits, whose modulus has no small factor. */
static ens_slice rsa_key(unsigned bits, uint8_t last, ens_slice exponent, uint8_t out[2048])
{
    ens_buf buf;
    uint8_t modulus[1025] = {0};
    size_t len = bits / 8 + 1;
    modulus[1] = 0x80;
    modulus[len - 1] = last;
    for (unsigned k = 1, factor; last & 1 && k < 128; k++) {
        if (ens__modulus_judge(ens_bytes(modulus + 1, len - 1), &factor) == ENS_MODULUS_GOOD)
            break;
        modulus[len - 2] = (uint8_t)k; /* until no small factor is left */
    }
    ens_buf_init(&buf, out, 2048, 2048);
    size_t inner = ens__der_header_len(len) + len + ens__der_header_len(exponent.len) + exponent.len;
    ens__der_put_header(&buf, ENS_DER_SEQUENCE, inner);
    ens__der_put_header(&buf, ENS_DER_INTEGER, len);
    ens_buf_add(&buf, modulus, len);
    ens__der_put_header(&buf, ENS_DER_INTEGER, exponent.len);
    ens_buf_add(&buf, exponent.p, exponent.len);
    return ens_buf_slice(&buf);
}

#define F4 ENS_LIT("\x01\x00\x01")

/* One certificate with an RSA key, signed by ECDSA. */
static void judge(const char *not_after, const char *at, unsigned bits, ens__timeline *timeline, ens_report *report)
{
    uint8_t key[2048];
    ens_cert cert = {.subject = ENS_LIT("a"),
                     .issuer = ENS_LIT("b"),
                     .not_after = day(not_after),
                     .key_type = ENS_KEY_RSA,
                     .key_bits = bits,
                     .key_bits_string = rsa_key(bits, 1, F4, key),
                     .signature_oid = ENS_LIT(ECDSA_ARC "\x03\x02")};
    const ens_cert *const certs[] = {&cert};
    ens__crypto_path path = {certs, 1, 1, false};
    ens__report_reset(report);
    *timeline = (ens__timeline){0};
    ens__crypto_judge(&path, day(at), timeline, report);
}

static void verdicts(void)
{
    static const struct {
        const char *not_after, *at;
        unsigned bits;
        ens_outcome outcome;
        const char *detail;
    } rows[] = {
        {"2028-12-31", "2026-01-01", 2048, ENS_PASS, "good until 2029-01-01"},
        {"2029-01-01", "2026-01-01", 2048, ENS_WARN, "outlives its algorithm: from 2029-01-01 on RSA below 3000 bits"},
        {"2031-01-01", "2028-12-31", 2048, ENS_WARN, "from 2029-01-01"},
        {"2031-01-01", "2029-01-01", 2048, ENS_WARN, "was to end on 2029-01-01"},
        {"2031-01-01", "2026-01-01", 1024, ENS_FAIL, "ended on 2019-10-01"},
    };
    ens_report report;
    ens__timeline timeline;
    ens__report_init(&report);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        judge(rows[i].not_after, rows[i].at, rows[i].bits, &timeline, &report);
        const ens_finding *f = find(&report, "crypto.key"), *s = find(&report, "crypto.signature");
        CHECK_ROW(f && f->outcome == rows[i].outcome && strstr(ens_detail(f), rows[i].detail), "row %zu: %s", i,
                  ens_detail(f));
        CHECK_ROW(s && s->outcome == ENS_PASS && (f->outcome == ENS_PASS || f->hint),
                  "row %zu: the signature, or no hint", i);
        const ens__interval *end = ens__timeline_first(&timeline, false, ENS_TIME_NONE);
        CHECK_ROW(timeline.num == 1 && end && end->until == day(rows[i].bits == 1024 ? "2019-10-01" : "2029-01-01"),
                  "row %zu: timeline", i);
    }
    ens__report_clear(&report);
}

/* What is refused has neither praise nor date: an order for a key that ICS2 doesn't take helps nobody. */
static void refused_have_no_date(void)
{
    ens_report report;
    ens__timeline timeline = {0};
    ens_cert cert = {.key_type = ENS_KEY_EC, .key_bits = 256, .signature_oid = ENS_LIT(ECDSA_ARC "\x03\x02")};
    const ens_cert *const certs[] = {&cert};
    ens__crypto_path path = {certs, 1, 1, false};
    ens__report_init(&report);
    ens__crypto_judge(&path, day("2026-01-01"), &timeline, &report);
    CU_ASSERT_PTR_NULL(find(&report, "crypto.key"));
    judge("2031-01-01", "2026-01-01", 2048, &timeline, &report);
    const ens_finding *f = find(&report, "crypto.key");
    CU_ASSERT_FATAL(f && f->hint);
    CU_ASSERT(strstr(f->hint, "nothing") || strstr(f->hint, "none of it outlives 2029-01-01"));
    CU_ASSERT(!strstr(f->hint, "ECDSA") && !strstr(f->hint, "PSS"));
    ens__report_clear(&report);
}

/* The policy: a key in a role. */
static void key_roles(void)
{
    static const struct {
        ens_key_type type;
        unsigned bits;
        const char *exponent;
        size_t len;
        uint8_t last; /* of the modulus */
        ens__crypto_grade signer, issuer;
    } rows[] = {
        {ENS_KEY_RSA, 2048, "\x01\x00\x01", 3, 1, ENS_CRYPTO_GOOD, ENS_CRYPTO_GOOD},
        {ENS_KEY_RSA, 4096, "\x01\x00\x01", 3, 1, ENS_CRYPTO_GOOD, ENS_CRYPTO_GOOD},
        {ENS_KEY_RSA, 4104, "\x01\x00\x01", 3, 1, ENS_CRYPTO_REFUSED, ENS_CRYPTO_GOOD},
        {ENS_KEY_RSA, 8192, "\x01\x00\x01", 3, 1, ENS_CRYPTO_REFUSED, ENS_CRYPTO_GOOD},
        {ENS_KEY_RSA, 2040, "\x01\x00\x01", 3, 1, ENS_CRYPTO_REFUSED, ENS_CRYPTO_REFUSED},
        {ENS_KEY_RSA, 2048, "\x01", 1, 1, ENS_CRYPTO_REFUSED, ENS_CRYPTO_REFUSED},
        {ENS_KEY_RSA, 2048, "\x03", 1, 1, ENS_CRYPTO_WARNED, ENS_CRYPTO_WARNED},
        {ENS_KEY_RSA, 2048, "\x11", 1, 1, ENS_CRYPTO_WARNED, ENS_CRYPTO_WARNED},
        {ENS_KEY_RSA, 2048, "\x01\x00\x02", 3, 1, ENS_CRYPTO_REFUSED, ENS_CRYPTO_REFUSED},
        {ENS_KEY_RSA, 2048, "\x01\x00\x01", 3, 2, ENS_CRYPTO_REFUSED, ENS_CRYPTO_REFUSED},
        {ENS_KEY_RSA, 2048, "\x81", 1, 1, ENS_CRYPTO_REFUSED, ENS_CRYPTO_REFUSED}, /* negative */
        {ENS_KEY_RSA, 3072, "\x01\x00\x00\x00\x00\x00\x00\x00\x01", 9, 1, ENS_CRYPTO_GOOD, ENS_CRYPTO_GOOD},
        {ENS_KEY_RSA, 3080, "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8, 1, ENS_CRYPTO_GOOD, ENS_CRYPTO_GOOD},
        {ENS_KEY_RSA, 3080, "\x01\x00\x00\x00\x00\x00\x00\x00\x01", 9, 1, ENS_CRYPTO_REFUSED, ENS_CRYPTO_REFUSED},
        {ENS_KEY_RSA_PSS, 2048, "\x01\x00\x01", 3, 1, ENS_CRYPTO_REFUSED, ENS_CRYPTO_GOOD},
        {ENS_KEY_EDDSA, 256, NULL, 0, 0, ENS_CRYPTO_REFUSED, ENS_CRYPTO_REFUSED},
        {ENS_KEY_OTHER, 0, NULL, 0, 0, ENS_CRYPTO_REFUSED, ENS_CRYPTO_REFUSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t key[2048];
        const char *e = rows[i].exponent;
        ens_cert cert = {.key_type = rows[i].type, .key_bits = rows[i].bits};
        if (e)
            cert.key_bits_string = rsa_key(rows[i].bits, rows[i].last, ens_bytes(e, rows[i].len), key);
        ens__crypto_opinion signer = ens__crypto_key_opinion(&cert, ENS_ROLE_SIGNER),
                            issuer = ens__crypto_key_opinion(&cert, ENS_ROLE_ISSUER);
        CHECK_ROW(signer.grade == rows[i].signer, "row %zu as signer: %d %s", i, signer.grade, signer.what);
        CHECK_ROW(issuer.grade == rows[i].issuer, "row %zu as issuer: %d %s", i, issuer.grade, issuer.what);
        CHECK_ROW(!signer.grade || (signer.what[0] && signer.hint), "row %zu: no words", i);
    }
}

/* A signer's modulus is searched for factors, an issuer's isn't; an exponent is smaller than its modulus. */
static void numbers(void)
{
    uint8_t key[2048], e[258] = {0}, modulus[257] = {0}, storage[600];
    ens_cert cert = {.key_type = ENS_KEY_RSA, .key_bits = 2048};
    ens_buf made;
    e[1] = 0x81;
    e[256] = 1;
    cert.key_bits_string = rsa_key(2048, 1, ens_bytes(e, 257), key);
    CU_ASSERT_EQUAL(ens__crypto_key_opinion(&cert, ENS_ROLE_SIGNER).grade, ENS_CRYPTO_REFUSED);
    e[1] = 0;
    e[2] = 0x7F;
    cert.key_bits_string = rsa_key(2048, 1, ens_bytes(e + 2, 255), key);
    CU_ASSERT_EQUAL(ens__crypto_key_opinion(&cert, ENS_ROLE_SIGNER).grade, ENS_CRYPTO_WARNED);
    memset(modulus + 1, 0xFF, 256); /* 2^2048 - 1, which 3 divides */
    ens_buf_init(&made, storage, sizeof storage, sizeof storage);
    ens__der_put_header(&made, ENS_DER_SEQUENCE, 4 + 257 + 5);
    ens__der_put_header(&made, ENS_DER_INTEGER, 257);
    ens_buf_add(&made, modulus, 257);
    ens__der_put_header(&made, ENS_DER_INTEGER, 3);
    ens_buf_put(&made, F4);
    cert.key_bits_string = ens_buf_slice(&made);
    ens__crypto_opinion signer = ens__crypto_key_opinion(&cert, ENS_ROLE_SIGNER);
    CU_ASSERT(signer.grade == ENS_CRYPTO_REFUSED && strstr(signer.what, "the factor 3"));
    CU_ASSERT_EQUAL(ens__crypto_key_opinion(&cert, ENS_ROLE_ISSUER).grade, ENS_CRYPTO_GOOD);
    ens_chain chain = {.num = 1, .cert = {cert}};
    CU_ASSERT(ens__crypto_chain_refuses(&chain, &signer) && strstr(signer.what, "the factor 3"));
}

static void curves(void)
{
    static const struct {
        const char *name, *parameters;
        ens__crypto_grade issuer;
    } rows[] = {
        {"P-192", "\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x01", ENS_CRYPTO_REFUSED},
        {"P-224", "\x06\x05\x2B\x81\x04\x00\x21", ENS_CRYPTO_REFUSED},
        {"P-256", "\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07", ENS_CRYPTO_GOOD},
        {"P-384", "\x06\x05\x2B\x81\x04\x00\x22", ENS_CRYPTO_GOOD},
        {"P-521", "\x06\x05\x2B\x81\x04\x00\x23", ENS_CRYPTO_GOOD},
        {"secp256k1", "\x06\x05\x2B\x81\x04\x00\x0A", ENS_CRYPTO_REFUSED},
        {"brainpoolP256r1", "\x06\x09\x2B\x24\x03\x03\x02\x08\x01\x01\x07", ENS_CRYPTO_GOOD},
        {"brainpoolP512r1", "\x06\x09\x2B\x24\x03\x03\x02\x08\x01\x01\x0D", ENS_CRYPTO_GOOD},
        {"brainpoolP224r1", "\x06\x09\x2B\x24\x03\x03\x02\x08\x01\x01\x05", ENS_CRYPTO_REFUSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_cert cert = {.key_type = ENS_KEY_EC,
                         .key_bits = 256,
                         .key_parameters = ens_bytes(rows[i].parameters, 2 + (size_t)rows[i].parameters[1])};
        CHECK_ROW(ens__crypto_key_opinion(&cert, ENS_ROLE_ISSUER).grade == rows[i].issuer, "%s", rows[i].name);
        CHECK_ROW(ens__crypto_key_opinion(&cert, ENS_ROLE_SIGNER).grade == ENS_CRYPTO_REFUSED, "%s", rows[i].name);
    }
}

/* One answer in every command: pre-flight, verification and sealing find the same of a key, a signature, a role. */
static void one_answer(void)
{
    EVP_PKEY *rsa = EVP_RSA_gen(2048), *small = EVP_RSA_gen(1024), *ec = EVP_EC_gen("P-256"),
             *weak = EVP_EC_gen("P-224");
    const struct {
        const char *what;
        EVP_PKEY *leaf, *ca;
        const EVP_MD *md, *mask; /* of the CA's signature on the leaf */
        bool refused;
    } rows[] = {
        {"RSA under RSA", rsa, rsa, NULL, NULL, false},
        {"RSA under P-256", rsa, ec, NULL, NULL, false},
        {"RSA under P-224", rsa, weak, NULL, NULL, true},
        {"RSA under RSA 1024", rsa, small, NULL, NULL, true},
        {"RSA 1024", small, rsa, NULL, NULL, true},
        {"P-256", ec, rsa, NULL, NULL, true},
        {"signed with SHA-1", rsa, rsa, EVP_sha1(), NULL, true},
        {"signed with SHA-224", rsa, rsa, EVP_sha224(), NULL, true},
        {"signed with SHA-512", rsa, rsa, EVP_sha512(), NULL, false},
        {"signed with RSASSA-PSS, SHA-256", rsa, rsa, EVP_sha256(), EVP_sha256(), false},
        {"signed with RSASSA-PSS, SHA-1", rsa, rsa, EVP_sha1(), EVP_sha1(), true},
        {"signed with RSASSA-PSS, SHA-256 and a mask by SHA-1", rsa, rsa, EVP_sha256(), EVP_sha1(), true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        authority a[3];
        ens_chain chain;
        ens__preflight found;
        ens_report *verify = ens_report_new(), *check = ens_report_new();
        ens_trust *trust = ens_trust_new();
        CU_ASSERT_FATAL(verify && check && trust);
        CU_ASSERT_FATAL(
            authority_make(NULL, &(authority_row){.name = "root", .ca = true, .usage = AUTHORITY_CA_USAGE}, &a[2]) &&
            authority_make(&a[2],
                           &(authority_row){.name = "CA", .ca = true, .usage = AUTHORITY_CA_USAGE, .key = rows[i].ca},
                           &a[1]) &&
            authority_make(&a[1],
                           &(authority_row){.name = "seal",
                                            .usage = "critical,digitalSignature",
                                            .key = rows[i].leaf,
                                            .md = rows[i].md,
                                            .mask = rows[i].mask},
                           &a[0]));
        authority_chain((const authority *[]){&a[0], &a[1]}, 2, &chain);
        CU_ASSERT_FATAL(ens__trust_add_anchor(trust, authority_der(&a[2]), NULL) == ENS_OK);
        ens_chain_check(trust, &chain, AUTHORITY_AT, verify);
        ens__preflight_judge(&chain, &(ens__preflight_options){.trust = trust, .at = AUTHORITY_AT}, &found, check);
        const ens_finding *v = find(verify, "chain.algorithm"), *c = find(check, "crypto.algorithm");
        CHECK_ROW(v && c && (v->outcome == ENS_FAIL) == rows[i].refused && v->outcome == c->outcome, "%s: %s",
                  rows[i].what, ens_detail(v));
        CHECK_ROW(ens__crypto_chain_refuses(&chain, NULL) == rows[i].refused, "%s: sealed, and refused", rows[i].what);
        for (size_t k = 0; k < 3; k++)
            authority_free(&a[k]);
        ens_trust_free(trust);
        ens_report_free(verify);
        ens_report_free(check);
    }
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(small);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(weak);
}

static const ens_case cases[] = {
    {"judges a key by its kind, its size, its exponent and its role", key_roles},
    {"searches a signer's numbers for what makes them anybody's", numbers},
    {"takes issuers' keys on the curves of TS 119 312 of 256 bits and more", curves},
    {"gives one answer before registration and for a message", one_answer},
    {"has neither praise nor a date for what is refused", refused_have_no_date},
    {"dates every kind of key", keys},
    {"dates a signature by its scheme and its hash, whichever ends first", signatures},
    {"tells a certificate from which day its algorithm stops", verdicts},
    {NULL, NULL},
};
ENS_SUITE("certs/cryptopolicy", cases)
