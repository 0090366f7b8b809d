#include "tests/cli/proxied.h"

#include "tests/cli/run.h"
#include "tests/suite.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static void become_proxy(const char *line, int out, const char *err)
{
    int log = open(err, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), none = open("/dev/null", O_RDONLY);
    dup2(none, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
}

static bool read_first_line(int fd, char *out, size_t size)
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

static bool take_ready(proxied *p, const char *line)
{
    json_t *ready = json_loads(line, 0, NULL);
    const char *url = json_string_value(json_array_get(json_object_get(ready, "listen"), 0));
    const char *host = url ? strstr(url, "://") : NULL;
    if (host) {
        snprintf(p->url, sizeof p->url, "%s/as4", url);
        snprintf(p->at.plain, sizeof p->at.plain, "%s", host + 3);
        snprintf(p->at.path, sizeof p->at.path, "/as4");
    }
    const char *second = json_string_value(json_array_get(json_object_get(ready, "listen"), 1));
    const char *port = second ? strrchr(second, ':') : NULL;
    if (port)
        snprintf(p->tls_url, sizeof p->tls_url, "https://localhost%s/as4", port);
    json_decref(ready);
    return host != NULL;
}

bool proxied_open(proxied *p, const char *to, const char *store, const char *format, ...)
{
    char options[2048], line[4096], ready[2048] = "";
    int out[2];
    va_list args;
    va_start(args, format);
    vsnprintf(options, sizeof options, format, args);
    va_end(args);
    *p = (proxied){.pid = -1};
    snprintf(p->store, sizeof p->store, "%s", store);
    snprintf(p->log, sizeof p->log, "%s.log", store);
    snprintf(line, sizeof line, "exec '%s' proxy --to %s --listen plain:127.0.0.1:0 --store %s --log info %s",
             ENSIGN_COMMAND, to, store, options);
    if (pipe2(out, O_CLOEXEC) != 0)
        return false;
    fflush(stdout);
    p->pid = fork();
    if (p->pid == 0)
        become_proxy(line, out[1], p->log);
    close(out[1]);
    bool good = p->pid > 0 && read_first_line(out[0], ready, sizeof ready) && take_ready(p, ready);
    close(out[0]);
    CHECK_ROW(good, "no line says that it is ready: %s (%s)", ready, p->log);
    return good;
}

int proxied_end(proxied *p, int signal)
{
    int status = 0;
    if (p->pid > 0) {
        kill(p->pid, signal);
        waitpid(p->pid, &status, 0);
    }
    p->pid = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

json_t *proxied_rows(const char *store)
{
    json_t *rows = json_array();
    const run_result *r = run_ensign("journal disagreements --all --json --store %s", store);
    for (const char *at = r->out; *at;) {
        size_t len = strcspn(at, "\n");
        json_array_append_new(rows, json_loadb(at, len, 0, NULL));
        at += len + (at[len] != '\0');
    }
    return rows;
}

const char *proxied_says(const json_t *row, const char *member)
{
    char name[64];
    const char *dot = strchr(member, '.');
    snprintf(name, sizeof name, "%.*s", (int)(dot ? dot - member : (long)strlen(member)), member);
    const json_t *value = json_object_get(row, name);
    const char *text = json_string_value(dot ? json_object_get(value, dot + 1) : value);
    return text ? text : "";
}
