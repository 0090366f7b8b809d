/* An answer of the EORI service is read or refused with a reason; it never answers for a number that wasn't asked for,
 * and what is kept outlives the tree. */
#include "tests/fuzz/target.h"

#include "certs/eori/eori.h"

#define ARENA_MAX ((size_t)4 << 20)

static void kept_text(ens_slice s)
{
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < s.len; i++)
        sum = (uint8_t)(sum + s.p[i]);
}

ENS_FUZZ_TARGET(eori_service)
{
    ens_slice asked[2] = {ENS_LIT("FR73282932000074"), ENS_LIT("BE0314595348")};
    ens_eori_answer status[2];
    ens_err err = {0};
    ens_arena arena;
    ens_arena_init(&arena, ARENA_MAX);
    ens_code code = ens__eori_service_read(ens_bytes(data, size), asked, 2, &arena, status, &err);
    ENS_HOLDS(code == ENS_OK || (err.n > 0 && err.frame[0].rule));
    for (size_t i = 0; i < 2; i++) {
        ENS_HOLDS(code == ENS_OK || !status[i].answered);
        ENS_HOLDS(status[i].answered || (!status[i].valid && !status[i].name.len));
        kept_text(status[i].description);
        kept_text(status[i].name);
        kept_text(status[i].address);
    }
    ens_arena_free(&arena);
}
