#include "ensign/eori.h"

#include "certs/eori/countries.h"
#include "certs/eori/eori.h"
#include "engine/base/report.h"
#include "tests/suite.h"

#define AT_2025 1767225599 /* 2025-12-31T23:59:59Z */
#define AT_2026 1767225600

static void splits_the_four_shapes_of_a_party_id(void)
{
    static const struct {
        const char *text, *system_id, *eori, *member_state;
    } rows[] = {
        {"FR12345678200010", "", "FR12345678200010", ""},
        {"sys1@FR12345678200010", "sys1", "FR12345678200010", ""},
        {"FR12345678200010@BE", "", "FR12345678200010", "BE"},
        {"sys1@FR12345678200010@BE", "sys1", "FR12345678200010", "BE"},
        {"ABCDEFGHIJ12@FR1", "ABCDEFGHIJ12", "FR1", ""},
        {"FI1234567-8@FI", "", "FI1234567-8", "FI"},
        {"FR@FR1", "FR", "FR1", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_party_id id = {0};
        ens_code code = ens_party_id_parse(ens_str(rows[i].text), &id, NULL);
        CHECK_ROW(code == ENS_OK && ens_is(id.system_id, rows[i].system_id) && ens_is(id.eori, rows[i].eori) &&
                      ens_is(id.member_state, rows[i].member_state),
                  "%s", rows[i].text);
    }
}

static void refuses_other_party_ids_where_they_go_wrong(void)
{
    static const struct {
        const char *text;
        size_t at;
    } rows[] = {
        {"", 0},
        {"F", 1},
        {"FR", 2},
        {"fr12345678200010", 0},
        {"sti-taxud", 0},
        {"FR1234567820001012", 17},
        {"FR 12345678200010", 2},
        {"FR1\x7f", 3},
        {"@FR12345678200010", 0},
        {"FR12345678200010@", 17},
        {"abcdefghijklm@FR1", 12},
        {"sys-1@FR12345678200010", 3},
        {"FR12345678200010@be", 17},
        {"VATFR-44732829320", 0},
        {"sys1@NTRIT-1", 5},
        {"sys1@FR12345678200010@", 22},
        {"sys1@FR12345678200010@B", 23},
        {"sys1@FR12345678200010@BEL", 24},
        {"sys1@FR12345678200010@12", 22},
        {"sys1@@BE", 5},
        {"a@FR1@BE@x", 8},
        {"@@@", 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_party_id id = {0};
        ens_err err = {0};
        ens_code code = ens_party_id_parse(ens_str(rows[i].text), &id, &err);
        CHECK_ROW(code == ENS_ESYNTAX && err.frame[0].at == rows[i].at && id.eori.p == NULL, "%s: %s at %zu",
                  rows[i].text, err.frame[0].what ? err.frame[0].what : "taken", err.frame[0].at);
    }
}

static const ens_finding *finding(const ens_report *r, const char *id)
{
    for (size_t i = 0; i < ens_report_num(r); i++)
        if (strcmp(ens_report_get(r, i)->id, id) == 0)
            return ens_report_get(r, i);
    return NULL;
}

/* The examples are those that the authorities named in the table of countries print. */
static void judges_eoris_by_country(void)
{
    static const struct {
        const char *eori, *id;
        ens_outcome outcome;
        ens_verdict verdict;
        bool late; /* judged on the first day of 2026, else on the last of 2025 */
    } rows[] = {
        {"FR12345678200010", "eori.check-digit", ENS_PASS, ENS_ACCEPTED, false},
        {"FR12345678200011", "eori.check-digit", ENS_FAIL, ENS_REFUSED, false},
        {"FR35600000009075", "eori.check-digit", ENS_PASS, ENS_ACCEPTED, false},
        {"FR732829320", "eori.form", ENS_WARN, ENS_ACCEPTED, false},
        {"FR732829320", "eori.form", ENS_PASS, ENS_ACCEPTED, true},
        {"FR73282932000074", "eori.form", ENS_PASS, ENS_ACCEPTED, false},
        {"FR73282932000074", "eori.form", ENS_WARN, ENS_ACCEPTED, true},
        {"FR732829321", "eori.check-digit", ENS_FAIL, ENS_REFUSED, false},
        {"FRGB123456", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"FR1234", "eori.national", ENS_WARN, ENS_ACCEPTED, false},
        {"BE0314595348", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"BE0314.595.348", "eori.national", ENS_WARN, ENS_ACCEPTED, false},
        {"DE48297560012345", "eori.national", ENS_WARN, ENS_ACCEPTED, false},
        {"DE1234567", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"DE123456789012345", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"DK11223344", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"FI1234567-8", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"FI12345678", "eori.national", ENS_WARN, ENS_ACCEPTED, false},
        {"PL527288386100000", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"PL5272883861", "eori.national", ENS_WARN, ENS_ACCEPTED, false},
        {"NL000123456", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"SE5512345678", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"SI12345678O", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"SK0I12345678", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"ESK12345678901", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"ITRSSMRA80A01H501", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"XI123456789000", "eori.national", ENS_PASS, ENS_ACCEPTED, false},
        {"GB123456789000", "eori.country", ENS_WARN, ENS_ACCEPTED, false},
        {"US123456789", "eori.country", ENS_FAIL, ENS_REFUSED, false},
        {"EU372829320", "eori.country", ENS_FAIL, ENS_REFUSED, false},
        {"EL123456789", "eori.country", ENS_FAIL, ENS_REFUSED, false},
        {"GR123456789", "eori.country", ENS_PASS, ENS_ACCEPTED, false},
        {"NO123456789", "eori.country", ENS_WARN, ENS_ACCEPTED, false},
        {"VATFR-44732829320", "eori.shape", ENS_FAIL, ENS_REFUSED, false},
        {"NTRIT-1", "eori.shape", ENS_FAIL, ENS_REFUSED, false},
        {"ATEOS1000012345", "eori.national", ENS_SKIP, ENS_ACCEPTED, false},
        {"fr12345678200010", "eori.shape", ENS_FAIL, ENS_REFUSED, false},
        {"FR 12345678200010", "eori.shape", ENS_FAIL, ENS_REFUSED, false},
        {"FR123456782000101", "eori.national", ENS_WARN, ENS_ACCEPTED, false},
        {"FR1234567820001012", "eori.shape", ENS_FAIL, ENS_REFUSED, false},
        {"sys1@FR12345678200010", "eori.shape", ENS_FAIL, ENS_REFUSED, false},
        {"", "eori.shape", ENS_FAIL, ENS_REFUSED, false},
        {"FR", "eori.shape", ENS_FAIL, ENS_REFUSED, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_report *r = ens_report_new();
        ens_eori_check(ens_str(rows[i].eori), rows[i].late ? AT_2026 : AT_2025, r);
        const ens_finding *f = finding(r, rows[i].id);
        CHECK_ROW(f && f->outcome == rows[i].outcome && f->rule && ens_report_verdict(r) == rows[i].verdict, "%s: %s",
                  rows[i].eori, rows[i].id);
        ens_report_free(r);
    }
}

/* Blanks are named, and not taken for a number that is too long. */
static void names_blanks(void)
{
    static const char *const rows[] = {"FR 732 829 320 00074", " FR73282932000074", "FR73282932000074\n",
                                       "FR\xC2\xA0"
                                       "732\xE2\x80\xAF"
                                       "82932000074"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_report *r = ens_report_new();
        ens_eori_check(ens_str(rows[i]), AT_2026, r);
        const ens_finding *f = finding(r, "eori.shape");
        CHECK_ROW(f && f->outcome == ENS_FAIL && strstr(ens_detail(f), "blanks") &&
                      strstr(ens_detail(f), "it is FR73282932000074"),
                  "%s: %s", rows[i], ens_detail(f));
        ens_report_free(r);
    }
}

static void member_states_alone(void)
{
    CU_ASSERT_STRING_EQUAL(ens_member_state(ENS_LIT("EL")), "GR");
    CU_ASSERT_STRING_EQUAL(ens_member_state(ENS_LIT("gr")), "GR");
    CU_ASSERT_STRING_EQUAL(ens_member_state(ENS_LIT("FR")), "FR");
    static const char *const others[] = {"XI", "GB", "UK", "EU", "CH", "XX", "F", "", "FRA"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK_ROW(!ens_member_state(ens_str(others[i])), "%s", others[i]);
}

static void every_member_state_has_one_row_with_its_source(void)
{
    unsigned num_union = 0;
    for (size_t i = 0; ens__eori_country_at(i); i++) {
        const ens_eori_row *c = ens__eori_country_at(i);
        num_union += c->origin == ENS_EORI_UNION;
        CHECK_ROW(c->source && c->name && !c->shapes[0] == !c->form, "%s", c->code);
        CHECK_ROW(ens__eori_country(ens_str(c->code)) == c, "%s stands twice", c->code);
    }
    CU_ASSERT_EQUAL(num_union, 27);
    CU_ASSERT_PTR_NOT_NULL(ens__eori_country(ENS_LIT("XI")));
}

static const ens_case cases[] = {
    {"splits the four shapes of a party id", splits_the_four_shapes_of_a_party_id},
    {"refuses other party ids where they go wrong", refuses_other_party_ids_where_they_go_wrong},
    {"judges EORIs by country, and by the form in force", judges_eoris_by_country},
    {"names blanks", names_blanks},
    {"knows the Member States alone, and Greece by both codes", member_states_alone},
    {"every Member State has one row with its source", every_member_state_has_one_row_with_its_source},
    {NULL, NULL},
};
ENS_SUITE("certs/eori", cases)
