#include "engine/base/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RULE "sd_notify(3)"

ens_code ens__notify(const char *state, ens_err *err)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path ? strlen(path) : 0;
    if (len == 0)
        return ENS_OK;
    if ((path[0] != '/' && path[0] != '@') || len >= sizeof at.sun_path)
        return ens_fail_about(err, ENS_EPOLICY, RULE, "NOTIFY_SOCKET is no address of a unix socket", path);
    memcpy(at.sun_path, path, len);
    if (path[0] == '@') /* a name that is no file */
        at.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t sent = fd < 0 ? -1
                          : sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&at,
                                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    int cause = errno;
    if (fd >= 0)
        close(fd);
    return sent == (ssize_t)strlen(state)
               ? ENS_OK
               : ens_fail_about(err, ENS_EIO, RULE, "the service manager can't be told", strerror(cause));
}

/* number_of reads a variable that is a number and nothing else; false: it isn't. */
static bool number_of(const char *name, uint64_t *out)
{
    const char *text = getenv(name);
    char *end;
    if (!text || text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0;
}

/* is_for_us: the variables may be a parent's that were passed on. */
static bool is_for_us(const char *name)
{
    uint64_t pid;
    return number_of(name, &pid) && pid == (uint64_t)getpid();
}

unsigned ens__notify_sockets(void)
{
    uint64_t num;
    if (!is_for_us("LISTEN_PID") || !number_of("LISTEN_FDS", &num) || num > ENS_NOTIFY_SOCKETS_MAX)
        return 0;
    for (unsigned i = 0; i < num; i++)
        if (fcntl(ENS_NOTIFY_FIRST + (int)i, F_SETFD, FD_CLOEXEC) != 0)
            return 0;
    return (unsigned)num;
}

ens_slice ens__notify_name(unsigned nth)
{
    const char *text = getenv("LISTEN_FDNAMES");
    for (; text && nth; nth--)
        text = strchr(text, ':') ? strchr(text, ':') + 1 : NULL;
    return text ? ens_bytes(text, strcspn(text, ":")) : ENS_LIT("");
}

uint64_t ens__notify_watchdog_us(void)
{
    uint64_t us;
    if (!number_of("WATCHDOG_USEC", &us) || (getenv("WATCHDOG_PID") && !is_for_us("WATCHDOG_PID")))
        return 0;
    return us;
}
