#include "engine/xml/signature/signature.h"

#include "engine/xml/signature/signature_read.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#define RULE "XML Signature 1.1, 3.2"

/* An attribute that is an id, by its local name: "Id", "ID", "id". */
typedef struct {
    ens_scan_attribute attribute;
    ens_slice element; /* start tag of the element that has it */
    size_t kept;       /* that element's place on the tape; SIZE_MAX: not in the signature */
} id_attribute;

struct ens_signature_reader {
    ens_scan *scan;
    ens_signature_names names;
    ens_canon *canon;
    ens_digest digest[3];
    ens__sha256_two *passing; /* the text, and the document while it passes */
    ens_arena arena;
    ens_tape tape; /* the first signature */
    ens_buf scratch;
    ens_slice text, root;          /* root: its start tag */
    unsigned inside;               /* depth of the signature while it passes, else 0 */
    const ens_scan_binding *scope; /* at the signature, its own included */
    unsigned num_scope;
    bool xml_at[ENS_XML_DEPTH_MAX +
                1];               /* whether the element open at that depth has an attribute of the xml namespace */
    bool inherits_xml;            /* … one around the signature */
    bool pi_outside;              /* of the root */
    ens_code cannot;              /* why the document has no canonical form */
    uint8_t made[ENS_DIGEST_MAX]; /* of the document but for the signature: exclusive, no PrefixList, SHA-256 */
    ens_signature found;
    unsigned num_ids;
    id_attribute id[ENS_SIGNATURE_IDS_MAX];
};

ens_signature_reader *ens__signature_new(ens_scan *scan)
{
    ens_signature_reader *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    bool good = (r->canon = ens__canon_new()) && (r->passing = ens__sha256_two_new());
    for (unsigned i = 0; i < 3; i++)
        good = ens__digest_init(&r->digest[i], (ens_digest_kind)i, NULL) == ENS_OK && good;
    r->scan = scan;
    r->names.ds = ens__scan_know(scan, "http://www.w3.org/2000/09/xmldsig#");
    r->names.ec = ens__scan_know(scan, "http://www.w3.org/2001/10/xml-exc-c14n#");
    ens_arena_init(&r->arena, ENS_SIGNATURE_MEMORY_MAX);
    ens_buf_init(&r->scratch, NULL, 0, ENS_SIGNATURE_MEMORY_MAX);
    if (good && r->names.ds && r->names.ec)
        return r;
    ens__signature_free(r);
    return NULL;
}

void ens__signature_free(ens_signature_reader *r)
{
    if (!r)
        return;
    ens__canon_free(r->canon);
    ens__sha256_two_free(r->passing);
    for (unsigned i = 0; i < 3; i++)
        ens__digest_clear(&r->digest[i]);
    ens_arena_free(&r->arena);
    ens_buf_free(&r->scratch);
    free(r);
}

const ens_signature *ens__signature_found(const ens_signature_reader *r)
{
    return &r->found;
}

static void hash_passing(void *two, ens_slice piece)
{
    ens__sha256_two_add(two, piece);
}

void ens__signature_begin(ens_signature_reader *r, ens_slice text)
{
    ens_arena_reset(&r->arena);
    ens__tape_start(&r->tape, &r->arena);
    r->text = text;
    r->root = (ens_slice){0};
    r->inside = r->num_ids = r->num_scope = 0;
    r->inherits_xml = r->pi_outside = false;
    memset(&r->found, 0, sizeof r->found);
    ens__sha256_two_begin(r->passing, text);
    r->cannot = ens__canon_whole(r->canon, r->scan, (ens_slice){0}, (ens_canon_sink){hash_passing, r->passing}, NULL);
}

static bool is_id(ens_slice local)
{
    return local.len == 2 && (local.p[0] | 0x20) == 'i' && (local.p[1] | 0x20) == 'd';
}

static ens_code note_attributes(ens_signature_reader *r, const ens_scan_event *e, ens_err *err)
{
    bool xml = false;
    for (unsigned i = 0; i < e->num_attributes; i++) {
        const ens_scan_attribute *a = &e->attribute[i];
        xml = xml || a->ns == ENS_SCAN_XML_NS;
        if (!is_id(ens__scan_local(a->name, a->prefix_len)))
            continue;
        if (r->num_ids == ENS_SIGNATURE_IDS_MAX)
            return ens_fail(err, ENS_ELIMIT, RULE, "the document has too many ids", (size_t)(e->raw.p - r->text.p));
        r->id[r->num_ids++] = (id_attribute){*a, e->raw, r->inside ? r->tape.num : SIZE_MAX};
    }
    if (e->depth <= ENS_XML_DEPTH_MAX)
        r->xml_at[e->depth] = xml;
    return ENS_OK;
}

static ens_code keep_event(ens_signature_reader *r, const ens_scan_event *e, ens_err *err)
{
    if (r->tape.num == ENS_SIGNATURE_EVENTS_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the signature is too long", (size_t)(e->raw.p - r->text.p));
    if (e->kind == ENS_SCAN_END && e->depth == r->inside)
        r->inside = 0;
    return ens__tape_add(&r->tape, e, err);
}

/* enter begins to keep the first signature, with what is in scope at it. */
static ens_code enter(ens_signature_reader *r, const ens_scan_event *e, ens_err *err)
{
    unsigned num = 0;
    const ens_scan_binding *scope = ens__scan_scope(r->scan, &num);
    ens_scan_binding *kept = ens_arena_take(&r->arena, (num + 1) * sizeof *kept);
    if (!kept)
        return ens_fail(err, ENS_ENOMEM, NULL, "no memory for a signature", 0);
    if (num)
        memcpy(kept, scope, num * sizeof *kept);
    r->scope = kept;
    r->num_scope = num;
    r->inside = e->depth;
    r->found.element = e->raw;
    r->found.depth = e->depth;
    for (unsigned depth = 1; depth < e->depth && depth <= ENS_XML_DEPTH_MAX; depth++)
        r->inherits_xml = r->inherits_xml || r->xml_at[depth];
    return ENS_OK;
}

static ens_code note_start(ens_signature_reader *r, const ens_scan_event *e, ens_err *err)
{
    ens_code code = ENS_OK;
    if (e->depth == 1)
        r->root = e->raw;
    if (e->ns == r->names.ds && ens_is(ens__scan_local(e->name, e->prefix_len), "Signature")) {
        if (r->inside)
            r->found.num_inside++;
        else if (r->found.num_signatures++ == 0)
            code = enter(r, e, err);
    }
    return code == ENS_OK && e->num_attributes ? note_attributes(r, e, err) : code;
}

ens_code ens__signature_event(ens_signature_reader *r, const ens_scan_event *e, ens_err *err)
{
    if (e->kind == ENS_SCAN_START) {
        if (!e->num_attributes && e->depth <= ENS_XML_DEPTH_MAX)
            r->xml_at[e->depth] = false;
        ens_code code = note_start(r, e, err);
        if (code != ENS_OK)
            return code;
    }
    if (r->inside)
        return keep_event(r, e, err);
    if (e->kind == ENS_SCAN_PI && e->depth == 0)
        r->pi_outside = true;
    bool done;
    if (r->cannot == ENS_OK)
        r->cannot = ens__canon_add(r->canon, e, &done, NULL);
    return ENS_OK;
}

/* pass_again digests root or document, but for the signature, by what a reference asks for. */
static ens_code pass_again(ens_signature_reader *r, const ens_signature_reference *ref, ens_canon_sink sink,
                           ens_err *err)
{
    ens_scan_event e;
    ens_code code = ENS_OK;
    bool done = false, begun = ref->covers == ENS_COVERS_DOCUMENT && ref->c14n == ENS_LIBXML_METHOD_EXCLUSIVE;
    if (begun)
        code = ens__canon_whole(r->canon, r->scan, ref->prefix_list, sink, err);
    ens__scan_begin(r->scan, r->text);
    for (unsigned inside = 0;
         code == ENS_OK && !done && (code = ens__scan_next(r->scan, &e, err)) == ENS_OK && e.kind != ENS_SCAN_EOF;) {
        if (!begun && e.kind == ENS_SCAN_START) {
            unsigned num;
            const ens_scan_binding *scope = ens__scan_scope(r->scan, &num);
            code = ref->c14n == ENS_LIBXML_METHOD_EXCLUSIVE
                       ? ens__canon_begin(r->canon, r->scan, scope, num, ref->prefix_list, sink, err)
                       : ens__canon_begin_inclusive(r->canon, r->scan, scope, num, sink, err);
            begun = true;
        }
        if (e.kind == ENS_SCAN_START && e.raw.p == r->found.element.p)
            inside = e.depth;
        if (code == ENS_OK && begun && !inside)
            code = ens__canon_add(r->canon, &e, &done, err);
        if (inside && e.kind == ENS_SCAN_END && e.depth == inside)
            inside = 0;
    }
    return code == ENS_OK && !done ? ens__canon_end(r->canon, err) : code;
}

/* scope_at is what is in scope at an element of the tape: around the signature, then within. */
static ens_code scope_at(ens_signature_reader *r, size_t at, const ens_scan_binding **scope, unsigned *num,
                         ens_err *err)
{
    const ens_scan_binding *within;
    unsigned num_within;
    ens_code code = ens__tape_scope(&r->tape, at, &within, &num_within, err);
    if (code != ENS_OK)
        return code;
    ens_scan_binding *all = ens_arena_take(&r->arena, (r->num_scope + num_within + 1) * sizeof *all);
    if (!all)
        return ens_fail(err, ENS_ENOMEM, NULL, "no memory for the namespaces in scope", 0);
    if (r->num_scope)
        memcpy(all, r->scope, r->num_scope * sizeof *all);
    if (num_within)
        memcpy(all + r->num_scope, within, num_within * sizeof *all);
    *scope = all;
    *num = r->num_scope + num_within;
    return ENS_OK;
}

static ens_code digest_inside(ens_signature_reader *r, size_t at, ens_c14n_method method, ens_slice prefix_list,
                              ens_digest_kind kind, uint8_t out[ENS_DIGEST_MAX], ens_err *err)
{
    const ens_scan_binding *scope = NULL;
    unsigned num = 0;
    bool done;
    ens_canon_sink sink = ens__canon_digest(&r->digest[kind]);
    ens_code code = scope_at(r, at, &scope, &num, err);
    ens__digest_start(&r->digest[kind]);
    if (code == ENS_OK)
        code = method == ENS_LIBXML_METHOD_EXCLUSIVE
                   ? ens__canon_begin(r->canon, r->scan, scope, num, prefix_list, sink, err)
                   : ens__canon_begin_inclusive(r->canon, r->scan, scope, num, sink, err);
    if (code == ENS_OK)
        code = ens__canon_run(r->canon, r->tape.event + at, r->tape.num - at, &done, err);
    return code == ENS_OK ? ens__digest_end(&r->digest[kind], out, err) : code;
}

/* inherits tells whether an element of the tape has an ancestor with an attribute of the xml namespace, which Canonical
 * XML 1.0 would have it take over. */
static bool inherits(const ens_signature_reader *r, size_t at)
{
    unsigned depth = r->tape.event[at].depth;
    for (size_t i = at; i-- > 0;) {
        const ens_scan_event *e = &r->tape.event[i];
        if (e->kind != ENS_SCAN_START || e->depth >= depth)
            continue;
        depth = e->depth;
        for (unsigned k = 0; k < e->num_attributes; k++)
            if (e->attribute[k].ns == ENS_SCAN_XML_NS)
                return true;
    }
    return r->inherits_xml;
}

static ens_code find_id(ens_signature_reader *r, ens_slice id, const id_attribute **only, ens_err *err)
{
    *only = NULL;
    for (unsigned i = 0; i < r->num_ids; i++) {
        ens_slice value;
        ens_code code = ens__signature_attribute(&r->tape, &r->id[i].attribute, &value, err);
        if (code != ENS_OK)
            return code;
        if (!ens_eq(value, id))
            continue;
        if (*only) {
            *only = NULL;
            return ENS_OK;
        }
        *only = &r->id[i];
    }
    return ENS_OK;
}

/* resolve says what a reference covers; *at is its place on the tape when that is inside. */
static ens_code resolve(ens_signature_reader *r, ens_signature_reference *ref, size_t *at, ens_err *err)
{
    const id_attribute *id = NULL;
    if (!ref->uri.p || (ref->uri.len && ref->uri.p[0] != '#')) {
        ref->why = "its URI leads out of the document";
        return ENS_OK;
    }
    if (ref->uri.len) {
        ens_code code = find_id(r, ens_from(ref->uri, 1), &id, err);
        if (code != ENS_OK)
            return code;
    }
    if (!ref->uri.len || (id && id->element.p == r->root.p)) {
        ref->covers = ref->uri.len ? ENS_COVERS_ROOT : ENS_COVERS_DOCUMENT;
        ref->element = r->root;
    } else if (id && id->kept != SIZE_MAX) {
        ref->covers = ENS_COVERS_INSIDE;
        ref->element = id->element;
        *at = id->kept;
    } else {
        ref->state = ENS_REFERENCE_DANGLING;
        ref->why = "its URI leads to no element, to several, or to one that is neither the root nor in the signature";
    }
    return ENS_OK;
}

static bool made_in_passing(const ens_signature_reader *r, const ens_signature_reference *ref)
{
    return ref->c14n == ENS_LIBXML_METHOD_EXCLUSIVE && !ref->prefix_list.len && ref->digest == ENS_SHA256 &&
           (ref->covers == ENS_COVERS_DOCUMENT || !r->pi_outside);
}

/* unsupported says why what a reference covers can't be digested as it asks; NULL when it can. */
static const char *unsupported(const ens_signature_reader *r, const ens_signature_reference *ref, size_t at)
{
    if (ref->why)
        return ref->why;
    if (ref->covers == ENS_COVERS_INSIDE) {
        if (ref->enveloped)
            return "the enveloped-signature transform stands where the signature isn't covered";
        return ref->c14n == ENS_LIBXML_METHOD_INCLUSIVE && inherits(r, at)
                   ? "inclusive C14N would take over attributes of the xml namespace"
                   : NULL;
    }
    if (!ref->enveloped || r->found.depth == 1)
        return "it covers its own signature";
    return ref->c14n == ENS_LIBXML_METHOD_INCLUSIVE && ref->covers == ENS_COVERS_DOCUMENT && r->pi_outside
               ? "inclusive C14N of processing instructions around the root"
               : NULL;
}

static ens_code judge_reference(ens_signature_reader *r, ens_signature_reference *ref, ens_err *err)
{
    size_t at = 0;
    ens_code code = resolve(r, ref, &at, err);
    if (code != ENS_OK || ref->state == ENS_REFERENCE_DANGLING || (ref->why = unsupported(r, ref, at)) != NULL)
        return code;
    if (ref->covers == ENS_COVERS_INSIDE) {
        code = digest_inside(r, at, ref->c14n, ref->prefix_list, ref->digest, ref->made, err);
    } else if (made_in_passing(r, ref)) {
        memcpy(ref->made, r->made, sizeof ref->made);
    } else {
        ens__digest_start(&r->digest[ref->digest]);
        code = pass_again(r, ref, ens__canon_digest(&r->digest[ref->digest]), err);
        if (code == ENS_OK)
            code = ens__digest_end(&r->digest[ref->digest], ref->made, err);
    }
    size_t len = ens__digest_size(ref->digest);
    if (code == ENS_OK)
        ref->state = memcmp(ref->made, ref->value, len) == 0 ? ENS_REFERENCE_HOLDS : ENS_REFERENCE_DIFFERS;
    return code;
}

ens_code ens__signature_end(ens_signature_reader *r, ens_err *err)
{
    size_t signed_info = 0;
    if (!r->found.num_signatures)
        return ENS_OK;
    if (r->cannot == ENS_OK)
        r->cannot = ens__canon_end(r->canon, NULL);
    if (r->cannot != ENS_OK)
        return ens_fail(err, r->cannot, RULE, "the document has no canonical form (a relative namespace name?)", 0);
    ens_code code = ens__sha256_two_end(r->passing, r->found.text_sha256, r->made, err);
    r->found.text_hashed = code == ENS_OK;
    if (code == ENS_OK)
        code = ens__signature_read(&r->tape, r->names, &r->scratch, &r->found, &signed_info, err);
    if (code != ENS_OK)
        return code;
    if (r->found.c14n == ENS_LIBXML_METHOD_INCLUSIVE && inherits(r, signed_info))
        r->found.c14n = ENS_LIBXML_METHOD_UNKNOWN;
    if (r->found.c14n == ENS_LIBXML_METHOD_UNKNOWN)
        r->found.scheme = ENS_SIGNATURE_UNKNOWN;
    else
        code = digest_inside(r, signed_info, r->found.c14n, r->found.c14n_prefix_list, r->found.digest,
                             r->found.signed_info, err);
    for (unsigned i = 0; code == ENS_OK && i < r->found.num_references; i++)
        code = judge_reference(r, &r->found.reference[i], err);
    return code;
}

#define RULE_VALUE "XML Signature 1.1, 6.4"
#define ECDSA_DER_MAX 160u /* bytes of a signature over a curve of 521 bits */

static bool fits_signature(const ens_signature *s, EVP_PKEY *key)
{
    if (s->scheme == ENS_SIGNATURE_ECDSA)
        return EVP_PKEY_is_a(key, "EC");
    return EVP_PKEY_is_a(key, "RSA") || (s->scheme == ENS_SIGNATURE_RSA_PSS && EVP_PKEY_is_a(key, "RSA-PSS"));
}

/* Salt as long as the digest, MGF1 over the same one (RFC 6931, 2.3.10). */
static bool set_padding(EVP_PKEY_CTX *ctx, ens_signature_scheme scheme)
{
    if (scheme == ENS_SIGNATURE_RSA)
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    return scheme != ENS_SIGNATURE_RSA_PSS || (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
                                               EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1);
}

/* to_der makes of "r||s", each as long as the order of the curve, what OpenSSL takes. 0: it isn't that. */
static size_t to_der(ens_slice value, EVP_PKEY *key, uint8_t out[ECDSA_DER_MAX])
{
    size_t half = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
    if (value.len != 2 * half || half > 66)
        return 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(value.p, (int)half, NULL), *s = BN_bin2bn(value.p + half, (int)half, NULL);
    int len = 0;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL;
        uint8_t *to = out;
        len = i2d_ECDSA_SIG(pair, &to);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return len > 0 ? (size_t)len : 0;
}

ens_code ens__signature_verify(const ens_signature *s, EVP_PKEY *key, bool *valid, ens_err *err)
{
    uint8_t der[ECDSA_DER_MAX];
    ens_slice value = s->value;
    if (s->scheme == ENS_SIGNATURE_UNKNOWN)
        return ens_fail(err, ENS_EPOLICY, RULE_VALUE, "the signature method isn't known", 0);
    *valid = false;
    if (!fits_signature(s, key))
        return ENS_OK;
    if (s->scheme == ENS_SIGNATURE_ECDSA) {
        value = ens_bytes(der, to_der(value, key, der));
        if (!value.len)
            return ENS_OK;
    }
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool ready = ctx && EVP_PKEY_verify_init(ctx) == 1 && set_padding(ctx, s->scheme) &&
                 EVP_PKEY_CTX_set_signature_md(ctx, ens__digest_md(s->digest)) == 1;
    if (ready)
        *valid = EVP_PKEY_verify(ctx, value.p, value.len, s->signed_info, ens__digest_size(s->digest)) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ready ? ENS_OK : ens_fail(err, ENS_ECRYPTO, RULE_VALUE, "OpenSSL can't check the signature's value", 0);
}
