/* What a message is refused with, by ICS2's codes or as a Domibus was seen to answer, and the signal that says so. */
#ifndef ENS_STI_POINT_REFUSAL_H
#define ENS_STI_POINT_REFUSAL_H

#include "ensign/seal.h"
#include "sti/point/point.h"

#define ENS_REFUSAL_EMPTY "EBMS:0006" /* a warning, and no fault */

/* Texts live as long as the report and the arena that it was found with, or are constants. */
typedef struct {
    const char *code, *subcode, *detail, *rule, *check;
    const char *name; /* shortDescription; NULL: the code's own */
    bool open;        /* not sealed */
    bool unnamed;     /* the signal doesn't name the message */
} ens_refusal;

extern const ens_refusal ens__refusal_clash, ens__refusal_lost, ens__refusal_too_long;

/* ens__refusal_find says what a judged message is refused with; false: it is accepted, whatever customs find in its
 * document. */
bool ens__refusal_find(const ens_report *report, const ens_point_answers *how, ens_arena *arena, ens_refusal *out);
/* ens__refusal_seal makes the signal; *out borrows from the sealer. What can't stand in XML is left out rather than the
 * answer. */
ENS_CHECK ens_code ens__refusal_seal(const ens_refusal *why, const ens_point_answers *how, ens_sealer *sealer,
                                     ens_slice ref_to, ens_time at, ens_slice *out, ens_err *err);

#endif
