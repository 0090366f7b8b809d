#include "engine/xml/signature/signature_read.h"

#define FIRST_CAP 256u

void ens__tape_start(ens_tape *t, ens_arena *arena)
{
    *t = (ens_tape){.arena = arena};
}

static bool grow(ens_tape *t)
{
    size_t cap = t->cap ? 2 * t->cap : FIRST_CAP;
    ens_scan_event *moved = ens_arena_take(t->arena, cap * sizeof *moved);
    if (!moved)
        return false;
    if (t->num)
        memcpy(moved, t->event, t->num * sizeof *moved);
    t->event = moved;
    t->cap = cap;
    return true;
}

static void *keep_records(ens_tape *t, const void *p, size_t size)
{
    void *kept = ens_arena_take(t->arena, size);
    return kept ? memcpy(kept, p, size) : NULL;
}

ens_code ens__tape_add(ens_tape *t, const ens_scan_event *e, ens_err *err)
{
    ens_scan_event kept = *e;
    bool good = t->num < t->cap || grow(t);
    if (good && e->kind == ENS_SCAN_START && e->num_attributes)
        good = (kept.attribute = keep_records(t, e->attribute, e->num_attributes * sizeof *e->attribute)) != NULL;
    if (good && e->kind == ENS_SCAN_START && e->num_declared)
        good = (kept.declared = keep_records(t, e->declared, e->num_declared * sizeof *e->declared)) != NULL;
    if (!good)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the events of a document", 0);
    t->event[t->num++] = kept;
    return ENS_OK;
}

size_t ens__tape_after(const ens_tape *t, size_t from)
{
    for (size_t i = from + 1; i < t->num; i++)
        if (t->event[i].kind == ENS_SCAN_END && t->event[i].depth == t->event[from].depth)
            return i + 1;
    return t->num;
}

size_t ens__tape_first(const ens_tape *t, size_t parent)
{
    unsigned depth = t->event[parent].depth;
    for (size_t i = parent + 1; i < t->num && t->event[i].kind != ENS_SCAN_END; i++)
        if (t->event[i].kind == ENS_SCAN_START)
            return t->event[i].depth == depth + 1 ? i : 0;
    return 0;
}

size_t ens__tape_next(const ens_tape *t, size_t element)
{
    unsigned depth = t->event[element].depth;
    for (size_t i = ens__tape_after(t, element); i < t->num && t->event[i].kind != ENS_SCAN_END; i++)
        if (t->event[i].kind == ENS_SCAN_START)
            return t->event[i].depth == depth ? i : 0;
    return 0;
}

/* outer_of is the START of the element around the one at i; i itself when there is none. */
static size_t outer_of(const ens_tape *t, size_t i)
{
    for (size_t at = i; at-- > 0;)
        if (t->event[at].kind == ENS_SCAN_START && t->event[at].depth < t->event[i].depth)
            return at;
    return i;
}

ens_code ens__tape_scope(const ens_tape *t, size_t from, const ens_scan_binding **scope, unsigned *num, ens_err *err)
{
    unsigned total = t->event[from].num_declared;
    for (size_t at = from, up; (up = outer_of(t, at)) != at; at = up)
        total += t->event[up].num_declared;
    ens_scan_binding *all = ens_arena_take(t->arena, (total + 1) * sizeof *all);
    if (!all)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the namespaces in scope", 0);
    *num = total;
    *scope = all;
    for (size_t at = from, up;; at = up) {
        total -= t->event[at].num_declared;
        if (t->event[at].num_declared)
            memcpy(all + total, t->event[at].declared, t->event[at].num_declared * sizeof *all);
        if ((up = outer_of(t, at)) == at)
            return ENS_OK;
    }
}

#define RULE "XML Signature 1.1, 4"
#define TRANSFORMS_MAX 4u

#define DS "http://www.w3.org/2000/09/xmldsig#"
#define MORE "http://www.w3.org/2001/04/xmldsig-more#"
#define PSS "http://www.w3.org/2007/05/xmldsig-more#"

static const struct {
    const char *uri;
    ens_c14n_method method;
} c14n_methods[] = {
    {"http://www.w3.org/2001/10/xml-exc-c14n#", ENS_LIBXML_METHOD_EXCLUSIVE},
    {"http://www.w3.org/TR/2001/REC-xml-c14n-20010315", ENS_LIBXML_METHOD_INCLUSIVE},
    {"http://www.w3.org/2006/12/xml-c14n11",
     ENS_LIBXML_METHOD_INCLUSIVE}, /* differs in what the xml namespace hands down alone */
};

static const struct {
    const char *uri;
    ens_digest_kind digest;
} digest_methods[] = {
    {"http://www.w3.org/2001/04/xmlenc#sha256", ENS_SHA256},
    {MORE "sha384", ENS_SHA384},
    {"http://www.w3.org/2001/04/xmlenc#sha512", ENS_SHA512},
};

static const struct {
    const char *uri;
    ens_signature_scheme scheme;
    ens_digest_kind digest;
} signature_methods[] = {
    {MORE "rsa-sha256", ENS_SIGNATURE_RSA, ENS_SHA256},
    {MORE "rsa-sha384", ENS_SIGNATURE_RSA, ENS_SHA384},
    {MORE "rsa-sha512", ENS_SIGNATURE_RSA, ENS_SHA512},
    {MORE "ecdsa-sha256", ENS_SIGNATURE_ECDSA, ENS_SHA256},
    {MORE "ecdsa-sha384", ENS_SIGNATURE_ECDSA, ENS_SHA384},
    {MORE "ecdsa-sha512", ENS_SIGNATURE_ECDSA, ENS_SHA512},
    {PSS "sha256-rsa-MGF1", ENS_SIGNATURE_RSA_PSS, ENS_SHA256},
    {PSS "sha384-rsa-MGF1", ENS_SIGNATURE_RSA_PSS, ENS_SHA384},
    {PSS "sha512-rsa-MGF1", ENS_SIGNATURE_RSA_PSS, ENS_SHA512},
};

#define NUM(table) (sizeof(table) / sizeof *(table))

/* What one reading shares. */
typedef struct {
    const ens_tape *tape;
    ens_signature_names names;
    ens_buf *scratch;
    ens_err *err;
} reading;

static ens_code refuse_signature(reading *r, const char *what)
{
    return ens_fail(r->err, ENS_ESYNTAX, RULE, what, 0);
}

static bool is(const reading *r, size_t at, const char *local)
{
    const ens_scan_event *e = &r->tape->event[at];
    return at && e->ns == r->names.ds && ens_is(ens__scan_local(e->name, e->prefix_len), local);
}

static ens_code keep_text(const ens_tape *t, const ens_buf *scratch, ens_slice *out, ens_err *err)
{
    char *kept = scratch->failed ? NULL : ens_arena_text(t->arena, ens_buf_slice(scratch));
    if (!kept)
        return ens_fail(err, ENS_ENOMEM, NULL, "no memory for the text of a signature", 0);
    *out = ens_bytes(kept, scratch->len);
    return ENS_OK;
}

ens_code ens__signature_attribute(const ens_tape *t, const ens_scan_attribute *a, ens_slice *out, ens_err *err)
{
    *out = a->value;
    if (a->plain)
        return ENS_OK;
    ens_buf text;
    ens_buf_init(&text, NULL, 0, ENS_SIGNATURE_MEMORY_MAX);
    ens__scan_text(a->value, true, &text);
    ens_code code = keep_text(t, &text, out, err);
    ens_buf_free(&text);
    return code;
}

static ens_code attribute(reading *r, size_t at, const char *local, ens_slice *out)
{
    const ens_scan_event *e = &r->tape->event[at];
    *out = (ens_slice){0};
    for (unsigned i = 0; i < e->num_attributes; i++) {
        const ens_scan_attribute *a = &e->attribute[i];
        if (a->ns == ENS_SCAN_NO_NS && ens_is(ens__scan_local(a->name, a->prefix_len), local))
            return ens__signature_attribute(r->tape, a, out, r->err);
    }
    return ENS_OK;
}

/* text leaves what an element contains in scratch. It has no children. */
static ens_code text(reading *r, size_t at)
{
    r->scratch->len = 0;
    r->scratch->failed = ENS_OK;
    for (size_t i = at + 1; i < r->tape->num && r->tape->event[i].kind != ENS_SCAN_END; i++) {
        const ens_scan_event *e = &r->tape->event[i];
        if (e->kind == ENS_SCAN_START)
            return refuse_signature(r, "an element of the signature has children where it has text");
        if (e->kind == ENS_SCAN_TEXT)
            ens__scan_text(e->raw, false, r->scratch);
        else if (e->kind == ENS_SCAN_CDATA)
            ens_buf_put(r->scratch, ens_sub(e->raw, sizeof "<![CDATA[" - 1, e->raw.len - 3));
    }
    return ens_buf_done(r->scratch, r->err);
}

/* octets decodes the base64 that an element contains into the arena; more than max bytes are refused. */
static ens_code octets(reading *r, size_t at, size_t max, ens_slice *out)
{
    ens_code code = text(r, at);
    if (code != ENS_OK)
        return code;
    uint8_t *p = ens_arena_take(r->tape->arena, r->scratch->len / 4 * 3 + 3);
    if (!p)
        return ens_fail(r->err, ENS_ENOMEM, NULL, "no memory for the octets of a signature", 0);
    size_t len = ens__base64_decode(ens_buf_slice(r->scratch), p);
    if (len == SIZE_MAX || len == 0)
        return refuse_signature(r, "a value is not base64");
    if (len > max)
        return ens_fail(r->err, ENS_ELIMIT, RULE, "a value is too long", len);
    *out = ens_bytes(p, len);
    return ENS_OK;
}

/* read_c14n reads a CanonicalizationMethod or Transform: its algorithm, and a PrefixList where that may stand. */
static ens_code read_c14n(reading *r, size_t at, ens_slice *uri, ens_c14n_method *method, ens_slice *prefix_list)
{
    ens_code code = attribute(r, at, "Algorithm", uri);
    if (code != ENS_OK)
        return code;
    for (unsigned i = 0; i < NUM(c14n_methods); i++)
        if (ens_is(*uri, c14n_methods[i].uri))
            *method = c14n_methods[i].method;
    size_t inside = ens__tape_first(r->tape, at);
    if (!inside)
        return ENS_OK;
    const ens_scan_event *e = &r->tape->event[inside];
    if (*method == ENS_LIBXML_METHOD_EXCLUSIVE && e->ns == r->names.ec &&
        ens_is(ens__scan_local(e->name, e->prefix_len), "InclusiveNamespaces") && !ens__tape_next(r->tape, inside))
        return attribute(r, inside, "PrefixList", prefix_list);
    *method = ENS_LIBXML_METHOD_UNKNOWN;
    return ENS_OK;
}

/* read_transforms accepts nothing, the enveloped-signature transform, one canonicalisation, or both in that order.
 * Without canonicalisation, nodes become octets by Canonical XML 1.0 (XML Signature 1.1, 4.4.3.2). */
static ens_code read_transforms(reading *r, size_t transforms, ens_signature_reference *ref)
{
    unsigned n = 0;
    bool known = true, last = false;
    ref->c14n = ENS_LIBXML_METHOD_INCLUSIVE;
    for (size_t at = ens__tape_first(r->tape, transforms); at; at = ens__tape_next(r->tape, at), n++) {
        ens_slice uri;
        ens_c14n_method method = ENS_LIBXML_METHOD_UNKNOWN;
        if (!is(r, at, "Transform"))
            return refuse_signature(r, "ds:Transforms contains something else");
        if (n == TRANSFORMS_MAX)
            return ens_fail(r->err, ENS_ELIMIT, RULE, "a reference has too many transforms", 0);
        ens_code code = read_c14n(r, at, &uri, &method, &ref->prefix_list);
        if (code != ENS_OK)
            return code;
        bool enveloped = n == 0 && ens_is(uri, DS "enveloped-signature") && !ens__tape_first(r->tape, at);
        known = known && !last && (enveloped || method != ENS_LIBXML_METHOD_UNKNOWN);
        ref->enveloped = ref->enveloped || enveloped;
        last = !enveloped;
        if (!enveloped)
            ref->c14n = method;
    }
    if (!known) {
        ref->c14n = ENS_LIBXML_METHOD_UNKNOWN;
        ref->why = "its transforms are others than enveloped-signature and canonicalisation";
    }
    return ENS_OK;
}

static ens_code read_digest(reading *r, size_t method, size_t value, ens_signature_reference *ref)
{
    ens_code code = attribute(r, method, "Algorithm", &ref->digest_method);
    for (unsigned i = 0; i < NUM(digest_methods); i++)
        if (ens_is(ref->digest_method, digest_methods[i].uri) && !ens__tape_first(r->tape, method)) {
            ref->digest_known = true;
            ref->digest = digest_methods[i].digest;
        }
    ens_slice octet = {0};
    if (code == ENS_OK)
        code = octets(r, value, ENS_DIGEST_MAX, &octet);
    if (code != ENS_OK)
        return code;
    if (ref->digest_known && octet.len != ens__digest_size(ref->digest))
        return refuse_signature(r, "a ds:DigestValue is not as long as its digest");
    memcpy(ref->value, octet.p, octet.len);
    if (!ref->digest_known && !ref->why)
        ref->why = "its digest method isn't SHA-256, SHA-384 or SHA-512";
    return ENS_OK;
}

static ens_code read_reference(reading *r, size_t reference, ens_signature_reference *ref)
{
    ens_code code = attribute(r, reference, "URI", &ref->uri);
    if (code == ENS_OK)
        code = attribute(r, reference, "Type", &ref->type);
    size_t at = ens__tape_first(r->tape, reference);
    ref->c14n = ENS_LIBXML_METHOD_INCLUSIVE;
    if (code == ENS_OK && is(r, at, "Transforms")) {
        code = read_transforms(r, at, ref);
        at = ens__tape_next(r->tape, at);
    }
    if (code != ENS_OK)
        return code;
    size_t value = at ? ens__tape_next(r->tape, at) : 0;
    if (!is(r, at, "DigestMethod") || !is(r, value, "DigestValue") || ens__tape_next(r->tape, value))
        return refuse_signature(r, "a ds:Reference has other children than its schema");
    return read_digest(r, at, value, ref);
}

static ens_code read_method(reading *r, size_t at, ens_signature *out)
{
    ens_code code = attribute(r, at, "Algorithm", &out->method_uri);
    for (unsigned i = 0; i < NUM(signature_methods); i++)
        if (ens_is(out->method_uri, signature_methods[i].uri) && !ens__tape_first(r->tape, at)) {
            out->scheme = signature_methods[i].scheme;
            out->digest = signature_methods[i].digest;
        }
    return code;
}

static ens_code read_signed_info(reading *r, size_t signed_info, ens_signature *out)
{
    size_t c14n = ens__tape_first(r->tape, signed_info), method = c14n ? ens__tape_next(r->tape, c14n) : 0;
    size_t at = method ? ens__tape_next(r->tape, method) : 0;
    if (!is(r, c14n, "CanonicalizationMethod") || !is(r, method, "SignatureMethod") || !at)
        return refuse_signature(r, "ds:SignedInfo has other children than its schema");
    ens_code code = read_c14n(r, c14n, &out->c14n_uri, &out->c14n, &out->c14n_prefix_list);
    if (code == ENS_OK)
        code = read_method(r, method, out);
    for (; code == ENS_OK && at; at = ens__tape_next(r->tape, at)) {
        if (!is(r, at, "Reference"))
            return refuse_signature(r, "ds:SignedInfo has other children than its schema");
        if (out->num_references == ENS_SIGNATURE_REFERENCES_MAX)
            return ens_fail(r->err, ENS_ELIMIT, RULE, "the signature has too many references", 0);
        code = read_reference(r, at, &out->reference[out->num_references++]);
    }
    return code;
}

static ens_code read_certificates(reading *r, size_t data, ens_signature *out)
{
    ens_code code = ENS_OK;
    for (size_t at = ens__tape_first(r->tape, data); code == ENS_OK && at; at = ens__tape_next(r->tape, at)) {
        if (!is(r, at, "X509Certificate"))
            continue;
        if (out->num_certificates == ENS_SIGNATURE_CERTIFICATES_MAX)
            return ens_fail(r->err, ENS_ELIMIT, RULE, "the signature has too many certificates", 0);
        code = octets(r, at, ENS_SIGNATURE_MEMORY_MAX, &out->certificate[out->num_certificates++]);
    }
    return code;
}

static ens_code read_key_info(reading *r, size_t key_info, ens_signature *out)
{
    ens_code code = ENS_OK;
    for (size_t at = ens__tape_first(r->tape, key_info); code == ENS_OK && at; at = ens__tape_next(r->tape, at))
        if (is(r, at, "X509Data"))
            code = read_certificates(r, at, out);
    return code;
}

ens_code ens__signature_read(const ens_tape *t, ens_signature_names names, ens_buf *scratch, ens_signature *out,
                             size_t *signed_info, ens_err *err)
{
    reading r = {t, names, scratch, err};
    size_t info = ens__tape_first(t, 0), value = info ? ens__tape_next(t, info) : 0;
    if (!is(&r, info, "SignedInfo") || !is(&r, value, "SignatureValue"))
        return refuse_signature(&r, "ds:Signature doesn't begin with ds:SignedInfo and ds:SignatureValue");
    size_t at = ens__tape_next(t, value);
    *signed_info = info;
    ens_code code = read_signed_info(&r, info, out);
    if (code == ENS_OK)
        code = octets(&r, value, ENS_SIGNATURE_VALUE_MAX, &out->value);
    if (code == ENS_OK && at && is(&r, at, "KeyInfo")) {
        code = read_key_info(&r, at, out);
        at = ens__tape_next(t, at);
    }
    for (; code == ENS_OK && at; at = ens__tape_next(t, at))
        if (!is(&r, at, "Object"))
            return refuse_signature(&r, "ds:Signature has other children than its schema");
    return code;
}
