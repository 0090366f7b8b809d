#include "bench/counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_one(uint64_t what)
{
    struct perf_event_attr a = {
        .type = PERF_TYPE_HARDWARE, .size = sizeof a, .config = what, .exclude_kernel = 1, .exclude_hv = 1};
    return (int)syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
}

void ens__counters_open(ens_counters *c)
{
    c->instructions = open_one(PERF_COUNT_HW_INSTRUCTIONS);
    c->cycles = open_one(PERF_COUNT_HW_CPU_CYCLES);
    c->open = true;
}

void ens__counters_close(ens_counters *c)
{
    if (c->open && c->instructions >= 0)
        close(c->instructions);
    if (c->open && c->cycles >= 0)
        close(c->cycles);
    c->open = false;
}

static uint64_t read_one(int fd)
{
    uint64_t value = 0;
    return fd >= 0 && read(fd, &value, sizeof value) == (ssize_t)sizeof value ? value : 0;
}

void ens__counters_read(const ens_counters *c, ens_counts *out)
{
    *out = c->open ? (ens_counts){read_one(c->instructions), read_one(c->cycles)} : (ens_counts){0};
}

const char *ens__counters_reason(void)
{
    int fd = open_one(PERF_COUNT_HW_INSTRUCTIONS);
    if (fd < 0)
        return errno == ENOENT ? "this machine shows no performance counters (a virtual machine, mostly)"
               : errno == EACCES || errno == EPERM ? "the system doesn't let this process read performance counters"
                                                   : strerror(errno);
    close(fd);
    return NULL;
}
