/* Building a path from a certificate up to an anchor: over the certificates that came with it, the user's, and the
 * anchors of the trust. Several paths are tried, the likeliest issuer first, until one is valid.
 * Source  RFC 5280, 6.1;
 * RFC 4158 */
#ifndef ENS_CERTS_PATH_BUILD_H
#define ENS_CERTS_PATH_BUILD_H

#include "certs/path/timeline.h"
#include "certs/path/trust.h"
#include "certs/path/validate.h"

#define ENS_BUILD_SIGNATURES_MAX 128u /* checked for one path */
#define ENS_BUILD_ISSUERS_MAX 32u     /* looked at for one certificate; the others are dropped */
#define ENS_BUILD_FETCHES_MAX 4u      /* certificates whose issuers are fetched for one path */
#define ENS_BUILD_PARSED_MAX 64u      /* certificates of anchor sources that are parsed for one path */

/* What was told of the revocation of a path's certificates, as outcomes of findings. */
typedef struct ens__revocation_told {
    bool passed, warned, skipped, failed;
} ens__revocation_told;

/* ens__path is the best path that was found. Its certificates are views that live as long as the chain and the trust.
 */
typedef struct {
    ens_cert cert[ENS_PATH_MAX]; /* leaf first, anchor last */
    size_t num;
    bool anchored;        /* the last one is an anchor; else it is where the search ended */
    bool listed;          /* that anchor came from an anchor source, a file's has precedence */
    bool gave_up;         /* a limit ended the search */
    ens__faults faults;   /* of an anchored path; none: it is valid */
    size_t refusals;      /* keys and signatures of an anchored path that the policy for algorithms refuses */
    unsigned candidates;  /* paths to an anchor that were looked at */
    ens__horizon horizon; /* of the times for which the same is found */
    ens__revocation_told revocation;
    bool failed;     /* what was told of the path itself, the dates or the use of the key refuses the certificate */
    bool asks_again; /* an issuer or an answer about revocation didn't come, and may come soon */
} ens__path;

/* What a search goes by beside the trust; each may be NULL. */
typedef struct {
    const ens_trust *anchors;     /* whose anchors are taken: else those of the trust itself */
    const ens__certstore *others; /* further certificates that may complete a path */
} ens__path_scope;

/* ens__path_build_in is ens__path_build within a scope. */
void ens__path_build_in(const ens_trust *trust, const ens__path_scope *scope, const ens_chain *chain, ens_time at,
                        const ens__policy_inputs *inputs, ens__path *out);

/* ens__path_build judges the path of chain->cert[0]; the others may stand in any order. inputs may be NULL. */
void ens__path_build(const ens_trust *trust, const ens_chain *chain, ens_time at, const ens__policy_inputs *inputs,
                     ens__path *out);

/* ens__path_of is the same for a certificate that comes with no others but those of the chain, such as the signer of a
 * CRL. */
void ens__path_of(const ens_trust *trust, const ens_cert *cert, const ens_chain *chain, ens_time at,
                  const ens__policy_inputs *inputs, ens__path *out);

#endif
