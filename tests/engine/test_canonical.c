#include "engine/base/file.h"
#include "engine/xml/canonical/canonical.h"
#include "engine/xml/signature/signature_read.h"
#include "tests/engine/canon_both.h"
#include "tests/suite.h"

#include <dirent.h>
#include <stdlib.h>

/* The examples of Exclusive XML Canonicalization 1.0, 2.2 and Canonical XML 1.0, 3 (without what needs a DTD), and what
 * signatures in the field meet beside them. canonical is that of the first element named apex; NULL apex: of the whole
 * document. */
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
    {"<?xml version=\"1.0\"?>\n\n<?xml-stylesheet   href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\n<doc>Hello, "
     "world!<!-- Comment 1 "
     "--></doc>\n\n<?pi-without-data     ?>\n\n<!-- Comment 2 -->\n\n<!-- Comment 3 -->\n",
     NULL, "",
     "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!</doc>\n<?pi-without-data?>"},
    {"<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      A\n      <clean>   </clean>\n     "
     " B\n   </mixed>\n</doc>",
     NULL, "",
     "<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      A\n      <clean>   </clean>\n     "
     " B\n   </mixed>\n</doc>"},
    {"<doc>\n   <e1   />\n   <e2   ></e2>\n   <e3   name = \"elem3\"   id=\"elem3\"   />\n   <e4   name=\"elem4\"   "
     "id=\"elem4\"   ></e4>\n"
     "   <e5 a:attr=\"out\" b:attr=\"sorted\" attr2=\"all\" attr=\"I'm\"\n      xmlns:b=\"http://www.ietf.org\"\n      "
     "xmlns:a=\"http://www.w3.org\"\n      xmlns=\"http://example.org\"/>\n   <e6 xmlns=\"\" "
     "xmlns:a=\"http://www.w3.org\">\n      "
     "<e7 xmlns=\"http://www.ietf.org\">\n         <e8 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n            <e9 "
     "xmlns=\"\" "
     "xmlns:a=\"http://www.ietf.org\"/>\n         </e8>\n      </e7>\n   </e6>\n</doc>",
     NULL, "",
     "<doc>\n   <e1></e1>\n   <e2></e2>\n   <e3 id=\"elem3\" name=\"elem3\"></e3>\n   <e4 id=\"elem4\" "
     "name=\"elem4\"></e4>\n   <e5 "
     "xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\" xmlns:b=\"http://www.ietf.org\" attr=\"I'm\" "
     "attr2=\"all\" b:attr=\"sorted\" "
     "a:attr=\"out\"></e5>\n   <e6>\n      <e7 xmlns=\"http://www.ietf.org\">\n         <e8 xmlns=\"\">\n            "
     "<e9></e9>\n         "
     "</e8>\n      </e7>\n   </e6>\n</doc>"},
    {"<doc>\r\n   <text>First line&#x0d;&#10;Second line</text>\r\n   <value>&#x32;</value>\r\n   "
     "<compute><![CDATA[value>\"0\" && value<\"10\" "
     "?\"valid\":\"error\"]]></compute>\r\n   <compute expr='value>\"0\" &amp;&amp; value&lt;\"10\" "
     "?\"valid\":\"error\"'>valid</compute>\r\n   "
     "<norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/>\r\n</doc>",
     NULL, "",
     "<doc>\n   <text>First line&#xD;\nSecond line</text>\n   <value>2</value>\n   <compute>value&gt;\"0\" &amp;&amp; "
     "value&lt;\"10\" "
     "?\"valid\":\"error\"</compute>\n   <compute expr=\"value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; "
     "?&quot;valid&quot;:&quot;error&quot;\">valid</compute>\n   <norm attr=\" '    &#xD;&#xA;&#x9;   ' "
     "\"></norm>\n</doc>"},
    {"<doc>&#169;\xC2\xA9&#x1F600;</doc>", NULL, "", "<doc>\xC2\xA9\xC2\xA9\xF0\x9F\x98\x80</doc>"},
    {"<a xmlns:x='urn:x' xmlns:y='urn:y'><b y:q='1' x:p='2' c='&#13;&lt;&quot;\n\t>'>t&amp;&gt;>&quot;<!-- no "
     "-->\r\n\r</b></a>",
     "b", "",
     "<b xmlns:x=\"urn:x\" xmlns:y=\"urn:y\" c=\"&#xD;&lt;&quot;  >\" x:p=\"2\" y:q=\"1\">t&amp;&gt;&gt;\"\n\n</b>"},
    {"<a xmlns:x='urn:x' xmlns:y='urn:y'><b/></a>", "b", "x z  x", "<b xmlns:x=\"urn:x\"></b>"},
    {"<a xmlns:x='urn:x'><x:b><c xmlns:x='urn:z'><x:d/></c></x:b></a>", "b", "x",
     "<x:b xmlns:x=\"urn:x\"><c xmlns:x=\"urn:z\"><x:d></x:d></c></x:b>"},
    {"<a xmlns='urn:d' xmlns:x='urn:x'><x:b><c xmlns=''/></x:b></a>", "b", "#default",
     "<x:b xmlns=\"urn:d\" xmlns:x=\"urn:x\"><c xmlns=\"\"></c></x:b>"},
    {"<a xmlns='urn:d' xmlns:x='urn:x'><x:b><c xmlns=''/></x:b></a>", "b", "", "<x:b xmlns:x=\"urn:x\"><c></c></x:b>"},
    {"<a xmlns='urn:d' xmlns:x='urn:x'><x:b xmlns=''/></a>", "b", "#default", "<x:b xmlns:x=\"urn:x\"></x:b>"},
    {"<a xmlns='urn:d'><b xmlns=''/></a>", "b", "", "<b></b>"},
    {"<a xmlns='urn:d'><b/></a>", "b", "", "<b xmlns=\"urn:d\"></b>"},
    {"<a xmlns='urn:d'><b xmlns=''><c xmlns='urn:d'/></b></a>", "a", "",
     "<a xmlns=\"urn:d\"><b xmlns=\"\"><c xmlns=\"urn:d\"></c></b></a>"},
    {"<a xml:lang='en'><b xml:space='preserve' c='d'/></a>", "b", "xml", "<b c=\"d\" xml:space=\"preserve\"></b>"},
    {"<a><b\n c = 'd'\t><?p  q ?></b ></a>", "b", "", "<b c=\"d\"><?p q ?></b>"},
};

#define CANONICAL_MAX ((size_t)1 << 20)

static void put(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
}

/* canonicalise works as the scanner goes, without a tape. */
static ens_code canonicalise(ens_scan *scan, ens_canon *canon, const char *document, const char *apex,
                             const char *prefix_list, ens_buf *out)
{
    ens_scan_event e;
    ens_canon_sink sink = {put, out};
    bool begun = apex == NULL, done = false;
    ens__scan_begin(scan, ens_str(document));
    ens_code code = begun ? ens__canon_whole(canon, scan, ens_str(prefix_list), sink, NULL) : ENS_OK;
    while (code == ENS_OK && !done && (code = ens__scan_next(scan, &e, NULL)) == ENS_OK && e.kind != ENS_SCAN_EOF) {
        if (!begun && e.kind == ENS_SCAN_START && ens_is(ens__scan_local(e.name, e.prefix_len), apex)) {
            unsigned num = 0;
            const ens_scan_binding *scope = ens__scan_scope(scan, &num);
            code = ens__canon_begin(canon, scan, scope, num, ens_str(prefix_list), sink, NULL);
            begun = true;
        }
        if (begun && code == ENS_OK)
            code = ens__canon_add(canon, &e, &done, NULL);
    }
    return code == ENS_OK && !apex ? ens__canon_end(canon, NULL) : code;
}

static void writes_what_the_recommendations_show(void)
{
    ens_scan *scan = ens__scan_new();
    ens_canon *canon = ens__canon_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_buf out;
        ens_buf_init(&out, NULL, 0, CANONICAL_MAX);
        ens_code code = canonicalise(scan, canon, rows[i].document, rows[i].apex, rows[i].prefix_list, &out);
        CHECK_ROW(code == ENS_OK && ens_is(ens_buf_slice(&out), rows[i].canonical), "row %zu: %.*s", i, (int)out.len,
                  (const char *)out.p);
        ens_buf_free(&out);
    }
    ens__canon_free(canon);
    ens__scan_free(scan);
}

static void agrees_with_libxml2_on_each_element_of_them(void)
{
    static const char *const lists[] = {"", "x", "#default n0 n1 n2 n3", "a b x y #default xml nothing"};
    canon_both *both = canon_both_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_ROW(canon_both_read(both, ens_str(rows[i].document)), "row %zu is refused", i);
        for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
            const char *differs = canon_both_compare(both, ens_str(lists[k]), 64);
            CHECK_ROW(!differs, "row %zu with \"%s\": %s", i, lists[k], differs);
        }
    }
    canon_both_free(both);
}

static void refuses_a_relative_namespace_name_wherever_it_stands(void)
{
    static const char *const documents[] = {"<a xmlns='rel'/>", "<a xmlns:p='../rel'><b/></a>",
                                            "<b><a xmlns:p='#rel'/></b>", "<a xmlns='//host/path'/>"};
    ens_scan *scan = ens__scan_new();
    ens_canon *canon = ens__canon_new();
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        ens_buf out;
        ens_buf_init(&out, NULL, 0, CANONICAL_MAX);
        CHECK_ROW(canonicalise(scan, canon, documents[i], NULL, "", &out) == ENS_ESYNTAX, "%s", documents[i]);
        CHECK_ROW(canonicalise(scan, canon, documents[i], "a", "", &out) == ENS_ESYNTAX, "%s", documents[i]);
        ens_buf_free(&out);
    }
    ens__canon_free(canon);
    ens__scan_free(scan);
}

static void refuses_a_prefix_list_over_its_limits(void)
{
    static char list[5000];
    ens_scan *scan = ens__scan_new();
    ens_canon *canon = ens__canon_new();
    ens_buf out;
    ens_buf_init(&out, NULL, 0, CANONICAL_MAX);
    memset(list, 0, sizeof list);
    for (unsigned i = 0; i <= ENS_CANON_PREFIXES_MAX; i++)
        memcpy(list + 3 * i, "ab ", 3);
    CU_ASSERT_EQUAL(canonicalise(scan, canon, "<a/>", "a", list, &out), ENS_ELIMIT);
    list[3 * ENS_CANON_PREFIXES_MAX] = 0;
    CU_ASSERT_EQUAL(canonicalise(scan, canon, "<a/>", "a", list, &out), ENS_OK);
    memset(list, 'x', sizeof list - 1);
    CU_ASSERT_EQUAL(canonicalise(scan, canon, "<a/>", "a", list, &out), ENS_ELIMIT);
    ens_buf_free(&out);
    ens__canon_free(canon);
    ens__scan_free(scan);
}

static void writes_all_declarations_that_can_be_in_force(void)
{
    ens_buf document;
    ens_buf_init(&document, NULL, 0, CANONICAL_MAX);
    unsigned depth = ENS_XML_SCOPE_MAX / 16;
    for (unsigned i = 0; i < depth; i++) {
        ens_buf_text(&document, "<a");
        for (unsigned k = 0; k < 16; k++)
            ens_buf_printf(&document, " xmlns:p%u='urn:%u' p%u:q='%u'", i * 16 + k, k, i * 16 + k, k);
        ens_buf_text(&document, ">");
    }
    for (unsigned i = 0; i < depth; i++)
        ens_buf_text(&document, "</a>");
    canon_both *both = canon_both_new();
    CU_ASSERT_TRUE(canon_both_read(both, ens_buf_slice(&document)));
    CU_ASSERT_PTR_NULL(canon_both_compare(both, ENS_LIT("p3 p40 p200"), 4));
    canon_both_free(both);
    ens_buf_free(&document);
}

/* What goes out lies in the input, and in as few pieces as can be. */
typedef struct {
    ens_slice document;
    unsigned pieces, inside;
} pieces;

static void count(void *user, ens_slice piece)
{
    pieces *p = user;
    p->pieces++;
    p->inside += piece.p >= p->document.p && piece.p + piece.len <= p->document.p + p->document.len;
}

static void hands_on_what_is_canonical_already_where_it_lies(void)
{
    ens_buf document;
    ens_buf_init(&document, NULL, 0, CANONICAL_MAX);
    ens_buf_text(&document, "<a xmlns=\"urn:a\">");
    for (unsigned i = 0; i < 500; i++)
        ens_buf_text(&document, "<b c=\"d\" e=\"f\">text</b>\n");
    ens_buf_text(&document, "</a>");
    pieces p = {.document = ens_buf_slice(&document)};
    ens_scan *scan = ens__scan_new();
    ens_canon *canon = ens__canon_new();
    ens_scan_event e;
    bool done = false;
    ens__scan_begin(scan, p.document);
    ens_code code = ens__canon_begin(canon, scan, NULL, 0, (ens_slice){0}, (ens_canon_sink){count, &p}, NULL);
    while (code == ENS_OK && !done && (code = ens__scan_next(scan, &e, NULL)) == ENS_OK)
        code = ens__canon_add(canon, &e, &done, NULL);
    CU_ASSERT_EQUAL(code, ENS_OK);
    CU_ASSERT_EQUAL(p.pieces, 2);
    CU_ASSERT_EQUAL(p.inside, 1);
    ens__canon_free(canon);
    ens__scan_free(scan);
    ens_buf_free(&document);
}

/* each_envelope finds the SOAP envelope in a message of the answer sheets: from its root's start tag to the end tag. */
static ens_slice envelope_in(ens_slice message)
{
    size_t end = ens__find(message, ENS_LIT("Envelope>"), 0), from = end;
    while (from && from != SIZE_MAX && message.p[from - 1] != '<')
        from--;
    size_t start = SIZE_MAX;
    for (size_t at = 0; (at = ens__find(message, ENS_LIT("<"), at)) != SIZE_MAX && start == SIZE_MAX; at++) {
        ens_slice name = ens_from(message, at + 1);
        size_t colon = ens__find(ens_sub(name, 0, 16), ENS_LIT(":"), 0);
        ens_slice local = colon == SIZE_MAX ? name : ens_from(name, colon + 1);
        if (ens_starts(local, ENS_LIT("Envelope")))
            start = at;
    }
    if (start == SIZE_MAX || end == SIZE_MAX)
        return (ens_slice){0};
    return ens_sub(message, start, end + sizeof "Envelope>" - 1);
}

static unsigned compare_folder(canon_both *both, const char *folder, unsigned *refused)
{
    unsigned num = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[1024];
        ens_file file = {0};
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || ens__file_open(path, 0, &file, NULL) != ENS_OK)
            continue;
        ens_slice envelope = envelope_in(file.bytes);
        if (envelope.len && canon_both_read(both, envelope)) {
            const char *differs = canon_both_compare(both, ENS_LIT("env eb wsse #default"), 4096);
            CHECK_ROW(!differs, "%s: %s", path, differs);
            num++;
        } else {
            *refused += envelope.len > 0;
        }
        ens__file_close(&file);
    }
    if (dir)
        closedir(dir);
    return num;
}

static void agrees_with_libxml2_on_each_element_of_each_envelope(void)
{
    static const char *const folders[] = {"data/messages/ics2/messages", "data/messages/third-party",
                                          "data/messages/cxf/messages"};
    canon_both *both = canon_both_new();
    unsigned num = 0, refused = 0;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const char *folder = ens_shared(folders[i]);
        if (folder)
            num += compare_folder(both, folder, &refused);
    }
    canon_both_free(both);
    if (ens_shared(folders[0]))
        CHECK_ROW(num > 100 && refused < num / 4, "%u envelopes, %u refused", num, refused);
}

static const ens_case cases[] = {
    {"writes what the recommendations show", writes_what_the_recommendations_show},
    {"agrees with libxml2 on each element of their examples", agrees_with_libxml2_on_each_element_of_them},
    {"refuses a relative namespace name wherever it stands", refuses_a_relative_namespace_name_wherever_it_stands},
    {"refuses a PrefixList over its limits", refuses_a_prefix_list_over_its_limits},
    {"writes all declarations that can be in force", writes_all_declarations_that_can_be_in_force},
    {"hands on what is canonical already where it lies", hands_on_what_is_canonical_already_where_it_lies},
    {"agrees with libxml2 on each element of each envelope of the answer sheets",
     agrees_with_libxml2_on_each_element_of_each_envelope},
    {NULL, NULL},
};
ENS_SUITE("engine/canonical", cases)
