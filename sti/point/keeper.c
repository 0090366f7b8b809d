/* The thread that does what was put down to be done: answers of customs, sealed once and kept for who is to have them.
 */
#include "sti/point/point_parts.h"

#include "as4/envelope/names.h"
#include "sti/reply/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ARENA_MAX ((size_t)1 << 30)
#define POLL_MS 1000
#define LEASE_MS 5000
#define GIVE_UP_MS 5000 /* between two looks at what was pulled too often */
#define AGAIN_MS 60000  /* after something that may pass: no memory, a certificate that has ended */
#define AT_ONCE 16u     /* tasks of one claim */
#define GIVE_WAY_MS 250 /* a claim waits at most, … */
#define NAP_MS 10       /* … looking so often */

struct ens_keeper {
    ens_point *point;
    ens__replier *replier;
    ens_desk desk;
    ens_arena arena;
    int64_t looked_ms;
    ens_waker *waker;
};

static int64_t now_ms(const ens_keeper *k)
{
    return k->point->plan.now_ms(k->point->plan.ctx);
}

static void tell_keeper(const ens_keeper *k, ens_log_level level, const ens__work *w, ens_slice action, const char *why)
{
    const ens_log_field fields[] = {ens_log_slice("ref_to", w->message_id), ens_log_slice("party", w->party),
                                    ens_log_slice("action", action), ens_log_text("why", why)};
    ens__log(k->point->plan.log, level, "reply", fields, sizeof fields / sizeof *fields);
}

/* address says how an answer gets to a party: it is pushed where the party's channel says so, else kept to be pulled
 * from its channel, which is written into mpc. */
static ens_mode address(const ens_keeper *k, ens_slice party, char mpc[ENS_STORE_URL])
{
    ens__channel channel;
    bool found = false;
    mpc[0] = '\0';
    if (k->desk.means->own.push.on &&
        ens__store_party_channel(k->point->plan.store, party, &channel, &found, NULL) == ENS_OK && found &&
        channel.mode == ENS_PUSH)
        return ENS_PUSH;
    snprintf(mpc, ENS_STORE_URL, ENS_MPC_EORI "%.*s", (int)party.len, (const char *)party.p);
    return ENS_PULL;
}

/* A task in hand: its answer and its end are one change. */
typedef struct {
    const ens__work *work;
    ens__outgoing out;
    char mpc[ENS_STORE_URL];
    const char *why;
    ens_code code; /* of making the answer */
    ens__change change;
} errand;

/* keep_answer copies what borrows from replier and sealer, which go on to the next. */
static bool keep_answer(ens_keeper *k, ens__entry *e)
{
    ens_slice *const texts[] = {&e->action, &e->message_id, &e->raw};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        texts[i]->p = (const uint8_t *)ens_arena_text(&k->arena, *texts[i]);
        if (!texts[i]->p)
            return false;
    }
    return true;
}

/* make_answer makes the answer, and says where it goes. */
static void make_answer(ens_keeper *k, errand *e)
{
    char text[ENS_LOG_VALUE_MAX];
    ens_err err = {0};
    bool due = false;
    const ens__work *w = e->work;
    ens_mode mode = address(k, w->party, e->mpc);
    const ens__reply_order order = {.work_id = w->id,
                                    .message_id = w->message_id,
                                    .party = w->party,
                                    .mpc = ens_str(e->mpc),
                                    .raw = w->raw,
                                    .domain = k->desk.means->own.domain,
                                    .at = (ens_time)(now_ms(k) / 1000)};
    e->code = ens__replier_make(k->replier, &order, k->desk.sealer, &e->out, &due, &e->why, &err);
    if (e->code == ENS_OK && due && !keep_answer(k, &e->out.message))
        e->code = ens_fail(&err, ENS_ENOMEM, NULL, "out of memory for an answer", 0);
    e->change = (ens__change){
        .kind = ENS_CHANGE_WORK,
        .work = {.id = w->id, .token = w->token, .again = e->code != ENS_OK, .due_ms = now_ms(k) + AGAIN_MS}};
    if (e->code != ENS_OK)
        tell_keeper(k, ENS_LOG_ERROR, w, w->action, ens_err_format(&err, text, sizeof text));
    if (e->code != ENS_OK || !due)
        return;
    e->out.mode = mode;
    e->out.mpc = ens_str(e->mpc);
    e->out.tries = mode == ENS_PULL ? k->point->plan.pull.tries : 0;
    if (ens_is(w->body, ENS_FAULT_TWICE))
        e->out.note = w->body;
    e->change.work.outgoing = &e->out;
    e->change.work.num_outgoing = 1;
}

static void tell_end(const ens_keeper *k, const errand *e)
{
    char text[ENS_LOG_VALUE_MAX];
    if (e->change.code != ENS_OK)
        tell_keeper(k, ENS_LOG_ERROR, e->work, e->work->action, ens_err_format(&e->change.err, text, sizeof text));
    else if (e->code == ENS_OK)
        tell_keeper(k, ENS_LOG_INFO, e->work, e->out.message.action, e->why);
}

/* give_way lets messages go first while many are in hand: their senders wait, and nobody waits for an answer of
 * customs. There is an end to it, so that answers come however busy it is. */
static void give_way(ens_keeper *k)
{
    const struct timespec nap = {.tv_nsec = NAP_MS * 1000000};
    for (int ms = 0;
         ms < GIVE_WAY_MS && atomic_load(&k->point->in_hand) > k->point->crowd && !ens__waker_ends(k->waker);
         ms += NAP_MS)
        nanosleep(&nap, NULL);
}

/* do_some does what is due, and has it kept by one commit; false when there is no more of it. What can't be handed to
 * the committer is found again when its lease ends. */
static bool do_some(ens_keeper *k)
{
    ens__work *work = NULL;
    ens__change *changes[AT_ONCE];
    size_t num = 0;
    ens_arena_reset(&k->arena);
    give_way(k);
    if (!ens__desk_renew(&k->desk, k->point, (ens_time)(now_ms(k) / 1000)) ||
        ens__store_claim_work(k->point->plan.store, ENS_LIT(ENS_REPLY_KIND), now_ms(k), AT_ONCE, LEASE_MS, &k->arena,
                              &work, &num, NULL) != ENS_OK)
        return false;
    errand *errands = num ? ens_arena_zero(&k->arena, num * sizeof *errands) : NULL;
    if (!errands)
        return false;
    for (size_t i = 0; i < num; i++) {
        errands[i].work = &work[i];
        make_answer(k, &errands[i]);
        changes[i] = &errands[i].change;
    }
    ens__committer_wait_all(k->point->committer, changes, num);
    ens__pusher_wake(k->point->pusher);
    for (size_t i = 0; i < num; i++)
        tell_end(k, &errands[i]);
    return num == AT_ONCE;
}

static void tell_given_up(void *user, const ens__outbound *m)
{
    const ens_keeper *k = user;
    const ens_log_field fields[] = {ens_log_slice("message_id", m->message_id), ens_log_slice("action", m->action),
                                    ens_log_slice("party", m->party), ens_log_number("tries", m->tries)};
    ens__log(k->point->plan.log, ENS_LOG_WARN, "given-up", fields, sizeof fields / sizeof *fields);
}

/* give_up ends now and then what was pulled too often. */
static void give_up(ens_keeper *k)
{
    int64_t now = now_ms(k);
    if (now >= k->looked_ms && now < k->looked_ms + GIVE_UP_MS)
        return;
    k->looked_ms = now;
    ens_code unused = ens__store_give_up(k->point->plan.store, tell_given_up, k, NULL); /* else the next time */
    (void)unused;
}

static bool keep_keeper(void *keeper)
{
    bool more = do_some(keeper);
    if (!more)
        give_up(keeper);
    return more;
}

static void destroy(ens_keeper *k)
{
    ens__replier_free(k->replier);
    ens__desk_clear(&k->desk);
    ens_arena_free(&k->arena);
    free(k);
}

ens_code ens__keeper_start(ens_point *p, ens_keeper **out, ens_err *err)
{
    ens_keeper *k = calloc(1, sizeof *k);
    if (!k)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for what is to be done", 0);
    k->point = p;
    ens_arena_init(&k->arena, ARENA_MAX);
    k->replier = ens__replier_new();
    const ens_waker_plan plan = {.work = keep_keeper, .ctx = k, .every_ms = POLL_MS};
    ens_code code = k->replier ? ens__waker_start(&plan, &k->waker, err)
                               : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for what is to be done", 0);
    if (code == ENS_OK)
        *out = k;
    else
        destroy(k);
    return code;
}

void ens__keeper_wake(ens_keeper *k)
{
    ens__waker_wake(k->waker);
}

ens_attempt ens__keeper_attempt(const ens__outbound *m)
{
    return ens_is(m->note, ENS_FAULT_TWICE) && m->attempts < 2 ? ENS_ATTEMPT_FAILED : ENS_ATTEMPT_DELIVERED;
}

void ens__keeper_stop(ens_keeper *k)
{
    if (!k)
        return;
    ens__waker_stop(k->waker);
    destroy(k);
}
