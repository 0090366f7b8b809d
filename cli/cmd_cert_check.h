/* ensign cert check, and what it shares with cert show. */
#ifndef ENS_CLI_CMD_CERT_CHECK_H
#define ENS_CLI_CMD_CERT_CHECK_H

#include "cli/judge.h"
#include "engine/base/arena.h"

int ens__cert_check_command(int argc, char **argv);

/* ens__certificate_load reads a file of certificates, leaf first; their bytes live in the arena. */
ENS_CHECK ens_code ens__certificate_load(const char *path, const char *pass_file, ens_arena *arena, ens_chain *chain,
                                         ens_err *err);

#endif
