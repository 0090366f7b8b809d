/* The program ensign-serve, which `ensign serve` runs. */
#include "cli/command.h"
#include "engine/base/file.h"

#include <openssl/crypto.h>
#include <signal.h>
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
    return ens__cmd_serve(argc, argv);
}
