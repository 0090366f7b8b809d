#include "sti/store/hint.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RULE "Ensign store in PostgreSQL"

struct ens__hints {
    const ens__pq *pq;
    PGconn *conn;
    char *info, *own;
    void (*heard)(void *user);
    void *user;
    int stop; /* an eventfd */
    pthread_t thread;
};

/* stopped waits, for a time or for ever (-1), for the end, and for word of the server where fd is its socket. */
static bool stopped(const ens__hints *h, int fd, int ms)
{
    struct pollfd fds[] = {{.fd = h->stop, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    (void)!poll(fds, fd < 0 ? 1 : 2, ms);
    return fds[0].revents != 0;
}

static void disconnect(ens__hints *h)
{
    h->pq->PQfinish(h->conn);
    h->conn = NULL;
}

/* may_come tells a server that is not there from one that has no LISTEN.   Source  PostgreSQL, Appendix A */
static bool may_come(const ens__hints *h, const PGresult *r)
{
    const char *state = h->pq->PQresultErrorField(r, PG_DIAG_SQLSTATE);
    return !state || (strncmp(state, "42", 2) != 0 && strncmp(state, "0A", 2) != 0);
}

/* begin connects; *useless is set where there is nothing to be heard ever. */
static bool begin(ens__hints *h, bool *useless)
{
    h->conn = ens__pq_connect(h->pq, h->info, false);
    PGresult *r = h->conn && h->pq->PQstatus(h->conn) == CONNECTION_OK
                      ? h->pq->PQexec(h->conn, "LISTEN " ENS_HINT_CHANNEL)
                      : NULL;
    bool good = r && h->pq->PQresultStatus(r) == PGRES_COMMAND_OK;
    *useless = r && !good && !may_come(h, r);
    h->pq->PQclear(r);
    if (!good)
        disconnect(h);
    return good;
}

/* has_news takes what came; what the caller itself has told is no news. */
static bool has_news(ens__hints *h)
{
    bool news = false;
    if (h->pq->PQconsumeInput(h->conn) != 1) {
        disconnect(h);
        return false;
    }
    for (PGnotify *n; (n = h->pq->PQnotifies(h->conn)); h->pq->PQfreemem(n))
        news = news || strcmp(n->extra, h->own) != 0;
    return news;
}

/* What was told while nobody was connected is lost: so connecting is a hint, too. */
static void *hear(void *arg)
{
    ens__hints *h = arg;
    bool end = false, useless = false;
    while (!end && !useless) {
        bool fresh = !h->conn && begin(h, &useless);
        if (!h->conn)
            end = stopped(h, -1, ENS_HINT_RETRY_MS);
        else if (fresh || has_news(h)) {
            h->heard(h->user);
            end = stopped(h, -1, ENS_HINT_QUIET_MS);
        } else if (h->conn)
            end = stopped(h, h->pq->PQsocket(h->conn), -1);
    }
    disconnect(h);
    return NULL;
}

static void destroy(ens__hints *h)
{
    if (h->stop >= 0)
        close(h->stop);
    free(h->info);
    free(h->own);
    free(h);
}

ens_code ens__hints_start(const char *info, const char *own, void (*heard)(void *user), void *user, ens__hints **out,
                          ens_err *err)
{
    const ens__pq *pq = NULL;
    ens_code code = ens__pq_load(&pq, err);
    ens__hints *h = code == ENS_OK ? calloc(1, sizeof *h) : NULL;
    if (!h)
        return code == ENS_OK ? ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0) : code;
    *h = (ens__hints){
        .pq = pq, .info = strdup(info), .own = strdup(own), .heard = heard, .user = user, .stop = eventfd(0, 0)};
    if (h->info && h->own && h->stop >= 0 && pthread_create(&h->thread, NULL, hear, h) == 0) {
        *out = h;
        return ENS_OK;
    }
    destroy(h);
    return ens_fail(err, ENS_ENOMEM, RULE, "no thread", 0);
}

void ens__hints_stop(ens__hints *h)
{
    const uint64_t one = 1;
    if (!h)
        return;
    (void)!write(h->stop, &one, sizeof one);
    pthread_join(h->thread, NULL);
    destroy(h);
}
