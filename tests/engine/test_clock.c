#include "engine/base/clock.h"
#include "tests/suite.h"

static void calendar_and_seconds_agree_over_nine_thousand_years(void)
{
    for (ens_time t = -62135596800; t < 253402300799; t += 86400 * 97 + 12345) {
        ens_civil c = ens__civil_of(t);
        CHECK_ROW(ens__civil_valid(c) && ens__time_of(c) == t, "second %lld", (long long)t);
    }
}

static void parses_rfc_3339_and_refuses_the_rest(void)
{
    static const struct {
        const char *text;
        ens_code code;
        ens_time t;
    } rows[] = {
        {"1970-01-01T00:00:00Z", ENS_OK, 0},
        {"2023-10-28T12:00:00Z", ENS_OK, 1698494400},
        {"2023-10-28T14:00:00+02:00", ENS_OK, 1698494400},
        {"2023-10-28T12:00:00.1234567Z", ENS_OK, 1698494400},
        {"2029-01-01", ENS_OK, 1861920000},
        {"2023-10-28T12:00:00", ENS_ESYNTAX, 0},
        {"2023-02-29T12:00:00Z", ENS_ESYNTAX, 0},
        {"2023-10-28 12:00:00Z", ENS_ESYNTAX, 0},
        {"", ENS_ESYNTAX, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_time t = 0;
        ens_err err = {0};
        ens_code code = ens_time_parse(ens_str(rows[i].text), &t, &err);
        CHECK_ROW(code == rows[i].code && t == rows[i].t, "%s", rows[i].text);
    }
    char text[ENS_TIME_TEXT];
    CU_ASSERT_STRING_EQUAL(ens_time_format(1698494400, text), "2023-10-28T12:00:00Z");
}

static void reads_the_date_time_of_xml_schema(void)
{
    static const struct {
        const char *text;
        bool good, offset;
        ens_time t;
    } rows[] = {
        {"2023-10-28T12:00:00Z", true, false, 1698494400},
        {"2023-10-28T12:00:00", true, false, 1698494400},
        {" 2023-10-28T12:00:00Z\n", true, false, 1698494400},
        {"2023-10-28T14:00:00+02:00", true, true, 1698494400},
        {"2023-10-28T12:00:00.12345678901234567890Z", true, false, 1698494400},
        {"2023-10-27T24:00:00Z", true, false, 1698451200},
        {"2023-10-27T24:00:00.000Z", true, false, 1698451200},
        {"2023-10-28T02:00:00+14:00", true, true, 1698408000},
        {"12023-10-28T12:00:00Z", true, false, 317268014400},
        {"-0001-12-31T00:00:00Z", true, false, -62135683200},
        {"2023-10-28T12:00:00z", false, false, 0},
        {"2023-10-28t12:00:00Z", false, false, 0},
        {"2023-10-27T24:00:01Z", false, false, 0},
        {"2023-10-27T24:00:00.1Z", false, false, 0},
        {"2023-12-31T23:59:60Z", false, false, 0},
        {"2023-10-28T12:00:00+14:01", false, false, 0},
        {"2023-10-28T12:00:00.Z", false, false, 0},
        {"2023-10-28T12:00Z", false, false, 0},
        {"2023-10-28", false, false, 0},
        {"0000-10-28T12:00:00Z", false, false, 0},
        {"02023-10-28T12:00:00Z", false, false, 0},
        {"+2023-10-28T12:00:00Z", false, false, 0},
        {"23-10-28T12:00:00Z", false, false, 0},
        {"2023-10-28T12:00:00ZZ", false, false, 0},
        {"", false, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_time t = 0;
        bool offset = false, good = ens__time_xsd(ens_str(rows[i].text), &t, &offset);
        CHECK_ROW(good == rows[i].good && t == rows[i].t && offset == rows[i].offset, "%s: %lld", rows[i].text,
                  (long long)t);
    }
}

static const ens_case cases[] = {
    {"calendar and seconds agree over nine thousand years", calendar_and_seconds_agree_over_nine_thousand_years},
    {"parses RFC 3339 and refuses the rest", parses_rfc_3339_and_refuses_the_rest},
    {"reads the dateTime of XML Schema, and nothing else", reads_the_date_time_of_xml_schema},
    {NULL, NULL},
};
ENS_SUITE("engine/clock", cases)
