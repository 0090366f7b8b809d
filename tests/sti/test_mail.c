/* Mails that leave: to a mail server of the test's own, and to addresses that the settings list. */
#include "tests/sti/rehearsed.h"
#include "tests/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAIL_KEPT ((size_t)64 << 10)

/* A mail server for one mail: what it was told. */
typedef struct {
    int listens;
    char url[64];
    char got[MAIL_KEPT];
    size_t len;
    pthread_t thread;
} post_office;

static void say(int fd, const char *line)
{
    CU_ASSERT_TRUE(write(fd, line, strlen(line)) == (ssize_t)strlen(line));
}

/* talk answers command after command, and takes what stands behind DATA. */
static void talk(post_office *p, FILE *in, int fd)
{
    char line[2048];
    bool data = false;
    say(fd, "220 test\r\n");
    while (fgets(line, sizeof line, in)) {
        int n = snprintf(p->got + p->len, sizeof p->got - p->len, "%s", line);
        p->len += n > 0 && (size_t)n < sizeof p->got - p->len ? (size_t)n : 0;
        if (data && strcmp(line, ".\r\n") == 0) {
            data = false;
            say(fd, "250 taken\r\n");
        } else if (!data && strncmp(line, "DATA", 4) == 0) {
            data = true;
            say(fd, "354 go on\r\n");
        } else if (!data && strncmp(line, "QUIT", 4) == 0) {
            say(fd, "221 bye\r\n");
            return;
        } else if (!data) {
            say(fd, "250 good\r\n");
        }
    }
}

static void *serve_mail(void *of)
{
    post_office *p = of;
    int fd = accept(p->listens, NULL, NULL);
    FILE *in = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (in) {
        talk(p, in, fd);
        fclose(in);
    }
    return NULL;
}

static void open_office(post_office *p)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    *p = (post_office){.listens = socket(AF_INET, SOCK_STREAM, 0)};
    CU_ASSERT_TRUE_FATAL(p->listens >= 0 && bind(p->listens, (struct sockaddr *)&at, sizeof at) == 0 &&
                         listen(p->listens, 1) == 0 && getsockname(p->listens, (struct sockaddr *)&at, &len) == 0);
    snprintf(p->url, sizeof p->url, "smtp://127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    CU_ASSERT_EQUAL_FATAL(pthread_create(&p->thread, NULL, serve_mail, p), 0);
}

static void close_office(post_office *p)
{
    shutdown(p->listens, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->listens);
}

static ens__mail written(rehearsed *t, const char *to)
{
    char id[ENS_ID];
    ens__mail mail;
    ens_buf body;
    ens_err err = {0};
    const ens__mail_draft draft = {"transports1", to, "\u00c9t\u00e9", "fr", ENS_LIT("Bonjour")};
    ens_buf_init(&body, NULL, 0, ENS_MAIL_BODY_MAX);
    CU_ASSERT_EQUAL_FATAL(ens__mail_write(t->of[0], &draft, REHEARSED_NOW, id, &err), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens__mail_find(t->of[0], ens_str(id), &mail, &body, &err), ENS_OK);
    ens_buf_free(&body);
    return mail;
}

static void a_mail_leaves_to_whom_the_settings_list(void)
{
    static post_office p;
    rehearsed t;
    ens_err err = {0};
    rehearsed_open(&t);
    open_office(&p);
    CU_ASSERT_EQUAL(ens__rehearsal_set(t.of[0], "smtp", p.url, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__rehearsal_set(t.of[0], "mail-to", "ann@company.example, x@douane.gouv.fr", &err), ENS_OK);
    CU_ASSERT_EQUAL(written(&t, "bob@company.example").state, ENS_MAIL_KEPT);
    CU_ASSERT_EQUAL(written(&t, "x@douane.gouv.fr").state, ENS_MAIL_REFUSED); /* whatever is listed */
    CU_ASSERT_EQUAL(p.len, 0);
    ens__mail mail = written(&t, "ann@company.example");
    CHECK_ROW(mail.state == ENS_MAIL_SENT, "%s", mail.reason);
    close_office(&p);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.got, "RCPT TO:<ann@company.example>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(p.got, "Subject: =?utf-8?B?"));
    CU_ASSERT_EQUAL(written(&t, "ann@company.example").state, ENS_MAIL_KEPT); /* nobody is there any more */
    rehearsed_close(&t);
}

static const ens_case cases[] = {
    {"a mail leaves to an address that the settings list, and to no other", a_mail_leaves_to_whom_the_settings_list},
    {NULL, NULL},
};
ENS_SUITE("sti/mail", cases)
