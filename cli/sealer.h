/* Sealers from the files that the command line names: read once, for as many threads as there are. */
#ifndef ENS_CLI_SEALER_H
#define ENS_CLI_SEALER_H

#include "cli/command.h"
#include "engine/base/bytes.h"
#include "engine/base/file.h"
#include "ensign/seal.h"

typedef struct {
    const char *key, *cert, *pass_file;
    const char *domain; /* NULL: this machine's name */
    bool force;
    unsigned level; /* of compression; 0: by size */
} ens_sealer_files;

/* The files' contents, and the pass phrase that opened them. */
typedef struct {
    ens_file key, cert;
    char *pass;
    char domain[256];
    ens_sealer_options options;
} ens_sealer_source;

/* ens__sealer_open reads the files, asks for a pass phrase where one is needed, and makes the first sealer. Close *out
 * in either case. */
ENS_CHECK ens_code ens__sealer_open(const ens_sealer_files *files, ens_time at, ens_sealer_source *out,
                                    ens_sealer **first, ens_err *err);
/* ens__sealer_close wipes the pass phrase. */
void ens__sealer_close(ens_sealer_source *source);

/* ens__sealer_load is for a single sealer. */
ENS_CHECK ens_code ens__sealer_load(const ens_sealer_files *files, ens_time at, ens_sealer **out, ens_err *err);

/* One user message, from the files that the command line names to its sealed bytes. */
/* Texts may be NULL: what ens_seal_message takes then. */
typedef struct {
    const char *from, *to, *action, *agreement, *message_id, *ref_to, *conversation_id, *mpc;
    ens_values attach; /* FILE[=TYPE] */
    bool force;        /* seal what would be refused, to rehearse the refusal */
} ens_parcel_options;

typedef struct ens_parcel ens_parcel; /* files and memory of one thread; one message at a time */

ens_parcel *ens__parcel_new(void);
void ens__parcel_free(ens_parcel *p);

/* ens__parcel_seal reads payload (NULL: none) and the attachments, seals them with a sealer that is forced, and judges
 * what was sealed as judge says. *out borrows from the sealer until its next message; what a person must know goes to
 * said, lines for stderr. Returns ENS_EXIT_GOOD, ENS_EXIT_REFUSED (ICS2 would refuse it, and it is not forced) or
 * ENS_EXIT_UNKNOWN */
int ens__parcel_seal(ens_parcel *p, const ens_parcel_options *o, const ens_verify_options *judge, ens_sealer *sealer,
                     ens_time at, const char *payload, ens_slice *out, ens_buf *said);

/* ens__parcel_judge judges what was sealed by other means, a signal: the same answers. about names it. */
int ens__parcel_judge(ens_parcel *p, const ens_parcel_options *o, const ens_verify_options *judge, ens_slice sealed,
                      const char *about, ens_buf *said);

/* What the last judgement said; the report has no findings where it did not come to one. */
const ens_report *ens__parcel_report(const ens_parcel *p);

#endif
