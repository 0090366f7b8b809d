/* A message taken apart by its delimiters alone, so that a package with faults keeps them: pieces of header fields, and
 * bodies whose transfer encoding is undone. Put together, it is the message again. */
#ifndef ENS_AS4_ANONYMISE_PACKAGE_H
#define ENS_AS4_ANONYMISE_PACKAGE_H

#include "as4/anonymise/text.h"

#define ENS_PIECES_MAX 72u
#define ENS_PIECE_MAX ((size_t)160 << 20) /* bytes of a body that are inflated: more than a receiver takes */

typedef enum { ENS_PIECE_PLAIN = 0, ENS_PIECE_BASE64 } ens_piece_encoding;

/* What stands in front of a body (delimiter, header fields, empty line), and the body. */
typedef struct {
    ens_buf head, body;
    ens_piece_encoding encoding;
    size_t width;            /* of base64: characters of a line; 0: one line */
    const char *line_end;    /* … and its end */
    bool ends_with_line_end; /* … and the last one's */
} ens_piece;

typedef struct {
    ens_piece piece[ENS_PIECES_MAX];
    size_t num, root;   /* root: the piece that has the envelope; num: there is none */
    size_t told_length; /* of Content-Length, where it was right */
} ens_package;

/* ens__package_split takes a message apart. False: too many parts, or out of memory. Clear it in either case. */
bool ens__package_split(ens_slice message, ens_package *out);
void ens__package_clear(ens_package *p);
/* ens__package_join appends the message, with its new Content-Length where the old one was right. */
bool ens__package_join(const ens_package *p, ens_buf *out);

/* ens__package_collect and ens__package_anonymise do so with every piece: envelopes and documents as XML, gzip by what
 * is in it, other attachments as octets of the same number. What can't be inflated is packed with the same fault.
 * False: out of memory or random numbers, or over ENS_PIECE_MAX. */
void ens__package_collect(const ens_text_options *o, const ens_package *p);
bool ens__package_anonymise(const ens_text_options *o, ens_package *p);

/* ens__package_search looks whether octets stand anywhere in what a message says: in its pieces, inflated. */
bool ens__package_search(const ens_package *p, bool (*has)(void *user, ens_slice text), void *user);

#endif
