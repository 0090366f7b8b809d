/* A PKIPath that is read can be written again, and then has the same bytes. */
#include "tests/fuzz/target.h"

#include "certs/keys/chain.h"

ENS_FUZZ_TARGET(pkipath)
{
    ens_chain chain, leaf_first;
    ens_chain_facts facts;
    ens_err err = {0};
    ens_buf out;
    if (ens__pkipath_read((ens_slice){data, size}, &chain, &err) != ENS_OK) {
        ENS_HOLDS(err.n && err.frame[0].what);
        return;
    }
    ENS_HOLDS(chain.num >= 1 && chain.num <= ENS_CHAIN_MAX);
    leaf_first.num = chain.num;
    for (size_t i = 0; i < chain.num; i++)
        leaf_first.cert[i] = chain.cert[chain.num - 1 - i];
    ens_buf_init(&out, NULL, 0, (size_t)8 << 20);
    ens__pkipath_write(&out, &leaf_first);
    ENS_HOLDS(!out.failed && ens_eq(ens_buf_slice(&out), (ens_slice){data, size}));
    ens_buf_free(&out);
    size_t before = chain.num;
    if (ens__chain_order(&chain, &facts, NULL) == ENS_OK)
        ENS_HOLDS(chain.num >= 1 && chain.num + facts.num_unrelated == before);
}
