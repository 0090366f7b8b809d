/* Who is on the trusted lists: country, then provider, then type of service, as the verified snapshot has it. */
#include "certs/lists/find.h"
#include "show/lists.h"
#include "web/pages/rooms.h"
#include "web/pages/visit.h"

#include <stdio.h>

#define SERVICES_SHOWN 80u /* so that the page stays small */
#define LINK_SIZE 512u
#define LINK_MAX 4096u

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
               state == ENS_LIST_FRESH                               ? "accepted"
               : state == ENS_LIST_STALE || state == ENS_LIST_CLOSED ? "warn"
                                                                     : "refused",
               ens_list_state_name(state));
}

/* put_link writes a link to a path with a query. */
static void put_link(ens_visit *v, const char *path, const char *const *names, const ens_slice *values, ens_slice text)
{
    uint8_t storage[LINK_SIZE];
    ens_buf link;
    ens_buf_init(&link, storage, sizeof storage, LINK_MAX);
    ens_buf_text(&link, path);
    for (size_t i = 0; names[i]; i++)
        ens__h_query(&link, names[i], values[i]);
    ens_buf_add(&link, "", 1);
    ens__h_link(&v->h, link.failed ? path : (const char *)link.p, text);
    ens_buf_free(&link);
}

/* put_countries tells in which state the lists are, all or those of one country: of one that can't be used nobody is
 * shown. */
static void put_countries(const job *j)
{
    static const ens_text_key heads[] = {ENS_T_COUNTRY, ENS_T_STATE, ENS_T_NEXT_UPDATE, ENS_T_REASON};
    static const char *const names[] = {"country", NULL};
    ens_visit *v = j->v;
    ens_list_facts l;
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; ens_lists_get(j->lists, i, j->q.at, &l); i++) {
        char storage[8], day[ENS_TIME_TEXT];
        if (l.kind != ENS_LIST_NATIONAL || (j->q.country && !ens_list_is_of(&l, j->q.country)))
            continue;
        ens__h_open(&v->h, "tr");
        ens__h_open(&v->h, "td");
        put_link(v, "/lists", names, &l.country, ens_str(ens__list_country(l.country, storage)));
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

/* every is what a query carries on where withdrawn services are shown, too. */
static ens_slice every(const job *j)
{
    return ens_str(j->q.all ? "yes" : "");
}

static void open_provider(job *j, const ens_listed_service *s)
{
    static const char *const names[] = {"country", "name", "all", NULL};
    ens_visit *v = j->v;
    ens__h_open(&v->h, "h2");
    put_link(v, "/lists", names, (const ens_slice[]){s->country, s->provider, every(j)}, s->provider);
    ens__h_close(&v->h);
    ens__h_open(&v->h, "p");
    ens__h_attr(&v->h, "class", "dim small");
    ens__h_text(&v->h, s->country);
    ens__h_put(&v->h, " ");
    ens__h_text(&v->h, s->identifier);
    ens__h_close(&v->h);
    ens__h_open(&v->h, "ul");
    j->open = true;
    j->provider = s->provider_number;
}

/* put_kinds links each type that the service is of, and returns one of which ICS2 takes seals; NULL: none. */
static const char *put_kinds(const job *j, const ens_listed_service *s, const ens_service_entry *e)
{
    ens_visit *v = j->v;
    static const char *const names[] = {"country", "type", "all", NULL};
    const char *kind, *sealing = NULL;
    bool any = false;
    for (size_t i = 0; (kind = ens_lists_kind_name(i)); i++) {
        if (!ens__service_is_kind(e, i))
            continue;
        ens__h_put(&v->h, any ? "; " : "");
        put_link(v, "/lists", names, (const ens_slice[]){s->country, ens_str(kind), every(j)},
                 ens_str(ens__service_kind_words(i)));
        any = true;
        if (!sealing && (e->type == ENS_SERVICE_CA_QC || e->type == ENS_SERVICE_CA_PKC) && strncmp(kind, "web", 3) != 0)
            sealing = kind;
    }
    if (!any)
        ens__h_text(&v->h, s->type);
    return s->in_good_standing ? sealing : NULL;
}

static void put_certificates(ens_visit *v, const ens_lists *lists, const ens_service *service)
{
    ens_listed_certificate c;
    char day[ENS_TIME_TEXT];
    for (uint32_t i = 0; i < service->certificates.num; i++)
        if (ens__snapshot_certificate(lists, ens__snapshot_service_certificate(lists, service->certificates.first + i),
                                      &c))
            ens__h_putf(&v->h, ", certificate until %s", ens__date_text(c.not_after, day));
}

static ens_code put_service(void *user, const ens_listed_service *s)
{
    static const char *const names[] = {"country", "provider", "type", NULL};
    job *j = user;
    ens_visit *v = j->v;
    ens_service service;
    ens_service_entry e;
    char since[ENS_TIME_TEXT];
    if (!ens__service_records(j->lists, s, &service, &e) || j->num++ >= SERVICES_SHOWN)
        return ENS_OK;
    if (!j->open || s->provider_number != j->provider) {
        close_provider(j);
        open_provider(j, s);
    }
    ens__h_open(&v->h, "li");
    const char *sealing = put_kinds(j, s, &e);
    ens__h_put(&v->h, " ");
    ens__h_tag(&v->h, s->in_good_standing ? "line accepted" : "line refused", ens__service_status_name(e.status));
    ens__h_putf(&v->h, " since %s: ", ens__date_text(s->since, since));
    ens__h_text(&v->h, s->name);
    put_certificates(v, j->lists, &service);
    ens__h_put(&v->h, " ");
    ens__h_open(&v->h, "span");
    ens__h_attr(&v->h, "lang", ens__language_code(v->screen.language));
    if (sealing)
        put_link(v, "/order", names, (const ens_slice[]){s->country, s->provider, ens_str(sealing)},
                 ens_str(ens__visit_text(v, ENS_T_ORDER)));
    ens__h_close(&v->h);
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
    ens__choice_put(&v->h, "all", ens__visit_text(v, ENS_T_LISTS_ALL), every(j),
                    (const char *const[]){"", ens__visit_text(v, ENS_T_LISTS_GRANTED), "yes",
                                          ens__visit_text(v, ENS_T_LISTS_EVERY), NULL});
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
    ens__h_open(&v->h, "p");
    ens__h_link(&v->h, "/lists", ens_str(ens__visit_text(v, ENS_T_LISTS_COUNTRIES)));
    ens__h_close(&v->h);
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
    job j = {.v = &v,
             .lists = ens_trust_lists(trust),
             .q = {.country = asked(r, "country"),
                   .type = asked(r, "type"),
                   .name = asked(r, "name"),
                   .all = asked(r, "all") != NULL,
                   .at = v.now_ms / 1000}};
    ens__visit_page(&v, ENS_T_LISTS, ENS_T_LISTS_LEAD);
    if (!j.lists) {
        ens__told(&v.h, &v.screen, "skip", ENS_T_LISTS_NONE);
    } else {
        put_snapshot(&j);
        put_types(&v, &j);
        if (j.q.country || !(j.q.type || j.q.name))
            put_countries(&j);
        if (j.q.country || j.q.type || j.q.name)
            put_found(&j);
    }
    ens__visit_end(&v);
    ens_trust_free(trust);
}
