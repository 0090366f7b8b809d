/* One user message, from the files that the command line names to its sealed bytes. */
#ifndef ENS_CLI_PARCEL_H
#define ENS_CLI_PARCEL_H

#include "cli/command.h"
#include "engine/base/bytes.h"
#include "ensign/seal.h"

/* Texts may be NULL: what ens_seal_message takes then. */
typedef struct {
    const char *from, *to, *action, *agreement, *message_id, *ref_to, *conversation_id, *mpc;
    ens_values attach; /* FILE[=TYPE] */
    bool force;
} ens_parcel_options;

typedef struct ens_parcel ens_parcel; /* files and memory of one thread; one message at a time */

ens_parcel *ens__parcel_new(void);
void ens__parcel_free(ens_parcel *p);

/* ens__parcel_seal reads payload (NULL: none) and the attachments, judges the document as the STI would, and seals
 * them. *out borrows from the sealer until its next message; what a person must know of a failure goes to said, lines
 * for stderr. Returns ENS_EXIT_GOOD, ENS_EXIT_REFUSED (ICS2 would refuse it) or ENS_EXIT_UNKNOWN */
int ens__parcel_seal(ens_parcel *p, const ens_parcel_options *o, ens_sealer *sealer, ens_time at, const char *payload,
                     ens_slice *out, ens_buf *said);

#endif
