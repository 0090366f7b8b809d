#include "web/api/api.h"

#include <stdlib.h>

struct ens_api {
    ens_web_ground ground;
    ens_web_token token;
};

static void show_health(void *room, ens_web_request *r, ens_web_answer *a)
{
    (void)room;
    (void)r;
    ens_json j = ens__web_begin_json(a);
    ens__json_open(&j, NULL, '{');
    ens__json_text(&j, "status", "alive");
    ens__json_close(&j, '}');
}

static const ens_web_route routes[] = {
    {"GET", "/healthz", show_health, 0, ENS_WEB_OPEN},
};

static bool enter(void *ctx, ens_web_request *r, ens_web_answer *a)
{
    (void)ctx;
    (void)a;
    r->first = 2; /* behind /api/v1 */
    return true;
}

static bool admit(void *ctx, ens_web_request *r, ens_web_answer *a)
{
    const ens_api *api = ctx;
    if (ens__web_token_fits(&api->token, r))
        return true;
    ens__web_add(a, "WWW-Authenticate", ENS_LIT("Bearer realm=\"ensign\""));
    ens__web_refuse(a,
                    &(ens_web_problem){.status = 401,
                                       .detail = "the token is missing, or another one",
                                       .rule = "RFC 6750, 2.1",
                                       .hint = "send Authorization: Bearer and the token of web.token_file; that of a "
                                               "demo is in the file token of its folder"});
    return false;
}

ens_web_room ens__api_room(ens_api *api)
{
    return (ens_web_room){.name = "api",
                          .prefix = ENS_HOUSE_API,
                          .routes = routes,
                          .num_routes = sizeof routes / sizeof *routes,
                          .ctx = api,
                          .enter = enter,
                          .admit = admit};
}

ens_code ens__api_open(const ens_web_ground *ground, ens_api **out, ens_err *err)
{
    ens_api *api = calloc(1, sizeof *api);
    if (!api)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the API", 0);
    api->ground = *ground;
    api->ground.config = NULL;
    ens_code code = ens__web_token_open(ground->config->web.token_file, &api->token, err);
    if (code == ENS_OK)
        *out = api;
    else
        ens__api_close(api);
    return code;
}

void ens__api_stop(ens_api *api)
{
    (void)api;
}

void ens__api_close(ens_api *api)
{
    free(api);
}
