#include "bench/stand_in.h"

#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RULE "Ensign bench"
#define PATIENCE_S 30
#define FILE_MAX ((size_t)1 << 20)
#define LOG_TAIL 4096

extern char **environ;

/* read_line reads up to a line's end, or till patience ends. */
static bool read_line(int fd, char *out, size_t size, int patience_s)
{
    size_t len = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (len + 1 < size && poll(&p, 1, patience_s * 1000) == 1) {
        ssize_t n = read(fd, out + len, size - 1 - len);
        if (n <= 0)
            return false;
        len += (size_t)n;
        out[len] = '\0';
        if (strchr(out, '\n'))
            return true;
    }
    return false;
}

bool ens__beside_start(ens_beside *b, const char *shell, int patience_s)
{
    char sh[] = "sh", c[] = "-c", *line = strdup(shell);
    char *const argv[] = {sh, c, line, NULL};
    int ends[2];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    *b = (ens_beside){.pid = 0};
    if (!line || pipe2(ends, O_CLOEXEC) != 0) {
        free(line);
        return false;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP); /* what it starts ends with it */
    bool good = posix_spawnp(&b->pid, sh, &actions, &attributes, argv, environ) == 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    free(line);
    good = good && read_line(ends[0], b->line, sizeof b->line, patience_s);
    close(ends[0]);
    if (!good)
        ens__beside_stop(b);
    return good;
}

void ens__beside_stop(ens_beside *b)
{
    if (b->pid > 0) {
        kill(-b->pid, SIGTERM);
        waitpid(b->pid, NULL, 0);
    }
    b->pid = 0;
}

uint16_t ens__beside_port(const char *url, char *path, size_t size)
{
    const char *at = strstr(url, "://"), *colon = at ? strchr(at + 3, ':') : NULL;
    char *end = NULL;
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    if (port > 0 && port <= UINT16_MAX && end && *end == '/') {
        snprintf(path, size, "%.*s", (int)strcspn(end, "\" \r\n"), end);
        return (uint16_t)port;
    }
    return 0;
}

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

static bool take_line(ens_stand_in *s, const char *line)
{
    json_t *o = json_loads(line, 0, NULL);
    snprintf(s->pki, sizeof s->pki, "%s", text_of(o, "pki"));
    snprintf(s->eori, sizeof s->eori, "%s", text_of(o, "eori"));
    s->plain_port = ens__beside_port(text_of(o, "as4_plain"), s->path, sizeof s->path);
    s->tls_port = ens__beside_port(text_of(o, "as4"), s->path, sizeof s->path);
    json_decref(o);
    return s->tls_port && s->plain_port && s->pki[0];
}

static SSL_CTX *make_client(const ens_stand_in *s)
{
    char cert[160], key[160], root[160];
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    snprintf(cert, sizeof cert, "%s/tls-client.pem", s->pki);
    snprintf(key, sizeof key, "%s/tls-client.key", s->pki);
    snprintf(root, sizeof root, "%s/tls-root.pem", s->pki);
    if (ctx && SSL_CTX_use_certificate_chain_file(ctx, cert) == 1 &&
        SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1 && SSL_CTX_load_verify_file(ctx, root) == 1) {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
        return ctx;
    }
    SSL_CTX_free(ctx);
    return NULL;
}

/* beside_us names the command that was built with this program. */
static bool beside_us(char *out, size_t size)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    return slash && snprintf(out, size, "%.*s/ensign", (int)(slash - self), self) < (int)size && access(out, X_OK) == 0;
}

static void remove_folder(const ens_stand_in *s)
{
    char line[128];
    snprintf(line, sizeof line, "rm -rf '%s'", s->folder);
    if (system(line) != 0)
        fprintf(stderr, "ensign-bench: %s stays behind\n", s->folder);
}

ens_code ens__stand_in_start(ens_stand_in *s, ens_err *err)
{
    char command[PATH_MAX], line[PATH_MAX + 256];
    const char *tmp = getenv("TMPDIR");
    ens_beside b;
    *s = (ens_stand_in){0};
    snprintf(s->folder, sizeof s->folder, "%.50s/ensign-point-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!beside_us(command, sizeof command))
        return ens_fail(err, ENS_EIO, RULE, "the command isn't beside this program", 0);
    if (!mkdtemp(s->folder))
        return ens_fail_about(err, ENS_EIO, RULE, strerror(errno), s->folder);
    const char *store = getenv("ENSIGN_BENCH_STORE"); /* another than the demo's own: postgres:... */
    snprintf(line, sizeof line, "exec '%s' serve --demo '%s' %s%s%s 2>'%s/log'", command, s->folder,
             store ? "--store '" : "", store ? store : "", store ? "'" : "", s->folder);
    bool good = ens__beside_start(&b, line, PATIENCE_S) && take_line(s, b.line);
    s->pid = b.pid;
    good = good && clock_getcpuclockid(s->pid, &s->cpu) == 0 && (s->client = make_client(s));
    if (good)
        return ENS_OK;
    ens__stand_in_stop(s, NULL);
    return ens_fail(err, ENS_EIO, RULE, "the stand-in can't be started", 0);
}

/* read_commits finds them in the last line of the log; 0: they aren't told. */
static double read_commits(const ens_stand_in *s)
{
    char path[96], text[LOG_TAIL + 1];
    snprintf(path, sizeof path, "%s/log", s->folder);
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    if (fseek(f, -LOG_TAIL, SEEK_END) != 0)
        rewind(f);
    text[fread(text, 1, LOG_TAIL, f)] = '\0';
    fclose(f);
    const char *line = strstr(text, "\"stopped\""), *commits = line ? strstr(line, "\"commits\":") : NULL;
    return commits ? strtod(commits + strlen("\"commits\":"), NULL) : 0;
}

void ens__stand_in_stop(ens_stand_in *s, double *commits)
{
    if (s->pid > 0) {
        kill(s->pid, SIGTERM);
        waitpid(s->pid, NULL, 0);
    }
    if (commits)
        *commits = read_commits(s);
    SSL_CTX_free(s->client);
    if (s->folder[0])
        remove_folder(s);
    *s = (ens_stand_in){0};
}

ens_code ens__stand_in_sealer(const ens_stand_in *s, ens_sealer **out, ens_err *err)
{
    char path[160];
    ens_file key = {0}, chain = {0};
    snprintf(path, sizeof path, "%s/trader.key", s->pki);
    ens_code code = ens__file_open(path, FILE_MAX, &key, err);
    snprintf(path, sizeof path, "%s/trader.pem", s->pki);
    if (code == ENS_OK)
        code = ens__file_open(path, FILE_MAX, &chain, err);
    const ens_sealer_options o = {
        .key = key.bytes, .certificate = chain.bytes, .domain = "bench.example", .at = ens_time_now()};
    if (code == ENS_OK)
        code = ens_sealer_new(&o, out, err);
    ens__file_close(&key);
    ens__file_close(&chain);
    return code;
}

double ens__stand_in_cpu_us(const ens_stand_in *s)
{
    struct timespec t;
    return clock_gettime(s->cpu, &t) == 0 ? (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3 : 0;
}
