/* An enveloped XML signature, read and digested from the scanner's events as they pass: what it refers to, which
 * element each reference covered, and whether the digests and the value hold. It says what is there; what a signature
 * must look like is for the caller to judge. Knows no certificate.
 *
 * A document may be of any size: only the signature's own events are kept. */
#ifndef ENS_ENGINE_XML_SIGNATURE_SIGNATURE_H
#define ENS_ENGINE_XML_SIGNATURE_SIGNATURE_H

#include "engine/base/digest.h"
#include "engine/base/sha256.h"
#include "engine/xml/scan/scan.h"

#include <openssl/evp.h>

#define ENS_SIGNATURE_REFERENCES_MAX 8u
#define ENS_SIGNATURE_CERTIFICATES_MAX 16u
#define ENS_SIGNATURE_EVENTS_MAX 16384u            /* of one ds:Signature, all below it included */
#define ENS_SIGNATURE_IDS_MAX 4096u                /* attributes that are ids, of one document */
#define ENS_SIGNATURE_VALUE_MAX 1024u              /* bytes: RSA of 8192 bits */
#define ENS_SIGNATURE_MEMORY_MAX ((size_t)8 << 20) /* bytes kept of one signature */

/* The zero values are never good. */
typedef enum {
    ENS_REFERENCE_UNSUPPORTED = 0, /* not digested: why says what it asks for */
    ENS_REFERENCE_DANGLING, /* its URI leads to no element, to several, or to one that is neither the root nor in the
                               signature */
    ENS_REFERENCE_DIFFERS,
    ENS_REFERENCE_HOLDS
} ens_reference_state;

typedef enum {
    ENS_COVERS_NOTHING = 0,
    ENS_COVERS_DOCUMENT, /* URI="": the root and the processing instructions around it, but for the signature */
    ENS_COVERS_ROOT,     /* the root by its id, but for the signature */
    ENS_COVERS_INSIDE    /* an element inside of the signature */
} ens_covers;

typedef enum {
    ENS_LIBXML_METHOD_UNKNOWN = 0,
    ENS_LIBXML_METHOD_EXCLUSIVE,
    ENS_LIBXML_METHOD_INCLUSIVE
} ens_c14n_method;

typedef enum {
    ENS_SIGNATURE_UNKNOWN = 0,
    ENS_SIGNATURE_RSA,
    ENS_SIGNATURE_RSA_PSS,
    ENS_SIGNATURE_ECDSA
} ens_signature_scheme;

typedef struct {
    ens_reference_state state;
    const char *why; /* of UNSUPPORTED and DANGLING; a literal */
    ens_slice uri;   /* value of @URI; p NULL when absent */
    ens_slice type;  /* of @Type */
    bool enveloped;  /* the enveloped-signature transform comes first */
    ens_c14n_method c14n;
    ens_slice prefix_list;
    ens_slice digest_method; /* its URI */
    bool digest_known;
    ens_digest_kind digest;
    uint8_t value[ENS_DIGEST_MAX]; /* as written in ds:DigestValue */
    uint8_t made[ENS_DIGEST_MAX];  /* as computed; of DIFFERS and HOLDS */
    ens_covers covers;
    ens_slice
        element; /* start tag of the element that was digested; its address in the text is the element's identity */
} ens_signature_reference;

/* Slices borrow from the text or from the reader, until its next begin. */
typedef struct {
    unsigned num_signatures; /* ds:Signature elements, but those inside of the first, which the record is about */
    unsigned num_inside;     /* ds:Signature elements inside of the first: countersignatures */
    ens_slice element;       /* its start tag; the address is its identity. p NULL: there is none */
    unsigned depth;          /* 2: a child of the root */
    ens_c14n_method c14n;    /* of ds:SignedInfo */
    ens_slice c14n_prefix_list, c14n_uri, method_uri;
    ens_signature_scheme scheme;
    ens_digest_kind digest;              /* of the signature method */
    uint8_t signed_info[ENS_DIGEST_MAX]; /* digest of the canonical ds:SignedInfo */
    ens_slice value;                     /* decoded */
    ens_signature_reference reference[ENS_SIGNATURE_REFERENCES_MAX];
    unsigned num_references;
    ens_slice certificate[ENS_SIGNATURE_CERTIFICATES_MAX]; /* DER, of ds:KeyInfo/ds:X509Data, in their order */
    unsigned num_certificates;
    bool text_hashed; /* text_sha256 is there: where there is a signature it is made beside the document's digest */
    uint8_t text_sha256[ENS_SHA256_LEN];
} ens_signature;

typedef struct ens_signature_reader ens_signature_reader; /* one per worker; one document at a time */

/* The reader teaches scan the namespace names that it looks for, and uses it alone. */
ens_signature_reader *ens__signature_new(ens_scan *scan);
void ens__signature_free(ens_signature_reader *r);

/* begin before a document's first event, event for each up to and with EOF, then end. text is what the scanner reads;
 * end may scan it once more, when a digest could not be made in passing (another algorithm than exclusive C14N and
 * SHA-256).
 * Errors  ENS_ELIMIT, ENS_ENOMEM; of end also ENS_ESYNTAX: the signature is not as XML Signature has it,
 * ENS_ECRYPTO No signature at all is no error: num_signatures is 0. After an error of end, num_signatures and element
 * are as found.
 * Source  XML Signature 1.1, 3.2, 4, 6.6.4 */
void ens__signature_begin(ens_signature_reader *r, ens_slice text);
ENS_CHECK ens_code ens__signature_event(ens_signature_reader *r, const ens_scan_event *e, ens_err *err);
ENS_CHECK ens_code ens__signature_end(ens_signature_reader *r, ens_err *err);

/* ens__signature_found borrows the record, whole after end. */
const ens_signature *ens__signature_found(const ens_signature_reader *r);

/* ens__signature_verify tells by *valid whether the value of the signature is that of its ds:SignedInfo under key; the
 * references are another question.
 * Errors  ENS_EPOLICY a signature method that isn't known; ENS_ECRYPTO OpenSSL can't;
 * a key of another kind just isn't valid
 * Source  XML Signature 1.1, 6.4; RFC 6931, 2.3; RFC 8017 */
ENS_CHECK ens_code ens__signature_verify(const ens_signature *s, EVP_PKEY *key, bool *valid, ens_err *err);

#endif
