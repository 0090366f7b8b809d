/* See errors.h. */
#include "as4/ens/errors.h"

static bool keep_errors(ens_arena *arena, ens_slice text, ens_slice *out)
{
    char *kept = ens_arena_text(arena, text);
    *out = ens_bytes(kept, kept ? text.len : 0);
    return kept != NULL;
}

/* read_error: where there is no description, the technical message says it. */
static bool read_error(const ens_doc *d, uint32_t error, ens_arena *arena, ens_document_error *out)
{
    ens_slice description = ens__doc_value(d, error, ENS_EL_description);
    if (!description.len)
        description = ens__doc_value(d, error, ENS_EL_technicalErrorMessage);
    uint32_t pointer = ens__doc_child(d, error, ENS_EL_pointer);
    return keep_errors(arena, ens__doc_value(d, error, ENS_EL_validationCode), &out->code) &&
           keep_errors(arena, ens__doc_value(d, pointer, ENS_EL_messageElementPath), &out->pointer) &&
           keep_errors(arena, description, &out->description);
}

bool ens__doc_errors(const ens_doc *d, ens_arena *arena, const ens_document_error **out, size_t *num)
{
    *out = NULL;
    *num = 0;
    if (!ens__doc_is(d, "IE3N99") && !ens__doc_is(d, "IE3N01"))
        return true;
    size_t found = 0;
    for (uint32_t e = ens__doc_child(d, ENS_DOC_ROOT, ENS_EL_error); e; e = ens__doc_next(d, e))
        found++;
    ens_document_error *all = found ? ens_arena_take(arena, found * sizeof *all) : NULL, *at = all;
    if (found && !all)
        return false;
    for (uint32_t e = ens__doc_child(d, ENS_DOC_ROOT, ENS_EL_error); e; e = ens__doc_next(d, e))
        if (!read_error(d, e, arena, at++))
            return false;
    *out = all;
    *num = found;
    return true;
}
