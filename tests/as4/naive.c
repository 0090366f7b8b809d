#include "tests/as4/naive.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define DOCUMENT_MAX ((size_t)1 << 20)

static ens_slice after(ens_slice all, ens_slice mark)
{
    const uint8_t *at = all.len ? memmem(all.p, all.len, mark.p, mark.len) : NULL;
    return at ? (ens_slice){at + mark.len, (size_t)(all.p + all.len - at) - mark.len} : (ens_slice){0};
}

static ens_slice before(ens_slice all, ens_slice mark)
{
    const uint8_t *at = all.len ? memmem(all.p, all.len, mark.p, mark.len) : NULL;
    return at ? (ens_slice){all.p, (size_t)(at - all.p)} : (ens_slice){0};
}

/* The first line that begins with two hyphens is the delimiter. */
static ens_slice delimiter(ens_slice message)
{
    ens_slice from = after(message, ENS_LIT("\n--"));
    ens_slice name = before(from, ENS_LIT("\r\n"));
    return (ens_slice){name.p - 4, name.len + 4};
}

static ens_slice body(ens_slice message, ens_slice from)
{
    static uint8_t mark[128];
    ens_slice name = delimiter(message);
    mark[0] = '\r';
    memcpy(mark + 1, name.p + 1, name.len - 1);
    return before(after(from, ENS_LIT("\r\n\r\n")), (ens_slice){mark, name.len});
}

ens_slice naive_root(ens_slice message)
{
    return body(message, after(message, delimiter(message)));
}

/* What stands behind the field; its name may have any case (RFC 2045, 7). */
static ens_slice head_of(ens_slice message, const char *cid)
{
    char id[256];
    snprintf(id, sizeof id, "<%s>\r\n", cid);
    for (ens_slice rest = message; rest.len;) {
        rest = after(rest, ENS_LIT("\r\n"));
        ens_slice line = before(rest, ENS_LIT(": "));
        if (line.len == 10 && strncasecmp((const char *)line.p, "content-id", 10) == 0 &&
            memcmp(line.p + 12, id, strlen(id)) == 0)
            return (ens_slice){line.p + 10 + strlen(id), (size_t)(message.p + message.len - line.p) - 10 - strlen(id)};
    }
    return (ens_slice){0};
}

ens_slice naive_part(ens_slice message, const char *cid)
{
    return body(message, head_of(message, cid));
}

static bool in_base64(ens_slice message, const char *cid)
{
    static const char field[] = "Content-Transfer-Encoding: base64";
    ens_slice behind = head_of(message, cid);
    const uint8_t *from = behind.p;
    while (from > message.p + 2 && memcmp(from, "\n--", 3) != 0)
        from--;
    return memmem(from, (size_t)(behind.p - from), field, sizeof field - 1) != NULL;
}

static ens_slice decoded(ens_slice text, uint8_t *out)
{
    EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
    int len = 0, last = 0;
    EVP_DecodeInit(ctx);
    EVP_DecodeUpdate(ctx, out, &len, text.p, (int)text.len);
    EVP_DecodeFinal(ctx, out + len, &last);
    EVP_ENCODE_CTX_free(ctx);
    return ens_bytes(out, (size_t)(len + last));
}

/* Several members of gzip one behind the other are one text (RFC 1952, 2.2). */
static size_t inflated(ens_slice from, uint8_t *out)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)from.p,
                  .avail_in = (uInt)from.len,
                  .next_out = out,
                  .avail_out = (uInt)DOCUMENT_MAX};
    inflateInit2(&z, 15 + 16);
    while (inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in)
        inflateReset(&z);
    size_t len = (size_t)(z.next_out - out);
    inflateEnd(&z);
    return len;
}

char *naive_document(ens_slice message, const char *cid, size_t *len)
{
    ens_slice part = naive_part(message, cid);
    uint8_t *bytes = malloc(part.len + 4), *out = calloc(1, DOCUMENT_MAX + 1);
    if (in_base64(message, cid))
        part = decoded(part, bytes);
    if (part.len > 2 && part.p[0] == 0x1f && part.p[1] == 0x8b)
        *len = inflated(part, out);
    else
        memcpy(out, part.p, *len = part.len);
    free(bytes);
    return (char *)out;
}

void naive_between(const char *text, const char *open, const char *close, char *out, size_t cap)
{
    const char *from = strstr(text, open), *to = from ? strstr(from, close) : NULL;
    *out = '\0';
    if (to)
        snprintf(out, cap, "%.*s", (int)(to - from - (long)strlen(open)), from + strlen(open));
}
