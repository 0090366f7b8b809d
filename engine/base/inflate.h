/* Deflate (RFC 1951) in memory, as strict as zlib: a stream as a whole, from and into memory that lies in one piece. It
 * only ever says yes; whatever it doubts is zlib's to judge. */
#ifndef ENS_ENGINE_BASE_INFLATE_H
#define ENS_ENGINE_BASE_INFLATE_H

#include "engine/base/bytes.h"

typedef struct ens_inflate ens_inflate; /* one per worker: the tables of the block in hand */

ens_inflate *ens__inflate_new(void);
void ens__inflate_free(ens_inflate *z);

typedef enum {
    ENS_INFLATE_DONE = 0,
    ENS_INFLATE_ROOM,  /* it is more than there is room for, if it is a stream at all */
    ENS_INFLATE_DOUBT, /* zlib refuses it, or it has a form that hardly anybody writes */
} ens_inflate_answer;

/* Where it writes: room octets, and behind them what may be written over, too: with this much it is quicker. */
#define ENS_INFLATE_SCRATCH ((size_t)352)
typedef struct {
    uint8_t *out;
    size_t room, scratch;
} ens_inflate_space;

/* ens__inflate_stream inflates the stream that in begins with. *taken are its octets of in, to the end of the last one
 * that it has bits in; *made those that it inflates to. When it is done, zlib would have been, with the same octets.
 * Source  RFC 1951, 3.2 */
ens_inflate_answer ens__inflate_stream(ens_inflate *z, ens_slice in, const ens_inflate_space *space, size_t *taken,
                                       size_t *made);

#endif
