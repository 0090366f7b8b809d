#include "sti/point/point.h"

#include "sti/point/point_parts.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RULE "Ensign access point"
#define SUBJECT_MAX 512
#define LATE_US 20000 /* between two looks at whether the last late answer is sent */

/* is_type tells of what a message may be: the media type without its parameters. */
static bool is_type(ens_slice type)
{
    static const char *const types[] = {"multipart/related", "application/soap+xml", "text/xml", "application/xml"};
    size_t end = 0;
    while (end < type.len && type.p[end] != ';')
        end++;
    ens_slice bare = ens__trim(ens_sub(type, 0, end));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (ens__eq_nocase(bare, ens_str(types[i])))
            return true;
    return false;
}

static bool is_path(const ens_point *p, ens_slice target)
{
    size_t end = 0;
    while (end < target.len && target.p[end] != '?')
        end++;
    return ens_is(ens_sub(target, 0, end), p->path);
}

/* begin_point turns away, before its body is read, what can't be a message. */
static ens_http_refusal begin_point(void *ctx, const ens_http_request *r, uint64_t *limit)
{
    const ens_point *p = ctx;
    ens_slice coding = ens__http_field(r->head, "Content-Encoding");
    (void)limit;
    if (!is_path(p, r->head->target))
        return (ens_http_refusal){404, p->elsewhere};
    if (!ens_is(r->head->method, "POST"))
        return (ens_http_refusal){405, "messages are sent by POST"};
    if (!is_type(ens__http_field(r->head, "Content-Type")))
        return (ens_http_refusal){415, "a message is multipart/related, or application/soap+xml when it has no parts"};
    if (coding.len && !ens__eq_nocase(coding, ENS_LIT("identity")))
        return (ens_http_refusal){415, "no content coding is agreed: send the message as it is"};
    return (ens_http_refusal){0, NULL};
}

static void handle(void *ctx, ens_http_request *r)
{
    ens_point *p = ctx;
    ens_call *c = ens__call_new(p, r);
    if (c && ens__call_post(c))
        return;
    if (c)
        ens__call_turn_away(c);
    else
        ens__server_answer(r, &(ens_http_answer){.status = 503, .close = true});
}

static unsigned cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > (long)ENS_JOBS_THREADS_MAX ? ENS_JOBS_THREADS_MAX : (unsigned)n;
}

/* Somebody else has put something down. */
static void hear_hint(void *point)
{
    ens_point *p = point;
    ens__keeper_hint(p->keeper);
    ens__pusher_wake(p->pusher);
}

static ens_code start_workers(ens_point *p, ens_err *err)
{
    const ens_jobs_plan jobs = {.threads = p->plan.workers ? p->plan.workers : cores(),
                                .queue = ENS_POINT_QUEUE,
                                .make = ens__clerk_make,
                                .drop = ens__clerk_drop,
                                .work = ens__clerk_work,
                                .ctx = p};
    p->crowd = ENS_CALL_CROWD * jobs.threads;
    ens_code code = ens__committer_start(p->plan.store, &p->committer, err);
    if (code != ENS_OK)
        return code;
    p->journal = ens__journal_new(p->committer);
    if (!p->journal)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the journal", 0);
    code = ens__pusher_start(p, &p->pusher, err);
    if (code == ENS_OK)
        code = ens__refresher_start(p, &p->refresher, err);
    if (code == ENS_OK)
        code = ens__keeper_start(p, &p->keeper, err);
    if (code == ENS_OK)
        code = ens__store_listen(p->plan.store, hear_hint, p, &p->hints, err);
    return code == ENS_OK ? ens__jobs_start(&jobs, &p->jobs, err) : code;
}

/* judge_client looks for a rule of faults for a client's certificate. */
static int judge_client(void *point, unsigned listener, X509 *client)
{
    ens_point *p = point;
    char subject[SUBJECT_MAX];
    X509_NAME_oneline(X509_get_subject_name(client), subject, sizeof subject);
    ens_means *m = ens__means_share(p);
    int alert = ens__fault_of_client(m->own.faults, listener, ens_str(subject));
    ens__means_drop(m);
    return alert;
}

static void shake(void *point, unsigned listener, ens_tls_rehearsal *out)
{
    ens_point *p = point;
    bool judges = false;
    ens_means *m = ens__means_share(p);
    ens__fault_of_connection(m->own.faults, listener, out, &judges);
    ens__means_drop(m);
    if (judges) {
        out->judge = judge_client;
        out->ctx = p;
    }
}

static ens_code start_server(ens_point *p, ens_err *err)
{
    const ens_server_plan plan = {
        .listen = p->plan.listen,
        .num_listen = p->plan.num_listen,
        .tls = {p->plan.tls},
        .handler = {p, begin_point, handle, ens__point_note, p->plan.rehearsal ? shake : NULL},
        .limits = p->plan.limits,
        .loops = p->plan.loops,
        .spool = p->plan.spool};
    ens_code code = ens__server_start(&plan, &p->server, err);
    p->plan.listen = NULL;
    p->plan.tls = NULL;
    return code;
}

ens_code ens__point_start(const ens_point_plan *plan, ens_point **out, ens_err *err)
{
    ens_point *p = calloc(1, sizeof *p);
    if (!p) {
        ens__point_means_free(plan->means);
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the access point", 0);
    }
    p->plan = *plan;
    p->plan.means = NULL;
    if (!p->plan.pull.receipt_ms)
        p->plan.pull.receipt_ms = ENS_POINT_RECEIPT_S * (int64_t)1000;
    pthread_mutex_init(&p->lock, NULL);
    ens__idle_init(&p->idle, ENS_CALL_IDLE_MAX);
    snprintf(p->path, sizeof p->path, "%s", plan->path ? plan->path : ENS_POINT_PATH);
    snprintf(p->elsewhere, sizeof p->elsewhere, "messages are sent to %s", p->path);
    ens_code code = ens__means_take(plan->means, (ens_time)(plan->now_ms(plan->ctx) / 1000), &p->means, err);
    if (code == ENS_OK)
        code = start_workers(p, err);
    if (code == ENS_OK)
        code = start_server(p, err);
    if (code == ENS_OK)
        *out = p;
    else
        ens__point_stop(p, 0);
    return code;
}

const char *ens__point_address(const ens_point *p, size_t listener)
{
    return ens__server_address(p->server, listener);
}

ens_code ens__point_renew(ens_point *p, ens_point_means *own, ens_tls *tls, ens_err *err)
{
    ens_means *fresh = NULL;
    ens_code code = ens__means_take(own, (ens_time)(p->plan.now_ms(p->plan.ctx) / 1000), &fresh, err);
    if (code != ENS_OK)
        return code;
    pthread_mutex_lock(&p->lock);
    ens_means *old = p->means;
    p->means = fresh;
    pthread_mutex_unlock(&p->lock);
    ens__means_drop(old);
    if (tls)
        ens__server_renew(p->server, 1, tls);
    return ENS_OK;
}

void ens__point_tally(ens_point *p, ens__tally_counts *out, size_t *in_hand, size_t *waiting)
{
    ens__tally_read(&p->tally, out);
    *in_hand = atomic_load(&p->in_hand);
    *waiting = ens__jobs_waiting(p->jobs);
}

void ens__point_server_count(ens_point *p, ens_server_counts *out)
{
    ens__server_count(p->server, out);
}

/* The server ends first: until every request is answered, workers and committer are there for them. */
void ens__point_stop(ens_point *p, uint32_t drain_ms)
{
    if (!p)
        return;
    if (p->server)
        ens__server_stop(p->server, drain_ms);
    if (p->jobs)
        ens__jobs_stop(p->jobs);
    ens__store_deaf(p->plan.store, p->hints);
    ens__keeper_stop(p->keeper);
    ens__pusher_stop(p->pusher);
    ens__refresher_stop(p->refresher);
    ens__journal_free(p->journal);
    if (p->committer)
        ens__committer_stop(p->committer);
    if (p->server)
        ens__server_free(p->server);
    while (atomic_load(&p->late))
        usleep(LATE_US);
    ens__calls_clear(p);
    ens__means_drop(p->means);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

ens_point_counts ens__point_count(ens_point *p)
{
    return (ens_point_counts){p->accepted, p->again, p->refused, p->turned_away};
}
