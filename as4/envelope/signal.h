/* The error codes of ICS2 (ICS2-HTI Annex 4) as one table. */
#ifndef ENS_AS4_ENVELOPE_SIGNAL_H
#define ENS_AS4_ENVELOPE_SIGNAL_H

#include "engine/base/bytes.h"

typedef struct {
    const char *code;              /* "EBMS:0103" */
    const char *short_description; /* "PolicyNoncompliance" */
    const char *severity;          /* "failure", "warning" */
    const char *category;          /* "Processing" */
    const char *origin;            /* "security" */
} ens_error_code;

const ens_error_code *ens__error_code(ens_slice code); /* NULL when unknown */

/* ens__subcode_of finds a UUM&DS sub-code in free text: "A001", "A0001:"...; returns "A001", "A002", "A003" or NULL. */
const char *ens__subcode_of(ens_slice text);

#endif
