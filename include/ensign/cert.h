/* Ensign: a certificate as a view into its DER bytes, and ordered chains of them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_CERT_H
#define ENSIGN_CERT_H

#include "ensign/report.h"
#include "ensign/time.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ENS_CERT_MAX 65536u /* bytes of one certificate */
#define ENS_CHAIN_MAX 10u   /* certificates of one chain or PKIPath */

typedef enum { ENS_KEY_OTHER = 0, ENS_KEY_RSA, ENS_KEY_RSA_PSS, ENS_KEY_EC, ENS_KEY_EDDSA } ens_key_type;

/* keyUsage, bit numbers of RFC 5280, 4.2.1.3 */
#define ENS_KU_DIGITAL_SIGNATURE (1u << 0)
#define ENS_KU_NON_REPUDIATION (1u << 1)
#define ENS_KU_KEY_ENCIPHERMENT (1u << 2)
#define ENS_KU_DATA_ENCIPHERMENT (1u << 3)
#define ENS_KU_KEY_AGREEMENT (1u << 4)
#define ENS_KU_KEY_CERT_SIGN (1u << 5)
#define ENS_KU_CRL_SIGN (1u << 6)
#define ENS_KU_ENCIPHER_ONLY (1u << 7)
#define ENS_KU_DECIPHER_ONLY (1u << 8)

/* ens_cert borrows everything from der. Extension values are the contents of their OCTET STRING, empty when absent. */
typedef struct {
    ens_slice der;             /* the whole certificate */
    ens_slice tbs;             /* TBSCertificate, header included: what is signed */
    unsigned version;          /* 1..3 */
    ens_slice serial;          /* contents of the INTEGER */
    ens_slice issuer, subject; /* Name, header included: compare as bytes */
    ens_time not_before, not_after;
    ens_slice spki;            /* SubjectPublicKeyInfo, header included */
    ens_slice key_algorithm;   /* contents of the OBJECT IDENTIFIER */
    ens_slice key_parameters;  /* whole parameters element, empty when absent */
    ens_slice key_bits_string; /* contents of subjectPublicKey without the unused-bits byte */
    ens_key_type key_type;
    unsigned key_bits;             /* modulus or field size */
    ens_slice signature_algorithm; /* AlgorithmIdentifier, header included */
    ens_slice signature_oid;       /* contents of its OBJECT IDENTIFIER */
    ens_slice signature;  /* contents of the BIT STRING without the unused-bits byte; empty where bits are unused: no
                             signature */
    ens_slice extensions; /* contents of SEQUENCE OF Extension, empty when absent */
    bool has_key_usage, has_basic_constraints, ca;
    unsigned key_usage; /* ENS_KU_… */
    int path_len;       /* -1: no limit */
    ens_slice ext_key_usage, policies, qcstatements, subject_alt_name, authority_info, crl_points, authority_key_id,
        subject_key_id;
    ens_slice name_constraints, policy_mappings, policy_constraints, inhibit_any_policy, freshest_crl;
    uint64_t critical;          /* bit n: the extension id-ce n (2.5.29.n) is critical */
    ens_slice unknown_critical; /* contents of the OBJECT IDENTIFIER of the first critical extension that Ensign doesn't
                                   process */
    bool no_rev_avail, validity_assured; /* 2.5.29.56, 0.4.0.194121.2.1 */
} ens_cert;

/* ens_cert_parse reads one DER certificate strictly.
 * Owns    nothing; *out points into der
 * Errors  ENS_ESYNTAX with the byte offset, ENS_ELIMIT over ENS_CERT_MAX
 * Source  RFC 5280, 4.1; X.690 (DER).  since 0.1 */
ENS_API ENS_CHECK ens_code ens_cert_parse(ens_slice der, ens_cert *out, ens_err *err);

/* Faults of encoding that change nothing of what a certificate says. */
#define ENS_CERT_ODD_BOOLEAN 0x1u
#define ENS_CERT_ODD_BITS 0x2u
#define ENS_CERT_ODD_TIME 0x4u
#define ENS_CERT_ODD_INTEGER 0x8u
#define ENS_CERT_ODD_LAST ENS_CERT_ODD_INTEGER
/* ens_cert_parse_loose is ens_cert_parse that overlooks such faults and notes them in *odd, ENS_CERT_ODD_...: for
 * showing a certificate, never for judging it.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_cert_parse_loose(ens_slice der, ens_cert *out, unsigned *odd, ens_err *err);
/* ens_cert_odd_words names one of them, a constant; NULL: it is none.  since 0.1 */
ENS_API const char *ens_cert_odd_words(unsigned fault);

/* ens_name_text writes a Name (a subject, an issuer) for people, most specific part first, cut where there is no room;
 * always terminated, and returns out.  Source  RFC 4514.  since 0.1 */
ENS_API char *ens_name_text(ens_slice name, char *out, size_t size);

/* ens_chain holds certificates leaf first, each followed by its issuer. */
typedef struct {
    ens_cert cert[ENS_CHAIN_MAX];
    size_t num;
} ens_chain;

#ifdef __cplusplus
}
#endif
#endif
