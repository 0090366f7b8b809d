/* Exclusive C14N over the scanner's events, straight into a sink: what is canonical already goes out where it lies, in
 * runs as long as they can be; the rest is rewritten piece by piece. Equal, byte for byte, to ens__c14n (libxml2).
 *
 * Events may come from the scanner as it goes, or from where a caller has kept them (with their attributes and
 * declarations). */
#ifndef ENS_ENGINE_XML_CANONICAL_CANON_H
#define ENS_ENGINE_XML_CANONICAL_CANON_H

#include "engine/base/digest.h"
#include "engine/xml/canonical/canon_write.h"
#include "engine/xml/scan/scan.h"

#define ENS_CANON_PREFIXES_MAX 64u /* of one InclusiveNamespaces PrefixList */
#define ENS_CANON_RENDERED_MAX                                                                                         \
    ENS_SCAN_SCOPE_MAX /* declarations written and in force at once: never more than are in scope */

typedef struct ens_canon ens_canon; /* one apex at a time; any number may follow the same events */

ens_canon *ens__canon_new(void);
void ens__canon_free(ens_canon *c);

/* ens__canon_digest is the sink that hashes; the caller starts and ends the digest. */
ens_canon_sink ens__canon_digest(ens_digest *d);

/* ens__canon_begin starts an apex. scope holds the declarations in scope at it, its own included (ens__scan_scope), and
 * need not stay; uris resolves numbers. prefix_list is the value of InclusiveNamespaces/@PrefixList, or empty; it stays
 * until the apex is done. Errors  ENS_ELIMIT prefixes; ENS_ESYNTAX a relative namespace name anywhere in what the
 * scanner has read (as libxml2 has it) */
ENS_CHECK ens_code ens__canon_begin(ens_canon *c, const ens_scan *uris, const ens_scan_binding *scope,
                                    unsigned num_scope, ens_slice prefix_list, ens_canon_sink sink, ens_err *err);

/* ens__canon_begin_inclusive is the same for Canonical XML 1.0: every declaration in scope is written. Attributes of
 * the xml namespace of the apex' ancestors are not known here: where an ancestor has one, the caller must not use it.
 */
ENS_CHECK ens_code ens__canon_begin_inclusive(ens_canon *c, const ens_scan *uris, const ens_scan_binding *scope,
                                              unsigned num_scope, ens_canon_sink sink, ens_err *err);

/* ens__canon_add takes the next event, from the START of the apex to its END; a sub-tree that is left out (an enveloped
 * signature) is simply not handed over. *done becomes true with the apex' END. Slices of the events stay until then.
 * Errors  ENS_ELIMIT; with the last END ENS_ESYNTAX a relative namespace name
 * Source  Exclusive XML Canonicalization 1.0, 2 and 3 (without comments) */
ENS_CHECK ens_code ens__canon_add(ens_canon *c, const ens_scan_event *e, bool *done, ens_err *err);

/* ens__canon_run adds num events in one call: an apex from START to END, or what there is of it. */
ENS_CHECK ens_code ens__canon_run(ens_canon *c, const ens_scan_event *events, size_t num, bool *done, ens_err *err);

/* ens__canon_whole starts the whole document (a reference with an empty URI): events from the first on, those outside
 * of the root included; ens__canon_end closes it.   Errors  ENS_ELIMIT; of ens__canon_end ENS_ESYNTAX a relative
 * namespace name */
ENS_CHECK ens_code ens__canon_whole(ens_canon *c, const ens_scan *uris, ens_slice prefix_list, ens_canon_sink sink,
                                    ens_err *err);
ENS_CHECK ens_code ens__canon_end(ens_canon *c, ens_err *err);

#endif
