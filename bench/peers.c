#include "bench/peers.h"

#include "bench/stats.h"

#include <stdio.h>

#define ROUNDS 5        /* of a program and ours in turns */
#define WARM_UP 8.0     /* seconds for the virtual machine to compile what it runs */
#define SECONDS_MIN 0.5 /* of one round */

/* verify_operation is ours that does what the peers do, and more: the document is inflated, and read no further than
 * its root, as no peer looks into it. */
static const ens_operation *verify_operation(void)
{
    const ens_operation *o = NULL;
    for (unsigned i = 0; (o = ens__operation_at(i)); i++)
        if (o->variant && strcmp(o->variant, "root") == 0 && strcmp(o->name, "as4/verify") == 0)
            break;
    return o;
}

static ens_measurement *add(ens_results *results, const char *peer, const ens_input *input, const char *variant)
{
    char of[ENS_SAMPLE_INPUT];
    ens_measurement *m = ens__results_add(results);
    ens__input_name(input, of);
    if (m)
        snprintf(m->name, sizeof m->name, "%s/verify/%s%s", peer, of, variant);
    return m;
}

static void tell(const ens_run *run, const ens_measurement *m, const ens_results *results)
{
    if (run->tell)
        run->tell(run->user, m, results);
}

/* beside_xmlsec lets ours, the floor and xmlsec1 take turns. */
static ens_code beside_xmlsec(const ens_run *run, const ens_sample *sample, ens_results *results, ens_err *err)
{
    const ens_operation *verify = verify_operation();
    ens_floor_plan plan;
    ens_times times[4];
    const ens_side side[4] = {ens__measure_side(verify, sample),
                              ens__measure_floor_side(verify, sample, &plan),
                              {ens__peer_xmlsec_make, ens__peer_xmlsec_drop, ens__peer_xmlsec_verify, sample},
                              {ens__peer_xmlsec_make, ens__peer_xmlsec_drop, ens__peer_xmlsec_verify_by_token, sample}};
    ens_code code = ens__turns_measure("xmlsec1", side, 4, 1, run->seconds * 2, times, err);
    for (unsigned i = 2; i < 4 && code == ENS_OK; i++) {
        char name[ENS_OPERATION_NAME];
        ens_measurement *m = add(results, "xmlsec1", &sample->input, i == 2 ? "" : "-token");
        if (!m)
            return ens_fail(err, ENS_ELIMIT, NULL, "there are too many measurements", 0);
        memcpy(name, m->name, sizeof name);
        ens__measure_of(name, 1, (double)verify->bytes(sample), &times[i], &times[1], m);
        m->ratio_low = m->ratio_high = 0; /* of floor and ours */
        m->ours_us = times[0].min_us;
        tell(run, m, results);
    }
    return code;
}

/* The round in which the peer did best, and every round of ours. */
typedef struct {
    ens_peer_figures best;
    double ours_us[ROUNDS], floor_us[ROUNDS];
} rounds;

static double median(double *figures)
{
    ens__stats_sort(figures, ROUNDS);
    return ens__stats_quantile(figures, ROUNDS, 0.5);
}

static void keep_best(ens_peer_figures *best, const ens_peer_figures *now)
{
    double least = best->min_us > 0 && best->min_us < now->min_us ? best->min_us : now->min_us;
    if (now->ops_per_s > best->ops_per_s)
        *best = *now;
    best->min_us = least;
}

static ens_code take_rounds(const ens_run *run, const ens_sample *sample, ens_peer *p, rounds *r, bool *died,
                            ens_err *err)
{
    const ens_operation *verify = verify_operation();
    ens_floor_plan plan;
    ens_times times[2];
    ens_peer_figures now;
    double seconds = run->seconds > SECONDS_MIN ? run->seconds : SECONDS_MIN;
    const ens_side side[2] = {ens__measure_side(verify, sample), ens__measure_floor_side(verify, sample, &plan)};
    *r = (rounds){0};
    *died = !ens__peer_bench(p, WARM_UP, &now);
    for (unsigned i = 0; i < ROUNDS && !*died; i++) {
        ens_code code = ens__turns_measure("peer", side, 2, 1, seconds / 2, times, err);
        if (code != ENS_OK)
            return code;
        r->ours_us[i] = times[0].min_us;
        r->floor_us[i] = times[1].mean_us;
        *died = !ens__peer_bench(p, seconds, &now);
        if (!*died)
            keep_best(&r->best, &now);
    }
    return ENS_OK;
}

/* beside_program has a program of its own and ours take turns. */
static ens_code beside_program(const ens_run *run, const ens_sample *sample, ens_peer_kind kind, const char *run_sh,
                               ens_results *results, char reason[ENS_PEERS_REASON], ens_err *err)
{
    rounds r;
    bool died = false;
    ens_peer *p = ens__peer_start(kind, run_sh, sample, reason);
    ens_code code = p ? take_rounds(run, sample, p, &r, &died, err) : ENS_OK;
    ens__peer_stop(p);
    if (!p || code != ENS_OK)
        return code;
    if (died) {
        snprintf(reason, ENS_PEERS_REASON, "the %s peer didn't verify the message", ens__peer_name(kind));
        return ENS_OK;
    }
    ens_measurement *m = add(results, ens__peer_name(kind), &sample->input, "");
    if (!m)
        return ens_fail(err, ENS_ELIMIT, NULL, "there are too many measurements", 0);
    m->threads = 1;
    m->slices = ROUNDS;
    /* Its best round: what else runs on the machine only makes a round longer. Collecting garbage is part of it, where
     * it is: such a peer tells no shortest slice. */
    m->ops_per_s = r.best.ops_per_s;
    m->mean_us = 1e6 / r.best.ops_per_s;
    m->min_us = r.best.min_us;
    m->p50_us = r.best.p50_us;
    m->p99_us = r.best.p99_us;
    m->operations = (size_t)(m->ops_per_s * run->seconds * ROUNDS);
    m->floor_us = median(r.floor_us);
    ens__stats_sort(r.ours_us, ROUNDS);
    m->ours_us = r.ours_us[0];
    m->ratio = m->floor_us / m->mean_us;
    m->bytes = (double)sample->document.len;
    tell(run, m, results);
    return ENS_OK;
}

ens_code ens__peers_run(const ens_run *run, const ens_input *input, const ens_peer_programs *programs,
                        ens_results *results, char reason[ENS_PEER_PROGRAMS][ENS_PEERS_REASON], ens_err *err)
{
    ens_sample sample = {0};
    ens_code code = ens__sample_make(&sample, input, err);
    if (code == ENS_OK)
        code = beside_xmlsec(run, &sample, results, err);
    for (unsigned i = 0; i < ENS_PEER_PROGRAMS; i++) {
        reason[i][0] = '\0';
        if (code == ENS_OK)
            code = beside_program(run, &sample, (ens_peer_kind)i, programs->run_sh[i], results, reason[i], err);
    }
    ens__sample_clear(&sample);
    return code;
}
