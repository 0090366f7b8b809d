/* What export and check share. */
#ifndef ENS_STI_EVIDENCE_EVIDENCE_PARTS_H
#define ENS_STI_EVIDENCE_EVIDENCE_PARTS_H

#include "sti/evidence/evidence.h"

/* ens__evidence_member names where a row's octets and its verdict stand, in the arena; NULL when out of memory. */
const char *ens__evidence_member(const ens_evidence_row *row, ens_arena *arena);
const char *ens__evidence_verdict_member(const ens_evidence_row *row, ens_arena *arena);

/* The journal as text, and back. What isn't read is what wouldn't be written so.
 * Errors  ENS_ESYNTAX with the offset, ENS_ELIMIT, ENS_ENOMEM */
void ens__evidence_put_journal(const ens_evidence *evidence, ens_buf *out);
ENS_CHECK ens_code ens__evidence_read_journal(ens_slice text, ens_arena *arena, ens_evidence *out, ens_err *err);

/* ens__evidence_put_sums writes a line for each member. */
ENS_CHECK ens_code ens__evidence_put_sums(const ens_archive *archive, ens_buf *out, ens_err *err);

/* What judges row after row. */
typedef struct {
    const ens_evidence_options *o;
    ens_verifier *verifier;
    ens_report *report;
} ens_evidence_judge;

ENS_CHECK ens_code ens__evidence_judge_open(const ens_evidence_options *o, ens_evidence_judge *out, ens_err *err);
void ens__evidence_judge_close(ens_evidence_judge *judge);
/* ens__evidence_judge_row judges one row, a receipt against the message among the rows that it is for. *message lives
 * until the next. */
void ens__evidence_judge_row(ens_evidence_judge *judge, const ens_evidence *evidence, size_t i, ens_message *message);
/* What the report says of it; the texts are constants. */
ens_evidence_judged ens__evidence_judged_of(const ens_report *report);
/* ens__evidence_is_message tells a row that is judged from what never became a message. */
bool ens__evidence_is_message(const ens_evidence_row *row);
/* ens__evidence_original is the row that a receipt or an error is about; SIZE_MAX: it isn't there. */
size_t ens__evidence_original(const ens_evidence *evidence, ens_slice ref_to);

#endif
