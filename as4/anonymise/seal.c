#include "as4/anonymise/seal.h"

#include "as4/envelope/names.h"
#include "as4/reseal.h"
#include "engine/xml/reference/libxml.h"

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdio.h>

#define URI_MAX 1024u
#define SIGNATURE_MAX 2048u

static size_t find(ens_slice s, const char *text, size_t from)
{
    return from == SIZE_MAX ? SIZE_MAX : ens__find(s, ens_str(text), from);
}

/* content_of finds the text of the next element of that local name: behind its tag, up to the next '<'. */
static bool content_of(ens_slice s, const char *local, size_t from, size_t *start, size_t *end)
{
    for (size_t at = find(s, local, from); at != SIZE_MAX; at = find(s, local, at + 1)) {
        size_t name = at;
        while (name > 0 && s.p[name - 1] != '<' && s.p[name - 1] != '>' && s.p[name - 1] != '/' && s.p[name - 1] != ' ')
            name--;
        uint8_t behind = at + strlen(local) < s.len ? s.p[at + strlen(local)] : 0;
        if (!name || s.p[name - 1] != '<' ||
            (behind != '>' && behind != ' ' && behind != '\n' && behind != '\r' && behind != '\t'))
            continue;
        *start = find(s, ">", at);
        *end = find(s, "<", *start);
        if (*end == SIZE_MAX)
            return false;
        *start += 1;
        return true;
    }
    return false;
}

size_t ens__seal_digest(ens_buf *envelope, ens_slice uri, ens_slice digest)
{
    char storage[128], attribute[URI_MAX];
    size_t num = 0, start, end;
    ens_buf text;
    ens_buf_init(&text, storage, sizeof storage, sizeof storage);
    ens__base64_encode(&text, digest);
    for (int quote = 0; quote < 2 && !text.failed; quote++) {
        char q = quote ? '\'' : '"';
        int len = snprintf(attribute, sizeof attribute, "URI=%c%.*s%c", q, (int)uri.len, (const char *)uri.p, q);
        if (len < 0 || (size_t)len >= sizeof attribute)
            continue;
        size_t info = find(ens_buf_slice(envelope), "SignedInfo", 0);
        for (size_t at = find(ens_buf_slice(envelope), attribute, info);
             at < find(ens_buf_slice(envelope), "SignatureValue", info);
             at = find(ens_buf_slice(envelope), attribute, at + 1)) {
            if (!content_of(ens_buf_slice(envelope), "DigestValue", at, &start, &end) ||
                !ens__text_splice(envelope, start, end, ens_buf_slice(&text)))
                break;
            num++;
        }
    }
    ens_buf_free(&text);
    return num;
}

/* -- Signature values -- */

static const xmlNode *child(const xmlNode *of, const char *local)
{
    for (const xmlNode *n = of ? of->children : NULL; n; n = n->next)
        if (n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, local) == 0)
            return n;
    return NULL;
}

static ens_slice attribute_of(const xmlNode *n, const char *name)
{
    for (const xmlAttr *a = n ? n->properties : NULL; a; a = a->next)
        if (strcmp((const char *)a->name, name) == 0 && a->children && a->children->content)
            return ens_str((const char *)a->children->content);
    return (ens_slice){0};
}

static const EVP_MD *md_of(ens_slice uri)
{
    static const char *const names[] = {"sha1", "sha224", "sha256", "sha384", "sha512"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (find(uri, names[i], 0) != SIZE_MAX)
            return EVP_get_digestbyname(names[i]);
    return NULL;
}

/* raw_ecdsa makes r and s of a DER signature, as XML has them.   Source  XML Signature 1.1, 6.4.3 */
static bool raw_ecdsa(const EVP_PKEY *key, uint8_t *value, size_t *len)
{
    int half = (EVP_PKEY_get_bits(key) + 7) / 8;
    const uint8_t *p = value;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)*len);
    const BIGNUM *r = NULL, *s = NULL;
    if (sig)
        ECDSA_SIG_get0(sig, &r, &s);
    bool good = sig && BN_bn2binpad(r, value, half) == half && BN_bn2binpad(s, value + half, half) == half;
    *len = 2 * (size_t)half;
    ECDSA_SIG_free(sig);
    return good;
}

static bool make_value(ens_slice octets, ens_slice method, EVP_PKEY *key, uint8_t *out, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *p = NULL;
    const EVP_MD *md = md_of(method);
    bool pss = find(method, "MGF1", 0) != SIZE_MAX, ec = key && EVP_PKEY_is_a(key, "EC");
    *len = SIGNATURE_MAX;
    bool good = ctx && key && md && EVP_DigestSignInit(ctx, &p, md, NULL, key) == 1 &&
                (!pss || EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) == 1) &&
                EVP_DigestSign(ctx, out, len, octets.p, octets.len) == 1 && (!ec || raw_ecdsa(key, out, len));
    EVP_MD_CTX_free(ctx);
    return good;
}

/* canonical appends the octets of a SignedInfo by the method that it names. */
static bool canonical(xmlDocPtr doc, const xmlNode *info, ens_buf *out)
{
    const xmlNode *method = child(info, "CanonicalizationMethod");
    ens_slice uri = attribute_of(method, "Algorithm");
    ens_libxml_canon_mode mode = find(uri, "REC-xml-c14n", 0) != SIZE_MAX   ? ENS_LIBXML_INCLUSIVE
                                 : find(uri, "WithComments", 0) != SIZE_MAX ? ENS_LIBXML_EXCLUSIVE_COMMENTS
                                                                            : ENS_LIBXML_EXCLUSIVE;
    ens_slice prefixes = attribute_of(child(method, "InclusiveNamespaces"), "PrefixList");
    return ens__libxml_canon(doc, info, mode, prefixes, out, NULL) == ENS_OK;
}

/* nth_info finds ds:SignedInfo number n in the order of the document. */
static const xmlNode *nth_info(xmlDocPtr doc, size_t n)
{
    const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    for (const xmlNode *e = root; e; e = ens__libxml_following(e, root))
        if (strcmp((const char *)e->name, "SignedInfo") == 0 && !n--)
            return e;
    return NULL;
}

/* put_value writes a value over the one that stands between start and end. */
static bool put_value(ens_buf *envelope, size_t start, size_t end, ens_slice value)
{
    ens_buf text;
    ens_buf_init(&text, NULL, 0, 2 * SIGNATURE_MAX);
    ens__base64_encode(&text, value);
    bool good = !text.failed && ens__text_splice(envelope, start, end, ens_buf_slice(&text));
    ens_buf_free(&text);
    return good;
}

static bool put_nobodys(ens_buf *envelope, size_t start, size_t end)
{
    uint8_t value[SIGNATURE_MAX];
    size_t len = (end - start) / 4 * 3;
    len = len < sizeof value ? len : sizeof value;
    return !len || (RAND_bytes(value, (int)len) == 1 && put_value(envelope, start, end, ens_bytes(value, len)));
}

static bool sign_nth(ens_libxml *xml, ens_buf *envelope, size_t n, size_t start, size_t end, EVP_PKEY *key)
{
    uint8_t value[SIGNATURE_MAX];
    size_t len = 0;
    xmlDocPtr doc = NULL;
    ens_buf octets;
    ens_buf_init(&octets, NULL, 0, ENS_XML_MAX);
    ens_slice text = ens_buf_slice(envelope);
    const xmlNode *info = ens__libxml_parse(xml, text, &doc, NULL) == ENS_OK ? nth_info(doc, n) : NULL;
    ens_slice method = attribute_of(child(info, "SignatureMethod"), "Algorithm");
    bool good = info && canonical(doc, info, &octets) && make_value(ens_buf_slice(&octets), method, key, value, &len);
    if (doc)
        xmlFreeDoc(doc);
    ens_buf_free(&octets);
    return good ? put_value(envelope, start, end, ens_bytes(value, len)) : put_nobodys(envelope, start, end);
}

bool ens__seal_sign(ens_buf *envelope, EVP_PKEY *key)
{
    ens_libxml *xml = ens__libxml_new();
    size_t start, end, from = 0;
    bool good = xml != NULL;
    for (size_t n = 0; good && content_of(ens_buf_slice(envelope), "SignatureValue", from, &start, &end); n++) {
        good = sign_nth(xml, envelope, n, start, end, key);
        from = start;
    }
    ens__libxml_free(xml);
    return good;
}

bool ens__seal_tokens(ens_buf *envelope, bool (*visit)(void *user, ens_slice text, ens_buf *instead), void *user)
{
    static const char *const names[] = {"BinarySecurityToken", "X509Certificate"};
    size_t start, end;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t from = 0; content_of(ens_buf_slice(envelope), names[i], from, &start, &end); from = start) {
            ens_buf instead;
            ens_buf_init(&instead, NULL, 0, SIZE_MAX);
            bool changes = visit(user, ens_sub(ens_buf_slice(envelope), start, end), &instead);
            bool good =
                !instead.failed && (!changes || ens__text_splice(envelope, start, end, ens_buf_slice(&instead)));
            ens_buf_free(&instead);
            if (!good)
                return false;
        }
    return true;
}
