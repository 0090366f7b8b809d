#include "tests/interop/peer.h"

#include "tests/suite.h"

#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 300000 /* it is built at first */

const char *peer_run(const char *name)
{
    static char path[1024];
    char shared[64];
    if (system("command -v java >/dev/null 2>&1 && command -v mvn >/dev/null 2>&1") != 0) {
        ens_skip("Java and Maven aren't on this machine");
        return NULL;
    }
    snprintf(shared, sizeof shared, "peers/%s/run.sh", name);
    const char *run = ens_shared(shared);
    if (run)
        snprintf(path, sizeof path, "%s", run);
    return run ? path : NULL;
}

const char *peer_ask(const char *format, ...)
{
    static char answer[65536];
    char line[8192];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    FILE *f = popen(line, "r");
    size_t n = f ? fread(answer, 1, sizeof answer - 1, f) : 0;
    answer[n] = '\0';
    if (f)
        pclose(f);
    return answer;
}

static bool read_line(int fd, char *out, size_t size)
{
    size_t len = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (len + 1 < size && poll(&p, 1, PATIENCE_MS) == 1 && read(fd, out + len, 1) == 1)
        if (out[len++] == '\n') {
            out[len] = '\0';
            return true;
        }
    return false;
}

/* port_of is the number behind the last colon that a digit follows. */
static unsigned port_of(const char *line)
{
    unsigned port = 0;
    for (const char *at = line; (at = strchr(at, ':')); at++)
        if (isdigit((unsigned char)at[1]))
            port = (unsigned)strtoul(at + 1, NULL, 10);
    return port;
}

bool peer_serve(peer *p, const char *format, ...)
{
    char line[4096];
    int out[2];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    *p = (peer){.pid = -1};
    if (pipe(out) != 0)
        return false;
    fflush(stdout);
    p->pid = fork();
    if (p->pid == 0) {
        int none = open("/dev/null", O_RDWR);
        setpgid(0, 0); /* whatever the line starts ends with it */
        dup2(none, STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(none, STDERR_FILENO);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    bool good = p->pid > 0 && read_line(out[0], p->line, sizeof p->line) && (p->port = port_of(p->line)) != 0;
    close(out[0]);
    CHECK_ROW(good, "the peer doesn't say where it is: %s", p->line);
    if (!good)
        peer_end(p);
    return good;
}

void peer_end(peer *p)
{
    if (p->pid > 0) {
        kill(-p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    p->pid = -1;
}
