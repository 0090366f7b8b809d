#include "bench/measure.h"

#include "bench/memory.h"

#include <stdio.h>

#define OPERATIONS_FOR_PEAK 2 /* the second shows what stays between two */

static void *make_floor(const void *plan)
{
    return ens__floor_new(plan);
}

static void drop_floor(void *floor)
{
    ens__floor_free(floor);
}

static bool run_floor(void *floor)
{
    return ens__floor_run(floor);
}

ens_side ens__measure_side(const ens_operation *o, const ens_sample *sample)
{
    return (ens_side){.make = o->make, .drop = o->drop, .work = o->work, .input = sample};
}

ens_side ens__measure_side_of(const ens_floor_plan *plan)
{
    return (ens_side){.make = make_floor, .drop = drop_floor, .work = run_floor, .input = plan};
}

ens_side ens__measure_floor_side(const ens_operation *o, const ens_sample *sample, ens_floor_plan *plan)
{
    *plan = (ens_floor_plan){0};
    o->plan(sample, plan);
    return ens__measure_side_of(plan);
}

/* peak_of runs the operation alone, before its floor is there. */
static double peak_of(const ens_side *side)
{
    size_t before = ens__memory_begin(), peak = 0;
    void *state = side->make(side->input);
    bool good = state != NULL;
    for (unsigned i = 0; i < OPERATIONS_FOR_PEAK && good; i++)
        good = side->work(state);
    if (state) {
        peak = ens__memory_peak();
        side->drop(state);
    }
    return good && peak > before ? (double)(peak - before) : 0;
}

void ens__measure_of(const char *name, unsigned threads, double bytes, const ens_times *work, const ens_times *floor,
                     ens_measurement *out)
{
    *out = (ens_measurement){.threads = threads,
                             .operations = work->operations,
                             .slices = work->slices,
                             .disturbed = work->disturbed,
                             .ops_per_s = work->ops_per_s,
                             .mean_us = work->mean_us,
                             .min_us = work->min_us,
                             .p50_us = work->quantile_us[50],
                             .p99_us = work->quantile_us[99],
                             .allocs_per_op = work->allocs_per_op,
                             .instructions = work->instructions,
                             .cycles = work->cycles,
                             .bytes = bytes};
    snprintf(out->name, sizeof out->name, "%s", name);
    memcpy(out->quantile_us, work->quantile_us, sizeof out->quantile_us);
    if (floor) {
        out->floor_us = floor->mean_us;
        out->floor_min_us = floor->min_us;
        out->ratio_min = work->min_us > 0 ? floor->min_us / work->min_us : 0;
        out->ratio = work->mean_us > 0 ? floor->mean_us / work->mean_us : 0;
        out->ratio_low = floor->against_low;
        out->ratio_high = floor->against_high;
    }
}

/* measure_parts measures each part of the floor by itself, and by the best calls that are known. */
static ens_code measure_parts(const char *name, const ens_floor_plan *whole, double seconds, ens_measurement *out,
                              ens_err *err)
{
    ens_floor_plan plan[2 * ENS_FLOOR_PARTS];
    ens_side side[2 * ENS_FLOOR_PARTS];
    unsigned part[2 * ENS_FLOOR_PARTS], num = 0;
    ens_times times[2 * ENS_FLOOR_PARTS];
    for (unsigned i = 0; i < 2 * ENS_FLOOR_PARTS; i++) {
        if (!ens__floor_part(whole, i / 2, i % 2 != 0, &plan[num]))
            continue;
        side[num] = ens__measure_side_of(&plan[num]);
        part[num++] = i;
    }
    ens_code code = num ? ens__turns_measure(name, side, num, 1, seconds, times, err) : ENS_OK;
    for (unsigned i = 0; i < num && code == ENS_OK; i++) {
        double best = i + 1 < num && part[i + 1] == part[i] + 1 ? times[i + 1].min_us : times[i].min_us;
        if (part[i] % 2)
            continue;
        out->part_us[part[i] / 2] = times[i].min_us;
        if (part[i] / 2 != ENS_FLOOR_DOCUMENT)
            out->limit_us += best < times[i].min_us ? best : times[i].min_us;
    }
    return code;
}

ens_code ens__measure(const ens_operation *o, const ens_sample *sample, unsigned threads, double seconds,
                      ens_measurement *out, ens_err *err)
{
    char name[ENS_OPERATION_NAME];
    ens_floor_plan plan;
    ens_times times[2];
    const ens_side side[2] = {ens__measure_side(o, sample), ens__measure_floor_side(o, sample, &plan)};
    ens__operation_name(o, &sample->input, name);
    double peak = peak_of(&side[0]);
    ens_code code = ens__turns_measure(name, side, 2, threads, seconds, times, err);
    if (code == ENS_OK) {
        ens__measure_of(name, threads, (double)o->bytes(sample), &times[0], &times[1], out);
        out->peak_bytes = peak;
        code = measure_parts(name, &plan, seconds, out, err);
    }
    return code;
}
