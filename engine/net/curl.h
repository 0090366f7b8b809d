/* libcurl, loaded when something is fetched first: it brings some thirty libraries with it, which cost every start of a
 * program more than a hundred messages do, and most runs fetch nothing. */
#ifndef ENS_ENGINE_NET_CURL_H
#define ENS_ENGINE_NET_CURL_H

#include "engine/base/bytes.h"

#include <curl/curl.h>

#define ENS__CURL_FILE "libcurl.so.4"

/* What is called here, without its prefix. */
#define ENS__CURL_CALLS(X)                                                                                             \
    X(global_init)                                                                                                     \
    X(easy_init)                                                                                                       \
    X(easy_setopt)                                                                                                     \
    X(easy_perform)                                                                                                    \
    X(easy_getinfo)                                                                                                    \
    X(easy_strerror)                                                                                                   \
    X(easy_cleanup)                                                                                                    \
    X(slist_append)                                                                                                    \
    X(slist_free_all)                                                                                                  \
    X(multi_init)                                                                                                      \
    X(multi_setopt)                                                                                                    \
    X(multi_add_handle)                                                                                                \
    X(multi_remove_handle)                                                                                             \
    X(multi_perform)                                                                                                   \
    X(multi_poll)                                                                                                      \
    X(multi_info_read)                                                                                                 \
    X(multi_cleanup)

/* One pointer a call, of the type that curl.h gives it. */
typedef struct {
#define ENS__CURL_MEMBER(name) __typeof__ (&curl_##name)(name);
    ENS__CURL_CALLS(ENS__CURL_MEMBER)
#undef ENS__CURL_MEMBER
} ens__curl;

/* ens__curl_load gives libcurl, loaded and set up once for the process; it stays loaded. Safe in any thread.
 * Errors  ENS_EIO libcurl isn't there, is too old, or can't be set up */
ENS_CHECK ens_code ens__curl_load(const ens__curl **out, ens_err *err);

/* ENS__CURL_SET sets an option by easy_setopt. Its value must be a long, a curl_off_t or a pointer as the option wants:
 * curl.h checks that only in calls by name. */
#define ENS__CURL_SET(lib, handle, option, value)                                                                      \
    ((void)sizeof(struct {                                                                                             \
         _Static_assert(ENS__CURL_FITS(option, value), "this option takes a value of another type");                   \
         char c;                                                                                                       \
     }),                                                                                                               \
     (lib)->easy_setopt(handle, option, value))
#define ENS__CURL_KIND(option) ((option) - (option) % CURLOPTTYPE_OBJECTPOINT)
#define ENS__CURL_NUMBER(option)                                                                                       \
    (ENS__CURL_KIND(option) == CURLOPTTYPE_LONG || ENS__CURL_KIND(option) == CURLOPTTYPE_OFF_T)
/* A number that fits none of these types is taken for a pointer, and refused where a number is wanted. */
#define ENS__CURL_FITS(option, value)                                                                                  \
    _Generic((value), long                                                                                             \
             : ENS__CURL_NUMBER(option) &&                                                                             \
                   (ENS__CURL_KIND(option) == CURLOPTTYPE_LONG || sizeof(long) == sizeof(curl_off_t)),                 \
               long long                                                                                               \
             : ENS__CURL_KIND(option) == CURLOPTTYPE_OFF_T, int : 0, unsigned : 0, unsigned long : 0, bool : 0,        \
               default                                                                                                 \
             : !ENS__CURL_NUMBER(option))

#endif
