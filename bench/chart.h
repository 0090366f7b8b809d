/* Pictures as SVG: stacked bars, and lines in a frame. No script; colours are named by the style sheet, so that light,
 * dark and paper have their own. A picture is drawn at its natural width and scales. */
#ifndef ENS_BENCH_CHART_H
#define ENS_BENCH_CHART_H

#include "engine/base/bytes.h"

#define ENS_CHART_SEGMENTS 12u
#define ENS_CHART_BARS 12u
#define ENS_CHART_SERIES 6u
#define ENS_CHART_POINTS 128u

/* The classes of the style sheet: c0 … c9. */
typedef enum {
    ENS_COLOUR_RSA = 0,
    ENS_COLOUR_SHA,
    ENS_COLOUR_INFLATE,
    ENS_COLOUR_SCAN,
    ENS_COLOUR_CANON,
    ENS_COLOUR_MIME,
    ENS_COLOUR_DOCUMENT,
    ENS_COLOUR_REST,
    ENS_COLOUR_PEER,
    ENS_COLOUR_FLOOR,
} ens_colour;

typedef struct {
    const char *name; /* for the legend and the tip */
    double value;
    ens_colour colour;
} ens_segment;

typedef struct {
    char label[96], figure[48]; /* above the bar, left and right */
    ens_segment segment[ENS_CHART_SEGMENTS];
    unsigned num;
} ens_bar;

typedef struct {
    const char *heading; /* or NULL */
    const char *unit;    /* "µs" */
    bool legend;         /* of the segments' names */
    double margin;       /* left and right */
    ens_bar bar[ENS_CHART_BARS];
    unsigned num;
} ens_bars;

typedef struct {
    char name[64];
    ens_colour colour;
    bool dashed;
    double x[ENS_CHART_POINTS], y[ENS_CHART_POINTS];
    unsigned num;
} ens_series;

typedef struct {
    ens_series series[ENS_CHART_SERIES];
    unsigned num;
    bool log_x, log_y; /* a logarithmic axis has marks at powers of ten; x may have marks of its own */
    bool from_zero;    /* y begins at 0 where it is not logarithmic */
    const char *x_label, *y_label;
    double x_mark[16];
    const char *x_text[16];
    unsigned num_x_marks;
} ens_lines;

/* ens__chart_open begins a picture; standalone: a file of its own, with the style sheet and a background. */
void ens__chart_open(double width, double height, const char *title, bool standalone, ens_buf *out);
void ens__chart_close(ens_buf *out);
/* ens__chart_style is the style sheet of all pictures: light, dark, and light on paper. */
void ens__chart_style(ens_buf *out);

/* Both draw at y into an open picture and return how high it became. */
double ens__chart_bars(const ens_bars *bars, double y, double width, ens_buf *out);
double ens__chart_lines(const ens_lines *lines, double y, double width, double height, ens_buf *out);
/* … and how high bars will be. */
double ens__chart_bars_height(const ens_bars *bars, double width);

/* ens__chart_text writes text escaped for XML; ens__chart_number a figure with three significant digits: "0.534",
 * "1,234". */
void ens__chart_text(const char *text, ens_buf *out);
const char *ens__chart_number(double value, char out[32]);

#endif
