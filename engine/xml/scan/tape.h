/* A document's events, kept: for what can be judged only once more of the document was read. */
#ifndef ENS_ENGINE_XML_SCAN_TAPE_H
#define ENS_ENGINE_XML_SCAN_TAPE_H

#include "engine/base/arena.h"
#include "engine/xml/scan/scan.h"

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

#endif
