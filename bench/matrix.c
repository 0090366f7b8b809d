#include "bench/matrix.h"

#define KB ((size_t)1 << 10)
#define MB ((size_t)1 << 20)

/* The first row is what every other differs from by as little as it can. */
static const ens_matrix_row rows[] = {
    {{2048, 12 * KB, 0}, 1, true},   {{2048, 12 * KB, 0}, 2, true},   {{2048, 12 * KB, 1}, 1, true},
    {{2048, 12 * KB, 3}, 1, true},   {{2048, 12 * KB, 3}, 2, false},  {{2048, 2 * KB, 0}, 1, true},
    {{2048, 2 * KB, 0}, 2, false},   {{2048, 100 * KB, 0}, 1, true},  {{2048, 100 * KB, 0}, 2, false},
    {{2048, 100 * KB, 3}, 1, false}, {{2048, MB, 0}, 1, true},        {{2048, MB, 0}, 2, false},
    {{2048, MB, 3}, 1, false},       {{2048, 100 * MB, 0}, 1, false}, {{2048, 100 * MB, 0}, 2, false},
    {{3072, 12 * KB, 0}, 1, true},   {{3072, 12 * KB, 0}, 2, false},  {{3072, 2 * KB, 0}, 1, false},
    {{3072, 12 * KB, 3}, 1, false},  {{3072, 100 * KB, 0}, 1, false}, {{3072, MB, 0}, 1, false},
    {{4096, 12 * KB, 0}, 1, true},   {{4096, 12 * KB, 0}, 2, false},  {{4096, 2 * KB, 0}, 1, false},
    {{4096, 12 * KB, 3}, 1, false},  {{4096, 100 * KB, 0}, 1, false}, {{4096, MB, 0}, 1, false},
};

const ens_matrix_row *ens__matrix_row(unsigned i)
{
    return i < sizeof rows / sizeof *rows ? &rows[i] : NULL;
}

bool ens__matrix_has(const ens_matrix_row *row, const ens_operation *o)
{
    const ens_matrix_row *usual = &rows[0];
    if ((o->axes & ENS_AXIS_SCANNED) && row->input.size > ENS_OPERATION_SCANNED)
        return false;
    return (row->input.bits == usual->input.bits || (o->axes & ENS_AXIS_KEY)) &&
           (row->input.size == usual->input.size || (o->axes & ENS_AXIS_SIZE)) &&
           (row->input.attachments == usual->input.attachments || (o->axes & ENS_AXIS_PARTS)) &&
           (row->threads == usual->threads || (o->axes & ENS_AXIS_THREADS));
}
