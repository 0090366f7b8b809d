/* What one part of a package is made of: its header block (RFC 5322, 2.2; RFC 2045, 5.1), the parameters of a value,
 * and the transfer encoding of its body (RFC 2045, 6). The block of HTTP is read likewise. */
#ifndef ENS_AS4_MIME_MIME_PART_H
#define ENS_AS4_MIME_MIME_PART_H

#include "as4/mime/mime.h"
#include "engine/base/arena.h"

/* Values are unfolded and trimmed, borrowed from the input or, where folded, from the arena. p is NULL for an absent
 * field. */
typedef struct {
    ens_slice content_type, content_id, transfer_encoding, content_encoding,
        hop_encoding;  /* hop: HTTP Transfer-Encoding */
    const char *twice; /* a field of those that stands there more than once, or NULL */
    size_t longest;    /* octets of the longest line, without its end */
    bool bare_lf;      /* a line ends in LF alone */
    bool bare_cr;      /* a CR stands within a line */
    size_t end;        /* offset of what follows the block and its empty line */
} ens__mime_head;

typedef enum {
    ENS_HEAD_OK = 0,
    ENS_HEAD_LIMIT,  /* over ENS_MIME_HEADERS_MAX */
    ENS_HEAD_SYNTAX, /* a line that is no field, or the block is cut short; end is where */
    ENS_HEAD_NOMEM
} ens__head_result;

/* ens__mime_head_read reads the block at offset from of in. indented: the block was printed with a margin, so that a
 * line continues the one before only when it stands further right than the first. */
ens__head_result ens__mime_head_read(ens_slice in, size_t from, bool indented, ens_arena *arena, ens__mime_head *out);

/* ens__mime_media_type borrows what stands before the first ';' of a Content-Type. */
ens_slice ens__mime_media_type(ens_slice content_type);

typedef struct {
    ens_slice name, value; /* value: empty (p NULL) when the parameter is absent, stands twice or has no end */
    unsigned seen;         /* how often it stands there */
} ens__mime_param;

/* ens__mime_params finds the parameters that are asked for by name, quoted or not. */
void ens__mime_params(ens_slice content_type, ens_arena *arena, ens__mime_param *wanted, size_t num);

/* ens__mime_encoding reads the field's value; an absent field means binary. */
ens_encoding ens__mime_encoding(ens_slice value);
/* ens__mime_decode: *out borrows body where nothing has to be undone, else the arena.
 * Errors  ENS_ESYNTAX the body is not in that encoding; ENS_ENOMEM the arena is full */
ENS_CHECK ens_code ens__mime_decode(ens_encoding encoding, ens_slice body, ens_arena *arena, ens_slice *out);

#endif
