/* Which room and which route a path leads to. */
#include "web/base/site_parts.h"

/* take_segment gives the next segment of a pattern or a prefix. */
static bool take_segment(const char **at, ens_slice *out)
{
    if (**at != '/' || !(*at)[1])
        return false;
    size_t len = strcspn(++*at, "/");
    *out = ens_bytes(*at, len);
    *at += len;
    return true;
}

bool ens__web_fits(const char *pattern, ens_web_request *r)
{
    unsigned at = r->first, captures = 0;
    ens_slice want;
    while (take_segment(&pattern, &want)) {
        if (at == r->num_segments)
            return false;
        ens_slice is = r->segment[at++];
        if (want.p[0] != '{' && !ens_eq(want, is))
            return false;
        if (want.p[0] == '{' && captures < ENS_WEB_CAPTURES_MAX)
            r->capture[captures++] = is;
    }
    bool folder = *pattern == '/';
    return at == r->num_segments && (folder == r->folder || !r->num_segments);
}

static bool is_below(const char *prefix, const ens_web_request *r)
{
    unsigned at = 0;
    ens_slice want;
    while (take_segment(&prefix, &want))
        if (at == r->num_segments || !ens_eq(want, r->segment[at++]))
            return false;
    return true;
}

const ens_web_room *ens__web_room_of(const ens_web_site *s, const ens_web_request *r, unsigned *number)
{
    for (unsigned i = 0; i < s->num_rooms; i++)
        if (is_below(s->room[i].prefix, r)) {
            *number = i;
            return &s->room[i];
        }
    return NULL;
}

/* ens__web_find finds the route; NULL: none fits, and *status tells whether another method would (405, with Allow). */
const ens_web_route *ens__web_find(const ens_web_room *room, ens_web_request *r, ens_web_answer *a, unsigned *status)
{
    char allow[128] = "";
    *status = 404;
    for (size_t i = 0; i < room->num_routes; i++) {
        const ens_web_route *route = &room->routes[i];
        if (!ens__web_fits(route->pattern, r))
            continue;
        if (ens_is(r->method, route->method))
            return route;
        size_t len = strlen(allow);
        snprintf(allow + len, sizeof allow - len, "%s%s%s", len ? ", " : "", route->method,
                 strcmp(route->method, "GET") == 0 ? ", HEAD" : "");
    }
    if (allow[0]) {
        *status = 405;
        ens__web_add(a, "Allow", ens_str(allow));
    }
    return NULL;
}
