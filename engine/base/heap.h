/* Counts what our own code takes from the heap, per thread: a bench shows that it is nothing after warm-up. */
#ifndef ENS_ENGINE_BASE_HEAP_H
#define ENS_ENGINE_BASE_HEAP_H

#include <stddef.h>

/* ens__heap_taken is the number of allocations of this thread since it started. */
size_t ens__heap_taken(void);

/* Called by whoever allocates: arena blocks, buffers that grow. */
void ens__heap_note(void);

#endif
