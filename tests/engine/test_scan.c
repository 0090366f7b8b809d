#include "engine/base/file.h"
#include "engine/xml/scan/scan_state.h"
#include "tests/fuzz/scan_divided.h"
#include "tests/fuzz/scan_journal.h"
#include "tests/suite.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static ens_code scan(ens_scan *s, ens_slice text, ens_err *err)
{
    journal j;
    journal_init(&j);
    ens_code code = journal_scan(&j, s, text, err);
    journal_free(&j);
    return code;
}

#define XML_NS "http://www.w3.org/XML/1998/namespace"

static void judges_documents_and_says_where(void)
{
    static const struct {
        const char *text;
        ens_code code;
        size_t at;
    } rows[] = {
        {"<a/>", ENS_OK, 0},
        {"<?xml version='1.0'?>\r\n<!-- c --><?p?><a />\n<?q d?><!--->-->", ENS_OK, 0},
        {"\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\" standalone='no' ?><a>\xC3\xA9</a>", ENS_OK, 0},
        {"<?xml version='1.0' encoding='UTF-8'standalone='yes'?><a/>", ENS_OK, 0},
        {"<?xml version='1.1'?><a/>", ENS_EPOLICY, 0},
        {"<?xml version='1.' encoding='UTF-8'?><a/>", ENS_EPOLICY, 0},
        {"<?xml version='1.0'standalone='yes'?><a/>", ENS_ESYNTAX, 0},
        {"<?xml version='2.0'?><a/>", ENS_ESYNTAX, 0},
        {"<?xml encoding='UTF-8' version='1.0'?><a/>", ENS_ESYNTAX, 0},
        {"<?xml version='1.0' encoding='UTF-16'?><a/>", ENS_EPOLICY, 0},
        {"<?xml version='1.0' encoding='US-ASCII'?><a>\xC3\xA9</a>", ENS_ESYNTAX, 44},
        {"<?xml version='1.0' encoding='US-ASCII'?><!--\xC3\xA9--><a/>", ENS_ESYNTAX, 45},
        {"<?xml version='1.0' standalone='maybe'?><a/>", ENS_ESYNTAX, 0},
        {" <?xml version='1.0'?><a/>", ENS_ESYNTAX, 1},
        {"", ENS_ESYNTAX, 0},
        {"<a>", ENS_ESYNTAX, 0},
        {"text", ENS_ESYNTAX, 0},
        {"    ", ENS_ESYNTAX, 4},
        {"<a/>x", ENS_ESYNTAX, 4},
        {"<a/><b/>", ENS_ESYNTAX, 4},
        {"<a/>&#32;", ENS_ESYNTAX, 4},
        {"<a/><![CDATA[]]>", ENS_ESYNTAX, 4},
        {"<!DOCTYPE a><a/>", ENS_EPOLICY, 0},
        {"<a/><!DOCTYPE a>", ENS_ESYNTAX, 4},
        {"<a><!DOCTYPE a></a>", ENS_ESYNTAX, 3},
        {"<a></b>", ENS_ESYNTAX, 3},
        {"<a></ab>", ENS_ESYNTAX, 3},
        {"<ab></a>", ENS_ESYNTAX, 4},
        {"<a></a b='1'>", ENS_ESYNTAX, 3},
        {"<a></ a>", ENS_ESYNTAX, 3},
        {"<a></a\n\t>", ENS_OK, 0},
        {"< a/>", ENS_ESYNTAX, 1},
        {"<-a/>", ENS_ESYNTAX, 1},
        {"<a\xC2\xB7/>", ENS_OK, 0},
        {"<\xC2\xB7/>", ENS_ESYNTAX, 1},
        {"<a b/>", ENS_ESYNTAX, 4},
        {"<a b=c/>", ENS_ESYNTAX, 5},
        {"<a b='1'c='2'/>", ENS_ESYNTAX, 8},
        {"<a b='<'/>", ENS_ESYNTAX, 6},
        {"<a b=']]>' c = \"'\"\n/>", ENS_OK, 0},
        {"<a b='1' b='2'/>", ENS_ESYNTAX, 9},
        {"<a/ >", ENS_ESYNTAX, 2},
        {"<a>]]></a>", ENS_ESYNTAX, 5},
        {"<a>]] >]&#93;>&#93;]&gt;</a>", ENS_OK, 0},
        {"<a>&amp;&lt;&gt;&quot;&apos;&#9;&#x10FFFF;</a>", ENS_OK, 0},
        {"<a>&nbsp;</a>", ENS_ESYNTAX, 3},
        {"<a>&amp</a>", ENS_ESYNTAX, 3},
        {"<a>& </a>", ENS_ESYNTAX, 3},
        {"<a>&#0;</a>", ENS_ESYNTAX, 3},
        {"<a>&#xD800;</a>", ENS_ESYNTAX, 3},
        {"<a>&#x110000;</a>", ENS_ESYNTAX, 3},
        {"<a>&#X41;</a>", ENS_ESYNTAX, 3},
        {"<a b='&#xFFFE;'/>", ENS_ESYNTAX, 6},
        {"<a><!-- -- --></a>", ENS_ESYNTAX, 8},
        {"<a><!-- ---></a>", ENS_ESYNTAX, 8},
        {"<a><!- --></a>", ENS_ESYNTAX, 3},
        {"<a><!--></a>", ENS_ESYNTAX, 3},
        {"<a><![CDATA[]]]]></a>", ENS_OK, 0},
        {"<a><![CDATA[ ]] ></a>", ENS_ESYNTAX, 3},
        {"<a><![cdata[]]></a>", ENS_ESYNTAX, 3},
        {"<a><?XmL ?></a>", ENS_ESYNTAX, 3},
        {"<a><?xml-model?></a>", ENS_OK, 0},
        {"<a><?p:q ?></a>", ENS_ESYNTAX, 3},
        {"<a><?p?q?></a>", ENS_ESYNTAX, 3},
        {"<a>\x01</a>", ENS_ESYNTAX, 3},
        {"<a><!--\x7F\xC2\x80--></a>", ENS_OK, 0},
        {"<a>\xC3(</a>", ENS_ESYNTAX, 3},
        {"<a>\xC1\xBF</a>", ENS_ESYNTAX, 3},
        {"<a>\xE0\x9F\xBF</a>", ENS_ESYNTAX, 3},
        {"<a>\xED\xA0\x80</a>", ENS_ESYNTAX, 3},
        {"<a>\xEF\xBF\xBE</a>", ENS_ESYNTAX, 3},
        {"<a>\xF4\x90\x80\x80</a>", ENS_ESYNTAX, 3},
        {"<a><!--\xFF--></a>", ENS_ESYNTAX, 7},
    };
    ens_scan *s = ens__scan_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_err err = {0};
        ens_code code = scan(s, ens_str(rows[i].text), &err);
        CHECK_ROW(code == rows[i].code, "%s: %s, not %s", rows[i].text, ens_code_name(code),
                  ens_code_name(rows[i].code));
        CHECK_ROW(err.frame[0].at == rows[i].at, "%s: at %zu, not %zu", rows[i].text, err.frame[0].at, rows[i].at);
    }
    ens__scan_free(s);
}

static void obeys_namespaces(void)
{
    static const struct {
        const char *text;
        ens_code code;
    } rows[] = {
        {"<p:a xmlns:p='urn:p'><p:b/></p:a>", ENS_OK},
        {"<p:a p:b='1' xmlns:p='urn:p'/>", ENS_OK},
        {"<p:a/>", ENS_ESYNTAX},
        {"<a p:b='1'/>", ENS_ESYNTAX},
        {"<a><b xmlns:p='urn:p'/><p:c/></a>", ENS_ESYNTAX},
        {"<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>", ENS_ESYNTAX},
        {"<a xmlns:p='urn:x' xmlns='urn:x' p:b='1' b='2'/>", ENS_OK},
        {"<a xmlns:p='urn:x' xmlns:p='urn:y'/>", ENS_ESYNTAX},
        {"<a xmlns='' xmlns=''/>", ENS_ESYNTAX},
        {"<a xmlns:p=''/>", ENS_ESYNTAX},
        {"<a xmlns='urn:a'><b xmlns=''/></a>", ENS_OK},
        {"<a:/>", ENS_ESYNTAX},
        {"<:a/>", ENS_ESYNTAX},
        {"<a:b:c xmlns:a='urn:a'/>", ENS_ESYNTAX},
        {"<a xmlns:='urn:a'/>", ENS_ESYNTAX},
        {"<xml:a xml:lang='en'/>", ENS_OK},
        {"<xmlns:a/>", ENS_ESYNTAX},
        {"<a xmlns:xml='" XML_NS "' xmlns:xml='" XML_NS "'/>", ENS_OK},
        {"<a xmlns:xml='urn:a'/>", ENS_ESYNTAX},
        {"<a xmlns:p='" XML_NS "'/>", ENS_ESYNTAX},
        {"<a xmlns='" XML_NS "'/>", ENS_ESYNTAX},
        {"<a xmlns:xmlns='urn:a'/>", ENS_ESYNTAX},
        {"<a xmlns='http://www.w3.org/2000/xmlns/'/>", ENS_ESYNTAX},
        {"<a xmlns='not a URI'/>", ENS_ESYNTAX},
        {"<a xmlns='http://h:x/'/>", ENS_ESYNTAX},
        {"<a xmlns='http://h/%zz'/>", ENS_ESYNTAX},
        {"<a xmlns='http://u@h:80/p;q?r=s#t'/>", ENS_OK},
        {"<a xmlns='relative'/>", ENS_OK},
        {"<a xmlns='urn:a?b=1&amp;c=2'/>", ENS_EPOLICY},
    };
    ens_scan *s = ens__scan_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_code code = scan(s, ens_str(rows[i].text), NULL);
        CHECK_ROW(code == rows[i].code, "%s: %s, not %s", rows[i].text, ens_code_name(code),
                  ens_code_name(rows[i].code));
        CHECK_ROW(ens__scan_relative(s) == (strstr(rows[i].text, "relative") != NULL), "%s: relative", rows[i].text);
    }
    ens__scan_free(s);
}

/* start_of moves to the START of the element of that name. */
static bool start_of(ens_scan *s, const char *text, const char *local, ens_scan_event *e)
{
    ens__scan_begin(s, ens_str(text));
    while (ens__scan_next(s, e, NULL) == ENS_OK && e->kind != ENS_SCAN_EOF)
        if (e->kind == ENS_SCAN_START && ens_is(ens__scan_local(e->name, e->prefix_len), local))
            return true;
    return false;
}

static void numbers_namespace_names(void)
{
    ens_scan *s = ens__scan_new();
    ens_scan_event e;
    ens_scan_uri soap = ens__scan_know(s, "urn:soap"), wss = ens__scan_know(s, "urn:wss");
    CU_ASSERT_TRUE(soap > ENS_SCAN_XML_NS && wss > soap && ens__scan_know(s, "urn:soap") == soap);
    for (unsigned i = 0; i < 2; i++) {
        CU_ASSERT_TRUE_FATAL(start_of(
            s, "<x:a xmlns:x='urn:new' xmlns:y='urn:wss'><y:b xmlns='urn:&#115;oap' y:c='' xml:d=''/></x:a>", "b", &e));
        CU_ASSERT_TRUE(e.ns == wss && e.num_declared == 1 && e.declared[0].uri == soap && e.num_attributes == 2);
        CU_ASSERT_TRUE(e.attribute[0].ns == wss && e.attribute[1].ns == ENS_SCAN_XML_NS);
        unsigned num;
        const ens_scan_binding *scope = ens__scan_scope(s, &num);
        CU_ASSERT_TRUE(num == 3 && ens_is(scope[0].prefix, "x") &&
                       ens_is(ens__scan_uri_text(s, scope[0].uri), "urn:new"));
        CU_ASSERT_TRUE(ens_is(scope[1].prefix, "y") && scope[2].prefix.len == 0 &&
                       ens_is(ens__scan_uri_text(s, soap), "urn:soap"));
    }
    static char uri[ENS_SCAN_KNOWN_MAX][16];
    for (unsigned i = 0; i < ENS_SCAN_KNOWN_MAX; i++) {
        snprintf(uri[i], sizeof uri[i], "urn:n%u", i);
        ens_scan_uri number = ens__scan_know(s, uri[i]);
        CU_ASSERT_EQUAL(number != ENS_SCAN_NO_NS, i < ENS_SCAN_KNOWN_MAX - 2);
    }
    ens__scan_free(s);
}

static void tells_what_is_canonical_already(void)
{
    static const struct {
        const char *tag;
        bool tag_plain, plain, canonical;
    } rows[] = {
        {"<a b=\"1\">", true, true, true},
        {"<a b=\"1\" >", false, true, true},
        {"<a  b=\"1\">", false, true, false},
        {"<a\nb=\"1\">", false, true, false},
        {"<a b='1'>", true, true, false},
        {"<a b = \"1\">", true, true, false},
        {"<a b=\"&#49;\">", true, false, false},
        {"<a b=\"1\t\">", true, false, false},
        {"<a b=\">\">", true, false, false},
        {"<a b=\"'\">", true, true, true},
        {"<a b='\"'>", true, true, false},
        {"<a xmlns=\"urn:a\" b=\"1\">", true, true, true},
        {"<a xmlns='urn:a' b=\"1\">", false, true, true},
        {"<a xmlns:c=\"urn:&#97;\" b=\"1\">", false, true, true},
        {"<a xmlns:xml=\"" XML_NS "\" b=\"1\">", false, true, true},
    };
    ens_scan *s = ens__scan_new();
    ens_scan_event e;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_TRUE_FATAL(start_of(s, rows[i].tag, "a", &e) && e.num_attributes == 1);
        CHECK_ROW(e.plain == rows[i].tag_plain && e.attribute->plain == rows[i].plain &&
                      e.attribute->canonical == rows[i].canonical,
                  "%s", rows[i].tag);
    }
    static const struct {
        const char *text;
        bool plain;
    } texts[] = {{"x", true}, {"x\n]]", true}, {"&amp;", false}, {"x>", false}, {"x\r\n", false}, {"\xC3\xA9", true}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[32];
        snprintf(text, sizeof text, "<a>%s<b/>", texts[i].text);
        CU_ASSERT_TRUE_FATAL(start_of(s, text, "a", &e) && ens__scan_next(s, &e, NULL) == ENS_OK);
        CHECK_ROW(e.kind == ENS_SCAN_TEXT && e.plain == texts[i].plain && ens_is(e.raw, texts[i].text), "%s",
                  texts[i].text);
    }
    ens__scan_free(s);
}

static void gives_an_empty_element_two_events(void)
{
    ens_scan *s = ens__scan_new();
    ens_scan_event e;
    CU_ASSERT_TRUE_FATAL(start_of(s, "<a><p:b xmlns:p=\"urn:p\"/></a>", "b", &e));
    CU_ASSERT_TRUE(e.empty && e.plain && e.depth == 2 && ens_is(e.raw, "<p:b xmlns:p=\"urn:p\"/>"));
    CU_ASSERT_EQUAL(ens__scan_next(s, &e, NULL), ENS_OK);
    CU_ASSERT_TRUE(e.kind == ENS_SCAN_END && e.depth == 2 && e.raw.len == 0 && ens_is(e.name, "p:b") &&
                   ens_is(ens__scan_local(e.name, e.prefix_len), "b"));
    CU_ASSERT_TRUE(ens__scan_next(s, &e, NULL) == ENS_OK && e.kind == ENS_SCAN_END && e.depth == 1 && e.plain);
    for (unsigned i = 0; i < 2; i++)
        CU_ASSERT_TRUE(ens__scan_next(s, &e, NULL) == ENS_OK && e.kind == ENS_SCAN_EOF && e.depth == 0);
    ens__scan_begin(s, ens_str("<a></b>"));
    CU_ASSERT_EQUAL(ens__scan_next(s, &e, NULL), ENS_OK);
    for (unsigned i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(ens__scan_next(s, &e, NULL), ENS_ESYNTAX);
    ens__scan_free(s);
}

static void decodes_texts_and_values(void)
{
    static const struct {
        const char *raw, *text, *value;
    } rows[] = {
        {"", "", ""},
        {"a&lt;b", "a<b", "a<b"},
        {"\r\n\r\t\n", "\n\n\t\n", "    "},
        {"&#13;&#10;&#9;", "\r\n\t", "\r\n\t"},
        {"&#233;&#x20AC;&#x10000;", "\xC3\xA9\xE2\x82\xAC\xF0\x90\x80\x80", "\xC3\xA9\xE2\x82\xAC\xF0\x90\x80\x80"},
        {"&amp;amp;", "&amp;", "&amp;"},
    };
    for (size_t i = 0; i < 2 * (sizeof rows / sizeof *rows); i++) {
        uint8_t room[64];
        ens_buf out;
        ens_buf_init(&out, room, sizeof room, sizeof room);
        ens__scan_text(ens_str(rows[i / 2].raw), i % 2, &out);
        CHECK_ROW(ens_is(ens_buf_slice(&out), i % 2 ? rows[i / 2].value : rows[i / 2].text), "%s gives %.*s",
                  rows[i / 2].raw, (int)out.len, (const char *)out.p);
    }
}

/* repeat makes a document of one piece n times between two others. */
static ens_code scan_repeated(ens_scan *s, const char *before, const char *piece, unsigned n, const char *behind,
                              ens_err *err)
{
    ens_buf text;
    ens_buf_init(&text, NULL, 0, SIZE_MAX);
    ens_buf_text(&text, before);
    for (unsigned i = 0; i < n; i++)
        strchr(piece, '%')
            ? ens_buf_printf(&text, "%.*s%u%s", (int)(strchr(piece, '%') - piece), piece, i, strchr(piece, '%') + 1)
            : ens_buf_text(&text, piece);
    ens_buf_text(&text, behind);
    ens_code code = scan(s, ens_buf_slice(&text), err);
    ens_buf_free(&text);
    return code;
}

static void keeps_its_limits(void)
{
    static const struct {
        const char *before, *piece, *behind;
        unsigned most;
    } rows[] = {
        {"<a", " b%=''", "/>", ENS_XML_ATTRIBUTES_MAX},
        {"<a", " xmlns:b%='urn:b'", "/>", ENS_XML_NAMESPACES_MAX},
        {"<a>", "<b xmlns='urn:b%'/>", "</a>", ENS_SCAN_URIS_MAX},
        {"<a>", "<b/>", "</a>", ENS_XML_ELEMENTS_MAX - 1},
        {"<a>", "0123456789", "</a>", ENS_SCAN_TEXT_MAX / 10},
        {"<a>", "<![CDATA[0123456789]]>......../", "</a>", ENS_SCAN_TEXT_MAX / 31},
        {"<a><!--", "0123456789", "--></a>", ENS_SCAN_TEXT_MAX / 10 - 1},
        {"<", "abcdefghij", "/>", ENS_SCAN_NAME_MAX / 10},
        {"<a b='", "012345678>", "'/>", ENS_SCAN_TAG_MAX / 10 - 100},
    };
    ens_scan *s = ens__scan_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_code most = scan_repeated(s, rows[i].before, rows[i].piece, rows[i].most, rows[i].behind, NULL);
        ens_code more =
            scan_repeated(s, rows[i].before, rows[i].piece, rows[i].most + (i < 8 ? 1 : 200), rows[i].behind, NULL);
        CHECK_ROW(most == ENS_OK, "%s %s: %s at the limit", rows[i].before, rows[i].piece, ens_code_name(most));
        CHECK_ROW(more == ENS_ELIMIT, "%s %s: %s over the limit", rows[i].before, rows[i].piece, ens_code_name(more));
    }
    CU_ASSERT_EQUAL(scan_repeated(s, "", "<a>", ENS_XML_DEPTH_MAX, "", NULL), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(scan_repeated(s, "", "<a>", ENS_XML_DEPTH_MAX + 1, "", NULL), ENS_ELIMIT);
    ens__scan_free(s);
}

/* A text that ends where the next page can't be read, cut everywhere. */
static void reads_nothing_behind_the_end(void)
{
    static const char text[] = "<?xml version='1.0'?><p:abcdefgh xmlns:p=\"urn:p\" b='&amp;'>text "
                               "&#65;<!--c--><![CDATA[d]]><?p i?><e/>\xC3\xA9</p:abcdefgh >";
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_TRUE_FATAL(pages != MAP_FAILED && mprotect(pages + page, page, PROT_NONE) == 0);
    ens_scan *s = ens__scan_new();
    for (size_t len = 0; len < sizeof text; len++) {
        memcpy(pages + page - len, text, len);
        CHECK_ROW((scan(s, ens_bytes(pages + page - len, len), NULL) == ENS_OK) == (len == sizeof text - 1),
                  "%zu bytes", len);
    }
    ens__scan_free(s);
    munmap(pages, 2 * page);
}

/* Everything that a name, a prefix or a token of the text before may be asked for once the text has moved. */
static const char many_kinds[] =
    "\xEF\xBB\xBF<?xml version='1.0' encoding=\"UTF-8\" ?>\n<!-- before --><?p before?>\r\n"
    "<p:outer xmlns:p=\"urn:p\" xmlns='urn:d' xmlns:long-prefix='urn:l&#97;'>\n  <p:item b='&amp;&#x20AC;' p:c=\"2\">"
    "text &lt; &#00065; \xC3\xA9\xE2\x82\xAC\xF0\x90\x80\x80 ]] ></p:item\n>"
    "<long-prefix:x xmlns='' xmlns:p='urn:q'><y><p:z/><![CDATA[ ]] <& ]]]]><!--\xC3\xA9--><?p "
    "\xC3\xA9?></y></long-prefix:x>"
    "<\xC3\xA9l\xC3\xA9ment xml:lang='en'>\r\n\t</\xC3\xA9l\xC3\xA9ment><p:again p:d=''/></p:outer>\n<!-- behind --> "
    "\n";

/* The text, and all its beginnings, divided at every place, into single bytes and into pieces of any size. */
static void reads_pieces_as_the_whole(void)
{
    ens_scan *all = ens__scan_new(), *pieces = ens__scan_new();
    ens_slice text = ens_str(many_kinds);
    for (uint32_t blocks = 1; blocks < 4; blocks++) {
        small_room(pieces, 70 * blocks, blocks);
        for (size_t first = 1; first <= text.len; first++) {
            divided at_once = {.first = first, .longest = 1 << 20, .state = first},
                    few = {.longest = 9, .state = first};
            CU_ASSERT_EQUAL(check_divided(all, pieces, text, &at_once, first % 2), ENS_OK);
            CU_ASSERT_EQUAL(check_divided(all, pieces, text, &few, first % 2), ENS_OK);
        }
        CU_ASSERT_EQUAL(check_divided(all, pieces, text, &(divided){.longest = 1}, false), ENS_OK);
        CU_ASSERT_TRUE(pieces->base > 0 && pieces->base % ENS_SCAN_BLOCK == 0);
        for (size_t len = 0; len < text.len; len++)
            check_divided(all, pieces, ens_sub(text, 0, len), &(divided){.longest = 3, .state = len}, len % 2);
    }
    ens__scan_free(all), ens__scan_free(pieces);
}

/* Elements nested as deeply as may be, each of which declares, with names and texts over more than one memory. */
static void keeps_names_of_open_elements(void)
{
    ens_scan *all = ens__scan_new(), *pieces = ens__scan_new();
    ens_buf text;
    ens_buf_init(&text, NULL, 0, SIZE_MAX);
    enum { DEPTH = ENS_XML_DEPTH_MAX - 1 };
    for (unsigned i = 0; i < DEPTH; i++)
        ens_buf_printf(&text, "<p%u:e%0*u xmlns:p%u='urn:n%u' xmlns='urn:o%u'><b/>%0*u", i, 1 + i * 7, i, i, i, i % 40,
                       1 + (i * 13) % 500, 1);
    for (unsigned i = DEPTH; i-- > 0;)
        ens_buf_printf(&text, "<p%u:b xmlns:p%u='urn:other'/><!--%0*u--></p%u:e%0*u>", i / 2, i, 1 + (i * 11) % 300, 1,
                       i, 1 + i * 7, i);
    for (unsigned i = 0; i < 40; i++) {
        small_room(pieces, 64 + 61 * i, 1 + i % 4);
        CU_ASSERT_EQUAL(
            check_divided(all, pieces, ens_buf_slice(&text), &(divided){.longest = 1 + i * i * 4, .state = i}, i % 2),
            ENS_OK);
        CU_ASSERT_TRUE(pieces->base > 0);
    }
    ens_buf_free(&text);
    ens__scan_free(all), ens__scan_free(pieces);
}

/* repeated writes a piece n times between two others. */
static void repeated(ens_buf *out, const char *before, const char *piece, unsigned n, const char *behind)
{
    out->len = 0;
    ens_buf_text(out, before);
    for (unsigned i = 0; i < n; i++)
        ens_buf_text(out, piece);
    ens_buf_text(out, behind);
}

/* Limits hold in pieces at the same byte, and memory grows with a token alone. */
static void keeps_its_limits_in_pieces(void)
{
    static const struct {
        const char *before, *piece, *behind;
        unsigned most, more; /* pieces that are taken, and how many more are not … */
        ens_code over;       /* … but answered so */
        bool small;          /* no token is long */
    } rows[] = {
        {"<a>", "0123456789", "</a>", ENS_SCAN_TEXT_MAX / 10, 1, ENS_ELIMIT, false},
        {"<a>", "&amp;&#x41; ", "</a>", ENS_SCAN_TEXT_MAX / 12, 1, ENS_ELIMIT, false},
        {"<a><!--", "0123456789", "--></a>", ENS_SCAN_TEXT_MAX / 10 - 1, 1, ENS_ELIMIT, false},
        {"<a><?p ", "0123456789", "?></a>", ENS_SCAN_TEXT_MAX / 10 - 1, 1, ENS_ELIMIT, false},
        {"<a><![CDATA[", "0123456789", "]]></a>", ENS_SCAN_TEXT_MAX / 10 - 2, 1, ENS_ELIMIT, false},
        {"<", "abcdefghij", "/>", ENS_SCAN_NAME_MAX / 10, 1, ENS_ELIMIT, false},
        {"<a><?", "abcdefghij", "?></a>", ENS_SCAN_NAME_MAX / 10, 1, ENS_ESYNTAX, false},
        {"<a b='", "012345678>", "'/>", ENS_SCAN_TAG_MAX / 10 - 20, 40, ENS_ELIMIT, false},
        {"<a/>", "          ", "", 2000000, 1, ENS_OK, true},
        {"<?xml ", "          ", "version='1.0'?><a/>", ENS_SCAN_DECLARATION_MAX / 10 - 4, 10, ENS_ELIMIT, true},
        {"<a>&#", "0000000000", "65;</a>", ENS_SCAN_REFERENCE_MAX / 10 - 1, 10, ENS_ELIMIT, true},
    };
    ens_scan *all = ens__scan_new(), *pieces = ens__scan_new();
    ens_buf text;
    ens_buf_init(&text, NULL, 0, SIZE_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        divided d = {.longest = 70000, .state = i};
        repeated(&text, rows[i].before, rows[i].piece, rows[i].most, rows[i].behind);
        ens_code most = check_divided(all, pieces, ens_buf_slice(&text), &d, false);
        CHECK_ROW(!rows[i].small || pieces->pieces.cap == ENS_SCAN_ROOM, "%s: %u bytes of memory", rows[i].before,
                  pieces->pieces.cap);
        repeated(&text, rows[i].before, rows[i].piece, rows[i].most + rows[i].more, rows[i].behind);
        ens_code over = check_divided(all, pieces, ens_buf_slice(&text), &d, true);
        CHECK_ROW(most == ENS_OK && over == rows[i].over, "%s %s: %s and %s", rows[i].before, rows[i].piece,
                  ens_code_name(most), ens_code_name(over));
    }
    ens_buf_free(&text);
    ens__scan_free(all), ens__scan_free(pieces);
}

/* Whoever reads a document in pieces keeps none of it: there may be as many elements as there are. */
static void reads_any_number_of_elements_in_pieces(void)
{
    ens_scan *s = ens__scan_new();
    ens_scan_event e = {0};
    ens_buf text;
    ens_buf_init(&text, NULL, 0, SIZE_MAX);
    repeated(&text, "<a>", "<b>some text</b>", ENS_XML_ELEMENTS_MAX, "</a>");
    ens__scan_begin_pieces(s, give_piece, &(divided){.rest = ens_buf_slice(&text), .longest = 100000});
    while (ens__scan_next(s, &e, NULL) == ENS_OK && e.kind != ENS_SCAN_EOF)
        ;
    CU_ASSERT_TRUE(e.kind == ENS_SCAN_EOF && s->num_elements == ENS_XML_ELEMENTS_MAX + 1);
    CU_ASSERT_EQUAL(s->pieces.cap, ENS_SCAN_ROOM);
    ens_buf_free(&text);
    ens__scan_free(s);
}

/* A source that answers something else after so many bytes. */
typedef struct {
    size_t left;
    ens_code then;
} breaking;

static ens_code give_and_break(void *user, uint8_t *to, size_t room, size_t *num)
{
    breaking *b = user;
    if (!b->left)
        return b->then;
    *num = room < b->left ? room : b->left;
    memset(to, ' ', *num);
    memcpy(to, "<a>", *num < 3 ? *num : 3);
    b->left -= *num;
    return ENS_OK;
}

static void answers_what_the_source_answers(void)
{
    static const size_t lens[] = {0, 3, 100, 300000};
    ens_scan *s = ens__scan_new();
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        ens_scan_event e;
        ens_err err = {0};
        ens_code code;
        ens__scan_begin_pieces(s, give_and_break, &(breaking){lens[i], ENS_EIO});
        while ((code = ens__scan_next(s, &e, &err)) == ENS_OK && e.kind != ENS_SCAN_EOF)
            ;
        CHECK_ROW(code == ENS_EIO && ens__scan_next(s, &e, NULL) == ENS_EIO, "after %zu: %s", lens[i],
                  ens_code_name(code));
        ens__scan_begin(s, ENS_LIT("<a/>"));
        CU_ASSERT_TRUE(ens__scan_next(s, &e, NULL) == ENS_OK && e.kind == ENS_SCAN_START && !s->pieces.room);
    }
    ens__scan_free(s);
}

/* Blocks of bytes that matter more often than others. */
static void fill_blocks(uint8_t *p, size_t len, unsigned seed)
{
    static const char often[] = "<>&\r\n\t\"'-._:aZ09 /=!?[]@`{|}~\x7F\x80\xC3\xFF";
    uint32_t random = seed;
    for (size_t i = 0; i < len; i++) {
        random = random * 1664525u + 1013904223u;
        p[i] = random >> 30 ? (uint8_t)often[(random >> 8) % sizeof often] : (uint8_t)(random >> 16);
    }
}

static void indexes_alike_with_any_instructions(void)
{
    enum { BLOCKS = 8, MARKS = BLOCKS * ENS_SCAN_BLOCK + ENS_SCAN_MARK_ROOM };
    static uint32_t mark[2][MARKS];
    uint64_t maps[2][3 * BLOCKS] = {0};
    uint8_t text[BLOCKS * ENS_SCAN_BLOCK];
    for (unsigned seed = 0; seed < 500; seed++) {
        fill_blocks(text, sizeof text, seed);
        size_t num[2];
        bool odd[2];
        ens_scan_maps first = {mark[0], maps[0], maps[0] + BLOCKS, maps[0] + 2 * BLOCKS},
                      other = {mark[1], maps[1], maps[1] + BLOCKS, maps[1] + 2 * BLOCKS};
        num[0] = ens__scan_index_portable(text, BLOCKS, 1000, &first, &odd[0]);
        for (unsigned i = 0; ens__scan_index_nth(i); i++) {
            num[1] = ens__scan_index_nth(i)(text, BLOCKS, 1000, &other, &odd[1]);
            CHECK_ROW(num[1] == num[0] && odd[1] == odd[0] && memcmp(mark[0], mark[1], num[0] * sizeof **mark) == 0,
                      "function %u, seed %u: marks", i, seed);
            CHECK_ROW(memcmp(maps[0], maps[1], sizeof *maps) == 0, "function %u, seed %u: maps", i, seed);
        }
    }
}

static void check_file(ens_scan *s, ens_libxml *xml, const char *path)
{
    ens_file file;
    journal scanned, tree;
    ens_err err = {0};
    xmlDocPtr doc = NULL;
    CU_ASSERT_EQUAL_FATAL(ens__file_open(path, 0, &file, NULL), ENS_OK);
    journal_init(&scanned), journal_init(&tree);
    ens_code code = journal_scan(&scanned, s, file.bytes, &err), other = ens__libxml_parse(xml, file.bytes, &doc, NULL);
    CHECK_ROW(code == other && scanned.covered, "%s: %s, not %s: %s", path, ens_code_name(code), ens_code_name(other),
              err.frame[0].what);
    if (doc)
        journal_tree(&tree, doc);
    CHECK_ROW(!doc || ens_eq(ens_buf_slice(&scanned.log), ens_buf_slice(&tree.log)), "%s: other events than libxml2's",
              path);
    xmlFreeDoc(doc);
    journal_free(&scanned), journal_free(&tree);
    ens__file_close(&file);
}

/* check_folder compares every XML file of a folder of strangers' data, and returns how many there were. */
static unsigned check_folder(ens_scan *s, ens_libxml *xml, const char *name)
{
    char folder[1024], path[1536];
    const char *found = ens_shared(name);
    snprintf(folder, sizeof folder, "%s", found ? found : "");
    DIR *dir = found ? opendir(folder) : NULL;
    unsigned num = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".xml") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check_file(s, xml, path);
        num++;
    }
    if (dir)
        closedir(dir);
    return num;
}

static void agrees_with_libxml2_on_strangers_documents(void)
{
    static const char *const folders[] = {"data/trustlists/2023", "data/messages/ics2/messages",
                                          "data/messages/third-party", "data/messages/cxf"};
    ens_scan *s = ens__scan_new();
    ens_libxml *xml = ens__libxml_new();
    unsigned num = 0;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        num += check_folder(s, xml, folders[i]);
    if (ens_shared("data/trustlists/2023"))
        CHECK_ROW(num > 40, "%u documents", num);
    ens__scan_free(s);
    ens__libxml_free(xml);
}

static const ens_case cases[] = {
    {"judges documents and says where", judges_documents_and_says_where},
    {"obeys namespaces", obeys_namespaces},
    {"numbers namespace names", numbers_namespace_names},
    {"tells what is canonical already", tells_what_is_canonical_already},
    {"gives an empty element two events, and the end and an error again and again", gives_an_empty_element_two_events},
    {"decodes texts and values", decodes_texts_and_values},
    {"keeps its limits", keeps_its_limits},
    {"indexes alike with any instructions", indexes_alike_with_any_instructions},
    {"reads nothing behind the end", reads_nothing_behind_the_end},
    {"agrees with libxml2 on strangers' documents", agrees_with_libxml2_on_strangers_documents},
    {"reads pieces as the whole", reads_pieces_as_the_whole},
    {"keeps names of open elements when the text moves", keeps_names_of_open_elements},
    {"keeps its limits in pieces", keeps_its_limits_in_pieces},
    {"reads any number of elements in pieces", reads_any_number_of_elements_in_pieces},
    {"answers what the source answers", answers_what_the_source_answers},
    {NULL, NULL},
};
ENS_SUITE("engine/scan", cases)
