/* Is a certificate of a path revoked? By the lists and OCSP responses at hand.
 * Source  RFC 5280, 6.3; RFC 6960, 3.2 and 4.2.2; EN 319 412-1, 5.2 (short-term certificates) */
#ifndef ENS_CERTS_PATH_REVOCATION_H
#define ENS_CERTS_PATH_REVOCATION_H

#include "certs/path/build.h"

#define ENS_REVOCATION_DEPTH_MAX 3u /* signers of lists of signers of lists … that are followed */
#define ENS_REVOCATION_SKEW 300     /* seconds that the clock of a responder or a CA may be ahead */
#define ENS_OCSP_AGE_MAX 86400      /* seconds for which a response holds that names no end */

typedef enum { ENS_REVOCATION_UNKNOWN = 0, ENS_REVOCATION_GOOD, ENS_REVOCATION_REVOKED } ens__revocation_state;

/* What is known of one certificate. The texts are constants. */
typedef struct {
    ens__revocation_state state;
    const char *why; /* of UNKNOWN */
    bool by_ocsp;    /* else by a list */
    ens_time date;   /* of REVOKED */
    ens__reason reason;
} ens__revocation;

/* What is asked of: certificate i of the path, whose issuer is i + 1. */
typedef struct {
    const ens_trust *trust;
    const ens_chain *chain; /* certificates that came along: signers of lists may be among them */
    const ens__path *path;
    ens_time at;
    unsigned depth;        /* 0 for the path itself */
    ens__horizon *horizon; /* narrowed by every time that is looked at; may be NULL */
} ens__revocation_question;

ens__revocation ens__revocation_of(const ens__revocation_question *q, size_t i);
/* By one kind of evidence alone. */
ens__revocation ens__revocation_by_crl(const ens__revocation_question *q, size_t i);
ens__revocation ens__revocation_by_ocsp(const ens__revocation_question *q, size_t i);

/* ens__revocation_judge adds a finding id for each certificate of an anchored path below its anchor, and narrows the
 * path's horizon. */
void ens__revocation_judge(const ens_trust *trust, const ens_chain *chain, ens__path *path, ens_time at, const char *id,
                           ens_report *report);

#endif
