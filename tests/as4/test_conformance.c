/* Sender-side assertions of the eDelivery AS4 profile that need no server, by their ids, and ICS2's own. What concerns
 * refusals is in the refusal table (fixtures/refusals.inc), whose rows are judged by as4/answer_sheets. */
#include "as4/envelope/ebms.h"
#include "as4/envelope/names.h"
#include "as4/envelope/soap.h"
#include "as4/ics2/ics2.h"
#include "as4/mime/mime.h"
#include "engine/base/gzip.h"
#include "engine/base/report.h"
#include "ensign/seal.h"
#include "fixtures/messages.h"
#include "fixtures/pki.h"
#include "fixtures/seed.h"
#include "tests/suite.h"

#include <stdio.h>

/* One sealed message, read again by our own readers. */
typedef struct {
    ens_buf bytes;
    ens_arena arena;
    ens_libxml *xml;
    ens_mime mime;
    ens_soap soap;
    ens_header header;
    ens_report report;
} reading;

static fx_pki *pki(void)
{
    static fx_pki made;
    if (!made.num) {
        fx_seed_begin("conformance");
        CU_ASSERT_FATAL(fx_pki_make_path(&made, "trader"));
        fx_seed_end();
    }
    return &made;
}

static void read_message(reading *r, const char *name)
{
    memset(r, 0, sizeof *r);
    ens_buf_init(&r->bytes, NULL, 0, (size_t)16 << 20);
    ens_arena_init(&r->arena, (size_t)16 << 20);
    ens__report_init(&r->report);
    r->xml = ens__libxml_new();
    CU_ASSERT_FATAL(r->xml && fx_message_seal(pki(), fx_message_find(name), &(fx_change){0}, &r->bytes));
    ens__mime_read(ens_buf_slice(&r->bytes), (ens_slice){0}, &r->arena, &r->mime, &r->report);
    ens__soap_read(r->xml, r->mime.root.body, &r->arena, &r->soap, &r->report);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r->soap.messaging);
    ens__ebms_read(r->soap.messaging, &r->arena, &r->header, &r->report);
    CU_ASSERT(!ens_report_tells(&r->report, "header", ENS_FAIL) && !ens_report_tells(&r->report, "mime", ENS_FAIL) &&
              !ens_report_tells(&r->report, "soap", ENS_FAIL));
}

static void drop(reading *r)
{
    ens__soap_clear(&r->soap);
    ens__libxml_free(r->xml);
    ens__report_clear(&r->report);
    ens_arena_free(&r->arena);
    ens_buf_free(&r->bytes);
}

static void one_party(void)
{
    static const char *const names[] = {"f26.mime", "f10.mime", "a26.mime", "q04.mime", "n06.mime", "r02.mime"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        reading r;
        read_message(&r, names[i]);
        CU_ASSERT(r.header.from.num_ids == 1 && r.header.to.num_ids == 1);
        drop(&r);
    }
}

static void parts(void)
{
    reading r;
    read_message(&r, "f26-attachments.mime");
    CU_ASSERT(ens__node_first(r.soap.body) == NULL && ens__node_text(r.soap.body, &r.arena).len == 0);
    CU_ASSERT_EQUAL(r.mime.num_parts, 3);
    CU_ASSERT_EQUAL(r.header.num_parts, 3);
    static const char *const cids[] = {"ens", "photo-1", "photo-2"};
    static const char *const types[] = {"application/xml", "application/pdf", "image/jpeg"};
    for (unsigned i = 0; i < 3 && i < r.header.num_parts; i++) {
        const ens_part_info *p = &r.header.part[i];
        CU_ASSERT(ens_is(p->cid, cids[i]) && ens_is(p->mime_type, types[i]));
        CU_ASSERT(ens_is(p->compression, "application/gzip"));
        CU_ASSERT(i == 0 ? ens_is(p->charset, "utf-8") : !p->charset.p);
        CU_ASSERT(ens_is(r.mime.part[i].media_type, "application/gzip"));
    }
    CU_ASSERT(ens__find(ens_buf_slice(&r.bytes), ENS_LIT("http://www.w3.org/2001/04/xmlenc#Encrypted"), 0) == SIZE_MAX);
    CU_ASSERT(ens__find(ens_buf_slice(&r.bytes), ENS_LIT("EncryptedKey"), 0) == SIZE_MAX);
    drop(&r);
}

static void compression(void)
{
    reading r;
    ens_buf sent, got;
    ens_gzip *z = ens__gzip_new();
    read_message(&r, "f26.mime");
    ens_buf_init(&sent, NULL, 0, (size_t)1 << 20);
    ens_buf_init(&got, NULL, 0, (size_t)1 << 20);
    fx_document_write(&(fx_document){.action = "IE3F26", .lrn = FX_LRN, .size = fx_message_find("f26.mime")->size},
                      &sent);
    CU_ASSERT_EQUAL(ens__gzip_inflate(z, r.mime.part[0].body, ENS_INFLATE_MAX, &got, NULL), ENS_OK);
    CU_ASSERT(ens_eq(ens_buf_slice(&sent), ens_buf_slice(&got)));
    CU_ASSERT(memcmp(r.mime.part[0].body.p + 4, "\0\0\0\0", 4) == 0); /* no time: a retry has the same bytes */
    ens__gzip_free(z);
    ens_buf_free(&sent);
    ens_buf_free(&got);
    drop(&r);
}

static void values(void)
{
    reading r;
    read_message(&r, "f26.mime");
    const ens_header *h = &r.header;
    CU_ASSERT(ens_is(h->conversation_id, "1"));
    CU_ASSERT(ens_is(h->from.type, ENS_PARTY_TYPE_EORI) && ens_is(h->from.role, "Trader"));
    CU_ASSERT(ens_is(h->to.type, ENS_PARTY_TYPE_AUTH) && ens_is(h->to.role, "Customs") &&
              ens_is(h->to.id, "sti-taxud"));
    CU_ASSERT(ens_is(h->agreement, ENS_AGREEMENT_V2) && ens_is(h->agreement_type, ENS_AGREEMENT_TYPE) &&
              !h->agreement_pmode.p);
    CU_ASSERT(ens_is(h->service, ENS_SERVICE_T2C) && ens_is(h->service_type, ENS_SERVICE_TYPE));
    CU_ASSERT(!h->ref_to.len && !h->mpc.len);
    drop(&r);
    read_message(&r, "test.mime");
    CU_ASSERT(ens_is(r.header.service, ENS_TEST_SERVICE) && !r.header.service_type.p &&
              ens_is(r.header.action, ENS_TEST_ACTION) && r.header.agreement.len);
    drop(&r);
}

/* directions puts each of the 84 actions under both services, and expects the one of its direction. */
static void directions(void)
{
    reading r;
    read_message(&r, "f26.mime");
    for (unsigned i = 0; i < ENS_NUM_ACTIONS; i++)
        for (unsigned service = 0; service < 2; service++) {
            const ens_action *a = ens__action_get(i);
            ens_header h = r.header;
            ens_report report;
            ens__report_init(&report);
            h.action = ens_str(a->name);
            h.service = service ? ENS_LIT(ENS_SERVICE_C2T) : ENS_LIT(ENS_SERVICE_T2C);
            ens__ics2_judge(&h, &(ens__ics2_options){.at = FX_AT}, &report);
            bool fits = a->direction == ENS_T2C && !service;
            CHECK_ROW(ens_report_tells(&report, "rules", ENS_FAIL) == !fits, "%s under %s", a->name,
                      service ? ENS_SERVICE_C2T : ENS_SERVICE_T2C);
            ens__report_clear(&report);
        }
    drop(&r);
}

static const ens_case cases[] = {
    {"AS4_CP_TA03: one PartyId in From, one in To", one_party},
    {"AS4_CP_TA05, TA06, TA13, TA24, TA25, TA28: parts in order, an empty Body, their properties, no encryption",
     parts},
    {"AS4_CP_TA23, TA32: what is inflated is what was given", compression},
    {"AS4_CP_TA16, TA18 and ICD 4.2: the header's fixed values", values},
    {"ICS-06: each of the 84 actions under both services", directions},
    {NULL, NULL},
};
ENS_SUITE("as4/conformance", cases)
