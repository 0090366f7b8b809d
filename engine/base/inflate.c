/* See inflate.h. */
#include "engine/base/inflate.h"

#include "engine/base/gzip.h"
#include "engine/base/heap.h"

#include <stdlib.h>
#include <zlib.h>

#define RULE "RFC 1952"
#define GZIP_WINDOW (15 + 16)       /* the largest window, in a gzip wrapper */
#define INPUT_MAX ((size_t)1 << 30) /* bytes handed to zlib at once */

typedef struct {
    z_stream z;
    ens_slice left; /* of the input, behind what zlib has */
    bool ended;     /* a member is complete */
    uint8_t piece[ENS_INFLATE_PIECE];
} inflater;

static void supply(inflater *f)
{
    size_t n = f->left.len < INPUT_MAX ? f->left.len : INPUT_MAX;
    f->z.next_in = (Bytef *)(uintptr_t)f->left.p;
    f->z.avail_in = (uInt)n;
    f->left = ens_from(f->left, n);
}

/* fill inflates until the piece is full or the input ends, over the borders of members. */
static ens_code fill(inflater *f, ens_err *err)
{
    int result = Z_OK;
    f->z.next_out = f->piece;
    f->z.avail_out = sizeof f->piece;
    while (f->z.avail_out && result != Z_BUF_ERROR) { /* which says that there is no more input */
        if (!f->z.avail_in)
            supply(f);
        if (f->ended && !f->z.avail_in)
            break;
        result = f->ended ? inflateReset(&f->z) : Z_OK;
        result = result == Z_OK ? inflate(&f->z, Z_NO_FLUSH) : result;
        f->ended = result == Z_STREAM_END;
        if (result == Z_MEM_ERROR)
            return ens_fail(err, ENS_ENOMEM, NULL, "out of memory while inflating", 0);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return ens_fail(err, ENS_ESYNTAX, RULE, "is not gzip, is cut short, or its CRC is wrong", 0);
    }
    return ENS_OK;
}

static ens_code inflate_all(inflater *f, size_t bound, ens_put put, void *user, size_t *size, ens_err *err)
{
    size_t n, total = 0;
    do {
        ens_code code = fill(f, err);
        if (code != ENS_OK)
            return code;
        n = sizeof f->piece - f->z.avail_out;
        if (n > bound - total)
            return ens_fail(err, ENS_ELIMIT, "ICS2-HTI 4.2.6", "inflates to more than the limit", 0);
        total += n;
        code = n ? put(user, ens_bytes(f->piece, n)) : ENS_OK;
        if (code != ENS_OK)
            return code;
    } while (n == sizeof f->piece);
    if (!f->ended)
        return ens_fail(err, ENS_ESYNTAX, RULE, "is not gzip, is cut short, or its CRC is wrong", 0);
    *size = total;
    return ENS_OK;
}

ens_code ens__inflate_pieces(ens_slice in, size_t max, ens_put put, void *user, size_t *size, ens_err *err)
{
    if (in.len < ENS_GZIP_MIN)
        return ens_fail(err, ENS_ESYNTAX, RULE, "is too short for gzip", 0);
    inflater *f = calloc(1, sizeof *f);
    ens__heap_note();
    if (!f || inflateInit2(&f->z, GZIP_WINDOW) != Z_OK) {
        free(f);
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory while inflating", 0);
    }
    f->left = in;
    ens_code code = inflate_all(f, ens__gzip_bound(in, max), put, user, size, err);
    inflateEnd(&f->z);
    free(f);
    return code;
}
