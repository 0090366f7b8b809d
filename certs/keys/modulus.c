#include "certs/keys/modulus.h"

#include <pthread.h>
#include <stdbool.h>

#define PRIMES 132u      /* from 3 to 751 */
#define ROCA_PRIMES 38u  /* of those, from 3 to 167: the fingerprint's */
#define GENERATOR 65537u /* of the subgroup that the faulty library takes its primes from */
/* A limb, and what holds the product of two. */
#ifdef __SIZEOF_INT128__
typedef uint64_t limb;
__extension__ typedef unsigned __int128 pair;
#define PRODUCTS 18u /* products of primes, each of less than the bits of a limb */
#else
typedef uint32_t limb;
typedef uint64_t pair;
#define PRODUCTS 40u
#endif
#define LIMB_BITS (8 * sizeof(limb))

/* Residues are Montgomery's: a modulus of n limbs is divided by 2^LIMB_BITS n times on the way, which leaves zero as it
 * is. */
typedef struct {
    uint16_t prime[PRIMES];
    uint8_t product_of[PRIMES];
    uint8_t in_subgroup[ROCA_PRIMES][21]; /* bit r: r is a power of the generator modulo the prime */
    size_t num_products;
    limb product[PRODUCTS], inverse[PRODUCTS]; /* inverse: -1/product modulo 2^LIMB_BITS */
} tables;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static tables t;

static bool is_prime(unsigned n)
{
    for (unsigned d = 2; d * d <= n; d++)
        if (n % d == 0)
            return false;
    return true;
}

/* inverse_of doubles the bits that hold with each step of Newton's. */
static limb inverse_of(limb odd)
{
    limb x = odd;
    for (unsigned i = 0; i < 5; i++)
        x *= 2 - odd * x;
    return 0 - x;
}

static void add_prime(size_t i, unsigned prime)
{
    size_t last = t.num_products - 1;
    if (!t.num_products || (pair)t.product[last] * prime >> (LIMB_BITS - 1)) {
        last = t.num_products++;
        t.product[last] = 1;
    }
    t.prime[i] = (uint16_t)prime;
    t.product_of[i] = (uint8_t)last;
    t.product[last] *= prime;
}

static void make_tables(void)
{
    size_t num = 0;
    for (unsigned n = 3; n <= ENS_MODULUS_FACTOR_MAX && num < PRIMES; n += 2)
        if (is_prime(n))
            add_prime(num++, n);
    for (size_t i = 0; i < t.num_products; i++)
        t.inverse[i] = inverse_of(t.product[i]);
    for (size_t i = 0; i < ROCA_PRIMES; i++)
        for (unsigned power = 1, step = 0; step < t.prime[i]; step++, power = power * GENERATOR % t.prime[i])
            t.in_subgroup[i][power / 8] |= (uint8_t)(1u << power % 8);
}

/* take_limb reads the last octets of what is left of a modulus. */
static limb take_limb(ens_slice modulus, size_t *left)
{
    limb value = 0;
    for (size_t k = 0; k < sizeof value && *left; k++)
        value |= (limb)modulus.p[--*left] << 8 * k;
    return value;
}

/* residues leaves in r what the modulus is modulo each product, divided by 2^LIMB_BITS for each of its limbs; it
 * returns their number. */
static size_t residues(ens_slice modulus, limb r[PRODUCTS])
{
    size_t num = 0;
    for (size_t left = modulus.len; left; num++) {
        limb value = take_limb(modulus, &left);
        for (size_t i = 0; i < t.num_products; i++) {
            pair sum = (pair)r[i] + value;
            limb q = (limb)sum * t.inverse[i];
            r[i] = (limb)((sum + (pair)q * t.product[i]) >> LIMB_BITS);
        }
    }
    return num;
}

/* shift_back undoes the divisions of a residue. */
static unsigned shift_back(unsigned residue, unsigned prime, size_t num)
{
    unsigned by = (unsigned)(((pair)1 << LIMB_BITS) % prime);
    for (; num; num >>= 1) {
        if (num & 1)
            residue = residue * by % prime;
        by = by * by % prime;
    }
    return residue;
}

ens__modulus_fault ens__modulus_judge(ens_slice modulus, unsigned *factor)
{
    limb r[PRODUCTS] = {0};
    pthread_once(&once, make_tables);
    size_t num = residues(modulus, r);
    bool roca = true;
    for (size_t i = 0; i < PRIMES; i++) {
        unsigned prime = t.prime[i], rest = (unsigned)(r[t.product_of[i]] % prime);
        if (rest == 0) {
            *factor = prime;
            return ENS_MODULUS_SMALL_FACTOR;
        }
        if (i < ROCA_PRIMES && roca) {
            rest = shift_back(rest, prime, num);
            roca = t.in_subgroup[i][rest / 8] >> rest % 8 & 1;
        }
    }
    return roca ? ENS_MODULUS_ROCA : ENS_MODULUS_GOOD;
}
