#include "engine/xml/scan/tape.h"

#define FIRST_CAP 256u

void ens__tape_start(ens_tape *t, ens_arena *arena)
{
    *t = (ens_tape){.arena = arena};
}

static bool grow(ens_tape *t)
{
    size_t cap = t->cap ? 2 * t->cap : FIRST_CAP;
    ens_scan_event *moved = ens_arena_take(t->arena, cap * sizeof *moved);
    if (!moved)
        return false;
    if (t->num)
        memcpy(moved, t->event, t->num * sizeof *moved);
    t->event = moved;
    t->cap = cap;
    return true;
}

static void *keep(ens_tape *t, const void *p, size_t size)
{
    void *kept = ens_arena_take(t->arena, size);
    return kept ? memcpy(kept, p, size) : NULL;
}

ens_code ens__tape_add(ens_tape *t, const ens_scan_event *e, ens_err *err)
{
    ens_scan_event kept = *e;
    bool good = t->num < t->cap || grow(t);
    if (good && e->kind == ENS_SCAN_START && e->num_attributes)
        good = (kept.attribute = keep(t, e->attribute, e->num_attributes * sizeof *e->attribute)) != NULL;
    if (good && e->kind == ENS_SCAN_START && e->num_declared)
        good = (kept.declared = keep(t, e->declared, e->num_declared * sizeof *e->declared)) != NULL;
    if (!good)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the events of a document", 0);
    t->event[t->num++] = kept;
    return ENS_OK;
}

size_t ens__tape_after(const ens_tape *t, size_t from)
{
    for (size_t i = from + 1; i < t->num; i++)
        if (t->event[i].kind == ENS_SCAN_END && t->event[i].depth == t->event[from].depth)
            return i + 1;
    return t->num;
}

size_t ens__tape_first(const ens_tape *t, size_t parent)
{
    unsigned depth = t->event[parent].depth;
    for (size_t i = parent + 1; i < t->num && t->event[i].kind != ENS_SCAN_END; i++)
        if (t->event[i].kind == ENS_SCAN_START)
            return t->event[i].depth == depth + 1 ? i : 0;
    return 0;
}

size_t ens__tape_next(const ens_tape *t, size_t element)
{
    unsigned depth = t->event[element].depth;
    for (size_t i = ens__tape_after(t, element); i < t->num && t->event[i].kind != ENS_SCAN_END; i++)
        if (t->event[i].kind == ENS_SCAN_START)
            return t->event[i].depth == depth ? i : 0;
    return 0;
}

/* outer_of is the START of the element around the one at i; i itself when there is none. */
static size_t outer_of(const ens_tape *t, size_t i)
{
    for (size_t at = i; at-- > 0;)
        if (t->event[at].kind == ENS_SCAN_START && t->event[at].depth < t->event[i].depth)
            return at;
    return i;
}

ens_code ens__tape_scope(const ens_tape *t, size_t from, const ens_scan_binding **scope, unsigned *num, ens_err *err)
{
    unsigned total = t->event[from].num_declared;
    for (size_t at = from, up; (up = outer_of(t, at)) != at; at = up)
        total += t->event[up].num_declared;
    ens_scan_binding *all = ens_arena_take(t->arena, (total + 1) * sizeof *all);
    if (!all)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the namespaces in scope", 0);
    *num = total;
    *scope = all;
    for (size_t at = from, up;; at = up) {
        total -= t->event[at].num_declared;
        if (t->event[at].num_declared)
            memcpy(all + total, t->event[at].declared, t->event[at].num_declared * sizeof *all);
        if ((up = outer_of(t, at)) == at)
            return ENS_OK;
    }
}
