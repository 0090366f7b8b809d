#include "bench/pull.h"

#include "as4/client.h"
#include "engine/base/file.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define RULE "Ensign bench"
#define EMPTY_MAX 40u   /* looks into an empty channel in a row */
#define EMPTY_US 100000 /* between two of them */

typedef struct {
    const ens_stand_in *server;
    ens_file cert, key;
    char url[160], root[160];
    size_t most;
    _Atomic size_t num;
} pulling;

typedef struct {
    pthread_t thread;
    bool started;
    pulling *of;
    ens_sealer *sealer;
    ens__client *client;
    ens_code code;
    ens_err err;
} puller;

/* pull_one pulls and acknowledges; *empty: nothing waits. */
static ens_code pull_one(puller *p, const ens__client_peer *peer, bool *empty)
{
    const ens_seal_signal_options at = {.at = ens_time_now()};
    ens_slice request, receipt;
    ens__exchange x = {0};
    ens_message m = {0};
    ens_code code = ens_seal_pull(p->sealer, ens_str(p->of->server->eori), &at, &request, &p->err);
    if (code == ENS_OK)
        code = ens__client_pull(p->client, peer, request, ens_sealer_message_id(p->sealer), &x, &m, &p->err);
    *empty = code == ENS_OK && x.outcome == ENS_EXCHANGE_EMPTY;
    if (code != ENS_OK || *empty)
        return code;
    if (x.outcome != ENS_EXCHANGE_PROVEN)
        return ens_fail_about(&p->err, ENS_EIO, RULE, "the pull came to nothing", x.detail);
    code = ens_seal_receipt(p->sealer, &m, &at, &receipt, &p->err);
    return code == ENS_OK ? ens__client_signal(p->client, peer, receipt, &x, &p->err) : code;
}

static void *pull_all(void *arg)
{
    puller *p = arg;
    const ens_verify_options judge = {.at = ENS_TIME_NONE, .role = ENS_ROLE_TRADER, .documents = ENS_DOCUMENTS_OFF};
    const ens__client_peer peer = {.url = p->of->url,
                                   .tls_cert = p->of->cert.bytes,
                                   .tls_key = p->of->key.bytes,
                                   .tls_root = p->of->root,
                                   .judge = &judge};
    for (unsigned quiet = 0; p->code == ENS_OK && quiet < EMPTY_MAX && atomic_load(&p->of->num) < p->of->most;) {
        bool empty = false;
        p->code = pull_one(p, &peer, &empty);
        quiet = empty ? quiet + 1 : 0;
        if (empty)
            usleep(EMPTY_US);
        else if (p->code == ENS_OK)
            atomic_fetch_add(&p->of->num, 1);
    }
    return NULL;
}

static ens_code open_files(pulling *all, ens_err *err)
{
    char path[160];
    const ens_stand_in *s = all->server;
    snprintf(all->url, sizeof all->url, "https://127.0.0.1:%u%s", s->tls_port, s->path);
    snprintf(all->root, sizeof all->root, "%s/tls-root.pem", s->pki);
    snprintf(path, sizeof path, "%s/tls-client.pem", s->pki);
    ens_code code = ens__file_open(path, 0, &all->cert, err);
    snprintf(path, sizeof path, "%s/tls-client.key", s->pki);
    return code == ENS_OK ? ens__file_open(path, 0, &all->key, err) : code;
}

ens_code ens__pull_run(const ens_stand_in *s, size_t most, size_t *num, ens_err *err)
{
    pulling all = {.server = s, .most = most};
    puller pullers[ENS_PULL_THREADS] = {0};
    ens_code code = open_files(&all, err);
    for (unsigned i = 0; i < ENS_PULL_THREADS && code == ENS_OK; i++) {
        puller *p = &pullers[i];
        p->of = &all;
        code = ens__stand_in_sealer(s, &p->sealer, err);
        if (code == ENS_OK)
            code = ens__client_new(&p->client, err);
        p->started = code == ENS_OK && pthread_create(&p->thread, NULL, pull_all, p) == 0;
    }
    for (unsigned i = 0; i < ENS_PULL_THREADS; i++) {
        puller *p = &pullers[i];
        if (p->started)
            pthread_join(p->thread, NULL);
        if (code == ENS_OK && p->code != ENS_OK) {
            code = p->code;
            if (err)
                *err = p->err;
        }
        ens__client_free(p->client);
        ens_sealer_free(p->sealer);
    }
    ens__file_close(&all.cert);
    ens__file_close(&all.key);
    *num = atomic_load(&all.num);
    return code;
}
