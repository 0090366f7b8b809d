/* Certificate policies along a path, from the anchor down: which of them hold, and whether one has to.
 * The levels form a graph instead of the tree of RFC 5280, 6.1, which grows exponentially; the answer is the same.
 * Source  RFC 5280, 6.1; RFC 9618 */
#ifndef ENS_CERTS_PATH_POLICY_H
#define ENS_CERTS_PATH_POLICY_H

#include "ensign/cert.h"

#define ENS_POLICY_LEVELS (ENS_CHAIN_MAX + 2u)
#define ENS_POLICY_NODES 64u    /* of a level */
#define ENS_POLICY_MAPPINGS 64u /* of a certificate */
#define ENS_POLICY_SET_MAX 16u

/* The inputs of RFC 5280, 6.1.1 (c), (e), (f), (g). The zero value is what is usual: any policy, none required. */
typedef struct {
    ens_slice initial[ENS_POLICY_SET_MAX]; /* contents of OBJECT IDENTIFIERs */
    size_t num_initial;                    /* 0: any policy will do */
    bool explicit_policy, inhibit_mapping, inhibit_any;
} ens__policy_inputs;

/* One policy of a level; parents are bits of the level above. */
typedef struct {
    ens_slice policy;
    uint64_t parents;
    bool mapped, removed; /* expected is what the level's mappings say; taken out by an inhibited mapping */
} ens__policy_node;

typedef struct {
    ens_slice issuer, subject;
} ens__policy_mapping;

typedef struct {
    ens__policy_node node[ENS_POLICY_NODES];
    size_t num;
    ens__policy_mapping mapping[ENS_POLICY_MAPPINGS];
    size_t num_mappings;
} ens__policy_level;

typedef struct {
    const ens__policy_inputs *in;
    unsigned explicit_policy, mapping, inhibit_any; /* as RFC 5280 counts them */
    ens__policy_level level[ENS_POLICY_LEVELS];
    size_t depth; /* of the last certificate read */
    bool none;    /* valid_policy_graph is NULL */
} ens__policies;

/* A fault as a constant, NULL when there is none. */

/* ens__policies_start begins above a path of num_certificates, the anchor not counted. inputs outlives p. */
void ens__policies_start(ens__policies *p, const ens__policy_inputs *inputs, size_t num_certificates);
/* ens__policies_add takes the next certificate down; is_last tells that it is the leaf. */
const char *ens__policies_add(ens__policies *p, const ens_cert *cert, bool is_last);
/* ens__policies_end tells, behind the leaf, whether the policies that hold are enough. */
const char *ens__policies_end(ens__policies *p);

#endif
