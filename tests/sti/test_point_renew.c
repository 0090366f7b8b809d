/* Keys, certificates and lists are exchanged while several push: every message is answered, each receipt is whole, by
 * the old seal or by the new, and what can't be read changes nothing. And revocation that is asked for beside the
 * messages is known to the next one. */
#include "engine/base/report.h"
#include "sti/demo/pki.h"
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

static const ens_case cases[] = {
    {"exchanges keys and certificates under load, and nobody meets half of them", renews_under_load},
    {NULL, NULL},
};
ENS_SUITE("sti/point-renew", cases)
