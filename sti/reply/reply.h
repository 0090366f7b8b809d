/* What customs answer to a message that was acknowledged, as a sealed message of their own: IE3N99 when the document is
 * at fault, IE3R01 with an MRN when a filing is registered. The same order makes the same id and the same MRN.
 * Source  ICS2-HTI ICD 3.1.2, 4.5.3, Annex 3; ICS2 HTI Information Exchange, R3004 */
#ifndef ENS_STI_REPLY_REPLY_H
#define ENS_STI_REPLY_REPLY_H

#include "ensign/seal.h"
#include "sti/store/store.h"

#define ENS_REPLY_KIND "reply" /* of the work that asks for one */
#define ENS_REPLY_DOCUMENT_MAX ((size_t)256 << 20)

typedef struct ens__replier ens__replier; /* one of a thread */
ens__replier *ens__replier_new(void);     /* NULL without memory */
void ens__replier_free(ens__replier *r);

/* The message, and the work that asks for its answer. */
typedef struct {
    ens_slice work_id, message_id, party, raw;
    ens_slice mpc; /* the channel that it is pulled from; empty: it is pushed */
    const char *domain;
    ens_time at;
} ens__reply_order;

/* ens__replier_is_due tells whether any document of that action may have an answer. */
bool ens__replier_is_due(ens_slice action);
/* ens__replier_make makes the answer. *due is false when there is none: then why, a literal, tells the reason. *out
 * borrows from replier and sealer until their next message; mode, mpc and url are the caller's to set.
 * Errors  those of sealing; ENS_ENOMEM, ENS_ELIMIT */
ENS_CHECK ens_code ens__replier_make(ens__replier *r, const ens__reply_order *order, ens_sealer *sealer,
                                     ens__outgoing *out, bool *due, const char **why, ens_err *err);

#endif
