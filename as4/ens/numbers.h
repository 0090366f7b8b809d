/* Numbers of transport and their check digits. */
#ifndef ENS_AS4_ENS_NUMBERS_H
#define ENS_AS4_ENS_NUMBERS_H

#include "engine/base/bytes.h"

/* Four capitals and seven digits; and what the last one would have to be.   Source  ISO 6346, Annex A */
bool ens__container_has_shape(ens_slice number);
unsigned ens__container_check(ens_slice number);

/* IMO and seven digits; and what the last of the digits would have to be: the first six weigh 7 to 2.   Source  IMO
 * resolution A.1117(30) */
bool ens__imo_has_shape(ens_slice number);
unsigned ens__imo_check(ens_slice digits);

#endif
