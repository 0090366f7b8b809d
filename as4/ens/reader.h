/* Judging a business document by the message tables while it is read: (open, text, close) of its elements, by whoever
 * parses it. Every fault is told, with the XPath of its element; nothing is allocated once the reader is warm, and
 * memory does not grow with the document beyond what the rules of one consignment need.
 *
 * What is judged  order, occurrence and formats by the tables; codes as far as their lists are held; the rules and
 *                 conditions that the tables cite (rules.h)
 * Findings        of the family ens, with the basis of each */
#ifndef ENS_AS4_ENS_READER_H
#define ENS_AS4_ENS_READER_H

#include "as4/ens/rules.h"

#define ENS_DOC_FAULTS_MAX 200u /* faults of one document that are told one by one */

typedef struct ens_docreader ens_docreader; /* one per worker; one document at a time */

/* Whoever remembers filings judges what a document alone does not tell (R3003: a reference is used once; R3024: an
 * amendment changes no key): it is called at the end of each element that cites such a rule, and answers by the calls
 * of rules.h, or not at all. */
typedef void (*ens_doc_store)(void *user, ens_ruling *r, uint16_t rule, uint32_t node);

typedef struct {
    const ens_tables *tables; /* NULL: those that are compiled in */
    ens_slice input;          /* the document, where it stays in memory while it is read; else empty */
    bool warn;                /* tell faults as warnings */
    bool schema;              /* a schema judges as well, and wins: what the tables say of structure are warnings */
    bool silent;              /* tell nothing */
    const char *reply;        /* what answers a fault of the document, or NULL */
    ens_doc_store store;      /* NULL: nobody remembers */
    void *store_user;
    bool whole; /* keep every element of a long document, for whoever reads them behind its end */
} ens_doc_options;

ens_docreader *ens__docreader_new(void);
void ens__docreader_free(ens_docreader *r);

/* ens__docreader_begin starts a document. What it finds is added to the report, which must stay until the end. */
void ens__docreader_begin(ens_docreader *r, const ens_doc_options *options, ens_report *report);

/* An element begins. foreign: it is in another namespace than the root. */
void ens__docreader_open(ens_docreader *r, ens_slice local, bool foreign);
/* An attribute of the element that began last, which is no namespace declaration. instance: it is of XML Schema's
 * instance namespace. */
void ens__docreader_attribute(ens_docreader *r, ens_slice local, bool instance);
/* A piece of the text of the element that is open; references are replaced. */
void ens__docreader_text(ens_docreader *r, ens_slice piece);
void ens__docreader_close(ens_docreader *r);

/* ens__docreader_end tells what passed and what was skipped, once the document was read to its end. */
void ens__docreader_end(ens_docreader *r);
/* ens__docreader_drop forgets what was told: the document is not well-formed. */
void ens__docreader_drop(ens_docreader *r);

/* The elements that were read, until the next begin. */
const ens_doc *ens__docreader_doc(const ens_docreader *r);

#endif
