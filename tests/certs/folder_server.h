/* A server on the loopback that gives out the files of a folder, each with an ETag, and counts what it was asked. One
 * path may be told to misbehave. */
#ifndef ENS_TESTS_FOLDER_SERVER_H
#define ENS_TESTS_FOLDER_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef enum {
    FOLDER_GOOD = 0,
    FOLDER_MISSING,
    FOLDER_SILENT,
    FOLDER_CUT,
    FOLDER_ENDLESS,
    FOLDER_REDIRECTED
} folder_fault;

typedef struct {
    /* set before folder_server_start, or while no request is under way */
    const char *folder;
    const char *odd; /* "/FR.xml": the path that has the fault */
    folder_fault fault;

    char url[64];                       /* "http://127.0.0.1:PORT", after start */
    atomic_uint num_requests, num_same; /* all; those answered by 304 */

    int listener;
    atomic_bool stop;
    pthread_t thread;
} folder_server;

bool folder_server_start(folder_server *s);
void folder_server_stop(folder_server *s);

#endif
