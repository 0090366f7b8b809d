/* A run of send or ping: what is sealed and kept, sent and told. */
#ifndef ENS_CLI_SENDING_H
#define ENS_CLI_SENDING_H

#include "cli/judge.h"
#include "cli/sealer.h"
#include "cli/tls_identity.h"
#include "sti/outbox.h"

#include <limits.h>

typedef struct {
    const char *key, *cert, *pass_file, *domain, *outbox, *retries, *first_wait, *receipts, *parallel;
    bool sealed;
    ens_parcel_options parcel;
    ens_judge_options judge; /* whose receipts are taken, --at and --json */
    ens_tls_options tls;
} ens_sending_options;

/* What becomes of one operand. */
typedef struct {
    const char *file; /* NULL: a ping */
    char *id;         /* NULL: it was not kept, and told already */
    char made_of[64]; /* what it is made of, as a UUID; "-": it was sealed elsewhere */
    bool told;
} ens_sending_item;

/* One run. */
typedef struct {
    const ens_command *command;
    const ens_sending_options *o;
    const char *url;
    unsigned tries, num_clients; /* clients: wanted at first, then there */
    int64_t first_ms;
    ens_time at;
    ens_judge judge;
    ens_verify_options receipts; /* how they are judged */
    ens_sealer_source source;
    ens_sealer *sealer;
    ens_parcel *parcel;
    ens_judging with; /* of what was sealed elsewhere */
    ens_tls_files tls;
    ens__client *clients[ENS_OUTBOX_LANES];
    ens__store *store;
    ens_arena arena;
    char folder[PATH_MAX], name[PATH_MAX]; /* of the store; folder: where it goes with the run */
    int hold;
    ens_sending_item *items;
    size_t num;
    int status;
} ens_sending;

/* ens__sending_open opens seal, TLS identity, client and store; ens__sending_run takes the items, sends until nothing
 * is left to be sent, and tells each; ens__sending_drop closes the store, and takes one away that was made for the run.
 */
ENS_CHECK ens_code ens__sending_open(ens_sending *j, ens_err *err);
void ens__sending_run(ens_sending *j);
void ens__sending_drop(ens_sending *j);

/* What is told: that a message is done with, or (an event) how an attempt went; that one was not sent at all. */
void ens__sending_tell(ens_sending *j, const ens__outbound *m, const ens__exchange *x, ens_outbound_state state);
void ens__sending_event(void *user, const ens__outbox_event *e);
void ens__sending_unsent(ens_sending *j, const char *file, const char *error, int status);
int ens__sending_failed(const ens_sending *j, const char *about, const ens_err *err);

#endif
