/* What the sub-commands of `ensign trust` share. */
#ifndef ENS_CLI_CMD_TRUST_H
#define ENS_CLI_CMD_TRUST_H

#include "certs/lists/snapshot.h"
#include "cli/command.h"
#include "show/output.h"

int ens__trust_find(int argc, char **argv);

/* ens__trust_time reads --at; without it, now. False after a usage error was told. */
bool ens__trust_time(const ens_command *command, const char *text, ens_time *at);
/* ens__trust_load maps the snapshot of a cache; NULL after the error was told. */
ens_snapshot *ens__trust_load(const char *name, const char *cache);

/* One list as `trust update` and `trust show` print it. */
void ens__trust_list_json(const ens_list *list, ens_time at);
void ens__trust_list_text(const ens_list *list, ens_time at);
/* "Austria"; the code itself where no name is known. */
const char *ens__trust_country(ens_slice code, char storage[8]);
/* The rest of a date, "2024-03-21"; "-" for none. */
const char *ens__trust_date(ens_time t, char storage[ENS_TIME_TEXT]);
/* Bytes of a list for a terminal: what isn't printable is '?'. */
void ens__trust_put(ens_slice text);

#endif
