/* The verdict on one message, as text for people and as the JSON object of the command contract. */
#ifndef ENS_SHOW_VERDICT_H
#define ENS_SHOW_VERDICT_H

#include "engine/base/bytes.h"
#include "ensign/verify.h"

/* ens__verdict_put_json appends the object of `verify` and `receipt check`, as a line. */
void ens__verdict_put_json(const char *file, const ens_message *message, const ens_answer *answer,
                           const ens_report *report, ens_buf *out);

/* ens__verdict_print writes the verdict first, then what to do, then every check. all: checks that passed, too. */
void ens__verdict_print(const char *file, const ens_message *message, const ens_answer *answer,
                        const ens_report *report, bool all);

#endif
