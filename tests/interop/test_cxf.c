/* Apache CXF with WSS4J under ICS2's policy, which is what a Domibus is made of: it seals, receives and acknowledges
 * beside ours. Needs Java and Maven. */
#include "tests/cli/run.h"
#include "tests/cli/stand_in.h"
#include "tests/interop/peer.h"
#include "tests/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char base[] = "/tmp/ensign-cxf-test-XXXXXX"; /* of the files; the demo is base/demo */

static void set_up(stand_in *s)
{
    char demo[48];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(base));
    snprintf(demo, sizeof demo, "%s/demo", base);
    CU_ASSERT_TRUE_FATAL(stand_in_open(s, demo, ""));
    CU_ASSERT_EQUAL(run_ensign("ens new IE3F26 --from %s -o %s/doc.xml", s->eori, base)->status, 0);
}

static bool is_proven(const stand_in *s, const char *receipt, const char *message)
{
    const run_result *r =
        run_ensign("receipt check %s/%s --for %s/%s --trust %s/customs-root.pem", base, receipt, base, message, s->pki);
    CHECK_ROW(r->status == 0, "the receipt isn't proven: %d %.600s%s", r->status, r->out, r->err);
    return r->status == 0;
}

/* What CXF seals is taken by the stand-in, twice the same; the receipt is proven by us and, where that one is, by
 * phase4. */
static void sends(const stand_in *s, const char *run)
{
    static pushed got, again;
    char path[64];
    const char *answer = peer_ask("'%s' seal --key %s/trader.key --cert %s/trader.pem --from %s --action IE3F26 --out "
                                  "%s/cxf.mime %s/doc.xml 2>&1",
                                  run, s->pki, s->pki, s->eori, base, base);
    snprintf(path, sizeof path, "%s/cxf.mime", base);
    CHECK_ROW(access(path, R_OK) == 0, "CXF seals nothing: %s", answer);
    CHECK_ROW(stand_in_push_plain((stand_in *)(size_t)s, path, &got) && got.status == 200, "%u %.300s", got.status,
              got.body);
    snprintf(path, sizeof path, "%s/receipt.xml", base);
    stand_in_keep(&got, path);
    CU_ASSERT(is_proven(s, "receipt.xml", "cxf.mime"));
    snprintf(path, sizeof path, "%s/cxf.mime", base);
    CU_ASSERT(stand_in_push_plain((stand_in *)(size_t)s, path, &again) && again.len == got.len &&
              memcmp(again.body, got.body, got.len) == 0);
    const char *phase4 = peer_run("phase4");
    answer = phase4 ? peer_ask("'%s' check-receipt %s/cxf.mime %s/receipt.xml trust=%s/customs-root.pem 2>/dev/null",
                               phase4, base, base, s->pki)
                    : "\"acknowledged\":true";
    CHECK_ROW(strstr(answer, "\"acknowledged\":true"), "phase4 of our receipt for CXF: %s", answer);
}

/* What we send is taken by CXF's receiving path, and its receipt is proven. */
static void receives(const stand_in *s, const char *run)
{
    peer p;
    if (!peer_serve(&p, "exec '%s' serve --port 0 --key %s/sti.key --cert %s/sti.pem --trust %s/root.pem", run, s->pki,
                    s->pki, s->pki))
        return;
    const run_result *r =
        run_ensign("send http://127.0.0.1:%u/as4 %s/doc.xml --from %s --action IE3F26 --key "
                   "%s/trader.key --cert %s/trader.pem --trust %s/customs-root.pem --receipts %s/kept "
                   "--json",
                   p.port, base, s->eori, s->pki, s->pki, s->pki, base);
    CHECK_ROW(r->status == 0 && strstr(r->out, "\"acknowledged\":true"), "CXF's receipt to our client: %d %s%s",
              r->status, r->out, r->err);
    peer_end(&p);
}

/* A Domibus asks more of our receipt than AS4 does: it reads it by the same policy as a message. */
static void reads_our_receipt(const stand_in *s, const char *run)
{
    const char *answer =
        peer_ask("'%s' verify --trust %s/customs-root.pem %s/receipt.xml 2>/dev/null", run, s->pki, base);
    CHECK_ROW(strstr(answer, "\"accepted\":true"), "CXF refuses the receipt: %s", answer);
}

static void exchanges(void)
{
    static char run[1024];
    char line[96];
    stand_in s;
    const char *path = peer_run("cxf");
    if (!path)
        return;
    snprintf(run, sizeof run, "%s", path);
    set_up(&s);
    sends(&s, run);
    receives(&s, run);
    reads_our_receipt(&s, run);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    snprintf(line, sizeof line, "rm -rf %s", base);
    CU_ASSERT_EQUAL(system(line), 0);
}

static const ens_case cases[] = {
    {"CXF and we send to each other, and take each other's receipts", exchanges},
    {NULL, NULL},
};
ENS_SUITE("interop/cxf", cases)
