#include "sti/point/point_parts.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static uint64_t steady_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

void ens__call_tally(const ens_call *c, ens_slice action, ens_verdict verdict)
{
    ens__tally_add(&c->point->tally, action, verdict, steady_us() - c->began_us);
}

ens_call *ens__call_new(ens_point *p, ens_http_request *r)
{
    ens_call *c = ens__idle_take(&p->idle);
    if (!c) {
        c = calloc(1, sizeof *c);
        if (!c)
            return NULL;
        ens_arena_init(&c->arena, ENS_CALL_ARENA);
        ens_buf_init(&c->raw, NULL, 0, ENS_STORE_RAW);
        ens_buf_init(&c->answer, NULL, 0, ENS_CALL_ANSWER_MAX);
        ens_buf_init(&c->stored, NULL, 0, ENS_STORE_RAW);
    }
    atomic_fetch_add(&p->in_hand, 1);
    c->point = p;
    c->request = r;
    c->stage = ENS_CALL_NEW;
    c->fault = (ens_fault){0};
    c->status = 200;
    c->type = NULL;
    c->at_ms = p->plan.now_ms(p->plan.ctx);
    c->began_us = steady_us();
    return c;
}

bool ens__call_post(ens_call *c)
{
    ens__committer *committer = c->point->committer; /* the call is a worker's by the time it was posted */
    ens__committer_expect(committer, 1);
    bool posted = ens__jobs_post(c->point->jobs, c);
    if (!posted)
        ens__committer_expect(committer, -1);
    return posted;
}

static void destroy(void *of)
{
    ens_call *c = of;
    ens_arena_free(&c->arena);
    ens_buf_free(&c->raw);
    ens_buf_free(&c->answer);
    ens_buf_free(&c->stored);
    free(c);
}

void ens__call_free(ens_call *c)
{
    ens_point *p = c->point;
    atomic_fetch_sub(&p->in_hand, 1);
    ens_arena_reset(&c->arena);
    ens_buf_empty(&c->raw, ENS_CALL_KEPT);
    ens_buf_empty(&c->answer, ENS_CALL_KEPT);
    ens_buf_empty(&c->stored, ENS_CALL_KEPT);
    if (!ens__idle_keep(&p->idle, &c->link))
        destroy(c);
}

void ens__calls_clear(ens_point *p)
{
    ens__idle_clear(&p->idle, destroy);
}

static void release(void *owner)
{
    ens__call_free(owner);
}

static ens_http_sending sending_of(ens_fault_kind fault)
{
    return fault == ENS_FAULT_LOST  ? ENS_ANSWER_NONE
           : fault == ENS_FAULT_CUT ? ENS_ANSWER_CUT
           : fault == ENS_FAULT_TLS ? ENS_ANSWER_GARBLED
                                    : ENS_ANSWER_WHOLE;
}

static void send_now(ens_call *c, ens_slice body)
{
    const ens_http_answer a = {.status = c->status,
                               .type = !body.len ? NULL
                                       : c->type ? c->type
                                                 : ENS_SOAP_TYPE,
                               .body = body,
                               .release = release,
                               .owner = c,
                               .sending = sending_of(c->fault.kind)};
    ens__server_answer(c->request, &a);
}

/* An answer that is to come late has a thread of its own to wait in: nobody else waits for it. */
static void *send_later(void *arg)
{
    ens_call *c = arg;
    ens_point *p = c->point;
    sleep(c->fault.seconds);
    send_now(c, c->late);
    atomic_fetch_sub(&p->late, 1);
    return NULL;
}

static bool is_late(ens_call *c, ens_slice body)
{
    pthread_t thread;
    ens_point *p = c->point;
    if (c->fault.kind != ENS_FAULT_SLOW)
        return false;
    c->late = body;
    if (atomic_fetch_add(&p->late, 1) < ENS_CALLS_LATE && pthread_create(&thread, NULL, send_later, c) == 0) {
        pthread_detach(thread);
        return true;
    }
    atomic_fetch_sub(&p->late, 1);
    return false;
}

void ens__call_answer(ens_call *c, ens_slice body)
{
    if (!is_late(c, body))
        send_now(c, body);
}

void ens__call_turn_away(ens_call *c)
{
    ens_http_request *r = c->request;
    atomic_fetch_add(&c->point->turned_away, 1);
    ens__call_free(c);
    ens__server_answer(r, &(ens_http_answer){.status = 503,
                                             .type = "text/plain",
                                             .fields = "Retry-After: 1\r\n",
                                             .body = ENS_LIT("too busy: send the same message again\n")});
}
