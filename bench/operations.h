/* What is measured, as one list over five files: each operation with its floor. To add one is to add a row. */
#ifndef ENS_BENCH_OPERATIONS_H
#define ENS_BENCH_OPERATIONS_H

#include "bench/floor.h"
#include "bench/sample.h"

#define ENS_OPERATION_SCANNED                                                                                          \
    ((size_t)10 << 20)         /* bytes of a sample's document whose elements are within ENS_XML_ELEMENTS_MAX */
#define ENS_OPERATION_NAME 96u /* bytes of "as4/verify/rsa2048-ens12k" */

/* Which inputs make a difference; an operation is measured along no other axis. SCANNED: and no document above
 * ENS_OPERATION_SCANNED. */
enum {
    ENS_AXIS_KEY = 1,
    ENS_AXIS_SIZE = 2,
    ENS_AXIS_PARTS = 4,
    ENS_AXIS_THREADS = 8,
    ENS_AXIS_ALL = 15,
    ENS_AXIS_SCANNED = 16
};

/* make builds a worker's state from an ens_sample; plan adds what the floor does; bytes is what the operation reads or
 * writes. */
typedef struct {
    const char *name, *variant; /* "as4/verify"; behind the input's name ("cold"), in its place ("/600k"), before
                                   its size ("check-"), or NULL */
    unsigned axes;
    void *(*make)(const void *sample);
    void (*drop)(void *state);
    bool (*work)(void *state);
    void (*plan)(const ens_sample *sample, ens_floor_plan *plan);
    size_t (*bytes)(const ens_sample *sample);
} ens_operation;

const ens_operation *ens__operation_at(unsigned i); /* NULL past the end */
void ens__operation_name(const ens_operation *operation, const ens_input *input, char out[ENS_OPERATION_NAME]);

/* What several files ask for. A path of three has two signatures to check, over what was signed of either certificate.
 */
void ens__floor_path(ens_floor_plan *plan, const ens_sample *sample);
size_t ens__bytes_message(const ens_sample *sample);
size_t ens__bytes_envelope(const ens_sample *sample);
size_t ens__bytes_document(const ens_sample *sample);

extern const ens_operation ens__operations_engine[], ens__operations_certs[], ens__operations_lists[],
    ens__operations_as4[], ens__operations_token[], ens__operations_sti[]; /* end with a NULL name */

#endif
