/* A trader to whom customs push, over mutual TLS: he is busy at first, the stand-in is killed meanwhile, and he gets
 * the same bytes again until his receipt is proven. */
#include "engine/base/file.h"
#include "ensign/seal.h"
#include "sti/point/config.h"
#include "sti/store/store.h"
#include "tests/cli/run.h"
#include "tests/cli/stand_in.h"
#include "tests/suite.h"

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define RAW_MAX ((size_t)64 << 10)
#define PATIENCE_MS 40000u

/* Guarded by the lock, but for what is set before the server starts. */
static struct {
    ens_server *server;
    ens_verifier *verifier;
    ens_sealer *sealer;
    ens_trust *customs;
    pthread_mutex_t lock;
    unsigned attempts, busy;   /* busy: so many are answered 503 */
    unsigned gather, num_held; /* gather: nobody is answered before so many are in hand */
    ens_http_request *held[8];
    bool same, accepted, over_tls;
    char raw[RAW_MAX];
    size_t len;
    ens_report *report;
} trader = {.lock = PTHREAD_MUTEX_INITIALIZER};

static char folder[] = "/tmp/ensign-push-XXXXXX";

/* is_first_word: for what else customs send about a filing the trader has no time. */
static bool is_first_word(const ens_http_request *r)
{
    return ens__find(r->body, ENS_LIT("Action>IE3R01<"), 0) != SIZE_MAX ||
           ens__find(r->body, ENS_LIT("Action>IE3N99<"), 0) != SIZE_MAX;
}

/* take keeps what came, and compares it with what came before. */
static void take(const ens_http_request *r)
{
    char raw[RAW_MAX];
    ens_slice type = ens__http_field(r->head, "Content-Type");
    int n = snprintf(raw, sizeof raw, "Content-Type: %.*s\r\n\r\n", (int)type.len, (const char *)type.p);
    CU_ASSERT_FATAL(n > 0 && (size_t)n + r->body.len < sizeof raw);
    memcpy(raw + n, r->body.p, r->body.len);
    size_t len = (size_t)n + r->body.len;
    trader.same = !trader.attempts || (len == trader.len && memcmp(raw, trader.raw, len) == 0);
    memcpy(trader.raw, raw, len);
    trader.len = len;
    trader.over_tls = r->client.len > 0;
    trader.attempts++;
}

/* answer judges what came and acknowledges it, unless the trader is busy; under the lock. */
static void answer(ens_http_request *r)
{
    ens_message m;
    ens_slice receipt = {0};
    ens_http_answer a = {.status = 503};
    take(r);
    if (trader.attempts > trader.busy) {
        const ens_verify_options o = {.trust = trader.customs, .customs = trader.customs, .at = ens_time_now()};
        ens_verify(trader.verifier, ens_bytes(trader.raw, trader.len), &o, &m, trader.report);
        trader.accepted = ens_report_verdict(trader.report) == ENS_ACCEPTED;
        if (trader.accepted && ens_seal_receipt(trader.sealer, &m, &(ens_seal_signal_options){.at = ens_time_now()},
                                                &receipt, NULL) == ENS_OK)
            a = (ens_http_answer){.status = 200, .type = "application/soap+xml; charset=UTF-8", .body = receipt};
    }
    ens__server_answer(r, &a);
}

static void handle(void *ctx, ens_http_request *r)
{
    (void)ctx;
    if (!is_first_word(r)) {
        ens__server_answer(r, &(ens_http_answer){.status = 503});
        return;
    }
    pthread_mutex_lock(&trader.lock);
    trader.held[trader.num_held++] = r;
    if (trader.num_held >= trader.gather)
        while (trader.num_held)
            answer(trader.held[--trader.num_held]);
    pthread_mutex_unlock(&trader.lock);
}

static unsigned attempts(void)
{
    pthread_mutex_lock(&trader.lock);
    unsigned n = trader.attempts;
    pthread_mutex_unlock(&trader.lock);
    return n;
}

static void set_gather(unsigned num)
{
    pthread_mutex_lock(&trader.lock);
    trader.gather = num;
    pthread_mutex_unlock(&trader.lock);
}

static bool is_same(void)
{
    pthread_mutex_lock(&trader.lock);
    bool same = trader.same;
    pthread_mutex_unlock(&trader.lock);
    return same;
}

static void wait_for_attempt(unsigned nth)
{
    for (unsigned waited = 0; attempts() < nth && waited < PATIENCE_MS; waited += 20)
        usleep(20000);
    CHECK_ROW(attempts() >= nth, "attempt %u did not come", nth);
}

static char *in_pki(const stand_in *s, const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", s->pki, name);
    return out;
}

static ens_tls *make_tls(const stand_in *s)
{
    char cert[128], key[128], root[128];
    ens_tls *tls = NULL;
    ens_config_listen listen = {.tls = true};
    const ens_point_config c = {.listen = &listen,
                                .num_listen = 1,
                                .tls = {.certificate = in_pki(s, "tls-server.pem", cert),
                                        .key = in_pki(s, "tls-server.key", key),
                                        .clients = in_pki(s, "tls-root.pem", root)}};
    CU_ASSERT_EQUAL_FATAL(ens__config_tls(&c, NULL, NULL, &tls, NULL), ENS_OK);
    return tls;
}

static void open_trader(const stand_in *s)
{
    char path[128];
    ens_file key, cert;
    const ens_server_listen listen = {"127.0.0.1:0", 1};
    ens_server_plan plan = {.listen = &listen, .num_listen = 1, .handler = {.handle = handle}, .loops = 1};
    CU_ASSERT_EQUAL_FATAL(ens__file_open(in_pki(s, "trader.key", path), 0, &key, NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens__file_open(in_pki(s, "trader.pem", path), 0, &cert, NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens_sealer_new(&(ens_sealer_options){.key = key.bytes,
                                                               .certificate = cert.bytes,
                                                               .domain = "trader.example",
                                                               .at = ens_time_now()},
                                         &trader.sealer, NULL),
                          ENS_OK);
    ens__file_close(&key);
    ens__file_close(&cert);
    trader.customs = ens_trust_new();
    trader.report = ens_report_new();
    CU_ASSERT_EQUAL_FATAL(ens_trust_add(trader.customs, in_pki(s, "customs-root.pem", path), NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens_verifier_new(&trader.verifier, NULL), ENS_OK);
    plan.tls[0] = make_tls(s);
    CU_ASSERT_EQUAL_FATAL(ens__server_start(&plan, &trader.server, NULL), ENS_OK);
    ens__tls_free(plan.tls[0]);
}

static void close_trader(void)
{
    ens__server_stop(trader.server, 1000);
    ens__server_free(trader.server);
    ens_sealer_free(trader.sealer);
    ens_verifier_free(trader.verifier);
    ens_report_free(trader.report);
    ens_trust_free(trader.customs);
}

typedef struct {
    unsigned num, attempts; /* of those with so many attempts at least */
} tally;

static bool count_delivered(void *user, const ens__outbound *row)
{
    tally *t = user;
    t->num += ens_is(row->action, "IE3R01") && row->attempts >= t->attempts;
    return true;
}

/* wait_until_settled waits for so many that took so many attempts each. */
static void wait_until_settled(const stand_in *s, unsigned num, unsigned tries)
{
    ens__store *store = NULL;
    tally t = {0, tries};
    CU_ASSERT_EQUAL_FATAL(ens__store_open(s->store, &(ens__store_options){.read_only = true}, &store, NULL), ENS_OK);
    for (unsigned waited = 0; t.num < num && waited < PATIENCE_MS; waited += 20) {
        t.num = 0;
        usleep(20000);
        CU_ASSERT_EQUAL(ens__store_list_outbound(store, ENS_OUTBOUND_DELIVERED, count_delivered, &t, NULL), ENS_OK);
    }
    CHECK_ROW(t.num == num, "%u of %u were delivered", t.num, num);
    ens__store_close(store);
}

static void pushes_until_the_receipt_is_proven(void)
{
    static pushed got;
    char options[160], path[96];
    stand_in s;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, folder, ""));
    open_trader(&s);
    trader.busy = 2;
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    snprintf(options, sizeof options, "--push %s=https://%s/as4", s.eori, ens__server_address(trader.server, 0));
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, folder, options));
    CU_ASSERT_EQUAL(run_ensign("ens new IE3F26 --from %s -o %s/doc.xml", s.eori, folder)->status, 0);
    CU_ASSERT_EQUAL(run_ensign("seal %s/doc.xml --key %s/trader.key --cert %s/trader.pem --from %s --action IE3F26 "
                               "--message-id filing@trader.example -o %s/m.mime",
                               folder, s.pki, s.pki, s.eori, folder)
                        ->status,
                    0);
    snprintf(path, sizeof path, "%s/m.mime", folder);
    CU_ASSERT(stand_in_push(&s, path, &got) && got.status == 200);
    wait_for_attempt(1);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGKILL), -SIGKILL);
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, folder, options));
    wait_for_attempt(3);
    wait_until_settled(&s, 1, 2);
    CU_ASSERT(trader.same && trader.accepted && trader.over_tls);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    const run_result *r = run_ensign("journal list --store %s --json --kind receipt --direction in", s.store);
    CHECK_ROW(strstr(r->out, "\"verdict\":\"accepted\""), "no proven receipt: %s", r->out);
}

/* What was pushed to the trader is acknowledged only when all of them are in hand, and he is reached although another
 * party's address takes connections and never answers. */
static void pushes_several_at_a_time(void)
{
    static pushed got;
    char options[256], path[96];
    int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    stand_in s;
    CU_ASSERT_FATAL(bind(silent, (struct sockaddr *)&at, len) == 0 && listen(silent, 16) == 0 &&
                    getsockname(silent, (struct sockaddr *)&at, &len) == 0);
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, folder, ""));
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    snprintf(options, sizeof options, "--push %s=https://%s/as4 --push DE123456789012345=https://127.0.0.1:%u/as4",
             s.eori, ens__server_address(trader.server, 0), ntohs(at.sin_port));
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, folder, options));
    trader.busy = 0;
    set_gather(3);
    for (unsigned i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(run_ensign("ens new IE3F26 --from DE123456789012345 -o %s/doc.xml", folder)->status, 0);
        CU_ASSERT_EQUAL(run_ensign("seal %s/doc.xml --key %s/trader2.key --cert %s/trader2.pem --from "
                                   "DE123456789012345 --action IE3F26 -o %s/m.mime",
                                   folder, s.pki, s.pki, folder)
                            ->status,
                        0);
        snprintf(path, sizeof path, "%s/m.mime", folder);
        CU_ASSERT(stand_in_push(&s, path, &got) && got.status == 200);
    }
    for (unsigned i = 0; i < 3; i++) {
        stand_in_seal(&s, folder, "m.mime", NULL, "");
        CU_ASSERT(stand_in_push(&s, path, &got) && got.status == 200);
    }
    wait_until_settled(&s, 4, 1);
    set_gather(0);
    unsigned before = attempts();
    stand_in_seal(&s, folder, "m.mime", "DUP", "");
    CU_ASSERT(stand_in_push(&s, path, &got) && got.status == 200);
    wait_for_attempt(before + 2);
    CU_ASSERT_TRUE(is_same());
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    close(silent);
    close_trader();
    snprintf(options, sizeof options, "rm -rf %s %s.log", folder, folder);
    CU_ASSERT_EQUAL(system(options), 0);
}

static const ens_case cases[] = {
    {"pushes the same bytes until the receipt is proven, after kill -9 as well", pushes_until_the_receipt_is_proven},
    {"pushes several at a time, past who never answers, and twice what is rehearsed so", pushes_several_at_a_time},
    {NULL, NULL},
};
ENS_SUITE("sti/point-push", cases)
