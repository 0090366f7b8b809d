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
unsigned cluster_port(void); /* on the loopback, too */
/* free_port is one that nobody listens on just now. */
unsigned free_port(void);
/* cluster_names_both names primary and standby: who connects finds the one that may be written. */
void cluster_names_both(char *name, size_t size);
/* cluster_add_standby copies the cluster into a synchronous standby; cluster_fail_over kills the primary's processes
 * and has the standby take over; cluster_drop_standby goes back to the old primary alone, as it was then. */
bool cluster_add_standby(void);
bool cluster_fail_over(void);
bool cluster_drop_standby(void);
/* cluster_restart kills every process of it (fast false: as a machine that dies) and starts it again. */
bool cluster_restart(bool fast);

#endif
