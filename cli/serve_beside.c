/* ensign serve is a program of its own, which lies beside this one: its libraries would cost every start of the others.
 */
#include "cli/command.h"
#include "engine/base/bytes.h"
#include "show/output.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define PROGRAM "ensign-serve"

/* Where it is looked for, from the folder of this program. */
static const char *const places[] = {"", "../libexec/ensign/"};

int ens__cmd_serve(int argc, char **argv)
{
    char self[PATH_MAX], path[PATH_MAX + 64], name[] = PROGRAM;
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash = len > 0 ? memrchr(self, '/', (size_t)len) : NULL;
    if (argc == 2 && strcmp(argv[1], ENS_NAMES_OPTION) == 0) {
        puts("serve"); /* others are listed behind it */
        return ENS_EXIT_GOOD;
    }
    argv[0] = name;
    fflush(stdout);
    for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%.*s/%s" PROGRAM, (int)(slash - self), self, places[i]);
        execv(path, argv);
    }
    ens__say("ensign serve: " PROGRAM " can't be run (%s): it is installed with this program\n", strerror(errno));
    return ENS_EXIT_UNKNOWN;
}
