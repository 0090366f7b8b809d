#include "engine/net/server_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define RULE "listen"
#define SOCKET_MODE 0660 /* of a unix socket: its owner and group */

static ens_code fail_about(ens_err *err, const char *what, const char *address)
{
    char about[ENS_ERR_TEXT];
    snprintf(about, sizeof about, "%.60s: %s", address, strerror(errno));
    return ens_fail_about(err, ENS_EIO, RULE, what, about);
}

static bool is_loopback(const struct sockaddr *at)
{
    if (at->sa_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)(const void *)at)->sin_addr.s_addr) >> 24) == 127;
    return at->sa_family == AF_UNIX ||
           (at->sa_family == AF_INET6 &&
            IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)at)->sin6_addr));
}

static ens_code allow(const struct sockaddr *at, const ens_server_listen *listen_at, ens_err *err)
{
    if (listen_at->tls || is_loopback(at))
        return ENS_OK;
    return ens_fail_about(err, ENS_EPOLICY, RULE, "plain HTTP is for the loopback and unix sockets",
                          listen_at->address);
}

/* name_socket writes where a socket came to be. */
static void name_socket(int fd, char out[ENS_SERVER_ADDRESS_MAX])
{
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    char host[INET6_ADDRSTRLEN + 1], port[8];
    if (getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return;
    if (at.ss_family == AF_UNIX)
        snprintf(out, ENS_SERVER_ADDRESS_MAX, "unix:%.*s", (int)sizeof(((struct sockaddr_un *)0)->sun_path),
                 ((struct sockaddr_un *)&at)->sun_path);
    else if (getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port,
                         NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        snprintf(out, ENS_SERVER_ADDRESS_MAX, at.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* split_address takes "host:port" and "[host]:port" apart. */
static bool split_address(const char *text, char host[64], char port[8])
{
    const char *colon = strrchr(text, ':');
    bool bracketed = text[0] == '[';
    if (!colon || (bracketed && (colon == text || colon[-1] != ']')))
        return false;
    size_t len = (size_t)(colon - text) - (bracketed ? 2 : 0);
    if (len == 0 || len >= 64 || strlen(colon + 1) == 0 || strlen(colon + 1) >= 8)
        return false;
    memcpy(host, text + bracketed, len);
    host[len] = '\0';
    snprintf(port, 8, "%s", colon + 1);
    return strspn(port, "0123456789") == strlen(port) && atoi(port) <= UINT16_MAX && (bracketed || !strchr(host, ':'));
}

static ens_code resolve(const char *address, struct addrinfo **out, ens_err *err)
{
    char host[64], port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    if (!split_address(address, host, port) ||
        getaddrinfo(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, port, &hints, out) != 0)
        return ens_fail_about(err, ENS_EPOLICY, RULE,
                              "the address is not one like 127.0.0.1:8443, [::1]:8443 or unix:PATH", address);
    return ENS_OK;
}

/* open_tcp makes a socket; a shared port is one that each loop has its own socket on. */
static int open_tcp(const struct sockaddr *at, socklen_t len, bool shared)
{
    const int on = 1;
    int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (!shared || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
        (at->sa_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
        bind(fd, at, len) == 0)
        return fd;
    int cause = errno;
    if (fd >= 0)
        close(fd);
    errno = cause;
    return -1;
}

/* probe makes sure that no other program has the port, and finds one where none is given: sockets that share one
 * would share its connections with the other program unseen. */
static bool probe(struct sockaddr *at, socklen_t len)
{
    int fd = open_tcp(at, len, false);
    bool good = fd >= 0 && getsockname(fd, at, &len) == 0;
    int cause = errno;
    if (fd >= 0)
        close(fd);
    errno = cause;
    return good;
}

static ens_code listen_tcp(ens_server *s, size_t number, const ens_server_listen *at, ens_err *err)
{
    struct addrinfo *found;
    ens_code code = resolve(at->address, &found, err);
    if (code != ENS_OK)
        return code;
    code = allow(found->ai_addr, at, err);
    if (code == ENS_OK && !probe(found->ai_addr, found->ai_addrlen))
        code = fail_about(err, "can't listen", at->address);
    for (unsigned i = 0; code == ENS_OK && i < s->num_loops; i++) {
        int fd = s->loop[i].listener[number].fd = open_tcp(found->ai_addr, found->ai_addrlen, true);
        if (fd < 0 || listen(fd, ENS_SERVER_BACKLOG) != 0)
            code = fail_about(err, "can't listen", at->address);
        else
            name_socket(fd, s->address[number]);
    }
    freeaddrinfo(found);
    return code;
}

/* A path that a dead server left is taken over; one that answers is not. */
static bool is_dead(const struct sockaddr_un *at)
{
    struct stat st;
    int fd = stat(at->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    bool dead = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 && errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return dead;
}

static ens_code listen_unix(ens_server *s, size_t number, const char *path, ens_err *err)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) == 0 || strlen(path) >= sizeof at.sun_path)
        return ens_fail_about(err, ENS_EPOLICY, RULE, "the path of a unix socket is empty or too long", path);
    memcpy(at.sun_path, path, strlen(path));
    if (is_dead(&at))
        unlink(path);
    int fd = s->shared[number] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || chmod(path, SOCKET_MODE) != 0 ||
        listen(fd, ENS_SERVER_BACKLOG) != 0)
        return fail_about(err, "can't listen", path);
    s->unlinks[number] = true;
    snprintf(s->address[number], ENS_SERVER_ADDRESS_MAX, "unix:%s", path);
    return ENS_OK;
}

/* listen_inherited takes over a socket that listens already: its copy, so that the original can serve a later start. */
static ens_code listen_inherited(ens_server *s, size_t number, const ens_server_listen *at, ens_err *err)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address, size = sizeof(int);
    char *end;
    int listening = 0;
    long given = strtol(at->address + 3, &end, 10);
    if (*end || end == at->address + 3 || given < 0 || given > INT32_MAX)
        return ens_fail_about(err, ENS_EPOLICY, RULE, "not a descriptor", at->address);
    int fd = s->shared[number] = fcntl((int)given, F_DUPFD_CLOEXEC, 3);
    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || !listening ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        return ens_fail_about(err, ENS_EIO, RULE, "the inherited descriptor is no socket that listens", at->address);
    name_socket(fd, s->address[number]);
    return allow((struct sockaddr *)&address, at, err);
}

ens_code ens__server_listen(ens_server *s, size_t number, const ens_server_listen *at, ens_err *err)
{
    if (at->tls > ENS_SERVER_TLS_MAX || (at->tls && !s->tls[at->tls - 1]))
        return ens_fail_about(err, ENS_EPOLICY, RULE, "TLS is asked for, and there is no such context", at->address);
    s->tls_of[number] = at->tls;
    if (strncmp(at->address, "unix:", 5) == 0)
        return listen_unix(s, number, at->address + 5, err);
    if (strncmp(at->address, "fd:", 3) == 0)
        return listen_inherited(s, number, at, err);
    return listen_tcp(s, number, at, err);
}

void ens__server_unlisten(ens_server *s)
{
    for (size_t n = 0; n < s->num_listen; n++) {
        for (unsigned i = 0; i < s->num_loops; i++) {
            if (s->loop[i].listener[n].fd >= 0 && s->loop[i].listener[n].fd != s->shared[n])
                close(s->loop[i].listener[n].fd);
            s->loop[i].listener[n].fd = -1;
        }
        if (s->unlinks[n]) /* the path goes with the socket that was made there */
            unlink(s->address[n] + sizeof "unix:" - 1);
        if (s->shared[n] >= 0)
            close(s->shared[n]);
        s->unlinks[n] = false;
        s->shared[n] = -1;
    }
}
