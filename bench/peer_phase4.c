/* The peer phase4: a process of its own that reads jobs and prints a line of JSON for each. */
#include "bench/peers.h"
#include "engine/base/file.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct ens_peer_phase4 {
    char folder[40], message[64], anchor[64];
    pid_t child;
    FILE *to, *from;
};

static bool has_java(void)
{
    return system("command -v java >/dev/null 2>&1 && command -v mvn >/dev/null 2>&1") == 0;
}

/* spawn starts the peer with pipes for its input and output. */
static bool spawn(ens_peer_phase4 *p, const char *run_sh)
{
    int to[2] = {-1, -1}, from[2] = {-1, -1};
    posix_spawn_file_actions_t actions;
    char shell[] = "sh", path[PATH_MAX];
    char *const argv[] = {shell, path, NULL};
    snprintf(path, sizeof path, "%s", run_sh);
    if (pipe(to) != 0)
        return false;
    if (pipe(from) != 0) {
        close(to[0]), close(to[1]);
        return false;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1, 0);
    for (int i = 0; i < 2; i++) {
        posix_spawn_file_actions_addclose(&actions, to[i]);
        posix_spawn_file_actions_addclose(&actions, from[i]);
    }
    bool good = posix_spawnp(&p->child, shell, &actions, NULL, argv, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]), close(from[1]);
    p->to = fdopen(to[1], "w");
    p->from = fdopen(from[0], "r");
    return good && p->to && p->from;
}

static bool write_pem(const char *path, ens_slice der)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, (size_t)1 << 20);
    ens_buf_text(&out, "-----BEGIN CERTIFICATE-----\n");
    for (size_t at = 0; at < der.len; at += 48) {
        ens__base64_encode(&out, ens_sub(der, at, at + 48));
        ens_buf_text(&out, "\n");
    }
    ens_buf_text(&out, "-----END CERTIFICATE-----\n");
    bool good = ens__file_write(path, ens_buf_slice(&out), 0666, NULL) == ENS_OK;
    ens_buf_free(&out);
    return good;
}

ens_peer_phase4 *ens__peer_phase4_start(const char *run_sh, const ens_sample *sample, char reason[ENS_PEERS_REASON])
{
    double ignored[3];
    reason[0] = '\0';
    if (!run_sh || access(run_sh, R_OK) != 0)
        snprintf(reason, ENS_PEERS_REASON, "no phase4 peer is given (--phase4 RUN.SH)");
    else if (!has_java())
        snprintf(reason, ENS_PEERS_REASON, "Java and Maven aren't on this machine");
    if (reason[0])
        return NULL;
    signal(SIGPIPE, SIG_IGN); /* a peer that died is a reason, not an end */
    ens_peer_phase4 *p = calloc(1, sizeof *p);
    if (p) {
        snprintf(p->folder, sizeof p->folder, "/tmp/ensign-peer-XXXXXX");
        bool good = mkdtemp(p->folder) != NULL;
        snprintf(p->message, sizeof p->message, "%s/message.mime", p->folder);
        snprintf(p->anchor, sizeof p->anchor, "%s/root.pem", p->folder);
        good = good && ens__file_write(p->message, ens_buf_slice(&sample->message), 0666, NULL) == ENS_OK &&
               write_pem(p->anchor, ens_buf_slice(&sample->root_der)) && spawn(p, run_sh);
        if (good && ens__peer_phase4_bench(p, 0.01, &ignored[0], &ignored[1], &ignored[2]))
            return p;
    }
    ens__peer_phase4_stop(p);
    snprintf(reason, ENS_PEERS_REASON, "the phase4 peer can't be built or run");
    return NULL;
}

void ens__peer_phase4_stop(ens_peer_phase4 *p)
{
    if (!p)
        return;
    if (p->to)
        fclose(p->to);
    if (p->from)
        fclose(p->from);
    if (p->child > 0)
        waitpid(p->child, NULL, 0);
    unlink(p->message);
    unlink(p->anchor);
    rmdir(p->folder);
    free(p);
}

static bool figure(const char *line, const char *key, double *out)
{
    const char *at = strstr(line, key);
    return at && sscanf(at + strlen(key), "\":%lf", out) == 1;
}

bool ens__peer_phase4_bench(ens_peer_phase4 *p, double seconds, double *ops_per_s, double *p50_us, double *p99_us)
{
    char line[1024];
    if (fprintf(p->to, "bench\tfile=%s\ttrust=%s\tseconds=%.2f\tlabel=ensign\n", p->message, p->anchor, seconds) < 0 ||
        fflush(p->to) != 0)
        return false;
    return fgets(line, sizeof line, p->from) && figure(line, "ops_per_s", ops_per_s) &&
           figure(line, "p50_us", p50_us) && figure(line, "p99_us", p99_us);
}
