/* Who is on the trusted lists: country, then provider, then type of service, as the verified snapshot has it. */
#include "ensign/lists.h"
#include "show/lists.h"
#include "web/pages/rooms.h"
#include "web/pages/visit.h"

#include <stdio.h>

#define SERVICES_SHOWN 250u

typedef struct {
    ens_visit *v;
    const ens_lists *lists;
    ens_lists_query q;
    uint32_t provider;
    size_t num;
    bool open; /* a list of services is */
} job;

static void put_state(ens_visit *v, ens_list_state state)
{
    ens__h_tag(&v->h,
               state == ENS_LIST_FRESH   ? "accepted"
               : state == ENS_LIST_STALE ? "warn"
                                         : "refused",
               ens_list_state_name(state));
}

static void put_countries(const job *j)
{
    static const ens_text_key heads[] = {ENS_T_COUNTRY, ENS_T_STATE, ENS_T_NEXT_UPDATE, ENS_T_REASON};
    ens_visit *v = j->v;
    ens_list_facts l;
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; ens_lists_get(j->lists, i, j->q.at, &l); i++) {
        char storage[8], path[64], day[ENS_TIME_TEXT];
        if (l.kind != ENS_LIST_NATIONAL)
            continue;
        snprintf(path, sizeof path, "/lists?country=%.2s", (const char *)l.country.p);
        ens__h_open(&v->h, "tr");
        ens__h_open(&v->h, "td");
        ens__h_link(&v->h, path, ens_str(ens__list_country(l.country, storage)));
        ens__h_close(&v->h);
        ens__h_open(&v->h, "td");
        put_state(v, l.state);
        ens__h_close(&v->h);
        ens__cell(&v->h, NULL, ens__date_text(l.next_update, day));
        ens__h_leaf_slice(&v->h, "td", "dim small", l.reason);
        ens__h_close(&v->h);
    }
    ens__table_close(&v->h);
}

static void close_provider(job *j)
{
    if (j->open)
        ens__h_close(&j->v->h);
    j->open = false;
}

static ens_code put_service(void *user, const ens_listed_service *s)
{
    job *j = user;
    ens_visit *v = j->v;
    if (j->num++ >= SERVICES_SHOWN)
        return ENS_OK;
    if (!j->open || s->provider_number != j->provider) {
        close_provider(j);
        ens__h_leaf_slice(&v->h, "h3", NULL, s->provider);
        ens__h_leaf_slice(&v->h, "p", "dim small", s->identifier);
        ens__h_open(&v->h, "ul");
        j->open = true;
        j->provider = s->provider_number;
    }
    ens__h_open(&v->h, "li");
    ens__h_text(&v->h, s->name);
    ens__h_put(&v->h, " ");
    ens__h_tag(&v->h, s->in_good_standing ? "line accepted" : "line refused",
               s->in_good_standing ? "in good standing" : "not in good standing");
    ens__h_close(&v->h);
    return ENS_OK;
}

static void put_types(ens_visit *v, const job *j)
{
    const char *pairs[2 * 32 + 3] = {"", ens__visit_text(v, ENS_T_ANY)};
    size_t num = 2;
    for (size_t i = 0; ens_lists_kind_name(i) && num + 2 < sizeof pairs / sizeof *pairs; i++)
        pairs[num] = pairs[num + 1] = ens_lists_kind_name(i), num += 2;
    pairs[num] = NULL;
    ens__form_search(&v->h, "/lists");
    ens__field_put(&v->h, &(ens_field){.name = "country",
                                       .label = ens__visit_text(v, ENS_T_COUNTRY),
                                       .value = ens_str(j->q.country),
                                       .max = 2});
    ens__choice_put(&v->h, "type", ens__visit_text(v, ENS_T_TYPE), ens_str(j->q.type), pairs);
    ens__field_put(&v->h, &(ens_field){.name = "name",
                                       .label = ens__visit_text(v, ENS_T_NAME),
                                       .type = "search",
                                       .value = ens_str(j->q.name),
                                       .max = 80});
    ens__form_search_close(&v->h, ens__visit_text(v, ENS_T_FILTER));
}

static void put_found(job *j)
{
    ens_visit *v = j->v;
    char why[512];
    ens_err err = {0};
    ens__h_open(&v->h, "section");
    ens__h_attr(&v->h, "lang", "en");
    ens_code code = ens_lists_find(j->lists, &j->q, put_service, j, &err);
    close_provider(j);
    if (code != ENS_OK)
        ens__h_leaf(&v->h, "p", "empty", ens_err_format(&err, why, sizeof why));
    ens__h_close(&v->h);
    if (code == ENS_OK && !j->num)
        ens__said_leaf(&v->h, &v->screen, "p", "empty", ENS_T_LISTS_NOBODY);
    if (j->num > SERVICES_SHOWN)
        ens__said_leaf(&v->h, &v->screen, "p", "dim", ENS_T_LISTS_MORE);
}

static void put_snapshot(const job *j)
{
    ens_visit *v = j->v;
    char day[ENS_TIME_TEXT];
    ens_lists_facts f = ens_lists_tell(j->lists);
    ens__h_open(&v->h, "p");
    ens__h_attr(&v->h, "class", "dim");
    ens__h_putf(&v->h, "LOTL %u, %s %s, %zu / %zu", f.lotl_sequence, f.name, ens__date_text(f.made, day), f.num_lists,
                f.num_services);
    ens__h_close(&v->h);
}

static const char *asked(const ens_web_request *r, const char *name)
{
    ens_slice value = ens__trim(ens__web_query(r, name));
    return value.len ? ens__web_text(r, value) : NULL;
}

void ens__lists_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens__visit_begin(&v, pages, r, a, "/lists");
    ens_trust *trust = ens__service_trust(v.pages->ground.service);
    job j = {
        .v = &v,
        .lists = ens_trust_lists(trust),
        .q = {
            .country = asked(r, "country"), .type = asked(r, "type"), .name = asked(r, "name"), .at = v.now_ms / 1000}};
    ens__visit_page(&v, ENS_T_LISTS, ENS_T_LISTS_LEAD);
    if (!j.lists) {
        ens__told(&v.h, &v.screen, "skip", ENS_T_LISTS_NONE);
    } else {
        put_snapshot(&j);
        put_types(&v, &j);
        if (j.q.country || j.q.type || j.q.name)
            put_found(&j);
        else
            put_countries(&j);
    }
    ens__visit_end(&v);
    ens_trust_free(trust);
}
