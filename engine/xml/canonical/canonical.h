/* The octets of canonical XML on their way to a sink: what lies in the input as it must be written grows a run, what
 * must be written otherwise is copied into a small buffer, and both reach the sink in pieces as long as they can be. */
#ifndef ENS_ENGINE_XML_CANONICAL_CANONICAL_H
#define ENS_ENGINE_XML_CANONICAL_CANONICAL_H

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/xml/scan/scan.h"

#define ENS_CANON_BUFFER 4096u /* bytes of rewritten pieces and short runs between two calls of the sink */

/* Where the octets go; a piece lives during the call. */
typedef struct {
    void (*put)(void *user, ens_slice piece);
    void *user;
} ens_canon_sink;

typedef struct {
    ens_canon_sink sink;
    bool apart;                   /* runs are handed on where they lie, each by itself, and never copied */
    const uint8_t *run, *run_end; /* of the input, written but not yet handed on; it follows what is in the buffer */
    size_t len;
    uint8_t buffer[ENS_CANON_BUFFER];
} ens_canon_writer;

void ens__canon_writer_start(ens_canon_writer *w, ens_canon_sink sink);
/* ens__canon_flush hands everything on. */
void ens__canon_flush(ens_canon_writer *w);

/* ens__canon_break starts another run at s; use ens__canon_verbatim. */
void ens__canon_break(ens_canon_writer *w, ens_slice s);

/* ens__canon_verbatim writes a piece of the input, which stays until the apex is done. */
static inline void ens__canon_verbatim(ens_canon_writer *w, ens_slice s)
{
    if (s.p == w->run_end)
        w->run_end += s.len;
    else
        ens__canon_break(w, s);
}

/* ens__canon_literal copies: s need not stay. */
void ens__canon_literal(ens_canon_writer *w, ens_slice s);

/* What the scanner found, written as canonical XML has it: character data, the contents of a CDATA section, the value
 * of an attribute between its quotes, the data of a processing instruction. References and line ends are as they stand
 * in the input.
 * Source  Canonical XML 1.0, 1.1, 2.3; XML 1.0, 2.11, 3.3.3 */
void ens__canon_text(ens_canon_writer *w, ens_slice raw);
void ens__canon_cdata(ens_canon_writer *w, ens_slice content);
void ens__canon_value(ens_canon_writer *w, ens_slice raw);
void ens__canon_data(ens_canon_writer *w, ens_slice raw);

/* Exclusive C14N over the scanner's events, straight into a sink: what is canonical already goes out where it lies, in
 * runs as long as they can be; the rest is rewritten piece by piece. Equal, byte for byte, to ens__libxml_canon
 * (libxml2).
 *
 * Events may come from the scanner as it goes, or from where a caller has kept them (with their attributes and
 * declarations). */
#define ENS_CANON_PREFIXES_MAX 64u /* of one InclusiveNamespaces PrefixList */
#define ENS_CANON_RENDERED_MAX                                                                                         \
    ENS_XML_SCOPE_MAX /* declarations written and in force at once: never more than are in scope */

typedef struct ens_canon ens_canon; /* one apex at a time; any number may follow the same events */

ens_canon *ens__canon_new(void);
void ens__canon_free(ens_canon *c);

/* ens__canon_digest is the sink that hashes; the caller starts and ends the digest. */
ens_canon_sink ens__canon_digest(ens_digest *d);

/* ens__canon_begin starts an apex. scope holds the declarations in scope at it, its own included (ens__scan_scope), and
 * need not stay; uris resolves numbers. prefix_list is the value of InclusiveNamespaces/@PrefixList, or empty; it stays
 * until the apex is done.
 * Errors  ENS_ELIMIT prefixes; ENS_ESYNTAX a relative namespace name anywhere in what the
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

/* For moulds (tree/mould.h): ens__canon_apart has what comes next hand on runs of the input by themselves, so that they
 * can be told from what is written beside the input; ens__canon_out is the writer, for who knows the pieces. */
void ens__canon_apart(ens_canon *c, bool apart);
ens_canon_writer *ens__canon_out(ens_canon *c);

#endif
