#include "as4/wss/fast.h"

#include "as4/envelope/names.h"
#include "as4/wss/coverage.h"
#include "engine/base/sha256.h"

#define OCTETS_MAX ((size_t)64 << 20)   /* of the canonical forms of one envelope's elements */
#define OCTETS_KEPT ((size_t)256 << 10) /* … that wait for the next message */

ens_code ens__fast_init(ens_fast *f, ens_err *err)
{
    *f = (ens_fast){.canon = ens__canon_new(),
                    .messages = ens__moulds_new(ens__soap_namespaces),
                    .originals = ens__moulds_new(ens__soap_namespaces)};
    if (!f->canon || !f->messages || !f->originals)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for canonicalisation", 0);
    ens_buf_init(&f->octets, NULL, 0, OCTETS_MAX);
    return ens__tree_scanner_init(&f->scanner, ens__soap_namespaces, err);
}

void ens__fast_clear(ens_fast *f)
{
    ens__tree_scanner_clear(&f->scanner);
    ens__canon_free(f->canon);
    ens__moulds_free(f->messages);
    ens__moulds_free(f->originals);
    ens_buf_free(&f->octets);
}

/* has_only: no attribute but those named, without a namespace. */
static bool has_only(const ens_node *n, ens_slice one, ens_slice other)
{
    for (unsigned i = 0; i < n->num_attributes; i++) {
        const ens_node_attribute *a = &n->attribute[i];
        if (a->ns != ENS_IN_NONE || (!ens_eq(a->local, one) && !ens_eq(a->local, other)))
            return false;
    }
    return true;
}

/* is_leaf: nothing in it but text in one piece. */
static bool is_leaf(const ens_node *n)
{
    return n->span == 1 && !n->in_pieces;
}

/* is_list: names of prefixes with single spaces between, as every stack reads them. */
static bool is_list(ens_slice list)
{
    for (size_t i = 0; i < list.len; i++) {
        uint8_t c = list.p[i], folded = (uint8_t)(c | 0x20);
        bool name = (folded >= 'a' && folded <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        bool space = c == ' ' && i && i + 1 < list.len && list.p[i - 1] != ' ';
        if (!name && !space)
            return false;
    }
    return true;
}

/* is_method: an element with an algorithm, and at most the prefixes of exclusive C14N inside. */
static bool is_method(const ens_node *n, ens_slice local, bool prefixes)
{
    if (!n || n->ns != ENS_IN_DS || !ens_eq(n->local, local) ||
        !has_only(n, ENS_LIT("Algorithm"), ENS_LIT("Algorithm")))
        return false;
    const ens_node *inside = ens__node_first(n);
    if (!inside)
        return !n->in_pieces;
    return prefixes && n->span == 2 && ens__node_is(inside, ENS_IN_EC, "InclusiveNamespaces") &&
           has_only(inside, ENS_LIT("PrefixList"), ENS_LIT("PrefixList")) &&
           is_list(ens__node_attribute(inside, ENS_IN_NONE, "PrefixList"));
}

static bool is_plain_reference(const ens_node *n)
{
    const ens_node *transforms = ens__node_first(n), *method = ens__node_next(transforms),
                   *value = ens__node_next(method);
    if (!ens__node_is(n, ENS_IN_DS, "Reference") || !has_only(n, ENS_LIT("URI"), ENS_LIT("Id")) ||
        !ens__node_is(transforms, ENS_IN_DS, "Transforms") || !has_only(transforms, ENS_LIT(""), ENS_LIT("")))
        return false;
    const ens_node *transform = ens__node_first(transforms);
    return is_method(transform, ENS_LIT("Transform"), true) && !ens__node_next(transform) &&
           is_method(method, ENS_LIT("DigestMethod"), false) && ens__node_is(value, ENS_IN_DS, "DigestValue") &&
           is_leaf(value) && !value->num_attributes && !ens__node_next(value);
}

/* is_plain_seal: the signature is of the form in which every stack writes it, with nothing beside, so that no two
 * readers can read it differently. */
static bool is_plain_seal(const ens_wss *w)
{
    const ens_node *info = ens__node_first(w->signature), *value = ens__node_next(info), *key = ens__node_next(value);
    if (!info || info != w->signed_info || !has_only(w->signature, ENS_LIT("Id"), ENS_LIT("Id")) ||
        !has_only(info, ENS_LIT("Id"), ENS_LIT("Id")) || !ens__node_is(value, ENS_IN_DS, "SignatureValue") ||
        !is_leaf(value) || !has_only(value, ENS_LIT("Id"), ENS_LIT("Id")) || !ens__node_is(key, ENS_IN_DS, "KeyInfo") ||
        ens__node_next(key))
        return false;
    const ens_node *c14n = ens__node_first(info), *method = ens__node_next(c14n);
    unsigned num = 0;
    if (!is_method(c14n, ENS_LIT("CanonicalizationMethod"), true) ||
        !is_method(method, ENS_LIT("SignatureMethod"), false))
        return false;
    for (const ens_node *e = ens__node_next(method); e; e = ens__node_next(e), num++)
        if (!is_plain_reference(e))
            return false;
    return num > 0 && num == w->num_references;
}

static void put_octets(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
}

/* What is to be hashed: the octets of elements stand one behind the other in f->octets, from their start to the next
 * one's; parts where they lie. */
typedef struct {
    ens_slice piece[ENS_REFERENCES_MAX + 1];
    size_t from[ENS_REFERENCES_MAX + 2]; /* in f->octets */
    unsigned num;
} hashing;

static bool add_element(ens_fast *f, hashing *h, const ens_node *n, ens_slice prefix_list)
{
    h->piece[h->num++] = (ens_slice){0};
    bool good = ens__tree_canon(&f->scanner, f->canon, n, prefix_list, (ens_canon_sink){put_octets, &f->octets},
                                NULL) == ENS_OK;
    h->from[h->num] = f->octets.len;
    return good && !f->octets.failed;
}

static bool add_reference(ens_fast *f, hashing *h, const ens_reference *r, const ens_covered *of)
{
    if (!ens__wss_reference_allowed(r) || r->digest.len != ENS_SHA256_LEN ||
        (r->transform == ENS_TRANSFORM_EXC_C14N) != (of->node != NULL))
        return false;
    if (of->node)
        return add_element(f, h, of->node, r->prefix_list);
    if (!of->part || ens__part_form(of->part) != ENS_FORM_RAW)
        return false;
    h->piece[h->num++] = of->part->body;
    h->from[h->num] = f->octets.len;
    return true;
}

/* hash_all hashes everything at once: the pieces don't depend on one another, wherever the digests stand. */
static bool hash_all(ens_fast *f, hashing *h, uint8_t (*made)[ENS_SHA256_LEN])
{
    for (unsigned i = 0; i < h->num; i++)
        if (h->from[i] < h->from[i + 1])
            h->piece[i] = ens_sub(ens_buf_slice(&f->octets), h->from[i], h->from[i + 1]);
    return ens__sha256_all(h->piece, h->num, made, NULL) == ENS_OK;
}

static void drop_octets(ens_fast *f)
{
    if (f->octets.cap > OCTETS_KEPT)
        ens_buf_free(&f->octets);
    f->octets.len = 0;
    f->octets.failed = ENS_OK;
}

static bool seal_holds(ens_fast *f, const ens_wss *w, const ens_coverage *coverage, ens__signer *signer,
                       ens__lane *later)
{
    uint8_t made[ENS_REFERENCES_MAX + 1][ENS_SHA256_LEN];
    hashing h;
    h.num = 0;
    h.from[0] = 0;
    for (unsigned i = 0; i < w->num_references; i++)
        if (!add_reference(f, &h, &w->reference[i], &coverage->of[i]))
            return false;
    if (!add_element(f, &h, w->signed_info, w->c14n_prefix_list) || !hash_all(f, &h, made))
        return false;
    for (unsigned i = 0; i < w->num_references; i++)
        if (memcmp(made[i], w->reference[i].digest.p, ENS_SHA256_LEN) != 0) {
            f->part_differs = coverage->of[i].part != NULL;
            return false;
        }
    if (later && later->key) {
        later->signature = w->signature_value;
        memcpy(later->digest, made[h.num - 1], ENS_SHA256_LEN);
        return true;
    }
    return ens__signer_signed(signer, w->signature_value, made[h.num - 1]);
}

bool ens__fast_holds(ens_fast *f, const ens_wss *w, const ens_coverage *coverage, ens__signer *signer, ens__lane *later)
{
    if (!signer || !signer->is_rsa || !coverage->resolved || !ens__wss_signature_allowed(w) || !w->signature_value.p ||
        !is_plain_seal(w) || w->num_references > ENS_REFERENCES_MAX)
        return false;
    bool good = seal_holds(f, w, coverage, signer, later);
    drop_octets(f);
    return good;
}

bool ens__fast_read(ens_fast *f, ens_slice envelope, ens_arena *arena, ens_soap *out, ens_report *report)
{
    return (!f->moulds_off && ens__soap_fit(f->messages, envelope, arena, out, report)) ||
           ens__soap_scan(&f->scanner, envelope, arena, out, report);
}

void ens__fast_learn(ens_fast *f, ens_slice envelope, const ens_soap *soap, const ens_wss *wss,
                     const ens_coverage *coverage)
{
    ens_mould_apex apex[ENS_MOULD_FORMS_MAX];
    unsigned num = 0;
    if (!soap->records || soap->records->mould || !wss->signed_info || !ens__moulds_want_more(f->messages))
        return;
    for (unsigned i = 0; i < wss->num_references; i++) {
        const ens_node *n = coverage->of[i].node;
        if (n && num < ENS_MOULD_FORMS_MAX)
            apex[num++] = (ens_mould_apex){(uint32_t)(n - soap->records->node), wss->reference[i].prefix_list};
    }
    if (num < ENS_MOULD_FORMS_MAX)
        apex[num++] = (ens_mould_apex){(uint32_t)(wss->signed_info - soap->records->node), wss->c14n_prefix_list};
    ens__moulds_learn(f->messages, envelope, apex, num);
}

void ens__fast_learn_original(ens_fast *f, ens_slice envelope)
{
    if (ens__moulds_want_more(f->originals))
        ens__moulds_learn(f->originals, envelope, NULL, 0);
}
