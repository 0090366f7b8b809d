#include "tests/cli/run.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void read_back(int fd, char *out)
{
    ssize_t n = pread(fd, out, RUN_OUTPUT_MAX - 1, 0);
    out[n > 0 ? n : 0] = '\0';
}

static int temporary(void)
{
    char path[] = "/tmp/ensign-run-XXXXXX";
    int fd = mkstemp(path);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static void become(const char *line, int out, int err)
{
    int none = open("/dev/null", O_RDONLY);
    dup2(none, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    setenv("NO_COLOR", "1", 1);
    unsetenv("ENSIGN_PASS");
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
}

static const run_result *run_program(const char *program, const char *format, va_list args)
    __attribute__((__format__(__printf__, 2, 0)));

static const run_result *run_program(const char *program, const char *format, va_list args)
{
    static run_result result;
    char line[8192];
    int used = snprintf(line, sizeof line, "exec '%s' ", program), status = 0;
    vsnprintf(line + used, sizeof line - (size_t)used, format, args);
    int out = temporary(), err = temporary();
    fflush(stdout);
    pid_t child = out >= 0 && err >= 0 ? fork() : -1;
    if (child == 0)
        become(line, out, err);
    result.status = child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    read_back(out, result.out);
    read_back(err, result.err);
    close(out);
    close(err);
    return &result;
}

const run_result *run_ensign(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const run_result *result = run_program(ENSIGN_COMMAND, format, args);
    va_end(args);
    return result;
}

const run_result *run_bench(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const run_result *result = run_program(ENSIGN_BENCH, format, args);
    va_end(args);
    return result;
}
