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

static const ens_case cases[] = {
    {"hashes every length as OpenSSL does", hashes_every_length_as_openssl_does},
    {"hashes many pieces of any lengths", hashes_many_pieces_of_any_lengths},
    {NULL, NULL},
};
ENS_SUITE("engine/sha256", cases)
