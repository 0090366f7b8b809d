/* The ebMS header as a record: what a reader fills and a writer writes. Every slice is decoded text, borrowed from the
 * message, from the arena, or from the caller who seals. Absent values are empty slices with p == NULL. */
#ifndef ENS_AS4_ENVELOPE_EBMS_H
#define ENS_AS4_ENVELOPE_EBMS_H

#include "as4/mime/mime.h"

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
    ens_slice mime_type, charset, compression; /* the three that ICS2 knows, borrowed from property */
} ens_part_info;

typedef struct {
    ens_slice code, severity, category, origin, short_description, ref_to, description, detail;
} ens_error_info;

typedef struct {
    ens_kind kind;
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
} ens_header;

/* ens__header_clear makes an empty header. */
static inline void ens__header_clear(ens_header *h)
{
    memset(h, 0, offsetof(ens_header, part));
}

#endif
