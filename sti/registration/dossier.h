/* The registration of a certificate in UUM&DS, from its first step to its end. Once it is active, what it is stands in
 * the registry that the STI asks, and nowhere else.
 * Source  French Customs, guide to UUM&DS, steps 1 to 3; ICS2-HTI ICD 4.6.2, 4.6.3. The states after Active are
 *         assumed */
#ifndef ENS_STI_REGISTRATION_DOSSIER_H
#define ENS_STI_REGISTRATION_DOSSIER_H

#include "ensign/pdf.h"
#include "sti/rights/rights.h"

#define ENS_RULE_REGISTRATION "French Customs, guide to UUM&DS, certificate registration"
#define ENS_DOSSIER_DESCRIPTION 512
#define ENS_NONCE 33
#define ENS_DOSSIER_PDF_MAX ((size_t)32 << 20) /* bytes of an upload */

typedef enum { ENS_STEP_DRAFT = 0, ENS_STEP_ISSUED, ENS_STEP_PENDING, ENS_STEP_REGISTERED } ens__dossier_step;

typedef enum {
    ENS_DOSSIER_DRAFT = 0,
    ENS_DOSSIER_ISSUED,
    ENS_DOSSIER_PENDING,
    ENS_DOSSIER_ACTIVE,
    ENS_DOSSIER_SUSPENDED,
    ENS_DOSSIER_REVOKED,
    ENS_DOSSIER_EXPIRED,
    ENS_DOSSIER_SUPERSEDED
} ens__dossier_status;
const char *ens__dossier_status_name(ens__dossier_status status);   /* "Signing pending", as the guide has it … */
const char *ens__dossier_status_french(ens__dossier_status status); /* "Signature en attente" … */

typedef struct {
    char id[ENS_ID], account[ENS_ACCOUNT_ID], eori[ENS_UUMDS_EORI], company[ENS_ACCOUNT_NAME];
    char name[ENS_ACCOUNT_NAME], description[ENS_DOSSIER_DESCRIPTION], holder[ENS_ACCOUNT_NAME];
    ens__dossier_step step;
    ens_time made_at, issued_at, signed_at, active_at; /* 0: not yet */
    char nonce[ENS_NONCE], sha256[ENS_UUMDS_SHA256];   /* of its certificate; empty: none yet */
    bool unchecked;                                    /* the pre-flight could not be made, or not wholly */
    char superseded_by[ENS_ID];
} ens__dossier;

/* Step 1. */
typedef struct {
    ens_slice account, eori, name, description, purpose, holder;
} ens__dossier_form;
/* ens__dossier_open judges step 1 and keeps it where nothing fails; the report tells by registration.* findings. */
ENS_CHECK ens_code ens__dossier_open(ens__rehearsal *r, const ens__dossier_form *form, ens_time now, ens_report *report,
                                     ens__dossier *out, ens_err *err);

/* ens__dossier_find reads one; of an account that isn't NULL alone. Another's has the answer that none has.
 * Errors  those of ens__id_check; ENS_ESYNTAX none of that id */
ENS_CHECK ens_code ens__dossier_find(ens__rehearsal *r, ens_slice id, const char *account, ens__dossier *out,
                                     ens_err *err);
/* ens__dossiers lists them, the newest first, of an account or (NULL) of all. */
ENS_CHECK ens_code ens__dossiers(ens__rehearsal *r, const char *account, ens_arena *arena, ens__dossier **out,
                                 size_t *num, ens_err *err);
/* ens__dossier_status_of asks the registry; reason, which may be NULL, gets a clause where there is more to tell. */
ENS_CHECK ens_code ens__dossier_status_of(ens__rehearsal *r, const ens__dossier *d, ens_time now,
                                          ens__dossier_status *out, ens_err *err);

/* ens__dossier_first_message tells when the store took the first message of its EORI after it became active; 0: none
 * yet, or the file is a registry alone. */
ENS_CHECK ens_code ens__dossier_first_message(ens__rehearsal *r, const ens__dossier *d, ens_time *out, ens_err *err);

/* Step 2: the PDF, which has the same bytes each time; and the upload of the signed one. */
ENS_CHECK ens_code ens__dossier_issue(ens__rehearsal *r, ens__dossier *d, ens_time now, ens_sink put, void *user,
                                      ens_err *err);
/* By what a certificate is judged. */
typedef struct {
    const ens_trust *trust, *national; /* NULL: none */
    const char *member_state;
    ens_pdf_profile profile;
} ens__dossier_means;
/* ens__dossier_upload judges a signed PDF and its certificate: findings pdf.*, those of the pre-flight, and
 * registration.*. Where it is taken *taken is true and the dossier is Signing pending. */
ENS_CHECK ens_code ens__dossier_upload(ens__rehearsal *r, ens__dossier *d, ens_slice file,
                                       const ens__dossier_means *means, ens_time now, ens_report *report, bool *taken,
                                       ens_err *err);
/* ens__dossier_judge_certificate makes the pre-flight before anything is signed. */
ENS_CHECK ens_code ens__dossier_judge_certificate(ens__rehearsal *r, const char *eori,
                                                  const ens_certificates *certificates, const ens__dossier_means *means,
                                                  ens_time now, ens_report *report, ens_err *err);

/* Step 3: Next. The certificate is registered for the EORI: from then on the STI takes it.
 * Errors  ENS_EPOLICY nothing was signed yet, or the party is revoked */
ENS_CHECK ens_code ens__dossier_activate(ens__rehearsal *r, ens__dossier *d, ens_time now, ens_err *err);
/* What an officer does with an active one: suspended, active again, revoked for good.   Errors ENS_EPOLICY */
ENS_CHECK ens_code ens__dossier_change(ens__rehearsal *r, const ens__dossier *d, ens_party_state state, ens_err *err);
/* ens__dossier_supersede ends one in favour of another that is active for the same EORI. */
ENS_CHECK ens_code ens__dossier_supersede(ens__rehearsal *r, ens__dossier *d, const ens__dossier *by, ens_time now,
                                          ens_err *err);

#endif
