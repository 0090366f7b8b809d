#include "bench/stages.h"

#include <stdio.h>

/* In the order of the bar. What is left of the whole is the header, the rules and the report. */
static const ens_stage stages[] = {
    {"whole", "verify", "as4/verify", NULL},
    {"rsa", "RSA", NULL, NULL},
    {"sha256", "SHA-256", NULL, NULL},
    {"inflate", "inflate", NULL, NULL},
    {"scan", "scan the envelope", "engine/scan", "envelope"},
    {"canon", "canonical form", "engine/canon", "dry"},
    {"mime", "MIME", "as4/mime", NULL},
    {"document", "read the document", "as4/document", NULL},
    {"token", "find the signer", "as4/token", "hit"},
};

const ens_stage *ens__stage_at(unsigned i)
{
    return i < sizeof stages / sizeof *stages ? &stages[i] : NULL;
}

static const ens_operation *find(const ens_stage *stage)
{
    const ens_operation *o;
    for (unsigned i = 0; (o = ens__operation_at(i)); i++)
        if (strcmp(o->name, stage->operation) == 0 &&
            (o->variant == stage->variant || (o->variant && stage->variant && strcmp(o->variant, stage->variant) == 0)))
            return o;
    return NULL;
}

/* part_of copies the part of a floor that has this name. */
static void part_of(const ens_floor_plan *whole, const char *name, ens_floor_plan *out)
{
    ens__floor_part(whole,
                    strcmp(name, "rsa") == 0      ? ENS_FLOOR_RSA
                    : strcmp(name, "sha256") == 0 ? ENS_FLOOR_HASH
                                                  : ENS_FLOOR_FLATE,
                    false, out);
}

static ens_code measure(const ens_run *run, const ens_sample *sample, ens_results *results, ens_err *err)
{
    ens_floor_plan whole = {0}, plan[ENS_STAGES_MAX];
    ens_side side[ENS_STAGES_MAX];
    const ens_stage *of[ENS_STAGES_MAX], *stage;
    ens_times times[ENS_STAGES_MAX];
    char input[ENS_SAMPLE_INPUT];
    unsigned num = 0;
    find(&stages[0])->plan(sample, &whole);
    for (unsigned i = 0; (stage = ens__stage_at(i)); i++) {
        const ens_operation *o = stage->operation ? find(stage) : NULL;
        if (stage->operation && !o)
            continue;
        part_of(&whole, stage->name, &plan[num]);
        side[num] = o ? ens__measure_side(o, sample) : ens__measure_side_of(&plan[num]);
        of[num++] = stage;
    }
    ens__input_name(&sample->input, input);
    ens_code code = ens__turns_measure("stage", side, num, 1, run->seconds * 3, times, err);
    for (unsigned i = 0; i < num && code == ENS_OK; i++) {
        char name[ENS_OPERATION_NAME];
        ens_measurement *m = ens__results_add(results);
        if (!m)
            return ens_fail(err, ENS_ELIMIT, NULL, "there are too many measurements", 0);
        snprintf(name, sizeof name, "stage/%s/%s", of[i]->name, input);
        ens__measure_of(name, 1, 0, &times[i], NULL, m);
        if (run->tell)
            run->tell(run->user, m, results);
    }
    return code;
}

ens_code ens__stages_run(const ens_run *run, const ens_input *input, ens_results *results, ens_err *err)
{
    ens_sample sample = {0};
    ens_code code = ens__sample_make(&sample, input, err);
    if (code == ENS_OK)
        code = measure(run, &sample, results, err);
    ens__sample_clear(&sample);
    return code;
}
