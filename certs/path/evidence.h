/* Revocation lists and OCSP responses that are at hand: given as files, or fetched. Filled and read by any number of
 * threads; what was added stays until the end. */
#ifndef ENS_CERTS_PATH_EVIDENCE_H
#define ENS_CERTS_PATH_EVIDENCE_H

#include "certs/x509/crl.h"
#include "certs/x509/ocsp.h"

#include <stdatomic.h>

#define ENS_EVIDENCE_MAX 4096u /* of either kind */
#define ENS_EVIDENCE_BYTES_MAX ((size_t)1 << 30)
#define ENS_CRL_INDEXED_FROM 64u /* entries from which an index pays */

typedef struct ens__evidence ens__evidence;

ens__evidence *ens__evidence_new(void); /* NULL when out of memory */
void ens__evidence_free(ens__evidence *evidence);

/* Each copies and reads one DER object.
 * Errors  those of ens__crl_read and ens__ocsp_read; ENS_ELIMIT over the limits above; ENS_ENOMEM */
ENS_CHECK ens_code ens__evidence_add_crl(ens__evidence *evidence, ens_slice der, ens_err *err);
ENS_CHECK ens_code ens__evidence_add_ocsp(ens__evidence *evidence, ens_slice der, ens_err *err);

size_t ens__evidence_num_crls(const ens__evidence *evidence);
size_t ens__evidence_num_ocsps(const ens__evidence *evidence);
/* Each borrows number i of what was counted. */
const ens__crl *ens__evidence_crl(const ens__evidence *evidence, size_t i);
const ens__ocsp *ens__evidence_ocsp(const ens__evidence *evidence, size_t i);
uint64_t ens__evidence_crl_hash(const ens__evidence *evidence, size_t i); /* ens__name_hash of its issuer */

/* ens__evidence_find is ens__crl_find, by an index that the first call for a large list makes. */
bool ens__evidence_find(ens__evidence *evidence, size_t crl, ens_slice serial, ens_slice issuer, ens__revoked *out);

/* A signature that verified once needn't be verified again: which key did, of CRL or response i. The key is a
 * SubjectPublicKeyInfo. */
bool ens__evidence_is_signed(ens__evidence *evidence, bool ocsp, size_t i, ens_slice spki);
void ens__evidence_note_signed(ens__evidence *evidence, bool ocsp, size_t i, ens_slice spki);

#endif
