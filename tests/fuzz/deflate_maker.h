/* Makes gzip files from scripts: sound ones of any form, and ones with a fault of a kind that readers may differ about.
 * Contents, CRC and length fit, as a reader takes them that passes over the fault. */
#ifndef ENS_TESTS_FUZZ_DEFLATE_MAKER_H
#define ENS_TESTS_FUZZ_DEFLATE_MAKER_H

#include "engine/base/bytes.h"

#define DEFLATE_FAULTS(X)                                                                                              \
    X(NONE, "none")                                                                                                    \
    X(MAGIC, "no gzip")                                                                                                \
    X(METHOD, "compression method other than 8")                                                                       \
    X(FLAGS, "reserved flags")                                                                                         \
    X(HEADER_CRC, "CRC of the header")                                                                                 \
    X(TYPE, "block of type 3")                                                                                         \
    X(STORED, "stored block whose length differs from its inverse")                                                    \
    X(MANY_LITERALS, "287 or 288 literals and lengths")                                                                \
    X(MANY_DISTANCES, "31 or 32 distances")                                                                            \
    X(ORDERS_SHORT, "incomplete code of code lengths")                                                                 \
    X(ORDERS_LONG, "over-subscribed code of code lengths")                                                             \
    X(LITERALS_SHORT, "incomplete literal code")                                                                       \
    X(LITERALS_LONG, "over-subscribed literal code")                                                                   \
    X(DISTANCES_SHORT, "incomplete distance code")                                                                     \
    X(DISTANCES_LONG, "over-subscribed distance code")                                                                 \
    X(NO_END, "no code for the end of the block")                                                                      \
    X(REPEAT_NOTHING, "repeat with nothing before it")                                                                 \
    X(REPEAT_OVER, "repeat beyond the last length")                                                                    \
    X(LENGTH_SYMBOL, "length symbol 286 or 287 used")                                                                  \
    X(DISTANCE_SYMBOL, "distance symbol 30 or 31 used")                                                                \
    X(UNUSED_CODE, "the other bit of a distance code of one")                                                          \
    X(NO_DISTANCES, "a match where there are no distance codes")                                                       \
    X(BEFORE_START, "distance before the start")                                                                       \
    X(CRC, "CRC of the contents")                                                                                      \
    X(SIZE, "length of the contents")                                                                                  \
    X(CUT, "cut short")                                                                                                \
    X(TAIL, "octets behind the last member")                                                                           \
    X(FLIP, "bits flipped")

#define DEFLATE_FAULT_NAME(name, text) DEFLATE_##name,
typedef enum { DEFLATE_FAULTS(DEFLATE_FAULT_NAME) DEFLATE_NUM_FAULTS } deflate_fault;

/* deflate_make writes a file into gzip, what it holds into plain, and tells which fault stands in it: NONE, too, where
 * there was no place for one. first is where the contents of the first member begin. */
deflate_fault deflate_make(const uint8_t *script, size_t size, ens_buf *gzip, ens_buf *plain, size_t *first);
const char *deflate_fault_text(deflate_fault fault);

#endif
