/* Lines in a frame: see chart.h. */
#include "bench/chart.h"

#include <math.h>
#include <stdio.h>

#define LEFT 52.0
#define RIGHT 16.0
#define TOP 8.0
#define BOTTOM 40.0
#define LEGEND 20.0

/* One axis: what is drawn where. */
typedef struct {
    double from, to; /* of the figures; logarithms where log */
    double at, size; /* of the picture; y grows downwards */
    bool log, down;
} axis;

static double place(const axis *a, double value)
{
    double v = a->log ? log10(value) : value, part = a->to > a->from ? (v - a->from) / (a->to - a->from) : 0;
    return a->down ? a->at + a->size * (1 - part) : a->at + a->size * part;
}

/* span finds the least and the largest figure along one axis. */
static void span(const ens_lines *l, bool y, axis *a)
{
    double from = INFINITY, to = -INFINITY;
    for (unsigned i = 0; i < l->num; i++)
        for (unsigned k = 0; k < l->series[i].num; k++) {
            double v = y ? l->series[i].y[k] : l->series[i].x[k];
            from = v < from ? v : from;
            to = v > to ? v : to;
        }
    if (!(from <= to))
        from = 0, to = 1;
    if (a->log) {
        a->from = log10(from > 0 ? from : 1e-3);
        a->to = log10(to > 0 ? to : 1);
    } else {
        a->from = y && l->from_zero ? 0 : from;
        a->to = to;
    }
}

/* widen moves the ends of a y axis to where marks stand. */
static double widen(axis *a)
{
    if (a->log) {
        double room = a->to - a->from < 1 ? 0.05 : 0;
        a->from = room > 0 ? a->from - room : floor(a->from);
        a->to = room > 0 ? a->to + room : ceil(a->to);
        return 1;
    }
    double size = a->to - a->from > 0 ? a->to - a->from : 1, step = pow(10, floor(log10(size / 4)));
    step *= size / step > 20 ? 5 : size / step > 8 ? 2 : 1;
    a->from = floor(a->from / step) * step;
    a->to = ceil(a->to / step) * step;
    return step;
}

static const char *short_number(double v, char out[24])
{
    static const char *const units[] = {"", "k", "M", "G"};
    unsigned u = 0;
    while (fabs(v) >= 1000 && u < 3)
        v /= 1000, u++;
    snprintf(out, 24, "%.3g%s", v, units[u]);
    return out;
}

static void put_mark_y(const axis *x, const axis *y, double value, ens_buf *out)
{
    char text[24];
    double at = place(y, value);
    ens_buf_printf(out, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", x->at, at, x->at + x->size);
    ens_buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"end soft\">%s</text>", x->at - 6, at + 4,
                   short_number(value, text));
}

static void put_marks_y(const axis *x, const axis *y, double step, ens_buf *out)
{
    if (!y->log) {
        int num = (int)((y->to - y->from) / step + 0.5);
        for (int i = 0; i <= num; i++)
            put_mark_y(x, y, y->from + i * step, out);
        return;
    }
    bool close = y->to - y->from < 1.6; /* under two decades: 2 and 5 have marks, too */
    for (int e = (int)floor(y->from); e <= (int)ceil(y->to); e++)
        for (int m = 1; m <= (close ? 5 : 1); m += m == 2 ? 3 : 1) {
            double v = m * pow(10, e);
            if (m != 3 && m != 4 && log10(v) >= y->from - 1e-9 && log10(v) <= y->to + 1e-9)
                put_mark_y(x, y, v, out);
        }
}

static void put_marks_x(const ens_lines *l, const axis *x, const axis *y, ens_buf *out)
{
    for (unsigned i = 0; i < l->num_x_marks; i++) {
        double at = place(x, l->x_mark[i]);
        if (at < x->at - 1 || at > x->at + x->size + 1)
            continue;
        ens_buf_printf(out, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>", at, y->at, y->at + y->size);
        ens_buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"mid soft\">", at, y->at + y->size + 16);
        ens__chart_text(l->x_text[i], out);
        ens_buf_text(out, "</text>");
    }
}

static void put_series(const ens_series *s, const axis *x, const axis *y, ens_buf *out)
{
    ens_buf_printf(out, "<path class=\"line l%u%s\" d=\"", (unsigned)s->colour, s->dashed ? " dash" : "");
    for (unsigned k = 0; k < s->num; k++)
        ens_buf_printf(out, "%c%.1f %.1f", k ? 'L' : 'M', place(x, s->x[k]), place(y, s->y[k]));
    ens_buf_text(out, "\"><title>");
    ens__chart_text(s->name, out);
    ens_buf_text(out, "</title></path>");
    for (unsigned k = 0; k < s->num && s->num <= 12; k++)
        ens_buf_printf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" class=\"c%u\"/>", place(x, s->x[k]),
                       place(y, s->y[k]), (unsigned)s->colour);
}

/* put_names draws the legend, a row for as many names as fit, and returns its height. */
static double put_names(const ens_lines *l, double y, double width, ens_buf *out)
{
    double x = LEFT, from = y;
    for (unsigned i = 0; i < l->num; i++) {
        const ens_series *s = &l->series[i];
        double needs = 30 + 7.1 * (double)strlen(s->name) + 14;
        if (x > LEFT && x + needs > width)
            x = LEFT, y += LEGEND;
        ens_buf_printf(out, "<path class=\"line l%u%s\" d=\"M%.1f %.1fh20\"/>", (unsigned)s->colour,
                       s->dashed ? " dash" : "", x, y + 9);
        ens_buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"soft\">", x + 26, y + 13);
        ens__chart_text(s->name, out);
        ens_buf_text(out, "</text>");
        x += needs;
    }
    return y + LEGEND + 4 - from;
}

double ens__chart_lines(const ens_lines *l, double y, double width, double height, ens_buf *out)
{
    double names = put_names(l, y, width, out);
    axis ax = {.at = LEFT, .size = width - LEFT - RIGHT, .log = l->log_x};
    axis ay = {.at = y + names + TOP + 14, .size = height - names - TOP - 14 - BOTTOM, .log = l->log_y, .down = true};
    span(l, false, &ax);
    span(l, true, &ay);
    double step = widen(&ay);
    ens_buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"soft\">", 6.0, y + names + 10);
    ens__chart_text(l->y_label, out);
    ens_buf_text(out, "</text>");
    put_marks_y(&ax, &ay, step, out);
    put_marks_x(l, &ax, &ay, out);
    ens_buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"mid soft\">", LEFT + ax.size / 2, y + height - 6);
    ens__chart_text(l->x_label, out);
    ens_buf_text(out, "</text>");
    for (unsigned i = 0; i < l->num; i++)
        put_series(&l->series[i], &ax, &ay, out);
    return height;
}
