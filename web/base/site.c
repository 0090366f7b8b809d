#include "web/base/site.h"

#include "web/base/site_parts.h"

#include <stdlib.h>

#define RULE "Ensign web"
#define BUSY_FIELDS "Retry-After: 2\r\nCache-Control: no-store\r\n"

/* A thread's own. */
typedef struct {
    const ens_web_site *site;
    ens_arena arena;
    void *mine[ENS_WEB_ROOMS_MAX];
} worker;

static void refuse(const ens_web_room *room, const ens_web_request *r, ens_web_answer *a, unsigned status,
                   const char *why)
{
    a->status = status;
    if (room && room->refuse)
        room->refuse(room->ctx, r, a, status, why);
    else
        ens__web_refuse(a, &(ens_web_problem){.status = status, .detail = why});
}

static bool too_long(const ens_web_request *r, const ens_web_route *route)
{
    return r->http->head->length > (route->body ? route->body : ENS_WEB_BODY);
}

/* judge finds what is asked for, and refuses what may not be: by the head alone. NULL: a has the refusal. */
static const ens_web_route *judge(ens_web_site *s, ens_web_request *r, ens_web_answer *a, unsigned *number)
{
    unsigned status;
    const char *why = NULL;
    bool good = ens__web_read(r, &status, &why);
    const ens_web_room *room = good ? ens__web_room_of(s, r, number) : NULL;
    if (!ens__web_is_host(s, ens__web_field(r, "Host"))) {
        status = 421;
        why = "the request's Host is none of this server's names; web.names has further ones";
    } else if (good && !room) {
        status = 404;
        why = "nothing is served here";
    }
    if (why) {
        refuse(room, r, a, status, why);
        return NULL;
    }
    if (room->enter && !room->enter(room->ctx, r, a))
        return NULL;
    const ens_web_route *route = ens__web_find(room, r, a, &status);
    if (!route) {
        refuse(room, r, a, status, status == 405 ? "Allow says how it can be asked for" : "no such path is served");
        return NULL;
    }
    if (!(route->flags & ENS_WEB_OPEN) && room->admit && !room->admit(room->ctx, r, a))
        return NULL;
    if (too_long(r, route)) {
        refuse(room, r, a, 413, "the body is longer than is taken here");
        return NULL;
    }
    return route;
}

/* begin_site looks at requests with a body before it is read: what is refused by its head is handed over without. */
static ens_http_refusal begin_site(void *ctx, const ens_http_request *http, uint64_t *limit)
{
    ens_arena arena;
    ens_web_answer a;
    unsigned number;
    ens_http_request copy = *http;
    if (!http->head->chunked && !http->head->length)
        return (ens_http_refusal){0, NULL};
    ens_arena_init(&arena, ENS_WEB_ARENA);
    ens__web_answer_init(&a);
    copy.unread = true;
    ens_web_request r = {.http = &copy, .site = ctx, .arena = &arena};
    const ens_web_route *route = judge(ctx, &r, &a, &number);
    *limit = !route ? ENS_SERVER_UNREAD : route->body ? route->body : ENS_WEB_BODY;
    ens__web_answer_free(&a);
    ens_arena_free(&arena);
    return (ens_http_refusal){0, NULL};
}

static void handle_site(void *ctx, ens_http_request *http)
{
    ens_web_site *s = ctx;
    if (!ens__jobs_post(s->jobs, http))
        ens__server_answer(http, &(ens_http_answer){.status = 503, .fields = BUSY_FIELDS});
}

void ens__web_send(ens_http_request *http, const ens_web_answer *a)
{
    ens_buf fields;
    ens_buf_init(&fields, NULL, 0, 2 * ENS_WEB_FIELDS_MAX);
    ens__web_put_fields(a, &fields);
    bool whole = !fields.failed && !a->body.failed && !a->fields.failed;
    const ens_http_answer answer = {
        .status = a->status, .type = a->type, .fields = (const char *)fields.p, .body = ens_buf_slice(&a->body)};
    ens__server_answer(http, whole ? &answer : &(ens_http_answer){.status = 503, .fields = BUSY_FIELDS});
    ens_buf_free(&fields);
}

ens_http_stream *ens__web_stream(ens_http_request *http, const ens_web_answer *a)
{
    ens_buf fields;
    ens_buf_init(&fields, NULL, 0, 2 * ENS_WEB_FIELDS_MAX);
    ens__web_put_fields(a, &fields);
    ens_http_stream *stream =
        ens__server_stream(http, &(ens_http_answer){.status = a->status,
                                                    .type = a->type,
                                                    .fields = fields.failed ? NULL : (char *)fields.p,
                                                    .body = ens_buf_slice(&a->body)});
    ens_buf_free(&fields);
    return stream;
}

static void work_site(void *ctx, void *of, void *job)
{
    ens_web_site *s = ctx;
    worker *w = of;
    ens_http_request *http = job;
    ens_web_answer a;
    unsigned number = 0;
    ens_arena_reset(&w->arena);
    ens__web_answer_init(&a);
    ens_web_request r = {.http = http, .site = s, .arena = &w->arena};
    const ens_web_route *route = judge(s, &r, &a, &number);
    r.mine = w->mine[number];
    if (route && http->unread)
        refuse(&s->room[number], &r, &a, 503, "the body was not read: send it again");
    else if (route)
        route->handle(s->room[number].ctx, &r, &a);
    ens__web_clear(&r);
    if (!a.later)
        ens__web_send(http, &a);
    ens__web_answer_free(&a);
}

static void drop_worker(void *of)
{
    worker *w = of;
    for (size_t i = 0; i < w->site->num_rooms; i++)
        if (w->site->room[i].drop && w->mine[i])
            w->site->room[i].drop(w->mine[i]);
    ens_arena_free(&w->arena);
    free(w);
}

static void *make_worker(void *ctx)
{
    const ens_web_site *s = ctx;
    worker *w = calloc(1, sizeof *w);
    bool good = w != NULL;
    if (!w)
        return NULL;
    w->site = s;
    ens_arena_init(&w->arena, ENS_WEB_ARENA);
    for (size_t i = 0; good && i < s->num_rooms; i++)
        if (s->room[i].make)
            good = (w->mine[i] = s->room[i].make(s->room[i].ctx)) != NULL;
    if (good)
        return w;
    drop_worker(w);
    return NULL;
}

static ens_code copy_plan(ens_web_site *s, const ens_web_plan *plan, ens_err *err)
{
    if (plan->num_rooms > ENS_WEB_ROOMS_MAX || plan->num_names > ENS_WEB_NAMES_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "there are too many rooms or names", 0);
    memcpy(s->room, plan->room, plan->num_rooms * sizeof *plan->room);
    s->num_rooms = plan->num_rooms;
    s->tls = plan->tls != NULL;
    s->log = plan->log;
    for (; s->num_names < plan->num_names; s->num_names++)
        if (!(s->name[s->num_names] = strdup(plan->name[s->num_names])))
            return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for the web", 0);
    return ENS_OK;
}

static ens_code start(ens_web_site *s, const ens_web_plan *plan, ens_err *err)
{
    const ens_server_listen listen = {plan->address, plan->tls ? 1 : 0};
    const ens_server_plan server = {.listen = &listen,
                                    .num_listen = 1,
                                    .tls = {plan->tls},
                                    .handler = {s, begin_site, handle_site, NULL, NULL},
                                    .limits = {.body = ENS_WEB_BODY, .connections = ENS_WEB_CONNECTIONS},
                                    .loops = 1,
                                    .spool = plan->spool};
    const ens_jobs_plan jobs = {.threads = plan->threads ? plan->threads : ENS_WEB_THREADS,
                                .queue = ENS_WEB_QUEUE,
                                .make = make_worker,
                                .drop = drop_worker,
                                .work = work_site,
                                .ctx = s};
    ens_code code = copy_plan(s, plan, err);
    if (code == ENS_OK)
        code = ens__jobs_start(&jobs, &s->jobs, err);
    if (code == ENS_OK)
        code = ens__server_start(&server, &s->server, err);
    if (code != ENS_OK)
        return code;
    const char *at = ens__server_address(s->server, 0);
    snprintf(s->url, sizeof s->url, "%s%s", strncmp(at, "unix:", 5) == 0 ? "" : s->tls ? "https://" : "http://", at);
    return ENS_OK;
}

ens_code ens__web_open(const ens_web_plan *plan, ens_web_site **out, ens_err *err)
{
    ens_web_site *s = calloc(1, sizeof *s);
    if (!s)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for the web", 0);
    ens_code code = start(s, plan, err);
    if (code == ENS_OK)
        *out = s;
    else
        ens__web_free(s);
    return code == ENS_OK ? ENS_OK : ens_within(err, code, "opening the web face");
}

void ens__web_stop(ens_web_site *s)
{
    if (!s || s->stopped)
        return;
    s->stopped = true;
    if (s->server)
        ens__server_stop(s->server, ENS_WEB_DRAIN_MS);
    if (s->jobs)
        ens__jobs_stop(s->jobs);
    s->jobs = NULL;
}

void ens__web_free(ens_web_site *s)
{
    if (!s)
        return;
    ens__web_stop(s);
    if (s->server)
        ens__server_free(s->server);
    while (s->num_names)
        free(s->name[--s->num_names]);
    free(s);
}

const char *ens__web_url(const ens_web_site *s)
{
    return s->url;
}

bool ens__web_has_tls(const ens_web_site *s)
{
    return s && s->tls;
}

void ens__web_count(const ens_web_site *s, ens_server_counts *out, size_t *waiting)
{
    ens__server_count(s->server, out);
    *waiting = s->jobs ? ens__jobs_waiting(s->jobs) : 0;
}
