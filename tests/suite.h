/* What every suite shares. A test file ends with ENS_SUITE("certs/orgid", cases); cases are named as sentences. */
#ifndef ENS_TESTS_SUITE_H
#define ENS_TESTS_SUITE_H

#include "ensign/report.h"

#include <CUnit/CUnit.h>
#include <stdbool.h>

typedef struct {
    const char *name;
    void (*run)(void);
} ens_case;

typedef struct ens_suite {
    const char *name;
    const ens_case *cases; /* ends with a NULL name */
    struct ens_suite *next;
} ens_suite;

void ens_suite_add(ens_suite *suite);

#define ENS_SUITE(title, table)                                                                                        \
    __attribute__((constructor)) static void add_suite_of_this_file(void)                                              \
    {                                                                                                                  \
        static ens_suite suite = {title, table, NULL};                                                                 \
        ens_suite_add(&suite);                                                                                         \
    }

/* ens_skip records that the running case could not be made, with the reason; it counts as skipped, never as passed. */
void ens_skip(const char *reason);
/* ens_shared returns the path of a file of the shared answer sheets (static storage, good until the next call), or NULL
 * after an ens_skip where they are absent. */
const char *ens_shared(const char *path);

/* ens_detail is the detail of a finding, or "" (static storage, good until the fourth next call). */
const char *ens_detail(const ens_finding *f);
/* ens_report_tells: a finding of the family (the part of the id before its first dot) has the outcome. */
bool ens_report_tells(const ens_report *report, const char *family, ens_outcome outcome);

/* A table row's own message when it differs: CU_ASSERT with a printf. */
void ens_check_row(bool good, const char *file, unsigned line, const char *format, ...)
    __attribute__((__format__(__printf__, 4, 5)));
#define CHECK_ROW(good, ...) ens_check_row((good), __FILE__, __LINE__, __VA_ARGS__)

#endif
