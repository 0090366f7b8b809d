/* A proxy that runs as a user runs it: `ensign proxy` in a process of its own, with a store of its own. */
#ifndef ENS_TESTS_CLI_PROXIED_H
#define ENS_TESTS_CLI_PROXIED_H

#include "tests/cli/stand_in.h"

#include <jansson.h>

typedef struct {
    stand_in at;                                    /* what may be posted to: stand_in_push_plain */
    char url[96], tls_url[96], store[96], log[104]; /* tls_url: of a second listener */
    pid_t pid;
} proxied;

/* proxied_open starts one in front of to, listening without TLS; store is made where it isn't. False with a failed
 * assertion when no line comes. */
bool proxied_open(proxied *p, const char *to, const char *store, const char *format, ...)
    __attribute__((__format__(__printf__, 4, 5)));
/* proxied_end sends a signal and gives the exit status, or minus the signal that it died of. */
int proxied_end(proxied *p, int signal);
/* proxied_rows reads the ledger, all of it, as an array of objects; to be freed. */
json_t *proxied_rows(const char *store);
/* proxied_says is a member of a row, "" where it is null; "predicted.ebms" is one of an object in it. */
const char *proxied_says(const json_t *row, const char *member);

#endif
