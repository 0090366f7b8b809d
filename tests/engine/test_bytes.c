#include "engine/base/bytes.h"
#include "tests/suite.h"

static void reader_never_passes_the_end(void)
{
    ens_reader r = ens_read(ENS_LIT("abc"));
    ens_slice s;
    CU_ASSERT_TRUE(ens_take(&r, 2, &s));
    CU_ASSERT_FALSE(ens_take(&r, 2, &s));
    CU_ASSERT_EQUAL(ens_at(&r), 2);
}

static void lines_end_in_lf_or_crlf(void)
{
    ens_reader r = ens_read(ENS_LIT("a\r\nb\n\nc"));
    ens_slice s;
    const char *want[] = {"a", "b", "", "c"};
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_TRUE(ens_take_line(&r, &s));
        CU_ASSERT_TRUE(ens_is(s, want[i]));
    }
    CU_ASSERT_FALSE(ens_take_line(&r, &s));
}

static void buffer_grows_from_storage_and_latches_its_limit(void)
{
    uint8_t storage[4];
    ens_buf b;
    ens_err err;
    ens_buf_init(&b, storage, sizeof storage, 300);
    ens_buf_text(&b, "abcd");
    CU_ASSERT_FALSE(b.on_heap);
    ens_buf_printf(&b, "%d", 42);
    CU_ASSERT_TRUE(ens_is(ens_buf_slice(&b), "abcd42"));
    ens_buf_add(&b, (uint8_t[300]){0}, 300);
    ens_buf_text(&b, "x");
    CU_ASSERT_EQUAL(ens_buf_done(&b, &err), ENS_ELIMIT);
    CU_ASSERT_EQUAL(b.len, 6);
    ens_buf_free(&b);
}

static void base64_follows_rfc_4648(void)
{
    static const struct {
        const char *plain, *coded;
    } rows[] = {{"", ""},
                {"f", "Zg=="},
                {"fo", "Zm8="},
                {"foo", "Zm9v"},
                {"foob", "Zm9vYg=="},
                {"fooba", "Zm9vYmE="},
                {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_buf b;
        uint8_t out[32];
        ens_buf_init(&b, NULL, 0, 100);
        ens__base64_encode(&b, ens_str(rows[i].plain));
        CU_ASSERT_TRUE(ens_is(ens_buf_slice(&b), rows[i].coded));
        size_t n = ens__base64_decode(ens_str(rows[i].coded), out);
        CU_ASSERT_TRUE(ens_eq(ens_bytes(out, n), ens_str(rows[i].plain)));
        ens_buf_free(&b);
    }
    static const char *const bad[] = {"Z", "Zg=", "Zg==Zg==", "Zm9*", "=Zg=", "Zh=="};
    uint8_t out[32];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_EQUAL(ens__base64_decode(ens_str(bad[i]), out), SIZE_MAX);
}

static void utf8_refuses_overlong_and_surrogates(void)
{
    CU_ASSERT_TRUE(ens__is_utf8(ENS_LIT("Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x9a\xa2")));
    CU_ASSERT_FALSE(ens__is_utf8(ENS_LIT("\xc0\xaf")));
    CU_ASSERT_FALSE(ens__is_utf8(ENS_LIT("\xed\xa0\x80")));
    CU_ASSERT_FALSE(ens__is_utf8(ENS_LIT("\xf4\x90\x80\x80")));
    CU_ASSERT_FALSE(ens__is_utf8(ENS_LIT("\xe2\x82")));
}

static void error_chain_reads_outside_in(void)
{
    ens_err err;
    char line[200];
    ens_code code = ens_fail(&err, ENS_ESYNTAX, "RFC 5280 4.1", "length runs past the end", 7);
    CU_ASSERT_EQUAL(ens_within(&err, code, "certificate 2"), ENS_ESYNTAX);
    CU_ASSERT_STRING_EQUAL(ens_err_format(&err, line, sizeof line),
                           "certificate 2: length runs past the end at byte 7 [RFC 5280 4.1]");
}

static void base64_of_any_length_comes_back(void)
{
    uint8_t plain[200], back[400];
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * 167 + 13);
    for (size_t len = 0; len <= sizeof plain; len++) {
        char coded[512];
        size_t at = 0;
        ens_buf b;
        ens_buf_init(&b, NULL, 0, 1024);
        ens__base64_encode(&b, ens_bytes(plain, len));
        for (size_t i = 0; i < b.len; i++) {
            if (i % 61 == 60)
                coded[at++] = '\n';
            coded[at++] = (char)b.p[i];
        }
        size_t n = ens__base64_decode(ens_bytes(coded, at), back);
        CHECK_ROW(n == len && memcmp(plain, back, len) == 0, "%zu bytes became %zu", len, n);
        for (size_t i = 0; i < at; i++) {
            char was = coded[i];
            coded[i] = (char)(i % 2 ? '*' : 0x80);
            CHECK_ROW(ens__base64_decode(ens_bytes(coded, at), back) == SIZE_MAX,
                      "%zu bytes with a foreign character at %zu", len, i);
            coded[i] = was;
        }
        ens_buf_free(&b);
    }
}

static const ens_case cases[] = {
    {"reader never passes the end", reader_never_passes_the_end},
    {"lines end in LF or CR LF", lines_end_in_lf_or_crlf},
    {"buffer grows from storage and latches its limit", buffer_grows_from_storage_and_latches_its_limit},
    {"base64 follows RFC 4648", base64_follows_rfc_4648},
    {"base64 of any length comes back, and a foreign character is refused anywhere", base64_of_any_length_comes_back},
    {"UTF-8 refuses overlong forms and surrogates", utf8_refuses_overlong_and_surrogates},
    {"error chain reads outside in", error_chain_reads_outside_in},
    {NULL, NULL},
};
ENS_SUITE("engine/bytes", cases)
