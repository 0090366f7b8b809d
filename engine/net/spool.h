/* A body on its way in: kept in memory while it is short, in a file without a name beyond that, hashed as it comes, and
 * handed over as one slice. */
#ifndef ENS_ENGINE_NET_SPOOL_H
#define ENS_ENGINE_NET_SPOOL_H

#include "engine/base/bytes.h"

#define ENS_SPOOL_MEMORY ((size_t)256 << 10) /* bytes of a body that need no file, and of what is written at a time */
#define ENS_SPOOL_KEPT ((size_t)64 << 10)    /* bytes of memory that serve for the next body */
#define ENS_SPOOL_SHA256 32u

typedef struct ens_spool ens_spool; /* for one body at a time */

/* folder, borrowed, is where files are made; NULL: TMPDIR, or /tmp. */
ens_spool *ens__spool_new(const char *folder);
void ens__spool_free(ens_spool *s);

/* ens__spool_put adds a piece; a failure is kept, and told by end too.   Errors  ENS_EIO, ENS_ENOMEM, ENS_ECRYPTO */
bool ens__spool_put(ens_spool *s, ens_slice piece);
/* ens__spool_end makes the whole body readable until reset. */
ENS_CHECK ens_code ens__spool_end(ens_spool *s, ens_slice *body, uint8_t sha256[ENS_SPOOL_SHA256], ens_err *err);
/* ens__spool_reset forgets the body, whether it was whole or not. */
void ens__spool_reset(ens_spool *s);

#endif
