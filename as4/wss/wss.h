/* The wsse:Security header as a record: token, signature, references; and the chain that the token holds. */
#ifndef ENS_AS4_WSS_WSS_H
#define ENS_AS4_WSS_WSS_H

#include "as4/envelope/ebms.h"
#include "as4/envelope/soap.h"
#include "certs/path/signer.h"

#define ENS_REFERENCES_MAX (ENS_PARTS_MAX + 8u) /* ds:Reference of one signature */
#define ENS_TOKEN_MAX ((size_t)256 << 10)       /* bytes of one decoded token */

typedef enum {
    ENS_TRANSFORM_OTHER = 0,
    ENS_TRANSFORM_NONE,
    ENS_TRANSFORM_EXC_C14N,
    ENS_TRANSFORM_SWA_CONTENT
} ens_transform;

typedef struct {
    const ens_node *node;
    ens_slice uri;
    unsigned num_transforms;
    ens_transform transform; /* of a single transform; OTHER when there are several */
    ens_slice transform_uri; /* the first one's algorithm, for people */
    ens_slice prefix_list;   /* InclusiveNamespaces/@PrefixList */
    ens_slice digest_method;
    ens_slice digest; /* decoded; p == NULL when it is not base64 */
} ens_reference;

typedef enum {
    ENS_KEY_INFO_NONE = 0, /* no ds:KeyInfo, or nothing in it */
    ENS_KEY_INFO_TOKEN,    /* wsse:Reference to a BinarySecurityToken that is there */
    ENS_KEY_INFO_DANGLING, /* wsse:Reference to nothing, or to something else */
    ENS_KEY_INFO_KEY_IDENTIFIER,
    ENS_KEY_INFO_ISSUER_SERIAL,
    ENS_KEY_INFO_KEY_VALUE,
    ENS_KEY_INFO_OTHER
} ens_key_info;

typedef struct {
    const ens_node *signature, *signed_info, *token; /* NULL when absent */
    unsigned num_signatures, num_tokens, num_encrypted;
    bool username_token, timestamp;
    const ens_node *timestamp_node;
    ens_slice c14n_method, c14n_prefix_list, signature_method;
    bool signature_parameters; /* SignatureMethod or DigestMethod with children: PSS, HMAC lengths … */
    ens_slice signature_value; /* decoded; p == NULL when it is not base64 */
    bool too_many_references;
    bool well_formed;      /* ds:Signature is as the schema has it, and holds nothing that a seal has not */
    const char *malformed; /* else why; a literal */
    const ens_node *malformed_at;
    ens_key_info key_info;
    ens_slice reference_value_type, token_type, token_value_type, token_encoding;
    ens_slice token_text; /* as it stands: ens__token_judge decodes it */
    unsigned num_references;
    /* Last, because large: what is not counted is not set. */
    ens_reference reference[ENS_REFERENCES_MAX];
} ens_wss;

/* ens__wss_clear makes an empty one. */
static inline void ens__wss_clear(ens_wss *w)
{
    memset(w, 0, offsetof(ens_wss, reference));
}

/* ens__wss_read records what is in the Security block (which may be NULL). No finding; slices borrow from tree and
 * arena.
 * Source  WSS SOAP Message Security 1.1.1; WSS X.509 Token Profile 1.1.1; ICS2-HTI Annex 6 */
void ens__wss_read(const ens_soap *soap, ens_arena *arena, ens_wss *out);

/* ens__wss_judge adds coverage.signature, signature.structure, token.*, and algorithm.* but nothing that needs the
 * token's contents. x509v3_allowed: a trader takes that token from the STI. Algorithms outside of the profile are never
 * used. It returns whether there is one signature, as the schema has it, and the profile allows all its algorithms. */
bool ens__wss_judge(const ens_soap *soap, const ens_wss *wss, bool x509v3_allowed, ens_report *report);

/* Which computations the profile allows (also behind a failed finding, what is not allowed is not computed). */
bool ens__wss_reference_allowed(const ens_reference *r);
bool ens__wss_signature_allowed(const ens_wss *wss);

/* ens__token_judge reads the token that the signature refers to, or finds it among those read before, puts the chain
 * leaf first and adds token.pkipath, token.order, token.complete and token.key. NULL when there is no token. A leaf
 * alone is still used to verify the signature, so that the report is whole. The signer is borrowed until the next
 * token.
 * Source  WSS X.509 Token Profile 1.1.1, 3.1; ICS2-HTI 4.6.2 */
ens__signer *ens__token_judge(ens__signers *signers, const ens_wss *wss, bool x509v3_allowed, ens_report *report);

#endif
