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
#include <xmlsec/xmlsec.h>

#define RULE "XML Signature 1.1, 3.2"

struct ens_xmlsec {
    char reason[ENS_ERR_TEXT];
};

/* xmlsec's error callback carries no context: the worker's is here while it computes. */
static _Thread_local ens_xmlsec *current;

static void keep_reason(const char *file, int line, const char *func, const char *object, const char *subject,
                        int reason, const char *msg)
{
    (void)file, (void)line, (void)func, (void)object;
    if (current && !current->reason[0])
        snprintf(current->reason, sizeof current->reason, "%s%s%s (%d)", subject ? subject : "",
                 subject && msg ? ": " : "", msg ? msg : "", reason);
}

static bool ready;

/* Files, http and ftp are taken away from xmlsec, and nothing is given for them. */
static void start_xmlsec(void)
{
    if (xmlSecInit() < 0 || xmlSecCryptoInit() < 0)
        return;
    xmlSecIOCleanupCallbacks();
    xmlSecErrorsSetCallback(keep_reason);
    ready = true;
}

ens_xmlsec *ens__xmlsec_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_xmlsec);
    return ready ? calloc(1, sizeof(ens_xmlsec)) : NULL;
}

void ens__xmlsec_free(ens_xmlsec *x)
{
    free(x);
}

/* wrap_key gives xmlsec a reference of its own to the key. */
static xmlSecKeyPtr wrap_key(EVP_PKEY *key)
{
    EVP_PKEY *own = EVP_PKEY_up_ref(key) == 1 ? key : NULL;
    xmlSecKeyDataPtr data = own ? xmlSecOpenSSLEvpKeyAdopt(own) : NULL;
    if (!data) {
        EVP_PKEY_free(own);
        return NULL;
    }
    xmlSecKeyPtr wrapped = xmlSecKeyCreate();
    if (wrapped && xmlSecKeySetValue(wrapped, data) >= 0)
        return wrapped;
    xmlSecKeyDataDestroy(data);
    xmlSecKeyDestroy(wrapped);
    return NULL;
}

/* compute runs one transform over the octets and has it compare its result; a key is for a signature method. */
static bool compute(xmlSecTransformCtxPtr ctx, xmlSecTransformId id, xmlSecKeyPtr key, ens_slice octets,
                    ens_slice expected, bool *holds)
{
    xmlSecTransformPtr t = ctx ? xmlSecTransformCtxCreateAndAppend(ctx, id) : NULL;
    if (!t || octets.len > UINT32_MAX || expected.len > UINT32_MAX)
        return false;
    t->operation = xmlSecTransformOperationVerify;
    if ((key && xmlSecTransformSetKey(t, key) < 0) || xmlSecTransformCtxPrepare(ctx, xmlSecTransformDataTypeBin) < 0 ||
        xmlSecTransformPushBin(ctx->first, octets.p, (xmlSecSize)octets.len, 1, ctx) < 0 ||
        xmlSecTransformVerify(t, expected.p, (xmlSecSize)expected.len, ctx) < 0)
        return false;
    *holds = t->status == xmlSecTransformStatusOk;
    return true;
}

static ens_code run_transform(ens_xmlsec *x, xmlSecTransformId id, xmlSecKeyPtr key, ens_slice octets,
                              ens_slice expected, bool *holds, ens_err *err)
{
    static const uint8_t nothing[1];
    if (!octets.p)
        octets = (ens_slice){nothing, 0};
    x->reason[0] = 0;
    current = x;
    ens_libxml_handler before = ens__libxml_quiet();
    xmlSecTransformCtxPtr ctx = xmlSecTransformCtxCreate();
    bool judged = compute(ctx, id, key, octets, expected, holds);
    if (ctx)
        xmlSecTransformCtxDestroy(ctx);
    ens__libxml_unquiet(before);
    current = NULL;
    return judged ? ENS_OK : ens_fail_about(err, ENS_ECRYPTO, RULE, "xmlsec can't judge the signature", x->reason);
}

ens_code ens__xmlsec_digest(ens_xmlsec *x, ens_slice octets, ens_slice expected, bool *holds, ens_err *err)
{
    return run_transform(x, xmlSecTransformSha256Id, NULL, octets, expected, holds, err);
}

ens_code ens__xmlsec_signature(ens_xmlsec *x, ens_slice signed_info, EVP_PKEY *key, ens_slice value, bool *holds,
                               ens_err *err)
{
    xmlSecKeyPtr wrapped = wrap_key(key);
    if (!wrapped)
        return ens_fail(err, ENS_ECRYPTO, RULE, "xmlsec can't use the key", 0);
    ens_code code = run_transform(x, xmlSecTransformRsaSha256Id, wrapped, signed_info, value, holds, err);
    xmlSecKeyDestroy(wrapped);
    return code;
}
