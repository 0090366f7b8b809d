/* One certificate, in words for people and as the "certificate" object of the command contract. */
#ifndef ENS_CLI_CERTIFICATE_H
#define ENS_CLI_CERTIFICATE_H

#include "ensign/cert.h"

#include <jansson.h>

/* ens__certificate_json: {"sha256","subject","issuer","serial","not_before","not_after","key","orgid","key_usage","policies","qc", …};
 * the caller owns it. */
json_t *ens__certificate_json(const ens_cert *cert);

/* ens__certificate_print says in words what the certificate is; at tells how long it still lasts. */
void ens__certificate_print(const ens_cert *cert, ens_time at);

#endif
