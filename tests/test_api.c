/* The public interface: what the headers declare, the symbol map lists and the library exports is one and the same, and
 * each header stands alone in C11 and in C++. */
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 4096
#define NAME_LEN 64

typedef struct {
    char name[NAMES_MAX][NAME_LEN];
    size_t num;
} names;

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* take_from runs a command that prints one name a line. */
static void take_from(const char *command, names *out)
{
    char line[256];
    FILE *f = popen(command, "r");
    out->num = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    while (fgets(line, sizeof line, f) && out->num < NAMES_MAX) {
        line[strcspn(line, "\r\n")] = '\0';
        snprintf(out->name[out->num++], NAME_LEN, "%.63s", line);
    }
    pclose(f);
    qsort(out->name, out->num, NAME_LEN, by_name);
}

static void same(const names *a, const names *b, const char *what)
{
    CHECK_ROW(a->num == b->num && a->num > 30, "%s: %zu and %zu names", what, a->num, b->num);
    for (size_t i = 0; i < a->num && i < b->num; i++)
        CHECK_ROW(strcmp(a->name[i], b->name[i]) == 0, "%s: %s and %s", what, a->name[i], b->name[i]);
}

static void symbols(void)
{
    static names headers, map, library;
    take_from("cat '" ENSIGN_SOURCE "/include/ensign/'*.h | tr '\n' ' ' | grep -oE 'ENS_API [^;(]*\\(' | "
              "grep -oE 'ens_[a-z0-9_]+\\($' | tr -d '(' | sort -u",
              &headers);
    take_from("grep -oE '\\bens_[a-z0-9_]+;' '" ENSIGN_SOURCE "/ensign.map' | tr -d ';'", &map);
    take_from("nm -D --defined-only '" ENSIGN_LIBRARY "' | awk '$2 == \"T\" { print $3 }' | sed 's/@.*//'", &library);
    same(&headers, &map, "headers and map");
    same(&map, &library, "map and library");
}

/* vocabulary: the slices, readers, buffers and arenas that every wing is written with. */
static bool vocabulary(const char *name)
{
    static const char *const words[] = {"ens_buf_", "ens_arena_", "ens_take"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(name, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

static bool exported(const char *name, const names *map)
{
    return bsearch(name, map->name, map->num, NAME_LEN, by_name) != NULL;
}

/* One rule: ens_ is exported, ens__ is shared inside; a function of one file has no prefix and is no symbol. Names that
 * begin with __ are the compiler's own, such as those of a sanitizer. */
static void prefixes(void)
{
    static names map, all;
    take_from("grep -oE '\\bens_[a-z0-9_]+;' '" ENSIGN_SOURCE "/ensign.map' | tr -d ';' | LC_ALL=C sort -u", &map);
    take_from(
        "for wing in engine certs as4 sti show cli; do nm -g --defined-only \"$(dirname '" ENSIGN_COMMAND
        "')/$wing/libensign_$wing.a\" 2>/dev/null; done | awk 'NF == 3 && $3 !~ /^__/ { print $3 }' | LC_ALL=C sort -u",
        &all);
    CHECK_ROW(all.num > 400, "%zu symbols", all.num);
    for (size_t i = 0; i < all.num; i++) {
        const char *name = all.name[i];
        bool inside = strncmp(name, "ens__", 5) == 0;
        CHECK_ROW(inside ? !exported(name, &map)
                         : strncmp(name, "ens_", 4) == 0 && (exported(name, &map) || vocabulary(name)),
                  "%s: what is exported is ens_, what is shared inside is ens__", name);
    }
}

/* Declarations that stand together share the comment that says since when they are there. */
static void since(void)
{
    static names without;
    take_from("cd '" ENSIGN_SOURCE "/include' && awk 'BEGIN { RS = \"\" } /ENS_API/ && !/since[ \\n*]+[0-9]/ && "
              "!/define ENS_API/ { split($0, line, \"\\n\"); print FILENAME \": \" line[1] }' ensign/*.h",
              &without);
    CHECK_ROW(without.num == 0, "%zu declarations don't say since when they are there, the first in %s", without.num,
              without.name[0]);
}

static void alone(const char *compiler, const char *standard, const char *language)
{
    static names headers;
    char command[1024];
    snprintf(command, sizeof command, "command -v %s >/dev/null", compiler);
    if (system(command) != 0) {
        ens_skip("that compiler isn't on this machine");
        return;
    }
    take_from("cd '" ENSIGN_SOURCE "/include' && ls ensign/*.h", &headers);
    CU_ASSERT(headers.num >= 9);
    for (size_t i = 0; i < headers.num; i++) {
        snprintf(command, sizeof command,
                 "printf '#include <%s>\\n' | %s -x %s -std=%s -pedantic -Wall -Werror -fsyntax-only -I'%s/include' -",
                 headers.name[i], compiler, language, standard, ENSIGN_SOURCE);
        CHECK_ROW(system(command) == 0, "%s doesn't stand alone in %s", headers.name[i], standard);
    }
}

static void c11(void)
{
    alone("cc", "c11", "c");
}

static void cpp(void)
{
    alone("c++", "c++17", "c++");
}

/* libcurl with its thirty libraries is loaded by whoever fetches. */
static void needed(void)
{
    static names libraries;
    take_from("objdump -p '" ENSIGN_LIBRARY "' | awk '$1 == \"NEEDED\" { print $2 }'", &libraries);
    CHECK_ROW(libraries.num >= 5, "%zu libraries are needed", libraries.num);
    for (size_t i = 0; i < libraries.num; i++)
        CHECK_ROW(strncmp(libraries.name[i], "libcurl", 7) != 0, "%s is loaded at the start", libraries.name[i]);
}

/* Whoever was compiled with these records must go on working: see docs/api.md. */
static void sizes(void)
{
#if defined(__x86_64__)
    static names kept, now;
    take_from("grep -v '^#' '" ENSIGN_SOURCE "/tests/sizes.txt'", &kept);
    take_from("'" ENSIGN_SOURCE "/tests/sizes.sh' '" ENSIGN_LIBRARY "'", &now);
    CU_ASSERT(kept.num == now.num && now.num > 40);
    for (size_t i = 0; i < now.num && i < kept.num; i++)
        CHECK_ROW(strcmp(kept.name[i], now.name[i]) == 0,
                  "\"%s\" is \"%s\" now: structs grow with the SOVERSION alone (see tests/sizes.sh)", kept.name[i],
                  now.name[i]);
#else
    ens_skip("sizes are kept for x86-64");
#endif
}

static const ens_case cases[] = {
    {"public records have the sizes that the SOVERSION stands for", sizes},
    {"headers, symbol map and library name the same functions", symbols},
    {"ens_ is exported, ens__ is shared inside", prefixes},
    {"every function says since when it is there", since},
    {"the library starts without libcurl", needed},
    {"each header stands alone in C11", c11},
    {"each header stands alone in C++", cpp},
    {NULL, NULL},
};
ENS_SUITE("api", cases)
