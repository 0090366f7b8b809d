/* A business document that was checked by itself, as text for people and as a JSON object; what it says, as a person
 * reads it. */
#ifndef ENS_SHOW_DOCUMENT_H
#define ENS_SHOW_DOCUMENT_H

#include "as4/payload/payload.h"
#include "engine/base/json.h"
#include "show/page.h"

/* ens__document_json writes the object of `ens check`: verdict, reply, tables, checks, document_errors. sent, which may
 * be NULL, is the document that the errors of an IE3N99 or IE3N01 are about. */
void ens__document_json(ens_json *j, const char *file, const ens_document_facts *d, const ens_answer *answer,
                        const ens_report *report, const ens_doc *sent);

/* ens__document_page writes the same for people. all: checks that passed, too. */
void ens__document_page(const ens__page *page, const char *file, const ens_document_facts *d, const ens_answer *answer,
                        const ens_report *report, const ens_doc *sent, bool all);

/* ens__document_code_words gives the words of a code of CL723, ens__document_version "V1.0" or "V2.0" by the namespace;
 * NULL where there are none. */
const char *ens__document_code_words(ens_slice code);
const char *ens__document_version(const ens_document *d);

/* The members "tables" and "document_errors" of the command contract. */
void ens__tables_json(ens_json *j, const ens_tables *tables);
void ens__document_errors_json(ens_json *j, const ens_document_error *errors, size_t num, const ens_doc *sent);

void ens__document_errors_page(const ens__page *page, const ens_document_error *errors, size_t num,
                               const ens_doc *sent);

/* ens__elements_page writes what a document says, as a person reads it; ens__elements_json its elements as they are. */
void ens__elements_page(const ens__page *page, const ens_doc *d);
void ens__elements_json(ens_json *j, const ens_doc *d);

#endif
