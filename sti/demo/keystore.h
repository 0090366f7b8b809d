/* Keys and certificates as Java takes them: PKCS#12, with a pass phrase that protects nothing. */
#ifndef ENS_STI_DEMO_KEYSTORE_H
#define ENS_STI_DEMO_KEYSTORE_H

#include "engine/base/bytes.h"

#define ENS_KEYSTORE_PASS "changeit"

/* ens__keystore_make writes FOLDER/NAME.p12 of NAME.key and NAME.pem, under the alias NAME, where it isn't there.
 * Errors  ENS_EIO, ENS_ECRYPTO */
ENS_CHECK ens_code ens__keystore_make(const char *folder, const char *name, ens_err *err);
/* ens__truststore_make writes FOLDER/NAME.p12 of certificates that are trusted, each FOLDER/ALIAS.pem; the list of
 * aliases ends with NULL. */
ENS_CHECK ens_code ens__truststore_make(const char *folder, const char *name, const char *const *aliases, ens_err *err);

#endif
