/* A message in another form than our sealer gives it, made from one of the fixtures, and what both engines say of it.
 */
#ifndef ENS_TESTS_AS4_FORM_H
#define ENS_TESTS_AS4_FORM_H

#include "engine/base/bytes.h"
#include "ensign/verify.h"

typedef enum { BEHIND_THE_SEAL = 0, SEALED_SO } form_when;

typedef struct {
    const char *what;
    const char *of; /* the fixture it is made from: "f26.mime" */
    form_when when; /* SEALED_SO: digests and signature are made anew after the change */
    const char *find, *replace, *find2, *replace2, *find3, *replace3;
    bool (*edit)(ens_buf *message); /* a change that text alone can't say; NULL: none */
    ens_verdict verdict;
    const char *code;    /* of a refusal; NULL: not asked */
    const char *id;      /* a finding that has to be there … */
    ens_outcome outcome; /* … with this outcome */
    const char *says;    /* … and with this in its detail; NULL: not asked */
    bool lenient;
    ens_role role;
    const char *customs;     /* anchors of customs, "customs-root.pem"; NULL: none are given */
    const char *trust;       /* anchors, instead of those of the fixture's signer */
    const char *receipt_for; /* judged as a receipt for that fixture */
} form;

/* form_judge makes and judges each form by both engines and checks what is asked for. */
void form_judge(const form *forms, size_t num);
/* form_make appends the message; false after a failed check. */
bool form_make(const form *f, ens_buf *out);
/* form_verify judges bytes by both engines; the caller owns the report. */
void form_verify(ens_slice bytes, const form *how, ens_message *message, ens_report *report, ens_verifier *verifier);

#define FORMS(table) form_judge(table, sizeof(table) / sizeof *(table))

#endif
