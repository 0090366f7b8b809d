#include "tests/sti/cluster.h"

#include "tests/suite.h"

#include <glob.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMAND_MAX 2048

static unsigned port, standby_port;
static char folder[] = "/tmp/ensign-cluster-XXXXXX", programs[256];
static enum { UNTRIED, ABSENT, RUNNING } state;

/* as_other runs a command of the shell as a user that PostgreSQL starts for: it refuses root. */
static int as_other(const char *command)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        const struct passwd *other = getpwnam("postgres") ? getpwnam("postgres") : getpwnam("nobody");
        if (geteuid() == 0 && (!other || setgid(other->pw_gid) != 0 || setuid(other->pw_uid) != 0))
            _exit(126);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool find_programs(void)
{
    glob_t found = {0};
    bool there = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0 && found.gl_pathc > 0;
    if (there)
        snprintf(programs, sizeof programs, "%.*s", (int)(strlen(found.gl_pathv[found.gl_pathc - 1]) - 7),
                 found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return there;
}

/* clean_up is the process's that made it: children that were forked leave it alone. */
static pid_t owner;
static void clean_up(void)
{
    char command[COMMAND_MAX];
    if (getpid() != owner || state != RUNNING)
        return;
    snprintf(command, sizeof command,
             "for d in data standby; do %s/pg_ctl -D %s/$d -m immediate stop >/dev/null 2>&1; done", programs, folder);
    as_other(command);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        printf("%s stays behind\n", folder);
}

unsigned free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool good =
        fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 && getsockname(fd, (struct sockaddr *)&at, &len) == 0;
    close(fd);
    return good ? ntohs(at.sin_port) : 0;
}

unsigned cluster_port(void)
{
    return port;
}

static bool start(const char *data, unsigned at, const char *more)
{
    char command[COMMAND_MAX];
    snprintf(command, sizeof command,
             "%s/pg_ctl -D %s/%s -w -t 60 -l %s/%s.log -o \"-c listen_addresses=127.0.0.1 -p %u -k %s %s\" start "
             ">/dev/null 2>&1",
             programs, folder, data, folder, data, at, folder, more);
    return as_other(command) == 0;
}

static bool start_server(void)
{
    port = port ? port : free_port();
    return start("data", port, "");
}

bool cluster_start(void)
{
    char command[COMMAND_MAX];
    if (state == UNTRIED) {
        state = ABSENT;
        if (find_programs() && mkdtemp(folder)) {
            snprintf(command, sizeof command, "chmod 777 %s", folder);
            int made = system(command);
            snprintf(command, sizeof command,
                     "%s/initdb -D %s/data -U ensign -E UTF8 --locale=C -A trust -N >/dev/null", programs, folder);
            owner = getpid();
            atexit(clean_up);
            if (made == 0 && as_other(command) == 0 && start_server())
                state = RUNNING;
        }
    }
    if (state != RUNNING)
        ens_skip("no PostgreSQL could be started: it is in the package postgresql");
    return state == RUNNING;
}

bool cluster_sql(const char *sql)
{
    char command[COMMAND_MAX];
    snprintf(command, sizeof command,
             "psql -q -h %s -p %u -U ensign -d postgres -v ON_ERROR_STOP=1 -c \"%s\" >/dev/null 2>&1", folder, port,
             sql);
    bool good = as_other(command) == 0;
    CHECK_ROW(good, "%s", sql);
    return good;
}

bool cluster_fresh(char *name, size_t size)
{
    snprintf(name, size, "postgres:host=%s port=%u user=ensign dbname=postgres", folder, port);
    return cluster_sql("SET client_min_messages TO error; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
}

bool cluster_set(const char *setting, const char *value)
{
    char sql[256];
    snprintf(sql, sizeof sql, "ALTER SYSTEM SET %s TO %s", setting, value);
    return cluster_sql(sql) && cluster_sql("SELECT pg_reload_conf()") && usleep(300000) == 0;
}

bool cluster_restart(bool fast)
{
    char command[COMMAND_MAX];
    snprintf(command, sizeof command, "%s/pg_ctl -D %s/data -w -m %s stop >/dev/null 2>&1", programs, folder,
             fast ? "fast" : "immediate");
    as_other(command);
    return start_server();
}

void cluster_names_both(char *name, size_t size)
{
    snprintf(name, size, "postgres:host=%s,%s port=%u,%u user=ensign dbname=postgres", folder, folder, port,
             standby_port);
}

bool cluster_add_standby(void)
{
    char command[COMMAND_MAX];
    standby_port = free_port();
    snprintf(command, sizeof command, "%s/pg_basebackup -h %s -p %u -U ensign -D %s/standby -R -X stream -c fast",
             programs, folder, port, folder);
    return as_other(command) == 0 && start("standby", standby_port, "-c synchronous_standby_names=''") &&
           cluster_set("synchronous_standby_names", "'*'");
}

bool cluster_fail_over(void)
{
    char command[COMMAND_MAX];
    snprintf(command, sizeof command,
             "kill -9 $(ps -o pid= --ppid $(head -1 %s/data/postmaster.pid)) $(head -1 %s/data/postmaster.pid); "
             "%s/pg_ctl -D %s/standby -w promote >/dev/null 2>&1",
             folder, folder, programs, folder);
    return as_other(command) == 0;
}

bool cluster_drop_standby(void)
{
    char command[COMMAND_MAX];
    snprintf(command, sizeof command, "%s/pg_ctl -D %s/standby -m immediate stop >/dev/null 2>&1; rm -rf %s/standby",
             programs, folder, folder);
    return as_other(command) == 0 && start_server() && cluster_set("synchronous_standby_names", "''");
}
