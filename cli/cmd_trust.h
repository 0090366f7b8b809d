/* What the sub-commands of `ensign trust` share. */
#ifndef ENS_CLI_CMD_TRUST_H
#define ENS_CLI_CMD_TRUST_H

#include "cli/command.h"
#include "ensign/lists.h"
#include "show/output.h"

int ens__trust_find(int argc, char **argv);

/* ens__trust_time reads --at; without it, now. False after a usage error was told. */
bool ens__trust_time(const ens_command *command, const char *text, ens_time *at);
/* ens__trust_load maps the snapshot of a cache; NULL after the error was told. */
ens_lists *ens__trust_load(const char *name, const char *cache);

#endif
