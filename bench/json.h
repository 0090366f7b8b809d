/* Measurements as JSON, and back. */
#ifndef ENS_BENCH_JSON_H
#define ENS_BENCH_JSON_H

#include "bench/results.h"

#include <jansson.h>

/* ens__bench_json is one measurement; quantiles: with the latency at every percent. */
json_t *ens__bench_json(const ens_measurement *m, const ens_machine *machine, bool quantiles);

/* ens__bench_save writes the machine on the first line and then one measurement a line; ens__bench_load reads it.
 * Errors  ENS_EIO, ENS_ESYNTAX, ENS_ELIMIT */
ENS_CHECK ens_code ens__bench_save(const char *path, const ens_results *r, ens_err *err);
ENS_CHECK ens_code ens__bench_load(const char *path, ens_results *r, ens_err *err);

#endif
