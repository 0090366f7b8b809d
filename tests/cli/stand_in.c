#include "tests/cli/stand_in.h"

#include "tests/cli/run.h"
#include "tests/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000 /* keys of 2048 bits on a busy machine */
#define MESSAGE_MAX ((size_t)1 << 20)

static void become(const char *arguments, int out, const char *err)
{
    char line[1024];
    int log = open(err, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), none = open("/dev/null", O_RDONLY);
    sigset_t empty;
    sigemptyset(&empty);
    sigprocmask(SIG_SETMASK, &empty, NULL);
    dup2(none, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    snprintf(line, sizeof line, "exec '%s' serve %s", ENSIGN_COMMAND, arguments);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
}

/* read_line reads up to a line's end, or till patience ends. */
static bool read_line(int fd, char *out, size_t size)
{
    size_t len = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (len + 1 < size && poll(&p, 1, PATIENCE_MS) == 1) {
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

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

/* take_url keeps the address of a URL, and its path. */
static void take_url(const char *url, char *address, size_t size, char *path, size_t path_size)
{
    const char *at = strstr(url, "://"), *slash = at ? strchr(at + 3, '/') : NULL;
    if (slash) {
        snprintf(address, size, "%.*s", (int)(slash - at - 3), at + 3);
        snprintf(path, path_size, "%s", slash);
    }
}

static SSL_CTX *make_client(const stand_in *s)
{
    char cert[128], key[128], root[128];
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    snprintf(cert, sizeof cert, "%s/tls-client.pem", s->pki);
    snprintf(key, sizeof key, "%s/tls-client.key", s->pki);
    snprintf(root, sizeof root, "%s/tls-root.pem", s->pki);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    CU_ASSERT(SSL_CTX_use_certificate_chain_file(ctx, cert) == 1 &&
              SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1 && SSL_CTX_load_verify_file(ctx, root) == 1);
    return ctx;
}

bool stand_in_run(stand_in *s, const char *arguments)
{
    char line[4096] = "", log[96];
    int out[2];
    snprintf(log, sizeof log, "%s.log", s->folder);
    if (pipe2(out, O_CLOEXEC) != 0)
        return false;
    fflush(stdout);
    s->pid = fork();
    if (s->pid == 0)
        become(arguments, out[1], log);
    close(out[1]);
    bool good = s->pid > 0 && read_line(out[0], line, sizeof line);
    close(out[0]);
    json_t *o = good ? json_loads(line, 0, NULL) : NULL;
    CHECK_ROW(o, "no line says that it is ready: %s", line);
    if (!o)
        return false;
    s->ready = o;
    snprintf(s->store, sizeof s->store, "%s", text_of(o, "store"));
    if (*text_of(o, "eori"))
        snprintf(s->eori, sizeof s->eori, "%s", text_of(o, "eori"));
    if (*text_of(o, "pki"))
        snprintf(s->pki, sizeof s->pki, "%s", text_of(o, "pki"));
    take_url(text_of(o, "as4"), s->tls, sizeof s->tls, s->path, sizeof s->path);
    take_url(text_of(o, "as4_plain"), s->plain, sizeof s->plain, s->path, sizeof s->path);
    s->client = make_client(s);
    return true;
}

bool stand_in_open(stand_in *s, const char *folder, const char *options)
{
    char arguments[256];
    *s = (stand_in){.pid = -1};
    snprintf(s->folder, sizeof s->folder, "%s", folder);
    snprintf(arguments, sizeof arguments, "--demo %s %s", folder, options);
    return stand_in_run(s, arguments);
}

int stand_in_end(stand_in *s, int signal)
{
    int status = 0;
    if (s->pid > 0) {
        kill(s->pid, signal);
        waitpid(s->pid, &status, 0);
    }
    s->pid = -1;
    json_decref(s->ready);
    SSL_CTX_free(s->client);
    s->ready = NULL;
    s->client = NULL;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* type_of finds the Content-Type among the lines in front of the message. */
static bool type_of(const char *head, char *out, size_t size)
{
    for (const char *at = head; at && *at != '\r'; at = strchr(at, '\n'), at = at ? at + 1 : NULL)
        if (strncasecmp(at, "Content-Type: ", 14) == 0) {
            snprintf(out, size, "%.*s", (int)strcspn(at + 14, "\r\n"), at + 14);
            return true;
        }
    return false;
}

static bool post(visit *v, const stand_in *s, const char *message, size_t len, pushed *out)
{
    char head[1024], type[512] = "application/soap+xml; charset=UTF-8";
    const char *body = message, *end = message[0] == '<' ? NULL : strstr(message, "\r\n\r\n");
    if (end && type_of(message, type, sizeof type))
        body = end + 4;
    size_t rest = len - (size_t)(body - message);
    snprintf(head, sizeof head,
             "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", s->path, type,
             rest);
    if (!visit_say(v, head) || !visit_send(v, body, rest))
        return false;
    out->status = visit_answer(v);
    const char *answer = strstr(v->text, "\r\n\r\n");
    out->len = answer ? v->len - (size_t)(answer + 4 - v->text) : 0;
    if (out->len)
        memcpy(out->body, answer + 4, out->len);
    out->body[out->len] = '\0';
    return out->status != 0;
}

bool stand_in_send(const stand_in *s, bool tls, const char *message, size_t len, pushed *out)
{
    visit v;
    *out = (pushed){0};
    if (!visit_open(&v, tls ? s->tls : s->plain, tls ? s->client : NULL, NULL))
        return false;
    bool good = post(&v, s, message, len, out);
    visit_close(&v);
    return good;
}

static bool push(const stand_in *s, bool tls, const char *file, pushed *out)
{
    static char message[MESSAGE_MAX];
    FILE *f = fopen(file, "rb");
    size_t len = f ? fread(message, 1, sizeof message - 1, f) : 0;
    message[len] = '\0';
    if (f)
        fclose(f);
    CHECK_ROW(len, "%s can't be read", file);
    return len && stand_in_send(s, tls, message, len, out);
}

bool stand_in_push(stand_in *s, const char *file, pushed *out)
{
    return push(s, true, file, out);
}

bool stand_in_push_plain(stand_in *s, const char *file, pushed *out)
{
    return push(s, false, file, out);
}

void stand_in_seal(const stand_in *s, const char *folder, const char *name, const char *end, const char *options)
{
    char command[256];
    CU_ASSERT_EQUAL(run_ensign("ens new IE3F26 --from %s -o %s/doc.xml", s->eori, folder)->status, 0);
    snprintf(command, sizeof command, "sed -i 's#<LRN>.*</LRN>#<LRN>LRN-%s</LRN>#' %s/doc.xml", end ? end : "", folder);
    CU_ASSERT(!end || system(command) == 0);
    const run_result *r = run_ensign("seal %s/doc.xml --key %s/trader.key --cert %s/trader.pem --from %s --action "
                                     "IE3F26 %s -o %s/%s",
                                     folder, s->pki, s->pki, s->eori, options, folder, name);
    CHECK_ROW(r->status == 0, "%s", r->err);
}

void stand_in_keep(const pushed *p, const char *file)
{
    FILE *f = fopen(file, "wb");
    CU_ASSERT(f && fwrite(p->body, 1, p->len, f) == p->len && fclose(f) == 0);
}

#define HOMES_MAX 16u

static const char *homes[HOMES_MAX];
static unsigned num_homes;

static void clear_homes(void)
{
    char command[160];
    while (num_homes) {
        const char *base = homes[--num_homes];
        snprintf(command, sizeof command, "rm -rf %s", base);
        if (system(command) != 0)
            printf("%s stays behind\n", base);
    }
}

bool stand_in_home(char *base, char *demo, size_t len)
{
    if (num_homes == HOMES_MAX || (!num_homes && atexit(clear_homes) != 0) || !mkdtemp(base))
        return false;
    homes[num_homes++] = base;
    return (size_t)snprintf(demo, len, "%s/demo", base) < len;
}
