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
    int64_t looked_ms, read_ms; /* what was given up; the clocks */
    bool at_once;               /* something that was put down is due */
    _Atomic bool hinted;        /* somebody else has put something down */
    ens_waker *waker;
};

static int64_t now_ms(const ens_keeper *k)
{
    return k->point->plan.now_ms(k->point->plan.ctx);
}

/* space_ms is the time of a space; that of "" is everybody else's. */
static int64_t space_ms(const ens_keeper *k, const char *space)
{
    return *space ? ens__clocks_space_now_ms(k->point->plan.clocks, space) : now_ms(k);
}

static void tell_keeper(const ens_keeper *k, ens_log_level level, const ens__work *w, ens_slice action, const char *why)
{
    const ens_log_field fields[] = {ens_log_slice("ref_to", w->message_id), ens_log_slice("party", w->party),
                                    ens_log_slice("action", action), ens_log_text("why", why)};
    ens__log(k->point->plan.log, level, "reply", fields, sizeof fields / sizeof *fields);
}

/* A task in hand: what comes of it, and its end, are one change. */
typedef struct {
    ens_keeper *keeper;
    const ens__work *work;
    char space[ENS_FILING_SPACE + 1];
    ens__reply_result result;
    ens_code code; /* of doing it */
    ens__change change;
} errand;

/* address says how a message gets to a party: it is pushed where the party's channel says so, else kept to be pulled
 * from its channel. */
static void address(void *user, ens_slice party, ens__outgoing *out, char mpc[ENS_STORE_URL])
{
    const errand *e = user;
    const ens_keeper *k = e->keeper;
    ens__channel channel;
    bool found = false;
    if (ens_is(e->work->body, ENS_FAULT_TWICE))
        out->note = e->work->body;
    if (k->desk.means->own.push.on &&
        ens__store_party_channel(k->point->plan.store, party, &channel, &found, NULL) == ENS_OK && found &&
        channel.mode == ENS_PUSH) {
        out->mode = ENS_PUSH;
        return;
    }
    out->mode = ENS_PULL;
    out->tries = k->point->plan.pull.tries;
    snprintf(mpc, ENS_STORE_URL, ENS_MPC_EORI "%.*s", (int)party.len, (const char *)party.p);
}

/* run does a task. */
static void run(ens_keeper *k, errand *e)
{
    char text[ENS_LOG_VALUE_MAX];
    ens_err err = {0};
    const ens__work *w = e->work;
    const ens__reply_order order = {.work = w,
                                    .domain = k->desk.means->own.domain,
                                    .space = e->space,
                                    .at = (ens_time)(space_ms(k, e->space) / 1000),
                                    .address = address,
                                    .user = e};
    e->code = ens__replier_make(k->replier, &order, k->desk.sealer, &e->result, &err);
    e->change = (ens__change){
        .kind = ENS_CHANGE_WORK,
        .work = {
            .id = w->id, .token = w->token, .again = e->code != ENS_OK, .due_ms = space_ms(k, e->space) + AGAIN_MS}};
    if (e->code != ENS_OK) {
        tell_keeper(k, ENS_LOG_ERROR, w, w->action, ens_err_format(&err, text, sizeof text));
        return;
    }
    e->change.work.outgoing = e->result.outgoing;
    e->change.work.num_outgoing = e->result.num_outgoing;
    e->change.work.tasks = e->result.tasks;
    e->change.work.num_tasks = e->result.num_tasks;
    e->change.work.filings = e->result.filings;
    k->at_once |= e->result.at_once;
}

static void tell_end(const ens_keeper *k, const errand *e)
{
    char text[ENS_LOG_VALUE_MAX];
    const ens__work *w = e->work;
    if (e->change.code != ENS_OK) {
        tell_keeper(k, ENS_LOG_ERROR, w, w->action, ens_err_format(&e->change.err, text, sizeof text));
        return;
    }
    for (size_t i = 0; i < e->result.num_outgoing && e->code == ENS_OK; i++)
        tell_keeper(k, ENS_LOG_INFO, w, e->result.outgoing[i].message.action, NULL);
    if (e->code == ENS_OK && e->result.why)
        tell_keeper(k, ENS_LOG_INFO, w, w->action, e->result.why);
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

/* run_all does what was claimed, and has it kept by one commit. A task that fails takes those along that come behind
 * it: what it changed of a filing is not to be built upon. They are found again when their leases end, and so is what
 * can't be handed to the committer. */
static void run_all(ens_keeper *k, const char *space, const ens__work *work, size_t num)
{
    ens__change *changes[AT_ONCE];
    errand *errands = ens_arena_zero(&k->arena, num * sizeof *errands);
    size_t done = 0;
    if (!errands)
        return;
    ens__replier_begin(k->replier);
    for (bool good = true; done < num && good; done++) {
        errand *e = &errands[done];
        *e = (errand){.keeper = k, .work = &work[done]};
        if (k->point->plan.clocks && !space)
            ens__clocks_space_of(k->point->plan.clocks, e->work->party, e->space);
        else if (space)
            snprintf(e->space, sizeof e->space, "%s", space);
        run(k, e);
        changes[done] = &e->change;
        good = e->code == ENS_OK;
    }
    ens__committer_wait_all(k->point->committer, changes, done);
    ens__pusher_wake(k->point->pusher);
    for (size_t i = 0; i < done; i++)
        tell_end(k, &errands[i]);
}

/* do_some does what is due of a kind; false when there is no more of it. space is NULL for messages, which have that of
 * their party. */
static bool do_some(ens_keeper *k, ens_slice kind, const char *space)
{
    ens__work *work = NULL;
    size_t num = 0;
    ens_arena_reset(&k->arena);
    give_way(k);
    if (!ens__desk_renew(&k->desk, k->point, (ens_time)(now_ms(k) / 1000)) ||
        ens__store_claim_work(k->point->plan.store, kind, space_ms(k, space ? space : ""), AT_ONCE, LEASE_MS, &k->arena,
                              &work, &num, NULL) != ENS_OK)
        return false;
    if (num)
        run_all(k, space, work, num);
    return num == AT_ONCE;
}

/* do_orders does what officers have ordered, and what the time has come for, in each space by its own clock. */
static bool do_orders(ens_keeper *k)
{
    char kind[ENS_LIFE_KIND_MAX], space[ENS_FILING_SPACE + 1] = "";
    bool more = do_some(k, ens__life_kind("", kind), "");
    for (size_t i = 0; k->point->plan.clocks && ens__clocks_space(k->point->plan.clocks, i, space); i++)
        more = do_some(k, ens__life_kind(space, kind), space) || more;
    return more;
}

/* read_clocks looks now and then whether somebody has set them. */
static bool read_clocks(ens_keeper *k)
{
    bool changed = false;
    int64_t now = ens__clock_machine_ms();
    if (now >= k->read_ms && now < k->read_ms + POLL_MS / 2)
        return false;
    k->read_ms = now;
    return !k->point->plan.clocks ||
           (ens__clocks_read(k->point->plan.clocks, k->point->plan.store, &changed, NULL) == ENS_OK);
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
    ens_keeper *k = keeper;
    ens__board_sweep(k->point->plan.board); /* what a cue borrowed from is used up by now */
    bool poll = read_clocks(k), more = do_some(k, ENS_LIT(ENS_REPLY_KIND), NULL);
    if (poll || k->at_once || atomic_load(&k->hinted)) {
        atomic_store(&k->hinted, false);
        k->at_once = false;
        more = do_orders(k) || more;
    }
    more = more || k->at_once;
    if (!more)
        give_up(k);
    return more;
}

/* find_cue asks the scenarios that were put up while it serves, then those of the means in use. */
static bool find_cue(void *keeper, const ens__cue_question *question, ens_cue *out)
{
    const ens_keeper *k = keeper;
    return ens__board_cue(k->point->plan.board, question, out) ||
           ens__scenarios_cue(k->desk.means->own.scenarios, question, out);
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
    const ens__replier_settings settings = {.customs = {.linking = p->plan.linking_ms / 1000, .mark = p->plan.mark},
                                            .rehearsal = p->plan.rehearsal,
                                            .cue = find_cue,
                                            .user = k};
    k->replier = ens__replier_new(p->plan.store, &settings);
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

void ens__keeper_hint(ens_keeper *k)
{
    atomic_store(&k->hinted, true);
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
