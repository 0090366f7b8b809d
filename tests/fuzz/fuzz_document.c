/* A business document: the scanner and libxml2's stream read the same of it. */
#include "tests/fuzz/target.h"

#include "tests/fuzz/document_pair.h"

ENS_FUZZ_TARGET(document)
{
    static document_pair *pair;
    if (!pair)
        pair = document_pair_new();
    ENS_HOLDS(document_pair_alike(pair, ens_bytes(data, size)));
}
