/* Long runs in turns: commands of this program as whole processes, beside something done here. */
#ifndef ENS_BENCH_ROUNDS_H
#define ENS_BENCH_ROUNDS_H

#include "bench/run.h"

#define ENS_ROUNDS 9u

/* One that takes turns: argv of a command, or work. */
typedef struct {
    const char *const *argv;
    bool (*work)(void *state);
    void *state;
    double wall_us[ENS_ROUNDS], peak_bytes;
    double cpu_us[ENS_ROUNDS]; /* of the process, whatever others did meanwhile */
} ens_round_side;

/* ens__rounds_take runs each once to warm up, and then in turns.
 * Errors  ENS_EIO a command could not be run, died, or ended with a status over 1; ENS_EPOLICY work failed */
ENS_CHECK ens_code ens__rounds_take(ens_round_side *sides, unsigned num, ens_err *err);
double ens__rounds_best(const ens_round_side *side); /* the shortest */

/* What is told of one side, by the clock but for min_us, which is the least processor time; items, bytes: of the whole
 * run. floor_us 0: none. */
typedef struct {
    const char *name;
    unsigned threads;
    double items, bytes, floor_us;
} ens_round_facts;

ENS_CHECK ens_code ens__rounds_tell(const ens_run *run, const ens_round_side *side, const ens_round_facts *facts,
                                    ens_results *results, ens_err *err);

#endif
