#include "sti/clock/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DAYS_MAX ((int64_t)36500)
#define DAY_MS ((int64_t)86400000)

struct ens_clocks {
    pthread_mutex_t lock;
    ens__clock_row row[ENS_CLOCKS_MAX]; /* [0] is the environment's */
    size_t num;
    bool begun; /* the store does not know it yet */
};

ens_clocks *ens__clocks_new(void)
{
    ens_clocks *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    pthread_mutex_init(&c->lock, NULL);
    c->num = 1;
    return c;
}

void ens__clocks_free(ens_clocks *c)
{
    if (!c)
        return;
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void ens__clocks_begin(ens_clocks *c, int64_t at_ms)
{
    pthread_mutex_lock(&c->lock);
    c->row[0] = (ens__clock_row){.ahead_ms = at_ms - ens__clock_machine_ms()};
    c->begun = true;
    pthread_mutex_unlock(&c->lock);
}

/* put_begun keeps what was begun. */
static ens_code put_begun(ens_clocks *c, ens__store *store, ens_err *err)
{
    pthread_mutex_lock(&c->lock);
    ens__clock_row row = c->row[0];
    bool begun = c->begun;
    pthread_mutex_unlock(&c->lock);
    ens_code code = begun ? ens__store_put_clock(store, &row, err) : ENS_OK;
    pthread_mutex_lock(&c->lock);
    c->begun = c->begun && code != ENS_OK;
    pthread_mutex_unlock(&c->lock);
    return code;
}

/* The environment's comes first, whether the store has it or not: rows are in the order of their names. */
ens_code ens__clocks_read(ens_clocks *c, ens__store *store, bool *changed, ens_err *err)
{
    ens__clock_row row[ENS_CLOCKS_MAX] = {{.space = ""}};
    size_t num = 0;
    ens_code code = put_begun(c, store, err);
    if (code == ENS_OK)
        code = ens__store_read_clocks(store, row + 1, ENS_CLOCKS_MAX - 1, &num, err);
    if (code != ENS_OK)
        return code;
    bool own = num && !row[1].space[0];
    const ens__clock_row *first = own ? row + 1 : row;
    num += own ? 0 : 1;
    pthread_mutex_lock(&c->lock);
    *changed = num != c->num || memcmp(c->row, first, num * sizeof *row) != 0;
    memcpy(c->row, first, num * sizeof *row);
    c->num = num;
    pthread_mutex_unlock(&c->lock);
    return ENS_OK;
}

int64_t ens__clock_machine_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t ens__clock_time(const ens__clock_row *row, int64_t base_ms)
{
    return row->frozen_ms ? row->frozen_ms : base_ms + row->ahead_ms;
}

/* space_time is with the lock held. */
static int64_t space_time(const ens_clocks *c, const char *space)
{
    int64_t now = ens__clock_time(&c->row[0], ens__clock_machine_ms());
    for (size_t i = 1; i < c->num && *space; i++)
        if (strcmp(c->row[i].space, space) == 0)
            return ens__clock_time(&c->row[i], now);
    return now;
}

int64_t ens__clocks_space_now_ms(ens_clocks *c, const char *space)
{
    pthread_mutex_lock(&c->lock);
    int64_t now = space_time(c, space);
    pthread_mutex_unlock(&c->lock);
    return now;
}

int64_t ens__clocks_now_ms(ens_clocks *c)
{
    return ens__clocks_space_now_ms(c, "");
}

ens_slice ens__party_eori(ens_slice party)
{
    size_t first = ens__find(party, ENS_LIT("@"), 0);
    if (first == SIZE_MAX)
        return party;
    ens_slice rest = ens_from(party, first + 1);
    size_t second = ens__find(rest, ENS_LIT("@"), 0);
    if (second != SIZE_MAX)
        return ens_sub(rest, 0, second);
    return rest.len == 2 ? ens_sub(party, 0, first) : rest;
}

void ens__clocks_space_of(ens_clocks *c, ens_slice party, char out[ENS_FILING_SPACE + 1])
{
    ens_slice eori = ens__party_eori(party);
    out[0] = '\0';
    pthread_mutex_lock(&c->lock);
    for (size_t i = 1; i < c->num; i++)
        if (ens_is(eori, c->row[i].space))
            memcpy(out, c->row[i].space, sizeof c->row[i].space);
    pthread_mutex_unlock(&c->lock);
}

bool ens__clocks_space(ens_clocks *c, size_t nth, char out[ENS_FILING_SPACE + 1])
{
    pthread_mutex_lock(&c->lock);
    bool there = nth + 1 < c->num;
    if (there)
        memcpy(out, c->row[nth + 1].space, sizeof c->row[nth + 1].space);
    pthread_mutex_unlock(&c->lock);
    return there;
}

void ens__clock_advance(ens__clock_row *row, int64_t by_ms)
{
    if (row->frozen_ms)
        row->frozen_ms += by_ms;
    else
        row->ahead_ms += by_ms;
}

void ens__clock_freeze(ens__clock_row *row, int64_t base_ms, int64_t at_ms)
{
    row->frozen_ms = at_ms;
    row->ahead_ms = at_ms - base_ms;
}

void ens__clock_run(ens__clock_row *row, int64_t base_ms)
{
    if (row->frozen_ms)
        row->ahead_ms = row->frozen_ms - base_ms;
    row->frozen_ms = 0;
}

/* read_part takes a number and its unit; *time is set behind a T. */
static bool read_part(ens_slice text, size_t *at, bool *time, bool strict, int64_t *ms)
{
    static const struct {
        char unit;
        bool time;
        int64_t ms;
    } units[] = {
        {'D', false, DAY_MS}, {'H', true, 3600000}, {'M', true, 60000}, {'S', true, 1000}, {'W', false, 7 * DAY_MS}};
    int64_t number = 0;
    size_t first = *at;
    if (strict && text.p[*at] == 'T' && !*time) {
        *time = true;
        first = ++*at;
    }
    for (; *at < text.len && text.p[*at] >= '0' && text.p[*at] <= '9' && number <= DAYS_MAX * 86400; ++*at)
        number = number * 10 + (text.p[*at] - '0');
    if (*at == first || *at == text.len)
        return false;
    char unit = (char)(text.p[(*at)++] & ~0x20);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].unit == unit && (!strict || units[i].time == *time)) {
            *ms += number * units[i].ms;
            return *ms <= DAYS_MAX * DAY_MS;
        }
    return false;
}

bool ens__duration_read(ens_slice text, int64_t *out_ms)
{
    bool strict = text.len && (text.p[0] == 'P' || text.p[0] == 'p'), time = false;
    size_t at = strict;
    int64_t ms = 0;
    if (at == text.len)
        return false;
    while (at < text.len)
        if (!read_part(text, &at, &time, strict, &ms))
            return false;
    *out_ms = ms;
    return true;
}

ens_code ens__clock_find(ens__store *store, const char *space, ens__clock_row *out, int64_t *base_ms, bool *found,
                         ens_err *err)
{
    ens__clock_row rows[ENS_CLOCKS_MAX];
    size_t num = 0;
    ens_code code = ens__store_read_clocks(store, rows, ENS_CLOCKS_MAX, &num, err);
    if (code != ENS_OK)
        return code;
    *out = (ens__clock_row){0};
    snprintf(out->space, sizeof out->space, "%s", space);
    *base_ms = ens__clock_machine_ms();
    for (size_t i = 0; i < num; i++)
        if (*space && !rows[i].space[0])
            *base_ms = ens__clock_time(&rows[i], *base_ms);
    if (found)
        *found = !*space;
    for (size_t i = 0; i < num; i++)
        if (strcmp(rows[i].space, space) == 0) {
            *out = rows[i];
            if (found)
                *found = true;
        }
    return ENS_OK;
}
