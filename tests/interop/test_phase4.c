/* phase4 on WSS4J, run beside ours: it verifies what we seal, and acknowledges; we check its receipts. Needs Java and
 * Maven. */
#include "tests/cli/run.h"
#include "tests/cli/serve_life.h"
#include "tests/fixture.h"
#include "tests/interop/peer.h"
#include "tests/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
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
    const char *run = peer_run("phase4");
    if (!run || !fixture_folder())
        return;
    at += (size_t)snprintf(line + at, sizeof line - at, "printf '");
    for (size_t i = 0; i < NUM; i++)
        at += (size_t)snprintf(line + at, sizeof line - at, "verify\\tfile=%s/%s\\ttrust=%s/pki/%s\\n",
                               fixture_folder(), rows[i][0], fixture_folder(), rows[i][1]);
    const char *answer = peer_ask("%s' | '%s' 2>/dev/null", line, run);
    CHECK_ROW(count(answer, "\"accepted\":true") == NUM && count(answer, "\"whole\":true") == NUM,
              "phase4 doesn't take all: %.400s", answer);
}

static void acknowledges(void)
{
    const char *run = peer_run("phase4");
    if (!run || !fixture_folder())
        return;
    const char *answer =
        peer_ask("'%s' check-receipt '%s' '%s' trust='%s' 2>/dev/null", run, fixture_path("f26-attachments.mime"),
                 fixture_path("receipt-f26-attachments.xml"), fixture_path("pki/customs-root.pem"));
    CHECK_ROW(strstr(answer, "\"acknowledged\":true") != NULL, "phase4 doesn't take our receipt: %s", answer);
    peer_ask("'%s' receipt file='%s' out='%s' key='%s' cert='%s' 2>/dev/null", run,
             fixture_path("f26-attachments.mime"), fixture_path("by-phase4.xml"), fixture_path("pki/sti.key"),
             fixture_path("pki/sti.pem"));
    const run_result *r =
        run_ensign("receipt check '%s' --for '%s' --trust '%s' --at 2026-11-01", fixture_path("by-phase4.xml"),
                   fixture_path("f26-attachments.mime"), fixture_path("pki/customs-root.pem"));
    CHECK_ROW(r->status == 0, "phase4's receipt: %d %.600s%s", r->status, r->out, r->err);
}

/* phase4 pushes a message to the stand-in, and judges the answer as it judges any; we send to phase4, and prove its
 * receipt. Both with the keys of the demo. */
static void exchanges(void)
{
    static char demo[] = "/tmp/ensign-phase4-XXXXXX";
    char line[64];
    stand_in s;
    peer p;
    const char *run = peer_run("phase4");
    if (!run)
        return;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(demo));
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, demo, ""));
    CU_ASSERT_EQUAL(run_ensign("ens new IE3F26 --from %s -o %s/doc.xml", s.eori, demo)->status, 0);
    CU_ASSERT_EQUAL(run_ensign("seal %s/doc.xml --key %s/trader.key --cert %s/trader.pem --from %s --action IE3F26 "
                               "-o %s/m.mime",
                               demo, s.pki, s.pki, s.eori, demo)
                        ->status,
                    0);
    const char *answer = peer_ask("'%s' push 'http://%s%s' '%s/m.mime' trust='%s/customs-root.pem' 2>/dev/null", run,
                                  s.plain, s.path, demo, s.pki);
    CHECK_ROW(strstr(answer, "\"acknowledged\":true"), "phase4 doesn't take the stand-in's receipt: %s", answer);
    if (peer_serve(&p, "exec '%s' serve 0 key='%s/sti.key' cert='%s/sti.pem' trust='%s/root.pem'", run, s.pki, s.pki,
                   s.pki)) {
        const run_result *r = run_ensign("send http://127.0.0.1:%u/as4 %s/doc.xml --from %s --action IE3F26 --key "
                                         "%s/trader.key --cert %s/trader.pem --trust %s/customs-root.pem --json",
                                         p.port, demo, s.eori, s.pki, s.pki, s.pki);
        CHECK_ROW(r->status == 0 && strstr(r->out, "\"acknowledged\":true"), "phase4's receipt to our client: %d %s%s",
                  r->status, r->out, r->err);
        peer_end(&p);
    }
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    snprintf(line, sizeof line, "rm -rf %s %s.log", demo, demo);
    CU_ASSERT_EQUAL(system(line), 0);
}

/* What phase4 says of the messages of a walk. */
static struct {
    const char *run;
    unsigned acknowledged, refused;
} walk;

/* by_phase4 sends a folder by one process; each receipt is judged by phase4. */
static int by_phase4(const stand_in *s, const char *folder)
{
    unsigned acknowledged = 0, refused = 0;
    const char *answer = peer_ask("'%s' push 'http://%s%s' %s/*.mime trust='%s/customs-root.pem' >%s/answers "
                                  "2>/dev/null; grep -c '\"acknowledged\":true' %s/answers; "
                                  "grep -c '\"kind\":\"error\".*\"acknowledged\":false' %s/answers",
                                  walk.run, s->plain, s->path, folder, s->pki, folder, folder, folder);
    CHECK_ROW(sscanf(answer, "%u %u", &acknowledged, &refused) == 2, "phase4 doesn't send: %s", answer);
    walk.acknowledged += acknowledged;
    walk.refused += refused;
    return acknowledged && !refused ? 0 : 1;
}

static void sends_every_action(void)
{
    walk.acknowledged = walk.refused = 0;
    if (!(walk.run = peer_run("phase4")))
        return;
    life_walk(by_phase4);
    CHECK_ROW(walk.acknowledged == LIFE_ACKNOWLEDGED && walk.refused == LIFE_REFUSED,
              "%u of %u are acknowledged, %u of %u refused", walk.acknowledged, LIFE_ACKNOWLEDGED, walk.refused,
              LIFE_REFUSED);
}

/* WSS4J itself reads phase4.properties and finds the seal and its anchors there. */
static void reads_its_properties(void)
{
    static const char program[] =
        "import org.apache.wss4j.common.crypto.*;\n"
        "public class Check { public static void main(String[] a) throws Exception {\n"
        "  java.util.Properties p = new java.util.Properties();\n"
        "  p.load(new java.io.FileInputStream(a[0]));\n"
        "  Merlin c = (Merlin) CryptoFactory.getInstance(p);\n"
        "  String alias = c.getDefaultX509Identifier();\n"
        "  CryptoType t = new CryptoType(CryptoType.TYPE.ALIAS);\n"
        "  t.setAlias(alias);\n"
        "  System.out.println(alias + \" \" + c.getX509Certificates(t).length + \" \"\n"
        "    + c.getTrustStore().isCertificateEntry(\"customs-root\") + \" \" + c.getKeyStore().isKeyEntry(alias));\n"
        "} }\n";
    static char demo[] = "/tmp/ensign-phase4-XXXXXX";
    char line[128];
    stand_in s;
    const char *run = peer_run("phase4");
    if (!run)
        return;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(demo));
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, demo, ""));
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    peer_ask("printf '' | '%s' >/dev/null 2>&1", run); /* which builds it */
    snprintf(line, sizeof line, "%s/Check.java", demo);
    FILE *f = fopen(line, "w");
    CU_ASSERT(f && fputs(program, f) >= 0 && fclose(f) == 0);
    const char *answer =
        peer_ask("java -cp \"$(cat \"${ENSIGN_PEER_BUILD:-${TMPDIR:-/tmp}/ensign-phase4}/cp.txt\")\" %s/Check.java "
                 "%s/phase4.properties 2>&1",
                 demo, demo);
    CHECK_ROW(strstr(answer, "trader 2 true true"), "WSS4J reads otherwise: %s", answer);
    snprintf(line, sizeof line, "rm -rf %s %s.log", demo, demo);
    CU_ASSERT_EQUAL(system(line), 0);
}

static const ens_case cases[] = {
    {"phase4 verifies the messages and signals that we seal", verifies},
    {"phase4 and we take each other's receipts", acknowledges},
    {"phase4 and we send to each other, and take each other's receipts", exchanges},
    {"phase4 sends every action, takes each receipt, and the replies are those of the matrix", sends_every_action},
    {"phase4 reads the properties that the stand-in leaves for it", reads_its_properties},
    {NULL, NULL},
};
ENS_SUITE("interop/phase4", cases)
