/* What the place of a store's file keeps when the power goes. See sql.h. */
#include "engine/base/report.h"
#include "sti/store/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define RULE "Ensign store file"
#define SPACE_MIN ((uint64_t)64 << 20) /* bytes that should be free */

typedef struct {
    unsigned long magic; /* of statfs(2) */
    const char *name, *why;
} medium;

#define NETWORK "a file system of another machine, where neither locks nor syncs are to be relied on"
#define MEMORY "a file system in memory"

static const medium bad[] = {
    {0x01021994, "tmpfs", MEMORY},
    {0x858458f6, "ramfs", MEMORY},
    {0x6969, "NFS", NETWORK},
    {0x517B, "SMB", NETWORK},
    {0xFE534D42, "SMB2", NETWORK},
    {0xFF534D42, "CIFS", NETWORK},
    {0x01021997, "9P", NETWORK},
    {0x00C36400, "Ceph", NETWORK},
    {0x5346414F, "AFS", NETWORK},
    {0x73757245, "Coda", NETWORK},
    {0x0BD00BD0, "Lustre", NETWORK},
    {0x01161970, "GFS2", NETWORK},
    {0x7461636F, "OCFS2", NETWORK},
    {0x47504653, "GPFS", NETWORK},
    {0x65735546, "FUSE", "a file system of which nobody can tell whether it syncs"},
};

static const medium *find_bad(unsigned long magic)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (bad[i].magic == magic)
            return &bad[i];
    return NULL;
}

/* skips_barriers looks through the mounts for the file's own, told apart by its device. */
static bool skips_barriers(const struct stat *st)
{
    char line[4096], device[32];
    bool skips = false;
    FILE *f = fopen("/proc/self/mountinfo", "r");
    snprintf(device, sizeof device, " %u:%u ", major(st->st_dev), minor(st->st_dev));
    while (f && fgets(line, sizeof line, f))
        if (strstr(line, device))
            skips = skips || strstr(line, "nobarrier") || strstr(line, "barrier=0");
    if (f)
        fclose(f);
    return skips;
}

static bool is_preloaded(void)
{
    const char *preload = getenv("LD_PRELOAD");
    return preload && strstr(preload, "eatmydata");
}

static bool check_medium(const char *path, const struct stat *st, ens_report *report)
{
    const char *hint = "put the store on a disk of this machine";
    struct statfs fs;
    const medium *m = statfs(path, &fs) == 0 ? find_bad((unsigned long)fs.f_type & 0xFFFFFFFFul) : NULL;
    if (m)
        ens__failf(report, "store.medium", RULE, hint, "%s is on %s, %s", path, m->name, m->why);
    else if (skips_barriers(st))
        ens__failf(report, "store.medium", RULE, "mount it with barriers",
                   "the file system is mounted without write barriers");
    else if (is_preloaded())
        ens__failf(report, "store.medium", RULE, "run without libeatmydata",
                   "LD_PRELOAD names libeatmydata, which takes syncs away");
    else
        ens__passf(report, "store.medium", RULE, "a disk of this machine");
    return !m && !skips_barriers(st) && !is_preloaded();
}

static void check_space(const char *path, ens_report *report)
{
    struct statvfs fs;
    if (statvfs(path, &fs) != 0)
        return;
    uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (free_bytes < SPACE_MIN)
        ens__warn(report, "store.space", RULE, "make room, or keep less (retention)", "%llu MB are free",
                  (unsigned long long)(free_bytes >> 20));
    else
        ens__pass(report, "store.space", RULE);
}

ens_durable ens__medium_check(const char *path, ens_report *report)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        ens__failf(report, "store.medium", RULE, "name a file that is there", "%s can't be looked at", path);
        return ENS_DURABLE_NONE;
    }
    bool kept = check_medium(path, &st, report);
    check_space(path, report);
    return kept ? ENS_DURABLE_DISK : ENS_DURABLE_NONE;
}
