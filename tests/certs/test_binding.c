#include "ensign/eori.h"

#include "certs/eori/eori.h"
#include "certs/x509/der.h"

#include "engine/base/file.h"
#include "engine/base/report.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

static ens_binding judge(const char *orgid, const char *eori, ens_finding *found)
{
    ens_report r;
    ens__report_init(&r);
    ens_binding verdict = ens_binding_check(ens_str(orgid), ens_str(eori), &r);
    CHECK_ROW(r.num == 1 && strcmp(r.findings[0].id, "binding.eori") == 0, "%s %s: %zu findings", orgid, eori, r.num);
    *found = r.num ? r.findings[0] : (ens_finding){0};
    found->seen = found->seen ? "given" : NULL;
    found->values = NULL;
    ens__report_clear(&r);
    return verdict;
}

static bool well_told(const ens_finding *f, ens_binding verdict)
{
    if (!f->rule || !f->seen)
        return false;
    if (verdict == ENS_BINDING_MISMATCH)
        return f->outcome == ENS_FAIL && f->hint && strcmp(f->code, "EBMS:0004") == 0 &&
               strcmp(f->subcode, "A001") == 0;
    return verdict == ENS_BINDING_BOUND ? f->outcome == ENS_PASS : f->outcome == ENS_WARN && f->hint && !f->subcode;
}

typedef struct {
    const char *orgid, *eori;
    ens_binding verdict;
} row;

static void check_rows(const row *rows, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        ens_finding f;
        ens_binding verdict = judge(rows[i].orgid, rows[i].eori, &f);
        CHECK_ROW(verdict == rows[i].verdict && well_told(&f, verdict), "%s and %s: %s", rows[i].orgid, rows[i].eori,
                  ens_binding_name(verdict));
    }
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof rows / sizeof *rows)

#define BOUND ENS_BINDING_BOUND
#define MISMATCH ENS_BINDING_MISMATCH
#define CANNOT ENS_BINDING_CANNOT

static void binds_french_numbers_by_siren(void)
{
    static const row rows[] = {
        {"VATFR-44732829320", "FR73282932000074", BOUND},
        {"VATFR-44 732 829 320", "FR73282932000074", BOUND},
        {"VATFR-FR44732829320", "FR73282932000074", BOUND},
        {"VATFR-44732829320", "FR732829320", BOUND},
        {"NTRFR-732829320", "FR73282932000074", BOUND},
        {"NTRFR-73282932000074", "FR73282932000074", BOUND},
        {"NTRFR-356000000", "FR35600000009075", BOUND},
        {"NTRFR-542071188", "FR54207118800313", BOUND},
        {"NTRFR-542071188", "FR73282932000074", MISMATCH},
        {"VATFR-44732829320", "FR54207118800313", MISMATCH},
        {"NTRFR-34513312800057", "FR73282932000074", MISMATCH},
        {"VATFR-44732829320", "FR542071188", MISMATCH},
        {"VATFR-44732829320", "FR73282932000077", MISMATCH}, /* no such SIRET */
        {"VATFR-45732829320", "FR73282932000074", CANNOT},   /* the key is wrong */
        {"VATFR-45732829320", "FR54207118800313", CANNOT},
        {"NTRFR-732829321", "FR54207118800313", CANNOT},
        {"VATFR-44732829320", "FRGB123456", CANNOT}, /* an operator from outside the Union */
        {"VATFR-44732829320", "FR1", CANNOT},
        {"VATFR-44732829320", "DE48297560012345", CANNOT},
    };
    CHECK_ROWS(rows);
}

static void binds_other_countries_where_a_rule_is_published(void)
{
    static const row rows[] = {
        {"NTRBE-0949.383.342", "BE0949383342", BOUND},
        {"VATBE-0949.383.342", "BE0949383342", BOUND},
        {"VATBE-949383342", "BE0949383342", BOUND},
        {"NTRBE-0314.595.348", "BE0949383342", MISMATCH},
        {"VATBE-0314595348", "BE0949383342", CANNOT},   /* may be a VAT unit's */
        {"NTRBE-0476.046.486", "BE0949383342", CANNOT}, /* check digits wrong: mistyped */
        {"NTRBE-0314.595.348", "BE1", CANNOT},
        {"VATHR-58843087891", "HR58843087891", BOUND},
        {"VATHR-58843087891", "HR85821130368", MISMATCH},
        {"VATHR-58843087890", "HR85821130368", CANNOT},
        {"NTRFI-0112038-9", "FI0112038-9", BOUND},
        {"VATFI-01120389", "FI0112038-9", BOUND},
        {"NTRFI-0112038-9", "FI1927400-1", MISMATCH},
        {"VATFI-01120389", "FI1927400-1", CANNOT},
        {"NTREE-10747013", "EE10747013", BOUND},
        {"NTREE-10747013", "EE14532901", MISMATCH},
        {"VATEE-101114112", "EE10747013", CANNOT},
        {"NTRDK-10150817", "DK10150817", BOUND},
        {"NTRDK-10150817", "DK25313763", CANNOT}, /* which may be the company's SE number */
        {"VATNL-123456789B01", "NL123456789", BOUND},
        {"VATNL-NL123456789B01", "NL123456789", BOUND},
        {"VATNL-123456789B01", "NL987654321", CANNOT}, /* a sole trader's or a fiscal unit's VAT number */
        {"NTRNL-52455289", "NL123456789", CANNOT},
        {"VATIT-07945211006", "IT07945211006", BOUND},
        {"NTRIT-07945211006", "IT07945211006", BOUND},
        {"VATIT-07945211006", "IT01621900479", CANNOT},
        {"VATES-A82733262", "ESA82733262", BOUND},
        {"VATES-A82733262", "ESB82733262", CANNOT},
        {"VATPL-5250001090", "PL525000109000000", BOUND},
        {"VATPL-525-000-10-90", "PL525000109000000", BOUND},
        {"VATPL-5250001090", "PL5250001090", CANNOT},
        {"VATPT-507015851", "PT507015851", BOUND},
        {"VATRO-18288250", "RO18288250", BOUND},
        {"VATSI-41887204", "SI41887204", BOUND},
        {"VATLU-LU29222134", "LU29222134", BOUND},
        {"VATSE-556012579001", "SE5560125790", BOUND},
        {"NTRSE-556012-5790", "SE5560125790", BOUND},
        {"NTRSK-35975946", "SK0I35975946", BOUND},
        {"NTRSK-35975946", "SK2020000000", CANNOT},
        {"VATXI-123456789", "XI123456789000", BOUND},
        {"VATGB-123456789", "XI123456789000", BOUND},
        {"VATGB-123456789", "GB123456789000", BOUND},
        {"VATHU-23584497-2-41", "HU0000123456", CANNOT},
        {"VATEL-123456789", "GR123456789", CANNOT},
        {"NTRCZ-26439395", "CZ26439395", CANNOT},
        {"VATDE-123456789", "DE123456789012345", CANNOT},
    };
    CHECK_ROWS(rows);
}

static void never_guesses_from_what_it_can_not_read(void)
{
    static const row rows[] = {
        {"", "FR73282932000074", CANNOT},
        {"   ", "FR73282932000074", CANNOT},
        {"RO42283735", "RO42283735", BOUND}, /* VAT number without its scheme */
        {"RO42283735", "RO18288250", CANNOT},
        {"FR44732829320", "FR73282932000074", BOUND},
        {"FR44732829320", "FR54207118800313", CANNOT}, /* no scheme, no certain mismatch */
        {"B97458996", "ESB97458996", CANNOT},
        {"4267230", "FR73282932000074", CANNOT},
        {"LEIXG-254900ZNYA1FLUQ9U393", "FR73282932000074", CANNOT},
        {"PSDIT-BI-01234567890", "IT01234567890", CANNOT},
        {"PA:IT-agid", "IT01234567890", CANNOT},
        {"VATFR-", "FR73282932000074", CANNOT},
        {"VATFR", "FR73282932000074", CANNOT},
        {"VATFR-44732829320", "", CANNOT},
        {"VATFR-44732829320", "FR", CANNOT},
        {"\xff\xfe", "FR73282932000074", CANNOT},
        {"VATFR-4473282932044732829320447328293204473282932044732829320", "FR73282932000074", CANNOT},
    };
    CHECK_ROWS(rows);
    ens_finding f;
    CHECK_ROW(judge("VATIT-0794521\0001006", "IT07945211006", &f) == CANNOT, "a number cut by NUL");
    ens_report r;
    ens__report_init(&r);
    CHECK_ROW(ens_binding_check(ENS_LIT("VATIT-0794\0005211006"), ENS_LIT("IT07945211006"), &r) == CANNOT,
              "a NUL is no separator");
    ens__report_clear(&r);
}

/* Each real seal against an EORI built from it where a rule is known, against one of a French company, and against
 * itself as text: nothing may crash, none may mismatch but the French, and what binds must be what the table of rules
 * says. */
typedef struct {
    unsigned num, bound, mismatch;
    char last[64];
} tally;

static void judge_seal(ens_slice orgid, tally *t)
{
    char text[128], eori[24];
    ens_finding f;
    if (orgid.len >= sizeof text)
        return;
    memcpy(text, orgid.p, orgid.len);
    text[orgid.len] = '\0';
    ens_binding french = judge(text, "FR12345678200010", &f);
    CHECK_ROW(french == CANNOT || (french == MISMATCH && strncmp(text + 3, "FR-", 3) == 0), "%s: %s", text,
              ens_binding_name(french));
    t->mismatch += french == MISMATCH;
    t->num++;
    if (orgid.len < 8 || text[5] != '-')
        return;
    char plain[20] = "";
    for (size_t i = 6, n = 0; i < orgid.len && n < 15; i++)
        if (!strchr(". ", text[i]))
            plain[n++] = text[i], plain[n] = '\0';
    snprintf(eori, sizeof eori, "%.2s%s", text + 3, strncmp(plain, text + 3, 2) == 0 ? plain + 2 : plain);
    t->bound += judge(text, eori, &f) == BOUND;
}

static ens_slice column(ens_slice line, unsigned n)
{
    size_t from = 0;
    while (n-- > 0) {
        size_t tab = ens__find(line, ENS_LIT("\t"), from);
        if (tab == SIZE_MAX)
            return (ens_slice){0};
        from = tab + 1;
    }
    size_t tab = ens__find(line, ENS_LIT("\t"), from);
    return ens_sub(line, from, tab == SIZE_MAX ? line.len : tab);
}

static void judges_every_real_seal_without_a_false_mismatch(void)
{
    const char *path = ens_shared("data/certificates/seals/index.tsv");
    ens_file file = {0};
    ens_slice line;
    tally t = {0};
    if (!path)
        return;
    CU_ASSERT_EQUAL_FATAL(ens__file_open(path, 0, &file, NULL), ENS_OK);
    ens_reader r = ens_read(file.bytes);
    ens_take_line(&r, &line);
    while (ens_take_line(&r, &line))
        judge_seal(column(line, 9), &t);
    ens__file_close(&file);
    CU_ASSERT_EQUAL(t.num, 328);
    CU_ASSERT_EQUAL(t.mismatch, 27);                /* every NTRFR, and no other */
    CHECK_ROW(t.bound == 121, "%u bound", t.bound); /* all of BE, ES, FR, HR, IT, LU (VAT), PT, RO, SI */
}

/* A certificate with several identifiers; NULL ends them. */
static const struct {
    const char *orgid[4], *eori;
    ens_binding verdict;
} subjects[] = {
    {{"VATFR-44732829320", NULL}, "FR73282932000074", BOUND},
    {{"PSDFR-ACPR-12345", "VATFR-44732829320", NULL}, "FR73282932000074", BOUND},
    {{"NTRFR-732829320", "VATFR-44732829320", NULL}, "FR732829320", BOUND},
    {{"NTRFR-542071188", "VATFR-44732829320", NULL}, "FR73282932000074", CANNOT},
    {{"VATFR-44732829320", "NTRFR-542071188", NULL}, "FR73282932000074", CANNOT},
    {{"NTRFR-542071188", "NTRFR-345133128", NULL}, "FR73282932000074", CANNOT},
    {{"NTRFR-542071188", "NTRFR-54207118800313", NULL}, "FR73282932000074", MISMATCH},
    {{"NTRFR-542071188", "PSDFR-ACPR-12345", NULL}, "FR73282932000074", MISMATCH},
    {{NULL}, "FR73282932000074", CANNOT},
    {{"VATFR-44732829320", NULL}, "", CANNOT},
};

/* write_subject writes a Name that has these identifiers. */
static void write_subject(const char *const *orgid, ens_buf *out)
{
    uint8_t storage[512];
    ens_buf sets;
    ens_buf_init(&sets, storage, sizeof storage, sizeof storage);
    for (; *orgid; orgid++) {
        size_t value = strlen(*orgid), inner = 5 + 2 + value;
        ens__der_put_header(&sets, ENS_DER_SET, inner + 2);
        ens__der_put_header(&sets, ENS_DER_SEQUENCE, inner);
        ens_buf_text(&sets, "\x06\x03\x55\x04\x61");
        ens__der_put_header(&sets, ENS_DER_UTF8_STRING, value);
        ens_buf_text(&sets, *orgid);
    }
    ens__der_put_header(out, ENS_DER_SEQUENCE, sets.len);
    ens_buf_put(out, ens_buf_slice(&sets));
}

static void hears_all_identifiers_of_a_certificate(void)
{
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        uint8_t storage[512];
        ens_buf name;
        ens_report r;
        ens_buf_init(&name, storage, sizeof storage, sizeof storage);
        write_subject(subjects[i].orgid, &name);
        ens__report_init(&r);
        ens_cert cert = {.subject = ens_buf_slice(&name)};
        ens_binding verdict = ens_binding_check_cert(&cert, ens_str(subjects[i].eori), &r);
        CHECK_ROW(verdict == subjects[i].verdict && r.num == 1, "row %zu: %s", i, ens_binding_name(verdict));
        ens__report_clear(&r);
    }
}

/* What can't be read may be another identifier: of a kind that names have not, or behind more than is read. */
static void proves_nothing_by_half_a_name(void)
{
    static const struct {
        uint8_t tag;
        unsigned beside; /* attributes behind the identifier */
        ens_binding verdict;
    } rows[] = {
        {ENS_DER_UTF8_STRING, 0, BOUND},   {ENS_DER_PRINTABLE_STRING, 0, BOUND}, {ENS_DER_NUMERIC_STRING, 0, BOUND},
        {ENS_DER_OCTET_STRING, 0, CANNOT}, {ENS_DER_INTEGER, 0, CANNOT},         {ENS_DER_UTF8_STRING, 60, BOUND},
        {ENS_DER_UTF8_STRING, 70, CANNOT},
    };
    static const char id[] = "NTRFR-732829320";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t storage[2][2048];
        ens_buf sets, name;
        ens_report r;
        ens_buf_init(&sets, storage[0], sizeof storage[0], sizeof storage[0]);
        ens_buf_init(&name, storage[1], sizeof storage[1], sizeof storage[1]);
        for (unsigned k = 0; k <= rows[i].beside; k++) {
            size_t len = k ? 1 : sizeof id - 1;
            ens__der_put_header(&sets, ENS_DER_SET, 5 + 2 + len + 2);
            ens__der_put_header(&sets, ENS_DER_SEQUENCE, 5 + 2 + len);
            ens_buf_text(&sets, k ? "\x06\x03\x55\x04\x0B" : "\x06\x03\x55\x04\x61");
            ens__der_put_header(&sets, k ? ENS_DER_UTF8_STRING : rows[i].tag, len);
            ens_buf_text(&sets, k ? "u" : id);
        }
        ens__der_put_header(&name, ENS_DER_SEQUENCE, sets.len);
        ens_buf_put(&name, ens_buf_slice(&sets));
        ens__report_init(&r);
        ens_cert cert = {.subject = ens_buf_slice(&name)};
        ens_binding verdict = ens_binding_check_cert(&cert, ENS_LIT("FR732829320"), &r);
        CHECK_ROW(verdict == rows[i].verdict && r.num == 1, "row %zu: %s", i, ens_binding_name(verdict));
        ens__report_clear(&r);
    }
}

static const ens_case cases[] = {
    {"binds French numbers by SIREN", binds_french_numbers_by_siren},
    {"binds other countries where a rule is published", binds_other_countries_where_a_rule_is_published},
    {"hears all identifiers of a certificate", hears_all_identifiers_of_a_certificate},
    {"proves nothing by half a name", proves_nothing_by_half_a_name},
    {"never guesses from what it can not read", never_guesses_from_what_it_can_not_read},
    {"judges every real seal without a false mismatch", judges_every_real_seal_without_a_false_mismatch},
    {NULL, NULL},
};
ENS_SUITE("certs/binding", cases)
