/* Canonical XML by our own streaming writer and by libxml2: the same octets for every element as apex and for the whole
 * document, exclusive and inclusive. The first line of the input is the PrefixList, the rest the document. */
#include "tests/fuzz/target.h"

#include "tests/engine/canon_both.h"

#define DOCUMENT_MAX ((size_t)1 << 16)
#define APEXES_MAX 48u

ENS_FUZZ_TARGET(canon)
{
    ens_slice input = ens_bytes(data, size);
    size_t line = ens__find(input, ENS_LIT("\n"), 0);
    if (size > DOCUMENT_MAX || line == SIZE_MAX || memchr(data, 0, line))
        return;
    canon_both *both = canon_both_new();
    if (both && canon_both_read(both, ens_from(input, line + 1)))
        ENS_HOLDS(canon_both_compare(both, ens_sub(input, 0, line), APEXES_MAX) == NULL);
    canon_both_free(both);
}
