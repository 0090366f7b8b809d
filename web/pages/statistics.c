/* What came, in numbers and bars: by action, by verdict, by hour, and how long receipts and registrations took. */
#include "web/pages/rooms.h"
#include "web/pages/visit.h"

#include <stdio.h>
#include <stdlib.h>

#define ROWS_COUNTED 20000u /* of the journal, the newest */
#define ACTIONS_SHOWN 24u
#define HOURS 24
#define HOUR_MS ((int64_t)3600000)
#define WAITING_MAX 4096u /* messages that an answer is still looked for */
#define TIMES_MAX 8192u

typedef struct {
    char action[24];
    size_t of[ENS_REFUSED + 1];
} tally;

typedef struct {
    uint64_t hash; /* of the message's id */
    int64_t at_ms;
} sent;

typedef struct {
    int64_t ms[TIMES_MAX];
    size_t num;
} times;

typedef struct {
    ens_visit *v;
    tally action[ACTIONS_SHOWN];
    size_t num_actions, rows;
    size_t hour[HOURS], verdict[ENS_REFUSED + 1];
    int64_t until_ms;
    sent *waiting;
    times *registered;
} job;

static void keep_time(times *t, int64_t ms)
{
    if (t->num < TIMES_MAX && ms >= 0)
        t->ms[t->num++] = ms;
}

/* pair finds when the message was received that a row answers. */
static void pair(job *j, const ens__journal_row *row)
{
    const sent *s = &j->waiting[ens__visit_hash(row->ref_to) % WAITING_MAX];
    if (!row->ref_to.len || s->hash != ens__visit_hash(row->ref_to))
        return;
    if (ens_is(row->action, "IE3R01"))
        keep_time(j->registered, row->at_ms - s->at_ms);
}

static void count_action(job *j, const ens__journal_row *row)
{
    size_t i = 0;
    while (i < j->num_actions && !ens_is(row->action, j->action[i].action))
        i++;
    if (i == ACTIONS_SHOWN)
        return;
    if (i == j->num_actions)
        snprintf(j->action[j->num_actions++].action, sizeof j->action[i].action, "%.*s",
                 (int)(row->action.len < 23 ? row->action.len : 23), (const char *)row->action.p);
    j->action[i].of[row->verdict]++;
}

static bool count_row(void *user, const ens__journal_row *row)
{
    job *j = user;
    j->rows++;
    if (row->direction == ENS_OUT) {
        pair(j, row);
        return true;
    }
    if (row->kind == ENS_ENTRY_NOTE)
        return true;
    j->verdict[row->verdict]++;
    int64_t ago = (j->until_ms - row->at_ms) / HOUR_MS;
    if (row->at_ms <= j->until_ms && ago < HOURS)
        j->hour[HOURS - 1 - ago]++;
    if (row->kind != ENS_ENTRY_USER_MESSAGE)
        return true;
    j->waiting[ens__visit_hash(row->message_id) % WAITING_MAX] = (sent){ens__visit_hash(row->message_id), row->at_ms};
    if (row->action.len)
        count_action(j, row);
    return true;
}

static ens_code count_rows(job *j, ens_err *err)
{
    ens__store_counts counts;
    ens__journal_query query = ENS_JOURNAL_ALL;
    ens_arena *arena = j->v->r->arena;
    j->waiting = ens_arena_zero(arena, WAITING_MAX * sizeof *j->waiting);
    j->registered = ens_arena_zero(arena, sizeof *j->registered);
    if (!j->waiting || !j->registered)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the statistics", 0);
    ens_code code = ens__store_count(j->v->pages->store, &counts, err);
    if (code != ENS_OK)
        return code;
    query.since = counts.last_seq > ROWS_COUNTED ? counts.last_seq - ROWS_COUNTED : 0;
    j->until_ms = j->v->now_ms;
    return ens__store_journal_list(j->v->pages->store, &query, count_row, j, err);
}

/* -- Bars -- */

static void open_chart(ens_visit *v, ens_text_key caption, int width, int height)
{
    ens__h_open(&v->h, "figure");
    ens__h_attr(&v->h, "class", "chart");
    ens__said_leaf(&v->h, &v->screen, "figcaption", NULL, caption);
    ens__h_open(&v->h, "svg");
    ens__h_attr(&v->h, "class", "chart");
    ens__h_attr(&v->h, "role", "img");
    ens__h_attr(&v->h, "aria-label", ens__visit_text(v, caption));
    ens__h_attrf(&v->h, "viewBox", "0 0 %d %d", width, height);
}

static void put_bar(ens_html *h, const char *klass, double x, double y, double width, double height)
{
    ens__h_bare(h, "rect");
    ens__h_attrf(h, "class", "bar %s", klass);
    ens__h_attrf(h, "x", "%.1f", x);
    ens__h_attrf(h, "y", "%.1f", y);
    ens__h_attrf(h, "width", "%.1f", width);
    ens__h_attrf(h, "height", "%.1f", height);
}

static void open_row_chart(ens_html *h)
{
    ens__h_open(h, "svg");
    ens__h_attr(h, "class", "chart row");
    ens__h_attr(h, "aria-hidden", "true");
    ens__h_attr(h, "viewBox", "0 0 240 14");
}

static void put_label(ens_html *h, double x, double y, const char *text)
{
    ens__h_open(h, "text");
    ens__h_attrf(h, "x", "%.1f", x);
    ens__h_attrf(h, "y", "%.1f", y);
    ens__h_put(h, text);
    ens__h_close(h);
}

static void put_hours(const job *j)
{
    ens_visit *v = j->v;
    char at[ENS_TIME_TEXT], text[32];
    size_t most = 1;
    for (size_t i = 0; i < HOURS; i++)
        most = j->hour[i] > most ? j->hour[i] : most;
    open_chart(v, ENS_T_BY_HOUR, 720, 150);
    for (int i = 0; i < HOURS; i++) {
        double height = 100.0 * (double)j->hour[i] / (double)most;
        put_bar(&v->h, "", i * 30 + 3, 120 - height, 24, height);
        if (j->hour[i]) {
            snprintf(text, sizeof text, "%zu", j->hour[i]);
            put_label(&v->h, i * 30 + 5, 116 - height, text);
        }
        if (i % 4 == 3) {
            ens_time_format((j->until_ms - (HOURS - 1 - i) * HOUR_MS) / 1000, at);
            snprintf(text, sizeof text, "%.2s h", at + 11);
            put_label(&v->h, i * 30 + 3, 140, text);
        }
    }
    ens__h_close(&v->h);
    ens__h_close(&v->h);
}

static void put_actions(const job *j)
{
    static const ens_text_key heads[] = {ENS_T_ACTION, ENS_T_ACCEPTED, ENS_T_REFUSED, ENS_T_UNDECIDED, ENS_TEXTS};
    ens_visit *v = j->v;
    size_t most = 1;
    for (size_t i = 0; i < j->num_actions; i++) {
        size_t all = j->action[i].of[ENS_ACCEPTED] + j->action[i].of[ENS_REFUSED] + j->action[i].of[ENS_UNDECIDED];
        most = all > most ? all : most;
    }
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_BY_ACTION);
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < j->num_actions; i++) {
        static const ens_verdict order[] = {ENS_ACCEPTED, ENS_REFUSED, ENS_UNDECIDED};
        double x = 0;
        ens__h_open(&v->h, "tr");
        ens__cell(&v->h, NULL, j->action[i].action);
        for (size_t k = 0; k < 3; k++) {
            ens__h_open(&v->h, "td");
            ens__h_putf(&v->h, "%zu", j->action[i].of[order[k]]);
            ens__h_close(&v->h);
        }
        ens__h_open(&v->h, "td");
        open_row_chart(&v->h);
        for (size_t k = 0; k < 3; k++) {
            double width = 240.0 * (double)j->action[i].of[order[k]] / (double)most;
            put_bar(&v->h, ens_verdict_name(order[k]), x, 1, width, 12);
            x += width;
        }
        ens__h_close_to(&v->h, v->h.depth - 3);
    }
    ens__table_close(&v->h);
}

static int by_length(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void put_times(ens_visit *v, ens_text_key name, times *t)
{
    ens__h_open(&v->h, "tr");
    ens__said_leaf(&v->h, &v->screen, "td", NULL, name);
    qsort(t->ms, t->num, sizeof *t->ms, by_length);
    ens__h_open(&v->h, "td");
    ens__h_putf(&v->h, "%zu", t->num);
    ens__h_close(&v->h);
    static const unsigned parts[] = {50, 95, 99};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        ens__h_open(&v->h, "td");
        if (t->num)
            ens__h_putf(&v->h, "%lld ms", (long long)t->ms[(t->num - 1) * parts[i] / 100]);
        ens__h_close(&v->h);
    }
    ens__h_close(&v->h);
}

/* put_answered counts answers by how long they took, as the access point measured it. */
static void put_answered(ens_visit *v)
{
    static const ens_text_key heads[] = {ENS_T_WITHIN, ENS_T_COUNT, ENS_TEXTS};
    ens__tally_counts t;
    size_t in_hand, waiting;
    uint64_t most = 1;
    ens__point_tally(ens__service_point(v->pages->ground.service), &t, &in_hand, &waiting);
    for (size_t i = 0; i <= ENS_TALLY_BOUNDS; i++)
        most = t.within[i] > most ? t.within[i] : most;
    ens__said_leaf(&v->h, &v->screen, "h3", NULL, ENS_T_ANSWERED);
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i <= ENS_TALLY_BOUNDS; i++) {
        ens__h_open(&v->h, "tr");
        ens__h_open(&v->h, "td");
        if (i < ENS_TALLY_BOUNDS)
            ens__h_putf(&v->h, "%g ms", ens__tally_bounds_us[i] / 1000.0);
        else
            ens__said(&v->h, &v->screen, ENS_T_LONGER);
        ens__h_close(&v->h);
        ens__h_open(&v->h, "td");
        ens__h_putf(&v->h, "%llu", (unsigned long long)t.within[i]);
        ens__h_close(&v->h);
        ens__h_open(&v->h, "td");
        open_row_chart(&v->h);
        put_bar(&v->h, "", 0, 1, 240.0 * (double)t.within[i] / (double)most, 12);
        ens__h_close(&v->h);
        ens__h_close(&v->h);
        ens__h_close(&v->h);
    }
    ens__table_close(&v->h);
}

static void put_durations(const job *j)
{
    static const ens_text_key heads[] = {ENS_T_DURATION, ENS_T_COUNT, ENS_T_P50, ENS_T_P95, ENS_T_P99};
    ens_visit *v = j->v;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_DURATIONS);
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    put_times(v, ENS_T_TO_R01, j->registered);
    ens__table_close(&v->h);
    put_answered(v);
}

static void put_verdicts(const job *j)
{
    static const ens_verdict order[] = {ENS_ACCEPTED, ENS_REFUSED, ENS_UNDECIDED};
    static const ens_text_key words[] = {ENS_T_ACCEPTED, ENS_T_REFUSED, ENS_T_UNDECIDED};
    static const char *const piles[] = {"done", "action-needed", "registered"};
    ens_visit *v = j->v;
    ens__h_open(&v->h, "ul");
    ens__h_attr(&v->h, "class", "piles");
    for (size_t i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "/inbox?verdict=%s", ens_verdict_name(order[i]));
        ens__h_open(&v->h, "li");
        ens__h_open(&v->h, "a");
        ens__h_path(&v->h, "href", path);
        ens__h_attr(&v->h, "class", piles[i]);
        ens__h_open(&v->h, "strong");
        ens__h_putf(&v->h, "%zu", j->verdict[order[i]]);
        ens__h_close(&v->h);
        ens__said(&v->h, &v->screen, words[i]);
        ens__h_close(&v->h);
        ens__h_close(&v->h);
    }
    ens__h_close(&v->h);
}

void ens__statistics_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_err err = {0};
    ens__visit_begin(&v, pages, r, a, "/statistics");
    job *j = ens_arena_zero(r->arena, sizeof *j);
    if (!j) {
        ens__visit_sorry(&v, 503, "out of memory");
        return;
    }
    j->v = &v;
    if (count_rows(j, &err) != ENS_OK) {
        ens__visit_failed(&v, &err);
        return;
    }
    ens__visit_page(&v, ENS_T_STATISTICS, ENS_T_STATISTICS_LEAD);
    ens__live_mark(&v.h, &v.screen);
    ens__h_open(&v.h, "div");
    ens__h_attr(&v.h, "id", "numbers");
    ens__h_path(&v.h, "data-live", "/inbox/events");
    put_verdicts(j);
    put_hours(j);
    if (j->num_actions)
        put_actions(j);
    put_durations(j);
    ens__h_close(&v.h);
    ens__visit_end(&v);
}
