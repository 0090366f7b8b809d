/* Two-letter codes: countries (ISO 3166-1) and languages (ISO 639-1). */
#ifndef ENS_CERTS_X509_ISOCODES_H
#define ENS_CERTS_X509_ISOCODES_H

#include "engine/base/bytes.h"

/* ens__is_country wants two capitals that are assigned. */
bool ens__is_country(ens_slice code);
/* ens__is_language takes either case: whether it is the right one is another question. */
bool ens__is_language(ens_slice code);

#endif
