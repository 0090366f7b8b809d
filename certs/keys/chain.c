#include "certs/keys/chain.h"

#include "certs/keys/keys.h"
#include "certs/x509/der.h"
#include "certs/x509/name.h"

#include <stdio.h>

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
                        "it can't be told which certificate is the signer's: not exactly one of them issued no other",
                        0);
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

size_t ens__chain_linked(const ens_chain *chain)
{
    size_t num = chain->num ? 1 : 0;
    while (num < chain->num && ens__name_same(chain->cert[num].subject, chain->cert[num - 1].issuer))
        num++;
    return num;
}

/* What ens__chain_load hands to its visitor: the certificates of a file, before one is known for the signer. */
typedef struct {
    ens_arena *arena;
    ens_slice der[ENS_CHAIN_FILE_MAX];
    size_t num;
} loading;

static ens_code keep_certificate(void *ctx, ens_slice der, ens_err *err)
{
    loading *l = ctx;
    if (l->num == ENS_CHAIN_FILE_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "there are more certificates in it than a file may hold", 0);
    if (der.len > ENS_CERT_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "a certificate is larger than any may be", 0);
    char *copy = ens_arena_text(l->arena, der);
    if (!copy)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a certificate", 0);
    l->der[l->num++] = ens_bytes(copy, der.len);
    return ENS_OK;
}

/* parse_all leaves out what stands there twice, and what can't be read behind the first one: *why then says why. */
static ens_code parse_all(const loading *l, ens_certs *out, size_t *unread, ens_err *why, ens_err *err)
{
    out->num = *unread = 0;
    out->cert = ens_arena_take(l->arena, l->num * sizeof *out->cert);
    if (!out->cert)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a certificate", 0);
    for (size_t i = 0; i < l->num; i++) {
        ens_err fault = {0};
        bool twice = false;
        for (size_t k = 0; k < out->num && !twice; k++)
            twice = ens_eq(out->cert[k].der, l->der[i]);
        ens_code code = twice ? ENS_OK : ens_cert_parse(l->der[i], &out->cert[out->num], &fault);
        if (code != ENS_OK && (code != ENS_ESYNTAX || !out->num)) {
            if (err)
                *err = fault;
            return code;
        }
        if (code != ENS_OK && !(*unread)++)
            *why = fault;
        out->num += !twice && code == ENS_OK;
    }
    return ENS_OK;
}

/* The names of all certificates as numbers, so that comparing each with each stays cheap. */
typedef struct {
    const ens_certs *all;
    uint64_t subject[ENS_CHAIN_FILE_MAX], issuer[ENS_CHAIN_FILE_MAX];
} file_names;

static void name_all(const ens_certs *all, file_names *out)
{
    out->all = all;
    for (size_t i = 0; i < all->num; i++) {
        out->subject[i] = ens__name_hash(all->cert[i].subject);
        out->issuer[i] = ens__name_hash(all->cert[i].issuer);
    }
}

static bool may_have_issued(const file_names *n, size_t i, size_t k)
{
    return n->subject[i] == n->issuer[k] && ens__name_same(n->all->cert[i].subject, n->all->cert[k].issuer);
}

static bool is_issuer_of_any(const file_names *n, size_t i)
{
    for (size_t k = 0; k < n->all->num; k++)
        if (may_have_issued(n, i, k))
            return true;
    return false;
}

/* signer_of finds the one certificate that is nobody's issuer or, where a bundle of CAs came along, the one that is no
 * CA's. all->num: none is clearly the signer's. */
static size_t signer_of(const file_names *n)
{
    const ens_certs *all = n->all;
    size_t found = all->num, num = 0, end_entity = all->num, num_end_entities = 0;
    for (size_t i = 0; i < all->num; i++) {
        if (all->num > 1 && is_issuer_of_any(n, i))
            continue;
        found = i;
        num++;
        if (all->cert[i].ca)
            continue;
        end_entity = i;
        num_end_entities++;
    }
    return num == 1 ? found : num_end_entities == 1 ? end_entity : all->num;
}

/* take_related fills chain with the signer and those that may lie above it, in the order of the file. */
static void take_related(const file_names *n, size_t signer, bool *taken, ens_chain *chain)
{
    const ens_certs *all = n->all;
    size_t num = 1;
    memset(taken, 0, all->num * sizeof *taken);
    taken[signer] = true;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < all->num && num < ENS_CHAIN_MAX; i++)
            for (size_t k = 0; k < all->num && !taken[i]; k++)
                if (taken[k] && may_have_issued(n, i, k)) {
                    taken[i] = more = true;
                    num++;
                }
    }
    chain->num = 0;
    for (size_t i = 0; i < all->num; i++)
        if (taken[i])
            chain->cert[chain->num++] = all->cert[i];
}

static bool is_on(const ens_chain *chain, const ens_cert *cert)
{
    for (size_t i = 0; i < chain->num; i++)
        if (chain->cert[i].der.p == cert->der.p)
            return true;
    return false;
}

/* refuse_several names two that could be the signer's. */
static ens_code refuse_several(const file_names *n, ens_err *err)
{
    char name[ENS_NAME_TEXT_MAX], both[ENS_ERR_TEXT] = "";
    size_t num = 0, len = 0;
    for (size_t i = 0; i < n->all->num && num < 2; i++) {
        if (is_issuer_of_any(n, i))
            continue;
        ens__name_text(n->all->cert[i].subject, name, sizeof name);
        int written = snprintf(both + len, sizeof both - len, "%s%.40s", num ? "; " : "", name);
        len += written > 0 ? (size_t)written : 0;
        num++;
    }
    return ens_fail_about(
        err, ENS_EPOLICY, RULE,
        "it can't be told which certificate is the signer's: not exactly one of them issued no other: give one alone",
        num ? both : "each issued another");
}

static ens_code order_all(const ens_certs *all, ens_chain *chain, ens_chain_facts *facts, ens_certs *others,
                          ens_err *err)
{
    bool taken[ENS_CHAIN_FILE_MAX];
    file_names names;
    name_all(all, &names);
    size_t signer = signer_of(&names);
    if (signer == all->num) {
        *facts = (ens_chain_facts){.ambiguous = true};
        return refuse_several(&names, err);
    }
    take_related(&names, signer, taken, chain);
    ens_code code = ens__chain_order(chain, facts, err);
    if (code != ENS_OK)
        return code;
    others->num = 0;
    for (size_t i = 0; i < all->num; i++)
        if (!is_on(chain, &all->cert[i]))
            others->cert[others->num++] = all->cert[i];
    facts->place = signer;
    facts->num_unrelated = others->num;
    facts->was_leaf_first &= !others->num;
    facts->was_root_first &= !others->num;
    return ENS_OK;
}

ens_code ens__chain_load_all(ens_slice file, const char *pass, ens_arena *arena, ens_chain *chain,
                             ens_chain_facts *facts, ens_certs *others, ens_err *err)
{
    loading l = {.arena = arena};
    ens_certs all = {0};
    ens_err why = {0};
    size_t unread = 0;
    ens_chain got;
    ens_code code = ens__certfile_each(file, pass, keep_certificate, &l, err);
    if (code == ENS_OK)
        code = parse_all(&l, &all, &unread, &why, err);
    others->cert = code == ENS_OK ? ens_arena_take(arena, l.num * sizeof *others->cert) : NULL;
    if (code == ENS_OK && !others->cert)
        code = ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a certificate", 0);
    if (code == ENS_OK)
        code = order_all(&all, &got, facts, others, err);
    if (code == ENS_OK)
        facts->num_unread = unread;
    if (code == ENS_OK && unread && facts->place) { /* it might be the signer's */
        if (err)
            *err = why;
        code = ENS_ESYNTAX;
    }
    if (code == ENS_OK)
        *chain = got;
    return code;
}

ens_code ens__chain_load(ens_slice file, const char *pass, ens_arena *arena, ens_chain *chain, ens_chain_facts *facts,
                         ens_err *err)
{
    ens_certs others;
    ens_code code = ens__chain_load_all(file, pass, arena, chain, facts, &others, err);
    return code == ENS_OK && facts->num_unread
               ? ens_fail(err, ENS_ESYNTAX, "RFC 5280 4.1", "a certificate of the file can't be read", 0)
               : code;
}
