#include "certs/keys/certificates.h"

#include "certs/keys/certfile.h"

#include "certs/keys/keys.h"

#include <stdlib.h>

#define FILE_ARENA_MAX ((size_t)40 << 20) /* bytes: a file's certificates, each of the largest size */

ens_code ens_certificates_new(ens_slice file, const char *pass, ens_certificates **out, ens_err *err)
{
    ens_chain_facts facts;
    ens_certificates *c = calloc(1, sizeof *c);
    if (!c)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for certificates", 0);
    ens_arena_init(&c->arena, FILE_ARENA_MAX);
    ens_code code = ens__chain_load_all(file, pass, &c->arena, &c->chain, &facts, &c->others, err);
    if (code != ENS_OK) {
        ens_certificates_free(c);
        return code;
    }
    c->place = facts.was_root_first ? 0 : facts.place;
    c->num_unread = facts.num_unread;
    *out = c;
    return ENS_OK;
}

void ens_certificates_free(ens_certificates *c)
{
    if (!c)
        return;
    ens_arena_free(&c->arena);
    free(c);
}

const ens_chain *ens_certificates_chain(const ens_certificates *c)
{
    return &c->chain;
}

size_t ens_certificates_num(const ens_certificates *c)
{
    return c->chain.num + c->others.num;
}

const ens_cert *ens_certificates_get(const ens_certificates *c, size_t i)
{
    if (i < c->chain.num)
        return &c->chain.cert[i];
    return i - c->chain.num < c->others.num ? &c->others.cert[i - c->chain.num] : NULL;
}

ens_code ens_keyring_new(ens_slice file, const char *pass, ens_keyring **out, ens_err *err)
{
    ens_keyring *k = calloc(1, sizeof *k);
    if (!k)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for keys", 0);
    ens_code code = ens__keyring_load(file, pass, &k->keys, err);
    if (code == ENS_OK)
        *out = k;
    else
        free(k);
    return code;
}

void ens_keyring_free(ens_keyring *k)
{
    if (!k)
        return;
    ens__keyring_clear(&k->keys);
    free(k);
}

size_t ens_keyring_num(const ens_keyring *k)
{
    return k->keys.num;
}

bool ens_keyring_fits(const ens_keyring *k, const ens_cert *cert)
{
    return ens__keyring_find(&k->keys, cert) != NULL;
}

ens_code ens_certificates_each(ens_slice file, const char *pass,
                               ens_code (*visit)(void *user, ens_slice der, ens_err *err), void *user, ens_err *err)
{
    return ens__certfile_each(file, pass, visit, user, err);
}

size_t ens_certificates_num_unread(const ens_certificates *c)
{
    return c->num_unread;
}
