#include "engine/net/server_parts.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define RULE "server"

static uint32_t or_else(uint32_t given, uint32_t otherwise)
{
    return given ? given : otherwise;
}

static ens_server_limits whole_limits(ens_server_limits l)
{
    return (ens_server_limits){
        .head_ms = or_else(l.head_ms, ENS_SERVER_HEAD_MS),
        .idle_ms = or_else(l.idle_ms, ENS_SERVER_IDLE_MS),
        .grace_ms = or_else(l.grace_ms, ENS_SERVER_GRACE_MS),
        .linger_ms = or_else(l.linger_ms, ENS_SERVER_LINGER_MS),
        .rate = or_else(l.rate, ENS_SERVER_RATE),
        .connections = or_else(l.connections, ENS_SERVER_CONNECTIONS),
        .body = l.body ? l.body : ENS_SERVER_BODY_MAX,
    };
}

static unsigned one_a_core(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > (long)ENS_SERVER_LOOPS_MAX ? ENS_SERVER_LOOPS_MAX : (unsigned)cores;
}

static ens_server *new_server(const ens_server_plan *plan)
{
    ens_server *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->handler = plan->handler;
    s->limits = whole_limits(plan->limits);
    s->spool = plan->spool;
    s->num_listen = plan->num_listen;
    for (size_t n = 0; n < ENS_SERVER_LISTENERS_MAX; n++)
        s->shared[n] = -1;
    for (size_t n = 0; n < ENS_SERVER_TLS_MAX; n++)
        s->tls[n] = ens__tls_share(plan->tls[n]);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

/* start_shakers starts as many threads for handshakes as there are loops; their queue holds every connection there
 * may be. */
static ens_code start_shakers(ens_server *s, ens_err *err)
{
    bool any = false;
    const ens_jobs_plan plan = {.threads = s->num_loops, .queue = s->limits.connections, .work = ens__handshake_step};
    for (size_t n = 0; n < s->num_listen; n++)
        any = any || s->tls_of[n];
    return any ? ens__jobs_start(&plan, &s->shakers, err) : ENS_OK;
}

static ens_code start(ens_server *s, const ens_server_plan *plan, ens_err *err)
{
    unsigned loops = plan->loops ? plan->loops : one_a_core();
    ens_code code = ENS_OK;
    while (code == ENS_OK && s->num_loops < loops) {
        code = ens__loop_init(&s->loop[s->num_loops], s, err);
        if (code == ENS_OK)
            s->num_loops++;
    }
    for (size_t n = 0; code == ENS_OK && n < plan->num_listen; n++)
        code = ens__server_listen(s, n, &plan->listen[n], err);
    if (code == ENS_OK)
        code = start_shakers(s, err);
    for (unsigned i = 0; code == ENS_OK && i < s->num_loops; i++)
        code = ens__loop_run(&s->loop[i], err);
    return code;
}

ens_code ens__server_start(const ens_server_plan *plan, ens_server **out, ens_err *err)
{
    if (plan->num_listen == 0 || plan->num_listen > ENS_SERVER_LISTENERS_MAX || plan->loops > ENS_SERVER_LOOPS_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the number of listeners or loops is out of range", 0);
    ens_server *s = new_server(plan);
    if (!s)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for a server", 0);
    ens_code code = start(s, plan, err);
    if (code == ENS_OK)
        *out = s;
    else
        ens__server_free(s);
    return code;
}

const char *ens__server_address(const ens_server *s, size_t listener)
{
    return listener < s->num_listen ? s->address[listener] : "";
}

void ens__server_renew(ens_server *s, unsigned nth, ens_tls *tls)
{
    if (nth == 0 || nth > ENS_SERVER_TLS_MAX)
        return;
    pthread_mutex_lock(&s->lock);
    ens_tls *before = s->tls[nth - 1];
    s->tls[nth - 1] = ens__tls_share(tls);
    atomic_fetch_add(&s->generation, 1);
    pthread_mutex_unlock(&s->lock);
    ens__tls_free(before);
}

void ens__server_stop(ens_server *s, uint32_t drain_ms)
{
    atomic_store(&s->deadline, ens__server_now() + drain_ms);
    atomic_store(&s->stopping, true);
    for (unsigned i = 0; i < s->num_loops; i++)
        if (s->loop[i].started)
            ens__loop_wake(&s->loop[i]);
    for (unsigned i = 0; i < s->num_loops; i++) {
        if (s->loop[i].started)
            pthread_join(s->loop[i].thread, NULL);
        s->loop[i].started = false;
    }
    ens__server_unlisten(s);
}

void ens__server_free(ens_server *s)
{
    if (!s)
        return;
    ens__server_stop(s, 0);
    ens__jobs_stop(s->shakers);
    for (unsigned i = 0; i < s->num_loops; i++)
        ens__loop_clear(&s->loop[i]);
    for (size_t n = 0; n < ENS_SERVER_TLS_MAX; n++)
        ens__tls_free(s->tls[n]);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static uint64_t cpu_of(const ens_loop *l)
{
    clockid_t clock;
    struct timespec t;
    if (!l->started || pthread_getcpuclockid(l->thread, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void ens__server_count(const ens_server *s, ens_server_counts *out)
{
    *out = (ens_server_counts){.open = atomic_load(&s->open), .cpu_ns = s->shakers ? ens__jobs_cpu_ns(s->shakers) : 0};
    for (unsigned i = 0; i < s->num_loops; i++) {
        const ens_loop *l = &s->loop[i];
        out->accepted += atomic_load(&l->count.accepted);
        out->handshakes += atomic_load(&l->count.handshakes);
        out->resumed += atomic_load(&l->count.resumed);
        out->failed += atomic_load(&l->count.failed);
        out->requests += atomic_load(&l->count.requests);
        out->refused += atomic_load(&l->count.refused);
        out->timeouts += atomic_load(&l->count.timeouts);
        out->bytes_in += atomic_load(&l->count.bytes_in);
        out->bytes_out += atomic_load(&l->count.bytes_out);
        out->cpu_ns += cpu_of(l);
    }
}
