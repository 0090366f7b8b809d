/* The sum over the file of a snapshot: it tells damage, at the pace at which memory is read. It proves nothing against
 * whoever may write the file, and no digest in the file would.
 *
 * Words of 32 bits go round 64 lanes. Each step of a lane turns different words, or different lanes, into different
 * lanes, and so does putting the lanes together: where all that changed lies in one word, the sum is another one for
 * certain; else it stays the same by chance, once in 2^32 where all lies in one lane. */
#ifndef ENS_CERTS_LISTS_SNAPSHOT_SUM_H
#define ENS_CERTS_LISTS_SNAPSHOT_SUM_H

#include "engine/base/bytes.h"

typedef uint64_t ens__snapshot_summer(ens_slice summed);

/* ens__snapshot_summer_nth lists the functions that this CPU has, the fastest first and the portable one last; then
 * NULL. All give the same sum. */
ens__snapshot_summer *ens__snapshot_summer_nth(unsigned n);

uint64_t ens__snapshot_checksum(ens_slice summed);

#endif
