/* The pages in a browser: tests/browser walks them by scripts, over a demo that runs as a user runs it, and tells of
 * each test in a line. Where Node.js, npm, a browser or the packages are missing, nothing is walked. */
#include "tests/cli/stand_in.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODE_LEAST 20  /* what playwright-core asks for */
#define PATIENCE_S 400 /* for all tests, on a machine that does much else */
#define NUM_CASES 35
#define TOLD_MAX 32768u

static char told[TOLD_MAX]; /* what was printed */
static const char *missing; /* why nothing was walked */
static bool walked;

/* ask runs a line of the shell, and gives its first line of output: static storage. */
static const char *ask(const char *line)
{
    static char out[512];
    FILE *f = popen(line, "r");
    out[0] = '\0';
    if (f && !fgets(out, sizeof out, f))
        out[0] = '\0';
    if (f)
        pclose(f);
    out[strcspn(out, "\n")] = '\0';
    return out;
}

static const char *what_is_missing(void)
{
    if (atoi(ask("node --version 2>/dev/null | tr -d v")) < NODE_LEAST)
        return "there is no Node.js 20";
    if (!ask("command -v npm")[0])
        return "there is no npm";
    if (!ask("command -v chromium || command -v chromium-browser")[0])
        return "there is no Chromium";
    if (strcmp(ask("mkdir -p '" ENSIGN_BROWSER "' && cd '" ENSIGN_BROWSER "' && cp '" ENSIGN_SOURCE
                   "'/tests/browser/* '" ENSIGN_SOURCE "'/tests/browser/.npmrc . && "
                   "{ cmp -s package-lock.json node_modules/.taken || { timeout 60 npm ci --ignore-scripts >npm.log "
                   "2>&1 && cp package-lock.json node_modules/.taken; }; } && echo good"),
               "good") != 0)
        return "the packages can't be had (npm.log beside the scripts tells more)";
    return NULL;
}

static void keep_ready(const stand_in *s, const char *base)
{
    char path[128];
    snprintf(path, sizeof path, "%s/ready.json", base);
    CU_ASSERT(json_dump_file(s->ready, path, 0) == 0);
}

static void run_scripts(const char *base)
{
    char line[2048];
    snprintf(line, sizeof line,
             "cd '" ENSIGN_BROWSER
             "' && ENSIGN_FIXTURES='%s' ENSIGN_READY='%s/ready.json' ENSIGN_FOLDER='%s' ENSIGN_COMMAND='" ENSIGN_COMMAND
             "' ENSIGN_CHROMIUM=\"$(command -v chromium || command -v chromium-browser)\" timeout -k 5 %d node run.mjs "
             "2>run.log",
             fixture_folder(), base, base, PATIENCE_S);
    FILE *f = popen(line, "r");
    size_t len = f ? fread(told + 1, 1, sizeof told - 2, f) : 0;
    told[0] = '\n';
    told[len + 1] = '\0';
    if (f)
        pclose(f);
}

static void walk(void)
{
    static char base[] = "/tmp/ensign-browser-XXXXXX";
    char demo[64];
    stand_in s;
    walked = true;
    missing = what_is_missing();
    if (missing || !stand_in_home(base, demo, sizeof demo) || !stand_in_open(&s, demo, ""))
        return;
    keep_ready(&s, base);
    run_scripts(base);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* tells_of looks for the line of the running test. */
static void tells_of(void)
{
    char line[256];
    const char *name = CU_get_current_test()->pName;
    if (!walked)
        walk();
    if (missing) {
        ens_skip(missing);
        return;
    }
    snprintf(line, sizeof line, "\nok %s\n", name);
    if (strstr(told, line))
        return;
    snprintf(line, sizeof line, "\nnot ok %s: ", name);
    const char *why = strstr(told, line);
    why = why ? why + strlen(line) : "it was not run; run.log beside the scripts tells more";
    CHECK_ROW(false, "%s: %.*s", name, (int)strcspn(why, "\n"), why);
}

static const ens_case cases[NUM_CASES + 1];

/* knows_every_test: no script has a test that stands in no line here. */
static void knows_every_test(void)
{
    for (const char *at = told; !missing && (at = strchr(at, '\n')) && at[1]; at++) {
        const char *name = at + 1 + (strncmp(at + 1, "not ok ", 7) == 0 ? 7 : 3);
        bool known = false;
        for (const ens_case *c = cases; c->name && !known; c++)
            known = strncmp(name, c->name, strlen(c->name)) == 0;
        CHECK_ROW(known, "%.*s stands in no suite", (int)strcspn(name, "\n"), name);
    }
}

static const ens_case cases[NUM_CASES + 1] = {
    {"an integrator learns what is wrong with a certificate", tells_of},
    {"an integrator learns that another company owns the certificate", tells_of},
    {"an integrator learns where a message was altered", tells_of},
    {"an integrator checks a receipt against its message", tells_of},
    {"an integrator checks a document, a request and a PDF", tells_of},
    {"a file with a private key is refused unread", tells_of},
    {"a report is saved as a file that needs nothing else", tells_of},
    {"an operator sees a message as it comes", tells_of},
    {"an operator finds a message by its LRN, and reads it", tells_of},
    {"an operator sees what never became a message", tells_of},
    {"an officer asks, and the trader is told", tells_of},
    {"an officer does so without scripts", tells_of},
    {"a form of another site or session orders nothing", tells_of},
    {"one gets from the first page to an order by keyboard alone", tells_of},
    {"the accessibility tree of the first page is the one that was recorded", tells_of},
    {"an operator follows messages on the map, live", tells_of},
    {"an operator reads numbers, mailboxes, faults and lists", tells_of},
    {"a tester suspends a party, and its messages are refused", tells_of},
    {"a tester lets 200 days pass", tells_of},
    {"where others reach the pages, one logs in over TLS, with a role", tells_of},
    {"a visitor changes the language, and keeps it", tells_of},
    {"hostile messages show as text in the inbox and on their pages", tells_of},
    {"hostile requests show as text", tells_of},
    {"hostile certificates, documents and names of files show as text", tells_of},
    {"hostile addresses show as text", tells_of},
    {"an operator registers a certificate, and his message is taken: conformance, in French", tells_of},
    {"an operator registers a certificate, and his message is taken: production, without scripts", tells_of},
    {"nothing of one environment gets into the other", tells_of},
    {"an operator whose provider holds the certificate answers its task", tells_of},
    {"every page of the rehearsal says what it is, and leads nowhere else", tells_of},
    {"axe finds nothing on the pages of who is logged in, at 320 pixels, too", tells_of},
    {"axe finds nothing on any page, and paper has no rooms", tells_of},
    {"axe finds nothing in the dark, in French, at 320 pixels, which every page fits", tells_of},
    {"every page is whole without scripts, under 60 KB", tells_of},
    {"has a line for every test of the scripts", knows_every_test},
    {NULL, NULL},
};
ENS_SUITE("web/browser", cases)
