#include "web/house.h"

#include "web/api/api.h"
#include "web/base/site.h"
#include "web/pages/pages.h"
#include "web/registration/room.h"

#include <stdlib.h>

struct ens_web_house {
    ens_api *api;
    ens_pages *pages;
    ens_registration *registration; /* NULL: there is none */
    ens__rehearsal *rehearsal;      /* … nor this where the registry is no file */
    ens_web_site *site;
};

static ens_code open_site(ens_web_house *h, const ens_web_ground *ground, ens_err *err)
{
    const ens_config_web *c = &ground->config->web;
    ens_tls *tls = NULL;
    ens_web_room rooms[ENS_WEB_ROOMS_MAX]; /* whose prefix is shorter stands behind */
    size_t num = ens__api_rooms(h->api, rooms);
    if (h->registration)
        rooms[num++] = ens__registration_room(h->registration);
    if (h->pages)
        rooms[num++] = ens__pages_room(h->pages);
    ens_code code = ens__config_web_tls(ground->config, &tls, err);
    if (code == ENS_OK) {
        const ens_web_plan plan = {.address = c->listen,
                                   .tls = tls,
                                   .name = (const char *const *)c->names,
                                   .num_names = c->num_names,
                                   .room = rooms,
                                   .num_rooms = num,
                                   .threads = c->threads,
                                   .spool = ground->config->spool,
                                   .log = ground->log};
        code = ens__web_open(&plan, &h->site, err);
    }
    ens__tls_free(tls);
    return code;
}

/* open_rehearsal opens the file of the registry, which the rehearsed registration stands in, too. */
static ens_code open_rehearsal(ens_web_house *h, const ens_point_config *c, ens_err *err)
{
    const char *path = c->registry ? c->registry : c->store.path;
    const ens__rehearsal_options o = {.environment = c->environment, .create = true};
    return ens__store_is_elsewhere(path) ? ENS_OK : ens__rehearsal_open(path, &o, &h->rehearsal, err);
}

ens_code ens__house_open(const ens_web_ground *of, ens_web_house **out, ens_err *err)
{
    ens_web_ground own = *of, *ground = &own;
    ens_web_house *h = calloc(1, sizeof *h);
    if (!h)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the web", 0);
    ens_code code = open_rehearsal(h, ground->config, err);
    own.rehearsal = h->rehearsal;
    if (code == ENS_OK)
        code = ens__api_open(ground, &h->api, err);
    if (code == ENS_OK)
        code = ens__pages_open(ground, &h->pages, err);
    if (code == ENS_OK)
        code = ens__registration_open(ground, h->pages, &h->registration, err);
    if (code == ENS_OK)
        code = open_site(h, ground, err);
    if (code == ENS_OK)
        code = ens__registration_at(h->registration, ens__web_url(h->site), err);
    if (code == ENS_OK)
        *out = h;
    else
        ens__house_close(h);
    return code;
}

const char *ens__house_url(const ens_web_house *h)
{
    return h ? ens__web_url(h->site) : "";
}

/* Who waits is answered first, then requests end, then what both stand on. */
void ens__house_close(ens_web_house *h)
{
    if (!h)
        return;
    ens__api_stop(h->api);
    ens__web_stop(h->site);
    ens__pages_stop(h->pages);
    ens__web_free(h->site);
    ens__registration_close(h->registration);
    ens__api_close(h->api);
    ens__pages_close(h->pages);
    ens__rehearsal_close(h->rehearsal);
    free(h);
}
