#include "certs/keys/keys.h"

#include "certs/keys/rsa.h"
#include "certs/x509/algorithm.h"
#include "certs/x509/der.h"
#include "engine/base/arena.h"
#include "engine/base/digest.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>

#define EC_PUBLIC_KEY ENS_LIT("\x2A\x86\x48\xCE\x3D\x02\x01")

/* What verifies one signature at a time. */
typedef struct {
    uint64_t of;          /* the number of its key */
    EVP_PKEY_CTX *verify; /* over a digest, or NULL: the algorithm hashes by itself */
    EVP_MD_CTX *digest;
    const EVP_MD *md;
    EVP_PKEY *key;
    ens__rsa *rsa; /* of RSASSA-PKCS1-v1_5 with SHA-256 */
} context;

/* A signature that was good: the signature followed by what it is over. */
typedef struct {
    uint8_t *bytes;
    size_t len, signature_len;
} proof;

/* A key with one algorithm; bytes is the algorithm followed by the key. */
typedef struct {
    uint64_t number; /* 0: empty */
    uint8_t *bytes;
    size_t len;
    context idle[ENS_KEYS_IDLE];
    unsigned num_idle;
    proof proof[ENS_KEYS_PROOFS];
    unsigned next_proof; /* to be replaced */
} entry;

typedef struct {
    entry way[ENS_KEYS_WAYS];
    unsigned next; /* to be replaced */
} group;

struct ens__keys {
    pthread_mutex_t lock;
    uint64_t last;
    group group[ENS_KEYS_GROUPS];
};

static void drop_context(context *c)
{
    EVP_PKEY_CTX_free(c->verify);
    EVP_MD_CTX_free(c->digest);
    EVP_PKEY_free(c->key);
    ens__rsa_free(c->rsa);
    *c = (context){0};
}

static void drop_entry(entry *e)
{
    for (unsigned i = 0; i < e->num_idle; i++)
        drop_context(&e->idle[i]);
    for (unsigned i = 0; i < ENS_KEYS_PROOFS; i++)
        free(e->proof[i].bytes);
    free(e->bytes);
    *e = (entry){0};
}

ens__keys *ens__keys_new(void)
{
    ens__keys *keys = calloc(1, sizeof *keys);
    if (keys && pthread_mutex_init(&keys->lock, NULL) == 0)
        return keys;
    free(keys);
    return NULL;
}

void ens__keys_free(ens__keys *keys)
{
    if (!keys)
        return;
    for (size_t i = 0; i < ENS_KEYS_GROUPS; i++)
        for (size_t k = 0; k < ENS_KEYS_WAYS; k++)
            drop_entry(&keys->group[i].way[k]);
    pthread_mutex_destroy(&keys->lock);
    free(keys);
}

/* group_of takes eight bytes from the middle of the key and its last ones: keys differ there. Whoever makes keys that
 * fall into one group makes them slow, no more. */
static group *group_of(ens__keys *keys, ens_slice spki)
{
    uint64_t a = 0, b = 0;
    size_t n = spki.len < 8 ? spki.len : 8;
    memcpy(&a, spki.p + (spki.len - n) / 2, n);
    memcpy(&b, spki.p + (spki.len - n) / 4 * 3, n);
    uint64_t mixed = (a ^ b * 0x9E3779B97F4A7C15u) * 0xFF51AFD7ED558CCDu;
    return &keys->group[mixed >> 32 & (ENS_KEYS_GROUPS - 1)];
}

static entry *find_entry(group *g, ens_slice algorithm, ens_slice spki)
{
    for (unsigned i = 0; i < ENS_KEYS_WAYS; i++) {
        entry *e = &g->way[i];
        if (e->number && e->len == algorithm.len + spki.len && memcmp(e->bytes, algorithm.p, algorithm.len) == 0 &&
            memcmp(e->bytes + algorithm.len, spki.p, spki.len) == 0)
            return e;
    }
    return NULL;
}

/* note_key makes an entry in place of the group's oldest; 0 when there is no memory. */
static uint64_t note_key(ens__keys *keys, group *g, ens_slice algorithm, ens_slice spki)
{
    entry *e = &g->way[g->next];
    uint8_t *bytes = malloc(algorithm.len + spki.len);
    if (!bytes)
        return 0;
    ens__heap_note();
    g->next = (g->next + 1) % ENS_KEYS_WAYS;
    drop_entry(e);
    memcpy(bytes, algorithm.p, algorithm.len);
    memcpy(bytes + algorithm.len, spki.p, spki.len);
    *e = (entry){.number = ++keys->last, .bytes = bytes, .len = algorithm.len + spki.len};
    return e->number;
}

/* take_context gives an idle context, or one with no more than the number of its key. */
static context take_context(ens__keys *keys, ens_slice algorithm, ens_slice spki)
{
    context c = {0};
    pthread_mutex_lock(&keys->lock);
    group *g = group_of(keys, spki);
    entry *e = find_entry(g, algorithm, spki);
    if (e && e->num_idle)
        c = e->idle[--e->num_idle];
    else
        c.of = e ? e->number : note_key(keys, g, algorithm, spki);
    pthread_mutex_unlock(&keys->lock);
    return c;
}

static void put_back(ens__keys *keys, ens_slice spki, context *c)
{
    bool kept = false;
    pthread_mutex_lock(&keys->lock);
    group *g = group_of(keys, spki);
    for (unsigned i = 0; i < ENS_KEYS_WAYS && c->of && !kept; i++) {
        entry *e = &g->way[i];
        kept = e->number == c->of && e->num_idle < ENS_KEYS_IDLE;
        if (kept)
            e->idle[e->num_idle++] = *c;
    }
    pthread_mutex_unlock(&keys->lock);
    if (!kept)
        drop_context(c);
}

/* split_spki finds the key's algorithm and its parameters, which are empty when absent. */
static bool split_spki(ens_slice spki, ens_slice *oid, ens_slice *parameters, ens_slice *bits)
{
    ens_reader r = ens_read(spki);
    ens_der sequence, algorithm, id, p = {0}, key;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &sequence))
        return false;
    r = ens_read(sequence.body);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &algorithm) || !ens__der_take(&r, ENS_DER_BIT_STRING, &key))
        return false;
    r = ens_read(algorithm.body);
    if (!ens__der_take(&r, ENS_DER_OID, &id) || (ens_left(&r) && !ens__der_any(&r, &p)))
        return false;
    *oid = id.body;
    *parameters = p.all;
    *bits = key.all;
    return true;
}

/* has_named_curve: a curve that brings parameters of its own can be made to fit any key (CVE-2020-0601). */
static bool has_named_curve(ens_slice spki)
{
    ens_slice oid, parameters, bits;
    return split_spki(spki, &oid, &parameters, &bits) &&
           (!ens_eq(oid, EC_PUBLIC_KEY) || (parameters.len && parameters.p[0] == ENS_DER_OID));
}

static bool set_padding(EVP_PKEY_CTX *ctx, const ens__sigalg *a)
{
    if (strcmp(a->key, "RSA") != 0)
        return true;
    if (!a->pss)
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, a->mgf1) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, a->salt_len) == 1;
}

static bool fits_keys(const EVP_PKEY *key, const ens__sigalg *a)
{
    return EVP_PKEY_is_a(key, a->key) || (a->pss && EVP_PKEY_is_a(key, "RSA-PSS"));
}

/* prepare_keys decodes the key and makes what verifies with it. */
static bool prepare_keys(context *c, ens_slice spki, ens_slice algorithm)
{
    ens__sigalg a;
    if (!ens__sigalg_read(algorithm, &a) || !has_named_curve(spki))
        return false;
    c->key = ens__pubkey_read(spki);
    c->digest = EVP_MD_CTX_new();
    c->md = a.md;
    if (a.md && !a.pss && EVP_MD_is_a(a.md, "SHA2-256"))
        c->rsa = ens__rsa_new(spki);
    if (!c->key || !c->digest || !fits_keys(c->key, &a) || EVP_PKEY_get_bits(c->key) > ENS_KEYS_BITS_MAX)
        return false;
    if (!a.md)
        return true;
    c->verify = EVP_PKEY_CTX_new(c->key, NULL);
    return c->verify && EVP_PKEY_verify_init(c->verify) == 1 && set_padding(c->verify, &a) &&
           EVP_PKEY_CTX_set_signature_md(c->verify, a.md) == 1;
}

static ens__signature verify(context *c, ens_slice message, ens_slice signature)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!c->md)
        return EVP_DigestVerifyInit(c->digest, NULL, NULL, NULL, c->key) == 1 &&
                       EVP_DigestVerify(c->digest, signature.p, signature.len, message.p, message.len) == 1
                   ? ENS_SIGNATURE_GOOD
                   : ENS_SIGNATURE_BAD;
    if (EVP_DigestInit_ex2(c->digest, c->md, NULL) != 1 || EVP_DigestUpdate(c->digest, message.p, message.len) != 1 ||
        EVP_DigestFinal_ex(c->digest, digest, &len) != 1)
        return ENS_SIGNATURE_NO_MEMORY;
    if (c->rsa && ens__rsa_proves(c->rsa, signature, digest))
        return ENS_SIGNATURE_GOOD;
    return EVP_PKEY_verify(c->verify, signature.p, signature.len, digest, len) == 1 ? ENS_SIGNATURE_GOOD
                                                                                    : ENS_SIGNATURE_BAD;
}

ens__signature ens__keys_verify(ens__keys *keys, ens_slice spki, ens_slice algorithm, ens_slice message,
                                ens_slice signature)
{
    if (!spki.len || !algorithm.len)
        return ENS_SIGNATURE_UNSUPPORTED;
    context c = take_context(keys, algorithm, spki);
    ens__signature found = ENS_SIGNATURE_UNSUPPORTED;
    if (c.key || prepare_keys(&c, spki, algorithm))
        found = verify(&c, message, signature);
    if (found != ENS_SIGNATURE_GOOD)
        ERR_clear_error();
    if (found == ENS_SIGNATURE_UNSUPPORTED)
        drop_context(&c);
    else
        put_back(keys, spki, &c);
    return found;
}

static bool is_proven(ens__keys *keys, ens_slice spki, ens_slice algorithm, ens_slice message, ens_slice signature)
{
    bool found = false;
    pthread_mutex_lock(&keys->lock);
    const entry *e = find_entry(group_of(keys, spki), algorithm, spki);
    for (unsigned i = 0; e && i < ENS_KEYS_PROOFS && !found; i++) {
        const proof *p = &e->proof[i];
        found = p->bytes && p->signature_len == signature.len && p->len == signature.len + message.len &&
                memcmp(p->bytes, signature.p, signature.len) == 0 &&
                memcmp(p->bytes + signature.len, message.p, message.len) == 0;
    }
    pthread_mutex_unlock(&keys->lock);
    return found;
}

static void keep_proof(ens__keys *keys, ens_slice spki, ens_slice algorithm, ens_slice message, ens_slice signature)
{
    size_t len = signature.len + message.len;
    uint8_t *bytes = len <= ENS_KEYS_PROOF_MAX ? malloc(len + 1) : NULL;
    if (!bytes)
        return;
    ens__heap_note();
    memcpy(bytes, signature.p, signature.len);
    memcpy(bytes + signature.len, message.p, message.len);
    pthread_mutex_lock(&keys->lock);
    entry *e = find_entry(group_of(keys, spki), algorithm, spki);
    if (e) {
        proof *p = &e->proof[e->next_proof];
        e->next_proof = (e->next_proof + 1) % ENS_KEYS_PROOFS;
        uint8_t *old = p->bytes;
        *p = (proof){bytes, len, signature.len};
        bytes = old;
    }
    pthread_mutex_unlock(&keys->lock);
    free(bytes);
}

ens__signature ens__keys_verify_once(ens__keys *keys, ens_slice spki, ens_slice algorithm, ens_slice message,
                                     ens_slice signature)
{
    if (!spki.len || !algorithm.len || !signature.len || !message.len)
        return ens__keys_verify(keys, spki, algorithm, message, signature);
    if (is_proven(keys, spki, algorithm, message, signature))
        return ENS_SIGNATURE_GOOD;
    ens__signature found = ens__keys_verify(keys, spki, algorithm, message, signature);
    if (found == ENS_SIGNATURE_GOOD)
        keep_proof(keys, spki, algorithm, message, signature);
    return found;
}

#define DSA_KEY ENS_LIT("\x2A\x86\x48\xCE\x38\x04\x01")

bool ens__dsa_lacks_parameters(ens_slice spki)
{
    ens_slice oid, parameters, bits;
    return split_spki(spki, &oid, &parameters, &bits) && ens_eq(oid, DSA_KEY) &&
           (!parameters.len || parameters.p[0] == ENS_DER_NULL);
}

bool ens__dsa_inherit(ens_slice spki, ens_slice from, ens_buf *out)
{
    ens_slice oid, own, bits, their_oid, theirs, their_bits;
    if (!split_spki(spki, &oid, &own, &bits) || !split_spki(from, &their_oid, &theirs, &their_bits) ||
        !ens_eq(oid, DSA_KEY) || !ens_eq(their_oid, DSA_KEY) || ens__dsa_lacks_parameters(from))
        return false;
    size_t algorithm_len = 2 + oid.len + theirs.len;
    ens__der_put_header(out, ENS_DER_SEQUENCE, ens__der_header_len(algorithm_len) + algorithm_len + bits.len);
    ens__der_put_header(out, ENS_DER_SEQUENCE, algorithm_len);
    ens__der_put_header(out, ENS_DER_OID, oid.len);
    ens_buf_put(out, oid);
    ens_buf_put(out, theirs);
    ens_buf_put(out, bits);
    return !out->failed;
}

ens_code ens__key_of(const ens_cert *cert, EVP_PKEY **key, ens_err *err)
{
    EVP_PKEY *got = ens__pubkey_read(cert->spki);
    if (!got)
        return ens_fail(err, ENS_ECRYPTO, "RFC 5280 4.1.2.7", "OpenSSL can't read the certificate's public key", 0);
    *key = got;
    return ENS_OK;
}

bool ens__key_matches(const EVP_PKEY *key, const ens_cert *cert)
{
    EVP_PKEY *of_cert = NULL;
    if (ens__key_of(cert, &of_cert, NULL) != ENS_OK)
        return false;
    bool same = EVP_PKEY_eq(key, of_cert) == 1;
    ERR_clear_error();
    EVP_PKEY_free(of_cert);
    return same;
}

bool ens__key_verifies(const ens_cert *issuer, const ens_cert *cert)
{
    EVP_PKEY *key = NULL;
    const unsigned char *p = cert->der.p;
    X509 *x = d2i_X509(NULL, &p, (long)cert->der.len);
    bool good = x && ens__key_of(issuer, &key, NULL) == ENS_OK && X509_verify(x, key) == 1;
    EVP_PKEY_free(key);
    X509_free(x);
    ERR_clear_error();
    return good;
}
