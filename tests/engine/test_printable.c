/* Text of others on its way to people's eyes: nothing that a terminal would act upon, and nothing lost unmarked. */
#include "engine/base/json.h"
#include "engine/base/printable.h"
#include "engine/base/report.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define NO "\xEF\xBF\xBD"
#define CUT "\xE2\x80\xA6"

static void replaces_what_a_terminal_acts_upon(void)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"plain", "plain"},
        {"Z\xC3\xBCrich", "Z\xC3\xBCrich"},
        {"a\033[31mb", "a" NO "[31mb"},
        {"a\rb\nc\td", "a b c d"},
        {"a\x7F\b\a", "a" NO NO NO},
        {"a\xC2\x9B"
         "31mb",
         "a" NO "31mb"},
        {"a\xE2\x80\xAE"
         "b",
         "a" NO "b"},
        {"\xE2\x81\xA6x\xE2\x81\xA9", NO "x" NO},
        {"\xD8\x9C\xEF\xBB\xBF\xE2\x80\x8B\xC2\xAD", NO NO NO NO},
        {"\xF3\xA0\x81\x81", NO},
        {"\x9B\xFF\xC3", NO NO NO},
        {"\xC0\xAF\xED\xA0\x80", NO NO NO NO NO},
        {"", ""},
    };
    char out[64];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_ROW(strcmp(ens__printable(ens_str(rows[i].text), out, sizeof out), rows[i].shown) == 0, "row %zu: %s", i,
                  out);
}

static void cuts_the_middle_with_a_mark(void)
{
    char out[32];
    const char *path = "/srv/customs/inbox/2026/10/01/message-4711.mime";
    CU_ASSERT_STRING_EQUAL(ens__printable(ens_str(path), out, sizeof out), "/srv/customs/inbox" CUT "-4711.mime");
    CU_ASSERT_STRING_EQUAL(ens__printable(ENS_LIT("0123456789012345678901234567890"), out, sizeof out),
                           "0123456789012345678901234567890");
    /* Every length, with characters of every size: never over the room, never half a character, both ends kept. */
    for (size_t size = 16; size <= sizeof out; size++) {
        ens_slice text = ENS_LIT("a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x9A\xA2z\xC3\xBC\xE2\x82\xAC\xF0\x9F\x9A\xA2y\xC3\xBC"
                                 "\xE2\x82\xAC\xF0\x9F\x9A\xA2x\xC3\xBC\xE2\x82\xAC\xF0\x9F\x9A\xA2w");
        ens__printable(text, out, size);
        CHECK_ROW(strlen(out) < size && ens__is_utf8(ens_str(out)) && out[0] == 'a' && out[strlen(out) - 1] == 'w' &&
                      strstr(out, CUT),
                  "%zu: %s", size, out);
    }
}

static void reports_and_errors_keep_both_ends(void)
{
    ens_report *r = ens_report_new();
    ens_err err;
    char text[600], line[1024];
    memset(text, 'x', sizeof text);
    memcpy(text, "begin", 5);
    memcpy(text + sizeof text - 4, "end", 4);
    const char *shown = ens__show(r, ens_str(text));
    CHECK_ROW(strlen(shown) <= 80 && strncmp(shown, "begin", 5) == 0 && strstr(shown, CUT) &&
                  strcmp(shown + strlen(shown) - 3, "end") == 0,
              "%s", shown);
    CU_ASSERT_STRING_EQUAL(ens__show(r, ENS_LIT("a\033\xC2\x9B")), "a" NO NO);
    ens_fail_about(&err, ENS_EIO, NULL, "can't open the file", text);
    ens_err_format(&err, line, sizeof line);
    CHECK_ROW(strstr(line, "(begin") && strstr(line, CUT) && strstr(line, "end)"), "%s", line);
    ens_fail_about(&err, ENS_EIO, NULL, "can't open the file", "a\033[31mb");
    CU_ASSERT_PTR_NULL(strchr(ens_err_format(&err, line, sizeof line), '\033'));
    ens_report_free(r);
}

static void lines_stay_lines(void)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, 1024);
    ens__printable_lines(&out, ENS_LIT("a\033\n\nb\r\nc"));
    CU_ASSERT(ens_is(ens_buf_slice(&out), "a" NO "\n\nb \nc"));
    ens_buf_free(&out);
}

static void json_escapes_and_loses_nothing(void)
{
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"plain \xC3\xBC \xE2\x82\xAC \xF0\x9F\x9A\xA2", "\"plain \xC3\xBC \xE2\x82\xAC \xF0\x9F\x9A\xA2\""},
        {"\033\x7F\xC2\x9B\xE2\x80\xAE\xD8\x9C", "\"\\u001B\\u007F\\u009B\\u202E\\u061C\""},
        {"a\xF3\xA0\x81\x81"
         "b",
         "\"a\\uDB40\\uDC41b\""},
        {"\"\\\n", "\"\\\"\\\\\\n\""},
        {"\xFFz\xC3", "\"?z?\""},
        {"", "\"\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_buf out;
        ens_buf_init(&out, NULL, 0, 1024);
        ens_json j = {.out = &out};
        ens__json_text(&j, NULL, rows[i].text);
        CHECK_ROW(ens_is(ens_buf_slice(&out), rows[i].json), "row %zu: %.*s", i, (int)out.len, (const char *)out.p);
        ens_buf_free(&out);
    }
}

static const ens_case cases[] = {
    {"what a terminal would act upon is replaced", replaces_what_a_terminal_acts_upon},
    {"a long text loses its middle, and says so", cuts_the_middle_with_a_mark},
    {"values of findings and of errors keep both ends", reports_and_errors_keep_both_ends},
    {"line feeds of our own lines stay", lines_stay_lines},
    {"JSON escapes what a terminal would act upon, and loses nothing", json_escapes_and_loses_nothing},
    {NULL, NULL},
};
ENS_SUITE("engine/printable", cases)
