/* The transport alone: a server with an empty handler, and a client of this process that keeps it busy. Times are CPU
 * of the server's threads by operation; what the client and the kernel's other side cost is not counted. */
#ifndef ENS_BENCH_SERVER_H
#define ENS_BENCH_SERVER_H

#include "bench/run.h"

#define ENS_SERVER_REASON 160u

/* ens__server_run appends
 *   net/request/plain-12k, /tls13-12k   12 KB in, 4 KB out, over connections that stay; the floor is a thread that
 *   does nothing but
 *                                       SSL_read or recv, SHA-256, SSL_write or send
 *   net/handshake/ecdsa, /rsa2048       a full mutual handshake of TLS 1.3; the floor is `openssl s_server`, beside:
 *   a resumed one net/resumption/ecdsa, /rsa2048
 *   net/idle/tls13                      the memory of a connection that says nothing
 * Where openssl(1) isn't, *reason says so, and a handshake has no floor.
 * Errors  ENS_EIO, ENS_ENOMEM, ENS_EPOLICY a request that was not answered */
ENS_CHECK ens_code ens__server_run(const ens_run *run, ens_results *results, char reason[ENS_SERVER_REASON],
                                   ens_err *err);

#endif
