/* RSA in lanes beside OpenSSL: a script makes moduli, signatures and blocks, plain and hostile ones; every kernel that
 * runs here is asked about eight at once. Whatever is called equal must be so by OpenSSL, and whatever is equal must be
 * called so, but for results that are smaller than any block of PKCS #1. */
#include "tests/fuzz/target.h"

#include "certs/keys/lanes.h"

#include <openssl/bn.h>
#include <stdbool.h>
#include <string.h>

#define KERNELS_MAX 2u
#define BYTES_MAX 512u
#define TOGETHER ENS_LANES_TOGETHER
#define ROUNDS 8u /* of signatures by one modulus */

/* One signature with its modulus, and what OpenSSL raises it to. */
typedef struct {
    uint8_t modulus[BYTES_MAX], signature[BYTES_MAX + 1], raised[BYTES_MAX], block[BYTES_MAX];
    size_t modulus_len, signature_len;
    bool fit, equal; /* by OpenSSL: the modulus is one that is taken; the block is what comes out */
    bool walked;     /* raised is known from the walk */
} trial;

static struct {
    BN_CTX *ctx;
    BN_MONT_CTX *mont;
    BIGNUM *n, *s, *e, *x;
    uint64_t state;
    unsigned long long tried[3], equal, missed, refused, direct;
} the;

/* What all signatures of a script share, where they do: a modulus, its keys, and a walk over numbers modulo it. A step
 * multiplies a number by one factor and its power by the factor's, so that OpenSSL needs two multiplications for the
 * next pair in place of eighteen: (s f) ^ e = s ^ e f ^ e. */
static struct {
    bool on;
    trial of; /* whose modulus it is */
    ens__lane_key *key[KERNELS_MAX];
    BIGNUM *number, *power;               /* where the walk is */
    BIGNUM *number_factor, *power_factor; /* in Montgomery's form */
} shared;

static const size_t sizes[] = {256, 384, BYTES_MAX};

/* draw is xorshift64*, from the script's own seed. */
static uint64_t draw(void)
{
    the.state ^= the.state >> 12;
    the.state ^= the.state << 25;
    the.state ^= the.state >> 27;
    return the.state * 0x2545F4914F6CDD1Du;
}

static void fill(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        uint64_t bits = draw();
        memcpy(out + i, &bits, len - i < 8 ? len - i : 8);
    }
}

/* make_modulus: seven of eight are random odd numbers of the full length. */
static void make_modulus(trial *t, unsigned size, unsigned kind)
{
    size_t len = t->modulus_len = sizes[size];
    fill(t->modulus, len);
    t->modulus[0] |= 0x80;
    t->modulus[len - 1] |= 1;
    switch (kind) {
    case 0: /* even */
        t->modulus[len - 1] &= 0xFE;
        break;
    case 1: /* a zero in front */
        t->modulus[0] = 0;
        break;
    case 2: /* a bit short */
        t->modulus[0] &= 0x7F;
        break;
    case 3: /* another length */
        t->modulus_len -= 1 + draw() % 16;
        break;
    case 4: /* the largest, and the least of its length */
        memset(t->modulus, 0xFF, len);
        break;
    case 5:
        memset(t->modulus + 1, 0, len - 2);
        t->modulus[0] = 0x80;
        t->modulus[len - 1] = 1;
        break;
    case 6: /* rows of zeros and ones */
        memset(t->modulus + 1 + draw() % (len / 2), draw() % 2 ? 0xFF : 0, len / 2 - 2);
        break;
    case 7: /* a small number */
        memset(t->modulus, 0, len - 4);
        break;
    default:
        break;
    }
    t->fit = t->modulus_len == len && t->modulus[0] & 0x80 && t->modulus[len - 1] & 1;
}

/* put_number writes a number that may be one longer than the modulus. */
static void put_number(trial *t, const BIGNUM *n)
{
    if (BN_bn2binpad(n, t->signature, (int)t->modulus_len) < 0)
        memset(t->signature, 0xFF, t->modulus_len);
}

static void make_signature(trial *t, unsigned kind)
{
    t->signature_len = t->modulus_len;
    fill(t->signature, sizeof t->signature);
    BN_bin2bn(t->modulus, (int)t->modulus_len, the.n);
    BN_bin2bn(t->signature, (int)t->modulus_len, the.s);
    switch (kind) {
    case 0:
    case 1: /* 0, 1 */
        BN_set_word(the.s, kind);
        break;
    case 2: /* n - 1, n, n + 1 */
    case 3:
    case 4:
        BN_copy(the.s, the.n);
        BN_add_word(the.s, kind - 2);
        BN_sub_word(the.s, 1);
        break;
    case 5: /* the largest of its length */
        memset(t->signature, 0xFF, t->modulus_len);
        return;
    case 6: /* another length */
        t->signature_len = draw() % 2 ? t->modulus_len + 1 : draw() % t->modulus_len;
        return;
    case 7: /* as it came: half of them are too large for a modulus near the least */
        return;
    case 8: /* a small one, and one near a power of two */
        BN_set_word(the.s, draw());
        break;
    case 9:
        BN_zero(the.s);
        BN_set_bit(the.s, (int)(draw() % (8 * t->modulus_len)));
        BN_sub_word(the.s, draw() % 2);
        break;
    default:
        if (!BN_is_zero(the.n))
            BN_mod(the.s, the.s, the.n, the.ctx);
    }
    put_number(t, the.s);
}

/* raise asks OpenSSL. False: the signature is none, by length or by size. */
static bool raise(trial *t)
{
    memset(t->raised, 0, sizeof t->raised);
    if (!t->fit)
        return false;
    BN_bin2bn(t->modulus, (int)t->modulus_len, the.n);
    BN_bin2bn(t->signature, (int)t->signature_len, the.s);
    if (!shared.on && BN_MONT_CTX_set(the.mont, the.n, the.ctx) != 1)
        abort();
    the.direct++;
    return t->signature_len == t->modulus_len && BN_ucmp(the.s, the.n) < 0 &&
           BN_mod_exp_mont(the.x, the.s, the.e, the.n, the.ctx, the.mont) == 1 &&
           BN_bn2binpad(the.x, t->raised, (int)t->modulus_len) == (int)t->modulus_len;
}

/* walk takes a step, and makes a signature of where it comes to. */
static void walk(trial *t)
{
    t->signature_len = t->modulus_len;
    t->walked = BN_mod_mul_montgomery(shared.number, shared.number, shared.number_factor, the.mont, the.ctx) == 1 &&
                BN_mod_mul_montgomery(shared.power, shared.power, shared.power_factor, the.mont, the.ctx) == 1 &&
                BN_bn2binpad(shared.number, t->signature, (int)t->modulus_len) > 0 &&
                BN_bn2binpad(shared.power, t->raised, (int)t->modulus_len) > 0 && BN_copy(the.x, shared.power);
    if (!t->walked)
        abort();
}

/* is_as_walked asks OpenSSL for the whole power once more. */
static bool is_as_walked(const trial *t)
{
    trial again = *t;
    return raise(&again) && memcmp(again.raised, t->raised, t->modulus_len) == 0;
}

/* draw_pair draws a number, and raises it. */
static bool draw_pair(trial *t, BIGNUM *number, BIGNUM *power)
{
    fill(t->signature, t->modulus_len);
    t->signature_len = t->modulus_len;
    return BN_bin2bn(t->signature, (int)t->modulus_len, number) && BN_mod(number, number, the.n, the.ctx) == 1 &&
           BN_bn2binpad(number, t->signature, (int)t->modulus_len) > 0 && raise(t) && BN_copy(power, the.x);
}

/* share makes what all signatures of a script share; nothing where the modulus is none that is taken. */
static void share(unsigned size, unsigned kernels)
{
    trial *of = &shared.of;
    make_modulus(of, size, (unsigned)(draw() % 64));
    if (!of->fit)
        return;
    BN_bin2bn(of->modulus, (int)of->modulus_len, the.n);
    shared.on = BN_MONT_CTX_set(the.mont, the.n, the.ctx) == 1 && draw_pair(of, shared.number, shared.power) &&
                draw_pair(of, shared.number_factor, shared.power_factor) &&
                BN_to_montgomery(shared.number_factor, shared.number_factor, the.mont, the.ctx) == 1 &&
                BN_to_montgomery(shared.power_factor, shared.power_factor, the.mont, the.ctx) == 1;
    if (!shared.on)
        abort();
    for (unsigned k = 0; k < kernels; k++)
        shared.key[k] = ens__lane_key_of(k, ens_bytes(of->modulus, of->modulus_len));
}

static void share_no_more(void)
{
    for (unsigned k = 0; k < KERNELS_MAX; k++) {
        ens__lane_key_free(shared.key[k]);
        shared.key[k] = NULL;
    }
    shared.on = false;
}

static void make_block(trial *t, bool raised, unsigned kind)
{
    size_t bit = draw() % (8 * t->modulus_len);
    memcpy(t->block, t->raised, sizeof t->block);
    if (kind == 0) {
        t->block[bit / 8] ^= (uint8_t)(1u << bit % 8);
    } else if (kind == 1) {
        fill(t->block, sizeof t->block);
    } else if (kind == 2 && raised) { /* the same modulo n, where it has room */
        BN_add(the.x, the.x, the.n);
        if (BN_bn2binpad(the.x, t->block, (int)t->modulus_len) < 0)
            memset(t->block, 0, sizeof t->block);
    } else if (kind == 3 && raised) {
        BN_sub(the.x, the.n, the.x);
        BN_bn2binpad(the.x, t->block, (int)t->modulus_len);
    }
    t->equal = raised && memcmp(t->block, t->raised, t->modulus_len) == 0;
}

/* may_miss: what comes out is less than any block of PKCS #1, which begins with 00 01. */
static bool may_miss(const trial *t)
{
    return t->raised[0] == 0 && t->raised[1] == 0;
}

static void judge_answer(const trial *t, bool equal)
{
    ENS_HOLDS(!equal || t->equal);
    ENS_HOLDS(equal || !t->equal || may_miss(t));
    the.missed += !equal && t->equal;
    the.equal += equal;
}

static void ask_kernel(unsigned kernel, const trial *t, size_t num)
{
    ens__lane_key *made[TOGETHER];
    const ens__lane_key *key[TOGETHER];
    ens_slice signature[TOGETHER];
    const uint8_t *block[TOGETHER];
    bool equal[TOGETHER];
    for (size_t i = 0; i < num; i++) {
        made[i] = shared.on ? NULL : ens__lane_key_of(kernel, ens_bytes(t[i].modulus, t[i].modulus_len));
        key[i] = shared.on ? shared.key[kernel] : made[i];
        ENS_HOLDS((key[i] != NULL) == t[i].fit);
        signature[i] = ens_bytes(t[i].signature, t[i].signature_len);
        block[i] = t[i].block;
    }
    ens__lanes_equal(key, signature, block, num, equal);
    for (size_t i = 0; i < num; i++) {
        judge_answer(&t[i], equal[i]);
        ens__lane_key_free(made[i]);
    }
}

static bool get_ready(void)
{
    if (the.e)
        return true;
    the.ctx = BN_CTX_new();
    the.mont = BN_MONT_CTX_new();
    the.n = BN_new();
    the.s = BN_new();
    the.x = BN_new();
    shared.number = BN_new();
    shared.power = BN_new();
    shared.number_factor = BN_new();
    shared.power_factor = BN_new();
    the.e = BN_new();
    return the.ctx && the.mont && the.n && the.s && the.x && the.e && shared.number && shared.power &&
           shared.number_factor && shared.power_factor && BN_set_word(the.e, 65537) == 1;
}

/* make_trial makes one of those that are asked about together. Where a modulus is shared most signatures are of the
 * walk, and one in 32 of these is raised in full as well. */
static void make_trial(trial *t, unsigned size)
{
    unsigned kind = (unsigned)(draw() % 128);
    t->walked = false;
    if (shared.on) {
        memcpy(t->modulus, shared.of.modulus, sizeof t->modulus);
        t->modulus_len = shared.of.modulus_len;
        t->fit = true;
    } else {
        make_modulus(t, size, (unsigned)(draw() % 64));
    }
    if (shared.on && kind > 9)
        walk(t);
    else
        make_signature(t, kind);
    ENS_HOLDS(!t->walked || draw() % 32 || is_as_walked(t));
    make_block(t, t->walked || raise(t), (unsigned)(draw() % 16));
    the.tried[size] += t->fit;
    the.refused += !t->fit;
}

ENS_FUZZ_TARGET(lanes)
{
    static trial t[TOGETHER];
    unsigned kernels = ens__lanes_num_kernels();
    uint64_t seed[2] = {0};
    if (!kernels || !get_ready())
        return;
    memcpy(seed, data, size < sizeof seed ? size : sizeof seed);
    the.state = seed[0] ^ seed[1] * 0x9E3779B97F4A7C15u ^ 0x5DEECE66D;
    unsigned how = (unsigned)(draw() >> 32), at = how % 12;
    bool mixed = !(how >> 9 & 15), same = !mixed && (how >> 13 & 3);
    size_t num = how >> 15 & 3 ? TOGETHER : 1 + (how >> 17) % TOGETHER;
    if (same)
        share(at < 10 ? 0 : at - 9, kernels);
    for (unsigned round = shared.on ? ROUNDS : 1; round; round--) {
        for (size_t i = 0; i < num; i++)
            make_trial(&t[i], mixed ? (unsigned)(draw() % 3) : at < 10 ? 0 : at - 9);
        for (unsigned k = 0; k < kernels; k++)
            ask_kernel(k, t, num);
    }
    share_no_more();
}

#ifdef ENSIGN_FUZZ_ALONE
bool soak_tell(void);
bool soak_tell(void)
{
    printf("signatures of 2,048, 3,072 and 4,096 bits: %llu, %llu, %llu (%llu raised in full by OpenSSL), each by",
           the.tried[0], the.tried[1], the.tried[2], the.direct);
    for (unsigned k = 0; k < ens__lanes_num_kernels(); k++)
        printf("%s %s", k ? "," : "", ens__lanes_kernel_name(k));
    printf("; %llu times equal, each so by OpenSSL as well; %llu small results not seen; %llu moduli not taken\n",
           the.equal, the.missed, the.refused);
    return !ens__lanes_num_kernels() || the.equal;
}
#endif
