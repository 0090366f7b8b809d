/* ensign worker: requests as lines of JSON, octets beside them, and one line of JSON back for each.
 *
 * A request is {"id":...,"op":"verify|seal|cert-check|receipt-check|ens-check","file":PATH}, or has "bytes":N in place
 * of "file" and N octets behind its line. Its other members are options of the command of that name. */
#ifndef ENS_CLI_WORKER_H
#define ENS_CLI_WORKER_H

#include "cli/judge.h"
#include "cli/sealer.h"
#include "ensign/keys.h"

#include <jansson.h>

#define ENS_WORKER_LINE_MAX ((size_t)64 << 10) /* bytes of the line of a request */

/* What requests are judged or sealed by: the options that they name, opened once for all requests that name the same.
 */
typedef struct {
    char *key;       /* the options, as canonical JSON */
    json_t *options; /* the texts that the records below borrow */
    ens_judge_options judge_options;
    ens_judge judge;
    ens_sealer_files seal_files;
    ens_parcel_options parcel;
    const char *original, *eori, *cert_key, *national_path, *member_state, *pass_file;
    ens_trust *national;
    ens_keyring *keys;
    bool to_seal;
    ens_time opened;
    unsigned users;
} ens_worker_setting;

typedef struct ens_worker_settings ens_worker_settings; /* shared by all threads */

/* ens__worker_settings_new keeps defaults, the options of the command line as JSON; it is borrowed. */
ens_worker_settings *ens__worker_settings_new(const json_t *defaults);
void ens__worker_settings_free(ens_worker_settings *settings);

/* ens__worker_setting_take finds or opens what a request asks for; give it back. NULL: why says what is wrong, in
 * words. */
ens_worker_setting *ens__worker_setting_take(ens_worker_settings *settings, const json_t *request, ens_buf *why);
/* ens__worker_setting_serves tells whether one that was taken is what another request asks for, too. */
bool ens__worker_setting_serves(const ens_worker_settings *settings, const ens_worker_setting *setting,
                                const json_t *request);
void ens__worker_setting_give(ens_worker_settings *settings, ens_worker_setting *setting);

/* What one thread keeps from request to request. */
typedef struct ens_worker ens_worker;
ens_worker *ens__worker_new(ens_worker_settings *settings);
void ens__worker_free(ens_worker *worker);

/* ens__worker_read reads the line of a request and how many octets stand behind it. NULL for what is none: it is
 * answered; *octets, which may be more than is taken, are to be passed over. The caller owns the object. */
json_t *ens__worker_read(ens_slice line, size_t *octets, ens_buf *answer);

/* A request as it came. */
typedef struct {
    const json_t *json;
    ens_slice octets; /* those that stand behind its line */
} ens_worker_asked;

/* Requests that are worth looking at together: signatures are checked side by side where the build has lanes. */
#ifdef ENSIGN_LANES
#define ENS_WORKER_TOGETHER 8u
#else
#define ENS_WORKER_TOGETHER 1u
#endif

/* ens__worker_do answers the first of num requests, and those right behind it that are messages for the same judge:
 * these are judged together. Each is answered with one line in the order of the requests, and with the octets that it
 * announces behind it. Nothing that a request asks for ends the process. It says how many were answered. */
size_t ens__worker_do(ens_worker *worker, const ens_worker_asked *asked, size_t num, ens_buf *answer);

#endif
