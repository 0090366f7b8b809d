#include "show/timeline.h"

#include "engine/base/clock.h"
#include "show/html.h"
#include "show/page.h"

#include <stdio.h>

#define DAY 86400
#define ROOM 20 /* a twentieth of the span on either side */

/* Steps from fine to coarse: days, months, years. */
static const struct {
    int days, months, years;
} steps[] = {{1, 0, 0}, {2, 0, 0}, {7, 0, 0},  {0, 1, 0},  {0, 3, 0},  {0, 0, 1},
             {0, 0, 2}, {0, 0, 5}, {0, 0, 10}, {0, 0, 25}, {0, 0, 100}};
#define NUM_STEPS (sizeof steps / sizeof *steps)

static ens_time length_of(size_t step)
{
    return (ens_time)DAY * (steps[step].days + 30 * steps[step].months + 365 * steps[step].years);
}

static void include(ens__timescale *scale, ens_time t)
{
    if (t == ENS_TIME_NONE)
        return;
    if (scale->from == ENS_TIME_NONE || t < scale->from)
        scale->from = t;
    if (scale->to == ENS_TIME_NONE || t > scale->to)
        scale->to = t;
}

/* first_tick is the first mark of the step at or after t. */
static ens_civil first_tick(ens_time t, size_t step)
{
    ens_civil c = ens__civil_of(t + DAY - 1);
    ens_civil day = {c.year, c.month, c.day, 0, 0, 0};
    if (steps[step].days)
        return day;
    if (steps[step].months) {
        int month = (c.month - 1) / steps[step].months * steps[step].months + 1;
        day = (ens_civil){c.year, month, 1, 0, 0, 0};
    } else {
        day = (ens_civil){c.year / steps[step].years * steps[step].years, 1, 1, 0, 0, 0};
    }
    return day;
}

static ens_civil next_tick(ens_civil c, size_t step)
{
    if (steps[step].days)
        return ens__civil_of(ens__time_of(c) + (ens_time)DAY * steps[step].days);
    c.year += steps[step].years;
    c.month += steps[step].months;
    if (c.month > 12) {
        c.month -= 12;
        c.year++;
    }
    return c;
}

static void add_tick(ens__timescale *scale, ens_civil c, size_t step)
{
    ens__tick *t = &scale->tick[scale->num++];
    t->at = ens__time_of(c);
    if (steps[step].years)
        snprintf(t->label, sizeof t->label, "%d", c.year);
    else if (steps[step].months)
        snprintf(t->label, sizeof t->label, "%d-%02d", c.year, c.month);
    else
        snprintf(t->label, sizeof t->label, "%02d-%02d", c.month, c.day);
}

ens__timescale ens__timescale_of(const ens__timeline *timeline, ens_time at, int marks)
{
    ens__timescale scale = {.from = ENS_TIME_NONE, .to = ENS_TIME_NONE};
    const ens__interval *end = ens__timeline_first(timeline, false, ENS_TIME_NONE);
    size_t step = 0;
    include(&scale, at);
    if (timeline->num) {
        include(&scale, timeline->interval[0].from);
        include(&scale, timeline->interval[0].until);
    }
    if (end)
        include(&scale, end->until);
    ens_time room = (scale.to - scale.from) / ROOM + DAY / 2;
    scale.from -= room;
    scale.to += room;
    while (step + 1 < NUM_STEPS && (scale.to - scale.from) / length_of(step) > marks)
        step++;
    for (ens_civil c = first_tick(scale.from, step);
         ens__civil_valid(c) && scale.num < ENS_TICKS_MAX && ens__time_of(c) <= scale.to; c = next_tick(c, step))
        if (ens__time_of(c) >= scale.from)
            add_tick(&scale, c, step);
    return scale;
}

int ens__timescale_place(const ens__timescale *scale, ens_time t, bool last, int size)
{
    if (t == ENS_TIME_NONE)
        return last ? size : 0;
    if (t <= scale->from)
        return 0;
    if (t >= scale->to)
        return size;
    return (int)((double)(t - scale->from) / (double)(scale->to - scale->from) * size + 0.5);
}

bool ens__timescale_holds(const ens__timescale *scale, ens_time t)
{
    return t != ENS_TIME_NONE && t >= scale->from && t <= scale->to;
}

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

#define WIDE 860
#define NARROW 340
#define WIDE_MARKS 8
#define NARROW_MARKS 5
#define SVG_LABEL 270 /* width of the labels beside the bars of a wide drawing */
#define AXIS 26       /* height of the scale */
#define SVG_BAR 16    /* height of a bar */
#define FOOT 40       /* room for what the marks say */
#define ARROW 7       /* of a bar that goes on */
#define DATE 62       /* width of a date */
#define WIDE_CHARS 38 /* characters of a label */
#define NARROW_CHARS 52

/* One drawing. Units are those of the viewBox. */
typedef struct {
    ens_buf *out;
    const ens__timeline *timeline;
    ens__timescale scale;
    ens_time at;
    bool now, wide;
    int left, width, row; /* where bars start, how wide all of them are, height of a row */
} drawing;

static int x_of(const drawing *d, ens_time t, bool last)
{
    return d->left + ens__timescale_place(&d->scale, t, last, d->width);
}

static int bottom(const drawing *d)
{
    return AXIS + (int)d->timeline->num * d->row;
}

static void draw_axis(const drawing *d)
{
    for (size_t i = 0; i < d->scale.num; i++) {
        int x = x_of(d, d->scale.tick[i].at, false);
        const char *anchor = x > d->left + d->width - 20 ? "end" : x < d->left + 20 ? "start" : "middle";
        ens_buf_printf(d->out, "<line class=\"grid\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", x, AXIS - 6, x,
                       bottom(d));
        ens_buf_printf(d->out, "<text class=\"dim\" x=\"%d\" y=\"14\" text-anchor=\"%s\">%s</text>\n", x, anchor,
                       d->scale.tick[i].label);
    }
}

/* draw_shape: a bar, with an arrow's head where it goes on beyond the scale. */
static void draw_shape(const drawing *d, const ens__interval *one, int from, int to, int y, const char *class_name)
{
    bool before = !ens__timescale_holds(&d->scale, one->from), after = !ens__timescale_holds(&d->scale, one->until);
    if (to - from < 2 * ARROW)
        before = after = false;
    int left = before ? from + ARROW : from, right = after ? to - ARROW : to > from + 2 ? to : from + 2;
    ens_buf_printf(d->out, "<path class=\"bar %s\" d=\"M%d %d", class_name, left, y);
    ens_buf_printf(d->out, "H%d", right);
    if (after)
        ens_buf_printf(d->out, "L%d %dL%d %d", to, y + SVG_BAR / 2, right, y + SVG_BAR);
    else
        ens_buf_printf(d->out, "V%d", y + SVG_BAR);
    ens_buf_printf(d->out, "H%d", left);
    if (before)
        ens_buf_printf(d->out, "L%d %d", from, y + SVG_BAR / 2);
    ens_buf_text(d->out, "Z\"/>");
}

static void draw_label(const drawing *d, const ens__interval *one, int y)
{
    char text[256], cut[256];
    int chars = d->wide ? WIDE_CHARS : NARROW_CHARS;
    snprintf(text, sizeof text, "%s%s%s", one->what, one->name && *one->name ? ": " : "", one->name ? one->name : "");
    size_t len = 0;
    int num = 0;
    while (text[len] && num < chars)
        for (num++, len++; ((unsigned char)text[len] & 0xC0) == 0x80;)
            len++;
    snprintf(cut, sizeof cut, "%.*s%s", (int)len, text, text[len] ? "\xE2\x80\xA6" : "");
    ens_buf_printf(d->out, "<text x=\"0\" y=\"%d\">", d->wide ? y + SVG_BAR - 4 : y - 4);
    ens__html_put(d->out, cut);
    ens_buf_text(d->out, "</text>");
}

/* is_crossed tells whether a mark's line goes through this stretch. */
static bool is_crossed(const drawing *d, int from, int to)
{
    const ens__interval *end = ens__timeline_first(d->timeline, false, ENS_TIME_NONE);
    int at = x_of(d, d->at, false), ends = end ? x_of(d, end->until, false) : at;
    return (at > from && at < to) || (ends > from && ends < to);
}

/* draw_date writes a bar's end into it, at its end or where no mark is in the way. */
static void draw_date(const drawing *d, int from, int to, int y, const char *date)
{
    int x = to - ARROW - 3;
    while (x - DATE > from + ARROW && is_crossed(d, x - DATE, x + 2))
        x -= DATE / 8;
    if (x - DATE > from + ARROW)
        ens_buf_printf(d->out, "<text class=\"in\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%.10s</text>", x, y, date);
}

static void draw_row(const drawing *d, size_t i)
{
    const ens__interval *one = &d->timeline->interval[i];
    char date[ENS_TIME_TEXT], other[ENS_TIME_TEXT];
    int y = AXIS + (int)i * d->row + (d->wide ? 5 : 18), from = x_of(d, one->from, false),
        to = x_of(d, one->until, true);
    bool good =
        (one->from == ENS_TIME_NONE || one->from <= d->at) && (one->until == ENS_TIME_NONE || d->at <= one->until);
    ens_buf_text(d->out, "<g><title>");
    ens__html_putf(d->out, "%s %s: %.10s to %.10s", one->what, one->name ? one->name : "",
                   one->from == ENS_TIME_NONE ? "any time" : ens_time_format(one->from, date),
                   one->until == ENS_TIME_NONE ? "no end" : ens_time_format(one->until, other));
    ens_buf_text(d->out, "</title>");
    draw_label(d, one, y);
    draw_shape(d, one, from, to, y, good ? (one->news ? "skip" : "pass") : one->news ? "warn" : "fail");
    if (one->until != ENS_TIME_NONE)
        draw_date(d, from, to, y + SVG_BAR - 4, ens_time_format(one->until, date));
    ens_buf_text(d->out, "</g>\n");
}

static void draw_mark(const drawing *d, ens_time t, const char *class_name, const char *words, int below)
{
    char date[ENS_TIME_TEXT];
    int x = x_of(d, t, false);
    const char *anchor = x > d->left + d->width - 70 ? "end" : x < 70 ? "start" : "middle";
    ens_buf_printf(d->out, "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", class_name, x, AXIS - 6, x,
                   bottom(d) + below - 10);
    ens_buf_printf(d->out, "<text class=\"%stext\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s %.10s</text>\n", class_name,
                   x, bottom(d) + below + 2, anchor, words, ens_time_format(t, date));
}

static void draw(drawing *d)
{
    const ens__interval *end = ens__timeline_first(d->timeline, false, ENS_TIME_NONE);
    int height = bottom(d) + FOOT, width = d->left + d->width;
    ens_buf_printf(
        d->out,
        "<svg class=\"%s\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Timeline of what the verdict rests on\" ",
        d->wide ? "wide" : "narrow", width, height);
    ens_buf_text(d->out, "xmlns=\"http://www.w3.org/2000/svg\">\n");
    draw_axis(d);
    for (size_t i = 0; i < d->timeline->num; i++)
        draw_row(d, i);
    draw_mark(d, d->at, "at", d->now ? "now" : "asked for", 14);
    if (end)
        draw_mark(d, end->until, "end", "ends", 30);
    ens_buf_text(d->out, "</svg>\n");
}

void ens__timeline_svg(ens_buf *out, const ens__timeline *timeline, ens_time at, bool now)
{
    drawing d = {.out = out, .timeline = timeline, .at = at, .now = now};
    d.scale = ens__timescale_of(timeline, at, WIDE_MARKS);
    d.wide = true, d.left = SVG_LABEL, d.width = WIDE - SVG_LABEL, d.row = SVG_BAR + 10;
    draw(&d);
    d.scale = ens__timescale_of(timeline, at, NARROW_MARKS);
    d.wide = false, d.left = 0, d.width = NARROW, d.row = SVG_BAR + 22;
    draw(&d);
}
