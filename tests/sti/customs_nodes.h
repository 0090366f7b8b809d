/* Two processes that do what a desk puts down, over one store: taken by chance, at once now and then, and killed while
 * they are at it. */
#ifndef ENS_TESTS_STI_CUSTOMS_NODES_H
#define ENS_TESTS_STI_CUSTOMS_NODES_H

#include "tests/sti/customs_desk.h"

/* customs_nodes_open starts them for the desk, whose store has that name; of so many tasks one is not lived to see the
 * end of. customs_nodes_close ends them, and says how many were killed. */
void customs_nodes_open(customs_desk *d, const char *store, ens_time linking, unsigned one_of);
unsigned customs_nodes_close(customs_desk *d);

/* customs_nodes_print is a fingerprint of every message of customs in a store: ids and documents. */
uint64_t customs_nodes_print(ens__store *store, unsigned *num);

#endif
