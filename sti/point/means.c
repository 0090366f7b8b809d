/* What may change while the point serves: counted, and exchanged as a whole. */
#include "sti/fault/stranger.h"
#include "sti/point/point_parts.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#define RULE "Ensign access point"

static void clear_means(ens_point_means *m)
{
    ens_trust_free(m->trust);
    ens_trust_free(m->fetcher);
    ens_buf_wipe(&m->key);
    ens_buf_wipe(&m->certificate);
    if (m->pass)
        OPENSSL_cleanse(m->pass, strlen(m->pass));
    free(m->pass);
    if (m->registry)
        ens__uumds_close(m->registry);
    ens__fault_rules_free(m->faults);
    ens__scenarios_free(m->scenarios);
    ens_buf_wipe(&m->push.tls_cert);
    ens_buf_wipe(&m->push.tls_key);
    free(m->push.tls_root);
}

void ens__point_means_free(ens_point_means *m)
{
    if (!m)
        return;
    clear_means(m);
    free(m);
}

static ens_code make_sealer(const ens_point_means *m, ens_time at, ens_sealer **out, ens_err *err)
{
    const ens_sealer_options o = {.key = ens_buf_slice(&m->key),
                                  .certificate = ens_buf_slice(&m->certificate),
                                  .key_pass = m->pass,
                                  .certificate_pass = m->pass,
                                  .domain = m->domain,
                                  .at = at};
    return ens_sealer_new(&o, out, err);
}

ens_code ens__point_means_check(const ens_point_means *m, ens_time at, ens_err *err)
{
    ens_sealer *sealer = NULL;
    if (!m->trust || !ens_trust_num_anchors(m->trust))
        return ens_fail(err, ENS_EPOLICY, RULE, "nobody's seal is trusted: name the anchors", 0);
    ens_code code = make_sealer(m, at, &sealer, err);
    ens_sealer_free(sealer);
    return code;
}

ens_code ens__means_take(ens_point_means *own, ens_time at, ens_means **out, ens_err *err)
{
    ens_means *m = calloc(1, sizeof *m);
    if (!m) {
        ens__point_means_free(own);
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the verifier", 0);
    }
    m->own = *own;
    m->users = 1;
    free(own);
    ens_code code = ens__point_means_check(&m->own, at, err);
    if (code != ENS_OK)
        ens__means_drop(m);
    else
        *out = m;
    return code;
}

ens_means *ens__means_share(ens_point *p)
{
    pthread_mutex_lock(&p->lock);
    ens_means *m = p->means;
    atomic_fetch_add(&m->users, 1);
    pthread_mutex_unlock(&p->lock);
    return m;
}

void ens__means_drop(ens_means *m)
{
    if (!m || atomic_fetch_sub(&m->users, 1) != 1)
        return;
    clear_means(&m->own);
    free(m);
}

bool ens__desk_renew(ens_desk *d, ens_point *p, ens_time at)
{
    ens_means *now = ens__means_share(p);
    ens_sealer *sealer = NULL;
    if (now == d->means || make_sealer(&now->own, at, &sealer, NULL) != ENS_OK) {
        ens__means_drop(now);
        return d->sealer != NULL;
    }
    ens__desk_clear(d);
    d->sealer = sealer;
    d->means = now;
    return true;
}

ens_sealer *ens__desk_stranger(ens_desk *d, ens_time at)
{
    if (!d->stranger && ens__stranger_sealer(d->means->own.domain, at, &d->stranger, NULL) != ENS_OK)
        d->stranger = NULL;
    return d->stranger;
}

void ens__desk_clear(ens_desk *d)
{
    ens_sealer_free(d->sealer);
    ens_sealer_free(d->stranger);
    ens__means_drop(d->means);
    *d = (ens_desk){0};
}
