/* What a certificate brought along, made harmless for people's eyes: no control characters, nothing that turns the
 * direction of writing, no broken UTF-8. */
#ifndef ENS_SHOW_PRINTABLE_H
#define ENS_SHOW_PRINTABLE_H

#include "engine/base/bytes.h"

/* ens__printable_next takes one character of text; *out borrows it, or is a replacement where it must not be shown.
 * False at the end. White space of any kind comes out as one space. */
bool ens__printable_next(ens_reader *text, ens_slice *out);
/* ens__columns counts what text takes on a terminal, each character as one. */
int ens__columns(ens_slice text);

#endif
