#include "web/pages/users.h"

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "sti/rehearsal/secret.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>

#define RULE "Ensign users"
#define BUSY_MS 1000 /* while somebody else logs in */

typedef struct {
    char name[ENS_USER_NAME + 1];
    char hash[ENS_PASSWORD_HASH];
    ens_rank rank;
    unsigned failed;  /* in a row */
    int64_t again_ms; /* no use in trying before */
} user;

struct ens_users {
    user *users;
    size_t num_users;
    pthread_mutex_t hashing; /* one password at a time: hashing costs memory and time, and pages have few threads */
    pthread_mutex_t lock;    /* of the users' failures */
};

static bool take_field(ens_slice *line, ens_slice *out)
{
    size_t colon = ens__find(*line, ENS_LIT(":"), 0);
    if (colon == SIZE_MAX)
        return false;
    *out = ens_sub(*line, 0, colon);
    *line = ens_from(*line, colon + 1);
    return true;
}

static bool keep(char *to, size_t size, ens_slice text)
{
    if (!text.len || text.len >= size || memchr(text.p, 0, text.len))
        return false;
    memcpy(to, text.p, text.len);
    to[text.len] = '\0';
    return true;
}

static ens_code take_user(ens_users *s, ens_slice line, size_t number, ens_err *err)
{
    ens_slice name, role;
    user *u = &s->users[s->num_users];
    if (s->num_users == ENS_USERS_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "there are too many users", number);
    if (!take_field(&line, &name) || !take_field(&line, &role) || !ens__rank_find(role, &u->rank) ||
        !keep(u->name, sizeof u->name, name) || !keep(u->hash, sizeof u->hash, line))
        return ens_fail(err, ENS_ESYNTAX, RULE, "a line is NAME:reader|tester|officer:HASH; its number is at", number);
    s->num_users++;
    return ENS_OK;
}

static ens_code read_users(ens_users *s, const char *path, ens_err *err)
{
    ens_file f = {0};
    ens_slice line;
    ens_code code = ens__file_open_secret(path, ENS_USERS_FILE_MAX, &f, err);
    if (code != ENS_OK)
        return code;
    ens_reader r = ens_read(f.bytes);
    for (size_t number = 1; code == ENS_OK && ens_left(&r); number++) {
        if (!ens_take_line(&r, &line)) {
            line = ens_bytes(r.at, ens_left(&r));
            r.at = r.end;
        }
        line = ens__trim(line);
        if (line.len && line.p[0] != '#')
            code = take_user(s, line, number, err);
    }
    ens__file_close(&f);
    if (code == ENS_OK && !s->num_users)
        code = ens_fail(err, ENS_ESYNTAX, RULE, "there is no user in it", 0);
    return code == ENS_OK ? ENS_OK : ens_within(err, code, path);
}

ens_code ens__users_open(const char *path, ens_users **out, ens_err *err)
{
    ens_users *s = calloc(1, sizeof *s);
    if (!s || !(s->users = calloc(ENS_USERS_MAX, sizeof *s->users))) {
        free(s);
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for users", 0);
    }
    pthread_mutex_init(&s->hashing, NULL);
    pthread_mutex_init(&s->lock, NULL);
    ens_code code = read_users(s, path, err);
    if (code == ENS_OK)
        *out = s;
    else
        ens__users_close(s);
    return code;
}

void ens__users_close(ens_users *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->hashing);
    pthread_mutex_destroy(&s->lock);
    OPENSSL_cleanse(s->users, ENS_USERS_MAX * sizeof *s->users);
    free(s->users);
    free(s);
}

/* may_try counts a try as failed until it is known to be good, so that many at once are not more tries. */
static bool may_try(ens_users *s, user *u, int64_t *wait_ms)
{
    int64_t now = ens__steady_ms();
    pthread_mutex_lock(&s->lock);
    *wait_ms = u->again_ms > now ? u->again_ms - now : 0;
    if (*wait_ms == 0 && ++u->failed >= ENS_LOGIN_TRIES)
        u->again_ms = now + ENS_LOGIN_WAIT_MS;
    pthread_mutex_unlock(&s->lock);
    return *wait_ms == 0;
}

/* forgive takes the failures back once the password was right. */
static void forgive(ens_users *s, user *u)
{
    pthread_mutex_lock(&s->lock);
    u->failed = 0;
    u->again_ms = 0;
    pthread_mutex_unlock(&s->lock);
}

bool ens__users_fits(ens_users *s, ens_slice name, ens_slice password, ens_rank *rank, int64_t *wait_ms)
{
    user *u = NULL;
    bool fits = false, good = false;
    *wait_ms = 0;
    for (size_t i = 0; i < s->num_users && !u; i++)
        if (ens_is(name, s->users[i].name))
            u = &s->users[i];
    if (pthread_mutex_trylock(&s->hashing) != 0) {
        *wait_ms = BUSY_MS;
        return false;
    }
    if (!u || may_try(s, u, wait_ms))
        good = ens__password_fits(password, u ? u->hash : NULL, &fits, NULL) == ENS_OK && fits && u;
    pthread_mutex_unlock(&s->hashing);
    if (good) {
        forgive(s, u);
        *rank = u->rank;
    }
    return good;
}

ens_code ens__users_line(ens_slice name, ens_rank rank, ens_slice password, ens_buf *out, ens_err *err)
{
    char hash[ENS_PASSWORD_HASH];
    if (password.len < ENS_USERS_PASSWORD_MIN)
        return ens_fail(err, ENS_EPOLICY, RULE, "a password has 12 octets at least", 0);
    if (!name.len || name.len > ENS_USER_NAME || name.p[0] == '#' || !ens__is_utf8(name) ||
        ens__find(name, ENS_LIT(":"), 0) != SIZE_MAX || ens__find(name, ENS_LIT("\n"), 0) != SIZE_MAX)
        return ens_fail(err, ENS_ESYNTAX, RULE, "a name has 1 to 64 octets, no colon and no line end", 0);
    ens_code code = ens__password_hash(password, hash, err);
    if (code != ENS_OK)
        return code;
    ens_buf_put(out, name);
    ens_buf_printf(out, ":%s:%s", ens__rank_name(rank), hash);
    return ens_buf_done(out, err);
}
