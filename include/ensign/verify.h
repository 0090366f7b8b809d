/* Ensign: judging one AS4 message as the STI access point (or a trader) does.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_VERIFY_H
#define ENSIGN_VERIFY_H

#include "ensign/registry.h"
#include "ensign/tables.h"
#include "ensign/trust.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whose reception is simulated. AUTO: by customs, where they are given; else a user message tells by its direction,
 * with a warning where nothing proves that customs sent it, and a signal is judged as the STI would. */
typedef enum { ENS_ROLE_AUTO = 0, ENS_ROLE_STI, ENS_ROLE_TRADER } ens_role;

/* Who reads envelope and seal. FAST: one pass by our own scanner and canonicaliser; what is not plainly good for it is
 * judged again by REFERENCE, by libxml2 and xmlsec1, which finds the same. BOTH: by each, and where they differ nothing
 * is accepted: the report is undecided by engine.difference. */
typedef enum { ENS_ENGINE_FAST = 0, ENS_ENGINE_REFERENCE, ENS_ENGINE_BOTH } ens_engine;
ENS_API const char *ens_engine_name(ens_engine engine); /* "fast" …; constant.  since 0.1 */

/* How business documents are judged by the message tables (family ens): faults refuse, faults warn, or nobody looks. */
typedef enum { ENS_DOCUMENTS_STRICT = 0, ENS_DOCUMENTS_WARN, ENS_DOCUMENTS_OFF } ens_documents;

/* ens_differs is handed the octets that were hashed for a reference whose digest differs: what to compare with what the
 * sealing side hashed. octets live during the call only. */
typedef void (*ens_differs)(void *user, ens_slice uri, ens_slice octets);

/* ens_verify_options is read only; the zero value with a time is strict, without trust. */
typedef struct {
    const ens_trust *trust; /* NULL: the path can't be judged, and nothing is accepted */
    const ens_trust
        *customs; /* anchors of customs alone, or NULL: a message comes from customs exactly when its signer is
                                 under them, whatever its header says. They are trusted for that direction alone */
    const ens_registry *registry; /* NULL: the association EORI <-> certificate is judged by what the certificate itself
                                     proves. Else the registry decides it, binding.* is left out, and AUTO is the STI
                                     where no customs are given */
    ens_time at;
    ens_role role;
    ens_engine engine;
    bool lenient;   /* tolerate what a lenient receiver may: told as a warning */
    bool root_only; /* read the business document no further than its root element: its well-formedness, references and
                       attachments are left to whoever parses it. Not with xsd_dir */
    bool terse;     /* nobody reads why a digest differs: no cause is searched for */
    const char *xsd_dir;     /* schemas of the business documents, or NULL: what they say goes before what tables say */
    ens_documents documents; /* how the business documents are judged by the message tables */
    const ens_tables *tables; /* … by these; NULL: the compiled-in ones */
    ens_slice content_type;   /* of the HTTP request, when the message is a body without header block */
    ens_differs differs;      /* NULL: nobody looks */
    void *differs_user;
    bool whole_document; /* of ens_document_check: every element is kept, of a long document, too, for whoever reads
                            them behind its end */
} ens_verify_options;

typedef enum {
    ENS_MESSAGE_UNKNOWN = 0,
    ENS_MESSAGE_USER,
    ENS_MESSAGE_RECEIPT,
    ENS_MESSAGE_ERROR,
    ENS_MESSAGE_PULL_REQUEST
} ens_message_kind;
ENS_API const char *ens_message_kind_name(ens_message_kind kind); /* "user-message" …; "unknown".  since 0.1 */

#define ENS_HELD_MAX ((size_t)16 << 20) /* bytes of all parts of a message that are held decompressed */

/* What was delivered of one part, in the order of the header. Of a part that is sent as plain XML or text it is what
 * was hashed: the canonical form, or the text with its line ends as CRLF. */
typedef struct {
    ens_slice cid, type; /* Content-ID without brackets; the MimeType property */
    size_t size;         /* bytes, decompressed */
    ens_slice bytes;     /* … where they are held */
    ens_slice packed;    /* else the gzip members in the message, which ens_delivery_put inflates */
    ens_slice carried;   /* the octets in the message that were hashed; compressed: as gzip */
    bool compressed;
    bool sealed; /* sha256 is that of carried by the message's seal */
    uint8_t sha256[32];
} ens_delivery;

/* ens_delivery_put hands out the bytes of a part, whether they are held or not: a large part never stands in memory as
 * a whole. What the message carries is hashed again on the way: nothing but what was sealed and judged is handed out as
 * a whole, even from a file that is exchanged or cut short meanwhile.
 * Errors  what put answers; ENS_EIO they are no longer what was judged: drop what was put; ENS_ENOMEM.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_delivery_put(const ens_delivery *delivery, ens_sink put, void *user, ens_err *err);

/* One signed reference of a message: what a receipt repeats. */
typedef struct {
    ens_slice uri, transform, prefix_list, digest_method;
    ens_slice digest; /* decoded */
} ens_signed_part;

/* One error of an IE3N99 or IE3N01 document: empty where it says nothing. */
typedef struct {
    ens_slice code, pointer, description;
} ens_document_error;

/* One error of an error signal. Texts are as the signal has them. */
typedef struct {
    ens_slice code, severity, category, origin, short_description, description, detail, ref_to;
    const char *subcode;        /* "A001" … where a text of the error names one of UUM&DS; else NULL */
    const char *meaning, *hint; /* what the code means and what to try; NULL: the code isn't known */
    const char *domibus;        /* what a Domibus was seen to mean by it; NULL: nothing was seen */
} ens_signal_error;

/* ens_message is what a message says of itself. Nothing in it may be acted upon unless the verdict is ACCEPTED. Slices
 * live until the verifier's next message; absent values are empty. */
typedef struct {
    ens_message_kind kind;
    ens_engine engine; /* whose judgement this is */
    bool test;         /* of the test service: judged alike, never delivered */
    ens_slice sender;  /* who claims to speak to the STI: From, or the party whose channel is pulled; empty: nobody */
    ens_message_kind bundled; /* of a signal that travels with the user message, or UNKNOWN */
    ens_slice bundled_sender; /* … and who claims to speak in it */
    bool from_customs;        /* judged as a trader does, who has it from customs */
    ens_slice message_id, ref_to, timestamp, action, service, from, to, agreement, conversation_id, mpc;
    bool has_signer;           /* chain and signer_sha256 are set */
    const ens_chain *chain;    /* leaf first */
    uint8_t signer_sha256[32]; /* of the leaf */
    const ens_delivery *payloads;
    size_t num_payloads;
    const ens_signed_part *signed_parts;
    size_t num_signed_parts;
    const ens_tables *tables;                  /* that judged the business document; NULL: none did */
    const ens_document_error *document_errors; /* of an IE3N99 or IE3N01 */
    size_t num_document_errors;
    const ens_signal_error *errors; /* of an error signal */
    size_t num_errors;
    ens_slice fault_code, fault_reason; /* of a SOAP fault in the Body, whatever else is there */
    unsigned http_status;               /* of the response that the message was captured in; 0: none is known */
    ens_slice lrn, mrn; /* that the business document is about, as far as it was read: of its root, or what its
                           functionalReference is by its form; empty: it names none */
} ens_message;

/* ens_verifier keeps parsers, contexts and memory of one thread. */
typedef struct ens_verifier ens_verifier;
ENS_API ENS_CHECK ens_code ens_verifier_new(ens_verifier **verifier, ens_err *err); /* since 0.1 */
ENS_API void ens_verifier_free(ens_verifier *verifier);                             /* since 0.1 */

/* ens_verifier_counts is what a verifier did since it was made. */
typedef struct {
    size_t messages;    /* judged */
    size_t handed_over; /* … by the fast engine to the reference engine */
    size_t different;   /* … by both engines, and not alike */
} ens_verifier_counts;
ENS_API ens_verifier_counts ens_verifier_count(const ens_verifier *verifier); /* since 0.1 */

/* ens_verify judges a message: a MIME package with or without its header block, or a bare SOAP envelope. Every check is
 * made that can be made, also behind a failure; report is filled in the order of the checks. *message borrows from
 * bytes and the verifier.   Source  ICS2-HTI 4.6.3.  since 0.1 */
ENS_API void ens_verify(ens_verifier *verifier, ens_slice bytes, const ens_verify_options *options,
                        ens_message *message, ens_report *report);

/* ens_receipt_check judges a receipt against the message it is for: as ens_verify does, and receipt.*: RefToMessageId,
 * and the digests of every signed part, no more and no less. message is filled from the receipt. Source AS4 3.6, 5.1.8;
 * ICS2-HTI 4.3.1.  since 0.1 */
ENS_API void ens_receipt_check(ens_verifier *verifier, ens_slice receipt, ens_slice original,
                               const ens_verify_options *options, ens_message *message, ens_report *report);

/* ens_answer is what the STI would answer. All strings are constants; NULL where there is none. */
typedef struct {
    ens_verdict verdict;
    const char *code, *severity, *category, *origin, *short_description; /* "EBMS:0103" … */
    const char *subcode;                                                 /* "A001" … */
    const char *reply;          /* "IE3N99" for a fault of the business document alone */
    const ens_finding *because; /* the finding that decides */
    bool assumed;               /* the refusal hangs on readings of ours alone, which no document states */
    const char *domibus;        /* what a Domibus was seen to answer to such a fault; NULL: nothing was seen */
} ens_answer;

/* ens_answer_of finds the first failure in the order of ICS2-HTI 4.6.3.  since 0.1 */
ENS_API ens_answer ens_answer_of(const ens_report *report);

#ifdef __cplusplus
}
#endif
#endif
