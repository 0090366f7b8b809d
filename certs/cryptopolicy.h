/* Until when an algorithm holds.   Source  TS 119 312 v1.5.1, as the EU's DSS dates it (eidas-certificates 2, crypto dates) */
#ifndef ENS_CERTS_CRYPTOPOLICY_H
#define ENS_CERTS_CRYPTOPOLICY_H

#include "engine/report.h"
#include "ensign/cert.h"

/* One end: the first moment at which it no longer holds, or ENS_TIME_NONE. */
typedef struct {
    const char *what; /* "RSA below 3000 bits" */
    ens_time end;
    bool hard; /* known when the table was made; a later end warns */
} ens__crypto_end;

/* ens__crypto_key and ens__crypto_signature tell the ends of a certificate's key, and of the algorithm that signs it. */
ens__crypto_end ens__crypto_key(const ens_cert *cert);
ens__crypto_end ens__crypto_signature(const ens_cert *cert);

/* ens__crypto_judge adds crypto.key and crypto.signature for each certificate but the self-signed: failed where the algorithm
 * had ended at the time, warned where the certificate outlives it. Returns the earliest end that lies before the
 * certificates' own, or ENS_TIME_NONE. */
ens_time ens__crypto_judge(const ens_chain *chain, ens_time at, ens_report *report);

#endif
