#include "as4/anonymise/pack.h"

#include <zlib.h>

#define HEAD 10u
#define TRAILER 8u
#define PIECE ((size_t)1 << 16)
#define HAS_CRC 0x02u
#define HAS_EXTRA 0x04u
#define HAS_NAME 0x08u
#define HAS_COMMENT 0x10u

bool ens__packed_looks(ens_slice b)
{
    return b.len >= HEAD && b.p[0] == 0x1F && b.p[1] == 0x8B;
}

static size_t past_text(ens_slice b, size_t at)
{
    const uint8_t *end = at < b.len ? memchr(b.p + at, 0, b.len - at) : NULL;
    return end ? (size_t)(end - b.p) + 1 : b.len;
}

/* head_len: RFC 1952, 2.3. */
static size_t head_len(ens_slice b)
{
    size_t at = HEAD;
    if ((b.p[3] & HAS_EXTRA) && at + 2 <= b.len)
        at += 2u + b.p[at] + 256u * b.p[at + 1];
    if (b.p[3] & HAS_NAME)
        at = past_text(b, at);
    if (b.p[3] & HAS_COMMENT)
        at = past_text(b, at);
    if (b.p[3] & HAS_CRC)
        at += 2;
    return at < b.len ? at : b.len;
}

static uint32_t word(ens_slice b, size_t at)
{
    return (uint32_t)b.p[at] | (uint32_t)b.p[at + 1] << 8 | (uint32_t)b.p[at + 2] << 16 | (uint32_t)b.p[at + 3] << 24;
}

/* inflate_all inflates what can be; *used is how much of data that took. */
static bool inflate_all(ens_slice data, size_t max, ens_packed *out, size_t *used)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)data.p, .avail_in = (uInt)data.len};
    int status = inflateInit2(&z, -MAX_WBITS);
    bool good = status == Z_OK;
    while (good && status == Z_OK) {
        uint8_t *room = ens_buf_room(&out->contents, PIECE);
        if (!room) {
            good = false;
            break;
        }
        if (out->contents.len >= max) {
            out->over = true;
            break;
        }
        z.next_out = room;
        z.avail_out = PIECE;
        status = inflate(&z, Z_NO_FLUSH);
        out->contents.len += PIECE - z.avail_out;
    }
    out->whole = status == Z_STREAM_END;
    out->corrupt = status == Z_DATA_ERROR;
    *used = data.len - z.avail_in;
    inflateEnd(&z);
    return good;
}

bool ens__packed_open(ens_slice b, size_t max, ens_packed *out)
{
    size_t used = 0;
    *out = (ens_packed){0};
    ens_buf_init(&out->contents, NULL, 0, max + 2 * PIECE);
    if (!ens__packed_looks(b))
        return false;
    out->head = ens_sub(b, 0, head_len(b));
    ens_slice data = ens_from(b, out->head.len);
    if (data.len > UINT32_MAX || !inflate_all(data, max, out, &used))
        return false;
    if (out->over) {
        out->whole = out->crc = out->length = true;
        out->trailer = TRAILER;
    }
    if (!out->whole || out->over)
        return true;
    ens_slice trailer = ens_from(data, used);
    out->trailer = trailer.len < TRAILER ? (unsigned)trailer.len : TRAILER;
    if (out->trailer == TRAILER) {
        out->crc = word(trailer, 0) == crc32_z(0, out->contents.p, out->contents.len);
        out->length = word(trailer, 4) == (uint32_t)out->contents.len;
        out->rest = ens_from(trailer, TRAILER);
    }
    return true;
}

/* put_head copies the head; names and comments in it become as many x, and its CRC is right where it was. */
static void put_head(ens_slice head, ens_buf *out)
{
    size_t from = out->len, at = HEAD;
    ens_buf_put(out, head);
    if (out->failed || head.len <= HEAD)
        return;
    uint8_t *p = out->p + from;
    if (head.p[3] & HAS_EXTRA)
        at += at + 2 <= head.len ? 2u + head.p[at] + 256u * head.p[at + 1] : 0;
    size_t end = head.len - ((head.p[3] & HAS_CRC) ? 2 : 0);
    for (size_t i = HEAD; i < end; i++)
        if (p[i] && i >= at)
            p[i] = 'x';
    if (!(head.p[3] & HAS_CRC) || head.len < HEAD + 2)
        return;
    bool right = (head.p[end] | head.p[end + 1] << 8) == (int)(crc32_z(0, head.p, end) & 0xFFFF);
    uint32_t crc = (uint32_t)crc32_z(0, p, end) ^ (right ? 0 : 1);
    p[end] = (uint8_t)crc;
    p[end + 1] = (uint8_t)(crc >> 8);
}

static bool deflate_all(const ens_packed *like, ens_slice contents, ens_buf *out)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)contents.p, .avail_in = (uInt)contents.len};
    bool good =
        deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
    int status = Z_OK, how = like->corrupt ? Z_FULL_FLUSH : Z_FINISH;
    while (good && status == Z_OK) {
        uint8_t *room = ens_buf_room(out, PIECE);
        if (!room) {
            good = false;
            break;
        }
        z.next_out = room;
        z.avail_out = PIECE;
        status = deflate(&z, how);
        out->len += PIECE - z.avail_out;
        if (how == Z_FULL_FLUSH && z.avail_out)
            break;
    }
    deflateEnd(&z);
    return good;
}

static void put_trailer(const ens_packed *like, ens_slice contents, ens_buf *out)
{
    uint32_t crc = (uint32_t)crc32_z(0, contents.p, contents.len) ^ (like->crc ? 0 : 1);
    uint32_t len = (uint32_t)contents.len ^ (like->length ? 0 : 1);
    const uint8_t both[] = {(uint8_t)crc, (uint8_t)(crc >> 8), (uint8_t)(crc >> 16), (uint8_t)(crc >> 24),
                            (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16), (uint8_t)(len >> 24)};
    ens_buf_add(out, both, like->trailer);
}

bool ens__packed_make(const ens_packed *like, ens_slice contents, ens_buf *out)
{
    put_head(like->head, out);
    size_t from = out->len;
    if (contents.len > UINT32_MAX || !deflate_all(like, contents, out))
        return false;
    if (like->corrupt)
        ens_buf_text(out, "\xFF\xFF\xFF\xFF"); /* a block of a kind that there isn't */
    else if (like->whole)
        put_trailer(like, contents, out);
    else
        out->len -= (out->len - from) / 4 + 1; /* cut short, within the data */
    return !out->failed;
}
