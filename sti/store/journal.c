#include "sti/store/journal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Rows that may be written: a bucket that fills with time. */
typedef struct {
    int64_t thousandths, at_ms;
    uint64_t passed; /* over, since the last row */
    bool used;
} bucket;

typedef struct {
    ens__journal *journal;
    ens__change change;
    ens__entry entry;
    char texts[2 * ENS_STORE_TEXT + 256], detail[ENS_STORE_TEXT];
    uint8_t raw[ENS_JOURNAL_RAW];
    size_t num_texts;
} row;

struct ens__journal {
    ens__committer *committer;
    pthread_mutex_t lock;
    pthread_cond_t settled;
    bucket all, peer[ENS_JOURNAL_PEERS];
    unsigned waiting;
};

ens__journal *ens__journal_new(ens__committer *committer)
{
    ens__journal *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->committer = committer;
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->settled, NULL);
    return j;
}

void ens__journal_free(ens__journal *j)
{
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    while (j->waiting)
        pthread_cond_wait(&j->settled, &j->lock);
    pthread_mutex_unlock(&j->lock);
    pthread_cond_destroy(&j->settled);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

static void fill_journal(bucket *b, int64_t now_ms, int64_t rate, int64_t burst)
{
    int64_t most = burst * 1000, passed = now_ms - b->at_ms;
    if (!b->used || passed > most)
        b->thousandths = most;
    else if (passed > 0)
        b->thousandths += passed * rate;
    b->thousandths = b->thousandths > most ? most : b->thousandths;
    b->at_ms = now_ms;
    b->used = true;
}

/* host_of leaves the port away: each connection has another. */
static ens_slice host_of(ens_slice peer)
{
    size_t len = peer.len;
    while (len && peer.p[len - 1] != ':')
        len--;
    return ens_sub(peer, 0, len ? len - 1 : peer.len);
}

static bucket *bucket_of(ens__journal *j, ens_slice host)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < host.len; i++)
        hash = (hash ^ host.p[i]) * 16777619u;
    return &j->peer[hash % ENS_JOURNAL_PEERS];
}

/* admit takes a row from both buckets, or counts it as passed over. */
static bool admit(ens__journal *j, ens_slice peer, int64_t now_ms, uint64_t *passed)
{
    bucket *b = bucket_of(j, host_of(peer));
    fill_journal(&j->all, now_ms, ENS_JOURNAL_RATE, ENS_JOURNAL_BURST);
    fill_journal(b, now_ms, ENS_JOURNAL_PEER_RATE, ENS_JOURNAL_PEER_BURST);
    if (j->waiting >= ENS_JOURNAL_WAITING || j->all.thousandths < 1000 || b->thousandths < 1000) {
        b->passed++;
        return false;
    }
    j->all.thousandths -= 1000;
    b->thousandths -= 1000;
    *passed = b->passed;
    b->passed = 0;
    j->waiting++;
    return true;
}

static ens_slice keep_journal(row *r, ens_slice s)
{
    size_t room = sizeof r->texts - r->num_texts, len = s.len < room ? s.len : room;
    char *to = r->texts + r->num_texts;
    if (len)
        memcpy(to, s.p, len);
    r->num_texts += len;
    return ens_bytes(to, len);
}

static void copy_entry(row *r, const ens__entry *e, uint64_t passed)
{
    r->entry = *e;
    r->entry.peer = keep_journal(r, ens_sub(e->peer, 0, ENS_STORE_TEXT / 2));
    ens_slice *const texts[] = {&r->entry.action, &r->entry.message_id, &r->entry.ref_to, &r->entry.party,
                                &r->entry.ebms};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = keep_journal(r, ens_sub(*texts[i], 0, ENS_STORE_ID));
    int n = passed
                ? snprintf(r->detail, sizeof r->detail, "%llu like it passed over before; ", (unsigned long long)passed)
                : 0;
    size_t len = e->detail.len < sizeof r->detail - (size_t)n ? e->detail.len : sizeof r->detail - (size_t)n;
    if (len)
        memcpy(r->detail + n, e->detail.p, len);
    r->entry.detail = ens_bytes(r->detail, (size_t)n + len);
    r->entry.raw = ens_sub(e->raw, 0, sizeof r->raw);
    if (r->entry.raw.len)
        memcpy(r->raw, r->entry.raw.p, r->entry.raw.len);
    r->entry.raw.p = r->raw;
    if (r->entry.raw.len < e->raw.len)
        r->entry.sha256 = NULL;
}

static void settle_journal(ens__journal *j, row *r)
{
    free(r);
    pthread_mutex_lock(&j->lock);
    j->waiting--;
    pthread_cond_signal(&j->settled);
    pthread_mutex_unlock(&j->lock);
}

static void done(ens__change *change)
{
    row *r = change->user;
    settle_journal(r->journal, r);
}

bool ens__journal_note(ens__journal *j, const ens__entry *entry, int64_t now_ms)
{
    uint64_t passed = 0;
    pthread_mutex_lock(&j->lock);
    bool may = admit(j, entry->peer, now_ms, &passed);
    pthread_mutex_unlock(&j->lock);
    if (!may)
        return false;
    row *r = calloc(1, sizeof *r);
    if (r) {
        copy_entry(r, entry, passed);
        r->journal = j;
        r->change = (ens__change){.kind = ENS_CHANGE_JOURNAL, .journal = {&r->entry, 1}, .done = done, .user = r};
        if (ens__committer_submit(j->committer, &r->change, NULL) == ENS_OK)
            return true;
    }
    settle_journal(j, r);
    return false;
}
