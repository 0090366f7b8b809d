/* What `ensign conformance` makes of the answers to its messages. */
#ifndef ENS_CLI_CONFORMANCE_H
#define ENS_CLI_CONFORMANCE_H

#include "as4/client.h"
#include "as4/probe/probe.h"

#define ENS_CONFORMANCE_TEXT 1024u

typedef enum { ENS_CONFORMS_PASS = 0, ENS_CONFORMS_SKIP, ENS_CONFORMS_FAIL } ens_conforms;

typedef struct {
    ens_conforms outcome;
    bool tried, acknowledged;
    char detail[ENS_CONFORMANCE_TEXT];
} ens_probe_result;

/* ens__conformance_tls tries one matter of TLS. sound is a message that is to be acknowledged. */
void ens__conformance_tls(int what, const ens__client_peer *peer, const ens_prober *p, ens_slice sound,
                          ens_probe_result *out);

#endif
