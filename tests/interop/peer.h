/* Other AS4 stacks, as ../shared/peers has them: run where Java and Maven are, skipped with the reason where not. */
#ifndef ENS_TESTS_INTEROP_PEER_H
#define ENS_TESTS_INTEROP_PEER_H

#include <stdbool.h>
#include <sys/types.h>

/* peer_run is what starts a peer ("phase4", "cxf"); NULL after a skip. */
const char *peer_run(const char *name);
/* peer_ask runs a line of the shell and gives what it prints: static storage. */
const char *peer_ask(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

/* A peer that receives. */
typedef struct {
    pid_t pid;
    unsigned port;
    char line[512]; /* the first that it printed */
} peer;
/* peer_serve starts one by a line of the shell that names its port when it is ready; false with a failed assertion. */
bool peer_serve(peer *p, const char *format, ...) __attribute__((__format__(__printf__, 2, 3)));
void peer_end(peer *p);

#endif
