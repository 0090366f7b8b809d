/* gzip inflated by our own inflater as a whole, in pieces of any size by zlib with our own headers and trailers, and by
 * zlib alone: the same answers, and the same octets. What is inflated in pieces is hashed on the way. */
#include "tests/fuzz/target.h"

#include "engine/base/gzip.h"

#include <zlib.h>

#define MOST ((size_t)1 << 20)
#define GZIP_ALONE (15 + 16)

static ens_code put_into(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ENS_OK;
}

/* by_zlib inflates every member up to a bound; false: it refuses, or there is more. */
static bool by_zlib(ens_slice in, size_t bound, ens_buf *out)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.len};
    int result = inflateInit2(&z, GZIP_ALONE);
    ENS_HOLDS(result == Z_OK);
    do {
        z.next_out = ens_buf_room(out, 4096);
        z.avail_out = 4096;
        ENS_HOLDS(z.next_out != NULL);
        result = inflate(&z, Z_NO_FLUSH);
        out->len += 4096 - z.avail_out;
        if (result == Z_STREAM_END && z.avail_in)
            result = inflateReset(&z);
    } while (result == Z_OK && out->len <= bound);
    inflateEnd(&z);
    return result == Z_STREAM_END && out->len <= bound;
}

/* in_pieces inflates by rooms whose sizes the input draws, and hashes what it is given. */
static ens_code in_pieces(ens_slice in, ens_digest *digest, ens_buf *out)
{
    ens_inflater *f = ens__inflater_open(in, MOST, digest);
    size_t n = 0, room;
    uint32_t draw = in.len ? in.p[in.len / 2] : 0;
    ens_code code;
    ENS_HOLDS(f != NULL);
    do {
        draw = draw * 1664525u + 1013904223u;
        room = draw >> 31 ? 1 + (draw >> 8) % 7 : 1 + (draw >> 8) % 5000;
        uint8_t *to = malloc(room); /* of its own size: what is written past it is seen */
        ENS_HOLDS(to != NULL);
        code = ens__inflater_next(f, to, room, &n, NULL);
        if (code == ENS_OK)
            ens_buf_add(out, to, n);
        free(to);
    } while (code == ENS_OK && n == room);
    ENS_HOLDS(ens__inflater_next(f, &(uint8_t){0}, 1, &n, NULL) == code && (code != ENS_OK || n == 0));
    ens__inflater_close(f);
    return code;
}

ENS_FUZZ_TARGET(inflate)
{
    static ens_gzip *z;
    static ens_digest digest;
    ens_buf whole, pieces, drawn, zlib;
    ens_slice in = ens_bytes(data, size);
    size_t len = 0;
    uint8_t made[ENS_DIGEST_MAX], of_all[ENS_DIGEST_MAX];
    if (!z) {
        z = ens__gzip_new();
        ENS_HOLDS(z && ens__digest_init(&digest, ENS_SHA256, NULL) == ENS_OK);
    }
    ens_buf_init(&whole, NULL, 0, SIZE_MAX), ens_buf_init(&pieces, NULL, 0, SIZE_MAX);
    ens_buf_init(&drawn, NULL, 0, SIZE_MAX), ens_buf_init(&zlib, NULL, 0, SIZE_MAX);
    ens_code first = ens__gzip_inflate(z, in, MOST, &whole, NULL),
             second = ens__inflate_pieces(in, MOST, put_into, &pieces, &len, NULL);
    ENS_HOLDS((first == ENS_OK) == (second == ENS_OK));
    ENS_HOLDS(first != ENS_OK || (len == whole.len && ens_eq(ens_buf_slice(&whole), ens_buf_slice(&pieces))));
    ens__digest_start(&digest);
    ENS_HOLDS(in_pieces(in, &digest, &drawn) == second && ens__digest_end(&digest, made, NULL) == ENS_OK);
    ENS_HOLDS(second != ENS_OK || (ens_eq(ens_buf_slice(&drawn), ens_buf_slice(&pieces)) &&
                                   ens__sha256(in, of_all, NULL) == ENS_OK && memcmp(made, of_all, 32) == 0));
    ENS_HOLDS(by_zlib(in, ens__gzip_bound(in, MOST), &zlib) == (second == ENS_OK));
    ENS_HOLDS(second != ENS_OK || ens_eq(ens_buf_slice(&zlib), ens_buf_slice(&pieces)));
    ens_buf_free(&whole), ens_buf_free(&pieces), ens_buf_free(&drawn), ens_buf_free(&zlib);
}
