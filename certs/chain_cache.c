#include "certs/chain_cache.h"

#include "certs/key.h"
#include "certs/trust.h"
#include "engine/digest.h"
#include "engine/report.h"

#include <stdlib.h>

typedef struct {
    bool used;
    uint8_t sha256[32]; /* of the certificates, leaf first */
    uint64_t trust;     /* its state */
    ens_time at;
    ens_report report;
} entry;

struct ens__chain_cache {
    entry chain[ENS_CHAIN_CACHE];
    unsigned next;
    ens_digest sha256;
    struct {
        uint8_t sha256[32]; /* of SubjectPublicKeyInfo */
        EVP_PKEY *key;
    } leaf[ENS_CHAIN_CACHE];
    unsigned next_leaf;
};

ens__chain_cache *ens__chain_cache_new(void)
{
    ens__chain_cache *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    for (unsigned i = 0; i < ENS_CHAIN_CACHE; i++)
        ens__report_init(&c->chain[i].report);
    if (ens__digest_init(&c->sha256, ENS_SHA256, NULL) == ENS_OK)
        return c;
    ens__chain_cache_free(c);
    return NULL;
}

void ens__chain_cache_free(ens__chain_cache *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < ENS_CHAIN_CACHE; i++) {
        ens__report_clear(&c->chain[i].report);
        EVP_PKEY_free(c->leaf[i].key);
    }
    ens__digest_clear(&c->sha256);
    free(c);
}

static bool name_chain(ens__chain_cache *c, const ens_chain *chain, uint8_t out[ENS_DIGEST_MAX])
{
    ens__digest_start(&c->sha256);
    for (size_t i = 0; i < chain->num; i++)
        ens__digest_add(&c->sha256, chain->cert[i].der);
    return ens__digest_end(&c->sha256, out, NULL) == ENS_OK;
}

static entry *find(ens__chain_cache *c, const uint8_t name[32], uint64_t trust, ens_time at)
{
    for (unsigned i = 0; i < ENS_CHAIN_CACHE; i++) {
        entry *e = &c->chain[i];
        if (e->used && e->trust == trust && e->at == at && memcmp(e->sha256, name, 32) == 0)
            return e;
    }
    return NULL;
}

void ens__chain_cache_check(ens__chain_cache *c, const ens_trust *trust, const ens_chain *chain, ens_time at, ens_report *report)
{
    uint8_t name[ENS_DIGEST_MAX];
    uint64_t state = ens__trust_state(trust);
    if (!name_chain(c, chain, name)) {
        ens_chain_check(trust, chain, at, report);
        return;
    }
    entry *e = find(c, name, state, at);
    if (!e) {
        e = &c->chain[c->next];
        c->next = (c->next + 1) % ENS_CHAIN_CACHE;
        ens__report_reset(&e->report);
        ens_chain_check(trust, chain, at, &e->report);
        memcpy(e->sha256, name, 32);
        e->trust = state;
        e->at = at;
        e->used = !e->report.incomplete;
    }
    ens__report_append(report, &e->report);
}

EVP_PKEY *ens__chain_cache_key(ens__chain_cache *c, const ens_cert *leaf)
{
    uint8_t name[ENS_DIGEST_MAX];
    ens__digest_start(&c->sha256);
    ens__digest_add(&c->sha256, leaf->spki);
    if (ens__digest_end(&c->sha256, name, NULL) != ENS_OK)
        return NULL;
    for (unsigned i = 0; i < ENS_CHAIN_CACHE; i++)
        if (c->leaf[i].key && memcmp(c->leaf[i].sha256, name, 32) == 0)
            return c->leaf[i].key;
    unsigned at = c->next_leaf;
    EVP_PKEY *key = NULL;
    if (ens__key_of(leaf, &key, NULL) != ENS_OK)
        return NULL;
    c->next_leaf = (at + 1) % ENS_CHAIN_CACHE;
    EVP_PKEY_free(c->leaf[at].key);
    c->leaf[at].key = key;
    memcpy(c->leaf[at].sha256, name, 32);
    return key;
}
