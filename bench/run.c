#include "bench/run.h"

#define ROWS_MAX 64u

bool ens__run_wants(const ens_run *run, const char *name)
{
    for (size_t i = 0; i < run->num_names; i++)
        if (strstr(name, run->names[i]))
            return true;
    return run->num_names == 0;
}

/* choose_rows copies the matrix as the run changes it. */
static unsigned choose_rows(const ens_run *run, bool full, ens_matrix_row *out)
{
    unsigned num = 0;
    const ens_matrix_row *row, *usual = ens__matrix_row(0);
    for (unsigned i = 0; (row = ens__matrix_row(i)) && num < ROWS_MAX; i++) {
        if ((!full && !row->brief) || (run->threads && row->threads != 1))
            continue;
        if (run->size && (row->input.size != usual->input.size || row->input.attachments))
            continue;
        out[num] = *row;
        if (run->threads)
            out[num].threads = run->threads;
        if (run->size)
            out[num].input.size = run->size;
        num++;
    }
    return num;
}

/* has tells whether an operation is measured on a row of this run: what the run fixes for all rows is no axis. */
static bool has(const ens_run *run, const ens_matrix_row *row, const ens_operation *o)
{
    ens_matrix_row asked = *row;
    const ens_matrix_row *usual = ens__matrix_row(0);
    char name[ENS_OPERATION_NAME];
    if (run->threads)
        asked.threads = usual->threads;
    if (run->size)
        asked.input.size = usual->input.size;
    ens__operation_name(o, &row->input, name);
    return (!(o->axes & ENS_AXIS_SCANNED) || row->input.size <= ENS_OPERATION_SCANNED) && ens__matrix_has(&asked, o) &&
           ens__run_wants(run, name);
}

static bool same_input(const ens_input *a, const ens_input *b)
{
    return a->bits == b->bits && a->size == b->size && a->attachments == b->attachments;
}

static ens_code measure_row(const ens_run *run, const ens_matrix_row *row, const ens_sample *sample,
                            ens_results *results, ens_err *err)
{
    const ens_operation *o;
    for (unsigned i = 0; (o = ens__operation_at(i)); i++) {
        if (!has(run, row, o))
            continue;
        ens_measurement *m = ens__results_add(results);
        if (!m)
            return ens_fail(err, ENS_ELIMIT, NULL, "there are too many measurements", 0);
        ens_code code = ens__measure(o, sample, row->threads, run->seconds, m, err);
        if (code != ENS_OK) {
            results->num--;
            return code;
        }
        if (run->tell)
            run->tell(run->user, m, results);
    }
    return ENS_OK;
}

static bool row_is_wanted(const ens_run *run, const ens_matrix_row *row)
{
    const ens_operation *o;
    for (unsigned i = 0; (o = ens__operation_at(i)); i++)
        if (has(run, row, o))
            return true;
    return false;
}

static ens_code measure_rows(const ens_run *run, bool full, ens_results *results, ens_err *err)
{
    ens_matrix_row rows[ROWS_MAX];
    ens_sample sample = {0};
    ens_code code = ENS_OK;
    bool made = false;
    unsigned num = choose_rows(run, full, rows);
    for (unsigned i = 0; i < num && code == ENS_OK; i++) {
        if (!row_is_wanted(run, &rows[i]))
            continue;
        if (!made || !same_input(&sample.input, &rows[i].input)) {
            ens__sample_clear(&sample);
            code = ens__sample_make(&sample, &rows[i].input, err);
            made = true;
        }
        if (code == ENS_OK)
            code = measure_row(run, &rows[i], &sample, results, err);
    }
    ens__sample_clear(&sample);
    return code;
}

ens_code ens__run_all(const ens_run *run, ens_results *results, ens_err *err)
{
    size_t before = results->num;
    ens_code code = measure_rows(run, run->full, results, err);
    if (code == ENS_OK && results->num == before && !run->full)
        code = measure_rows(run, true, results, err);
    if (code == ENS_OK && results->num == before)
        code = ens_fail_about(err, ENS_EPOLICY, NULL, "no operation has that in its name",
                              run->num_names ? run->names[0] : "");
    return code;
}
