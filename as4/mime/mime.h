/* MIME multipart/related packages (RFC 2387; SOAP Messages with Attachments; ICS2-HTI 4.1.5), read as slices into the
 * input, and written. */
#ifndef ENS_AS4_MIME_MIME_H
#define ENS_AS4_MIME_MIME_H

#include "engine/base/arena.h"
#include "engine/base/report.h"

#define ENS_MIME_HEADERS_MAX ((size_t)16 << 10) /* bytes of one header block */
#define ENS_MIME_BOUNDARY_MAX 70u               /* RFC 2046, 5.1.1 */
#define ENS_MIME_LINE_GOOD 300u /* octets of a header line of a part that a Domibus takes; one more, and it refuses */

/* 7bit and 8bit are binary. */
#define ENS_PARTS_MAX 64u /* MIME parts of one message, and eb:PartInfo */

typedef enum { ENS_ENCODING_BINARY = 0, ENS_ENCODING_BASE64, ENS_ENCODING_QUOTED, ENS_ENCODING_UNKNOWN } ens_encoding;

typedef struct {
    ens_slice content_type; /* the whole value, unfolded */
    ens_slice media_type;   /* "application/gzip" */
    ens_slice content_id;   /* without <> and outer white space */
    ens_encoding encoding;
    ens_slice body; /* transfer encoding undone: a slice of the input, or of the arena where it was encoded */
    size_t at;      /* offset of the body in ens_mime.in */
} ens_mime_part;

typedef struct {
    bool multipart;
    ens_slice content_type; /* of the package; empty for a bare envelope */
    ens_slice in;           /* the message, or what is left of it without the codings of HTTP: parts lie in it */
    unsigned status;        /* of the HTTP response that it was captured in; 0: none */
    ens_mime_part root;     /* the SOAP envelope */
    unsigned num_parts;
    ens_mime_part
        part[ENS_PARTS_MAX]; /* the others, in the order in which they stand; what is not counted is not set */
} ens_mime;

/* ens__mime_read takes a message as it comes: HTTP or MIME header block in front, or a body that starts with its
 * delimiter, or a bare SOAP envelope. content_type, when not empty, is that of the HTTP request and replaces a header
 * block. Findings mime.package, mime.root, mime.content-id...: a failure there means that *out holds what could be read
 * (perhaps no root: root.body empty). */
void ens__mime_read(ens_slice message, ens_slice content_type, ens_arena *arena, ens_mime *out, ens_report *report);

/* ens__cid_of turns an href into the Content-ID it means: "cid:" dropped, percent-decoded (RFC 2392), here alone. A
 * text without any scheme is taken for a Content-ID, as some senders write it. Empty for other URIs, for "#id", and for
 * what is no Content-ID once it is decoded. */
ens_slice ens__cid_of(ens_slice href, ens_arena *arena);

/* ens__content_id_good tells whether text can be a Content-ID that every receiver reads alike: visible US-ASCII as in a
 * msg-id, and no '#', behind which a URL has its fragment.   Source  RFC 2045, 7; RFC 5322, 3.6.4; RFC 2392 */
bool ens__content_id_good(ens_slice text);
/* ens__content_id_plain tells one that every receiver finds again, however it escapes: A-Z a-z 0-9 . _ @ - alone. */
bool ens__content_id_plain(ens_slice text);

/* Writing: header block of the package, then the root and one part after another, then the end. The writer never looks
 * into the bodies: boundary must not occur in any of them.   Source  ICS2-HTI 4.1.5; RFC 2046, 5.1.1 */
typedef struct {
    const char *boundary;
    ens_slice root_id; /* Content-ID of the root, without <> */
} ens_mime_writer;
void ens__mime_begin(const ens_mime_writer *w, ens_buf *out); /* package header and blank line */
void ens__mime_part_head(const ens_mime_writer *w, const char *content_type, ens_slice content_id,
                         ens_buf *out);                     /* the body follows */
void ens__mime_end(const ens_mime_writer *w, ens_buf *out); /* closing delimiter */

#endif
