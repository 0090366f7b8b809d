/* The house's HTML: what others wrote comes out as text, whatever it is; pages are well-formed, in both languages. */
#include "show/markup.h"
#include "tests/suite.h"
#include "web/pages/asset.h"
#include "web/pages/screen.h"

#include <libxml/parser.h>
#include <string.h>

typedef struct {
    ens_buf out;
    ens_html h;
} sheet;

static void begin(sheet *s)
{
    ens_buf_init(&s->out, NULL, 0, ENS_SCREEN_MAX);
    s->h = (ens_html){.out = &s->out};
}

static const char *text_of(sheet *s)
{
    ens__h_close_to(&s->h, 0);
    ens_buf_add(&s->out, "", 1);
    return s->out.failed ? "" : (const char *)s->out.p;
}

static bool is_well_formed(const char *text)
{
    xmlDoc *doc =
        xmlReadMemory(text, (int)strlen(text), "page", NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    bool good = doc != NULL;
    xmlFreeDoc(doc);
    return good;
}

static void escapes_what_others_wrote(void)
{
    static const struct {
        const char *said, *shown;
    } rows[] = {{"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
                {"\" onmouseover=\"x", "&quot; onmouseover=&quot;x"},
                {"' x='", "&#39; x=&#39;"},
                {"&lt;", "&amp;lt;"},
                {"a\x01\x1b[31mb", "a\xEF\xBF\xBD\xEF\xBF\xBD[31mb"},
                {"\xE2\x80\xAEgnp.exe", "\xEF\xBF\xBDgnp.exe"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sheet s;
        begin(&s);
        ens__h_open(&s.h, "p");
        ens__h_attr(&s.h, "title", rows[i].said);
        ens__h_put(&s.h, rows[i].said);
        ens__h_close(&s.h);
        const char *text = text_of(&s);
        char wanted[512];
        snprintf(wanted, sizeof wanted, "<p title=\"%s\">%s</p>", rows[i].shown, rows[i].shown);
        CHECK_ROW(strcmp(text, wanted) == 0, "%s gives %s", rows[i].said, text);
        ens_buf_free(&s.out);
    }
}

static void leads_nowhere_but_to_this_server(void)
{
    static const struct {
        const char *path;
        bool kept;
    } rows[] = {{"/inbox?a=b", true},
                {"#c1", true},
                {"javascript:alert(1)", false},
                {"//elsewhere.example/", false},
                {"/\\elsewhere.example", false},
                {"https://elsewhere.example", false},
                {"data:text/html,x", false},
                {"", false},
                {NULL, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sheet s;
        begin(&s);
        ens__h_open(&s.h, "a");
        ens__h_path(&s.h, "href", rows[i].path);
        const char *text = text_of(&s);
        CHECK_ROW((strstr(text, "href=\"#\"") == NULL) == rows[i].kept, "%s: %s", rows[i].path ? rows[i].path : "NULL",
                  text);
        ens_buf_free(&s.out);
    }
}

static void takes_no_attribute_behind_the_contents(void)
{
    sheet s;
    begin(&s);
    ens__h_open(&s.h, "p");
    ens__h_put(&s.h, "x");
    ens__h_attr(&s.h, "class", "y");
    CU_ASSERT_STRING_EQUAL(text_of(&s), "<p>x</p>");
    ens_buf_free(&s.out);
}

static void fails_rather_than_nest_too_deep(void)
{
    sheet s;
    begin(&s);
    for (unsigned i = 0; i <= ENS_HTML_DEPTH; i++)
        ens__h_open(&s.h, "div");
    CU_ASSERT(s.out.failed != ENS_OK);
    ens_buf_free(&s.out);
}

static void encodes_queries(void)
{
    ens_buf path;
    ens_buf_init(&path, NULL, 0, 4096);
    ens_buf_text(&path, "/inbox");
    ens__h_query(&path, "party", ENS_LIT("FR 1&x=\"\n"));
    ens__h_query(&path, "action", (ens_slice){0});
    ens__h_query(&path, "lrn", ENS_LIT("a-b_c.d~e/f"));
    CU_ASSERT(ens_is(ens_buf_slice(&path), "/inbox?party=FR%201%26x%3D%22%0A&lrn=a-b_c.d~e%2Ff"));
    ens_buf_free(&path);
}

static void put_screen(sheet *s, ens_language language)
{
    const ens_screen screen = {.language = language,
                               .title = "<b>",
                               .lead = "\"'<&>",
                               .room = "/inbox",
                               .here = ENS_LIT("/inbox?party=<script>"),
                               .csrf = "\"token",
                               .user = "<i>me</i>",
                               .role = "officer",
                               .environment = "conformance",
                               .rehearsal = true};
    begin(s);
    ens__screen_begin(&s->h, &screen);
    ens__form_upload(&s->h, &screen, "/check");
    ens__field_put(&s->h, &(ens_field){.name = "lrn", .label = "LRN <", .note = "one & only", .value = ENS_LIT("\"x")});
    static const char *const pairs[] = {"a", "A", "b", "B", NULL};
    ens__choice_put(&s->h, "verdict", "Verdict", ENS_LIT("b"), pairs);
    ens__form_close(&s->h, "Go");
    ens__h_time(&s->h, 0);
    ens__screen_end(&s->h, &screen);
}

static void is_well_formed_in_each_language(void)
{
    for (unsigned language = 0; language < ENS_LANGUAGES; language++) {
        sheet s;
        put_screen(&s, (ens_language)language);
        const char *text = text_of(&s);
        CHECK_ROW(is_well_formed(text), "%s", text);
        CU_ASSERT_PTR_NULL(strstr(text, "<script>"));
        CU_ASSERT_PTR_NULL(strstr(text, "style="));
        CU_ASSERT_PTR_NOT_NULL(strstr(text, language == ENS_FRENCH ? "TITION sur votre" : "REHEARSAL on your own"));
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "1970-01-01 00:00:00"));
        ens_buf_free(&s.out);
    }
}

static void has_every_text_in_each_language(void)
{
    for (unsigned key = 0; key < ENS_TEXTS; key++)
        for (unsigned language = 0; language < ENS_LANGUAGES; language++) {
            const char *text = ens__text_of((ens_language)language, (ens_text_key)key);
            CHECK_ROW(text && text[0] && ens__is_utf8(ens_str(text)), "text %u is missing in %s", key,
                      ens__language_code((ens_language)language));
        }
}

static void speaks_what_a_browser_asks_for(void)
{
    static const struct {
        const char *chosen, *accept;
        ens_language wanted;
    } rows[] = {{"", "", ENS_ENGLISH},
                {"", "fr", ENS_FRENCH},
                {"", "fr-FR,fr;q=0.9,en;q=0.8", ENS_FRENCH},
                {"", "de,en;q=0.4,fr;q=0.7", ENS_FRENCH},
                {"", "fr;q=0.2, en;q=0.75", ENS_ENGLISH},
                {"", "fr;q=0, de", ENS_ENGLISH},
                {"", "fr;q=2", ENS_ENGLISH},
                {"en", "fr", ENS_ENGLISH},
                {"FR", "en", ENS_FRENCH},
                {"xx", "fr", ENS_FRENCH},
                {"", ",,;q=,fr;;q=0.5,", ENS_FRENCH}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_ROW(ens__language_wanted(ens_str(rows[i].chosen), ens_str(rows[i].accept)) == rows[i].wanted,
                  "chosen \"%s\", accepted \"%s\"", rows[i].chosen, rows[i].accept);
}

static void has_its_assets_in_it(void)
{
    ens_buf out;
    const char *type = NULL;
    ens_buf_init(&out, NULL, 0, ENS_SCREEN_MAX);
    CU_ASSERT(ens__asset_put(ENS_LIT("/assets/pages.css"), &out, &type) && strstr(type, "text/css"));
    CU_ASSERT(out.len > 4096 && out.len < ENS_SCREEN_AIM);
    CU_ASSERT(ens__asset_put(ENS_LIT("/assets/pages.js"), &out, &type) && strstr(type, "javascript"));
    CU_ASSERT_FALSE(ens__asset_put(ENS_LIT("/assets/../pages.js"), &out, &type));
    CU_ASSERT(ens__find(ens_buf_slice(&out), ENS_LIT("http"), 0) == SIZE_MAX);
    CU_ASSERT_EQUAL(strlen(ens__asset_tag()), 12);
    ens_buf_free(&out);
}

static const ens_case cases[] = {
    {"escapes what others wrote", escapes_what_others_wrote},
    {"leads nowhere but to this server", leads_nowhere_but_to_this_server},
    {"takes no attribute behind the contents", takes_no_attribute_behind_the_contents},
    {"fails rather than nest too deep", fails_rather_than_nest_too_deep},
    {"encodes queries", encodes_queries},
    {"is well-formed in each language", is_well_formed_in_each_language},
    {"has every text in each language", has_every_text_in_each_language},
    {"speaks what a browser asks for", speaks_what_a_browser_asks_for},
    {"has its assets in it, and nothing from elsewhere", has_its_assets_in_it},
    {NULL, NULL},
};
ENS_SUITE("web/screen", cases)
