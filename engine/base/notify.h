/* What a service manager and a server say to each other: sockets that are handed down, readiness, a watchdog. The
 * protocol is a datagram and a few variables of the environment, and needs no library.
 * Source  sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3) */
#ifndef ENS_ENGINE_BASE_NOTIFY_H
#define ENS_ENGINE_BASE_NOTIFY_H

#include "engine/base/bytes.h"

#define ENS_NOTIFY_FIRST 3 /* the first inherited descriptor */
#define ENS_NOTIFY_SOCKETS_MAX 16u

/* ens__notify sends "READY=1", "STOPPING=1", "STATUS=…", one a line; nothing where nobody asked for it
 * ($NOTIFY_SOCKET).
 * Errors  ENS_EIO, ENS_EPOLICY an address that is none */
ENS_CHECK ens_code ens__notify(const char *state, ens_err *err);

/* ens__notify_sockets is the number of sockets that were handed down, from ENS_NOTIFY_FIRST on; they are kept from
 * programs that this one starts. ens__notify_name is the name of the nth, "" where it has none; good until the
 * environment changes. */
unsigned ens__notify_sockets(void);
ens_slice ens__notify_name(unsigned nth);

/* ens__notify_watchdog_us is how often "WATCHDOG=1" is expected, 0: never. */
uint64_t ens__notify_watchdog_us(void);

#endif
