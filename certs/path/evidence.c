#include "certs/path/evidence.h"

#include "certs/x509/name.h"
#include "engine/base/arena.h"

#include <pthread.h>
#include <stdlib.h>

/* One list or response, with its bytes behind it. lock holds for index and signed_by. */
typedef struct {
    pthread_mutex_t lock;
    union {
        ens__crl crl;
        ens__ocsp ocsp;
    } view;
    uint64_t issuer_hash;  /* of a list */
    ens__crl_index *index; /* of a list, once it was asked */
    uint8_t *signed_by;    /* the key that verified it */
    size_t signed_by_len;
    uint8_t der[];
} item;

typedef struct {
    item *of[ENS_EVIDENCE_MAX];
    atomic_size_t num; /* those below it are whole */
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

static void drop(item *one)
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
    for (size_t i = 0; i < atomic_load(&s->num); i++)
        drop(s->of[i]);
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

static item *copy(ens_slice der)
{
    item *one = calloc(1, sizeof *one + der.len);
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

static bool is_held(const shelf *s, ens_slice der, bool ocsp)
{
    for (size_t i = 0; i < atomic_load(&s->num); i++)
        if (ens_eq(ocsp ? s->of[i]->view.ocsp.der : s->of[i]->view.crl.der, der))
            return true;
    return false;
}

/* put_item takes the item on success; the same bytes are kept once. */
static ens_code put_item(ens__evidence *e, shelf *s, item *one, size_t len, bool ocsp, ens_err *err)
{
    ens_code code = ENS_OK;
    pthread_mutex_lock(&e->lock);
    size_t num = atomic_load(&s->num);
    if (is_held(s, ens_bytes(one->der, len), ocsp)) {
        drop(one);
    } else if (num == ENS_EVIDENCE_MAX || e->bytes + len > ENS_EVIDENCE_BYTES_MAX) {
        code = ens_fail(err, ENS_ELIMIT, NULL,
                        ocsp ? "there are too many OCSP responses" : "there are too many revocation lists", 0);
    } else {
        s->of[num] = one;
        e->bytes += len;
        atomic_store(&s->num, num + 1);
    }
    pthread_mutex_unlock(&e->lock);
    return code;
}

static ens_code add_evidence(ens__evidence *e, ens_slice der, bool ocsp, ens_err *err)
{
    if (der.len > (ocsp ? ENS_OCSP_MAX : ENS_CRL_MAX))
        return ens_fail(err, ENS_ELIMIT, NULL,
                        ocsp ? "the OCSP response is too large" : "the revocation list is too large", der.len);
    item *one = copy(der);
    if (!one)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for revocation information", 0);
    ens_slice bytes = ens_bytes(one->der, der.len);
    ens_code code = ocsp ? ens__ocsp_read(bytes, &one->view.ocsp, err) : ens__crl_read(bytes, &one->view.crl, err);
    if (code == ENS_OK) {
        one->issuer_hash = ocsp ? 0 : ens__name_hash(one->view.crl.issuer);
        code = put_item(e, ocsp ? &e->ocsps : &e->crls, one, der.len, ocsp, err);
    }
    if (code != ENS_OK)
        drop(one);
    return code;
}

ens_code ens__evidence_add_crl(ens__evidence *e, ens_slice der, ens_err *err)
{
    return add_evidence(e, der, false, err);
}

ens_code ens__evidence_add_ocsp(ens__evidence *e, ens_slice der, ens_err *err)
{
    return add_evidence(e, der, true, err);
}

size_t ens__evidence_num_crls(const ens__evidence *e)
{
    return atomic_load(&e->crls.num);
}

size_t ens__evidence_num_ocsps(const ens__evidence *e)
{
    return atomic_load(&e->ocsps.num);
}

const ens__crl *ens__evidence_crl(const ens__evidence *e, size_t i)
{
    return &e->crls.of[i]->view.crl;
}

const ens__ocsp *ens__evidence_ocsp(const ens__evidence *e, size_t i)
{
    return &e->ocsps.of[i]->view.ocsp;
}

uint64_t ens__evidence_crl_hash(const ens__evidence *e, size_t i)
{
    return e->crls.of[i]->issuer_hash;
}

bool ens__evidence_find(ens__evidence *e, size_t i, ens_slice serial, ens_slice issuer, ens__revoked *out)
{
    item *one = e->crls.of[i];
    ens__crl_index *index = NULL;
    if (one->view.crl.num_entries >= ENS_CRL_INDEXED_FROM) {
        pthread_mutex_lock(&one->lock);
        if (!one->index)
            one->index = ens__crl_index_new(&one->view.crl);
        index = one->index;
        pthread_mutex_unlock(&one->lock);
    }
    return ens__crl_find(&one->view.crl, index, serial, issuer, out);
}

bool ens__evidence_is_signed(ens__evidence *e, bool ocsp, size_t i, ens_slice spki)
{
    item *one = (ocsp ? &e->ocsps : &e->crls)->of[i];
    pthread_mutex_lock(&one->lock);
    bool is = one->signed_by && ens_eq(ens_bytes(one->signed_by, one->signed_by_len), spki);
    pthread_mutex_unlock(&one->lock);
    return is;
}

void ens__evidence_note_signed(ens__evidence *e, bool ocsp, size_t i, ens_slice spki)
{
    item *one = (ocsp ? &e->ocsps : &e->crls)->of[i];
    uint8_t *key = malloc(spki.len);
    if (!key)
        return;
    ens__heap_note();
    memcpy(key, spki.p, spki.len);
    pthread_mutex_lock(&one->lock);
    free(one->signed_by);
    one->signed_by = key;
    one->signed_by_len = spki.len;
    pthread_mutex_unlock(&one->lock);
}
