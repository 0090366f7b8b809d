/* Many files at once over libcurl: each into a file of its own, asked for only where it changed, bounded in time and
 * size. What is fetched proves itself by its signature, so that http:// and redirects are allowed; nothing but HTTP is
 * spoken, and TLS is verified. */
#ifndef ENS_ENGINE_NET_DOWNLOAD_H
#define ENS_ENGINE_NET_DOWNLOAD_H

#include "engine/base/bytes.h"

#define ENS_DOWNLOAD_PARALLEL 8u /* exchanges at once */
#define ENS_DOWNLOAD_PER_HOST 2  /* … with one host */
#define ENS_DOWNLOAD_CONNECT_S 10L
#define ENS_DOWNLOAD_TOTAL_S 60L
#define ENS_DOWNLOAD_SLOW_BYTES 100L /* a second … */
#define ENS_DOWNLOAD_SLOW_S 15L      /* … for so long: given up */
#define ENS_DOWNLOAD_REDIRECTS 5L
#define ENS_DOWNLOAD_HEADER_MAX 512u /* bytes of a header's value that are kept */

#define ENS_DOWNLOAD_REASON_MAX 256u /* as long as those of libcurl */

typedef enum { ENS_DOWNLOAD_FAILED = 0, ENS_DOWNLOAD_NEW, ENS_DOWNLOAD_SAME } ens_download_state;

typedef struct {
    const char *url;
    const char *path;                    /* the file that is made; left out when there is nothing new */
    const char *had_etag, *had_modified; /* of the copy that is there already, or "" */
    size_t limit;                        /* bytes */
    bool stay;                           /* no redirect is followed */
    ens_download_state state;            /* out */
    char etag[ENS_DOWNLOAD_HEADER_MAX + 1], modified[ENS_DOWNLOAD_HEADER_MAX + 1]; /* out, of what is new */
    char reason[ENS_DOWNLOAD_REASON_MAX];                                          /* out, of a failure */
} ens_download;

typedef struct {
    const char *ca_file;                                                   /* PEM anchors for TLS; NULL: the system's */
    long connect_s, total_s;                                               /* 0: the defaults above */
    void (*progress)(void *user, size_t done, size_t num, uint64_t bytes); /* may be NULL */
    void *user;
} ens_download_options;

/* ens__download makes all exchanges; each request tells what came of it.
 * Errors  ENS_ENOMEM, ENS_EIO when libcurl isn't there or can't be set up at all */
ENS_CHECK ens_code ens__download(ens_download *requests, size_t num, const ens_download_options *options, ens_err *err);

#endif
