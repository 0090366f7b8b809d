/* Is an RSA modulus one whose factors anybody can find?
 * Source  NIST SP 800-89, 5.3.3 (no small factors); CVE-2017-15361 (ROCA), by the fingerprint of Nemec, Sys, Svenda,
 * Klinec, Matyas: "The Return of Coppersmith's Attack", 4 */
#ifndef ENS_CERTS_KEYS_MODULUS_H
#define ENS_CERTS_KEYS_MODULUS_H

#include "engine/base/bytes.h"

#define ENS_MODULUS_FACTOR_MAX 751u /* the largest prime that is tried */

typedef enum { ENS_MODULUS_GOOD = 0, ENS_MODULUS_SMALL_FACTOR, ENS_MODULUS_ROCA } ens__modulus_fault;

/* ens__modulus_judge tries all primes from 3 to ENS_MODULUS_FACTOR_MAX. modulus: big-endian, without a sign octet; one
 * that is even is the caller's to refuse. *factor is the prime of a SMALL_FACTOR. */
ens__modulus_fault ens__modulus_judge(ens_slice modulus, unsigned *factor);

#endif
