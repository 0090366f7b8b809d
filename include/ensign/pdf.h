/* Ensign: the PDF by which a sealing certificate is registered in UUM&DS: issued for a rehearsal, signed, and judged
 * before it is uploaded.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_PDF_H
#define ENSIGN_PDF_H

#include "ensign/preflight.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ENS_PDF_TEXT_MAX 512u /* bytes of one text of a registration */

/* What a registration PDF of the rehearsal tells. Texts are UTF-8, of ENS_PDF_TEXT_MAX bytes at most. */
typedef struct {
    ens_slice id;      /* of the registration: letters, digits, '-' and '_' */
    ens_slice eori;    /* whose certificate is registered */
    ens_slice company; /* may be empty, as may name, description and purpose */
    ens_slice name;    /* of the certificate, as its holder calls it */
    ens_slice description;
    ens_slice purpose;     /* "Signature" where it is empty */
    ens_slice environment; /* "conformance" or "production" */
    ens_slice nonce;       /* hexadecimal digits, 32 at least: what no other file has */
    ens_time at;           /* when it is issued */
} ens_pdf_form;

/* ens_pdf_issue writes a registration PDF of one page with an empty signature field OWNER. The same form gives the same
 * bytes.   Errors  ENS_EPOLICY a text isn't what it should be; those of put.   since 0.1 */
ENS_API ENS_CHECK ens_code ens_pdf_issue(const ens_pdf_form *form, ens_sink put, void *user, ens_err *err);

/* What a PDF is signed with. */
typedef struct {
    ens_slice file;                       /* a PDF with an empty signature field */
    const char *field;                    /* its name; NULL: OWNER, or the only empty one */
    const ens_certificates *certificates; /* the signer's, with the path above it, which goes along whole */
    const ens_keyring *keys;              /* one of which belongs to it */
    ens_time at;                          /* when it is signed; the certificate must be in date then */
    bool force;                           /* rehearse a refusal: dates, key usage and key size are not insisted on */
} ens_pdf_sign_options;

/* ens_pdf_sign adds a signature to a PDF, behind its bytes, which stay as they are: ETSI.CAdES.detached, SHA-256, the
 * time in the signature's dictionary and nowhere else.
 * Errors  ENS_ESYNTAX it is no PDF that can be read; ENS_EPOLICY no such field, it is signed already, the key doesn't
 *         belong to the certificate, or may not sign then; ENS_ECRYPTO the key can't sign; ENS_ELIMIT, ENS_ENOMEM;
 * those of put
 * Source  ETSI EN 319 142-1, 6.3 (PAdES-B-B); ISO 32000-2, 12.8.   since 0.1 */
ENS_API ENS_CHECK ens_code ens_pdf_sign(const ens_pdf_sign_options *options, ens_sink put, void *user, ens_err *err);

/* How much of a doubt refuses. STRICT refuses what the real system may or may not take: a document that was written
 * anew before it was signed, more than PAdES baseline allows. */
typedef enum { ENS_PDF_DEFAULT = 0, ENS_PDF_STRICT } ens_pdf_profile;

/* ens_pdf_spent tells whether a signed file with this id and nonce was taken before.  since 0.1 */
typedef bool (*ens_pdf_spent)(void *user, ens_slice id, ens_slice nonce);

/* ens_pdf_check_options is read only. */
typedef struct {
    ens_slice issued;                       /* the file as it was issued; empty: isn't at hand */
    const ens_certificates *certificates;   /* the certificate that is being registered first; NULL: isn't at hand */
    const ens_preflight_options *preflight; /* by what it is judged; NULL: it isn't */
    ens_pdf_profile profile;
    ens_slice id, environment; /* of the registration; empty: any */
    ens_pdf_spent spent;       /* NULL: nobody knows */
    void *spent_of;
    ens_time at;
} ens_pdf_check_options;

/* How the signed file came from the issued one. */
typedef enum {
    ENS_PDF_ORIGIN_UNKNOWN = 0, /* the issued file isn't at hand, or the signed one can't be read */
    ENS_PDF_ORIGIN_ADDED,       /* the issued bytes, and the signature behind them */
    ENS_PDF_ORIGIN_ANEW,        /* written anew, and it shows the same */
    ENS_PDF_ORIGIN_OTHER        /* another document */
} ens_pdf_origin;
ENS_API const char *ens_pdf_origin_name(ens_pdf_origin origin); /* "unknown", "added" …; constant.  since 0.1 */

/* What was seen; texts live as long as the report, and are empty where there is nothing to tell. */
typedef struct {
    ens_verdict verdict; /* the report's */
    ens_pdf_origin origin;
    size_t num_signatures;
    ens_slice field, sub_filter; /* UTF-8: where the signature stands, and its format */
    ens_time signed_at;          /* as the signer's machine tells it; ENS_TIME_NONE: it doesn't */
    bool has_signer;
    uint8_t signer_sha256[32];
    ens_slice signer;                       /* the subject */
    ens_slice id, eori, environment, nonce; /* of a PDF that Ensign issued */
    bool has_preflight;
    ens_verdict preflight; /* of the certificate, whose findings stand in the report, too */
    ens_acceptance acceptance;
} ens_pdf_result;

/* ens_pdf_check judges a signed registration PDF before it is uploaded: pdf.* findings are added to report, which
 * should be empty, and those of the pre-flight where it was asked for. *out is filled in any case; out of memory the
 * report is incomplete, and the verdict undecided.
 * Source  ETSI EN 319 142-1; ETSI EN 319 122-1; ISO 32000-2, 12.8.
 * since 0.1 */
ENS_API void ens_pdf_check(ens_slice file, const ens_pdf_check_options *options, ens_pdf_result *out,
                           ens_report *report);

#ifdef __cplusplus
}
#endif
#endif
