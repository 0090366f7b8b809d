/* The thread that pushes what customs send to the parties that are reached: the same bytes and id on every attempt,
 * until the receipt is proven, it is refused, or the tries are used up. A party that can't be reached holds nobody else
 * up. */
#include "as4/client.h"
#include "sti/point/point_parts.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)1 << 30)
#define POLL_MS 1000
#define FIRST_MS 1000
#define MOST_MS ((int64_t)300000)

struct ens_pusher {
    ens_point *point;
    ens__client *client;
    ens_arena arena;
    ens_waker *waker;
};

static void tell_pusher(const ens_pusher *k, const ens__outbound *m, const ens__exchange *x, ens_outbound_state state)
{
    const ens_log_field fields[] = {
        ens_log_slice("message_id", m->message_id), ens_log_slice("action", m->action),
        ens_log_slice("party", m->party),           ens_log_slice("url", m->url),
        ens_log_number("attempt", m->attempts),     ens_log_text("state", ens__outbound_state_name(state)),
        ens_log_number("http", (uint64_t)x->http),  ens_log_text("ebms", x->ebms),
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

/* settle_pusher keeps the answer, and what it means for the message. */
static void settle_pusher(ens_pusher *k, const ens__outbound *m, const ens__exchange *x)
{
    static const ens_attempt attempts[] = {[ENS_EXCHANGE_FAILED] = ENS_ATTEMPT_FAILED,
                                           [ENS_EXCHANGE_PROVEN] = ENS_ATTEMPT_DELIVERED,
                                           [ENS_EXCHANGE_REFUSED] = ENS_ATTEMPT_REFUSED,
                                           [ENS_EXCHANGE_UNPROVEN] = ENS_ATTEMPT_FAILED};
    ens_attempt attempt = x->outcome == ENS_EXCHANGE_PROVEN ? ens__keeper_attempt(m) : attempts[x->outcome];
    const ens__entry answer = {.at_ms = k->point->plan.now_ms(k->point->plan.ctx),
                               .direction = ENS_IN,
                               .kind = kind_of(x->kind),
                               .verdict = x->report ? ens_report_verdict(x->report) : ENS_UNDECIDED,
                               .message_id = ens_sub(x->answer_id, 0, ENS_STORE_ID),
                               .ref_to = m->message_id,
                               .party = m->party,
                               .ebms = ens_str(x->ebms),
                               .detail = ens_str(x->detail),
                               .raw = x->answer};
    ens__change c = {.kind = ENS_CHANGE_SETTLE,
                     .settle = {.message_id = m->message_id,
                                .token = m->token,
                                .attempt = attempt,
                                .retry_ms = ens__store_backoff_ms(FIRST_MS, MOST_MS, m->attempts),
                                .http = (int)x->http,
                                .ebms = ens_str(x->ebms),
                                .detail = ens_str(x->detail),
                                .answer = x->reached && x->answer.len ? &answer : NULL}};
    if (ens__committer_wait(k->point->committer, &c, NULL) == ENS_OK)
        tell_pusher(k, m, x, c.settle.state);
}

/* find_url is where the message goes: where it says, else where its party is reached now. */
static const char *find_url(const ens_pusher *k, ens__outbound *m, ens__channel *channel)
{
    bool found = false;
    if (m->url.len)
        snprintf(channel->url, sizeof channel->url, "%.*s", (int)m->url.len, (const char *)m->url.p);
    else if (ens__store_party_channel(k->point->plan.store, m->party, channel, &found, NULL) != ENS_OK || !found)
        channel->url[0] = '\0';
    m->url = ens_str(channel->url);
    return channel->url;
}

static void push_one(ens_pusher *k, ens__outbound *m, const ens_means *means)
{
    ens__channel channel = {.url = ""};
    ens_err err = {0};
    ens__exchange x = {0};
    const ens_point_push *how = &means->own.push;
    const ens_verify_options judge = {.trust = means->own.trust, .at = ENS_TIME_NONE, .role = ENS_ROLE_STI};
    const ens__client_peer peer = {.url = find_url(k, m, &channel),
                                   .tls_cert = ens_buf_slice(&how->tls_cert),
                                   .tls_key = ens_buf_slice(&how->tls_key),
                                   .tls_root = how->tls_root,
                                   .judge = &judge};
    if (ens__client_exchange(k->client, &peer, m->raw, &x, &err) != ENS_OK) {
        x = (ens__exchange){.outcome = ENS_EXCHANGE_FAILED, .ebms = "EBMS:0005"};
        ens_err_format(&err, x.detail, sizeof x.detail);
    }
    settle_pusher(k, m, &x);
}

/* push_next pushes what is due; false when nothing is. */
static bool push_next(void *pusher)
{
    ens_pusher *k = pusher;
    ens__outbound *m = NULL;
    size_t num = 0;
    const ens__outbound_claim claim = {.mode = ENS_PUSH, .max = 1, .lease_ms = ens__client_lease_ms(ENS_STORE_RAW)};
    ens_means *means = ens__means_share(k->point);
    ens_arena_reset(&k->arena);
    bool found = means->own.push.on &&
                 ens__store_claim_outbound(k->point->plan.store, &claim, &k->arena, &m, &num, NULL) == ENS_OK && num;
    if (found)
        push_one(k, m, means);
    ens__means_drop(means);
    return found;
}

static void destroy(ens_pusher *k)
{
    ens__client_free(k->client);
    ens_arena_free(&k->arena);
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
    ens_arena_init(&k->arena, ARENA_MAX);
    const ens_waker_plan plan = {.work = push_next, .ctx = k, .every_ms = POLL_MS};
    ens_code code = ens__client_new(&k->client, err);
    if (code == ENS_OK)
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
