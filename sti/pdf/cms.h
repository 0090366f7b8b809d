/* The CMS of a signature: SignedData without its content, of one signer, as CAdES wants it; read by our own reader, and
 * written.
 * Source  RFC 5652; RFC 5035; ETSI EN 319 122-1, 5 */
#ifndef ENS_STI_PDF_CMS_H
#define ENS_STI_PDF_CMS_H

#include "engine/base/arena.h"
#include "engine/base/digest.h"
#include "ensign/cert.h"

#include <openssl/evp.h>

#define ENS_CMS_MAX ((size_t)1 << 20) /* bytes of one */
#define ENS_CMS_CERTIFICATES_MAX 32u
#define ENS_CMS_ATTRIBUTES_MAX 32u
#define ENS_CMS_DEPTH_MAX 64u /* Acrobat brings revocation lists and time stamps along, some 25 deep */

/* How often an attribute that matters stands among the signed ones. */
typedef struct {
    unsigned content_type, message_digest, signing_certificate, signing_certificate_v2, signing_time;
} ens__cms_counts;

/* Slices borrow from the arena, or from what was read. */
typedef struct {
    size_t len;    /* bytes that were read: behind them stands padding */
    bool loose;    /* not DER: lengths that are indefinite or too long */
    bool attached; /* it brings content of its own */
    unsigned num_signers;
    ens_cert certificate[ENS_CMS_CERTIFICATES_MAX];
    size_t num_certificates, num_unread;
    const ens_cert *signer; /* the one that the first signer names; NULL: it isn't among them */
    ens_slice encapsulated; /* OID of what is signed */
    ens_slice digest;       /* OID of the digest */
    ens_slice algorithm;    /* of the signature: the whole AlgorithmIdentifier */
    ens_slice signature;
    ens__cms_counts counts;
    ens_slice content_type;   /* OID */
    ens_slice message_digest; /* octets */
    ens_slice ess_digest;     /* OID of the digest in signing-certificate-v2; empty: SHA-256 */
    ens_slice ess_hash;
    ens_time signing_time; /* ENS_TIME_NONE: none, or not readable */
    ens_slice attributes;  /* the signed ones as they are hashed: a SET; empty: there are none */
    bool has_timestamp;    /* among the unsigned attributes */
    unsigned num_unsigned; /* unsigned attributes beside that */
} ens__cms;

/* ens__cms_read reads what stands in a signature's Contents, padding included.
 * Errors  ENS_ESYNTAX no SignedData, or not as RFC 5652 has it; ENS_ELIMIT */
ENS_CHECK ens_code ens__cms_read(ens_slice contents, ens_arena *arena, ens__cms *out, ens_err *err);

/* ens__cms_kind tells SHA-256, SHA-384 and SHA-512 by OID; false for any other. ens__cms_digest_name names those and
 * the usual others, "an unknown digest" for the rest. */
bool ens__cms_kind(ens_slice oid, ens_digest_kind *out);
const char *ens__cms_digest_name(ens_slice oid);

/* ens__cms_algorithm gives the AlgorithmIdentifier that a key verifies by: where the signer names rsaEncryption alone,
 * with the digest of the signer. */
ens_slice ens__cms_algorithm(const ens__cms *cms, bool *names_other_digest);

/* ens__cms_room is how many bytes the CMS of a key and chain takes at most. */
size_t ens__cms_room(const EVP_PKEY *key, const ens_chain *chain);
/* ens__cms_make appends one: digest is the SHA-256 of what is signed, the first certificate of the chain the signer's.
 * Errors  ENS_ECRYPTO, ENS_ELIMIT, ENS_ENOMEM */
ENS_CHECK ens_code ens__cms_make(EVP_PKEY *key, const ens_chain *chain, const uint8_t digest[32], ens_buf *out,
                                 ens_err *err);

/* ens__der_wrap puts a header in front of what b holds from an offset on. */
void ens__der_wrap(ens_buf *b, size_t from, uint8_t tag);

/* Contents of object identifiers. */
#define ENS_OID_DATA ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01")
#define ENS_OID_SIGNED_DATA ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02")
#define ENS_OID_CONTENT_TYPE ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x09\x03")
#define ENS_OID_MESSAGE_DIGEST ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x09\x04")
#define ENS_OID_SIGNING_TIME ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x09\x05")
#define ENS_OID_SIGNING_CERTIFICATE ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x02\x0C")
#define ENS_OID_SIGNING_CERTIFICATE_V2 ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x02\x2F")
#define ENS_OID_TIMESTAMP_TOKEN ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x02\x0E")
#define ENS_OID_RSA ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01")

#endif
