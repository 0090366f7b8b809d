/* The figures of a run as pictures, a table for docs/performance.md, and one page. */
#ifndef ENS_BENCH_PICTURES_H
#define ENS_BENCH_PICTURES_H

#include "bench/results.h"

/* What of one verification is drawn as bars: floor and ours, piece by piece; and beside the peers. */
#define ENS_PICTURES_INPUT "rsa2048-ens12k"

/* Each appends one picture; nothing where what it shows wasn't measured. */
void ens__picture_main(const ens_results *r, ens_buf *out); /* a file of its own: docs/bench.svg */
void ens__picture_stages(const ens_results *r, ens_buf *out);
void ens__picture_peers(const ens_results *r, ens_buf *out);
void ens__picture_sizes(const ens_results *r, ens_buf *out);
void ens__picture_threads(const ens_results *r, ens_buf *out);
void ens__picture_latency(const ens_results *r, ens_buf *out);
void ens__picture_ratios(const ens_results *r, ens_buf *out);

/* ens__page_write is the report: one HTML page that needs nothing else. ens__markdown_write is the table of
 * docs/performance.md.
 */
void ens__page_write(const ens_results *r, ens_buf *out);
void ens__markdown_write(const ens_results *r, ens_buf *out);

#endif
