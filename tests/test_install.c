/* What is installed serves from wherever it is moved to: programs are compiled against it by pkg-config and by CMake,
 * and run. */
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
    if (ENSIGN_SANITIZE[0]) /* whose runtime a program has to be linked with before all else */
        setenv("CFLAGS", "-fsanitize=" ENSIGN_SANITIZE, 1);
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

static const char *const programs[] = {"judge", "preflight", "seal"};
#define NUM_PROGRAMS (sizeof programs / sizeof *programs)

/* called runs a compiled example with these arguments. */
static int called(const char *folder, const char *program, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));

static int called(const char *folder, const char *program, const char *format, ...)
{
    char arguments[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    return run("LD_LIBRARY_PATH='%s/lib' '%s/%s' %s >/dev/null", prefix, folder, program, arguments);
}

static void judges(const char *folder)
{
    const char *root = fixture_path("pki/root.pem");
    CU_ASSERT_EQUAL(called(folder, "judge", "'%s' '%s'", fixture_path("f26.mime"), root), 0);
    CU_ASSERT_EQUAL(called(folder, "judge", "'%s' '%s'", fixture_path("altered-action.mime"), root), 1);
}

/* A qualified certificate by the lists, one of another company, and one that nobody can tell of without lists. */
static void flies(const char *folder)
{
#define FLOWN "FR73282932000074 2026-10-01T12:00:00Z"
    char cache[300], lists[300];
    snprintf(cache, sizeof cache, "%s", fixture_path("installed-cache"));
    snprintf(lists, sizeof lists, "%s", fixture_path("lists"));
    run("'%s' trust update --lotl '%s/lotl.xml' --mirror '%s' --anchors '%s/anchors.pem' --cache '%s' --offline --at "
        "2026-10-01T12:00:00Z >/dev/null 2>&1",
        ENSIGN_COMMAND, lists, lists, lists, cache);
    CU_ASSERT_EQUAL(called(folder, "preflight", "'%s' '%s' " FLOWN, fixture_path("pki/qualified.pem"), cache), 0);
    CU_ASSERT_EQUAL(called(folder, "preflight", "'%s' '%s' " FLOWN, fixture_path("pki/other-company.pem"), cache), 1);
    CU_ASSERT_EQUAL(
        called(folder, "preflight", "'%s' '%s' " FLOWN, fixture_path("pki/trader.pem"), fixture_path("pki/root.pem")),
        2);
}

/* The example seals, the command answers as the STI does, and the receipt is one for that message alone. */
static void seals(const char *folder)
{
    char document[300], message[300], receipt[300];
    snprintf(document, sizeof document, "%s", fixture_path("installed.xml"));
    snprintf(message, sizeof message, "%s", fixture_path("installed.mime"));
    snprintf(receipt, sizeof receipt, "%s", fixture_path("installed-receipt.xml"));
    remove(receipt);
    CU_ASSERT_EQUAL(run("'%s' ens new IE3F26 --from FR73282932000074 -o '%s'", ENSIGN_COMMAND, document), 0);
    CU_ASSERT_EQUAL(called(folder, "seal", "seal '%s' IE3F26 FR73282932000074 '%s' '%s' '%s'", document,
                           fixture_path("pki/trader.key"), fixture_path("pki/trader.pem"), message),
                    0);
    CU_ASSERT_EQUAL(run("'%s' verify -q '%s' --trust '%s' --receipt '%s' --receipt-key '%s' --receipt-cert '%s' "
                        ">/dev/null",
                        ENSIGN_COMMAND, message, fixture_path("pki/root.pem"), receipt, fixture_path("pki/sti.key"),
                        fixture_path("pki/sti.pem")),
                    0);
    const char *customs = fixture_path("pki/customs-root.pem");
    CU_ASSERT_EQUAL(called(folder, "seal", "check '%s' '%s' '%s'", receipt, message, customs), 0);
    CU_ASSERT_EQUAL(called(folder, "seal", "check '%s' '%s' '%s'", receipt, fixture_path("f26.mime"), customs), 1);
}

static void run_all(const char *folder)
{
    judges(folder);
    flies(folder);
    seals(folder);
}

static void by_pkg_config(void)
{
    if (!install_moved())
        return;
    for (size_t i = 0; i < NUM_PROGRAMS; i++)
        CHECK_ROW(run("cc $CFLAGS -Wall -Wextra -Werror -o '%s/%s' '%s/docs/example/%s.c' "
                      "$(PKG_CONFIG_PATH='%s/lib/pkgconfig' "
                      "pkg-config --cflags --libs ensign)",
                      prefix, programs[i], ENSIGN_SOURCE, programs[i], prefix) == 0,
                  "%s.c does not compile by pkg-config", programs[i]);
    run_all(prefix);
}

static void by_cmake(void)
{
    char folder[600];
    if (!install_moved())
        return;
    CHECK_ROW(
        run("mkdir -p '%s/project' && cp '%s/docs/example/'*.c '%s/project' && printf "
            "'cmake_minimum_required(VERSION 3.25)\nproject(examples C)\nfind_package(Ensign REQUIRED)\n"
            "foreach(program judge preflight seal)\nadd_executable(${program} ${program}.c)\n"
            "target_link_libraries(${program} Ensign::ensign)\nendforeach()\n' >'%s/project/CMakeLists.txt' && cmake "
            "-G Ninja -S '%s/project' -B '%s/project/build' -DCMAKE_PREFIX_PATH='%s' >/dev/null && cmake --build "
            "'%s/project/build' >/dev/null",
            prefix, ENSIGN_SOURCE, prefix, prefix, prefix, prefix, prefix, prefix) == 0,
        "the examples do not compile by CMake");
    snprintf(folder, sizeof folder, "%s/project/build", prefix);
    run_all(folder);
}

static void command_runs(void)
{
    if (!install_moved())
        return;
    CHECK_ROW(run("'%s/bin/ensign' verify -q '%s' --trust '%s' >/dev/null", prefix, fixture_path("f26.mime"),
                  fixture_path("pki/root.pem")) == 0,
              "the installed command does not judge");
    CHECK_ROW(run("'%s/bin/ensign' serve --help | grep -q -- --demo && test -x '%s/libexec/ensign/ensign-serve'",
                  prefix, prefix) == 0,
              "the installed command does not find what serves");
    CHECK_ROW(run("test -s '%s/share/man/man1/ensign.1' && test -x '%s/bin/ensign-bench'", prefix, prefix) == 0,
              "man pages or the bench are missing");
}

/* Every library costs every start: what only a server, a store or a fetch needs is loaded by them. */
static void starts_with_little(void)
{
    if (run("command -v readelf >/dev/null") != 0) {
        ens_skip("readelf isn't on this machine");
        return;
    }
    CU_ASSERT_EQUAL(
        run("readelf -d '%s' | grep NEEDED | grep -E '.lib(sqlite3|ssl|event|http_parser|llhttp|cyaml|yaml|curl)'",
            ENSIGN_COMMAND),
        1);
}

static const ens_case cases[] = {
    {"the examples compile by pkg-config against a prefix that was moved, and run", by_pkg_config},
    {"the examples compile by CMake against a prefix that was moved, and run", by_cmake},
    {"the installed command runs", command_runs},
    {"the command starts without the libraries of servers and stores", starts_with_little},
    {NULL, NULL},
};
ENS_SUITE("install", cases)
