/* One certificate, in words for people and as the "certificate" object of the command contract. */
#ifndef ENS_SHOW_CERTIFICATE_H
#define ENS_SHOW_CERTIFICATE_H

#include "engine/base/json.h"
#include "ensign/cert.h"
#include "ensign/time.h"
#include "show/page.h"

/* ens__certificate_json writes the members of the open object:
 * "sha256","subject","issuer","serial","not_before","not_after","key","orgid","key_usage","policies","qc", … */
void ens__certificate_json(ens_json *j, const ens_cert *cert);

/* ens__asked_json writes those members that a request has: "sha256","subject","key","orgid","key_usage",
 * "signature_algorithm". */
void ens__asked_json(ens_json *j, const ens_cert *asked);

/* ens__certificate_facts hands out, in words, what the certificate is: label by label, an empty label for one more line
 * of the last; at tells how long it still lasts. Texts hold what the certificate says, control characters included. */
typedef void (*ens__put_fact)(void *ctx, const char *label, const char *text);
void ens__certificate_facts(const ens_cert *cert, ens_time at, ens__put_fact put, void *ctx);
/* ens__certificate_page writes them on a page. */
void ens__certificate_page(const ens__page *page, const ens_cert *cert, ens_time at);

#endif
