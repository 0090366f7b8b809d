#include "certs/path/cryptopolicy.h"

#include "certs/x509/der.h"

#define RULE "TS 119 312 v1.5.1"
#define HINT_STRONGER "get a certificate with a stronger algorithm"
#define HINT_NEXT                                                                                                      \
    "have the next certificate in force before that day; RSASSA-PSS and ECDSA have no end, where ICS2 takes them"
/* The table is as of this day: ends that lie later were foreseen then, and only warn.
 * Source  the update date of the EU's DSS for TS 119 312 v1.5.1 */
#define UPDATED "2024-10-13"

typedef enum { FAMILY_RSA, FAMILY_PSS, FAMILY_EC, FAMILY_EDDSA, FAMILY_OTHER } family;
typedef enum { HASH_UNKNOWN, HASH_MD5, HASH_RIPEMD160, HASH_SHA1, HASH_SHA224, HASH_SHA2, HASH_SHA3, HASH_OWN } hash;

/* Dates are the first day on which the algorithm no longer holds. Rows of a family go from weak to strong: the first
 * that covers the size counts; 0 covers every size. Source  TS 119 312 v1.5.1; the
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

typedef struct {
    ens_slice oid;
    family of;
    hash with;
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

/* hash_of_pss reads the hash from the parameters; left out, it is SHA-1.   Source  RFC 4055, 3.1 */
static hash hash_of_pss(ens_slice signature_algorithm)
{
    const algorithm known[] = {
        {ENS_LIT("\x2B\x0E\x03\x02\x1A"), FAMILY_OTHER, HASH_SHA1},
        {ENS_LIT(NIST_HASHES "\x04"), FAMILY_OTHER, HASH_SHA224},
        {ENS_LIT(NIST_HASHES "\x01"), FAMILY_OTHER, HASH_SHA2},
        {ENS_LIT(NIST_HASHES "\x02"), FAMILY_OTHER, HASH_SHA2},
        {ENS_LIT(NIST_HASHES "\x03"), FAMILY_OTHER, HASH_SHA2},
        {ENS_LIT(NIST_HASHES "\x08"), FAMILY_OTHER, HASH_SHA3},
        {ENS_LIT(NIST_HASHES "\x09"), FAMILY_OTHER, HASH_SHA3},
        {ENS_LIT(NIST_HASHES "\x0A"), FAMILY_OTHER, HASH_SHA3},
    };
    ens_reader r = ens_read(signature_algorithm);
    ens_der whole, oid, parameters, explicit, named;
    algorithm found;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &whole))
        return HASH_UNKNOWN;
    r = ens_read(whole.body);
    if (!ens__der_take(&r, ENS_DER_OID, &oid) || !ens__der_take(&r, ENS_DER_SEQUENCE, &parameters))
        return HASH_UNKNOWN;
    r = ens_read(parameters.body);
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(0), &explicit))
        return HASH_UNKNOWN;
    if (!explicit.all.len)
        return HASH_SHA1;
    r = ens_read(explicit.body);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &named))
        return HASH_UNKNOWN;
    r = ens_read(named.body);
    return ens__der_take(&r, ENS_DER_OID, &oid) && find_algorithm(known, sizeof known / sizeof *known, oid.body, &found)
               ? found.with
               : HASH_UNKNOWN;
}

static algorithm algorithm_of(const ens_cert *cert)
{
    const algorithm known[] = {
        {ENS_LIT(RSA_ARC "\x0B"), FAMILY_RSA, HASH_SHA2},
        {ENS_LIT(RSA_ARC "\x0C"), FAMILY_RSA, HASH_SHA2},
        {ENS_LIT(RSA_ARC "\x0D"), FAMILY_RSA, HASH_SHA2},
        {ENS_LIT(ECDSA_ARC "\x03\x02"), FAMILY_EC, HASH_SHA2},
        {ENS_LIT(ECDSA_ARC "\x03\x03"), FAMILY_EC, HASH_SHA2},
        {ENS_LIT(ECDSA_ARC "\x03\x04"), FAMILY_EC, HASH_SHA2},
        {ENS_LIT(RSA_ARC "\x05"), FAMILY_RSA, HASH_SHA1},
        {ENS_LIT(RSA_ARC "\x0E"), FAMILY_RSA, HASH_SHA224},
        {ENS_LIT(RSA_ARC "\x04"), FAMILY_RSA, HASH_MD5},
        {ENS_LIT("\x2B\x0E\x03\x02\x1D"), FAMILY_RSA, HASH_SHA1},
        {ENS_LIT("\x2B\x24\x03\x03\x01\x02"), FAMILY_RSA, HASH_RIPEMD160},
        {ENS_LIT(ECDSA_ARC "\x01"), FAMILY_EC, HASH_SHA1},
        {ENS_LIT(ECDSA_ARC "\x03\x01"), FAMILY_EC, HASH_SHA224},
        {ENS_LIT(NIST_SIGNATURES "\x0E"), FAMILY_RSA, HASH_SHA3},
        {ENS_LIT(NIST_SIGNATURES "\x0F"), FAMILY_RSA, HASH_SHA3},
        {ENS_LIT(NIST_SIGNATURES "\x10"), FAMILY_RSA, HASH_SHA3},
        {ENS_LIT(NIST_SIGNATURES "\x0A"), FAMILY_EC, HASH_SHA3},
        {ENS_LIT(NIST_SIGNATURES "\x0B"), FAMILY_EC, HASH_SHA3},
        {ENS_LIT(NIST_SIGNATURES "\x0C"), FAMILY_EC, HASH_SHA3},
        {ENS_LIT("\x2B\x65\x70"), FAMILY_EDDSA, HASH_OWN},
        {ENS_LIT("\x2B\x65\x71"), FAMILY_EDDSA, HASH_OWN},
    };
    algorithm found;
    if (ens_eq(cert->signature_oid, PSS))
        return (algorithm){cert->signature_oid, FAMILY_PSS, hash_of_pss(cert->signature_algorithm)};
    return find_algorithm(known, sizeof known / sizeof *known, cert->signature_oid, &found)
               ? found
               : (algorithm){cert->signature_oid, FAMILY_OTHER, HASH_UNKNOWN};
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

static ens_finding *tell_end(const char *id, const ens__crypto_end *e, const ens_cert *c, ens_time at,
                             ens_report *report)
{
    char day[ENS_TIME_TEXT];
    if (e->unlisted)
        return ens__warn(report, id, RULE, "use RSA, RSASSA-PSS or ECDSA",
                         "%s: TS 119 312 doesn't list it, so others may not take it", e->what);
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

static void judge_one(const char *id, ens__crypto_end e, const ens_chain *chain, size_t i, ens_time at,
                      ens__timeline *timeline, ens_report *report)
{
    tell_end(id, &e, &chain->cert[i], at, report)->certificate = (int)i;
    if (e.end != ENS_TIME_NONE)
        ens__timeline_add(timeline, (ens__interval){.what = "algorithm",
                                                    .name = e.what,
                                                    .reason = i ? "an algorithm of its path ends (TS 119 312)"
                                                                : "its algorithm ends (TS 119 312)",
                                                    .from = ENS_TIME_NONE,
                                                    .until = e.end});
}

void ens__crypto_judge(const ens_chain *chain, ens_time at, ens__timeline *timeline, ens_report *report)
{
    for (size_t i = 0; i < chain->num; i++) {
        const ens_cert *c = &chain->cert[i];
        if (i == 0)
            judge_one("crypto.key", ens__crypto_key(c), chain, i, at, timeline, report);
        if (!ens_eq(c->subject, c->issuer))
            judge_one("crypto.signature", ens__crypto_signature(c, i + 1 < chain->num ? &chain->cert[i + 1] : NULL),
                      chain, i, at, timeline, report);
    }
}
