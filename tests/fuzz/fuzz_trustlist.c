/* A trusted list, read into a snapshot and judged: a refusal explains itself; what is taken makes a snapshot that
 * loads, in which everything stays within what was counted; and nobody signs a list under an anchor that isn't there.
 */
#include "tests/fuzz/target.h"

#include "certs/lists/trustlist.h"

#define MEMORY_MAX ((size_t)8 << 20)

static void check_tree(const ens_snapshot *s, uint32_t root)
{
    ens_criterion list, child;
    ENS_HOLDS(ens__snapshot_criterion(s, root, &list) && list.kind == ENS_CRITERION_LIST && list.size > 0);
    for (uint32_t i = root + 1; i < root + list.size; i += child.size)
        ENS_HOLDS(ens__snapshot_criterion(s, i, &child) && child.size > 0 && i + child.size <= root + list.size);
}

static void check_snapshot(const ens_snapshot *s, const ens_trustlist *list)
{
    ens_snapshot_facts facts = ens__snapshot_facts(s);
    ens_service service;
    ens_service_entry entry;
    ens_qualification q;
    ENS_HOLDS(facts.num_lists == 1 && facts.num_services == list->num_services &&
              facts.num_providers == list->num_providers);
    for (uint32_t i = 0; ens__snapshot_service(s, i, &service); i++) {
        ENS_HOLDS(service.entries.num > 0);
        for (uint32_t k = 0; k < service.entries.num; k++) {
            ENS_HOLDS(ens__snapshot_entry(s, service.entries.first + k, &entry) && entry.service == i);
            ENS_HOLDS((k == 0) == (entry.end == INT64_MAX));
        }
    }
    for (uint32_t i = 0; ens__snapshot_qualification(s, i, &q); i++)
        check_tree(s, q.criterion);
}

static void make_snapshot(ens_snapshot_writer *w, const ens_trustlist *list)
{
    ens_slice file;
    ens_snapshot *s = NULL;
    ENS_HOLDS(ens__writer_list_end(w, &(ens_list){.usable = true, .next_update = list->next_update}, NULL) == ENS_OK);
    ENS_HOLDS(ens__writer_finish(w, 1, 1, &file, NULL) == ENS_OK);
    ENS_HOLDS(ens__snapshot_open(file, &s, NULL) == ENS_OK);
    if (s)
        check_snapshot(s, list);
    ens__snapshot_free(s);
}

ENS_FUZZ_TARGET(trustlist)
{
    static ens_trustlist_reader *reader;
    static ens_snapshot_writer *writer;
    static ens_arena arena;
    ens_trustlist list;
    ens_list_judgement judged = {0};
    ens_err err = {0};
    if (!reader) {
        reader = ens__trustlist_reader_new();
        writer = ens__writer_new();
        ens_arena_init(&arena, MEMORY_MAX);
    }
    if (!reader || !writer)
        return;
    ens_arena_reset(&arena);
    ens__writer_reset(writer);
    ens__writer_list_begin(writer);
    if (ens__trustlist_read(reader, ens_bytes(data, size), true, writer, &arena, &list, &err) != ENS_OK) {
        ENS_HOLDS(err.n && err.frame[0].what && err.frame[0].at <= size);
        ens__writer_list_drop(writer);
        ENS_HOLDS(ens__writer_status(writer, NULL) == ENS_OK);
        return;
    }
    ENS_HOLDS(list.version == 5 || list.version == 6);
    ENS_HOLDS(ens__trustlist_judge(&list, NULL, 0, &judged, &err) == ENS_OK && !judged.pinned && judged.reason[0]);
    make_snapshot(writer, &list);
}
