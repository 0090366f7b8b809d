#include "show/timeline_svg.h"

#include "show/html.h"
#include "show/timescale.h"

#include <stdio.h>

#define WIDE 860
#define NARROW 340
#define WIDE_MARKS 8
#define NARROW_MARKS 5
#define LABEL 270     /* width of the labels beside the bars of a wide drawing */
#define AXIS 26       /* height of the scale */
#define BAR 16        /* height of a bar */
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
        ens_buf_printf(d->out, "L%d %dL%d %d", to, y + BAR / 2, right, y + BAR);
    else
        ens_buf_printf(d->out, "V%d", y + BAR);
    ens_buf_printf(d->out, "H%d", left);
    if (before)
        ens_buf_printf(d->out, "L%d %d", from, y + BAR / 2);
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
    ens_buf_printf(d->out, "<text x=\"0\" y=\"%d\">", d->wide ? y + BAR - 4 : y - 4);
    ens__html_put(d->out, cut);
    ens_buf_text(d->out, "</text>");
}

/* is_crossed tells whether a mark's line goes through this stretch. */
static bool is_crossed(const drawing *d, int from, int to)
{
    const ens__interval *end = ens__timeline_first(d->timeline, false);
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
        draw_date(d, from, to, y + BAR - 4, ens_time_format(one->until, date));
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
    const ens__interval *end = ens__timeline_first(d->timeline, false);
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
    d.wide = true, d.left = LABEL, d.width = WIDE - LABEL, d.row = BAR + 10;
    draw(&d);
    d.scale = ens__timescale_of(timeline, at, NARROW_MARKS);
    d.wide = false, d.left = 0, d.width = NARROW, d.row = BAR + 22;
    draw(&d);
}
