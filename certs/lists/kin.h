/* Who issued whom among the listed certificates. A signature between two of them is checked when it is first asked
 * about, and remembered: it doesn't change while the lists are loaded. */
#ifndef ENS_CERTS_LISTS_KIN_H
#define ENS_CERTS_LISTS_KIN_H

#include "certs/keys/keys.h"
#include "certs/lists/snapshot.h"
#include "ensign/cert.h"

#define ENS_KIN_NONE UINT32_MAX

typedef struct ens__kin ens__kin;

/* ens__kin_new knows nothing yet; lists must outlive it. NULL when out of memory. Any number of threads may ask. */
ens__kin *ens__kin_new(const ens_snapshot *lists);
void ens__kin_free(ens__kin *kin);

/* ens__kin_number finds a certificate among the listed ones by its bytes; ENS_KIN_NONE: it isn't listed. */
uint32_t ens__kin_number(const ens_snapshot *lists, const ens_cert *cert);
/* ens__kin_issuer finds the listed certificate that issued listed certificate i, another than itself by name or key:
 * its subject is the issuer's name, byte for byte, and its key verifies the signature. */
uint32_t ens__kin_issuer(ens__kin *kin, ens__keys *keys, uint32_t i);
/* ens__kin_search is the same for a certificate that isn't listed, and remembers nothing. */
uint32_t ens__kin_search(const ens_snapshot *lists, ens__keys *keys, const ens_cert *cert);

#endif
