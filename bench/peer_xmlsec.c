/* The peer xmlsec1. It is reached through engine/dsig, the one file that calls xmlsec: what that adds is a table of
 * targets, as xmlsec has no look-up of attachments of its own. */
#include "bench/peers.h"

#include "as4/envelope/names.h"
#include "as4/mime/mime.h"
#include "certs/keys/chain.h"
#include "engine/base/gzip.h"
#include "engine/base/report.h"
#include "engine/xml/reference/libxml.h"
#include "engine/xml/reference/xmlsec.h"

#include <libxml/parser.h>
#include <stdlib.h>

#define TARGETS_MAX (ENS_ANATOMY_PIECES + 2)

#define ARENA_MAX ((size_t)512 << 20)
#define INFLATED_MAX ((size_t)256 << 20)

typedef struct {
    const ens_sample *sample;
    ens_xmlsec *dsig;
    ens_gzip *gzip;
    ens_arena arena;
    ens_report report;
    ens_buf inflated;
    ens_mime mime;
    ens_xmlsec_target target[TARGETS_MAX];
    size_t num;
} state;

void ens__peer_xmlsec_drop(void *p)
{
    state *s = p;
    ens__xmlsec_free(s->dsig);
    ens__gzip_free(s->gzip);
    ens__report_clear(&s->report);
    ens_buf_free(&s->inflated);
    ens_arena_free(&s->arena);
    free(s);
}

void *ens__peer_xmlsec_make(const void *sample)
{
    state *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    ens__libxml_init();
    s->sample = sample;
    ens_arena_init(&s->arena, ARENA_MAX);
    ens__report_init(&s->report);
    ens_buf_init(&s->inflated, NULL, 0, INFLATED_MAX);
    s->gzip = ens__gzip_new();
    s->dsig = ens__xmlsec_new();
    if (s->gzip && s->dsig)
        return s;
    ens__peer_xmlsec_drop(s);
    return NULL;
}

static ens_slice value_of(const xmlAttr *a)
{
    return a->children && a->children->content ? ens_str((const char *)a->children->content) : (ens_slice){0};
}

/* find_id is the attribute of that name and value in the tree below node. */
static xmlAttr *find_id(xmlNode *node, ens_slice id)
{
    for (; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        for (xmlAttr *a = node->properties; a; a = a->next)
            if ((xmlStrEqual(a->name, (const xmlChar *)"Id") || xmlStrEqual(a->name, (const xmlChar *)"id")) &&
                ens_eq(value_of(a), id))
                return a;
        xmlAttr *below = find_id(node->children, id);
        if (below)
            return below;
    }
    return NULL;
}

/* add_target says what one reference means: an element by its id, or the next part. */
static bool add_target(state *s, xmlDocPtr doc, const xmlNode *reference, unsigned *parts)
{
    const xmlAttr *uri = xmlHasProp(reference, (const xmlChar *)"URI");
    if (!uri || s->num == TARGETS_MAX)
        return false;
    ens_xmlsec_target *t = &s->target[s->num++];
    *t = (ens_xmlsec_target){.uri = value_of(uri)};
    if (t->uri.len && t->uri.p[0] == '#') {
        t->id = find_id(xmlDocGetRootElement(doc), ens_from(t->uri, 1));
        t->node = t->id ? t->id->parent : NULL;
        return t->node != NULL;
    }
    if (*parts == s->mime.num_parts)
        return false;
    t->octets = s->mime.part[(*parts)++].body;
    return true;
}

static xmlNode *signature_of(xmlDocPtr doc)
{
    const xmlNode *header = ens__libxml_child(xmlDocGetRootElement(doc), ENS_NS_SOAP12, "Header");
    return ens__libxml_child(ens__libxml_child(header, ENS_NS_WSSE, "Security"), ENS_NS_DS, "Signature");
}

static bool verify(state *s, EVP_PKEY *key)
{
    bool valid = false;
    unsigned parts = 0;
    ens_slice text = s->mime.root.body;
    xmlDocPtr doc = xmlReadMemory((const char *)text.p, (int)text.len, NULL, NULL, XML_PARSE_NONET);
    xmlNode *signature = doc ? signature_of(doc) : NULL;
    bool good = signature != NULL;
    s->num = 0;
    const xmlNode *info = good ? ens__libxml_child(signature, ENS_NS_DS, "SignedInfo") : NULL;
    for (const xmlNode *n = info ? ens__libxml_first(info) : NULL; n && good; n = ens__libxml_next(n))
        if (ens__libxml_is(n, ENS_NS_DS, "Reference"))
            good = add_target(s, doc, n, &parts);
    good = good && ens__xmlsec_verify(s->dsig, signature, key, s->target, s->num, &valid, NULL) == ENS_OK && valid;
    xmlFreeDoc(doc);
    return good;
}

static bool split(state *s)
{
    ens__report_reset(&s->report);
    ens_arena_reset(&s->arena);
    ens__mime_read(ens_buf_slice(&s->sample->message), (ens_slice){0}, &s->arena, &s->mime, &s->report);
    return s->mime.num_parts > 0;
}

static bool inflate(state *s)
{
    bool good = true;
    for (unsigned i = 0; i < s->mime.num_parts && good; i++) {
        s->inflated.len = 0;
        good = ens__gzip_inflate(s->gzip, s->mime.part[i].body, INFLATED_MAX, &s->inflated, NULL) == ENS_OK;
    }
    return good;
}

bool ens__peer_xmlsec_verify(void *p)
{
    state *s = p;
    return split(s) && verify(s, s->sample->key) && inflate(s);
}

/* key_of reads the signer's key from the token, as it comes: the last certificate of the path. */
static EVP_PKEY *key_of(state *s)
{
    ens_slice text = s->sample->message_parts.token;
    ens_chain chain = {0};
    uint8_t *der = ens_arena_take(&s->arena, text.len / 4 * 3 + 3);
    size_t len = der ? ens__base64_decode(text, der) : SIZE_MAX;
    if (len == SIZE_MAX || ens__pkipath_read(ens_bytes(der, len), &chain, NULL) != ENS_OK || !chain.num)
        return NULL;
    const unsigned char *at = chain.cert[chain.num - 1].der.p;
    X509 *leaf = d2i_X509(NULL, &at, (long)chain.cert[chain.num - 1].der.len);
    EVP_PKEY *key = leaf ? X509_get_pubkey(leaf) : NULL;
    X509_free(leaf);
    return key;
}

bool ens__peer_xmlsec_verify_by_token(void *p)
{
    state *s = p;
    bool good = split(s);
    EVP_PKEY *key = good ? key_of(s) : NULL;
    good = key && verify(s, key) && inflate(s);
    EVP_PKEY_free(key);
    return good;
}
