#include "web/pages/session.h"

#include "engine/base/clock.h"
#include "engine/base/digest.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define SECRET 32

typedef struct {
    uint8_t sha256[32]; /* of its token */
    char name[ENS_USER_NAME + 1];
    ens_rank rank;
    int64_t begun_ms, seen_ms; /* begun_ms 0: it is none */
} session;

struct ens_sessions {
    uint8_t secret[SECRET]; /* what tokens of forms are made with */
    bool ask;
    pthread_mutex_t lock; /* of what follows */
    session session[ENS_SESSIONS_MAX];
};

const char *ens__rank_name(ens_rank rank)
{
    static const char *const names[ENS_RANK_COUNT] = {"reader", "tester", "officer"};
    return names[rank];
}

bool ens__rank_find(ens_slice name, ens_rank *out)
{
    for (unsigned i = 0; i < ENS_RANK_COUNT; i++)
        if (ens_is(name, ens__rank_name((ens_rank)i))) {
            *out = (ens_rank)i;
            return true;
        }
    return false;
}

ens_code ens__sessions_open(bool ask, ens_sessions **out, ens_err *err)
{
    ens_sessions *s = calloc(1, sizeof *s);
    if (!s)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for sessions", 0);
    pthread_mutex_init(&s->lock, NULL);
    s->ask = ask;
    if (RAND_bytes(s->secret, SECRET) != 1) {
        ens__sessions_close(s);
        return ens_fail(err, ENS_ECRYPTO, NULL, "no random numbers", 0);
    }
    *out = s;
    return ENS_OK;
}

void ens__sessions_close(ens_sessions *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    OPENSSL_cleanse(s, sizeof *s);
    free(s);
}

bool ens__sessions_ask(const ens_sessions *s)
{
    return s->ask;
}

/* -- Visitors -- */

static bool is_token(ens_slice t)
{
    bool good = t.len == ENS_SESSION_TOKEN;
    for (size_t i = 0; good && i < t.len; i++)
        good = (t.p[i] >= '0' && t.p[i] <= '9') || (t.p[i] >= 'a' && t.p[i] <= 'f');
    return good;
}

/* new_token fails into an empty one, which fits no form. */
static void new_token(ens_visitor *v)
{
    uint8_t chance[ENS_SESSION_TOKEN / 2];
    v->token[0] = '\0';
    v->fresh = true;
    if (RAND_bytes(chance, sizeof chance) == 1)
        ens__hex(ens_bytes(chance, sizeof chance), v->token);
    OPENSSL_cleanse(chance, sizeof chance);
}

static void make_csrf(const ens_sessions *s, ens_visitor *v)
{
    uint8_t mac[32];
    unsigned len = 0;
    v->csrf[0] = '\0';
    if (v->token[0] && HMAC(EVP_sha256(), s->secret, SECRET, (const uint8_t *)v->token, strlen(v->token), mac, &len) &&
        len == sizeof mac)
        ens__hex(ens_bytes(mac, sizeof mac), v->csrf);
}

static bool has_ended(const session *x, int64_t now)
{
    return !x->begun_ms || now - x->begun_ms > ENS_SESSION_MS || now - x->seen_ms > ENS_SESSION_IDLE_MS;
}

/* find_session looks for the session of a token. The lock is held. */
static session *find_session(ens_sessions *s, const char *token)
{
    uint8_t sha256[32];
    int64_t now = ens__steady_ms();
    if (ens__sha256(ens_str(token), sha256, NULL) != ENS_OK)
        return NULL;
    for (size_t i = 0; i < ENS_SESSIONS_MAX; i++)
        if (!has_ended(&s->session[i], now) && CRYPTO_memcmp(s->session[i].sha256, sha256, sizeof sha256) == 0)
            return &s->session[i];
    return NULL;
}

bool ens__session_find(ens_sessions *s, const ens_web_request *r, ens_visitor *out)
{
    ens_slice cookie = ens__web_cookie(r, ENS_COOKIE_SESSION);
    bool known = !s->ask;
    *out = (ens_visitor){.rank = s->ask ? ENS_RANK_READER : ENS_RANK_OFFICER};
    if (is_token(cookie))
        memcpy(out->token, cookie.p, cookie.len);
    else
        new_token(out);
    snprintf(out->name, sizeof out->name, "%s", s->ask ? "" : "local");
    if (s->ask) {
        pthread_mutex_lock(&s->lock);
        session *found = find_session(s, out->token);
        if (found) {
            known = true;
            found->seen_ms = ens__steady_ms();
            snprintf(out->name, sizeof out->name, "%s", found->name);
            out->rank = found->rank;
        }
        pthread_mutex_unlock(&s->lock);
    }
    make_csrf(s, out);
    return known;
}

bool ens__session_fits(const ens_visitor *v, ens_slice csrf)
{
    return v->csrf[0] && ens__equal_secret(ens_str(v->csrf), csrf);
}

static session *room_for_one(ens_sessions *s, int64_t now)
{
    session *oldest = &s->session[0];
    for (size_t i = 0; i < ENS_SESSIONS_MAX; i++) {
        if (has_ended(&s->session[i], now))
            return &s->session[i];
        if (s->session[i].seen_ms < oldest->seen_ms)
            oldest = &s->session[i];
    }
    return oldest;
}

bool ens__session_begin(ens_sessions *s, ens_slice name, ens_rank rank, ens_visitor *out)
{
    session fresh = {.rank = rank, .begun_ms = ens__steady_ms()};
    *out = (ens_visitor){.rank = rank};
    new_token(out);
    make_csrf(s, out);
    fresh.seen_ms = fresh.begun_ms;
    snprintf(out->name, sizeof out->name, "%.*s", (int)name.len, (const char *)name.p);
    memcpy(fresh.name, out->name, sizeof fresh.name);
    if (!out->csrf[0] || ens__sha256(ens_str(out->token), fresh.sha256, NULL) != ENS_OK)
        return false;
    pthread_mutex_lock(&s->lock);
    *room_for_one(s, fresh.begun_ms) = fresh;
    pthread_mutex_unlock(&s->lock);
    return true;
}

void ens__session_end(ens_sessions *s, const ens_visitor *visitor)
{
    pthread_mutex_lock(&s->lock);
    session *found = find_session(s, visitor->token);
    if (found)
        *found = (session){0};
    pthread_mutex_unlock(&s->lock);
}
