/* A business document read twice, by the scanner and by libxml2's stream: the same finding, the same values. */
#ifndef ENS_TESTS_FUZZ_DOCUMENT_PAIR_H
#define ENS_TESTS_FUZZ_DOCUMENT_PAIR_H

#include "as4/payload/document.h"

#include <stdlib.h>

typedef struct {
    ens_document_reader reader; /* with scanner */
    ens_arena arena;
    ens_document scanned, streamed;
} document_pair;

static inline document_pair *document_pair_new(void)
{
    document_pair *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    p->reader = (ens_document_reader){ens__scan_new(), ens__xmlstream_new()};
    ens_arena_init(&p->arena, (size_t)64 << 20);
    return p;
}

static inline void document_pair_free(document_pair *p)
{
    ens__scan_free(p->reader.scan);
    ens__xmlstream_free(p->reader.xml);
    ens_arena_free(&p->arena);
    free(p);
}

static inline bool same_finding(const ens_finding *a, const ens_finding *b)
{
    return a && b && strcmp(a->id, b->id) == 0 && a->outcome == b->outcome && !a->detail == !b->detail &&
           (!a->detail || strcmp(a->detail, b->detail) == 0) && a->at == b->at;
}

static inline bool same_values(const ens_document *a, const ens_document *b)
{
    bool same = a->read == b->read && ens_eq(a->root, b->root) && ens_eq(a->ns, b->ns) && ens_eq(a->lrn, b->lrn) &&
                ens_eq(a->mrn, b->mrn) && ens_eq(a->functional_reference, b->functional_reference) &&
                ens_eq(a->circumstance, b->circumstance) && ens_eq(a->declarant, b->declarant) &&
                ens_eq(a->member_state, b->member_state) && ens_eq(a->transport_document, b->transport_document) &&
                a->num_lrn == b->num_lrn && a->num_mrn == b->num_mrn && a->num_files == b->num_files;
    for (unsigned i = 0; same && i < a->num_files && i < ENS_PARTS_MAX; i++)
        same = ens_eq(a->file[i].identification, b->file[i].identification) && ens_eq(a->file[i].mime, b->file[i].mime);
    return same;
}

/* document_pair_alike reads text both ways; values stay until the next call. */
static inline bool document_pair_alike(document_pair *p, ens_slice text)
{
    ens_report *scanned = ens_report_new(), *streamed = ens_report_new();
    ens_arena_reset(&p->arena);
    ens__document_read(p->reader, text, NULL, &p->arena, &p->scanned, scanned);
    ens__document_read((ens_document_reader){NULL, p->reader.xml}, text, NULL, &p->arena, &p->streamed, streamed);
    bool alike = ens_report_num(scanned) == 1 && ens_report_num(streamed) == 1 &&
                 same_finding(ens_report_get(scanned, 0), ens_report_get(streamed, 0)) &&
                 same_values(&p->scanned, &p->streamed);
    ens_report_free(scanned), ens_report_free(streamed);
    return alike;
}

#endif
