/* Envelopes and business documents with the values that tell of somebody replaced: read by their tags alone, so that
 * what isn't well-formed keeps its faults. Tags, words of the protocol, codes, dates, amounts and weights stay. */
#ifndef ENS_AS4_ANONYMISE_TEXT_H
#define ENS_AS4_ANONYMISE_TEXT_H

#include "as4/anonymise/alias.h"
#include "as4/ens/tables.h"

#define ENS_TEXT_DEPTH_MAX 128u /* elements within each other that are told apart */

typedef struct {
    ens_aliases *aliases;
    const ens_tables *tables;
} ens_text_options;

/* ens__text_collect remembers the EORIs of an envelope or a document, before anything is written. */
void ens__text_collect(const ens_text_options *o, ens_slice xml);
/* ens__text_anonymise appends it, octet for octet as long as it was. */
void ens__text_anonymise(const ens_text_options *o, ens_slice xml, ens_buf *out);
/* ens__text_head appends a block of header fields of MIME or HTTP likewise. */
void ens__text_head(const ens_text_options *o, ens_slice head, ens_buf *out);

#endif
