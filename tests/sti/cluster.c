#include "tests/sti/cluster.h"

#include "tests/suite.h"

#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMAND_MAX 2048

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
    snprintf(command, sizeof command, "%s/pg_ctl -D %s/data -m immediate stop >/dev/null 2>&1", programs, folder);
    as_other(command);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        printf("%s stays behind\n", folder);
}

static bool start_server(void)
{
    char command[COMMAND_MAX];
    snprintf(command, sizeof command,
             "%s/pg_ctl -D %s/data -w -t 60 -l %s/log -o \"-c listen_addresses='' -k %s\" start >/dev/null 2>&1",
             programs, folder, folder, folder);
    return as_other(command) == 0;
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
             "psql -q -h %s -U ensign -d postgres -v ON_ERROR_STOP=1 -c \"%s\" >/dev/null 2>&1", folder, sql);
    bool good = as_other(command) == 0;
    CHECK_ROW(good, "%s", sql);
    return good;
}

bool cluster_fresh(char *name, size_t size)
{
    snprintf(name, size, "postgres:host=%s user=ensign dbname=postgres", folder);
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
