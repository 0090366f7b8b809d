#include "certs/keys/chain.h"

#include "certs/keys/keys.h"
#include "certs/x509/der.h"
#include "certs/x509/name.h"

#define RULE_PKIPATH "X.509 7.7 PkiPath"

ens_code ens__pkipath_read(ens_slice der, ens_chain *out, ens_err *err)
{
    ens_reader outer = ens_read(der);
    ens_der list, one;
    if (!ens__der_take(&outer, ENS_DER_SEQUENCE, &list))
        return ens_fail(err, ENS_ESYNTAX, RULE_PKIPATH, "the token is no DER SEQUENCE of certificates", ens_at(&outer));
    if (ens_left(&outer))
        return ens_fail(err, ENS_ESYNTAX, RULE_PKIPATH, "bytes after the end of the PKIPath", ens_at(&outer));
    ens_reader r = {der.p, list.body.p, list.body.p + list.body.len}; /* offsets count from the token's start */
    size_t num = 0;
    while (ens_left(&r)) {
        size_t at = ens_at(&r);
        if (num == ENS_CHAIN_MAX)
            return ens_fail(err, ENS_ELIMIT, RULE_PKIPATH, "more certificates than a path may hold", at);
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return ens_fail(err, ENS_ESYNTAX, RULE_PKIPATH, "an element of the PKIPath is no DER SEQUENCE", at);
        ens_err inner = {0};
        ens_code code = ens_cert_parse(one.all, &out->cert[num], &inner);
        if (code) {
            for (unsigned i = 0; i < inner.n; i++)
                inner.frame[i].at += at;
            if (err)
                *err = inner;
            return ens_within(err, code, "reading a certificate of the PKIPath");
        }
        num++;
    }
    if (num == 0)
        return ens_fail(err, ENS_ESYNTAX, RULE_PKIPATH, "the PKIPath holds no certificate", ens_at(&r));
    out->num = num;
    return ENS_OK;
}

void ens__pkipath_write(ens_buf *out, const ens_chain *chain)
{
    size_t len = 0;
    for (size_t i = 0; i < chain->num; i++)
        len += chain->cert[i].der.len;
    ens__der_put_header(out, ENS_DER_SEQUENCE, len);
    for (size_t i = chain->num; i-- > 0;)
        ens_buf_put(out, chain->cert[i].der);
}

#define RULE "ICS2-HTI 10.3"

/* drop_doubles keeps the first of certificates that stand there twice. */
static size_t drop_doubles(ens_chain *chain)
{
    size_t kept = 0;
    for (size_t i = 0; i < chain->num; i++) {
        size_t j = 0;
        while (j < kept && !ens_eq(chain->cert[i].der, chain->cert[j].der))
            j++;
        if (j == kept)
            chain->cert[kept++] = chain->cert[i];
    }
    size_t dropped = chain->num - kept;
    chain->num = kept;
    return dropped;
}

/* Who can have issued whom, by name: issued[i][j] when the subject of i is the issuer of j. */
typedef struct {
    const ens_chain *chain;
    bool issued[ENS_CHAIN_MAX][ENS_CHAIN_MAX];
} links;

/* link_names compares names beyond their bytes only for a certificate whose issuer's bytes are nowhere else. */
static void link_names(const ens_chain *chain, links *l)
{
    *l = (links){.chain = chain};
    for (size_t j = 0; j < chain->num; j++) {
        const ens_cert *cert = chain->cert;
        bool found = false;
        for (size_t i = 0; i < chain->num; i++)
            found |= l->issued[i][j] = ens_eq(cert[i].subject, cert[j].issuer);
        for (size_t i = 0; i < chain->num && !found && chain->num > 1; i++)
            l->issued[i][j] = ens__name_same(cert[i].subject, cert[j].issuer);
    }
}

/* find_signer returns the one certificate that is nobody's issuer, or ENS_CHAIN_MAX when none or several are. A
 * certificate that stands alone is the signer even if it issued itself. */
static size_t find_signer(const links *l)
{
    size_t n = l->chain->num, found = ENS_CHAIN_MAX, num = 0;
    for (size_t i = 0; i < n; i++) {
        bool issuer = false;
        for (size_t j = 0; j < n && n > 1; j++)
            issuer |= l->issued[i][j];
        if (!issuer) {
            found = i;
            num++;
        }
    }
    return num == 1 ? found : ENS_CHAIN_MAX;
}

static bool has_issuer(const links *l, size_t of)
{
    for (size_t i = 0; i < l->chain->num; i++)
        if (l->issued[i][of])
            return true;
    return false;
}

/* next_issuer returns the best unused certificate above of: one whose key verifies the signature wherever several have
 * the name, and among those one that leads on. ENS_CHAIN_MAX: none. */
static size_t next_issuer(const links *l, size_t of, const bool *used)
{
    size_t candidate[ENS_CHAIN_MAX], num = 0;
    for (size_t i = 0; i < l->chain->num; i++)
        if (!used[i] && l->issued[i][of])
            candidate[num++] = i;
    if (num == 1)
        return candidate[0];
    size_t best = ENS_CHAIN_MAX;
    for (size_t k = 0; k < num; k++) {
        if (!ens__key_verifies(&l->chain->cert[candidate[k]], &l->chain->cert[of]))
            continue;
        if (best == ENS_CHAIN_MAX || (!has_issuer(l, best) && has_issuer(l, candidate[k])))
            best = candidate[k];
    }
    return best == ENS_CHAIN_MAX && num ? candidate[0] : best;
}

/* ends_here tells whether a certificate is its own issuer. One that merely renews its CA's key has the same names and
 * another's signature, so with a namesake at hand the key decides. */
static bool ends_here(const links *l, size_t i, const bool *used)
{
    const ens_cert *cert = &l->chain->cert[i];
    return l->issued[i][i] && (next_issuer(l, i, used) == ENS_CHAIN_MAX || ens__key_verifies(cert, cert));
}

static bool same_order(const ens_chain *given, const ens_chain *path, bool reversed)
{
    if (given->num != path->num)
        return false;
    for (size_t i = 0; i < path->num; i++)
        if (given->cert[reversed ? path->num - 1 - i : i].der.p != path->cert[i].der.p)
            return false;
    return true;
}

ens_code ens__chain_order(ens_chain *chain, ens_chain_facts *facts, ens_err *err)
{
    *facts = (ens_chain_facts){0};
    if (chain->num == 0 || chain->num > ENS_CHAIN_MAX)
        return ens_fail(err, ENS_EPOLICY, RULE, "there is no certificate", 0);
    ens_chain given = *chain, path;
    size_t doubles = drop_doubles(&given);
    links l;
    link_names(&given, &l);
    size_t at = find_signer(&l);
    if (at == ENS_CHAIN_MAX) {
        facts->ambiguous = true;
        return ens_fail(err, ENS_EPOLICY, RULE,
                        "no single certificate is nobody's issuer, so none is clearly the signer's", 0);
    }
    bool used[ENS_CHAIN_MAX] = {false};
    for (path.num = 0; at != ENS_CHAIN_MAX;) {
        used[at] = true;
        path.cert[path.num++] = given.cert[at];
        facts->self_signed_end = ends_here(&l, at, used);
        at = facts->self_signed_end ? ENS_CHAIN_MAX : next_issuer(&l, at, used);
    }
    facts->num_unrelated = given.num - path.num + doubles;
    facts->was_leaf_first = same_order(chain, &path, false);
    facts->was_root_first = same_order(chain, &path, true);
    *chain = path;
    return ENS_OK;
}

/* What ens__chain_load hands to its visitor. */
typedef struct {
    ens_arena *arena;
    ens_chain *chain;
} loading;

static ens_code keep_certificate(void *ctx, ens_slice der, ens_err *err)
{
    loading *l = ctx;
    if (l->chain->num == ENS_CHAIN_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "more certificates than a path may hold", 0);
    if (der.len > ENS_CERT_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "a certificate is larger than any may be", 0);
    char *copy = ens_arena_text(l->arena, der);
    if (!copy)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a certificate", 0);
    ens_code code = ens_cert_parse(ens_bytes(copy, der.len), &l->chain->cert[l->chain->num], err);
    if (code == ENS_OK)
        l->chain->num++;
    return code;
}

ens_code ens__chain_load(ens_slice file, const char *pass, ens_arena *arena, ens_chain *chain, ens_chain_facts *facts,
                         ens_err *err)
{
    ens_chain got;
    got.num = 0;
    loading l = {arena, &got};
    ens_code code = ens__certfile_each(file, pass, keep_certificate, &l, err);
    if (code == ENS_OK)
        code = ens__chain_order(&got, facts, err);
    if (code == ENS_OK)
        *chain = got;
    return code;
}
