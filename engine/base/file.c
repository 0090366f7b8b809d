#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP ((size_t)64 << 10)
#define SMALL ((size_t)64 << 10)  /* bytes of a file that is read sooner than it is mapped */
#define STEADY ((size_t)16 << 20) /* … and of one that nobody shall change while it is used */
#define GUARDS_MAX 256u           /* files that are mapped at once; more of them are read */

static ens_code fail_path(ens_err *err, const char *what, const char *path)
{
    char about[4096 + 128]; /* a path and a reason, of which ens_fail_about keeps both ends */
    snprintf(about, sizeof about, "%s: %s", path, strerror(errno));
    return ens_fail_about(err, ENS_EIO, NULL, what, about);
}

/* read_all reads up to the end. A secret is read into the room of its limit: growing would leave copies behind. */
static ens_code read_all(int fd, const char *path, size_t limit, bool secret, ens_file *out, ens_err *err)
{
    ens_buf all;
    ssize_t n = 1;
    ens_buf_init(&all, NULL, 0, limit + READ_STEP);
    if (secret)
        ens_buf_room(&all, limit + READ_STEP);
    while (n > 0) {
        uint8_t *room = all.len > limit ? NULL : ens_buf_room(&all, READ_STEP);
        if (!room) {
            bool no_memory = all.failed == ENS_ENOMEM;
            ens_buf_wipe(&all);
            return ens_fail_about(err, no_memory ? ENS_ENOMEM : ENS_ELIMIT, NULL,
                                  no_memory ? "out of memory" : "the file is too large", path);
        }
        do
            n = read(fd, room, READ_STEP);
        while (n < 0 && errno == EINTR);
        all.len += n > 0 ? (size_t)n : 0;
    }
    if (n < 0) {
        ens_code code = fail_path(err, "can't read the file", path);
        ens_buf_wipe(&all);
        return code;
    }
    *out = (ens_file){.bytes = ens_buf_slice(&all), .secret = secret};
    return ENS_OK;
}

/* read_small reads what the file had when it was looked at, or less where it has become shorter. */
static ens_code read_small(int fd, size_t size, const char *path, bool secret, ens_file *out, ens_err *err)
{
    uint8_t *p = malloc(size);
    size_t len = 0;
    if (!p)
        return ens_fail_about(err, ENS_ENOMEM, NULL, "out of memory", path);
    while (len < size) {
        ssize_t n = read(fd, p + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            ens_code code = fail_path(err, "can't read the file", path);
            OPENSSL_cleanse(p, secret ? len : 0);
            free(p);
            return code;
        }
        if (n == 0)
            break;
        len += (size_t)n;
    }
    *out = (ens_file){.bytes = ens_bytes(p, len), .secret = secret};
    return ENS_OK;
}

/* A mapped file. Whoever maps writes from last and clears it first: the handler reads it in between. */
static struct {
    atomic_bool taken, cut;
    atomic_uintptr_t from;
    size_t size;
} guards[GUARDS_MAX];
static struct sigaction before;

/* on_bus_error puts zeros where a mapped file no longer is. Any other fault is for whoever had it before. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    uintptr_t at = (uintptr_t)info->si_addr, page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (unsigned i = 0; i < GUARDS_MAX; i++) {
        uintptr_t from = atomic_load(&guards[i].from);
        if (!from || at < from || at - from >= guards[i].size)
            continue;
        uintptr_t start = at & ~(page - 1);
        atomic_store(&guards[i].cut, true);
        if (mmap((void *)start, from + guards[i].size - start, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                 0) != MAP_FAILED)
            return;
    }
    sigaction(SIGBUS, &before, NULL);
}

void ens__file_guard(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
}

ens_code ens__file_check_whole(const ens_file *f, const char *path, ens_err *err)
{
    if (!f->guard || !atomic_load(&guards[f->guard - 1].cut))
        return ENS_OK;
    return ens_fail_about(err, ENS_EIO, NULL, "the file was cut short while it was read", path);
}

/* take_guard returns a free place, from 1 on; 0: there is none. */
static unsigned take_guard(void)
{
    for (unsigned i = 0; i < GUARDS_MAX; i++)
        if (!atomic_exchange(&guards[i].taken, true))
            return i + 1;
    return 0;
}

static ens_code map(int fd, size_t size, const char *path, unsigned guard, ens_file *out, ens_err *err)
{
    void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
        atomic_store(&guards[guard - 1].taken, false);
        return fail_path(err, "can't map the file", path);
    }
    *out = (ens_file){.bytes = ens_bytes(p, size), .mapped = true, .guard = guard};
    guards[guard - 1].size = size;
    atomic_store(&guards[guard - 1].cut, false);
    atomic_store(&guards[guard - 1].from, (uintptr_t)p);
    return ENS_OK;
}

static void unmap(ens_file *f)
{
    if (f->guard)
        atomic_store(&guards[f->guard - 1].from, 0);
    munmap((void *)(uintptr_t)f->bytes.p, f->bytes.len);
    if (f->guard)
        atomic_store(&guards[f->guard - 1].taken, false);
}

/* read_file reads a file of up to most bytes, and maps a larger one. */
static ens_code read_file(const char *path, size_t limit, size_t most, bool secret, ens_file *out, ens_err *err)
{
    limit = limit ? limit : ENS_FILE_MAX;
    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, "standard input", limit, secret, out, err);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_path(err, "can't open the file", path);
    struct stat st;
    ens_code code;
    unsigned guard;
    if (fstat(fd, &st) != 0)
        code = fail_path(err, "can't read the file", path);
    else if (S_ISDIR(st.st_mode))
        code = ens_fail_about(err, ENS_EIO, NULL, "this is a folder, not a file", path);
    else if (S_ISREG(st.st_mode) && (size_t)st.st_size > limit)
        code = ens_fail_about(err, ENS_ELIMIT, NULL, "the file is too large", path);
    else if (S_ISREG(st.st_mode) && st.st_size > 0 && (size_t)st.st_size <= most)
        code = read_small(fd, (size_t)st.st_size, path, secret, out, err);
    else if (S_ISREG(st.st_mode) && st.st_size > 0)
        code = (guard = take_guard()) ? map(fd, (size_t)st.st_size, path, guard, out, err)
                                      : read_all(fd, path, limit, secret, out, err);
    else
        code = read_all(fd, path, limit, secret, out, err);
    close(fd);
    return code;
}

ens_code ens__file_open(const char *path, size_t limit, ens_file *out, ens_err *err)
{
    return read_file(path, limit, SMALL, false, out, err);
}

ens_code ens__file_open_steady(const char *path, size_t limit, ens_file *out, ens_err *err)
{
    return read_file(path, limit, STEADY, false, out, err);
}

ens_code ens__file_open_secret(const char *path, size_t limit, ens_file *out, ens_err *err)
{
    ens__no_core_dump();
    return read_file(path, limit, SIZE_MAX, true, out, err);
}

void ens__file_let_go(const ens_file *f, ens_slice octets)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)f->bytes.p, from = (uintptr_t)octets.p;
    if (!f->mapped || from < start || from - start > f->bytes.len || octets.len > f->bytes.len - (from - start))
        return;
    uintptr_t first = from & ~(page - 1), last = (from + octets.len) & ~(page - 1);
    if (first < last)
        madvise((void *)first, last - first, MADV_DONTNEED);
}

void ens__file_close(ens_file *f)
{
    if (f->secret && f->bytes.len)
        OPENSSL_cleanse((void *)(uintptr_t)f->bytes.p, f->bytes.len);
    if (f->mapped)
        unmap(f);
    else
        free((void *)(uintptr_t)f->bytes.p);
    *f = (ens_file){0};
}

static void forbid_dumps(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void ens__no_core_dump(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, forbid_dumps);
}

void ens__file_make_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}

bool ens__file_same(const char *path, const char *other)
{
    struct stat a, b;
    return path && other && stat(path, &a) == 0 && stat(other, &b) == 0 && S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

void ens__file_put_name(ens_buf *out, ens_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i], folded = (uint8_t)(c | 0x20);
        bool plain = (folded >= 'a' && folded <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '@' || c == '-' ||
                     (c == '.' && i > 0);
        if (plain)
            ens_buf_add(out, &c, 1);
        else
            ens_buf_printf(out, "%%%02X", c);
    }
}

bool ens__write_all(int fd, ens_slice s)
{
    while (s.len) {
        ssize_t n = write(fd, s.p, s.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s = ens_from(s, (size_t)n);
    }
    return true;
}

ens_code ens__draft_open(const char *path, unsigned mode, ens_draft *out, ens_err *err)
{
    struct stat st;
    *out = (ens_draft){0};
    if (strcmp(path, "-") == 0) {
        out->path = path, out->in_place = true, out->fd = STDOUT_FILENO;
        return ENS_OK;
    }
    out->in_place = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
    int n = snprintf(out->beside, sizeof out->beside, out->in_place ? "%s" : "%s.%ld.part", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof out->beside)
        return ens_fail_about(err, ENS_ELIMIT, NULL, "the path is too long", path);
    out->fd = open(out->beside, O_WRONLY | O_CLOEXEC | (out->in_place ? 0 : O_CREAT | O_EXCL), mode);
    if (out->fd < 0)
        return fail_path(err, "can't create the file", path);
    out->path = path;
    return ENS_OK;
}

void ens__draft_drop(ens_draft *draft)
{
    if (!draft->path)
        return;
    if (draft->fd != STDOUT_FILENO)
        close(draft->fd);
    if (!draft->in_place)
        unlink(draft->beside);
    draft->path = NULL;
}

ens_code ens__draft_put(ens_draft *draft, ens_slice bytes, ens_err *err)
{
    if (ens__write_all(draft->fd, bytes))
        return ENS_OK;
    ens_code code = fail_path(err, "can't write the file", draft->path);
    ens__draft_drop(draft);
    return code;
}

ens_code ens__draft_keep(ens_draft *draft, ens_err *err)
{
    const char *path = draft->path;
    bool good = draft->in_place || draft->unsynced || fsync(draft->fd) == 0;
    if (draft->fd != STDOUT_FILENO)
        good = close(draft->fd) == 0 && good;
    good = good && (draft->in_place || rename(draft->beside, path) == 0);
    ens_code code = good ? ENS_OK : fail_path(err, "can't write the file", path);
    if (!good && !draft->in_place)
        unlink(draft->beside);
    draft->path = NULL;
    return code;
}

static ens_code write_file(const char *path, ens_slice bytes, unsigned mode, bool unsynced, ens_err *err)
{
    ens_draft draft;
    ens_code code = ens__draft_open(path, mode, &draft, err);
    draft.unsynced = unsynced;
    if (code == ENS_OK)
        code = ens__draft_put(&draft, bytes, err);
    return code == ENS_OK ? ens__draft_keep(&draft, err) : code;
}

ens_code ens__file_write(const char *path, ens_slice bytes, unsigned mode, ens_err *err)
{
    return write_file(path, bytes, mode, false, err);
}

ens_code ens__file_write_one_of_many(const char *path, ens_slice bytes, unsigned mode, ens_err *err)
{
    return write_file(path, bytes, mode, true, err);
}

ens_code ens__folder_sync(const char *folder, ens_err *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_path(err, "can't open the folder", folder);
    ens_code code = syncfs(fd) == 0 ? ENS_OK : fail_path(err, "can't sync the folder", folder);
    close(fd);
    return code;
}

ens_code ens__folder_sync_itself(const char *folder, ens_err *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_path(err, "can't open the folder", folder);
    ens_code code = fsync(fd) == 0 ? ENS_OK : fail_path(err, "can't sync the folder", folder);
    close(fd);
    return code;
}

bool ens__file_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool ens__file_join(const char *folder, const char *name, char *out, size_t size)
{
    int n = snprintf(out, size, "%s/%s", folder, name);
    return n >= 0 && (size_t)n < size;
}
