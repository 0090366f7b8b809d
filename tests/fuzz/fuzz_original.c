/* What the scanner reads of the message that a receipt is for is what the full reading by libxml2 finds there. */
#include "tests/fuzz/target.h"

#include "as4/envelope/ebms.h"
#include "as4/envelope/names.h"
#include "as4/envelope/original.h"
#include "as4/wss/wss.h"

typedef struct {
    ens_libxml *xml;
    ens_tree_scanner scanner;
    ens_arena arena;
    ens_report *report;
    ens_soap soap;
    ens_header quick, full;
    ens_wss wss;
    ens_signed_part part[ENS_REFERENCES_MAX];
} readers;

static readers *ready(void)
{
    static readers *r;
    if (r || !(r = calloc(1, sizeof *r)))
        return r;
    ens_arena_init(&r->arena, (size_t)64 << 20);
    r->xml = ens__libxml_new();
    r->report = ens_report_new();
    if (!r->xml || !r->report || ens__tree_scanner_init(&r->scanner, ens__soap_namespaces, NULL) != ENS_OK)
        exit(2);
    return r;
}

static void compare(readers *r, ens_slice envelope, unsigned num)
{
    ens__soap_read(r->xml, envelope, &r->arena, &r->soap, r->report);
    ENS_HOLDS(r->soap.messaging && r->soap.header);
    ens__ebms_read(r->soap.messaging, &r->arena, &r->full, r->report);
    ens__wss_read(&r->soap, &r->arena, &r->wss);
    ENS_HOLDS(r->full.kind == ENS_KIND_USER_MESSAGE && r->quick.kind == r->full.kind);
    ENS_HOLDS(ens_eq(r->quick.message_id, r->full.message_id) && ens_eq(r->quick.service, r->full.service));
    ENS_HOLDS(ens_eq(r->quick.from.type, r->full.from.type));
    ENS_HOLDS(num > 0 && num == r->wss.num_references);
    for (unsigned i = 0; i < num; i++) {
        const ens_reference *of = &r->wss.reference[i];
        ENS_HOLDS(ens_eq(r->part[i].uri, of->uri) && ens_eq(r->part[i].digest_method, of->digest_method));
        ENS_HOLDS(of->digest.p && ens_eq(r->part[i].digest, of->digest));
    }
}

ENS_FUZZ_TARGET(original)
{
    readers *r = ready();
    unsigned num = 0;
    if (!r)
        return;
    ens__report_reset(r->report);
    ens__header_clear(&r->quick);
    if (ens__original_scan(&r->scanner, ens_bytes(data, size), &r->arena, &r->quick, r->part, ENS_REFERENCES_MAX, &num))
        compare(r, ens_bytes(data, size), num);
    ens__soap_reset(&r->soap);
    ens_arena_reset(&r->arena);
}
