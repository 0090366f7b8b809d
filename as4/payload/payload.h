/* The parts of a user message: found, inflated, and the business document judged (ICS2-HTI 4.2.5, 4.6.3). */
#ifndef ENS_AS4_PAYLOAD_PAYLOAD_H
#define ENS_AS4_PAYLOAD_PAYLOAD_H

#include "as4/mime/mime.h"
#include "as4/payload/document.h"
#include "ensign/verify.h"

#define ENS_DELIVERED_MAX ((size_t)256 << 20) /* inflated bytes of all parts of one message */

/* What a message delivers, in the order of its header. cid and type borrow from the header; inflated bytes are owned
 * and stay until the next reset. */
typedef struct {
    ens_delivery item[ENS_PARTS_MAX];
    unsigned num;
    ens_buf inflated[ENS_PARTS_MAX];
    ens_document document;            /* of the first part; values in the arena of the judgement */
    const ens_document_error *errors; /* of an IE3N99 or IE3N01 */
    size_t num_errors;
} ens_payloads;

void ens__payloads_init(ens_payloads *p);
/* ens__payloads_reset makes room for the next message; small buffers are kept for it. ens__payloads_clear frees all. */
void ens__payloads_reset(ens_payloads *p);
void ens__payloads_clear(ens_payloads *p);

typedef struct ens__payload_ctx ens__payload_ctx; /* one per worker: gzip, XML parser, digest, compiled schemas */
ens__payload_ctx *ens__payload_ctx_new(void);
void ens__payload_ctx_free(ens__payload_ctx *ctx);

typedef struct {
    const char *xsd_dir; /* schemas of the user, or NULL */
    bool lenient;
    bool root_only;
    ens_documents documents; /* how the message tables judge */
    const ens_tables *tables;
    ens_doc_store store; /* who remembers filings; NULL: nobody */
    void *store_user;
    bool whole; /* keep every element of a long document for ens_document_facts */
} ens__payload_options;

/* ens__payload_judge adds payload.*. A part that is missing or can't be inflated carries its EBMS code; a fault of the
 * document alone carries "IE3N99". A test message delivers nothing: its parts are only inflated. */
void ens__payload_judge(ens__payload_ctx *ctx, const ens_header *h, const ens_mime *mime, const ens__payload_options *o,
                        ens_arena *arena, ens_payloads *out, ens_report *report);

/* What is known of a business document that was checked by itself. Texts live in the arena and the document. */
typedef struct ens__document_facts {
    ens_document document;
    const ens_doc *elements;  /* until the next one is checked; NULL: the tables were not asked, or do not know it */
    const ens_tables *tables; /* that judged it; NULL: none did */
    const ens_document_error *errors;
    size_t num_errors;
} ens_document_facts;

/* ens__document_check judges a business document by itself, as ens__payload_judge does it in a message:
 * payload.document, payload.schema, payload.root, payload.namespace, payload.reference, ens.*. */
void ens__document_check(ens__payload_ctx *ctx, ens_slice text, const ens__payload_options *o, ens_arena *arena,
                         ens_document_facts *out, ens_report *report);

#endif
