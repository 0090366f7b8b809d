#include "certs/path/certstore.h"

#include "certs/x509/name.h"
#include "engine/base/arena.h"

#include <stdlib.h>

#define RULE "RFC 5280 4.1"
#define SLOTS_MIN 64u

struct ens__stored {
    ens_cert cert;
    uint64_t hash; /* of its subject */
    bool used;
    uint8_t der[];
};

void ens__certstore_clear(ens__certstore *pool)
{
    for (size_t i = 0; i < pool->num; i++)
        free(pool->all[i]);
    free(pool->all);
    free(pool->slots);
    *pool = (ens__certstore){0};
}

static void place(ens__certstore *pool, size_t i)
{
    size_t at = (size_t)pool->all[i]->hash & (pool->num_slots - 1);
    while (pool->slots[at])
        at = (at + 1) & (pool->num_slots - 1);
    pool->slots[at] = (uint32_t)i + 1;
}

/* reserve makes room for one more; half of the slots stay empty. */
static bool reserve(ens__certstore *pool)
{
    if (pool->num == pool->cap) {
        size_t cap = pool->cap ? pool->cap * 2 : SLOTS_MIN / 2;
        ens__stored **all = realloc(pool->all, cap * sizeof *all);
        if (!all)
            return false;
        pool->all = all;
        pool->cap = cap;
        ens__heap_note();
    }
    if (pool->num_slots >= 2 * pool->cap)
        return true;
    uint32_t *slots = calloc(2 * pool->cap, sizeof *slots);
    if (!slots)
        return false;
    free(pool->slots);
    pool->slots = slots;
    pool->num_slots = 2 * pool->cap;
    ens__heap_note();
    for (size_t i = 0; i < pool->num; i++)
        place(pool, i);
    return true;
}

static const ens_cert *known(const ens__certstore *pool, ens_slice der, uint64_t hash)
{
    const ens_cert *c;
    for (size_t at = 0; (c = ens__certstore_find(pool, hash, &at));)
        if (ens_eq(c->der, der))
            return c;
    return NULL;
}

ens_code ens__certstore_add(ens__certstore *pool, ens_slice der, const ens_cert **out, ens_err *err)
{
    ens_cert view;
    ens_code code = ens_cert_parse(der, &view, err);
    if (code != ENS_OK)
        return code;
    uint64_t hash = ens__name_hash(view.subject);
    const ens_cert *kept = known(pool, der, hash);
    if (!kept && pool->num == ENS_CERTSTORE_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "there are too many certificates", 0);
    if (!kept) {
        ens__stored *one = reserve(pool) ? malloc(sizeof *one + der.len) : NULL;
        if (!one)
            return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a certificate", 0);
        ens__heap_note();
        memcpy(one->der, der.p, der.len);
        one->hash = hash;
        one->used = false;
        code = ens_cert_parse(ens_bytes(one->der, der.len), &one->cert, err);
        if (code != ENS_OK) {
            free(one);
            return code;
        }
        pool->all[pool->num] = one;
        place(pool, pool->num++);
        kept = &one->cert;
    }
    if (out)
        *out = kept;
    return ENS_OK;
}

const ens_cert *ens__certstore_find(const ens__certstore *pool, uint64_t name_hash, size_t *at)
{
    if (!pool->num_slots)
        return NULL;
    for (size_t i = *at; i < pool->num_slots; i++) {
        uint32_t slot = pool->slots[((size_t)name_hash + i) & (pool->num_slots - 1)];
        if (!slot)
            return NULL;
        *at = i + 1;
        if (pool->all[slot - 1]->hash == name_hash)
            return &pool->all[slot - 1]->cert;
    }
    return NULL;
}

/* stored_of: the certificate is the first member of what is stored. */
static ens__stored *stored_of(const ens_cert *kept)
{
    return (ens__stored *)(uintptr_t)kept;
}

void ens__certstore_note_used(const ens_cert *kept)
{
    stored_of(kept)->used = true;
}

bool ens__certstore_is_used(const ens_cert *kept)
{
    return stored_of(kept)->used;
}

const ens_cert *ens__certstore_get(const ens__certstore *pool, size_t i)
{
    return i < pool->num ? &pool->all[i]->cert : NULL;
}

bool ens__certstore_has(const ens__certstore *pool, const ens_cert *cert)
{
    return pool->num && known(pool, cert->der, ens__name_hash(cert->subject));
}
