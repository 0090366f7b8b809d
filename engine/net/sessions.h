/* Who may come back without a full handshake: sessions that the server keeps, each until the first certificate of its
 * client's chain ends. Kept rather than given out as sealed tickets: OpenSSL 3 takes longer to read a certificate
 * back out of a ticket than for all the rest of a resumption, and what is forgotten here is worth nothing any more.
 * Source  RFC 8446, 2.2 and 4.6.1; RFC 5246, 7.3 */
#ifndef ENS_ENGINE_NET_SESSIONS_H
#define ENS_ENGINE_NET_SESSIONS_H

#include "engine/base/bytes.h"
#include "ensign/time.h"

#include <openssl/ssl.h>

#define ENS_SESSIONS_SETS 1024u /* chosen by the first octets of an id, which is random */
#define ENS_SESSIONS_WAYS 4u    /* a set's; the oldest makes room */

typedef struct ens_sessions ens_sessions; /* any thread */

ens_sessions *ens__sessions_new(void); /* NULL without memory */
void ens__sessions_free(ens_sessions *s);
/* ens__sessions_put takes over the caller's reference. */
void ens__sessions_put(ens_sessions *s, SSL_SESSION *session, ens_time ends);
/* ens__sessions_get gives a reference to the session of that id, if it has not ended by now; else NULL. */
SSL_SESSION *ens__sessions_get(ens_sessions *s, ens_slice id, ens_time now, ens_time *ends);
/* ens__sessions_drop forgets the session of that id, if there is one. */
void ens__sessions_drop(ens_sessions *s, ens_slice id);
ens_slice ens__sessions_id(const SSL_SESSION *session); /* borrowed from it */

#endif
