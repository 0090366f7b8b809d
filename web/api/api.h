/* The API: REST and JSON under /api/v1 (docs/rest.md), by a bearer token. */
#ifndef ENS_WEB_API_API_H
#define ENS_WEB_API_API_H

#include "web/base/site.h"
#include "web/house.h"

typedef struct ens_api ens_api;

/* Errors  those of the token's file; ENS_ENOMEM */
ENS_CHECK ens_code ens__api_open(const ens_web_ground *ground, ens_api **out, ens_err *err);
/* ens__api_rooms gives the rooms of the API, of /healthz, /readyz and /metrics. */
#define ENS_API_ROOMS 4u
unsigned ens__api_rooms(ens_api *api, ens_web_room out[ENS_API_ROOMS]);
/* ens__api_feed is the journal as it grows; other rooms listen to it, too. */
struct ens_feed *ens__api_feed(const ens_api *api);
/* ens__api_stop answers whoever waits, and ends streams. */
void ens__api_stop(ens_api *api);
void ens__api_close(ens_api *api);

#endif
