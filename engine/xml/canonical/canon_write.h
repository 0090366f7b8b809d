/* The octets of canonical XML on their way to a sink: what lies in the input as it must be written grows a run, what
 * must be written otherwise is copied into a small buffer, and both reach the sink in pieces as long as they can be. */
#ifndef ENS_ENGINE_XML_CANONICAL_CANON_WRITE_H
#define ENS_ENGINE_XML_CANONICAL_CANON_WRITE_H

#include "engine/base/bytes.h"

#define ENS_CANON_BUFFER 4096u /* bytes of rewritten pieces and short runs between two calls of the sink */

/* Where the octets go; a piece lives during the call. */
typedef struct {
    void (*put)(void *user, ens_slice piece);
    void *user;
} ens_canon_sink;

typedef struct {
    ens_canon_sink sink;
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
 * in the input. Source  Canonical XML 1.0, 1.1, 2.3; XML 1.0, 2.11, 3.3.3 */
void ens__canon_text(ens_canon_writer *w, ens_slice raw);
void ens__canon_cdata(ens_canon_writer *w, ens_slice content);
void ens__canon_value(ens_canon_writer *w, ens_slice raw);
void ens__canon_data(ens_canon_writer *w, ens_slice raw);

#endif
