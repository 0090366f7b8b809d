#include "sti/point/seen.h"

#define FNV_BASIS 0xCBF29CE484222325ull
#define FNV_PRIME 0x100000001B3ull

bool ens__seen_put(ens_seen *seen, ens_slice id)
{
    uint64_t hash = FNV_BASIS;
    for (size_t i = 0; i < id.len; i++)
        hash = (hash ^ id.p[i]) * FNV_PRIME;
    uint32_t tag = (uint32_t)(hash >> 32) | 1; /* never that of an empty place */
    return atomic_exchange(&seen->tag[(hash ^ hash >> 24) % ENS_SEEN_IDS], tag) == tag;
}
