#include "web/pages/live.h"

#include "engine/base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct ens_live {
    ens__store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool running, stop;
    ens_http_stream *stream[ENS_LIVE_MAX]; /* the oldest first */
    size_t num;
    uint64_t seq, commits; /* the last ones that were told of */
};

/* last_of is the last row's number, as far as it can be told. */
static uint64_t last_of(const ens_live *l)
{
    uint64_t seq = l->seq;
    return ens__store_last_seq(l->store, &seq, NULL) == ENS_OK ? seq : l->seq;
}

/* tell puts a piece to all, and lets go who is gone. The lock is held. */
static void tell(ens_live *l, ens_slice piece)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->num; i++)
        if (ens__stream_put(l->stream[i], piece))
            l->stream[kept++] = l->stream[i];
        else
            ens__stream_end(l->stream[i]);
    l->num = kept;
}

/* tell_news tells of commits of this server, and of rows in the journal, which may be another node's. */
static void tell_news(ens_live *l)
{
    char event[96];
    uint64_t commits = ens__store_commits(l->store);
    bool quiet = commits == l->commits;
    if (!quiet)
        tell(l, ENS_LIT("event: change\ndata: \n\n"));
    l->commits = commits;
    uint64_t seq = quiet && !ens__store_is_shared(l->store) ? l->seq : last_of(l);
    if (seq == l->seq)
        return;
    l->seq = seq;
    snprintf(event, sizeof event, "event: journal\nid: %llu\ndata: %llu\n\n", (unsigned long long)seq,
             (unsigned long long)seq);
    tell(l, ens_str(event));
}

/* rest waits a look's time, or for a stream where there is none. The lock is held. */
static void rest(ens_live *l)
{
    struct timespec until;
    if (l->num == 0) {
        pthread_cond_wait(&l->woken, &l->lock);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)ENS_LIVE_LOOK_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!l->stop && pthread_cond_timedwait(&l->woken, &l->lock, &until) != ETIMEDOUT) {
    }
}

static void *look(void *of)
{
    ens_live *l = of;
    int64_t beat = ens__steady_ms();
    pthread_mutex_lock(&l->lock);
    while (!l->stop) {
        rest(l);
        if (l->num)
            tell_news(l);
        if (ens__steady_ms() - beat < ENS_LIVE_BEAT_MS)
            continue;
        tell(l, ENS_LIT(": here\n\n"));
        beat = ens__steady_ms();
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

ens_code ens__live_open(ens__store *store, ens_live **out, ens_err *err)
{
    ens_live *l = calloc(1, sizeof *l);
    if (!l)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the pages", 0);
    l->store = store;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->woken, NULL);
    l->seq = last_of(l);
    l->running = pthread_create(&l->thread, NULL, look, l) == 0;
    if (!l->running) {
        ens__live_close(l);
        return ens_fail(err, ENS_ELIMIT, NULL, "no thread for the pages", 0);
    }
    *out = l;
    return ENS_OK;
}

void ens__live_join(ens_live *l, ens_web_request *r, ens_web_answer *a)
{
    a->type = "text/event-stream";
    a->later = true;
    ens_buf_text(&a->body, "retry: 1000\n\n");
    pthread_mutex_lock(&l->lock);
    ens_http_stream *s = ens__web_stream(r->http, a);
    if (s && l->stop) {
        ens__stream_end(s);
    } else if (s) {
        if (l->num == ENS_LIVE_MAX) {
            ens__stream_end(l->stream[0]);
            memmove(l->stream, l->stream + 1, --l->num * sizeof *l->stream);
        }
        l->stream[l->num++] = s;
        pthread_cond_signal(&l->woken);
    }
    pthread_mutex_unlock(&l->lock);
}

void ens__live_stop(ens_live *l)
{
    if (!l || !l->running)
        return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_signal(&l->woken);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    l->running = false;
    for (size_t i = 0; i < l->num; i++)
        ens__stream_end(l->stream[i]);
    l->num = 0;
}

void ens__live_close(ens_live *l)
{
    if (!l)
        return;
    ens__live_stop(l);
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->woken);
    free(l);
}
