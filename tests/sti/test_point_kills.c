/* The stand-in is killed at random moments while several clients push. Whatever one of them was acknowledged is in the
 * journal once, with the very receipt that he got; it is answered with the same bytes again, and by one message of
 * customs. ENSIGN_SOAK: 200 kills. */
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "ensign/seal.h"
#include "sti/store/store.h"
#include "tests/cli/run.h"
#include "tests/cli/stand_in.h"
#include "tests/sti/pushers.h"
#include "tests/suite.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLIENTS 6u
#define KILLS 6u
#define KILLS_SOAK 200u
#define MESSAGES_MAX 64u /* of one client and round */
#define MESSAGE_MAX ((size_t)64 << 10)

typedef struct {
    char id[64];
    uint8_t answer[32]; /* SHA-256 */
} acknowledged;

typedef struct {
    const stand_in *s;
    ens_sealer *sealer;
    ens_slice document;
    unsigned number, round;
    acknowledged done[MESSAGES_MAX];
    unsigned num;
    char last[MESSAGE_MAX]; /* the last one that was acknowledged, whole */
    size_t last_len;
    pushed answer;
} client;

static char folder[] = "/tmp/ensign-kills-XXXXXX";
static client clients[CLIENTS];
static atomic_uint total;

static bool seal(client *c, unsigned n, char id[64], ens_slice *out)
{
    snprintf(id, 64, "k-%u-%u-%u@trader.example", c->round, c->number, n);
    const ens_seal_part part = {c->document, ENS_LIT("ens"), ENS_LIT("application/xml")};
    const ens_seal_message_options o = {.action = ENS_LIT("IE3F26"),
                                        .from = ens_str(c->s->eori),
                                        .message_id = ens_str(id),
                                        .at = ens_time_now(),
                                        .parts = &part,
                                        .num_parts = 1};
    return ens_seal_message(c->sealer, &o, out, NULL) == ENS_OK && out->len < MESSAGE_MAX;
}

/* push sends until nobody answers. */
static void *push(void *arg)
{
    client *c = arg;
    char id[64], message[MESSAGE_MAX];
    ens_slice sealed;
    for (unsigned n = 0; n < MESSAGES_MAX && seal(c, n, id, &sealed); n++) {
        memcpy(message, sealed.p, sealed.len);
        message[sealed.len] = '\0';
        if (!stand_in_send(c->s, c->number % 2, message, sealed.len, &c->answer))
            break;
        if (c->answer.status != 200 || !strstr(c->answer.body, "NonRepudiationInformation"))
            continue;
        acknowledged *a = &c->done[c->num++];
        memcpy(a->id, id, sizeof a->id);
        if (ens__sha256(ens_bytes(c->answer.body, c->answer.len), a->answer, NULL) != ENS_OK)
            break;
        memcpy(c->last, message, sealed.len + 1);
        c->last_len = sealed.len;
        atomic_fetch_add(&total, 1);
    }
    return NULL;
}

typedef struct {
    unsigned messages, receipts;
    uint8_t sha256[32];
} found;

static bool count_row(void *user, const ens__journal_row *row)
{
    found *f = user;
    if (row->kind == ENS_ENTRY_USER_MESSAGE && !ens_starts(row->detail, ENS_LIT("came before")))
        f->messages++;
    if (row->kind == ENS_ENTRY_RECEIPT && row->detail.len == 0) {
        f->receipts++;
        memcpy(f->sha256, row->sha256, sizeof f->sha256);
    }
    return true;
}

static void check_client(const stand_in *s, ens__store *store, client *c)
{
    static pushed again;
    for (unsigned i = 0; i < c->num; i++) {
        found f = {0};
        ens__journal_query q = ENS_JOURNAL_ALL;
        q.about = ens_str(c->done[i].id);
        CU_ASSERT_EQUAL(ens__store_journal_list(store, &q, count_row, &f, NULL), ENS_OK);
        CHECK_ROW(f.messages == 1 && f.receipts == 1, "%s: there %u and acknowledged %u times", c->done[i].id,
                  f.messages, f.receipts);
        CHECK_ROW(memcmp(f.sha256, c->done[i].answer, 32) == 0, "%s: another receipt", c->done[i].id);
    }
    if (!c->num)
        return;
    uint8_t sha256[32];
    CU_ASSERT_TRUE(stand_in_send(s, true, c->last, c->last_len, &again));
    CU_ASSERT_EQUAL(ens__sha256(ens_bytes(again.body, again.len), sha256, NULL), ENS_OK);
    CHECK_ROW(memcmp(sha256, c->done[c->num - 1].answer, 32) == 0, "%s: other bytes", c->done[c->num - 1].id);
}

static ens__store *open_store(const stand_in *s)
{
    ens__store *store = NULL;
    CU_ASSERT_EQUAL_FATAL(ens__store_open(s->store, &(ens__store_options){.read_only = true}, &store, NULL), ENS_OK);
    return store;
}

static void run_round(unsigned round, ens_slice document)
{
    pthread_t thread[CLIENTS];
    stand_in s;
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, folder, ""));
    unsigned before = atomic_load(&total), pause = (unsigned)(rand() % 250);
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i].s = &s;
        clients[i].number = i;
        clients[i].round = round;
        clients[i].num = 0;
        clients[i].document = document;
        pthread_create(&thread[i], NULL, push, &clients[i]);
    }
    for (unsigned waited = 0; atomic_load(&total) == before && waited < 10000; waited++)
        usleep(1000);
    usleep(pause * 1000);
    kill(s.pid, SIGKILL);
    for (unsigned i = 0; i < CLIENTS; i++)
        pthread_join(thread[i], NULL);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGKILL), -SIGKILL);
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, folder, ""));
    ens__store *store = open_store(&s);
    for (unsigned i = 0; i < CLIENTS; i++)
        check_client(&s, store, &clients[i]);
    ens__store_close(store);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static bool count_accepted(void *user, const ens__journal_row *row)
{
    unsigned *n = user;
    *n += row->verdict == ENS_ACCEPTED && !ens_starts(row->detail, ENS_LIT("came before"));
    return true;
}

/* Every message that was taken, acknowledged or not, has one answer of customs. */
static void check_replies(void)
{
    stand_in s;
    unsigned accepted = 0, answered = 0;
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, folder, ""));
    ens__store *store = open_store(&s);
    ens__journal_query q = ENS_JOURNAL_ALL;
    q.direction = ENS_IN;
    q.kind = ENS_ENTRY_USER_MESSAGE;
    CU_ASSERT_EQUAL(ens__store_journal_list(store, &q, count_accepted, &accepted, NULL), ENS_OK);
    for (unsigned waited = 0; (answered = pushers_answers(store)) < accepted && waited < 60000; waited += 50)
        usleep(50000);
    CHECK_ROW(answered == accepted, "%u taken, %u answered", accepted, answered);
    CHECK_ROW(accepted >= atomic_load(&total) && atomic_load(&total) > 0, "%u taken, %u acknowledged", accepted,
              atomic_load(&total));
    ens__store_close(store);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static bool make_sealers(const char *pki, ens_file *key, ens_file *cert)
{
    char path[128];
    bool good = true;
    snprintf(path, sizeof path, "%s/trader.key", pki);
    good = ens__file_open(path, 0, key, NULL) == ENS_OK;
    snprintf(path, sizeof path, "%s/trader.pem", pki);
    good = good && ens__file_open(path, 0, cert, NULL) == ENS_OK;
    for (unsigned i = 0; i < CLIENTS && good; i++)
        good = ens_sealer_new(
                   &(ens_sealer_options){
                       .key = key->bytes, .certificate = cert->bytes, .domain = "trader.example", .at = ens_time_now()},
                   &clients[i].sealer, NULL) == ENS_OK;
    return good;
}

static void survives_kills(void)
{
    char path[128];
    stand_in s;
    ens_file key = {0}, cert = {0}, document = {0};
    unsigned kills = getenv("ENSIGN_SOAK") ? KILLS_SOAK : KILLS;
    signal(SIGPIPE, SIG_IGN); /* who is killed hangs up */
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, folder, ""));
    snprintf(path, sizeof path, "%s/doc.xml", folder);
    CU_ASSERT_EQUAL(run_ensign("ens new IE3F26 --from %s -o %s", s.eori, path)->status, 0);
    CU_ASSERT_TRUE_FATAL(ens__file_open(path, 0, &document, NULL) == ENS_OK && make_sealers(s.pki, &key, &cert));
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    srand(20261128);
    for (unsigned i = 0; i < kills; i++)
        run_round(i, document.bytes);
    check_replies();
    for (unsigned i = 0; i < CLIENTS; i++)
        ens_sealer_free(clients[i].sealer);
    ens__file_close(&key);
    ens__file_close(&cert);
    ens__file_close(&document);
    printf("\n    %u kills, %u messages acknowledged", kills, atomic_load(&total));
    snprintf(path, sizeof path, "rm -rf %s %s.log", folder, folder);
    CU_ASSERT_EQUAL(system(path), 0);
}

static const ens_case cases[] = {
    {"loses and doubles nothing when it is killed under load", survives_kills},
    {NULL, NULL},
};
ENS_SUITE("sti/point-kills", cases)
