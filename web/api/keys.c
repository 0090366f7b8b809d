/* Idempotency-Key: a POST that is sent again with the same key and the same request gets the first one's answer, and
 * does nothing. Keys live in this process, the last KEYS of them.
 * Source  draft-ietf-httpapi-idempotency-key-header */
#include "web/api/parts.h"

#include "engine/base/digest.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define KEYS 1024u
#define KEY_MAX 128u
#define TYPE_MAX 256u
#define BODY_MAX ((size_t)64 << 10) /* bytes of an answer that is kept */

typedef struct {
    char key[KEY_MAX + 1];
    uint8_t sha256[32];  /* of what was asked */
    bool open;           /* it is in hand */
    unsigned status;     /* 0: no answer was kept */
    char type[TYPE_MAX]; /* empty: none */
    ens_buf body, fields;
} entry;

struct ens_api_keys {
    pthread_mutex_t lock;
    entry row[KEYS];
    size_t next;
};

ens_api_keys *ens__api_keys_new(void)
{
    ens_api_keys *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    pthread_mutex_init(&k->lock, NULL);
    for (size_t i = 0; i < KEYS; i++) {
        ens_buf_init(&k->row[i].body, NULL, 0, BODY_MAX);
        ens_buf_init(&k->row[i].fields, NULL, 0, ENS_WEB_FIELDS_MAX);
    }
    return k;
}

void ens__api_keys_free(ens_api_keys *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < KEYS; i++) {
        ens_buf_free(&k->row[i].body);
        ens_buf_free(&k->row[i].fields);
    }
    pthread_mutex_destroy(&k->lock);
    free(k);
}

/* hash_request covers what the request asks for: where, in which space, and its body. */
static bool hash_request(const ens_web_request *r, uint8_t out[32])
{
    ens_buf all;
    ens_buf_init(&all, NULL, 0, ENS_HTTP_LINE_MAX * 2);
    ens_buf_put(&all, r->http->head->target);
    ens_buf_text(&all, "\n");
    ens_buf_text(&all, ens__api_space(r));
    ens_buf_text(&all, "\n");
    ens_buf_add(&all, r->http->sha256, sizeof r->http->sha256);
    bool good = !all.failed && ens__sha256(ens_buf_slice(&all), out, NULL) == ENS_OK;
    ens_buf_free(&all);
    return good;
}

static entry *find_key(ens_api_keys *k, ens_slice key)
{
    for (size_t i = 0; i < KEYS; i++)
        if (k->row[i].key[0] && ens_is(key, k->row[i].key))
            return &k->row[i];
    return NULL;
}

/* add_key takes the oldest row that isn't in hand; NULL: all are. */
static entry *add_key(ens_api_keys *k, ens_slice key, const uint8_t sha256[32])
{
    for (size_t tries = 0; tries < KEYS; tries++) {
        entry *e = &k->row[k->next];
        k->next = (k->next + 1) % KEYS;
        if (e->open)
            continue;
        memcpy(e->key, key.p, key.len);
        e->key[key.len] = '\0';
        memcpy(e->sha256, sha256, sizeof e->sha256);
        e->open = true;
        e->status = 0;
        e->body.len = e->fields.len = 0;
        e->body.failed = e->fields.failed = ENS_OK;
        return e;
    }
    return NULL;
}

static bool answer_again(const ens_web_request *r, const entry *e, ens_web_answer *a)
{
    a->status = e->status;
    a->type = e->type[0] ? ens_arena_text(r->arena, ens_str(e->type)) : NULL;
    ens_buf_put(&a->fields, ens_buf_slice(&e->fields));
    ens__web_add(a, "Idempotency-Replayed", ENS_LIT("true"));
    ens_buf_put(&a->body, ens_buf_slice(&e->body));
    return false;
}

/* judge_key looks at what is known of a key. The lock is held. */
static bool judge_key(ens_api_keys *k, const ens_web_request *r, ens_slice key, const uint8_t sha256[32],
                      ens_web_answer *a)
{
    const entry *e = find_key(k, key);
    if (!e) {
        if (add_key(k, key, sha256))
            return true;
        ens__api_refuse(a, 429, "too many requests with keys are in hand", NULL);
    } else if (memcmp(e->sha256, sha256, sizeof e->sha256) != 0) {
        ens__api_refuse(a, 422, "this Idempotency-Key came with another request before",
                        "make a new key for each request");
    } else if (e->open) {
        ens__api_refuse(a, 409, "the request with this Idempotency-Key is still in hand", "ask again in a moment");
    } else {
        return answer_again(r, e, a);
    }
    return false;
}

static bool is_good(ens_slice key)
{
    for (size_t i = 0; i < key.len; i++)
        if (key.p[i] <= ' ' || key.p[i] >= 0x7F)
            return false;
    return key.len <= KEY_MAX;
}

bool ens__api_begin_key(ens_api_keys *k, const ens_web_request *r, ens_web_answer *a)
{
    ens_slice key = ens__web_field(r, "Idempotency-Key");
    uint8_t sha256[32];
    if (!key.len)
        return true;
    if (!is_good(key) || !hash_request(r, sha256)) {
        ens__api_refuse(a, 422, "an Idempotency-Key has up to 128 visible characters", NULL);
        return false;
    }
    pthread_mutex_lock(&k->lock);
    bool go = judge_key(k, r, key, sha256, a);
    pthread_mutex_unlock(&k->lock);
    return go;
}

/* keep_answer keeps what was done; what failed for a while, or is too large, may be asked for again. */
static void keep_answer(entry *e, const ens_web_answer *a)
{
    bool passing = a->later || a->status == 503 || a->status == 429 || a->body.len > BODY_MAX;
    e->open = false;
    e->status = a->status;
    snprintf(e->type, sizeof e->type, "%s", a->type ? a->type : "");
    ens_buf_put(&e->body, ens_buf_slice(&a->body));
    ens_buf_put(&e->fields, ens_buf_slice(&a->fields));
    if (passing || e->body.failed || e->fields.failed)
        e->key[0] = '\0';
}

void ens__api_end_key(ens_api_keys *k, const ens_web_request *r, const ens_web_answer *a)
{
    ens_slice key = ens__web_field(r, "Idempotency-Key");
    if (!key.len)
        return;
    pthread_mutex_lock(&k->lock);
    entry *e = find_key(k, key);
    if (e && e->open)
        keep_answer(e, a);
    pthread_mutex_unlock(&k->lock);
}
