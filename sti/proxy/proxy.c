#include "sti/proxy/proxy.h"

#include "sti/proxy/proxy_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RULE "Ensign proxy"
#define END_US 1000                     /* between two looks for calls that are left */
#define GATEWAY_TIMEOUT_WORD "imed out" /* how libcurl and the system say it */

/* -- Calls -------------------------------------------------------------------------------------------------------- */

static ens_proxy_call *new_call(ens_proxy *p)
{
    ens_proxy_call *c = ens__idle_take(&p->idle);
    if (c || !(c = calloc(1, sizeof *c)))
        return c;
    c->proxy = p;
    ens_arena_init(&c->arena, ENS_PROXY_ARENA);
    ens_buf_init(&c->raw, NULL, 0, ENS_STORE_RAW);
    ens_buf_init(&c->record, NULL, 0, ENS_STORE_RAW);
    ens_buf_init(&c->body, NULL, 0, ENS_PROXY_BODY);
    ens_buf_init(&c->head, NULL, 0, ENS_PROXY_HEAD);
    return c;
}

/* begin_call sets what the call before may have left. */
static void begin_call(ens_proxy_call *c, ens_http_request *r)
{
    c->request = r;
    c->stage = ENS_CALL_JUDGE;
    c->at_ms = c->proxy->plan.now_ms(c->proxy->plan.ctx);
    c->answered = c->judged = c->kept = c->from_customs = false;
    c->status = 0;
    c->why[0] = '\0';
    c->asked = ENS_MESSAGE_UNKNOWN;
    c->seq = 0;
    c->ledger = (ens__ledger_change){.row = {.at_ms = c->at_ms, .target = ens_str(c->proxy->url)}};
    c->message = c->answer = (ens__entry){0};
    c->type = c->others = NULL;
    c->pending = c->users = 2;
}

static void destroy(void *of)
{
    ens_proxy_call *c = of;
    ens_arena_free(&c->arena);
    ens_buf_free(&c->raw);
    ens_buf_free(&c->record);
    ens_buf_free(&c->body);
    ens_buf_free(&c->head);
    free(c);
}

static void free_call(ens_proxy_call *c)
{
    ens_proxy *p = c->proxy;
    ens_buf *const buffers[] = {&c->raw, &c->record, &c->body, &c->head};
    ens_arena_reset(&c->arena);
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        ens_buf_empty(buffers[i], ENS_PROXY_KEPT);
    if (!ens__idle_keep(&p->idle, &c->link))
        destroy(c);
    atomic_fetch_sub(&p->in_hand, 1);
}

void ens__proxy_leave(ens_proxy_call *c)
{
    if (atomic_fetch_sub(&c->users, 1) == 1)
        free_call(c);
}

static void release_call(void *owner)
{
    ens__proxy_leave(owner);
}

static void answer_text(ens_http_request *r, unsigned status, const char *text)
{
    ens__server_answer(r, &(ens_http_answer){.status = status,
                                             .type = "text/plain",
                                             .fields = status == 503 ? "Retry-After: 1\r\n" : NULL,
                                             .body = ens_str(text)});
}

void ens__proxy_turn_away(ens_proxy_call *c, const char *why)
{
    ens_http_request *r = c->request;
    atomic_fetch_add(&c->proxy->turned_away, 1);
    free_call(c);
    answer_text(r, 503, why);
}

void ens__proxy_answer_held(ens_proxy_call *c)
{
    atomic_fetch_add(&c->proxy->held, 1);
    ens__server_answer(c->request, &(ens_http_answer){.status = c->held_status,
                                                      .type = c->type,
                                                      .body = ens_buf_slice(&c->record),
                                                      .release = release_call,
                                                      .owner = c});
}

/* send_back gives the answer of the other side to who asked. */
static void send_back(ens_proxy_call *c)
{
    atomic_fetch_add(&c->proxy->passed, 1);
    ens__server_answer(c->request, &(ens_http_answer){.status = (unsigned)c->status,
                                                      .type = c->type,
                                                      .fields = c->others,
                                                      .body = ens_buf_slice(&c->body),
                                                      .release = release_call,
                                                      .owner = c});
}

/* tell_failure: what a gateway says of the side behind it.   Source  RFC 9110, 15.6.3, 15.6.5 */
static void tell_failure(ens_proxy_call *c)
{
    char text[ENS_PROXY_WHY + 80];
    atomic_fetch_add(&c->proxy->unanswered, 1);
    snprintf(text, sizeof text, "no answer of the other side: %s\n", c->why);
    answer_text(c->request, strstr(c->why, GATEWAY_TIMEOUT_WORD) ? 504 : 502, text);
    ens__proxy_leave(c);
}

static void respond(ens_proxy_call *c)
{
    ens_proxy *p = c->proxy;
    bool kept = c->kept || p->plan.unrecorded;
    if (!c->kept)
        atomic_fetch_add(&p->unrecorded, 1);
    if (c->answered && !ens__proxy_answer_fields(ens_buf_slice(&c->head), &c->arena, &c->type, &c->others))
        kept = false;
    if (!kept) {
        atomic_fetch_add(&p->turned_away, 1);
        answer_text(c->request, 503, "the journal can't be written: send the same message again\n");
        ens__proxy_leave(c);
    } else if (c->answered) {
        send_back(c);
    } else {
        tell_failure(c);
    }
}

void ens__proxy_step(ens_proxy_call *c)
{
    ens_proxy *p = c->proxy;
    if (atomic_fetch_sub(&c->pending, 1) != 1)
        return;
    respond(c);
    c->request = NULL;
    c->stage = ENS_CALL_COMPARE;
    if (!ens__jobs_post(p->jobs, c))
        ens__scribe_uncompared(c);
}

/* -- The judge ---------------------------------------------------------------------------------------------------- */

static ens_judge_share *share_judge(const ens_proxy_judge *judge)
{
    ens_judge_share *j = calloc(1, sizeof *j);
    if (!j) {
        judge->drop(judge->owner);
        return NULL;
    }
    j->own = *judge;
    j->users = 1;
    return j;
}

ens_judge_share *ens__proxy_judge_share(ens_proxy *p)
{
    pthread_mutex_lock(&p->lock);
    ens_judge_share *j = p->judge;
    atomic_fetch_add(&j->users, 1);
    pthread_mutex_unlock(&p->lock);
    return j;
}

void ens__proxy_judge_drop(ens_judge_share *j)
{
    if (!j || atomic_fetch_sub(&j->users, 1) != 1)
        return;
    j->own.drop(j->own.owner);
    free(j);
}

bool ens__proxy_renew(ens_proxy *p, const ens_proxy_judge *judge)
{
    ens_judge_share *fresh = share_judge(judge);
    if (!fresh)
        return false;
    pthread_mutex_lock(&p->lock);
    ens_judge_share *old = p->judge;
    p->judge = fresh;
    pthread_mutex_unlock(&p->lock);
    ens__proxy_judge_drop(old);
    return true;
}

/* -- Requests ----------------------------------------------------------------------------------------------------- */

static ens_http_refusal begin_request(void *ctx, const ens_http_request *r, uint64_t *limit)
{
    (void)ctx;
    *limit = ENS_PROXY_BODY;
    if (!ens_is(r->head->method, "POST"))
        return (ens_http_refusal){405, "messages are sent by POST"};
    return (ens_http_refusal){0, NULL};
}

/* pass_on begins judging and exchange at once; without a worker the exchange alone. */
static void pass_on(ens_proxy *p, ens_proxy_call *c)
{
    bool posted = ens__jobs_post(p->jobs, c);
    if (!posted && p->plan.gate && !p->plan.open) {
        ens__proxy_turn_away(c, "too busy to judge: send the same message again\n");
        return;
    }
    if (!posted)
        ens__scribe_unjudged(c);
    if (!posted || !p->plan.gate)
        ens__carrier_give(p->carrier, c);
}

static void handle_request(void *ctx, ens_http_request *r)
{
    ens_proxy *p = ctx;
    bool room = atomic_fetch_add(&p->in_hand, 1) < ENS_PROXY_CALLS;
    ens_proxy_call *c = room ? new_call(p) : NULL;
    if (!c) {
        atomic_fetch_sub(&p->in_hand, 1);
        atomic_fetch_add(&p->turned_away, 1);
        answer_text(r, 503, "too busy: send the same message again\n");
        return;
    }
    begin_call(c, r);
    c->fields = ens__proxy_request_fields(r->head, &c->arena);
    if (c->fields)
        pass_on(p, c);
    else
        ens__proxy_turn_away(c, "out of memory: send the same message again\n");
}

static void note_request(void *ctx, const ens_server_note *n)
{
    const ens_proxy *p = ctx;
    const ens_log_field fields[] = {ens_log_text("peer", n->peer),
                                    ens_log_text("detail", n->kind == ENS_NOTE_TLS ? n->tls.cause : n->why)};
    ens__log(p->plan.log, ENS_LOG_WARN, "refused", fields, sizeof fields / sizeof *fields);
}

/* -- Start and end ------------------------------------------------------------------------------------------------ */

static unsigned cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > (long)ENS_JOBS_THREADS_MAX ? ENS_JOBS_THREADS_MAX : (unsigned)n;
}

static ens_code start_threads(ens_proxy *p, ens_err *err)
{
    const ens_jobs_plan jobs = {.threads = p->plan.workers ? p->plan.workers : cores(),
                                .queue = ENS_PROXY_QUEUE,
                                .make = ens__scribe_make,
                                .drop = ens__scribe_drop,
                                .work = ens__scribe_work,
                                .ctx = p};
    ens_code code = ens__committer_start(p->plan.store, &p->committer, err);
    if (code == ENS_OK)
        code = ens__jobs_start(&jobs, &p->jobs, err);
    return code == ENS_OK ? ens__carrier_start(p, &p->carrier, err) : code;
}

static ens_code start_server(ens_proxy *p, ens_err *err)
{
    const ens_server_plan plan = {.listen = p->plan.listen,
                                  .num_listen = p->plan.num_listen,
                                  .tls = {p->plan.tls},
                                  .handler = {p, begin_request, handle_request, note_request, NULL},
                                  .limits = {.body = ENS_PROXY_BODY},
                                  .loops = p->plan.loops};
    ens_code code = ens__server_start(&plan, &p->server, err);
    p->plan.listen = NULL;
    p->plan.tls = NULL;
    return code;
}

/* check_sealer makes sure that what is answered here can be sealed. */
static ens_code check_sealer(const ens_proxy_plan *plan, ens_err *err)
{
    ens_sealer *sealer = NULL;
    ens_code code = plan->sealer ? ens_sealer_new(plan->sealer, &sealer, err) : ENS_OK;
    ens_sealer_free(sealer);
    return code;
}

ens_code ens__proxy_start(const ens_proxy_plan *plan, ens_proxy **out, ens_err *err)
{
    ens_proxy *p = calloc(1, sizeof *p);
    if (!p) {
        plan->judge.drop(plan->judge.owner);
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for the proxy", 0);
    }
    p->plan = *plan;
    p->plan.peer.limit = ENS_PROXY_BODY;
    p->plan.peer.connect_s = ENS_PROXY_CONNECT_S;
    p->plan.peer.total_s = ENS_PROXY_TOTAL_S;
    pthread_mutex_init(&p->lock, NULL);
    ens__idle_init(&p->idle, ENS_PROXY_IDLE);
    snprintf(p->url, sizeof p->url, "%s", plan->to);
    p->judge = share_judge(&plan->judge);
    ens_code code = p->judge ? check_sealer(plan, err) : ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    if (code == ENS_OK)
        code = ens__fetch_allowed(&p->plan.peer, err);
    if (code == ENS_OK)
        code = start_threads(p, err);
    if (code == ENS_OK)
        code = start_server(p, err);
    if (code == ENS_OK)
        *out = p;
    else
        ens__proxy_stop(p, 0, NULL);
    return code;
}

const char *ens__proxy_address(const ens_proxy *p, size_t listener)
{
    return ens__server_address(p->server, listener);
}

/* The server ends first: until every call is done with, all others are there for them. */
void ens__proxy_stop(ens_proxy *p, uint32_t drain_ms, ens_proxy_counts *counts)
{
    if (!p)
        return;
    if (p->server)
        ens__server_stop(p->server, drain_ms);
    ens__carrier_end(p->carrier);
    while (atomic_load(&p->in_hand))
        usleep(END_US);
    ens__carrier_stop(p->carrier);
    if (p->jobs)
        ens__jobs_stop(p->jobs);
    if (p->committer)
        ens__committer_stop(p->committer);
    if (p->server)
        ens__server_free(p->server);
    if (counts)
        *counts =
            (ens_proxy_counts){p->passed, p->held, p->turned_away, p->unanswered, p->agree, p->disagree, p->unrecorded};
    ens__idle_clear(&p->idle, destroy);
    ens__proxy_judge_drop(p->judge);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
