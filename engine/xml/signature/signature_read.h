/* The record of a ds:Signature from its events, which are kept on a tape until more of the document was read. */
#ifndef ENS_ENGINE_XML_SIGNATURE_SIGNATURE_READ_H
#define ENS_ENGINE_XML_SIGNATURE_SIGNATURE_READ_H

#include "engine/base/arena.h"
#include "engine/xml/canonical/canonical.h"
#include "engine/xml/scan/scan.h"
#include "engine/xml/signature/signature.h"

/* Events with their attributes and declarations, which live in the arena; slices borrow from the input as before. */
typedef struct {
    ens_arena *arena;
    ens_scan_event *event;
    size_t num, cap;
} ens_tape;

void ens__tape_start(ens_tape *t, ens_arena *arena);
/* ens__tape_add keeps a copy of e.   Errors  ENS_ENOMEM */
ENS_CHECK ens_code ens__tape_add(ens_tape *t, const ens_scan_event *e, ens_err *err);

/* ens__tape_after is the index behind the END of the element whose START is at from, or num when it has none yet. */
size_t ens__tape_after(const ens_tape *t, size_t from);

/* Walking: the START of an element's first child, and of the element behind it in the same parent; 0 when there is
 * none. */
size_t ens__tape_first(const ens_tape *t, size_t parent);
size_t ens__tape_next(const ens_tape *t, size_t element);

/* ens__tape_scope lists the declarations in scope at the element whose START is at from, its own included, outermost
 * first. The tape holds everything from the root on.   Errors  ENS_ENOMEM */
ENS_CHECK ens_code ens__tape_scope(const ens_tape *t, size_t from, const ens_scan_binding **scope, unsigned *num,
                                   ens_err *err);

/* The record of a ds:Signature from its kept events; see signature.h. */
/* The namespace names that are looked for, by number. */
typedef struct {
    ens_scan_uri ds, ec; /* XML Signature; exclusive C14N */
} ens_signature_names;

/* ens__signature_read reads the signature whose START is the tape's first event into out, but for what has to be
 * digested: states, covers and signed_info. scratch is used. *signed_info is the index of ds:SignedInfo. Errors
 * ENS_ESYNTAX, ENS_ELIMIT, ENS_ENOMEM */
ENS_CHECK ens_code ens__signature_read(const ens_tape *t, ens_signature_names names, ens_buf *scratch,
                                       ens_signature *out, size_t *signed_info, ens_err *err);

/* ens__signature_attribute is the value of an attribute without a namespace; p NULL when it is absent. Values that are
 * not plain are decoded into the tape's arena.   Errors  ENS_ENOMEM */
ENS_CHECK ens_code ens__signature_attribute(const ens_tape *t, const ens_scan_attribute *a, ens_slice *out,
                                            ens_err *err);

#endif
