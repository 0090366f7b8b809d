/* The peer xmlsec1, which verifies a signature as a whole. What is added is a table of targets, as xmlsec has no
 * look-up of attachments of its own; it trusts the message, as a peer that is measured may. */
#include "bench/peers.h"

#include "as4/envelope/names.h"
#include "as4/mime/mime.h"
#include "certs/keys/chain.h"
#include "engine/base/gzip.h"
#include "engine/base/report.h"
#include "engine/xml/reference/libxml.h"
#include "engine/xml/reference/xmlsec.h"

#include <libxml/parser.h>
#include <pthread.h>
#include <stdlib.h>
#include <xmlsec/crypto.h>
#include <xmlsec/io.h>
#include <xmlsec/keys.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>

#define TARGETS_MAX (ENS_ANATOMY_PIECES + 2)

#define ARENA_MAX ((size_t)512 << 20)
#define INFLATED_MAX ((size_t)256 << 20)

#define SWA_CONTENT "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Signature-Transform"

/* What a URI of the signature means: an element of the document, by the attribute that holds its id, or the octets of a
 * part outside of it. */
typedef struct {
    ens_slice uri;       /* as it stands in ds:Reference/@URI */
    const xmlNode *node; /* for "#id", else NULL */
    xmlAttr *id;         /* the node's attribute with that id */
    ens_slice octets;    /* for other URIs: what is digested */
} target;

typedef struct {
    const ens_sample *sample;
    ens_xmlsec *started; /* xmlsec, ready for use */
    ens_reader open;     /* the part that xmlsec is reading */
    ens_gzip *gzip;
    ens_arena arena;
    ens_report report;
    ens_buf inflated;
    ens_mime mime;
    target target[TARGETS_MAX];
    size_t num;
} state;

/* xmlsec's input callbacks carry no context: the state is here while it verifies. */
static _Thread_local state *current;

static int part_match(const char *uri)
{
    return current != NULL && uri != NULL;
}

/* xmlsec tries the URI percent-decoded first and then as it stands; the target is the one that stands in the reference.
 */
static void *part_open(const char *uri)
{
    for (size_t i = 0; current && i < current->num; i++) {
        if (current->target[i].node || !ens_is(current->target[i].uri, uri))
            continue;
        current->open = ens_read(current->target[i].octets);
        return current;
    }
    return NULL;
}

static int part_read(void *context, char *to, int len)
{
    state *d = context;
    size_t n = ens_left(&d->open) < (size_t)len ? ens_left(&d->open) : (size_t)len;
    ens_slice piece;
    if (n && ens_take(&d->open, n, &piece))
        memcpy(to, piece.p, n);
    return (int)n;
}

static int part_close(void *context)
{
    (void)context;
    return 0;
}

/* The SwA content transform hands on what it gets: the caller has made the octets that are digested. */
static int content_execute(xmlSecTransformPtr transform, int last, xmlSecTransformCtxPtr ctx)
{
    (void)ctx;
    if (transform->status == xmlSecTransformStatusNone)
        transform->status = xmlSecTransformStatusWorking;
    if (transform->status == xmlSecTransformStatusFinished)
        return 0;
    xmlSecSize n = xmlSecBufferGetSize(&transform->inBuf);
    if (n && (xmlSecBufferAppend(&transform->outBuf, xmlSecBufferGetData(&transform->inBuf), n) < 0 ||
              xmlSecBufferRemoveHead(&transform->inBuf, n) < 0))
        return -1;
    if (last)
        transform->status = xmlSecTransformStatusFinished;
    return 0;
}

static xmlSecTransformKlass content_class = {
    .klassSize = sizeof(xmlSecTransformKlass),
    .objSize = sizeof(xmlSecTransform),
    .name = (const xmlChar *)"attachment-content",
    .href = (const xmlChar *)SWA_CONTENT,
    .usage = xmlSecTransformUsageDSigTransform,
    .getDataType = xmlSecTransformDefaultGetDataType,
    .pushBin = xmlSecTransformDefaultPushBin,
    .popBin = xmlSecTransformDefaultPopBin,
    .execute = content_execute,
};

static bool registered;

static void register_parts(void)
{
    registered = xmlSecIORegisterCallbacks(part_match, part_open, part_read, part_close) >= 0 &&
                 xmlSecTransformIdsRegister(&content_class) >= 0;
}

static bool allow_only_ours(xmlSecDSigCtxPtr ctx)
{
    ctx->flags |= XMLSEC_DSIG_FLAGS_USE_VISA3D_HACK; /* resolve "#id" by the id table, not by XPointer */
    ctx->enabledReferenceUris = xmlSecTransformUriTypeSameDocument | xmlSecTransformUriTypeRemote;
    return xmlSecDSigCtxEnableReferenceTransform(ctx, xmlSecTransformExclC14NId) >= 0 &&
           xmlSecDSigCtxEnableReferenceTransform(ctx, &content_class) >= 0 &&
           xmlSecDSigCtxEnableReferenceTransform(ctx, xmlSecTransformSha256Id) >= 0 &&
           xmlSecDSigCtxEnableSignatureTransform(ctx, xmlSecTransformExclC14NId) >= 0 &&
           xmlSecDSigCtxEnableSignatureTransform(ctx, xmlSecTransformRsaSha256Id) >= 0;
}

/* adopt_key gives xmlsec a reference of its own to the key. */
static bool adopt_key(xmlSecDSigCtxPtr ctx, EVP_PKEY *key)
{
    EVP_PKEY *own = EVP_PKEY_up_ref(key) == 1 ? key : NULL;
    xmlSecKeyDataPtr data = own ? xmlSecOpenSSLEvpKeyAdopt(own) : NULL;
    if (!data) {
        EVP_PKEY_free(own);
        return false;
    }
    ctx->signKey = xmlSecKeyCreate();
    if (ctx->signKey && xmlSecKeySetValue(ctx->signKey, data) >= 0)
        return true;
    xmlSecKeyDataDestroy(data);
    return false;
}

/* Ids are known to the document only while they are looked up, and only those of the targets. */
static bool add_ids(xmlDocPtr doc, const target *targets, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (!targets[i].node || targets[i].id->atype == XML_ATTRIBUTE_ID)
            continue;
        xmlChar *value = xmlStrndup(targets[i].uri.p + 1, (int)targets[i].uri.len - 1);
        bool added = value && xmlAddID(NULL, doc, value, targets[i].id) != NULL;
        xmlFree(value);
        if (!added)
            return false;
    }
    return true;
}

/* verify_whole has xmlsec judge the signature. The verdict is in ctx->status: the return value only says that there was
 * a signature to judge. */
static bool verify_whole(state *s, xmlNodePtr signature, EVP_PKEY *key)
{
    xmlSecDSigCtxPtr ctx = xmlSecDSigCtxCreate(NULL);
    current = s;
    bool good = ctx && allow_only_ours(ctx) && adopt_key(ctx, key) && add_ids(signature->doc, s->target, s->num) &&
                xmlSecDSigCtxVerify(ctx, signature) >= 0 && ctx->status == xmlSecDSigStatusSucceeded;
    current = NULL;
    if (ctx)
        xmlSecDSigCtxDestroy(ctx);
    return good;
}

void ens__peer_xmlsec_drop(void *p)
{
    state *s = p;
    ens__xmlsec_free(s->started);
    ens__gzip_free(s->gzip);
    ens__report_clear(&s->report);
    ens_buf_free(&s->inflated);
    ens_arena_free(&s->arena);
    free(s);
}

void *ens__peer_xmlsec_make(const void *sample)
{
    state *s = ens__xmlsec_load(NULL) == ENS_OK ? calloc(1, sizeof *s) : NULL;
    if (!s)
        return NULL;
    s->sample = sample;
    ens_arena_init(&s->arena, ARENA_MAX);
    ens__report_init(&s->report);
    ens_buf_init(&s->inflated, NULL, 0, INFLATED_MAX);
    s->gzip = ens__gzip_new();
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    s->started = ens__xmlsec_new();
    if (s->started)
        pthread_once(&once, register_parts);
    if (s->gzip && s->started && registered)
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
    target *t = &s->target[s->num++];
    *t = (target){.uri = value_of(uri)};
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
    good = good && verify_whole(s, signature, key);
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
