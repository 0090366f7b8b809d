#include "engine/base/gzip.h"
#include "fixtures/payload.h"
#include "tests/as4/sample.h"
#include "tests/fuzz/document_pair.h"
#include "tests/suite.h"

#include <stdio.h>

#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

static void reads_values_alike_both_ways(void)
{
    static const struct {
        const char *text, *lrn;
        unsigned num_lrn, num_files;
    } rows[] = {
        {"<r><LRN>a</LRN></r>", "a", 1, 0},
        {"<r><LRN>a &amp; b&#x20AC;&#10;</LRN></r>", "a & b\xE2\x82\xAC\n", 1, 0},
        {"<r><LRN>a\r\nb\rc<!-- x -->d<?p?><![CDATA[<&\r\n]]>e</LRN></r>", "a\nb\ncd<&\ne", 1, 0},
        {"<r><LRN><x>no</x>yes<x/></LRN></r>", "yes", 1, 0},
        {"<r><LRN>a</LRN><LRN>b</LRN></r>", "b", 2, 0},
        {"<r><LRN/></r>", "", 1, 0},
        {"<r><x><LRN>deeper</LRN></x></r>", "", 0, 0},
        {"<r xmlns='urn:r'><p:LRN xmlns:p='urn:p'>x</p:LRN></r>", "", 0, 0},
        {"<r xmlns='urn:r'><p:binaryFile xmlns:p='urn:p'><identification>x</identification></p:binaryFile></r>", "", 0,
         0},
        {"<p:r xmlns:p='urn:r'><p:LRN>x</p:LRN></p:r>", "x", 1, 0},
        {"<r><binaryFile><identification>i&#49;</identification><MIME>a/b</MIME></binaryFile><x><BINARYATTACHMENT/></"
         "x></r>",
         "", 0, 2},
        {"<r><LRN>" LONG LONG LONG LONG LONG "0123456789&lt;1&gt;2</LRN></r>", LONG LONG LONG LONG LONG "0123456789<1",
         1, 0},
        {"<r><LRN>a</LRN><r>", "a", 1, 0},
        {"<r><LRN>a</LRN></r>x", "a", 1, 0},
    };
    document_pair *p = document_pair_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_ROW(document_pair_alike(p, ens_str(rows[i].text)), "%s: not alike", rows[i].text);
        CHECK_ROW(ens_is(p->scanned.lrn, rows[i].lrn) && p->scanned.num_lrn == rows[i].num_lrn &&
                      p->scanned.num_files == rows[i].num_files,
                  "%s: %.*s", rows[i].text, (int)p->scanned.lrn.len, (const char *)p->scanned.lrn.p);
    }
    document_pair_free(p);
}

static void reads_documents_of_any_size_alike(void)
{
    document_pair *p = document_pair_new();
    for (size_t size = 1 << 10; size <= (size_t)4 << 20; size *= 4) {
        ens_buf text;
        ens_buf_init(&text, NULL, 0, SIZE_MAX);
        fx_document_write(
            &(fx_document){
                .action = "IE3F26", .lrn = FX_LRN, .declarant = "FR73282932000074", .attachments = 2, .size = size},
            &text);
        CHECK_ROW(document_pair_alike(p, ens_buf_slice(&text)) && p->scanned.read, "%zu bytes", size);
        ens_buf_free(&text);
    }
    document_pair_free(p);
}

static document_pair *shared_pair;
static unsigned num_read;

/* check_message reads every part of a message as if it were a document, inflated where it can be. */
static void check_message(const char *folder, const sheet_row *row)
{
    char path[512];
    snprintf(path, sizeof path, "%s/messages/%.*s", folder, (int)row->file.len, (const char *)row->file.p);
    sample *s = sample_read(path);
    ens_gzip *z = ens__gzip_new();
    for (unsigned i = 0; s && i < s->mime.num_parts; i++) {
        ens_buf inflated;
        ens_buf_init(&inflated, NULL, 0, ENS_INFLATE_MAX);
        bool gzip = ens__gzip_inflate(z, s->mime.part[i].body, ENS_INFLATE_MAX, &inflated, NULL) == ENS_OK;
        CHECK_ROW(document_pair_alike(shared_pair, gzip ? ens_buf_slice(&inflated) : s->mime.part[i].body),
                  "%s: part %u", path, i);
        num_read += shared_pair->scanned.read;
        ens_buf_free(&inflated);
    }
    ens__gzip_free(z);
    sample_free(s);
}

static void reads_strangers_messages_alike(void)
{
    if (!ens_shared("data/messages"))
        return;
    shared_pair = document_pair_new();
    num_read = 0;
    sheet_each("ics2", check_message);
    sheet_each("cxf", check_message);
    CHECK_ROW(num_read > 100, "%u documents", num_read);
    document_pair_free(shared_pair);
}

static const ens_case cases[] = {
    {"reads values alike by the scanner and by libxml2", reads_values_alike_both_ways},
    {"reads documents of any size alike", reads_documents_of_any_size_alike},
    {"reads strangers' messages alike", reads_strangers_messages_alike},
    {NULL, NULL},
};
ENS_SUITE("as4/document", cases)
