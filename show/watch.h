/* What a watch over certificates found: for people, as JSON, as a calendar and as metrics. */
#ifndef ENS_SHOW_WATCH_H
#define ENS_SHOW_WATCH_H

#include "engine/base/json.h"
#include "sti/watch/watch.h"

typedef struct {
    ens_time at, ending; /* ending: seconds; 0: nobody asked */
    unsigned order_days, register_days;
} ens__watch_view;

/* One line of a list, and what changed behind it. */
void ens__watch_print(const ens__watch_view *view, const ens__watched *w);
/* {"file","sha256","subject","purpose","verdict","acceptance","not_after","valid_until","valid_until_reason","ends",
 * "days_left","ending","order_by","register_by","registered","why","change","was"} */
void ens__watch_json(ens_json *j, const ens__watch_view *view, const ens__watched *w);
/* A calendar of all-day events: order by, register by, ends.   Source  RFC 5545 */
void ens__watch_calendar(const ens__watch_view *view, const ens__watched *all, size_t num, ens_buf *out);
/* Metrics in Prometheus's text format, as the textfile collector of node_exporter reads them. */
void ens__watch_metrics(const ens__watch_view *view, const ens__watched *all, size_t num, ens_buf *out);

#endif
