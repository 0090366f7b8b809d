#include "cli/cmd_watch_run.h"

#include "engine/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define RULE "Ensign watch"
#define NOT_RUN 127
#define LOOK_MS 20

static void set_count(const char *name, size_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%zu", value);
    setenv(name, text, 1);
}

/* become is the child's: its own process group, so that all of it can be ended. */
static void become(const char *program, const ens_watch_counts *n, int in)
{
    char *const argv[] = {(char *)(uintptr_t)program, NULL};
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    set_count("ENSIGN_CHANGED", n->changed);
    set_count("ENSIGN_REFUSED", n->refused);
    set_count("ENSIGN_UNDECIDED", n->undecided);
    set_count("ENSIGN_ENDING", n->ending);
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
        execv(program, argv);
    _exit(NOT_RUN);
}

/* feed writes what there is room for; false: nobody reads any more, or all is written. */
static bool feed(int fd, ens_slice *rest, int wait_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    if (poll(&p, 1, wait_ms) <= 0)
        return true;
    ssize_t n = write(fd, rest->p, rest->len);
    if (n > 0)
        *rest = ens_from(*rest, (size_t)n);
    return rest->len && (n >= 0 || errno == EAGAIN || errno == EINTR);
}

/* wait_for feeds it and waits until it ends, or its time is up; false: it had to be ended. */
static bool wait_for(pid_t pid, int fd, ens_slice rest, int *status)
{
    int64_t until = ens__steady_ms() + ENS_WATCH_RUN_S * (int64_t)1000;
    for (bool open = rest.len != 0; ens__steady_ms() < until;) {
        if (open && !feed(fd, &rest, LOOK_MS)) {
            open = false;
            close(fd);
            fd = -1;
        }
        pid_t ended = waitpid(pid, status, WNOHANG);
        if (ended == pid || (ended < 0 && errno != EINTR)) {
            if (fd >= 0)
                close(fd);
            return true;
        }
        if (!open) {
            if (fd >= 0)
                close(fd);
            fd = -1;
            poll(NULL, 0, LOOK_MS);
        }
    }
    kill(-pid, SIGKILL);
    waitpid(pid, status, 0);
    if (fd >= 0)
        close(fd);
    return false;
}

ens_code ens__watch_run(const char *program, const ens_watch_counts *n, ens_slice changes, ens_err *err)
{
    int ends[2], status = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return ens_fail_about(err, ENS_EIO, RULE, "the program can't be run", strerror(errno));
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(program, n, ends[0]);
    close(ends[0]);
    if (pid < 0) {
        close(ends[1]);
        return ens_fail_about(err, ENS_EIO, RULE, "the program can't be run", strerror(errno));
    }
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    if (!wait_for(pid, ends[1], changes, &status))
        return ens_fail_about(err, ENS_EIO, RULE, "the program took more than a minute, and was ended", program);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_RUN)
        return ens_fail_about(err, ENS_EIO, RULE, "the program can't be run", program);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? ENS_OK
               : ens_fail_about(err, ENS_EIO, RULE, "the program says that it failed", program);
}
