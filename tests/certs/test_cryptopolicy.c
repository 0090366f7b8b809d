/* The dates of TS 119 312: by key, by signature, and what a certificate that outlives its algorithm is told. */
#include "certs/path/cryptopolicy.h"
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

/* One certificate with a key of RSA 2048, signed by ECDSA. */
static void judge(const char *not_after, const char *at, unsigned bits, ens__timeline *timeline, ens_report *report)
{
    ens_chain chain = {.num = 1};
    chain.cert[0] = (ens_cert){.subject = ENS_LIT("a"),
                               .issuer = ENS_LIT("b"),
                               .not_after = day(not_after),
                               .key_type = ENS_KEY_RSA,
                               .key_bits = bits,
                               .signature_oid = ENS_LIT(ECDSA_ARC "\x03\x02")};
    ens__report_reset(report);
    *timeline = (ens__timeline){0};
    ens__crypto_judge(&chain, day(at), timeline, report);
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
        {"2031-01-01", "2019-09-30", 1024, ENS_WARN, "from 2019-10-01"},
    };
    ens_report report;
    ens__timeline timeline;
    ens__report_init(&report);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        judge(rows[i].not_after, rows[i].at, rows[i].bits, &timeline, &report);
        const ens_finding *f = find(&report, "crypto.key"), *s = find(&report, "crypto.signature");
        CHECK_ROW(f && f->outcome == rows[i].outcome && strstr(f->detail, rows[i].detail), "row %zu: %s", i,
                  f ? f->detail : "-");
        CHECK_ROW(s && s->outcome == ENS_PASS && (f->outcome == ENS_PASS || f->hint),
                  "row %zu: the signature, or no hint", i);
        const ens__interval *end = ens__timeline_first(&timeline, false);
        CHECK_ROW(timeline.num == 1 && end && end->until == day(rows[i].bits == 1024 ? "2019-10-01" : "2029-01-01"),
                  "row %zu: timeline", i);
    }
    ens__report_clear(&report);
}

static const ens_case cases[] = {
    {"dates every kind of key", keys},
    {"dates a signature by its scheme and its hash, whichever ends first", signatures},
    {"tells a certificate from which day its algorithm stops", verdicts},
    {NULL, NULL},
};
ENS_SUITE("certs/cryptopolicy", cases)
