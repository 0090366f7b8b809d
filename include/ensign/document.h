/* Ensign: business documents of ICS2 without a message around them: judged by the message tables, and begun.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_DOCUMENT_H
#define ENSIGN_DOCUMENT_H

#include "ensign/verify.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ens__document_facts; /* the library's own */

/* What a document says of itself. Slices live until the verifier's next message or document; absent values are empty.
 */
typedef struct {
    bool whole;           /* well-formed, to its end */
    ens_slice action, ns; /* its root, "IE3F26", and the namespace of that */
    ens_slice lrn, mrn, declarant;
    const ens_tables *tables;         /* that judged it; NULL: none did */
    const ens_document_error *errors; /* of an IE3N99 or IE3N01 */
    size_t num_errors;
    const struct ens__document_facts *inside;
} ens_document_result;

/* ens_document_check judges a document as ens_verify judges that of a message. Of the options documents, tables and
 * xsd_dir are read. Adds payload.document, payload.schema, payload.root, payload.namespace, payload.reference and
 * ens.*; *out is filled in any case. ens_answer_of tells the reply.   since 0.1 */
ENS_API void ens_document_check(ens_verifier *verifier, ens_slice text, const ens_verify_options *options,
                                ens_document_result *out, ens_report *report);

/* What a document is begun with; NULL where an example will do. */
typedef struct {
    const char *action;       /* "IE3F26" */
    const char *from;         /* EORI of who sends it */
    const char *lrn, *mrn;    /* its own, and that of the filing that it is about */
    const char *number;       /* of its transport documents */
    const char *reference;    /* of the request that it answers */
    ens_time at;              /* of issue */
    const ens_tables *tables; /* NULL: the compiled-in ones */
} ens_document_beginning;

/* ens_document_begin writes a document that keeps tables and rules, with examples in it that a person replaces.
 * Errors  ENS_EPOLICY the tables do not know the message; ENS_ENOMEM, ENS_ELIMIT; those of put.   since 0.1 */
ENS_API ENS_CHECK ens_code ens_document_begin(const ens_document_beginning *with, ens_sink put, void *user,
                                              ens_err *err);

#ifdef __cplusplus
}
#endif
#endif
