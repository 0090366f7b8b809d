/* An envelope taken apart: blocks are in the tree that was read, records stay within their bounds, and what is resolved
 * has a node or a part for every reference. */
#include "tests/fuzz/target.h"

#include "as4/envelope/ebms.h"
#include "as4/wss/coverage.h"
#include "as4/wss/wss.h"

static void check_header(const ens_header *h)
{
    ENS_HOLDS(h->num_parts <= ENS_PARTS_MAX && h->num_errors <= ENS_ERRORS_MAX);
    for (unsigned i = 0; i < h->num_parts; i++)
        ENS_HOLDS(h->part[i].num_properties <= ENS_PROPERTIES_MAX);
}

static void check_coverage(const ens_wss *wss, const ens_coverage *c)
{
    ENS_HOLDS(wss->num_references <= ENS_REFERENCES_MAX);
    for (unsigned i = 0; c->resolved && i < wss->num_references; i++)
        ENS_HOLDS((c->of[i].node != NULL) != (c->of[i].part != NULL));
}

ENS_FUZZ_TARGET(soap)
{
    static ens_libxml *xml;
    ens_arena arena;
    ens_arena_init(&arena, (size_t)64 << 20);
    ens_report *report = ens_report_new();
    ens_mime *mime = calloc(1, sizeof *mime);
    ens_soap soap = {0};
    ens_header *header = calloc(1, sizeof *header);
    ens_wss *wss = calloc(1, sizeof *wss);
    ens_coverage *coverage = calloc(1, sizeof *coverage);
    if (!xml)
        xml = ens__libxml_new();
    if (xml && report && mime && header && wss && coverage) {
        ens__soap_read(xml, ens_bytes(data, size), &arena, &soap, report);
        ENS_HOLDS(soap.messaging || ens_report_verdict(report) == ENS_REFUSED);
        if (soap.messaging) {
            ens__ebms_read(soap.messaging, &arena, header, report);
            check_header(header);
        }
        if (soap.header) {
            ens__wss_read(&soap, &arena, wss);
            ens__wss_judge(&soap, wss, false, report);
            ens__coverage_judge(mime, &soap, header, wss, &arena, coverage, report);
            check_coverage(wss, coverage);
        }
    }
    ens__soap_clear(&soap);
    free(mime), free(header), free(wss), free(coverage);
    ens_report_free(report);
    ens_arena_free(&arena);
}
