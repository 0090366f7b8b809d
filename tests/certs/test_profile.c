/* The rules for legal persons: a seal as EN 319 412 wants it has no fault, and each alteration has the one that it
 * makes. */
#include "certs/profile/profile.h"
#include "engine/base/report.h"
#include "tests/certs/maker.h"
#include "tests/suite.h"

#include <stdio.h>

#define PAIRS 12
#define STATEMENTS 8

/* QcStatements in hexadecimal digits. */
#define ARC "060604008E4601"
#define COMPLIANCE "3008" ARC "01"
#define SSCD "3008" ARC "04"
#define TYPE(n) "3013" ARC "063009060704008E460106" n
#define ESEAL TYPE("02")
#define PDS(url, language) "3020" ARC "0530163014160E" url "1302" language
#define HTTPS "68747470733A2F2F652E65752F70" /* https://e.eu/p */
#define HTTP "687474703A2F2F652E65752F7071"  /* http://e.eu/pq */
#define EN "656E"
#define LEGAL                                                                                                          \
    "301506082B06010505070B0230090607"                                                                                 \
    "04008BEC490102"
#define LEGISLATION(country)                                                                                           \
    "300E" ARC "073004"                                                                                                \
    "1302" country
#define SIXTY_FOUR                                                                                                     \
    "Societ\xC3\xA9 par actions simplifi\xC3\xA9"                                                                      \
    "e de transports et de logistique 12"
#define LIMIT(currency)                                                                                                \
    "3015" ARC "02300B"                                                                                                \
    "1303" currency "020105"                                                                                           \
    "020103"

/* What stands in the place of what: a key of the subject or of the extensions with another value (NULL: without it), or
 * the statement at a place (NULL: without it; past the last: one more). */
typedef struct {
    const char *what, *key, *value;
    int statement;    /* 1 …; 0: none */
    const char *id;   /* the fault; NULL: none */
    const char *from; /* when it was issued */
    const char *also; /* a fault that comes with it */
} alteration;

static const char *const subject[PAIRS] = {
    "C", "FR", "O", "Transports Demo SAS", "2.5.4.97", "VATFR-44732829320", "CN", "Seal of Transports Demo"};
static const char *const extensions[PAIRS * 2] = {"basicConstraints",
                                                  "critical,CA:FALSE",
                                                  "keyUsage",
                                                  "critical,digitalSignature,nonRepudiation",
                                                  "subjectKeyIdentifier",
                                                  "hash",
                                                  "authorityKeyIdentifier",
                                                  "keyid:always",
                                                  "certificatePolicies",
                                                  "0.4.0.194112.1.3",
                                                  "authorityInfoAccess",
                                                  "OCSP;URI:http://ocsp.example,caIssuers;URI:http://ca.example/ca.cer",
                                                  "crlDistributionPoints",
                                                  "URI:http://ca.example/ca.crl"};
static const char *const statements[STATEMENTS] = {COMPLIANCE, SSCD, ESEAL, PDS(HTTPS, EN), LEGAL};

static const alteration rows[] = {
    {"a seal", NULL, NULL, 0, NULL, NULL, NULL},
    /* EN 319 412-3, 4.2.1 */
    {"no country", "C", NULL, 0, "profile.subject", NULL, NULL},
    {"no organization", "O", NULL, 0, "profile.subject", NULL, NULL},
    {"no organizationIdentifier", "2.5.4.97", NULL, 0, "profile.subject", NULL, NULL},
    {"no common name", "CN", NULL, 0, "profile.subject", NULL, NULL},
    {"two common names", "+CN", "Another", 0, "profile.subject-single", NULL, NULL},
    {"a country that is none", "C", "QQ", 0, "profile.subject-country", NULL, NULL},
    {"the organization's name as identifier", "2.5.4.97", "Transports Demo SAS", 0, "profile.orgid", NULL,
     "profile.orgid-name"},
    /* EN 319 412-1, 5.1.4 */
    {"VAT of Greece, by the code that VAT has", "2.5.4.97", "VATEL-123456789", 0, NULL, NULL, NULL},
    {"VAT of Northern Ireland", "2.5.4.97", "VATXI-123456789", 0, NULL, NULL, NULL},
    {"a register of Greece, by the code that VAT has", "2.5.4.97", "NTREL-123456789", 0, "profile.orgid", NULL, NULL},
    {"a register with a state", "2.5.4.97", "NTRUS+CA-123456789", 0, "profile.orgid", NULL, NULL},
    {"no scheme", "2.5.4.97", "RO42283735", 0, "profile.orgid", NULL, NULL},
    {"a scheme that is none", "2.5.4.97", "EXCFR-1", 0, "profile.orgid", NULL, NULL},
    {"an LEI", "2.5.4.97", "LEIXG-529900T8BM49AURSDO55", 0, NULL, NULL, NULL},
    {"an LEI of a country", "2.5.4.97", "LEIFR-529900T8BM49AURSDO55", 0, "profile.orgid", NULL, NULL},
    {"an LEI with a wrong digit", "2.5.4.97", "LEIXG-529900T8BM49AURSDO56", 0, "profile.orgid", NULL, NULL},
    {"a PSD identifier", "2.5.4.97", "PSDFR-ACPR-15930", 0, NULL, NULL, NULL},
    {"a PSD identifier without its authority", "2.5.4.97", "PSDFR-15930", 0, "profile.orgid", NULL, NULL},
    {"a national scheme whose authority has no URI", "2.5.4.97", "SI:FR-732829320", 0, "profile.orgid-authority", NULL,
     NULL},
    {"a national scheme of no country", "2.5.4.97", "SI:QQ-732829320", 5, "profile.orgid", NULL,
     "profile.orgid-authority"},
    /* EN 319 412-5, 4 and 5 */
    {"no QcCompliance", NULL, NULL, 1, "profile.qc-compliance", NULL, "profile.policy-fits"},
    {"QcCompliance with a value", NULL, "300A" ARC "010500", 1, "profile.qc-compliance-value", NULL, NULL},
    {"QcSSCD with a value", NULL, "300A" ARC "040500", 2, "profile.qc-sscd-value", NULL, NULL},
    {"no QcSSCD beside a policy with a QSCD", NULL, NULL, 2, "profile.policy-fits", NULL, NULL},
    {"no QcType", NULL, NULL, 3, "profile.qc-type-seal", NULL, NULL},
    {"QcType esign", NULL, TYPE("01"), 3, "profile.qc-type-seal", NULL, "profile.policy-fits"},
    {"QcType of a kind that is none", NULL, TYPE("09"), 3, "profile.qc-type", NULL, "profile.qc-type-seal"},
    {"two types", NULL, "301C" ARC "063012060704008E46010602060704008E46010601", 3, "profile.qc-type-single", NULL,
     NULL},
    {"two types, when that was allowed", NULL, "301C" ARC "063012060704008E46010602060704008E46010601", 3, NULL,
     "2024-01-01", NULL},
    {"a type as a statement", NULL, "3009060704008E46010602", 6, "profile.qc-type-statement", NULL, NULL},
    {"QcCompliance twice", NULL, COMPLIANCE, 6, "profile.qc-duplicate", "2026-06-01", NULL},
    {"QcCompliance twice, when that was allowed", NULL, COMPLIANCE, 6, NULL, "2026-04-01", NULL},
    {"a disclosure statement by http", NULL, PDS(HTTP, EN), 4, "profile.qc-pds-url", NULL, NULL},
    {"a disclosure statement by http, when that was allowed", NULL, PDS(HTTP, EN), 4, NULL, "2023-01-01", NULL},
    {"a disclosure statement in French alone", NULL, PDS(HTTPS, "6672"), 4, "profile.qc-pds", NULL, NULL},
    {"a language in capitals", NULL, PDS(HTTPS, "454E"), 4, "profile.qc-pds-case", NULL, NULL},
    {"a disclosure statement that can't be read", NULL, "3008" ARC "05", 4, "profile.qc-pds", NULL, NULL},
    {"semantics of a natural person", NULL, "301506082B06010505070B023009060704008BEC490101", 5, "profile.qc-semantics",
     NULL, NULL},
    {"semantics without a value", NULL, "300A06082B06010505070B02", 5, NULL, NULL, NULL},
    {"the law of another country", NULL, LEGISLATION("5553"), 6, "profile.qc-legislation-eu", NULL, NULL},
    {"the law of no country", NULL, "300A" ARC "073000", 6, "profile.qc-legislation", NULL, NULL},
    {"a limit", NULL, LIMIT("455552"), 6, NULL, NULL, NULL},
    {"a limit in a currency of no letters", NULL, LIMIT("313233"), 6, "profile.qc-limit", NULL, NULL},
    {"a limit in a currency that there is not", NULL, LIMIT("515151"), 6, "profile.qc-limit", NULL, NULL},
    {"a limit in a currency by its number", NULL,
     "3014" ARC "02300A"
     "020203D2"
     "020105"
     "020103",
     6, NULL, NULL, NULL},
    {"a limit in a number that there is not", NULL,
     "3014" ARC "02300A"
     "020203E6"
     "020105"
     "020103",
     6, "profile.qc-limit", NULL, NULL},
    {"a retention of ten years", NULL, "300B" ARC "0302010A", 6, NULL, NULL, NULL},
    {"a retention of no year", NULL, "300B" ARC "03020100", 6, "profile.qc-retention", NULL, NULL},
    {"a name of 64 characters", "O", SIXTY_FOUR, 0, NULL, NULL, NULL},
    {"a name of 65 characters", "O", SIXTY_FOUR "\xC3\xA4", 0, "profile.name-length", NULL, NULL},
    {"NCP and NCP+", "certificatePolicies", "0.4.0.194112.1.3,0.4.0.2042.1.1,0.4.0.2042.1.2", 0, "profile.policy-fits",
     NULL, NULL},
    {"alternative names", "+subjectAltName", "DNS:ca.example", 0, NULL, NULL, NULL},
    {"a retention period of no number", NULL, "300A" ARC "030500", 6, "profile.qc-retention", NULL, NULL},
    {"a method of identification that is none", NULL, "3013" ARC "083009060704008E46010809", 6,
     "profile.qc-ident-method", NULL, NULL},
    /* EN 319 412-2, 4.3 and 4.4 */
    {"no key usage", "keyUsage", NULL, 0, "profile.key-usage", NULL, NULL},
    {"the key usage of a CA", "keyUsage", "critical,keyCertSign", 0, "profile.key-usage-setting", NULL, NULL},
    {"a CA", "basicConstraints", "critical,CA:TRUE", 0, "profile.end-entity", NULL, NULL},
    {"no policy", "certificatePolicies", NULL, 0, "profile.policy", NULL, NULL},
    {"a policy of its own alone", "certificatePolicies", "1.2.3.4", 0, NULL, NULL, NULL},
    {"two policies of the Union", "certificatePolicies", "0.4.0.194112.1.3,0.4.0.194112.1.1", 0,
     "profile.policy-qualified", NULL, NULL},
    {"a policy of natural persons", "certificatePolicies", "0.4.0.194112.1.2", 0, "profile.policy-fits", NULL, NULL},
    {"a critical policy", "certificatePolicies", "critical,0.4.0.194112.1.3", 0, "profile.critical", NULL, NULL},
    {"a critical extended key usage", "+extendedKeyUsage", "critical,clientAuth", 0, "profile.critical", NULL, NULL},
    {"a time-stamping unit", "+extendedKeyUsage", "critical,timeStamping", 0, NULL, NULL, NULL},
    {"a server's key", "+extendedKeyUsage", "serverAuth", 0, "profile.qc-type-web", NULL, NULL},
    {"constraints on names", "+nameConstraints", "permitted;DNS:example", 0, "profile.ca-extension", NULL, NULL},
    {"no authority key", "authorityKeyIdentifier", NULL, 0, "profile.authority-key", NULL, NULL},
    {"OCSP alone", "crlDistributionPoints", NULL, 0, NULL, NULL, NULL},
    {"a CRL alone", "authorityInfoAccess", "caIssuers;URI:http://ca.example/ca.cer", 0, NULL, NULL, NULL},
    {"no way to the issuer", "authorityInfoAccess", "OCSP;URI:http://ocsp.example", 0, "profile.issuer-url", NULL,
     NULL},
    {"a CRL by a scheme that nobody reads", "crlDistributionPoints", "URI:ftp://ca.example/ca.crl", 0,
     "profile.revocation", NULL, NULL},
    {"no revocation, and where to ask", "+2.5.29.56", "DER:0500", 0, "profile.no-rev-avail", NULL, NULL},
};

/* altered copies pairs, with the row's in place of its own. */
static bool altered(const char *const *pairs, const alteration *a, const char **out)
{
    size_t n = 0;
    bool found = false;
    for (size_t i = 0; pairs[i]; i += 2) {
        bool same = a->key && strcmp(pairs[i], a->key) == 0;
        found |= same;
        if (same && !a->value)
            continue;
        out[n++] = pairs[i];
        out[n++] = same ? a->value : pairs[i + 1];
    }
    out[n] = NULL;
    return found;
}

static void append(const char **pairs, const char *key, const char *value)
{
    size_t n = 0;
    while (pairs[n])
        n++;
    pairs[n] = key;
    pairs[n + 1] = value;
    pairs[n + 2] = NULL;
}

static const char *altered_statements(const alteration *a, char *out, size_t size)
{
    const char *list[STATEMENTS + 1] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < STATEMENTS && statements[i]; i++) {
        bool same = a->statement == (int)i + 1;
        if (!same || a->value)
            list[n++] = same && !a->key ? a->value : statements[i];
    }
    if (a->statement > (int)n && !a->key)
        list[n++] = a->value;
    return maker_statements(list, out, size);
}

static bool make(const alteration *a, ens_buf *der)
{
    const char *names[PAIRS + 3], *parts[PAIRS * 2 + 5];
    char qc[1024];
    altered(subject, a, names);
    altered(extensions, a, parts);
    if (a->key && a->key[0] == '+')
        append(strcmp(a->key, "+CN") == 0 ? names : parts, a->key + 1, a->value);
    append(parts, "1.3.6.1.5.5.7.1.3", altered_statements(a, qc, sizeof qc));
    maker_row row = {.subject = names, .issuer = subject, .extensions = parts, .from = a->from};
    return maker_certificate(&row, false, der);
}

/* only_fault: the row's fault and no other; without one, that the form is good. */
static bool only_fault(const ens_report *report, const char *id, const char *also, char *seen, size_t size)
{
    bool found = false, other = false;
    seen[0] = '\0';
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        bool fault = f->outcome == ENS_WARN || f->outcome == ENS_FAIL;
        if (fault && (!f->seen || !f->hint || !f->rule))
            return false;
        found |= fault && id && strcmp(f->id, id) == 0;
        other |= fault && (!id || strcmp(f->id, id) != 0) && (!also || strcmp(f->id, also) != 0);
        found |= !id && strcmp(f->id, "profile.form") == 0;
        if (fault)
            snprintf(seen + strlen(seen), size - strlen(seen), " %s", f->id);
    }
    return found && !other;
}

static void alterations(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_report report;
        ens_buf der;
        ens_cert cert;
        char seen[512];
        ens__report_init(&report);
        ens_buf_init(&der, NULL, 0, ENS_CERT_MAX);
        bool made = make(&rows[i], &der) && ens_cert_parse(ens_buf_slice(&der), &cert, NULL) == ENS_OK;
        CHECK_ROW(made, "%s can't be made", rows[i].what);
        if (made) {
            ens__profile_judge(&cert, &report);
            CHECK_ROW(only_fault(&report, rows[i].id, rows[i].also, seen, sizeof seen), "%s: not %s, but%s",
                      rows[i].what, rows[i].id ? rows[i].id : "good", seen);
        }
        ens_buf_free(&der);
        ens__report_clear(&report);
    }
}

/* A fault quotes what the certificate says, and the certificate says what it likes. */
static void quotes(void)
{
    static const alteration row = {"escape sequences", "2.5.4.97", "\033[2J\r\n", 0, "profile.orgid", NULL, NULL};
    ens_report report;
    ens_buf der;
    ens_cert cert;
    ens__report_init(&report);
    ens_buf_init(&der, NULL, 0, ENS_CERT_MAX);
    CU_ASSERT_TRUE_FATAL(make(&row, &der) && ens_cert_parse(ens_buf_slice(&der), &cert, NULL) == ENS_OK);
    ens__profile_judge(&cert, &report);
    CU_ASSERT_TRUE(ens_report_tells(&report, "profile.orgid", ENS_WARN));
    for (size_t i = 0; i < ens_report_num(&report); i++)
        for (const char *c = ens_detail(ens_report_get(&report, i)); *c; c++)
            CHECK_ROW((unsigned char)*c >= 0x20 && *c != 0x7F, "a control character in %s",
                      ens_report_get(&report, i)->id);
    ens_buf_free(&der);
    ens__report_clear(&report);
}

/* Serial numbers: contents of the INTEGER. */
static void serials(void)
{
    static const struct {
        ens_slice serial;
        bool good;
    } rows_of_serials[] = {
        {{(const uint8_t *)"\x01", 1}, true},
        {{(const uint8_t *)"\x00\xFF", 2}, true},
        {{(const uint8_t *)"\x7F 3456789 123456789", 20}, true},
        {{(const uint8_t *)"\x00", 1}, false},
        {{(const uint8_t *)"\xFF", 1}, false},
        {{(const uint8_t *)"\x00\x80"
                           "3456789 123456789 1",
          21},
         false},
    };
    ens_buf der;
    ens_cert cert;
    ens_buf_init(&der, NULL, 0, ENS_CERT_MAX);
    CU_ASSERT_TRUE_FATAL(make(&rows[0], &der) && ens_cert_parse(ens_buf_slice(&der), &cert, NULL) == ENS_OK);
    for (size_t i = 0; i < sizeof rows_of_serials / sizeof *rows_of_serials; i++) {
        ens_report report;
        char seen[256];
        ens__report_init(&report);
        cert.serial = rows_of_serials[i].serial;
        ens__profile_judge(&cert, &report);
        CHECK_ROW(only_fault(&report, rows_of_serials[i].good ? NULL : "profile.serial", NULL, seen, sizeof seen),
                  "serial number %zu: %s", i, seen);
        ens__report_clear(&report);
    }
    ens_buf_free(&der);
}

static const ens_case cases[] = {
    {"finds what an alteration breaks, and nothing else", alterations},
    {"quotes a certificate without its control characters", quotes},
    {"a serial number is positive, and has at most 20 octets", serials},
    {NULL, NULL},
};
ENS_SUITE("certs/profile", cases)
