#include "certs/keys/keystore.h"

#include "certs/keys/certfile.h"
#include "certs/keys/keys.h"
#include "certs/keys/pkcs11.h"
#include "certs/x509/der.h"
#include "ensign/keys.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <pthread.h>

#define RULE "RFC 7292"
#define RULE_PEM "RFC 7468"
#define PBMAC1 ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0E") /* 1.2.840.113549.1.5.14 */
#define PBKDF2 ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0C")
#define HMAC_SHA1 ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x02\x07") /* and SHA-2 behind it */
#define MAC_MAX 64u
#define ITERATIONS_MAX 100000000u
#define NESTED_MAX 4u
#define PHRASE_MAX 1024u

static OSSL_LIB_CTX *legacy; /* made once, kept for the life of the process */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_legacy(void)
{
    OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();
    if (made && OSSL_PROVIDER_load(made, "default") && OSSL_PROVIDER_load(made, "legacy"))
        legacy = made;
    else
        OSSL_LIB_CTX_free(made);
    ERR_clear_error();
}

/* legacy_context gives a library context that also has the legacy provider; NULL where that is not installed. */
static OSSL_LIB_CTX *legacy_context(void)
{
    pthread_once(&once, make_legacy);
    return legacy;
}

/* to_default takes a key of another context and returns it as one of the default context, by way of its DER. NULL for
 * NULL and on failure. */
static EVP_PKEY *to_default(EVP_PKEY *key)
{
    if (!key)
        return NULL;
    unsigned char *der = NULL;
    int len = i2d_PrivateKey(key, &der);
    const unsigned char *p = der;
    EVP_PKEY *moved = len > 0 ? d2i_AutoPrivateKey(NULL, &p, len) : NULL;
    OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
    EVP_PKEY_free(key);
    return moved;
}

void ens__keyring_clear(ens__keyring *ring)
{
    for (size_t i = 0; i < ring->num; i++)
        EVP_PKEY_free(ring->key[i]);
    *ring = (ens__keyring){0};
}

EVP_PKEY *ens__keyring_find(const ens__keyring *ring, const ens_cert *cert)
{
    for (size_t i = 0; i < ring->num; i++)
        if (ens__key_matches(ring->key[i], cert))
            return ring->key[i];
    return NULL;
}

/* put_keystore takes the key, or frees it when there is no room. */
static bool put_keystore(ens__keyring *ring, EVP_PKEY *key)
{
    if (key && ring->num < ENS_KEYRING_MAX) {
        ring->key[ring->num++] = key;
        return true;
    }
    EVP_PKEY_free(key);
    return false;
}

/* --- PKCS#12 --- */

typedef enum { OPENED, NOT_PKCS12, WRONG_PASS, UNSUPPORTED } opened;

/* One attempt: by the ciphers of one context, with one pass phrase. */
typedef struct {
    OSSL_LIB_CTX *ctx;
    const char *pass;
    int pass_len;
    ens_pkcs12 *out;
} attempt;

/* why_not tells from OpenSSL's errors whether the pass phrase is what is wrong. */
static opened why_not(void)
{
    opened why = UNSUPPORTED;
    for (unsigned long e; (e = ERR_get_error());)
        if ((ERR_GET_LIB(e) == ERR_LIB_PKCS12 &&
             (ERR_GET_REASON(e) == PKCS12_R_PKCS12_CIPHERFINAL_ERROR || ERR_GET_REASON(e) == PKCS12_R_DECODE_ERROR)) ||
            (ERR_GET_LIB(e) == ERR_LIB_PROV && ERR_GET_REASON(e) == 100 /* bad decrypt */) ||
            (ERR_GET_LIB(e) == ERR_LIB_EVP &&
             (ERR_GET_REASON(e) == EVP_R_BAD_DECRYPT || ERR_GET_REASON(e) == EVP_R_WRONG_FINAL_BLOCK_LENGTH)))
            why = WRONG_PASS;
    return why;
}

static opened take_key(const attempt *a, const PKCS8_PRIV_KEY_INFO *info)
{
    EVP_PKEY *key = info ? EVP_PKCS82PKEY_ex(info, a->ctx, NULL) : NULL;
    if (a->ctx)
        key = to_default(key);
    if (!key)
        return why_not();
    return put_keystore(&a->out->keys, key) ? OPENED : UNSUPPORTED;
}

static opened take_bags(const attempt *a, const STACK_OF(PKCS12_SAFEBAG) * bags, unsigned depth);

static opened take_bag(const attempt *a, const PKCS12_SAFEBAG *bag, unsigned depth)
{
    opened result = OPENED;
    PKCS8_PRIV_KEY_INFO *info;
    X509 *cert;
    switch (PKCS12_SAFEBAG_get_nid(bag)) {
    case NID_keyBag:
        return take_key(a, PKCS12_SAFEBAG_get0_p8inf(bag));
    case NID_pkcs8ShroudedKeyBag:
        info = PKCS12_decrypt_skey_ex(bag, a->pass, a->pass_len, a->ctx, NULL);
        result = take_key(a, info);
        PKCS8_PRIV_KEY_INFO_free(info);
        return result;
    case NID_certBag:
        cert = PKCS12_SAFEBAG_get_bag_nid(bag) == NID_x509Certificate ? PKCS12_SAFEBAG_get1_cert(bag) : NULL;
        if (cert && !sk_X509_push(a->out->certs, cert))
            X509_free(cert);
        return OPENED;
    case NID_safeContentsBag:
        return depth == NESTED_MAX ? UNSUPPORTED : take_bags(a, PKCS12_SAFEBAG_get0_safes(bag), depth + 1);
    default:
        return OPENED;
    }
}

static opened take_bags(const attempt *a, const STACK_OF(PKCS12_SAFEBAG) * bags, unsigned depth)
{
    opened result = OPENED;
    for (int i = 0; result == OPENED && i < sk_PKCS12_SAFEBAG_num(bags); i++)
        result = take_bag(a, sk_PKCS12_SAFEBAG_value(bags, i), depth);
    return result;
}

static opened take_safes(const attempt *a, PKCS12 *p12)
{
    STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(p12);
    opened result = safes ? OPENED : NOT_PKCS12;
    for (int i = 0; result == OPENED && i < sk_PKCS7_num(safes); i++) {
        PKCS7 *safe = sk_PKCS7_value(safes, i);
        int type = OBJ_obj2nid(safe->type);
        STACK_OF(PKCS12_SAFEBAG) *bags = type == NID_pkcs7_data ? PKCS12_unpack_p7data(safe)
                                         : type == NID_pkcs7_encrypted
                                             ? PKCS12_unpack_p7encdata(safe, a->pass, a->pass_len)
                                             : NULL;
        if (bags)
            result = take_bags(a, bags, 0);
        else
            result = type == NID_pkcs7_data || type == NID_pkcs7_encrypted ? why_not() : OPENED;
        sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    }
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return result;
}

/* take_hmac names the hash of an AlgorithmIdentifier of HMAC; NULL: none that is known. */
static const EVP_MD *take_hmac(ens_reader *r)
{
    const EVP_MD *const by_last[] = {EVP_sha1(), EVP_sha224(), EVP_sha256(), EVP_sha384(), EVP_sha512()};
    ens_der algorithm, oid;
    if (!ens__der_take(r, ENS_DER_SEQUENCE, &algorithm))
        return NULL;
    ens_reader in = ens_read(algorithm.body);
    ens_slice known = HMAC_SHA1;
    if (!ens__der_take(&in, ENS_DER_OID, &oid) || oid.body.len != known.len ||
        memcmp(oid.body.p, known.p, known.len - 1) != 0 || oid.body.p[known.len - 1] < 7 ||
        oid.body.p[known.len - 1] > 11)
        return NULL;
    return by_last[oid.body.p[known.len - 1] - 7];
}

/* What PBMAC1 is computed with. */
typedef struct {
    ens_slice salt, content, mac;
    uint32_t iterations, len;
    const EVP_MD *prf, *md;
} pbmac1;

/* read_pbmac1 finds it in a PFX; false: there is no PBMAC1 that can be read. */
static bool read_pbmac1(ens_slice der, pbmac1 *out)
{
    ens_reader r = ens_read(der), in;
    ens_der pfx, version, safe, type, tagged, mac, info, algorithm, oid, parameters, kdf, salt, number, octets;
    *out = (pbmac1){.prf = EVP_sha1()};
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &pfx))
        return false;
    r = ens_read(pfx.body);
    if (!ens__der_take(&r, ENS_DER_INTEGER, &version) || !ens__der_take(&r, ENS_DER_SEQUENCE, &safe) ||
        !ens__der_take(&r, ENS_DER_SEQUENCE, &mac))
        return false;
    in = ens_read(safe.body);
    if (!ens__der_take(&in, ENS_DER_OID, &type) || !ens__der_take(&in, ENS_DER_CONTEXT(0), &tagged))
        return false;
    in = ens_read(tagged.body);
    if (!ens__der_take(&in, ENS_DER_OCTET_STRING, &octets))
        return false;
    out->content = octets.body;
    in = ens_read(mac.body);
    if (!ens__der_take(&in, ENS_DER_SEQUENCE, &info))
        return false;
    in = ens_read(info.body);
    if (!ens__der_take(&in, ENS_DER_SEQUENCE, &algorithm) || !ens__der_take(&in, ENS_DER_OCTET_STRING, &octets))
        return false;
    out->mac = octets.body;
    in = ens_read(algorithm.body);
    if (!ens__der_take(&in, ENS_DER_OID, &oid) || !ens_eq(oid.body, PBMAC1) ||
        !ens__der_take(&in, ENS_DER_SEQUENCE, &parameters))
        return false;
    ens_reader schemes = ens_read(parameters.body);
    if (!ens__der_take(&schemes, ENS_DER_SEQUENCE, &kdf) || !(out->md = take_hmac(&schemes)))
        return false;
    in = ens_read(kdf.body);
    if (!ens__der_take(&in, ENS_DER_OID, &oid) || !ens_eq(oid.body, PBKDF2) ||
        !ens__der_take(&in, ENS_DER_SEQUENCE, &parameters))
        return false;
    in = ens_read(parameters.body);
    if (!ens__der_take(&in, ENS_DER_OCTET_STRING, &salt) || !ens__der_take(&in, ENS_DER_INTEGER, &number) ||
        !ens__der_u32(number.body, &out->iterations) || !ens__der_take(&in, ENS_DER_INTEGER, &number) ||
        !ens__der_u32(number.body, &out->len))
        return false;
    out->salt = salt.body;
    return (!ens_left(&in) || (out->prf = take_hmac(&in))) && out->len <= MAC_MAX && out->len &&
           out->iterations <= ITERATIONS_MAX;
}

/* check_pbmac1 checks what OpenSSL 3.4 is the first to check by itself. */
static opened check_pbmac1(ens_slice der, const char *pass)
{
    uint8_t key[MAC_MAX], made[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    pbmac1 m;
    if (!read_pbmac1(der, &m))
        return UNSUPPORTED;
    bool good = PKCS5_PBKDF2_HMAC(pass ? pass : "", -1, m.salt.p, (int)m.salt.len, (int)m.iterations, m.prf, (int)m.len,
                                  key) == 1 &&
                HMAC(m.md, key, (int)m.len, m.content.p, m.content.len, made, &len) &&
                ens__equal_secret(m.mac, ens_bytes(made, len));
    OPENSSL_cleanse(key, sizeof key);
    ERR_clear_error();
    return good ? OPENED : WRONG_PASS;
}

/* check_mac: a file may have none; then decrypting tells. */
static opened check_mac(PKCS12 *p12, ens_slice der, const char **pass, int *len)
{
    pbmac1 m;
    *len = *pass ? (int)strlen(*pass) : 0;
    if (!PKCS12_mac_present(p12))
        return OPENED;
    if (read_pbmac1(der, &m))
        return check_pbmac1(der, *pass);
    if (PKCS12_verify_mac(p12, *pass, *len))
        return OPENED;
    opened why = ERR_GET_REASON(ERR_peek_last_error()) == PKCS12_R_MAC_VERIFY_FAILURE || !ERR_peek_error()
                     ? WRONG_PASS
                     : UNSUPPORTED;
    ERR_clear_error();
    if (*len) /* no pass phrase and an empty one are two */
        return why;
    *pass = *pass ? NULL : "";
    why = PKCS12_verify_mac(p12, *pass, 0) ? OPENED : why;
    ERR_clear_error();
    return why;
}

static opened open_with(OSSL_LIB_CTX *ctx, ens_slice der, const char *pass, ens_pkcs12 *out)
{
    opened result = NOT_PKCS12;
    const unsigned char *p = der.p;
    attempt a = {.ctx = ctx, .pass = pass, .out = out};
    PKCS12 *p12 = PKCS12_init_ex(NID_pkcs7_data, ctx, NULL);
    out->certs = sk_X509_new_null();
    if (p12 && out->certs && d2i_PKCS12(&p12, &p, (long)der.len)) {
        ERR_clear_error();
        result = check_mac(p12, der, &a.pass, &a.pass_len);
        if (result == OPENED)
            result = take_safes(&a, p12);
    }
    PKCS12_free(p12);
    ERR_clear_error();
    return result;
}

void ens__pkcs12_clear(ens_pkcs12 *p)
{
    ens__keyring_clear(&p->keys);
    sk_X509_pop_free(p->certs, X509_free);
    *p = (ens_pkcs12){0};
}

/* order_certificates puts those that belong to keys first, in the order of the keys. */
static void order_certificates(ens_pkcs12 *p)
{
    int front = 0;
    for (size_t k = 0; k < p->keys.num; k++)
        for (int i = front; i < sk_X509_num(p->certs); i++) {
            EVP_PKEY *of = X509_get0_pubkey(sk_X509_value(p->certs, i));
            if (!of || EVP_PKEY_eq(of, p->keys.key[k]) != 1)
                continue;
            X509 *one = sk_X509_delete(p->certs, i);
            if (!sk_X509_insert(p->certs, one, front++))
                X509_free(one);
            break;
        }
    ERR_clear_error();
}

static ens_code refuse_pkcs12(opened why, const char *pass, ens_err *err)
{
    if (why == WRONG_PASS && (!pass || !*pass))
        return ens_fail(err, ENS_EPASS, RULE, "the PKCS#12 file is protected by a pass phrase and none was given", 0);
    if (why == WRONG_PASS)
        return ens_fail(err, ENS_EPASS, RULE, "the pass phrase does not open the PKCS#12 file", 0);
    if (why == UNSUPPORTED && !legacy_context())
        return ens_fail(err, ENS_ECRYPTO, RULE,
                        "the PKCS#12 file has an encryption that this OpenSSL lacks without its legacy"
                        " provider: install that, or export the file again with AES",
                        0);
    return ens_fail(err, why == UNSUPPORTED ? ENS_ECRYPTO : ENS_ESYNTAX, RULE,
                    why == UNSUPPORTED ? "the PKCS#12 file can't be decrypted" : "this is no PKCS#12 file", 0);
}

ens_code ens__pkcs12_read(ens_slice der, const char *pass, ens_pkcs12 *out, ens_err *err)
{
    ens_pkcs12 got = {0};
    if (der.len > INT_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the PKCS#12 file is too large", 0);
    opened result = open_with(NULL, der, pass, &got);
    if (result == UNSUPPORTED && legacy_context()) {
        ens__pkcs12_clear(&got);
        result = open_with(legacy_context(), der, pass, &got);
    }
    if (result != OPENED) {
        ens__pkcs12_clear(&got);
        return refuse_pkcs12(result, pass, err);
    }
    order_certificates(&got);
    *out = got;
    return ENS_OK;
}

/* --- PEM and DER --- */

/* What the pass phrase callback was told and saw. */
typedef struct {
    const char *pass;
    bool asked;
} phrase;

static int give_phrase(char *buf, int size, int writing, void *of)
{
    phrase *p = of;
    (void)writing;
    p->asked = true;
    size_t len = p->pass ? strlen(p->pass) : 0;
    if (!p->pass || len > (size_t)size)
        return -1;
    memcpy(buf, p->pass, len);
    return (int)len;
}

/* read_pem reads all keys that this context can read. */
static void read_pem(ens_slice file, phrase *p, OSSL_LIB_CTX *ctx, ens__keyring *out)
{
    BIO *bio = BIO_new_mem_buf(file.p, (int)file.len);
    for (EVP_PKEY *key; bio && (key = PEM_read_bio_PrivateKey_ex(bio, NULL, give_phrase, p, ctx, NULL));)
        if (!put_keystore(out, ctx ? to_default(key) : key))
            break;
    BIO_free(bio);
}

/* decrypt_old decrypts one block of OpenSSL's own PEM encryption (DEK-Info) with a cipher of the legacy provider. */
static EVP_PKEY *decrypt_old(EVP_CIPHER_INFO *info, const char *pass, unsigned char *data, int len)
{
    uint8_t key[EVP_MAX_KEY_LENGTH];
    EVP_PKEY *found = NULL;
    int n = 0, rest = 0;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(legacy_context(), EVP_CIPHER_get0_name(info->cipher), NULL);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (cipher && c &&
        EVP_BytesToKey(cipher, EVP_md5(), info->iv, (const unsigned char *)pass, (int)strlen(pass), 1, key, NULL) &&
        EVP_DecryptInit_ex(c, cipher, NULL, key, info->iv) == 1 && EVP_DecryptUpdate(c, data, &n, data, len) == 1 &&
        EVP_DecryptFinal_ex(c, data + n, &rest) == 1) {
        const unsigned char *p = data;
        found = d2i_AutoPrivateKey(NULL, &p, n + rest);
    }
    OPENSSL_cleanse(key, sizeof key);
    EVP_CIPHER_CTX_free(c);
    EVP_CIPHER_free(cipher);
    return found;
}

static void read_old_pem(ens_slice file, const char *pass, ens__keyring *out)
{
    char *name = NULL, *header = NULL;
    unsigned char *data = NULL;
    long len = 0;
    BIO *bio = BIO_new_mem_buf(file.p, (int)file.len);
    while (bio && legacy_context() && PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
        EVP_CIPHER_INFO info = {0};
        if (strstr(name, "PRIVATE KEY") && *header && PEM_get_EVP_CIPHER_INFO(header, &info) && info.cipher &&
            len < INT_MAX)
            put_keystore(out, decrypt_old(&info, pass, data, (int)len));
        OPENSSL_free(name), OPENSSL_free(header), OPENSSL_clear_free(data, (size_t)len);
    }
    BIO_free(bio);
}

static ens_code refuse_key(const char *pass, bool asked, opened why, const char *none, ens_err *err)
{
    if (asked && !pass)
        return ens_fail(err, ENS_EPASS, RULE_PEM, "the key is protected by a pass phrase and none was given", 0);
    if (asked && why == UNSUPPORTED)
        return ens_fail(err, ENS_ECRYPTO, RULE_PEM,
                        "the key is encrypted with a cipher that this OpenSSL lacks (its legacy provider may have it):"
                        " convert it with `openssl pkcs8 -topk8` where it can be read",
                        0);
    if (asked)
        return ens_fail(err, ENS_EPASS, RULE_PEM, "the pass phrase does not open the key", 0);
    return ens_fail(err, ENS_ESYNTAX, RULE_PEM, none, 0);
}

static ens_code load_pem(ens_slice file, const char *pass, ens__keyring *out, ens_err *err)
{
    phrase p = {pass, false};
    ERR_clear_error();
    read_pem(file, &p, NULL, out);
    opened why = why_not();
    if (!out->num && p.asked && pass && legacy_context())
        read_pem(file, &p, legacy_context(), out);
    if (!out->num && p.asked && pass && legacy_context()) {
        ERR_clear_error();
        read_old_pem(file, pass, out);
        why = why_not() == WRONG_PASS ? WRONG_PASS : why;
    }
    ERR_clear_error();
    return out->num ? ENS_OK : refuse_key(pass, p.asked, why, "there is no private key in this PEM file", err);
}

/* decrypt_pkcs8 opens EncryptedPrivateKeyInfo with the ciphers of a context. */
static EVP_PKEY *decrypt_pkcs8(const X509_SIG *sealed, const char *pass, OSSL_LIB_CTX *ctx)
{
    PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt_ex(sealed, pass, (int)strlen(pass), ctx, NULL);
    EVP_PKEY *key = info ? EVP_PKCS82PKEY_ex(info, ctx, NULL) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    return ctx ? to_default(key) : key;
}

/* load_der reads a key by itself, encrypted or not; *found is false where it is none. */
static ens_code load_der(ens_slice file, const char *pass, ens__keyring *out, bool *found, ens_err *err)
{
    const unsigned char *p = file.p;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)file.len);
    p = file.p;
    X509_SIG *sealed = key ? NULL : d2i_X509_SIG(NULL, &p, (long)file.len);
    *found = key || sealed;
    ERR_clear_error();
    opened why = WRONG_PASS;
    if (sealed && pass) {
        key = decrypt_pkcs8(sealed, pass, NULL);
        why = key ? OPENED : why_not();
        if (why == UNSUPPORTED && legacy_context())
            key = decrypt_pkcs8(sealed, pass, legacy_context());
    }
    X509_SIG_free(sealed);
    ERR_clear_error();
    if (!*found || put_keystore(out, key))
        return ENS_OK;
    return refuse_key(pass, true, why, "", err);
}

static ens_code load_pkcs12(ens_slice file, const char *pass, ens__keyring *out, ens_err *err)
{
    ens_pkcs12 p12 = {0};
    ens_code code = ens__pkcs12_read(file, pass, &p12, err);
    if (code != ENS_OK)
        return code;
    if (!p12.keys.num)
        code = ens_fail(err, ENS_ESYNTAX, RULE, "there is no private key in this PKCS#12 file", 0);
    *out = p12.keys;
    p12.keys = (ens__keyring){0};
    ens__pkcs12_clear(&p12);
    return code;
}

/* uri_of is the first line: a file may hold the URI in place of a key. */
static ens_slice uri_of(ens_slice file)
{
    ens_reader r = ens_read(file);
    ens_slice line;
    return ens_take_line(&r, &line) ? line : file;
}

static ens_code load_any(ens_slice file, const char *pass, ens__keyring *out, ens_err *err)
{
    bool found = false;
    if (ens_keyring_is_uri(file)) {
        ens_code code = ens__pkcs11_open(uri_of(file), pass, &out->key[0], err);
        out->num = code == ENS_OK;
        return code;
    }
    if (file.len > INT_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "the key file is too large", 0);
    if (pass && strlen(pass) >= PHRASE_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "the pass phrase is too long", 0);
    if (ens__find(file, ENS_LIT("-----BEGIN "), 0) != SIZE_MAX)
        return load_pem(file, pass, out, err);
    if (ens__certfile_is_keystore(file))
        return ens__certfile_refuse_keystore(err);
    if (file.len == 0 || file.p[0] != 0x30)
        return ens_fail(err, ENS_ESYNTAX, NULL, "this is neither a PEM nor a PKCS#12 file", 0);
    ens_code code = load_der(file, pass, out, &found, err);
    return code != ENS_OK || found ? code : load_pkcs12(file, pass, out, err);
}

ens_code ens__keyring_load(ens_slice file, const char *pass, ens__keyring *out, ens_err *err)
{
    ens__keyring got = {0};
    ens_code code = load_any(file, pass, &got, err);
    if (code == ENS_OK)
        *out = got;
    else
        ens__keyring_clear(&got);
    return code;
}

ens_code ens__key_load(ens_slice file, const char *pass, EVP_PKEY **key, ens_err *err)
{
    ens__keyring ring;
    ens_code code = ens__keyring_load(file, pass, &ring, err);
    if (code != ENS_OK)
        return code;
    *key = ring.key[0];
    ring.key[0] = NULL;
    ens__keyring_clear(&ring);
    return ENS_OK;
}

/* What looks for the certificate of a key. */
typedef struct {
    const ens__keyring *ring;
    EVP_PKEY *found;
} choosing;

static ens_code choose(void *ctx, ens_slice der, ens_err *err)
{
    choosing *c = ctx;
    ens_cert cert;
    (void)err;
    if (!c->found && ens_cert_parse(der, &cert, NULL) == ENS_OK)
        c->found = ens__keyring_find(c->ring, &cert);
    return ENS_OK;
}

ens_code ens__key_load_for(ens_slice file, const char *pass, ens_slice certificates, const char *cert_pass,
                           EVP_PKEY **key, ens_err *err)
{
    ens__keyring ring;
    ens_code code = ens__keyring_load(file, pass, &ring, err);
    if (code != ENS_OK)
        return code;
    choosing c = {&ring, NULL};
    if (ring.num > 1 && ens__certfile_each(certificates, cert_pass, choose, &c, NULL) != ENS_OK && !c.found)
        c.found = ring.key[0]; /* whoever reads the certificates says what is wrong with them */
    *key = c.found ? c.found : ring.key[0];
    EVP_PKEY_up_ref(*key);
    ens__keyring_clear(&ring);
    return ENS_OK;
}
