/* What a path or the revocation of its certificates lacks, fetched from where the certificates say it is: issuers,
 * lists, OCSP responses. Nothing is fetched unless the user asked for it. Each thing is asked for once a day, again
 * once what came has ended, and after a while where nothing came. A certificate can cause no more than so many requests
 * in an hour, and none to an address of this machine or a private network unless asked for. What comes proves itself
 * by its signature, so that plain HTTP will do, and is kept only when it did. A folder may keep lists and responses for
 * the next run. No lock is held while something is fetched.
 * Source  RFC 5280, 4.2.1.13, 4.2.2.1 and 8; RFC 6960, Appendix A; RFC 5019, 5 */
#ifndef ENS_CERTS_PATH_ONLINE_H
#define ENS_CERTS_PATH_ONLINE_H

#include "certs/path/certstore.h"
#include "certs/path/evidence.h"
#include "ensign/trust.h"

#define ENS_ONLINE_CONNECT_S 5
#define ENS_ONLINE_TOTAL_S 20
#define ENS_ONLINE_REDIRECTS 3u
#define ENS_ONLINE_URLS_MAX 4u      /* of one certificate and kind that are tried */
#define ENS_ONLINE_REQUESTS_MAX 12u /* of one certificate in ENS_ONLINE_ACCOUNT */
#define ENS_ONLINE_SECONDS_MAX 60   /* seconds that it may be waited for in that time */
#define ENS_ONLINE_ACCOUNT 3600     /* seconds after which they are counted anew */
#define ENS_ONLINE_AGE_MAX 86400    /* seconds after which what came is asked for again, if it didn't end before */
#define ENS_ONLINE_RETRY 300        /* seconds after which what failed is tried again */
#define ENS_ONLINE_ASKED_SETS 4096u /* a power of two */
#define ENS_ONLINE_ASKED_WAYS 4u    /* requests of a set that are remembered; the oldest goes first */
#define ENS_ONLINE_LEDGER 4096u     /* certificates whose requests are counted; a power of two */
#define ENS_ONLINE_ISSUERS_MAX 16u  /* certificates of one answer */
#define ENS_ONLINE_ISSUER_BYTES_MAX ((size_t)1 << 20)
#define ENS_ONLINE_KEPT_MAX 4096u /* issuers that are kept for one trust, and bytes of them */
#define ENS_ONLINE_KEPT_BYTES_MAX ((size_t)16 << 20)

typedef struct ens__online ens__online;

/* ens__online_new: cache is a folder for lists and responses, or NULL; it is made where it isn't there.
 * Errors  ENS_EIO, ENS_ENOMEM */
ENS_CHECK ens_code ens__online_new(const char *cache, ens_reach reach, ens__online **out, ens_err *err);
/* ens__online_ref takes one more reference, and NULL for NULL; ens__online_free gives one back, the last one frees. */
ens__online *ens__online_ref(ens__online *online);
void ens__online_free(ens__online *online);

/* The issuers that were fetched for one trust. Paths point into them, so that they live as long as it does: what nobody
 * used is let go with it, and the trust that follows takes over the rest. When it is full, no more is taken. */
typedef struct {
    ens__certstore certs;
    size_t bytes, max;
    uint64_t number; /* of this process: what another trust has asked for is asked for anew */
} ens__fetched;

void ens__fetched_init(ens__fetched *fetched);
void ens__fetched_clear(ens__fetched *fetched);
/* ens__online_follow takes over what was used, as far as half of the room goes. online may be NULL. */
void ens__online_follow(ens__online *online, const ens__fetched *from, ens__fetched *to);

/* ens__online_issuers borrows certificates of the name of cert's issuer, at most max, and returns how many: those that
 * were fetched before, or now from its caIssuers. Only what signed the certificate that led to it, or stands above, is
 * kept. */
size_t ens__online_issuers(ens__online *online, ens__fetched *fetched, const ens_cert *cert, const ens_cert **out,
                           size_t max);

/* What is wanted: lists or responses about a certificate. take reads one DER object that came, and keeps it when it is
 * by whom it has to be; another code than ENS_OK says that it isn't. It may ask for nothing itself. */
typedef struct {
    const ens_cert *cert, *issuer;
    bool ocsp;   /* else lists */
    ens_time at; /* for this time: what ended before it is asked for again */
    ens_code (*take)(void *of, ens_slice der, ens_err *err);
    void *of;
} ens__online_want;

/* ens__online_kept hands over what an earlier run kept in the folder; true when something was taken. *old becomes true
 * when some of it is older than ENS_ONLINE_AGE_MAX. */
bool ens__online_kept(ens__online *online, const ens__online_want *want, bool *old);
/* ens__online_fetch asks where the certificate says; true when something was taken, here or in another thread. */
bool ens__online_fetch(ens__online *online, const ens__online_want *want);

/* ens__online_why writes that an exchange for this certificate failed, or an empty text; always terminated. The text is
 * the same whatever happened: what a request met inside of a network is nobody's to learn. */
const char *ens__online_why(ens__online *online, const ens_cert *cert, char *out, size_t size);
/* ens__online_num counts what was fetched: it grows when a verdict may change. */
uint64_t ens__online_num(const ens__online *online);

#endif
