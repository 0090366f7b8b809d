/* What runs: its description and its version. */
#include "web/api/parts.h"

static void show_description(void *room, ens_web_request *r, ens_web_answer *a)
{
    const ens_api *api = room;
    (void)r;
    a->type = ENS_WEB_JSON;
    ens_buf_put(&a->body, ens_buf_slice(&api->description));
}

static void show_service(void *room, ens_web_request *r, ens_web_answer *a)
{
    const ens_api *api = room;
    (void)r;
    ens_json j = ens__web_begin_json(a);
    ens__json_open(&j, NULL, '{');
    ens__json_text(&j, "name", "ensign");
    ens__json_text(&j, "version", ens_version());
    ens__json_text(&j, "profile", ens__profile_name(api->rehearsal ? ENS_PROFILE_REHEARSAL : ENS_PROFILE_STRICT));
    ens__json_text(&j, "durable", ens__durable_name(ens__service_durable(api->ground.service)));
    ens__json_close(&j, '}');
}

static const ens_api_route rows[] = {
    {{"GET", "/", show_service, 0, 0},
     "showService",
     "service",
     "Tells what runs here.",
     NULL,
     NULL,
     "application/json=Service",
     200,
     NULL},
    {{"GET", "/openapi.json", show_description, 0, ENS_WEB_OPEN},
     "describe",
     "service",
     "Gives this description.",
     NULL,
     NULL,
     "application/json=-",
     200,
     NULL},
};

ens_api_routes ens__api_of_service(void)
{
    return (ens_api_routes){rows, sizeof rows / sizeof *rows};
}
