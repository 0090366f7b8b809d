#include "engine/xml/reference/xmlsec.h"

#include "engine/xml/reference/libxml.h"

#include <dlfcn.h>
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

/* X(name): what is called of xmlsec and of its wing for OpenSSL, which is loaded with it when a signature is to be
 * judged by it first (see xml_calls.h). */
#define CALLS(X)                                                                                                       \
    X(xmlSecErrorsSetCallback)                                                                                         \
    X(xmlSecIOCleanupCallbacks)                                                                                        \
    X(xmlSecInit)                                                                                                      \
    X(xmlSecKeyCreate)                                                                                                 \
    X(xmlSecKeyDataDestroy)                                                                                            \
    X(xmlSecKeyDestroy)                                                                                                \
    X(xmlSecKeySetValue)                                                                                               \
    X(xmlSecTransformCtxCreate)                                                                                        \
    X(xmlSecTransformCtxCreateAndAppend)                                                                               \
    X(xmlSecTransformCtxDestroy)                                                                                       \
    X(xmlSecTransformCtxPrepare)                                                                                       \
    X(xmlSecTransformPushBin)                                                                                          \
    X(xmlSecTransformSetKey)                                                                                           \
    X(xmlSecTransformVerify)                                                                                           \
    X(xmlSecOpenSSLEvpKeyAdopt)                                                                                        \
    X(xmlSecOpenSSLInit)                                                                                               \
    X(xmlSecOpenSSLTransformRsaSha256GetKlass)                                                                         \
    X(xmlSecOpenSSLTransformSha256GetKlass)

static struct {
#define MEMBER(name) __typeof__(&(name)) name;
    CALLS(MEMBER)
#undef MEMBER
} sec;

static char fault[256]; /* why it isn't there */

static bool find_call(void *library, const char *name, void *out)
{
    void *symbol = library ? dlsym(library, name) : NULL; /* a pointer to data, that is one to a function */
    memcpy(out, &symbol, sizeof symbol);
    return symbol != NULL;
}

/* Files, http and ftp are taken away from xmlsec, and nothing is given for them. dlsym looks into what a library was
 * linked with, too: xmlsec itself is there by the name of its wing. */
static void start_xmlsec(void)
{
    bool good = ens__xml_load(NULL) == ENS_OK;
    void *library = dlopen(ENS_XMLSEC_FILE, RTLD_LAZY | RTLD_LOCAL);
#define FIND(name) good = good && find_call(library, #name, &sec.name);
    CALLS(FIND)
#undef FIND
    if (!good) {
        const char *why = dlerror();
        snprintf(fault, sizeof fault, "%s", why ? why : "without libxml2");
    } else if (sec.xmlSecInit() < 0 || sec.xmlSecOpenSSLInit() < 0) {
        snprintf(fault, sizeof fault, "it can't be started");
    } else {
        sec.xmlSecIOCleanupCallbacks();
        sec.xmlSecErrorsSetCallback(keep_reason);
    }
}

ens_code ens__xmlsec_load(ens_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_xmlsec);
    return fault[0] ? ens_fail_about(err, ENS_ECRYPTO, RULE,
                                     "xmlsec can't be loaded; install it (Debian: libxmlsec1-openssl)", fault)
                    : ENS_OK;
}

ens_xmlsec *ens__xmlsec_new(void)
{
    return calloc(1, sizeof(ens_xmlsec)); /* it is loaded when something is to be judged */
}

void ens__xmlsec_free(ens_xmlsec *x)
{
    free(x);
}

/* wrap_key gives xmlsec a reference of its own to the key. */
static xmlSecKeyPtr wrap_key(EVP_PKEY *key)
{
    EVP_PKEY *own = EVP_PKEY_up_ref(key) == 1 ? key : NULL;
    xmlSecKeyDataPtr data = own ? sec.xmlSecOpenSSLEvpKeyAdopt(own) : NULL;
    if (!data) {
        EVP_PKEY_free(own);
        return NULL;
    }
    xmlSecKeyPtr wrapped = sec.xmlSecKeyCreate();
    if (wrapped && sec.xmlSecKeySetValue(wrapped, data) >= 0)
        return wrapped;
    sec.xmlSecKeyDataDestroy(data);
    sec.xmlSecKeyDestroy(wrapped);
    return NULL;
}

/* compute runs one transform over the octets and has it compare its result; a key is for a signature method. */
static bool compute(xmlSecTransformCtxPtr ctx, xmlSecTransformId id, xmlSecKeyPtr key, ens_slice octets,
                    ens_slice expected, bool *holds)
{
    xmlSecTransformPtr t = ctx ? sec.xmlSecTransformCtxCreateAndAppend(ctx, id) : NULL;
    if (!t || octets.len > UINT32_MAX || expected.len > UINT32_MAX)
        return false;
    t->operation = xmlSecTransformOperationVerify;
    if ((key && sec.xmlSecTransformSetKey(t, key) < 0) ||
        sec.xmlSecTransformCtxPrepare(ctx, xmlSecTransformDataTypeBin) < 0 ||
        sec.xmlSecTransformPushBin(ctx->first, octets.p, (xmlSecSize)octets.len, 1, ctx) < 0 ||
        sec.xmlSecTransformVerify(t, expected.p, (xmlSecSize)expected.len, ctx) < 0)
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
    xmlSecTransformCtxPtr ctx = sec.xmlSecTransformCtxCreate();
    bool judged = compute(ctx, id, key, octets, expected, holds);
    if (ctx)
        sec.xmlSecTransformCtxDestroy(ctx);
    ens__libxml_unquiet(before);
    current = NULL;
    return judged ? ENS_OK : ens_fail_about(err, ENS_ECRYPTO, RULE, "xmlsec can't judge the signature", x->reason);
}

ens_code ens__xmlsec_digest(ens_xmlsec *x, ens_slice octets, ens_slice expected, bool *holds, ens_err *err)
{
    ens_code code = ens__xmlsec_load(err);
    return code != ENS_OK
               ? code
               : run_transform(x, sec.xmlSecOpenSSLTransformSha256GetKlass(), NULL, octets, expected, holds, err);
}

ens_code ens__xmlsec_signature(ens_xmlsec *x, ens_slice signed_info, EVP_PKEY *key, ens_slice value, bool *holds,
                               ens_err *err)
{
    ens_code code = ens__xmlsec_load(err);
    if (code != ENS_OK)
        return code;
    xmlSecKeyPtr wrapped = wrap_key(key);
    if (!wrapped)
        return ens_fail(err, ENS_ECRYPTO, RULE, "xmlsec can't use the key", 0);
    code = run_transform(x, sec.xmlSecOpenSSLTransformRsaSha256GetKlass(), wrapped, signed_info, value, holds, err);
    sec.xmlSecKeyDestroy(wrapped);
    return code;
}
