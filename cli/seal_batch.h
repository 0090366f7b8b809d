/* Several payloads, each into a message of its own, by as many threads as are asked for. */
#ifndef ENS_CLI_SEAL_BATCH_H
#define ENS_CLI_SEAL_BATCH_H

#include "cli/parcel.h"
#include "cli/sealer.h"

typedef struct {
    const ens_parcel_options *parcel;
    const ens_sealer_source *source;
    ens_time at;
    const ens_values *payloads;
    const char *folder; /* DIR/NAME.mime for …/NAME.xml */
    bool json;
    unsigned threads;
} ens_seal_batch;

/* ens__seal_batch writes the messages, and a line for each in the order of the payloads: on stdout what was sealed, on
 * stderr what was not. Two payloads of one name are refused before anything is sealed. Returns the exit status of the
 * batch. */
int ens__seal_batch(const ens_command *command, const ens_seal_batch *batch);

/* ens__seal_tell adds the line of one sealed message to out; false when it can't. */
bool ens__seal_tell(const char *payload, const char *message, ens_slice message_id, size_t len, bool json,
                    ens_buf *out);

#endif
