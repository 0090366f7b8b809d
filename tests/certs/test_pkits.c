/* All of PKITS, 246 cases of which 136 must fail. */
#include "tests/certs/pkits.h"
#include "tests/suite.h"

#include <stdio.h>

#define CASES 246
#define INVALID 136

static void count(void *ctx, const pkits_case *one)
{
    unsigned *invalid = ctx;
    *invalid += !one->should_hold;
    CHECK_ROW(one->holds == one->should_hold, "%s %s: found %s: %s", one->id, one->name,
              one->holds ? "valid" : "invalid", one->why);
    CHECK_ROW(one->holds == !one->why[0], "%s %s: a refusal without its reason", one->id, one->name);
}

static void all(void)
{
    char folder[1024];
    unsigned invalid = 0;
    const char *shared = ens_shared("data/paths/pkits");
    if (!shared)
        return;
    snprintf(folder, sizeof folder, "%s", shared);
    CU_ASSERT_EQUAL(pkits_run(folder, count, &invalid), CASES);
    CU_ASSERT_EQUAL(invalid, INVALID);
}

static const ens_case cases[] = {
    {"every case of PKITS is judged as NIST does", all},
    {NULL, NULL},
};
ENS_SUITE("certs/pkits", cases)
