#include "sti/point/tally.h"

const uint32_t ens__tally_bounds_us[ENS_TALLY_BOUNDS] = {1000,  2500,   5000,   10000,   25000,
                                                         50000, 100000, 250000, 1000000, 5000000};

static unsigned row_of(ens_slice action)
{
    const ens_action *a = action.len ? ens__action_find(action) : NULL;
    return a ? (unsigned)(a - ens__action_get(0)) : ENS_TALLY_ROWS - 1;
}

void ens__tally_add(ens_tally *t, ens_slice action, ens_verdict verdict, uint64_t us)
{
    unsigned i = 0;
    while (i < ENS_TALLY_BOUNDS && us > ens__tally_bounds_us[i])
        i++;
    atomic_fetch_add_explicit(&t->seen[row_of(action)][verdict], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&t->within[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&t->sum_us, us, memory_order_relaxed);
    atomic_fetch_add_explicit(&t->num, 1, memory_order_relaxed);
}

void ens__tally_read(ens_tally *t, ens__tally_counts *out)
{
    for (unsigned i = 0; i < ENS_TALLY_ROWS; i++)
        for (unsigned v = 0; v <= ENS_REFUSED; v++)
            out->seen[i][v] = atomic_load_explicit(&t->seen[i][v], memory_order_relaxed);
    for (unsigned i = 0; i <= ENS_TALLY_BOUNDS; i++)
        out->within[i] = atomic_load_explicit(&t->within[i], memory_order_relaxed);
    out->sum_us = atomic_load_explicit(&t->sum_us, memory_order_relaxed);
    out->num = atomic_load_explicit(&t->num, memory_order_relaxed);
}

const char *ens__tally_name(unsigned row)
{
    const ens_action *a = ens__action_get(row);
    return a ? a->name : "other";
}
