/* Text that somebody else wrote, made harmless for people's eyes and terminals: no control characters, nothing that
 * turns the direction of writing or is not seen, no broken UTF-8. */
#ifndef ENS_ENGINE_BASE_PRINTABLE_H
#define ENS_ENGINE_BASE_PRINTABLE_H

#include "engine/base/bytes.h"

/* ens__printable_next takes one character of text; *out borrows it, or is a replacement where it must not be shown.
 * False at the end. White space of any kind comes out as one space. */
bool ens__printable_next(ens_reader *text, ens_slice *out);

/* ens__printable writes text into out, with a NUL, and returns out. What does not fit goes from the middle, where the
 * mark "…" stands for it: both ends of a path or a name tell something. size is 16 at least. */
char *ens__printable(ens_slice text, char *out, size_t size);

/* ens__printable_lines appends text as it is but for what must not be shown; its line feeds stay. */
void ens__printable_lines(ens_buf *out, ens_slice text);

/* ens__columns counts what text takes on a terminal, each character as one. */
int ens__columns(ens_slice text);

/* ens__is_hidden tells of a code point: C1 controls, marks and overrides of direction, line and paragraph separators,
 * characters without a width.   Source  Unicode TR 9 (bidirectional), TR 36 (spoofing) */
bool ens__is_hidden(uint32_t c);

/* ens__utf8_step takes the length of the sequence that begins at *p, which has left bytes, and its code point; 0 when
 * it is no UTF-8 (RFC 3629: shortest form, no surrogates). */
size_t ens__utf8_step(const uint8_t *p, size_t left, uint32_t *c);

#endif
