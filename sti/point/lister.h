/* The thread that keeps a cache of trusted lists up to date, beside all that judges by them. What an update brings is
 * used from the next renewal on. */
#ifndef ENS_STI_POINT_LISTER_H
#define ENS_STI_POINT_LISTER_H

#include "sti/point/config.h"

typedef struct ens_lister ens_lister;

/* ens__lister_start copies the configuration; log may be NULL.   Errors  ENS_ENOMEM */
ENS_CHECK ens_code ens__lister_start(const ens_config_lists *config, int64_t (*now_ms)(void *ctx), void *ctx,
                                     ens_log *log, ens_lister **out, ens_err *err);
/* ens__lister_has_news tells whether the cache has changed since it was asked last; NULL: nothing changes. */
bool ens__lister_has_news(ens_lister *l);
/* ens__lister_stop waits for an update in hand. */
void ens__lister_stop(ens_lister *l);

#endif
