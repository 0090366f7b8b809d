/* Many messages by one call are judged as each by itself: whatever stands beside them, in any order. */
#include "as4/answer.h"
#include "certs/keys/lanes.h"
#include "engine/base/file.h"
#include "ensign/batch.h"
#include "fixtures/messages.h"
#include "fixtures/reseal.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGES_MAX 512u
#define TOGETHER_MAX 21u
#define FLIPPED 24u /* signature values with an octet altered */

typedef struct {
    ens_slice bytes; /* on the heap */
    ens_report alone;
    uint64_t print;
} subject;

typedef struct {
    subject *subject; /* MESSAGES_MAX */
    size_t num, accepted;
    size_t of[TOGETHER_MAX]; /* which ones are judged together */
    size_t told;
    ens_verify_options options;
    ens_verifier *one, *many;
    uint64_t state;
} pile;

static size_t draw(pile *p, size_t below)
{
    p->state ^= p->state << 13, p->state ^= p->state >> 7, p->state ^= p->state << 17;
    return (size_t)(p->state >> 11) % below;
}

/* add_subject judges a copy by itself. */
static uint8_t *add_subject(pile *p, ens_slice bytes)
{
    subject *s = &p->subject[p->num];
    uint8_t *copy = malloc(bytes.len + 1);
    CU_ASSERT_FATAL(copy && p->num < MESSAGES_MAX);
    if (bytes.len)
        memcpy(copy, bytes.p, bytes.len);
    s->bytes = ens_bytes(copy, bytes.len);
    p->num++;
    return copy;
}

static void judge_alone(pile *p, subject *s)
{
    ens_message message;
    ens__report_init(&s->alone);
    ens_verify(p->one, s->bytes, &p->options, &message, &s->alone);
    s->print = ens__message_print(&message);
    p->accepted += ens_report_verdict(&s->alone) == ENS_ACCEPTED;
}

static void add_folder(pile *p)
{
    DIR *folder = opendir(fixture_folder());
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        ens_file file = {0};
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".mime") != 0)
            continue;
        CU_ASSERT_FATAL(ens__file_open(fixture_path(entry->d_name), 0, &file, NULL) == ENS_OK);
        add_subject(p, file.bytes);
        ens__file_close(&file);
    }
    if (folder)
        closedir(folder);
}

/* add_flipped adds a good message with its signature value altered in one place: what a lane alone would see. */
static void add_flipped(pile *p)
{
    static const char mark[] = "SignatureValue>";
    ens_file file = {0};
    CU_ASSERT_FATAL(ens__file_open(fixture_path("f26.mime"), 0, &file, NULL) == ENS_OK);
    size_t at = ens__find(file.bytes, ens_str(mark), 0);
    CU_ASSERT_FATAL(at != SIZE_MAX);
    for (unsigned i = 0; i < FLIPPED; i++) {
        uint8_t *copy = add_subject(p, file.bytes), *c = copy + at + sizeof mark - 1 + i * 13;
        *c = *c == 'A' ? 'B' : 'A';
    }
    ens__file_close(&file);
}

static void open_pile(pile *p, ens_trust *trust)
{
    *p = (pile){.subject = calloc(MESSAGES_MAX, sizeof *p->subject),
                .options = {.trust = trust, .at = FX_AT},
                .state = 20261128};
    CU_ASSERT_FATAL(p->subject && ens_verifier_new(&p->one, NULL) == ENS_OK &&
                    ens_verifier_new(&p->many, NULL) == ENS_OK);
    add_folder(p);
    add_flipped(p);
    for (size_t i = 0; i < p->num; i++)
        judge_alone(p, &p->subject[i]);
    CU_ASSERT(p->num > 40 && p->accepted > 10);
}

static void close_pile(pile *p)
{
    for (size_t i = 0; i < p->num; i++) {
        ens__report_clear(&p->subject[i].alone);
        free((void *)(uintptr_t)p->subject[i].bytes.p);
    }
    free(p->subject);
    ens_verifier_free(p->one);
    ens_verifier_free(p->many);
}

static void compare(void *of, size_t i, const ens_message *message, const ens_report *report)
{
    pile *p = of;
    const subject *s = &p->subject[p->of[i]];
    const ens_finding *a = NULL, *b = NULL;
    bool differ = ens__reports_differ(report, &s->alone, &a, &b);
    CHECK_ROW(!differ, "message %zu: %s (%s) beside others, %s (%s) alone", p->of[i], a ? a->id : "nothing",
              ens_detail(a), b ? b->id : "nothing", ens_detail(b));
    CHECK_ROW(ens__message_print(message) == s->print, "message %zu says otherwise of itself", p->of[i]);
    CU_ASSERT(i == p->told);
    p->told++;
}

static void judge_together(pile *p, size_t num)
{
    ens_slice bytes[TOGETHER_MAX];
    for (size_t i = 0; i < num; i++)
        bytes[i] = p->subject[p->of[i]].bytes;
    p->told = 0;
    CU_ASSERT_EQUAL(ens_verify_many(p->many, bytes, num, &p->options, compare, p, NULL), ENS_OK);
    CU_ASSERT_EQUAL(p->told, num);
}

static void as_alone(void)
{
    const char *soak = getenv("ENSIGN_SOAK");
    pile p;
    size_t judged = 0;
    if (!fixture_folder())
        return;
    if (!ens__lanes_usable())
        ens_skip("no lanes here: each message is judged by itself anyway");
    ens_trust *trust = ens_trust_new();
    CU_ASSERT_FATAL(trust && ens_trust_add(trust, fixture_path("pki/root.pem"), NULL) == ENS_OK);
    open_pile(&p, trust);
    for (unsigned round = 0; round < (soak ? 20000u : 25u); round++) {
        size_t num = draw(&p, TOGETHER_MAX + 1);
        for (size_t i = 0; i < num; i++)
            p.of[i] = draw(&p, p.num);
        judge_together(&p, num);
        judged += num;
    }
    CU_ASSERT_EQUAL(ens_verifier_count(p.many).messages, judged);
    close_pile(&p);
    ens_trust_free(trust);
}

static void by_each_engine(void)
{
    pile p;
    if (!fixture_folder())
        return;
    ens_trust *trust = ens_trust_new();
    CU_ASSERT_FATAL(trust && ens_trust_add(trust, fixture_path("pki/root.pem"), NULL) == ENS_OK);
    open_pile(&p, trust);
    for (ens_engine e = ENS_ENGINE_FAST; e <= ENS_ENGINE_BOTH; e++) {
        p.options.engine = e;
        for (size_t from = 0; from < p.num; from += TOGETHER_MAX) {
            size_t num = p.num - from < TOGETHER_MAX ? p.num - from : TOGETHER_MAX;
            for (size_t i = 0; i < num; i++)
                p.of[i] = from + i;
            judge_together(&p, num);
        }
    }
    close_pile(&p);
    ens_trust_free(trust);
}

static const ens_case cases[] = {
    {"judges many as each alone", as_alone},
    {"judges many by each engine", by_each_engine},
    {NULL, NULL},
};
ENS_SUITE("as4/many", cases)
