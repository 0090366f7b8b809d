/* gzip files made from scripts, sound ones and ones with a fault that a lax reader passes over, by our own inflater and
 * by zlib: the same answer, and the same octets. What is sound is taken, and whatever has a fault is refused; only
 * flipped bits may mean anything. The first stream of each is inflated once more, into room of any size, in memory that
 * ends where it is said to. */
#include "tests/fuzz/target.h"

#include "engine/base/gzip.h"
#include "engine/base/inflate.h"
#include "tests/fuzz/deflate_maker.h"

#include <zlib.h>

#define MOST ((size_t)4 << 20) /* octets; no file is that large */

static struct {
    unsigned long long made, sound, refused, streams, doubted;
} count;

static ens_code put_into(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ENS_OK;
}

/* by_zlib inflates one stream without a wrapper; false: it is none. */
static bool by_zlib(ens_slice in, ens_buf *out, size_t *taken)
{
    uint8_t piece[1 << 14];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.len};
    int result = inflateInit2(&z, -15);
    while (result == Z_OK) {
        z.next_out = piece;
        z.avail_out = sizeof piece;
        result = inflate(&z, Z_NO_FLUSH);
        ens_buf_add(out, piece, sizeof piece - z.avail_out);
    }
    *taken = z.total_in;
    inflateEnd(&z);
    return result == Z_STREAM_END;
}

/* inflate_into copies in to memory of its very size, and inflates it into such. */
static ens_inflate_answer inflate_into(ens_inflate *z, ens_slice in, size_t room, size_t scratch, ens_slice wanted,
                                       size_t *taken)
{
    size_t made = 0;
    uint8_t *from = malloc(in.len + !in.len), *to = malloc(room + scratch + !(room + scratch));
    const ens_inflate_space space = {to, room, scratch};
    if (!from || !to)
        abort();
    if (in.len)
        memcpy(from, in.p, in.len);
    ens_inflate_answer answer = ens__inflate_stream(z, ens_bytes(from, in.len), &space, taken, &made);
    ENS_HOLDS(answer != ENS_INFLATE_DONE || ens_eq(ens_bytes(to, made), wanted));
    free(from), free(to);
    return answer;
}

static void hold_stream(ens_slice in, unsigned by)
{
    static ens_inflate *z;
    ens_buf wanted;
    size_t theirs, ours = 0, scratch = by % 3 ? ENS_INFLATE_SCRATCH : by / 3 % 400;
    if (!z)
        z = ens__inflate_new();
    ens_buf_init(&wanted, NULL, 0, SIZE_MAX);
    bool good = by_zlib(in, &wanted, &theirs);
    size_t room = wanted.len + (by % 2 ? by / 2 % 600 : 0);
    ens_inflate_answer answer = inflate_into(z, in, room, scratch, ens_buf_slice(&wanted), &ours);
    ENS_HOLDS(answer != ENS_INFLATE_DONE || (good && ours == theirs));
    ENS_HOLDS(!good || answer != ENS_INFLATE_ROOM);
    count.streams += good;
    count.doubted += good && answer == ENS_INFLATE_DOUBT;
    room = wanted.len ? by % wanted.len : 0;
    answer = inflate_into(z, in, room, scratch, ens_sub(ens_buf_slice(&wanted), 0, room), &ours);
    ENS_HOLDS(answer != ENS_INFLATE_DONE || !wanted.len);
    ens_buf_free(&wanted);
}

static void hold_file(ens_slice in, ens_slice plain, deflate_fault fault)
{
    static ens_gzip *z;
    ens_buf whole, pieces;
    size_t len = 0;
    if (!z)
        z = ens__gzip_new();
    ens_buf_init(&whole, NULL, 0, SIZE_MAX), ens_buf_init(&pieces, NULL, 0, SIZE_MAX);
    bool ours = ens__gzip_inflate(z, in, MOST, &whole, NULL) == ENS_OK,
         theirs = ens__inflate_pieces(in, MOST, put_into, &pieces, &len, NULL) == ENS_OK;
    ENS_HOLDS(ours == theirs);
    ENS_HOLDS(!ours || (len == whole.len && ens_eq(ens_buf_slice(&whole), ens_buf_slice(&pieces))));
    ENS_HOLDS(fault != DEFLATE_NONE || (ours && ens_eq(ens_buf_slice(&whole), plain)));
    ENS_HOLDS(fault == DEFLATE_NONE || fault == DEFLATE_FLIP || !ours);
    count.sound += fault == DEFLATE_NONE;
    count.refused += !ours;
    ens_buf_free(&whole), ens_buf_free(&pieces);
}

ENS_FUZZ_TARGET(deflate)
{
    ens_buf gzip, plain;
    size_t first = 0;
    unsigned by = 0;
    for (size_t i = 0; i < size; i++)
        by = by * 31 + data[i];
    ens_buf_init(&gzip, NULL, 0, SIZE_MAX), ens_buf_init(&plain, NULL, 0, SIZE_MAX);
    deflate_fault fault = deflate_make(data, size, &gzip, &plain, &first);
    count.made++;
    hold_file(ens_buf_slice(&gzip), ens_buf_slice(&plain), fault);
    hold_stream(ens_from(ens_buf_slice(&gzip), first), by);
    ens_buf_free(&gzip), ens_buf_free(&plain);
}

#ifdef ENSIGN_FUZZ_ALONE

bool soak_tell(void);

/* soak_tell: a block that has an end and nothing else is left to zlib, and is all that may be doubted. */
bool soak_tell(void)
{
    printf("  %llu files: %llu sound, %llu refused; %llu sound streams, of which zlib was asked about %llu\n",
           count.made, count.sound, count.refused, count.streams, count.doubted);
    return count.sound > count.made / 2 && count.refused > count.made / 5 && count.doubted < count.streams / 10;
}

#endif
