/* A stand-in that runs as a user runs it: `ensign serve --demo` in a process of its own, and a client that pushes files
 * to it. */
#ifndef ENS_TESTS_CLI_STAND_IN_H
#define ENS_TESTS_CLI_STAND_IN_H

#include "tests/engine/net/visit.h"

#include <jansson.h>
#include <sys/types.h>

typedef struct {
    char folder[64], pki[80], store[80], eori[32];
    char tls[64], plain[64], path[32]; /* addresses, and the path of both */
    pid_t pid;
    json_t *ready; /* its line */
    SSL_CTX *client;
} stand_in;

/* stand_in_open starts one in folder; options may be "". False with a failed assertion when no line comes. */
bool stand_in_open(stand_in *s, const char *folder, const char *options);
/* stand_in_run starts one with any arguments, in folder's place. */
bool stand_in_run(stand_in *s, const char *arguments);
/* stand_in_end sends a signal and gives the exit status, or minus the signal that it died of. */
int stand_in_end(stand_in *s, int signal);

/* An answer: of HTTP, with its body. */
typedef struct {
    unsigned status;
    size_t len;
    char body[16384];
} pushed;

/* stand_in_push posts a message file over mutual TLS; plain: over plain HTTP. False when no answer came. */
bool stand_in_push(stand_in *s, const char *file, pushed *out);
bool stand_in_push_plain(stand_in *s, const char *file, pushed *out);
/* stand_in_send posts octets, over TLS or plain; any thread. */
bool stand_in_send(const stand_in *s, bool tls, const char *message, size_t len, pushed *out);
/* stand_in_seal makes folder/NAME, a filing of the demo's trader, with options of `ensign seal`; its LRN ends in -END,
 * or is one of its own where end is NULL. */
void stand_in_seal(const stand_in *s, const char *folder, const char *name, const char *end, const char *options);
/* stand_in_keep writes the answer's body into a file. */
void stand_in_keep(const pushed *p, const char *file);
/* stand_in_home makes the folder base by its template, names demo in it, and clears base away when the tests end. base
 * has to live as long. False where there is no folder, or no room for one more. */
bool stand_in_home(char *base, char *demo, size_t len);

#endif
