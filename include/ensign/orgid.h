/* Ensign: organizationIdentifier (2.5.4.97) as ETSI writes it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_ORGID_H
#define ENSIGN_ORGID_H

#include "ensign/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* scheme is 3 capitals ("VAT", "NTR", "PSD", "LEI") or 2 capitals and ':' (national). Borrowed from the text. */
typedef struct {
    ens_slice scheme, country, reference;
} ens_orgid;

/* ens_orgid_parse reads a legal-person semantics identifier.
 * Shape   3 capitals, 2 capitals, '-', 1..n bytes: "VATDE-12345"; or 2 capitals, ':', 2 capitals, '-', reference
 * Owns    nothing; out points into text
 * Errors  ENS_ESYNTAX, offset in bytes
 * Source  ETSI EN 319 412-1, 5.1.4.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_orgid_parse(ens_slice text, ens_orgid *out, ens_err *err);

#ifdef __cplusplus
}
#endif
#endif
