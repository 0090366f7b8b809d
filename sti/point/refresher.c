/* The thread that asks for what tells of the revocation of signers: of a new one at once, of all that were seen every
 * so often. What it hears, the trust that judges knows from then on; no message waits for it. */
#include "engine/base/clock.h"
#include "engine/base/report.h"
#include "sti/point/point_parts.h"

#include <stdlib.h>

#define SIGNERS_MAX 256u /* that are remembered; the oldest goes first */

/* A signer with the certificates that came with him. */
typedef struct {
    uint8_t sha256[32];
    uint8_t *der; /* one behind the other */
    size_t len[ENS_CHAIN_MAX];
    size_t num;
    bool fresh; /* nobody was asked about him yet */
} signer;

struct ens_refresher {
    ens_point *point;
    ens_report *report;
    ens_waker *waker;
    int64_t round_ms; /* when all are asked about again */
    pthread_mutex_t lock;
    signer seen[SIGNERS_MAX]; /* under the lock, as what follows */
    size_t num, next;
};

static signer *find_signer(ens_refresher *r, const uint8_t sha256[32])
{
    for (size_t i = 0; i < r->num; i++)
        if (memcmp(r->seen[i].sha256, sha256, sizeof r->seen[i].sha256) == 0)
            return &r->seen[i];
    return NULL;
}

static bool copy_chain(signer *to, const ens_chain *chain)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < chain->num; i++)
        total += chain->cert[i].der.len;
    uint8_t *der = malloc(total + 1);
    if (!der)
        return false;
    free(to->der);
    *to = (signer){.der = der, .num = chain->num, .fresh = true};
    for (size_t i = 0; i < chain->num; at += to->len[i++]) {
        to->len[i] = chain->cert[i].der.len;
        memcpy(der + at, chain->cert[i].der.p, to->len[i]);
    }
    return true;
}

void ens__refresher_see(ens_refresher *r, const ens_message *m)
{
    bool is_new = false;
    if (!r || !m->has_signer || !m->chain->num)
        return;
    pthread_mutex_lock(&r->lock);
    if (!find_signer(r, m->signer_sha256)) {
        signer *s = &r->seen[r->num < SIGNERS_MAX ? r->num : r->next];
        is_new = copy_chain(s, m->chain);
        if (is_new) {
            memcpy(s->sha256, m->signer_sha256, sizeof s->sha256);
            r->next = r->num < SIGNERS_MAX ? 0 : (r->next + 1) % SIGNERS_MAX;
            r->num += r->num < SIGNERS_MAX;
        }
    }
    pthread_mutex_unlock(&r->lock);
    if (is_new)
        ens__waker_wake(r->waker);
}

/* take_signer copies the ith, for there is no lock while somebody is asked; false: nothing has to be asked. */
static bool take_signer(ens_refresher *r, size_t i, bool all, signer *out)
{
    pthread_mutex_lock(&r->lock);
    bool due = i < r->num && (all || r->seen[i].fresh);
    if (due) {
        size_t total = 0;
        *out = r->seen[i];
        for (size_t k = 0; k < out->num; k++)
            total += out->len[k];
        out->der = malloc(total + 1);
        if (out->der)
            memcpy(out->der, r->seen[i].der, total);
        due = out->der != NULL;
        r->seen[i].fresh = false;
    }
    pthread_mutex_unlock(&r->lock);
    return due;
}

static bool read_chain(const signer *s, ens_chain *out)
{
    size_t at = 0;
    for (out->num = 0; out->num < s->num; at += s->len[out->num++])
        if (ens_cert_parse(ens_bytes(s->der + at, s->len[out->num]), &out->cert[out->num], NULL) != ENS_OK)
            return false;
    return true;
}

static void tell_signer(const ens_refresher *r, const signer *s)
{
    char hex[2 * sizeof s->sha256 + 1];
    bool revoked = false;
    for (size_t i = 0; i < ens_report_num(r->report); i++) {
        const ens_finding *f = ens_report_get(r->report, i);
        revoked |= f->outcome == ENS_FAIL && strcmp(f->id, "chain.revocation") == 0;
    }
    ens__hex(ens_bytes(s->sha256, sizeof s->sha256), hex);
    const ens_log_field fields[] = {ens_log_text("signer", hex), ens_log_text("state", revoked ? "revoked" : "asked")};
    ens__log(r->point->plan.log, revoked ? ENS_LOG_WARN : ENS_LOG_DEBUG, "revocation", fields, 2);
}

static void ask_about(ens_refresher *r, const signer *s, const ens_means *means)
{
    ens_chain chain;
    int64_t now = r->point->plan.now_ms(r->point->plan.ctx);
    ens__report_reset(r->report);
    if (!read_chain(s, &chain))
        return;
    ens_chain_check(means->own.fetcher, &chain, (ens_time)(now / 1000), r->report);
    tell_signer(r, s);
}

/* refresh asks about those that are new, or about all where it is time. */
static bool refresh(void *refresher)
{
    ens_refresher *r = refresher;
    ens_means *means = ens__means_share(r->point);
    signer s;
    int64_t now = ens__steady_ms();
    bool all = now >= r->round_ms;
    if (all)
        r->round_ms = now + r->point->plan.refresh_ms;
    for (size_t i = 0; means->own.fetcher && i < SIGNERS_MAX && !ens__waker_ends(r->waker); i++)
        if (take_signer(r, i, all, &s)) {
            ask_about(r, &s, means);
            free(s.der);
        }
    ens__means_drop(means);
    return false;
}

static void destroy(ens_refresher *r)
{
    for (size_t i = 0; i < r->num; i++)
        free(r->seen[i].der);
    ens_report_free(r->report);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

ens_code ens__refresher_start(ens_point *p, ens_refresher **out, ens_err *err)
{
    ens_refresher *r = calloc(1, sizeof *r);
    if (!r)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the revocation of signers", 0);
    r->point = p;
    r->round_ms = ens__steady_ms() + p->plan.refresh_ms;
    r->report = ens_report_new();
    pthread_mutex_init(&r->lock, NULL);
    const ens_waker_plan plan = {.work = refresh, .ctx = r, .every_ms = p->plan.refresh_ms};
    ens_code code = r->report ? ens__waker_start(&plan, &r->waker, err)
                              : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the revocation of signers", 0);
    if (code == ENS_OK)
        *out = r;
    else
        destroy(r);
    return code;
}

void ens__refresher_stop(ens_refresher *r)
{
    if (!r)
        return;
    ens__waker_stop(r->waker);
    destroy(r);
}
