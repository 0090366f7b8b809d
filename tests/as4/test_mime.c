#include "as4/mime/mime.h"
#include "engine/base/file.h"
#include "tests/as4/naive.h"
#include "tests/suite.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    ens_arena arena;
    ens_report *report;
    ens_mime m;
} reading;

static reading *read_package(ens_slice message, const char *content_type)
{
    reading *r = calloc(1, sizeof *r);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    ens_arena_init(&r->arena, (size_t)16 << 20);
    r->report = ens_report_new();
    ens__mime_read(message, content_type ? ens_str(content_type) : (ens_slice){0}, &r->arena, &r->m, r->report);
    return r;
}

static void done(reading *r)
{
    ens_report_free(r->report);
    ens_arena_free(&r->arena);
    free(r);
}

static const ens_finding *finding(const reading *r, const char *id, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(r->report); i++) {
        const ens_finding *f = ens_report_get(r->report, i);
        if (f->outcome == outcome && strcmp(f->id, id) == 0)
            return f;
    }
    return NULL;
}

/* Messages of other stacks: where the envelope starts, and how many parts there are with how many bytes. A length of 0
 * is taken from the file itself, by search. */
#define AS_FOUND 0
#define ANY_NUMBER UINT_MAX
static const struct {
    const char *file;
    ens_verdict verdict;
    size_t root_at, root_len;
    unsigned num_parts;
    const char *cid; /* of the last part */
    size_t len;      /* of the last part's body */
} strangers[] = {
    {"third-party/signed-holodeck-message.as4", ENS_ACCEPTED, 230, 5393, 2,
     "cdcc838c-96ed-414a-b127-0937f5cd654-445037483@CLT-FGHEYSELS.ad.codit.eu", 164},
    {"third-party/helger.as4in", ENS_ACCEPTED, 627, 6772, 0, NULL, 0},
    {"third-party/governikus.as4in", ENS_ACCEPTED, 211, 7263, 0, NULL, 0},
    {"third-party/dataport1.as4in", ENS_ACCEPTED, 206, 7250, 0, NULL, 0},
    {"third-party/wrong-compression.mime", ENS_REFUSED, 315, 1759, 1, "ph-as4-0026b807-e599-40e2-af67-22f2e6fe4ddd",
     721},
    {"third-party/cef-sample1.txt", ENS_REFUSED, 95, 3287, 2, "custompayload@minder", 48},
    {"third-party/cef-sample3.txt", ENS_ACCEPTED, 0, 1532, 0, NULL, 0},
    {"third-party/testreceipt12.xml", ENS_ACCEPTED, 0, 7806, 0, NULL, 0},
    {"cxf/messages/f32-two-attachments-rsa3072.mime", ENS_ACCEPTED, 389, 11071, 3, "photo-2", 110},
    {"ics2/messages/mime-no-start.mime", ENS_ACCEPTED, 250, AS_FOUND, 2, "photo-1", AS_FOUND},
    {"ics2/messages/mime-folded-preamble.mime", ENS_ACCEPTED, 310, AS_FOUND, 2, "photo-1", AS_FOUND},
    {"ics2/messages/mime-odd-case-extra-headers.mime", ENS_ACCEPTED, 317, AS_FOUND, 2, "photo-1", AS_FOUND},
    {"ics2/messages/mime-unquoted-boundary.mime", ENS_ACCEPTED, 254, AS_FOUND, 2, "photo-1", AS_FOUND},
    {"ics2/messages/mime-text-xml-outer.mime", ENS_ACCEPTED, 250, AS_FOUND, 2, "photo-1", AS_FOUND},
    {"ics2/messages/mime-base64-part.mime", ENS_ACCEPTED, 274, AS_FOUND, 2, "photo-1", AS_FOUND},
    {"ics2/messages/receipt-in-multipart.mime", ENS_ACCEPTED, 274, 9551, 0, NULL, 0},
    {"ics2/messages/form-bom.mime", ENS_ACCEPTED, 274, AS_FOUND, 1, "message", AS_FOUND},
    {"ics2/messages/r03-three-attachments.mime", ENS_ACCEPTED, 274, AS_FOUND, 4, "photo-3", AS_FOUND},
    {"ics2/messages/content-id-twice.mime", ENS_REFUSED, 274, AS_FOUND, 2, NULL, 0},
    {"ics2/messages/mime-truncated.mime", ENS_REFUSED, 274, AS_FOUND, ANY_NUMBER, NULL, 0},
    {"ics2/messages/ping.xml", ENS_ACCEPTED, 0, 8703, 0, NULL, 0},
};

static void check_stranger(size_t i, ens_slice message, const reading *r)
{
    const ens_mime *m = &r->m;
    CHECK_ROW(ens_report_verdict(r->report) == strangers[i].verdict, "%s is %s", strangers[i].file,
              ens_verdict_name(ens_report_verdict(r->report)));
    size_t root_len = strangers[i].root_len ? strangers[i].root_len : naive_root(message).len;
    CHECK_ROW(m->root.at == strangers[i].root_at && m->root.body.len == root_len && root_len > 0,
              "%s: root at %zu, %zu bytes", strangers[i].file, m->root.at, m->root.body.len);
    CHECK_ROW(strangers[i].num_parts == ANY_NUMBER || m->num_parts == strangers[i].num_parts, "%s: %u parts",
              strangers[i].file, m->num_parts);
    if (!strangers[i].cid || !m->num_parts)
        return;
    const ens_mime_part *last = &m->part[m->num_parts - 1];
    size_t len = strangers[i].len ? strangers[i].len : naive_part(message, strangers[i].cid).len;
    CHECK_ROW(ens_is(last->content_id, strangers[i].cid) && last->body.len == len && len > 0,
              "%s: last part %.*s, %zu bytes", strangers[i].file, (int)last->content_id.len,
              (const char *)last->content_id.p, last->body.len);
}

static void reads_what_others_write(void)
{
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        char path[256];
        snprintf(path, sizeof path, "data/messages/%s", strangers[i].file);
        const char *full = ens_shared(path);
        if (!full)
            return;
        ens_file f = {0};
        CHECK_ROW(ens__file_open(full, 0, &f, NULL) == ENS_OK, "can't read %s", path);
        reading *r = read_package(f.bytes, NULL);
        check_stranger(i, f.bytes, r);
        done(r);
        ens__file_close(&f);
    }
}

#define HEAD "Content-Type: multipart/related; boundary=b; type=\"application/soap+xml\"; start=\"<r>\"\r\n\r\n"
#define HEAD_OF(parameters) "Content-Type: multipart/related; " parameters "\r\n\r\n"
#define ROOT "--b\r\nContent-Type: application/soap+xml\r\nContent-ID: <r>\r\n\r\n<e/>\r\n"
#define PART(id, body) "--b\r\nContent-Type: application/gzip\r\nContent-ID: <" id ">\r\n\r\n" body "\r\n"
#define CODED(encoding, body) "--b\r\nContent-ID: <x>\r\nContent-Transfer-Encoding: " encoding "\r\n\r\n" body "\r\n"
#define END "--b--\r\n"
#define HUNDRED "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
#define LINE_300                                                                                                       \
    "X-Field: " HUNDRED HUNDRED                                                                                        \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
#define CHARSET(value) "--b\r\nContent-Type: application/soap+xml; charset=" value "\r\n\r\n<e/>\r\n"
#define CAPTURED(field) "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n" field "\r\n\r\n"

/* Own packages, one deviation each. id: a finding with that outcome must be there. */
static const struct {
    const char *what, *text, *content_type, *id;
    ens_outcome outcome;
    unsigned num_parts;
    const char *root, *last; /* bodies, where there are any */
} own[] = {
    {"the plain form", HEAD ROOT PART("x", "1") END, NULL, "mime.package", ENS_PASS, 1, "<e/>", "1"},
    {"HTTP request line in front", "POST /as4 HTTP/1.1\r\n" HEAD ROOT END, NULL, "mime.package", ENS_PASS, 0, "<e/>",
     NULL},
    {"interim answer in front", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" HEAD ROOT END, NULL, "mime.package",
     ENS_PASS, 0, "<e/>", NULL},
    {"Content-Type given apart", "\r\n" ROOT PART("x", "1") END,
     "Multipart/Related; boundary=\"b\"; type=\"application/soap+xml\"", "mime.package", ENS_PASS, 1, "<e/>", "1"},
    {"no header at all", ROOT PART("x", "1") END, NULL, "mime.package", ENS_PASS, 1, "<e/>", "1"},
    {"byte order mark in front of an envelope", "\xEF\xBB\xBF\n<e/>", NULL, "mime.package", ENS_PASS, 0,
     "\xEF\xBB\xBF\n<e/>", NULL},
    {"envelope with its own type", "<e/>", "application/soap+xml; charset=UTF-8", "mime.package", ENS_PASS, 0, "<e/>",
     NULL},
    {"start names a later part", HEAD PART("x", "1") ROOT END, NULL, "mime.start", ENS_FAIL, 1, "<e/>", "1"},
    {"start names no part", HEAD_OF("boundary=b; type=\"application/soap+xml\"; start=q") ROOT PART("x", "1") END, NULL,
     "mime.start", ENS_WARN, 1, "<e/>", "1"},
    {"start without brackets", HEAD_OF("type=\"application/soap+xml\"; start=r; boundary=b") PART("x", "1") ROOT END,
     NULL, "mime.start", ENS_FAIL, 1, "<e/>", "1"},
    {"body ends in line ends", HEAD ROOT PART("x", "1\r\n\r\n") END, NULL, "mime.package", ENS_PASS, 1, "<e/>",
     "1\r\n\r\n"},
    {"body holds what only starts like a delimiter", HEAD ROOT PART("x", "\r\n--bc\r\nx--b\r\n--b-\r\n--b--y") END,
     NULL, "mime.boundary", ENS_FAIL, 1, "<e/>", "\r\n--bc\r\nx--b\r\n--b-\r\n--b--y"},
    {"empty body", HEAD ROOT PART("x", "") END, NULL, "mime.package", ENS_PASS, 1, "<e/>", ""},
    {"header block without body", HEAD ROOT "--b\r\nContent-ID: <x>\r\n\r\n" END, NULL, "mime.package", ENS_PASS, 1,
     "<e/>", ""},
    {"LF line ends keep a CR of the content",
     "Content-Type: multipart/related; boundary=b\n\n--b\n\n<e/>\n--b\n\n\r\n--b--", NULL, "digest.line-ends", ENS_FAIL,
     1, "<e/>", "\r"},
    {"blanks after a delimiter", HEAD "--b  \t\r\n\r\n<e/>\r\n--b--", NULL, "mime.boundary", ENS_FAIL, 0, "<e/>", NULL},
    {"nothing behind the end", HEAD ROOT "--b--", NULL, "mime.package", ENS_PASS, 0, "<e/>", NULL},
    {"LF behind the end", HEAD ROOT "--b--\n", NULL, "mime.package", ENS_PASS, 0, "<e/>", NULL},
    {"blanks behind the end", HEAD ROOT "--b-- \t", NULL, "mime.package", ENS_PASS, 0, "<e/>", NULL},
    {"a line end more behind the end", HEAD ROOT END "\r\n", NULL, "mime.end", ENS_FAIL, 0, "<e/>", NULL},
    {"a blank behind the last line end", HEAD ROOT END " ", NULL, "mime.end", ENS_FAIL, 0, "<e/>", NULL},
    {"a blank in front of the last line end", HEAD ROOT "--b-- \r\n", NULL, "mime.end", ENS_FAIL, 0, "<e/>", NULL},
    {"words behind the end", HEAD ROOT END "words", NULL, "mime.end", ENS_FAIL, 0, "<e/>", NULL},
    {"a part behind the end", HEAD ROOT END PART("x", "1") END, NULL, "mime.end", ENS_FAIL, 0, "<e/>", NULL},
    {"a preamble", HEAD "words\r\n" ROOT END, NULL, "mime.package", ENS_PASS, 0, "<e/>", NULL},
    {"the boundary within the preamble", HEAD "words --b\r\n" ROOT END, NULL, "mime.boundary", ENS_FAIL, 0, "<e/>",
     NULL},
    {"lines that are nearly the boundary", HEAD ROOT PART("x", "-b\r\n--a\r\n--") END, NULL, "mime.package", ENS_PASS,
     1, "<e/>", "-b\r\n--a\r\n--"},
    {"LF in front of a delimiter", HEAD "--b\r\n\r\n<e/>\n--b--", NULL, "mime.line-ends", ENS_FAIL, 0, "<e/>", NULL},
    {"LF behind a delimiter", HEAD "--b\n\r\n<e/>\r\n--b--", NULL, "mime.line-ends", ENS_FAIL, 0, "<e/>\r", NULL},
    {"LF in a part's header", HEAD "--b\r\nContent-ID: <r>\n\r\n<e/>\r\n--b--", NULL, "mime.line-ends", ENS_FAIL, 0,
     "<e/>", NULL},
    {"folded Content-ID", HEAD ROOT "--b\r\nContent-ID:\r\n\t<x>\r\n\r\n1\r\n" END, NULL, "mime.content-id", ENS_PASS,
     1, "<e/>", "1"},
    {"a long line in the package's header", "X: " HUNDRED HUNDRED HUNDRED "\r\n" HEAD ROOT END, NULL, "mime.package",
     ENS_PASS, 0, "<e/>", NULL},
    {"300 octets in a line of a part's header", HEAD "--b\r\n" LINE_300 "\r\n\r\n<e/>\r\n--b--", NULL, "mime.package",
     ENS_PASS, 0, "<e/>", NULL},
    {"one octet more", HEAD "--b\r\n" LINE_300 "0\r\n\r\n<e/>\r\n--b--", NULL, "mime.header", ENS_FAIL, 0, "<e/>",
     NULL},
    {"a longer field, folded", HEAD "--b\r\n" LINE_300 "\r\n " HUNDRED "\r\n\r\n<e/>\r\n--b--", NULL, "mime.package",
     ENS_PASS, 0, "<e/>", NULL},
    {"one octet more in a folded line", HEAD "--b\r\nX: y\r\n " LINE_300 "\r\n\r\n<e/>\r\n--b--", NULL, "mime.header",
     ENS_FAIL, 0, "<e/>", NULL},
    {"charset in quotes and small letters", HEAD CHARSET("\"utf-8\"") END, NULL, "mime.package", ENS_PASS, 0, "<e/>",
     NULL},
    {"a CR within a header line", HEAD "--b\r\nX: a\rb\r\n\r\n<e/>\r\n--b--", NULL, "mime.header", ENS_FAIL, 0, "<e/>",
     NULL},
    {"another charset", HEAD CHARSET("ISO-8859-1") END, NULL, "mime.charset", ENS_FAIL, 0, "<e/>", NULL},
    {"US-ASCII", HEAD CHARSET("us-ascii") END, NULL, "mime.charset", ENS_FAIL, 0, "<e/>", NULL},
    {"another charset of the package", HEAD_OF("boundary=b; type=\"application/soap+xml\"; charset=latin1") ROOT END,
     NULL, "mime.charset", ENS_FAIL, 0, "<e/>", NULL},
    {"a boundary of all characters",
     HEAD_OF("boundary=\"b '()+_,-./:=?\"") "--b '()+_,-./:=?\r\n\r\n<e/>\r\n--b '()+_,-./:=?--", NULL, "mime.package",
     ENS_PASS, 0, "<e/>", NULL},
    {"a semicolon in the boundary", HEAD_OF("boundary=\"b;c\"") "--b;c\r\n\r\n<e/>\r\n--b;c--", NULL, "mime.boundary",
     ENS_FAIL, 0, "<e/>", NULL},
    {"two charsets", HEAD CHARSET("utf-8; charset=utf-16") END, NULL, "mime.charset", ENS_FAIL, 0, "<e/>", NULL},
    {"another charset of an envelope alone", "<e/>", "application/soap+xml; charset=utf-16", "mime.charset", ENS_FAIL,
     0, "<e/>", NULL},
    {"base64", HEAD ROOT CODED("BASE64", "aGVs\r\nbG8=") END, NULL, "mime.package", ENS_PASS, 1, "<e/>", "hello"},
    {"base64 with what is none of it", HEAD ROOT CODED("base64", "aG*Vs!\r\nbG8=\x80") END, NULL, "mime.package",
     ENS_PASS, 1, "<e/>", "hello"},
    {"quoted-printable", HEAD ROOT CODED("quoted-printable", "a=3D=\r\nb \t\r\nc=e2=82=AC") END, NULL, "mime.package",
     ENS_PASS, 1, "<e/>", "a=b\r\nc\xE2\x82\xAC"},
    {"backslash in a quoted boundary", HEAD_OF("boundary=\"b\\\"c\"") "--b\"c\r\n\r\n<e/>\r\n--b\"c--", NULL,
     "mime.boundary", ENS_FAIL, 0, "<e/>", NULL},
    {"text/xml as the specification's sample", HEAD_OF("boundary=b; type=\"text/xml\"") ROOT END, NULL, "mime.type",
     ENS_WARN, 0, "<e/>", NULL},
    {"part without a Content-ID", HEAD ROOT "--b\r\n\r\n1\r\n" END, NULL, "mime.content-id", ENS_WARN, 1, "<e/>", "1"},
    {"a content coding that was undone when the message was saved", CAPTURED("Content-Encoding: gzip") "<e/>", NULL,
     "mime.package", ENS_PASS, 0, "<e/>", NULL},
    {"gzip that is cut short", CAPTURED("Content-Encoding: gzip") "\x1f\x8b\x08", NULL, "mime.coding", ENS_SKIP, 0,
     NULL, NULL},
    {"a coding that isn't known", CAPTURED("Content-Encoding: br") "<e/>", NULL, "mime.coding", ENS_SKIP, 0, NULL,
     NULL},
    {"chunks", CAPTURED("Transfer-Encoding: chunked") "1\r\n<\r\n3;x=y\r\ne/>\r\n0\r\nX: y\r\n\r\n", NULL,
     "mime.package", ENS_PASS, 0, "<e/>", NULL},
    {"chunks that were joined", CAPTURED("Transfer-Encoding: chunked") "<e/>", NULL, "mime.package", ENS_PASS, 0,
     "<e/>", NULL},
    {"chunks that are cut short", CAPTURED("Transfer-Encoding: chunked") "4\r\n<e", NULL, "mime.coding", ENS_SKIP, 0,
     NULL, NULL},
    {"chunks without an end", CAPTURED("Transfer-Encoding: chunked") "4\r\n<e/>\r\n", NULL, "mime.coding", ENS_SKIP, 0,
     NULL, NULL},
    {"chunks of another length", CAPTURED("Transfer-Encoding: chunked") "3\r\n<e/>\r\n0\r\n\r\n", NULL, "mime.coding",
     ENS_SKIP, 0, NULL, NULL},
    {"chunks of more than anything", CAPTURED("Transfer-Encoding: chunked") "ffffffffffffffff\r\n<e/>\r\n", NULL,
     "mime.coding", ENS_SKIP, 0, NULL, NULL},
    {"interim answers alone", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue", NULL, "mime.root", ENS_FAIL, 0,
     NULL, NULL},
    {"the answer of a proxy in front", "HTTP/1.1 200 Connection established\r\n\r\n" CAPTURED("X: y") "<e/>", NULL,
     "mime.package", ENS_PASS, 0, "<e/>", NULL},

    {"nothing", "", NULL, "mime.package", ENS_FAIL, 0, NULL, NULL},
    {"white space", " \r\n", NULL, "mime.package", ENS_FAIL, 0, NULL, NULL},
    {"header block alone", "Content-Type: application/soap+xml\r\n\r\n", NULL, "mime.root", ENS_FAIL, 0, NULL, NULL},
    {"a web page", "Content-Type: text/html\r\n\r\n<html/>", NULL, "mime.package", ENS_FAIL, 0, "<html/>", NULL},
    {"words", "hello\nworld", NULL, "mime.header", ENS_FAIL, 0, NULL, NULL},
    {"another multipart", "Content-Type: multipart/mixed; boundary=b\r\n\r\n" ROOT END, NULL, "mime.package", ENS_FAIL,
     0, "<e/>", NULL},
    {"no boundary parameter", HEAD_OF("type=\"application/soap+xml\"") ROOT PART("x", "1") END, NULL, "mime.boundary",
     ENS_FAIL, 1, "<e/>", "1"},
    {"boundary given twice", HEAD_OF("boundary=c; boundary=b") ROOT END, NULL, "mime.boundary", ENS_FAIL, 0, "<e/>",
     NULL},
    {"boundary without its quote", HEAD_OF("boundary=\"b") ROOT END, NULL, "mime.boundary", ENS_FAIL, 0, "<e/>", NULL},
    {"boundary that never comes", HEAD_OF("boundary=c") ROOT END, NULL, "mime.package", ENS_FAIL, 0, NULL, NULL},
    {"closing delimiter alone", HEAD END, NULL, "mime.package", ENS_FAIL, 0, NULL, NULL},
    {"cut inside a part", HEAD ROOT "--b\r\nContent-ID: <x>\r\n\r\n12345", NULL, "mime.package", ENS_FAIL, 1, "<e/>",
     "12345"},
    {"cut inside a header", HEAD ROOT "--b\r\nConte", NULL, "mime.package", ENS_FAIL, 0, "<e/>", NULL},
    {"delimiter cut in two", HEAD ROOT PART("x", "1") "--", NULL, "mime.package", ENS_FAIL, 1, "<e/>", "1\r\n--"},
    {"one Content-ID twice", HEAD ROOT PART("x", "1") PART("x", "2") END, NULL, "mime.content-id", ENS_FAIL, 2, "<e/>",
     "2"},
    {"Content-ID of the root again", HEAD ROOT PART("r", "1") END, NULL, "mime.content-id", ENS_FAIL, 1, "<e/>", "1"},
    {"Content-ID twice in one part", HEAD ROOT "--b\r\nContent-ID: <x>\r\ncontent-id: <y>\r\n\r\n1\r\n" END, NULL,
     "mime.header", ENS_FAIL, 1, "<e/>", "1"},
    {"unknown encoding", HEAD ROOT CODED("zip", "1") END, NULL, "mime.encoding", ENS_FAIL, 1, "<e/>", "1"},
    {"broken base64", HEAD ROOT CODED("base64", "a=b=") END, NULL, "mime.encoding", ENS_FAIL, 1, "<e/>", "a=b="},
    {"broken quoted-printable", HEAD ROOT CODED("quoted-printable", "=ZZ") END, NULL, "mime.encoding", ENS_FAIL, 1,
     "<e/>", "=ZZ"},
    {"no field in a part's header", HEAD ROOT "--b\r\nwhat\r\n\r\n1\r\n" END, NULL, "mime.header", ENS_FAIL, 0, "<e/>",
     NULL},
    {"root of another type", HEAD_OF("boundary=b") "--b\r\nContent-Type: image/jpeg\r\n\r\n1\r\n" END, NULL,
     "mime.root", ENS_FAIL, 0, "1", NULL},
    {"empty root", HEAD "--b\r\nContent-ID: <r>\r\n\r\n\r\n" END, NULL, "mime.root", ENS_FAIL, 0, NULL, NULL},
};

static void reads_and_refuses_by_the_rules(void)
{
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        reading *r = read_package(ens_str(own[i].text), own[i].content_type);
        const ens_finding *f = finding(r, own[i].id, own[i].outcome);
        CHECK_ROW(f && f->rule, "%s: no %s %s", own[i].what, ens_outcome_name(own[i].outcome), own[i].id);
        CHECK_ROW(own[i].outcome != ENS_FAIL || (f && f->hint && f->seen), "%s: a refusal without a hint", own[i].what);
        CHECK_ROW(own[i].outcome == ENS_FAIL || ens_report_verdict(r->report) != ENS_REFUSED, "%s: refused",
                  own[i].what);
        CHECK_ROW(r->m.num_parts == own[i].num_parts, "%s: %u parts", own[i].what, r->m.num_parts);
        CHECK_ROW(ens_is(r->m.root.body, own[i].root ? own[i].root : ""), "%s: root is %.*s", own[i].what,
                  (int)r->m.root.body.len, (const char *)r->m.root.body.p);
        if (own[i].last && r->m.num_parts)
            CHECK_ROW(ens_is(r->m.part[r->m.num_parts - 1].body, own[i].last), "%s: last part is another", own[i].what);
        done(r);
    }
}

/* undoes reads a captured body, which may hold any octet. */
static void undoes(const char *what, const char *field, ens_slice body)
{
    ens_buf b;
    ens_buf_init(&b, NULL, 0, 4096);
    ens_buf_printf(&b, "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n%s\r\n\r\n", field);
    ens_buf_put(&b, body);
    reading *r = read_package(ens_buf_slice(&b), NULL);
    CHECK_ROW(ens_is(r->m.root.body, "<e/>") && ens_report_verdict(r->report) == ENS_ACCEPTED && r->m.status == 200,
              "%s: %.*s", what, (int)r->m.root.body.len, (const char *)r->m.root.body.p);
    done(r);
    ens_buf_free(&b);
}

static void undoes_the_codings_of_http(void)
{
#define GZIP "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xb3\x49\xd5\xb7\x03\x00\x08\xb4\xd8\x06\x04\x00\x00\x00"
    undoes("gzip", "Content-Encoding: gzip", ENS_LIT(GZIP));
    undoes("x-gzip", "Content-Encoding: X-GZIP", ENS_LIT(GZIP));
    undoes("deflate", "Content-Encoding: deflate", ENS_LIT("x\x9c\xb3I\xd5\xb7\x03\x00\x02\xbf\x01\x0f"));
    undoes("deflate without a wrapper", "Content-Encoding: deflate", ENS_LIT("\x01\x04\x00\xfb\xff<e/>"));
    undoes("gzip in chunks", "Content-Encoding: gzip\r\nTransfer-Encoding: chunked",
           ENS_LIT("4\r\n\x1f\x8b\x08\x00\r\n"
                   "14\r\n\x00\x00\x00\x00\x02\x03\xb3\x49\xd5\xb7\x03\x00\x08\xb4\xd8\x06\x04\x00\x00\x00\r\n"
                   "0\r\n\r\n"));
    undoes("gzip in chunks, as one list", "Transfer-Encoding: gzip, chunked", ENS_LIT("18\r\n" GZIP "\r\n0\r\n\r\n"));
}

static void keeps_to_its_limits(void)
{
    ens_buf b;
    ens_buf_init(&b, NULL, 0, (size_t)1 << 20);
    ens_buf_text(&b, HEAD ROOT);
    for (unsigned i = 0; i < ENS_PARTS_MAX + 1; i++)
        ens_buf_printf(&b, "--b\r\nContent-ID: <%u>\r\n\r\n1\r\n", i);
    ens_buf_text(&b, END);
    reading *r = read_package(ens_buf_slice(&b), NULL);
    CU_ASSERT_PTR_NOT_NULL(finding(r, "mime.parts", ENS_FAIL));
    CU_ASSERT_EQUAL(r->m.num_parts, ENS_PARTS_MAX);
    done(r);
    b.len = 0;
    ens_buf_text(&b, HEAD "--b\r\n");
    while (b.len < ENS_MIME_HEADERS_MAX + 1000)
        ens_buf_text(&b, "X-Field: 0123456789012345678901234567890123456789\r\n");
    ens_buf_text(&b, "\r\n<e/>\r\n" END);
    r = read_package(ens_buf_slice(&b), NULL);
    CU_ASSERT_PTR_NOT_NULL(finding(r, "mime.header", ENS_FAIL));
    done(r);
    ens_buf_free(&b);
}

static void an_href_names_a_content_id(void)
{
    static const struct {
        const char *href, *cid;
    } rows[] = {
        {"cid:message", "message"},
        {"CID:a@b", ""}, /* receivers look for cid: */
        {"cid:ens%40ap.example", "ens@ap.example"},
        {"cid:a%2", "a%2"},
        {"cid:a%zz%4", "a%zz%4"},
        {"", ""},
        {"cid:%e2%82%AC", ""},
        {"cid:\xC3\xA9", ""},
        {"cid:a%00b", ""},
        {"cid:a%20b", ""},
        {"cid:a%23b", ""},
        {"cid:a#b", ""},
        {"cid:a%0d%0ab", ""},
        {"message@host", "message@host"},
        {"http://example.invalid/x", ""},
        {"#body", ""},
        {"urn:x", ""},
        {"cid:", ""},
        {"1:2", "1:2"},
    };
    ens_arena a;
    ens_arena_init(&a, 4096);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ens_slice cid = ens__cid_of(ens_str(rows[i].href), &a);
        CHECK_ROW(ens_is(cid, rows[i].cid), "%s gives %.*s", rows[i].href, (int)cid.len, (const char *)cid.p);
    }
    ens_arena_free(&a);
}

static void tells_the_label_as_it_stands(void)
{
    reading *r = read_package(ens_str(HEAD CHARSET("ISO-8859-1") END), NULL);
    const ens_finding *f = finding(r, "mime.charset", ENS_FAIL);
    CHECK_ROW(f && strstr(ens_detail(f), "labelled as \"ISO-8859-1\""), "%s", f ? ens_detail(f) : "no finding");
    done(r);
}

static const ens_case cases[] = {
    {"tells the label of an envelope as it stands", tells_the_label_as_it_stands},
    {"reads what other stacks write", reads_what_others_write},
    {"reads every allowed form and names what is wrong with the others", reads_and_refuses_by_the_rules},
    {"undoes the codings that HTTP put on a captured body", undoes_the_codings_of_http},
    {"keeps to its limits on parts and header blocks", keeps_to_its_limits},
    {"an href names a Content-ID", an_href_names_a_content_id},
    {NULL, NULL},
};
ENS_SUITE("as4/mime", cases)
