/* Path validation with findings of the caller's own names: a message is judged under chain.*, a certificate before its
 * registration under families of its own (see ensign/trust.h). */
#ifndef ENS_CERTS_PATH_PATH_H
#define ENS_CERTS_PATH_PATH_H

#include "certs/path/build.h"
#include "engine/base/report.h"
#include "ensign/cert.h"

typedef struct {
    const char *path, *form, *dates, *usage, *purpose, *algorithm, *revocation;
} ens__chain_ids;

extern const ens__chain_ids ens__message_chain_ids;     /* chain.* */
extern const ens__chain_ids ens__certificate_chain_ids; /* chain.*, crypto.*, revocation.* */

/* What a chain is judged by. */
typedef struct {
    const ens_trust *trust;
    const ens__path_scope *scope; /* or NULL */
    const ens__chain_ids *ids;
    ens_time at;
    bool for_tls; /* what the key is for is judged elsewhere: it seals nothing */
    bool excused; /* a list that may know the CA can't be asked: that the path ends at no anchor decides nothing */
} ens__chain_question;

/* ens__chain_find builds the path of a chain and tells nothing yet: *path is filled whatever is found, with num 0 where
 * none was looked for. */
void ens__chain_find(const ens__chain_question *q, const ens_chain *chain, ens__path *path);
/* ens__chain_tell is ens_chain_check with the names of q, of the path that was found. It returns when the first
 * certificate of the validated path ends, or ENS_TIME_NONE where there is no path. */
ens_time ens__chain_tell(const ens__chain_question *q, const ens_chain *chain, ens__path *path, ens_report *report);

/* Faults of form in the certificates of a path that no path validation of RFC 5280, 6.1 refuses, and that the profile
 * of 4.2 forbids: each is a warning. */
/* ens__path_form adds warnings of the name id for a path, leaf first, whose last certificate is an anchor when
 * anchored. */
void ens__path_form(const ens_cert *path, size_t num, bool anchored, const char *id, ens_report *report);

#endif
