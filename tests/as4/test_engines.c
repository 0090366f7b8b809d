/* The fast verifier against the reference one: the same findings over every message that we have and over every one
 * with a bit flipped. The answer sheets are judged by both in answer_sheets. */
#include "as4/answer.h"
#include "engine/base/file.h"
#include "fixtures/messages.h"
#include "fixtures/reseal.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <dirent.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#define EVERY 5u /* bytes of which one is altered, unless ENSIGN_EVERY_BIT asks for all bits of all bytes */

#define PRIMED 3u

typedef struct {
    ens_verifier *verifier;
    ens_report *report;
    ens_trust *trust;
    ens_message message;
} bench;

static void open_bench(bench *b, const char *anchors)
{
    *b = (bench){.report = ens_report_new(), .trust = ens_trust_new()};
    CU_ASSERT_FATAL(b->report && b->trust && ens_verifier_new(&b->verifier, NULL) == ENS_OK);
    if (anchors)
        CU_ASSERT_EQUAL_FATAL(ens_trust_add(b->trust, fixture_path(anchors), NULL), ENS_OK);
}

static void close_bench(bench *b)
{
    ens_verifier_free(b->verifier);
    ens_report_free(b->report);
    ens_trust_free(b->trust);
}

static ens_verdict judge(bench *b, ens_slice bytes, ens_engine engine)
{
    ens_verify_options o = {.trust = b->trust, .at = FX_AT, .engine = engine};
    ens__report_reset(b->report);
    ens_verify(b->verifier, bytes, &o, &b->message, b->report);
    return ens_report_verdict(b->report);
}

static void judge_folder(bench *b, const char *noun, unsigned *num)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", ENSIGN_FUZZ_CORPUS, noun);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        ens_file file = {0};
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", ENSIGN_FUZZ_CORPUS, noun, entry->d_name);
        CHECK_ROW(ens__file_open(path, 0, &file, NULL) == ENS_OK, "can't read %s", path);
        judge(b, file.bytes, ENS_ENGINE_BOTH);
        const ens_finding *last = b->report->num ? &b->report->findings[b->report->num - 1] : NULL;
        CHECK_ROW(!last || strcmp(last->id, "engine.difference") != 0, "%s/%s: %s", noun, entry->d_name,
                  ens_detail(last));
        ens__file_close(&file);
        ++*num;
    }
    if (folder)
        closedir(folder);
}

static void corpora(void)
{
    static const char *const nouns[] = {"engines", "mime", "soap", "verify"};
    unsigned num = 0;
    bench b;
    open_bench(&b, NULL);
    for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++)
        judge_folder(&b, nouns[i], &num);
    CU_ASSERT(num > 30);
    CU_ASSERT_EQUAL(ens_verifier_count(b.verifier).different, 0);
    close_bench(&b);
}

static void good_messages(void)
{
    bench b;
    size_t num = 0;
    if (!fixture_folder())
        return;
    open_bench(&b, "pki/root.pem");
    CU_ASSERT_EQUAL_FATAL(ens_trust_add(b.trust, fixture_path("pki/customs-root.pem"), NULL), ENS_OK);
    for (const fx_message *m; (m = fx_message_at(num)); num++) {
        ens_file file = {0};
        CU_ASSERT_FATAL(ens__file_open(fixture_path(m->name), 0, &file, NULL) == ENS_OK);
        ens_verdict verdict = judge(&b, file.bytes, ENS_ENGINE_FAST);
        CHECK_ROW(verdict == ENS_ACCEPTED, "%s: %s", m->name, ens_verdict_name(verdict));
        CHECK_ROW(b.message.engine == ENS_ENGINE_FAST, "%s was handed over", m->name);
        ens__file_close(&file);
    }
    ens_verifier_counts counts = ens_verifier_count(b.verifier);
    CU_ASSERT(counts.messages == num && counts.handed_over == 0);
    close_bench(&b);
}

static void handed_over(void)
{
    static const char text[] =
        "<env:Envelope xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\"><env:Header/><env:Body></env:Envelope>";
    bench b;
    open_bench(&b, NULL);
    CU_ASSERT_EQUAL(judge(&b, ens_str(text), ENS_ENGINE_FAST), ENS_REFUSED);
    CU_ASSERT_EQUAL(b.message.engine, ENS_ENGINE_REFERENCE);
    CU_ASSERT_EQUAL(ens_verifier_count(b.verifier).handed_over, 1);
    CU_ASSERT_EQUAL(judge(&b, ens_str(text), ENS_ENGINE_REFERENCE), ENS_REFUSED);
    CU_ASSERT_EQUAL(ens_verifier_count(b.verifier).handed_over, 1);
    CU_ASSERT_EQUAL(judge(&b, ens_str(text), ENS_ENGINE_BOTH), ENS_REFUSED);
    ens_verifier_counts counts = ens_verifier_count(b.verifier);
    CU_ASSERT(counts.messages == 3 && counts.different == 0);
    close_bench(&b);
}

/* flip_bit: what the fast engine judges by itself the reference engine judges alike; what it hands over is the same
 * anyway. */
static void flip_bit(bench *b, ens_slice bytes, uint8_t *byte, unsigned bit, const char *name, size_t at)
{
    *byte ^= (uint8_t)(1u << bit);
    ens_verdict verdict = judge(b, bytes, ENS_ENGINE_FAST);
    if (b->message.engine == ENS_ENGINE_FAST) {
        size_t before = ens_verifier_count(b->verifier).different;
        CHECK_ROW(judge(b, bytes, ENS_ENGINE_BOTH) == verdict && ens_verifier_count(b->verifier).different == before,
                  "%s, byte %zu, bit %u: the engines differ: %s", name, at, bit, ens_detail(&b->report->findings[0]));
    }
    *byte ^= (uint8_t)(1u << bit);
}

static void flip_message(const char *name, const char *anchors)
{
    bool all = getenv("ENSIGN_EVERY_BIT") != NULL;
    ens_file file = {0};
    bench b;
    open_bench(&b, anchors);
    CU_ASSERT_FATAL(ens__file_open(fixture_path(name), 0, &file, NULL) == ENS_OK);
    uint8_t *copy = malloc(file.bytes.len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, file.bytes.p, file.bytes.len);
    ens_slice bytes = ens_bytes(copy, file.bytes.len);
    for (unsigned i = 0; i < PRIMED; i++) /* then its mould is known, and what is altered may fit it */
        CU_ASSERT_EQUAL(judge(&b, bytes, ENS_ENGINE_BOTH), ENS_ACCEPTED);
    for (size_t i = 0; i < bytes.len; i += all ? 1 : EVERY)
        for (unsigned bit = all ? 0 : (unsigned)(i % 8); bit < 8; bit += all ? 1 : 8)
            flip_bit(&b, bytes, copy + i, bit, name, i);
    ens_verifier_counts counts = ens_verifier_count(b.verifier);
    if (all)
        printf("\n%s: %zu bytes, %zu judgements, %zu handed over, %zu different\n", name, bytes.len, counts.messages,
               counts.handed_over, counts.different);
    CU_ASSERT(counts.handed_over > 0 && counts.different == 0);
    free(copy);
    ens__file_close(&file);
    close_bench(&b);
}

static void flipped_bits(void)
{
    if (!fixture_folder())
        return;
    flip_message("f26-attachments.mime", "pki/root.pem");
    flip_message("receipt-f26.xml", "pki/customs-root.pem");
    flip_message("pull.xml", "pki/root.pem");
}

/* check_receipt answers whether the engines find the same of a receipt and the message that it is for. */
static bool check_receipt(bench *b, ens_slice receipt, ens_slice original, ens_engine engine)
{
    ens_verify_options o = {.trust = b->trust, .at = FX_AT, .engine = engine};
    size_t before = ens_verifier_count(b->verifier).different;
    ens__report_reset(b->report);
    ens_receipt_check(b->verifier, receipt, original, &o, &b->message, b->report);
    return ens_verifier_count(b->verifier).different == before;
}

static void flipped_originals(void)
{
    ens_file receipt = {0}, original = {0};
    bench b;
    if (!fixture_folder())
        return;
    open_bench(&b, "pki/customs-root.pem");
    CU_ASSERT_FATAL(ens__file_open(fixture_path("receipt-f26.xml"), 0, &receipt, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens__file_open(fixture_path("f26.mime"), 0, &original, NULL) == ENS_OK);
    uint8_t *copy = malloc(original.bytes.len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, original.bytes.p, original.bytes.len);
    ens_slice bytes = ens_bytes(copy, original.bytes.len);
    CU_ASSERT_TRUE(check_receipt(&b, receipt.bytes, bytes, ENS_ENGINE_FAST));
    CU_ASSERT(ens_report_verdict(b.report) == ENS_ACCEPTED && b.message.engine == ENS_ENGINE_FAST);
    for (size_t i = 0; i < bytes.len; i += EVERY) {
        copy[i] ^= (uint8_t)(1u << i % 7);
        CHECK_ROW(check_receipt(&b, receipt.bytes, bytes, ENS_ENGINE_BOTH), "byte %zu: %s", i,
                  ens_detail(&b.report->findings[0]));
        copy[i] = original.bytes.p[i];
    }
    free(copy);
    ens__file_close(&original);
    ens__file_close(&receipt);
    close_bench(&b);
}

/* read_again is a fixture in a buffer that can be changed, and its key. */
static EVP_PKEY *read_again(const char *name, ens_buf *out)
{
    ens_file file = {0};
    FILE *key_file = fopen(fixture_path("pki/trader.key"), "r");
    EVP_PKEY *key = key_file ? PEM_read_PrivateKey(key_file, NULL, NULL, NULL) : NULL;
    CU_ASSERT_FATAL(key && ens__file_open(fixture_path(name), 0, &file, NULL) == ENS_OK);
    fclose(key_file);
    ens_buf_init(out, NULL, 0, (size_t)1 << 20);
    ens_buf_put(out, file.bytes);
    ens__file_close(&file);
    return key;
}

static void optional_prefix_lists(void)
{
#define INCLUSIVE "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\""
    static const char *const methods[] = {"CanonicalizationMethod", "Transform"};
    static const char *const lists[] = {INCLUSIVE "></ec:InclusiveNamespaces>",
                                        INCLUSIVE " PrefixList=\"\"></ec:InclusiveNamespaces>"};
    bench b;
    if (!fixture_folder())
        return;
    open_bench(&b, "pki/root.pem");
    for (unsigned i = 0; i < 4; i++) {
        char before[128], after[512];
        ens_buf message;
        EVP_PKEY *key = read_again("f26.mime", &message);
        snprintf(before, sizeof before, "ds:%s Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">", methods[i / 2]);
        snprintf(after, sizeof after, "%s%s", before, lists[i % 2]);
        CU_ASSERT_TRUE_FATAL(fx_replace(&message, before, after) && fx_reseal(&message, key));
        ens_verdict verdict = judge(&b, ens_buf_slice(&message), ENS_ENGINE_BOTH);
        CHECK_ROW(verdict == ENS_ACCEPTED, "%s, %u: %s", methods[i / 2], i % 2, ens_detail(&b.report->findings[0]));
        ens_buf_free(&message);
        EVP_PKEY_free(key);
    }
    CU_ASSERT_EQUAL(ens_verifier_count(b.verifier).different, 0);
    close_bench(&b);
}

static void differences(void)
{
    ens_report a, b;
    const ens_finding *x, *y;
    ens__report_init(&a);
    ens__report_init(&b);
    ens__pass(&a, "soap.version", "rule");
    ens__pass(&b, "soap.version", "rule");
    CU_ASSERT_FALSE(ens__reports_differ(&a, &b, &x, &y));
    ens__failf(&a, "rules.from", "rule", "hint", "%s", "detail");
    CU_ASSERT_TRUE(ens__reports_differ(&a, &b, &x, &y) && x == &a.findings[1] && !y);
    ens__failf(&b, "rules.from", "rule", "hint", "%s", "detail")->subcode = "A001";
    CU_ASSERT_TRUE(ens__reports_differ(&a, &b, &x, &y) && y == &b.findings[1]);
    a.findings[1].subcode = "A001";
    CU_ASSERT_FALSE(ens__reports_differ(&a, &b, &x, &y));
    b.findings[1].seen = "other";
    CU_ASSERT_TRUE(ens__reports_differ(&a, &b, &x, &y));
    b.findings[1].seen = "detail";
    b.incomplete = true;
    CU_ASSERT_TRUE(ens__reports_differ(&a, &b, &x, &y));
    ens__report_clear(&a);
    ens__report_clear(&b);
}

static const ens_case cases[] = {
    {"InclusiveNamespaces is good with an empty PrefixList and without one, for both engines", optional_prefix_lists},
    {"every message of the fuzz corpora is judged alike by both engines", corpora},
    {"what is plainly good is judged by the fast engine alone", good_messages},
    {"what isn't well-formed is handed over, and counted", handed_over},
    {"a bit flipped anywhere in three sealed messages makes no difference between the engines", flipped_bits},
    {"a bit flipped anywhere in the message that a receipt is for makes no difference between the engines",
     flipped_originals},
    {"a finding more, or one with another code or detail, is a difference", differences},
    {NULL, NULL},
};
ENS_SUITE("as4/engines", cases)
