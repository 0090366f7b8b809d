/* gzip opened even where it is at fault, and made again with the same faults. */
#ifndef ENS_AS4_ANONYMISE_PACK_H
#define ENS_AS4_ANONYMISE_PACK_H

#include "engine/base/bytes.h"

/* One member as it stands. */
typedef struct {
    ens_slice head;      /* with its optional fields */
    ens_buf contents;    /* as far as they could be inflated */
    bool over;           /* it has more than was asked for */
    bool whole, corrupt; /* of the deflated data: to its end; neither: it is cut short */
    unsigned trailer;    /* octets of CRC and length that are there, 0 … 8 */
    bool crc, length;    /* each is right */
    ens_slice rest;      /* what stands behind it */
} ens_packed;

bool ens__packed_looks(ens_slice bytes);
/* ens__packed_open reads a member; what it has beyond max inflated is left out, with all that stands behind it. False:
 * it has no head, or out of memory. Clear contents in either case. */
bool ens__packed_open(ens_slice bytes, size_t max, ens_packed *out);
/* ens__packed_make appends a member with other contents and the faults of the first one; a file's name in its head is
 * replaced by as many x. */
bool ens__packed_make(const ens_packed *like, ens_slice contents, ens_buf *out);

#endif
