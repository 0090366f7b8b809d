/* A timeline drawn in characters: a bar for each thing that the verdict rests on. */
#ifndef ENS_SHOW_TIMELINE_TEXT_H
#define ENS_SHOW_TIMELINE_TEXT_H

#include "certs/path/timeline.h"
#include "show/page.h"

void ens__timeline_text(const ens__page *page, const ens__timeline *timeline, ens_time at);

#endif
