#include "sti/store/checkpoint.h"

#include <pthread.h>
#include <stdlib.h>

struct ens__checkpoint {
    sqlite3 *db, *writer;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    bool want, stop;
};

static bool wait_for_work(ens__checkpoint *c)
{
    pthread_mutex_lock(&c->lock);
    while (!c->want && !c->stop)
        pthread_cond_wait(&c->wanted, &c->lock);
    bool work = !c->stop;
    c->want = false;
    pthread_mutex_unlock(&c->lock);
    return work;
}

/* A failure is no loss: the log stays, and the writer carries it over. */
static void *run_checkpoint(void *arg)
{
    ens__checkpoint *c = arg;
    while (wait_for_work(c))
        sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return NULL;
}

/* SQLite calls it after each commit of the writer, in its thread. */
static int after_commit(void *arg, sqlite3 *writer, const char *name, int pages)
{
    ens__checkpoint *c = arg;
    if (pages >= ENS_CHECKPOINT_NOW) {
        sqlite3_wal_checkpoint_v2(writer, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    } else if (pages >= ENS_CHECKPOINT_SOON) {
        pthread_mutex_lock(&c->lock);
        c->want = true;
        pthread_cond_signal(&c->wanted);
        pthread_mutex_unlock(&c->lock);
    }
    return SQLITE_OK;
}

static void drop_checkpoint(ens__checkpoint *c)
{
    sqlite3_close(c->db);
    pthread_cond_destroy(&c->wanted);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

ens__checkpoint *ens__checkpoint_start(const char *path, sqlite3 *writer)
{
    ens__checkpoint *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->wanted, NULL);
    c->writer = writer;
    if (sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_exec(c->db, "PRAGMA synchronous=FULL", NULL, NULL, NULL) != SQLITE_OK ||
        pthread_create(&c->thread, NULL, run_checkpoint, c) != 0) {
        drop_checkpoint(c);
        return NULL;
    }
    sqlite3_wal_hook(writer, after_commit, c);
    return c;
}

void ens__checkpoint_stop(ens__checkpoint *c)
{
    if (!c)
        return;
    sqlite3_wal_hook(c->writer, NULL, NULL);
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    pthread_cond_signal(&c->wanted);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    drop_checkpoint(c);
}
