/* Who visits: sessions, and the tokens that forms carry. Nobody logs in where the server is reached by its own machine
 * alone and no file of users is given: then a visitor may do all, and is "local". Everywhere else a session is 256
 * random bits in a cookie, of which a digest alone is kept here, and it ends.
 * Source  RFC 6265; OWASP Cross-Site Request Forgery Prevention (tokens bound to the session) */
#ifndef ENS_WEB_PAGES_SESSION_H
#define ENS_WEB_PAGES_SESSION_H

#include "web/base/site.h"

#define ENS_COOKIE_SESSION "ensign-session"
#define ENS_SESSION_TOKEN 64u /* hexadecimal digits */
#define ENS_SESSIONS_MAX 256u /* logged in at a time; the oldest ends when there are more */
#define ENS_SESSION_MS ((int64_t)8 * 3600 * 1000)
#define ENS_SESSION_IDLE_MS ((int64_t)3600 * 1000)
#define ENS_USER_NAME 64u

/* Each may do what those before it may. */
typedef enum { ENS_RANK_READER = 0, ENS_RANK_TESTER, ENS_RANK_OFFICER, ENS_RANK_COUNT } ens_rank;
const char *ens__rank_name(ens_rank rank);
bool ens__rank_find(ens_slice name, ens_rank *out);

typedef struct {
    char token[ENS_SESSION_TOKEN + 1]; /* of the cookie; secret */
    char csrf[ENS_SESSION_TOKEN + 1];  /* what its forms carry */
    char name[ENS_USER_NAME + 1];      /* "local" where nobody logs in */
    ens_rank rank;
    bool fresh; /* the cookie has to be set */
} ens_visitor;

typedef struct ens_sessions ens_sessions;

/* ask: visitors log in.   Errors  ENS_ENOMEM; ENS_ECRYPTO no random numbers */
ENS_CHECK ens_code ens__sessions_open(bool ask, ens_sessions **out, ens_err *err);
void ens__sessions_close(ens_sessions *s);
/* ens__sessions_ask tells whether visitors log in. */
bool ens__sessions_ask(const ens_sessions *s);

/* ens__session_find tells whose request it is, by its cookie; false: nobody's who is logged in, and *out is a visitor
 * without rights whose forms have a token all the same. Where nobody logs in it is always true. Any thread; it waits
 * for nothing. */
bool ens__session_find(ens_sessions *s, const ens_web_request *r, ens_visitor *out);
/* ens__session_begin lets somebody in whose password fits: *out has a new token. false: no random numbers. */
bool ens__session_begin(ens_sessions *s, ens_slice name, ens_rank rank, ens_visitor *out);
void ens__session_end(ens_sessions *s, const ens_visitor *visitor);
/* ens__session_fits compares the token of a form in constant time. */
bool ens__session_fits(const ens_visitor *visitor, ens_slice csrf);

#endif
