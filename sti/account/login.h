/* Logging in: the password, how often it may be tried, and the session that follows.
 * Source  NIST SP 800-63B, 5.2.2 (throttling); OWASP session management */
#ifndef ENS_STI_ACCOUNT_LOGIN_H
#define ENS_STI_ACCOUNT_LOGIN_H

#include "sti/account/account.h"

#define ENS_LOGIN_TRIES 5u          /* of one user id … */
#define ENS_LOGIN_SECONDS (15 * 60) /* … in that time */
#define ENS_SESSION_SECONDS (12 * 3600)

typedef struct {
    ens__account account;
    char eori[ENS_UUMDS_EORI]; /* that it acts on behalf of in UUM&DS; empty: it isn't signed in there */
    ens_time until;
} ens__login_session;

/* ens__login opens a session; its token is for the browser alone. A user id that isn't there, one that waits for its
 * confirmation and a wrong password have one answer, which takes the same time.
 * Errors  ENS_EPOLICY user id or password is wrong; ENS_ELIMIT too many tries: wait */
ENS_CHECK ens_code ens__login(ens__rehearsal *r, ens_slice id, ens_slice password, ens_time now, char token[ENS_ID],
                              ens_err *err);
/* ens__login_find reads the session of a token.   Errors  ENS_EPOLICY there is none any more, or it is of the other
 * environment, which is said */
ENS_CHECK ens_code ens__login_find(ens__rehearsal *r, ens_slice token, ens_time now, ens__login_session *out,
                                   ens_err *err);
/* ens__login_act notes on whose behalf the user acts, once rights allow it. */
ENS_CHECK ens_code ens__login_act(ens__rehearsal *r, ens_slice token, ens_slice eori, ens_err *err);
ENS_CHECK ens_code ens__logout(ens__rehearsal *r, ens_slice token, ens_err *err);

#endif
