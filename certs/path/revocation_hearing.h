/* What was heard of one certificate: by lists (revocation_lists.c) and by responses (revocation_responses.c), whose
 * statements are gathered in one hearing, in any order; what follows from them is concluded at its end. */
#ifndef ENS_CERTS_PATH_REVOCATION_HEARING_H
#define ENS_CERTS_PATH_REVOCATION_HEARING_H

#include "certs/path/revocation.h"

#define ENS_HEARD_NO_RESPONSE "no OCSP response is about it"

/* One statement: when it was made, and what it says. */
typedef struct {
    bool is, by_ocsp, ended;
    ens_time as_of;
    ens_slice number; /* of a list */
    ens_time date, invalidity;
    ens__reason reason;
} ens__statement;

/* What was heard of one certificate. */
typedef struct {
    const ens__revocation_question *q;
    ens__evidence *evidence;
    const ens_cert *cert, *issuer;
    size_t place;           /* of cert in the path */
    uint64_t by;            /* ens__name_hash of the issuer whose lists are heard */
    bool is_accepting;      /* who signed is asked alone, and not whether he is revoked */
    ens__statement final;   /* what revokes for good, since the earliest date */
    ens__statement hold;    /* the newest suspension */
    ens__statement lifted;  /* the newest statement, not after the time asked for, that would know of a suspension */
    ens__statement later;   /* that it was revoked after the time asked for */
    ens__statement good;    /* the newest response that finds it good at that time */
    unsigned covered;       /* reasons for which lists of that time don't name it */
    ens_time covered_as_of; /* the newest of those lists */
    ens_time doubted;       /* when a responder last didn't know it; ENS_TIME_NONE: never */
    unsigned remarks;
    unsigned unknown;      /* why the lists don't tell: see ens__lists_unknown */
    const char *responder; /* what a responder says that doesn't settle it, or NULL */
} ens__hearing;

/* ens__keep_newest replaces what is kept by what was said later. */
void ens__keep_newest(ens__statement *kept, const ens__statement *heard);
bool ens__statement_is_newer(const ens__statement *a, const ens__statement *b);
/* ens__hear_revocation sorts what names the certificate. after: revoked after the time asked for. */
void ens__hear_revocation(ens__hearing *h, const ens__statement *heard, bool after);

/* ens__hear_lists hears the lists of the issuer, and those of the other issuers that the certificate names. */
void ens__hear_lists(ens__hearing *h);
/* ens__lists_unknown: why the lists that were heard don't tell; constant. */
const char *ens__lists_unknown(const ens__hearing *h);
void ens__hear_responses(ens__hearing *h);

/* For an ens__online_want, of a hearing: each keeps what was fetched, if it is by whom it has to be. */
ens_code ens__take_list(void *of, ens_slice der, ens_err *err);
ens_code ens__take_response(void *of, ens_slice der, ens_err *err);

#endif
