/* A seal that is nobody's: made anew in each process, under no authority, for receipts that must not be believed. */
#ifndef ENS_STI_FAULT_STRANGER_H
#define ENS_STI_FAULT_STRANGER_H

#include "ensign/seal.h"

#include <openssl/x509.h>

/* ens__stranger_sealer makes one; a key of 2048 bits takes a tenth of a second and more.
 * Errors  ENS_ECRYPTO; those of ens_sealer_new */
ENS_CHECK ens_code ens__stranger_sealer(const char *domain, ens_time at, ens_sealer **out, ens_err *err);

/* ens__stranger_identity makes a key, and a certificate that it signs for itself: both are the caller's.
 * Errors  ENS_ECRYPTO */
ENS_CHECK ens_code ens__stranger_identity(ens_time at, EVP_PKEY **key, X509 **certificate, ens_err *err);

#endif
