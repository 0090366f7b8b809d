/* Validation of one path, all its faults at once. Signatures and the chaining of names are not looked at here: whoever
 * built the path did (certs/build). Source  RFC 5280, 6.1 */
#ifndef ENS_CERTS_PATH_VALIDATE_H
#define ENS_CERTS_PATH_VALIDATE_H

#include "certs/path/policy.h"

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

#endif
