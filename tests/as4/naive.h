/* What a message of the answer sheets holds, read by search alone, apart from the readers under test. */
#ifndef ENS_TESTS_AS4_NAIVE_H
#define ENS_TESTS_AS4_NAIVE_H

#include "engine/base/bytes.h"

/* naive_root borrows the first part's body. The delimiter is the one that the head of the message names. */
ens_slice naive_root(ens_slice message);
/* naive_part borrows the body of the part with this Content-ID as it was sent; it is empty where none is found. */
ens_slice naive_part(ens_slice message, const char *cid);
/* naive_document returns what was sealed in the part: its transfer encoding is undone by OpenSSL and its members of
 * gzip by zlib. The caller frees it. */
char *naive_document(ens_slice message, const char *cid, size_t *len);
/* naive_between copies what stands between two marks in a text that ends with NUL, or an empty text. */
void naive_between(const char *text, const char *open, const char *close, char *out, size_t cap);

#endif
