/* What any file is, what is wrong with it, and who has to act: each file goes to the judge that is made for it, and
 * what the judge found is turned into a task for somebody. A file with a private key is refused unread. */
#ifndef ENS_STI_DOCTOR_DOCTOR_H
#define ENS_STI_DOCTOR_DOCTOR_H

#include "engine/base/arena.h"
#include "ensign/verify.h"
#include "sti/doctor/who.h"

typedef enum {
    ENS_PATIENT_UNKNOWN = 0,
    ENS_PATIENT_KEY,
    ENS_PATIENT_KEYSTORE,
    ENS_PATIENT_CERTIFICATE,
    ENS_PATIENT_CHAIN,
    ENS_PATIENT_REQUEST,
    ENS_PATIENT_MESSAGE,
    ENS_PATIENT_ENVELOPE, /* a message without its package */
    ENS_PATIENT_RECEIPT,
    ENS_PATIENT_ERROR,
    ENS_PATIENT_PULL,
    ENS_PATIENT_FILING,  /* a business document that traders send */
    ENS_PATIENT_REPLY,   /* … that customs send */
    ENS_PATIENT_REFUSAL, /* IE3N99 or IE3N01 */
    ENS_PATIENT_XML,     /* a document that is none of ICS2 */
    ENS_PATIENT_LIST,    /* a trusted list */
    ENS_PATIENT_CRL,
    ENS_PATIENT_OCSP,
    ENS_PATIENT_PDF,
    ENS_PATIENT_EVIDENCE,
    ENS_PATIENT_EORI,
    ENS_PATIENTS
} ens_patient;
const char *ens__patient_name(ens_patient kind);  /* "certificate" …, for programs */
const char *ens__patient_words(ens_patient kind); /* "a certificate" …, for people */
/* ens__patient_advice says what to do with what has no judge of its own, and with what must not be read; NULL: see the
 * report. */
const char *ens__patient_advice(ens_patient kind);

typedef struct {
    const ens_verify_options *verify; /* of messages and documents; its trust judges certificates, too */
    ens_trust *trust, *customs;       /* those of verify, which evidence may add to; NULL: none */
    ens_slice eori;                   /* the certificate should belong to it; empty: isn't asked */
    ens_slice original;               /* of a receipt: the message it is for; of a PDF: as it was issued; or empty */
} ens_doctor_options;

/* Texts live until the doctor's next file. */
typedef struct {
    ens_patient kind;
    bool judged; /* the report and the verdict are set */
    ens_verdict verdict;
    ens_answer answer;
    const ens_report *report;
    const ens_finding *because; /* what decides: the first failure, or what could not be judged; NULL: nothing */
    ens_who who;
    bool of_customs;             /* customs made it */
    ens_slice about, message_id; /* action, or subject; empty: there is none */
    /* What somebody else found, of an error signal or a refusal. */
    ens_slice code, subcode;
    const char *meaning, *hint;
    size_t num_told;
    uint8_t sha256[32];
} ens_diagnosis;

typedef struct ens_doctor ens_doctor; /* memory of one thread; one file at a time */

ENS_CHECK ens_code ens__doctor_new(ens_doctor **out, ens_err *err);
void ens__doctor_free(ens_doctor *d);
void ens__doctor_examine(ens_doctor *d, ens_slice file, const ens_doctor_options *o, ens_diagnosis *out);

#endif
