/* Whatever others wrote becomes text and nothing else: no tag, no attribute, no way to another server. A key in PEM is
 * found wherever it stands, and what is recognised isn't more than the file has. */
#include "tests/fuzz/target.h"

#include "engine/base/printable.h"
#include "show/html.h"
#include "show/markup.h"
#include "sti/doctor/recognise.h"
#include "web/base/answer.h"
#include "web/pages/text.h"

#include <string.h>

#define PAGE_MAX ((size_t)8 << 20)

static size_t count(ens_slice s, uint8_t c)
{
    size_t num = 0;
    for (size_t i = 0; i < s.len; i++)
        num += s.p[i] == c;
    return num;
}

/* stays_text: of a paragraph with the text in it and in an attribute, the tags are the two that were written. */
static void stays_text(ens_slice text, const char *path)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, PAGE_MAX);
    ens_html h = {.out = &out};
    ens__h_open(&h, "a");
    ens__h_attr_slice(&h, "title", text);
    ens__h_path(&h, "href", path);
    ens__h_text(&h, text);
    ens__h_lines(&h, text);
    ens__h_close(&h);
    ens_slice s = ens_buf_slice(&out);
    ENS_HOLDS(!out.failed && ens__is_utf8(s));
    ENS_HOLDS(count(s, '<') == 2 && count(s, '>') == 2 && count(s, '"') == 4);
    ENS_HOLDS(ens__find(s, ENS_LIT("href=\"//"), 0) == SIZE_MAX && ens__find(s, ENS_LIT("href=\"/\\"), 0) == SIZE_MAX);
    ENS_HOLDS(ens__find(s, ENS_LIT("href=\"#"), 0) != SIZE_MAX || ens__find(s, ENS_LIT("href=\"/"), 0) != SIZE_MAX);
    for (size_t i = 0; i < s.len; i++)
        ENS_HOLDS(s.p[i] >= 0x20 || s.p[i] == '\n');
    ens_buf_free(&out);
}

/* queries_hold: a value that becomes part of a query ends nothing in it. */
static void queries_hold(ens_slice text)
{
    ens_buf path;
    ens_buf_init(&path, NULL, 0, PAGE_MAX);
    ens_buf_text(&path, "/inbox");
    ens__h_query(&path, "a", text);
    ens_slice s = ens_buf_slice(&path);
    ENS_HOLDS(count(s, '&') == 0 && count(s, '?') <= 1 && count(s, '#') == 0 && count(s, '/') == 1);
    ens_buf_free(&path);
}

ENS_FUZZ_TARGET(markup)
{
    ens_slice text = ens_bytes(data, size);
    char path[512];
    size_t len = size < sizeof path - 1 ? size : sizeof path - 1;
    if (len)
        memcpy(path, data, len);
    path[len] = '\0';
    stays_text(text, path);
    queries_hold(text);
    ens_file_kind kind = ens__recognise(text);
    ENS_HOLDS(kind == ENS_FILE_SECRET || ens__find(text, ENS_LIT("PRIVATE KEY-----"), 0) == SIZE_MAX);
    ENS_HOLDS(size || kind == ENS_FILE_UNKNOWN);
    ENS_HOLDS(ens__language_wanted((ens_slice){0}, text) < ENS_LANGUAGES);
    if (ens__web_is_path(path))
        ENS_HOLDS(path[0] == '/' && path[1] != '/' && path[1] != '\\');
}
