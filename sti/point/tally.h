/* What an access point has answered, counted by action and verdict, and how long each took: for those who watch it. */
#ifndef ENS_STI_POINT_TALLY_H
#define ENS_STI_POINT_TALLY_H

#include "as4/ics2/ics2.h"
#include "ensign/report.h"

#include <stdatomic.h>

#define ENS_TALLY_ROWS (ENS_NUM_ACTIONS + 1u) /* the last: what has no action of ICS2 */
#define ENS_TALLY_BOUNDS 10u

extern const uint32_t ens__tally_bounds_us[ENS_TALLY_BOUNDS]; /* upper ends of the classes of time */

/* Numbers as they are at one moment; a plain copy of what is counted by any thread. */
typedef struct {
    uint64_t seen[ENS_TALLY_ROWS][ENS_REFUSED + 1];
    uint64_t within[ENS_TALLY_BOUNDS + 1]; /* not cumulative; the last: longer */
    uint64_t sum_us, num;
} ens__tally_counts;

typedef struct {
    atomic_uint_fast64_t seen[ENS_TALLY_ROWS][ENS_REFUSED + 1], within[ENS_TALLY_BOUNDS + 1], sum_us, num;
} ens_tally;

void ens__tally_add(ens_tally *t, ens_slice action, ens_verdict verdict, uint64_t us);
void ens__tally_read(ens_tally *t, ens__tally_counts *out);
/* ens__tally_name is the action of a row, "other" for the last. */
const char *ens__tally_name(unsigned row);

#endif
