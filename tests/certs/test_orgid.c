#include "ensign/orgid.h"

#include "engine/base/bytes.h"
#include "tests/suite.h"

static void splits_scheme_country_and_reference(void)
{
    static const struct {
        const char *text, *scheme, *country, *reference;
    } rows[] = {
        {"VATDE-12345", "VAT", "DE", "12345"},
        {"NTRFR-34513312800057", "NTR", "FR", "34513312800057"},
        {"VATHU-23584497-2-41", "VAT", "HU", "23584497-2-41"},
        {"PSDIT-BI-01234567890", "PSD", "IT", "BI-01234567890"},
        {"LEIXG-254900ZNYA1FLUQ9U393", "LEI", "XG", "254900ZNYA1FLUQ9U393"},
        {"PA:IT-agid", "PA:", "IT", "agid"},
        {"VATEL-1", "VAT", "EL", "1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_orgid id = {0};
        ens_code code = ens_orgid_parse(ens_str(rows[i].text), &id, NULL);
        CHECK_ROW(code == ENS_OK && ens_is(id.scheme, rows[i].scheme) && ens_is(id.country, rows[i].country) &&
                      ens_is(id.reference, rows[i].reference),
                  "%s", rows[i].text);
    }
}

static void refuses_the_rest_where_it_goes_wrong(void)
{
    static const struct {
        const char *text;
        size_t at;
    } rows[] = {
        {"", 0},           {"VA", 0},         {"vatDE-1", 0},    {"V1TDE-1", 0}, {":A:DE-1", 0},
        {"RO42283735", 0}, {"4267230", 0},    {"B97458996", 0},  {"VATD", 3},    {"VATde-1", 3},
        {"VATDE", 5},      {"VATDE12345", 5}, {"NTRUS+CA-1", 5}, {"VATDE-", 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_orgid id = {0};
        ens_err err = {0};
        ens_code code = ens_orgid_parse(ens_str(rows[i].text), &id, &err);
        CHECK_ROW(code == ENS_ESYNTAX && err.frame[0].at == rows[i].at && err.frame[0].rule && !id.scheme.p,
                  "%s at %zu", rows[i].text, err.frame[0].at);
    }
}

static const ens_case cases[] = {
    {"splits scheme, country and reference", splits_scheme_country_and_reference},
    {"refuses the rest where it goes wrong", refuses_the_rest_where_it_goes_wrong},
    {NULL, NULL},
};
ENS_SUITE("certs/orgid", cases)
