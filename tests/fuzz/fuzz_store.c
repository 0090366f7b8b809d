/* Sequences of the store's verbs beside a model that keeps the same in arrays: each answer is the model's, and what the
 * store holds at the end is what the model holds. Two octets a step: a verb and its argument. */
#include "tests/fuzz/target.h"

#include "sti/store/store.h"

#include <glob.h>
#include <stdbool.h>
#include <unistd.h>

#define IDS 8
#define TRIES 2
#define LEASE_MS 1000
#define RETRY_MS 700
#define STEPS_MAX 80
#define ARENA_MAX ((size_t)1 << 20)

typedef struct {
    bool there;
    uint8_t refs;
    unsigned answer;
    int64_t at;
} known;

typedef struct {
    bool there;
    unsigned attempts;
    int64_t lease_until, token;
} task;

typedef struct {
    bool there;
    ens_outbound_state state;
    unsigned attempts, category;
    int64_t counter, next_at, lease_until, token;
} sent;

typedef struct {
    ens__store *store;
    int64_t now;
    unsigned answers;
    int64_t counter;
    known message[IDS];
    task work[IDS];
    sent out[IDS];
} model;

static char template_file[64], file[64];

static int64_t model_clock(void *ctx)
{
    return ((const model *)ctx)->now;
}

static void remove_store(const char *path)
{
    char pattern[80];
    glob_t found;
    unlink(path);
    snprintf(pattern, sizeof pattern, "%s-*", path);
    if (glob(pattern, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        unlink(found.gl_pathv[i]);
    globfree(&found);
}

static void clean_up(void)
{
    remove_store(template_file);
    remove_store(file);
}

static bool copy(const char *from, const char *to)
{
    static char bytes[1 << 20];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    size_t n = in ? fread(bytes, 1, sizeof bytes, in) : 0;
    bool good = out && n && fwrite(bytes, 1, n, out) == n;
    if (in)
        fclose(in);
    return out && fclose(out) == 0 && good;
}

/* A fresh store is a copy of one that was made once, in memory where there is a place for that. */
static bool fresh(void)
{
    unsigned from, to;
    if (!template_file[0]) {
        const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(file, sizeof file, "%s/ensign-fuzz-%d.db", place, (int)getpid());
        snprintf(template_file, sizeof template_file, "%s/ensign-fuzz-%d.new", place, (int)getpid());
        atexit(clean_up);
        remove_store(template_file);
        if (ens__store_migrate(template_file, &from, &to, NULL) != ENS_OK)
            return false;
    }
    remove_store(file);
    return copy(template_file, file);
}

static void open_store(model *m)
{
    ENS_HOLDS(ens__store_open(file, &(ens__store_options){.now_ms = model_clock, .ctx = m}, &m->store, NULL) == ENS_OK);
}

static void commit(model *m, ens__change *c)
{
    ENS_HOLDS(ens__store_commit(m->store, &c, 1, NULL) == ENS_OK && c->code == ENS_OK);
}

static void receive(model *m, unsigned id, uint8_t refs)
{
    char name[16], work[16], answer[32], first[32];
    uint8_t storage[64];
    ens_buf stored;
    known *k = &m->message[id];
    snprintf(name, sizeof name, "m%u", id);
    snprintf(work, sizeof work, "w%u", id);
    snprintf(answer, sizeof answer, "answer %u", ++m->answers);
    snprintf(first, sizeof first, "answer %u", k->answer);
    ens_buf_init(&stored, storage, sizeof storage, sizeof storage);
    ens__task t = {.id = ens_str(work), .kind = ENS_LIT("k")};
    ens__change c = {.kind = ENS_CHANGE_INBOUND};
    c.inbound.message = (ens__entry){.message_id = ens_str(name), .raw = ens_str(name)};
    c.inbound.answer = (ens__entry){.direction = ENS_OUT, .kind = ENS_ENTRY_RECEIPT, .raw = ens_str(answer)};
    memset(c.inbound.refs_sha256, refs, 32);
    c.inbound.task = &t;
    c.inbound.stored = &stored;
    commit(m, &c);
    ens_arrival expected = !k->there ? ENS_ARRIVAL_NEW : k->refs == refs ? ENS_ARRIVAL_AGAIN : ENS_ARRIVAL_CLASH;
    ENS_HOLDS(c.inbound.arrival == expected);
    ENS_HOLDS(expected != ENS_ARRIVAL_AGAIN || ens_eq(ens_buf_slice(&stored), ens_str(first)));
    ENS_HOLDS(expected == ENS_ARRIVAL_AGAIN || stored.len == 0);
    if (expected == ENS_ARRIVAL_NEW) {
        *k = (known){true, refs, m->answers, m->now};
        if (!m->work[id].there)
            m->work[id] = (task){.there = true};
    }
}

static void enqueue(model *m, unsigned id, unsigned category)
{
    char name[16];
    sent *o = &m->out[id];
    snprintf(name, sizeof name, "o%u", id);
    ens__change c = {.kind = ENS_CHANGE_ENQUEUE};
    c.enqueue.outgoing = (ens__outgoing){
        .message = {.message_id = ens_str(name), .raw = ens_str(name)}, .category = category, .tries = TRIES};
    commit(m, &c);
    ENS_HOLDS(c.enqueue.known == o->there);
    if (!o->there)
        *o = (sent){.there = true, .category = category, .counter = ++m->counter, .next_at = m->now};
}

/* first_due is the one that a claim takes first, or NULL. */
static sent *first_due(model *m)
{
    sent *best = NULL;
    for (unsigned i = 0; i < IDS; i++) {
        sent *o = &m->out[i];
        if (!o->there || o->state != ENS_OUTBOUND_READY || o->next_at > m->now || o->lease_until > m->now)
            continue;
        if (!best || o->category < best->category ||
            (o->category == best->category &&
             (o->next_at < best->next_at || (o->next_at == best->next_at && o->counter < best->counter))))
            best = o;
    }
    return best;
}

/* take_due is what one round of a claim takes; those whose tries are used up are given up. */
static unsigned take_due(model *m, unsigned max, sent **taken, bool *any)
{
    unsigned num = 0;
    *any = false;
    for (sent *o; max && (o = first_due(m)); max--) {
        *any = true;
        o->lease_until = m->now + LEASE_MS;
        if (++o->attempts <= TRIES) {
            taken[num++] = o;
            continue;
        }
        o->state = ENS_OUTBOUND_GIVEN_UP;
        o->next_at = m->now;
    }
    return num;
}

static void claim(model *m, unsigned max)
{
    ens_arena arena;
    ens__outbound *rows = NULL;
    size_t num = 0;
    sent *taken[IDS];
    unsigned expected;
    bool any;
    const ens__outbound_claim what = {.mode = ENS_PUSH, .max = max, .lease_ms = LEASE_MS};
    ens_arena_init(&arena, ARENA_MAX);
    ENS_HOLDS(ens__store_claim_outbound(m->store, &what, &arena, &rows, &num, NULL) == ENS_OK);
    do
        expected = take_due(m, max, taken, &any);
    while (any && !expected);
    ENS_HOLDS(num == expected);
    for (size_t i = 0; i < num && i < expected; i++) {
        unsigned id = (unsigned)(taken[i] - m->out);
        ENS_HOLDS(rows[i].message_id.len == 2 && rows[i].message_id.p[1] == '0' + id &&
                  ens_eq(rows[i].raw, rows[i].message_id));
        ENS_HOLDS(rows[i].attempts == taken[i]->attempts && rows[i].token != 0);
        taken[i]->token = rows[i].token;
    }
    ens_arena_free(&arena);
}

static void settle(model *m, unsigned id, ens_attempt attempt, bool wrong_token)
{
    char name[16];
    sent *o = &m->out[id];
    snprintf(name, sizeof name, "o%u", id);
    ens__change c = {.kind = ENS_CHANGE_SETTLE};
    c.settle = (ens__settlement){.message_id = ens_str(name),
                                 .token = o->token ^ (int64_t)wrong_token,
                                 .attempt = attempt,
                                 .retry_ms = RETRY_MS};
    commit(m, &c);
    bool lost = !o->there || o->state != ENS_OUTBOUND_READY || !o->token || wrong_token;
    ENS_HOLDS(c.settle.lost == lost);
    if (lost)
        return;
    bool up = attempt == ENS_ATTEMPT_REFUSED || (attempt == ENS_ATTEMPT_FAILED && o->attempts >= TRIES);
    o->state = attempt == ENS_ATTEMPT_DELIVERED ? ENS_OUTBOUND_DELIVERED
               : up                             ? ENS_OUTBOUND_GIVEN_UP
                                                : ENS_OUTBOUND_READY;
    if (o->state != ENS_OUTBOUND_READY)
        o->next_at = m->now;
    else if (attempt == ENS_ATTEMPT_FAILED)
        o->next_at = m->now + RETRY_MS;
    else
        o->attempts--;
    o->token = o->lease_until = 0;
    ENS_HOLDS(c.settle.state == o->state);
}

static void claim_work(model *m, unsigned max)
{
    ens_arena arena;
    ens__work *rows = NULL;
    size_t num = 0, expected = 0;
    ens_arena_init(&arena, ARENA_MAX);
    ENS_HOLDS(ens__store_claim_work(m->store, ENS_LIT("k"), m->now, max, LEASE_MS, &arena, &rows, &num, NULL) ==
              ENS_OK);
    for (unsigned i = 0; i < IDS && expected < max; i++) {
        task *t = &m->work[i];
        if (!t->there || t->lease_until > m->now)
            continue;
        t->lease_until = m->now + LEASE_MS;
        t->attempts++;
        ENS_HOLDS(expected < num && rows[expected].id.p[1] == '0' + i && rows[expected].attempts == t->attempts);
        ENS_HOLDS(expected < num && ens_eq(rows[expected].raw, rows[expected].message_id));
        t->token = expected < num ? rows[expected].token : 0;
        expected++;
    }
    ENS_HOLDS(num == expected);
    ens_arena_free(&arena);
}

static void finish_work(model *m, unsigned id, bool again, bool wrong_token)
{
    char name[16];
    task *t = &m->work[id];
    snprintf(name, sizeof name, "w%u", id);
    ens__change c = {.kind = ENS_CHANGE_WORK};
    c.work = (ens__work_result){.id = ens_str(name), .token = t->token ^ (int64_t)wrong_token, .again = again};
    commit(m, &c);
    bool lost = !t->there || !t->token || wrong_token;
    ENS_HOLDS(c.work.lost == lost);
    if (!lost && again)
        t->token = t->lease_until = 0;
    else if (!lost)
        *t = (task){0};
}

static void prune(model *m, int64_t keep)
{
    bool more = true;
    while (more)
        ENS_HOLDS(ens__store_prune(m->store, &(ens__retention){.keep_ms = keep, .duplicates_ms = keep, .rows = 3},
                                   &more, NULL) == ENS_OK);
    for (unsigned i = 0; i < IDS; i++) {
        sent *o = &m->out[i];
        if (m->message[i].at < m->now - keep)
            m->message[i].there = false;
        if (o->there && o->state != ENS_OUTBOUND_READY && o->next_at < m->now - keep)
            *o = (sent){0};
    }
}

static void step(model *m, uint8_t verb, uint8_t argument)
{
    unsigned id = argument % IDS, rest = argument / IDS;
    switch (verb % 10) {
    case 0:
    case 1:
        receive(m, id, rest % 2);
        break;
    case 2:
        enqueue(m, id, rest % 3 + 1);
        break;
    case 3:
        claim(m, rest % 4 + 1);
        break;
    case 4:
        settle(m, id, (ens_attempt)(rest % 4), rest / 4 % 4 == 3);
        break;
    case 5:
        claim_work(m, rest % 4 + 1);
        break;
    case 6:
        finish_work(m, id, rest % 2, rest / 2 % 4 == 3);
        break;
    case 7:
        m->now += argument * 10;
        break;
    case 8:
        ens__store_close(m->store);
        open_store(m);
        break;
    case 9:
        prune(m, (rest + 1) * 300);
        break;
    }
}

/* Those that are pruned with rows of the journal still pointing to them hold nothing up: the counts are the model's. */
static void compare(model *m)
{
    ens__store_counts counts = {0};
    uint64_t work = 0, state[3] = {0};
    for (unsigned i = 0; i < IDS; i++) {
        work += m->work[i].there;
        state[m->out[i].state] += m->out[i].there;
    }
    ENS_HOLDS(ens__store_count(m->store, &counts, NULL) == ENS_OK);
    ENS_HOLDS(counts.work == work && counts.ready == state[0] && counts.delivered == state[1] &&
              counts.given_up == state[2]);
    for (unsigned i = 0; i < IDS; i++)
        receive(m, i, 0);
    if (!work && !state[0]) { /* nothing is held: all of it goes */
        m->now += 1000000;
        for (unsigned i = 0; i < IDS; i++) {
            claim_work(m, IDS);
            finish_work(m, i, false, false);
        }
        prune(m, 1);
        ENS_HOLDS(ens__store_count(m->store, &counts, NULL) == ENS_OK && counts.bytes == 0);
    }
}

ENS_FUZZ_TARGET(store)
{
    model m = {.now = 1800000000000};
    if (!fresh())
        return;
    open_store(&m);
    for (size_t i = 0; i + 1 < size && i < (size_t)2 * STEPS_MAX; i += 2)
        step(&m, data[i], data[i + 1]);
    compare(&m);
    ens__store_close(m.store);
}
