#include "engine/base/arena.h"
#include "tests/suite.h"

static void reset_reuses_its_blocks(void)
{
    ens_arena a;
    ens_arena_init(&a, (size_t)1 << 20);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++)
            CU_ASSERT_PTR_NOT_NULL(ens_arena_take(&a, 2000));
        CU_ASSERT_EQUAL(a.num_blocks, 4);
        ens_arena_reset(&a);
    }
    ens_arena_free(&a);
}

static void limit_holds_and_large_blocks_go(void)
{
    ens_arena a;
    ens_arena_init(&a, 200000);
    CU_ASSERT_PTR_NOT_NULL(ens_arena_take(&a, 150000));
    CU_ASSERT_PTR_NULL(ens_arena_take(&a, 100000));
    ens_arena_reset(&a);
    CU_ASSERT_PTR_NULL(a.first);
    CU_ASSERT_STRING_EQUAL(ens_arena_printf(&a, "%s-%d", "a", 1), "a-1");
    CU_ASSERT_PTR_NULL(ens_arena_take(&a, SIZE_MAX / 2));
    ens_arena_free(&a);
}

static const ens_case cases[] = {
    {"reset reuses its blocks", reset_reuses_its_blocks},
    {"limit holds and large blocks go", limit_holds_and_large_blocks_go},
    {NULL, NULL},
};
ENS_SUITE("engine/arena", cases)
