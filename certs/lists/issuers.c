#include "certs/lists/issuers.h"

#include "engine/base/arena.h"

#include <stdatomic.h>
#include <stdlib.h>

#define NAMESAKES_MAX 64u /* listed certificates of one subject that are looked at */
#define NOT_ASKED 0u
#define NOBODY 1u
#define FIRST 2u /* certificate 0 */

struct ens__issuers {
    const ens_snapshot *lists;
    uint32_t num;
    atomic_uint issuer[]; /* NOT_ASKED, NOBODY, or FIRST and the number; threads that ask at once write the same */
};

ens__issuers *ens__issuers_new(const ens_snapshot *lists)
{
    uint32_t num = ens__snapshot_facts(lists).num_certificates;
    ens__issuers *issuers = calloc(1, sizeof *issuers + num * sizeof issuers->issuer[0]);
    if (!issuers)
        return NULL;
    ens__heap_note();
    issuers->lists = lists;
    issuers->num = num;
    return issuers;
}

void ens__issuers_free(ens__issuers *issuers)
{
    free(issuers);
}

static size_t namesakes(const ens_snapshot *lists, ens_slice subject, uint32_t out[NAMESAKES_MAX])
{
    size_t num = ens__snapshot_certificates_by_subject(lists, subject, out, NAMESAKES_MAX);
    return num < NAMESAKES_MAX ? num : NAMESAKES_MAX;
}

uint32_t ens__listed_number(const ens_snapshot *lists, const ens_cert *cert)
{
    uint32_t namesake[NAMESAKES_MAX];
    size_t num = namesakes(lists, cert->subject, namesake);
    for (size_t i = 0; i < num; i++) {
        ens_listed_certificate c;
        if (ens__snapshot_certificate(lists, namesake[i], &c) && ens_eq(c.der, cert->der))
            return namesake[i];
    }
    return ENS_ISSUERS_NONE;
}

/* is_itself: a certificate with the name and key of its own, be it another one, stands on the same level. */
static bool is_itself(const ens_listed_certificate *c, const ens_cert *cert)
{
    return ens_eq(c->spki, cert->spki) && ens_eq(c->subject, cert->subject);
}

uint32_t ens__issuer_of(const ens_snapshot *lists, ens__keys *keys, const ens_cert *cert)
{
    uint32_t namesake[NAMESAKES_MAX];
    size_t num = namesakes(lists, cert->issuer, namesake);
    for (size_t i = 0; i < num; i++) {
        ens_listed_certificate c;
        if (ens__snapshot_certificate(lists, namesake[i], &c) && ens_eq(c.subject, cert->issuer) &&
            !is_itself(&c, cert) &&
            ens__keys_verify(keys, c.spki, cert->signature_algorithm, cert->tbs, cert->signature) == ENS_SIGNATURE_GOOD)
            return namesake[i];
    }
    return ENS_ISSUERS_NONE;
}

uint32_t ens__issuer_of_listed(ens__issuers *issuers, ens__keys *keys, uint32_t i)
{
    ens_listed_certificate c;
    ens_cert cert;
    if (i >= issuers->num)
        return ENS_ISSUERS_NONE;
    unsigned known = atomic_load_explicit(&issuers->issuer[i], memory_order_relaxed);
    if (known == NOT_ASKED) {
        uint32_t found = ENS_ISSUERS_NONE;
        if (ens__snapshot_certificate(issuers->lists, i, &c) && ens_cert_parse(c.der, &cert, NULL) == ENS_OK)
            found = ens__issuer_of(issuers->lists, keys, &cert);
        known = found == ENS_ISSUERS_NONE ? NOBODY : FIRST + found;
        atomic_store_explicit(&issuers->issuer[i], known, memory_order_relaxed);
    }
    return known == NOBODY ? ENS_ISSUERS_NONE : known - FIRST;
}
