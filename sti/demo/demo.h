/* An access point that nobody set up: a folder with keys, a store and two ports, made at the first start and used again
 * at every other. */
#ifndef ENS_STI_DEMO_DEMO_H
#define ENS_STI_DEMO_DEMO_H

#include "sti/demo/pki.h"
#include "sti/point/config.h"

#define ENS_DEMO_PATH 4096u
#define ENS_DEMO_TOKEN "token" /* the file of the API's token in the folder */

typedef struct {
    char folder[ENS_DEMO_PATH], pki[ENS_DEMO_PATH + 16], store[ENS_DEMO_PATH + 16]; /* absolute */
    bool fresh;                                                                     /* its keys were made just now */
    ens_point_config config;
    ens_config_listen listen[2];             /* TLS, plain */
    char address[3][ENS_SERVER_ADDRESS_MAX]; /* and the web face */
    ens_arena arena;
    char *anchors[1];
    ens_config_channel channel[ENS_CONFIG_LIST_MAX];
} ens__demo;

/* ens__demo_open makes what isn't there; folder NULL: a new one for temporary files. out->config borrows from out.
 * Errors  ENS_EIO, ENS_ECRYPTO; ENS_EPOLICY the certificates aren't good at that time */
ENS_CHECK ens_code ens__demo_open(const char *folder, ens_time at, ens__demo *out, ens_err *err);
/* ens__demo_push adds a channel: "PARTYID=URL".   Errors  ENS_ESYNTAX, ENS_ELIMIT, ENS_ENOMEM */
ENS_CHECK ens_code ens__demo_push(ens__demo *demo, const char *channel, ens_err *err);
void ens__demo_close(ens__demo *demo);
/* ens__demo_enrol registers the parties that the registry doesn't know, and has them told of everything. */
ENS_CHECK ens_code ens__demo_enrol(const ens__demo *demo, ens__store *store, ens__uumds *registry, ens_err *err);
/* ens__demo_keep_ports remembers where the point and the web face (its URL) listen, for the next start. */
ENS_CHECK ens_code ens__demo_keep_ports(const ens__demo *demo, const ens_point *point, const char *web, ens_err *err);

#endif
