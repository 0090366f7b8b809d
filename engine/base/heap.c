#include "engine/base/heap.h"

static _Thread_local size_t taken;

size_t ens__heap_taken(void)
{
    return taken;
}

void ens__heap_note(void)
{
    taken++;
}
