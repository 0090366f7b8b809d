#include "certs/lists/trustlist.h"

#include "certs/keys/keys.h"
#include "certs/lists/trustlist_read.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE "TS 119 612"

ens_trustlist_reader *ens__trustlist_reader_new(void)
{
    ens_trustlist_reader *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    ens_buf_init(&r->text, NULL, 0, ENS_TRUSTLIST_TEXT_MAX);
    ens_arena_init(&r->scratch, ENS_ENTRY_MEMORY_MAX);
    r->scan = ens__scan_new();
    r->signature = r->scan ? ens__signature_new(r->scan) : NULL;
    bool good = r->signature != NULL;
    for (unsigned i = 0; good && i < ENS_LNS_NUM; i++) {
        r->ns[i] = ens__scan_know(r->scan, ens__list_namespaces[i]);
        good = r->ns[i] != 0;
    }
    if (good)
        return r;
    ens__trustlist_reader_free(r);
    return NULL;
}

void ens__trustlist_reader_free(ens_trustlist_reader *r)
{
    if (!r)
        return;
    ens__signature_free(r->signature);
    ens__scan_free(r->scan);
    ens_buf_free(&r->text);
    ens_arena_free(&r->scratch);
    free(r);
}

void ens__trustlist_fail(ens_trustlist_reader *r, ens_code code, const char *why)
{
    if (r->failed != ENS_OK)
        return;
    r->failed = code;
    r->why = why;
}

ens_slice ens__trustlist_keep(ens_trustlist_reader *r, ens_arena *arena, ens_slice s)
{
    const char *copy = ens_arena_text(arena, s);
    if (!copy)
        ens__trustlist_fail(r, ENS_ELIMIT, "the list is larger than it may be");
    return ens_bytes(copy, copy ? s.len : 0);
}

static const ens_scan_attribute *attribute(const ens_scan_event *e, ens_scan_uri ns, const char *local)
{
    for (unsigned i = 0; i < e->num_attributes; i++)
        if (e->attribute[i].ns == ns &&
            ens_is(ens__scan_local(e->attribute[i].name, e->attribute[i].prefix_len), local))
            return &e->attribute[i];
    return NULL;
}

ens_slice ens__trustlist_attribute(ens_trustlist_reader *r, const ens_scan_event *e, const char *local)
{
    const ens_scan_attribute *a = attribute(e, ENS_SCAN_NO_NS, local);
    if (!a)
        return (ens_slice){0};
    r->text.len = 0;
    ens__scan_text(a->value, true, &r->text);
    ens_slice value = ens__trustlist_keep(r, &r->scratch, ens__trim(ens_buf_slice(&r->text)));
    r->text.len = 0;
    return value;
}

bool ens__trustlist_base64(ens_trustlist_reader *r, ens_slice *out)
{
    size_t len = ens__base64_decode(ens_buf_slice(&r->text), r->text.p);
    *out = ens_bytes(r->text.p, len == SIZE_MAX ? 0 : len);
    return len != SIZE_MAX && len > 0;
}

static ens_list_place below(const ens_trustlist_reader *r, const ens_scan_event *e)
{
    for (unsigned i = 0; i < ENS_LNS_NUM; i++)
        if (e->ns == r->ns[i])
            return ens__list_place_below(r->place[r->depth], (ens_list_ns)i, ens__scan_local(e->name, e->prefix_len));
    return ENS_AT_DOCUMENT;
}

/* wanted: services only for a writer, pointers only where they were asked for. */
static bool wanted(const ens_trustlist_reader *r, ens_list_place place)
{
    if (place == ENS_AT_PROVIDERS)
        return r->writer != NULL;
    return place != ENS_AT_DOCUMENT && (place != ENS_AT_POINTERS || r->pointers);
}

static void on_unknown(ens_trustlist_reader *r)
{
    switch (r->place[r->depth]) {
    case ENS_AT_DOCUMENT:
        ens__trustlist_fail(r, ENS_ESYNTAX, "the root is no TrustServiceStatusList");
        break;
    case ENS_AT_EXTENSION:
        r->entry.unknown_critical |= r->extension_critical;
        break;
    case ENS_AT_CRITERIA:
    case ENS_AT_OTHER_CRITERIA:
        ens__trustlist_criteria_unknown(r);
        break;
    default:
        break;
    }
}

static bool of_criteria(ens_list_place place)
{
    return (place >= ENS_AT_QUALIFICATIONS && place <= ENS_AT_DESCRIPTION) || place == ENS_AT_KEY_USAGE_BIT ||
           place == ENS_AT_OID;
}

static void on_start(ens_trustlist_reader *r, const ens_scan_event *e)
{
    ens_list_place place = r->skipped ? ENS_AT_DOCUMENT : below(r, e);
    if (!wanted(r, place)) {
        if (!r->skipped++ && place == ENS_AT_DOCUMENT)
            on_unknown(r);
        return;
    }
    r->extension_known |= r->place[r->depth] == ENS_AT_EXTENSION;
    r->place[++r->depth] = place; /* the scanner's own limit is below that of place */
    r->text.len = 0;
    const ens_scan_attribute *lang = attribute(e, ENS_SCAN_XML_NS, "lang");
    r->english = lang && ens__eq_nocase(lang->value, ENS_LIT("en"));
    if (of_criteria(place))
        ens__trustlist_criteria_start(r, place, e);
    else if (place >= ENS_AT_PROVIDERS && place <= ENS_AT_TAKEN_OVER_NAMES)
        ens__trustlist_service_start(r, place, e);
    else
        ens__trustlist_head_start(r, place, e);
}

static void on_end(ens_trustlist_reader *r)
{
    if (r->skipped) {
        r->skipped--;
        return;
    }
    ens_list_place place = r->place[r->depth--];
    if (r->text.failed != ENS_OK)
        ens__trustlist_fail(r, r->text.failed, "the text of an element is longer than it may be");
    ens_slice text = ens__trim(ens_buf_slice(&r->text));
    if (of_criteria(place))
        ens__trustlist_criteria_end(r, place, text);
    else if ((place >= ENS_AT_PROVIDERS && place <= ENS_AT_TAKEN_OVER_NAMES) ||
             (place >= ENS_AT_PROVIDER_NAME && place <= ENS_AT_TAKEN_OVER_NAME))
        ens__trustlist_service_end(r, place, text);
    else
        ens__trustlist_head_end(r, place, text);
}

static void on_event(ens_trustlist_reader *r, const ens_scan_event *e)
{
    switch (e->kind) {
    case ENS_SCAN_START:
        on_start(r, e);
        break;
    case ENS_SCAN_END:
        on_end(r);
        break;
    case ENS_SCAN_TEXT:
        if (r->skipped || r->place[r->depth] < ENS_AT_FIRST_TEXT)
            break;
        if (e->plain)
            ens_buf_put(&r->text, e->raw);
        else
            ens__scan_text(e->raw, false, &r->text);
        break;
    case ENS_SCAN_CDATA:
        if (!r->skipped && r->place[r->depth] >= ENS_AT_FIRST_TEXT)
            ens_buf_put(&r->text, ens_sub(e->raw, sizeof "<![CDATA[" - 1, e->raw.len - (sizeof "]]>" - 1)));
        break;
    default:
        break;
    }
}

static void reset(ens_trustlist_reader *r)
{
    ens_scan *scan = r->scan;
    ens_signature_reader *signature = r->signature;
    ens_buf text = r->text;
    ens_arena scratch = r->scratch;
    ens_scan_uri ns[ENS_LNS_NUM];
    memcpy(ns, r->ns, sizeof ns);
    text.len = 0;
    text.failed = ENS_OK;
    ens_arena_reset(&scratch);
    *r = (ens_trustlist_reader){.scan = scan, .signature = signature, .text = text, .scratch = scratch};
    memcpy(r->ns, ns, sizeof ns);
}

/* read_list hands every event to the reader of the signature and to our own. */
static ens_code read_list(ens_trustlist_reader *r, ens_slice bytes, ens_err *err)
{
    ens_scan_event e;
    ens__scan_begin(r->scan, bytes);
    ens__signature_begin(r->signature, bytes);
    do {
        ens_code code = ens__scan_next(r->scan, &e, err);
        if (code == ENS_OK)
            code = ens__signature_event(r->signature, &e, err);
        if (code != ENS_OK)
            return code;
        on_event(r, &e);
        if (r->failed != ENS_OK)
            return ens_fail(err, r->failed, RULE, r->why, e.raw.p ? (size_t)(e.raw.p - bytes.p) : 0);
    } while (e.kind != ENS_SCAN_EOF);
    return ens__signature_end(r->signature, err);
}

static ens_code whole(const ens_trustlist_reader *r, ens_err *err)
{
    if (!r->has_version || !r->has_sequence || !r->has_issued || !r->has_next_update)
        return ens_fail(err, ENS_ESYNTAX, RULE, "version, sequence number, date of issue or next update are missing",
                        0);
    if (r->out->version != 5 && r->out->version != 6)
        return ens_fail(err, ENS_EPOLICY, RULE " 5.3.1", "the list is not of version 5 or 6", 0);
    return r->writer ? ens__writer_status(r->writer, err) : ENS_OK;
}

ens_code ens__trustlist_read(ens_trustlist_reader *r, ens_slice bytes, bool pointers, ens_snapshot_writer *writer,
                             ens_arena *arena, ens_trustlist *out, ens_err *err)
{
    *out = (ens_trustlist){.next_update = ENS_TIME_NONE, .issued = ENS_TIME_NONE, .signing_time = ENS_TIME_NONE};
    if (bytes.len > ENS_TRUSTLIST_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the list is larger than it may be", ENS_TRUSTLIST_MAX);
    reset(r);
    r->out = out;
    r->writer = writer;
    r->arena = arena;
    r->pointers = pointers;
    ens_code code = read_list(r, bytes, err);
    out->signature = ens__signature_found(r->signature);
    return code == ENS_OK ? whole(r, err) : code;
}

/* Is a trusted list sealed as it must be, and by whom? */
#define RSA_BITS_MIN 1900u /* as TS 119 312 counts 2048: there are lists signed by 2032 bits */
#define EC_BITS_MIN 256u

/* The digest that SigningCertificate is made with. SHA-1 will do: it only tells which of the certificates in KeyInfo is
 * meant, and that certificate is compared whole with those who may sign. */
static const EVP_MD *digest_of(ens_slice uri)
{
    if (ens_is(uri, "http://www.w3.org/2000/09/xmldsig#sha1"))
        return EVP_sha1();
    if (ens_is(uri, "http://www.w3.org/2001/04/xmlenc#sha256"))
        return ens__digest_md(ENS_SHA256);
    if (ens_is(uri, "http://www.w3.org/2001/04/xmldsig-more#sha384"))
        return ens__digest_md(ENS_SHA384);
    return ens_is(uri, "http://www.w3.org/2001/04/xmlenc#sha512") ? ens__digest_md(ENS_SHA512) : NULL;
}

static bool refuse_seal(ens_list_judgement *out, const char *why)
{
    snprintf(out->reason, sizeof out->reason, "%s", why);
    return false;
}

/* one_signature: XAdES allows others elsewhere; a trusted list has one, so that nobody can tell two stories. */
static bool one_signature(const ens_signature *s, ens_list_judgement *out)
{
    if (s->num_signatures == 0) {
        out->signature = ENS_LIST_SIGNATURE_NONE;
        return refuse_seal(out, "the list is not signed");
    }
    if (s->num_signatures + s->num_inside != 1)
        return refuse_seal(out, "the list has more than one signature");
    return s->depth == 2 || refuse_seal(out, "the signature is no child of the root");
}

static bool good_reference(const ens_signature_reference *r, ens_list_judgement *out)
{
    switch (r->state) {
    case ENS_REFERENCE_HOLDS:
        return true;
    case ENS_REFERENCE_DIFFERS:
        return refuse_seal(out, r->covers == ENS_COVERS_INSIDE
                                    ? "the digest of the signed properties differs: they were changed after sealing"
                                    : "the digest of the list differs: it was changed after sealing");
    default:
        return refuse_seal(out, r->why ? r->why : "a reference of the signature can't be followed");
    }
}

/* covered: the root, all but the signature, and the very SignedProperties that were read. */
static bool covered(const ens_trustlist *l, ens_list_judgement *out)
{
    const ens_signature *s = l->signature;
    unsigned roots = 0, properties = 0;
    for (unsigned i = 0; i < s->num_references; i++) {
        const ens_signature_reference *r = &s->reference[i];
        if (!good_reference(r, out))
            return false;
        if (r->covers == ENS_COVERS_DOCUMENT || r->covers == ENS_COVERS_ROOT) {
            if (!r->enveloped || r->c14n != ENS_LIBXML_METHOD_EXCLUSIVE)
                return refuse_seal(out,
                                   "the list is not digested by enveloped signature and exclusive canonicalisation");
            roots++;
        } else {
            properties += r->element.p == l->signed_properties;
        }
    }
    if (roots != 1)
        return refuse_seal(out, "the signature doesn't cover the root of the list");
    if (l->num_signed_properties != 1 || properties != 1)
        return refuse_seal(out, "the signature doesn't cover its SignedProperties");
    return true;
}

static bool digest_fits(const ens_signing_certificate *named, ens_slice der)
{
    uint8_t digest[ENS_DIGEST_MAX];
    unsigned len = 0;
    const EVP_MD *md = digest_of(named->method);
    return md && EVP_Digest(der.p, der.len, digest, &len, md, NULL) == 1 &&
           ens_eq(ens_bytes(digest, len), named->digest);
}

/* signer finds the certificate of KeyInfo that every SigningCertificate names. */
static bool signer(const ens_trustlist *l, ens_list_judgement *out)
{
    const ens_signature *s = l->signature;
    if (!l->num_signing_certificates)
        return refuse_seal(out, "the signature doesn't name its certificate (SigningCertificate)");
    for (unsigned i = 0; i < s->num_certificates; i++) {
        size_t fit = 0;
        while (fit < l->num_signing_certificates && digest_fits(&l->signing_certificate[fit], s->certificate[i]))
            fit++;
        if (fit < l->num_signing_certificates)
            continue;
        out->signer = s->certificate[i];
        return true;
    }
    return refuse_seal(out, "no certificate in the signature is the one that SigningCertificate names");
}

static bool strong(const ens_cert *cert, const ens_signature *s, ens_list_judgement *out)
{
    bool rsa = cert->key_type == ENS_KEY_RSA && s->scheme == ENS_SIGNATURE_RSA;
    bool pss =
        (cert->key_type == ENS_KEY_RSA || cert->key_type == ENS_KEY_RSA_PSS) && s->scheme == ENS_SIGNATURE_RSA_PSS;
    bool ec = cert->key_type == ENS_KEY_EC && s->scheme == ENS_SIGNATURE_ECDSA;
    if (!rsa && !pss && !ec)
        return refuse_seal(out, "the signer's key and the algorithm of the signature don't go together");
    if (cert->key_bits < (ec ? EC_BITS_MIN : RSA_BITS_MIN))
        return refuse_seal(out, "the signer's key is too short");
    return s->c14n == ENS_LIBXML_METHOD_EXCLUSIVE ||
           refuse_seal(out, "the signature is not made over exclusive canonical XML");
}

static bool in_time(const ens_trustlist *l, const ens_cert *cert, ens_list_judgement *out)
{
    if (l->signing_time == ENS_TIME_NONE)
        return refuse_seal(out, "the signature doesn't say when it was made (SigningTime)");
    if (l->signing_time < cert->not_before || l->signing_time > cert->not_after)
        return refuse_seal(out, "the signature was made when the signer's certificate was not valid");
    return true;
}

/* value_good verifies the signature's value. False with an error only when out of memory. */
static bool value_good(const ens_signature *s, const ens_cert *cert, ens_list_judgement *out, ens_code *code,
                       ens_err *err)
{
    EVP_PKEY *key = NULL;
    bool valid = false;
    ens_err local = {0};
    ens_code made = ens__key_of(cert, &key, &local);
    if (made == ENS_OK)
        made = ens__signature_verify(s, key, &valid, &local);
    EVP_PKEY_free(key);
    if (made == ENS_ENOMEM)
        *code = ens_fail(err, made, NULL, "out of memory for a signature", 0);
    if (made != ENS_OK)
        return refuse_seal(out, local.n ? local.frame[0].what : "the signature can't be verified");
    return valid || refuse_seal(out, "the value of the signature is wrong");
}

/* pinned: an anchor is a certificate, or the SHA-256 of one. */
static bool pinned(ens_slice signer_der, const ens_slice *anchors, size_t num)
{
    uint8_t digest[32];
    bool hashed = ens__sha256(signer_der, digest, NULL) == ENS_OK;
    for (size_t i = 0; i < num; i++)
        if (ens_eq(signer_der, anchors[i]) || (hashed && ens_eq(ens_bytes(digest, sizeof digest), anchors[i])))
            return true;
    return false;
}

ens_code ens__trustlist_judge(const ens_trustlist *list, const ens_slice *anchors, size_t num_anchors,
                              ens_list_judgement *out, ens_err *err)
{
    ens_code code = ENS_OK;
    ens_cert cert;
    *out = (ens_list_judgement){.signature = ENS_LIST_SIGNATURE_INVALID};
    if (!one_signature(list->signature, out) || !covered(list, out) || !signer(list, out))
        return ENS_OK;
    if (ens_cert_parse(out->signer, &cert, NULL) != ENS_OK) {
        refuse_seal(out, "the signer's certificate can't be read");
        return ENS_OK;
    }
    out->pinned = pinned(out->signer, anchors, num_anchors);
    if (!strong(&cert, list->signature, out) || !in_time(list, &cert, out) ||
        !value_good(list->signature, &cert, out, &code, err))
        return code;
    out->signature = ENS_LIST_SIGNATURE_VALID;
    if (!out->pinned)
        refuse_seal(out, num_anchors ? "the signer is not one of those that may sign this list"
                                     : "nobody is known who may sign this list");
    return ENS_OK;
}

static bool ends_with_nocase(ens_slice s, ens_slice ending)
{
    return s.len >= ending.len && ens__eq_nocase(ens_from(s, s.len - ending.len), ending);
}

/* The address of a publication in the Official Journal. */
static bool is_journal(ens_slice uri)
{
    return ens__starts_nocase(uri, ENS_LIT("https://eur-lex.europa.eu/")) ||
           ens__starts_nocase(uri, ENS_LIT("http://eur-lex.europa.eu/")) ||
           ens__starts_nocase(uri, ENS_LIT("https://data.europa.eu/eli/")) ||
           ens__starts_nocase(uri, ENS_LIT("http://data.europa.eu/eli/"));
}

size_t ens__lotl_pivots(const ens_trustlist *lotl, unsigned publication, ens_slice out[ENS_PIVOTS_MAX], bool *more)
{
    size_t n = 0, i = 0;
    unsigned seen = 0;
    *more = false;
    for (; i < lotl->num_scheme_uris; i++) {
        ens_slice uri = lotl->scheme_uri[i];
        if (is_journal(uri) && seen++ == publication)
            break;
        if (ends_with_nocase(uri, ENS_LIT(".xml")) && n < ENS_PIVOTS_MAX)
            out[n++] = uri;
    }
    for (i++; i < lotl->num_scheme_uris; i++)
        *more |= is_journal(lotl->scheme_uri[i]);
    for (size_t k = 0; k < n / 2; k++) {
        ens_slice newer = out[k];
        out[k] = out[n - 1 - k];
        out[n - 1 - k] = newer;
    }
    return n;
}

static bool is_list(const ens_list_pointer *p)
{
    return ens__eq_nocase(p->mime, ENS_LIT(ENS_TRUSTLIST_MIME));
}

const ens_list_pointer *ens__lotl_self(const ens_trustlist *lotl)
{
    for (size_t i = 0; i < lotl->num_pointers; i++)
        if (is_list(&lotl->pointer[i]) && ens_is(lotl->pointer[i].territory, ENS_LOTL_TERRITORY) &&
            ens_is(lotl->pointer[i].type, ENS_TYPE_LIST_OF_LISTS))
            return &lotl->pointer[i];
    return NULL;
}

bool ens__lotl_is_national(const ens_list_pointer *p)
{
    return is_list(p) && ens_is(p->type, ENS_TYPE_NATIONAL) && !ens_is(p->territory, ENS_LOTL_TERRITORY);
}

const char *ens__lotl_misfit(const ens_trustlist *list, ens_slice territory)
{
    if (!territory.len)
        return ens_is(list->type, ENS_TYPE_LIST_OF_LISTS) ? NULL : "this is no list of lists";
    if (!ens_is(list->type, ENS_TYPE_NATIONAL))
        return "this is no list of a Member State";
    return ens_eq(list->territory, territory) ? NULL : "this is the list of another country";
}
