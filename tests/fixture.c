#include "tests/fixture.h"

#include "fixtures/folder.h"
#include "tests/suite.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#define KEPT 8u

static char folder[64];

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    (void)s, (void)kind, (void)at;
    return remove(path);
}

static void remove_all(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fixture_folder(void)
{
    if (folder[0])
        return folder;
    snprintf(folder, sizeof folder, "/tmp/ensign-fixtures-XXXXXX");
    if (mkdtemp(folder) && atexit(remove_all) == 0 && fx_folder_write(folder))
        return folder;
    CU_FAIL("the fixtures can't be written");
    folder[0] = '\0';
    return NULL;
}

const char *fixture_path(const char *name)
{
    static _Thread_local char paths[KEPT][256];
    static _Thread_local unsigned next;
    char *path = paths[next++ % KEPT];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}
