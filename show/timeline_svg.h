/* A timeline as inline SVG, coloured by the style of the page (cli/html). */
#ifndef ENS_SHOW_TIMELINE_SVG_H
#define ENS_SHOW_TIMELINE_SVG_H

#include "certs/path/timeline.h"
#include "engine/base/bytes.h"

/* ens__timeline_svg draws it twice, for a wide and for a narrow page; the style shows one of them. now: at is the
 * clock's. */
void ens__timeline_svg(ens_buf *out, const ens__timeline *timeline, ens_time at, bool now);

#endif
