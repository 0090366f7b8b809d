#include "certs/path/material.h"

#include "certs/path/build.h"
#include "certs/x509/der.h"

typedef struct {
    const ens_trust *trust;
    ens_code (*visit)(void *user, ens_material kind, ens_slice der, ens_err *err);
    void *user;
    ens_err *err;
} giving;

/* give_lists hands out what was said under a name: that of the issuer, or of another one whom the certificate names. */
static ens_code give_lists(const giving *g, ens_slice name)
{
    ens__held *one;
    ens__evidence_walk walk = ens__evidence_crls(g->trust->evidence, ens__name_hash(name));
    while ((one = ens__evidence_next(&walk))) {
        ens_code code = g->visit(g->user, ENS_MATERIAL_CRL, ens__held_crl(one)->der, g->err);
        if (code != ENS_OK)
            return code;
    }
    return ENS_OK;
}

/* give_other_lists does so for the issuers of lists that a certificate's distribution points name.
 * Source  RFC 5280, 4.2.1.13 */
static ens_code give_other_lists(const giving *g, const ens_cert *cert)
{
    ens_reader points;
    ens__crl_point p;
    ens_der name, inner;
    ens_code code = ENS_OK;
    if (!ens__crl_points_open(cert->crl_points, &points))
        return ENS_OK;
    while (code == ENS_OK && ens__crl_points_next(&points, &p))
        for (ens_reader r = ens_read(p.issuer); code == ENS_OK && ens__der_any(&r, &name);) {
            ens_reader in = ens_read(name.body);
            if (name.tag == ENS_DER_CONTEXT(4) && ens__der_take(&in, ENS_DER_SEQUENCE, &inner))
                code = give_lists(g, inner.all);
        }
    return code;
}

static ens_code give_responses(const giving *g, const ens_cert *cert)
{
    ens__held *one;
    ens__evidence_walk walk = ens__evidence_ocsps(g->trust->evidence, cert->serial);
    while ((one = ens__evidence_next(&walk))) {
        ens_code code = g->visit(g->user, ENS_MATERIAL_OCSP, ens__held_ocsp(one)->der, g->err);
        if (code != ENS_OK)
            return code;
    }
    return ENS_OK;
}

static ens_code give_of(const giving *g, ens_material kind, const ens_cert *cert)
{
    ens_code code = g->visit(g->user, kind, cert->der, g->err);
    if (code == ENS_OK && g->trust)
        code = give_lists(g, cert->issuer);
    if (code == ENS_OK && g->trust)
        code = give_other_lists(g, cert);
    if (code == ENS_OK && g->trust)
        code = give_responses(g, cert);
    return code;
}

static bool is_in(const ens_chain *chain, const ens_cert *cert)
{
    for (size_t i = 0; i < chain->num; i++)
        if (ens_eq(chain->cert[i].der, cert->der))
            return true;
    return false;
}

ens_code ens__material_each(const ens_trust *trust, const ens_chain *chain, ens_time at,
                            ens_code (*visit)(void *user, ens_material kind, ens_slice der, ens_err *err), void *user,
                            ens_err *err)
{
    const giving g = {trust, visit, user, err};
    ens__path path = {0};
    ens__evidence_reading reading;
    ens_code code = ENS_OK;
    if (trust && chain->num)
        ens__path_build(trust, chain, at, NULL, &path);
    if (trust)
        ens__evidence_enter(trust->evidence, &reading);
    for (size_t i = 0; code == ENS_OK && i < chain->num; i++)
        code = give_of(&g, ENS_MATERIAL_CERTIFICATE, &chain->cert[i]);
    for (size_t i = 0; code == ENS_OK && i < path.num; i++)
        if (!is_in(chain, &path.cert[i]))
            code = give_of(&g, ENS_MATERIAL_ISSUER, &path.cert[i]);
    if (trust)
        ens__evidence_leave(trust->evidence, &reading);
    return code;
}

static ens_code give_store(const giving *g, ens_material kind, const ens__certstore *store)
{
    ens_code code = ENS_OK;
    for (size_t i = 0; code == ENS_OK && i < store->num && i < ENS_MATERIAL_TRUST_MAX; i++)
        code = g->visit(g->user, kind, ens__certstore_get(store, i)->der, g->err);
    return code;
}

ens_code ens__material_trust(const ens_trust *trust, const ens_chain *chain, ens_time at,
                             ens_code (*visit)(void *user, ens_material kind, ens_slice der, ens_err *err), void *user,
                             ens_err *err)
{
    const giving g = {trust, visit, user, err};
    ens__path path = {0};
    ens_code code = ENS_OK;
    if (!trust)
        return ENS_OK;
    if (chain && chain->num)
        ens__path_build(trust, chain, at, NULL, &path);
    if (path.anchored)
        code = visit(user, ENS_MATERIAL_ANCHOR, path.cert[path.num - 1].der, err);
    if (code == ENS_OK)
        code = give_store(&g, ENS_MATERIAL_ANCHOR, &trust->anchors);
    return code == ENS_OK ? give_store(&g, ENS_MATERIAL_ISSUER, &trust->untrusted) : code;
}
