/* The examples of other languages, where the language is there: each judges a good and an altered message by the
 * worker. */
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static bool is_there(const char *tool)
{
    char command[256];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", tool);
    return system(command) == 0;
}

static int run(const char *program, const char *message)
{
    char command[4096];
    snprintf(command, sizeof command, "%s '%s' '%s' '%s' >'%s' 2>&1", program, ENSIGN_COMMAND,
             fixture_path("pki/root.pem"), message, fixture_path("example.out"));
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_example(const char *tool, const char *program)
{
    char good[512], bad[512];
    if (!is_there(tool)) {
        char reason[128];
        snprintf(reason, sizeof reason, "%s isn't on this machine", tool);
        ens_skip(reason);
        return;
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    snprintf(good, sizeof good, "%s", fixture_path("f26.mime"));
    snprintf(bad, sizeof bad, "%s", fixture_path("altered-action.mime"));
    CHECK_ROW(run(program, good) == 0, "%s does not accept a good message", program);
    CHECK_ROW(run(program, bad) == 1, "%s does not refuse an altered message", program);
}

static void python(void)
{
    check_example("python3", "python3 '" ENSIGN_SOURCE "/examples/python/ensign_worker.py'");
}

static void java(void)
{
    check_example("java", "java '" ENSIGN_SOURCE "/examples/java/EnsignWorker.java'");
}

static void csharp(void)
{
    check_example("dotnet", "dotnet run --project '" ENSIGN_SOURCE "/examples/csharp' --");
}

static const ens_case cases[] = {
    {"Python asks the worker", python},
    {"Java asks the worker", java},
    {"C# asks the worker", csharp},
    {NULL, NULL},
};
ENS_SUITE("interop/examples", cases)
