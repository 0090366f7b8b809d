#include "bench/chart.h"

#include <stdio.h>

#define GLYPH 7.1   /* width of a letter, about, with room for a phone's larger print */
#define ROW 42.0    /* of one bar with its label */
#define BAR 16.0    /* height of one bar */
#define LEGEND 20.0 /* height of one row of a legend */
#define HEADING 26.0

void ens__chart_text(const char *text, ens_buf *out)
{
    for (; *text; text++) {
        const char *as = *text == '<'   ? "&lt;"
                         : *text == '>' ? "&gt;"
                         : *text == '&' ? "&amp;"
                         : *text == '"' ? "&quot;"
                                        : NULL;
        if (as)
            ens_buf_text(out, as);
        else
            ens_buf_add(out, text, 1);
    }
}

const char *ens__chart_number(double v, char out[32])
{
    char digits[32];
    if (v < 1000) {
        snprintf(out, 32, "%.*f", v >= 100 || v == 0 ? 0 : v >= 10 ? 1 : v >= 1 ? 2 : 3, v);
        return out;
    }
    int n = snprintf(digits, sizeof digits, "%.0f", v), at = 0;
    for (int i = 0; i < n && at < 30; i++) {
        if (i && (n - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

/* letters counts characters, not bytes. */
static double text_width(const char *text)
{
    double n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n * GLYPH;
}

void ens__chart_style(ens_buf *out)
{
    static const char light[] = "--paper:#fff;--ink:#1c2128;--soft:#59636e;--line:#d8dee4;--c0:#2a6fbb;--c1:#1d9a86;--"
                                "c2:#e0a12b;--c3:#c9507a;--c4:#8559c4;"
                                "--c5:#7c9a3a;--c6:#d9702f;--c7:#9aa4af;--c8:#77808b;--c9:#30363d";
    static const char dark[] = "--paper:#0d1117;--ink:#e6edf3;--soft:#9198a1;--line:#30363d;--c0:#58a6ff;--c1:#3fc1aa;-"
                               "-c2:#f0b84a;--c3:#f07ba5;--c4:#b08cf0;"
                               "--c5:#a5c463;--c6:#f59b5f;--c7:#6e7681;--c8:#8b949e;--c9:#d1d7e0";
    ens_buf_printf(out, ":root{%s}@media(prefers-color-scheme:dark){:root{%s}}@media print{:root{%s}}", light, dark,
                   light);
    ens_buf_text(
        out, ".chart text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica "
             "Neue',Arial,sans-serif;fill:var(--ink)}"
             ".chart .soft{fill:var(--soft)}.chart .head{font-weight:600;font-size:14px}.chart .end{text-anchor:end}"
             ".chart .mid{text-anchor:middle}.chart .grid{stroke:var(--line);stroke-width:1;fill:none}.chart "
             ".paper{fill:var(--paper)}"
             ".chart .line{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}.chart "
             ".dash{stroke-dasharray:5 5}");
    for (unsigned i = 0; i < 10; i++)
        ens_buf_printf(out, ".c%u{fill:var(--c%u)}.chart .l%u{stroke:var(--c%u)}", i, i, i, i);
}

void ens__chart_open(double width, double height, const char *title, bool standalone, ens_buf *out)
{
    ens_buf_printf(out,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 %.0f %.0f\" role=\"img\"",
                   width, height);
    if (standalone)
        ens_buf_printf(out, " width=\"%.0f\" height=\"%.0f\"", width, height);
    ens_buf_text(out, "><title>");
    ens__chart_text(title, out);
    ens_buf_text(out, "</title>");
    if (standalone) {
        ens_buf_text(out, "<style>");
        ens__chart_style(out);
        ens_buf_printf(out, "</style><rect class=\"paper\" width=\"%.0f\" height=\"%.0f\" rx=\"8\"/>", width, height);
    }
}

void ens__chart_close(ens_buf *out)
{
    ens_buf_text(out, "</svg>\n");
}

static void put_text(double x, double y, const char *class, const char *text, ens_buf *out)
{
    ens_buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
    ens__chart_text(text, out);
    ens_buf_text(out, "</text>");
}

/* A legend is walked twice: once to see how high it is (out NULL), once to draw it. */
typedef struct {
    double x, y, margin, width;
    ens_buf *out;
} legend;

static void put_entry(legend *l, const char *name, ens_colour colour)
{
    double needs = 18 + text_width(name) + 14;
    if (l->x > l->margin && l->x + needs > l->width - l->margin) {
        l->x = l->margin;
        l->y += LEGEND;
    }
    if (l->out) {
        ens_buf_printf(l->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"11\" height=\"11\" rx=\"2\" class=\"c%u\"/>", l->x,
                       l->y + 3, (unsigned)colour);
        put_text(l->x + 17, l->y + 12.5, "soft", name, l->out);
    }
    l->x += needs;
}

/* put_legend names every segment once, in the order in which they come. */
static double put_legend(const ens_bars *b, double y, double width, ens_buf *out)
{
    legend l = {b->margin, y, b->margin, width, out};
    unsigned seen = 0;
    for (unsigned i = 0; i < b->num; i++)
        for (unsigned k = 0; k < b->bar[i].num; k++) {
            const ens_segment *s = &b->bar[i].segment[k];
            if (s->value > 0 && !(seen >> s->colour & 1))
                put_entry(&l, s->name, s->colour);
            if (s->value > 0)
                seen |= 1u << s->colour;
        }
    return seen ? l.y + LEGEND + 4 - y : 0;
}

static double longest(const ens_bars *b)
{
    double max = 0;
    for (unsigned i = 0; i < b->num; i++) {
        double sum = 0;
        for (unsigned k = 0; k < b->bar[i].num; k++)
            sum += b->bar[i].segment[k].value;
        max = sum > max ? sum : max;
    }
    return max > 0 ? max : 1;
}

static void put_bar(const ens_bars *b, const ens_bar *bar, double y, double width, double max, ens_buf *out)
{
    char number[32];
    double x = b->margin, scale = (width - 2 * b->margin) / max;
    put_text(b->margin, y + 12, "", bar->label, out);
    put_text(width - b->margin, y + 12, "end soft", bar->figure, out);
    for (unsigned k = 0; k < bar->num; k++) {
        const ens_segment *s = &bar->segment[k];
        if (!(s->value > 0))
            continue;
        double w = s->value * scale;
        ens_buf_printf(out, "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.0f\" class=\"c%u\"><title>", x,
                       y + 18, w < 0.5 ? 0.5 : w, BAR, (unsigned)s->colour);
        ens__chart_text(s->name, out);
        ens_buf_printf(out, ": %s %s</title></rect>", ens__chart_number(s->value, number), b->unit);
        x += w;
    }
}

double ens__chart_bars_height(const ens_bars *b, double width)
{
    return (b->heading ? HEADING : 0) + (b->legend ? put_legend(b, 0, width, NULL) : 0) + b->num * ROW;
}

double ens__chart_bars(const ens_bars *b, double y, double width, ens_buf *out)
{
    double from = y, max = longest(b);
    if (b->heading) {
        put_text(b->margin, y + 16, "head", b->heading, out);
        y += HEADING;
    }
    if (b->legend)
        y += put_legend(b, y, width, out);
    for (unsigned i = 0; i < b->num; i++, y += ROW)
        put_bar(b, &b->bar[i], y, width, max, out);
    return y - from;
}
