/* `ensign serve --demo` in a process of its own, for measurements from outside: what its processor time and memory come
 * to, and how often it syncs. */
#ifndef ENS_BENCH_STAND_IN_H
#define ENS_BENCH_STAND_IN_H

#include "bench/caller.h"
#include "ensign/seal.h"

#include <sys/types.h>
#include <time.h>

typedef struct {
    char folder[80], pki[128], path[64], eori[32];
    uint16_t tls_port, plain_port;
    pid_t pid;
    clockid_t cpu;
    SSL_CTX *client; /* the trader's side of TLS */
} ens_stand_in;

/* ens__stand_in_start starts the command that lies beside this program, in a folder of its own under TMPDIR.
 * Errors  ENS_EIO it doesn't start, ENS_ECRYPTO */
ENS_CHECK ens_code ens__stand_in_start(ens_stand_in *s, ens_err *err);
/* ens__stand_in_stop ends it, and removes the folder. *commits, which may be NULL: how often its store synced. */
void ens__stand_in_stop(ens_stand_in *s, double *commits);
/* ens__stand_in_sealer makes a sealer of its trader. */
ENS_CHECK ens_code ens__stand_in_sealer(const ens_stand_in *s, ens_sealer **out, ens_err *err);

double ens__stand_in_cpu_us(const ens_stand_in *s);

/* ens__beside_port is the port of a URL, 0 for none; path takes what follows it. */
uint16_t ens__beside_port(const char *url, char *path, size_t size);

/* A program started beside this one that says a line when it is ready. */
typedef struct {
    pid_t pid;
    char line[4096];
} ens_beside;
/* ens__beside_start runs a line of the shell, and reads the first line that it prints; false: none came in so many
 * seconds. */
bool ens__beside_start(ens_beside *b, const char *shell, int patience_s);
void ens__beside_stop(ens_beside *b);

#endif
