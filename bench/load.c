#include "bench/load.h"

#include "fixtures/payload.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULE "Ensign bench"
#define OCTETS_MAX ((size_t)2 << 30)
#define ANSWER_MAX ((size_t)64 << 10)
#define RECEIPT "NonRepudiationInformation"

static void put_noise(ens_buf *out, size_t size)
{
    uint32_t noise = 1;
    size_t random = size / 5;
    ens_buf_text(out, "%PDF-1.4\n");
    while (out->len < random && !out->failed) {
        noise ^= noise << 13, noise ^= noise >> 17, noise ^= noise << 5;
        ens_buf_add(out, &noise, sizeof noise);
    }
    static const uint8_t zeros[4096];
    while (out->len < size && !out->failed)
        ens_buf_add(out, zeros, sizeof zeros);
}

/* put_request puts the head of HTTP in front of a sealed message, in place of its own. */
static bool put_request(ens_load *l, const ens_stand_in *s, ens_slice message)
{
    size_t end = ens__find(message, ENS_LIT("\r\n\r\n"), 0), type = ens__find(message, ENS_LIT("Content-Type: "), 0);
    size_t type_end = ens__find(message, ENS_LIT("\r\n"), type == SIZE_MAX ? 0 : type);
    if (end == SIZE_MAX || type == SIZE_MAX || type > end)
        return false;
    ens_buf_printf(&l->octets, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n", s->path,
                   message.len - end - 4);
    ens_buf_put(&l->octets, ens_sub(message, type, type_end));
    ens_buf_text(&l->octets, "\r\n\r\n");
    ens_buf_put(&l->octets, ens_from(message, end + 4));
    return !l->octets.failed;
}

static ens_code seal_one(ens_load *l, const ens_stand_in *s, ens_sealer *sealer, size_t nth, const ens_seal_part *part,
                         size_t num_parts, ens_err *err)
{
    ens_slice out;
    const ens_seal_message_options o = {.action = ENS_LIT("IE3F26"),
                                        .from = ens_str(s->eori),
                                        .at = ens_time_now(),
                                        .parts = part,
                                        .num_parts = num_parts};
    ens_code code = ens_seal_message(sealer, &o, &out, err);
    l->at[nth] = l->octets.len;
    if (code == ENS_OK && !put_request(l, s, out))
        code = ens_fail(err, ENS_ENOMEM, RULE, "out of memory for messages", 0);
    l->at[nth + 1] = l->octets.len;
    return code;
}

ens_code ens__load_make(ens_load *l, const ens_stand_in *s, size_t num, size_t size, size_t noise, ens_err *err)
{
    ens_buf document, attachment;
    ens_sealer *sealer = NULL;
    *l = (ens_load){.at = calloc(num + 1, sizeof *l->at), .num = num};
    ens_buf_init(&l->octets, NULL, 0, OCTETS_MAX);
    ens_buf_init(&document, NULL, 0, OCTETS_MAX);
    ens_buf_init(&attachment, NULL, 0, OCTETS_MAX);
    fx_document_write(
        &(fx_document){.action = "IE3F26", .declarant = s->eori, .size = size, .attachments = noise ? 1 : 0},
        &document);
    if (noise)
        put_noise(&attachment, noise);
    const ens_seal_part part[] = {{ens_buf_slice(&document), ENS_LIT("ens"), ENS_LIT("application/xml")},
                                  {ens_buf_slice(&attachment), ENS_LIT("photo-1"), ENS_LIT("application/pdf")}};
    ens_code code = l->at && !document.failed && !attachment.failed
                        ? ens__stand_in_sealer(s, &sealer, err)
                        : ens_fail(err, ENS_ENOMEM, RULE, "out of memory for messages", 0);
    for (size_t i = 0; i < num && code == ENS_OK; i++)
        code = seal_one(l, s, sealer, i, part, noise ? 2 : 1, err);
    ens_sealer_free(sealer);
    ens_buf_free(&document);
    ens_buf_free(&attachment);
    return code;
}

/* Ends of an LRN, and what they ask for. */
static const char *const fault_lrns[] = {"SOAK-A001", "SOAK-0103", "SOAK-CUT", "SOAK-A003", "SOAK-LOST", "SOAK-0202"};
#define FAULT_EACH 100u

ens_code ens__load_make_faulty(ens_load *l, const ens_stand_in *s, size_t num, size_t size, ens_err *err)
{
    static _Atomic unsigned turn;
    ens_buf good, faulty;
    ens_sealer *sealer = NULL;
    const char *lrn = fault_lrns[atomic_fetch_add(&turn, 1) % (sizeof fault_lrns / sizeof *fault_lrns)];
    *l = (ens_load){.at = calloc(num + 1, sizeof *l->at), .num = num};
    ens_buf_init(&l->octets, NULL, 0, OCTETS_MAX);
    ens_buf_init(&good, NULL, 0, OCTETS_MAX);
    ens_buf_init(&faulty, NULL, 0, OCTETS_MAX);
    fx_document_write(&(fx_document){.action = "IE3F26", .declarant = s->eori, .size = size}, &good);
    fx_document_write(&(fx_document){.action = "IE3F26", .declarant = s->eori, .size = size, .lrn = lrn}, &faulty);
    ens_code code = l->at && !good.failed && !faulty.failed
                        ? ens__stand_in_sealer(s, &sealer, err)
                        : ens_fail(err, ENS_ENOMEM, RULE, "out of memory for messages", 0);
    for (size_t i = 0; i < num && code == ENS_OK; i++) {
        ens_slice document = ens_buf_slice(i % FAULT_EACH == FAULT_EACH - 1 ? &faulty : &good);
        const ens_seal_part part = {document, ENS_LIT("ens"), ENS_LIT("application/xml")};
        code = seal_one(l, s, sealer, i, &part, 1, err);
    }
    ens_sealer_free(sealer);
    ens_buf_free(&good);
    ens_buf_free(&faulty);
    return code;
}

void ens__load_clear(ens_load *l)
{
    ens_buf_free(&l->octets);
    free(l->at);
    *l = (ens_load){0};
}

/* One run, which as many threads share as there are connections. */
typedef struct {
    const ens_load_plan *plan;
    _Atomic unsigned lanes;
    _Atomic size_t next, acknowledged;
    double *waited_us, start_us;
} run;

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void wait_until(double us)
{
    struct timespec t = {.tv_sec = (time_t)(us / 1e6)};
    t.tv_nsec = (long)((us - (double)t.tv_sec * 1e6) * 1e3);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0)
        continue;
}

/* open_again comes back as clients do: by the session that the last answer left. */
static bool open_again(const ens_load_plan *p, ens_caller *c)
{
    SSL_SESSION *session = c->ssl ? SSL_get1_session(c->ssl) : NULL;
    ens__caller_close(c);
    bool open = ens__caller_open(c, p->port, p->tls, session);
    SSL_SESSION_free(session);
    return open;
}

/* send_all sends what is due, each request when its time has come: what waits for a free connection waits already. */
static void *send_all(void *arg)
{
    run *r = arg;
    const ens_load_plan *p = r->plan;
    char *answer = malloc(ANSWER_MAX);
    ens_caller own = {.fd = -1}, *c = p->callers ? &p->callers[atomic_fetch_add(&r->lanes, 1)] : &own;
    bool open = answer && (c->fd >= 0 || ens__caller_open(c, p->port, p->tls, NULL));
    for (size_t i; open && (i = atomic_fetch_add(&r->next, 1)) < p->num;) {
        double due = p->rate > 0 ? r->start_us + (double)i * 1e6 / p->rate : now_us();
        const ens_load *l = p->load;
        size_t from = l->at[p->first + i], to = l->at[p->first + i + 1];
        if (p->rate > 0)
            wait_until(due);
        bool answered = ens__caller_put(c, ens_sub(ens_buf_slice(&l->octets), from, to)) &&
                        ens__caller_take(c, answer, ANSWER_MAX) > 0;
        if (answered && strncmp(answer, "HTTP/1.1 200", 12) == 0 && strstr(answer, RECEIPT))
            r->waited_us[atomic_fetch_add(&r->acknowledged, 1)] = now_us() - due;
        if (!answered) /* cut, as was asked for, or not */
            open = open_again(p, c);
    }
    if (!p->callers)
        ens__caller_close(c);
    free(answer);
    return NULL;
}

ens_code ens__load_run(const ens_load_plan *plan, ens_load_seen *seen, ens_err *err)
{
    pthread_t thread[ENS_LOAD_CONNECTIONS_MAX];
    unsigned num = 0;
    run r = {.plan = plan, .waited_us = calloc(plan->num + 1, sizeof(double)), .start_us = now_us()};
    if (!r.waited_us)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for a load", 0);
    while (num < plan->connections && num < ENS_LOAD_CONNECTIONS_MAX &&
           pthread_create(&thread[num], NULL, send_all, &r) == 0)
        num++;
    for (unsigned i = 0; i < num; i++)
        pthread_join(thread[i], NULL);
    *seen = (ens_load_seen){r.acknowledged, plan->num - r.acknowledged, now_us() - r.start_us, r.waited_us};
    if (r.acknowledged)
        return ENS_OK;
    ens__load_forget(seen);
    return ens_fail(err, ENS_EIO, RULE, "no message was acknowledged", 0);
}

void ens__load_forget(ens_load_seen *seen)
{
    free(seen->waited_us);
    *seen = (ens_load_seen){0};
}
