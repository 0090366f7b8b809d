/* The bare calls that an operation cannot avoid: RSA, SHA-256, deflate and inflate, over as many bytes, with contexts ready. */
#ifndef ENS_BENCH_FLOOR_H
#define ENS_BENCH_FLOOR_H

#include "bench/sample.h"
#include "engine/digest.h"
#include "engine/gzip.h"

/* What one operation's floor does, counted. */
typedef struct {
    unsigned signatures;       /* private operations with the sample's key */
    unsigned verifications;    /* public operations with the sample's key */
    unsigned ca_verifications; /* public operations over RSA-2048, the CAs' size */
    size_t hashed;             /* bytes through SHA-256 */
    bool deflate, inflate;     /* of the sample's document */
} ens_floor_plan;

typedef struct ens_floor ens_floor; /* one per worker */

ens_floor *ens__floor_new(const ens_sample *sample, ens_floor_plan plan);
void ens__floor_free(ens_floor *floor);
bool ens__floor_run(ens_floor *floor);

#endif
