/* gzip inflated in pieces by zlib and as a whole by libdeflate: what zlib takes libdeflate takes, too, and the bytes
 * are the same. The other way round libdeflate is laxer: it reads the two length codes that mean nothing (286, 287) as
 * 258; the CRC of the contents holds all the same. */
#include "tests/fuzz/target.h"

#include "engine/base/gzip.h"

#define MOST ((size_t)1 << 20)

static ens_code put_into(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ENS_OK;
}

ENS_FUZZ_TARGET(inflate)
{
    static ens_gzip *z;
    ens_buf whole, pieces;
    ens_slice in = ens_bytes(data, size);
    size_t len = 0;
    if (!z)
        z = ens__gzip_new();
    ens_buf_init(&whole, NULL, 0, SIZE_MAX), ens_buf_init(&pieces, NULL, 0, SIZE_MAX);
    ens_code first = ens__gzip_inflate(z, in, MOST, &whole, NULL),
             second = ens__inflate_pieces(in, MOST, put_into, &pieces, &len, NULL);
    ENS_HOLDS(second != ENS_OK ||
              (first == ENS_OK && len == whole.len && ens_eq(ens_buf_slice(&whole), ens_buf_slice(&pieces))));
    ens_buf_free(&whole), ens_buf_free(&pieces);
}
