/* Rows of the journal, as lines for people and as JSON. */
#ifndef ENS_SHOW_JOURNAL_H
#define ENS_SHOW_JOURNAL_H

#include "engine/base/json.h"
#include "sti/store/store.h"

/* {"seq","at","direction","kind","action","message_id","ref_to","party","lrn","mrn","verdict","ebms","bytes","sha256",
 * "peer","detail"}; path, unless NULL, is where the bytes were written to. */
void ens__journal_json(ens_json *j, const ens__journal_row *row, const char *path);
/* One line of a list; NULL: the line of headings. */
void ens__journal_print_line(const ens__journal_row *row);
void ens__journal_print(const ens__journal_row *row);

#endif
