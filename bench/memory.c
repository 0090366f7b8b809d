#include "bench/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#define SELF 0

static FILE *open_of(pid_t pid, const char *name, const char *mode)
{
    char path[64];
    if (pid == SELF)
        snprintf(path, sizeof path, "/proc/self/%s", name);
    else
        snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    return fopen(path, mode);
}

/* read_status finds a line such as "VmHWM:     1234 kB". */
static size_t read_status(pid_t pid, const char *key)
{
    char line[256];
    size_t kilobytes = 0;
    FILE *f = open_of(pid, "status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, key, strlen(key)) == 0 && sscanf(line + strlen(key), ": %zu", &kilobytes) == 1)
            break;
    if (f)
        fclose(f);
    return kilobytes << 10;
}

size_t ens__memory_now_of(pid_t pid)
{
    return read_status(pid, "VmRSS");
}

size_t ens__memory_begin_of(pid_t pid)
{
    FILE *f = open_of(pid, "clear_refs", "w");
    if (f) {
        fputs("5", f);
        fclose(f);
    }
    return ens__memory_now_of(pid);
}

size_t ens__memory_peak_of(pid_t pid)
{
    return read_status(pid, "VmHWM");
}

size_t ens__memory_begin(void)
{
    malloc_trim(0); /* what was freed before is no part of what is in use */
    return ens__memory_begin_of(SELF);
}

size_t ens__memory_peak(void)
{
    return ens__memory_peak_of(SELF);
}
