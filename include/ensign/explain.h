/* Ensign: what the codes of an answer mean to whoever gets them, and what to try.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_EXPLAIN_H
#define ENSIGN_EXPLAIN_H

#include "ensign/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All strings are constants. */
typedef struct {
    const char *code, *subcode; /* "EBMS:0004", "A001"; subcode NULL: the code by itself */
    const char *name;           /* "Other" */
    const char *meaning, *hint;
    const char *domibus; /* what a Domibus was seen to mean by it; NULL: nothing was seen */
} ens_explanation;

/* ens_explain finds a code, "EBMS:0004" or "0004", "IE3N99"..., with a sub-code as "A001" or "A0001", or none. NULL for
 * a code that isn't known; the code by itself where the sub-code isn't.
 * Source  ICS2-HTI Annex 4; ebMS3 Core 6.7;
 * AS4 3.6.   since 0.1 */
ENS_API const ens_explanation *ens_explain(ens_slice code, ens_slice subcode);
/* ens_explain_get is row i of the table; NULL past the end.  since 0.1 */
ENS_API const ens_explanation *ens_explain_get(size_t i);

#ifdef __cplusplus
}
#endif
#endif
