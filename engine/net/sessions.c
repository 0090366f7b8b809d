#include "engine/net/sessions.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct {
    SSL_SESSION *session; /* NULL: free */
    ens_time ends;
} place;

struct ens_sessions {
    pthread_mutex_t lock;
    struct {
        place way[ENS_SESSIONS_WAYS];
        unsigned next; /* to be replaced */
    } set[ENS_SESSIONS_SETS];
};

ens_sessions *ens__sessions_new(void)
{
    ens_sessions *s = calloc(1, sizeof *s);
    if (s)
        pthread_mutex_init(&s->lock, NULL);
    return s;
}

void ens__sessions_free(ens_sessions *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < ENS_SESSIONS_SETS; i++)
        for (unsigned way = 0; way < ENS_SESSIONS_WAYS; way++)
            SSL_SESSION_free(s->set[i].way[way].session);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

ens_slice ens__sessions_id(const SSL_SESSION *session)
{
    unsigned len = 0;
    const unsigned char *id = SSL_SESSION_get_id(session, &len);
    return ens_bytes(id, len);
}

static unsigned set_of(ens_slice id)
{
    return id.len < 2 ? 0 : (id.p[0] | (unsigned)id.p[1] << 8) % ENS_SESSIONS_SETS;
}

/* find gives the place of an id, under the lock. */
static place *find(ens_sessions *s, ens_slice id)
{
    place *way = s->set[set_of(id)].way;
    for (unsigned i = 0; i < ENS_SESSIONS_WAYS; i++)
        if (way[i].session && ens_eq(ens__sessions_id(way[i].session), id))
            return &way[i];
    return NULL;
}

void ens__sessions_put(ens_sessions *s, SSL_SESSION *session, ens_time ends)
{
    unsigned set = set_of(ens__sessions_id(session));
    pthread_mutex_lock(&s->lock);
    place *to = &s->set[set].way[s->set[set].next++ % ENS_SESSIONS_WAYS];
    SSL_SESSION *before = to->session;
    *to = (place){session, ends};
    pthread_mutex_unlock(&s->lock);
    SSL_SESSION_free(before);
}

SSL_SESSION *ens__sessions_get(ens_sessions *s, ens_slice id, ens_time now, ens_time *ends)
{
    SSL_SESSION *session = NULL;
    pthread_mutex_lock(&s->lock);
    const place *at = find(s, id);
    if (at && at->ends >= now && SSL_SESSION_up_ref(at->session) == 1) {
        session = at->session;
        *ends = at->ends;
    }
    pthread_mutex_unlock(&s->lock);
    return session;
}

void ens__sessions_drop(ens_sessions *s, ens_slice id)
{
    SSL_SESSION *dropped = NULL;
    pthread_mutex_lock(&s->lock);
    place *at = find(s, id);
    if (at) {
        dropped = at->session;
        *at = (place){0};
    }
    pthread_mutex_unlock(&s->lock);
    SSL_SESSION_free(dropped);
}
