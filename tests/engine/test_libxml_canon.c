#include "engine/xml/reference/libxml.h"
#include "tests/suite.h"

#include <stdlib.h>

/* The examples of Exclusive XML Canonicalization 1.0, 2.2, and what AS4 envelopes meet beside them. */
static const struct {
    const char *document, *apex, *prefix_list, *canonical;
} rows[] = {
    {"<n0:local xmlns:n0=\"foo:bar\" xmlns:n3=\"ftp://example.org\"><n1:elem2 xmlns:n1=\"http://example.net\" "
     "xml:lang=\"en\"><n3:stuff "
     "xmlns:n3=\"ftp://example.org\"/></n1:elem2></n0:local>",
     "elem2", "",
     "<n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\"><n3:stuff "
     "xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>"},
    {"<n2:pdu xmlns:n1=\"http://example.com\" xmlns:n2=\"http://foo.example\" xml:lang=\"fr\" "
     "xml:space=\"retain\"><n1:elem2 "
     "xmlns:n1=\"http://example.net\" xml:lang=\"en\"><n3:stuff xmlns:n3=\"ftp://example.org\"/></n1:elem2></n2:pdu>",
     "elem2", "",
     "<n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\"><n3:stuff "
     "xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>"},
    {"<a xmlns:x='urn:x' xmlns:y='urn:y'><b y:q='1' x:p='2' c='&#13;&lt;&quot;'>t&amp;&#13;<!-- no --></b></a>", "b",
     "", "<b xmlns:x=\"urn:x\" xmlns:y=\"urn:y\" c=\"&#xD;&lt;&quot;\" x:p=\"2\" y:q=\"1\">t&amp;&#xD;</b>"},
    {"<a xmlns:x='urn:x' xmlns:y='urn:y'><b/></a>", "b", "x z", "<b xmlns:x=\"urn:x\"></b>"},
    {"<a xmlns='urn:d'><b xmlns=''/></a>", "b", "", "<b></b>"},
    {"<a xmlns='urn:d'><b/></a>", "b", "", "<b xmlns=\"urn:d\"></b>"},
};

static const xmlNode *named(xmlDocPtr doc, const char *name)
{
    const xmlNode *root = xmlDocGetRootElement(doc);
    for (const xmlNode *e = root; e; e = ens__libxml_following(e, root))
        if (strcmp((const char *)e->name, name) == 0)
            return e;
    return NULL;
}

static void canonicalises_elements(void)
{
    ens_libxml *x = ens__libxml_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        xmlDocPtr doc = NULL;
        ens_buf out;
        ens_buf_init(&out, NULL, 0, 1 << 16);
        CU_ASSERT_EQUAL_FATAL(ens__libxml_parse(x, ens_str(rows[i].document), &doc, NULL), ENS_OK);
        ens_code code = ens__libxml_canon(doc, named(doc, rows[i].apex), ENS_LIBXML_EXCLUSIVE,
                                          ens_str(rows[i].prefix_list), &out, NULL);
        CHECK_ROW(code == ENS_OK && ens_is(ens_buf_slice(&out), rows[i].canonical), "row %zu: %.*s", i, (int)out.len,
                  (const char *)out.p);
        ens_buf_free(&out);
        xmlFreeDoc(doc);
    }
    ens__libxml_free(x);
}

static void refuses_what_it_cannot_write(void)
{
    ens_libxml *x = ens__libxml_new();
    xmlDocPtr doc = NULL;
    uint8_t small[8];
    ens_buf out;
    ens_buf_init(&out, small, sizeof small, sizeof small);
    CU_ASSERT_EQUAL_FATAL(ens__libxml_parse(x, ENS_LIT("<a>some text that is longer</a>"), &doc, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__libxml_canon(doc, NULL, ENS_LIBXML_EXCLUSIVE, (ens_slice){0}, &out, NULL), ENS_ELIMIT);
    ens_buf_free(&out);
    ens_buf_init(&out, NULL, 0, 1 << 16);
    char list[3 * (ENS_LIBXML_PREFIXES_MAX + 1) + 1] = "";
    for (unsigned i = 0; i <= ENS_LIBXML_PREFIXES_MAX; i++)
        memcpy(list + 3 * i, "ab ", 4);
    CU_ASSERT_EQUAL(ens__libxml_canon(doc, NULL, ENS_LIBXML_EXCLUSIVE, ens_str(list), &out, NULL), ENS_ELIMIT);
    ens_buf_free(&out);
    xmlFreeDoc(doc);
    ens__libxml_free(x);
}

static const ens_case cases[] = {
    {"canonicalises elements as Exclusive XML Canonicalization 1.0 has them", canonicalises_elements},
    {"refuses what it can't write within its limits", refuses_what_it_cannot_write},
    {NULL, NULL},
};
ENS_SUITE("engine/libxml_canon", cases)
