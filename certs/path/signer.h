/* Signers, kept: a batch is sealed by few certificates, and reading a token or judging a path takes longer than
 * verifying a message. Found by the very bytes of the token as it came; the key with its context is ready, and the
 * verdict on the path is kept for the state of the trust and the times at which it holds. One cache per worker. */
#ifndef ENS_CERTS_PATH_SIGNER_H
#define ENS_CERTS_PATH_SIGNER_H

#include "certs/keys/lanes.h"
#include "certs/keys/rsa.h"
#include "certs/path/timeline.h"
#include "certs/path/trust.h"
#include "engine/base/report.h"

#include <openssl/evp.h>

#define ENS_SIGNERS_MAX 64u                      /* signers that are kept; the oldest goes first */
#define ENS_SIGNER_EORI_MAX 64u                  /* bytes of an EORI whose binding is kept */
#define ENS_SIGNER_TOKEN_MAX ((size_t)384 << 10) /* bytes of one token as it came */

/* The verdict on the path, for a state of the trust and times. */
typedef struct {
    ens_report report;
    bool judged;
    bool anchored; /* the path ends at an anchor, be it valid or not */
    bool excused;  /* that it ends at none was judged to decide nothing */
    ens__trust_mark trust;
    ens__horizon horizon;
} ens__signer_verdict;

#define ENS_SIGNER_TRUSTS 2u /* a verifier knows the anchors of traders and those of customs */

/* What the trusted lists say of a signer, for a state of the trust and times: see certs/preflight/signer_lists.h. */
typedef struct {
    ens_report lists, acceptance; /* of the signer's lists; would the pre-flight take him */
    bool judged;
    bool lacking; /* a list that may know the CA can't be asked, and the path ends at no anchor */
    ens__trust_mark trust;
    ens__horizon horizon;
} ens__signer_lists;

/* A token, and what it turned out to be. Whoever reads it fills der, chain, found and token. */
typedef struct {
    uint64_t name; /* of text, for a quick no */
    ens_slice text;
    uint64_t held;    /* the number of the last hold during which it was found */
    unsigned reading; /* how the token was read: whatever beside its bytes changed the findings */
    uint8_t *der;     /* decoded, with room for ENS_SIGNER_TOKEN_MAX … of text; chain borrows from it */
    ens_chain chain;  /* leaf first; num 0: nothing could be read */
    bool found;       /* chain begins with the signer */
    ens_report token; /* what was found while it was read */

    uint8_t sha256[32]; /* of the leaf */
    bool has_key;       /* the key of the leaf can be read; false as well where there is no signer */
    EVP_PKEY *key;      /* see ens__signer_key */

    EVP_PKEY_CTX *verify; /* see ens__signer_asks */
    ens__rsa *rsa;        /* NULL: the key is left to OpenSSL */
    bool is_rsa;
    ens__lane_key *lane; /* see ens__signer_lane */
    bool lane_sought;

    ens__signer_verdict path[ENS_SIGNER_TRUSTS];

    ens__signer_lists lists;
    ens_report binding; /* to this EORI, when eori_len isn't 0 */
    uint8_t eori[ENS_SIGNER_EORI_MAX];
    size_t eori_len;
} ens__signer;

typedef struct ens__signers ens__signers;

ens__signers *ens__signers_new(void);
void ens__signers_free(ens__signers *s);

/* ens__signers_find borrows the signer of this token until the cache takes another one; NULL when it isn't there. */
ens__signer *ens__signers_find(ens__signers *s, ens_slice token, unsigned reading);
/* ens__signers_take makes a place for the token: text and room for der are there. NULL: too long, or out of memory. */
ens__signer *ens__signers_take(ens__signers *s, ens_slice token, unsigned reading);
/* ens__signers_hold: none that is found or taken from now on goes before ens__signers_let. */
void ens__signers_hold(ens__signers *s);
void ens__signers_let(ens__signers *s);
/* ens__signer_ready makes key, context and sha256 once the chain was read; ens__signers_find finds no other. */
void ens__signer_ready(ens__signer *signer);

/* ens__signer_signed checks a signature of the signer's by RSASSA-PKCS1-v1_5 with SHA-256. False as well where there is
 * no such key. */
bool ens__signer_signed(ens__signer *signer, ens_slice signature, const uint8_t digest[ENS_SHA256_LEN]);
/* ens__signer_asks is the same by EVP_PKEY_verify alone. */
bool ens__signer_asks(ens__signer *signer, ens_slice signature, const uint8_t digest[ENS_SHA256_LEN]);
/* ens__signer_key borrows the leaf's key in OpenSSL's form, which is made when it is first asked for: most signatures
 * are settled without it. NULL: it can't be read, or there is no signer or no memory. */
EVP_PKEY *ens__signer_key(ens__signer *signer);
/* ens__signer_lane makes the key for lanes when it is first asked for; NULL: they don't take it. */
const ens__lane_key *ens__signer_lane(ens__signer *signer);

/* ens__signer_path is ens_chain_check of the signer's chain, made again only where the kept verdict may no longer hold:
 * another state of the trust, or a time beyond one at which something that it rests on begins or ends. slot is below
 * ENS_SIGNER_TRUSTS: callers with two trusts give each its own. excused: see ens__chain_question. The verdict is
 * borrowed until the next call. */
const ens__signer_verdict *ens__signer_path(ens__signer *signer, unsigned slot, const ens_trust *trust, ens_time at,
                                            bool excused);
/* ens__signer_bind is ens_binding_check_cert of the leaf, made again where the EORI is another one. */
void ens__signer_bind(ens__signer *signer, ens_slice eori, ens_report *report);

#endif
