/* The ebMS header as a record: what a reader fills and a writer writes. Every slice is decoded text, borrowed from the
 * message, from the arena, or from the caller who seals. Absent values are empty slices with p == NULL. */
#ifndef ENS_AS4_ENVELOPE_EBMS_H
#define ENS_AS4_ENVELOPE_EBMS_H

#include "as4/mime/mime.h"
#include "engine/xml/tree/tree.h"
#include "ensign/verify.h"

#include <stddef.h>

#define ENS_PROPERTIES_MAX 16u /* properties of one part that are kept */
#define ENS_ERRORS_MAX 16u     /* eb:Error of one signal */

typedef enum {
    ENS_KIND_UNKNOWN = 0,
    ENS_KIND_USER_MESSAGE,
    ENS_KIND_RECEIPT,
    ENS_KIND_ERROR,
    ENS_KIND_PULL_REQUEST
} ens_kind;

typedef struct {
    ens_slice id, type, role; /* type.p NULL: attribute absent */
    unsigned num_ids;         /* eb:PartyId elements seen; a sender has 1 */
} ens_party;

typedef struct {
    ens_slice name, type, value;
} ens_property;

typedef struct {
    ens_slice href; /* as written, "cid:…" */
    ens_slice cid;  /* without "cid:", percent-decoded; empty when href is no cid */
    ens_property property[ENS_PROPERTIES_MAX];
    unsigned num_properties;
    ens_slice mime_type, charset, compression; /* the three that ICS2 knows */
    ens_slice misnamed;                        /* the first of their names that is spelt with other capitals */
} ens_part_info;

typedef struct {
    ens_slice code, severity, category, origin, short_description, ref_to, description, detail;
} ens_error_info;

typedef struct ens_header ens_header;
struct ens_header {
    ens_kind kind;
    const ens_header *bundled; /* the signal that travels with a user message; in the arena, or NULL */
    ens_slice timestamp, message_id, ref_to;
    ens_slice mpc; /* of eb:UserMessage or eb:PullRequest */
    /* user message */
    ens_party from, to;
    ens_slice agreement, agreement_type, agreement_pmode;
    ens_slice service, service_type, action, conversation_id;
    bool has_payload_info;
    unsigned num_parts;
    unsigned num_errors; /* of a signal */
    /* Last, because large: what is not counted is not set. */
    ens_part_info part[ENS_PARTS_MAX];
    ens_error_info error[ENS_ERRORS_MAX];
};

/* ens__header_clear makes an empty header. */
static inline void ens__header_clear(ens_header *h)
{
    memset(h, 0, offsetof(ens_header, part));
}

/* Reading eb:Messaging into the header record. */
/* ens__ebms_read fills *out from the one eb:Messaging block and adds header.*: order and number of elements as the
 * schema has them; values are judged by ics2. Slices borrow from the tree and the arena.
 * Source  ebMS3 Core, Appendix
 * A; ICS2-HTI 4.2 */
void ens__ebms_read(const ens_node *messaging, ens_arena *arena, ens_header *out, ens_report *report);

/* Writing eb:Messaging, canonical as it is written: what is hashed is what is sent. */
/* ens__ebms_write appends the block with the id; it is its own exclusive C14N. References are those that a receipt
 * acknowledges, and NULL for other kinds.   Source  ebMS3 Core, Appendix A; AS4 5.1.8; ICS2-HTI 4.2, 4.3 */
void ens__ebms_write(const ens_header *h, const char *id, const ens_signed_part *references, size_t num_references,
                     ens_buf *out);

/* Text and attribute values as canonical XML writes them (Canonical XML 1.0, 2.3). */
void ens__xml_put_text(ens_buf *out, ens_slice text);
void ens__xml_put_value(ens_buf *out, ens_slice text);

#endif
