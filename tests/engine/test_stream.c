#include "engine/xml/reference/stream.h"
#include "tests/suite.h"

#include <stdlib.h>

typedef struct {
    ens_buf log; /* "+a{ns}1 text -" … */
    ens_xmlstream *x;
    const char *stop_at;
} journal;

static void on_start(void *user, const ens_xml_element *e, unsigned depth)
{
    journal *j = user;
    ens_slice id = ens__xmlstream_attribute(e, NULL, "id"), other = ens__xmlstream_attribute(e, "urn:o", "id");
    ens_buf_printf(&j->log, "+%s{%s}%u", e->local, e->ns ? e->ns : "", depth);
    if (id.p)
        ens_buf_printf(&j->log, "[%.*s]", (int)id.len, (const char *)id.p);
    if (other.p)
        ens_buf_printf(&j->log, "(%.*s)", (int)other.len, (const char *)other.p);
    if (j->stop_at && strcmp(e->local, j->stop_at) == 0)
        ens__xmlstream_stop(j->x, ENS_EPOLICY, "enough");
}

static void on_end(void *user, unsigned depth)
{
    ens_buf_printf(&((journal *)user)->log, "-%u", depth);
}

static void on_text(void *user, ens_slice piece, unsigned depth)
{
    (void)depth;
    ens_buf_put(&((journal *)user)->log, piece);
}

static const ens_xml_events events = {on_start, on_end, on_text};

static ens_code run(ens_xmlstream *x, ens_slice text, const char *stop_at, journal *j, ens_err *err)
{
    *j = (journal){.x = x, .stop_at = stop_at};
    ens_buf_init(&j->log, NULL, 0, SIZE_MAX);
    return ens__xmlstream_run(x, text, &events, j, NULL, err);
}

static void events_come_in_order(void)
{
    static const struct {
        const char *text, *log;
    } rows[] = {
        {"<a>t</a>", "+a{}1t-1"},
        {"\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><a><b/>x<!-- c -->y</a>", "+a{}1+b{}2-2xy-1"},
        {"<p:a xmlns:p='urn:p' id='1' xmlns:o='urn:o' o:id='2&amp;'><b xmlns='urn:d'/></p:a>",
         "+a{urn:p}1[1](2&)+b{urn:d}2-2-1"},
        {"<a>&lt;&#65;<![CDATA[<x>]]></a>", "+a{}1<A<x>-1"},
    };
    ens_xmlstream *x = ens__xmlstream_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        journal j;
        CHECK_ROW(run(x, ens_str(rows[i].text), NULL, &j, NULL) == ENS_OK, "%s is refused", rows[i].text);
        CHECK_ROW(ens_is(ens_buf_slice(&j.log), rows[i].log), "%s gives %.*s", rows[i].text, (int)j.log.len,
                  (const char *)j.log.p);
        ens_buf_free(&j.log);
    }
    ens__xmlstream_free(x);
}

/* One parser over all rows: what one document leaves behind must not help the next one. */
static void refuses_with_a_reason(void)
{
    static const struct {
        const char *text;
        size_t len;
        ens_code code;
    } rows[] = {
        {"<p:a xmlns:p='urn:p' xmlns='urn:d'><p:b></p:c>", 0, ENS_ESYNTAX},
        {"<p:a></p:a>", 0, ENS_ESYNTAX},
        {"<a><b></a>", 0, ENS_ESYNTAX},
        {"<a/><b/>", 0, ENS_ESYNTAX},
        {"<a>&e;</a>", 0, ENS_ESYNTAX},
        {"<a>\xFF</a>", 0, ENS_ESYNTAX},
        {"<a x='1' x='2'/>", 0, ENS_ESYNTAX},
        {"<a", 0, ENS_ESYNTAX},
        {"", 0, ENS_ESYNTAX},
        {"    ", 0, ENS_ESYNTAX},
        {"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", 0, ENS_EPOLICY},
        {"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", 0, ENS_EPOLICY},
        {"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", 0, ENS_EPOLICY},
        {"\xFF\xFE<\0a\0/\0>\0", 10, ENS_EPOLICY},
        {"<\0a\0/\0>\0", 8, ENS_EPOLICY},
        {"\0<\0a\0/\0>", 8, ENS_EPOLICY},
    };
    ens_xmlstream *x = ens__xmlstream_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        journal j;
        ens_err err = {0};
        size_t len = rows[i].len ? rows[i].len : strlen(rows[i].text);
        ens_code code = run(x, ens_bytes(rows[i].text, len), NULL, &j, &err);
        CHECK_ROW(code == rows[i].code && err.n > 0 && err.frame[0].what, "row %zu, %s: %s", i, rows[i].text,
                  ens_code_name(code));
        ens_buf_free(&j.log);
        CU_ASSERT_EQUAL(run(x, ENS_LIT("<a>t</a>"), NULL, &j, NULL), ENS_OK);
        CU_ASSERT_TRUE(ens_is(ens_buf_slice(&j.log), "+a{}1t-1"));
        ens_buf_free(&j.log);
    }
    ens__xmlstream_free(x);
}

static void keeps_to_its_limits(void)
{
    ens_buf deep, wide, names;
    ens_buf_init(&deep, NULL, 0, 1 << 20), ens_buf_init(&wide, NULL, 0, 1 << 20),
        ens_buf_init(&names, NULL, 0, (size_t)64 << 20);
    for (unsigned i = 0; i < 101; i++)
        ens_buf_text(&deep, "<a>");
    ens_buf_text(&wide, "<a");
    for (unsigned i = 0; i < 65; i++)
        ens_buf_printf(&wide, " x%u='1'", i);
    ens_buf_text(&wide, "/>");
    ens_buf_text(&names, "<a>");
    for (unsigned i = 0; i < 400000; i++)
        ens_buf_printf(&names, "<abcdefghijklmnopqrstuvwxyz%u/>", i);
    ens_buf_text(&names, "</a>");
    ens_xmlstream *x = ens__xmlstream_new();
    static const ens_xml_events none;
    CU_ASSERT_EQUAL(ens__xmlstream_run(x, ens_buf_slice(&deep), &none, NULL, NULL, NULL), ENS_ELIMIT);
    CU_ASSERT_EQUAL(ens__xmlstream_run(x, ens_buf_slice(&wide), &none, NULL, NULL, NULL), ENS_ELIMIT);
    CU_ASSERT_EQUAL(ens__xmlstream_run(x, ens_buf_slice(&names), &none, NULL, NULL, NULL), ENS_ELIMIT);
    CU_ASSERT_EQUAL(ens__xmlstream_run(x, ENS_LIT("<a></a>"), &none, NULL, NULL, NULL), ENS_OK);
    ens__xmlstream_free(x);
    ens_buf_free(&deep), ens_buf_free(&wide), ens_buf_free(&names);
}

static void a_handler_may_stop_it(void)
{
    ens_xmlstream *x = ens__xmlstream_new();
    journal j;
    ens_err err = {0};
    CU_ASSERT_EQUAL(run(x, ENS_LIT("<a><b/><c/></a>"), "b", &j, &err), ENS_EPOLICY);
    CU_ASSERT_STRING_EQUAL(err.frame[0].what, "enough");
    CU_ASSERT_TRUE(ens_is(ens_buf_slice(&j.log), "+a{}1+b{}2"));
    ens_buf_free(&j.log);
    ens__xmlstream_free(x);
}

/* Text that spans many chunks arrives whole, and a split inside a character does no harm. */
static void long_text_arrives_whole(void)
{
    ens_buf doc;
    ens_buf_init(&doc, NULL, 0, (size_t)8 << 20);
    ens_buf_text(&doc, "<a>");
    for (unsigned i = 0; i < 400000; i++)
        ens_buf_text(&doc, i % 7 ? "x" : "\xE2\x82\xAC");
    size_t want = doc.len - 3;
    ens_buf_text(&doc, "</a>");
    ens_xmlstream *x = ens__xmlstream_new();
    journal j;
    CU_ASSERT_EQUAL(run(x, ens_buf_slice(&doc), NULL, &j, NULL), ENS_OK);
    CU_ASSERT_EQUAL(j.log.len, want + 5 + 2);
    CU_ASSERT_TRUE(j.log.len > want + 5 && memcmp(j.log.p + 5, doc.p + 3, want) == 0);
    ens_buf_free(&j.log);
    ens_buf_free(&doc);
    ens__xmlstream_free(x);
}

static const ens_case cases[] = {
    {"events come in order, with attributes by name", events_come_in_order},
    {"refuses with a reason and forgets the document", refuses_with_a_reason},
    {"keeps to its limits on depth, attributes and names", keeps_to_its_limits},
    {"a handler may stop it", a_handler_may_stop_it},
    {"long text arrives whole", long_text_arrives_whole},
    {NULL, NULL},
};
ENS_SUITE("engine/stream", cases)
