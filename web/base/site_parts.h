/* What the site's own files share. */
#ifndef ENS_WEB_BASE_SITE_PARTS_H
#define ENS_WEB_BASE_SITE_PARTS_H

#include "engine/base/jobs.h"
#include "web/base/site.h"

#include <stdio.h>

#define ENS_WEB_URL_MAX (ENS_SERVER_ADDRESS_MAX + 16u)

struct ens_web_site {
    ens_web_room room[ENS_WEB_ROOMS_MAX];
    size_t num_rooms;
    char *name[ENS_WEB_NAMES_MAX];
    size_t num_names;
    char url[ENS_WEB_URL_MAX];
    bool tls, stopped;
    ens_log *log;
    ens_server *server;
    ens_jobs *jobs;
};

/* route.c */
const ens_web_room *ens__web_room_of(const ens_web_site *s, const ens_web_request *r, unsigned *number);
const ens_web_route *ens__web_find(const ens_web_room *room, ens_web_request *r, ens_web_answer *a, unsigned *status);

/* host.c: tells whether a Host is one of the site's, so that no page of elsewhere reaches it by a name of its own that
 * resolves to this machine. */
bool ens__web_is_host(const ens_web_site *s, ens_slice host);

#endif
