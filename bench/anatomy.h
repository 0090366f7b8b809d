/* A sealed message taken apart by the reference reader, for the floor: what of it is hashed, inflated and looked up. */
#ifndef ENS_BENCH_ANATOMY_H
#define ENS_BENCH_ANATOMY_H

#include "engine/base/arena.h"

#define ENS_ANATOMY_PIECES 12u

typedef struct {
    ens_slice envelope;
    ens_slice token;                      /* as it stands: base64 */
    ens_slice hashed[ENS_ANATOMY_PIECES]; /* canonical Messaging, Body, SignedInfo; then the parts as they stand */
    unsigned num_hashed;
    ens_slice compressed[ENS_ANATOMY_PIECES]; /* the parts */
    unsigned num_compressed;
    ens_arena arena;
    ens_buf octets;
} ens_anatomy;

/* ens__anatomy_read fills a zeroed record; slices borrow from message and from the record. False when message is no
 * sealed one. */
bool ens__anatomy_read(ens_slice message, ens_anatomy *out);
void ens__anatomy_clear(ens_anatomy *a);

#endif
