#include "certs/path/cryptopolicy.h"

#include "certs/keys/modulus.h"
#include "certs/x509/der.h"
#include "certs/x509/extensions.h"

#include <stdarg.h>
#include <stdio.h>

#define RULE "TS 119 312 v1.5.1"
#define RULE_POLICY "TS 119 312; ICS2-HTI ICD 4.6.2"
#define HINT_STRONGER "ask the CA for a certificate whose path has a stronger algorithm"
#define HINT_NEXT                                                                                                      \
    "have the next certificate in force before that day. ICS2 takes RSA (PKCS#1 v1.5) of 2048 to 4096 bits alone, "    \
    "and "                                                                                                             \
    "by TS 119 312 none of it outlives 2029-01-01: a key of another kind or size doesn't move that date"
#define HINT_SEAL_KEY "order a certificate for an RSA key (rsaEncryption) of 2048 to 4096 bits: ICS2 takes nothing else"
#define HINT_NEW_KEY "make a new RSA key with the exponent 65537 and order a certificate for it"
#define HINT_ISSUER "ask for a certificate of a CA with RSA of 2048 bits and more or ECDSA of 256, signed with SHA-256"

/* The table is as of this day: ends that lie later were foreseen then, and only warn.
 * Source  the update date of the EU's DSS for TS 119 312 v1.5.1 */
#define UPDATED "2024-10-13"

typedef enum { FAMILY_RSA, FAMILY_PSS, FAMILY_EC, FAMILY_EDDSA, FAMILY_OTHER } family;
typedef enum { HASH_UNKNOWN, HASH_MD5, HASH_RIPEMD160, HASH_SHA1, HASH_SHA224, HASH_SHA2, HASH_SHA3, HASH_OWN } hash;

/* Dates are the first day on which the algorithm no longer holds. Rows of a family go from weak to strong: the first
 * that covers the size counts; 0 covers every size.
 * Source  TS 119 312 v1.5.1; the
 * dates before 2019 by its predecessor TS 102 176-1 */
static const struct {
    family of;
    unsigned below_bits;
    const char *what, *end; /* NULL: none known */
} keys[] = {
    {FAMILY_RSA, 1024, "RSA below 1024 bits", "2010-08-01"},
    {FAMILY_RSA, 1900, "RSA below 1900 bits", "2019-10-01"},
    {FAMILY_RSA, 3000, "RSA below 3000 bits", "2029-01-01"},
    {FAMILY_RSA, 0, "RSA PKCS#1 v1.5", "2029-01-01"},
    {FAMILY_PSS, 1024, "RSASSA-PSS below 1024 bits", "2010-08-01"},
    {FAMILY_PSS, 1900, "RSASSA-PSS below 1900 bits", "2019-10-01"},
    {FAMILY_PSS, 3000, "RSASSA-PSS below 3000 bits", "2029-01-01"},
    {FAMILY_PSS, 0, "RSASSA-PSS", NULL},
    {FAMILY_EC, 224, "ECDSA below 224 bits", "2012-08-01"},
    {FAMILY_EC, 256, "ECDSA below 256 bits", "2021-10-01"},
    {FAMILY_EC, 0, "ECDSA", NULL},
    {FAMILY_EDDSA, 0, "EdDSA", NULL},
};

static const struct {
    hash of;
    const char *what, *end;
} hashes[] = {
    {HASH_MD5, "MD5", "2004-08-01"},
    {HASH_SHA1, "SHA-1", "2012-08-01"},
    {HASH_RIPEMD160, "RIPEMD-160", "2014-08-01"},
    {HASH_SHA224, "SHA-224", "2029-01-01"},
    {HASH_SHA2, "SHA-2", NULL},
    {HASH_SHA3, "SHA-3", NULL},
};

/* What an AlgorithmIdentifier of a signature names.   Source  RFC 8017, RFC 5758, RFC 8410, NIST CSOR */
#define RSA_ARC "\x2A\x86\x48\x86\xF7\x0D\x01\x01"         /* 1.2.840.113549.1.1 */
#define ECDSA_ARC "\x2A\x86\x48\xCE\x3D\x04"               /* 1.2.840.10045.4 */
#define NIST_SIGNATURES "\x60\x86\x48\x01\x65\x03\x04\x03" /* 2.16.840.1.101.3.4.3 */
#define NIST_HASHES "\x60\x86\x48\x01\x65\x03\x04\x02"     /* 2.16.840.1.101.3.4.2 */
#define PSS ENS_LIT(RSA_ARC "\x0A")
#define EXPONENT_OCTETS_MAX 32u
#define LARGE_MODULUS_BITS 3072u      /* with a key of more bits, */
#define LARGE_MODULUS_EXPONENT_MAX 8u /* neither OpenSSL nor Java verifies by an exponent of more octets */
#define MGF1 ENS_LIT(RSA_ARC "\x08")

typedef struct {
    ens_slice oid;
    family of;
    hash with, mask; /* mask: of RSASSA-PSS, or HASH_UNKNOWN */
} algorithm;

static bool find_algorithm(const algorithm *rows, size_t num, ens_slice oid, algorithm *out)
{
    for (size_t i = 0; i < num; i++)
        if (ens_eq(rows[i].oid, oid)) {
            *out = rows[i];
            return true;
        }
    return false;
}

/* hash_named is the hash whose object identifier is next. */
static hash hash_named(ens_reader identifier)
{
    const algorithm known[] = {
        {ENS_LIT("\x2B\x0E\x03\x02\x1A"), FAMILY_OTHER, HASH_SHA1, HASH_UNKNOWN},
        {ENS_LIT(NIST_HASHES "\x04"), FAMILY_OTHER, HASH_SHA224, HASH_UNKNOWN},
        {ENS_LIT(NIST_HASHES "\x01"), FAMILY_OTHER, HASH_SHA2, HASH_UNKNOWN},
        {ENS_LIT(NIST_HASHES "\x02"), FAMILY_OTHER, HASH_SHA2, HASH_UNKNOWN},
        {ENS_LIT(NIST_HASHES "\x03"), FAMILY_OTHER, HASH_SHA2, HASH_UNKNOWN},
        {ENS_LIT(NIST_HASHES "\x08"), FAMILY_OTHER, HASH_SHA3, HASH_UNKNOWN},
        {ENS_LIT(NIST_HASHES "\x09"), FAMILY_OTHER, HASH_SHA3, HASH_UNKNOWN},
        {ENS_LIT(NIST_HASHES "\x0A"), FAMILY_OTHER, HASH_SHA3, HASH_UNKNOWN},
    };
    ens_der oid;
    algorithm found;
    return ens__der_take(&identifier, ENS_DER_OID, &oid) &&
                   find_algorithm(known, sizeof known / sizeof *known, oid.body, &found)
               ? found.with
               : HASH_UNKNOWN;
}

/* enter reads an AlgorithmIdentifier: *in stands behind its SEQUENCE's header. */
static bool enter(ens_slice identifier, ens_reader *in)
{
    ens_reader r = ens_read(identifier);
    ens_der whole;
    bool good = ens__der_take(&r, ENS_DER_SEQUENCE, &whole);
    *in = ens_read(good ? whole.body : (ens_slice){0});
    return good;
}

/* mask_hash reads the hash of MGF1 from [1]; left out, it is SHA-1.   Source  RFC 4055, 3.1 */
static hash mask_hash(ens_slice generator)
{
    ens_reader r;
    ens_der oid, parameters;
    if (!generator.len)
        return HASH_SHA1;
    if (!enter(generator, &r) || !ens__der_take(&r, ENS_DER_OID, &oid) || !ens_eq(oid.body, MGF1) ||
        !ens__der_take(&r, ENS_DER_SEQUENCE, &parameters))
        return HASH_UNKNOWN;
    return hash_named(ens_read(parameters.body));
}

/* pss_hashes reads both hashes of RSASSA-PSS; left out, each is SHA-1.   Source  RFC 4055, 3.1 */
static void pss_hashes(ens_slice signature_algorithm, hash *of, hash *mask)
{
    ens_reader r, named;
    ens_der oid, parameters, hashed, generator;
    *of = *mask = HASH_UNKNOWN;
    if (!enter(signature_algorithm, &r) || !ens__der_take(&r, ENS_DER_OID, &oid) ||
        !ens__der_take(&r, ENS_DER_SEQUENCE, &parameters))
        return;
    r = ens_read(parameters.body);
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(0), &hashed) || !ens__der_optional(&r, ENS_DER_CONTEXT(1), &generator))
        return;
    *of = !hashed.all.len ? HASH_SHA1 : enter(hashed.body, &named) ? hash_named(named) : HASH_UNKNOWN;
    *mask = mask_hash(generator.body);
}

static algorithm algorithm_of(const ens_cert *cert)
{
    const algorithm known[] = {
        {ENS_LIT(RSA_ARC "\x0B"), FAMILY_RSA, HASH_SHA2, HASH_UNKNOWN},
        {ENS_LIT(RSA_ARC "\x0C"), FAMILY_RSA, HASH_SHA2, HASH_UNKNOWN},
        {ENS_LIT(RSA_ARC "\x0D"), FAMILY_RSA, HASH_SHA2, HASH_UNKNOWN},
        {ENS_LIT(ECDSA_ARC "\x03\x02"), FAMILY_EC, HASH_SHA2, HASH_UNKNOWN},
        {ENS_LIT(ECDSA_ARC "\x03\x03"), FAMILY_EC, HASH_SHA2, HASH_UNKNOWN},
        {ENS_LIT(ECDSA_ARC "\x03\x04"), FAMILY_EC, HASH_SHA2, HASH_UNKNOWN},
        {ENS_LIT(RSA_ARC "\x05"), FAMILY_RSA, HASH_SHA1, HASH_UNKNOWN},
        {ENS_LIT(RSA_ARC "\x0E"), FAMILY_RSA, HASH_SHA224, HASH_UNKNOWN},
        {ENS_LIT(RSA_ARC "\x04"), FAMILY_RSA, HASH_MD5, HASH_UNKNOWN},
        {ENS_LIT("\x2B\x0E\x03\x02\x1D"), FAMILY_RSA, HASH_SHA1, HASH_UNKNOWN},
        {ENS_LIT("\x2B\x24\x03\x03\x01\x02"), FAMILY_RSA, HASH_RIPEMD160, HASH_UNKNOWN},
        {ENS_LIT(ECDSA_ARC "\x01"), FAMILY_EC, HASH_SHA1, HASH_UNKNOWN},
        {ENS_LIT(ECDSA_ARC "\x03\x01"), FAMILY_EC, HASH_SHA224, HASH_UNKNOWN},
        {ENS_LIT(NIST_SIGNATURES "\x0E"), FAMILY_RSA, HASH_SHA3, HASH_UNKNOWN},
        {ENS_LIT(NIST_SIGNATURES "\x0F"), FAMILY_RSA, HASH_SHA3, HASH_UNKNOWN},
        {ENS_LIT(NIST_SIGNATURES "\x10"), FAMILY_RSA, HASH_SHA3, HASH_UNKNOWN},
        {ENS_LIT(NIST_SIGNATURES "\x0A"), FAMILY_EC, HASH_SHA3, HASH_UNKNOWN},
        {ENS_LIT(NIST_SIGNATURES "\x0B"), FAMILY_EC, HASH_SHA3, HASH_UNKNOWN},
        {ENS_LIT(NIST_SIGNATURES "\x0C"), FAMILY_EC, HASH_SHA3, HASH_UNKNOWN},
        {ENS_LIT("\x2B\x65\x70"), FAMILY_EDDSA, HASH_OWN, HASH_UNKNOWN},
        {ENS_LIT("\x2B\x65\x71"), FAMILY_EDDSA, HASH_OWN, HASH_UNKNOWN},
    };
    algorithm found;
    if (ens_eq(cert->signature_oid, PSS)) {
        found = (algorithm){.oid = cert->signature_oid, .of = FAMILY_PSS};
        pss_hashes(cert->signature_algorithm, &found.with, &found.mask);
        return found;
    }
    return find_algorithm(known, sizeof known / sizeof *known, cert->signature_oid, &found)
               ? found
               : (algorithm){cert->signature_oid, FAMILY_OTHER, HASH_UNKNOWN, HASH_UNKNOWN};
}

static ens__crypto_end end_at(const char *what, const char *date)
{
    ens__crypto_end e = {.what = what, .end = ENS_TIME_NONE};
    ens_time updated;
    if (date && ens_time_parse(ens_str(date), &e.end, NULL) == ENS_OK &&
        ens_time_parse(ens_str(UPDATED), &updated, NULL) == ENS_OK)
        e.hard = e.end <= updated;
    return e;
}

static ens__crypto_end end_of_key(family of, unsigned bits)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].of == of && (!keys[i].below_bits || bits < keys[i].below_bits)) {
            ens__crypto_end e = end_at(keys[i].what, keys[i].end);
            e.unlisted = of == FAMILY_EDDSA;
            return e;
        }
    return (ens__crypto_end){.what = "an algorithm of another kind", .end = ENS_TIME_NONE, .unlisted = true};
}

static ens__crypto_end end_of_hash(hash of)
{
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
        if (hashes[i].of == of)
            return end_at(hashes[i].what, hashes[i].end);
    return (ens__crypto_end){.what = "an unknown hash", .end = ENS_TIME_NONE, .unlisted = true};
}

ens__crypto_end ens__crypto_key(const ens_cert *cert)
{
    static const family families[] = {[ENS_KEY_OTHER] = FAMILY_OTHER,
                                      [ENS_KEY_RSA] = FAMILY_RSA,
                                      [ENS_KEY_RSA_PSS] = FAMILY_PSS,
                                      [ENS_KEY_EC] = FAMILY_EC,
                                      [ENS_KEY_EDDSA] = FAMILY_EDDSA};
    return end_of_key((unsigned)cert->key_type < sizeof families / sizeof *families ? families[cert->key_type]
                                                                                    : FAMILY_OTHER,
                      cert->key_bits);
}

ens__crypto_end ens__crypto_signature(const ens_cert *cert, const ens_cert *issuer)
{
    algorithm a = algorithm_of(cert);
    bool rsa = a.of == FAMILY_RSA || a.of == FAMILY_PSS;
    unsigned bits = issuer ? issuer->key_bits : rsa ? (unsigned)(cert->signature.len * 8) : UINT32_MAX;
    ens__crypto_end by_key = end_of_key(a.of, bits);
    if (a.with == HASH_OWN || by_key.unlisted)
        return by_key;
    ens__crypto_end by_hash = end_of_hash(a.with);
    bool hash_first =
        by_hash.unlisted || (by_hash.end != ENS_TIME_NONE && (by_key.end == ENS_TIME_NONE || by_hash.end < by_key.end));
    return hash_first ? by_hash : by_key;
}

/* The policy. */
static ens__crypto_opinion opinion(ens__crypto_grade grade, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static ens__crypto_opinion opinion(ens__crypto_grade grade, const char *hint, const char *format, ...)
{
    ens__crypto_opinion o = {.grade = grade, .hint = hint};
    va_list args;
    va_start(args, format);
    vsnprintf(o.what, sizeof o.what, format, args);
    va_end(args);
    return o;
}

/* rsa_numbers takes modulus and exponent out of the key, each without its sign octet. */
static bool rsa_numbers(const ens_cert *c, ens_slice *modulus, ens_slice *exponent)
{
    ens_reader r;
    ens_der n, e;
    if (!enter(c->key_bits_string, &r) || !ens__der_take(&r, ENS_DER_INTEGER, &n) ||
        !ens__der_take(&r, ENS_DER_INTEGER, &e))
        return false;
    *modulus = n.body.len && !n.body.p[0] ? ens_from(n.body, 1) : n.body;
    *exponent = e.body.len && !e.body.p[0] ? ens_from(e.body, 1) : e.body;
    return modulus->len && e.body.len && e.body.p[0] < 0x80;
}

/* small_number is the value of a number of up to four octets; UINT32_MAX stands for all that are larger. */
static uint32_t small_number(ens_slice magnitude)
{
    uint32_t value = 0;
    if (magnitude.len > sizeof value)
        return UINT32_MAX;
    for (size_t i = 0; i < magnitude.len; i++)
        value = value << 8 | magnitude.p[i];
    return value;
}

static bool is_even(ens_slice magnitude)
{
    return !magnitude.len || !(magnitude.p[magnitude.len - 1] & 1);
}

/* exponent_opinion: with 1 or an even number there is no trapdoor (FIPS 186-5, A.1.1), small ones have a history of
 * forgeries, and ones beyond 256 bits are not conforming. */
static ens__crypto_opinion exponent_opinion(const ens_cert *c)
{
    ens_slice modulus, exponent;
    if (!rsa_numbers(c, &modulus, &exponent))
        return opinion(ENS_CRYPTO_REFUSED, HINT_NEW_KEY, "the RSA key can't be read");
    uint32_t e = small_number(exponent);
    if (is_even(modulus))
        return opinion(ENS_CRYPTO_REFUSED, HINT_NEW_KEY, "the RSA modulus is even, so its factors are known");
    if (is_even(exponent) || e == 1)
        return opinion(ENS_CRYPTO_REFUSED, HINT_NEW_KEY,
                       e == 1 ? "the RSA exponent is 1, so anybody can make the signature"
                              : "the RSA exponent is even");
    if (exponent.len > modulus.len || (exponent.len == modulus.len && memcmp(exponent.p, modulus.p, modulus.len) >= 0))
        return opinion(ENS_CRYPTO_REFUSED, HINT_NEW_KEY, "the RSA exponent isn't smaller than the modulus");
    if (c->key_bits > LARGE_MODULUS_BITS && exponent.len > LARGE_MODULUS_EXPONENT_MAX)
        return opinion(ENS_CRYPTO_REFUSED, HINT_NEW_KEY,
                       "the RSA exponent has more than 64 bits: with a key of more than %u, neither Java nor OpenSSL "
                       "verifies by it",
                       LARGE_MODULUS_BITS);
    if (e < ENS_CRYPTO_EXPONENT_MIN)
        return opinion(ENS_CRYPTO_WARNED, HINT_NEW_KEY, "the RSA exponent is %u, below 65537", e);
    if (exponent.len > EXPONENT_OCTETS_MAX)
        return opinion(ENS_CRYPTO_WARNED, HINT_NEW_KEY, "the RSA exponent has more than 256 bits");
    return (ens__crypto_opinion){0};
}

static ens__crypto_opinion rsa_opinion(const ens_cert *c, ens__crypto_role role)
{
    const char *hint = role == ENS_ROLE_SIGNER ? HINT_SEAL_KEY : HINT_ISSUER;
    unsigned most = role == ENS_ROLE_SIGNER ? ENS_CRYPTO_SIGNER_RSA_MAX : ENS_CRYPTO_ISSUER_RSA_MAX;
    if (c->key_bits < ENS_CRYPTO_RSA_MIN || c->key_bits > most)
        return opinion(ENS_CRYPTO_REFUSED, hint, "the RSA key has %u bits", c->key_bits);
    return exponent_opinion(c);
}

/* is_strong_curve wants a named curve of TS 119 312 of at least 256 bits. */
static bool is_strong_curve(const ens_cert *c)
{
    static const char *const curves[] = {
        "\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07",     /* P-256 */
        "\x06\x05\x2B\x81\x04\x00\x22",                 /* P-384 */
        "\x06\x05\x2B\x81\x04\x00\x23",                 /* P-521 */
        "\x06\x09\x2B\x24\x03\x03\x02\x08\x01\x01\x07", /* brainpoolP256r1 */
        "\x06\x09\x2B\x24\x03\x03\x02\x08\x01\x01\x0B", /* brainpoolP384r1 */
        "\x06\x09\x2B\x24\x03\x03\x02\x08\x01\x01\x0D", /* brainpoolP512r1 */
    };
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (ens_eq(c->key_parameters, ens_bytes(curves[i], 2 + (size_t)(uint8_t)curves[i][1])))
            return true;
    return false;
}

/* quick_opinion leaves out the search for factors. */
static ens__crypto_opinion quick_opinion(const ens_cert *c, ens__crypto_role role)
{
    char name[24];
    if (c->key_type == ENS_KEY_RSA || (c->key_type == ENS_KEY_RSA_PSS && role == ENS_ROLE_ISSUER))
        return rsa_opinion(c, role);
    ens__key_name(c, name);
    if (role == ENS_ROLE_SIGNER)
        return opinion(ENS_CRYPTO_REFUSED, HINT_SEAL_KEY, "no message can be sealed with this key (%s): rsa-sha256 %s",
                       name, "is made with rsaEncryption");
    if (c->key_type == ENS_KEY_EC && is_strong_curve(c))
        return (ens__crypto_opinion){0};
    return opinion(ENS_CRYPTO_REFUSED, HINT_ISSUER, "an issuer's key (%s) is not one that TS 119 312 has for issuers",
                   name);
}

/* factors_opinion: a key whose factors anybody can find is anybody's. CAs look after their own keys. */
static ens__crypto_opinion factors_opinion(const ens_cert *c)
{
    ens_slice modulus, exponent;
    unsigned factor = 0;
    if (c->key_type != ENS_KEY_RSA || !rsa_numbers(c, &modulus, &exponent))
        return (ens__crypto_opinion){0};
    switch (ens__modulus_judge(modulus, &factor)) {
    case ENS_MODULUS_SMALL_FACTOR:
        return opinion(ENS_CRYPTO_REFUSED, HINT_NEW_KEY, "the RSA modulus has the factor %u, so its factors are found",
                       factor);
    case ENS_MODULUS_ROCA:
        return opinion(ENS_CRYPTO_REFUSED, HINT_NEW_KEY,
                       "the RSA modulus is of the kind whose factors can be found (ROCA, CVE-2017-15361)");
    case ENS_MODULUS_GOOD:
        break;
    }
    return (ens__crypto_opinion){0};
}

ens__crypto_opinion ens__crypto_key_opinion(const ens_cert *c, ens__crypto_role role)
{
    ens__crypto_opinion quick = quick_opinion(c, role),
                        factors = role == ENS_ROLE_SIGNER && quick.grade != ENS_CRYPTO_REFUSED
                                      ? factors_opinion(c)
                                      : (ens__crypto_opinion){0};
    return factors.grade ? factors : quick;
}

static bool is_strong_hash(hash h)
{
    return h == HASH_SHA2 || h == HASH_SHA3;
}

ens__crypto_opinion ens__crypto_signature_opinion(const ens_cert *c)
{
    algorithm a = algorithm_of(c);
    if (a.with == HASH_SHA1 || a.with == HASH_MD5)
        return opinion(ENS_CRYPTO_REFUSED, "ask the CA for a certificate signed with SHA-256",
                       "the certificate is signed with SHA-1 or MD5");
    if (a.of == FAMILY_OTHER || !is_strong_hash(a.with) || (a.of == FAMILY_PSS && !is_strong_hash(a.mask)))
        return opinion(
            ENS_CRYPTO_REFUSED, "ask the CA for a certificate signed with SHA-256", "the certificate is signed with %s",
            a.of == FAMILY_PSS && is_strong_hash(a.with) ? "RSASSA-PSS whose mask is made with a weak hash"
                                                         : "an algorithm or a hash that is not strong enough");
    return (ens__crypto_opinion){0};
}

bool ens__crypto_is_weak_statement(ens_slice identifier)
{
    ens_reader in;
    ens_der oid;
    ens_cert signed_so = {.signature_algorithm = identifier};
    if (!enter(identifier, &in) || !ens__der_take(&in, ENS_DER_OID, &oid))
        return true;
    signed_so.signature_oid = oid.body;
    return ens__crypto_signature_opinion(&signed_so).grade == ENS_CRYPTO_REFUSED;
}

static ens__crypto_role role_of(const ens__crypto_path *p, size_t i)
{
    return i || p->seals_nothing ? ENS_ROLE_ISSUER : ENS_ROLE_SIGNER;
}

static size_t count_refusal(const ens__crypto_opinion *o, size_t so_far, ens__crypto_opinion *first)
{
    if (o->grade != ENS_CRYPTO_REFUSED)
        return 0;
    if (first && !so_far)
        *first = *o;
    return 1;
}

size_t ens__crypto_refusals(const ens__crypto_path *p, ens__crypto_opinion *first)
{
    size_t num = 0;
    for (size_t i = 0; i < p->num; i++) {
        ens__crypto_opinion key = quick_opinion(p->cert[i], role_of(p, i));
        num += count_refusal(&key, num, first);
        if (i == p->anchor)
            continue;
        ens__crypto_opinion signature = ens__crypto_signature_opinion(p->cert[i]);
        num += count_refusal(&signature, num, first);
    }
    return num;
}

bool ens__crypto_chain_refuses(const ens_chain *chain, ens__crypto_opinion *first)
{
    const ens_cert *cert[ENS_CHAIN_MAX];
    for (size_t i = 0; i < chain->num; i++)
        cert[i] = &chain->cert[i];
    size_t last = chain->num - 1;
    bool ends = chain->num > 1 && ens_eq(cert[last]->subject, cert[last]->issuer);
    if (!chain->num)
        return false;
    ens__crypto_opinion signer = ens__crypto_key_opinion(cert[0], ENS_ROLE_SIGNER);
    return count_refusal(&signer, 0, first) ||
           ens__crypto_refusals(&(ens__crypto_path){cert, chain->num, ends ? last : chain->num, false}, first);
}

/* tell_opinion: true when there is nothing to say. */
static bool tell_opinion(const ens__crypto_opinion *o, size_t i, const char *id, ens_report *report)
{
    if (o->grade == ENS_CRYPTO_GOOD)
        return true;
    ens_finding *f = o->grade == ENS_CRYPTO_REFUSED ? ens__failf(report, id, RULE_POLICY, o->hint, "%s", o->what)
                                                    : ens__warn(report, id, RULE_POLICY, o->hint, "%s", o->what);
    f->certificate = (int)i;
    return false;
}

void ens__crypto_policy_judge(const ens__crypto_path *p, const char *id, ens_report *report)
{
    bool good = true;
    for (size_t i = 0; i < p->num; i++) {
        ens__crypto_opinion key = ens__crypto_key_opinion(p->cert[i], role_of(p, i));
        good &= tell_opinion(&key, i, id, report);
        if (i == p->anchor)
            continue;
        ens__crypto_opinion signature = ens__crypto_signature_opinion(p->cert[i]);
        good &= tell_opinion(&signature, i, id, report);
    }
    if (good)
        ens__pass(report, id, RULE_POLICY);
}

/* The dates. */
static ens_finding *tell_end(const char *id, const ens__crypto_end *e, const ens_cert *c, ens_time at,
                             ens_report *report)
{
    char day[ENS_TIME_TEXT];
    if (e->end == ENS_TIME_NONE)
        return ens__passf(report, id, RULE, "%s", e->what);
    ens_time_format(e->end, day);
    if (at < e->end && c->not_after < e->end)
        return ens__passf(report, id, RULE, "%s, good until %.10s", e->what, day);
    if (at < e->end)
        return ens__warn(report, id, RULE, HINT_NEXT,
                         "the certificate outlives its algorithm: from %.10s on %s is no longer good", day, e->what);
    if (e->hard)
        return ens__failf(report, id, RULE, HINT_STRONGER, "%s ended on %.10s", e->what, day);
    return ens__warn(report, id, RULE, HINT_STRONGER, "%s was to end on %.10s", e->what, day);
}

static void judge_one(const char *id, ens__crypto_end e, bool refused, const ens__crypto_path *p, size_t i, ens_time at,
                      ens__timeline *timeline, ens_report *report)
{
    bool ended = e.hard && at >= e.end;
    if (e.unlisted || (refused && !ended))
        return; /* no praise, and no date, for what is refused anyhow */
    tell_end(id, &e, p->cert[i], at, report)->certificate = (int)i;
    if (e.end != ENS_TIME_NONE)
        ens__timeline_add(timeline, (ens__interval){.what = "algorithm",
                                                    .name = e.what,
                                                    .reason = i ? "an algorithm of its path ends (TS 119 312)"
                                                                : "its algorithm ends (TS 119 312)",
                                                    .from = ENS_TIME_NONE,
                                                    .until = e.end});
}

void ens__crypto_judge(const ens__crypto_path *p, ens_time at, ens__timeline *timeline, ens_report *report)
{
    for (size_t i = 0; i < p->num; i++) {
        const ens_cert *c = p->cert[i];
        if (i == 0)
            judge_one("crypto.key", ens__crypto_key(c), quick_opinion(c, role_of(p, i)).grade == ENS_CRYPTO_REFUSED, p,
                      i, at, timeline, report);
        if (i != p->anchor)
            judge_one("crypto.signature", ens__crypto_signature(c, i + 1 < p->num ? p->cert[i + 1] : NULL),
                      ens__crypto_signature_opinion(c).grade == ENS_CRYPTO_REFUSED, p, i, at, timeline, report);
    }
}
