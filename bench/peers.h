/* What people use today, given the same message: xmlsec1's library in this process, and phase4 on the Java virtual
 * machine. */
#ifndef ENS_BENCH_PEERS_H
#define ENS_BENCH_PEERS_H

#include "bench/run.h"

#define ENS_PEERS_REASON 160u

/* ens__peers_run measures as4/verify to the document's root, its floor, and the peers over the message of one input,
 * one thread each, and appends what it finds: "xmlsec1/verify/…", the same "-token", and "phase4/verify/…", with
 * ours_us beside. phase4 is the path of the peer's run.sh, or NULL; where it can't be run *reason says why, else it is
 * empty.
 * Errors  those of ens__turns_measure */
ENS_CHECK ens_code ens__peers_run(const ens_run *run, const ens_input *input, const char *phase4, ens_results *results,
                                  char reason[ENS_PEERS_REASON], ens_err *err);

/* Verifying a sample's message the way an application does that has xmlsec1: the package split, a tree by libxml2, ids
 * found by walking it, xmlSecDSigCtxVerify, the parts inflated. The key is given, or read from the certificate in the
 * message. No path, no rule, nothing of the document. */
void *ens__peer_xmlsec_make(const void *sample);
void ens__peer_xmlsec_drop(void *state);
bool ens__peer_xmlsec_verify(void *state);
bool ens__peer_xmlsec_verify_by_token(void *state);

typedef struct ens_peer_phase4 ens_peer_phase4;

/* ens__peer_phase4_start writes message and anchor into a folder of its own, and starts the peer, which is built first
 * where it isn't; NULL with the reason. */
ens_peer_phase4 *ens__peer_phase4_start(const char *run_sh, const ens_sample *sample, char reason[ENS_PEERS_REASON]);
void ens__peer_phase4_stop(ens_peer_phase4 *p);
/* ens__peer_phase4_bench has it verify for the given seconds to warm up, and as long again to measure. */
bool ens__peer_phase4_bench(ens_peer_phase4 *p, double seconds, double *ops_per_s, double *p50_us, double *p99_us);

#endif
