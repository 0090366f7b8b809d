/* What a verifier keeps between messages never changes a verdict: the same chain under other trust, time or revocation.
 */
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "ensign/verify.h"
#include "fixtures/pki.h"
#include "fixtures/reseal.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <openssl/pem.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

static ens_verdict judge(ens_verifier *v, const char *name, const ens_trust *trust, ens_time at, const char **code)
{
    ens_file file = {0};
    ens_message message;
    ens_report *report = ens_report_new();
    CU_ASSERT_FATAL(report && ens__file_open(fixture_path(name), 0, &file, NULL) == ENS_OK);
    ens_verify(v, file.bytes, &(ens_verify_options){.trust = trust, .at = at}, &message, report);
    ens_answer a = ens_answer_of(report);
    *code = a.code ? a.code : "none";
    ens__file_close(&file);
    ens_report_free(report);
    return a.verdict;
}

static void kept_chains(void)
{
    enum { AT = 1790856000, LATER = 2090000000 };
    const char *code;
    ens_verifier *v = NULL;
    if (!fixture_folder())
        return;
    ens_trust *ours = ens_trust_new(), *theirs = ens_trust_new();
    CU_ASSERT_FATAL(ours && theirs && ens_verifier_new(&v, NULL) == ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens_trust_add(ours, fixture_path("pki/root.pem"), NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens_trust_add(theirs, fixture_path("pki/customs-root.pem"), NULL), ENS_OK);
    for (unsigned round = 0; round < 2; round++) {
        CU_ASSERT_EQUAL(judge(v, "revoked.mime", ours, AT, &code), ENS_ACCEPTED);
        CU_ASSERT_EQUAL(judge(v, "revoked.mime", theirs, AT, &code), ENS_REFUSED);
        CU_ASSERT_STRING_EQUAL(code, "EBMS:0101");
        CU_ASSERT_EQUAL(judge(v, "revoked.mime", ours, LATER, &code), ENS_REFUSED);
        CU_ASSERT_EQUAL(judge(v, "revoked.mime", NULL, AT, &code), ENS_UNDECIDED);
    }
    CU_ASSERT_EQUAL_FATAL(ens_trust_add_crl(ours, fixture_path("pki/issuing.crl"), NULL), ENS_OK);
    CU_ASSERT_EQUAL(judge(v, "revoked.mime", ours, AT, &code), ENS_REFUSED);
    CU_ASSERT_STRING_EQUAL(code, "EBMS:0101");
    CU_ASSERT_EQUAL(judge(v, "f26.mime", ours, AT, &code), ENS_ACCEPTED);
    ens_verifier_free(v);
    ens_trust_free(ours);
    ens_trust_free(theirs);
}

/* A finding lives as long as its report, whatever the verifier does next. */
static void findings_outlive_their_message(void)
{
    static const char digest[] = "<ds:DigestValue>";
    char before[256];
    ens_verifier *v = NULL;
    ens_message message;
    ens_file file = {0};
    const ens_engine engines[] = {ENS_ENGINE_FAST, ENS_ENGINE_REFERENCE, ENS_ENGINE_BOTH};
    if (!fixture_folder())
        return;
    ens_report *report = ens_report_new(), *next = ens_report_new();
    CU_ASSERT_FATAL(report && next && ens_verifier_new(&v, NULL) == ENS_OK &&
                    ens__file_open(fixture_path("f26.mime"), 0, &file, NULL) == ENS_OK);
    ens_buf changed;
    ens_buf_init(&changed, NULL, 0, (size_t)1 << 20);
    ens_buf_put(&changed, file.bytes);
    size_t at = ens__find(ens_buf_slice(&changed), ens_str(digest), 0);
    CU_ASSERT_FATAL(at != SIZE_MAX);
    changed.p[at + sizeof digest - 1] ^= 1;
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        const ens_finding *pointing = NULL;
        ens_report_reset(report);
        ens_verify(v, ens_buf_slice(&changed), &(ens_verify_options){.at = 1790856000, .engine = engines[i]}, &message,
                   report);
        for (size_t k = 0; k < ens_report_num(report) && !pointing; k++)
            if (ens_report_get(report, k)->outcome == ENS_FAIL && ens_report_get(report, k)->xpath)
                pointing = ens_report_get(report, k);
        CU_ASSERT_FATAL(pointing != NULL);
        snprintf(before, sizeof before, "%s", pointing->xpath);
        ens_report_reset(next);
        ens_verify(v, file.bytes, &(ens_verify_options){.at = 1790856000, .engine = engines[i]}, &message, next);
        CHECK_ROW(before[0] == '/' && strcmp(before, pointing->xpath) == 0, "%s: \"%s\" has become \"%s\"",
                  ens_engine_name(engines[i]), before, pointing->xpath);
    }
    ens_buf_free(&changed);
    ens__file_close(&file);
    ens_verifier_free(v);
    ens_report_free(report);
    ens_report_free(next);
}

/* Trust that is swapped under eight threads, each with a verifier of its own and what that keeps of signers. */
#define THREADS 8
#define SWAPS 300
#define REVOKED_FROM (SWAPS / 2)

typedef struct {
    ens_file good, revoked;
    pthread_mutex_t lock; /* of trust and is_ours */
    ens_trust *trust;
    bool is_ours;
    atomic_bool is_told, stop; /* the list that revokes was given */
    atomic_uint wrong, judged;
} stage;

static bool is_wrong(ens_verifier *v, ens_slice bytes, const ens_trust *trust, ens_verdict expected)
{
    ens_message message;
    ens_report *report = ens_report_new();
    if (!report)
        return true;
    ens_verify(v, bytes, &(ens_verify_options){.trust = trust, .at = FX_AT}, &message, report);
    bool wrong = ens_report_verdict(report) != expected;
    ens_report_free(report);
    return wrong;
}

static void *judge_on(void *of)
{
    stage *g = of;
    ens_verifier *v = NULL;
    bool wrong = ens_verifier_new(&v, NULL) != ENS_OK;
    while (!wrong && !atomic_load(&g->stop)) {
        bool is_told = atomic_load(&g->is_told);
        pthread_mutex_lock(&g->lock);
        ens_trust *trust = ens_trust_ref(g->trust);
        bool is_ours = g->is_ours;
        pthread_mutex_unlock(&g->lock);
        wrong = is_wrong(v, g->good.bytes, trust, is_ours ? ENS_ACCEPTED : ENS_REFUSED) ||
                ((is_told || !is_ours) && is_wrong(v, g->revoked.bytes, trust, ENS_REFUSED));
        ens_trust_free(trust);
        atomic_fetch_add(&g->judged, 1);
    }
    atomic_fetch_add(&g->wrong, wrong);
    ens_verifier_free(v);
    return NULL;
}

/* swap puts another trust in place, which follows the one so far; true when it was filled. */
static bool swap(stage *g)
{
    ens_trust *next = ens_trust_new_after(g->trust), *old = g->trust;
    bool is_ours = !g->is_ours;
    if (!next || ens_trust_add(next, fixture_path(is_ours ? "pki/root.pem" : "pki/customs-root.pem"), NULL) != ENS_OK) {
        ens_trust_free(next);
        return false;
    }
    pthread_mutex_lock(&g->lock);
    g->trust = next;
    g->is_ours = is_ours;
    pthread_mutex_unlock(&g->lock);
    ens_trust_free(old);
    return true;
}

static void swapped(void)
{
    stage g = {.lock = PTHREAD_MUTEX_INITIALIZER, .is_ours = true, .trust = ens_trust_new()};
    pthread_t thread[THREADS];
    if (!fixture_folder())
        return;
    CU_ASSERT_FATAL(ens__file_open(fixture_path("f26.mime"), 0, &g.good, NULL) == ENS_OK &&
                    ens__file_open(fixture_path("revoked.mime"), 0, &g.revoked, NULL) == ENS_OK);
    CU_ASSERT_FATAL(g.trust && ens_trust_add(g.trust, fixture_path("pki/root.pem"), NULL) == ENS_OK);
    for (unsigned i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, judge_on, &g), 0);
    for (unsigned i = 0; i < SWAPS || atomic_load(&g.judged) < 20 * THREADS; i++) {
        if (i == REVOKED_FROM) {
            CU_ASSERT_EQUAL(ens_trust_add_crl(g.trust, fixture_path("pki/issuing.crl"), NULL), ENS_OK);
            atomic_store(&g.is_told, true);
        }
        CU_ASSERT(swap(&g));
        sched_yield();
    }
    atomic_store(&g.stop, true);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    CU_ASSERT_EQUAL(atomic_load(&g.wrong), 0);
    ens_trust_free(g.trust);
    ens__file_close(&g.good);
    ens__file_close(&g.revoked);
}

static ens_code append(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ENS_OK;
}

/* put_changed hands out part i of an accepted message, after the octet at the middle of what it carries was exchanged
 * where change says so. */
static ens_code put_changed(const ens_message *m, size_t i, bool change)
{
    ens_buf out;
    ens_err err = {0};
    uint8_t *octet = (uint8_t *)(uintptr_t)m->payloads[i].carried.p + m->payloads[i].carried.len / 2;
    ens_buf_init(&out, NULL, 0, (size_t)32 << 20);
    *octet ^= change;
    ens_code code = ens_delivery_put(&m->payloads[i], append, &out, &err);
    *octet ^= change;
    CU_ASSERT(code != ENS_OK || out.len == m->payloads[i].size);
    CU_ASSERT(change || !m->payloads[i].bytes.len || ens_eq(ens_buf_slice(&out), m->payloads[i].bytes));
    ens_buf_free(&out);
    return code;
}

static void exchanged_parts(void)
{
    static const char *const names[] = {"f26.mime", "f26-attachments.mime", "f26-1m.mime"};
    ens_verifier *v = NULL;
    ens_trust *trust = ens_trust_new();
    ens_report *report = ens_report_new();
    if (!fixture_folder())
        return;
    CU_ASSERT_FATAL(trust && report && ens_verifier_new(&v, NULL) == ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens_trust_add(trust, fixture_path("pki/root.pem"), NULL), ENS_OK);
    for (unsigned i = 0; i < 6; i++) {
        ens_file file = {0};
        ens_message m;
        ens_verify_options o = {.trust = trust, .at = FX_AT, .engine = i % 2 ? ENS_ENGINE_REFERENCE : ENS_ENGINE_FAST};
        CU_ASSERT_FATAL(ens__file_open_steady(fixture_path(names[i / 2]), 0, &file, NULL) == ENS_OK);
        ens__report_reset(report);
        ens_verify(v, file.bytes, &o, &m, report);
        CHECK_ROW(ens_report_verdict(report) == ENS_ACCEPTED && m.num_payloads > 0, "%s: not accepted", names[i / 2]);
        for (size_t k = 0; k < m.num_payloads; k++) {
            CHECK_ROW(put_changed(&m, k, false) == ENS_OK, "%s: part %zu isn't handed out", names[i / 2], k);
            CHECK_ROW(put_changed(&m, k, true) == ENS_EIO, "%s: part %zu is handed out", names[i / 2], k);
        }
        ens__file_close(&file);
    }
    ens_verifier_free(v);
    ens_report_free(report);
    ens_trust_free(trust);
}

#define PLAIN "<IE3F26 xmlns=\"urn:wco:datamodel:eu:ics2:2\"><LRN>DEMO-2026-000001</LRN></IE3F26>"

/* make_plain is a message with the document as plain XML, and with a comment that came into it behind the seal. */
static bool make_plain(ens_buf *out)
{
    ens_file file = {0};
    size_t from, to;
    FILE *in = fopen(fixture_path("pki/trader.key"), "r");
    EVP_PKEY *key = in ? PEM_read_PrivateKey(in, NULL, NULL, NULL) : NULL;
    bool good = key && ens__file_open(fixture_path("f26.mime"), 0, &file, NULL) == ENS_OK;
    ens_buf_put(out, file.bytes);
    good = good && fx_part(ens_buf_slice(out), "ens", &from, &to) && fx_splice(out, from, to, ens_str(PLAIN)) &&
           fx_replace(out, "Content-Type: application/gzip", "Content-Type: application/xml") &&
           fx_replace(out, "<eb:Property name=\"CompressionType\">application/gzip</eb:Property>", "") &&
           fx_reseal(out, key) && fx_replace(out, "<LRN>", "<LRN><!--nobody sealed this-->");
    ens__file_close(&file);
    EVP_PKEY_free(key);
    if (in)
        fclose(in);
    return good;
}

static void canonical_parts(void)
{
    ens_verifier *v = NULL;
    ens_message m;
    ens_buf message, out;
    ens_trust *trust = ens_trust_new();
    ens_report *report = ens_report_new();
    ens_buf_init(&message, NULL, 0, (size_t)1 << 20);
    ens_buf_init(&out, NULL, 0, (size_t)1 << 20);
    if (!fixture_folder())
        return;
    CU_ASSERT_FATAL(trust && report && ens_verifier_new(&v, NULL) == ENS_OK && make_plain(&message));
    CU_ASSERT_EQUAL_FATAL(ens_trust_add(trust, fixture_path("pki/root.pem"), NULL), ENS_OK);
    ens_verify_options o = {.trust = trust, .at = FX_AT, .engine = ENS_ENGINE_BOTH, .root_only = true};
    ens_verify(v, ens_buf_slice(&message), &o, &m, report);
    CU_ASSERT(ens_report_verdict(report) == ENS_ACCEPTED && m.num_payloads == 1);
    CU_ASSERT_EQUAL_FATAL(ens_delivery_put(&m.payloads[0], append, &out, NULL), ENS_OK);
    CU_ASSERT(ens_is(ens_buf_slice(&out), PLAIN) && m.payloads[0].size == strlen(PLAIN));
    ens_buf_free(&out);
    ens_buf_free(&message);
    ens_verifier_free(v);
    ens_report_free(report);
    ens_trust_free(trust);
}

static const ens_case cases[] = {
    {"of a part that is plain XML its canonical form is delivered, which was hashed", canonical_parts},
    {"a part that is exchanged between judging and handing out is an error", exchanged_parts},
    {"a chain that was judged before is judged anew under other trust, time or revocation", kept_chains},
    {"eight threads judge by the trust that they took while it is swapped", swapped},
    {"lets findings live as long as their report", findings_outlive_their_message},
    {NULL, NULL},
};
ENS_SUITE("as4/verifier", cases)
