/* The web face as `ensign serve` opens it: the rooms that there are, over what the server stands on. This is all that
 * the command needs of it. */
#ifndef ENS_WEB_HOUSE_H
#define ENS_WEB_HOUSE_H

#include "engine/base/log.h"
#include "sti/point/service.h"
#include "sti/rehearsal/rehearsal.h"

#define ENS_HOUSE_API "/api/v1"

/* What rooms stand on. All of it is borrowed until the house is closed, but for config: good until open returns, for a
 * renewal puts another one in its place. */
typedef struct {
    const ens_point_config *config;
    ens_point_service *service; /* the access point, its store */
    ens_clocks *clocks;
    ens_log *log;
    int64_t (*now_ms)(void *ctx); /* of the environment; since 1970; any thread */
    void *ctx;
    const char *demo;          /* the folder of a demo; NULL: it is none */
    ens__rehearsal *rehearsal; /* of the registration; the house opens it: NULL where the registry is no file */
} ens_web_ground;

typedef struct ens_web_house ens_web_house;

/* ens__house_open opens what the configuration says of the web.   Errors  those of the parts */
ENS_CHECK ens_code ens__house_open(const ens_web_ground *ground, ens_web_house **out, ens_err *err);
/* ens__house_url is "http://127.0.0.1:40000", without a path; "" for NULL. */
const char *ens__house_url(const ens_web_house *house);
void ens__house_close(ens_web_house *house); /* NULL: nothing */

#endif
