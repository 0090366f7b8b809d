/* Which keys and algorithms are taken, for whom, and until when an algorithm holds.   Source  ICS2-HTI ICD 4.6.2, Table
 * 11 (the seal);  TS 119 312 v1.5.1, as the EU's DSS dates it */
#ifndef ENS_CERTS_PATH_CRYPTOPOLICY_H
#define ENS_CERTS_PATH_CRYPTOPOLICY_H

#include "certs/path/timeline.h"
#include "engine/base/report.h"
#include "ensign/cert.h"

/* The one policy for keys and algorithms: pre-flight, verification and sealing ask it alike. A signer makes rsa-sha256
 * with a key of rsaEncryption of 2048 to 4096 bits. Issuers have RSA of 2048 to 8192 bits, or ECDSA over P-256, P-384,
 * P-521 and the brainpool curves of those sizes, and sign with SHA-256 or better. An RSA exponent is odd, more than 1
 * and less than the modulus; with a key of more than 3072 bits it has 64 at the most, for verifiers take no more; one
 * below 65537 is warned of. A signer's modulus has no factor that anybody can find. */
typedef enum { ENS_ROLE_SIGNER = 0, ENS_ROLE_ISSUER } ens__crypto_role;

#define ENS_CRYPTO_RSA_MIN 2048u
#define ENS_CRYPTO_SIGNER_RSA_MAX 4096u
#define ENS_CRYPTO_ISSUER_RSA_MAX 8192u
#define ENS_CRYPTO_EXPONENT_MIN 65537u /* smaller ones are warned of (TS 119 312, 6.2.2.1) */
#define ENS_CRYPTO_FAULT_MAX 160

typedef enum { ENS_CRYPTO_GOOD = 0, ENS_CRYPTO_WARNED, ENS_CRYPTO_REFUSED } ens__crypto_grade;

/* What the policy has to say. */
typedef struct {
    ens__crypto_grade grade;
    char what[ENS_CRYPTO_FAULT_MAX]; /* empty where it is good */
    const char *hint;                /* constant */
} ens__crypto_opinion;

/* ens__crypto_key_opinion judges a certificate's key for a role, a signer's throughout. */
ens__crypto_opinion ens__crypto_key_opinion(const ens_cert *cert, ens__crypto_role role);
/* ens__crypto_signature_opinion judges how a certificate is signed. An anchor's own signature proves nothing, and
 * nobody asks. */
ens__crypto_opinion ens__crypto_signature_opinion(const ens_cert *cert);

/* ens__crypto_is_weak_statement: a list or a response whose signature has this AlgorithmIdentifier may be forged. */
bool ens__crypto_is_weak_statement(ens_slice identifier);

/* Certificates that are judged together: leaf first; anchor is the place of the anchor, or num where there is none. */
typedef struct {
    const ens_cert *const *cert;
    size_t num, anchor;
    bool seals_nothing; /* the leaf's key may be of any kind that signs */
} ens__crypto_path;

/* ens__crypto_refusals counts what the policy refuses on a path, to compare it with others: it looks for no factors.
 * *first, which may be NULL, is the first of it. */
size_t ens__crypto_refusals(const ens__crypto_path *path, ens__crypto_opinion *first);
/* ens__crypto_chain_refuses is the same for a chain without an anchor at hand: a last certificate that issued itself
 * stands for one. */
bool ens__crypto_chain_refuses(const ens_chain *chain, ens__crypto_opinion *first);
/* ens__crypto_policy_judge adds findings of the name id: a failure or a warning for each opinion, else a pass. */
void ens__crypto_policy_judge(const ens__crypto_path *path, const char *id, ens_report *report);

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

/* ens__crypto_judge adds crypto.key for the first certificate, and crypto.signature for each but an anchor: failed
 * where the algorithm had ended at the time, warned where the certificate outlives it. What the policy refuses has no
 * date. Every algorithm that has an end gets an interval of the timeline. */
void ens__crypto_judge(const ens__crypto_path *path, ens_time at, ens__timeline *timeline, ens_report *report);

#endif
