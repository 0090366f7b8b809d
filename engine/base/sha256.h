/* SHA-256 of several pieces that don't depend on one another. A processor with instructions for it (SHA-NI) waits for
 * each step of one piece's; two pieces side by side take hardly longer than one. Elsewhere OpenSSL hashes one after the
 * other. For what is public alone: nothing is wiped. */
#ifndef ENS_ENGINE_BASE_SHA256_H
#define ENS_ENGINE_BASE_SHA256_H

#include "engine/base/bytes.h"

#define ENS_SHA256_LEN 32u

/* ens__sha256_all hashes num pieces.   Errors  ENS_ECRYPTO OpenSSL could not */
ENS_CHECK ens_code ens__sha256_all(const ens_slice *piece, size_t num, uint8_t (*out)[ENS_SHA256_LEN], ens_err *err);

/* Two texts side by side: one that lies in memory whole, and one that comes in pieces, such as a canonical form of it.
 * Short pieces are gathered before they are hashed. One for each thread. */
typedef struct ens__sha256_two ens__sha256_two;

ens__sha256_two *ens__sha256_two_new(void); /* NULL when out of memory */
void ens__sha256_two_free(ens__sha256_two *two);
/* begin forgets what was begun before; whole stays until end. */
void ens__sha256_two_begin(ens__sha256_two *two, ens_slice whole);
void ens__sha256_two_add(ens__sha256_two *two, ens_slice piece);
ENS_CHECK ens_code ens__sha256_two_end(ens__sha256_two *two, uint8_t whole[ENS_SHA256_LEN],
                                       uint8_t pieces[ENS_SHA256_LEN], ens_err *err);

/* ens__sha256_pairs tells whether pieces are hashed side by side here. The first call tries it against OpenSSL. */
bool ens__sha256_pairs(void);

#endif
