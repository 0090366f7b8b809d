/* Any octets on a connection to a running server: each request that the reader by itself finds whole is answered in its
 * order, by its own length; what is refused is answered by that refusal, and nothing comes behind it. */
#include "tests/fuzz/target.h"

#include "engine/net/server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define INPUT_MAX ((size_t)48 << 10) /* a socket takes it whole */
#define REQUESTS_MAX 32u
#define PATIENCE_MS 8000

/* What the reader finds. */
typedef struct {
    struct {
        uint64_t len;
        bool head; /* whose answer has no body */
    } request[REQUESTS_MAX];
    unsigned num, refusal; /* refusal: a status; 0: none */
    bool open;             /* the connection goes on */
    bool begun;            /* another request has begun */
    bool many;             /* there are more than are looked at */
    bool last_head;        /* what is not whole is a HEAD */
} story;

static bool drop(void *user, ens_slice piece)
{
    (void)user;
    (void)piece;
    return true;
}

static void read_story(ens_slice in, story *s)
{
    ens_http1 *h = ens__http1_new(drop, NULL);
    ens_http1_step step = ENS_HTTP1_MORE;
    size_t used = 0;
    s->open = true;
    while (h && s->open && (step = ens__http1_feed(h, in, &used)) != ENS_HTTP1_MORE && step != ENS_HTTP1_REFUSED) {
        in = ens_from(in, used);
        if (step == ENS_HTTP1_HEAD) {
            ens__http1_limit(h, ENS_SERVER_BODY_MAX);
            continue;
        }
        if (s->num == REQUESTS_MAX) {
            s->many = true;
            break;
        }
        s->request[s->num].len = ens__http1_body_len(h);
        s->request[s->num++].head = ens_is(ens__http1_head(h)->method, "HEAD");
        s->open = ens__http1_head(h)->keep_alive;
        ens__http1_reset(h);
    }
    s->refusal = s->open && step == ENS_HTTP1_REFUSED ? ens__http1_refusal(h).status : 0;
    s->begun = s->open && step == ENS_HTTP1_MORE && ens__http1_begun(h);
    s->last_head = h && ens_is(ens__http1_head(h)->method, "HEAD");
    ens__http1_free(h);
}

static struct {
    ens_server *server;
    char folder[32];
    struct sockaddr_un at;
} house = {.folder = "/tmp/ensign-fuzz-XXXXXX"};
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void answer(void *ctx, ens_http_request *r)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%zu", r->body.len);
    (void)ctx;
    ens__server_answer(r, &(ens_http_answer){.status = 200, .body = ens_bytes(text, (size_t)n)});
}

static void close_house(void)
{
    ens__server_free(house.server);
    rmdir(house.folder);
}

static void open_house(void)
{
    char address[64];
    const ens_server_listen listen = {address, 0};
    const ens_server_plan plan = {.listen = &listen, .num_listen = 1, .handler = {.handle = answer}, .loops = 1};
    if (!mkdtemp(house.folder))
        return;
    house.at.sun_family = AF_UNIX;
    snprintf(house.at.sun_path, sizeof house.at.sun_path, "%s/s", house.folder);
    snprintf(address, sizeof address, "unix:%s/s", house.folder);
    if (ens__server_start(&plan, &house.server, NULL) == ENS_OK)
        atexit(close_house);
}

/* What came back. */
typedef struct {
    int fd;
    char text[ENS_SERVER_AHEAD_MAX];
    size_t len;
    bool ended;
} incoming;

static bool read_more(incoming *in)
{
    struct pollfd p = {.fd = in->fd, .events = POLLIN};
    if (in->ended || in->len + 1 >= sizeof in->text)
        return false;
    int ready;
    do
        ready = poll(&p, 1, PATIENCE_MS);
    while (ready < 0 && errno == EINTR); /* libFuzzer's alarm */
    ENS_HOLDS(ready == 1);
    ssize_t n = recv(in->fd, in->text + in->len, sizeof in->text - 1 - in->len, 0);
    in->ended = n <= 0;
    in->len += n > 0 ? (size_t)n : 0;
    in->text[in->len] = '\0';
    return n > 0;
}

/* next_answer takes one answer's head and body off, passing over "100 Continue"; 0: none comes. */
static unsigned next_answer(incoming *in, bool head, uint64_t *said)
{
    unsigned status = 0;
    size_t len = 0;
    char *end, *length;
    do {
        while (!(end = strstr(in->text, "\r\n\r\n")) && read_more(in))
            continue;
        if (!end)
            return 0;
        ENS_HOLDS(sscanf(in->text, "HTTP/1.1 %u ", &status) == 1);
        length = strstr(in->text, "Content-Length: ");
        len = status != 100 && !head && length && length < end ? strtoul(length + 16, NULL, 10) : 0;
        size_t whole = (size_t)(end + 4 - in->text) + len;
        while (in->len < whole && read_more(in))
            continue;
        ENS_HOLDS(in->len >= whole);
        *said = len ? strtoull(end + 4, NULL, 10) : 0;
        memmove(in->text, in->text + whole, in->len - whole + 1);
        in->len -= whole;
    } while (status == 100);
    return status;
}

static void check_answers(incoming *in, const story *s)
{
    uint64_t said = 0;
    for (unsigned i = 0; i < s->num; i++) {
        ENS_HOLDS(next_answer(in, s->request[i].head, &said) == 200);
        ENS_HOLDS(s->request[i].head || said == s->request[i].len);
    }
    if (s->many)
        return;
    if (s->open && !s->refusal)
        shutdown(in->fd, SHUT_WR);
    unsigned status = next_answer(in, s->last_head, &said);
    ENS_HOLDS(status == (s->refusal ? s->refusal : s->begun ? 400 : 0));
    ENS_HOLDS(next_answer(in, false, &said) == 0 && in->len == 0);
}

ENS_FUZZ_TARGET(connection)
{
    incoming in = {.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    story s = {0};
    pthread_once(&once, open_house);
    if (in.fd >= 0 && house.server && size <= INPUT_MAX &&
        connect(in.fd, (struct sockaddr *)&house.at, sizeof house.at) == 0) {
        size_t first = size ? data[size - 1] % (size + 1) : 0; /* in two pieces */
        read_story(ens_bytes(data, size), &s);
        ENS_HOLDS(send(in.fd, data, first, MSG_NOSIGNAL) == (ssize_t)first || s.refusal || !s.open);
        ENS_HOLDS(send(in.fd, data + first, size - first, MSG_NOSIGNAL) == (ssize_t)(size - first) || s.refusal ||
                  !s.open);
        check_answers(&in, &s);
    }
    if (in.fd >= 0)
        close(in.fd);
}
