/* Identifiers that nobody guesses, and secrets of which the store keeps a digest alone.
 * Source  RFC 7914 (scrypt); NIST SP 800-63B, 5.1.1.2 */
#ifndef ENS_STI_REHEARSAL_SECRET_H
#define ENS_STI_REHEARSAL_SECRET_H

#include "sti/rehearsal/environment.h"

#define ENS_ID 36 /* letter of the environment, letter of the kind, '-', 32 hexadecimal digits, NUL */

/* What an identifier is of; the letter stands behind that of the environment. */
typedef enum {
    ENS_ID_REGISTRATION = 'R',
    ENS_ID_RIGHTS = 'Q',
    ENS_ID_MAIL = 'M',
    ENS_ID_TASK = 'T',
    ENS_ID_NEWS = 'N',
    ENS_ID_SESSION = 'S',
    ENS_ID_LINK = 'L'
} ens__id_kind;

/* ens__id_make takes 128 random bits.   Errors  ENS_ECRYPTO */
ENS_CHECK ens_code ens__id_make(ens__environment e, ens__id_kind kind, char out[ENS_ID], ens_err *err);
/* ens__id_check judges an identifier by its form alone: it says nothing of whether there is such a thing.
 * Errors  ENS_EPOLICY it is one of the other environment, which it names; ENS_ESYNTAX it is none of this kind */
ENS_CHECK ens_code ens__id_check(ens__environment e, ens__id_kind kind, ens_slice id, ens_err *err);

#define ENS_SECRET_DIGEST 65
/* ens__secret_digest is what the store keeps of a token. */
ENS_CHECK ens_code ens__secret_digest(ens_slice token, char out[ENS_SECRET_DIGEST], ens_err *err);
#define ENS_PASSWORD_MIN 8u /* assumed: the guide names no length */
#define ENS_PASSWORD_MAX 128u
#define ENS_PASSWORD_HASH 160
#define ENS_PASSWORD_INVENTED 20

/* ens__password_hash makes what is stored; ens__password_fits compares in constant time. A stored hash that is NULL
 * takes as long, and never fits: so nobody learns which accounts there are.   Errors  ENS_ECRYPTO */
ENS_CHECK ens_code ens__password_hash(ens_slice password, char out[ENS_PASSWORD_HASH], ens_err *err);
ENS_CHECK ens_code ens__password_fits(ens_slice password, const char *stored, bool *fits, ens_err *err);
/* ens__password_invent makes one that keeps the rule. */
ENS_CHECK ens_code ens__password_invent(char out[ENS_PASSWORD_INVENTED], ens_err *err);

#endif
