/* A value of PDF that is read can be written, and is then read as the same. */
#include "tests/fuzz/target.h"

#include "sti/pdf/compare.h"

#define ARENA_MAX ((size_t)64 << 20)
#define OUT_MAX ((size_t)16 << 20)

static void check_place(const ens__pdf_value *v, size_t from, size_t to)
{
    ENS_HOLDS(v->from >= from && v->to <= to && v->from <= v->to);
    for (size_t i = 0; v->kind == ENS_PDF_ARRAY && i < v->num; i++)
        check_place(&v->item[i], v->from, v->to);
    for (size_t i = 0; v->kind == ENS_PDF_DICT && i < v->num; i++)
        check_place(&v->entry[i].value, v->from, v->to);
}

ENS_FUZZ_TARGET(pdf_object)
{
    ens_arena arena;
    ens__pdf_value value, again;
    ens_err err = {0};
    ens_buf out;
    ens_arena_init(&arena, ARENA_MAX);
    ens_buf_init(&out, NULL, 0, OUT_MAX);
    ens__pdf_parser p = {.r = ens_read((ens_slice){data, size}), .arena = &arena};
    if (ens__pdf_parse(&p, &value, &err) != ENS_OK) {
        ENS_HOLDS(err.n && err.frame[0].what);
    } else {
        check_place(&value, 0, size);
        ens__pdf_put(&out, &value);
        ens__pdf_parser q = {.r = ens_read(ens_buf_slice(&out)), .arena = &arena};
        bool read = !out.failed && ens__pdf_parse(&q, &again, NULL) == ENS_OK;
        ENS_HOLDS(out.failed || arena.used > ARENA_MAX / 2 || (read && ens_left(&q.r) == 0));
        ENS_HOLDS(!read || ens__pdf_equal(&value, &again));
    }
    ens_buf_free(&out);
    ens_arena_free(&arena);
}
