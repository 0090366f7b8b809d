#include "bench/peers.h"

#include "bench/stats.h"

#include <stdio.h>

#define ROUNDS 5        /* of phase4 and ours in turns */
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
    double ops_per_s, p50_us, p99_us, ours_us[ROUNDS], floor_us[ROUNDS];
} rounds;

static double median(double *figures)
{
    ens__stats_sort(figures, ROUNDS);
    return ens__stats_quantile(figures, ROUNDS, 0.5);
}

static ens_code take_rounds(const ens_run *run, const ens_sample *sample, ens_peer_phase4 *p, rounds *r, bool *died,
                            ens_err *err)
{
    const ens_operation *verify = verify_operation();
    ens_floor_plan plan;
    ens_times times[2];
    double rate = 0, p50 = 0, p99 = 0, seconds = run->seconds > SECONDS_MIN ? run->seconds : SECONDS_MIN;
    const ens_side side[2] = {ens__measure_side(verify, sample), ens__measure_floor_side(verify, sample, &plan)};
    *r = (rounds){0};
    *died = !ens__peer_phase4_bench(p, WARM_UP, &rate, &p50, &p99);
    for (unsigned i = 0; i < ROUNDS && !*died; i++) {
        ens_code code = ens__turns_measure("phase4", side, 2, 1, seconds / 2, times, err);
        if (code != ENS_OK)
            return code;
        r->ours_us[i] = times[0].min_us;
        r->floor_us[i] = times[1].mean_us;
        *died = !ens__peer_phase4_bench(p, seconds, &rate, &p50, &p99) || !(rate > 0);
        if (rate > r->ops_per_s)
            r->ops_per_s = rate, r->p50_us = p50, r->p99_us = p99;
    }
    return ENS_OK;
}

static ens_code beside_phase4(const ens_run *run, const ens_sample *sample, const char *phase4, ens_results *results,
                              char reason[ENS_PEERS_REASON], ens_err *err)
{
    rounds r;
    bool died = false;
    ens_peer_phase4 *p = ens__peer_phase4_start(phase4, sample, reason);
    ens_code code = p ? take_rounds(run, sample, p, &r, &died, err) : ENS_OK;
    ens__peer_phase4_stop(p);
    if (!p || code != ENS_OK)
        return code;
    if (died) {
        snprintf(reason, ENS_PEERS_REASON, "the phase4 peer didn't verify the message");
        return ENS_OK;
    }
    ens_measurement *m = add(results, "phase4", &sample->input, "");
    if (!m)
        return ens_fail(err, ENS_ELIMIT, NULL, "there are too many measurements", 0);
    m->threads = 1;
    m->slices = ROUNDS;
    /* Its best round: what else runs on the machine only makes a round longer. Collecting garbage is part of it. */
    m->ops_per_s = r.ops_per_s;
    m->mean_us = 1e6 / r.ops_per_s;
    m->p50_us = r.p50_us;
    m->p99_us = r.p99_us;
    m->operations = (size_t)(m->ops_per_s * run->seconds * ROUNDS);
    m->floor_us = median(r.floor_us);
    ens__stats_sort(r.ours_us, ROUNDS);
    m->ours_us = r.ours_us[0];
    m->ratio = m->floor_us / m->mean_us;
    m->bytes = (double)sample->document.len;
    tell(run, m, results);
    return ENS_OK;
}

ens_code ens__peers_run(const ens_run *run, const ens_input *input, const char *phase4, ens_results *results,
                        char reason[ENS_PEERS_REASON], ens_err *err)
{
    ens_sample sample = {0};
    reason[0] = '\0';
    ens_code code = ens__sample_make(&sample, input, err);
    if (code == ENS_OK)
        code = beside_xmlsec(run, &sample, results, err);
    if (code == ENS_OK)
        code = beside_phase4(run, &sample, phase4, results, reason, err);
    ens__sample_clear(&sample);
    return code;
}
