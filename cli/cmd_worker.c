/* ensign worker: answers requests of other programs over stdin and stdout, or over a unix socket. */
#include "cli/command.h"
#include "cli/worker.h"
#include "engine/base/file.h"
#include "engine/base/workers.h"
#include "show/output.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define STREAM_SIZE ((size_t)256 << 10)
#define CONNECTIONS_MAX 64u
#define ANSWER_MAX (ENS_FILE_MAX + ((size_t)16 << 20))
#define KEPT_MAX ((size_t)4 << 20) /* bytes of a buffer that is kept for the next request */

typedef struct {
    const char *socket, *threads;
    ens_judge_options judge;
} options;

/* One side that asks: threads read a request each under one lock, and answer under the other. */
typedef struct {
    int in, out;
    ens_worker_settings *settings;
    pthread_mutex_t reading, writing;
    atomic_uint waiting; /* threads that want to read */
    uint8_t *buffer;     /* read and not yet taken: from … to */
    size_t from, to;
    bool over, broken;
    bool alone; /* one thread reads */
} stream;

/* ---- reading ---- */

/* fill reads more behind what is there; false at the end. */
static bool fill_stream(stream *s)
{
    if (s->from) {
        memmove(s->buffer, s->buffer + s->from, s->to - s->from);
        s->to -= s->from;
        s->from = 0;
    }
    while (s->to < STREAM_SIZE) {
        ssize_t n = read(s->in, s->buffer + s->to, STREAM_SIZE - s->to);
        if (n > 0) {
            s->to += (size_t)n;
            return true;
        }
        if (n == 0 || errno != EINTR)
            break;
    }
    return false;
}

/* take_line copies the next line into line; false at the end. A line that is too long is passed over: too_long says so.
 */
static bool take_line(stream *s, ens_buf *line, bool *too_long)
{
    line->len = 0;
    *too_long = false;
    for (;;) {
        const uint8_t *end_worker = memchr(s->buffer + s->from, '\n', s->to - s->from);
        size_t len = end_worker ? (size_t)(end_worker - s->buffer) - s->from : s->to - s->from;
        if (line->len + len > ENS_WORKER_LINE_MAX)
            *too_long = true;
        else
            ens_buf_add(line, s->buffer + s->from, len);
        s->from += len + (end_worker != NULL);
        if (end_worker)
            return true;
        if (!fill_stream(s))
            return false;
    }
}

/* take_octets moves octets out of the stream; kept NULL passes over them. False at the end. */
static bool take_octets(stream *s, size_t num, ens_buf *kept)
{
    while (num) {
        size_t len = s->to - s->from < num ? s->to - s->from : num;
        if (kept && len)
            ens_buf_add(kept, s->buffer + s->from, len);
        s->from += len;
        num -= len;
        if (num && !fill_stream(s))
            return false;
    }
    return true;
}

typedef struct {
    ens_buf line, octets, answer;
    json_t *json; /* the request; NULL: there is none */
} parcel;

/* take_request reads the next request. NULL: there is none; *more says whether another may follow. */
static json_t *take_request(stream *s, parcel *p, bool *more)
{
    bool too_long;
    size_t num = 0;
    json_t *json = NULL;
    p->octets.len = 0;
    *more = !s->over && take_line(s, &p->line, &too_long);
    if (!*more || (!too_long && p->line.len == 0))
        return NULL; /* an empty line asks nothing */
    json =
        ens__worker_read(too_long ? ENS_LIT("{\"line\":\"is too long\"") : ens_buf_slice(&p->line), &num, &p->answer);
    if (take_octets(s, num, json ? &p->octets : NULL) && !p->octets.failed)
        return json;
    *more = false;
    json_decref(json);
    return NULL;
}

/* may_follow: it may be judged along with the one before it. Where other threads could have it, no file is, which may
 * be a long one. */
static bool may_follow(const stream *s, const json_t *json)
{
    const char *op = json_string_value(json_object_get(json, "op"));
    return op && strcmp(op, "verify") == 0 && (s->alone || json_is_integer(json_object_get(json, "bytes")));
}

/* What stands next in the buffer. */
typedef enum { NEXT_TAKEN, NEXT_IN_PIECES, NEXT_OTHER } next;

/* take_next takes the next request if it may follow, and is there to its last octet. Else it stays where it is. */
static next take_next(stream *s, parcel *p)
{
    const ens_slice there = ens_bytes(s->buffer + s->from, s->to - s->from);
    const uint8_t *end = memchr(there.p, '\n', there.len);
    size_t len = end ? (size_t)(end - there.p) : 0, num = 0;
    if (!end || !len || len > ENS_WORKER_LINE_MAX)
        return end || there.len > ENS_WORKER_LINE_MAX ? NEXT_OTHER : NEXT_IN_PIECES;
    p->json = ens__worker_read(ens_bytes(there.p, len), &num, &p->answer);
    bool follows = p->json && may_follow(s, p->json), whole = num < there.len - len;
    if (follows && whole)
        ens_buf_put(&p->octets, ens_sub(there, len + 1, len + 1 + num));
    if (follows && whole && !p->octets.failed) {
        s->from += len + 1 + num;
        return NEXT_TAKEN;
    }
    json_decref(p->json);
    p->json = NULL;
    p->answer.len = 0;
    return follows && !whole ? NEXT_IN_PIECES : NEXT_OTHER;
}

/* fill_more reads what has come meanwhile, and waits for nothing. */
static bool fill_more(stream *s)
{
    struct pollfd in = {.fd = s->in, .events = POLLIN};
    return poll(&in, 1, 0) == 1 && in.revents & POLLIN && fill_stream(s);
}

/* take_along takes one more that is there already, unless another thread wants it. */
static bool take_along(stream *s, parcel *p)
{
    next found = atomic_load(&s->waiting) ? NEXT_OTHER : take_next(s, p);
    if (found == NEXT_IN_PIECES && fill_more(s))
        found = take_next(s, p);
    return found == NEXT_TAKEN;
}

/* take_requests takes the next request, and the messages behind it that may be judged along with it. It says how many.
 */
static unsigned take_requests(stream *s, parcel p[ENS_WORKER_TOGETHER], bool *more)
{
    unsigned num = 1;
    atomic_fetch_add(&s->waiting, 1);
    pthread_mutex_lock(&s->reading);
    atomic_fetch_sub(&s->waiting, 1);
    p->json = take_request(s, p, more);
    s->over = s->over || !*more;
    while (p->json && may_follow(s, p->json) && num < ENS_WORKER_TOGETHER && take_along(s, &p[num]))
        num++;
    pthread_mutex_unlock(&s->reading);
    return num;
}

/* ---- answering ---- */

static void send_answer(stream *s, parcel *p)
{
    if (!p->answer.len || p->answer.failed)
        return;
    pthread_mutex_lock(&s->writing);
    if (!s->broken && !ens__write_all(s->out, ens_buf_slice(&p->answer)))
        s->broken = true;
    pthread_mutex_unlock(&s->writing);
}

/* renew_worker drops what a large request has left. */
static void renew_worker(ens_buf *b, size_t limit)
{
    if (b->failed || b->len > KEPT_MAX) {
        ens_buf_free(b);
        ens_buf_init(b, NULL, 0, limit);
    }
    b->len = 0;
}

/* answer_all answers requests in their order, and keeps no answer back for the next one's judge. */
static void answer_all(stream *s, ens_worker *worker, parcel *p, unsigned num)
{
    ens_worker_asked asked[ENS_WORKER_TOGETHER];
    for (unsigned i = 0; i < num; i++)
        asked[i] = (ens_worker_asked){p[i].json, ens_buf_slice(&p[i].octets)};
    for (unsigned i = 0; i < num && !s->broken;) {
        size_t answered = p[i].json ? ens__worker_do(worker, &asked[i], num - i, &p[i].answer) : 1;
        send_answer(s, &p[i]);
        i += (unsigned)answered;
    }
}

static void open_parcels(parcel *p)
{
    for (unsigned i = 0; i < ENS_WORKER_TOGETHER; i++) {
        p[i].json = NULL;
        ens_buf_init(&p[i].line, NULL, 0, 2 * ENS_WORKER_LINE_MAX);
        ens_buf_init(&p[i].octets, NULL, 0, ENS_FILE_MAX);
        ens_buf_init(&p[i].answer, NULL, 0, ANSWER_MAX);
    }
}

/* renew_parcels makes them ready for the next requests. */
static void renew_parcels(parcel *p)
{
    for (unsigned i = 0; i < ENS_WORKER_TOGETHER; i++) {
        json_decref(p[i].json);
        p[i].json = NULL;
        renew_worker(&p[i].octets, ENS_FILE_MAX);
        renew_worker(&p[i].answer, ANSWER_MAX);
    }
}

static void close_parcels(parcel *p)
{
    for (unsigned i = 0; i < ENS_WORKER_TOGETHER; i++) {
        json_decref(p[i].json);
        ens_buf_free(&p[i].line);
        ens_buf_free(&p[i].octets);
        ens_buf_free(&p[i].answer);
    }
}

static void *answer_requests(void *of)
{
    stream *s = of;
    parcel p[ENS_WORKER_TOGETHER];
    ens_worker *worker = ens__worker_new(s->settings);
    open_parcels(p);
    for (bool more = worker != NULL; more && !s->broken;) {
        renew_parcels(p);
        unsigned num = take_requests(s, p, &more);
        answer_all(s, worker, p, num);
    }
    close_parcels(p);
    ens__worker_free(worker);
    return worker ? NULL : s;
}

static bool open_stream(stream *s, int in, int out, bool alone, ens_worker_settings *settings)
{
    *s = (stream){.in = in, .out = out, .alone = alone, .settings = settings, .buffer = malloc(STREAM_SIZE)};
    pthread_mutex_init(&s->reading, NULL);
    pthread_mutex_init(&s->writing, NULL);
    return s->buffer != NULL;
}

static void close_stream(stream *s)
{
    pthread_mutex_destroy(&s->reading);
    pthread_mutex_destroy(&s->writing);
    free(s->buffer);
}

static int serve_pipes(ens_worker_settings *settings, unsigned threads)
{
    stream s;
    pthread_t other[ENS_POOL_THREADS];
    unsigned num = 0;
    void *failed = NULL;
    if (!open_stream(&s, STDIN_FILENO, STDOUT_FILENO, threads == 1, settings))
        return ENS_EXIT_UNKNOWN;
    while (num + 1 < threads && pthread_create(&other[num], NULL, answer_requests, &s) == 0)
        num++;
    failed = answer_requests(&s);
    while (num)
        pthread_join(other[--num], NULL);
    int status = failed || s.broken ? ENS_EXIT_UNKNOWN : ENS_EXIT_GOOD;
    close_stream(&s);
    return status;
}

/* ---- the socket ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t fewer;
    unsigned num;
} connections = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

typedef struct {
    int fd;
    ens_worker_settings *settings;
} connection;

static void *serve_connection(void *of)
{
    connection *c = of;
    stream s;
    if (open_stream(&s, c->fd, c->fd, true, c->settings))
        answer_requests(&s);
    close_stream(&s);
    close(c->fd);
    free(c);
    pthread_mutex_lock(&connections.lock);
    connections.num--;
    pthread_cond_signal(&connections.fewer);
    pthread_mutex_unlock(&connections.lock);
    return NULL;
}

/* The socket is the user's own: who may connect may have everything sealed. */
static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;
    size_t len = strlen(path);
    if (len >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, len + 1);
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t before = umask(0177);
    bool good = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 16) == 0;
    int why = errno;
    umask(before);
    if (!good && fd >= 0)
        close(fd);
    errno = why;
    return good ? fd : -1;
}

static volatile sig_atomic_t ended;
static int listening = -1;

static void end_worker(int signal)
{
    (void)signal;
    ended = 1;
    shutdown(listening, SHUT_RDWR); /* accept returns */
}

static bool start_connection(int fd, ens_worker_settings *settings)
{
    pthread_t thread;
    connection *c = malloc(sizeof *c);
    if (!c)
        return false;
    *c = (connection){fd, settings};
    if (pthread_create(&thread, NULL, serve_connection, c) != 0) {
        free(c);
        return false;
    }
    pthread_detach(thread);
    return true;
}

static void await_fewer(unsigned num)
{
    pthread_mutex_lock(&connections.lock);
    while (connections.num >= num)
        pthread_cond_wait(&connections.fewer, &connections.lock);
    pthread_mutex_unlock(&connections.lock);
}

static int serve_socket(const char *path, ens_worker_settings *settings)
{
    struct sigaction action = {.sa_handler = end_worker};
    listening = open_socket(path);
    if (listening < 0) {
        ens__say("ensign worker: %s: %s\n", path, strerror(errno));
        return ENS_EXIT_UNKNOWN;
    }
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    while (!ended) {
        await_fewer(CONNECTIONS_MAX);
        int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        pthread_mutex_lock(&connections.lock);
        connections.num++;
        pthread_mutex_unlock(&connections.lock);
        if (start_connection(fd, settings))
            continue;
        close(fd);
        pthread_mutex_lock(&connections.lock);
        connections.num--;
        pthread_mutex_unlock(&connections.lock);
    }
    close(listening);
    unlink(path);
    return ENS_EXIT_GOOD;
}

/* ---- the command ---- */

static json_t *texts(const ens_values *values)
{
    json_t *list = json_array();
    for (size_t i = 0; i < values->num; i++)
        json_array_append_new(list, json_string(values->item[i]));
    return list;
}

/* defaults_of turns the options of the command line into those that every request begins with. */
static json_t *defaults_of(const ens_judge_options *o)
{
    json_t *d = json_object();
    if (o->trust.num)
        json_object_set_new(d, "trust", texts(&o->trust));
    if (o->untrusted.num)
        json_object_set_new(d, "untrusted", texts(&o->untrusted));
    if (o->crl.num)
        json_object_set_new(d, "crl", texts(&o->crl));
    if (o->ocsp.num)
        json_object_set_new(d, "ocsp", texts(&o->ocsp));
    if (o->at)
        json_object_set_new(d, "at", json_string(o->at));
    if (o->revocation)
        json_object_set_new(d, "revocation", json_string(o->revocation));
    return d;
}

static int work(const ens_command *command, void *of, const ens_values *operands)
{
    const options *o = of;
    unsigned long threads = o->threads ? strtoul(o->threads, NULL, 10) : 1;
    if (operands->num)
        return ens__command_usage(command, "there are no operands");
    if (threads < 1 || threads > ENS_POOL_THREADS)
        return ens__command_usage(command, "--threads is 1 to %u", ENS_POOL_THREADS);
    if (o->socket && o->threads)
        return ens__command_usage(command, "each connection to a socket has a thread of its own: no --threads");
    json_t *defaults = defaults_of(&o->judge);
    ens_worker_settings *settings = ens__worker_settings_new(defaults);
    int status = !settings   ? ENS_EXIT_UNKNOWN
                 : o->socket ? serve_socket(o->socket, settings)
                             : serve_pipes(settings, (unsigned)threads);
    if (!o->socket)
        ens__worker_settings_free(settings); /* connections may still use them otherwise */
    if (!o->socket)
        json_decref(defaults);
    return status;
}

int ens__cmd_worker(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"socket", 0, "PATH", "listen on this unix socket, which only the user may connect to", NULL, &o.socket, NULL},
        {"threads", 0, "N", "over stdin: answer by N threads, in any order", NULL, &o.threads, NULL},
        ENS_JUDGE_TRUST(o.judge),
    };
    const ens_command command = {
        "worker", "[--socket PATH] [--trust PATH]... [options]",
        "Answers requests of other programs, one line of JSON each, over stdin and stdout or a unix socket:\n"
        "  {\"id\":1,\"op\":\"verify\",\"file\":\"m.mime\",\"trust\":\"root.pem\"}\n"
        "  {\"id\":2,\"op\":\"verify\",\"bytes\":N}, and N octets behind the line\n"
        "op is verify, seal, cert-check or receipt-check (with \"for\"); the other members are options of that\n"
        "command by their names, over those given here. The answer is the line that the command prints with --json,\n"
        "with the same id; that of seal says \"bytes\":N, and N octets follow. A bad line is answered, too.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, work, &o);
}
