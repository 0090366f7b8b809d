#include "show/timeline_text.h"

#include "show/printable.h"
#include "show/timescale.h"

#include <stdio.h>

#define MARKS 6
#define LABEL 28                         /* columns of a row's name */
#define BAR (ENS_PAGE_WIDTH - LABEL - 2) /* columns of the bar */

/* The characters of a bar: where nothing is known or holds, where it holds, its ends, beyond the scale, the marks. */
typedef struct {
    const char *none, *holds, *start, *end, *before, *after, *mark, *rule, *tick;
} characters;

static const characters unicode = {" ", "━", "┣", "┫", "◀", "▶", "│", "─", "┬"};
static const characters ascii = {" ", "=", "[", "]", "<", ">", "|", "-", "+"};

static void put_axis(const ens__page *page, const ens__timescale *scale, const characters *c)
{
    char labels[BAR + 1];
    memset(labels, ' ', BAR);
    labels[BAR] = '\0';
    int free_from = 0;
    for (size_t i = 0; i < scale->num; i++) {
        int at = ens__timescale_place(scale, scale->tick[i].at, false, BAR - 1),
            len = (int)strlen(scale->tick[i].label);
        if (at < free_from || at + len > BAR)
            continue;
        memcpy(labels + at, scale->tick[i].label, (size_t)len);
        free_from = at + len + 1;
    }
    while (free_from > 0 && labels[free_from - 1] == ' ')
        free_from--;
    ens__page_spaces(page, LABEL + 2);
    ens_buf_printf(page->out, "%.*s\n", free_from, labels);
    ens__page_spaces(page, LABEL + 2);
    for (int i = 0; i < BAR; i++) {
        bool tick = false;
        for (size_t k = 0; k < scale->num; k++)
            tick |= ens__timescale_place(scale, scale->tick[k].at, false, BAR - 1) == i;
        ens_buf_text(page->out, tick ? c->tick : c->rule);
    }
    ens_buf_text(page->out, "\n");
}

static const char *cell(const characters *c, int i, int from, int to, bool before, bool after)
{
    if (i < from || i > to)
        return c->none;
    if (i == from)
        return before ? c->before : c->start;
    if (i == to)
        return after ? c->after : c->end;
    return c->holds;
}

static void put_bar(const ens__page *page, const ens__timescale *scale, const characters *c, const ens__interval *one,
                    ens_time at)
{
    int from = ens__timescale_place(scale, one->from, false, BAR - 1),
        to = ens__timescale_place(scale, one->until, true, BAR - 1);
    int mark = ens__timescale_place(scale, at, false, BAR - 1);
    bool before = !ens__timescale_holds(scale, one->from), after = !ens__timescale_holds(scale, one->until);
    bool good = (one->from == ENS_TIME_NONE || one->from <= at) && (one->until == ENS_TIME_NONE || at <= one->until);
    ens_buf_text(page->out, ens__page_colour(page, good ? ENS_PASS : one->news ? ENS_WARN : ENS_FAIL));
    for (int i = 0; i <= (to > mark ? to : mark); i++) {
        const char *text = cell(c, i, from, to, before, after);
        ens_buf_text(page->out, i == mark && (text == c->none || text == c->holds) ? c->mark : text);
    }
    ens_buf_printf(page->out, "%s\n", ens__page_plain(page));
}

static void put_row(const ens__page *page, const ens__timescale *scale, const characters *c, const ens__interval *one,
                    ens_time at)
{
    char label[256];
    snprintf(label, sizeof label, "%s %s", one->what, one->name ? one->name : "");
    ens_buf_text(page->out, "  ");
    int column = ens__page_cut(page, ens_str(label), LABEL - 1);
    ens__page_spaces(page, LABEL - column);
    put_bar(page, scale, c, one, at);
}

void ens__timeline_text(const ens__page *page, const ens__timeline *timeline, ens_time at)
{
    char date[ENS_TIME_TEXT], label[32];
    const characters *c = page->lines ? &unicode : &ascii;
    ens__timescale scale = ens__timescale_of(timeline, at, MARKS);
    put_axis(page, &scale, c);
    for (size_t i = 0; i < timeline->num; i++)
        put_row(page, &scale, c, &timeline->interval[i], at);
    int mark = ens__timescale_place(&scale, at, false, BAR - 1);
    snprintf(label, sizeof label, "%.10s", ens_time_format(at, date));
    int column = mark > BAR - (int)strlen(label) ? BAR - (int)strlen(label) : mark;
    ens__page_spaces(page, LABEL + 2 + column);
    ens_buf_printf(page->out, "%s\n", label);
}
