/* Calendar arithmetic that does not depend on the time zone or the C library's tables. */
#ifndef ENS_ENGINE_BASE_CLOCK_H
#define ENS_ENGINE_BASE_CLOCK_H

#include "engine/base/bytes.h"
#include "ensign/time.h"

typedef struct {
    int year, month, day, hour, minute, second;
} ens_civil;

int64_t ens__steady_ms(void); /* of a clock that nobody sets */

ens_time ens__time_of(ens_civil c);
ens_civil ens__civil_of(ens_time t);
bool ens__civil_valid(ens_civil c);
/* ens__time_xsd reads a dateTime of XML Schema; *offset_given tells whether a zone other than Z stood there, and no
 * zone at all means UTC, as ICS2-HTI 4.2.1 has it. Decimals are read and dropped.
 * Source  XML Schema 2, 3.2.7 */
bool ens__time_xsd(ens_slice text, ens_time *out, bool *offset_given);

#endif
