/* Streams without their filters. */
#include "sti/pdf/file.h"

#include <stdlib.h>
#include <zlib.h>

#define RULE "ISO 32000-2 7.4"
#define FILTERS_MAX 4u
#define PIECE ((size_t)64 << 10)
#define ROW_MAX ((size_t)1 << 20) /* bytes of one row that was predicted */

/* inflate_into appends a zlib stream; what stands behind its end is a line end that writers count in, and is left. */
static ens_code inflate_into(ens_slice in, size_t max, ens_buf *out, ens_err *err)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.len};
    int result = inflateInit(&z);
    if (result != Z_OK)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory while inflating", 0);
    while (result == Z_OK && out->len <= max) {
        uint8_t *to = ens_buf_room(out, PIECE);
        if (!to)
            break;
        z.next_out = to;
        z.avail_out = PIECE;
        result = inflate(&z, Z_NO_FLUSH);
        out->len += PIECE - z.avail_out;
    }
    inflateEnd(&z);
    if (out->len > max || out->failed)
        return ens_fail(err, ENS_ELIMIT, RULE, "the streams of the PDF hold more than is read", 0);
    return result == Z_STREAM_END ? ENS_OK
                                  : ens_fail(err, ENS_ESYNTAX, RULE, "a stream is not what its filter says", 0);
}

static ens_code unhex(ens_slice in, ens_buf *out, ens_err *err)
{
    ens_buf text;
    ens_arena arena;
    ens__pdf_value v;
    ens_buf_init(&text, NULL, 0, in.len + 2);
    ens_arena_init(&arena, in.len + PIECE * 2);
    const uint8_t *end = in.len ? memchr(in.p, '>', in.len) : NULL;
    ens_buf_text(&text, "<");
    ens_buf_put(&text, end ? ens_sub(in, 0, (size_t)(end - in.p)) : in);
    ens_buf_text(&text, ">");
    ens__pdf_parser p = {.r = ens_read(ens_buf_slice(&text)), .arena = &arena};
    ens_code code = ens_buf_done(&text, err);
    if (code == ENS_OK && (code = ens__pdf_parse(&p, &v, err)) == ENS_OK)
        ens_buf_put(out, v.text);
    ens_buf_free(&text);
    ens_arena_free(&arena);
    return code;
}

static uint8_t paeth(uint8_t left, uint8_t up, uint8_t corner)
{
    int p = left + up - corner, a = abs(p - left), b = abs(p - up), c = abs(p - corner);
    return a <= b && a <= c ? left : b <= c ? up : corner;
}

/* undo_row undoes one row of PNG's predictors in place.   Source  PNG, 9 */
static bool undo_row(uint8_t kind, uint8_t *row, const uint8_t *up, size_t len, size_t pixel)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t left = i >= pixel ? row[i - pixel] : 0, above = up ? up[i] : 0,
                corner = up && i >= pixel ? up[i - pixel] : 0;
        row[i] = (uint8_t)(row[i] + (kind == 0   ? 0
                                     : kind == 1 ? left
                                     : kind == 2 ? above
                                     : kind == 3 ? (left + above) / 2
                                                 : paeth(left, above, corner)));
    }
    return kind <= 4;
}

static int64_t number_of(ens__pdf *pdf, const ens__pdf_value *dict, const char *key, int64_t otherwise)
{
    const ens__pdf_value *v = ens__pdf_get_kind(pdf, dict, key, ENS_PDF_NUMBER);
    return v && v->whole ? v->integer : otherwise;
}

/* unpredict undoes what was done before deflating; the rows' first octets, which tell how, go. */
static ens_code unpredict(ens__pdf *pdf, const ens__pdf_value *parms, ens_buf *b, ens_err *err)
{
    int64_t kind = number_of(pdf, parms, "Predictor", 1), colours = number_of(pdf, parms, "Colors", 1),
            bits = number_of(pdf, parms, "BitsPerComponent", 8), columns = number_of(pdf, parms, "Columns", 1);
    if (kind == 1)
        return ENS_OK;
    if (kind < 10 || kind > 15 || colours < 1 || colours > 32 || bits < 1 || bits > 16 || columns < 1 ||
        columns > (int64_t)ROW_MAX)
        return ens_fail(err, ENS_EPOLICY, RULE, "a stream has a predictor that isn't read here", 0);
    size_t pixel = (size_t)(colours * bits + 7) / 8, row = (size_t)(colours * bits * columns + 7) / 8, to = 0;
    uint8_t *up = NULL;
    for (size_t at = 0; at < b->len; at += row + 1) {
        size_t len = b->len - at - 1 < row ? b->len - at - 1 : row;
        uint8_t how = b->p[at];
        memmove(b->p + to, b->p + at + 1, len);
        if (!undo_row(how, b->p + to, up, len, pixel))
            return ens_fail(err, ENS_ESYNTAX, RULE, "a stream is not what its predictor says", 0);
        up = b->p + to;
        to += len;
    }
    b->len = to;
    return ENS_OK;
}

static ens_code undo_filter(ens__pdf *pdf, const ens__pdf_value *name, const ens__pdf_value *parms, ens_slice in,
                            ens_buf *out, ens_err *err)
{
    if (ens__pdf_is(name, "ASCIIHexDecode") || ens__pdf_is(name, "AHx"))
        return unhex(in, out, err);
    if (!ens__pdf_is(name, "FlateDecode") && !ens__pdf_is(name, "Fl"))
        return ens_fail(err, ENS_EPOLICY, RULE, "a stream has a filter that isn't read here", 0);
    ens_code code = inflate_into(in, ENS_PDF_INFLATED_MAX - pdf->inflated, out, err);
    return code == ENS_OK ? unpredict(pdf, parms, out, err) : code;
}

/* keep moves what was decoded into the file's arena. */
static ens_code keep(ens__pdf *pdf, const ens_buf *b, ens_slice *out, ens_err *err)
{
    char *kept = ens_arena_text(pdf->arena, ens_buf_slice(b));
    if (!kept)
        return ens_fail(err, ENS_ELIMIT, NULL, "the PDF holds more than is read of one", 0);
    *out = ens_bytes(kept, b->len);
    return ENS_OK;
}

ens_code ens__pdf_decode(ens__pdf *pdf, const ens__pdf_value *dict, ens_slice data, ens_slice *out, ens_err *err)
{
    const ens__pdf_value *filter = ens__pdf_get(pdf, dict, "Filter"), *parms = ens__pdf_get(pdf, dict, "DecodeParms");
    bool several = filter && filter->kind == ENS_PDF_ARRAY;
    size_t num = !filter ? 0 : several ? filter->num : 1;
    ens_slice so_far = data;
    if (num > FILTERS_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "a stream has too many filters", 0);
    for (size_t i = 0; i < num; i++) {
        ens_buf b;
        const ens__pdf_value *name = several ? ens__pdf_resolve(pdf, &filter->item[i], NULL) : filter;
        const ens__pdf_value *how = several && parms && parms->kind == ENS_PDF_ARRAY && i < parms->num
                                        ? ens__pdf_resolve(pdf, &parms->item[i], NULL)
                                        : parms;
        ens_buf_init(&b, NULL, 0, ENS_PDF_INFLATED_MAX + PIECE * 2);
        ens_code code = undo_filter(pdf, name, how, so_far, &b, err);
        pdf->inflated += b.len < ENS_PDF_INFLATED_MAX - pdf->inflated ? b.len : ENS_PDF_INFLATED_MAX - pdf->inflated;
        if (code == ENS_OK)
            code = keep(pdf, &b, &so_far, err);
        ens_buf_free(&b);
        if (code != ENS_OK)
            return code;
    }
    *out = so_far;
    return ENS_OK;
}
