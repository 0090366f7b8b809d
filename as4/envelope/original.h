/* What a receipt has to repeat, read off the message that it is for without making records of the rest. */
#ifndef ENS_AS4_ENVELOPE_ORIGINAL_H
#define ENS_AS4_ENVELOPE_ORIGINAL_H

#include "as4/envelope/ebms.h"
#include "engine/xml/tree/tree.h"
#include "ensign/verify.h"

/* ens__original_scan reads the envelope of a sealed user message: of the header the kind, the message id, the service
 * and the type of the sender's id; of each reference URI, digest method and digest, up to max. The envelope is scanned
 * to its end, and has to be well-formed. header must be clear. False where it isn't plainly such a message, or there is
 * more in it than one reader would find: then a full reading has to judge. */
bool ens__original_scan(const ens_tree_scanner *scanner, ens_slice envelope, ens_arena *arena, ens_header *header,
                        ens_signed_part *part, unsigned max, unsigned *num);

#endif
