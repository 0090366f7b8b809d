/* Until when an algorithm holds.   Source  TS 119 312 v1.5.1, as the EU's DSS dates it */
#ifndef ENS_CERTS_PATH_CRYPTOPOLICY_H
#define ENS_CERTS_PATH_CRYPTOPOLICY_H

#include "certs/path/timeline.h"
#include "engine/base/report.h"
#include "ensign/cert.h"

/* One end: the first moment at which it no longer holds, or ENS_TIME_NONE. */
typedef struct {
    const char *what; /* "RSA below 3000 bits" */
    ens_time end;
    bool hard;     /* known when the table was made; a later end warns */
    bool unlisted; /* TS 119 312 doesn't know it */
} ens__crypto_end;

/* ens__crypto_key tells the end of a certificate's key as ICS2 uses it (an RSA key with PKCS#1 v1.5). */
ens__crypto_end ens__crypto_key(const ens_cert *cert);
/* ens__crypto_signature tells the end of the signature on a certificate: of its scheme with the issuer's key, or of its
 * hash, whichever ends first. issuer NULL: the size of an RSA key is that of the signature, other sizes are not judged.
 */
ens__crypto_end ens__crypto_signature(const ens_cert *cert, const ens_cert *issuer);

/* ens__crypto_judge adds crypto.key for the first certificate, and crypto.signature for each (that of a self-signed one
 * proves nothing, and isn't judged): failed where the algorithm had ended at the time, warned where the certificate
 * outlives it. Every algorithm that has an end gets an interval of the timeline. */
void ens__crypto_judge(const ens_chain *chain, ens_time at, ens__timeline *timeline, ens_report *report);

#endif
