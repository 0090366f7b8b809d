/* Every check and every code in words: what `ensign explain` says, and what docs/checks.md and docs/codes.md are made
 * of. */
#ifndef ENS_SHOW_CHECKS_H
#define ENS_SHOW_CHECKS_H

#include "engine/base/bytes.h"

#include <stdbool.h>

/* One check. All strings are constants. */
typedef struct {
    const char *id;    /* "coverage.body" */
    const char *what;  /* what holds where it passes, a sentence */
    const char *codes; /* of its refusals, with blanks between them, where they aren't those of its family; or NULL */
    const char *rules; /* that its findings cite, " | " between them */
} ens__check;

/* ens__check_get is row i of the table, in the order of the ids; NULL past the end. */
const ens__check *ens__check_get(size_t i);
/* ens__check_find finds a check by its id; NULL: there is none. The rules of the message tables (ens.R3002) are found
 * among those tables. out keeps what is made for them. */
const ens__check *ens__check_find(const char *id, ens__check *out);
/* ens__check_codes are the codes of its refusals: its own, or its family's; "" where nothing is answered to it. */
const char *ens__check_codes(const ens__check *check, char out[32]);

/* The pages of docs. */
void ens__codes_markdown(ens_buf *out);
void ens__checks_markdown(ens_buf *out);

#endif
