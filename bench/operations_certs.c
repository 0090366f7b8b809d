/* Operations on certificates: their view, the token that holds them, their path. */
#include "bench/operations.h"

#include "certs/chain.h"
#include "certs/chain_cache.h"
#include "certs/pkipath.h"
#include "engine/report.h"

#include <stdlib.h>

#define DAY 86400
#define DAYS 1000 /* of validity that a bench may walk through */

/* One worker's state, whatever the operation on certificates. */
typedef struct {
    const ens_sample *sample;
    ens_report report;
    ens__chain_cache *cache;
    unsigned day;
} state;

static void drop(void *p)
{
    state *s = p;
    ens__chain_cache_free(s->cache);
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
    s->cache = ens__chain_cache_new();
    if (s->cache)
        return s;
    drop(s);
    return NULL;
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

static size_t bytes_token(const ens_sample *s)
{
    return s->message_parts.token.len;
}

/* The verdict on a token that was seen before is found by the token's digest. */
static void plan_hit(const ens_sample *s, ens_floor_plan *plan)
{
    ens__floor_hash(plan, s->message_parts.token);
}

/* A path of three has two signatures to check, over what was signed of either certificate. */
static void plan_path(const ens_sample *s, ens_floor_plan *plan)
{
    plan->ca_key = s->ca_key;
    for (unsigned i = 0; i + 1 < s->chain.num; i++) {
        ens__floor_hash(plan, s->chain.cert[i].tbs);
        plan->ca_verifications++;
    }
}

static void plan_miss(const ens_sample *s, ens_floor_plan *plan)
{
    plan_hit(s, plan);
    plan_path(s, plan);
}

static bool check_cached(state *s, ens_time at)
{
    ens__report_reset(&s->report);
    ens__chain_cache_check(s->cache, s->sample->trust, &s->sample->chain, at, &s->report);
    return ens_report_verdict(&s->report) == ENS_ACCEPTED;
}

static bool hit(void *p)
{
    state *s = p;
    return check_cached(s, s->sample->at);
}

/* A verdict holds for a day: each operation asks for the next one. */
static bool miss(void *p)
{
    state *s = p;
    s->day = (s->day + 1) % DAYS;
    return check_cached(s, s->sample->at + (ens_time)s->day * DAY);
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
    {"certs/token", "hit", ENS_AXIS_THREADS, make, drop, hit, plan_hit, bytes_token},
    {"certs/token", "miss", 0, make, drop, miss, plan_miss, bytes_token},
    {"certs/path", NULL, ENS_AXIS_THREADS, make, drop, path, plan_path, bytes_token},
    {0},
};
