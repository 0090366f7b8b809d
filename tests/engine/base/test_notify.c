#include "engine/base/notify.h"

#include "tests/suite.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(const char *path)
{
    char text[64] = "";
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    memcpy(at.sun_path, path, strlen(path));
    if (path[0] == '@')
        at.sun_path[0] = '\0';
    CU_ASSERT_FATAL(
        bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))) == 0);
    setenv("NOTIFY_SOCKET", path, 1);
    CU_ASSERT_EQUAL(ens__notify("READY=1\nSTATUS=here", NULL), ENS_OK);
    CU_ASSERT(recv(fd, text, sizeof text - 1, MSG_DONTWAIT) > 0 && strcmp(text, "READY=1\nSTATUS=here") == 0);
    close(fd);
    if (path[0] == '/')
        unlink(path);
    unsetenv("NOTIFY_SOCKET");
}

static void tells(void)
{
    char path[64];
    ens_err err = {0};
    snprintf(path, sizeof path, "/tmp/ensign-notify-%d", (int)getpid());
    tell(path);
    path[0] = '@';
    tell(path);
    CU_ASSERT_EQUAL(ens__notify("READY=1", &err), ENS_OK); /* nobody asks */
    setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
    CU_ASSERT_EQUAL(ens__notify("READY=1", &err), ENS_EIO);
    setenv("NOTIFY_SOCKET", "relative", 1);
    CU_ASSERT_EQUAL(ens__notify("READY=1", &err), ENS_EPOLICY);
    unsetenv("NOTIFY_SOCKET");
}

/* The variables are looked at in a process of its own, whose descriptors are only those that are given. */
static unsigned sockets_of(const char *pid, const char *num, const char *names, const char *second)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        char own[16];
        snprintf(own, sizeof own, "%d", (int)getpid());
        setenv("LISTEN_PID", pid ? pid : own, 1);
        setenv("LISTEN_FDS", num, 1);
        setenv("LISTEN_FDNAMES", names, 1);
        dup2(0, ENS_NOTIFY_FIRST);
        dup2(0, ENS_NOTIFY_FIRST + 1);
        unsigned found = ens__notify_sockets();
        _exit((int)found + (ens_is(ens__notify_name(1), second) ? 100 : 0));
    }
    waitpid(child, &status, 0);
    return (unsigned)WEXITSTATUS(status);
}

static void sockets(void)
{
    CU_ASSERT_EQUAL(sockets_of(NULL, "2", "as4:api", "api"), 102);
    CU_ASSERT_EQUAL(sockets_of(NULL, "2", "as4", ""), 102);
    CU_ASSERT_EQUAL(sockets_of("1", "2", "as4:api", "api"), 100); /* another's */
    CU_ASSERT_EQUAL(sockets_of(NULL, "2x", "", ""), 100);
    CU_ASSERT_EQUAL(sockets_of(NULL, "1000", "", ""), 100);
    CU_ASSERT_EQUAL(ens__notify_sockets(), 0);
}

static void watchdog(void)
{
    char own[16];
    snprintf(own, sizeof own, "%d", (int)getpid());
    CU_ASSERT_EQUAL(ens__notify_watchdog_us(), 0);
    setenv("WATCHDOG_USEC", "3000000", 1);
    CU_ASSERT_EQUAL(ens__notify_watchdog_us(), 3000000);
    setenv("WATCHDOG_PID", "1", 1);
    CU_ASSERT_EQUAL(ens__notify_watchdog_us(), 0);
    setenv("WATCHDOG_PID", own, 1);
    CU_ASSERT_EQUAL(ens__notify_watchdog_us(), 3000000);
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
}

static const ens_case cases[] = {
    {"tells the service manager, by a path and by an abstract name", tells},
    {"takes sockets that were handed down to it, and no others", sockets},
    {"knows how often the watchdog wants to hear", watchdog},
    {NULL, NULL},
};
ENS_SUITE("engine/base/notify", cases)
