#include "engine/net/spool.h"

#include "engine/base/arena.h"
#include "engine/base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct ens_spool {
    const char *folder;
    ens_buf memory; /* the whole body, or what of it is not written yet */
    ens_digest digest;
    bool started;
    int fd; /* -1: none */
    size_t written;
    void *map;
    ens_code failed;
    int cause; /* errno of it */
};

ens_spool *ens__spool_new(const char *folder)
{
    ens_spool *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    ens__heap_note();
    s->folder = folder;
    s->fd = -1;
    ens_buf_init(&s->memory, NULL, 0, ENS_SPOOL_MEMORY);
    if (ens__digest_init(&s->digest, ENS_SHA256, NULL) == ENS_OK)
        return s;
    ens__spool_free(s);
    return NULL;
}

void ens__spool_reset(ens_spool *s)
{
    if (s->map)
        munmap(s->map, s->written);
    if (s->fd >= 0)
        close(s->fd);
    if (s->memory.cap > ENS_SPOOL_KEPT) {
        ens_buf_free(&s->memory);
        ens_buf_init(&s->memory, NULL, 0, ENS_SPOOL_MEMORY);
    }
    s->memory.len = s->written = 0;
    s->memory.failed = s->failed = ENS_OK;
    s->started = false;
    s->map = NULL;
    s->fd = -1;
}

void ens__spool_free(ens_spool *s)
{
    if (!s)
        return;
    ens__spool_reset(s);
    ens__digest_clear(&s->digest);
    ens_buf_free(&s->memory);
    free(s);
}

static bool fail(ens_spool *s, ens_code code)
{
    s->cause = errno;
    s->failed = code;
    return false;
}

/* open_unnamed makes a file that nobody else can open and that is gone with its descriptor. */
static int open_unnamed(const char *folder)
{
    char path[4096];
    const char *temporary = getenv("TMPDIR");
    folder = folder ? folder : temporary && *temporary ? temporary : "/tmp";
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT))
        return fd;
    if (snprintf(path, sizeof path, "%s/ensign-spool-XXXXXX", folder) >= (int)sizeof path)
        return -1;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static bool flush(ens_spool *s)
{
    if (s->fd < 0 && (s->fd = open_unnamed(s->folder)) < 0)
        return fail(s, ENS_EIO);
    for (ens_slice left = ens_buf_slice(&s->memory); left.len;) {
        ssize_t n = write(s->fd, left.p, left.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(s, ENS_EIO);
        left = ens_from(left, (size_t)n);
        s->written += (size_t)n;
    }
    s->memory.len = 0;
    return true;
}

bool ens__spool_put(ens_spool *s, ens_slice piece)
{
    if (s->failed)
        return false;
    if (!s->started)
        ens__digest_start(&s->digest);
    s->started = true;
    ens__digest_add(&s->digest, piece);
    while (piece.len) {
        size_t room = ENS_SPOOL_MEMORY - s->memory.len, n = piece.len < room ? piece.len : room;
        ens_buf_add(&s->memory, piece.p, n);
        if (s->memory.failed)
            return fail(s, ENS_ENOMEM);
        piece = ens_from(piece, n);
        if (piece.len && !flush(s))
            return false;
    }
    return true;
}

static bool map(ens_spool *s)
{
    if (!flush(s))
        return false;
    void *at = mmap(NULL, s->written, PROT_READ, MAP_SHARED, s->fd, 0);
    if (at == MAP_FAILED)
        return fail(s, ENS_EIO);
    s->map = at;
    return true;
}

ens_code ens__spool_end(ens_spool *s, ens_slice *body, uint8_t sha256[ENS_SPOOL_SHA256], ens_err *err)
{
    uint8_t digest[ENS_DIGEST_MAX];
    bool good = ens__spool_put(s, (ens_slice){0}) && (s->fd < 0 || map(s));
    if (!good)
        return s->failed == ENS_EIO
                   ? ens_fail_about(err, ENS_EIO, NULL, "the body can't be kept in a file", strerror(s->cause))
                   : ens_fail(err, s->failed, NULL, "the body can't be kept", 0);
    ens_code code = ens__digest_end(&s->digest, digest, err);
    if (code != ENS_OK)
        return code;
    memcpy(sha256, digest, ENS_SPOOL_SHA256);
    *body = s->map ? ens_bytes(s->map, s->written) : ens_buf_slice(&s->memory);
    return ENS_OK;
}
