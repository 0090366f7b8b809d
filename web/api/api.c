#include "web/api/parts.h"

#include <stdio.h>
#include <stdlib.h>

#define SPACE_FIELD "Ensign-Space"

static const ens_web_route probes[] = {
    {"GET", "/healthz", ens__api_show_alive, 0, ENS_WEB_OPEN},
    {"GET", "/readyz", ens__api_show_ready, 0, ENS_WEB_OPEN},
    {"GET", "/metrics", ens__api_show_metrics, 0, 0},
};

/* ---- what the files share ---- */

void ens__api_refuse(ens_web_answer *a, unsigned status, const char *detail, const char *hint)
{
    ens__web_refuse(a, &(ens_web_problem){.status = status, .detail = detail, .hint = hint});
}

bool ens__api_is_space(ens_slice s)
{
    bool good = s.len >= 3 && s.len <= 17;
    for (size_t i = 0; good && i < s.len; i++)
        good = (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
               (i > 1 && ((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'z')));
    return good;
}

const char *ens__api_space(const ens_web_request *r)
{
    return r->space ? r->space : "";
}

bool ens__api_is_of(const ens_web_request *r, ens_slice party)
{
    return !r->space || ens_is(ens__party_eori(party), r->space);
}

uint64_t ens__api_since(ens_api *api, const char *space)
{
    uint64_t since = 0;
    if (ens__store_space_since(api->store, ens_str(space), &since, NULL) != ENS_OK)
        return UINT64_MAX >> 1; /* nothing of what was before may be seen */
    return since;
}

bool ens__api_filter(ens_api *api, const ens_web_request *r, ens_feed_filter *out, ens_web_answer *a)
{
    const char *why = ens__feed_read(r, out);
    uint64_t since = ens__api_since(api, ens__api_space(r));
    out->since = out->since < since ? since : out->since;
    ens__feed_resolve(api->store, out);
    if (why)
        ens__api_refuse(a, 422, why, NULL);
    return !why;
}

bool ens__api_body(ens_web_request *r, ens_web_answer *a, const char *const *members)
{
    unsigned status;
    const char *why, *name;
    json_t *value;
    if (!ens__web_json(r, &status, &why)) {
        ens__api_refuse(a, status, why, NULL);
        return false;
    }
    json_object_foreach(r->json, name, value)
    {
        size_t i = 0;
        while (members[i] && strcmp(members[i], name) != 0)
            i++;
        if (!members[i]) {
            ens__api_refuse(a, 422, "the body has a member that is none here", "GET openapi.json says which there are");
            return false;
        }
    }
    return true;
}

const char *ens__api_text(const ens_web_request *r, const char *member, size_t max, bool *good)
{
    const json_t *value = json_object_get(r->json, member);
    const char *text = json_string_value(value);
    *good = *good && (!value || json_is_null(value) || (text && json_string_length(value) <= max));
    return *good ? text : NULL;
}

bool ens__api_limit(const ens_web_request *r, ens_web_answer *a, size_t *out)
{
    uint64_t limit;
    bool good = ens__web_query_number(r, "limit", ENS_API_LIST, &limit) && limit && limit <= ENS_API_LIST_MAX;
    *out = (size_t)limit;
    if (!good)
        ens__api_refuse(a, 422, "limit is a number from 1 to 1000", NULL);
    return good;
}

bool ens__api_flag(const ens_web_request *r, ens_web_answer *a, const char *name, bool *out)
{
    ens_slice value = ens__web_query(r, name);
    *out = ens_is(value, "true");
    if (!value.p || *out || ens_is(value, "false"))
        return true;
    ens__api_refuse(a, 422, "a parameter that is true or false is neither", NULL);
    return false;
}

/* ---- the room ---- */

/* take_space finds the space in the path (/spaces/EORI/…) or in the field, and lets patterns begin behind it. */
static ens_slice take_space(ens_web_request *r, bool *good)
{
    ens_slice field = ens__web_field(r, SPACE_FIELD), path = {0};
    unsigned left = r->num_segments - r->first;
    if (left >= 3 && ens_is(r->segment[r->first], "spaces") &&
        !(left == 3 && ens_is(r->segment[r->first + 2], "reset"))) {
        path = r->segment[r->first + 1];
        r->first += 2;
    }
    *good = !path.len || !field.len || ens_eq(path, field);
    return path.len ? path : field;
}

static bool enter(void *ctx, ens_web_request *r, ens_web_answer *a)
{
    const ens_api *api = ctx;
    char name[ENS_FILING_SPACE + 1] = "";
    bool good;
    r->first = 2; /* behind /api/v1 */
    ens_slice space = take_space(r, &good);
    if (!good) {
        ens__api_refuse(a, 400, "the path and Ensign-Space name two spaces", NULL);
        return false;
    }
    if (!space.p)
        return true;
    if (ens__api_is_space(space))
        ens__clocks_space_of(api->ground.clocks, space, name);
    r->space = name[0] ? ens_arena_text(r->arena, ens_str(name)) : NULL;
    if (!r->space)
        ens__api_refuse(a, 404, "there is no such space", "PUT /api/v1/spaces/EORI makes it");
    return r->space != NULL;
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

void ens__api_call(void *ctx, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = ctx;
    const ens_api_route *route = ens__api_route_of(r);
    bool creates = ens_is(r->method, "POST");
    if (!route)
        ens__api_refuse(a, 404, "no such path is served", NULL);
    else if (!creates || ens__api_begin_key(api->keys, r, a)) {
        route->route.handle(ctx, r, a);
        if (creates)
            ens__api_end_key(api->keys, r, a);
    }
}

static ens_api_routes table_of(unsigned n)
{
    ens_api_routes (*const tables[])(void) = {ens__api_of_judging, ens__api_of_journal,       ens__api_of_filings,
                                              ens__api_of_parties, ens__api_of_registrations, ens__api_of_rehearsal,
                                              ens__api_of_spaces,  ens__api_of_service};
    return n < sizeof tables / sizeof *tables ? tables[n]() : (ens_api_routes){0};
}

const ens_api_route *ens__api_route(unsigned nth)
{
    for (unsigned t = 0; table_of(t).route; t++) {
        ens_api_routes rows = table_of(t);
        if (nth < rows.num)
            return rows.route + nth;
        nth -= (unsigned)rows.num;
    }
    return NULL;
}

const ens_api_route *ens__api_route_of(ens_web_request *r)
{
    const ens_api_route *route;
    for (unsigned i = 0; (route = ens__api_route(i)); i++)
        if (ens_is(r->method, route->route.method) && ens__web_fits(route->route.pattern, r))
            return route;
    return NULL;
}

/* Every route goes by ens__api_call, which sees to the keys of what is to be done once. */
static void flatten(ens_api *api)
{
    const ens_api_route *route;
    for (unsigned i = 0; (route = ens__api_route(i)) && i < ENS_API_ROUTES_MAX; i++) {
        api->flat[i] = route->route;
        api->flat[i].handle = ens__api_call;
        api->num_flat++;
    }
}

unsigned ens__api_rooms(ens_api *api, ens_web_room out[ENS_API_ROOMS])
{
    out[0] = (ens_web_room){.name = "api",
                            .prefix = ENS_HOUSE_API,
                            .routes = api->flat,
                            .num_routes = api->num_flat,
                            .ctx = api,
                            .enter = enter,
                            .admit = admit,
                            .make = ens__api_make_judging,
                            .drop = ens__api_drop_judging};
    for (unsigned i = 0; i < sizeof probes / sizeof *probes; i++)
        out[i + 1] = (ens_web_room){.name = "probe",
                                    .prefix = probes[i].pattern,
                                    .routes = &probes[i],
                                    .num_routes = 1,
                                    .ctx = api,
                                    .admit = admit};
    return ENS_API_ROOMS;
}

ens_feed *ens__api_feed(const ens_api *api)
{
    return api->feed;
}

static ens_code open_parts(ens_api *api, const ens_point_config *c, ens_err *err)
{
    const char *registry = c->registry ? c->registry : c->store.path;
    ens_code code = ens__web_token_open(c->web.token_file, &api->token, err);
    if (code == ENS_OK)
        code = ens__uumds_open(registry, false, &api->registry, err);
    if (code == ENS_OK)
        code = ens__feed_open(api->store, &api->feed, err);
    if (code == ENS_OK)
        code = ens__api_describe(&api->description, err);
    api->keys = ens__api_keys_new();
    if (api->ground.demo)
        api->demo = strdup(api->ground.demo);
    if (code == ENS_OK && (!api->keys || (api->ground.demo && !api->demo)))
        code = ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the API", 0);
    return code;
}

ens_code ens__api_open(const ens_web_ground *ground, ens_api **out, ens_err *err)
{
    ens_api *api = calloc(1, sizeof *api);
    if (!api)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the API", 0);
    api->ground = *ground;
    api->ground.config = NULL;
    api->store = ens__service_store(ground->service);
    api->board = ens__service_board(ground->service);
    api->rehearsal = ground->config->profile == ENS_PROFILE_REHEARSAL;
    api->lists_hours = ground->config->lists.cache ? ground->config->lists.hours : 0;
    ens_buf_init(&api->description, NULL, 0, ENS_API_BODY);
    flatten(api);
    ens_code code = open_parts(api, ground->config, err);
    if (code == ENS_OK)
        *out = api;
    else
        ens__api_close(api);
    return code == ENS_OK ? ENS_OK : ens_within(err, code, "opening the API");
}

void ens__api_stop(ens_api *api)
{
    if (api)
        ens__feed_stop(api->feed);
}

void ens__api_close(ens_api *api)
{
    if (!api)
        return;
    ens__feed_free(api->feed);
    ens__uumds_close(api->registry);
    ens__api_keys_free(api->keys);
    ens_buf_free(&api->description);
    free(api->demo);
    free(api);
}
