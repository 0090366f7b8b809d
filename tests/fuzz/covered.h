/* The oracle of the seal: which octets does an accepted message's seal cover? It asks neither engine and resolves no
 * reference. Whoever held the key wrote down the octets that he hashed; a message covers those whose digests stand in
 * its ds:SignedInfo, found by search in the text, and nothing else. */
#ifndef ENS_TESTS_FUZZ_COVERED_H
#define ENS_TESTS_FUZZ_COVERED_H

#include "engine/base/bytes.h"

#define COVERED_MAX 16u

/* What was hashed when the message was sealed. Borrowed. */
typedef struct {
    ens_slice octets[COVERED_MAX];
    unsigned num;
} sealed_octets;

/* covered_by keeps of what was hashed the octets whose digest stands in the message's ds:SignedInfo. */
void covered_by(ens_slice message, const sealed_octets *hashed, sealed_octets *covered);

/* covered_text tells whether the one covered element of this local name, the first behind a start tag of outer where
 * that is not NULL, has this text; an absent text (p NULL) wants no such element. */
bool covered_text(const sealed_octets *covered, const char *outer, const char *local, ens_slice text);

/* covered_part tells whether bytes are covered octets, as they are, without an XML declaration, or inflated by zlib. */
bool covered_part(const sealed_octets *covered, ens_slice bytes);

#endif
