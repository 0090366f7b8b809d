#include "tests/sti/disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR 512
#define FILES_MAX 16
#define PATH_LEN 512

/* Bytes on their way to the disk; a cut of the file at offset when data is NULL. */
typedef struct pending {
    struct pending *next;
    int64_t offset;
    int size;
    uint8_t data[];
} pending;

/* A file as the platter has it, and what is on its way. */
typedef struct {
    char path[PATH_LEN];
    uint8_t *synced;
    int64_t len, cap;
    pending *first, **last;
} platter;

typedef struct {
    sqlite3_file head;
    platter *platter; /* NULL: a file that doesn't matter */
    sqlite3_file *real;
} shim_file;

static struct {
    pthread_mutex_t lock;
    sqlite3_vfs vfs, *real;
    platter file[FILES_MAX];
    unsigned num_syncs;
    long cut_after; /* -1: never */
    int64_t left;
    unsigned slow_us;
    bool cut, lies, read_only;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void grow(platter *p, int64_t len)
{
    if (len > p->cap) {
        p->cap = len * 2;
        p->synced = realloc(p->synced, (size_t)p->cap);
        if (!p->synced)
            abort();
    }
    if (len > p->len) {
        memset(p->synced + p->len, 0, (size_t)(len - p->len));
        p->len = len;
    }
}

static void land(platter *p, const pending *w, int size)
{
    if (w->size < 0) {
        p->len = w->offset < p->len ? w->offset : p->len;
        return;
    }
    grow(p, w->offset + size);
    memcpy(p->synced + w->offset, w->data, (size_t)size);
}

static void drop_writes(platter *p)
{
    for (pending *w = p->first, *next; w; w = next) {
        next = w->next;
        free(w);
    }
    p->first = NULL;
    p->last = &p->first;
}

static void forget(platter *p)
{
    drop_writes(p);
    free(p->synced);
    *p = (platter){0};
}

static void read_whole(platter *p)
{
    FILE *f = fopen(p->path, "rb");
    int c;
    for (; f && (c = getc(f)) != EOF;) {
        grow(p, p->len + 1);
        p->synced[p->len - 1] = (uint8_t)c;
    }
    if (f)
        fclose(f);
}

static platter *platter_of(const char *path, bool make)
{
    platter *free_one = NULL;
    for (unsigned i = 0; i < FILES_MAX; i++)
        if (strcmp(disk.file[i].path, path) == 0)
            return &disk.file[i];
        else if (!disk.file[i].path[0] && !free_one)
            free_one = &disk.file[i];
    if (!make || !free_one)
        return NULL;
    snprintf(free_one->path, sizeof free_one->path, "%s", path);
    free_one->last = &free_one->first;
    read_whole(free_one);
    return free_one;
}

/* tick counts what changes the disk; false when the power is gone. */
static bool tick(void)
{
    if (disk.cut_after >= 0 && disk.cut_after-- == 0)
        disk.cut = true;
    return !disk.cut;
}

static bool queue(platter *p, int64_t offset, const void *data, int size)
{
    pending *w = malloc(sizeof *w + (size_t)(size > 0 ? size : 0));
    if (!w)
        return false;
    *w = (pending){.offset = offset, .size = size};
    if (size > 0)
        memcpy(w->data, data, (size_t)size);
    *p->last = w;
    p->last = &w->next;
    return true;
}

#define REAL(file) (((shim_file *)(file))->real)
#define PLATTER(file) (((shim_file *)(file))->platter)

static int on_write(sqlite3_file *f, const void *data, int size, sqlite3_int64 offset)
{
    int status = SQLITE_OK;
    pthread_mutex_lock(&disk.lock);
    if (PLATTER(f)) {
        if (!tick())
            status = SQLITE_IOERR_WRITE;
        else if (disk.left >= 0 && disk.left < size)
            status = SQLITE_FULL;
        else if (!queue(PLATTER(f), offset, data, size))
            status = SQLITE_IOERR_NOMEM;
        else if (disk.left >= 0)
            disk.left -= size;
    }
    pthread_mutex_unlock(&disk.lock);
    return status == SQLITE_OK ? REAL(f)->pMethods->xWrite(REAL(f), data, size, offset) : status;
}

static int on_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    bool good = true;
    pthread_mutex_lock(&disk.lock);
    if (PLATTER(f))
        good = tick() && queue(PLATTER(f), size, NULL, -1);
    pthread_mutex_unlock(&disk.lock);
    return good ? REAL(f)->pMethods->xTruncate(REAL(f), size) : SQLITE_IOERR_TRUNCATE;
}

static int on_sync(sqlite3_file *f, int flags)
{
    bool good = true;
    (void)flags;
    pthread_mutex_lock(&disk.lock);
    platter *p = PLATTER(f);
    if (p) {
        good = tick();
        disk.num_syncs += good;
        for (const pending *w = good && !disk.lies ? p->first : NULL; w; w = w->next)
            land(p, w, w->size);
        if (good && !disk.lies)
            drop_writes(p);
    }
    unsigned us = disk.slow_us;
    pthread_mutex_unlock(&disk.lock);
    if (us)
        usleep(us);
    return good ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int on_close(sqlite3_file *f)
{
    int status = REAL(f)->pMethods ? REAL(f)->pMethods->xClose(REAL(f)) : SQLITE_OK;
    free(REAL(f));
    return status;
}

static int on_read(sqlite3_file *f, void *out, int size, sqlite3_int64 offset)
{
    return REAL(f)->pMethods->xRead(REAL(f), out, size, offset);
}

static int on_size(sqlite3_file *f, sqlite3_int64 *out)
{
    return REAL(f)->pMethods->xFileSize(REAL(f), out);
}

static int on_lock(sqlite3_file *f, int level)
{
    return REAL(f)->pMethods->xLock(REAL(f), level);
}

static int on_unlock(sqlite3_file *f, int level)
{
    return REAL(f)->pMethods->xUnlock(REAL(f), level);
}

static int on_check(sqlite3_file *f, int *out)
{
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}

static int on_control(sqlite3_file *f, int op, void *arg)
{
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}

static int on_sector(sqlite3_file *f)
{
    (void)f;
    return SECTOR;
}

/* Nothing is promised: no atomic writes, no order. */
static int on_characteristics(sqlite3_file *f)
{
    (void)f;
    return 0;
}

static int on_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, out);
}

static int on_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return REAL(f)->pMethods->xShmLock(REAL(f), offset, n, flags);
}

static void on_barrier(sqlite3_file *f)
{
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int on_unmap(sqlite3_file *f, int remove)
{
    return REAL(f)->pMethods->xShmUnmap(REAL(f), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_check,
    .xFileControl = on_control,
    .xSectorSize = on_sector,
    .xDeviceCharacteristics = on_characteristics,
    .xShmMap = on_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_barrier,
    .xShmUnmap = on_unmap,
};

static int on_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out)
{
    shim_file *file = (shim_file *)f;
    (void)vfs;
    *file = (shim_file){.real = calloc(1, (size_t)disk.real->szOsFile)};
    if (!file->real)
        return SQLITE_NOMEM;
    if (disk.read_only && (flags & SQLITE_OPEN_MAIN_DB))
        flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    int status = disk.real->xOpen(disk.real, path, file->real, flags, out);
    if (status != SQLITE_OK) {
        free(file->real);
        return status;
    }
    pthread_mutex_lock(&disk.lock);
    if (path && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)))
        file->platter = platter_of(path, true);
    pthread_mutex_unlock(&disk.lock);
    file->head.pMethods = &methods;
    return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
    (void)vfs;
    pthread_mutex_lock(&disk.lock);
    bool good = !disk.cut;
    platter *p = good ? platter_of(path, false) : NULL;
    if (p)
        forget(p);
    pthread_mutex_unlock(&disk.lock);
    return good ? disk.real->xDelete(disk.real, path, sync) : SQLITE_IOERR_DELETE;
}

void disk_insert(void)
{
    disk.real = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.real;
    disk.vfs.zName = "disk";
    disk.vfs.szOsFile = sizeof(shim_file);
    disk.vfs.pNext = NULL;
    disk.vfs.xOpen = on_open;
    disk.vfs.xDelete = on_delete;
    disk.num_syncs = 0;
    disk.cut_after = -1;
    disk.left = -1;
    disk.slow_us = 0;
    disk.cut = disk.lies = disk.read_only = false;
    sqlite3_vfs_register(&disk.vfs, 1);
}

void disk_remove(void)
{
    sqlite3_vfs_unregister(&disk.vfs);
    sqlite3_vfs_register(disk.real, 1);
    for (unsigned i = 0; i < FILES_MAX; i++)
        forget(&disk.file[i]);
}

void disk_cut_after(long n)
{
    pthread_mutex_lock(&disk.lock);
    disk.cut_after = n;
    pthread_mutex_unlock(&disk.lock);
}

bool disk_is_cut(void)
{
    pthread_mutex_lock(&disk.lock);
    bool cut = disk.cut;
    pthread_mutex_unlock(&disk.lock);
    return cut;
}

/* settle_writes lets some of what was on its way reach the platter: whole, up to a sector, or not at all. */
static void settle_writes(platter *p, unsigned *seed)
{
    for (const pending *w = p->first; w; w = w->next) {
        int fate = rand_r(seed) % 3;
        if (w->size < 0 ? fate == 0 : fate == 0)
            land(p, w, w->size);
        else if (fate == 1 && w->size > SECTOR)
            land(p, w, rand_r(seed) % (w->size / SECTOR) * SECTOR);
    }
    drop_writes(p);
}

/* leave_one writes what the platter has. */
static void leave_one(platter *p, const char *to, unsigned *seed)
{
    char left[PATH_LEN];
    settle_writes(p, seed);
    snprintf(left, sizeof left, "%s%s", to, strrchr(p->path, '/'));
    FILE *f = fopen(left, "wb");
    if (f && p->len)
        fwrite(p->synced, 1, (size_t)p->len, f);
    if (f)
        fclose(f);
}

void disk_leave(const char *path, const char *to, unsigned seed)
{
    size_t len = strlen(path);
    for (unsigned i = 0; i < FILES_MAX; i++) {
        platter *p = &disk.file[i];
        if (strncmp(p->path, path, len) == 0 && (!p->path[len] || p->path[len] == '-'))
            leave_one(p, to, &seed);
    }
}

void disk_slow(unsigned us)
{
    disk.slow_us = us;
}

void disk_lie(bool lies)
{
    disk.lies = lies;
}

void disk_fill(int64_t bytes_left)
{
    pthread_mutex_lock(&disk.lock);
    disk.left = bytes_left;
    pthread_mutex_unlock(&disk.lock);
}

void disk_protect(bool read_only)
{
    disk.read_only = read_only;
}

unsigned disk_num_syncs(void)
{
    pthread_mutex_lock(&disk.lock);
    unsigned n = disk.num_syncs;
    pthread_mutex_unlock(&disk.lock);
    return n;
}
