/* What the message tables say of a text: for tests of the reader and of the rules. */
#ifndef ENS_TESTS_AS4_ENS_JUDGED_H
#define ENS_TESTS_AS4_ENS_JUDGED_H

#include "as4/ens/reader.h"
#include "engine/base/report.h"

/* ens_judged_text reads a document by the scanner and the compiled-in tables; the report stays until the next call. The
 * namespace of ICS2 is put into the root's start tag where a text has none. */
const ens_report *ens_judged_text(const char *document);

/* ens_judged_store has the next texts judged with such a memory of filings; NULL: with none. */
void ens_judged_store(ens_doc_store store, void *user);

/* ens_judged_edit does so with a document in which the first `from` reads `to`; NULL where `from` does not occur in it.
 */
const ens_report *ens_judged_edit(const char *document, const char *from, const char *to);

/* ens_judged_doc is what the last call read. */
const ens_doc *ens_judged_doc(void);

/* ens_judged_find is the first finding of that check and outcome, or NULL. */
const ens_finding *ens_judged_find(const ens_report *report, const char *check, ens_outcome outcome);

/* ens_judged_faults counts what failed. */
unsigned ens_judged_faults(const ens_report *report);

/* ens_judged_tell writes what failed and warned, a line each, for a row that differs (static storage). */
const char *ens_judged_tell(const ens_report *report);

#endif
