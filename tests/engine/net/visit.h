/* A client that sends what it is told, octet by octet if need be, and reads what comes back; and a house with a server,
 * its authorities and a handler to be visited. All on the loopback. */
#ifndef ENS_TESTS_ENGINE_NET_VISIT_H
#define ENS_TESTS_ENGINE_NET_VISIT_H

#include "engine/base/jobs.h"
#include "engine/net/server.h"
#include "tests/certs/authority.h"

#define VISIT_PATIENCE_MS 8000 /* for anything that is expected to come */
#define VISIT_NOTES_MAX 64u

typedef struct {
    int fd;
    SSL *ssl;         /* NULL: plain */
    char text[16384]; /* the last answer, with NUL */
    size_t len;
    bool closed; /* the server has ended its side, by TLS where there is TLS */
} visit;

/* visit_open connects to "127.0.0.1:1", "[::1]:1" or "unix:PATH", with a handshake where ctx is given. */
bool visit_open(visit *v, const char *address, SSL_CTX *ctx, SSL_SESSION *session);
void visit_close(visit *v);
bool visit_send(visit *v, const void *bytes, size_t len);
bool visit_say(visit *v, const char *text);
/* visit_answer reads one answer whole, and returns its status: 0 when none comes. visit_rest reads until the server
 * ends. */
unsigned visit_answer(visit *v);
bool visit_rest(visit *v);
bool visit_has(const visit *v, const char *text);
/* visit_ask is open, say, answer, close. */
unsigned visit_ask(const char *address, SSL_CTX *ctx, const char *text);

/* Requests that a gateway in front may read otherwise, each refused with words and the end of the connection. */
typedef struct {
    const char *text;
    size_t len; /* 0: to its NUL */
    unsigned status;
} visit_hostile_row;
#define VISIT_HOSTILE 13u
extern const visit_hostile_row visit_hostile[VISIT_HOSTILE];
/* visit_hostile_is_refused asserts that. */
void visit_hostile_is_refused(const char *address, SSL_CTX *ctx, unsigned row);

/* Who is who: all are valid around AUTHORITY_AT, by which the house's clock goes. */
typedef struct {
    authority root, server, server_rsa, client_root, client, other_root, stranger, not_client, ended, early, alone,
        below, under;
} visit_people;

typedef struct {
    ens_note_kind kind;
    unsigned status;
    int alert;
    bool by_client;
    size_t shown;
    char why[128], peer[64];
} visit_note;

/* The handler echoes the body of POST /now at once and of /later from a thread; GET /big gives a megabyte by reference,
 * /hold waits for house_let_go, /cut and /none break off, /who tells of the client's certificate; any path with "/no"
 * is not found. */
typedef struct {
    ens_server *server;
    ens_server_plan plan;
    ens_jobs *jobs;
    visit_people people;
    pthread_mutex_t lock;
    ens_time now; /* under the lock, as what follows */
    ens_http_request *held[8];
    unsigned num_held, num_notes, released;
    visit_note note[VISIT_NOTES_MAX];
} house;

/* house_open listens at the addresses, ended by NULL; those that start with "tls:" with TLS. */
bool house_open(house *h, const char *const *addresses, const ens_server_limits *limits, ens_tls_client client);
void house_close(house *h);
const char *house_at(const house *h, size_t listener);
void house_set_now(house *h, ens_time now);
unsigned house_held(house *h);
void house_let_go(house *h);
/* house_wait_note waits for the nth note (0…); false when none comes. */
bool house_wait_note(house *h, unsigned nth, visit_note *out);
ens_tls *house_tls(house *h, const authority *server, const authority *clients, ens_tls_client client);

/* A client's context: who it is (NULL: nobody), up to which version. It trusts the house. */
SSL_CTX *house_client(const house *h, const authority *who, const authority *above, int version);

#endif
