/* Which message ids came lately. It spares the look-up of those that never came before, and is allowed to forget: the
 * commit finds out about every message that comes again. */
#ifndef ENS_STI_POINT_SEEN_H
#define ENS_STI_POINT_SEEN_H

#include "engine/base/bytes.h"

#include <stdatomic.h>

#define ENS_SEEN_IDS 65536u /* a power of two */

typedef struct {
    _Atomic uint32_t tag[ENS_SEEN_IDS];
} ens_seen;

/* ens__seen_put remembers an id, in place of another one; true: it was there already, or one that looks like it. Any
 * thread. */
bool ens__seen_put(ens_seen *seen, ens_slice id);

#endif
