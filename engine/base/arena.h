/* A bump arena: one per worker, reset per message, so that nothing of a message is freed piece by piece. */
#ifndef ENS_ENGINE_BASE_ARENA_H
#define ENS_ENGINE_BASE_ARENA_H

#include "engine/base/bytes.h"

#include <stddef.h>

#define ENS_ARENA_BLOCK ((size_t)64 << 10)

typedef struct ens_arena_block ens_arena_block;

/* ens_arena hands out memory that lives until reset. The zero value is an empty arena without limit set: use init. */
typedef struct {
    ens_arena_block *first, *current;
    size_t used, limit; /* bytes handed out since reset, and their bound */
    size_t num_blocks;  /* blocks ever taken from the heap: stands still after warm-up */
    size_t block;       /* bytes of an ordinary block */
} ens_arena;

void ens_arena_init(ens_arena *a, size_t limit);
/* ens_arena_reset keeps the ordinary blocks for the next message and frees those made for one large request. */
void ens_arena_reset(ens_arena *a);
void ens_arena_free(ens_arena *a);
/* ens_arena_take returns size bytes aligned for any type, not cleared; NULL over the limit or out of memory. */
void *ens_arena_take(ens_arena *a, size_t size);
void *ens_arena_zero(ens_arena *a, size_t size);
/* ens_arena_grow makes room for one more record in a list of num, of which there is room for *room: the list itself, or
 * a larger one that begins alike; what is new is cleared. NULL as above. */
void *ens_arena_grow(ens_arena *a, void *records, size_t num, size_t *room, size_t size);
/* Copies: the slice's bytes followed by NUL; a formatted string. NULL when there is no memory. */
char *ens_arena_text(ens_arena *a, ens_slice s);
char *ens_arena_printf(ens_arena *a, const char *format, ...) ENS_PRINTF(2, 3);

/* Counts what our own code takes from the heap, per thread: a bench shows that it is nothing after warm-up. */
/* ens__heap_taken is the number of allocations of this thread since it started. */
size_t ens__heap_taken(void);

/* Called by whoever allocates: arena blocks, buffers that grow. */
void ens__heap_note(void);

#endif
