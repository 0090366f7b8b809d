#include "tests/cost.h"

#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define RUNS 3u
#define GROWTH_MAX 8u                /* from a length to four times of it */
#define TOO_SHORT ((uint64_t)500000) /* of either unit: what takes less than half a millisecond has no shape */

static int counter(void)
{
    static int fd = -2;
    struct perf_event_attr a = {.type = PERF_TYPE_HARDWARE,
                                .size = sizeof a,
                                .config = PERF_COUNT_HW_INSTRUCTIONS,
                                .exclude_kernel = 1,
                                .exclude_hv = 1};
    if (fd == -2)
        fd = (int)syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
    return fd;
}

static uint64_t now(void)
{
    uint64_t value = 0;
    struct timespec t;
    if (counter() >= 0 && read(counter(), &value, sizeof value) == (ssize_t)sizeof value)
        return value;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t cost_measure(void (*run)(void *of), void *of)
{
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < RUNS; i++) {
        uint64_t from = now();
        run(of);
        uint64_t took = now() - from;
        if (took < least)
            least = took;
    }
    return least;
}

bool cost_is_linear(const uint64_t cost[3])
{
    return cost[2] < TOO_SHORT || cost[2] <= GROWTH_MAX * cost[0];
}
