/* JSON is read back by a reader of strangers' as it was written. */
#include "engine/base/json.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>

#define LEN_MAX 40u

/* written gives an array of what was put, which jansson must read. */
static json_t *read_back(const ens_buf *b)
{
    json_error_t why;
    json_t *root = json_loadb((const char *)b->p, b->len, JSON_ALLOW_NUL | JSON_DECODE_ANY, &why);
    CHECK_ROW(root != NULL, "%.*s: %s", (int)b->len, (const char *)b->p, root ? "" : why.text);
    return root;
}

static void check_string(ens_slice s, const char *wanted, size_t wanted_len)
{
    ens_buf b;
    ens_buf_init(&b, NULL, 0, 1 << 16);
    ens_json j = {.out = &b};
    ens__json_open(&j, NULL, '[');
    ens__json_slice(&j, NULL, s);
    ens__json_close(&j, ']');
    json_t *root = read_back(&b);
    const json_t *text = json_array_get(root, 0);
    CHECK_ROW(json_string_length(text) == wanted_len && memcmp(json_string_value(text), wanted, wanted_len) == 0,
              "%.*s", (int)b.len, (const char *)b.p);
    for (size_t i = 0; i < b.len; i++)
        CU_ASSERT(b.p[i] >= 0x20 && b.p[i] != 0x7F);
    json_decref(root);
    ens_buf_free(&b);
}

/* One octet or character that may have to be escaped, at each place of strings of every length. */
static void strings_come_back(void)
{
    static const char *const odd[] = {
        "a", "\"", "\\", "/", "~", "\x7F", "\x1F", "\n", "\x01", " ", "\xC3\xA9", "\xE2\x80\xAE", "\xF0\x9F\x9A\xA2"};
    char text[LEN_MAX + 8];
    for (size_t o = 0; o < sizeof odd / sizeof *odd; o++)
        for (size_t len = 0; len < LEN_MAX; len++)
            for (size_t at = 0; at <= len; at++) {
                int n = snprintf(text, sizeof text, "%.*s%s%.*s", (int)at, "0123456789abcdefghijklmnopqrstuvwxyz{|}~",
                                 odd[o], (int)(len - at), "0123456789abcdefghijklmnopqrstuvwxyz{|}~");
                check_string(ens_bytes(text, (size_t)n), text, (size_t)n);
            }
    check_string(ens_bytes("a\xFFz", 3), "a?z", 3);
    check_string(ens_bytes("12345678\0", 9), "12345678\0", 9);
}

static void numbers_come_back(void)
{
    static const struct {
        uint64_t value;
        const char *text;
    } rows[] = {{0, "[0]"},
                {9, "[9]"},
                {10, "[10]"},
                {1234567890123u, "[1234567890123]"},
                {UINT64_MAX, "[18446744073709551615]"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_buf b;
        ens_buf_init(&b, NULL, 0, 1 << 10);
        ens_json j = {.out = &b};
        ens__json_open(&j, NULL, '[');
        ens__json_number(&j, NULL, rows[i].value);
        ens__json_close(&j, ']');
        CHECK_ROW(ens_is(ens_buf_slice(&b), rows[i].text), "%.*s", (int)b.len, (const char *)b.p);
        ens_buf_free(&b);
    }
}

static const ens_case cases[] = {
    {"strings come back, whatever stands where in them", strings_come_back},
    {"numbers come back", numbers_come_back},
    {NULL, NULL},
};
ENS_SUITE("engine/json", cases)
