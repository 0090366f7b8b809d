/* What ensign-bench leaves behind: page, picture, figures, and the table of docs/performance.md. */
#ifndef ENS_BENCH_REPORT_H
#define ENS_BENCH_REPORT_H

#include "bench/results.h"

/* Paths, or NULL: not wanted. */
typedef struct {
    const char *html, *svg, *data;
    bool markdown; /* on stdout */
} ens_bench_outputs;

/* Errors  ENS_EIO, ENS_ENOMEM; the error names the path */
ENS_CHECK ens_code ens__bench_report(const ens_bench_outputs *o, const ens_results *r, ens_err *err);

#endif
