/* ensign serve and ensign proxy are a program of its own, which lies beside this one: its libraries would cost every
 * start of the others. */
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

/* run_beside runs it as the command whose name stands first in argv. */
static int run_beside(const char *name, int argc, char **argv)
{
    char self[PATH_MAX], path[PATH_MAX + 64];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash = len > 0 ? memrchr(self, '/', (size_t)len) : NULL;
    if (argc == 2 && strcmp(argv[1], ENS_NAMES_OPTION) == 0) {
        puts(name); /* others are listed behind it */
        return ENS_EXIT_GOOD;
    }
    fflush(stdout);
    for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%.*s/%s" PROGRAM, (int)(slash - self), self, places[i]);
        execv(path, argv);
    }
    ens__say("ensign %s: " PROGRAM " can't be run (%s): it is installed with this program\n", name, strerror(errno));
    return ENS_EXIT_UNKNOWN;
}

int ens__cmd_serve(int argc, char **argv)
{
    char name[] = "ensign-serve";
    argv[0] = name;
    return run_beside("serve", argc, argv);
}

int ens__cmd_proxy(int argc, char **argv)
{
    char name[] = ENS_PROXY_PROGRAM;
    argv[0] = name;
    return run_beside("proxy", argc, argv);
}
