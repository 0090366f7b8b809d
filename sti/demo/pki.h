/* Keys and certificates of a stand-in that nobody set up: made anew for each folder, side by side, and worth nothing
 * elsewhere, which they say. */
#ifndef ENS_STI_DEMO_PKI_H
#define ENS_STI_DEMO_PKI_H

#include "engine/base/bytes.h"
#include "ensign/time.h"

#define ENS_DEMO_YEARS 2 /* that the certificates are good for */

/* A party of the demo, by the name of its files: NAME.key, NAME.pem. */
typedef struct {
    const char *name, *eori, *words;
} ens__demo_party;
#define ENS_DEMO_PARTIES 3u
extern const ens__demo_party ens__demo_parties[ENS_DEMO_PARTIES]; /* the trader first */

/* ens__demo_pki_make writes them into a folder that isn't there yet, all or nothing; they are good from a day before
 * from on.
 * Files   trader, trader2, itsp, sti, tls-server, tls-sti, tls-client: .key and .pem (leaf first, its issuer behind
 * it); root.pem, customs-root.pem, tls-root.pem
 * Errors  ENS_EIO, ENS_ECRYPTO */
ENS_CHECK ens_code ens__demo_pki_make(const char *folder, ens_time from, ens_time until, ens_err *err);

#endif
