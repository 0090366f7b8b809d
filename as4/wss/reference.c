#include "as4/wss/reference.h"

#include "as4/envelope/names.h"
#include "as4/wss/coverage.h"
#include "engine/base/gzip.h"
#include "engine/xml/reference/libxml.h"

#define RULE "XML Signature 1.1, 3.2"
#define OCTETS_MAX ((size_t)256 << 20) /* canonical form of one element or part */

ens_code ens__reference_verifier_init(ens_reference_verifier *d, ens_libxml *xml, ens_err *err)
{
    *d = (ens_reference_verifier){.xml = xml, .xmlsec = ens__xmlsec_new()};
    ens_buf_init(&d->scratch, NULL, 0, OCTETS_MAX);
    if (!d->xmlsec)
        return ens_fail(err, ENS_ECRYPTO, NULL, "xmlsec1 can't be started", 0);
    return ens__digest_init(&d->sha256, ENS_SHA256, err);
}

void ens__reference_verifier_clear(ens_reference_verifier *d)
{
    ens__xmlsec_free(d->xmlsec);
    ens__digest_clear(&d->sha256);
    ens_buf_free(&d->scratch);
}

static void empty(ens_buf *b)
{
    b->len = 0;
    b->failed = ENS_OK;
}

/* Why a digest differs: the change between sealing and sending that would explain it, and what to do. */
typedef struct {
    const char *detail, *hint;
} diagnosis;

/* octets_of makes the octets of one reference in d->scratch or where they lie. False when they can't be made. */
static bool octets_of(ens_reference_verifier *d, const ens_soap *soap, const ens_reference *r, const ens_covered *of,
                      ens_slice *out)
{
    if (of->part && ens__part_form(of->part) == ENS_FORM_RAW) {
        *out = of->part->body;
        return true;
    }
    empty(&d->scratch);
    ens_code code = of->node ? ens__libxml_canon(soap->doc, of->node->origin, ENS_LIBXML_EXCLUSIVE, r->prefix_list,
                                                 &d->scratch, NULL)
                             : ens__part_octets(d->xml, of->part, &d->scratch, NULL);
    *out = ens_buf_slice(&d->scratch);
    return code == ENS_OK;
}

static bool matches(ens_reference_verifier *d, ens_slice octets, ens_slice expected)
{
    uint8_t made[ENS_DIGEST_MAX];
    ens__digest_start(&d->sha256);
    ens__digest_add(&d->sha256, octets);
    return ens__digest_end(&d->sha256, made, NULL) == ENS_OK && ens_eq(ens_bytes(made, 32), expected);
}

/* What the search for causes may cost for one message, in octets hashed: about a tenth of a second. Canonicalising and
 * compressing an octet take as long as hashing that many. */
#define WORK_MAX ((size_t)128 << 20)
#define CANON_WORK 12u
#define COMPRESS_WORK 32u
#define SHOWN 60u /* octets of the hashed form in a detail */

typedef struct {
    ens_reference_verifier *d;
    const ens_soap *soap;
    const ens_reference *r;
    const ens_covered *of;
    ens_slice octets; /* a copy or the part itself */
    ens_buf made;     /* one attempt */
    ens_report *report;
} attempt;

/* affords takes from what the search may cost; false, for the rest of the message, once that is spent. */
static bool affords(ens_reference_verifier *d, size_t octets, unsigned each)
{
    bool good = octets <= d->work_left / each;
    d->work_left = good ? d->work_left - octets * each : 0;
    return good;
}

/* hit tells whether the attempt in a->made is what was signed, and empties it. */
static bool hit(attempt *a)
{
    bool good =
        !a->made.failed && affords(a->d, a->made.len, 1) && matches(a->d, ens_buf_slice(&a->made), a->r->digest);
    a->made.len = 0;
    a->made.failed = ENS_OK;
    return good;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* strip_white_space copies a canonical form without the text that is white space alone; with trim also without the
 * white space at either end of other text. */
static void strip_white_space(ens_slice in, bool trim, ens_buf *out)
{
    size_t at = 0;
    while (at < in.len) {
        size_t tag = ens__find(in, ENS_LIT("<"), at);
        tag = tag == SIZE_MAX ? in.len : tag;
        ens_slice text = ens_sub(in, at, tag), bare = ens__trim(text);
        if (bare.len)
            ens_buf_put(out, trim ? bare : text);
        size_t end = ens__find(in, ENS_LIT(">"), tag);
        end = end == SIZE_MAX ? in.len : end + 1;
        ens_buf_put(out, ens_sub(in, tag, end));
        at = end;
    }
}

static void without(ens_slice in, ens_slice piece, ens_slice instead, ens_buf *out)
{
    size_t from = 0;
    for (size_t at = ens__find(in, piece, 0); at != SIZE_MAX; at = ens__find(in, piece, from)) {
        ens_buf_put(out, ens_sub(in, from, at));
        ens_buf_put(out, instead);
        from = at + piece.len;
    }
    ens_buf_put(out, ens_from(in, from));
}

static bool white_space(attempt *a)
{
    for (int trim = 0; trim < 2; trim++) {
        strip_white_space(a->octets, trim, &a->made);
        if (hit(a))
            return true;
    }
    return false;
}

static bool line_ends_of_element(attempt *a)
{
    without(a->octets, ENS_LIT("&#xD;"), ENS_LIT(""), &a->made);
    if (hit(a))
        return true;
    without(a->octets, ENS_LIT("\n"), ENS_LIT("&#xD;\n"), &a->made);
    return hit(a);
}

static bool canonical_as(attempt *a, ens_libxml_canon_mode mode, ens_slice prefix_list)
{
    /* libxml2 walks all of the envelope for a part of it. */
    return affords(a->d, a->soap->size, CANON_WORK) &&
           ens__libxml_canon(a->soap->doc, a->of->node->origin, mode, prefix_list, &a->made, NULL) == ENS_OK && hit(a);
}

static bool prefix_list(attempt *a)
{
    static const char *const usual[] = {"", "env", "soap", "S12", "soapenv", "xsd xsi", "eb", "env eb", "wsu"};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (!ens_is(a->r->prefix_list, usual[i]) && canonical_as(a, ENS_LIBXML_EXCLUSIVE, ens_str(usual[i])))
            return true;
    return false;
}

static bool inclusive(attempt *a)
{
    return canonical_as(a, ENS_LIBXML_INCLUSIVE, (ens_slice){0});
}

static bool comments(attempt *a)
{
    return canonical_as(a, ENS_LIBXML_EXCLUSIVE_COMMENTS, a->r->prefix_list);
}

/* Prefixes that AS4 stacks write, per namespace. */
static const struct {
    const char *ns;
    const char *prefix[9];
} usual_prefixes[] = {
    {ENS_NS_SOAP12, {"env", "S12", "soap", "soapenv", "S", "s", "SOAP-ENV", "soap12", NULL}},
    {ENS_NS_EB, {"eb", "eb3", "ns2", "ns3", "ebms", "ns4", "ns5", "ns6", NULL}},
    {ENS_NS_WSU, {"wsu", "ns1", NULL}},
};
#define NUM_USUAL (sizeof usual_prefixes / sizeof *usual_prefixes)

/* declaration finds the namespace declaration in scope of a block that the usual prefixes stand for. */
static xmlNsPtr declaration(const xmlNode *block, const char *ns)
{
    for (const xmlNode *e = block; e && e->type == XML_ELEMENT_NODE; e = e->parent)
        for (xmlNsPtr d = e->nsDef; d; d = d->next)
            if (d->href && strcmp((const char *)d->href, ns) == 0)
                return d;
    return NULL;
}

/* rename_prefixes tries every usual prefix of one namespace after the other, all combinations of them; the tree is as
 * before afterwards. */
static bool rename_prefixes(attempt *a, size_t which)
{
    if (which == NUM_USUAL)
        return canonical_as(a, ENS_LIBXML_EXCLUSIVE, a->r->prefix_list);
    xmlNsPtr d = declaration(a->of->node->origin, usual_prefixes[which].ns);
    bool found = rename_prefixes(a, which + 1);
    const xmlChar *before = d ? d->prefix : NULL;
    for (const char *const *p = usual_prefixes[which].prefix; d && !found && *p; p++) {
        d->prefix = (const xmlChar *)*p;
        found = rename_prefixes(a, which + 1);
    }
    if (d)
        d->prefix = before;
    return found;
}

static bool prefixes(attempt *a)
{
    return rename_prefixes(a, 0);
}

static bool line_ends_of_part(attempt *a)
{
    ens__crlf(a->octets, &a->made);
    if (hit(a))
        return true;
    without(a->octets, ENS_LIT("\r\n"), ENS_LIT("\n"), &a->made);
    if (hit(a))
        return true;
    ens_buf_put(&a->made, a->octets);
    ens_buf_text(&a->made, "\r\n");
    if (hit(a))
        return true;
    size_t end = a->octets.len;
    while (end && is_blank(a->octets.p[end - 1]))
        end--;
    ens_buf_put(&a->made, ens_sub(a->octets, 0, end));
    return hit(a);
}

static bool base64_form(attempt *a)
{
    ens__base64_encode(&a->made, a->octets);
    if (hit(a))
        return true;
    uint8_t *room = ens_buf_room(&a->made, a->octets.len / 4 * 3 + 3);
    size_t n = room ? ens__base64_decode(a->octets, room) : SIZE_MAX;
    if (n == SIZE_MAX)
        return false;
    a->made.len = n;
    return hit(a);
}

static bool as_sent(attempt *a)
{
    ens_buf_put(&a->made, a->of->part->body);
    return hit(a);
}

static bool inflated(attempt *a)
{
    ens_gzip *z = ens__gzip_new();
    bool good = z && ens__gzip_inflate(z, a->octets, a->d->work_left, &a->made, NULL) == ENS_OK && hit(a);
    a->made.len = 0;
    ens__gzip_free(z);
    return good;
}

static bool compressed(attempt *a)
{
    ens_gzip *z = ens__gzip_new();
    bool good = z && affords(a->d, a->octets.len, COMPRESS_WORK) &&
                ens__gzip_compress(z, a->octets, &a->made, NULL) == ENS_OK && hit(a);
    a->made.len = 0;
    ens__gzip_free(z);
    return good;
}

/* again: not what was signed, but contents that our own compression brings back to it. */
static bool compressed_again(attempt *a)
{
    ens_gzip *z = ens__gzip_new();
    ens_buf contents;
    ens_buf_init(&contents, NULL, 0, WORK_MAX);
    bool good = z && ens__gzip_inflate(z, a->octets, a->d->work_left / COMPRESS_WORK, &contents, NULL) == ENS_OK &&
                affords(a->d, contents.len, COMPRESS_WORK) &&
                ens__gzip_compress(z, ens_buf_slice(&contents), &a->made, NULL) == ENS_OK && hit(a);
    ens_buf_free(&contents);
    ens__gzip_free(z);
    return good;
}

typedef struct {
    bool (*matches)(attempt *);
    diagnosis found;
} cause;

static const cause element_causes[] = {
    {white_space,
     {"white space between elements was changed after sealing (pretty-printing)",
      "send the envelope byte for byte as it was sealed: no pretty-printer, no XML gateway behind the sealing"}},
    {line_ends_of_element,
     {"line ends were changed after sealing", "send the envelope byte for byte as it was sealed, as binary"}},
    {prefix_list,
     {"it was signed with another InclusiveNamespaces PrefixList",
      "write the PrefixList that the canonicalisation used into ds:Transform, or none at all"}},
    {inclusive,
     {"it was signed with inclusive C14N although exclusive C14N is declared",
      "use exclusive C14N for the digest, too"}},
    {comments, {"it was signed with comments", "leave comments out of the envelope"}},
    {prefixes,
     {"a namespace prefix was rewritten after sealing",
      "send the envelope byte for byte as it was sealed: something parses and writes it again"}},
};

static const cause part_causes[] = {
    {as_sent,
     {"the part was signed as it stands, without the canonicalisation that its media type asks for",
      "send the part as application/gzip: then nothing is canonicalised"}},
    {line_ends_of_part,
     {"line ends of the part were changed after sealing",
      "send parts as application/gzip with Content-Transfer-Encoding binary"}},
    {base64_form,
     {"the other form of its base64 transfer encoding was signed",
      "sign the part before it is encoded for transfer, or send it as binary"}},
    {inflated, {"the document was signed before it was compressed", "compress first, then sign (ICD 4.2.5; AS4 3.1)"}},
    {compressed, {"the compressed form was signed and the part sent uncompressed", "send the part as it was signed"}},
    {compressed_again,
     {"the part was compressed again after sealing",
      "compress once, sign those bytes and send them; a retry sends the same bytes"}},
};

static diagnosis try_causes(attempt *a, const cause *causes, size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (affords(a->d, a->octets.len, 1) && causes[i].matches(a)) /* each copies them at least once */
            return causes[i].found;
    return (diagnosis){NULL, NULL};
}

/* body_digest hashes the part of a reference, once for a message; NULL where that can't be afforded. */
static const uint8_t *body_digest(ens_reference_verifier *d, unsigned i, ens_slice body)
{
    uint8_t made[ENS_DIGEST_MAX];
    if (d->body[i].made)
        return d->body[i].of;
    if (!affords(d, body.len, 1))
        return NULL;
    ens__digest_start(&d->sha256);
    ens__digest_add(&d->sha256, body);
    if (ens__digest_end(&d->sha256, made, NULL) != ENS_OK)
        return NULL;
    memcpy(d->body[i].of, made, sizeof d->body[i].of);
    d->body[i].made = true;
    return d->body[i].of;
}

/* swapped finds the part whose octets have the digest. */
static diagnosis swapped(attempt *a, const ens_wss *wss, const ens_coverage *coverage)
{
    for (unsigned i = 0; i < wss->num_references; i++) {
        const ens_mime_part *other = coverage->of[i].part;
        const uint8_t *digest = other && other != a->of->part ? body_digest(a->d, i, other->body) : NULL;
        if (!digest || memcmp(digest, a->r->digest.p, a->r->digest.len) != 0)
            continue;
        const char *detail = ens_arena_printf(
            &a->report->arena, "it is the digest of the part %s: parts or their Content-IDs were swapped",
            ens__show(a->report, other->content_id));
        return (diagnosis){detail ? detail : "parts were swapped",
                           "give every part the Content-ID with which it was sealed"};
    }
    return (diagnosis){NULL, NULL};
}

/* unknown shows how the hashed octets begin. Once the search is spent, nobody can say that no cause matches. */
static diagnosis unknown(attempt *a)
{
    const char *why = a->d->work_left ? "no usual cause matches" : "the search for its cause was given up";
    bool gzip = a->of->part && a->octets.len > 2 && a->octets.p[0] == 0x1f && a->octets.p[1] == 0x8b;
    const char *hint =
        gzip
            ? "compress once, sign those bytes and send them: content changed, or it was compressed again after sealing"
            : "content was changed after sealing; compare what was hashed (ensign verify --canonical DIR writes it) "
              "with what the sealing side hashed";
    const char *begin = ens__show(a->report, ens_sub(a->octets, 0, SHOWN));
    const char *detail =
        gzip ? ens_arena_printf(&a->report->arena, "%s; hashed were %zu octets of gzip", why, a->octets.len)
             : ens_arena_printf(&a->report->arena, "%s; hashed were %zu octets that begin %s", why, a->octets.len,
                                begin);
    return (diagnosis){detail ? detail : why, hint};
}

/* diagnose never fails: where no cause is found the detail shows how the hashed octets begin. octets are those that
 * were hashed for that reference; they may lie in d->scratch and are gone afterwards. Strings live as long as the
 * report. */
static diagnosis diagnose(ens_reference_verifier *d, const ens_soap *soap, const ens_wss *wss,
                          const ens_coverage *coverage, unsigned reference, ens_slice octets, ens_report *report)
{
    attempt a = {.d = d,
                 .soap = soap,
                 .r = &wss->reference[reference],
                 .of = &coverage->of[reference],
                 .octets = octets,
                 .report = report};
    if (!a.r->digest.p || a.r->digest.len != 32)
        return (diagnosis){"DigestValue isn't the base64 of 32 bytes", "write DigestValue as base64 of the SHA-256"};
    if (d->terse)
        return (diagnosis){"its cause was not searched for",
                           "judge it without --quiet: then its cause is searched for"};
    ens_buf_init(&a.made, NULL, 0, 2 * WORK_MAX);
    diagnosis found = {NULL, NULL};
    if (a.of->part)
        found = try_causes(&a, part_causes, sizeof part_causes / sizeof *part_causes);
    else
        found = try_causes(&a, element_causes, sizeof element_causes / sizeof *element_causes);
    if (!found.detail && a.of->part)
        found = swapped(&a, wss, coverage);
    if (!found.detail)
        found = unknown(&a);
    ens_buf_free(&a.made);
    return found;
}

static const char *id_of(const ens_soap *soap, const ens_covered *of)
{
    if (of->part)
        return "digest.part";
    return of->node == soap->messaging ? "digest.messaging" : of->node == soap->body ? "digest.body" : "digest.element";
}

/* is_repeated: an earlier reference has the target already. It is not hashed again, however often it is referred to;
 * coverage has refused it. */
static bool is_repeated(const ens_coverage *coverage, unsigned i)
{
    const ens_covered *of = &coverage->of[i];
    for (unsigned k = 0; k < i; k++)
        if (coverage->of[k].node == of->node && coverage->of[k].part == of->part && (of->node || of->part))
            return true;
    return false;
}

/* judge_digest tells of one reference; true where its digest is right. */
static bool judge_digest(ens_reference_verifier *d, const ens_soap *soap, const ens_wss *wss,
                         const ens_coverage *coverage, unsigned i, ens_report *report)
{
    const ens_reference *r = &wss->reference[i];
    const ens_covered *of = &coverage->of[i];
    const char *id = id_of(soap, of);
    const char *uri = ens__show(report, r->uri);
    ens_slice octets;
    if (!of->node && !of->part) {
        ens__skip(report, id, RULE, true, "%s: what it refers to isn't there", uri);
    } else if (is_repeated(coverage, i)) {
        ens__skip(report, id, RULE, true, "%s: what it refers to is signed by another reference already", uri);
    } else if (!ens__wss_reference_allowed(r)) {
        ens__skip(report, id, RULE, true, "%s: not computed, its algorithms aren't allowed", uri);
    } else if (!octets_of(d, soap, r, of, &octets)) {
        ens__failf(report, id, RULE, "send XML parts well-formed, or better as application/gzip",
                   "%s can't be canonicalised", uri);
    } else if (matches(d, octets, r->digest)) {
        ens__passf(report, id, RULE, "%s, %zu octets", uri, octets.len);
        return true;
    } else {
        if (d->differs)
            d->differs(d->differs_user, wss->reference[i].uri, octets);
        diagnosis why = diagnose(d, soap, wss, coverage, i, octets, report);
        ens_finding *f = ens__failf(report, id, RULE, why.hint, "the digest of %s differs: %s", uri, why.detail);
        f->xpath = of->node ? ens__node_path(of->node, &report->arena) : NULL;
    }
    return false;
}

/* signed_info_of makes the canonical ds:SignedInfo in d->scratch. */
static bool signed_info_of(ens_reference_verifier *d, const ens_soap *soap, const ens_wss *wss)
{
    empty(&d->scratch);
    return wss->signature_value.p && ens__libxml_canon(soap->doc, wss->signed_info->origin, ENS_LIBXML_EXCLUSIVE,
                                                       wss->c14n_prefix_list, &d->scratch, NULL) == ENS_OK;
}

/* value_verifies checks SignatureValue alone, so that a report can tell it from the digests. */
static bool value_verifies(ens_reference_verifier *d, const ens_soap *soap, const ens_wss *wss, EVP_PKEY *key)
{
    if (!signed_info_of(d, soap, wss))
        return false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good =
        ctx && EVP_DigestVerifyInit(ctx, NULL, ens__digest_md(ENS_SHA256), NULL, key) == 1 &&
        EVP_DigestVerify(ctx, wss->signature_value.p, wss->signature_value.len, d->scratch.p, d->scratch.len) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

static bool judge_value(ens_reference_verifier *d, const ens_soap *soap, const ens_wss *wss, EVP_PKEY *key,
                        ens_report *report)
{
    if (!key) {
        ens__skip(report, "signature.value", RULE, true, "the signer's certificate isn't known");
    } else if (!ens__wss_signature_allowed(wss)) {
        ens__skip(report, "signature.value", RULE, true, "not computed, the signature's algorithms aren't allowed");
    } else if (!EVP_PKEY_is_a(key, "RSA")) {
        ens__failf(report, "signature.value", RULE, "seal with the private key of an RSA certificate",
                   "the signer's key isn't RSA");
    } else if (value_verifies(d, soap, wss, key)) {
        ens__passf(report, "signature.value", RULE, "the signature value itself is good");
        return true;
    } else {
        ens__failf(
            report, "signature.value", RULE,
            "seal with the private key of the certificate in the token, and leave ds:SignedInfo as it was signed",
            "the signature value doesn't verify with the key of the signer's certificate");
    }
    return false;
}

/* explain goes through digests and signature value one by one, and returns whether all of them are right. */
static bool explain(ens_reference_verifier *d, const ens_soap *soap, const ens_wss *wss, const ens_coverage *coverage,
                    EVP_PKEY *key, ens_report *report)
{
    bool right = true;
    d->work_left = WORK_MAX;
    memset(d->body, 0, sizeof d->body);
    for (unsigned i = 0; i < wss->num_references; i++)
        right &= judge_digest(d, soap, wss, coverage, i, report);
    return judge_value(d, soap, wss, key, report) && right;
}

/* reference_holds asks xmlsec1 about the octets of what the reference is bound to, and compares their digest by OpenSSL
 * as well: what one has hashed is what the other has. */
static bool reference_holds(ens_reference_verifier *d, const ens_soap *soap, const ens_reference *r,
                            const ens_covered *of, ens_err *err)
{
    ens_slice octets;
    bool holds = false;
    return ens__wss_reference_allowed(r) && (of->node || of->part) && octets_of(d, soap, r, of, &octets) &&
           ens__xmlsec_digest(d->xmlsec, octets, r->digest, &holds, err) == ENS_OK && holds &&
           matches(d, octets, r->digest);
}

static bool seal_holds(ens_reference_verifier *d, const ens_soap *soap, const ens_wss *wss,
                       const ens_coverage *coverage, EVP_PKEY *key, ens_err *err)
{
    bool holds = false;
    for (unsigned i = 0; i < wss->num_references; i++)
        if (is_repeated(coverage, i) || !reference_holds(d, soap, &wss->reference[i], &coverage->of[i], err))
            return false;
    return signed_info_of(d, soap, wss) &&
           ens__xmlsec_signature(d->xmlsec, ens_buf_slice(&d->scratch), key, wss->signature_value, &holds, err) ==
               ENS_OK &&
           holds;
}

void ens__reference_verifier_pass(const ens_soap *soap, const ens_wss *wss, const ens_coverage *coverage,
                                  ens_report *report)
{
    for (unsigned i = 0; i < wss->num_references; i++)
        ens__passf(report, id_of(soap, &coverage->of[i]), RULE, "%s", ens__show(report, wss->reference[i].uri));
    ens__pass(report, "signature.value", RULE);
}

void ens__reference_verifier_judge(ens_reference_verifier *d, const ens_soap *soap, const ens_wss *wss,
                                   const ens_coverage *coverage, EVP_PKEY *key, ens_report *report)
{
    if (!wss->signature || !wss->num_references)
        return;
    ens_err err = {0};
    if (key && coverage->resolved && wss->well_formed && ens__wss_signature_allowed(wss) &&
        seal_holds(d, soap, wss, coverage, key, &err)) {
        ens__reference_verifier_pass(soap, wss, coverage, report);
        return;
    }
    bool right = explain(d, soap, wss, coverage, key, report);
    if (right && wss->well_formed)
        ens__failf(report, "signature.structure", "XML Signature 1.1, 4",
                   "write ds:Signature as the XML Signature schema has it", "xmlsec1 doesn't accept the signature%s%s",
                   err.text[0] ? ": " : "", err.text);
}
