/* What `ensign conformance` makes of the answers to its messages. */
#ifndef ENS_CLI_CONFORMANCE_H
#define ENS_CLI_CONFORMANCE_H

#include "as4/client.h"
#include "as4/probe/probe.h"

#include <signal.h>

#define ENS_CONFORMANCE_TEXT 1024u

typedef enum { ENS_CONFORMS_PASS = 0, ENS_CONFORMS_SKIP, ENS_CONFORMS_FAIL } ens_conforms;

typedef struct {
    ens_conforms outcome;
    bool tried, acknowledged;
    char id[ENS_PROBE_ID]; /* of the message */
    char detail[ENS_CONFORMANCE_TEXT];
} ens_probe_result;

/* A message of customs: what it answers, and what it is about. */
typedef struct {
    char ref_to[ENS_PROBE_ID], action[16], mrn[24];
    bool to_party, referring; /* it is for the party; it names an LRN or an MRN */
} ens_heard;

#define ENS_HEARD_MAX 512u
typedef struct {
    ens__client *client;
    const ens__client_peer *peer;
    ens_sealer *sealer;
    const char *party;
    ens_time at; /* ENS_TIME_NONE: now */
    ens_heard heard[ENS_HEARD_MAX];
    unsigned num;
    bool deaf; /* nothing more can be heard: why */
    char why[ENS_CONFORMANCE_TEXT];
} ens_hearing;

/* ens__conformance_hear pulls and acknowledges what waits for the party until that is enough, nothing comes for a time,
 * or nothing can be heard. ens__conformance_find finds what answers a message, by an action or by any. */
void ens__conformance_hear(ens_hearing *h, bool (*enough)(void *user), void *user, const volatile sig_atomic_t *stop);
const ens_heard *ens__conformance_find(const ens_hearing *h, const char *ref_to, const char *action);

/* ens__conformance_tls tries one matter of TLS. sound is a message that is to be acknowledged. */
void ens__conformance_tls(int what, const ens__client_peer *peer, const ens_prober *p, ens_slice sound,
                          ens_probe_result *out);

#endif
