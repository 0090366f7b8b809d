#include "web/base/feed.h"

#include "engine/base/clock.h"
#include "engine/base/waker.h"
#include "show/journal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign web"
#define EVENT_MAX ((size_t)64 << 10)     /* bytes of one event */
#define FULL (ENS_SERVER_STREAM_MAX / 2) /* bytes that wait for a client before it is read for again */

typedef struct listener listener;
struct listener {
    listener *next;
    ens_feed_filter filter;  /* since: the last row that it was shown, or that doesn't fit */
    ens_http_stream *stream; /* NULL: it waits for one row */
    ens_http_request *http;  /* of a wait */
    ens_feed_write *write;
    bool junit, over;
    int64_t began_ms, ends_ms, alive_ms;
};

struct ens_feed {
    ens__store *store;
    ens_waker *waker;
    pthread_mutex_t lock;
    listener *fresh; /* under the lock, as what follows */
    unsigned num, waits;
    bool stopped;
    listener *listeners; /* the thread's own, as what follows */
    uint64_t shown;      /* the row up to which everybody was shown, but for those who are behind */
    ens_buf event;
    atomic_uint_fast64_t events;
};

static void answer_wait(listener *l, const ens__journal_row *row)
{
    ens_web_answer a;
    ens__web_answer_init(&a);
    l->write(&(ens_feed_end){.row = row,
                             .filter = &l->filter,
                             .seconds = (double)(ens__steady_ms() - l->began_ms) / 1000,
                             .junit = l->junit},
             &a);
    ens__web_send(l->http, &a);
    ens__web_answer_free(&a);
    l->over = true;
}

/* write_event makes the event of a row. */
static void write_event(ens_feed *f, const ens__journal_row *row)
{
    f->event.len = 0;
    f->event.failed = ENS_OK;
    ens_buf_printf(&f->event, "id: %llu\nevent: entry\ndata: ", (unsigned long long)row->seq);
    ens_json j = {.out = &f->event};
    ens__journal_json(&j, row, NULL);
    ens_buf_text(&f->event, "\n\n");
}

/* A round of reading for one listener. */
typedef struct {
    ens_feed *feed;
    listener *listener;
    bool full;
    size_t num;
} reading;

static bool take_row(void *user, const ens__journal_row *row)
{
    reading *rd = user;
    listener *l = rd->listener;
    rd->num++;
    if (!ens__feed_fits(&l->filter, row)) {
        l->filter.since = row->seq;
        return true;
    }
    if (!l->stream) {
        answer_wait(l, row);
        return false;
    }
    write_event(rd->feed, row);
    if (rd->feed->event.failed || !ens__stream_put(l->stream, ens_buf_slice(&rd->feed->event))) {
        l->over = true;
        return false;
    }
    atomic_fetch_add(&rd->feed->events, 1);
    l->filter.since = row->seq;
    l->alive_ms = ens__steady_ms();
    rd->full = ens__stream_waiting(l->stream) > FULL;
    return !rd->full;
}

/* show_row shows the next row to a listener that has seen all before it; the event is written once for all. */
static void show_row(ens_feed *f, listener *l, const ens__journal_row *row, bool *written)
{
    if (l->over || l->filter.since != f->shown)
        return; /* it is behind: read_for brings it up */
    if (!ens__feed_fits(&l->filter, row)) {
        l->filter.since = row->seq;
    } else if (!l->stream) {
        answer_wait(l, row);
    } else if (ens__stream_waiting(l->stream) <= FULL) {
        if (!*written)
            write_event(f, row);
        *written = true;
        l->over = f->event.failed || !ens__stream_put(l->stream, ens_buf_slice(&f->event));
        l->filter.since = row->seq;
        l->alive_ms = ens__steady_ms();
        atomic_fetch_add(&f->events, 1);
    }
}

typedef struct {
    ens_feed *feed;
    size_t num;
} showing;

static bool show_all(void *user, const ens__journal_row *row)
{
    showing *sh = user;
    bool written = false;
    for (listener *l = sh->feed->listeners; l; l = l->next)
        show_row(sh->feed, l, row, &written);
    sh->feed->shown = row->seq;
    sh->num++;
    return true;
}

/* show_new reads what is new once for all; true: there is more. */
static bool show_new(ens_feed *f, uint64_t last)
{
    ens__journal_query q = ENS_JOURNAL_ALL;
    showing sh = {.feed = f};
    if (last <= f->shown)
        return false;
    q.since = f->shown;
    q.until = last;
    q.limit = ENS_FEED_PAGE;
    if (ens__store_journal_list(f->store, &q, show_all, &sh, NULL) != ENS_OK)
        return false;
    if (sh.num == ENS_FEED_PAGE)
        return true;
    for (listener *l = f->listeners; l; l = l->next)
        if (l->filter.since == f->shown)
            l->filter.since = last;
    f->shown = last;
    return false;
}

/* read_for brings a listener up to the last row; true: there is more for it. */
static bool read_for(ens_feed *f, listener *l, uint64_t last)
{
    ens__journal_query q = ens__feed_query(&l->filter);
    reading rd = {.feed = f, .listener = l};
    if (l->filter.since >= last || (l->stream && ens__stream_waiting(l->stream) > FULL))
        return false;
    q.until = last;
    q.limit = ENS_FEED_PAGE;
    if (ens__store_journal_list(f->store, &q, take_row, &rd, NULL) != ENS_OK || l->over || rd.full)
        return false;
    if (rd.num < ENS_FEED_PAGE)
        l->filter.since = last;
    return rd.num == ENS_FEED_PAGE;
}

/* keep_alive lets a stream's client, and whoever stands between, know that it lives; and learns whether it does. */
static void keep_alive(listener *l, int64_t now)
{
    if (l->stream && !l->over && now - l->alive_ms > ENS_FEED_ALIVE_MS) {
        l->over = !ens__stream_put(l->stream, ENS_LIT(": alive\n\n"));
        l->alive_ms = now;
    }
    if (!l->stream && !l->over && now >= l->ends_ms)
        answer_wait(l, NULL);
}

static bool take_pending(void *user, const ens__outbound *message)
{
    listener *l = user;
    const ens__journal_row row = ens__feed_row_of(message);
    if (!ens__feed_fits_pending(&l->filter, &row))
        return true;
    answer_wait(l, &row);
    return false;
}

/* look_pending looks among what is still to be sent, where a wait asks for it. */
static void look_pending(ens_feed *f, listener *l)
{
    if (!l->over && !l->stream && l->filter.pending &&
        ens__store_list_outbound(f->store, ENS_OUTBOUND_READY, take_pending, l, NULL) != ENS_OK)
        return; /* the next look may go better */
}

static void take_fresh(ens_feed *f)
{
    pthread_mutex_lock(&f->lock);
    listener *fresh = f->fresh;
    f->fresh = NULL;
    pthread_mutex_unlock(&f->lock);
    for (listener *next; fresh; fresh = next) {
        next = fresh->next;
        fresh->next = f->listeners;
        f->listeners = fresh;
    }
}

static void drop_listener(ens_feed *f, listener **at)
{
    listener *l = *at;
    *at = l->next;
    ens__stream_end(l->stream);
    pthread_mutex_lock(&f->lock);
    f->num--;
    f->waits -= l->http != NULL;
    pthread_mutex_unlock(&f->lock);
    free(l);
}

static bool follow(void *ctx)
{
    ens_feed *f = ctx;
    uint64_t last = 0;
    bool first = !f->listeners;
    take_fresh(f);
    if (!f->listeners)
        return false;
    if (ens__store_last_seq(f->store, &last, NULL) != ENS_OK)
        last = f->shown;
    if (first)
        f->shown = last; /* nobody has to be shown anything but by itself */
    for (listener *l = f->listeners; l; l = l->next)
        ens__feed_resolve(f->store, &l->filter); /* behind last: what it knows holds for all rows up to there */
    bool more = show_new(f, last);
    int64_t now = ens__steady_ms();
    for (listener **at = &f->listeners; *at;) {
        listener *l = *at;
        more = (!l->over && read_for(f, l, f->shown)) || more;
        look_pending(f, l);
        keep_alive(l, now);
        if (l->over)
            drop_listener(f, at);
        else
            at = &l->next;
    }
    return more;
}

ens_code ens__feed_open(ens__store *store, ens_feed **out, ens_err *err)
{
    ens_feed *f = calloc(1, sizeof *f);
    if (!f)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for who listens", 0);
    f->store = store;
    pthread_mutex_init(&f->lock, NULL);
    ens_buf_init(&f->event, NULL, 0, EVENT_MAX);
    const ens_waker_plan plan = {.work = follow, .ctx = f, .every_ms = ENS_FEED_POLL_MS};
    ens_code code = ens__waker_start(&plan, &f->waker, err);
    if (code == ENS_OK)
        *out = f;
    else
        ens__feed_free(f);
    return code;
}

void ens__feed_stop(ens_feed *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    f->stopped = true;
    pthread_mutex_unlock(&f->lock);
    ens__waker_stop(f->waker);
    f->waker = NULL;
    take_fresh(f);
    while (f->listeners) {
        if (f->listeners->http)
            answer_wait(f->listeners, NULL);
        drop_listener(f, &f->listeners);
    }
}

void ens__feed_free(ens_feed *f)
{
    if (!f)
        return;
    if (f->waker)
        ens__feed_stop(f);
    ens_buf_free(&f->event);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

void ens__feed_wake(ens_feed *f)
{
    ens__waker_wake(f->waker);
}

/* reserve counts one more; false: there are too many of them. */
static bool reserve(ens_feed *f, bool waits)
{
    pthread_mutex_lock(&f->lock);
    bool room = !f->stopped && f->num < ENS_FEED_LISTENERS_MAX && (!waits || f->waits < ENS_FEED_WAITS_MAX);
    f->num += room;
    f->waits += room && waits;
    pthread_mutex_unlock(&f->lock);
    return room;
}

static void refuse_listener(ens_web_answer *a)
{
    ens__web_add(a, "Retry-After", ENS_LIT("5"));
    ens__web_refuse(a, &(ens_web_problem){.status = 429, .detail = "too many listen, or wait, already"});
}

/* begin_listener makes one; NULL: a has the refusal. */
static listener *begin_listener(ens_feed *f, ens_web_answer *a, const ens_feed_filter *filter, bool waits)
{
    listener *l = calloc(1, sizeof *l);
    if (!l || !reserve(f, waits)) {
        free(l);
        refuse_listener(a);
        return NULL;
    }
    l->filter = *filter;
    l->began_ms = l->alive_ms = ens__steady_ms();
    return l;
}

/* add_listener hands one to the thread; once that is stopped, it is answered at once. */
static void add_listener(ens_feed *f, listener *l)
{
    pthread_mutex_lock(&f->lock);
    bool stopped = f->stopped;
    if (!stopped) {
        l->next = f->fresh;
        f->fresh = l;
        ens__waker_wake(f->waker);
    }
    pthread_mutex_unlock(&f->lock);
    if (stopped && l->http)
        answer_wait(l, NULL);
    if (stopped)
        drop_listener(f, &l);
}

/* read_last reads Last-Event-ID, which goes before what the query says. */
static bool read_last(const ens_web_request *r, uint64_t *since)
{
    ens_slice id = ens__web_field(r, "Last-Event-ID");
    uint64_t n = 0;
    if (!id.len)
        return true;
    for (size_t i = 0; i < id.len; i++) {
        if (id.p[i] < '0' || id.p[i] > '9' || i > 17)
            return false;
        n = n * 10 + (id.p[i] - '0');
    }
    *since = n;
    return true;
}

void ens__feed_listen(ens_feed *f, ens_web_request *r, ens_web_answer *a, const ens_feed_filter *filter)
{
    ens_feed_filter from = *filter;
    if (ens_is(r->http->head->method, "HEAD") || !read_last(r, &from.since)) {
        ens__web_refuse(
            a, &(ens_web_problem){.status = 400, .detail = "Last-Event-ID is a sequence number of the journal"});
        return;
    }
    listener *l = begin_listener(f, a, &from, false);
    if (!l)
        return;
    a->type = "text/event-stream";
    a->later = true;
    ens_buf_text(&a->body, "retry: 1000\n\n");
    l->stream = ens__web_stream(r->http, a);
    add_listener(f, l);
}

void ens__feed_wait(ens_feed *f, ens_web_request *r, ens_web_answer *a, const ens_feed_filter *filter, unsigned seconds,
                    bool junit, ens_feed_write *write)
{
    listener *l = begin_listener(f, a, filter, true);
    if (!l)
        return;
    l->http = r->http;
    l->write = write;
    l->junit = junit;
    l->ends_ms = l->began_ms + (int64_t)seconds * 1000;
    a->later = true;
    add_listener(f, l);
}

ens_feed_counts ens__feed_count(ens_feed *f)
{
    pthread_mutex_lock(&f->lock);
    ens_feed_counts c = {.streams = f->num - f->waits, .waits = f->waits};
    pthread_mutex_unlock(&f->lock);
    c.events = atomic_load(&f->events);
    return c;
}
