/* The scale of a timeline: the years, months or days around what a certificate's verdict rests on. */
#ifndef ENS_SHOW_TIMELINE_H
#define ENS_SHOW_TIMELINE_H

#include "certs/path/timeline.h"
#include "engine/base/bytes.h"
#include "show/page.h"

#define ENS_TICKS_MAX 12u

/* One mark of the scale: a first of January, of a month, or a midnight. */
typedef struct {
    ens_time at;
    char label[16]; /* "2029", "2029-04", "04-17" */
} ens__tick;

typedef struct {
    ens_time from, to;
    ens__tick tick[ENS_TICKS_MAX];
    size_t num;
} ens__timescale;

/* ens__timescale_of spans the certificate (the first interval), the time asked about and the first end, with some room
 * on either side; what goes on beyond is cut. marks: how many there is room for, at most ENS_TICKS_MAX - 2. */
ens__timescale ens__timescale_of(const ens__timeline *timeline, ens_time at, int marks);
/* ens__timescale_place puts a time to its place, 0 … size, cut to that; ENS_TIME_NONE goes to the end that last says.
 */
int ens__timescale_place(const ens__timescale *scale, ens_time t, bool last, int size);
bool ens__timescale_holds(const ens__timescale *scale, ens_time t);

/* A timeline drawn in characters: a bar for each thing that the verdict rests on. */
void ens__timeline_text(const ens__page *page, const ens__timeline *timeline, ens_time at);

/* A timeline as inline SVG, coloured by the style of the page (cli/html). */
/* ens__timeline_svg draws it twice, for a wide and for a narrow page; the style shows one of them. now: at is the
 * clock's. */
void ens__timeline_svg(ens_buf *out, const ens__timeline *timeline, ens_time at, bool now);

#endif
