/* Ensign: what the user trusts, and judging a chain against it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_TRUST_H
#define ENSIGN_TRUST_H

#include "ensign/cert.h"
#include "ensign/lists.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ens_trust holds what is given once: anchors, certificates that may complete a path, trusted lists; and what changes:
 * CRLs, OCSP responses and what is fetched. Any number of threads judge by it. After the first judgement nothing is
 * added to what is given once (ENS_EPOLICY); CRLs and OCSP responses may be added at any time, by any thread. Of these
 * so many are kept: when there is no more room, the oldest that are no longer needed go first, never the newest word on
 * a revocation. */
typedef struct ens_trust ens_trust;

ENS_API ens_trust *ens_trust_new(void); /* NULL when out of memory.  since 0.1 */
/* ens_trust_new_after makes the trust that follows another one, which may be in use: without anchors, certificates and
 * lists, which are given anew, and with the same CRLs, OCSP responses, fetching and revocation mode. Both share what
 * changes: what one hears, the other knows. NULL when out of memory.  since 0.1 */
ENS_API ens_trust *ens_trust_new_after(const ens_trust *old);
ENS_API void ens_trust_free(ens_trust *trust); /* gives one reference back.  since 0.1 */
/* ens_trust_ref takes one more reference, to be given back by ens_trust_free, and returns the trust: the last one frees
 * it.  since 0.1 */
ENS_API ens_trust *ens_trust_ref(ens_trust *trust);

/* ens_trust_add reads anchors from path: a PEM or DER file, a folder of them, or a cache of trusted lists made by
 * "ensign trust update" (at most one), whose CAs in good standing are anchors. Each is trusted as it stands,
 * self-signed or not.
 * Errors  ENS_EIO, ENS_ESYNTAX; a folder without a certificate is ENS_ESYNTAX; a second cache
 * ENS_EPOLICY.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_trust_add(ens_trust *trust, const char *path, ens_err *err);
/* The same for certificates that may only complete a path, for CRLs and for OCSP responses (PEM or DER).  since 0.1 */
ENS_API ENS_CHECK ens_code ens_trust_add_untrusted(ens_trust *trust, const char *path, ens_err *err);
ENS_API ENS_CHECK ens_code ens_trust_add_crl(ens_trust *trust, const char *path, ens_err *err);
ENS_API ENS_CHECK ens_code ens_trust_add_ocsp(ens_trust *trust, const char *path, ens_err *err);
/* The same for bytes, which are copied: PEM, DER, base64, PKCS#7 for certificates; PEM, DER or base64 for the others.
 * since 0.1 */
ENS_API ENS_CHECK ens_code ens_trust_add_bytes(ens_trust *trust, ens_slice bytes, ens_err *err);
ENS_API ENS_CHECK ens_code ens_trust_add_untrusted_bytes(ens_trust *trust, ens_slice bytes, ens_err *err);
ENS_API ENS_CHECK ens_code ens_trust_add_crl_bytes(ens_trust *trust, ens_slice bytes, ens_err *err);
ENS_API ENS_CHECK ens_code ens_trust_add_ocsp_bytes(ens_trust *trust, ens_slice bytes, ens_err *err);

/* ens_trust_add_lists makes the CAs in good standing on trusted lists anchors, and lets pre-flights ask the lists. The
 * trust shares them: free them when you like.   Errors  ENS_EPOLICY it has lists already; ENS_ELIMIT, ENS_ENOMEM.
 * since 0.1 */
ENS_API ENS_CHECK ens_code ens_trust_add_lists(ens_trust *trust, ens_lists *lists, ens_err *err);

/* ens_trust_lists borrows the trusted lists of a trust, which may be NULL; NULL where it has none.  since 0.1 */
ENS_API const ens_lists *ens_trust_lists(const ens_trust *trust);

/* What may be given to a trust beside its anchors. */
typedef enum { ENS_GIVEN_UNTRUSTED = 0, ENS_GIVEN_CRL, ENS_GIVEN_OCSP } ens_given;
/* ens_trust_note_unread has each verdict tell that something under this name was given and can't be read: a warning,
 * or a skip that leaves the verdict open where nothing else tells of revocation. why is what the call that reads it
 * said. A trust that is in use takes no more notes.  since 0.1 */
ENS_API void ens_trust_note_unread(ens_trust *trust, ens_given kind, const char *name, const ens_err *why);

/* What is concluded where nothing tells whether a certificate is revoked: a skip, or a refusal. */
typedef enum { ENS_REVOCATION_SOFT = 0, ENS_REVOCATION_HARD } ens_revocation_mode;
ENS_API void ens_trust_set_revocation(ens_trust *trust, ens_revocation_mode mode); /* since 0.1 */

/* How far requests for issuers, lists and OCSP responses go: what a folder keeps, and nothing else; addresses of the
 * internet; also those of this machine and of private networks. */
typedef enum { ENS_REACH_KEPT = 0, ENS_REACH_PUBLIC, ENS_REACH_PRIVATE } ens_reach;
/* ens_trust_set_online lets what certificates name be fetched; a trust that is never told so opens no socket. cache is
 * a folder that keeps what came, made where it isn't there, or NULL. It is asked for once.
 * Errors  ENS_EPOLICY it was
 * told before; ENS_EIO, ENS_ENOMEM.   since 0.1 */
ENS_API ENS_CHECK ens_code ens_trust_set_online(ens_trust *trust, ens_reach reach, const char *cache, ens_err *err);

ENS_API size_t ens_trust_num_anchors(const ens_trust *trust); /* since 0.1 */

/* ens_chain_check judges a chain (leaf first) at a time. Adds chain.path, chain.dates, chain.algorithm, chain.usage and
 * chain.revocation; each failure with the certificate's index. trust NULL or without anchors: chain.path is a needed
 * skip, and what can be said without anchors (dates, usage, key size) is still said.   since 0.1 */
ENS_API void ens_chain_check(const ens_trust *trust, const ens_chain *chain, ens_time at, ens_report *report);

#ifdef __cplusplus
}
#endif
#endif
