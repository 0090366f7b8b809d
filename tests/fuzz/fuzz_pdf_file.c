/* Cross-references, objects, forms and pages of any bytes are read within bounds; a file is the same as itself; and
 * nothing is accepted by bytes alone, without the certificate that is being registered. */
#include "tests/fuzz/target.h"

#include "engine/base/report.h"
#include "ensign/pdf.h"
#include "sti/pdf/added.h"
#include "sti/pdf/compare.h"

static void check_objects(ens__pdf *pdf)
{
    ens_slice plain;
    for (uint32_t i = 0; i < pdf->num_places; i++) {
        const ens__pdf_object *o = ens__pdf_object_at(pdf, i);
        ENS_HOLDS(o || pdf->fault.n);
        ENS_HOLDS(!o || (o->from <= o->to && o->to <= pdf->bytes.len));
        if (o && o->stream && ens__pdf_plain(pdf, o, &plain))
            ENS_HOLDS(plain.len <= ENS_PDF_INFLATED_MAX);
    }
    ENS_HOLDS(pdf->end <= pdf->bytes.len && ens__pdf_end_before(pdf) <= pdf->bytes.len);
    ENS_HOLDS(pdf->inflated <= ENS_PDF_INFLATED_MAX);
}

static void check_same(ens__pdf *pdf, ens_arena *arena)
{
    static ens__pdf other;
    static ens__pdf_fields fields, others;
    ens__pdf_difference d;
    ens__pdf_addition a;
    if (ens__pdf_fields_read(pdf, &fields, NULL) != ENS_OK ||
        ens__pdf_open(pdf->bytes, arena, &other, NULL) != ENS_OK ||
        ens__pdf_fields_read(&other, &others, NULL) != ENS_OK)
        return;
    for (size_t i = 0; i < fields.num; i++) {
        bool same = ens__pdf_same(pdf, &other, &fields, &others.field[i], &d);
        ENS_HOLDS(same || d.what);
        ENS_HOLDS(ens__pdf_added_judge(pdf, &other, &others.field[i], &a) || a.what);
    }
    ENS_HOLDS(ens__pdf_all_listed(pdf, 0, &a) || a.what);
}

static void check_verdict(ens_slice file)
{
    ens_pdf_result result;
    ens_report report;
    ens__report_init(&report);
    ens_pdf_check(file, &(ens_pdf_check_options){.at = 1790856000}, &result, &report);
    ENS_HOLDS(result.verdict != ENS_ACCEPTED && ens_report_num(&report));
    for (size_t i = 0; i < ens_report_num(&report); i++) {
        const ens_finding *f = ens_report_get(&report, i);
        ENS_HOLDS(f->outcome != ENS_FAIL || (f->rule && f->hint && f->seen));
    }
    ens__report_clear(&report);
}

ENS_FUZZ_TARGET(pdf_file)
{
    static ens__pdf pdf;
    ens_arena arena;
    ens_err err = {0};
    ens_slice file = {data, size};
    ens_arena_init(&arena, ENS_PDF_ARENA_MAX);
    if (ens__pdf_open(file, &arena, &pdf, &err) == ENS_OK) {
        check_objects(&pdf);
        check_same(&pdf, &arena);
    } else {
        ENS_HOLDS(err.n && err.frame[0].what);
    }
    ens_arena_free(&arena);
    check_verdict(file);
}
