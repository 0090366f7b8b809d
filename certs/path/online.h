/* What a path or the revocation of its certificates lacks, fetched from where the certificates say it is: issuers,
 * lists, OCSP responses. Nothing is fetched unless the user asked for it; each thing is asked for once; what comes
 * proves itself by its signature, so that plain HTTP will do. A folder may keep lists and responses for the next run.
 * Source  RFC 5280, 4.2.1.13 and 4.2.2.1; RFC 6960, Appendix A; RFC 5019, 5 */
#ifndef ENS_CERTS_PATH_ONLINE_H
#define ENS_CERTS_PATH_ONLINE_H

#include "certs/path/evidence.h"
#include "certs/path/certstore.h"

#define ENS_ONLINE_CONNECT_S 5
#define ENS_ONLINE_TOTAL_S 20
#define ENS_ONLINE_REDIRECTS 3u
#define ENS_ONLINE_URLS_MAX 4u      /* of one certificate and kind that are tried */
#define ENS_ONLINE_ASKED_MAX 16384u /* of one run */
#define ENS_ONLINE_ISSUERS_MAX 16u  /* certificates of one answer */
#define ENS_ONLINE_ISSUER_BYTES_MAX ((size_t)1 << 20)

typedef struct ens__online ens__online;

/* ens__online_new: cache is a folder for lists and responses, or NULL; it is made where it isn't there.
 * Errors  ENS_EIO, ENS_ENOMEM */
ENS_CHECK ens_code ens__online_new(const char *cache, ens__online **out, ens_err *err);
void ens__online_free(ens__online *online);

/* ens__online_issuers borrows certificates that may have issued cert, at most max, and returns how many: those that
 * were fetched before, or now from its caIssuers. They live as long as online. */
size_t ens__online_issuers(ens__online *online, const ens_cert *cert, const ens_cert **out, size_t max);

/* Each puts what is to be had into the evidence; true when something came that wasn't there. at is the time that is
 * judged: of the cache, what ends before isn't taken. */
bool ens__online_crls(ens__online *online, ens__evidence *evidence, const ens_cert *cert, ens_time at);
bool ens__online_ocsp(ens__online *online, ens__evidence *evidence, const ens_cert *cert, const ens_cert *issuer,
                      ens_time at);

/* ens__online_why writes why the last exchange for this certificate failed, or an empty text; always terminated. */
const char *ens__online_why(ens__online *online, const ens_cert *cert, char *out, size_t size);
/* ens__online_num counts what was fetched: it grows when a verdict may change. */
uint64_t ens__online_num(const ens__online *online);

#endif
