/* Montgomery multiplication of several numbers at once, one in each lane of a vector: what lanes.c raises signatures to
 * their exponents by. No secret goes in here.
 *
 * A number is a row of digits of `width` bits, the lowest first. Numbers that are worked on together stand digit by
 * digit: digit i of lane l is at [i * lanes + l]. With R = 2 ^ (width * digits), which is larger than the modulus by
 * ENS_LANES_SPARE bits and more, multiply gives a * b / R modulo n, below n + n / 2 ^ (ENS_LANES_SPARE - 2), for any a
 * and b below 2 n, with every digit below 2 ^ width. */
#ifndef ENS_CERTS_KEYS_LANES_MATH_H
#define ENS_CERTS_KEYS_LANES_MATH_H

#include <stdbool.h>
#include <stdint.h>

#define ENS_LANES_MAX 8u
#define ENS_LANES_DIGITS 154u /* of the longest number, in the shortest digits */
#define ENS_LANES_SPARE 20u   /* bits by which R is longer than a modulus, at least */
#define ENS_LANES_ALIGN 64    /* bytes, of numbers that are worked on together */

/* The sizes of a modulus that are taken. */
enum { ENS_LANES_2048, ENS_LANES_3072, ENS_LANES_4096, ENS_LANES_SIZES };

/* out may be a or b. inverse is -1 / n modulo 2 ^ width of each lane. */
typedef void ens__lanes_multiply(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *n,
                                 const uint64_t *inverse, unsigned digits, unsigned width);

typedef struct {
    const char *name;
    bool (*usable)(void); /* on this processor */
    ens__lanes_multiply *multiply;
    unsigned lanes;
    unsigned least; /* numbers for which it is worth the while: a lane that is empty costs as much as another */
    struct {
        unsigned digits, width;
    } size[ENS_LANES_SIZES];
} ens__lanes_kernel;

extern const ens__lanes_kernel ens__lanes_ifma, ens__lanes_avx2; /* where they are built: ENS_LANES_X86 */

#if defined(ENSIGN_LANES) && defined(ENSIGN_SIMD) && defined(__x86_64__)
#define ENS_LANES_X86
#endif

#endif
