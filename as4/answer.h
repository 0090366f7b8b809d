/* The answer to a judged message, and two judgements of one message compared: what the engines must have in common.
 * ens_answer_of is declared in ensign/verify.h. */
#ifndef ENS_AS4_ANSWER_H
#define ENS_AS4_ANSWER_H

#include "engine/base/report.h"
#include "ensign/verify.h"

/* ens__open_question finds what kept the message from being judged, the business document apart: that is judged behind
 * the receipt. NULL: nothing did. */
const ens_finding *ens__open_question(const ens_report *report);

/* ens__reports_differ finds the first finding that one report has and the other has not, or has otherwise, in id,
 * outcome, code, sub-code or detail. False when there is none; else *a and *b are what either has there, NULL past its
 * end. */
bool ens__reports_differ(const ens_report *left, const ens_report *right, const ens_finding **a, const ens_finding **b);

/* ens__message_print is a number for all that a message says of itself, payloads included: not against an attacker. */
uint64_t ens__message_print(const ens_message *m);

#endif
