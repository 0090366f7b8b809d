#include "bench/report.h"

#include "bench/json.h"
#include "bench/pictures.h"
#include "engine/base/file.h"

#define REPORT_MAX ((size_t)16 << 20)

static ens_code write_one(const char *path, const ens_results *r, void (*write)(const ens_results *r, ens_buf *out),
                          ens_err *err)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, REPORT_MAX);
    write(r, &out);
    ens_code code = ens_buf_done(&out, err);
    if (code == ENS_OK)
        code = ens__file_write(path, ens_buf_slice(&out), 0666, err);
    ens_buf_free(&out);
    return code;
}

ens_code ens__bench_report(const ens_bench_outputs *o, const ens_results *r, ens_err *err)
{
    ens_code code = ENS_OK;
    if (o->data)
        code = ens__bench_save(o->data, r, err);
    if (o->html && code == ENS_OK)
        code = write_one(o->html, r, ens__page_write, err);
    if (o->svg && code == ENS_OK)
        code = write_one(o->svg, r, ens__picture_main, err);
    if (o->markdown && code == ENS_OK)
        code = write_one("-", r, ens__markdown_write, err);
    return code;
}
