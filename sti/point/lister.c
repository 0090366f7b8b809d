#include "sti/point/lister.h"

#include "engine/base/waker.h"
#include "ensign/lists.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS 3600000u

struct ens_lister {
    char *cache, *lotl, *anchors, *mirror; /* copies */
    int64_t (*now_ms)(void *ctx);
    void *ctx;
    ens_log *log;
    char snapshot[ENS_LISTS_NAME]; /* of the last update; the thread's own */
    atomic_bool news;
    ens_waker *waker;
};

static void tell_lists(const ens_lister *l, ens_code code, const ens_lists_updated *u, const ens_err *err)
{
    char text[ENS_LOG_VALUE_MAX];
    const ens_log_field fields[] = {
        ens_log_text("snapshot", u->snapshot), ens_log_number("lists", u->num_lists),
        ens_log_number("usable", u->num_usable),
        ens_log_text("reason", code == ENS_OK ? "" : ens_err_format(err, text, sizeof text))};
    ens__log(l->log, code == ENS_OK ? ENS_LOG_INFO : ENS_LOG_WARN, "lists", fields, sizeof fields / sizeof *fields);
}

static bool update(void *lister)
{
    ens_lister *l = lister;
    ens_err err = {0};
    ens_lists_updated u = {0};
    const ens_lists_update_options o = {.cache = l->cache,
                                        .lotl = l->lotl,
                                        .anchors = l->anchors,
                                        .mirror = l->mirror,
                                        .at = (ens_time)(l->now_ms(l->ctx) / 1000)};
    ens_code code = ens_lists_update(&o, &u, &err);
    tell_lists(l, code, &u, &err);
    if (code == ENS_OK && u.snapshot[0] && strcmp(u.snapshot, l->snapshot) != 0) {
        memcpy(l->snapshot, u.snapshot, sizeof l->snapshot);
        atomic_store(&l->news, true);
    }
    return false;
}

static void destroy(ens_lister *l)
{
    free(l->cache);
    free(l->lotl);
    free(l->anchors);
    free(l->mirror);
    free(l);
}

static bool copy(char **to, const char *text)
{
    *to = text ? strdup(text) : NULL;
    return !text || *to;
}

ens_code ens__lister_start(const ens_config_lists *c, int64_t (*now_ms)(void *), void *ctx, ens_log *log,
                           ens_lister **out, ens_err *err)
{
    ens_lister *l = calloc(1, sizeof *l);
    if (!l)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the trusted lists", 0);
    *l = (ens_lister){.now_ms = now_ms, .ctx = ctx, .log = log};
    const ens_waker_plan plan = {.work = update, .ctx = l, .every_ms = c->hours * HOUR_MS};
    bool good = copy(&l->cache, c->cache) && copy(&l->lotl, c->lotl) && copy(&l->anchors, c->anchors) &&
                copy(&l->mirror, c->mirror);
    ens_code code = good ? ens__waker_start(&plan, &l->waker, err)
                         : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the trusted lists", 0);
    if (code == ENS_OK)
        *out = l;
    else
        destroy(l);
    return code;
}

bool ens__lister_has_news(ens_lister *l)
{
    return l && atomic_exchange(&l->news, false);
}

void ens__lister_stop(ens_lister *l)
{
    if (!l)
        return;
    ens__waker_stop(l->waker);
    destroy(l);
}
