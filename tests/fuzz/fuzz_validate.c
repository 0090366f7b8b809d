/* Whatever certificates stand in a path, its validation ends, and every fault has its rule, its reason and its place;
 * names, policies and distribution points are read within the input. */
#include "tests/fuzz/target.h"

#include "certs/keys/chain.h"
#include "certs/path/cryptopolicy.h"
#include "certs/path/validate.h"
#include "certs/x509/algorithm.h"
#include "certs/x509/critical.h"
#include "certs/x509/crl.h"

static bool inside(ens_slice part, ens_slice whole)
{
    return !part.len || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

static void check_faults(const ens__faults *f, size_t num)
{
    bool only_of_time = true;
    ENS_HOLDS(f->num <= ENS_FAULTS_MAX);
    for (size_t i = 0; i < f->num; i++) {
        ENS_HOLDS(f->fault[i].rule && f->fault[i].what && f->fault[i].hint && f->fault[i].certificate < num);
        only_of_time &= f->fault[i].of_time;
    }
    ENS_HOLDS(f->num == ENS_FAULTS_MAX || only_of_time == f->only_of_time);
}

static void check_points(const ens_cert *cert, ens_slice in)
{
    ens_reader points;
    ens__crl_point p;
    ens_slice uri;
    if (!ens__crl_points_open(cert->crl_points, &points))
        return;
    while (ens__crl_points_next(&points, &p)) {
        ENS_HOLDS(inside(p.name, in) && inside(p.issuer, in) && !(p.reasons & ~ENS_REASONS_ALL));
        for (ens_reader names = ens_read(p.name); ens__crl_point_next_uri(&p, &names, &uri);)
            ENS_HOLDS(inside(uri, in));
    }
}

/* A PKIPath, read as a path whose last certificate is an anchor; the size's bits are the inputs. */
/* check_policy: whatever is refused is explained, and what an anchor's place spares is no more than one signature. */
static void check_policy(const ens_cert *const *path, size_t num)
{
    ens__crypto_opinion first = {0};
    size_t under = ens__crypto_refusals(&(ens__crypto_path){path, num, num - 1, false}, NULL),
           alone = ens__crypto_refusals(&(ens__crypto_path){path, num, num, false}, &first);
    ENS_HOLDS(under <= alone && alone <= under + 1);
    ENS_HOLDS(!alone || (first.grade == ENS_CRYPTO_REFUSED && first.what[0] && first.hint));
}

ENS_FUZZ_TARGET(validate)
{
    ens_chain chain;
    ens__faults faults, free_faults;
    ens__sigalg algorithm;
    const ens_cert *path[ENS_PATH_MAX];
    ens_slice in = {data, size};
    if (ens__pkipath_read(in, &chain, NULL) != ENS_OK)
        return;
    for (size_t i = 0; i < chain.num; i++) {
        path[i] = &chain.cert[chain.num - 1 - i];
        check_points(path[i], in);
        ENS_HOLDS(!ens__sigalg_read(path[i]->signature_algorithm, &algorithm) || algorithm.key);
    }
    ens__policy_inputs inputs = {.explicit_policy = size & 1, .inhibit_mapping = size & 2, .inhibit_any = size & 4},
                       usual = {.num_initial = 0};
    ens__faults_start(&faults);
    ens__path_validate(path, chain.num, path[0]->not_before, &inputs, &faults);
    check_faults(&faults, chain.num);
    ens__faults_start(&free_faults);
    ens__path_validate(path, chain.num, path[0]->not_before, &usual, &free_faults);
    check_faults(&free_faults, chain.num);
    for (size_t i = 0; i + 1 < chain.num; i++) /* what can't be read is never passed over, but for an anchor's */
        ENS_HOLDS(!ens__critical_unreadable(path[i], NULL) || free_faults.num);
    check_policy(path, chain.num);
    ENS_HOLDS(!free_faults.num || faults.num); /* inputs that ask for more never make a path valid */
}
