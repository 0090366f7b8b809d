#include "certs/keys/lanes.h"

#include "certs/keys/lanes_math.h"
#include "certs/keys/rsa.h"
#include "engine/base/digest.h"

#ifdef ENS_LANES_X86

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <stdatomic.h>
#include <stdlib.h>

#define BYTES_MAX 512u /* of a modulus */
#define EXPONENT 65537u
#define SQUARINGS 16u /* that raise to 65536 */
#define NUMBERS (ENS_LANES_DIGITS * ENS_LANES_MAX)

struct ens__lane_key {
    const ens__lanes_kernel *kernel;
    unsigned size, bytes;
    uint64_t inverse; /* -1 / n modulo 2 ^ width */
    uint8_t modulus[BYTES_MAX];
    uint64_t n[ENS_LANES_DIGITS], square[ENS_LANES_DIGITS]; /* R * R modulo n */
};

static const ens__lanes_kernel *const kernels[] = {&ens__lanes_ifma, &ens__lanes_avx2}; /* the quicker one first */
#define KERNELS (sizeof kernels / sizeof *kernels)

static unsigned bytes_of(unsigned size)
{
    static const unsigned bytes[ENS_LANES_SIZES] = {256, 384, BYTES_MAX};
    return bytes[size];
}

/* cut_digits cuts a number of big-endian bytes, a multiple of eight, into digits. */
static void cut_digits(const uint8_t *bytes, unsigned len, unsigned digits, unsigned width, uint64_t *out,
                       unsigned stride)
{
    uint8_t turned[BYTES_MAX + sizeof(uint64_t)];
    uint64_t word = 0;
    for (unsigned i = 0; i < len; i += (unsigned)sizeof word) {
        memcpy(&word, bytes + len - sizeof word - i, sizeof word);
        word = __builtin_bswap64(word);
        memcpy(turned + i, &word, sizeof word);
    }
    memset(turned + len, 0, sizeof word);
    for (unsigned i = 0; i < digits; i++) {
        unsigned bit = i * width;
        word = 0;
        if (bit / 8 < len)
            memcpy(&word, turned + bit / 8, sizeof word);
        out[(size_t)i * stride] = word >> bit % 8 & ((UINT64_C(1) << width) - 1);
    }
}

/* inverse_of is -1 / n modulo 2 ^ width: each step doubles the bits that are right, and an odd number is its own
 * inverse modulo 8. */
static uint64_t inverse_of(uint64_t n, unsigned width)
{
    uint64_t x = n;
    for (unsigned right = 3; right < width; right *= 2)
        x *= 2 - n * x;
    return -x & ((UINT64_C(1) << width) - 1);
}

static bool make_square(ens__lane_key *k, const BIGNUM *n)
{
    uint8_t bytes[BYTES_MAX];
    unsigned digits = k->kernel->size[k->size].digits, width = k->kernel->size[k->size].width;
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *r = BN_new();
    bool good = ctx && r && BN_set_bit(r, (int)(2 * digits * width)) == 1 && BN_mod(r, r, n, ctx) == 1 &&
                BN_bn2binpad(r, bytes, (int)k->bytes) == (int)k->bytes;
    if (good)
        cut_digits(bytes, k->bytes, digits, width, k->square, 1);
    BN_free(r);
    BN_CTX_free(ctx);
    return good;
}

/* size_of finds the size of a modulus; ENS_LANES_SIZES: it is none that is taken. Its first bit is set, and so its last
 * one: Montgomery's way wants it odd. */
static unsigned size_of(ens_slice modulus)
{
    unsigned size = 0;
    while (size < ENS_LANES_SIZES && bytes_of(size) != modulus.len)
        size++;
    bool fits = size < ENS_LANES_SIZES && modulus.p[0] & 0x80 && modulus.p[modulus.len - 1] & 1;
    return fits ? size : ENS_LANES_SIZES;
}

static ens__lane_key *key_of(const ens__lanes_kernel *kernel, ens_slice modulus)
{
    unsigned size = size_of(modulus);
    ens__lane_key *k = size < ENS_LANES_SIZES ? malloc(sizeof *k) : NULL;
    BIGNUM *n = k ? BN_bin2bn(modulus.p, (int)modulus.len, NULL) : NULL;
    if (n) {
        *k = (ens__lane_key){.kernel = kernel, .size = size, .bytes = (unsigned)modulus.len};
        memcpy(k->modulus, modulus.p, modulus.len);
        cut_digits(k->modulus, k->bytes, kernel->size[size].digits, kernel->size[size].width, k->n, 1);
        k->inverse = inverse_of(k->n[0], kernel->size[size].width);
    }
    if (!n || !make_square(k, n)) {
        free(k);
        k = NULL;
        ERR_clear_error();
    }
    BN_free(n);
    return k;
}

/* Numbers that are worked on together, digit by digit. */
typedef struct {
    _Alignas(ENS_LANES_ALIGN) uint64_t inverse[ENS_LANES_MAX];
    _Alignas(ENS_LANES_ALIGN) uint64_t n[NUMBERS];
    _Alignas(ENS_LANES_ALIGN) uint64_t square[NUMBERS];
    _Alignas(ENS_LANES_ALIGN) uint64_t s[NUMBERS];
    _Alignas(ENS_LANES_ALIGN) uint64_t x[NUMBERS];
    _Alignas(ENS_LANES_ALIGN) uint64_t block[NUMBERS];
} table;

static void fill_lane(table *t, unsigned lane, const ens__lane_key *k, const uint8_t *s, const uint8_t *block)
{
    unsigned lanes = k->kernel->lanes, digits = k->kernel->size[k->size].digits, width = k->kernel->size[k->size].width;
    t->inverse[lane] = k->inverse;
    for (unsigned i = 0; i < digits; i++) {
        t->n[i * lanes + lane] = k->n[i];
        t->square[i * lanes + lane] = k->square[i];
    }
    cut_digits(s, k->bytes, digits, width, t->s + lane, lanes);
    cut_digits(block, k->bytes, digits, width, t->block + lane, lanes);
}

/* raise makes x = s ^ 65537: s R first, sixteen squarings, and s once more, which takes R out. */
static void raise(table *t, const ens__lanes_kernel *k, unsigned size)
{
    unsigned digits = k->size[size].digits, width = k->size[size].width;
    k->multiply(t->x, t->s, t->square, t->n, t->inverse, digits, width);
    for (unsigned i = 0; i < SQUARINGS; i++)
        k->multiply(t->x, t->x, t->x, t->n, t->inverse, digits, width);
    k->multiply(t->x, t->x, t->s, t->n, t->inverse, digits, width);
}

/* is_block compares all digits. x may be n or little more where it should be less (lanes_math.h): then it is no yes,
 * and OpenSSL says it. A block of PKCS #1 is larger than what x may be too large by, so that it doesn't happen
 * to it. */
static bool is_block(const table *t, unsigned lane, unsigned lanes, unsigned digits)
{
    uint64_t differs = 0;
    for (unsigned i = 0; i < digits; i++)
        differs |= t->x[i * lanes + lane] ^ t->block[i * lanes + lane];
    return !differs;
}

/* are_numbers: the signature is as long as the modulus, and less (RFC 8017, 5.2.2, 8.2.2); and so is the block, since
 * x may stand for a number that is less by n. */
static bool are_numbers(const ens__lane_key *k, ens_slice signature, const uint8_t *block)
{
    return signature.len == k->bytes && memcmp(signature.p, k->modulus, k->bytes) < 0 &&
           memcmp(block, k->modulus, k->bytes) < 0;
}

/* equal_once fills the lanes of one vector, those that are left over with the first one's. All keys have one size. */
static void equal_once(const ens__lane_key *const *key, const ens_slice *signature, const uint8_t *const *block,
                       unsigned num, bool *equal)
{
    const ens__lanes_kernel *kernel = key[0]->kernel;
    unsigned size = key[0]->size;
    table t;
    for (unsigned i = 0; i < kernel->lanes; i++) {
        unsigned of = i < num ? i : 0;
        fill_lane(&t, i, key[of], signature[of].p, block[of]);
    }
    raise(&t, kernel, size);
    for (unsigned i = 0; i < num; i++)
        equal[i] = is_block(&t, i, kernel->lanes, kernel->size[size].digits);
}

/* Those of one size, on their way. */
typedef struct {
    const ens__lane_key *key[ENS_LANES_MAX];
    ens_slice signature[ENS_LANES_MAX];
    const uint8_t *block[ENS_LANES_MAX];
    size_t number[ENS_LANES_MAX];
    unsigned num;
} pending;

static void settle(pending *p, unsigned least, bool *equal)
{
    bool found[ENS_LANES_MAX] = {false};
    if (p->num >= least)
        equal_once(p->key, p->signature, p->block, p->num, found);
    for (unsigned i = 0; i < p->num; i++)
        equal[p->number[i]] = found[i];
    p->num = 0;
}

/* equal_all leaves what is less than least in a vector of a size without a yes. */
static void equal_all(const ens__lane_key *const *key, const ens_slice *signature, const uint8_t *const *block,
                      size_t num, unsigned least, bool *equal)
{
    pending of[ENS_LANES_SIZES];
    for (unsigned i = 0; i < ENS_LANES_SIZES; i++)
        of[i].num = 0;
    for (size_t i = 0; i < num; i++) {
        equal[i] = false;
        if (!key[i] || !are_numbers(key[i], signature[i], block[i]))
            continue;
        pending *p = &of[key[i]->size];
        p->key[p->num] = key[i];
        p->signature[p->num] = signature[i];
        p->block[p->num] = block[i];
        p->number[p->num++] = i;
        if (p->num == key[i]->kernel->lanes)
            settle(p, 1, equal);
    }
    for (unsigned i = 0; i < ENS_LANES_SIZES; i++)
        settle(&of[i], least, equal);
}

/* What the code shows before it is believed: numbers of a fixed row, raised by OpenSSL as well, and found equal in each
 * lane; and not equal with one bit turned over. */
static bool make_number(unsigned seed, unsigned bytes, uint8_t *out)
{
    for (unsigned at = 0; at < bytes; at += ENS_SHA256_LEN) {
        uint8_t text[] = {'l', 'a', 'n', 'e', (uint8_t)seed, (uint8_t)(at / ENS_SHA256_LEN)};
        if (ens__sha256(ens_bytes(text, sizeof text), out + at, NULL) != ENS_OK)
            return false;
    }
    return true;
}

static bool raise_by_openssl(const uint8_t *s, const uint8_t *n, unsigned bytes, uint8_t *out)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *base = BN_bin2bn(s, (int)bytes, NULL), *e = BN_new(), *modulus = BN_bin2bn(n, (int)bytes, NULL);
    bool good = ctx && base && e && modulus && BN_set_word(e, EXPONENT) == 1 &&
                BN_mod_exp(base, base, e, modulus, ctx) == 1 && BN_bn2binpad(base, out, (int)bytes) == (int)bytes;
    BN_CTX_free(ctx);
    BN_free(base);
    BN_free(e);
    BN_free(modulus);
    return good;
}

static bool shows(const ens__lanes_kernel *kernel, unsigned size)
{
    uint8_t modulus[BYTES_MAX], s[ENS_LANES_MAX][BYTES_MAX], block[ENS_LANES_MAX][BYTES_MAX];
    const ens__lane_key *key[ENS_LANES_MAX] = {NULL};
    ens_slice signature[ENS_LANES_MAX];
    const uint8_t *blocks[ENS_LANES_MAX];
    bool equal[ENS_LANES_MAX], good = true;
    unsigned bytes = bytes_of(size), lanes = kernel->lanes;
    for (unsigned i = 0; i < lanes && good; i++) {
        good = make_number(2 * i, bytes, modulus) && make_number(2 * i + 1, bytes, s[i]);
        modulus[0] |= 0x80;
        modulus[bytes - 1] |= 1;
        s[i][0] &= 0x7F;
        good = good && raise_by_openssl(s[i], modulus, bytes, block[i]) &&
               (key[i] = key_of(kernel, ens_bytes(modulus, bytes)));
        signature[i] = ens_bytes(s[i], bytes);
        blocks[i] = block[i];
    }
    for (unsigned turned = 0; turned <= lanes && good; turned++) {
        if (turned)
            block[turned - 1][turned] ^= 1;
        equal_once(key, signature, blocks, lanes, equal);
        for (unsigned i = 0; i < lanes; i++)
            good = good && equal[i] == (i >= turned);
    }
    for (unsigned i = 0; i < lanes; i++)
        free((void *)(uintptr_t)key[i]);
    return good;
}

/* is_sound remembers what a kernel has shown. Threads that ask at once find the same. */
static bool is_sound(unsigned kernel, unsigned size)
{
    static atomic_uchar known[KERNELS][ENS_LANES_SIZES]; /* 0: not yet, 1: it is, 2: it isn't */
    unsigned char is = atomic_load(&known[kernel][size]);
    if (!is) {
        is = shows(kernels[kernel], size) ? 1 : 2;
        atomic_store(&known[kernel][size], is);
    }
    return is == 1;
}

static atomic_uint known; /* one more than the number of the kernel in use; 0: not yet */

/* usable_kernel is the first one that runs here; KERNELS: none does. */
static unsigned usable_kernel(void)
{
    unsigned is = atomic_load(&known);
    if (is)
        return is - 1;
    while (is < KERNELS && !kernels[is]->usable())
        is++;
    atomic_store(&known, is + 1);
    return is;
}

bool ens__lanes_choose(const char *name)
{
    unsigned none = 0, i = 0;
    while (i < KERNELS && (!kernels[i]->usable() || strcmp(kernels[i]->name, name) != 0))
        i++;
    return i < KERNELS && atomic_compare_exchange_strong(&known, &none, i + 1);
}

bool ens__lanes_usable(void)
{
    return usable_kernel() < KERNELS;
}

static bool is_exponent(const EVP_PKEY *key)
{
    BIGNUM *e = NULL;
    bool good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_word(e, EXPONENT);
    BN_free(e);
    return good;
}

ens__lane_key *ens__lane_key_new(const EVP_PKEY *key)
{
    uint8_t modulus[BYTES_MAX];
    BIGNUM *n = NULL;
    ens__lane_key *made = NULL;
    unsigned kernel = usable_kernel();
    if (kernel == KERNELS || !EVP_PKEY_is_a(key, "RSA") || !is_exponent(key) ||
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1)
        return NULL;
    int len = BN_num_bytes(n);
    if (len <= (int)BYTES_MAX && BN_bn2bin(n, modulus) == len)
        made = key_of(kernels[kernel], ens_bytes(modulus, (size_t)len));
    BN_free(n);
    if (!made || is_sound(kernel, made->size))
        return made;
    free(made);
    return NULL;
}

void ens__lane_key_free(ens__lane_key *key)
{
    free(key);
}

void ens__lanes_prove(ens__lane *lane, size_t num)
{
    const ens__lane_key *key[ENS_LANES_TOGETHER];
    ens_slice signature[ENS_LANES_TOGETHER];
    uint8_t block[ENS_LANES_TOGETHER][BYTES_MAX];
    const uint8_t *blocks[ENS_LANES_TOGETHER];
    bool equal[ENS_LANES_TOGETHER];
    for (size_t from = 0; from < num; from += ENS_LANES_TOGETHER) {
        size_t n = num - from < ENS_LANES_TOGETHER ? num - from : ENS_LANES_TOGETHER;
        unsigned least = 1;
        for (size_t i = 0; i < n; i++) {
            key[i] = lane[from + i].key;
            signature[i] = lane[from + i].signature;
            blocks[i] = block[i];
            if (key[i]) {
                ens__rsa_block(lane[from + i].digest, key[i]->bytes, block[i]);
                least = key[i]->kernel->least;
            }
        }
        equal_all(key, signature, blocks, n, least, equal);
        for (size_t i = 0; i < n; i++)
            lane[from + i].proven = equal[i];
    }
}

unsigned ens__lanes_num_kernels(void)
{
    unsigned num = 0;
    for (unsigned i = 0; i < KERNELS; i++)
        num += kernels[i]->usable();
    return num;
}

/* nth_kernel is one of those that run here. */
static const ens__lanes_kernel *nth_kernel(unsigned n)
{
    unsigned i = 0;
    while (i < KERNELS && (!kernels[i]->usable() || n--))
        i++;
    return i < KERNELS ? kernels[i] : NULL;
}

const char *ens__lanes_kernel_name(unsigned kernel)
{
    return nth_kernel(kernel)->name;
}

ens__lane_key *ens__lane_key_of(unsigned kernel, ens_slice modulus)
{
    return key_of(nth_kernel(kernel), modulus);
}

void ens__lanes_equal(const ens__lane_key *const *key, const ens_slice *signature, const uint8_t *const *block,
                      size_t num, bool *equal)
{
    equal_all(key, signature, block, num, 1, equal);
}

#else

ens__lane_key *ens__lane_key_new(const EVP_PKEY *key)
{
    (void)key;
    return NULL;
}

void ens__lane_key_free(ens__lane_key *key)
{
    (void)key;
}

void ens__lanes_prove(ens__lane *lane, size_t num)
{
    for (size_t i = 0; i < num; i++)
        lane[i].proven = false;
}

bool ens__lanes_usable(void)
{
    return false;
}

bool ens__lanes_choose(const char *name)
{
    (void)name;
    return false;
}

unsigned ens__lanes_num_kernels(void)
{
    return 0;
}

const char *ens__lanes_kernel_name(unsigned kernel)
{
    (void)kernel;
    return NULL;
}

ens__lane_key *ens__lane_key_of(unsigned kernel, ens_slice modulus)
{
    (void)kernel, (void)modulus;
    return NULL;
}

void ens__lanes_equal(const ens__lane_key *const *key, const ens_slice *signature, const uint8_t *const *block,
                      size_t num, bool *equal)
{
    (void)key, (void)signature, (void)block;
    for (size_t i = 0; i < num; i++)
        equal[i] = false;
}

#endif
