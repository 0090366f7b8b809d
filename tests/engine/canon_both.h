/* A document canonicalised by our own streaming writer and by libxml2: do both write the same octets? */
#ifndef ENS_TESTS_CANON_BOTH_H
#define ENS_TESTS_CANON_BOTH_H

#include "engine/base/bytes.h"

typedef struct canon_both canon_both;

canon_both *canon_both_new(void); /* NULL: out of memory */
void canon_both_free(canon_both *b);

/* canon_both_read is false when the scanner or libxml2 refuses the document. text stays until the next. */
bool canon_both_read(canon_both *b, ens_slice text);

/* canon_both_compare canonicalises each element as apex (up to max of them), exclusively with prefix_list and
 * inclusively, and the whole document. NULL: no difference; else what differs, with the octets on stderr. */
const char *canon_both_compare(canon_both *b, ens_slice prefix_list, unsigned max);

#endif
