/* What customs found wrong: the errors of an IE3N99 (form, rules) or an IE3N01 (life cycle) document. */
#ifndef ENS_AS4_ENS_ERRORS_H
#define ENS_AS4_ENS_ERRORS_H

#include "as4/ens/doc.h"
#include "engine/base/arena.h"
#include "ensign/verify.h"

/* ens__doc_errors lists the errors of a document that was read, with texts in the arena; none of another document.
 * False: out of memory. */
bool ens__doc_errors(const ens_doc *d, ens_arena *arena, const ens_document_error **out, size_t *num);

#endif
