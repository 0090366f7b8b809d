/* The first step of the scanner: 64 bytes at a time, where are the bytes that matter? What it finds is the same
 * whichever instructions it is made of. Inside the engine only. */
#ifndef ENS_ENGINE_XML_SCAN_SCAN_INDEX_H
#define ENS_ENGINE_XML_SCAN_SCAN_INDEX_H

#include "engine/base/bytes.h"

#define ENS_SCAN_BLOCK 64u       /* bytes, and so bits of a map's word */
#define ENS_SCAN_MARK_ROOM 64u   /* marks that an index function may write behind the last one */
#define ENS_SCAN_NONE UINT32_MAX /* no position */

/* What is known of a run of blocks. A map has one word a block, lowest bit first. */
typedef struct {
    uint32_t *mark;     /* positions of '<' '>' '&' CR, in order */
    uint64_t *not_name; /* bytes that are no ASCII name character; ':' is none */
    uint64_t
        *not_value; /* quotes, '<' '>' '&', tab, CR, LF: where an attribute value may end or be other than it stands */
    uint64_t *odd;  /* bytes that need a look: non-ASCII, and controls that no document may have */
} ens_scan_maps;

/* An index function fills the maps for num blocks at p, whose first byte has the position at; it returns the number of
 * marks, and sets *any_odd when a word of odd is not 0. */
typedef size_t ens__scan_index(const uint8_t *p, size_t num, uint32_t at, const ens_scan_maps *maps, bool *any_odd);

ens__scan_index ens__scan_index_portable;
#if defined(ENSIGN_SIMD) && defined(__x86_64__)
#define ENS_SCAN_X86
ens__scan_index ens__scan_index_sse2, ens__scan_index_avx2, ens__scan_index_avx512;
#endif

/* ens__scan_index_nth lists the functions that this CPU has, the fastest first and the portable one last; then NULL. */
ens__scan_index *ens__scan_index_nth(unsigned n);

/* What a byte is; a map each. */
enum { ENS_SCAN_MARK = 1, ENS_SCAN_NOT_NAME = 2, ENS_SCAN_NOT_VALUE = 4, ENS_SCAN_ODD = 8 };
extern const uint8_t ens__scan_class[256];

#endif
