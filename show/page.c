#include "show/page.h"

#include "engine/base/printable.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FIELD_COLUMN 16

static bool is_utf8_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return ens__find(ens_str(value), ENS_LIT("UTF-8"), 0) != SIZE_MAX ||
                   ens__find(ens_str(value), ENS_LIT("utf8"), 0) != SIZE_MAX;
    }
    return false;
}

ens__page ens__page_on_stdout(ens_buf *out)
{
    const char *no = getenv("NO_COLOR");
    return (ens__page){.out = out, .colour = isatty(STDOUT_FILENO) && !(no && *no), .lines = is_utf8_locale()};
}

void ens__page_spaces(const ens__page *page, int num)
{
    while (num-- > 0)
        ens_buf_text(page->out, " ");
}

int ens__page_cut(const ens__page *page, ens_slice text, int columns)
{
    ens_reader r = ens_read(text);
    ens_slice one;
    int num = 0;
    for (; num < columns && ens__printable_next(&r, &one); num++)
        ens_buf_put(page->out, one);
    return num;
}

void ens__page_put(const ens__page *page, ens_slice text)
{
    ens__page_cut(page, text, INT32_MAX);
}

void ens__page_printf(const ens__page *page, const char *format, ...)
{
    char stored[512];
    ens_buf text;
    va_list args;
    ens_buf_init(&text, stored, sizeof stored, page->out->limit);
    va_start(args, format);
    ens_buf_vprintf(&text, format, args);
    va_end(args);
    ens__printable_lines(page->out, ens_buf_slice(&text));
    ens_buf_free(&text);
}

/* put_word writes one word, in pieces where it is longer than a line. Returns the column behind it. */
static int put_word(const ens__page *page, int indent, int column, ens_slice word)
{
    ens_reader r = ens_read(word);
    ens_slice one;
    while (ens__printable_next(&r, &one)) {
        if (column == ENS_PAGE_WIDTH) {
            ens_buf_text(page->out, "\n");
            ens__page_spaces(page, indent);
            column = indent;
        }
        ens_buf_put(page->out, one);
        column++;
    }
    return column;
}

static ens_slice take_word(ens_slice *text)
{
    size_t from = 0, to;
    while (from < text->len && (text->p[from] == ' ' || (text->p[from] >= '\t' && text->p[from] <= '\r')))
        from++;
    for (to = from; to < text->len && text->p[to] != ' ' && (text->p[to] < '\t' || text->p[to] > '\r');)
        to++;
    ens_slice word = ens_sub(*text, from, to);
    *text = ens_from(*text, to);
    return word;
}

void ens__page_wrap(const ens__page *page, int indent, const char *text)
{
    int column = indent;
    ens_slice rest = ens_str(text);
    for (ens_slice word; (word = take_word(&rest)).len;) {
        int columns = ens__columns(word);
        if (column > indent && column + 1 + columns > ENS_PAGE_WIDTH) {
            ens_buf_text(page->out, "\n");
            ens__page_spaces(page, indent);
            column = indent;
        } else if (column > indent) {
            ens_buf_text(page->out, " ");
            column++;
        }
        column = put_word(page, indent, column, word);
    }
    ens_buf_text(page->out, "\n");
}

void ens__page_field(const ens__page *page, const char *label, const char *text)
{
    ens_buf_text(page->out, "  ");
    int column = 2 + ens__page_cut(page, ens_str(label), FIELD_COLUMN - 3);
    ens__page_spaces(page, FIELD_COLUMN - column);
    ens__page_wrap(page, FIELD_COLUMN, text && *text ? text : "-");
}

void ens__page_heading(const ens__page *page, const char *text)
{
    ens_buf_printf(page->out, "\n%s%s%s\n", ens__page_bold(page), text, ens__page_plain(page));
}

const char *ens__page_colour(const ens__page *page, ens_outcome outcome)
{
    static const char *const codes[] = {"\033[32m", "\033[33m", "\033[31m", "\033[36m"};
    return page->colour && (unsigned)outcome < sizeof codes / sizeof *codes ? codes[outcome] : "";
}

const char *ens__page_verdict_colour(const ens__page *page, ens_verdict verdict)
{
    return ens__page_colour(page, verdict == ENS_ACCEPTED ? ENS_PASS : verdict == ENS_REFUSED ? ENS_FAIL : ENS_SKIP);
}

const char *ens__page_bold(const ens__page *page)
{
    return page->colour ? "\033[1m" : "";
}

const char *ens__page_plain(const ens__page *page)
{
    return page->colour ? "\033[0m" : "";
}
