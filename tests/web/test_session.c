/* Who visits: tokens of sessions and forms, users and their passwords, and the lid on guessing. */
#include "tests/suite.h"
#include "web/pages/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PASSWORD ENS_LIT("correct horse battery")

static char folder[] = "/tmp/ensign-session-XXXXXX";
static ens_arena arena;

/* ask makes a request with a Cookie, or without where it is NULL. */
static ens_web_request ask(const char *cookie, ens_http_request *http, ens_http_head *head)
{
    *head = (ens_http_head){.method = ENS_LIT("GET"), .target = ENS_LIT("/")};
    if (cookie) {
        head->field[0] = (ens_http_field){ENS_LIT("Cookie"), ens_str(cookie)};
        head->num_fields = 1;
    }
    *http = (ens_http_request){.head = head};
    return (ens_web_request){.http = http, .arena = &arena};
}

static bool visit(ens_sessions *s, const char *cookie, ens_visitor *out)
{
    ens_http_request http;
    ens_http_head head;
    ens_arena_init(&arena, (size_t)1 << 16);
    ens_web_request r = ask(cookie, &http, &head);
    bool known = ens__session_find(s, &r, out);
    ens_arena_free(&arena);
    return known;
}

static void gives_each_session_a_token_of_its_own(void)
{
    ens_sessions *s = NULL, *other = NULL;
    ens_visitor a, b, again;
    char cookie[128];
    CU_ASSERT_EQUAL_FATAL(ens__sessions_open(false, &s, NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens__sessions_open(false, &other, NULL), ENS_OK);
    CU_ASSERT(visit(s, NULL, &a) && visit(s, NULL, &b) && a.fresh && b.fresh);
    CU_ASSERT(strcmp(a.token, b.token) != 0 && strcmp(a.csrf, b.csrf) != 0 && strcmp(a.token, a.csrf) != 0);
    snprintf(cookie, sizeof cookie, ENS_COOKIE_SESSION "=%s", a.token);
    CU_ASSERT(visit(s, cookie, &again) && !again.fresh);
    CU_ASSERT(ens__session_fits(&again, ens_str(a.csrf)));
    CU_ASSERT_FALSE(ens__session_fits(&again, ens_str(b.csrf)));
    CU_ASSERT_FALSE(ens__session_fits(&again, (ens_slice){0}));
    CU_ASSERT_FALSE(ens__session_fits(&(ens_visitor){0}, (ens_slice){0}));
    CU_ASSERT(visit(other, cookie, &again) && !ens__session_fits(&again, ens_str(a.csrf)));
    CU_ASSERT(visit(s, ENS_COOKIE_SESSION "=short", &again) && again.fresh);
    ens__sessions_close(s);
    ens__sessions_close(other);
}

static void lets_in_who_logged_in_alone(void)
{
    ens_sessions *s = NULL;
    ens_visitor v, again;
    char cookie[128];
    CU_ASSERT_EQUAL_FATAL(ens__sessions_open(true, &s, NULL), ENS_OK);
    CU_ASSERT_FALSE(visit(s, NULL, &v));
    CU_ASSERT(v.rank == ENS_RANK_READER && v.csrf[0]);
    CU_ASSERT_FATAL(ens__session_begin(s, ENS_LIT("anna"), ENS_RANK_OFFICER, &v));
    snprintf(cookie, sizeof cookie, ENS_COOKIE_SESSION "=%s", v.token);
    CU_ASSERT(visit(s, cookie, &again) && again.rank == ENS_RANK_OFFICER && strcmp(again.name, "anna") == 0);
    cookie[sizeof ENS_COOKIE_SESSION] ^= 1;
    CU_ASSERT_FALSE(visit(s, cookie, &again));
    cookie[sizeof ENS_COOKIE_SESSION] ^= 1;
    ens__session_end(s, &v);
    CU_ASSERT_FALSE(visit(s, cookie, &again));
    ens__sessions_close(s);
}

static void ends_the_session_that_was_silent_longest(void)
{
    ens_sessions *s = NULL;
    ens_visitor v, first;
    char cookie[128];
    CU_ASSERT_EQUAL_FATAL(ens__sessions_open(true, &s, NULL), ENS_OK);
    CU_ASSERT_FATAL(ens__session_begin(s, ENS_LIT("first"), ENS_RANK_READER, &first));
    for (unsigned i = 0; i < ENS_SESSIONS_MAX; i++)
        CU_ASSERT_FATAL(ens__session_begin(s, ENS_LIT("more"), ENS_RANK_READER, &v));
    snprintf(cookie, sizeof cookie, ENS_COOKIE_SESSION "=%s", v.token);
    CU_ASSERT(visit(s, cookie, &v));
    ens__sessions_close(s);
}

static const char *write_users(const char *text)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/users", folder);
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
    return path;
}

static void refuses_files_that_are_none(void)
{
    static const char *const rows[] = {
        "", "# nobody\n", "anna\n", "anna:officer\n", "anna:boss:x\n", ":officer:x\n", "anna:officer:\n"};
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_users *u = NULL;
        ens_err err = {0};
        CHECK_ROW(ens__users_open(write_users(rows[i]), &u, &err) == ENS_ESYNTAX && !u && err.n, "row %zu", i);
    }
}

static void knows_passwords_and_waits_after_five_wrong_ones(void)
{
    ens_users *u = NULL;
    ens_buf line;
    ens_rank rank = ENS_RANK_READER;
    int64_t wait_ms = 0;
    ens_buf_init(&line, NULL, 0, 4096);
    CU_ASSERT_EQUAL(ens__users_line(ENS_LIT("a:b"), ENS_RANK_OFFICER, PASSWORD, &line, NULL), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(ens__users_line(ENS_LIT("anna"), ENS_RANK_OFFICER, ENS_LIT("short"), &line, NULL), ENS_EPOLICY);
    CU_ASSERT_EQUAL_FATAL(ens__users_line(ENS_LIT("anna"), ENS_RANK_OFFICER, PASSWORD, &line, NULL), ENS_OK);
    ens_buf_add(&line, "\n", 2);
    CU_ASSERT_PTR_NULL(strstr((char *)line.p, "horse"));
    CU_ASSERT_EQUAL_FATAL(ens__users_open(write_users((char *)line.p), &u, NULL), ENS_OK);
    CU_ASSERT(ens__users_fits(u, ENS_LIT("anna"), PASSWORD, &rank, &wait_ms) && rank == ENS_RANK_OFFICER);
    CU_ASSERT_FALSE(ens__users_fits(u, ENS_LIT("nobody"), PASSWORD, &rank, &wait_ms));
    for (unsigned i = 0; i < ENS_LOGIN_TRIES; i++)
        CU_ASSERT(!ens__users_fits(u, ENS_LIT("anna"), ENS_LIT("guess"), &rank, &wait_ms) && wait_ms == 0);
    CU_ASSERT(!ens__users_fits(u, ENS_LIT("anna"), PASSWORD, &rank, &wait_ms) && wait_ms > 0);
    ens__users_close(u);
    ens_buf_free(&line);
    unlink(write_users(""));
    rmdir(folder);
}

static const ens_case cases[] = {
    {"gives each session a token of its own", gives_each_session_a_token_of_its_own},
    {"lets in who logged in alone", lets_in_who_logged_in_alone},
    {"ends the session that was silent longest", ends_the_session_that_was_silent_longest},
    {"refuses files that are none", refuses_files_that_are_none},
    {"knows passwords, and waits after five wrong ones", knows_passwords_and_waits_after_five_wrong_ones},
    {NULL, NULL},
};
ENS_SUITE("web/session", cases)
