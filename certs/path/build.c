#include "certs/path/build.h"

#include "certs/keys/keys.h"
#include "certs/path/cryptopolicy.h"
#include "certs/x509/der.h"
#include "certs/x509/name.h"

#define HINT_SIGNATURE "the certificate was altered, or its issuer isn't the one it names: get it anew from the CA"
#define KEY_ID ENS_DER_CONTEXT_PRIMITIVE(0)
#define INHERITED_MAX ((size_t)64 << 10)

/* What a link of the path is known to be; zero is good. */
typedef enum { LINK_GOOD = 0, LINK_BAD, LINK_UNSUPPORTED, LINK_WAITS } link; /* waits for a DSA key's parameters */

typedef struct {
    const ens_cert *cert;
    bool anchor, listed;
    int weight;
} candidate;

typedef struct {
    const ens_trust *trust, *anchors;
    const ens__certstore *others;
    const ens_chain *chain;
    ens_time at;
    const ens__policy_inputs *inputs;
    const ens_cert *path[ENS_PATH_MAX];
    link links[ENS_PATH_MAX]; /* i: from path[i] to path[i + 1] */
    size_t num;
    unsigned signatures, fetches;
    ens_cert parsed[ENS_BUILD_PARSED_MAX];
    size_t num_parsed;
    ens__path *best;
    bool done;
} search;

/* One level of the search. */
typedef struct {
    candidate list[ENS_BUILD_ISSUERS_MAX];
    size_t num;
} candidates;

/* key_id reads the keyIdentifier of authorityKeyIdentifier; empty when there is none. */
static ens_slice key_id(ens_slice extension)
{
    ens_reader r = ens_read(extension);
    ens_der list, id;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list))
        return (ens_slice){0};
    r = ens_read(list.body);
    return ens__der_take(&r, KEY_ID, &id) ? id.body : (ens_slice){0};
}

static ens_slice subject_key_id(const ens_cert *c)
{
    ens_reader r = ens_read(c->subject_key_id);
    ens_der id;
    return ens__der_take(&r, ENS_DER_OCTET_STRING, &id) ? id.body : (ens_slice){0};
}

typedef enum { IDS_UNKNOWN = 0, IDS_MATCH, IDS_DIFFER } ids;

static ids compare_ids(const ens_cert *cert, const ens_cert *issuer)
{
    ens_slice wanted = key_id(cert->authority_key_id), has = subject_key_id(issuer);
    if (!wanted.len || !has.len)
        return IDS_UNKNOWN;
    return ens_eq(wanted, has) ? IDS_MATCH : IDS_DIFFER;
}

/* weigh tells how likely this is the issuer that leads on: by key identifier, then anchors, then what is valid now. */
static int weigh(const search *s, const candidate *c, const ens_cert *of)
{
    static const int by_ids[] = {8, 16, 0};
    return by_ids[compare_ids(of, c->cert)] + (c->anchor ? 4 : 0) +
           (s->at >= c->cert->not_before && s->at <= c->cert->not_after ? 2 : 0);
}

static bool on_path(const search *s, const ens_cert *cert)
{
    for (size_t i = 0; i < s->num; i++)
        if (s->path[i] == cert || ens_eq(s->path[i]->der, cert->der))
            return true;
    return false;
}

/* propose keeps the heaviest candidates, in order; the first of equals goes first. */
static void propose(search *s, candidates *to, candidate c)
{
    if (on_path(s, c.cert))
        return;
    for (size_t i = 0; i < to->num; i++)
        if (ens_eq(to->list[i].cert->der, c.cert->der))
            return;
    c.weight = weigh(s, &c, s->path[s->num - 1]);
    ens__horizon_turns(&s->best->horizon, c.cert->not_before, c.cert->not_after);
    size_t at = to->num;
    while (at > 0 && to->list[at - 1].weight < c.weight)
        at--;
    if (at == ENS_BUILD_ISSUERS_MAX)
        return;
    to->num += to->num < ENS_BUILD_ISSUERS_MAX;
    memmove(&to->list[at + 1], &to->list[at], (to->num - 1 - at) * sizeof to->list[0]);
    to->list[at] = c;
}

/* parse keeps the view of a listed certificate for as long as the search. */
static const ens_cert *parse(search *s, ens_slice der)
{
    if (s->num_parsed == ENS_BUILD_PARSED_MAX) {
        s->best->gave_up = true;
        return NULL;
    }
    return ens_cert_parse(der, &s->parsed[s->num_parsed], NULL) == ENS_OK ? &s->parsed[s->num_parsed++] : NULL;
}

/* note_turns: what a source finds may be another at another time. */
static void note_turns(search *s, const ens__anchor_source *source, uint64_t hash)
{
    ens_time from = ENS_TIME_NONE, until = ENS_TIME_NONE;
    if (source->holds)
        source->holds(source->of, hash, s->at, &from, &until);
    if (from != ENS_TIME_NONE)
        ens__horizon_turn(&s->best->horizon, from);
    if (until != ENS_TIME_NONE)
        ens__horizon_turn(&s->best->horizon, until);
}

static void propose_anchors(search *s, candidates *to, ens_slice name, uint64_t hash)
{
    const ens_cert *c;
    ens_slice der;
    for (size_t at = 0; (c = ens__certstore_find(&s->anchors->anchors, hash, &at));)
        if (ens__name_same(c->subject, name))
            propose(s, to, (candidate){c, true, false, 0});
    for (size_t i = 0; i < s->anchors->num_sources; i++) {
        const ens__anchor_source *source = &s->anchors->source[i];
        note_turns(s, source, hash);
        for (size_t k = 0; k < ENS_BUILD_PARSED_MAX && source->find(source->of, hash, k, s->at, &der); k++)
            if ((c = parse(s, der)) && ens__name_same(c->subject, name))
                propose(s, to, (candidate){c, true, true, 0});
    }
}

static void propose_stored(search *s, const ens__certstore *from, candidates *to, ens_slice name, uint64_t hash)
{
    const ens_cert *c;
    for (size_t at = 0; from && (c = ens__certstore_find(from, hash, &at));)
        if (ens__name_same(c->subject, name))
            propose(s, to, (candidate){c, false, false, 0});
}

static void propose_others(search *s, candidates *to, ens_slice name, uint64_t hash)
{
    for (size_t i = 0; i < s->chain->num; i++)
        if (ens__name_same(s->chain->cert[i].subject, name))
            propose(s, to, (candidate){&s->chain->cert[i], false, false, 0});
    propose_stored(s, s->others, to, name, hash);
    propose_stored(s, &s->trust->untrusted, to, name, hash);
}

/* is_better: an anchored path before one that ends nowhere, one that only the time refuses before others, fewer faults,
 * fewer keys and signatures that are too weak, and of those that end nowhere the longer. */
static bool is_better(const ens__path *than, size_t num, bool anchored, const ens__faults *f, size_t refusals)
{
    if (!than->num || anchored != than->anchored)
        return !than->num || anchored;
    if (!anchored)
        return num > than->num;
    if (f->only_of_time != than->faults.only_of_time)
        return f->only_of_time;
    if (f->num != than->faults.num)
        return f->num < than->faults.num;
    return refusals < than->refusals;
}

static void keep_path(search *s, bool anchored, bool listed, const ens__faults *f, size_t refusals)
{
    ens__path *best = s->best;
    if (!is_better(best, s->num, anchored, f, refusals))
        return;
    for (size_t i = 0; i < s->num; i++)
        best->cert[i] = *s->path[i];
    best->num = s->num;
    best->anchored = anchored;
    best->listed = listed;
    best->faults = *f;
    best->refusals = refusals;
}

/* verify remembers the signatures of issuers: a path shares them with those of many other certificates. */
static link verify(search *s, const ens_cert *cert, ens_slice spki)
{
    bool is_issuer = cert != s->path[0];
    switch ((is_issuer ? ens__keys_verify_once : ens__keys_verify)(s->trust->keys, spki, cert->signature_algorithm,
                                                                   cert->tbs, cert->signature)) {
    case ENS_SIGNATURE_GOOD:
        return LINK_GOOD;
    case ENS_SIGNATURE_UNSUPPORTED:
        return LINK_UNSUPPORTED;
    case ENS_SIGNATURE_NO_MEMORY:
        s->best->gave_up = true;
        return LINK_BAD;
    default:
        return LINK_BAD;
    }
}

/* verify_waiting checks, from the anchor down, what DSA keys without parameters of their own signed. */
static void verify_waiting(search *s, link links[ENS_PATH_MAX])
{
    ens_buf made[2]; /* the working key, and the one that is made from it */
    unsigned now = 0;
    ens_buf_init(&made[0], NULL, 0, INHERITED_MAX);
    ens_buf_init(&made[1], NULL, 0, INHERITED_MAX);
    ens_slice working = s->path[s->num - 1]->spki;
    for (size_t i = s->num - 1; i-- > 0;) {
        if (links[i] == LINK_WAITS)
            links[i] = verify(s, s->path[i], working);
        now ^= 1;
        made[now].len = 0;
        bool inherits =
            ens__dsa_lacks_parameters(s->path[i]->spki) && ens__dsa_inherit(s->path[i]->spki, working, &made[now]);
        working = inherits ? ens_buf_slice(&made[now]) : s->path[i]->spki;
    }
    ens_buf_free(&made[0]);
    ens_buf_free(&made[1]);
}

static void judge_links(search *s, ens__faults *f)
{
    link links[ENS_PATH_MAX] = {LINK_GOOD};
    bool waits = false;
    for (size_t i = 0; i + 1 < s->num; i++)
        waits |= (links[i] = s->links[i]) == LINK_WAITS;
    if (waits)
        verify_waiting(s, links);
    for (size_t i = 0; i + 1 < s->num; i++)
        if (links[i] != LINK_GOOD)
            ens__faults_add(f,
                            &(ens__fault){"RFC 5280 6.1.3 (a)(1)",
                                          links[i] == LINK_UNSUPPORTED
                                              ? "the algorithm of a signature isn't supported, or isn't one for its key"
                                              : "the issuer's key doesn't verify the signature",
                                          HINT_SIGNATURE, i, false});
}

static void arrive(search *s, bool listed)
{
    ens__faults faults;
    ens__faults_start(&faults);
    judge_links(s, &faults);
    ens__path_validate(s->path, s->num, s->at, s->inputs, &faults);
    ens__crypto_path policy = {s->path, s->num, s->num - 1, false};
    size_t refusals = ens__crypto_refusals(&policy, NULL);
    s->best->candidates++;
    keep_path(s, true, listed, &faults, refusals);
    s->done = faults.num == 0 && refusals == 0;
}

/* follow checks the signature by a candidate. A key that doesn't verify is no issuer, unless its identifier says that
 * it should. */
static bool follow(search *s, const candidate *c)
{
    const ens_cert *cert = s->path[s->num - 1];
    link *l = &s->links[s->num - 1];
    if (s->signatures == ENS_BUILD_SIGNATURES_MAX) {
        s->best->gave_up = true;
        return false;
    }
    s->signatures++;
    *l = ens__dsa_lacks_parameters(c->cert->spki) ? LINK_WAITS : verify(s, cert, c->cert->spki);
    return *l != LINK_BAD || compare_ids(cert, c->cert) != IDS_DIFFER;
}

static void climb(search *s);

static void try_one(search *s, const candidate *c)
{
    if (!follow(s, c))
        return;
    s->path[s->num++] = c->cert;
    if (c->anchor)
        arrive(s, c->listed);
    else
        climb(s);
    s->num--;
}

/* fetch_issuers tries those that the certificate itself tells where to find, once nothing at hand led on. */
static void fetch_issuers(search *s)
{
    const ens_cert *last = s->path[s->num - 1], *fetched[ENS_ONLINE_ISSUERS_MAX];
    candidates found;
    if (!s->trust->online || s->fetches == ENS_BUILD_FETCHES_MAX || !last->authority_info.p)
        return;
    s->fetches++;
    found.num = 0;
    size_t num = ens__online_issuers(s->trust->online, s->trust->fetched, last, fetched, ENS_ONLINE_ISSUERS_MAX);
    for (size_t i = 0; i < num; i++)
        propose(s, &found, (candidate){fetched[i], false, false, 0});
    for (size_t i = 0; i < found.num && !s->done; i++)
        try_one(s, &found.list[i]);
}

/* climb tries the issuers of the last certificate. Its depth is bounded by ENS_PATH_MAX. */
static void climb(search *s)
{
    const ens_cert *last = s->path[s->num - 1];
    candidates found;
    ens__faults none;
    uint64_t hash = ens__name_hash(last->issuer);
    found.num = 0;
    if (s->num < ENS_PATH_MAX) {
        propose_anchors(s, &found, last->issuer, hash);
        propose_others(s, &found, last->issuer, hash);
    } else {
        s->best->gave_up = true;
    }
    for (size_t i = 0; i < found.num && !s->done; i++)
        try_one(s, &found.list[i]);
    if (!s->done && !s->best->anchored && s->num < ENS_PATH_MAX)
        fetch_issuers(s);
    ens__faults_start(&none);
    if (!s->done)
        keep_path(s, false, false, &none, 0);
}

/* start_at_anchor: a certificate that is trusted as it stands needs no issuer. */
static bool start_at_anchor(search *s)
{
    const ens_cert *leaf = s->path[0];
    uint64_t hash = ens__name_hash(leaf->subject);
    ens_slice der;
    bool listed = false, found = ens__certstore_has(&s->anchors->anchors, leaf);
    for (size_t i = 0; i < s->anchors->num_sources && !found; i++) {
        const ens__anchor_source *source = &s->anchors->source[i];
        note_turns(s, source, hash);
        for (size_t k = 0; k < ENS_BUILD_PARSED_MAX && !found && source->find(source->of, hash, k, s->at, &der); k++)
            listed = found = ens_eq(der, leaf->der);
    }
    if (found)
        arrive(s, listed);
    return found;
}

static void search_for(const ens_trust *trust, const ens__path_scope *scope, const ens_cert *cert,
                       const ens_chain *chain, ens_time at, const ens__policy_inputs *inputs, ens__path *out)
{
    static const ens__policy_inputs usual;
    search s;
    ens__trust_use(trust);
    if (scope)
        ens__trust_use(scope->anchors);
    s.trust = trust;
    s.anchors = scope && scope->anchors ? scope->anchors : trust;
    s.others = scope ? scope->others : NULL;
    s.chain = chain;
    s.at = at;
    s.inputs = inputs ? inputs : &usual;
    s.path[0] = cert;
    s.num = 1;
    s.signatures = s.fetches = 0;
    s.num_parsed = 0;
    s.best = out;
    s.done = false;
    out->num = out->candidates = 0;
    out->refusals = 0;
    out->anchored = out->listed = out->gave_up = out->failed = out->asks_again = false;
    out->revocation = (ens__revocation_told){0};
    ens__faults_start(&out->faults);
    ens__horizon_start(&out->horizon, at);
    ens__horizon_turns(&out->horizon, cert->not_before, cert->not_after);
    if (!start_at_anchor(&s))
        climb(&s);
}

void ens__path_of(const ens_trust *trust, const ens_cert *cert, const ens_chain *chain, ens_time at,
                  const ens__policy_inputs *inputs, ens__path *out)
{
    search_for(trust, NULL, cert, chain, at, inputs, out);
}

void ens__path_build_in(const ens_trust *trust, const ens__path_scope *scope, const ens_chain *chain, ens_time at,
                        const ens__policy_inputs *inputs, ens__path *out)
{
    search_for(trust, scope, &chain->cert[0], chain, at, inputs, out);
}

void ens__path_build(const ens_trust *trust, const ens_chain *chain, ens_time at, const ens__policy_inputs *inputs,
                     ens__path *out)
{
    search_for(trust, NULL, &chain->cert[0], chain, at, inputs, out);
}
