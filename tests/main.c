/* Runs every suite, or those whose name holds the argument, and closes with one line of counts. */
#include "tests/suite.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

extern const ens_suite suite_engine_bytes, suite_engine_arena;

static const ens_suite *const suites[] = {&suite_engine_bytes, &suite_engine_arena};

static unsigned num_skipped;

void ens_skip(const char *reason)
{
    num_skipped++;
    printf("\n    SKIP: %s", reason);
}

int main(int argc, char **argv)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        if (argc > 1 && !strstr(suites[i]->name, argv[1]))
            continue;
        CU_pSuite s = CU_add_suite(suites[i]->name, NULL, NULL);
        for (const ens_case *c = suites[i]->cases; s && c->name; c++)
            if (!CU_add_test(s, c->name, c->run))
                return 2;
    }
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    unsigned run = CU_get_number_of_tests_run(), failed = CU_get_number_of_tests_failed();
    printf("\n%u passed, %u failed, %u skipped\n", run - failed - num_skipped, failed, num_skipped);
    CU_cleanup_registry();
    return failed || run == 0 ? 1 : 0;
}
