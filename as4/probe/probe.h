/* Messages that an access point is tried with: sound ones, and one for each kind of fault, by the assertion that they
 * are tried for. They are sealed by the sealer, changed, and sealed anew where the fault is the sender's.
 * Source  CEF eDelivery AS4 profile, Test Assertions Description 1.2; ICS2-HTI 4 */
#ifndef ENS_AS4_PROBE_H
#define ENS_AS4_PROBE_H

#include "engine/base/bytes.h"
#include "ensign/seal.h"

#define ENS_PROBES_MAX 160u /* rows of the table at most */
#define ENS_PROBE_ID 512u

/* What a message is made from. */
typedef enum { ENS_PROBE_FILING = 0, ENS_PROBE_ATTACHED, ENS_PROBE_PING, ENS_PROBE_PULL } ens_probe_base;
/* Whose seal it has: the caller's; the same without issuers; a self-signed one; one under a CA of the issuer's name. */
typedef enum { ENS_PROBE_OWN = 0, ENS_PROBE_LEAF, ENS_PROBE_ALONE, ENS_PROBE_FAKED, ENS_PROBE_SEALS } ens_probe_seal;
/* When the text is changed: sealed anew behind the change, as a fault of the sender, or not, as on the way. */
typedef enum { ENS_PROBE_RESEALED = 0, ENS_PROBE_ALTERED } ens_probe_when;

#define ENS_PROBE_BY_REPLY "IE3N99" /* in place of an error: a receipt, and this document behind it */

typedef struct ens_prober ens_prober; /* seals, documents and memory that the messages are made of */
typedef bool (*ens_probe_edit)(ens_buf *message, const ens_prober *from);

/* One message. codes NULL: it is to be acknowledged; else the errors that it may be refused with, by '|'. */
typedef struct {
    const char *assertion, *kind, *family;
    ens_probe_base base;
    ens_probe_seal seal;
    ens_probe_when when;
    const char *find, *replace, *find2, *replace2;
    ens_probe_edit edit, after; /* after: behind the seal */
    const char *to, *agreement, *conversation;
    bool other_party; /* From, or the channel, is another's */
    bool same_id;     /* the id of the first message, which was another */
    bool again;       /* the bytes of the first message */
    const char *codes;
    const char *action; /* NULL: IE3F26 */
    const char *reply;  /* it is acknowledged, and this message of customs answers it; NULL: nobody asks */
    bool mute;          /* … which names neither LRN nor MRN */
    bool own;           /* it is about the first message, whose MRN customs have told */
} ens_probe;

/* One assertion, in the order of the tables. skip: why it is never tried; tls: it is a matter of TLS alone. */
typedef struct {
    const char *id;
    char level; /* M, P, O */
    const char *skip;
    int tls; /* one of those below */
} ens_assertion;

enum { ENS_TLS_NONE = 0, ENS_TLS_OLD, ENS_TLS_SSL3, ENS_TLS_WEAK, ENS_TLS_GOOD, ENS_TLS_CLIENT };

const ens_assertion *ens__assertion_at(size_t i); /* NULL past the end */
const ens_probe *ens__probe_at(size_t i);         /* NULL past the end */

/* What messages are made with. */
typedef struct {
    const ens_sealer_options *seal; /* the files of the caller's seal … */
    ens_sealer *sealer;             /* … and what was made of them */
    const char *from;
    ens_time at;
} ens_prober_options;

/* ens__prober_new makes the documents, and the keys and certificates that are not the caller's.
 * Errors  those of sealing */
ENS_CHECK ens_code ens__prober_new(const ens_prober_options *o, ens_prober **out, ens_err *err);
void ens__prober_free(ens_prober *p);
/* ens__prober_make gives a message, which lives until the next one, and its id. */
ENS_CHECK ens_code ens__prober_make(ens_prober *p, const ens_probe *probe, ens_slice *message, ens_slice *id,
                                    ens_err *err);
/* ens__prober_tell says what MRN customs gave the first message. */
void ens__prober_tell(ens_prober *p, const char *mrn);
/* A client's certificate that no authority issued, and its key: PEM. */
void ens__prober_stranger(const ens_prober *p, ens_slice *cert, ens_slice *key);
/* What edits need: the document of the message in hand. */
ens_slice ens__prober_document(const ens_prober *p);

#endif
