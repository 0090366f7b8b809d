/* Runs every suite, or those whose name holds the argument, and closes with one line of counts. */
#include "tests/suite.h"

#include <CUnit/Basic.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef ENSIGN_SHARED
#define ENSIGN_SHARED "../shared"
#endif

static ens_suite *first;
static unsigned num_skipped;

void ens_suite_add(ens_suite *suite)
{
    ens_suite **link = &first;
    while (*link && strcmp((*link)->name, suite->name) < 0)
        link = &(*link)->next;
    suite->next = *link;
    *link = suite;
}

void ens_skip(const char *reason)
{
    static CU_pTest last;
    if (CU_get_current_test() != last)
        num_skipped++;
    last = CU_get_current_test();
    printf("\n    SKIP: %s", reason);
}

const char *ens_shared(const char *path)
{
    static char full[1024];
    snprintf(full, sizeof full, "%s/%s", ENSIGN_SHARED, path);
    if (access(full, R_OK) == 0)
        return full;
    printf("\n    (no %s)", full);
    ens_skip("the shared answer sheets are not on this machine");
    return NULL;
}

const char *ens_detail(const ens_finding *f)
{
    static _Thread_local char text[4][ENS_DETAIL_TEXT];
    static _Thread_local unsigned next;
    const char *detail = f ? ens_finding_detail(f, text[next++ % 4]) : NULL;
    return detail ? detail : "";
}

bool ens_report_tells(const ens_report *report, const char *family, ens_outcome outcome)
{
    size_t n = strlen(family);
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == outcome && strncmp(f->id, family, n) == 0 && (f->id[n] == '.' || !f->id[n]))
            return true;
    }
    return false;
}

void ens_check_row(bool good, const char *file, unsigned line, const char *format, ...)
{
    char text[512] = "";
    if (!good) {
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
    }
    CU_assertImplementation(good, line, text, file, "", CU_FALSE);
}

int main(int argc, char **argv)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    for (const ens_suite *suite = first; suite; suite = suite->next) {
        if (argc > 1 && !strstr(suite->name, argv[1]))
            continue;
        CU_pSuite s = CU_add_suite(suite->name, NULL, NULL);
        for (const ens_case *c = suite->cases; s && c->name; c++)
            if (!CU_add_test(s, c->name, c->run))
                return 2;
    }
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_ErrorCode ran = CU_basic_run_tests();
    unsigned run = CU_get_number_of_tests_run(), failed = CU_get_number_of_tests_failed();
    CU_cleanup_registry();
    printf("\n%u passed, %u failed, %u skipped\n", run - failed - num_skipped, failed, num_skipped);
    return ran != CUE_SUCCESS || failed || run == 0 ? 1 : 0;
}
