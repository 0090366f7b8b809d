#include "certs/path/evidence.h"

#include "certs/x509/der.h"
#include "certs/x509/name.h"
#include "engine/base/arena.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* One list or response, with its bytes behind it. lock holds for index and signed_by. */
struct ens__held {
    ens__held *next; /* in the order in which they came, the last one first */
    pthread_mutex_t lock;
    union {
        ens__crl crl;
        ens__ocsp ocsp;
    } view;
    ens__crl_index *index; /* of a list, once it was asked */
    uint8_t *signed_by;    /* the key that verified it */
    size_t signed_by_len;
    uint8_t der[];
};

/* What is found under a key. A node is whole before it is reached. */
typedef struct node {
    struct node *next;
    uint64_t key;
    ens__held *held;
} node;

typedef struct {
    ens__held *all;
    _Atomic(node *) bucket[ENS_EVIDENCE_BUCKETS];
    atomic_size_t num;
} shelf;

struct ens__evidence {
    pthread_mutex_t lock; /* of adding */
    size_t bytes;
    shelf crls, ocsps;
};

ens__evidence *ens__evidence_new(void)
{
    ens__evidence *e = calloc(1, sizeof *e);
    if (e && pthread_mutex_init(&e->lock, NULL) == 0)
        return e;
    free(e);
    return NULL;
}

static void drop(ens__held *one)
{
    if (!one)
        return;
    ens__crl_index_free(one->index);
    free(one->signed_by);
    pthread_mutex_destroy(&one->lock);
    free(one);
}

static void clear(shelf *s)
{
    for (size_t i = 0; i < ENS_EVIDENCE_BUCKETS; i++)
        for (node *n = atomic_load(&s->bucket[i]), *next; n; n = next) {
            next = n->next;
            free(n);
        }
    for (ens__held *one = s->all, *next; one; one = next) {
        next = one->next;
        drop(one);
    }
}

void ens__evidence_free(ens__evidence *e)
{
    if (!e)
        return;
    clear(&e->crls);
    clear(&e->ocsps);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

static ens__held *copy(ens_slice der)
{
    ens__held *one = calloc(1, sizeof *one + der.len);
    if (!one)
        return NULL;
    ens__heap_note();
    if (der.len)
        memcpy(one->der, der.p, der.len);
    if (pthread_mutex_init(&one->lock, NULL) == 0)
        return one;
    free(one);
    return NULL;
}

/* key_of makes a key of a serial number. */
static uint64_t key_of(ens_slice serial)
{
    uint64_t key = 0xCBF29CE484222325u;
    serial = ens__der_integer_trim(serial);
    for (size_t i = 0; i < serial.len; i++)
        key = (key ^ serial.p[i]) * 0x100000001B3u;
    return key;
}

static size_t bucket_of(uint64_t key)
{
    key ^= key >> 32;
    key ^= key >> 16;
    return (size_t)key & (ENS_EVIDENCE_BUCKETS - 1);
}

static bool put_under(shelf *s, uint64_t key, ens__held *one)
{
    _Atomic(node *) *bucket = &s->bucket[bucket_of(key)];
    node *n = malloc(sizeof *n);
    if (!n)
        return false;
    ens__heap_note();
    *n = (node){atomic_load(bucket), key, one};
    atomic_store(bucket, n);
    return true;
}

/* put_answers puts a response under each serial number that it tells of. */
static bool put_answers(shelf *s, ens__held *one)
{
    ens__ocsp_answer answer;
    bool good = true;
    for (ens_reader r = ens_read(one->view.ocsp.answers); good && ens__ocsp_next(&r, &answer);)
        good = put_under(s, key_of(answer.serial), one);
    return good;
}

static uint64_t first_key(const ens__held *one, bool ocsp)
{
    ens__ocsp_answer answer;
    ens_reader r = ens_read(ocsp ? one->view.ocsp.answers : (ens_slice){0});
    if (!ocsp)
        return ens__name_hash(one->view.crl.issuer);
    return ens__ocsp_next(&r, &answer) ? key_of(answer.serial) : 0;
}

static ens_slice bytes_of(const ens__held *one, bool ocsp)
{
    return ocsp ? one->view.ocsp.der : one->view.crl.der;
}

static ens__held *find_same(const shelf *s, const ens__held *one, uint64_t key, bool ocsp)
{
    for (const node *n = atomic_load(&s->bucket[bucket_of(key)]); n; n = n->next)
        if (n->key == key && ens_eq(bytes_of(n->held, ocsp), bytes_of(one, ocsp)))
            return n->held;
    return NULL;
}

/* put takes the item on success; *one becomes what is kept. */
static ens_code put(ens__evidence *e, bool ocsp, ens__held **one, size_t len, ens_err *err)
{
    shelf *s = ocsp ? &e->ocsps : &e->crls;
    uint64_t key = first_key(*one, ocsp);
    ens_code code = ENS_OK;
    pthread_mutex_lock(&e->lock);
    ens__held *same = find_same(s, *one, key, ocsp);
    if (same) {
        drop(*one);
        *one = same;
    } else if (atomic_load(&s->num) == ENS_EVIDENCE_MAX || e->bytes + len > ENS_EVIDENCE_BYTES_MAX) {
        code = ens_fail(err, ENS_ELIMIT, NULL,
                        ocsp ? "there are too many OCSP responses" : "there are too many revocation lists", 0);
    } else {
        (*one)->next = s->all;
        s->all = *one;
        e->bytes += len;
        atomic_fetch_add(&s->num, 1);
        if (!(ocsp ? put_answers(s, *one) : put_under(s, key, *one)))
            code = ens_fail(err, ENS_ENOMEM, NULL, "out of memory for revocation information", 0);
    }
    pthread_mutex_unlock(&e->lock);
    return code;
}

static ens_code add(ens__evidence *e, ens_slice der, bool ocsp, ens__held **out, ens_err *err)
{
    if (der.len > (ocsp ? ENS_OCSP_MAX : ENS_CRL_MAX))
        return ens_fail(err, ENS_ELIMIT, NULL,
                        ocsp ? "the OCSP response is too large" : "the revocation list is too large", der.len);
    ens__held *one = copy(der);
    if (!one)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for revocation information", 0);
    ens_slice bytes = ens_bytes(one->der, der.len);
    ens_code code = ocsp ? ens__ocsp_read(bytes, &one->view.ocsp, err) : ens__crl_read(bytes, &one->view.crl, err);
    if (code == ENS_OK)
        code = put(e, ocsp, &one, der.len, err);
    if (code == ENS_OK && out)
        *out = one;
    if (code != ENS_OK && code != ENS_ENOMEM)
        drop(one);
    return code;
}

ens_code ens__evidence_add_crl(ens__evidence *e, ens_slice der, ens__held **out, ens_err *err)
{
    return add(e, der, false, out, err);
}

ens_code ens__evidence_add_ocsp(ens__evidence *e, ens_slice der, ens__held **out, ens_err *err)
{
    return add(e, der, true, out, err);
}

size_t ens__evidence_num_crls(const ens__evidence *e)
{
    return atomic_load(&e->crls.num);
}

size_t ens__evidence_num_ocsps(const ens__evidence *e)
{
    return atomic_load(&e->ocsps.num);
}

ens__evidence_walk ens__evidence_crls(const ens__evidence *e, uint64_t issuer_hash)
{
    return (ens__evidence_walk){atomic_load(&e->crls.bucket[bucket_of(issuer_hash)]), issuer_hash};
}

ens__evidence_walk ens__evidence_ocsps(const ens__evidence *e, ens_slice serial)
{
    uint64_t key = key_of(serial);
    return (ens__evidence_walk){atomic_load(&e->ocsps.bucket[bucket_of(key)]), key};
}

ens__held *ens__evidence_next(ens__evidence_walk *walk)
{
    const node *n = walk->at;
    while (n && n->key != walk->key)
        n = n->next;
    walk->at = n ? n->next : NULL;
    return n ? n->held : NULL;
}

const ens__crl *ens__held_crl(const ens__held *held)
{
    return &held->view.crl;
}

const ens__ocsp *ens__held_ocsp(const ens__held *held)
{
    return &held->view.ocsp;
}

bool ens__held_find(ens__held *held, ens_slice serial, ens_slice issuer, ens__revoked *out)
{
    ens__crl_index *index = NULL;
    if (held->view.crl.num_entries >= ENS_CRL_INDEXED_FROM) {
        pthread_mutex_lock(&held->lock);
        if (!held->index)
            held->index = ens__crl_index_new(&held->view.crl);
        index = held->index;
        pthread_mutex_unlock(&held->lock);
    }
    return ens__crl_find(&held->view.crl, index, serial, issuer, out);
}

bool ens__held_is_signed(ens__held *held, ens_slice spki)
{
    pthread_mutex_lock(&held->lock);
    bool is = held->signed_by && ens_eq(ens_bytes(held->signed_by, held->signed_by_len), spki);
    pthread_mutex_unlock(&held->lock);
    return is;
}

void ens__held_note_signed(ens__held *held, ens_slice spki)
{
    uint8_t *key = malloc(spki.len);
    if (!key)
        return;
    ens__heap_note();
    memcpy(key, spki.p, spki.len);
    pthread_mutex_lock(&held->lock);
    free(held->signed_by);
    held->signed_by = key;
    held->signed_by_len = spki.len;
    pthread_mutex_unlock(&held->lock);
}
