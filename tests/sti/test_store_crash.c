/* The store when the process is killed, and when the machine loses power: nothing that was acknowledged is missing,
 * nothing is there twice, and whoever comes again gets the first answer. ENSIGN_SOAK=1 in the environment runs the long
 * form. */
#include "engine/base/report.h"
#include "sti/store/committer.h"
#include "tests/sti/disk.h"
#include "tests/suite.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PRODUCERS 6
#define EACH 4000 /* messages that a producer can send in all */
#define AGAIN 5   /* every so many, one is sent a second time */
#define LEASE_MS 50
#define ARENA_MAX ((size_t)16 << 20)
#define PADDING 3000 /* bytes that make a message more than a page */

static char folder[] = "/tmp/ensign-crash-XXXXXX";
static char file[64], left[64], left_file[80];

static bool is_soak(void)
{
    const char *soak = getenv("ENSIGN_SOAK");
    return soak && *soak == '1';
}

static void make_folder(void)
{
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/s.db", folder);
    snprintf(left, sizeof left, "%s/left", folder);
    snprintf(left_file, sizeof left_file, "%s/s.db", left);
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

static ens__store *open_store(const char *path)
{
    ens__store *s = NULL;
    ens_err err = {0};
    char text[256];
    ens_code code = ens__store_open(path, &(ens__store_options){.create = true}, &s, &err);
    CHECK_ROW(code == ENS_OK, "%s", ens_err_format(&err, text, sizeof text));
    return s;
}

/* -- A message, and what is to be told of it ---------------------------------------------------------------------- */

/* What the producer reports when a message is acknowledged: who answered it first. */
typedef struct {
    uint16_t producer, number, run; /* run: of the first answer */
    uint8_t arrival, kind;          /* kind 1: a message that was sent on */
} report;

typedef struct {
    ens__change change;
    ens__task task;
    ens_buf stored;
    char id[32], work[40], answer[64], raw[PADDING + 64];
    uint8_t storage[128];
} message;

static void fill(message *m, unsigned producer, unsigned number, unsigned run)
{
    snprintf(m->id, sizeof m->id, "m-%u-%u", producer, number);
    snprintf(m->work, sizeof m->work, "reply:%s", m->id);
    snprintf(m->answer, sizeof m->answer, "%u %u %u receipt", producer, number, run);
    int head = snprintf(m->raw, sizeof m->raw, "message %u %u ", producer, number);
    memset(m->raw + head, 'x', PADDING);
    m->task = (ens__task){.id = ens_str(m->work), .kind = ENS_LIT("reply")};
    ens_buf_init(&m->stored, m->storage, sizeof m->storage, sizeof m->storage);
    m->change = (ens__change){.kind = ENS_CHANGE_INBOUND};
    ens__inbound *in = &m->change.inbound;
    in->message = (ens__entry){
        .verdict = ENS_ACCEPTED, .message_id = ens_str(m->id), .raw = ens_bytes(m->raw, (size_t)head + PADDING)};
    in->answer = (ens__entry){
        .direction = ENS_OUT, .kind = ENS_ENTRY_RECEIPT, .ref_to = ens_str(m->id), .raw = ens_str(m->answer)};
    in->task = &m->task;
    in->stored = &m->stored;
    memset(in->refs_sha256, (int)(number % 251), 32);
}

static bool read_answer(ens_slice answer, report *r)
{
    char text[128];
    unsigned producer, number, run;
    snprintf(text, sizeof text, "%.*s", (int)answer.len, (const char *)answer.p);
    if (sscanf(text, "%u %u %u receipt", &producer, &number, &run) != 3)
        return false;
    r->producer = (uint16_t)producer;
    r->number = (uint16_t)number;
    r->run = (uint16_t)run;
    return true;
}

/* send is true when the message was acknowledged. */
static bool send_one(ens__committer *c, unsigned producer, unsigned number, unsigned run, report *r)
{
    message m;
    fill(&m, producer, number, run);
    if (ens__committer_wait(c, &m.change, NULL) != ENS_OK)
        return false;
    const ens__inbound *in = &m.change.inbound;
    *r = (report){.arrival = (uint8_t)in->arrival};
    return read_answer(in->arrival == ENS_ARRIVAL_NEW ? ens_str(m.answer) : ens_buf_slice(&m.stored), r);
}

/* -- Work: each message leads to one that is sent on
 * ------------------------------------------------------------------- */

static ens_code finish(ens__committer *c, const ens__work *w)
{
    char id[64];
    snprintf(id, sizeof id, "out-%.*s", (int)w->message_id.len, (const char *)w->message_id.p);
    ens__outgoing out = {.message = {.direction = ENS_OUT, .message_id = ens_str(id), .raw = ENS_LIT("sealed")},
                         .category = 2};
    ens__change change = {.kind = ENS_CHANGE_WORK,
                          .work = {.id = w->id, .token = w->token, .outgoing = &out, .num_outgoing = 1}};
    return ens__committer_wait(c, &change, NULL);
}

/* work_off does what is due once; false when the store refuses. */
static bool work_off(ens__store *s, ens__committer *c, size_t *num)
{
    ens_arena arena;
    ens__work *rows = NULL;
    ens_arena_init(&arena, ARENA_MAX);
    *num = 0;
    ens_code code = ens__store_claim_work(s, (ens_slice){0}, INT64_MAX, 32, LEASE_MS, &arena, &rows, num, NULL);
    for (size_t i = 0; i < *num && code == ENS_OK; i++)
        code = finish(c, &rows[i]);
    ens_arena_free(&arena);
    return code == ENS_OK;
}

/* -- What the parent knows, and what it asks of the store -----------------------------------------------------------
 */

/* The run that first answered each message, and 1; 0: nobody said so yet. */
typedef struct {
    uint16_t first[PRODUCERS][EACH];
    unsigned num, again, wrong;
} ledger;

static void enter(ledger *l, const report *r)
{
    if (r->producer >= PRODUCERS || r->number >= EACH) {
        l->wrong++;
        return;
    }
    uint16_t *first = &l->first[r->producer][r->number];
    if (r->arrival == ENS_ARRIVAL_CLASH || (*first && *first != r->run + 1) ||
        (*first && r->arrival == ENS_ARRIVAL_NEW))
        l->wrong++;
    l->num += *first == 0;
    l->again += r->arrival == ENS_ARRIVAL_AGAIN;
    *first = (uint16_t)(r->run + 1);
}

typedef struct {
    unsigned rows, twice, from[PRODUCERS];
    uint8_t seen[PRODUCERS][EACH];
} tally;

static bool count_message(void *user, const ens__journal_row *row)
{
    tally *t = user;
    unsigned producer, number;
    char id[64];
    snprintf(id, sizeof id, "%.*s", (int)row->message_id.len, (const char *)row->message_id.p);
    if (row->detail.len || sscanf(id, "m-%u-%u", &producer, &number) != 2 || producer >= PRODUCERS || number >= EACH)
        return true;
    t->rows++;
    t->twice += t->seen[producer][number]++ > 0;
    return true;
}

static bool count_sent(void *user, const ens__outbound *row)
{
    tally *t = user;
    unsigned producer, number;
    if (sscanf((const char *)row->message_id.p, "out-m-%u-%u", &producer, &number) != 2 || !t->seen[producer][number])
        t->twice++;
    t->rows++;
    return true;
}

/* check_acknowledged looks every message up that anyone was told is kept. */
static unsigned check_acknowledged(ens__store *s, const ledger *l)
{
    unsigned missing = 0;
    for (unsigned p = 0; p < PRODUCERS; p++)
        for (unsigned i = 0; i < EACH; i++) {
            message m;
            report r = {0};
            ens_arrival arrival = ENS_ARRIVAL_NEW;
            if (!l->first[p][i])
                continue;
            fill(&m, p, i, 0);
            ens_code code =
                ens__store_find_inbound(s, ens_str(m.id), m.change.inbound.refs_sha256, &m.stored, &arrival, NULL);
            missing += code != ENS_OK || arrival != ENS_ARRIVAL_AGAIN || !read_answer(ens_buf_slice(&m.stored), &r) ||
                       r.producer != p || r.number != i || r.run + 1 != l->first[p][i];
        }
    return missing;
}

static void check_store(ens__store *s, const ledger *l)
{
    tally *t = calloc(1, sizeof *t);
    ens_report *found = ens_report_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_EQUAL(check_acknowledged(s, l), 0);
    CU_ASSERT_EQUAL(
        ens__store_journal_list(s, &(ens__journal_query){.direction = ENS_IN, .kind = -1}, count_message, t, NULL),
        ENS_OK);
    CHECK_ROW(t->twice == 0 && t->rows >= l->num, "%u messages taken twice, %u of %u there", t->twice, t->rows, l->num);
    ens__store_check(s, found);
    for (size_t i = 0; i < ens_report_num(found); i++)
        if (strcmp(ens_report_get(found, i)->id, "store.integrity") == 0)
            CU_ASSERT_EQUAL(ens_report_get(found, i)->outcome, ENS_PASS);
    ens_report_free(found);
    free(t);
}

/* check_work finishes all work: then each message that was taken has led to one that is sent on, and no more. */
static void check_work(ens__store *s)
{
    tally *t = calloc(1, sizeof *t);
    ens__committer *c = NULL;
    ens__store_counts counts = {0};
    size_t num = 1;
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_EQUAL_FATAL(ens__committer_start(s, &c, NULL), ENS_OK);
    usleep((LEASE_MS + 20) * 1000);
    while (num && work_off(s, c, &num))
        ;
    ens__committer_stop(c);
    CU_ASSERT_EQUAL(
        ens__store_journal_list(s, &(ens__journal_query){.direction = ENS_IN, .kind = -1}, count_message, t, NULL),
        ENS_OK);
    unsigned taken = t->rows;
    t->rows = 0;
    CU_ASSERT_EQUAL(ens__store_list_outbound(s, ENS_OUTBOUND_READY, count_sent, t, NULL), ENS_OK);
    CHECK_ROW(t->rows == taken && t->twice == 0, "%u taken, %u sent on, %u odd", taken, t->rows, t->twice);
    CU_ASSERT(ens__store_count(s, &counts, NULL) == ENS_OK && counts.work == 0);
    free(t);
}

/* -- kill -9
 * ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    ens__committer *committer;
    const ledger *ledger;
    unsigned producer, run;
    int to;
} child_producer;

/* A producer goes on where nobody acknowledged yet, and now and then comes with what was acknowledged before. */
static void *produce(void *arg)
{
    const child_producer *p = arg;
    unsigned next = 0;
    while (next < EACH && p->ledger->first[p->producer][next])
        next++;
    for (unsigned i = 0; next < EACH; i++) {
        unsigned number = i % AGAIN == AGAIN - 1 && next ? (unsigned)rand() % next : next++;
        report r;
        if (!send_one(p->committer, p->producer, number, p->run, &r) || write(p->to, &r, sizeof r) != sizeof r)
            break;
    }
    return NULL;
}

static void child(const ledger *l, unsigned run, int to)
{
    pthread_t thread[PRODUCERS];
    child_producer p[PRODUCERS];
    ens__store *s = NULL;
    ens__committer *c = NULL;
    size_t num;
    srand(run + 1);
    if (ens__store_open(file, &(ens__store_options){.create = true}, &s, NULL) != ENS_OK ||
        ens__committer_start(s, &c, NULL) != ENS_OK)
        _exit(3);
    for (unsigned i = 0; i < PRODUCERS; i++) {
        p[i] = (child_producer){c, l, i, run, to};
        if (pthread_create(&thread[i], NULL, produce, &p[i]) != 0)
            _exit(3);
    }
    while (work_off(s, c, &num))
        usleep(2000);
    for (;;)
        pause();
}

/* run_child kills the child some time after its first acknowledgement, and enters what it said until then. */
static void run_child(ledger *l, unsigned run)
{
    int ends[2], status = 0;
    report r;
    unsigned said = 0;
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child(l, run, ends[1]);
    }
    close(ends[1]);
    struct timespec wait = {0, (long)(rand() % 40 + 1) * 1000000};
    while (read(ends[0], &r, sizeof r) == sizeof r) {
        enter(l, &r);
        if (said++ == 0) {
            nanosleep(&wait, NULL);
            kill(pid, SIGKILL);
        }
    }
    close(ends[0]);
    waitpid(pid, &status, 0);
    CHECK_ROW(said && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "run %u: status %x after %u", run, status,
              said);
}

static void nothing_is_lost_or_doubled_by_kill_9(void)
{
    ledger *l = calloc(1, sizeof *l);
    unsigned runs = is_soak() ? 200 : 20;
    CU_ASSERT_PTR_NOT_NULL_FATAL(l);
    make_folder();
    for (unsigned run = 0; run < runs; run++)
        run_child(l, run);
    CHECK_ROW(l->wrong == 0, "%u answers were not the first", l->wrong);
    CU_ASSERT(l->num > runs && l->again > 0);
    printf("\n    %u kills, %u messages acknowledged, %u came again", runs, l->num, l->again);
    ens__store *s = open_store(file);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    check_store(s, l);
    check_work(s);
    ens__store_close(s);
    remove_folder();
    free(l);
}

/* -- Power ----------------------------------------------------------------------------------------------------------
 */

typedef struct {
    ens__committer *committer;
    ledger *ledger;
    pthread_mutex_t *lock;
    unsigned producer, run;
} power_producer;

static void *produce_until_cut(void *arg)
{
    const power_producer *p = arg;
    report r;
    for (unsigned i = 0; i < EACH; i++) {
        if (!send_one(p->committer, p->producer, i, p->run, &r))
            break;
        pthread_mutex_lock(p->lock);
        enter(p->ledger, &r);
        pthread_mutex_unlock(p->lock);
    }
    return NULL;
}

static void run_until_cut(ledger *l, unsigned run)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread[PRODUCERS];
    power_producer p[PRODUCERS];
    ens__committer *c = NULL;
    size_t num;
    ens__store *s = NULL;
    disk_cut_after(run % 6 ? rand() % 3000 + 60 : rand() % 60); /* now and then while the store is made */
    if (ens__store_open(file, &(ens__store_options){.create = true}, &s, NULL) != ENS_OK)
        return;
    CU_ASSERT_EQUAL_FATAL(ens__committer_start(s, &c, NULL), ENS_OK);
    for (unsigned i = 0; i < PRODUCERS; i++) {
        p[i] = (power_producer){c, l, &lock, i, run};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, produce_until_cut, &p[i]), 0);
    }
    while (!disk_is_cut() && work_off(s, c, &num))
        usleep(1000);
    for (unsigned i = 0; i < PRODUCERS; i++)
        pthread_join(thread[i], NULL);
    ens__committer_stop(c);
    ens__store_close(s);
}

/* cut_power is the number of acknowledged messages that are missing after one cut. */
static unsigned cut_power(unsigned run, bool lies, ledger *l)
{
    unsigned missing = 1;
    char command[256];
    memset(l, 0, sizeof *l);
    snprintf(command, sizeof command, "rm -rf %s/* && mkdir %s", folder, left);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    disk_insert();
    disk_lie(lies);
    run_until_cut(l, run);
    CU_ASSERT_TRUE(disk_is_cut());
    disk_leave(file, left, run);
    disk_remove();
    ens__store *s = NULL;
    if (ens__store_open(left_file, &(ens__store_options){.create = true}, &s, NULL) == ENS_OK) {
        missing = check_acknowledged(s, l);
        if (!lies)
            check_store(s, l);
        if (!lies && run % 5 == 0)
            check_work(s);
    }
    ens__store_close(s);
    return missing;
}

static void nothing_is_lost_with_the_power(void)
{
    ledger *l = calloc(1, sizeof *l);
    unsigned runs = is_soak() ? 200 : 30, acknowledged = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(l);
    make_folder();
    for (unsigned run = 0; run < runs; run++) {
        unsigned missing = cut_power(run, false, l);
        CHECK_ROW(missing == 0 && l->wrong == 0, "cut %u: %u of %u missing", run, missing, l->num);
        acknowledged += l->num;
    }
    printf("\n    %u cuts, %u messages acknowledged", runs, acknowledged);
    remove_folder();
    free(l);
}

/* A disk that lies about syncs shows that the test above would see a loss. */
static void the_loss_would_be_seen(void)
{
    ledger *l = calloc(1, sizeof *l);
    unsigned missing = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(l);
    make_folder();
    for (unsigned run = 100; run < 105; run++)
        missing += cut_power(run, true, l);
    CU_ASSERT(missing > 0);
    remove_folder();
    free(l);
}

static const ens_case cases[] = {
    {"nothing is lost or doubled by kill -9", nothing_is_lost_or_doubled_by_kill_9},
    {"nothing is lost with the power", nothing_is_lost_with_the_power},
    {"the loss would be seen", the_loss_would_be_seen},
    {NULL, NULL},
};
ENS_SUITE("sti/store-crash", cases)
