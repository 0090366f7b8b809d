/* A message with nobody's values in it: names, addresses, goods, EORIs, numbers, file names, certificates are replaced
 * by like ones, the same throughout, and it is sealed again under a CA of nobody's, so that the same findings come out.
 * What is made is judged before it is handed out. */
#ifndef ENS_AS4_ANONYMISE_ANONYMISE_H
#define ENS_AS4_ANONYMISE_ANONYMISE_H

#include "engine/base/arena.h"
#include "ensign/verify.h"

#include <openssl/types.h>

#define ENS_ANONYMISE_DIFFERENCES 24u /* that are told one by one */

typedef struct {
    const ens_verify_options *verify; /* how the message is judged, and what is made of it; no registry */
    EVP_PKEY *(*make_key)(void *user, const EVP_PKEY *like); /* NULL: fresh keys */
    void *user;
} ens_anonymise_options;

/* A finding that one of the two has alone. */
typedef struct {
    const ens_finding *finding;
    bool before; /* it is the message's, else that of what was made of it */
} ens_anonymise_difference;

/* What was made; the texts live in the arena. */
typedef struct {
    ens_slice message;
    ens_slice anchors, customs; /* PEM: what stands for those of trust and customs; empty: none were given */
    ens_slice lists;            /* PEM: what stands for the CRLs that were heard of the signer's path */
    ens_answer was, is;
    const ens_report *before, *after;
    size_t num_findings, num_replaced, num_differences;
    ens_anonymise_difference difference[ENS_ANONYMISE_DIFFERENCES];
    ens_slice leaked; /* a value that stayed after all; empty: none did */
    bool same;        /* the same findings, and nothing stayed: else what was made is of no use */
} ens_anonymised;

typedef struct ens_anonymiser ens_anonymiser; /* memory of one thread; one message at a time */

ENS_CHECK ens_code ens__anonymiser_new(ens_anonymiser **out, ens_err *err);
void ens__anonymiser_free(ens_anonymiser *a);

/* ens__anonymise makes it; *out lives until the next one.
 * Errors  ENS_ELIMIT too many parts, certificates or values; ENS_ENOMEM; ENS_ECRYPTO no keys or random numbers */
ENS_CHECK ens_code ens__anonymise(ens_anonymiser *a, ens_slice message, const ens_anonymise_options *o,
                                  ens_anonymised *out, ens_err *err);

#endif
