/* The API: REST and JSON under /api/v1 (docs/rest.md), by a bearer token. */
#ifndef ENS_WEB_API_API_H
#define ENS_WEB_API_API_H

#include "web/base/site.h"
#include "web/house.h"

typedef struct ens_api ens_api;

/* Errors  those of the token's file; ENS_ENOMEM */
ENS_CHECK ens_code ens__api_open(const ens_web_ground *ground, ens_api **out, ens_err *err);
ens_web_room ens__api_room(ens_api *api);
/* ens__api_stop answers whoever waits, and ends streams. */
void ens__api_stop(ens_api *api);
void ens__api_close(ens_api *api);

#endif
