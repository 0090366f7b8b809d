#include "engine/base/sha256.h"

#include "engine/base/digest.h"
#include "tests/suite.h"

#include <stdlib.h>

#define TEXT ((size_t)1 << 16)
#define PIECES 9u

static uint8_t text[TEXT];
static uint64_t state = 20261128;

static uint64_t draw(uint64_t below)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (state >> 11) % below;
}

static void check_pieces(const ens_slice *piece, size_t num)
{
    uint8_t made[PIECES][ENS_SHA256_LEN], wanted[ENS_SHA256_LEN];
    CU_ASSERT_EQUAL(ens__sha256_all(piece, num, made, NULL), ENS_OK);
    for (size_t i = 0; i < num; i++) {
        CU_ASSERT_EQUAL(ens__sha256(piece[i], wanted, NULL), ENS_OK);
        CHECK_ROW(memcmp(made[i], wanted, sizeof wanted) == 0, "piece %zu of %zu: %zu bytes", i, num, piece[i].len);
    }
}

static void hashes_every_length_as_openssl_does(void)
{
    for (size_t i = 0; i < TEXT; i++)
        text[i] = (uint8_t)draw(256);
    for (size_t len = 0; len < 600; len++) {
        const ens_slice pair[] = {{text, len}, {text + 1, 600 - len}};
        check_pieces(pair, 2);
        check_pieces(pair, 1);
    }
}

static void hashes_many_pieces_of_any_lengths(void)
{
    const char *soak = getenv("ENSIGN_SOAK");
    for (unsigned round = 0; round < (soak ? 2000000u : 4000u); round++) {
        ens_slice piece[PIECES];
        size_t num = draw(PIECES + 1);
        for (size_t i = 0; i < num; i++) {
            size_t from = draw(64);
            piece[i] = ens_bytes(text + from, draw(4) ? draw(300) : draw(TEXT / 8));
        }
        check_pieces(piece, num);
    }
}

/* One text whole, and another in pieces, empty and long ones among them; the next begins where one was left undone. */
static void hashes_one_whole_and_one_in_pieces(void)
{
    ens__sha256_two *two = ens__sha256_two_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(two);
    for (unsigned round = 0; round < 1500; round++) {
        uint8_t made[2][ENS_SHA256_LEN], wanted[2][ENS_SHA256_LEN];
        size_t len = round < 300 ? round : draw(TEXT), at = 0;
        ens_slice whole = ens_bytes(text, draw(3) ? draw(TEXT) : draw(300));
        ens__sha256_two_begin(two, draw(8) ? whole : (ens_slice){0});
        ens__sha256_two_add(two, ens_bytes(text, draw(200)));
        ens__sha256_two_begin(two, whole);
        while (at < len) {
            size_t n = draw(2) ? draw(80) : draw(TEXT / 4);
            n = n < len - at ? n : len - at;
            ens__sha256_two_add(two, ens_bytes(text + at, n));
            at += n;
        }
        CU_ASSERT_EQUAL(ens__sha256_two_end(two, made[0], made[1], NULL), ENS_OK);
        CU_ASSERT(ens__sha256(whole, wanted[0], NULL) == ENS_OK &&
                  ens__sha256(ens_bytes(text, len), wanted[1], NULL) == ENS_OK);
        CHECK_ROW(memcmp(made, wanted, sizeof made) == 0, "round %u: %zu and %zu octets", round, whole.len, len);
    }
    ens__sha256_two_free(two);
}

static const ens_case cases[] = {
    {"hashes every length as OpenSSL does", hashes_every_length_as_openssl_does},
    {"hashes many pieces of any lengths", hashes_many_pieces_of_any_lengths},
    {"hashes one text whole and one in pieces", hashes_one_whole_and_one_in_pieces},
    {NULL, NULL},
};
ENS_SUITE("engine/sha256", cases)
