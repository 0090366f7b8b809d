/* What README and docs name in backquotes as a place of this tree is there: a folder, a file, or a file without its
 * ending; pages that are made from the program's tables are what the tables give; and the tables hold every check. */
#include "show/checks.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/members.h"
#include "tests/suite.h"

#include <ftw.h>
#include <glob.h>
#include <jansson.h>
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

/* read_doc reads a file of the tree (static storage); NULL where it isn't there. */
static const char *read_doc(const char *name)
{
    static char text[DOC_MAX];
    char path[512];
    snprintf(path, sizeof path, "%s/%s", name[0] == '/' ? "" : ENSIGN_SOURCE, name);
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static void pages_are_made(void)
{
    static const char *const pages[] = {"codes", "checks"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        char name[64];
        snprintf(name, sizeof name, "docs/%s.md", pages[i]);
        const char *committed = read_doc(name);
        const run_result *r = run_ensign("explain --markdown %s", pages[i]);
        CHECK_ROW(committed && strcmp(committed, r->out) == 0,
                  "%s differs from the tables: build/ensign explain --markdown %s >%s", name, pages[i], name);
    }
}

/* Ids that are literals in the sources are looked for in the table, and marked there. */
static bool seen[512];

static void look_up(const char *path, const char *id)
{
    ens__check made;
    const ens__check *found = ens__check_find(id, &made);
    CHECK_ROW(found != NULL, "%s: the check %s has no row in show/checks.inc", path, id);
    for (size_t i = 0; found && ens__check_get(i); i++)
        seen[i] |= ens__check_get(i) == found;
}

/* is_family tells whether the word in front of a dot is a family of the table. */
static bool is_family(const char *word, size_t len)
{
    const ens__check *c;
    for (size_t i = 0; (c = ens__check_get(i)); i++)
        if (strcspn(c->id, ".") == len && strncmp(c->id, word, len) == 0)
            return true;
    return false;
}

/* read_source looks at each literal that is an id: small letters, a dot, small letters, digits and hyphens. */
static int read_source(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    (void)s, (void)at;
    size_t len = strlen(path);
    if (kind != FTW_F || len < 2 || strcmp(path + len - 2, ".c") != 0)
        return 0;
    const char *text = read_doc(path);
    for (const char *quote = text; quote && (quote = strchr(quote, '"')); quote++) {
        size_t family = strspn(quote + 1, "abcdefghijklmnopqrstuvwxyz");
        const char *rest = quote + 1 + family + 1;
        size_t check = quote[1 + family] == '.' ? strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;
        char id[96];
        if (!check || rest[check] != '"' || !is_family(quote + 1, family) || strncmp(rest, "tsv", 3) == 0)
            continue;
        snprintf(id, sizeof id, "%.*s", (int)(family + 1 + check), quote + 1);
        look_up(path, id);
    }
    return 0;
}

static void checks_have_rows(void)
{
    static const char *const wings[] = {"certs", "as4", "sti", "cli"};
    const ens__check *c;
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < sizeof wings / sizeof *wings; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", ENSIGN_SOURCE, wings[i]);
        CU_ASSERT_EQUAL(nftw(path, read_source, 16, FTW_PHYS), 0);
    }
    for (size_t i = 0; (c = ens__check_get(i)); i++) {
        const ens__check *before = i ? ens__check_get(i - 1) : NULL;
        CHECK_ROW(seen[i], "%s stands in show/checks.inc and in no source", c->id);
        CHECK_ROW(!before || strcmp(before->id, c->id) < 0, "%s isn't in the order of ids", c->id);
        CHECK_ROW(c->what[strlen(c->what) - 1] == '.', "%s: no sentence", c->id);
    }
}

/* cites tells whether a rule is one of the row's, or more exact than one of them. */
static bool cites(const ens__check *c, const char *rule)
{
    if (strstr(c->rules, "(named in the finding)"))
        return true;
    for (const char *one = c->rules; one;) {
        const char *bar = strstr(one, " | ");
        size_t len = bar ? (size_t)(bar - one) : strlen(one);
        if (strncmp(rule, one, len) == 0)
            return true;
        one = bar ? bar + 3 : NULL;
    }
    return false;
}

static void check_finding(const json_t *finding)
{
    ens__check made;
    char storage[32], code[64];
    const char *id = json_string_value(json_object_get(finding, "id")),
               *rule = json_string_value(json_object_get(finding, "rule")),
               *own = json_string_value(json_object_get(finding, "code")),
               *sub = json_string_value(json_object_get(finding, "subcode"));
    const ens__check *c = ens__check_find(id, &made);
    CHECK_ROW(c != NULL, "a report holds %s, which has no row in show/checks.inc", id);
    if (!c)
        return;
    CHECK_ROW(!rule || cites(c, rule), "%s cites %s; show/checks.inc has %s", id, rule, c->rules);
    snprintf(code, sizeof code, "%s%s%s", own ? own : "", sub ? " " : "", sub ? sub : "");
    if (own && strncmp(own, "EBMS", 4) == 0 &&
        strcmp(json_string_value(json_object_get(finding, "outcome")), "fail") == 0)
        CHECK_ROW(strstr(ens__check_codes(c, storage), code) != NULL, "%s is refused with %s; show/checks.inc has %s",
                  id, code, ens__check_codes(c, storage));
}

/* check_reports looks at every finding of the JSON lines that a run printed. */
static unsigned check_reports(const run_result *r)
{
    static char lines[RUN_OUTPUT_MAX];
    unsigned num = 0;
    snprintf(lines, sizeof lines, "%s", r->out);
    for (char *rest = lines, *line; (line = strtok_r(rest, "\n", &rest));) {
        json_t *object = json_loads(line, 0, NULL), *checks = json_object_get(object, "checks");
        size_t i;
        json_t *finding;
        json_array_foreach(checks, i, finding)
        {
            check_finding(finding);
            num++;
        }
        json_decref(object);
    }
    return num;
}

/* Runs over the fixtures: "@" stands for their folder. */
static const char *const runs[] = {
    "verify @/[a-c]*.mime --trust @/pki/root.pem --crl @/pki/issuing.crl",
    "verify @/[d-g]*.mime --trust @/pki/root.pem --customs @/pki/customs-root.pem",
    "verify @/[h-o]*.mime --trust @/pki/root.pem --crl @/pki/issuing.crl",
    "verify @/[p-z]*.mime --trust @/pki/root.pem --crl @/pki/issuing.crl",
    "cert check @/pki --national @/pki/root.pem --member-state FR --eori FR73282932000074 --crl @/pki/issuing.crl",
};

/* expand puts the folder of the fixtures in the place of "@". */
static const char *expand(const char *run)
{
    static char line[2048];
    size_t len = 0;
    for (const char *c = run; *c && len + 1 < sizeof line; c++)
        len += *c == '@' ? (size_t)snprintf(line + len, sizeof line - len, "%s", fixture_folder())
                         : (size_t)snprintf(line + len, sizeof line - len, "%c", *c);
    return line;
}

static void reports_keep_to_the_table(void)
{
    unsigned num = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        num += check_reports(run_ensign("%s --at 2026-10-01T12:00:00Z --json", expand(runs[i])));
    CHECK_ROW(num > 2000, "only %u findings", num);
}

static const char *const shown[] = {
    "verify @/f26.mime @/error.xml @/n99.mime @/altered-action.mime @/none --trust @/pki/root.pem --customs "
    "@/pki/customs-root.pem --at 2026-10-01T12:00:00Z --payloads @/json-delivered",
    "receipt check @/receipt-f26.xml --for @/f26.mime --trust @/pki/customs-root.pem --at 2026-10-01T12:00:00Z",
    "cert check @/pki/trader.pem @/pki/none.pem --trust @/pki/root.pem --eori FR73282932000074",
    "cert show @/pki/trader.pem",
    "cert order --eori FR73282932000074 --company Demo --key @/pki/trader.key --csr @/json.csr",
    "cert check @/json.csr",
    "eori check FR73282932000074",
    "explain EBMS:0004 A001",
    "explain coverage.body",
    "trust update --lotl @/lists/lotl.xml --mirror @/lists --anchors @/lists/anchors.pem --cache @/json-cache "
    "--offline "
    "--at 2026-10-01T12:00:00Z",
    "trust show --cache @/json-cache --at 2026-10-01T12:00:00Z",
    "trust find --cache @/json-cache --at 2026-10-01T12:00:00Z",
    "party add FR73282932000074 --cert @/pki/trader.pem --registry @/json.db --unchecked",
    "seal @/json.xml --key @/pki/trader.key --cert @/pki/trader.pem --from FR73282932000074 --action IE3F26 -o "
    "@/json.mime --at 2026-10-01T12:00:00Z",
    "ens check @/json.xml",
    "ens show @/json.xml",
    "store check --store @/json-store.db",
};

static void members_are_told(void)
{
    static char lines[RUN_OUTPUT_MAX];
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    run_ensign("ens new IE3F26 --from FR73282932000074 -o %s/json.xml", fixture_folder());
    run_ensign("store migrate --store %s/json-store.db", fixture_folder());
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        unsigned num = 0;
        snprintf(lines, sizeof lines, "%s", run_ensign("%s --json", expand(shown[i]))->out);
        for (char *rest = lines, *line; (line = strtok_r(rest, "\n", &rest)); num++)
            check_members_told(line);
        CHECK_ROW(num > 0, "ensign %s prints nothing", shown[i]);
    }
}

static const ens_case cases[] = {
    {"places that README and docs name are there", places},
    {"docs/codes.md and docs/checks.md are what the program's tables give", pages_are_made},
    {"every check of the sources has a row of words", checks_have_rows},
    {"findings cite the rules and codes that their rows have", reports_keep_to_the_table},
    {"docs/json.md tells of every member that the command prints", members_are_told},
    {NULL, NULL},
};
ENS_SUITE("docs", cases)
