/* What people use today, given the same message: xmlsec1's library in this process, phase4 on the Java virtual machine,
 * and bergshamra, in Rust, over the envelope alone. */
#ifndef ENS_BENCH_PEERS_H
#define ENS_BENCH_PEERS_H

#include "bench/run.h"

#define ENS_PEERS_REASON 160u

/* Peers that are programs of their own. */
typedef enum { ENS_PEER_PHASE4, ENS_PEER_BERGSHAMRA, ENS_PEER_PROGRAMS } ens_peer_kind;
const char *ens__peer_name(ens_peer_kind kind);

/* The paths of what starts them; NULL: it isn't given. */
typedef struct {
    const char *run_sh[ENS_PEER_PROGRAMS];
} ens_peer_programs;

/* ens__peers_run measures as4/verify to the document's root, its floor, and the peers over the message of one input,
 * one thread each, and appends what it finds: "xmlsec1/verify/…", the same "-token", "phase4/verify/…" and
 * "bergshamra/verify/…", with ours_us beside. Where one of those can't be run its reason says why, else it is empty.
 * Errors  those of ens__turns_measure */
ENS_CHECK ens_code ens__peers_run(const ens_run *run, const ens_input *input, const ens_peer_programs *programs,
                                  ens_results *results, char reason[ENS_PEER_PROGRAMS][ENS_PEERS_REASON], ens_err *err);

/* Verifying a sample's message the way an application does that has xmlsec1: the package split, a tree by libxml2, ids
 * found by walking it, xmlSecDSigCtxVerify, the parts inflated. The key is given, or read from the certificate in the
 * message. No path, no rule, nothing of the document. */
void *ens__peer_xmlsec_make(const void *sample);
void ens__peer_xmlsec_drop(void *state);
bool ens__peer_xmlsec_verify(void *state);
bool ens__peer_xmlsec_verify_by_token(void *state);

typedef struct ens_peer ens_peer;

typedef struct {
    double ops_per_s, p50_us, p99_us;
    double min_us; /* 0: it tells none */
} ens_peer_figures;

/* ens__peer_start writes message, anchor and the signer's certificate into a folder of its own, and starts the peer,
 * which is built first where it isn't; NULL with the reason. */
ens_peer *ens__peer_start(ens_peer_kind kind, const char *run_sh, const ens_sample *sample,
                          char reason[ENS_PEERS_REASON]);
void ens__peer_stop(ens_peer *p);
/* ens__peer_bench has it verify for the given seconds; phase4 does so twice, to warm up and to measure. */
bool ens__peer_bench(ens_peer *p, double seconds, ens_peer_figures *out);

#endif
