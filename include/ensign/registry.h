/* Ensign: the registry that UUM&DS is for the STI, as whoever has one answers for it: which EORI takes part in ICS2,
 * and which certificates are registered for it. SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_REGISTRY_H
#define ENSIGN_REGISTRY_H

#include "ensign/eori.h"
#include "ensign/time.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is asked of a registry: may this party, that a message claims to come from, speak by this certificate? */
typedef struct {
    ens_party_id party;    /* the PartyId's parts; never without an EORI */
    ens_slice party_text;  /* … and as the message writes it */
    const uint8_t *sha256; /* of the certificate that sealed the message: 32 bytes */
    ens_slice agreement;   /* the AgreementRef of a user message, "EU-ICS2-TI-V2.0"; else empty */
    bool channel;          /* a pull request: the party asks for what waits for this very PartyId */
    ens_time at;
} ens_registry_question;

/* UNTOLD, the zero value, is never taken for a yes. */
typedef enum { ENS_REGISTRY_UNTOLD = 0, ENS_REGISTRY_YES, ENS_REGISTRY_NO } ens_registry_says;

#define ENS_REGISTRY_DETAIL 256 /* bytes of a detail, NUL included */

typedef struct {
    ens_registry_says says;
    const char *hint;                 /* what to do about a NO: a constant, or NULL: the library's own words */
    char detail[ENS_REGISTRY_DETAIL]; /* what is so, one clause, or empty: "EORI FR73282932000074 is suspended" */
} ens_registry_word;

/* What a registry answers. Where party, or after its yes certificate, is untold the message stays undecided, with the
 * code that an access point answers then (EBMS:0004, A003).   Source  ICD 4.6.3, Annex 4 (5) */
typedef struct {
    ens_registry_word party;       /* the EORI is registered and active. NO: EBMS:0004, A001 */
    ens_registry_word certificate; /*... with this very certificate, at that time, in the Member State that the party id
                                      names (its EORI's, when it names none). NO: EBMS:0004, A001 */
    ens_registry_word party_id;  /* the whole PartyId is registered. NO warns, and refuses a pull request: EBMS:0001 */
    ens_registry_word agreement; /* the EORI is registered for this interface version. NO: EBMS:0003 */
    const char
        *fault; /* of a NO of party that is the registry's own: "A002", the account that asks is rejected; "A003",
                          the registry is down; or NULL */
} ens_registry_answer;

/* ens_registry is implemented by whoever has a registry: ask fills *answer, which is zero, and is called by every
 * thread that verifies. */
typedef struct {
    void *of; /* given to ask */
    void (*ask)(void *of, const ens_registry_question *question, ens_registry_answer *answer);
} ens_registry;

/* ens_registry_open opens the registry that `ensign party` fills: one SQLite file, which several processes may share.
 * Errors  ENS_EIO no such file, or SQLite's reason; ENS_EPOLICY no registry, or one of a newer version.   since 0.1 */
ENS_API ENS_CHECK ens_code ens_registry_open(const char *path, ens_registry **out, ens_err *err);
ENS_API void ens_registry_free(ens_registry *registry); /* of ens_registry_open.  since 0.1 */

#ifdef __cplusplus
}
#endif
#endif
