/* Operations on trusted lists: one list read, digested, judged and written into a snapshot; a snapshot loaded. */
#include "bench/lists.h"
#include "bench/operations.h"
#include "certs/lists/trustlist.h"

#include <stdlib.h>

#define MEMORY_MAX ((size_t)1 << 20)

typedef struct {
    const ens_list_sample *sample;
    ens_trustlist_reader *reader;
    ens_snapshot_writer *writer;
    ens_arena arena;
} state;

static void drop(void *p)
{
    state *s = p;
    ens__trustlist_reader_free(s->reader);
    ens__writer_free(s->writer);
    ens_arena_free(&s->arena);
    free(s);
}

static void *make(const void *sample)
{
    (void)sample;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    ens_arena_init(&s->arena, MEMORY_MAX);
    s->sample = ens__list_sample();
    s->reader = ens__trustlist_reader_new();
    s->writer = ens__writer_new();
    if (s->sample && s->reader && s->writer)
        return s;
    drop(s);
    return NULL;
}

static size_t bytes_list(const ens_sample *s)
{
    (void)s;
    const ens_list_sample *l = ens__list_sample();
    return l ? l->list.len : 0;
}

/* The digest of the list, and one verification by a key of 2048 bits. */
static void plan_list(const ens_sample *s, ens_floor_plan *plan)
{
    const ens_list_sample *l = ens__list_sample();
    plan->ca_key = s->ca_key;
    plan->ca_verifications = 1;
    if (l)
        ens__floor_hash(plan, l->list);
}

static bool list(void *p)
{
    state *s = p;
    ens_trustlist l;
    ens_list_judgement judged;
    ens_arena_reset(&s->arena);
    ens__writer_reset(s->writer);
    ens__writer_list_begin(s->writer);
    return ens__trustlist_read(s->reader, s->sample->list, false, s->writer, &s->arena, &l, NULL) == ENS_OK &&
           ens__trustlist_judge(&l, &s->sample->anchor, 1, &judged, NULL) == ENS_OK &&
           judged.signature == ENS_LIST_SIGNATURE_VALID && judged.pinned;
}

static size_t bytes_snapshot(const ens_sample *s)
{
    (void)s;
    const ens_list_sample *l = ens__list_sample();
    return l ? l->snapshot.len : 0;
}

/* Its checksum. */
static void plan_snapshot(const ens_sample *s, ens_floor_plan *plan)
{
    (void)s;
    const ens_list_sample *l = ens__list_sample();
    if (l)
        ens__floor_hash(plan, l->snapshot);
}

static bool snapshot(void *p)
{
    state *s = p;
    ens_snapshot *loaded = NULL;
    bool good = ens__snapshot_open(s->sample->snapshot, &loaded, NULL) == ENS_OK;
    ens__snapshot_free(loaded);
    return good;
}

const ens_operation ens__operations_lists[] = {
    {"certs/list", "/600k", 0, make, drop, list, plan_list, bytes_list},
    {"certs/snapshot", "/600k", 0, make, drop, snapshot, plan_snapshot, bytes_snapshot},
    {0},
};
