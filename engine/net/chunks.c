#include "engine/net/http1_parts.h"

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *take_size(ens_chunks *c, uint8_t octet)
{
    int digit = hex_digit(octet);
    if (digit >= 0) {
        c->size = c->size << 4 | (unsigned)digit;
        return ++c->digits <= ENS_HTTP_CHUNK_DIGITS ? NULL : "a chunk size has too many digits";
    }
    if (c->digits == 0 || (octet != ';' && octet != '\r'))
        return "a chunk size is not hexadecimal digits and CR LF";
    c->place = octet == ';' ? ENS_CHUNK_EXTENSION : ENS_CHUNK_SIZE_LF;
    return NULL;
}

static const char *take_extension(ens_chunks *c, uint8_t octet)
{
    if (octet == '\r')
        c->place = ENS_CHUNK_SIZE_LF;
    else if (octet <= ' ' || octet >= 0x7F)
        return "a chunk extension holds white space or a control character";
    else if (++c->extension > ENS_HTTP_EXTENSIONS_MAX)
        return "the chunk extensions are too long";
    return NULL;
}

static const char *start_data(ens_chunks *c)
{
    c->place = c->size ? ENS_CHUNK_DATA : ENS_CHUNK_LAST_CR;
    c->left = c->size;
    c->total = c->total > UINT64_MAX - c->size ? UINT64_MAX : c->total + c->size;
    c->size = c->digits = 0;
    return NULL;
}

/* want takes one octet that must stand here. */
static const char *want(ens_chunks *c, uint8_t octet, uint8_t wanted, ens_chunk_place next, const char *why)
{
    if (octet != wanted)
        return why;
    c->place = next;
    return NULL;
}

static const char *take_octet(ens_chunks *c, uint8_t octet)
{
    switch (c->place) {
    case ENS_CHUNK_SIZE:
        return take_size(c, octet);
    case ENS_CHUNK_EXTENSION:
        return take_extension(c, octet);
    case ENS_CHUNK_SIZE_LF:
        return octet == '\n' ? start_data(c) : "a chunk size ends with a bare CR";
    case ENS_CHUNK_DATA_CR:
        return want(c, octet, '\r', ENS_CHUNK_DATA_LF, "a chunk is longer than its size says");
    case ENS_CHUNK_DATA_LF:
        return want(c, octet, '\n', ENS_CHUNK_SIZE, "a chunk does not end with CR LF");
    case ENS_CHUNK_LAST_CR:
        return want(c, octet, '\r', ENS_CHUNK_LAST_LF, "trailer fields are not taken");
    case ENS_CHUNK_LAST_LF:
        return want(c, octet, '\n', ENS_CHUNK_DONE, "the last chunk does not end with CR LF");
    case ENS_CHUNK_DATA:
    case ENS_CHUNK_DONE:
        break;
    }
    return "no octet belongs here";
}

size_t ens__chunks_pass(ens_chunks *c, ens_slice in)
{
    size_t at = 0;
    while (at < in.len && c->place != ENS_CHUNK_DONE && !c->why) {
        if (c->place == ENS_CHUNK_DATA) {
            size_t n = in.len - at < c->left ? in.len - at : (size_t)c->left;
            at += n;
            c->left -= n;
            if (c->left == 0)
                c->place = ENS_CHUNK_DATA_CR;
        } else if (!(c->why = take_octet(c, in.p[at]))) {
            at++;
        }
    }
    return at;
}
