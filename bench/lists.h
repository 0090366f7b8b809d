/* A national trusted list of the size that they have, with a CA of its own for each service, and a snapshot of it; made
 * once for the process, by the fixtures. */
#ifndef ENS_BENCH_LISTS_H
#define ENS_BENCH_LISTS_H

#include "engine/base/bytes.h"

#define ENS_BENCH_SERVICES 200u /* of the list: about 600 KB */

typedef struct {
    ens_slice list, anchor; /* XML; DER of its signer's certificate, an RSA key of 2048 bits */
    ens_slice snapshot;
} ens_list_sample;

/* ens__list_sample borrows it; NULL when it can't be made. */
const ens_list_sample *ens__list_sample(void);

#endif
