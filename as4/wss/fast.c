#include "as4/wss/fast.h"

#include "as4/envelope/names.h"
#include "as4/wss/coverage.h"

ens_code ens__fast_init(ens_fast *f, ens_err *err)
{
    *f = (ens_fast){.canon = ens__canon_new(),
                    .messages = ens__moulds_new(ens__soap_namespaces),
                    .originals = ens__moulds_new(ens__soap_namespaces)};
    if (!f->canon || !f->messages || !f->originals)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for canonicalisation", 0);
    ens_code code = ens__tree_scanner_init(&f->scanner, ens__soap_namespaces, err);
    return code == ENS_OK ? ens__digest_init(&f->sha256, ENS_SHA256, err) : code;
}

void ens__fast_clear(ens_fast *f)
{
    ens__tree_scanner_clear(&f->scanner);
    ens__canon_free(f->canon);
    ens__moulds_free(f->messages);
    ens__moulds_free(f->originals);
    ens__digest_clear(&f->sha256);
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

static bool digest_element(ens_fast *f, const ens_node *n, ens_slice prefix_list, uint8_t out[ENS_DIGEST_MAX])
{
    ens__digest_start(&f->sha256);
    return ens__tree_canon(&f->scanner, f->canon, n, prefix_list, ens__canon_digest(&f->sha256), NULL) == ENS_OK &&
           ens__digest_end(&f->sha256, out, NULL) == ENS_OK;
}

static bool digest_part(ens_fast *f, const ens_mime_part *part, uint8_t out[ENS_DIGEST_MAX])
{
    ens__digest_start(&f->sha256);
    ens__digest_add(&f->sha256, part->body);
    return ens__digest_end(&f->sha256, out, NULL) == ENS_OK;
}

static bool reference_holds(ens_fast *f, const ens_reference *r, const ens_covered *of)
{
    uint8_t made[ENS_DIGEST_MAX];
    if (!ens__wss_reference_allowed(r) || r->digest.len != 32 ||
        (r->transform == ENS_TRANSFORM_EXC_C14N) != (of->node != NULL))
        return false;
    bool good = of->node ? digest_element(f, of->node, r->prefix_list, made)
                         : of->part && ens__part_form(of->part) == ENS_FORM_RAW && digest_part(f, of->part, made);
    return good && memcmp(made, r->digest.p, 32) == 0;
}

bool ens__fast_holds(ens_fast *f, const ens_wss *w, const ens_coverage *coverage, EVP_PKEY_CTX *verify)
{
    uint8_t made[ENS_DIGEST_MAX];
    if (!verify || !coverage->resolved || !ens__wss_signature_allowed(w) || !w->signature_value.p || !is_plain_seal(w))
        return false;
    for (unsigned i = 0; i < w->num_references; i++)
        if (!reference_holds(f, &w->reference[i], &coverage->of[i]))
            return false;
    return digest_element(f, w->signed_info, w->c14n_prefix_list, made) &&
           EVP_PKEY_verify(verify, w->signature_value.p, w->signature_value.len, made, 32) == 1;
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
