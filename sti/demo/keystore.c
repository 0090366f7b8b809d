#include "sti/demo/keystore.h"

#include "engine/base/file.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <unistd.h>

#define RULE "PKCS#12 (RFC 7292)"
#define PATH_LEN 4200u
#define JAVA_TRUSTED "2.16.840.1.113894.746875.1.1" /* the attribute that makes a certificate an entry for Java … */
#define ANY_USAGE "2.5.29.37.0"                     /* … trusted for this */

static BIO *open_pem(const char *folder, const char *name, const char *ending)
{
    char path[PATH_LEN];
    int n = snprintf(path, sizeof path, "%s/%s.%s", folder, name, ending);
    return n > 0 && (size_t)n < sizeof path ? BIO_new_file(path, "r") : NULL;
}

static X509 *read_certificate(const char *folder, const char *name, STACK_OF(X509) * issuers)
{
    BIO *in = open_pem(folder, name, "pem");
    X509 *leaf = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL, *issuer = NULL;
    while (leaf && issuers && (issuer = PEM_read_bio_X509(in, NULL, NULL, NULL)))
        if (!sk_X509_push(issuers, issuer))
            X509_free(issuer);
    BIO_free(in);
    return leaf;
}

/* write_store writes it under its name, for nobody else's eyes. */
static ens_code write_store(PKCS12 *store, const char *path, ens_err *err)
{
    unsigned char *der = NULL;
    int len = store ? i2d_PKCS12(store, &der) : 0;
    ens_code code = len > 0 ? ens__file_write(path, ens_bytes(der, (size_t)len), 0600, err)
                            : ens_fail_about(err, ENS_ECRYPTO, RULE, "a key store can't be made", path);
    OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
    PKCS12_free(store);
    ERR_clear_error();
    return code;
}

static bool is_there(char path[PATH_LEN], const char *folder, const char *name)
{
    snprintf(path, PATH_LEN, "%s/%s.p12", folder, name);
    return access(path, F_OK) == 0;
}

ens_code ens__keystore_make(const char *folder, const char *name, ens_err *err)
{
    char path[PATH_LEN];
    if (is_there(path, folder, name))
        return ENS_OK;
    BIO *in = open_pem(folder, name, "key");
    EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
    STACK_OF(X509) *issuers = sk_X509_new_null();
    X509 *leaf = read_certificate(folder, name, issuers);
    PKCS12 *store = key && leaf ? PKCS12_create(ENS_KEYSTORE_PASS, name, key, leaf, issuers, 0, 0, 0, 0, 0) : NULL;
    ens_code code = write_store(store, path, err);
    BIO_free(in);
    EVP_PKEY_free(key);
    X509_free(leaf);
    sk_X509_pop_free(issuers, X509_free);
    return code;
}

/* add_trusted adds a certificate with what Java looks for. */
static bool add_trusted(STACK_OF(PKCS12_SAFEBAG) * *bags, const char *folder, const char *alias)
{
    X509 *x = read_certificate(folder, alias, NULL);
    ASN1_OBJECT *any = OBJ_txt2obj(ANY_USAGE, 1);
    PKCS12_SAFEBAG *bag = x && any ? PKCS12_add_cert(bags, x) : NULL;
    bool good = bag && PKCS12_add_friendlyname_utf8(bag, alias, -1) == 1 &&
                PKCS12_add1_attr_by_txt(bag, JAVA_TRUSTED, V_ASN1_OBJECT, (const unsigned char *)any, -1) == 1;
    ASN1_OBJECT_free(any);
    X509_free(x);
    return good;
}

ens_code ens__truststore_make(const char *folder, const char *name, const char *const *aliases, ens_err *err)
{
    char path[PATH_LEN];
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    STACK_OF(PKCS7) *safes = NULL;
    bool good = true;
    if (is_there(path, folder, name))
        return ENS_OK;
    for (; *aliases && good; aliases++)
        good = add_trusted(&bags, folder, *aliases);
    good = good && PKCS12_add_safe(&safes, bags, -1, 0, NULL) == 1; /* not encrypted: it is public */
    PKCS12 *store = good ? PKCS12_add_safes(safes, 0) : NULL;
    if (store && PKCS12_set_mac(store, ENS_KEYSTORE_PASS, -1, NULL, 0, PKCS12_DEFAULT_ITER, EVP_sha256()) != 1) {
        PKCS12_free(store);
        store = NULL;
    }
    ens_code code = write_store(store, path, err);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return code;
}
