#include "sti/point/service.h"

#include "engine/base/clock.h"
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "sti/point/lister.h"
#include "sti/rehearsal/environment.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULE "Ensign configuration"
#define DAY_MS ((int64_t)86400000)
#define PRUNE_MS 5000 /* of one round; the next goes on */

struct ens_point_service {
    ens_point_service_plan plan;
    const ens_point_config *config;
    ens__store *store;
    pthread_mutex_t lock;       /* of trust, for who asks from other threads */
    ens_trust *trust, *fetcher; /* of the means in use: what follows them shares what they heard */
    ens_fault_rules *faults;    /* the same: they go on counting while the configuration stays */
    uint8_t shown[32];          /* of the files of what TLS shows */
    ens_board *board;
    ens_point *point;
    ens_lister *lister; /* NULL: no lists are kept up to date */
    char *spool;        /* the server's, whatever configuration follows */
};

static ens_time now_s(void *service)
{
    const ens_point_service_plan *p = &((const ens_point_service *)service)->plan;
    return (ens_time)(p->now_ms(p->ctx) / 1000);
}

static const char *registry_of(const ens_point_config *c)
{
    return c->registry ? c->registry : c->store.path;
}

static ens_code open_store(ens_point_service *s, ens_err *err)
{
    char about[ENS_ERR_TEXT / 2];
    const ens_config_store *c = &s->config->store;
    const char *shown = ens__store_is_elsewhere(c->path) ? "the store in PostgreSQL" : c->path;
    if (ens__store_is_elsewhere(registry_of(s->config)))
        return ens_fail(err, ENS_EPOLICY, RULE,
                        "the registry is a file: name one (registry) beside a store in PostgreSQL", 0);
    if (!ens__store_is_elsewhere(c->path))
        ens__file_make_private(c->path);
    ens_code code = ens__store_open(c->path, &(ens__store_options){.create = true}, &s->store, err);
    if (code != ENS_OK)
        return ens_within(err, code, shown);
    bool changed;
    if (s->plan.clocks && (code = ens__clocks_read(s->plan.clocks, s->store, &changed, err)) != ENS_OK)
        return ens_within(err, code, shown);
    ens_durable kept = ens__store_durable(s->store);
    if (kept >= c->durable)
        return ENS_OK;
    snprintf(about, sizeof about, "keeps: %s; the configuration demands: %s", ens__durable_name(kept),
             ens__durable_name(c->durable));
    ens_fail_about(err, ENS_EPOLICY, RULE, "the store isn't durable enough; see what is missing: ensign store check",
                   about);
    return ens_within(err, ENS_EPOLICY, shown);
}

/* open_registry makes one only at the start: one that is gone later is no empty one. */
static ens_code open_registry(const ens_point_service *s, const ens_point_config *c, bool create, ens__uumds **out,
                              ens_err *err)
{
    ens_code code = ens__uumds_open(registry_of(c), create, out, err);
    if (code == ENS_OK && s->plan.enrol)
        code = s->plan.enrol(s->plan.ctx, s->store, *out, err);
    return code == ENS_OK ? ENS_OK : ens_within(err, code, registry_of(c));
}

static ens_code put_channel(const ens_point_service *s, const ens_config_channel *c, ens_mode mode, ens_err *err)
{
    ens__channel channel = {.mode = mode};
    const char *url = mode == ENS_PUSH ? c->url : "";
    if (snprintf(channel.party_id, sizeof channel.party_id, "%s", c->party) >= (int)sizeof channel.party_id ||
        snprintf(channel.url, sizeof channel.url, "%s", url) >= (int)sizeof channel.url)
        return ens_fail_about(err, ENS_ELIMIT, RULE, "a channel's party or URL is too long", c->party);
    return ens__store_party_put_channel(s->store, &channel, err);
}

static bool has_channel(const ens_config_push *push, const char *party)
{
    for (unsigned i = 0; i < push->num_channels; i++)
        if (strcmp(push->channels[i].party, party) == 0)
            return true;
    return false;
}

/* open_channels puts down who is pushed to; who was and is no longer pulls. */
static ens_code open_channels(const ens_point_service *s, const ens_config_push *old, const ens_config_push *push,
                              ens_err *err)
{
    ens_code code = ENS_OK;
    for (unsigned i = 0; i < push->num_channels && code == ENS_OK; i++)
        code = put_channel(s, &push->channels[i], ENS_PUSH, err);
    for (unsigned i = 0; old && i < old->num_channels && code == ENS_OK; i++)
        if (!has_channel(push, old->channels[i].party))
            code = put_channel(s, &old->channels[i], ENS_PULL, err);
    return code;
}

/* open_means opens what may change; tls is NULL where nobody listens with TLS. */
static ens_code open_means(ens_point_service *s, const ens_point_config *c, ens_point_means **means, ens_tls **tls,
                           ens_err *err)
{
    const ens_config_trusts old = {s->trust, s->fetcher};
    ens_code code = ens__config_means(c, &old, now_s(s), means, err);
    if (code == ENS_OK)
        code = ens__config_tls(c, now_s, s, tls, err);
    if (code != ENS_OK) {
        ens__point_means_free(*means);
        *means = NULL;
    }
    return code;
}

/* What is kept of means that go into use. */
typedef struct {
    ens_trust *trust, *fetcher;
    ens_fault_rules *faults;
} kept;

static kept share_kept(const ens_point_means *m)
{
    return (kept){ens_trust_ref(m->trust), m->fetcher ? ens_trust_ref(m->fetcher) : NULL,
                  ens__fault_rules_share(m->faults)};
}

static void drop_kept(const kept *k)
{
    ens_trust_free(k->trust);
    ens_trust_free(k->fetcher);
    ens__fault_rules_free(k->faults);
}

static void keep(ens_point_service *s, kept now)
{
    pthread_mutex_lock(&s->lock);
    const kept before = {s->trust, s->fetcher, s->faults};
    s->trust = now.trust;
    s->fetcher = now.fetcher;
    s->faults = now.faults;
    pthread_mutex_unlock(&s->lock);
    drop_kept(&before);
}

/* print_shown is a fingerprint of the files that TLS is made of; those that can't be read leave it zero. */
static void print_shown(const ens_config_tls *c, uint8_t out[32])
{
    const char *const paths[] = {c->certificate, c->key, c->pass_file, c->clients};
    uint8_t all[sizeof paths / sizeof *paths + 1][32] = {{0}};
    all[sizeof paths / sizeof *paths][0] = (uint8_t)c->client;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        ens_file f = {0};
        if (paths[i] &&
            (ens__file_open_secret(paths[i], 0, &f, NULL) != ENS_OK || ens__sha256(f.bytes, all[i], NULL) != ENS_OK))
            memset(all[i], 0, sizeof all[i]);
        ens__file_close(&f);
    }
    if (ens__sha256(ens_bytes(all, sizeof all), out, NULL) != ENS_OK)
        memset(out, 0, sizeof all[0]);
}

/* mark_of tells by the MRNs of which environment they are. */
static const char *mark_of(const ens_point_config *c)
{
    ens__environment e;
    return c->environment && ens__environment_read(ens_str(c->environment), &e) ? ens__environment_of(e)->mark : NULL;
}

static ens_code start(ens_point_service *s, ens_point_means *means, ens_tls *tls, ens_err *err)
{
    const ens_point_config *c = s->config;
    ens_server_listen listen[ENS_SERVER_LISTENERS_MAX];
    const ens_point_plan plan = {.listen = listen,
                                 .num_listen = c->num_listen,
                                 .tls = tls,
                                 .means = means,
                                 .store = s->store,
                                 .log = s->plan.log,
                                 .path = c->path,
                                 .spool = s->spool,
                                 .pull = {c->pull.receipt_seconds * (int64_t)1000, c->pull.tries},
                                 .limits = {.body = (uint64_t)c->body_megabytes << 20},
                                 .loops = c->loops,
                                 .workers = c->workers,
                                 .refresh_ms = c->refresh_minutes * 60000u,
                                 .rehearsal = c->profile == ENS_PROFILE_REHEARSAL,
                                 .now_ms = s->plan.now_ms,
                                 .ctx = s->plan.ctx,
                                 .clocks = s->plan.clocks,
                                 .board = s->board,
                                 .mark = mark_of(c),
                                 .linking_ms = c->linking_seconds * (int64_t)1000};
    for (unsigned i = 0; i < c->num_listen; i++)
        listen[i] = (ens_server_listen){c->listen[i].address, c->listen[i].tls};
    keep(s, share_kept(means));
    print_shown(&c->tls, s->shown);
    return ens__point_start(&plan, &s->point, err);
}

static ens_code open_all(ens_point_service *s, ens_err *err)
{
    ens_point_means *means = NULL;
    ens_tls *tls = NULL;
    ens_code code = open_store(s, err);
    if (code == ENS_OK)
        code = open_channels(s, NULL, &s->config->push, err);
    if (code == ENS_OK)
        code = open_means(s, s->config, &means, &tls, err);
    if (code == ENS_OK)
        code = open_registry(s, s->config, true, &means->registry, err);
    if (code == ENS_OK)
        code = start(s, means, tls, err);
    else
        ens__point_means_free(means);
    ens__tls_free(tls);
    if (code == ENS_OK && s->config->lists.cache)
        code = ens__lister_start(&s->config->lists, s->plan.now_ms, s->plan.ctx, s->plan.log, &s->lister, err);
    return code;
}

ens_code ens__service_open(const ens_point_config *config, const ens_point_service_plan *plan, ens_point_service **out,
                           ens_err *err)
{
    ens_point_service *s = calloc(1, sizeof *s);
    if (!s)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the access point", 0);
    pthread_mutex_init(&s->lock, NULL);
    s->plan = *plan;
    s->config = config;
    s->spool = config->spool ? strdup(config->spool) : NULL;
    s->board = ens__board_new();
    ens_code code = !s->board || (config->spool && !s->spool)
                        ? ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the access point", 0)
                        : open_all(s, err);
    if (code == ENS_OK)
        *out = s;
    else
        ens__service_close(s);
    return code;
}

ens_code ens__service_check(const ens_point_config *config, const ens_point_service_plan *plan, ens_err *err)
{
    ens_point_service s = {.plan = *plan, .config = config};
    ens_point_means *means = NULL;
    ens_tls *tls = NULL;
    ens_code code = open_means(&s, config, &means, &tls, err);
    ens__point_means_free(means);
    ens__tls_free(tls);
    return code;
}

static bool differs(const char *a, const char *b)
{
    return a != b && (!a || !b || strcmp(a, b) != 0);
}

static bool listens_elsewhere(const ens_point_config *a, const ens_point_config *b)
{
    bool other = a->num_listen != b->num_listen;
    for (unsigned i = 0; !other && i < a->num_listen; i++)
        other = a->listen[i].tls != b->listen[i].tls || differs(a->listen[i].address, b->listen[i].address);
    return other;
}

static bool serves_elsewhere(const ens_config_web *a, const ens_config_web *b)
{
    bool other = a->num_names != b->num_names || a->threads != b->threads || differs(a->listen, b->listen) ||
                 differs(a->certificate, b->certificate) || differs(a->key, b->key) ||
                 differs(a->pass_file, b->pass_file) || differs(a->token_file, b->token_file) ||
                 differs(a->users, b->users);
    for (unsigned i = 0; !other && i < a->num_names; i++)
        other = differs(a->names[i], b->names[i]);
    return other;
}

const char *ens__service_fixed(const ens_point_config *a, const ens_point_config *b, unsigned nth)
{
    const struct {
        bool other;
        const char *key;
    } rows[] = {
        {a->profile != b->profile, "profile"},
        {differs(a->environment, b->environment), "environment"},
        {listens_elsewhere(a, b), "listen"},
        {differs(a->path, b->path), "path"},
        {differs(a->store.path, b->store.path), "store.path"},
        {a->store.durable != b->store.durable, "store.durable"},
        {a->workers != b->workers, "workers"},
        {a->loops != b->loops, "loops"},
        {a->body_megabytes != b->body_megabytes, "body_megabytes"},
        {differs(a->spool, b->spool), "spool"},
        {a->linking_seconds != b->linking_seconds, "linking_seconds"},
        {a->pull.receipt_seconds != b->pull.receipt_seconds || a->pull.tries != b->pull.tries, "pull"},
        {a->log != b->log, "log"},
        {differs(a->lists.cache, b->lists.cache) || differs(a->lists.lotl, b->lists.lotl) ||
             differs(a->lists.anchors, b->lists.anchors) || differs(a->lists.mirror, b->lists.mirror) ||
             a->lists.hours != b->lists.hours,
         "lists"},
        {serves_elsewhere(&a->web, &b->web), "web"},
        {a->refresh_minutes != b->refresh_minutes, "refresh_minutes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].other && nth-- == 0)
            return rows[i].key;
    return NULL;
}

static void tell_fixed(const ens_point_service *s, const ens_point_config *next)
{
    const char *key;
    for (unsigned i = 0; (key = ens__service_fixed(s->config, next, i)); i++) {
        const ens_log_field field = ens_log_text("key", key);
        ens__log(s->plan.log, ENS_LOG_WARN, "needs-restart", &field, 1);
    }
}

/* exchange_means puts them in the place of those in use. */
static ens_code exchange_means(ens_point_service *s, ens_point_means *means, ens_tls *tls, ens_err *err)
{
    const kept now = share_kept(means);
    ens_code code = ens__point_renew(s->point, means, tls, err);
    if (code == ENS_OK)
        keep(s, now);
    else
        drop_kept(&now);
    return code;
}

/* go_on_counting lets the rules of a configuration that stays be those that have counted so far. */
static void go_on_counting(const ens_point_service *s, const ens_point_config *config, ens_point_means *means)
{
    if (config != s->config)
        return;
    ens__fault_rules_free(means->faults);
    means->faults = ens__fault_rules_share(s->faults);
}

ens_code ens__service_renew(ens_point_service *s, const ens_point_config *config, ens_err *err)
{
    ens_point_means *means = NULL;
    ens_tls *tls = NULL;
    uint8_t shown[32];
    print_shown(&config->tls, shown);
    ens_code code = open_means(s, config, &means, &tls, err);
    if (code == ENS_OK)
        code = open_registry(s, config, false, &means->registry, err);
    if (code == ENS_OK)
        code = open_channels(s, &s->config->push, &config->push, err);
    if (code == ENS_OK)
        go_on_counting(s, config, means);
    bool same = memcmp(shown, s->shown, sizeof shown) == 0; /* then nobody is let go for it */
    if (code == ENS_OK)
        code = exchange_means(s, means, same ? NULL : tls, err);
    else
        ens__point_means_free(means);
    ens__tls_free(tls);
    if (code != ENS_OK)
        return code;
    memcpy(s->shown, shown, sizeof shown);
    tell_fixed(s, config);
    s->config = config;
    return ENS_OK;
}

ens_code ens__service_prune(ens_point_service *s, ens_err *err)
{
    bool more = true;
    ens_code code = ENS_OK;
    int64_t end = ens__steady_ms() + PRUNE_MS;
    const ens__retention keep = {.keep_ms = s->config->retention.days * DAY_MS,
                                 .duplicates_ms = ENS_POINT_DUPLICATES_DAYS * DAY_MS,
                                 .size = (uint64_t)s->config->retention.megabytes << 20};
    while (more && code == ENS_OK && ens__steady_ms() < end)
        code = ens__store_prune(s->store, &keep, &more, err);
    return code;
}

bool ens__service_has_news(const ens_point_service *s)
{
    return ens__lister_has_news(s->lister);
}

ens_durable ens__service_durable(const ens_point_service *s)
{
    return ens__store_durable(s->store);
}

ens_point *ens__service_point(const ens_point_service *s)
{
    return s->point;
}

ens_board *ens__service_board(const ens_point_service *s)
{
    return s->board;
}

ens__store *ens__service_store(const ens_point_service *s)
{
    return s->store;
}

ens_trust *ens__service_trust(ens_point_service *s)
{
    pthread_mutex_lock(&s->lock);
    ens_trust *trust = ens_trust_ref(s->trust);
    pthread_mutex_unlock(&s->lock);
    return trust;
}

/* log_end says how much was synced, and for how much: what an operator compares with the messages that came. */
static void log_end(const ens_point_service *s)
{
    ens__store_counts counts;
    if (!s->store || ens__store_count(s->store, &counts, NULL) != ENS_OK)
        return;
    const ens_log_field fields[] = {ens_log_number("changes", counts.changes),
                                    ens_log_number("commits", counts.commits)};
    ens__log(s->plan.log, ENS_LOG_INFO, "stopped", fields, sizeof fields / sizeof *fields);
}

void ens__service_close(ens_point_service *s)
{
    if (!s)
        return;
    ens__lister_stop(s->lister);
    ens__point_stop(s->point, ENS_POINT_DRAIN_MS);
    log_end(s);
    keep(s, (kept){0});
    if (s->store)
        ens__store_close(s->store);
    ens__board_free(s->board);
    pthread_mutex_destroy(&s->lock);
    free(s->spool);
    free(s);
}
