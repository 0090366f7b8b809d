#include "certs/path/evidence.h"

#include "certs/x509/der.h"
#include "certs/x509/name.h"
#include "engine/base/arena.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define KEY_MAX 4096u /* bytes of a SubjectPublicKeyInfo that is compared: RSA of 16,384 bits is shorter */

typedef struct node node;

/* One list or response, with its bytes behind it. lock holds for index and signed_by; what else changes is under the
 * lock of the evidence. */
struct ens__held {
    ens__held *next; /* in the order in which they came, the last one first; or of those that were let go */
    node *nodes;     /* where it is found */
    bool goes;       /* it was chosen to be let go */
    uint64_t gone;   /* when it was let go */
    size_t len;
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

/* What is found under a key. A node is whole before it is reached, and leads on after it was taken out. */
struct node {
    _Atomic(node *) next;
    uint64_t key;
    ens__held *held;
    node *sibling; /* of the same object */
};

typedef struct {
    ens__held *all;
    _Atomic(node *) bucket[ENS_EVIDENCE_BUCKETS];
    atomic_size_t num;
} shelf;

struct ens__evidence {
    atomic_uint references; /* beside the first */
    pthread_mutex_t lock;   /* of adding, letting go, entering and leaving; nothing is waited for under it */
    size_t bytes, bytes_max, num_max;
    shelf crls, ocsps;
    ens__evidence_reading *first, *last; /* who reads, in the order in which they entered */
    ens__held *gone;                     /* let go, and freed once nobody reads who may have found it */
    uint64_t now;                        /* counts what was let go */
    atomic_uint_fast64_t changes;
};

ens__evidence *ens__evidence_new(void)
{
    ens__evidence *e = calloc(1, sizeof *e);
    if (!e || pthread_mutex_init(&e->lock, NULL) != 0) {
        free(e);
        return NULL;
    }
    ens__evidence_limit(e, ENS_EVIDENCE_MAX, ENS_EVIDENCE_BYTES_MAX);
    return e;
}

ens__evidence *ens__evidence_ref(ens__evidence *e)
{
    atomic_fetch_add(&e->references, 1);
    return e;
}

void ens__evidence_limit(ens__evidence *e, size_t num, size_t bytes)
{
    pthread_mutex_lock(&e->lock);
    e->num_max = num;
    e->bytes_max = bytes;
    pthread_mutex_unlock(&e->lock);
}

static void drop_evidence(ens__held *one)
{
    if (!one)
        return;
    for (node *n = one->nodes, *next; n; n = next) {
        next = n->sibling;
        free(n);
    }
    ens__crl_index_free(one->index);
    free(one->signed_by);
    pthread_mutex_destroy(&one->lock);
    free(one);
}

static void drop_all(ens__held *one)
{
    for (ens__held *next; one; one = next) {
        next = one->next;
        drop_evidence(one);
    }
}

void ens__evidence_free(ens__evidence *e)
{
    if (!e || atomic_fetch_sub(&e->references, 1) != 0)
        return;
    drop_all(e->crls.all);
    drop_all(e->ocsps.all);
    drop_all(e->gone);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

void ens__evidence_enter(ens__evidence *e, ens__evidence_reading *r)
{
    pthread_mutex_lock(&e->lock);
    *r = (ens__evidence_reading){.before = e->last, .since = e->now};
    *(e->last ? &e->last->after : &e->first) = r;
    e->last = r;
    pthread_mutex_unlock(&e->lock);
}

/* take_gone takes out what was let go before the first of those who still read entered. */
static ens__held *take_gone(ens__evidence *e)
{
    ens__held *out = NULL, **at = &e->gone;
    while (*at) {
        ens__held *one = *at;
        if (e->first && one->gone > e->first->since) {
            at = &one->next;
            continue;
        }
        *at = one->next;
        one->next = out;
        out = one;
    }
    return out;
}

void ens__evidence_leave(ens__evidence *e, ens__evidence_reading *r)
{
    pthread_mutex_lock(&e->lock);
    *(r->before ? &r->before->after : &e->first) = r->after;
    *(r->after ? &r->after->before : &e->last) = r->before;
    ens__held *gone = take_gone(e);
    pthread_mutex_unlock(&e->lock);
    drop_all(gone);
}

static ens__held *copy(ens_slice der)
{
    ens__held *one = calloc(1, sizeof *one + der.len);
    if (!one)
        return NULL;
    ens__heap_note();
    one->len = der.len;
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
    n->key = key;
    n->held = one;
    n->sibling = one->nodes;
    one->nodes = n;
    atomic_init(&n->next, atomic_load(bucket));
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
    for (node *n = atomic_load(&s->bucket[bucket_of(key)]); n; n = atomic_load(&n->next))
        if (n->key == key && ens_eq(bytes_of(n->held, ocsp), bytes_of(one, ocsp)))
            return n->held;
    return NULL;
}

/* --- letting go --- */

/* is_by_same_key tells whether both were verified, by one key. The two locks are never held at once. */
static bool is_by_same_key(ens__held *one, ens__held *other)
{
    uint8_t key[KEY_MAX];
    pthread_mutex_lock(&other->lock);
    size_t len = other->signed_by_len <= sizeof key ? other->signed_by_len : 0;
    if (len)
        memcpy(key, other->signed_by, len);
    pthread_mutex_unlock(&other->lock);
    return len && ens__held_is_signed(one, ens_bytes(key, len));
}

static ens_time end_of(ens_time said, ens_time next_update)
{
    return next_update != ENS_TIME_NONE ? next_update : said + ENS_EVIDENCE_AGE_MAX;
}

/* is_list_said_anew: a later list, whole and understood, tells of the same certificates. */
static bool is_list_said_anew(const shelf *s, ens__held *one)
{
    const ens__crl *old = &one->view.crl;
    uint64_t key = first_key(one, false);
    ens__evidence_walk walk = {atomic_load(&s->bucket[bucket_of(key)]), key};
    for (ens__held *other; (other = ens__evidence_next(&walk));) {
        const ens__crl *crl = &other->view.crl;
        if (crl->this_update > old->this_update && !crl->base_number.len && !crl->lost && !crl->unknown_critical &&
            ens_eq(crl->issuer, old->issuer) && ens_eq(crl->scope, old->scope) && is_by_same_key(one, other))
            return true;
    }
    return false;
}

static bool is_list_needless(const shelf *s, ens__held *one, ens_time now)
{
    const ens__crl *crl = &one->view.crl;
    bool revokes = crl->num_entries || crl->lost;
    return (!revokes && end_of(crl->this_update, crl->next_update) < now) || is_list_said_anew(s, one);
}

static bool is_about_same(const ens__ocsp_answer *a, const ens__ocsp_answer *b)
{
    return ens_eq(a->hash_algorithm, b->hash_algorithm) && ens_eq(a->name_hash, b->name_hash) &&
           ens_eq(a->key_hash, b->key_hash) && ens_eq(a->serial, b->serial);
}

/* says_as_much: nothing newer than a revocation but a revocation makes it needless. */
static bool says_as_much(const ens__ocsp_answer *newer, const ens__ocsp_answer *old)
{
    return newer->this_update > old->this_update &&
           (old->status != ENS_OCSP_REVOKED || (newer->status == ENS_OCSP_REVOKED && newer->reason != ENS_REASON_HOLD));
}

static bool is_answered_anew(const shelf *s, ens__held *one, const ens__ocsp_answer *old)
{
    uint64_t key = key_of(old->serial);
    ens__evidence_walk walk = {atomic_load(&s->bucket[bucket_of(key)]), key};
    ens__ocsp_answer answer;
    for (ens__held *other; (other = ens__evidence_next(&walk));)
        for (ens_reader r = ens_read(other->view.ocsp.answers);
             other != one && !other->view.ocsp.unknown_critical && ens__ocsp_next(&r, &answer);)
            if (is_about_same(&answer, old) && says_as_much(&answer, old) && is_by_same_key(one, other))
                return true;
    return false;
}

static bool is_response_needless(const shelf *s, ens__held *one, ens_time now)
{
    ens__ocsp_answer answer;
    for (ens_reader r = ens_read(one->view.ocsp.answers); ens__ocsp_next(&r, &answer);) {
        bool ended = end_of(answer.this_update, answer.next_update) < now;
        if ((answer.status == ENS_OCSP_REVOKED || !ended) && !is_answered_anew(s, one, &answer))
            return false;
    }
    return true;
}

/* What may go, and when it was said. */
typedef struct {
    ens__held *held;
    ens_time said;
} candidate;

static int compare_said(const void *a, const void *b)
{
    ens_time x = ((const candidate *)a)->said, y = ((const candidate *)b)->said;
    return x < y ? -1 : x > y;
}

static void take_out(shelf *s, const node *gone)
{
    _Atomic(node *) *at = &s->bucket[bucket_of(gone->key)];
    for (node *n; (n = atomic_load(at)) && n != gone;)
        at = &n->next;
    atomic_store(at, atomic_load(&gone->next));
}

/* sweep takes off the shelf what was chosen. Whoever is there already may still read it. */
static void sweep(ens__evidence *e, shelf *s)
{
    for (ens__held **at = &s->all; *at;) {
        ens__held *one = *at;
        if (!one->goes) {
            at = &one->next;
            continue;
        }
        *at = one->next;
        for (const node *n = one->nodes; n; n = n->sibling)
            take_out(s, n);
        one->gone = ++e->now;
        atomic_fetch_add(&e->changes, 1);
        one->next = e->gone;
        e->gone = one;
    }
}

/* let_go chooses the oldest of what is needless until num and bytes fit. */
static void let_go(ens__evidence *e, bool ocsp, size_t num, size_t bytes)
{
    shelf *s = ocsp ? &e->ocsps : &e->crls;
    size_t found = 0, left = atomic_load(&s->num);
    ens_time now = ens_time_now();
    candidate *list = left ? malloc(left * sizeof *list) : NULL;
    if (!list)
        return;
    ens__heap_note();
    for (ens__held *one = s->all; one; one = one->next)
        if (ocsp ? is_response_needless(s, one, now) : is_list_needless(s, one, now))
            list[found++] = (candidate){one, ocsp ? one->view.ocsp.produced : one->view.crl.this_update};
    qsort(list, found, sizeof *list, compare_said);
    for (size_t i = 0; i < found && (left > num || e->bytes > bytes); i++, left--) {
        list[i].held->goes = true;
        e->bytes -= list[i].held->len;
    }
    free(list);
    sweep(e, s);
    atomic_store(&s->num, left);
}

/* has_room makes room for one more of this length where there is none. */
static bool has_room(ens__evidence *e, bool ocsp, size_t len)
{
    const shelf *s = ocsp ? &e->ocsps : &e->crls;
    if (len > e->bytes_max || !e->num_max)
        return false;
    if (atomic_load(&s->num) >= e->num_max || e->bytes > e->bytes_max - len) {
        size_t num = e->num_max - 1 - (e->num_max - 1) / ENS_EVIDENCE_GO, bytes = e->bytes_max - len;
        let_go(e, ocsp, num, bytes);
        if (e->bytes > bytes)
            let_go(e, !ocsp, e->num_max, bytes);
    }
    return atomic_load(&s->num) < e->num_max && e->bytes <= e->bytes_max - len;
}

/* put_evidence takes the item on success, or drops it for the same one that is there. */
static ens_code put_evidence(ens__evidence *e, bool ocsp, ens__held *one, ens_err *err)
{
    shelf *s = ocsp ? &e->ocsps : &e->crls;
    uint64_t key = first_key(one, ocsp);
    ens_code code = ENS_OK;
    pthread_mutex_lock(&e->lock);
    if (find_same(s, one, key, ocsp)) {
        drop_evidence(one);
    } else if (!has_room(e, ocsp, one->len)) {
        code = ens_fail(err, ENS_ELIMIT, NULL,
                        ocsp ? "there are too many OCSP responses" : "there are too many revocation lists", 0);
    } else {
        one->next = s->all;
        s->all = one;
        e->bytes += one->len;
        atomic_fetch_add(&s->num, 1);
        if (!(ocsp ? put_answers(s, one) : put_under(s, key, one)))
            code = ens_fail(err, ENS_ENOMEM, NULL, "out of memory for revocation information", 0);
        atomic_fetch_add(&e->changes, 1); /* what is new can be found: a verdict from before no longer holds */
    }
    ens__held *gone = take_gone(e);
    pthread_mutex_unlock(&e->lock);
    drop_all(gone);
    return code;
}

static ens_code add(ens__evidence *e, ens_slice der, bool ocsp, ens_err *err)
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
        code = put_evidence(e, ocsp, one, err);
    if (code != ENS_OK && code != ENS_ENOMEM)
        drop_evidence(one);
    return code;
}

ens_code ens__evidence_add_crl(ens__evidence *e, ens_slice der, ens_err *err)
{
    return add(e, der, false, err);
}

ens_code ens__evidence_add_ocsp(ens__evidence *e, ens_slice der, ens_err *err)
{
    return add(e, der, true, err);
}

uint64_t ens__evidence_changes(const ens__evidence *e)
{
    return atomic_load(&e->changes);
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
        n = atomic_load(&n->next);
    walk->at = n ? atomic_load(&n->next) : NULL;
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
