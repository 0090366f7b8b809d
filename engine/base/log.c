#include "engine/base/log.h"

#include "engine/base/clock.h"
#include "engine/base/json.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TIME_TEXT 32

static const char *const names[ENS_LOG_LEVELS] = {"error", "warning", "info", "debug"};

/* What a level may still write: thousandths of a line. */
typedef struct {
    uint64_t left;
    int64_t filled; /* ms */
    uint64_t left_out;
} bucket;

struct ens_log {
    ens_log_plan plan;
    pthread_mutex_t lock;
    bucket bucket[ENS_LOG_LEVELS]; /* under the lock */
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

ens_log *ens__log_new(const ens_log_plan *plan)
{
    ens_log *log = calloc(1, sizeof *log);
    if (!log)
        return NULL;
    log->plan = *plan;
    log->plan.rate = plan->rate ? plan->rate : ENS_LOG_RATE;
    log->plan.burst = plan->burst ? plan->burst : ENS_LOG_BURST;
    for (unsigned i = 0; i < ENS_LOG_LEVELS; i++)
        log->bucket[i] = (bucket){(uint64_t)log->plan.burst * 1000, now_ms(), 0};
    pthread_mutex_init(&log->lock, NULL);
    return log;
}

/* take_turn tells whether a line may be written, and how many were left out before it. */
static bool take_turn(ens_log *log, ens_log_level level, uint64_t *left_out)
{
    const uint64_t full = (uint64_t)log->plan.burst * 1000;
    pthread_mutex_lock(&log->lock);
    bucket *b = &log->bucket[level];
    int64_t now = now_ms();
    b->left += (uint64_t)(now - b->filled) * log->plan.rate;
    b->left = b->left > full ? full : b->left;
    b->filled = now;
    bool may = b->left >= 1000;
    *left_out = b->left_out;
    b->left -= may ? 1000 : 0;
    b->left_out = may ? 0 : b->left_out + 1;
    pthread_mutex_unlock(&log->lock);
    return may;
}

static void give_back(ens_log *log, ens_log_level level, uint64_t left_out)
{
    pthread_mutex_lock(&log->lock);
    log->bucket[level].left_out += left_out;
    pthread_mutex_unlock(&log->lock);
}

static void write_time(char out[TIME_TEXT])
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    ens_civil c = ens__civil_of((ens_time)t.tv_sec);
    snprintf(out, TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", c.year % 10000, c.month % 100, c.day % 100,
             c.hour % 100, c.minute % 100, c.second % 100, t.tv_nsec / 1000000 % 1000);
}

static void write_line(ens_buf *out, ens_log_level level, const char *event, uint64_t left_out,
                       const ens_log_field *fields, size_t num)
{
    char at[TIME_TEXT];
    ens_json j = {.out = out};
    write_time(at);
    ens__json_open(&j, NULL, '{');
    ens__json_text(&j, "at", at);
    ens__json_text(&j, "level", names[level]);
    ens__json_text(&j, "event", event);
    for (size_t i = 0; i < num; i++) {
        if (fields[i].text.p)
            ens__json_slice(&j, fields[i].name, ens_sub(fields[i].text, 0, ENS_LOG_VALUE_MAX));
        else
            ens__json_number(&j, fields[i].name, fields[i].number);
    }
    if (left_out)
        ens__json_number(&j, "left_out", left_out);
    ens__json_close(&j, '}');
    ens_buf_text(out, "\n");
}

/* put_log writes a line that a pipe takes whole or not at all, if it takes it now. */
static bool put_log(const ens_log *log, ens_slice line)
{
    struct pollfd ready = {.fd = log->plan.fd, .events = POLLOUT};
    if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
        return false;
    return write(log->plan.fd, line.p, line.len) == (ssize_t)line.len;
}

void ens__log(ens_log *log, ens_log_level level, const char *event, const ens_log_field *fields, size_t num)
{
    uint8_t room[ENS_LOG_LINE_MAX];
    uint64_t left_out;
    ens_buf line;
    if (!log || level > log->plan.most || !take_turn(log, level, &left_out))
        return;
    ens_buf_init(&line, room, sizeof room, sizeof room);
    write_line(&line, level, event, left_out, fields, num);
    if (line.failed) { /* too long: what happened is told, if not to whom */
        const ens_log_field cut = ens_log_text("cut", "too long");
        ens_buf_init(&line, room, sizeof room, sizeof room);
        write_line(&line, level, event, left_out, &cut, 1);
    }
    if (line.failed || !put_log(log, ens_buf_slice(&line)))
        give_back(log, level, left_out + 1);
}

void ens__log_free(ens_log *log)
{
    uint64_t left_out = 0;
    if (!log)
        return;
    for (unsigned i = 0; i < ENS_LOG_LEVELS; i++)
        left_out += log->bucket[i].left_out;
    if (left_out) {
        uint8_t room[ENS_LOG_LINE_MAX];
        ens_buf line;
        ens_buf_init(&line, room, sizeof room, sizeof room);
        write_line(&line, ENS_LOG_WARN, "log", left_out, NULL, 0);
        put_log(log, ens_buf_slice(&line));
    }
    pthread_mutex_destroy(&log->lock);
    free(log);
}
