/* The business document of a message: what reading it once tells of it without a schema, and what must be so
 * (ICS2-HTI 4.2.5; the message tables of the ICS2 HTI Information Exchange Specifications). */
#ifndef ENS_AS4_PAYLOAD_DOCUMENT_H
#define ENS_AS4_PAYLOAD_DOCUMENT_H

#include "as4/ens/reader.h"
#include "as4/envelope/ebms.h"
#include "engine/base/report.h"
#include "engine/xml/reference/stream.h"
#include "engine/xml/scan/scan.h"

#define ENS_VALUE_MAX 512u /* bytes kept of one value */

/* One BinaryFile (binaryFile, binaryAttachment) of the document. */
typedef struct {
    ens_slice identification, mime;
} ens_binary_file;

/* Values in the arena; empty where the document has none. */
typedef struct {
    const char *reply; /* what answers its faults: IE3N99, or NULL where customs send it */
    bool read;         /* well-formed, to its end */
    bool by_tables;    /* judged by the message tables, too */
    ens_slice root, ns;
    ens_slice lrn, mrn, functional_reference; /* children of the root */
    ens_slice circumstance;                   /* specificCircumstanceIndicator */
    ens_slice declarant;                      /* declarant/identificationNumber */
    ens_slice member_state;                   /* addressedMemberState/country */
    ens_slice transport_document;             /* transportDocument/documentNumber */
    unsigned num_lrn, num_mrn;
    ens_binary_file file[ENS_PARTS_MAX];
    unsigned num_files; /* counted on when there is no more room */
} ens_document;

/* The parsers of a worker, borrowed. */
typedef struct {
    ens_scan *scan; /* NULL: libxml2 reads */
    ens_xmlstream *xml;
    ens_docreader *tables;     /* judges by the message tables while the document is read; NULL: nobody does */
    ens_doc_options by_tables; /* … in this way; a document of version 1 is judged with warnings alone */
} ens_document_reader;

/* ens__document_read reads text once: by the scanner, or by libxml2 against a schema where validator is given. Adds
 * payload.document: not well-formed, DTD, encoding or a limit are faults of the document. */
void ens__document_read(ens_document_reader by, ens_slice text, xmlSchemaValidCtxtPtr validator, ens_arena *arena,
                        ens_document *out, ens_report *report);

/* ens__document_read_packed does so with a document that is gzip and too large to be held, and inflates it up to max
 * bytes: the same octets are inflated, summed and read, in one pass, and *size has how many they are. What the scanner
 * refuses, and a document with a validator, is inflated once more for libxml2.
 * Errors  as of ens__inflater_next; then nothing is told of the document */
ENS_CHECK ens_code ens__document_read_packed(ens_document_reader by, ens_slice gzip, size_t max,
                                             xmlSchemaValidCtxtPtr validator, ens_arena *arena, ens_document *out,
                                             ens_report *report, size_t *size, ens_err *err);

/* ens__document_read_root reads no further than the root's start tag: *out has its name and namespace, and read stays
 * false. Adds payload.document, as a skip where the beginning is good. reply: what answers a fault, or NULL. */
void ens__document_read_root(ens_scan *scan, ens_slice text, const char *reply, ens_arena *arena, ens_document *out,
                             ens_report *report);

/* ens__document_judge_root adds payload.root and payload.namespace. */
void ens__document_judge_root(const ens_document *d, const ens_header *h, ens_report *report);

/* ens__document_judge compares the document with the header: payload.root, payload.namespace, payload.reference,
 * payload.attachments. Faults carry the document's reply. */
void ens__document_judge(const ens_document *d, const ens_header *h, ens_report *report);

/* ens__document_judge_alone judges a document without the message that it travels in: payload.root, payload.namespace,
 * payload.reference. */
void ens__document_judge_alone(const ens_document *d, ens_report *report);

/* ens__document_references gives the LRN and the MRN that the document is about. One that has neither names what it is
 * about as its functionalReference, which is an MRN when it has the form of one. */
void ens__document_references(const ens_document *d, ens_slice *lrn, ens_slice *mrn);

/* The namespace of the interface version that an agreement names; NULL for another agreement. */
const char *ens__document_namespace(ens_slice agreement);

/* ens__mrn_check_digit_good: ISO 6346 over the first 17 characters (R3004 of the ICS2 HTI Rules and Conditions). Only
 * for text of the MRN's shape.
 */
bool ens__mrn_has_shape(ens_slice mrn);
bool ens__mrn_check_digit_good(ens_slice mrn);

#endif
