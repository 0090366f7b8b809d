#include "certs/cryptopolicy.h"

#include "certs/oid.h"
#include "engine/clock.h"

#define RULE "TS 119 312 v1.5.1"
#define UPDATED 1728777600 /* 2024-10-13: ends that lie later were foreseen, and warn */

/* Ends as the first day on which the algorithm no longer holds. Rows of a kind go from weak to strong; the first that covers
 * the size counts. bits 0: any size. */
static const struct {
    ens_key_type type;
    unsigned below_bits;
    const char *what, *end; /* NULL: none known */
} keys[] = {
    {ENS_KEY_RSA, 1024, "RSA below 1024 bits", "2010-01-01"},
    {ENS_KEY_RSA, 1900, "RSA below 1900 bits", "2019-10-01"},
    {ENS_KEY_RSA, 3000, "RSA below 3000 bits", "2029-01-01"},
    {ENS_KEY_RSA, 0, "RSA PKCS#1 v1.5", "2029-01-01"},
    {ENS_KEY_RSA_PSS, 1900, "RSA below 1900 bits", "2019-10-01"},
    {ENS_KEY_RSA_PSS, 3000, "RSA below 3000 bits", "2029-01-01"},
    {ENS_KEY_RSA_PSS, 0, "RSASSA-PSS", NULL},
    {ENS_KEY_EC, 224, "ECDSA below 224 bits", "2013-01-01"},
    {ENS_KEY_EC, 256, "ECDSA below 256 bits", "2029-01-01"},
    {ENS_KEY_EC, 0, "ECDSA", NULL},
    {ENS_KEY_EDDSA, 0, "EdDSA", NULL},
};

static const struct {
    const char *oid, *what, *end;
} signatures[] = {
    {"1.2.840.113549.1.1.4", "MD5", "2004-08-01"},    {"1.2.840.113549.1.1.5", "SHA-1", "2012-08-01"},
    {"1.2.840.10045.4.1", "SHA-1", "2012-08-01"},     {"1.2.840.113549.1.1.14", "SHA-224", "2029-01-01"},
    {"1.2.840.10045.4.3.1", "SHA-224", "2029-01-01"},
};

static ens__crypto_end end_at(const char *what, const char *date)
{
    ens__crypto_end e = {what, ENS_TIME_NONE, false};
    if (date && ens_time_parse(ens_str(date), &e.end, NULL) == ENS_OK)
        e.hard = e.end <= UPDATED;
    return e;
}

ens__crypto_end ens__crypto_key(const ens_cert *cert)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].type == cert->key_type && (!keys[i].below_bits || cert->key_bits < keys[i].below_bits))
            return end_at(keys[i].what, keys[i].end);
    return end_at("a key of a kind that TS 119 312 doesn't know", "1970-01-01");
}

ens__crypto_end ens__crypto_signature(const ens_cert *cert)
{
    char text[ENS_OID_TEXT_MAX];
    ens__oid_text(cert->signature_oid, text, sizeof text);
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        if (strcmp(signatures[i].oid, text) == 0)
            return end_at(signatures[i].what, signatures[i].end);
    return end_at("the signature's hash", NULL);
}

/* judge_one returns the end where it comes before the certificate's own. */
static ens_time judge_one(const char *id, ens__crypto_end e, const ens_cert *c, ens_time at, size_t index, ens_report *report)
{
    char text[ENS_TIME_TEXT];
    ens_finding *f = NULL;
    if (e.end == ENS_TIME_NONE || (at < e.end && c->not_after < e.end)) {
        ens__passf(report, id, RULE, "%s", e.what)->certificate = (int)index;
        return ENS_TIME_NONE;
    }
    ens_time_format(e.end, text);
    if (at < e.end)
        f = ens__warn(report, id, RULE, "plan the next certificate with a key that holds longer: RSASSA-PSS or ECDSA, once ICS2 takes them",
                      "the certificate outlives its algorithm: %s holds until %.10s", e.what, text);
    else if (e.hard)
        f = ens__failf(report, id, RULE, "get a certificate with a stronger algorithm", "%s ended on %.10s", e.what, text);
    else
        f = ens__warn(report, id, RULE, "get a certificate with a stronger algorithm", "%s was to end on %.10s", e.what, text);
    f->certificate = (int)index;
    return e.end;
}

ens_time ens__crypto_judge(const ens_chain *chain, ens_time at, ens_report *report)
{
    ens_time first = ENS_TIME_NONE;
    for (size_t i = 0; i < chain->num; i++) {
        const ens_cert *c = &chain->cert[i];
        ens_time end[2] = {judge_one("crypto.key", ens__crypto_key(c), c, at, i, report), ENS_TIME_NONE};
        if (!ens_eq(c->subject, c->issuer))
            end[1] = judge_one("crypto.signature", ens__crypto_signature(c), c, at, i, report);
        for (size_t k = 0; k < 2; k++)
            if (end[k] != ENS_TIME_NONE && (first == ENS_TIME_NONE || end[k] < first))
                first = end[k];
    }
    return first;
}
