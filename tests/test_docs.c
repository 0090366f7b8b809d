/* What README and docs name in backquotes as a place of this tree is there: a folder, a file, or a file without its
 * ending. */
#include "tests/suite.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DOC_MAX ((size_t)1 << 20)

static bool is_place(const char *text, size_t len)
{
    static const char *const roots[] = {"engine/", "certs/", "as4/",  "sti/",      "show/",  "web/",
                                        "cli/",    "bench/", "docs/", "fixtures/", "tests/", "include/"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (len >= strlen(roots[i]) && strncmp(text, roots[i], strlen(roots[i])) == 0)
            return memchr(text, ' ', len) == NULL && memchr(text, '*', len) == NULL && memchr(text, '<', len) == NULL;
    return false;
}

static bool is_there(const char *text, size_t len)
{
    static const char *const endings[] = {"", ".c", ".h"};
    struct stat st;
    char path[1024];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, "%s/%.*s%s", ENSIGN_SOURCE, (int)len, text, endings[i]);
        if (stat(path, &st) == 0)
            return true;
    }
    return false;
}

static unsigned check_doc(const char *path)
{
    static char text[DOC_MAX];
    unsigned num = 0;
    FILE *f = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    for (char *from = strchr(text, '`'), *to; from && (to = strchr(from + 1, '`')); from = strchr(to + 1, '`')) {
        size_t len = (size_t)(to - from) - 1;
        if (!is_place(from + 1, len))
            continue;
        num++;
        CHECK_ROW(is_there(from + 1, len), "%s names %.*s, which is not there", path, (int)len, from + 1);
    }
    return num;
}

static void places(void)
{
    static const char *const patterns[] = {"README.md", "CONTRIBUTING.md", "docs/*.md"};
    unsigned num = 0;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        char pattern[512];
        glob_t found;
        snprintf(pattern, sizeof pattern, "%s/%s", ENSIGN_SOURCE, patterns[i]);
        CU_ASSERT_EQUAL_FATAL(glob(pattern, 0, NULL, &found), 0);
        for (size_t k = 0; k < found.gl_pathc; k++)
            num += check_doc(found.gl_pathv[k]);
        globfree(&found);
    }
    CHECK_ROW(num >= 15, "only %u places are named", num);
}

static const ens_case cases[] = {
    {"places that README and docs name are there", places},
    {NULL, NULL},
};
ENS_SUITE("docs", cases)
