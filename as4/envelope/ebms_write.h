/* Writing eb:Messaging, canonical as it is written: what is hashed is what is sent. */
#ifndef ENS_AS4_ENVELOPE_EBMS_WRITE_H
#define ENS_AS4_ENVELOPE_EBMS_WRITE_H

#include "as4/envelope/ebms.h"
#include "ensign/verify.h"

/* ens__ebms_write appends the block with the id; it is its own exclusive C14N. References are those that a receipt
 * acknowledges, and NULL for other kinds.   Source  ebMS3 Core, Appendix A; AS4 5.1.8 (ics2-hti 4, 7) */
void ens__ebms_write(const ens_header *h, const char *id, const ens_signed_part *references, size_t num_references,
                     ens_buf *out);

/* Text and attribute values as canonical XML writes them (Canonical XML 1.0, 2.3). */
void ens__xml_put_text(ens_buf *out, ens_slice text);
void ens__xml_put_value(ens_buf *out, ens_slice text);

#endif
