/* The peers phase4 and bergshamra: processes of their own that read jobs and print a line of JSON for each. */
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

struct ens_peer {
    char folder[40], message[64], anchor[64], cert[64];
    pid_t child;
    FILE *to, *from;
};

static const struct {
    const char *name, *tools, *lacks;
} kinds[ENS_PEER_PROGRAMS] = {
    {"phase4", "command -v java >/dev/null 2>&1 && command -v mvn >/dev/null 2>&1",
     "Java and Maven aren't on this machine"},
    {"bergshamra", "command -v cargo >/dev/null 2>&1", "cargo isn't on this machine"},
};

const char *ens__peer_name(ens_peer_kind kind)
{
    return kinds[kind].name;
}

/* spawn starts the peer with pipes for its input and output. */
static bool spawn(ens_peer *p, const char *run_sh)
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

/* write_inputs writes what the peer reads. */
static bool write_inputs(ens_peer *p, const ens_sample *sample)
{
    snprintf(p->folder, sizeof p->folder, "/tmp/ensign-peer-XXXXXX");
    bool good = mkdtemp(p->folder) != NULL;
    snprintf(p->message, sizeof p->message, "%s/message.mime", p->folder);
    snprintf(p->anchor, sizeof p->anchor, "%s/root.pem", p->folder);
    snprintf(p->cert, sizeof p->cert, "%s/signer.pem", p->folder);
    return good && ens__file_write(p->message, ens_buf_slice(&sample->message), 0666, NULL) == ENS_OK &&
           write_pem(p->anchor, ens_buf_slice(&sample->root_der)) && write_pem(p->cert, sample->chain.cert[0].der);
}

ens_peer *ens__peer_start(ens_peer_kind kind, const char *run_sh, const ens_sample *sample,
                          char reason[ENS_PEERS_REASON])
{
    const char *name = kinds[kind].name;
    ens_peer_figures ignored;
    reason[0] = '\0';
    if (!run_sh || access(run_sh, R_OK) != 0)
        snprintf(reason, ENS_PEERS_REASON, "no %s peer is given (--%s RUN.SH)", name, name);
    else if (system(kinds[kind].tools) != 0)
        snprintf(reason, ENS_PEERS_REASON, "%s", kinds[kind].lacks);
    if (reason[0])
        return NULL;
    signal(SIGPIPE, SIG_IGN); /* a peer that died is a reason, not an end */
    ens_peer *p = calloc(1, sizeof *p);
    if (p && write_inputs(p, sample) && spawn(p, run_sh) && ens__peer_bench(p, 0.01, &ignored))
        return p;
    ens__peer_stop(p);
    snprintf(reason, ENS_PEERS_REASON, "the %s peer can't be built or run, or doesn't verify the message", name);
    return NULL;
}

void ens__peer_stop(ens_peer *p)
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
    unlink(p->cert);
    rmdir(p->folder);
    free(p);
}

static bool figure(const char *line, const char *key, double *out)
{
    const char *at = strstr(line, key);
    return at && sscanf(at + strlen(key), "\":%lf", out) == 1;
}

bool ens__peer_bench(ens_peer *p, double seconds, ens_peer_figures *out)
{
    char line[1024];
    if (fprintf(p->to, "bench\tfile=%s\ttrust=%s\tcert=%s\tseconds=%.2f\tlabel=ensign\n", p->message, p->anchor,
                p->cert, seconds) < 0 ||
        fflush(p->to) != 0 || !fgets(line, sizeof line, p->from))
        return false;
    if (!figure(line, "min_us", &out->min_us))
        out->min_us = 0;
    return figure(line, "ops_per_s", &out->ops_per_s) && figure(line, "p50_us", &out->p50_us) &&
           figure(line, "p99_us", &out->p99_us) && out->ops_per_s > 0;
}
