/* Who issued whom among the listed certificates. A signature between two of them is checked when it is first asked
 * about, and remembered: it doesn't change while the lists are loaded. */
#ifndef ENS_CERTS_LISTS_ISSUERS_H
#define ENS_CERTS_LISTS_ISSUERS_H

#include "certs/keys/keys.h"
#include "certs/lists/snapshot.h"
#include "ensign/cert.h"

#define ENS_ISSUERS_NONE UINT32_MAX

typedef struct ens__issuers ens__issuers;

/* ens__issuers_new knows nothing yet; lists must outlive it. NULL when out of memory. Any number of threads may ask. */
ens__issuers *ens__issuers_new(const ens_snapshot *lists);
void ens__issuers_free(ens__issuers *issuers);

/* ens__listed_number finds a certificate among the listed ones by its bytes; ENS_ISSUERS_NONE: it isn't listed. */
uint32_t ens__listed_number(const ens_snapshot *lists, const ens_cert *cert);
/* ens__issuer_of_listed finds the listed certificate that issued listed certificate i, another than itself by name or
 * key: its subject is the issuer's name, byte for byte, and its key verifies the signature. */
uint32_t ens__issuer_of_listed(ens__issuers *issuers, ens__keys *keys, uint32_t i);
/* ens__issuer_of is the same for a certificate that isn't listed, and remembers nothing. */
uint32_t ens__issuer_of(const ens_snapshot *lists, ens__keys *keys, const ens_cert *cert);

#endif
