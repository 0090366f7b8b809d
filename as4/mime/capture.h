/* What stands in front of a message that was captured on its way: header blocks of HTTP or MIME, and the codings that
 * HTTP put on its body. */
#ifndef ENS_AS4_MIME_CAPTURE_H
#define ENS_AS4_MIME_CAPTURE_H

#include "engine/base/arena.h"
#include "engine/base/report.h"

#define ENS_CAPTURE_CODINGS_MAX 8u /* codings of one body that are undone */

typedef struct {
    ens_slice in;           /* the capture, or the arena where a coding was undone */
    size_t at;              /* where the body starts in it */
    ens_slice content_type; /* of the last block; p NULL: it has none */
    bool bare_lf;           /* lines of the last block end in LF alone */
    unsigned status;        /* of an HTTP response in front; 0: none */
} ens_capture;

/* ens__capture_read reads the header blocks at offset from: interim answers (1xx) and the tunnel of a proxy come before
 * the one that counts. Transfer and content codings are undone where the body has them still: tools that save captures
 * often undo them and keep the field. False where the message can't be got at: mime.header says what is wrong with a
 * block, and mime.coding, a skip, what isn't the sender's fault.
 * Source  RFC 9110 8.4, 9.3.6, 15.2; RFC 9112 2, 7 */
bool ens__capture_read(ens_slice in, size_t from, ens_arena *arena, ens_capture *out, ens_report *report);

/* ens__capture_split takes a sealed message as it stands in a file apart: the Content-Type that HTTP says of it,
 * unfolded, in the arena; NULL for a bare envelope. And its body, as it was sealed.
 * Errors  ENS_ESYNTAX it can't be sent */
ENS_CHECK ens_code ens__capture_split(ens_slice message, ens_arena *arena, ens_report *aside, const char **type,
                                      ens_slice *body, ens_err *err);

/* ens__capture_first passes over white space and a byte order mark, from at. */
size_t ens__capture_first(ens_slice in, size_t at);

#endif
