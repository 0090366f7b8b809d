/* What every suite shares. A suite is a table of cases named as sentences; main.c lists the suites. */
#ifndef ENS_TESTS_SUITE_H
#define ENS_TESTS_SUITE_H

#include <CUnit/CUnit.h>

typedef struct {
    const char *name;
    void (*run)(void);
} ens_case;

typedef struct {
    const char *name; /* "engine/bytes" */
    const ens_case *cases;
} ens_suite;

/* ens_skip records that the running case could not be made, with the reason; it counts as skipped, never as passed. */
void ens_skip(const char *reason);

#endif
