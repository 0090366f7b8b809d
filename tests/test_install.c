/* What is installed serves from wherever it is moved to: programs are compiled against it by pkg-config and by CMake, and run. */
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static char prefix[512];

static int run(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

static int run(const char *format, ...)
{
    char command[8192];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* install_moved installs to one place and moves it to another. */
static bool install_moved(void)
{
    if (prefix[0])
        return true;
    if (run("command -v cmake >/dev/null && command -v pkg-config >/dev/null && command -v cc >/dev/null") != 0) {
        ens_skip("cmake, pkg-config or cc isn't on this machine");
        return false;
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    snprintf(prefix, sizeof prefix, "%s", fixture_path("moved"));
    CU_ASSERT_EQUAL_FATAL(
        run("cmake --install \"$(dirname '%s')\" --prefix '%s/first' >/dev/null && mv '%s/first' '%s'", ENSIGN_COMMAND,
            fixture_folder(), fixture_folder(), prefix),
        0);
    return true;
}

/* judge_both runs a compiled example over a good and an altered message. */
static void judge_both(const char *program)
{
    CHECK_ROW(run("LD_LIBRARY_PATH='%s/lib' '%s' '%s' '%s' >/dev/null", prefix, program, fixture_path("f26.mime"),
                  fixture_path("pki/root.pem")) == 0,
              "%s does not accept a good message", program);
    CHECK_ROW(run("LD_LIBRARY_PATH='%s/lib' '%s' '%s' '%s' >/dev/null", prefix, program,
                  fixture_path("altered-action.mime"), fixture_path("pki/root.pem")) == 1,
              "%s does not refuse an altered message", program);
}

static void by_pkg_config(void)
{
    if (!install_moved())
        return;
    CHECK_ROW(run("cc -Wall -Werror -o '%s/judge' '%s/docs/example/judge.c' $(PKG_CONFIG_PATH='%s/lib/pkgconfig' "
                  "pkg-config --cflags "
                  "--libs ensign)",
                  prefix, ENSIGN_SOURCE, prefix) == 0,
              "judge.c does not compile by pkg-config");
    char program[600];
    snprintf(program, sizeof program, "%s/judge", prefix);
    judge_both(program);
}

static void by_cmake(void)
{
    if (!install_moved())
        return;
    CHECK_ROW(
        run("mkdir -p '%s/project' && cp '%s/docs/example/judge.c' '%s/project' && printf "
            "'cmake_minimum_required(VERSION "
            "3.25)\\nproject(judge C)\\nfind_package(Ensign REQUIRED)\\nadd_executable(judge "
            "judge.c)\\ntarget_link_libraries(judge Ensign::ensign)\\n' >'%s/project/CMakeLists.txt' && cmake -S "
            "'%s/project' -B "
            "'%s/project/build' -DCMAKE_PREFIX_PATH='%s' >/dev/null && cmake --build '%s/project/build' >/dev/null",
            prefix, ENSIGN_SOURCE, prefix, prefix, prefix, prefix, prefix, prefix) == 0,
        "judge.c does not compile by CMake");
    char program[600];
    snprintf(program, sizeof program, "%s/project/build/judge", prefix);
    judge_both(program);
}

static void command_runs(void)
{
    if (!install_moved())
        return;
    CHECK_ROW(run("'%s/bin/ensign' verify -q '%s' --trust '%s' >/dev/null", prefix, fixture_path("f26.mime"),
                  fixture_path("pki/root.pem")) == 0,
              "the installed command does not judge");
    CHECK_ROW(run("test -s '%s/share/man/man1/ensign.1' && test -x '%s/bin/ensign-bench'", prefix, prefix) == 0,
              "man pages or the bench are missing");
}

static const ens_case cases[] = {
    {"an example compiles by pkg-config against a prefix that was moved", by_pkg_config},
    {"an example compiles by CMake against a prefix that was moved", by_cmake},
    {"the installed command runs", command_runs},
    {NULL, NULL},
};
ENS_SUITE("install", cases)
