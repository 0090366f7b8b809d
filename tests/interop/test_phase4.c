/* phase4 on WSS4J, run beside ours: it verifies what we seal, and acknowledges; we check its receipts. Needs Java and
 * Maven. */
#include "tests/cli/run.h"
#include "tests/cli/stand_in.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *peer(void)
{
    static char path[1024];
    if (path[0])
        return path;
    if (system("command -v java >/dev/null 2>&1 && command -v mvn >/dev/null 2>&1") != 0) {
        ens_skip("Java and Maven aren't on this machine");
        return NULL;
    }
    const char *run = ens_shared("peers/phase4/run.sh");
    if (run)
        snprintf(path, sizeof path, "%s", run);
    return run ? path : NULL;
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

static const char *ask(const char *line)
{
    static char answer[65536];
    FILE *f = popen(line, "r");
    size_t n = f ? fread(answer, 1, sizeof answer - 1, f) : 0;
    answer[n] = '\0';
    if (f)
        pclose(f);
    return answer;
}

static void verifies(void)
{
    static const char *const rows[][2] = {{"f26.mime", "root.pem"},
                                          {"f26-attachments.mime", "root.pem"},
                                          {"f32-v1.mime", "root.pem"},
                                          {"f26-1m.mime", "root.pem"},
                                          {"r01.mime", "customs-root.pem"},
                                          {"pull.xml", "root.pem"},
                                          {"receipt-f26.xml", "customs-root.pem"}};
    enum { NUM = sizeof rows / sizeof *rows };
    char line[8192];
    size_t at = 0;
    if (!peer() || !fixture_folder())
        return;
    at += (size_t)snprintf(line + at, sizeof line - at, "printf '");
    for (size_t i = 0; i < NUM; i++)
        at += (size_t)snprintf(line + at, sizeof line - at, "verify\\tfile=%s/%s\\ttrust=%s/pki/%s\\n",
                               fixture_folder(), rows[i][0], fixture_folder(), rows[i][1]);
    snprintf(line + at, sizeof line - at, "' | '%s' 2>/dev/null", peer());
    const char *answer = ask(line);
    CHECK_ROW(count(answer, "\"accepted\":true") == NUM && count(answer, "\"whole\":true") == NUM,
              "phase4 doesn't take all: %.400s", answer);
}

static void acknowledges(void)
{
    char line[8192];
    if (!peer() || !fixture_folder())
        return;
    snprintf(line, sizeof line, "'%s' check-receipt '%s' '%s' trust='%s' 2>/dev/null", peer(),
             fixture_path("f26-attachments.mime"), fixture_path("receipt-f26-attachments.xml"),
             fixture_path("pki/customs-root.pem"));
    CHECK_ROW(strstr(ask(line), "\"acknowledged\":true") != NULL, "phase4 doesn't take our receipt");
    snprintf(line, sizeof line, "'%s' receipt file='%s' out='%s' key='%s' cert='%s' 2>/dev/null", peer(),
             fixture_path("f26-attachments.mime"), fixture_path("by-phase4.xml"), fixture_path("pki/sti.key"),
             fixture_path("pki/sti.pem"));
    ask(line);
    const run_result *r =
        run_ensign("receipt check '%s' --for '%s' --trust '%s' --at 2026-11-01", fixture_path("by-phase4.xml"),
                   fixture_path("f26-attachments.mime"), fixture_path("pki/customs-root.pem"));
    CHECK_ROW(r->status == 0, "phase4's receipt: %d %.600s%s", r->status, r->out, r->err);
}

/* phase4 pushes a message to the stand-in, and judges the answer as it judges any. */
static void is_answered(void)
{
    static char demo[] = "/tmp/ensign-phase4-XXXXXX";
    char line[2048];
    stand_in s;
    if (!peer())
        return;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(demo));
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, demo, ""));
    CU_ASSERT_EQUAL(run_ensign("ens new IE3F26 --from %s -o %s/doc.xml", s.eori, demo)->status, 0);
    CU_ASSERT_EQUAL(run_ensign("seal %s/doc.xml --key %s/trader.key --cert %s/trader.pem --from %s --action IE3F26 "
                               "-o %s/m.mime",
                               demo, s.pki, s.pki, s.eori, demo)
                        ->status,
                    0);
    snprintf(line, sizeof line, "'%s' push 'http://%s%s' '%s/m.mime' trust='%s/customs-root.pem' 2>/dev/null", peer(),
             s.plain, s.path, demo, s.pki);
    CHECK_ROW(strstr(ask(line), "\"acknowledged\":true") != NULL, "phase4 doesn't take the stand-in's receipt");
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    snprintf(line, sizeof line, "rm -rf %s %s.log", demo, demo);
    CU_ASSERT_EQUAL(system(line), 0);
}

static const ens_case cases[] = {
    {"phase4 verifies the messages and signals that we seal", verifies},
    {"phase4 and we take each other's receipts", acknowledges},
    {"phase4 pushes to the stand-in, and takes its receipt", is_answered},
    {NULL, NULL},
};
ENS_SUITE("interop/phase4", cases)
