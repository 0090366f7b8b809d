/* Exclusive C14N over the scanner's events, straight into a sink: what is canonical already goes out where it lies, in runs as long
 * as they can be; the rest is rewritten piece by piece. Equal, byte for byte, to ens__c14n (libxml2). */
#ifndef ENS_ENGINE_CANON_H
#define ENS_ENGINE_CANON_H

#include "engine/scan.h"

#define ENS_CANON_PREFIXES_MAX 64u  /* of one InclusiveNamespaces PrefixList */
#define ENS_CANON_RENDERED_MAX 256u /* namespace declarations written and in force at once */

/* Where the octets go; a piece lives during the call. */
typedef struct {
    void (*put)(void *user, ens_slice piece);
    void *user;
} ens_canon_sink;

typedef struct ens_canon ens_canon; /* one apex at a time; any number may follow the same events */

ens_canon *ens__canon_new(void);
void ens__canon_free(ens_canon *c);

/* ens__canon_begin starts an apex. scope holds the declarations in scope at it, its own included (ens__scan_scope); uris resolves
 * numbers. prefix_list is the text of InclusiveNamespaces/@PrefixList, or empty. */
ENS_CHECK ens_code ens__canon_begin(ens_canon *c, const ens_scan *uris, const ens_scan_binding *scope, unsigned num_scope, ens_slice prefix_list,
                                    ens_canon_sink sink, ens_err *err);

/* ens__canon_add takes the next event, from the START of the apex to its END; a sub-tree that is left out (an enveloped signature)
 * is simply not handed over. *done becomes true with the apex' END.
 * Errors  ENS_ELIMIT
 * Source  Exclusive XML Canonicalization 1.0, 2 and 3 (without comments) */
ENS_CHECK ens_code ens__canon_add(ens_canon *c, const ens_scan_event *e, bool *done, ens_err *err);

/* ens__canon_whole starts the whole document (a reference with an empty URI): events from the first on, those outside of the root
 * included; ens__canon_end closes it. */
ENS_CHECK ens_code ens__canon_whole(ens_canon *c, const ens_scan *uris, ens_slice prefix_list, ens_canon_sink sink, ens_err *err);
void ens__canon_end(ens_canon *c);

#endif
