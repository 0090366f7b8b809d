/* What customs say: to a message that was acknowledged, and to what an officer orders or a time brings about. What is
 * said is decided and written in sti/filing; here it is sealed. The same work makes the same ids and the same MRN.
 * Source  ICS2-HTI ICD 3.1, 4.5.3, Annex 3 */
#ifndef ENS_STI_REPLY_REPLY_H
#define ENS_STI_REPLY_REPLY_H

#include "ensign/seal.h"
#include "sti/filing/customs.h"

#define ENS_REPLY_KIND "reply" /* of the work that asks for an answer to its message */
#define ENS_REPLY_DOCUMENT_MAX ((size_t)256 << 20)

/* What a message is about, for whoever has an answer ready: filing is the one that it names, or NULL. */
typedef struct {
    ens_slice action, party;
    const ens_doc *document;
    const ens_filing *filing;
} ens__cue_question;

typedef struct {
    ens_customs_settings customs;
    bool rehearsal; /* the ends of LRNs ask for answers, and so do scenarios */
    /* Whoever has scenarios; false: none fits. NULL: nobody. */
    bool (*cue)(void *user, const ens__cue_question *question, ens_cue *out);
    void *user;
} ens__replier_settings;

typedef struct ens__replier ens__replier; /* one of a thread */
/* ens__replier_new borrows the store. NULL without memory. */
ens__replier *ens__replier_new(ens__store *store, const ens__replier_settings *settings);
void ens__replier_free(ens__replier *r);
/* ens__replier_begin forgets what it made: that is kept by now, or lost. */
void ens__replier_begin(ens__replier *r);

/* Work that was claimed, the space that it is of, and the time there. */
typedef struct {
    const ens__work *work;
    const char *domain, *space;
    ens_time at;
    /* Says how a message gets to a party: mode, tries, note, url; what it is pulled from is written into mpc. */
    void (*address)(void *user, ens_slice party, ens__outgoing *out, char mpc[ENS_STORE_URL]);
    void *user;
} ens__reply_order;

/* What comes of it, until ens__replier_begin. */
typedef struct {
    ens__outgoing *outgoing;
    size_t num_outgoing;
    ens__task *tasks;
    size_t num_tasks;
    const ens__filing_changes *filings;
    const char *why; /* nothing goes out: the reason, a literal; else NULL */
    bool at_once;    /* a task of it is due */
} ens__reply_result;

/* ens__replier_is_due tells whether any document of that action may have an answer. */
bool ens__replier_is_due(ens_slice action);
/* ens__replier_make does the work.
 * Errors  those of sealing and of the store; ENS_ENOMEM, ENS_ELIMIT: nothing that was made since
 * ens__replier_begin by this one may be kept */
ENS_CHECK ens_code ens__replier_make(ens__replier *r, const ens__reply_order *order, ens_sealer *sealer,
                                     ens__reply_result *out, ens_err *err);

#endif
