/* Reading eb:Messaging into the header record. */
#ifndef ENS_AS4_ENVELOPE_EBMS_READ_H
#define ENS_AS4_ENVELOPE_EBMS_READ_H

#include "as4/envelope/ebms.h"
#include "as4/mime/mime.h"
#include "engine/xml/tree/tree.h"

/* ens__ebms_read fills *out from the one eb:Messaging block and adds header.*: order and number of elements as the
 * schema has them; values are judged by ics2. Slices borrow from the tree and the arena. Source  ebMS3 Core, Appendix
 * A; ICD 4.2 (ics2-hti 4, 7) */
void ens__ebms_read(const ens_node *messaging, ens_arena *arena, ens_header *out, ens_report *report);

#endif
