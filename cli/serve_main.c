/* The program ensign-serve, which `ensign serve` runs. */
#include "cli/command.h"
#include "engine/base/file.h"

#include <openssl/crypto.h>
#include <signal.h>

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    ens__file_guard();
    return ens__cmd_serve(argc, argv);
}
