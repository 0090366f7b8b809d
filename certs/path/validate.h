/* Validation of one path, all its faults at once. Signatures and the chaining of names are not looked at here: whoever
 * built the path did (certs/path/build).
 * Source  RFC 5280, 6.1 */
#ifndef ENS_CERTS_PATH_VALIDATE_H
#define ENS_CERTS_PATH_VALIDATE_H

#include "certs/path/policy.h"
#include "ensign/cert.h"

#define ENS_PATH_MAX (ENS_CHAIN_MAX + 1u) /* certificates of a path, its anchor among them */
#define ENS_FAULTS_MAX 16u

/* One fault; all texts are constants. */
typedef struct {
    const char *rule, *what, *hint;
    size_t certificate; /* its place, leaf 0 */
    bool of_time;       /* the certificate isn't valid at this time */
} ens__fault;

typedef struct {
    ens__fault fault[ENS_FAULTS_MAX];
    size_t num; /* further ones are dropped */
    bool only_of_time;
} ens__faults;

void ens__faults_start(ens__faults *faults);
void ens__faults_add(ens__faults *faults, const ens__fault *fault);

/* ens__path_validate adds what is wrong with a path, leaf first and anchor last. A path of one certificate is an anchor
 * that signs by itself. The anchor's own dates don't count; what it says of itself as an authority does. */
void ens__path_validate(const ens_cert *const *path, size_t num, ens_time at, const ens__policy_inputs *inputs,
                        ens__faults *faults);

/* Which names an authority may certify. Constraints add up from the anchor down: a certificate's names have to lie
 * within what each authority above permits, and outside of what any excludes, so each extension is asked by itself.
 * Source  RFC 5280, 4.2.1.10 and 6.1 */
#define ENS_SUBTREES_MAX 512u     /* of one extension */
#define ENS_CONSTRAINED_MAX 1024u /* names of one certificate */

/* ens__name_constraints_check returns NULL when every name of the certificate satisfies the extension, else what is
 * wrong, a constant. A constraint on a form of names that isn't understood refuses the certificates that have such a
 * name. */
const char *ens__name_constraints_check(ens_slice extension, const ens_cert *cert);

#endif
