/* Keys, certificates and lists are exchanged while several push: every message is answered, each receipt is whole, by
 * the old seal or by the new, and what can't be read changes nothing. And revocation that is asked for beside the
 * messages is known to the next one. */
#include "engine/base/digest.h"
#include "engine/base/report.h"
#include "ensign/lists.h"
#include "fixtures/pki.h"
#include "fixtures/trustlists.h"
#include "sti/demo/pki.h"
#include "sti/point/lister.h"
#include "tests/certs/authority.h"
#include "tests/certs/local_server.h"
#include "tests/sti/pushers.h"
#include "tests/suite.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RENEWALS 40u
#define SEALS 2u
#define LEAF_SERIAL 77

static ens_verifier *verifiers[PUSHERS];
static ens_report *reports[PUSHERS];
static ens_trust *customs;
static atomic_uint sealed_by[SEALS], wrong;
static uint8_t seal_sha256[SEALS][32];

/* look proves a receipt, and counts by whose seal. */
static void look(unsigned number, ens_slice message, ens_slice receipt)
{
    ens_message m;
    const ens_verify_options o = {.trust = customs, .customs = customs, .at = ens_time_now(), .role = ENS_ROLE_TRADER};
    ens__report_reset(reports[number]);
    ens_receipt_check(verifiers[number], receipt, message, &o, &m, reports[number]);
    bool good = ens_report_verdict(reports[number]) == ENS_ACCEPTED;
    for (unsigned i = 0; i < SEALS; i++)
        if (good && memcmp(m.signer_sha256, seal_sha256[i], sizeof m.signer_sha256) == 0)
            atomic_fetch_add(&sealed_by[i], 1);
    atomic_fetch_add(&wrong, !good);
}

static X509 *read_cert(const char *path)
{
    FILE *f = fopen(path, "r");
    X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    if (f)
        fclose(f);
    CU_ASSERT_PTR_NOT_NULL_FATAL(x);
    return x;
}

/* set_up_seals has the demo's seal and another demo's. */
static void set_up_seals(char other[64], char paths[SEALS][2][96])
{
    char root[96];
    unsigned len = 32;
    snprintf(other, 64, "%s/other", pushers_base);
    CU_ASSERT_EQUAL_FATAL(ens__demo_pki_make(other, ens_time_now(), ens_time_now(), NULL), ENS_OK);
    customs = ens_trust_new();
    const char *const folders[SEALS] = {pushers_demo.pki, other};
    for (unsigned i = 0; i < SEALS; i++) {
        snprintf(paths[i][0], sizeof paths[i][0], "%.60s/sti.pem", folders[i]);
        snprintf(paths[i][1], sizeof paths[i][1], "%.60s/sti.key", folders[i]);
        snprintf(root, sizeof root, "%.60s/customs-root.pem", folders[i]);
        X509 *x = read_cert(paths[i][0]);
        CU_ASSERT(X509_digest(x, EVP_sha256(), seal_sha256[i], &len) == 1);
        X509_free(x);
        CU_ASSERT_EQUAL(ens_trust_add(customs, root, NULL), ENS_OK);
    }
    for (unsigned i = 0; i < PUSHERS; i++) {
        CU_ASSERT_EQUAL_FATAL(ens_verifier_new(&verifiers[i], NULL), ENS_OK);
        reports[i] = ens_report_new();
    }
}

static void tear_down_seals(void)
{
    for (unsigned i = 0; i < PUSHERS; i++) {
        ens_verifier_free(verifiers[i]);
        ens_report_free(reports[i]);
        pushers[i].look = NULL;
        pushers[i].go_on = NULL;
    }
    ens_trust_free(customs);
}

typedef struct {
    ens_point_service *service;
    unsigned acknowledged;
} load;

static void *run_load(void *arg)
{
    load *l = arg;
    l->acknowledged = pushers_push(l->service, 1, PUSHERS_MOST);
    return NULL;
}

/* renew_once exchanges the seal, every third time for a key and a certificate that don't belong together. */
static void renew_once(ens_point_service *s, unsigned i, ens_point_config *config, char paths[SEALS][2][96])
{
    ens_err err = {0};
    bool half = i % 3 == 2;
    config->seal.certificate = paths[i % 2][0];
    config->seal.key = paths[half ? (i + 1) % 2 : i % 2][1];
    ens_code code = ens__service_renew(s, config, &err);
    CHECK_ROW(half ? code == ENS_EPOLICY : code == ENS_OK, "renewal %u: %s", i, err.text);
}

static void renews_under_load(void)
{
    char other[64], paths[SEALS][2][96];
    ens_err err = {0};
    pthread_t thread;
    atomic_bool go_on = true;
    static ens_point_config config[2];
    pushers_set_up();
    set_up_seals(other, paths);
    load l = {.service = pushers_open(pushers_new_store(), &err)};
    CHECK_ROW(l.service, "%s", err.text);
    if (!l.service)
        return;
    for (unsigned i = 0; i < PUSHERS; i++) {
        pushers[i].look = look;
        pushers[i].go_on = &go_on;
    }
    pthread_create(&thread, NULL, run_load, &l);
    for (unsigned i = 0; i < RENEWALS; i++) {
        ens_point_config *c = &config[i % 2];
        *c = pushers_demo.config;
        renew_once(l.service, i, c, paths);
        usleep(20000);
    }
    atomic_store(&go_on, false);
    pthread_join(thread, NULL);
    unsigned refused = 0;
    for (unsigned i = 0; i < PUSHERS; i++)
        refused += pushers[i].refused;
    CHECK_ROW(refused == 0 && atomic_load(&wrong) == 0, "%u not answered, %u receipts prove nothing", refused,
              atomic_load(&wrong));
    CHECK_ROW(atomic_load(&sealed_by[0]) && atomic_load(&sealed_by[1]), "%u and %u receipts by the two seals",
              atomic_load(&sealed_by[0]), atomic_load(&sealed_by[1]));
    CU_ASSERT_EQUAL(atomic_load(&sealed_by[0]) + atomic_load(&sealed_by[1]), l.acknowledged);
    printf("\n    %u messages acknowledged during %u renewals", l.acknowledged, RENEWALS);
    ens__service_close(l.service);
    tear_down_seals();
}

/* A trader under an authority that tells of revocation over HTTP. */
typedef struct {
    local_page pages[2];
    local_server server;
    authority root, leaf;
    ens_buf crl;
    char root_file[96];
    ens_sealer *before[PUSHERS];
} house_of_revocation;

static void write_pem(const char *path, X509 *x)
{
    FILE *f = fopen(path, "w");
    CU_ASSERT_FATAL(f && PEM_write_X509(f, x) == 1 && fclose(f) == 0);
}

/* seal_by_leaf gives every pusher a sealer of the leaf's. */
static void seal_by_leaf(house_of_revocation *h)
{
    BIO *key = BIO_new(BIO_s_mem()), *cert = BIO_new(BIO_s_mem());
    char *key_text, *cert_text;
    CU_ASSERT_FATAL(PEM_write_bio_PrivateKey(key, h->leaf.key, NULL, NULL, 0, NULL, NULL) == 1 &&
                    PEM_write_bio_X509(cert, h->leaf.cert) == 1 && PEM_write_bio_X509(cert, h->root.cert) == 1);
    size_t key_len = (size_t)BIO_get_mem_data(key, &key_text), cert_len = (size_t)BIO_get_mem_data(cert, &cert_text);
    for (unsigned i = 0; i < PUSHERS; i++) {
        const ens_sealer_options o = {.key = ens_bytes(key_text, key_len),
                                      .certificate = ens_bytes(cert_text, cert_len),
                                      .domain = "trader.example",
                                      .at = ens_time_now()};
        h->before[i] = pushers[i].sealer;
        CU_ASSERT_EQUAL_FATAL(ens_sealer_new(&o, &pushers[i].sealer, NULL), ENS_OK);
    }
    BIO_free(key);
    BIO_free(cert);
}

static void open_revocation(house_of_revocation *h, const long *revoked)
{
    char points[96];
    const ens_time now = ens_time_now(), from = now - 30 * (ens_time)AUTHORITY_DAY,
                   until = now + 30 * (ens_time)AUTHORITY_DAY;
    *h = (house_of_revocation){.server.pages = h->pages};
    CU_ASSERT_FATAL(local_server_start(&h->server));
    snprintf(points, sizeof points, "URI:%s/ca.crl", h->server.base);
    const char *const extensions[] = {"crlDistributionPoints", points, NULL};
    CU_ASSERT_FATAL(authority_make(
        NULL,
        &(authority_row){
            .name = "Root", .ca = true, .usage = AUTHORITY_CA_USAGE, .not_before = from, .not_after = until},
        &h->root));
    CU_ASSERT_FATAL(authority_make(&h->root,
                                   &(authority_row){.name = "Trader",
                                                    .usage = "critical,digitalSignature",
                                                    .extensions = extensions,
                                                    .serial = LEAF_SERIAL,
                                                    .not_before = from,
                                                    .not_after = until},
                                   &h->leaf));
    ens_buf_init(&h->crl, NULL, 0, (size_t)1 << 20);
    CU_ASSERT_FATAL(authority_crl(&h->root,
                                  &(authority_crl_row){.number = 1,
                                                       .revoked = revoked,
                                                       .reason = -1,
                                                       .this_update = now - AUTHORITY_DAY,
                                                       .next_update = now + AUTHORITY_DAY,
                                                       .revoked_at = now - 10 * (ens_time)AUTHORITY_DAY},
                                  &h->crl));
    h->pages[0] = (local_page){.path = "/ca.crl", .body = h->crl.p, .len = h->crl.len};
    snprintf(h->root_file, sizeof h->root_file, "%s/revocation-root.pem", pushers_base);
    write_pem(h->root_file, h->root.cert);
    seal_by_leaf(h);
}

static void close_revocation(house_of_revocation *h)
{
    for (unsigned i = 0; i < PUSHERS; i++) {
        ens_sealer_free(pushers[i].sealer);
        pushers[i].sealer = h->before[i];
    }
    authority_free(&h->root);
    authority_free(&h->leaf);
    ens_buf_free(&h->crl);
}

/* enrol_leaf registers the trader's new certificate. */
static void enrol_leaf(const house_of_revocation *h, const char *registry)
{
    uint8_t sha256[32];
    ens__uumds *db = NULL;
    ens__registration r = {.member_state = "FR",
                           .subject = "Trader",
                           .not_before = ens_time_now() - AUTHORITY_DAY,
                           .not_after = ens_time_now() + AUTHORITY_DAY,
                           .unchecked = true};
    snprintf(r.eori, sizeof r.eori, "%s", ens__demo_parties[0].eori);
    CU_ASSERT_EQUAL(ens__sha256(authority_der(&h->leaf), sha256, NULL), ENS_OK);
    ens__hex(ens_bytes(sha256, sizeof sha256), r.sha256);
    CU_ASSERT_EQUAL_FATAL(ens__uumds_open(registry, false, &db, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__uumds_certify(db, &r, NULL), ENS_OK);
    ens__uumds_close(db);
}

/* ask_beside pushes before and behind the moment when the authority was asked: what it told decides from then on. */
static void ask_beside(const long *revoked, ens_revocation_mode mode, bool before, bool behind)
{
    static house_of_revocation h;
    char *anchors[1], store[64];
    ens_err err = {0};
    pushers_set_up();
    open_revocation(&h, revoked);
    anchors[0] = h.root_file;
    const ens_point_config usual = pushers_demo.config;
    pushers_demo.config.trust = anchors;
    pushers_demo.config.revocation = (ens_config_revocation){mode, ENS_REACH_PRIVATE, NULL};
    pushers_demo.config.refresh_minutes = 60;
    snprintf(store, sizeof store, "%s", pushers_new_store());
    ens_point_service *s = pushers_open(store, &err);
    CHECK_ROW(s, "%s", err.text);
    enrol_leaf(&h, store);
    unsigned first = pushers_push(s, 1, 1), later = 0;
    CHECK_ROW(before ? first > 0 : first < PUSHERS, "%u acknowledged at first", first);
    for (unsigned waited = 0; later != (behind ? PUSHERS : 0) || !waited; waited++) {
        if (waited == 100)
            break;
        usleep(50000);
        later = pushers_push(s, 2 + waited, 1);
    }
    CHECK_ROW(later == (behind ? PUSHERS : 0), "%u acknowledged behind", later);
    ens__service_close(s);
    pushers_demo.config = usual;
    local_server_stop(&h.server);
    CHECK_ROW(h.pages[0].num_asked == 1, "asked %u times", h.pages[0].num_asked);
    close_revocation(&h);
}

static void asks_beside_the_messages(void)
{
    static const long none[] = {0}, leaf[] = {LEAF_SERIAL, 0};
    ask_beside(leaf, ENS_REVOCATION_SOFT, true, false);
    ask_beside(none, ENS_REVOCATION_HARD, false, true);
}

/* What the journal may not grow beyond goes, the oldest first, but for the receipts that copies are answered with. */
static void keeps_the_journal_within_bounds(void)
{
    char store[64];
    ens__store *kept = NULL;
    ens__store_counts before = {0}, after = {0};
    ens_err err = {0};
    static ens_point_config narrow;
    pushers_set_up();
    snprintf(store, sizeof store, "%s", pushers_new_store());
    ens_point_service *s = pushers_open(store, &err);
    CHECK_ROW(s, "%s", err.text);
    unsigned num = pushers_push(s, 3, 60);
    narrow = pushers_demo.config;
    narrow.retention = (ens_config_retention){30, 1};
    CU_ASSERT_EQUAL(ens__service_renew(s, &narrow, NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens__store_open(store, &(ens__store_options){.read_only = true}, &kept, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__store_count(kept, &before, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__service_prune(s, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__store_count(kept, &after, NULL), ENS_OK);
    CHECK_ROW(before.bytes > after.bytes + 100000, "%llu bytes of %u messages became %llu",
              (unsigned long long)before.bytes, num, (unsigned long long)after.bytes);
    ens__store_close(kept);
    pushers_check_again(s);
    ens__service_close(s);
}

/* A registry that is gone is no empty one, and a rule that has held goes on counting while the file is read anew. */
static void goes_on_as_before(void)
{
    char store[64], gone[80];
    ens_err err = {0};
    static ens_point_config without;
    char code[] = "EBMS:0202";
    ens_config_fault once = {.fault = ENS_FAULT_REFUSE, .code = code, .times = 1};
    pushers_set_up();
    const ens_point_config usual = pushers_demo.config;
    snprintf(store, sizeof store, "%s", pushers_new_store());
    snprintf(gone, sizeof gone, "%s.gone", store);
    pushers_demo.config.faults = &once;
    pushers_demo.config.num_faults = 1;
    ens_point_service *s = pushers_open(store, &err);
    CHECK_ROW(s, "%s", err.text);
    unsigned first = pushers_push(s, 4, 1);
    CHECK_ROW(first == PUSHERS - 1, "%u of %u taken", first, PUSHERS);
    CU_ASSERT_EQUAL(ens__service_renew(s, &pushers_demo.config, NULL), ENS_OK);
    CU_ASSERT_EQUAL(pushers_push(s, 5, 1), PUSHERS);
    without = pushers_demo.config;
    without.registry = gone;
    CU_ASSERT_NOT_EQUAL(ens__service_renew(s, &without, NULL), ENS_OK);
    CU_ASSERT(access(gone, F_OK) != 0 && pushers_push(s, 6, 1) == PUSHERS);
    ens__service_close(s);
    pushers_demo.config = usual;
}

static int64_t fixed_ms(void *ctx)
{
    (void)ctx;
    return (int64_t)FX_AT * 1000;
}

/* Lists are brought up to date by a thread of their own, which says once that there is something new. */
static void keeps_lists_up_to_date(void)
{
    static fx_signers signers;
    static fx_pki pki;
    char lists[96], cache[96], anchors[128], command[256];
    ens_lister *l = NULL;
    ens_lists *read = NULL;
    unsigned news = 0;
    pushers_set_up();
    snprintf(lists, sizeof lists, "%s/lists", pushers_base);
    snprintf(cache, sizeof cache, "%s/cache", pushers_base);
    snprintf(anchors, sizeof anchors, "%s/anchors.pem", lists);
    snprintf(command, sizeof command, "mkdir -p %s", lists);
    CU_ASSERT_FATAL(system(command) == 0 && fx_signers_make(&signers) && fx_pki_make(&pki) &&
                    fx_trustlists_write(&signers, &pki, FX_LISTS_PLACE, lists));
    char lotl[] = FX_LISTS_PLACE "/lotl.xml";
    const ens_config_lists config = {cache, lotl, anchors, lists, 1};
    CU_ASSERT_EQUAL_FATAL(ens__lister_start(&config, fixed_ms, NULL, NULL, &l, NULL), ENS_OK);
    for (unsigned waited = 0; !news && waited < 400; waited++) {
        usleep(25000);
        news += ens__lister_has_news(l);
    }
    CHECK_ROW(news == 1 && !ens__lister_has_news(l), "%u times news", news);
    CU_ASSERT_EQUAL(ens_lists_open(cache, &read, NULL), ENS_OK);
    ens_lists_free(read);
    ens__lister_stop(l);
    CU_ASSERT_FALSE(ens__lister_has_news(NULL));
}

static const ens_case cases[] = {
    {"exchanges keys and certificates under load, and nobody meets half of them", renews_under_load},
    {"asks authorities beside the messages, and goes by what they tell from then on", asks_beside_the_messages},
    {"goes on as before where nothing new can be read, or nothing is new", goes_on_as_before},
    {"keeps the journal within bounds, and what answers copies", keeps_the_journal_within_bounds},
    {"keeps trusted lists up to date", keeps_lists_up_to_date},
    {NULL, NULL},
};
ENS_SUITE("sti/point-renew", cases)
