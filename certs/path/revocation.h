/* Is a certificate of a path revoked? By the lists and OCSP responses at hand, and by what can be fetched.
 *
 * Everything that the right issuer said is heard, in any order. What revokes for good is never lost: neither by the end
 * of the list that says it, nor by a newer one that doesn't (but see evidence.h for what is let go), nor by a promise
 * that nothing will be said. A suspension (certificateHold) ends with a newer statement. That a certificate is good
 * takes statements of the time asked for.
 * Source  RFC 5280, 5.3.1 and 6.3; X.509, 7.10 and 8.5; RFC 6960, 3.2 and 4.2.2; EN 319 412-1, 5.2; RFC 9608 */
#ifndef ENS_CERTS_PATH_REVOCATION_H
#define ENS_CERTS_PATH_REVOCATION_H

#include "certs/path/build.h"

#define ENS_REVOCATION_DEPTH_MAX 3u  /* signers of lists of signers of lists … that are followed */
#define ENS_REVOCATION_SKEW 300      /* seconds that the clock of a responder or a CA may be ahead */
#define ENS_REVOCATION_AGE_MAX 86400 /* seconds for which a list or a response holds that names no end */

typedef enum { ENS_REVOCATION_UNKNOWN = 0, ENS_REVOCATION_GOOD, ENS_REVOCATION_REVOKED } ens__revocation_state;

/* What has to be said beside the state. */
#define ENS_REVOCATION_NO_NUMBER 0x01u       /* a list has no cRLNumber */
#define ENS_REVOCATION_NUMBER_CRITICAL 0x02u /* or a critical one */
#define ENS_REVOCATION_NO_END 0x04u          /* or no nextUpdate */
#define ENS_REVOCATION_ODD_LIST 0x08u        /* or times with fractions, or entries that aren't as they should be */
#define ENS_REVOCATION_ODD_RESPONSE 0x10u    /* a response has times with fractions */
#define ENS_REVOCATION_ELSEWHERE 0x20u       /* a list names it that tells of other certificates */
#define ENS_REVOCATION_REACHES_BACK 0x40u    /* it was revoked later, for something that began before */
#define ENS_REVOCATION_DOUBTED 0x80u         /* a responder doesn't know it */

/* What is known of one certificate. The texts are constants. */
typedef struct {
    ens__revocation_state state;
    const char *why;       /* of UNKNOWN */
    const char *responder; /* what a responder says that doesn't settle it, or NULL */
    bool by_ocsp;          /* else by a list */
    bool unneeded;         /* of GOOD: its CA promised to say nothing of it */
    bool ended;            /* of REVOKED: whoever says so said it in a statement that has ended */
    ens_time as_of;        /* when it was said */
    ens_time date;         /* of REVOKED, and where it reaches back; ENS_TIME_NONE: can't be read */
    ens_time invalidity;   /* since when the CA takes the certificate for invalid, or ENS_TIME_NONE */
    ens__reason reason;    /* ENS_REASON_HOLD: it is suspended */
    unsigned remarks;      /* ENS_REVOCATION_… */
} ens__revocation;

/* What is asked of: certificate i of the path, whose issuer is i + 1. */
typedef struct {
    const ens_trust *trust;
    const ens_chain *chain; /* certificates that came along: signers of lists may be among them */
    const ens__path *path;
    ens_time at;
    unsigned depth;               /* 0 for the path itself */
    ens__horizon *horizon;        /* narrowed by every time that is looked at; may be NULL */
    const ens__certstore *others; /* signers of lists may be among these, too; may be NULL */
} ens__revocation_question;

ens__revocation ens__revocation_of(const ens__revocation_question *q, size_t i);
/* By one kind of evidence alone, of what is at hand. */
ens__revocation ens__revocation_by_crl(const ens__revocation_question *q, size_t i);
ens__revocation ens__revocation_by_ocsp(const ens__revocation_question *q, size_t i);

/* ens__revocation_judge adds findings id for each certificate of an anchored path below its anchor, and narrows the
 * path's horizon. others may be NULL. Nothing is fetched for a path with another fault than its time. */
void ens__revocation_judge(const ens_trust *trust, const ens__certstore *others, const ens_chain *chain,
                           ens__path *path, ens_time at, const char *id, ens_report *report);

#endif
