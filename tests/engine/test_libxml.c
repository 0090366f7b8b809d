#include "engine/xml/reference/libxml.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

static void judges_documents(void)
{
    static const struct {
        const char *text;
        ens_code code;
    } rows[] = {
        {"<a/>", ENS_OK},
        {"\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><a>\xC3\xA9</a>", ENS_OK},
        {"<a xmlns:p=\"urn:p\" p:b=\"1\"><![CDATA[<]]></a>", ENS_OK},
        {"", ENS_ESYNTAX},
        {"<a>", ENS_ESYNTAX},
        {"<a></b>", ENS_ESYNTAX},
        {"<a/><b/>", ENS_ESYNTAX},
        {"<a>\xC3(</a>", ENS_ESYNTAX},
        {"<a b='1' b='2'/>", ENS_ESYNTAX},
        {"<p:a/>", ENS_ESYNTAX},
        {"<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>", ENS_ESYNTAX},
        {"<a>&nbsp;</a>", ENS_ESYNTAX},
        {"<!DOCTYPE a><a/>", ENS_EPOLICY},
        {"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", ENS_EPOLICY},
        {"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", ENS_EPOLICY},
        {"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xE9</a>", ENS_EPOLICY},
        {"<a xmlns='urn:a?b&amp;c'/>", ENS_EPOLICY},
    };
    ens_libxml *x = ens__libxml_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        xmlDocPtr doc = NULL;
        ens_err err = {0};
        ens_code code = ens__libxml_parse(x, ens_str(rows[i].text), &doc, &err);
        CHECK_ROW(code == rows[i].code, "%s: %s, not %s", rows[i].text, ens_code_name(code),
                  ens_code_name(rows[i].code));
        CHECK_ROW((doc != NULL) == (code == ENS_OK), "%s: a tree only on success", rows[i].text);
        xmlFreeDoc(doc);
    }
    static const char nul[] = "<a/>\0<b>", ascii[] = "<?xml version='1.0' encoding='US-ASCII'?><a/><!--\xC3\xA9-->";
    xmlDocPtr none = NULL;
    CU_ASSERT_EQUAL(ens__libxml_parse(x, ens_bytes(nul, sizeof nul - 1), &none, NULL), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(ens__libxml_parse(x, ens_bytes(ascii, sizeof ascii - 1), &none, NULL), ENS_ESYNTAX);
    static const char utf16[] = "\xFF\xFE<\0a\0/\0>\0";
    xmlDocPtr doc = NULL;
    CU_ASSERT_EQUAL(ens__libxml_parse(x, ens_bytes(utf16, sizeof utf16 - 1), &doc, NULL), ENS_EPOLICY);
    ens__libxml_free(x);
}

static void bounds_depth_and_attributes(void)
{
    ens_libxml *x = ens__libxml_new();
    for (unsigned extra = 0; extra < 2; extra++) {
        ens_buf deep, wide;
        ens_buf_init(&deep, NULL, 0, 1 << 20), ens_buf_init(&wide, NULL, 0, 1 << 20);
        for (unsigned i = 0; i < ENS_XML_DEPTH_MAX + extra; i++)
            ens_buf_text(&deep, "<a>");
        for (unsigned i = 0; i < ENS_XML_DEPTH_MAX + extra; i++)
            ens_buf_text(&deep, "</a>");
        ens_buf_text(&wide, "<a");
        for (unsigned i = 0; i < ENS_XML_ATTRIBUTES_MAX + extra; i++)
            ens_buf_printf(&wide, " b%u=''", i);
        ens_buf_text(&wide, "/>");
        xmlDocPtr doc = NULL;
        CU_ASSERT_EQUAL(ens__libxml_parse(x, ens_buf_slice(&deep), &doc, NULL), extra ? ENS_ELIMIT : ENS_OK);
        xmlFreeDoc(doc);
        doc = NULL;
        CU_ASSERT_EQUAL(ens__libxml_parse(x, ens_buf_slice(&wide), &doc, NULL), extra ? ENS_ELIMIT : ENS_OK);
        xmlFreeDoc(doc);
        ens_buf_free(&deep), ens_buf_free(&wide);
    }
    ens__libxml_free(x);
}

static void walks_and_reads_values(void)
{
    ens_libxml *x = ens__libxml_new();
    ens_arena arena;
    ens_arena_init(&arena, 1 << 20);
    xmlDocPtr doc = NULL;
    const char *text =
        "<r xmlns='urn:r' xmlns:p='urn:p'><!-- c --><a p:i='1' i='2'>x<![CDATA[y]]>&#122;</a><p:b/><a/></r>";
    CU_ASSERT_EQUAL_FATAL(ens__libxml_parse(x, ens_str(text), &doc, NULL), ENS_OK);
    xmlNodePtr root = xmlDocGetRootElement(doc), a = ens__libxml_first(root), b = ens__libxml_next(a);
    CU_ASSERT_TRUE(ens__libxml_is(root, "urn:r", "r") && ens__libxml_is(b, "urn:p", "b"));
    CU_ASSERT_TRUE(ens_is(ens__libxml_text(a, &arena), "xyz"));
    CU_ASSERT_TRUE(ens_is(ens__libxml_attribute(a, "urn:p", "i", &arena), "1"));
    CU_ASSERT_TRUE(ens_is(ens__libxml_attribute(a, NULL, "i", &arena), "2"));
    CU_ASSERT_PTR_NULL(ens__libxml_attribute(a, NULL, "j", &arena).p);
    CU_ASSERT_TRUE(ens__libxml_text(b, &arena).p != NULL && ens__libxml_text(b, &arena).len == 0);
    CU_ASSERT_EQUAL(ens__libxml_count(root, "urn:r", "a"), 2);
    CU_ASSERT_STRING_EQUAL(ens__libxml_path(ens__libxml_next(b), &arena), "/r/a[2]");
    unsigned seen = 0;
    for (const xmlNode *e = root; e; e = ens__libxml_following(e, root))
        seen++;
    CU_ASSERT_EQUAL(seen, 4);
    xmlFreeDoc(doc);
    ens_arena_free(&arena);
    ens__libxml_free(x);
}

static void hear(void *user, const char *format, ...)
{
    (void)format;
    ++*(unsigned *)user;
}

static void says_nothing(void)
{
    static const char *const texts[] = {"<a xml:id=\"x\"><b xml:id=\"x\"/></a>", "<a xml:id=\"1\"/>",
                                        "<a b=\"\" b=\"\"/>", "<a>"};
    unsigned heard = 0;
    ens_libxml *x = ens__libxml_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(x);
    xmlSetGenericErrorFunc(&heard, hear);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        xmlDocPtr doc = NULL;
        if (ens__libxml_parse(x, ens_str(texts[i]), &doc, NULL) == ENS_OK)
            xmlFreeDoc(doc);
        CHECK_ROW(heard == 0, "libxml2 says something of %s", texts[i]);
    }
    xmlSetGenericErrorFunc(NULL, NULL);
    ens__libxml_free(x);
}

static const ens_case cases[] = {
    {"libxml2 prints nothing of what it finds", says_nothing},
    {"judges documents: well-formed UTF-8 without a DTD", judges_documents},
    {"bounds depth and attributes", bounds_depth_and_attributes},
    {"walks elements and reads values", walks_and_reads_values},
    {NULL, NULL},
};
ENS_SUITE("engine/libxml", cases)
