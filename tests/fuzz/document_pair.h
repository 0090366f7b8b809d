/* A business document read twice, by the scanner and by libxml2's stream: the same findings, those of the message
 * tables among them, the same values. */
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
    p->reader =
        (ens_document_reader){.scan = ens__scan_new(), .xml = ens__xmlstream_new(), .tables = ens__docreader_new()};
    ens_arena_init(&p->arena, (size_t)64 << 20);
    return p;
}

static inline void document_pair_free(document_pair *p)
{
    ens__scan_free(p->reader.scan);
    ens__xmlstream_free(p->reader.xml);
    ens__docreader_free(p->reader.tables);
    ens_arena_free(&p->arena);
    free(p);
}

static inline bool same_text(const char *a, const char *b)
{
    return !a == !b && (!a || strcmp(a, b) == 0);
}

static inline bool same_finding(const ens_finding *a, const ens_finding *b)
{
    char left[ENS_DETAIL_TEXT], right[ENS_DETAIL_TEXT];
    return strcmp(a->id, b->id) == 0 && a->outcome == b->outcome &&
           same_text(ens_finding_detail(a, left), ens_finding_detail(b, right)) && same_text(a->xpath, b->xpath) &&
           a->at == b->at;
}

static inline bool same_findings(const ens_report *a, const ens_report *b)
{
    bool same = ens_report_num(a) == ens_report_num(b);
    for (size_t i = 0; same && i < ens_report_num(a); i++)
        same = same_finding(ens_report_get(a, i), ens_report_get(b, i));
    return same && ens_report_num(a) > 0;
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

static inline bool alike_by(document_pair *p, ens_slice text, ens_docreader *tables)
{
    ens_report *scanned = ens_report_new(), *streamed = ens_report_new();
    ens_arena_reset(&p->arena);
    ens_document_reader by_scan = {.scan = p->reader.scan, .xml = p->reader.xml, .tables = tables};
    ens__document_read(by_scan, text, NULL, &p->arena, &p->scanned, scanned);
    ens_document_reader by_stream = {.xml = p->reader.xml, .tables = tables};
    ens__document_read(by_stream, text, NULL, &p->arena, &p->streamed, streamed);
    bool alike = same_findings(scanned, streamed) && same_values(&p->scanned, &p->streamed);
    ens_report_free(scanned), ens_report_free(streamed);
    return alike;
}

/* document_pair_alike reads text both ways, without the message tables, which need not see all of it, and with them;
 * values stay until the next call. */
static inline bool document_pair_alike(document_pair *p, ens_slice text)
{
    return alike_by(p, text, NULL) && alike_by(p, text, p->reader.tables);
}

#endif
