/* The program ensign-serve, which `ensign serve` runs, and `ensign proxy` by another name. */
#include "cli/command.h"
#include "engine/base/file.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define ARENAS 2                /* of the heap: every thread with one of its own would leave holes in each */
#define MAPPED ((int)512 << 10) /* bytes: what is as large goes back to the system when it is let go */

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, ARENAS);
    mallopt(M_MMAP_THRESHOLD, MAPPED);
#endif
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    ens__file_guard();
    return argc && strcmp(argv[0], ENS_PROXY_PROGRAM) == 0 ? ens__cmd_proxy(argc, argv) : ens__cmd_serve(argc, argv);
}
