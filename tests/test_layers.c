/* The wings: engine <- certs <- as4 <- sti <- show <- { web, cli }. An include that points right is refused, wherever
 * it stands. */
#include "tests/suite.h"

#include <fts.h>
#include <stdio.h>
#include <string.h>

static const char *const wings[] = {"engine", "certs", "as4", "sti", "show", "web", "cli"};
#define NUM (sizeof wings / sizeof *wings)
#define WEB (NUM - 2) /* the faces of the house stand side by side */

static bool may_include(size_t wing, size_t other)
{
    return other <= wing && !(wing == NUM - 1 && other == WEB);
}

/* wing_of gives the wing of a path, or NUM. */
static size_t wing_of(const char *path)
{
    size_t i = 0;
    while (i < NUM && (strncmp(path, wings[i], strlen(wings[i])) != 0 || path[strlen(wings[i])] != '/'))
        i++;
    return i;
}

static void check_line(const char *file, const char *line, size_t wing)
{
    static const char *const programs[] = {"bench/", "fixtures/", "tests/"};
    if (strncmp(line, "#include \"", 10) != 0)
        return;
    line += 10;
    size_t other = wing_of(line);
    CHECK_ROW(other == NUM || may_include(wing, other), "%s includes from the right: %s", file, line);
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        CHECK_ROW(strncmp(line, programs[i], strlen(programs[i])) != 0, "%s includes a program's own: %s", file, line);
}

static bool check_file(const char *path, size_t wing)
{
    char line[512];
    unsigned lines = 0;
    FILE *f = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    for (; fgets(line, sizeof line, f); lines++)
        check_line(path, line, wing);
    fclose(f);
    return lines > 0;
}

static bool is_code(const FTSENT *e)
{
    return e->fts_info == FTS_F && e->fts_namelen > 2 && e->fts_name[e->fts_namelen - 2] == '.' &&
           strchr("ch", e->fts_name[e->fts_namelen - 1]);
}

static void check_wing(size_t wing)
{
    char folder[512], *roots[] = {folder, NULL};
    unsigned files = 0;
    snprintf(folder, sizeof folder, "%s/%s", ENSIGN_SOURCE, wings[wing]);
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(walk);
    for (FTSENT *e; (e = fts_read(walk));)
        if (is_code(e))
            files += check_file(e->fts_path, wing);
    fts_close(walk);
    CHECK_ROW(files >= 3 || wing == WEB, "%s has %u files", wings[wing], files);
}

static void includes(void)
{
    for (size_t i = 0; i < NUM; i++)
        check_wing(i);
}

static const ens_case cases[] = {
    {"no include points right", includes},
    {NULL, NULL},
};
ENS_SUITE("layers", cases)
