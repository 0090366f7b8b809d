/* What something costs: instructions where the machine counts them, else time of this thread's processor. */
#ifndef ENS_TESTS_COST_H
#define ENS_TESTS_COST_H

#include <stdbool.h>
#include <stdint.h>

/* cost_measure is the least of several runs, the first one of which warms up. */
uint64_t cost_measure(void (*run)(void *of), void *of);

/* cost_is_linear judges the costs at a length, twice and four times of it. A cost in proportion grows by four at most,
 * the square of the length by sixteen: the bound lies between, so that a busy machine is no fault. */
bool cost_is_linear(const uint64_t cost[3]);

#endif
