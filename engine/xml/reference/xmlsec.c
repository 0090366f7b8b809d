#include "engine/xml/reference/xmlsec.h"

#include "engine/xml/reference/libxml.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/keys.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>

#define SWA_CONTENT "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Signature-Transform"

struct ens_xmlsec {
    const ens_xmlsec_target *targets;
    size_t num;
    ens_reader open; /* the part that xmlsec is reading */
    char reason[ENS_ERR_TEXT];
};

/* xmlsec's input callbacks carry no context: the worker's is here while it verifies. */
static _Thread_local ens_xmlsec *current;

static int part_match(const char *uri)
{
    return current != NULL && uri != NULL;
}

/* xmlsec tries the URI percent-decoded first and then as it stands; the target is the one that stands in the reference.
 */
static void *part_open(const char *uri)
{
    for (size_t i = 0; current && i < current->num; i++) {
        if (current->targets[i].node || !ens_is(current->targets[i].uri, uri))
            continue;
        current->open = ens_read(current->targets[i].octets);
        return current;
    }
    return NULL;
}

static int part_read(void *context, char *to, int len)
{
    ens_xmlsec *d = context;
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

static void keep_reason(const char *file, int line, const char *func, const char *object, const char *subject,
                        int reason, const char *msg)
{
    (void)file, (void)line, (void)func, (void)object;
    if (current && !current->reason[0])
        snprintf(current->reason, sizeof current->reason, "%s%s%s (%d)", subject ? subject : "",
                 subject && msg ? ": " : "", msg ? msg : "", reason);
}

static bool ready;

/* Files, http and ftp are taken away from xmlsec; what remains are the parts of the message. */
static void start_xmlsec(void)
{
    if (xmlSecInit() < 0 || xmlSecCryptoInit() < 0)
        return;
    xmlSecIOCleanupCallbacks();
    if (xmlSecIORegisterCallbacks(part_match, part_open, part_read, part_close) < 0)
        return;
    xmlSecErrorsSetCallback(keep_reason);
    ready = xmlSecTransformIdsRegister(&content_class) >= 0;
}

ens_xmlsec *ens__xmlsec_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_xmlsec);
    return ready ? calloc(1, sizeof(ens_xmlsec)) : NULL;
}

void ens__xmlsec_free(ens_xmlsec *d)
{
    free(d);
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
static bool add_ids(xmlDocPtr doc, const ens_xmlsec_target *targets, size_t num)
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

ens_code ens__xmlsec_verify(ens_xmlsec *d, xmlNodePtr signature, EVP_PKEY *key, const ens_xmlsec_target *targets,
                            size_t num, bool *valid, ens_err *err)
{
    ens_code code = ENS_OK;
    d->targets = targets;
    d->num = num;
    d->reason[0] = 0;
    current = d;
    xmlSecDSigCtxPtr ctx = xmlSecDSigCtxCreate(NULL);
    if (!ctx || !allow_only_ours(ctx) || !adopt_key(ctx, key) || !add_ids(signature->doc, targets, num)) {
        code = ens_fail(err, ENS_ENOMEM, NULL, "can't prepare the verification", 0);
        goto out;
    }
    /* The return value only says that there was a signature to judge; the verdict is in ctx->status. */
    ens_libxml_handler before = ens__libxml_quiet();
    int judged = xmlSecDSigCtxVerify(ctx, signature);
    ens__libxml_unquiet(before);
    if (judged < 0 || ctx->status == xmlSecDSigStatusUnknown)
        code =
            ens_fail_about(err, ENS_ECRYPTO, "XML Signature 1.1, 3.2", "xmlsec can't judge the signature", d->reason);
    else
        *valid = ctx->status == xmlSecDSigStatusSucceeded;
out:
    if (ctx)
        xmlSecDSigCtxDestroy(ctx);
    current = NULL;
    d->targets = NULL;
    d->num = 0;
    return code;
}
