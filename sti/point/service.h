/* An access point as a configuration sets it up: store, registry, means and server are opened, renewed while it serves,
 * looked after and closed as one. */
#ifndef ENS_STI_POINT_SERVICE_H
#define ENS_STI_POINT_SERVICE_H

#include "sti/point/config.h"

typedef struct {
    int64_t (*now_ms)(void *ctx); /* since 1970; any thread */
    void *ctx;
    ens_clocks *clocks; /* that now_ms tells of; borrowed; NULL: there are none */
    ens_log *log;       /* borrowed; may be NULL */
    /* enrol puts those into registry and store who have to be there; NULL: nobody. */
    ens_code (*enrol)(void *ctx, ens__store *store, ens__uumds *registry, ens_err *err);
} ens_point_service_plan;

typedef struct ens_point_service ens_point_service;

/* ens__service_open opens all that the configuration names, and serves. config is borrowed until another one takes its
 * place.
 * Errors  those of the parts; ENS_EPOLICY the store keeps less than the configuration demands */
ENS_CHECK ens_code ens__service_open(const ens_point_config *config, const ens_point_service_plan *plan,
                                     ens_point_service **out, ens_err *err);
/* ens__service_check opens what the configuration names, but for the store, and closes it. */
ENS_CHECK ens_code ens__service_check(const ens_point_config *config, const ens_point_service_plan *plan, ens_err *err);
/* ens__service_renew reads what the configuration names anew, and takes over what may change while it serves; what may
 * not is told in the log (ens__service_fixed). Nobody waits, and whatever fails leaves all as it was: config is
 * borrowed from then on only when it succeeds. */
ENS_CHECK ens_code ens__service_renew(ens_point_service *s, const ens_point_config *config, ens_err *err);
/* ens__service_has_news tells whether lists have changed that a renewal would read. */
bool ens__service_has_news(const ens_point_service *s);
/* ens__service_fixed names the nth key that differs and takes a restart; NULL: there is none. */
const char *ens__service_fixed(const ens_point_config *now, const ens_point_config *next, unsigned nth);
/* ens__service_prune takes away what the journal need not keep, for some seconds at most. */
ENS_CHECK ens_code ens__service_prune(ens_point_service *s, ens_err *err);

ens_durable ens__service_durable(const ens_point_service *s);
ens_point *ens__service_point(const ens_point_service *s);
/* What is rehearsed by who steers it while it serves. */
ens_board *ens__service_board(const ens_point_service *s);
ens__store *ens__service_store(const ens_point_service *s);
/* ens__service_trust is a reference to the anchors in use, to be given back by ens_trust_free. Any thread. */
ens_trust *ens__service_trust(ens_point_service *s);
/* ens__service_close takes no more, finishes what came, and closes all. */
void ens__service_close(ens_point_service *s);

#endif
