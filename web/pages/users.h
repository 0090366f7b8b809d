/* Who may log in: a file of users, with a hash of each one's password (scrypt), and a lid on guessing.
 * Source  RFC 7914 (scrypt) */
#ifndef ENS_WEB_PAGES_USERS_H
#define ENS_WEB_PAGES_USERS_H

#include "web/pages/session.h"

#define ENS_USERS_MAX 256u
#define ENS_USERS_FILE_MAX ((size_t)256 << 10)
#define ENS_USERS_PASSWORD_MIN 12u
#define ENS_LOGIN_TRIES 5u /* that fail in a row; then each further one waits */
#define ENS_LOGIN_WAIT_MS ((int64_t)60 * 1000)

typedef struct ens_users ens_users;

/* ens__users_open reads a file of users: a line each, "NAME:RANK:HASH", the rank reader, tester or officer; what stands
 * behind # is passed over.
 * Errors  those of the file; ENS_ESYNTAX, ENS_ELIMIT with the line's number; ENS_ENOMEM */
ENS_CHECK ens_code ens__users_open(const char *path, ens_users **out, ens_err *err);
void ens__users_close(ens_users *users);
/* ens__users_fits tells whether a name has that password, and its rank. Else *wait_ms is 0 where it hasn't, or for how
 * long there is no use in trying. A name that isn't there takes as long. Any thread. */
bool ens__users_fits(ens_users *users, ens_slice name, ens_slice password, ens_rank *rank, int64_t *wait_ms);
/* ens__users_line appends the line of a user, without a line end.   Errors  ENS_ESYNTAX a name that can't stand there;
 * ENS_EPOLICY a password that is too short; those of hashing */
ENS_CHECK ens_code ens__users_line(ens_slice name, ens_rank rank, ens_slice password, ens_buf *out, ens_err *err);

#endif
