#include "tests/certs/oracle.h"

#include "certs/x509/der.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#define ANY_POLICY "2.5.29.32.0"

bool oracle_open(oracle *o)
{
    *o = (oracle){.anchors = X509_STORE_new(), .untrusted = sk_X509_new_null()};
    return o->anchors && o->untrusted;
}

void oracle_close(oracle *o)
{
    X509_STORE_free(o->anchors);
    sk_X509_pop_free(o->untrusted, X509_free);
}

static X509 *read_certificate(ens_slice der)
{
    const unsigned char *p = der.p;
    X509 *x = d2i_X509(NULL, &p, (long)der.len);
    ERR_clear_error();
    if (x && p == der.p + der.len)
        return x;
    X509_free(x);
    return NULL;
}

bool oracle_add_anchor(oracle *o, ens_slice der)
{
    X509 *x = read_certificate(der);
    bool good = x && X509_STORE_add_cert(o->anchors, x) == 1;
    X509_free(x);
    return good;
}

bool oracle_add_untrusted(oracle *o, ens_slice der)
{
    X509 *x = read_certificate(der);
    if (x && sk_X509_push(o->untrusted, x) > 0)
        return true;
    X509_free(x);
    return false;
}

static bool set_policies(X509_VERIFY_PARAM *param, const ens__policy_inputs *in)
{
    unsigned long flags = X509_V_FLAG_POLICY_CHECK | (in->explicit_policy ? X509_V_FLAG_EXPLICIT_POLICY : 0) |
                          (in->inhibit_any ? X509_V_FLAG_INHIBIT_ANY : 0) |
                          (in->inhibit_mapping ? X509_V_FLAG_INHIBIT_MAP : 0);
    for (size_t i = 0; i < in->num_initial || i == 0; i++) {
        char text[ENS_OID_TEXT_MAX] = ANY_POLICY;
        ASN1_OBJECT *policy =
            OBJ_txt2obj(i < in->num_initial ? ens__oid_text(in->initial[i], text, sizeof text) : text, 1);
        if (!policy || !X509_VERIFY_PARAM_add0_policy(param, policy))
            return false;
    }
    return X509_VERIFY_PARAM_set_flags(param, flags) == 1;
}

bool oracle_accepts(const oracle *o, ens_slice leaf, ens_time at, const ens__policy_inputs *inputs, int *error)
{
    X509 *x = read_certificate(leaf);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool good = x && ctx && X509_STORE_CTX_init(ctx, o->anchors, x, o->untrusted);
    *error = 0;
    if (good) {
        X509_STORE_CTX_set_time(ctx, 0, (time_t)at);
        X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
        good = (!inputs || set_policies(X509_STORE_CTX_get0_param(ctx), inputs)) && X509_verify_cert(ctx) == 1;
        *error = X509_STORE_CTX_get_error(ctx);
    }
    X509_STORE_CTX_free(ctx);
    X509_free(x);
    ERR_clear_error();
    return good;
}
