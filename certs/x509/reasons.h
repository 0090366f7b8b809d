/* Why a certificate was revoked, and which reasons a list tells of.   Source  RFC 5280, 5.3.1 and 4.2.1.13 */
#ifndef ENS_CERTS_X509_REASONS_H
#define ENS_CERTS_X509_REASONS_H

#include <stdbool.h>
#include <stddef.h>

#include "ensign/base.h"

typedef enum {
    ENS_REASON_UNSPECIFIED = 0,
    ENS_REASON_KEY_COMPROMISE,
    ENS_REASON_CA_COMPROMISE,
    ENS_REASON_AFFILIATION_CHANGED,
    ENS_REASON_SUPERSEDED,
    ENS_REASON_CESSATION,
    ENS_REASON_HOLD,
    ENS_REASON_REMOVED = 8, /* of a delta: no longer on hold */
    ENS_REASON_PRIVILEGE_WITHDRAWN,
    ENS_REASON_AA_COMPROMISE
} ens__reason;

#define ENS_REASONS_ALL 0x1FEu /* ReasonFlags: bit n is flag n; 0 is unused */

/* ens__reason_name is "keyCompromise" …; a number that is none gives "unspecified". */
const char *ens__reason_name(ens__reason reason);
/* ens__reasons_read reads ReasonFlags, the contents of its BIT STRING. */
bool ens__reasons_read(ens_slice bits, unsigned *out);
/* ens__reason_valid tells whether a CRLReason has this number. */
bool ens__reason_valid(unsigned number);

#endif
