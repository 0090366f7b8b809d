/* Tables that tell the symbols of a block of deflate by its next bits. Of engine/base/inflate alone. */
#ifndef ENS_ENGINE_BASE_INFLATE_TABLES_H
#define ENS_ENGINE_BASE_INFLATE_TABLES_H

#include "engine/base/bytes.h"

enum {
    LITERALS = 288, /* literals and lengths that have a fixed code, two of them to no purpose */
    DISTANCES = 32, /* distances, of which the same holds */
    LITERALS_USED = 286,
    DISTANCES_USED = 30,
    END_OF_BLOCK = 256,
    FIRST_LENGTH = 257,
    CODE_BITS = 15, /* of the longest code */
    LITERAL_BITS = 11,
    DISTANCE_BITS = 8,
    ORDERS = 19, /* codes that tell the lengths of codes */
    ORDER_BITS = 7,
};

/* A table is looked up by as many bits as it has. Where the code is longer, the entry tells of a further table behind
 * it, for what the longest code has more. Of a code that is complete at least two symbols share such a beginning, so
 * there is room enough for half as many further tables as there are symbols. */
#define FURTHER(symbols, bits) (((size_t)(symbols) / 2) << (CODE_BITS - (bits)))
#define LITERAL_ENTRIES (((size_t)1 << LITERAL_BITS) + FURTHER(LITERALS, LITERAL_BITS))
#define DISTANCE_ENTRIES (((size_t)1 << DISTANCE_BITS) + FURTHER(DISTANCES, DISTANCE_BITS))

/* An entry: bits 0 to 5 are how many bits it takes, those that follow the code included; 8 to 11 how many of them are
 * the code, or of a further table how many it is looked up by; from 16 on stands the literal, or two of them, the first
 * one below; the length or distance that the bits behind the code are added to; or where the further table is. */
#define ENTRY_TAKES 63u
#define ENTRY_CODE(entry) ((entry) >> 8 & 15u)
#define ENTRY_VALUE(entry) ((entry) >> 16)
#define IS_PAIR (1u << 12)    /* of a literal: it is two */
#define IS_END (1u << 12)     /* of what is odd: the end of the block */
#define IS_FURTHER (1u << 13) /* of what is odd */
#define IS_ODD (1u << 14)     /* no literal, length or distance; a symbol without a meaning, too */
#define IS_LITERAL (1u << 15)
#define OF_CODE 0x101u /* times the bits of a code: what an entry has of them */

typedef struct {
    uint32_t literal[LITERAL_ENTRIES], distance[DISTANCE_ENTRIES];
    unsigned literal_bits, distance_bits;                  /* that each is looked up by */
    uint32_t of_literal[LITERALS], of_distance[DISTANCES]; /* entries of the symbols, but for the code's bits */
} ens_inflate_tables;

/* ens__inflate_tables_init writes what is the same for all blocks. */
void ens__inflate_tables_init(ens_inflate_tables *t);

/* What follows makes tables from the lengths of codes, one a symbol, in bits; 0: it has none. False: zlib takes no such
 * lengths, or nobody writes them. */

/* ens__inflate_literals wants a complete code that has an end of the block. pairs: tell two literals at once where both
 * are short. */
bool ens__inflate_literals(ens_inflate_tables *t, const uint8_t *length, unsigned num, bool pairs);
/* ens__inflate_distances wants a complete code, a single one of one bit, or none (RFC 1951, 3.2.7). */
bool ens__inflate_distances(ens_inflate_tables *t, const uint8_t *length, unsigned num);
/* ens__inflate_orders wants a complete code of ORDERS symbols: of each the next ORDER_BITS bits tell the symbol, and
 * from bit 8 on its bits. */
bool ens__inflate_orders(const uint8_t length[ORDERS], uint16_t symbol[1 << ORDER_BITS]);

#endif
