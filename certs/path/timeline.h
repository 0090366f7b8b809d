/* What a verdict on a certificate rests on, and when each of it holds: the certificates of the path, their algorithms,
 * the CA's status on its list, the lists and revocation answers themselves. */
#ifndef ENS_CERTS_PATH_TIMELINE_H
#define ENS_CERTS_PATH_TIMELINE_H

#include "ensign/time.h"

#include <stdbool.h>

#define ENS_TIMELINE_MAX 48u

/* One stretch of time. Texts are constants, or live as long as the report that the judgement fills. */
typedef struct {
    const char *what;   /* "certificate", "issuer", "algorithm", "CA service", "trusted list", "revocation" */
    const char *name;   /* which one of them: a common name, "RSA below 3000 bits", "IT CA/QC granted" */
    const char *reason; /* what happens at its end, as a clause: "the certificate ends" */
    ens_time from;      /* first moment; ENS_TIME_NONE: open */
    ens_time until;     /* last moment, or the first one that is no longer good; ENS_TIME_NONE: open */
    bool news;          /* at its end there is news, and nothing ends: a list's or a CRL's NextUpdate */
} ens__interval;

typedef struct {
    ens__interval interval[ENS_TIMELINE_MAX];
    size_t num;
} ens__timeline;

/* ens__timeline_add appends one; the same one twice is kept once. When there are too many, those that end last are
 * lost, so that the first end stays right. */
void ens__timeline_add(ens__timeline *timeline, ens__interval interval);
/* ens__timeline_first finds the interval that ends first, of those that end something (news false) or of those that
 * bring news. NULL: none of them has an end. */
const ens__interval *ens__timeline_first(const ens__timeline *timeline, bool news);

#endif
