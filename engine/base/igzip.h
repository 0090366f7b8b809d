/* gzip by ISA-L, where it is built with and at hand when it is first asked for: four times as quick as libdeflate's
 * quickest level, and no larger. */
#ifndef ENS_ENGINE_BASE_IGZIP_H
#define ENS_ENGINE_BASE_IGZIP_H

#include "engine/base/bytes.h"

typedef struct ens_igzip ens_igzip; /* one per worker */

/* ens__igzip_new makes a compressor. NULL: there is no ISA-L here, or no memory. */
ens_igzip *ens__igzip_new(void);
void ens__igzip_free(ens_igzip *z);

/* ens__igzip_begin begins a gzip member: mtime 0, no name, OS 255. */
void ens__igzip_begin(ens_igzip *z);
/* ens__igzip_add compresses a piece of its contents, the last one where it ends with it, and tells in *made how much
 * was written. The same pieces give the same member on the same kind of processor.   Returns  false: there is no room for
 * it, and whatever stands in out means nothing */
bool ens__igzip_add(ens_igzip *z, ens_slice piece, bool last, uint8_t *out, size_t room, size_t *made);

#endif
