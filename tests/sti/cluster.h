/* A PostgreSQL of the tests' own: in a folder in /tmp, on a unix socket there, ended with the process. */
#ifndef ENS_TESTS_STI_CLUSTER_H
#define ENS_TESTS_STI_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>

/* cluster_start makes and starts it at the first call; false, after an ens_skip with the reason, where there is no
 * PostgreSQL. */
bool cluster_start(void);
/* cluster_fresh empties the database, and names it as a store. */
bool cluster_fresh(char *name, size_t size);
/* cluster_set changes a setting and has it known. */
bool cluster_set(const char *setting, const char *value);
/* cluster_sql runs statements; false, with a failed assertion, where one fails. */
bool cluster_sql(const char *sql);
/* cluster_restart kills every process of it (fast false: as a machine that dies) and starts it again. */
bool cluster_restart(bool fast);

#endif
