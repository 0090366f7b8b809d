/* Reading PDFs: values, cross-references of any kind, forms; and signing them. */
#include "ensign/pdf.h"

#include "engine/base/report.h"
#include "fixtures/pdf.h"
#include "sti/pdf/cms.h"
#include "sti/pdf/compare.h"
#include "sti/pdf/registration.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX ((size_t)4 << 20)

static ens_code append(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ENS_OK;
}

/* A value as it stands, and as we write it again; NULL: it is refused. */
static const struct {
    const char *text, *written;
} values[] = {
    {"null", "null"},
    {" true", "true"},
    {"-17", "-17"},
    {"+.5", "0.500000"},
    {"5.", "5.000000"},
    {"1e5", NULL},
    {"--5", NULL},
    {"12 0 R", "12 0 R"},
    {"[1 0 R 2]", "[1 0 R 2]"},
    {"[1 2 3 R]", "[1 2 3 R]"},
    {"[1 2 R R]", NULL},
    {"/A#20B", "/A#20B"},
    {"/A#2", "/A#232"},
    {"/", "/"},
    {"(a\\(b\\)\\051)", "(a\\(b\\)\\))"},
    {"(a (nested) b)", "(a \\(nested\\) b)"},
    {"(a\\\nb)", "(ab)"},
    {"(a\\1014)", "(aA4)"},
    {"(open", NULL},
    {"<48 65 6C6C 6>", "<48656C6C60>"},
    {"<48 6G>", NULL},
    {"<</B 1/A(x)>>", "<</A (x)/B 1>>"},
    {"<</A 1/A 2>>", NULL},
    {"<</A 1/#41 2>>", NULL},
    {"<</A null>>", "<<>>"},
    {"<</A 1", NULL},
    {"<<1 2>>", NULL},
    {"% a comment\n[%another\n]", "[]"},
    {"", NULL},
    {"stream", NULL},
};

static void reads_values(void)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        ens_arena arena;
        ens_buf out;
        ens__pdf_value v;
        ens_err err = {0};
        ens_arena_init(&arena, FILE_MAX);
        ens_buf_init(&out, NULL, 0, FILE_MAX);
        ens__pdf_parser p = {.r = ens_read(ens_str(values[i].text)), .arena = &arena};
        ens_code code = ens__pdf_parse(&p, &v, &err);
        if (code == ENS_OK)
            ens__pdf_put(&out, &v);
        bool hex = values[i].written && values[i].written[0] == '<' && values[i].written[1] != '<';
        bool same = values[i].written && (hex ? v.text.len == (strlen(values[i].written) - 2) / 2
                                              : ens_eq(ens_buf_slice(&out), ens_str(values[i].written)));
        CHECK_ROW(values[i].written ? code == ENS_OK && same : code != ENS_OK && err.n, "%s: %.*s", values[i].text,
                  (int)out.len, out.p ? (const char *)out.p : "");
        ens_buf_free(&out);
        ens_arena_free(&arena);
    }
}

static void bounds_depth(void)
{
    static char text[400];
    ens_arena arena;
    ens__pdf_value v;
    ens_err err = {0};
    memset(text, '[', sizeof text - 1);
    ens_arena_init(&arena, FILE_MAX);
    ens__pdf_parser p = {.r = ens_read(ens_str(text)), .arena = &arena};
    CU_ASSERT_EQUAL(ens__pdf_parse(&p, &v, &err), ENS_ELIMIT);
    ens_arena_free(&arena);
}

static void reads_texts(void)
{
    static const struct {
        const char *raw;
        size_t len;
        const char *utf8;
    } rows[] = {
        {"OWNER", 5, "OWNER"},
        {"\xFE\xFF\0O\0W\0N\0E\0R", 12, "OWNER"},
        {"\xFE\xFF\x03\xA9\xD8\x3D\xDE\x00", 8, "\xCE\xA9\xF0\x9F\x98\x80"},
        {"\xFE\xFF\xD8\x3D\0A", 6, "?A"},
        {"\xEF\xBB\xBF\xC3\xA9", 5, "\xC3\xA9"},
        {"caf\xE9", 4, "caf\xC3\xA9"},
    };
    ens_arena arena;
    ens_arena_init(&arena, FILE_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_ROW(ens_is(ens__pdf_utf8(&arena, ens_bytes(rows[i].raw, rows[i].len)), rows[i].utf8), "row %zu", i);
    ens_arena_free(&arena);
}

/* Files of one page, with what is wrong about them; the offsets of tables are filled in: @ is that of object 1, and so
 * on, # that of the cross-references. */
#define HEAD "%PDF-1.4\n"
#define ONE "1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n"
#define TWO "2 0 obj\n<</Type /Pages /Kids [3 0 R] /Count 1>>\nendobj\n"
#define THREE "3 0 obj\n<</Type /Page /Parent 2 0 R>>\nendobj\n"
#define TABLE "xref\n0 4\n0000000000 65535 f \n@1 00000 n \n@2 00000 n \n@3 00000 n \n"
#define TRAILER "trailer\n<</Size 4 /Root 1 0 R>>\n"
#define END "startxref\n@x\n%%EOF\n"

static const struct {
    const char *what, *text, *says; /* NULL: it is read */
} files[] = {
    {"a whole file", HEAD ONE TWO THREE TABLE TRAILER END, NULL},
    {"nothing", "", "no PDF"},
    {"a header alone", HEAD, "cut short"},
    {"bytes before", "x" HEAD ONE TWO THREE TABLE TRAILER END, "before the PDF begins"},
    {"no version", "%PDF-x.4\n" ONE TWO THREE TABLE TRAILER END, "its version"},
    {"no end mark", HEAD ONE TWO THREE TABLE TRAILER "startxref\n@x\n", "no end mark"},
    {"cross-references elsewhere", HEAD ONE TWO THREE TABLE TRAILER "startxref\n9\n%%EOF\n", "should begin"},
    {"cross-references behind the end", HEAD ONE TWO THREE TABLE TRAILER "startxref\n99999\n%%EOF\n", "behind the end"},
    {"a loop", HEAD ONE TWO THREE TABLE "trailer\n<</Size 4 /Root 1 0 R /Prev @x>>\n" END, "lead back"},
    {"no trailer", HEAD ONE TWO THREE TABLE END, "no trailer"},
    {"an odd entry", HEAD ONE TWO THREE "xref\n0 4\n0000000000 65535 x \n" TRAILER END, "neither used nor free"},
    {"too many objects", HEAD ONE TWO THREE "xref\n0 99999999\n" TRAILER END, "no such table"},
    {"encrypted", HEAD ONE TWO THREE TABLE "trailer\n<</Size 4 /Root 1 0 R /Encrypt 3 0 R>>\n" END, "encrypted"},
    {"no catalogue", HEAD ONE TWO THREE TABLE "trailer\n<</Size 4 /Root 3 0 R>>\n" END, "no catalogue"},
    {"another object",
     HEAD ONE TWO THREE "xref\n0 4\n0000000000 65535 f \n@2 00000 n \n@2 00000 n \n@3 00000 n \n" TRAILER END,
     "no catalogue"},
};

/* put_file fills in the offsets. */
static void put_file(const char *text, ens_buf *out)
{
    size_t at[4] = {0}, table = 0;
    for (const char *c = text; *c; c++) {
        if (strncmp(c, "xref\n", 5) == 0 && (c == text || c[-1] == '\n'))
            table = out->len;
        for (size_t i = 1; i < 4; i++) {
            char head[16];
            snprintf(head, sizeof head, "%zu 0 obj\n", i);
            if (strncmp(c, head, strlen(head)) == 0)
                at[i] = out->len;
        }
        if (*c == '@' && c[1] == 'x')
            ens_buf_printf(out, "%zu", table);
        else if (*c == '@')
            ens_buf_printf(out, "%010zu", at[c[1] - '0']);
        else
            ens_buf_add(out, c, 1);
        c += *c == '@';
    }
}

static void reads_files(void)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ens_arena arena;
        ens_buf file;
        ens__pdf pdf;
        ens_err err = {0};
        ens_arena_init(&arena, FILE_MAX);
        ens_buf_init(&file, NULL, 0, FILE_MAX);
        put_file(files[i].text, &file);
        ens_code code = ens__pdf_open(ens_buf_slice(&file), &arena, &pdf, &err);
        CHECK_ROW(files[i].says ? code != ENS_OK && err.n && strstr(err.frame[0].what, files[i].says)
                                : code == ENS_OK && pdf.end == file.len,
                  "%s: %s", files[i].what, err.n ? err.frame[0].what : "read");
        ens_buf_free(&file);
        ens_arena_free(&arena);
    }
}

/* Objects that all point at one long object cost no more than a few readings of the file. */
static void bounds_work(void)
{
    enum { NUM = 20000 };
    ens_arena arena;
    ens_buf file;
    static ens__pdf pdf;
    ens_err err = {0};
    ens_arena_init(&arena, ENS_PDF_ARENA_MAX);
    ens_buf_init(&file, NULL, 0, FILE_MAX);
    ens_buf_text(&file, HEAD ONE TWO);
    size_t at = file.len;
    ens_buf_printf(&file, "3 0 obj\n(%0100000d)\nendobj\n", 0);
    size_t table = file.len;
    ens_buf_printf(&file, "xref\n0 %d\n0000000000 65535 f \n%010zu 00000 n \n%010zu 00000 n \n", NUM, strlen(HEAD),
                   strlen(HEAD ONE));
    for (int i = 3; i < NUM; i++)
        ens_buf_printf(&file, "%010zu 00000 n \n", at);
    ens_buf_printf(&file, "trailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", NUM, table);
    CU_ASSERT_EQUAL_FATAL(ens__pdf_open(ens_buf_slice(&file), &arena, &pdf, &err), ENS_OK);
    for (uint32_t i = 0; i < NUM && pdf.parsed / 8 < file.len; i++)
        ens__pdf_object_at(&pdf, i);
    CU_ASSERT_TRUE(pdf.fault.n > 0);
    ens_buf_free(&file);
    ens_arena_free(&arena);
}

static void issues(void)
{
    static const struct {
        ens_pdf_form form;
        const char *says;
    } rows[] = {
        {{.id = {(const uint8_t *)"R 1", 3}}, "id"},
        {{.eori = {(const uint8_t *)"F", 1}}, "EORI"},
        {{.nonce = {(const uint8_t *)"12", 2}}, "nonce"},
        {{.environment = {(const uint8_t *)"test", 4}}, "environment"},
        {{.company = {(const uint8_t *)"\xC3(", 2}}, "UTF-8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_pdf_form f = rows[i].form;
        ens_err err = {0};
        ens_buf out;
        ens_buf_init(&out, NULL, 0, FILE_MAX);
        f.id = f.id.len ? f.id : ens_str("R-1");
        f.eori = f.eori.len ? f.eori : ens_str("FR73282932000074");
        f.nonce = f.nonce.len ? f.nonce : ens_str(FX_PDF_NONCE);
        f.environment = f.environment.len ? f.environment : ens_str("production");
        CHECK_ROW(ens_pdf_issue(&f, append, &out, &err) == ENS_EPOLICY && strstr(err.frame[0].what, rows[i].says),
                  "row %zu: %s", i, err.n ? err.frame[0].what : "issued");
        ens_buf_free(&out);
    }
}

/* What is written in the page stands in the file for programs, too, whatever letters it has. */
static void tells_registration(void)
{
    ens_pdf_form f = {.id = ens_str("R-1"),
                      .eori = ens_str("EL123456789"),
                      .company =
                          ens_str("\xCE\x95\xCF\x84\xCE\xB1\xCE\xB9\xCF\x81\xCE\xB5\xCE\xAF\xCE\xB1 (\\) Stra\xC3\x9F"
                                  "e"),
                      .environment = ens_str("production"),
                      .nonce = ens_str(FX_PDF_NONCE),
                      .at = FX_AT};
    ens_arena arena;
    ens_buf out;
    ens__pdf pdf;
    ens__pdf_registration r;
    ens_arena_init(&arena, FILE_MAX);
    ens_buf_init(&out, NULL, 0, FILE_MAX);
    CU_ASSERT_EQUAL_FATAL(ens_pdf_issue(&f, append, &out, NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens__pdf_open(ens_buf_slice(&out), &arena, &pdf, NULL), ENS_OK);
    CU_ASSERT_TRUE(ens__pdf_registration_read(&pdf, &r));
    CU_ASSERT_TRUE(ens_is(r.id, "R-1") && ens_is(r.eori, "EL123456789") && ens_is(r.environment, "production"));
    const ens__pdf_value *dict = ens__pdf_get(&pdf, ens__pdf_get(&pdf, pdf.trailer, "Root"), ENS_PDF_REGISTRATION);
    CU_ASSERT_TRUE(ens_eq(ens__pdf_utf8(&arena, ens__pdf_get(&pdf, dict, "Company")->text), f.company));
    CU_ASSERT_TRUE(ens__find(ens_buf_slice(&out), ENS_LIT("REHEARSAL on your own machine"), 0) != SIZE_MAX);
    ens_buf_free(&out);
    ens_arena_free(&arena);
}

/* The signer of these tests, from the fixtures. */
static fx_pki pki;

typedef struct {
    ens_certificates *certificates;
    ens_keyring *keys;
} signer;

static bool open_signer(const char *certificate, const char *key, signer *out)
{
    ens_buf pem;
    ens_buf_init(&pem, NULL, 0, FILE_MAX);
    *out = (signer){0};
    bool good = (pki.num || fx_pki_make(&pki)) && fx_pki_chain(&pki, certificate, &pem) &&
                ens_certificates_new(ens_buf_slice(&pem), NULL, &out->certificates, NULL) == ENS_OK;
    pem.len = 0;
    good =
        good && fx_pki_key(&pki, key, &pem) && ens_keyring_new(ens_buf_slice(&pem), NULL, &out->keys, NULL) == ENS_OK;
    ens_buf_free(&pem);
    CU_ASSERT_TRUE(good);
    return good;
}

static void close_signer(signer *s)
{
    ens_certificates_free(s->certificates);
    ens_keyring_free(s->keys);
}

static const struct {
    const char *certificate, *key, *field;
    int64_t at;
    bool force;
    const char *says; /* NULL: it is signed */
} signings[] = {
    {"trader", "trader", NULL, FX_AT, false, NULL},
    {"trader-4096", "trader-4096", "OWNER", FX_AT, false, NULL},
    {"trader", "trader-3072", NULL, FX_AT, false, "doesn't belong"},
    {"expired", "trader", NULL, FX_AT, false, "has ended"},
    {"expired", "trader", NULL, FX_AT, true, NULL},
    {"not-yet-valid", "trader", NULL, FX_AT, false, "isn't valid yet"},
    {"encipherment", "trader", NULL, FX_AT, false, "isn't for signing"},
    {"ec256", "ec256", NULL, FX_AT, false, "may not seal"},
    {"ec256", "ec256", NULL, FX_AT, true, NULL},
    {"trader", "trader", "Other", FX_AT, false, "no signature field of this name"},
};

static void check_signing(size_t row)
{
    signer s;
    ens_buf issued, out, again;
    ens_err err = {0};
    ens_buf_init(&issued, NULL, 0, FILE_MAX);
    ens_buf_init(&out, NULL, 0, FILE_MAX);
    ens_buf_init(&again, NULL, 0, FILE_MAX);
    if (open_signer(signings[row].certificate, signings[row].key, &s) && fx_pdf_issue(FX_PDF_SAME, &issued)) {
        ens_pdf_sign_options o = {.file = ens_buf_slice(&issued),
                                  .field = signings[row].field,
                                  .certificates = s.certificates,
                                  .keys = s.keys,
                                  .at = signings[row].at,
                                  .force = signings[row].force};
        ens_code code = ens_pdf_sign(&o, append, &out, &err);
        CHECK_ROW(signings[row].says ? code == ENS_EPOLICY && strstr(err.frame[0].what, signings[row].says)
                                     : code == ENS_OK && ens_starts(ens_buf_slice(&out), ens_buf_slice(&issued)),
                  "row %zu: %s", row, err.n ? err.frame[0].what : "signed");
        o.file = ens_buf_slice(&out);
        if (code == ENS_OK)
            CHECK_ROW(ens_pdf_sign(&o, append, &again, &err) == ENS_EPOLICY &&
                          strstr(err.frame[0].what, "signed already"),
                      "row %zu is signed twice", row);
    }
    close_signer(&s);
    ens_buf_free(&issued);
    ens_buf_free(&out);
    ens_buf_free(&again);
}

static void signs(void)
{
    for (size_t i = 0; i < sizeof signings / sizeof *signings; i++)
        check_signing(i);
}

/* Ours has none of what PAdES forbids: the strict profile accepts it. */
static void signs_strictly(void)
{
    signer s;
    ens_buf issued, out;
    ens_pdf_result result;
    ens_report report;
    ens__report_init(&report);
    ens_buf_init(&issued, NULL, 0, FILE_MAX);
    ens_buf_init(&out, NULL, 0, FILE_MAX);
    if (open_signer("trader", "trader", &s) && fx_pdf_issue(FX_PDF_SAME, &issued)) {
        ens_pdf_sign_options o = {
            .file = ens_buf_slice(&issued), .certificates = s.certificates, .keys = s.keys, .at = FX_AT};
        CU_ASSERT_EQUAL(ens_pdf_sign(&o, append, &out, NULL), ENS_OK);
        ens_pdf_check_options c = {.issued = ens_buf_slice(&issued),
                                   .certificates = s.certificates,
                                   .profile = ENS_PDF_STRICT,
                                   .id = ens_str(FX_PDF_ID),
                                   .environment = ens_str("conformance"),
                                   .at = FX_AT};
        ens_pdf_check(ens_buf_slice(&out), &c, &result, &report);
        CU_ASSERT_EQUAL(result.verdict, ENS_ACCEPTED);
        CU_ASSERT_EQUAL(result.origin, ENS_PDF_ORIGIN_ADDED);
        CU_ASSERT_EQUAL(result.signed_at, FX_AT);
        CU_ASSERT_TRUE(result.has_signer && ens_is(result.field, "OWNER") && ens_is(result.nonce, FX_PDF_NONCE));
    }
    close_signer(&s);
    ens_buf_free(&issued);
    ens_buf_free(&out);
    ens__report_clear(&report);
}

static bool warned(const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++)
        if (ens_report_get(report, i)->outcome == ENS_WARN)
            return true;
    return false;
}

/* read_signature reads the CMS of a signed file. */
static bool read_signature(const ens_buf *file, ens_arena *arena, ens__cms *out)
{
    size_t at = ens__find(ens_buf_slice(file), ENS_LIT("/Contents <"), 0);
    ens__pdf_value contents;
    ens__pdf_parser p = {.r = ens_read(ens_from(ens_buf_slice(file), at + strlen("/Contents "))), .arena = arena};
    return at != SIZE_MAX && ens__pdf_parse(&p, &contents, NULL) == ENS_OK &&
           ens__cms_read(contents.text, arena, out, NULL) == ENS_OK;
}

/* says_the_same: what was changed is neither signed nor what says by whom: the version, a root's certificate. */
static bool says_the_same(const ens_buf *file, ens_arena *arena, const ens__cms *original)
{
    static ens__cms now;
    bool read = read_signature(file, arena, &now);
    bool same = read && now.signer && ens_eq(now.signer->der, original->signer->der) &&
                ens_eq(now.attributes, original->attributes) && ens_eq(now.signature, original->signature) &&
                ens_eq(now.digest, original->digest) && ens_eq(now.algorithm, original->algorithm);
    return same;
}

/* Every byte of a signed file is covered, or padding, or the signature. Of the signature the certificates of issuers
 * are nobody's to protect: one that is changed is told. */
static void every_byte_counts(void)
{
    signer s;
    ens_buf issued, out;
    ens_pdf_result result;
    ens_report report;
    size_t unnoticed = 0;
    static ens__cms original;
    ens_arena arena;
    ens_arena_init(&arena, (size_t)64 << 20);
    ens__report_init(&report);
    ens_buf_init(&issued, NULL, 0, FILE_MAX);
    ens_buf_init(&out, NULL, 0, FILE_MAX);
    if (open_signer("trader", "trader", &s) && fx_pdf_issue(FX_PDF_SAME, &issued)) {
        ens_pdf_sign_options o = {
            .file = ens_buf_slice(&issued), .certificates = s.certificates, .keys = s.keys, .at = FX_AT};
        ens_pdf_check_options c = {.issued = ens_buf_slice(&issued), .certificates = s.certificates, .at = FX_AT};
        CU_ASSERT_EQUAL(ens_pdf_sign(&o, append, &out, NULL), ENS_OK);
        CU_ASSERT_TRUE_FATAL(read_signature(&out, &arena, &original));
        for (size_t i = 0; i < out.len; i++) {
            uint8_t was = out.p[i];
            bool letter = (was >= 'a' && was <= 'f') || (was >= 'A' && was <= 'F');
            out.p[i] = was ^ (letter ? 0x01 : 0x02); /* 0x20 would turn a digit of hexadecimal into itself */
            ens__report_reset(&report);
            ens_pdf_check(ens_buf_slice(&out), &c, &result, &report);
            unnoticed += result.verdict == ENS_ACCEPTED && !warned(&report) && !says_the_same(&out, &arena, &original);
            out.p[i] = was;
        }
        CHECK_ROW(unnoticed == 0, "%zu changed files are accepted without a warning", unnoticed);
    }
    close_signer(&s);
    ens_buf_free(&issued);
    ens_buf_free(&out);
    ens_arena_free(&arena);
    ens__report_clear(&report);
}

static const ens_case cases[] = {
    {"values are read and written, and what PDF doesn't know is refused", reads_values},
    {"arrays within each other have a bound", bounds_depth},
    {"texts are read in their three encodings", reads_texts},
    {"cross-references are read, and what is wrong with a file is told", reads_files},
    {"objects that overlap cost no more than a few readings", bounds_work},
    {"a form isn't issued with texts that aren't what they should be", issues},
    {"an issued file tells its registration in any letters, and that it is a rehearsal", tells_registration},
    {"a field is signed behind the file's bytes, once, by a certificate that may", signs},
    {"what is signed here is accepted strictly", signs_strictly},
    {"no byte of a signed file can be changed unnoticed", every_byte_counts},
    {NULL, NULL},
};
ENS_SUITE("sti/pdf/file", cases)
