#include "engine/base/sha256.h"

#include "engine/base/digest.h"

#include <stdlib.h>

#define BLOCK 64u
#define GATHERED (128 * BLOCK)

static ens_code hash_each(const ens_slice *piece, size_t num, uint8_t (*out)[ENS_SHA256_LEN], ens_err *err)
{
    ens_code code = ENS_OK;
    for (size_t i = 0; i < num && code == ENS_OK; i++)
        code = ens__sha256(piece[i], out[i], err);
    return code;
}

#if defined(ENSIGN_SIMD) && defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <pthread.h>

#define SHA __attribute__((target("sha,sse4.1,ssse3")))
#define SHA_BIT (1u << 29) /* of EBX, leaf 7 */

static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* A piece on its way: whole blocks where they lie, and behind them one or two with the padding. */
typedef struct {
    __m128i abef, cdgh; /* the state, as the instructions want it */
    const uint8_t *p;
    size_t blocks;
    uint8_t tail[2 * BLOCK];
    size_t tail_blocks; /* that aren't begun */
    size_t number;      /* of the piece */
    bool busy;
} lane;

/* The words of a block, and the state while it is hashed. */
typedef struct {
    __m128i abef, cdgh, w[4];
} running;

SHA static inline void load_block(running *r, const lane *l)
{
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    for (unsigned i = 0; i < 4; i++)
        r->w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(l->p + 16 * i)), order);
    r->abef = l->abef;
    r->cdgh = l->cdgh;
}

/* four_rounds does rounds 4 i to 4 i + 3, and makes the words that are used 16 rounds later (FIPS 180-4, 6.2.2). */
SHA static inline void four_rounds(running *r, unsigned i)
{
    __m128i w = r->w[i % 4];
    __m128i k = _mm_add_epi32(w, _mm_load_si128((const __m128i *)(const void *)(constants + 4 * i)));
    r->cdgh = _mm_sha256rnds2_epu32(r->cdgh, r->abef, k);
    r->abef = _mm_sha256rnds2_epu32(r->abef, r->cdgh, _mm_shuffle_epi32(k, 0x0E));
    if (i >= 12)
        return;
    __m128i w1 = r->w[(i + 1) % 4], w2 = r->w[(i + 2) % 4], w3 = r->w[(i + 3) % 4];
    w = _mm_sha256msg1_epu32(w, w1);
    w = _mm_add_epi32(w, _mm_alignr_epi8(w3, w2, 4));
    r->w[i % 4] = _mm_sha256msg2_epu32(w, w3);
}

SHA static inline void add_block(lane *l, const running *r)
{
    l->abef = _mm_add_epi32(l->abef, r->abef);
    l->cdgh = _mm_add_epi32(l->cdgh, r->cdgh);
    l->p += BLOCK;
}

SHA static void hash_blocks(lane *l, size_t blocks)
{
    for (; blocks; blocks--) {
        running r;
        load_block(&r, l);
#pragma GCC unroll 16
        for (unsigned i = 0; i < 16; i++)
            four_rounds(&r, i);
        add_block(l, &r);
    }
}

/* hash_pair_blocks takes turns of four rounds: while one lane waits for its last step the other goes on. */
SHA static void hash_pair_blocks(lane *a, lane *b, size_t blocks)
{
    for (; blocks; blocks--) {
        running x, y;
        load_block(&x, a);
        load_block(&y, b);
#pragma GCC unroll 16
        for (unsigned i = 0; i < 16; i++) {
            four_rounds(&x, i);
            four_rounds(&y, i);
        }
        add_block(a, &x);
        add_block(b, &y);
    }
}

/* pad_lane makes the last blocks of a text of len bytes from the rest of it, less than a block. */
static void pad_lane(lane *l, ens_slice rest, size_t len)
{
    uint64_t bits = (uint64_t)len * 8;
    l->tail_blocks = rest.len + 9 <= BLOCK ? 1 : 2;
    memset(l->tail, 0, sizeof l->tail);
    if (rest.len)
        memcpy(l->tail, rest.p, rest.len);
    l->tail[rest.len] = 0x80;
    for (unsigned i = 0; i < 8; i++)
        l->tail[l->tail_blocks * BLOCK - 1 - i] = (uint8_t)(bits >> 8 * i);
}

SHA static void begin_lane(lane *l, ens_slice piece, size_t number)
{
    l->abef = _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c);
    l->cdgh = _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
    l->p = piece.p;
    l->blocks = piece.len / BLOCK;
    pad_lane(l, ens_from(piece, l->blocks * BLOCK), piece.len);
    l->number = number;
    l->busy = true;
}

/* settle_lane goes on to the padding, and tells whether the piece is done. */
static bool settle_lane(lane *l)
{
    if (l->blocks)
        return false;
    l->p = l->tail;
    l->blocks = l->tail_blocks;
    l->tail_blocks = 0;
    return !l->blocks;
}

SHA static void end_lane(lane *l, uint8_t out[ENS_SHA256_LEN])
{
    const int order[8] = {3, 2, 7, 6, 1, 0, 5, 4}; /* a, b, c … h among f, e, b, a and h, g, d, c */
    uint32_t word[8];
    _mm_storeu_si128((__m128i *)(void *)word, l->abef);
    _mm_storeu_si128((__m128i *)(void *)(word + 4), l->cdgh);
    for (unsigned i = 0; i < 8; i++)
        for (unsigned k = 0; k < 4; k++)
            out[4 * i + k] = (uint8_t)(word[order[i]] >> (24 - 8 * k));
    l->busy = false;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* hash_step hashes what both lanes have before them, or the rest of the one that is left. */
static void hash_step(lane *a, lane *b)
{
    size_t blocks = a->busy && b->busy ? least(a->blocks, b->blocks) : a->busy ? a->blocks : b->blocks;
    if (a->busy && b->busy)
        hash_pair_blocks(a, b, blocks);
    else
        hash_blocks(a->busy ? a : b, blocks);
    a->blocks -= a->busy ? blocks : 0;
    b->blocks -= b->busy ? blocks : 0;
}

static void hash_pairs(const ens_slice *piece, size_t num, uint8_t (*out)[ENS_SHA256_LEN])
{
    lane l[2] = {{.busy = false}, {.busy = false}};
    size_t next = 0;
    for (;;) {
        for (unsigned i = 0; i < 2; i++) {
            if (l[i].busy && settle_lane(&l[i]))
                end_lane(&l[i], out[l[i].number]);
            if (!l[i].busy && next < num) {
                begin_lane(&l[i], piece[next], next);
                next++;
                if (!l[i].blocks)
                    settle_lane(&l[i]);
            }
        }
        if (!l[0].busy && !l[1].busy)
            return;
        hash_step(&l[0], &l[1]);
    }
}

static bool have_sha(void)
{
    unsigned a, b = 0, c, d;
    return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3") &&
           __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & SHA_BIT);
}

#define TRIED 200u /* bytes: pieces of every length up to this are hashed both ways before the instructions are used */

static bool usable;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void try_pairs(void)
{
    uint8_t text[TRIED], made[TRIED][ENS_SHA256_LEN], wanted[TRIED][ENS_SHA256_LEN];
    ens_slice piece[TRIED];
    if (!have_sha())
        return;
    for (unsigned i = 0; i < TRIED; i++) {
        text[i] = (uint8_t)(i * 181u + 7);
        piece[i] = ens_bytes(text, i);
    }
    hash_pairs(piece, TRIED, made);
    usable = hash_each(piece, TRIED, wanted, NULL) == ENS_OK && memcmp(made, wanted, sizeof made) == 0;
}

bool ens__sha256_pairs(void)
{
    pthread_once(&once, try_pairs);
    return usable;
}

ens_code ens__sha256_all(const ens_slice *piece, size_t num, uint8_t (*out)[ENS_SHA256_LEN], ens_err *err)
{
    if (!ens__sha256_pairs())
        return hash_each(piece, num, out, err);
    hash_pairs(piece, num, out);
    return ENS_OK;
}

/* The two lanes of ens__sha256_two. */
typedef struct {
    lane whole, pieces;
} lanes;

static void begin_lanes(lanes *l, ens_slice whole)
{
    begin_lane(&l->whole, whole, 0);
    begin_lane(&l->pieces, (ens_slice){0}, 1);
}

/* advance hashes blocks of the pieces, beside as many of the whole as there are. */
static void advance(lanes *l, const uint8_t *p, size_t blocks)
{
    size_t both = least(blocks, l->whole.blocks);
    l->pieces.p = p;
    hash_pair_blocks(&l->whole, &l->pieces, both);
    hash_blocks(&l->pieces, blocks - both);
    l->whole.blocks -= both;
}

static void end_whole(lane *l, uint8_t out[ENS_SHA256_LEN])
{
    hash_blocks(l, l->blocks);
    l->p = l->tail;
    hash_blocks(l, l->tail_blocks);
    end_lane(l, out);
}

/* end_lanes: rest is what is left of the pieces, whose length altogether is len. */
static void end_lanes(lanes *l, ens_slice rest, size_t len, uint8_t *whole, uint8_t *pieces)
{
    l->pieces.blocks = 0;
    pad_lane(&l->pieces, rest, len);
    end_whole(&l->whole, whole);
    end_whole(&l->pieces, pieces);
}

#else

typedef struct {
    char none;
} lanes;

static void begin_lanes(lanes *l, ens_slice whole)
{
    (void)l, (void)whole;
}

static void advance(lanes *l, const uint8_t *p, size_t blocks)
{
    (void)l, (void)p, (void)blocks;
}

static void end_lanes(lanes *l, ens_slice rest, size_t len, uint8_t *whole, uint8_t *pieces)
{
    (void)l, (void)rest, (void)len, (void)whole, (void)pieces;
}

bool ens__sha256_pairs(void)
{
    return false;
}

ens_code ens__sha256_all(const ens_slice *piece, size_t num, uint8_t (*out)[ENS_SHA256_LEN], ens_err *err)
{
    return hash_each(piece, num, out, err);
}

#endif

struct ens__sha256_two {
    lanes lanes;
    ens_digest digest; /* of the pieces, where there are no lanes */
    bool by_lanes;
    ens_slice whole;
    size_t len, num; /* of all pieces; bytes that are gathered */
    uint8_t gathered[GATHERED];
};

ens__sha256_two *ens__sha256_two_new(void)
{
    ens__sha256_two *t = calloc(1, sizeof *t);
    if (t && ens__digest_init(&t->digest, ENS_SHA256, NULL) == ENS_OK)
        return t;
    free(t);
    return NULL;
}

void ens__sha256_two_free(ens__sha256_two *t)
{
    if (!t)
        return;
    ens__digest_clear(&t->digest);
    free(t);
}

void ens__sha256_two_begin(ens__sha256_two *t, ens_slice whole)
{
    t->by_lanes = ens__sha256_pairs();
    t->whole = whole;
    t->len = t->num = 0;
    if (t->by_lanes)
        begin_lanes(&t->lanes, whole);
    else
        ens__digest_start(&t->digest);
}

static void hash_gathered(ens__sha256_two *t, const uint8_t *p, size_t blocks)
{
    if (t->by_lanes)
        advance(&t->lanes, p, blocks);
    else
        ens__digest_add(&t->digest, ens_bytes(p, blocks * BLOCK));
}

void ens__sha256_two_add(ens__sha256_two *t, ens_slice piece)
{
    t->len += piece.len;
    while (t->num + piece.len >= GATHERED) {
        size_t n = GATHERED - t->num;
        memcpy(t->gathered + t->num, piece.p, n);
        hash_gathered(t, t->gathered, GATHERED / BLOCK);
        piece = ens_from(piece, n);
        t->num = 0;
    }
    if (piece.len)
        memcpy(t->gathered + t->num, piece.p, piece.len);
    t->num += piece.len;
}

ens_code ens__sha256_two_end(ens__sha256_two *t, uint8_t whole[ENS_SHA256_LEN], uint8_t pieces[ENS_SHA256_LEN],
                             ens_err *err)
{
    uint8_t digest[ENS_DIGEST_MAX];
    size_t blocks = t->num / BLOCK;
    ens_slice rest = ens_bytes(t->gathered + blocks * BLOCK, t->num % BLOCK);
    hash_gathered(t, t->gathered, blocks);
    if (t->by_lanes) {
        end_lanes(&t->lanes, rest, t->len, whole, pieces);
        return ENS_OK;
    }
    ens__digest_add(&t->digest, rest);
    ens_code code = ens__digest_end(&t->digest, digest, err);
    if (code == ENS_OK)
        memcpy(pieces, digest, ENS_SHA256_LEN);
    return code == ENS_OK ? ens__sha256(t->whole, whole, err) : code;
}
