/* gzip inflated in pieces by zlib and as a whole by libdeflate: the same bytes, or both refuse. The one difference: only zlib looks at
 * the CRC of a header, which hardly anyone writes. */
#include "tests/fuzz/target.h"

#include "engine/gzip.h"
#include "engine/inflate.h"

#define MOST ((size_t)1 << 20)

static ens_code put_into(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ENS_OK;
}

/* may_have_header_crc looks for what may be a member's beginning with that flag. */
static bool may_have_header_crc(ens_slice in)
{
    for (size_t i = 0; i + 3 < in.len; i++)
        if (in.p[i] == 0x1F && in.p[i + 1] == 0x8B && in.p[i + 3] & 2)
            return true;
    return false;
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
    ens_code first = ens__gzip_inflate(z, in, MOST, &whole, NULL), second = ens__inflate_pieces(in, MOST, put_into, &pieces, &len, NULL);
    if (second == ENS_OK)
        ENS_HOLDS(first == ENS_OK && len == whole.len && ens_eq(ens_buf_slice(&whole), ens_buf_slice(&pieces)));
    else
        ENS_HOLDS(first != ENS_OK || may_have_header_crc(in));
    ens_buf_free(&whole), ens_buf_free(&pieces);
}
