#include "engine/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct ens_arena_block {
    ens_arena_block *next;
    size_t cap, used;
    _Alignas(16) uint8_t data[];
};

void ens_arena_init(ens_arena *a, size_t limit)
{
    *a = (ens_arena){.limit = limit, .block = ENS_ARENA_BLOCK};
}

void ens_arena_reset(ens_arena *a)
{
    ens_arena_block **link = &a->first;
    while (*link) {
        ens_arena_block *b = *link;
        if (b->cap > a->block) {
            *link = b->next;
            free(b);
            continue;
        }
        b->used = 0;
        link = &b->next;
    }
    a->current = a->first;
    a->used = 0;
}

void ens_arena_free(ens_arena *a)
{
    while (a->first) {
        ens_arena_block *next = a->first->next;
        free(a->first);
        a->first = next;
    }
    *a = (ens_arena){.limit = a->limit, .block = a->block};
}

static ens_arena_block *add_block(ens_arena *a, size_t size)
{
    size_t cap = size > a->block ? size : a->block;
    ens__heap_note();
    ens_arena_block *b = malloc(sizeof *b + cap);
    if (!b)
        return NULL;
    *b = (ens_arena_block){.cap = cap};
    ens_arena_block **link = a->current ? &a->current->next : &a->first;
    b->next = *link;
    *link = b;
    a->num_blocks++;
    return b;
}

void *ens_arena_take(ens_arena *a, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (size > a->limit || a->used > a->limit - size)
        return NULL;
    while (a->current && a->current->cap - a->current->used < size && a->current->next)
        a->current = a->current->next;
    if (!a->current || a->current->cap - a->current->used < size) {
        ens_arena_block *b = add_block(a, size);
        if (!b)
            return NULL;
        a->current = b;
    }
    void *p = a->current->data + a->current->used;
    a->current->used += size;
    a->used += size;
    return p;
}

void *ens_arena_zero(ens_arena *a, size_t size)
{
    void *p = ens_arena_take(a, size);
    return p ? memset(p, 0, size) : NULL;
}

void *ens_arena_grow(ens_arena *a, void *records, size_t num, size_t *room, size_t size)
{
    enum { FIRST = 8 };
    size_t wanted = *room ? *room * 2 : FIRST;
    if (num < *room)
        return records;
    if (wanted > SIZE_MAX / size)
        return NULL;
    void *grown = ens_arena_zero(a, wanted * size);
    if (grown && num)
        memcpy(grown, records, num * size);
    if (grown)
        *room = wanted;
    return grown;
}

char *ens_arena_text(ens_arena *a, ens_slice s)
{
    char *p = ens_arena_take(a, s.len + 1);
    if (!p)
        return NULL;
    if (s.len)
        memcpy(p, s.p, s.len);
    p[s.len] = '\0';
    return p;
}

char *ens_arena_printf(ens_arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *p = n >= 0 ? ens_arena_take(a, (size_t)n + 1) : NULL;
    if (p)
        vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}

static _Thread_local size_t taken;

size_t ens__heap_taken(void)
{
    return taken;
}

void ens__heap_note(void)
{
    taken++;
}
