#include "web/pages/live.h"

#include "engine/base/clock.h"
#include "engine/base/waker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct ens_live {
    ens__store *store;
    ens_waker *waker;
    pthread_mutex_t lock;
    bool stopped;                          /* under the lock, as what follows */
    ens_http_stream *stream[ENS_LIVE_MAX]; /* the oldest first */
    size_t num;
    uint64_t seq, commits; /* the thread's own, as what follows: the last ones that were told of */
    int64_t beat_ms;
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

static bool look(void *of)
{
    ens_live *l = of;
    int64_t now = ens__steady_ms();
    pthread_mutex_lock(&l->lock);
    if (l->num)
        tell_news(l);
    if (now - l->beat_ms >= ENS_LIVE_BEAT_MS) {
        tell(l, ENS_LIT(": here\n\n"));
        l->beat_ms = now;
    }
    pthread_mutex_unlock(&l->lock);
    return false;
}

ens_code ens__live_open(ens__store *store, ens_live **out, ens_err *err)
{
    ens_live *l = calloc(1, sizeof *l);
    if (!l)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the pages", 0);
    l->store = store;
    pthread_mutex_init(&l->lock, NULL);
    l->seq = last_of(l);
    l->beat_ms = ens__steady_ms();
    const ens_waker_plan plan = {.work = look, .ctx = l, .every_ms = ENS_LIVE_LOOK_MS};
    ens_code code = ens__waker_start(&plan, &l->waker, err);
    if (code == ENS_OK)
        *out = l;
    else
        ens__live_close(l);
    return code;
}

void ens__live_join(ens_live *l, ens_web_request *r, ens_web_answer *a)
{
    a->type = "text/event-stream";
    a->later = true;
    ens_buf_text(&a->body, "retry: 1000\n\n");
    pthread_mutex_lock(&l->lock);
    ens_http_stream *s = ens__web_stream(r->http, a);
    if (s && l->stopped) {
        ens__stream_end(s);
    } else if (s) {
        if (l->num == ENS_LIVE_MAX) {
            ens__stream_end(l->stream[0]);
            memmove(l->stream, l->stream + 1, --l->num * sizeof *l->stream);
        }
        l->stream[l->num++] = s;
    }
    pthread_mutex_unlock(&l->lock);
}

void ens__live_stop(ens_live *l)
{
    if (!l || !l->waker)
        return;
    pthread_mutex_lock(&l->lock);
    l->stopped = true;
    pthread_mutex_unlock(&l->lock);
    ens__waker_stop(l->waker);
    l->waker = NULL;
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
    free(l);
}
