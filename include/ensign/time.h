/* Ensign: time is an input of every judgement.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_TIME_H
#define ENSIGN_TIME_H

#include "ensign/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ens_time counts seconds since 1970-01-01T00:00:00Z, without leap seconds. */
typedef int64_t ens_time;
#define ENS_TIME_NONE INT64_MIN
#define ENS_TIME_TEXT 21 /* "2026-01-15T08:30:00Z" and NUL */

/* ens_time_parse reads "2026-01-15T08:30:00[.fff](Z|±hh:mm)"; a bare date is its midnight UTC.
 * Errors  ENS_ESYNTAX with the byte offset.   Source  RFC 3339, 5.6.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_time_parse(ens_slice text, ens_time *out, ens_err *err);
/* ens_time_format writes t as RFC 3339 in UTC and returns out.  since 0.1 */
ENS_API char *ens_time_format(ens_time t, char out[ENS_TIME_TEXT]);
/* ens_time_now reads the machine's clock.  since 0.1 */
ENS_API ens_time ens_time_now(void);

#ifdef __cplusplus
}
#endif
#endif
