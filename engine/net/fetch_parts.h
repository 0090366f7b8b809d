/* What fetch.c and fetches.c share: one exchange between its beginning and its end. */
#ifndef ENS_ENGINE_NET_FETCH_PARTS_H
#define ENS_ENGINE_NET_FETCH_PARTS_H

#include "engine/net/fetch.h"

typedef struct {
    const ens__curl *lib;
    CURL *curl; /* the caller's */
    ens_fetch_request request;
    struct curl_slist *headers;
    char reason[CURL_ERROR_SIZE];
    ens_buf *answer;
    size_t limit; /* the answer's own */
} ens__flight;

/* ens__flight_begin makes lib and curl, which are set, ready for the request; it stays where it is until
 * ens__flight_end, which is called whatever it returned.   Errors  ENS_EIO libcurl refuses it */
ENS_CHECK ens_code ens__flight_begin(ens__flight *f, const ens_fetch_request *request, ens_buf *answer, ens_err *err);
/* ens__flight_end says what libcurl's code means. */
ENS_CHECK ens_code ens__flight_end(ens__flight *f, CURLcode done, long *status, ens_err *err);

#endif
