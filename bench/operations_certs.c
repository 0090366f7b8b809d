/* Operations on certificates. */
#include "bench/operations.h"

#include "engine/report.h"

#include <stdlib.h>

/* One worker's state, whatever the operation on certificates. */
typedef struct {
    const ens_sample *sample;
    ens_report report;
} state;

static void drop(void *p)
{
    state *s = p;
    ens__report_clear(&s->report);
    free(s);
}

static void *make(const void *sample)
{
    state *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->sample = sample;
    ens__report_init(&s->report);
    return s;
}

static size_t bytes_leaf(const ens_sample *s)
{
    return s->chain.cert[0].der.len;
}

static void plan_parse(const ens_sample *s, ens_floor_plan *plan)
{
    plan->copied = s->chain.cert[0].der;
}

static bool parse(void *p)
{
    state *s = p;
    ens_cert cert;
    return ens_cert_parse(s->sample->chain.cert[0].der, &cert, NULL) == ENS_OK;
}

static size_t bytes_chain(const ens_sample *s)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < s->chain.num; i++)
        bytes += s->chain.cert[i].der.len;
    return bytes;
}

static void plan_path(const ens_sample *s, ens_floor_plan *plan)
{
    ens__floor_path(plan, s);
}

static bool path(void *p)
{
    state *s = p;
    ens__report_reset(&s->report);
    ens_chain_check(s->sample->trust, &s->sample->chain, s->sample->at, &s->report);
    return ens_report_verdict(&s->report) == ENS_ACCEPTED;
}

const ens_operation ens__operations_certs[] = {
    {"certs/parse", NULL, 0, make, drop, parse, plan_parse, bytes_leaf},
    {"certs/path", NULL, ENS_AXIS_THREADS, make, drop, path, plan_path, bytes_chain},
    {0},
};
