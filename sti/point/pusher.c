/* The thread that pushes what customs send to the parties that are reached, several exchanges at a time: the same bytes
 * and id on every attempt, until the receipt is proven, it is refused, or the tries are used up. A party that can't be
 * reached holds nobody else up: it has few exchanges at a time, and after a failure none for a while. */
#include "as4/client.h"
#include "engine/base/clock.h"
#include "engine/net/fetches.h"
#include "sti/point/point_parts.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)1 << 30)
#define POLL_MS 1000
#define DRAIN_MS 5000 /* for what is under way when it is stopped */
#define FIRST_MS 1000
#define MOST_MS ((int64_t)300000)
#define AT_ONCE 16u /* exchanges at a time, … */
#define PER_PEER 4u /* … with one address; what is over waits so long: */
#define CROWD_MS 250
#define PEERS 64u /* addresses that are remembered for being out of reach */

/* An exchange under way, and what became of it. */
typedef struct {
    ens__client *client; /* NULL: not made yet, as the arena */
    ens_arena arena;
    bool busy;
    ens_means *means; /* by which it is made and judged */
    ens__outbound *message;
    ens__channel channel;
    ens_verify_options judge;
    ens__client_peer peer;
    ens__exchange exchange;
    ens__entry answer;
    ens__change change;
} flight;

/* An address out of reach. */
typedef struct {
    uint64_t url; /* a number for it */
    int64_t until_ms;
    unsigned failures; /* in a row */
} absence;

struct ens_pusher {
    ens_point *point;
    _Atomic(ens_fetches *) fetches; /* NULL: nothing was pushed yet */
    atomic_bool look;               /* something may be due */
    int64_t looked_ms;
    flight flight[AT_ONCE];
    absence absent[PEERS];
    ens_waker *waker;
};

static void tell_pusher(const ens_pusher *k, const flight *f)
{
    const ens__outbound *m = f->message;
    const ens__exchange *x = &f->exchange;
    const ens_log_field fields[] = {
        ens_log_slice("message_id", m->message_id),
        ens_log_slice("action", m->action),
        ens_log_slice("party", m->party),
        ens_log_slice("url", m->url),
        ens_log_number("attempt", m->attempts),
        ens_log_text("state", ens__outbound_state_name(f->change.settle.state)),
        ens_log_number("http", (uint64_t)x->http),
        ens_log_text("ebms", x->ebms),
        ens_log_text("detail", x->detail),
    };
    bool good = x->outcome == ENS_EXCHANGE_PROVEN;
    ens__log(k->point->plan.log, good ? ENS_LOG_INFO : ENS_LOG_WARN, "push", fields, sizeof fields / sizeof *fields);
}

static ens_entry_kind kind_of(ens_message_kind kind)
{
    return kind == ENS_MESSAGE_RECEIPT ? ENS_ENTRY_RECEIPT
           : kind == ENS_MESSAGE_ERROR ? ENS_ENTRY_ERROR
                                       : ENS_ENTRY_UNREADABLE;
}

/* -- Who is out of reach ------------------------------------------------------------------------------------------- */

static uint64_t number_of(ens_slice url)
{
    uint64_t number = 0xCBF29CE484222325u;
    for (size_t i = 0; i < url.len; i++)
        number = (number ^ url.p[i]) * 0x100000001B3u;
    return number;
}

static absence *absence_of(ens_pusher *k, ens_slice url)
{
    return &k->absent[number_of(url) % PEERS];
}

/* note_reach remembers whether anybody answered there. */
static void note_reach(ens_pusher *k, const flight *f)
{
    absence *a = absence_of(k, f->message->url);
    uint64_t url = number_of(f->message->url);
    if (f->exchange.reached) {
        if (a->url == url)
            *a = (absence){0};
        return;
    }
    a->failures = a->url == url ? a->failures + 1 : 1;
    a->url = url;
    a->until_ms = ens__steady_ms() + ens__store_backoff_ms(FIRST_MS, MOST_MS, a->failures);
}

/* must_wait is how long a message for that address can't be sent; 0: it can. */
static int64_t must_wait(ens_pusher *k, ens_slice url)
{
    unsigned there = 0;
    const absence *a = absence_of(k, url);
    int64_t left = a->url == number_of(url) ? a->until_ms - ens__steady_ms() : 0;
    for (unsigned i = 0; i < AT_ONCE; i++)
        there += k->flight[i].busy && ens_eq(k->flight[i].message->url, url);
    return left > 0 ? left : there >= PER_PEER ? CROWD_MS : 0;
}

/* -- An exchange --------------------------------------------------------------------------------------------------- */

/* settle_flight says what is to be kept: the answer, and what it means for the message. */
static void settle_flight(const ens_pusher *k, flight *f)
{
    static const ens_attempt attempts[] = {[ENS_EXCHANGE_FAILED] = ENS_ATTEMPT_FAILED,
                                           [ENS_EXCHANGE_PROVEN] = ENS_ATTEMPT_DELIVERED,
                                           [ENS_EXCHANGE_REFUSED] = ENS_ATTEMPT_REFUSED,
                                           [ENS_EXCHANGE_UNPROVEN] = ENS_ATTEMPT_FAILED,
                                           [ENS_EXCHANGE_EMPTY] = ENS_ATTEMPT_FAILED};
    const ens__outbound *m = f->message;
    const ens__exchange *x = &f->exchange;
    ens_attempt attempt = x->outcome == ENS_EXCHANGE_PROVEN ? ens__keeper_attempt(m) : attempts[x->outcome];
    f->answer = (ens__entry){.at_ms = k->point->plan.now_ms(k->point->plan.ctx),
                             .direction = ENS_IN,
                             .kind = kind_of(x->kind),
                             .verdict = x->report ? ens_report_verdict(x->report) : ENS_UNDECIDED,
                             .message_id = ens_sub(x->answer_id, 0, ENS_STORE_ID),
                             .ref_to = m->message_id,
                             .party = m->party,
                             .ebms = ens_str(x->ebms),
                             .detail = ens_str(x->detail),
                             .raw = x->answer};
    f->change = (ens__change){.kind = ENS_CHANGE_SETTLE,
                              .settle = {.message_id = m->message_id,
                                         .token = m->token,
                                         .attempt = attempt,
                                         .retry_ms = ens__store_backoff_ms(FIRST_MS, MOST_MS, m->attempts),
                                         .http = (int)x->http,
                                         .ebms = ens_str(x->ebms),
                                         .detail = ens_str(x->detail),
                                         .answer = x->reached && x->answer.len ? &f->answer : NULL}};
}

static void fail_flight(flight *f, const char *ebms, const char *detail)
{
    f->exchange = (ens__exchange){.outcome = ENS_EXCHANGE_FAILED};
    snprintf(f->exchange.ebms, sizeof f->exchange.ebms, "%s", ebms);
    snprintf(f->exchange.detail, sizeof f->exchange.detail, "%s", detail);
}

static void fail_by(flight *f, const ens_err *err)
{
    char text[ENS_CLIENT_TEXT];
    fail_flight(f, "EBMS:0005", ens_err_format(err, text, sizeof text));
}

/* end_flight reads what came. */
static void end_flight(ens_pusher *k, flight *f, const ens_fetched *got)
{
    ens_err err = {0};
    const ens__client_response r = {got->code, got->status, &got->err};
    f->judge.at = (ens_time)(k->point->plan.now_ms(k->point->plan.ctx) / 1000);
    if (ens__client_end(f->client, &f->peer, f->message->raw, &r, &f->exchange, &err) != ENS_OK)
        fail_by(f, &err);
    note_reach(k, f);
    settle_flight(k, f);
}

/* find_url is where the message goes: where it says, else where its party is reached now. */
static void find_url(const ens_pusher *k, flight *f)
{
    bool found = false;
    ens__outbound *m = f->message;
    f->channel = (ens__channel){.url = ""};
    if (m->url.len)
        snprintf(f->channel.url, sizeof f->channel.url, "%.*s", (int)m->url.len, (const char *)m->url.p);
    else if (ens__store_party_channel(k->point->plan.store, m->party, &f->channel, &found, NULL) != ENS_OK || !found)
        f->channel.url[0] = '\0';
    m->url = ens_str(f->channel.url);
}

static ens_code make_ready(ens_pusher *k, flight *f, ens_err *err)
{
    ens_fetches *fetches = atomic_load(&k->fetches);
    ens_code code = ENS_OK;
    if (!fetches && (code = ens__fetches_new(AT_ONCE, &fetches, err)) == ENS_OK)
        atomic_store(&k->fetches, fetches);
    return code == ENS_OK && !f->client ? ens__client_new(&f->client, err) : code;
}

static ens_code begin_flight(ens_pusher *k, flight *f, ens_err *err)
{
    const ens_point_push *how = &f->means->own.push;
    ens_fetch_request request;
    ens_buf *answer;
    ens_code code = make_ready(k, f, err);
    f->judge = (ens_verify_options){.trust = f->means->own.trust,
                                    .at = (ens_time)(k->point->plan.now_ms(k->point->plan.ctx) / 1000),
                                    .role = ENS_ROLE_STI};
    f->peer = (ens__client_peer){.url = f->channel.url,
                                 .tls_cert = ens_buf_slice(&how->tls_cert),
                                 .tls_key = ens_buf_slice(&how->tls_key),
                                 .tls_root = how->tls_root,
                                 .judge = &f->judge};
    if (code == ENS_OK)
        code = ens__client_begin(f->client, &f->peer, f->message->raw, &request, &answer, err);
    return code == ENS_OK ? ens__fetches_begin(atomic_load(&k->fetches), &request, answer, f, err) : code;
}

static void clear_flight(flight *f)
{
    ens__means_drop(f->means);
    f->means = NULL;
    f->message = NULL;
    f->busy = false;
}

/* keep_all keeps what became of exchanges, by one commit. */
static void keep_all(const ens_pusher *k, flight *const *flights, size_t num)
{
    ens__change *changes[AT_ONCE] = {NULL};
    for (size_t i = 0; i < num; i++)
        changes[i] = &flights[i]->change;
    ens__committer_wait_all(k->point->committer, changes, num);
    for (size_t i = 0; i < num; i++) {
        if (changes[i]->code == ENS_OK && changes[i]->settle.attempt != ENS_ATTEMPT_RETURNED)
            tell_pusher(k, flights[i]);
        clear_flight(flights[i]);
    }
}

/* -- The thread ---------------------------------------------------------------------------------------------------- */

static flight *free_flight(ens_pusher *k)
{
    for (unsigned i = 0; i < AT_ONCE; i++)
        if (!k->flight[i].busy)
            return &k->flight[i];
    return NULL;
}

/* claim takes a message into hand; false: none is due. */
static bool claim(ens_pusher *k, flight *f)
{
    size_t num = 0;
    const ens__outbound_claim c = {.mode = ENS_PUSH, .max = 1, .lease_ms = ens__client_lease_ms(0)};
    ens_arena_reset(&f->arena);
    return ens__store_claim_outbound(k->point->plan.store, &c, &f->arena, &f->message, &num, NULL) == ENS_OK && num;
}

/* send_off begins the exchange of what was claimed, or puts it back where its party is out of reach; false: it has come
 * to an end already. */
static bool send_off(ens_pusher *k, flight *f)
{
    ens_err err = {0};
    find_url(k, f);
    int64_t wait = must_wait(k, f->message->url);
    f->busy = true;
    if (wait > 0) {
        f->change = (ens__change){.kind = ENS_CHANGE_SETTLE,
                                  .settle = {.message_id = f->message->message_id,
                                             .token = f->message->token,
                                             .attempt = ENS_ATTEMPT_RETURNED,
                                             .rest_ms = wait}};
        return false;
    }
    if (begin_flight(k, f, &err) == ENS_OK)
        return true;
    fail_by(f, &err);
    settle_flight(k, f);
    return false;
}

/* take_more takes what is due into hand, as far as there is room; true: there may be more. */
static bool take_more(ens_pusher *k)
{
    ens_means *means = ens__means_share(k->point);
    flight *f, *ended[AT_ONCE] = {NULL};
    size_t num = 0;
    bool found = means->own.push.on;
    for (unsigned i = 0; found && i < AT_ONCE && (f = free_flight(k)) && (found = claim(k, f)); i++) {
        f->means = means;
        atomic_fetch_add(&means->users, 1);
        if (!send_off(k, f))
            ended[num++] = f;
    }
    keep_all(k, ended, num);
    ens__means_drop(means);
    return found && num;
}

/* take_ended reads what came, and waits for it as long as nothing did. */
static void take_ended(ens_pusher *k, int wait_ms)
{
    ens_fetched got;
    flight *ended[AT_ONCE] = {NULL};
    size_t num = 0;
    while (num < AT_ONCE && ens__fetches_next(atomic_load(&k->fetches), num ? 0 : wait_ms, &got)) {
        ended[num] = got.user;
        end_flight(k, ended[num++], &got);
    }
    keep_all(k, ended, num);
    if (num)
        atomic_store(&k->look, true);
}

static bool is_flying(const ens_pusher *k)
{
    ens_fetches *fetches = atomic_load(&k->fetches);
    return fetches && ens__fetches_num(fetches);
}

static bool push(void *pusher)
{
    ens_pusher *k = pusher;
    int64_t now = ens__steady_ms();
    bool more = false;
    if (atomic_exchange(&k->look, false) || now - k->looked_ms >= POLL_MS) {
        k->looked_ms = now;
        more = take_more(k);
        if (more)
            atomic_store(&k->look, true);
    }
    if (is_flying(k))
        take_ended(k, more ? 0 : POLL_MS);
    return more || is_flying(k);
}

static void alarm_pusher(void *pusher)
{
    ens_pusher *k = pusher;
    atomic_store(&k->look, true);
    ens_fetches *fetches = atomic_load(&k->fetches);
    if (fetches)
        ens__fetches_wake(fetches);
}

/* drain waits a while for what is under way, and gives up the rest: the attempt counts, for nobody knows how it ended.
 */
static void drain(ens_pusher *k)
{
    flight *left[AT_ONCE] = {NULL};
    size_t num = 0;
    int64_t end = ens__steady_ms() + DRAIN_MS;
    for (int64_t now; is_flying(k) && (now = ens__steady_ms()) < end;)
        take_ended(k, (int)(end - now));
    for (unsigned i = 0; i < AT_ONCE; i++)
        if (k->flight[i].busy) {
            left[num++] = &k->flight[i];
            fail_flight(&k->flight[i], "EBMS:0301", "the access point ended during this attempt");
            settle_flight(k, &k->flight[i]);
        }
    ens__fetches_free(atomic_load(&k->fetches));
    keep_all(k, left, num);
}

static void destroy(ens_pusher *k)
{
    drain(k);
    for (unsigned i = 0; i < AT_ONCE; i++) {
        ens__client_free(k->flight[i].client);
        ens_arena_free(&k->flight[i].arena);
    }
    free(k);
}

/* free_one gives back a message that a process which is gone had in hand; the attempt counts. */
static bool free_one(void *user, const ens__outbound *m)
{
    ens__committer *committer = user;
    ens__change c = {.kind = ENS_CHANGE_SETTLE,
                     .settle = {.message_id = m->message_id,
                                .token = m->token,
                                .attempt = ENS_ATTEMPT_FAILED,
                                .ebms = ENS_LIT("EBMS:0301"),
                                .detail = ENS_LIT("the access point ended during this attempt")}};
    return m->mode != ENS_PUSH || !m->token || ens__committer_wait(committer, &c, NULL) == ENS_OK;
}

ens_code ens__pusher_start(ens_point *p, ens_pusher **out, ens_err *err)
{
    ens_pusher *k = calloc(1, sizeof *k);
    if (!k)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for pushes", 0);
    k->point = p;
    k->look = true;
    for (unsigned i = 0; i < AT_ONCE; i++)
        ens_arena_init(&k->flight[i].arena, ARENA_MAX);
    const ens_waker_plan plan = {.work = push, .alarm = alarm_pusher, .ctx = k, .every_ms = POLL_MS};
    ens_code code = ENS_OK;
    if (!ens__store_is_shared(p->plan.store)) /* else another node may be at it: leases end by themselves */
        code = ens__store_list_outbound(p->plan.store, ENS_OUTBOUND_READY, free_one, p->committer, err);
    if (code == ENS_OK)
        code = ens__waker_start(&plan, &k->waker, err);
    if (code == ENS_OK)
        *out = k;
    else
        destroy(k);
    return code;
}

void ens__pusher_wake(ens_pusher *k)
{
    ens__waker_wake(k->waker);
}

void ens__pusher_stop(ens_pusher *k)
{
    if (!k)
        return;
    ens__waker_stop(k->waker);
    destroy(k);
}
