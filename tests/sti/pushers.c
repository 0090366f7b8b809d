#include "tests/sti/pushers.h"

#include "engine/base/digest.h"
#include "sti/store/store.h"
#include "tests/cli/run.h"
#include "tests/engine/net/visit.h"
#include "tests/suite.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

char pushers_base[] = "/tmp/ensign-disk-XXXXXX";
static char folder[48], store[64];
ens__demo pushers_demo;
static ens_file key, cert, document;
pusher pushers[PUSHERS];
atomic_llong pushers_ahead_ms; /* of the machine's clock */

static int64_t now_ms(void *ctx)
{
    struct timespec t;
    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + atomic_load(&pushers_ahead_ms);
}

static ens_code enrol(void *ctx, ens__store *kept, ens__uumds *registry, ens_err *err)
{
    (void)ctx;
    return ens__demo_enrol(&pushers_demo, kept, registry, err);
}

static void clean_up(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", pushers_base);
    if (system(command) != 0)
        printf("%s stays behind\n", pushers_base);
}

static bool make_sealers(void)
{
    char path[96];
    snprintf(path, sizeof path, "%s/pki/trader.key", folder);
    bool good = ens__file_open(path, 0, &key, NULL) == ENS_OK;
    snprintf(path, sizeof path, "%s/pki/trader.pem", folder);
    good = good && ens__file_open(path, 0, &cert, NULL) == ENS_OK;
    for (unsigned i = 0; i < PUSHERS && good; i++)
        good = ens_sealer_new(
                   &(ens_sealer_options){
                       .key = key.bytes, .certificate = cert.bytes, .domain = "trader.example", .at = ens_time_now()},
                   &pushers[i].sealer, NULL) == ENS_OK;
    return good;
}

/* pushers_set_up makes keys and a document once. */
void pushers_set_up(void)
{
    char path[96];
    if (pushers_demo.folder[0])
        return;
    signal(SIGPIPE, SIG_IGN);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(pushers_base));
    atexit(clean_up);
    snprintf(folder, sizeof folder, "%s/demo", pushers_base);
    CU_ASSERT_EQUAL_FATAL(ens__demo_open(folder, ens_time_now(), &pushers_demo, NULL), ENS_OK);
    snprintf(path, sizeof path, "%s/doc.xml", pushers_base);
    CU_ASSERT_EQUAL(run_ensign("ens new IE3F26 --from %s -o %s", ens__demo_parties[0].eori, path)->status, 0);
    CU_ASSERT_TRUE_FATAL(ens__file_open(path, 0, &document, NULL) == ENS_OK && make_sealers());
}

ens_point_service_plan pushers_plan(void)
{
    return (ens_point_service_plan){.now_ms = now_ms, .enrol = enrol};
}

ens_point_service *pushers_open(const char *path, ens_err *err)
{
    ens_point_service *s = NULL;
    const ens_point_service_plan plan = pushers_plan();
    snprintf(store, sizeof store, "%s", path);
    pushers_demo.config.store = (ens_config_store){store, ENS_DURABLE_NONE};
    pushers_demo.config.registry = store;
    pushers_demo.config.workers = 2;
    pushers_demo.config.loops = 1;
    return ens__service_open(&pushers_demo.config, &plan, &s, err) == ENS_OK ? s : NULL;
}

const char *pushers_new_store(void)
{
    static char path[64];
    static unsigned number;
    snprintf(path, sizeof path, "%s/s%u.db", pushers_base, number++);
    return path;
}

static bool seal(const pusher *c, const char *id, ens_slice *out)
{
    const ens_seal_part part = {document.bytes, ENS_LIT("ens"), ENS_LIT("application/xml")};
    const ens_seal_message_options o = {.action = ENS_LIT("IE3F26"),
                                        .from = ens_str(ens__demo_parties[0].eori),
                                        .message_id = ens_str(id),
                                        .at = (ens_time)(now_ms(NULL) / 1000),
                                        .parts = &part,
                                        .num_parts = 1};
    return ens_seal_message(c->sealer, &o, out, NULL) == ENS_OK && out->len < PUSHERS_MESSAGE;
}

/* send posts a message and gives the answer's body; empty: none came. */
static ens_slice send_to(const pusher *c, ens_slice message, visit *v)
{
    char head[512];
    size_t end = ens__find(message, ENS_LIT("\r\n\r\n"), 0), at = ens__find(message, ENS_LIT("Content-Type: "), 0);
    ens_slice type = ens_from(message, at), body = ens_from(message, end + 4);
    type.len = ens__find(type, ENS_LIT("\r\n"), 0);
    if (!visit_open(v, c->address, NULL, NULL))
        return (ens_slice){0};
    snprintf(head, sizeof head, "POST /as4 HTTP/1.1\r\nHost: x\r\n%.*s\r\nContent-Length: %zu\r\n\r\n", (int)type.len,
             (const char *)type.p, body.len);
    unsigned status = visit_say(v, head) && visit_send(v, body.p, body.len) ? visit_answer(v) : 0;
    const char *answer = status == 200 ? strstr(v->text, "\r\n\r\n") : NULL;
    visit_close(v);
    return answer ? ens_bytes(answer + 4, v->len - (size_t)(answer + 4 - v->text)) : (ens_slice){0};
}

/* push sends until the store refuses, or there is an end to the messages. */
static void *push(void *arg)
{
    pusher *c = arg;
    visit *v = malloc(sizeof *v);
    char id[64];
    ens_slice sealed;
    for (unsigned n = 0; v && n < c->most && (c->go_on ? atomic_load(c->go_on) : !c->refused); n++) {
        snprintf(id, sizeof id, "d-%u-%u-%u@trader.example", c->round, c->number, n);
        if (!seal(c, id, &sealed))
            break;
        ens_slice answer = send_to(c, sealed, v);
        if (ens__find(answer, ENS_LIT("NonRepudiationInformation"), 0) != SIZE_MAX) {
            pushers_done *a = &c->done[c->num++];
            memcpy(a->id, id, sizeof a->id);
            CU_ASSERT_EQUAL(ens__sha256(answer, a->receipt, NULL), ENS_OK);
            memcpy(c->last, sealed.p, sealed.len);
            c->last_len = sealed.len;
            if (c->look)
                c->look(c->number, sealed, answer);
        } else {
            c->refused += answer.len == 0 || ens__find(answer, ENS_LIT("EBMS:0202"), 0) != SIZE_MAX;
        }
    }
    free(v);
    return NULL;
}

/* pushers_push has all pushers push to a point, at most so many messages each, and gives how many were acknowledged. */
unsigned pushers_push(const ens_point_service *s, unsigned round, unsigned most)
{
    pthread_t thread[PUSHERS];
    unsigned total = 0;
    for (unsigned i = 0; i < PUSHERS; i++) {
        pusher *c = &pushers[i];
        c->number = i;
        c->round = round;
        c->most = most;
        c->num = c->refused = 0;
        snprintf(c->address, sizeof c->address, "%s", ens__point_address(ens__service_point(s), 1));
        pthread_create(&thread[i], NULL, push, c);
    }
    for (unsigned i = 0; i < PUSHERS; i++) {
        pthread_join(thread[i], NULL);
        total += pushers[i].num;
    }
    return total;
}

typedef struct {
    unsigned messages, receipts;
    uint8_t sha256[32];
} found;

static bool count_row(void *user, const ens__journal_row *row)
{
    found *f = user;
    f->messages += row->kind == ENS_ENTRY_USER_MESSAGE && !ens_starts(row->detail, ENS_LIT("came before"));
    if (row->kind == ENS_ENTRY_RECEIPT && row->detail.len == 0) {
        f->receipts++;
        memcpy(f->sha256, row->sha256, sizeof f->sha256);
    }
    return true;
}

/* pushers_check_store looks for all that was acknowledged. */
void pushers_check_store(const char *path)
{
    ens__store *s = NULL;
    ens_err err = {0};
    CHECK_ROW(ens__store_open(path, &(ens__store_options){.create = false}, &s, &err) == ENS_OK, "%s", err.text);
    for (unsigned i = 0; s && i < PUSHERS; i++)
        for (unsigned n = 0; n < pushers[i].num; n++) {
            found f = {0};
            ens__journal_query q = ENS_JOURNAL_ALL;
            q.about = ens_str(pushers[i].done[n].id);
            CU_ASSERT_EQUAL(ens__store_journal_list(s, &q, count_row, &f, NULL), ENS_OK);
            CHECK_ROW(f.messages == 1 && f.receipts == 1 && memcmp(f.sha256, pushers[i].done[n].receipt, 32) == 0,
                      "%s: %u times, %u receipts", pushers[i].done[n].id, f.messages, f.receipts);
        }
    if (s)
        ens__store_close(s);
}

/* pushers_check_again sends the last message of each client again: it gets the very bytes. */
void pushers_check_again(const ens_point_service *s)
{
    static visit v;
    uint8_t sha256[32];
    for (unsigned i = 0; i < PUSHERS; i++) {
        pusher *c = &pushers[i];
        if (!c->num)
            continue;
        snprintf(c->address, sizeof c->address, "%s", ens__point_address(ens__service_point(s), 1));
        ens_slice answer = send_to(c, ens_bytes(c->last, c->last_len), &v);
        CU_ASSERT_EQUAL(ens__sha256(answer, sha256, NULL), ENS_OK);
        CHECK_ROW(memcmp(sha256, c->done[c->num - 1].receipt, 32) == 0, "%s: other bytes", c->done[c->num - 1].id);
    }
}

static bool count_answer(void *user, const ens__outbound *row)
{
    unsigned *num = user;
    *num += ens_is(row->action, "IE3R01") || ens_is(row->action, "IE3N99") || ens_is(row->action, "IE3N01");
    return true;
}

unsigned pushers_answers(ens__store *kept)
{
    unsigned num = 0;
    CU_ASSERT_EQUAL(ens__store_list_outbound(kept, ENS_OUTBOUND_READY, count_answer, &num, NULL), ENS_OK);
    return num;
}
