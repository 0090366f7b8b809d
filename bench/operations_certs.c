/* Operations on certificates. */
#include "bench/operations.h"

#include "certs/preflight/preflight.h"
#include "engine/base/report.h"
#include "show/preflight.h"

#include <stdlib.h>

#define OUTPUT_MAX ((size_t)1 << 20)

/* One worker's state, whatever the operation on certificates. */
typedef struct {
    const ens_sample *sample;
    ens_report report;
    ens__preflight preflight;
    ens_buf output;
} state;

static void drop(void *p)
{
    state *s = p;
    ens__report_clear(&s->report);
    ens_buf_free(&s->output);
    free(s);
}

static void *make(const void *sample)
{
    state *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->sample = sample;
    ens__report_init(&s->report);
    ens_buf_init(&s->output, NULL, 0, OUTPUT_MAX);
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

/* The signature of the leaf by the CA that is on a list: that of the CRL was checked before. */
static void plan_preflight(const ens_sample *s, ens_floor_plan *plan)
{
    plan->ca_key = s->ca_key;
    plan->ca_verifications = 1;
    ens__floor_hash(plan, s->chain.cert[0].tbs);
}

static bool preflight(void *p)
{
    state *s = p;
    ens__preflight_options o = {.trust = s->sample->listed, .at = s->sample->at};
    ens__report_reset(&s->report);
    ens__preflight_judge(&s->sample->listed_chain, &o, &s->preflight, &s->report);
    return s->preflight.accepted.acceptance == ENS_ACCEPTANCE_QUALIFIED_SEAL &&
           ens_report_verdict(&s->report) == ENS_ACCEPTED;
}

/* What `cert check --json` writes of a certificate that was judged. */
static void *make_json(const void *sample)
{
    state *s = make(sample);
    if (!s || preflight(s))
        return s;
    drop(s);
    return NULL;
}

static void plan_json(const ens_sample *s, ens_floor_plan *plan)
{
    ens__floor_hash(plan, s->chain.cert[0].der);
}

static bool json(void *p)
{
    state *s = p;
    ens__preflight_view view = {.file = "seal.pem",
                                .cert = &s->sample->listed_chain.cert[0],
                                .preflight = &s->preflight,
                                .report = &s->report,
                                .at = s->sample->at};
    s->output.len = 0;
    ens__preflight_json(&view, &s->output);
    return !s->output.failed && s->output.len > 0;
}

const ens_operation ens__operations_certs[] = {
    {"certs/parse", NULL, 0, make, drop, parse, plan_parse, bytes_leaf},
    {"certs/path", NULL, ENS_AXIS_THREADS, make, drop, path, plan_path, bytes_chain},
    {"certs/preflight", NULL, ENS_AXIS_THREADS, make, drop, preflight, plan_preflight, bytes_leaf},
    {"show/preflight", "json", 0, make_json, drop, json, plan_json, bytes_leaf},
    {0},
};
