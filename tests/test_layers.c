/* The layers: engine <- certs <- as4 <- sti <- cli. An include that points right is refused, wherever it stands. */
#include "tests/suite.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static const char *const layers[] = {"engine", "certs", "as4", "sti", "cli"};
#define NUM (sizeof layers / sizeof *layers)

static void check_line(const char *file, const char *line, size_t layer)
{
    for (size_t right = layer + 1; right < NUM; right++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, "#include \"%s/", layers[right]);
        CHECK_ROW(strncmp(line, wanted, strlen(wanted)) != 0, "%s includes from the right: %s", file, line);
    }
    CHECK_ROW(layer == NUM - 1 || (strncmp(line, "#include \"bench/", 16) != 0 && strncmp(line, "#include \"fixtures/", 19) != 0 &&
                                   strncmp(line, "#include \"tests/", 16) != 0),
              "%s includes what is measured or tested with: %s", file, line);
}

static unsigned check_file(const char *path, size_t layer)
{
    char line[512];
    unsigned lines = 0;
    FILE *f = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    for (; fgets(line, sizeof line, f); lines++)
        check_line(path, line, layer);
    fclose(f);
    return lines;
}

static void includes(void)
{
    for (size_t i = 0; i < NUM; i++) {
        char folder[512], path[1024];
        unsigned files = 0;
        snprintf(folder, sizeof folder, "%s/%s", ENSIGN_SOURCE, layers[i]);
        DIR *dir = opendir(folder);
        CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
        for (struct dirent *e; (e = readdir(dir));) {
            size_t len = strlen(e->d_name);
            if (len < 3 || e->d_name[len - 2] != '.' || !strchr("ch", e->d_name[len - 1]))
                continue;
            snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
            files += check_file(path, i) > 0;
        }
        closedir(dir);
        CHECK_ROW(files >= 3, "%s has %u files", layers[i], files);
    }
}

static const ens_case cases[] = {
    {"no include points right", includes},
    {NULL, NULL},
};
ENS_SUITE("layers", cases)
