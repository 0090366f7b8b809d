/* What the parts of the scanner share. Inside the engine only. */
#ifndef ENS_ENGINE_XML_SCAN_SCAN_STATE_H
#define ENS_ENGINE_XML_SCAN_SCAN_STATE_H

#include "engine/base/arena.h"
#include "engine/xml/scan/scan.h"
#include "engine/xml/scan/scan_index.h"

#ifdef ENS_SCAN_X86
#include <emmintrin.h>
#endif

#define ENS_SCAN_URI_SLOTS                                                                                             \
    1024u /* of the hash table; a power of two, more than twice ENS_SCAN_URIS_MAX and ENS_SCAN_KNOWN_MAX */
/* Bytes behind a window that are at hand, but at the end of the text: what begins in a window and is looked at beyond
 * it ends in them, a character, "<![CDATA[", a reference. */
#define ENS_SCAN_AHEAD ENS_SCAN_REFERENCE_MAX
#define ENS_SCAN_WINDOW ((uint32_t)8 << 10) /* bytes indexed at once; a tag that is longer makes the window grow */

typedef struct {
    uint32_t name; /* where it stands */
    uint32_t name_len;
    uint16_t prefix_len;    /* without ':' */
    uint16_t num_scope;     /* declarations in scope outside of it */
    ens_scan_uri ns, outer; /* its own; the default namespace outside of it */
    bool declares;
} ens_scan_element;

typedef struct {
    ens_slice text; /* normalised */
    uint32_t slot;  /* in the hash table */
    bool relative;
} ens_scan_name; /* a namespace name */

/* The bytes [from, to) are indexed; from is a multiple of ENS_SCAN_BLOCK. */
typedef struct {
    ens_scan_maps maps;
    uint32_t from, to, room;
    uint32_t checked; /* characters before it are legal */
    uint32_t illegal; /* where one is not, or ENS_SCAN_NONE */
    bool ascii;       /* none beyond ASCII is legal: the document says so */
    ens__scan_index *index;
} ens_scan_window;

typedef enum {
    ENS_SCANNING_START = 0,
    ENS_SCANNING_PROLOG,
    ENS_SCANNING_INSIDE,
    ENS_SCANNING_EMPTY,
    ENS_SCANNING_EPILOG,
    ENS_SCANNING_DONE,
    ENS_SCANNING_FAILED
} ens_scan_state;

/* Where a text comes from that comes in pieces: see scan_pieces.c. */
typedef struct {
    ens_scan_source *source;
    void *user;
    uint8_t *room;
    uint32_t cap, least; /* bytes of it; that it has at first */
} ens_scan_pieces;

#define ENS_SCAN_ROOM ((uint32_t)256 << 10) /* bytes; more is taken for a token that wants it, and given back */

struct ens_scan {
    const uint8_t *text;
    uint32_t len, at; /* of what is at hand of the text; the next byte */
    bool ended;       /* nothing comes behind it */
    bool in_pieces;   /* it moves: what is to stay is copied */
    size_t base;      /* bytes of the document before it */
    ens_scan_pieces pieces;
    const uint32_t *mark; /* the next mark: none stands between at and it */
    ens_scan_state state;
    uint16_t depth;
    uint32_t run; /* where character data began that no tag, comment or PI interrupts */
    ens_scan_uri default_ns;
    uint16_t num_scope;
    unsigned num_elements, max_elements;
    bool relative;
    ens_code code; /* after a failure: what, why, where */
    const char *what;
    size_t what_at;
    ens_scan_window window;
    ens_scan_element open[ENS_XML_DEPTH_MAX + 1]; /* [depth] is the innermost; [0] is no element */
    ens_scan_binding scope[ENS_XML_SCOPE_MAX];
    uint64_t scope_key[ENS_XML_SCOPE_MAX]; /* of each prefix */
    uint32_t scope_at[ENS_XML_SCOPE_MAX];  /* … where it stands */
    ens_scan_attribute attribute[ENS_XML_ATTRIBUTES_MAX];
    ens_scan_name uri[2 + ENS_SCAN_KNOWN_MAX + ENS_SCAN_URIS_MAX];
    unsigned num_uris, num_known;
    ens_scan_uri slot[ENS_SCAN_URI_SLOTS];
    ens_arena arena; /* namespace names that don't stand in the text as they are */
};

#define ENS_SCAN_INLINE inline __attribute__((always_inline))

/* A step: the token is there, or the window has to show more of it, or the document is refused. */
typedef enum { ENS_SCAN_GOT = 0, ENS_SCAN_MORE, ENS_SCAN_BAD } ens_scan_step;

/* ens__scan_refuse notes why, the first time, and returns ENS_SCAN_BAD. */
ens_scan_step ens__scan_refuse(ens_scan *s, ens_code code, const char *what, uint32_t at);
/* ens__scan_window_make replaces the maps by ones for room bytes. False: no memory. */
bool ens__scan_window_make(ens_scan_window *w, uint32_t room);
void ens__scan_window_free(ens_scan_window *w);
void ens__scan_window_begin(ens_scan *s);
/* ens__scan_pieces_begin has the memory and the source of a text in pieces. False: no memory. */
bool ens__scan_pieces_begin(ens_scan *s, ens_scan_source *source, void *user);
void ens__scan_pieces_free(ens_scan *s);
/* ens__scan_hold has everything at hand from the token and from position *from on up to position upto, or the end.
 * Positions may change: *from is moved along, base tells how far. False after a refusal. */
bool ens__scan_hold(ens_scan *s, uint32_t *from, uint32_t upto);
/* ens__scan_reach has n bytes of the token at hand, or the rest of the text; the window begins anew. False as above. */
bool ens__scan_reach(ens_scan *s, size_t n);
/* ens__scan_window_at makes the window begin at the block of position at; keep: what stood in it must stay whole, so it
 * grows when it begins there already. False after a refusal: the text ends, or is illegal, where more is wanted. */
bool ens__scan_window_at(ens_scan *s, uint32_t at, bool keep);
/* ens__scan_window_ascii has the window, which is the first one, take no character beyond ASCII from now on. */
void ens__scan_window_ascii(ens_scan *s);
/* ens__scan_pass moves on to position at, over whatever stands before it: only its characters are checked. */
bool ens__scan_pass(ens_scan *s, uint32_t at);

/* ens__scan_tag reads the start tag at s->at. */
ens_scan_step ens__scan_tag(ens_scan *s, ens_scan_event *out);
/* ens__scan_outside reads what stands before and behind the root; ENS_SCAN_GOT with ENS_SCAN_START: the root's tag is
 * to be read. */
ens_scan_step ens__scan_outside(ens_scan *s, ens_scan_event *out);
ens_scan_step ens__scan_comment(ens_scan *s, ens_scan_event *out);
ens_scan_step ens__scan_cdata(ens_scan *s, ens_scan_event *out);
ens_scan_step ens__scan_pi(ens_scan *s, ens_scan_event *out);

void ens__scan_names_init(ens_scan *s);
void ens__scan_names_reset(ens_scan *s);
/* ens__scan_lookup finds what the prefix at position at is bound to; ENS_SCAN_NO_NS: nothing. */
ens_scan_uri ens__scan_lookup(const ens_scan *s, uint32_t at, uint32_t len);
/* ens__scan_declare binds a prefix to a raw value. */
ens_scan_step ens__scan_declare(ens_scan *s, ens_slice prefix, ens_slice raw, bool plain);
/* ens__scan_name_end is the first byte at or after p that is no ASCII name character; at most the window's end. */
static ENS_SCAN_INLINE uint32_t ens__scan_name_end(const ens_scan *s, uint32_t p)
{
    uint32_t at = p - s->window.from, shift = at % ENS_SCAN_BLOCK;
    const uint64_t *word = s->window.maps.not_name + at / ENS_SCAN_BLOCK;
    uint64_t bits = word[0] >> shift | word[1] << 1 << (ENS_SCAN_BLOCK - 1 - shift);
    if (__builtin_expect(bits != 0, 1))
        return p + (uint32_t)__builtin_ctzll(bits);
    for (p += ENS_SCAN_BLOCK - shift, word++; *word == 0; word++)
        p += ENS_SCAN_BLOCK;
    return p + (uint32_t)__builtin_ctzll(*word);
}

/* ens__scan_name_end_near is ens__scan_name_end by one look at the map, for names of less than 57 bytes. */
static ENS_SCAN_INLINE uint32_t ens__scan_name_end_near(const ens_scan *s, uint32_t p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint32_t at = p - s->window.from;
    uint64_t bits;
    memcpy(&bits, (const uint8_t *)s->window.maps.not_name + at / 8, sizeof bits);
    bits >>= at % 8;
    if (__builtin_expect(bits != 0, 1))
        return p + (uint32_t)__builtin_ctzll(bits);
#endif
    return ens__scan_name_end(s, p);
}

static inline bool ens__scan_starts_name(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26 || c == '_';
}

static inline uint64_t ens__scan_word(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* ens__scan_same compares n bytes at two positions, the second one before the first; names seldom have more than 32. */
static ENS_SCAN_INLINE bool ens__scan_same(const ens_scan *s, uint32_t a, uint32_t b, uint32_t n)
{
    enum { WIDE = 32 };
    const uint8_t *x = s->text + a, *y = s->text + b;
    if (n > WIDE || s->len - a < WIDE)
        return memcmp(x, y, n) == 0;
#ifdef ENS_SCAN_X86
    const __m128i *v = (const __m128i *)(const void *)x, *w = (const __m128i *)(const void *)y;
    uint64_t low = (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(v), _mm_loadu_si128(w))),
             high = (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(v + 1), _mm_loadu_si128(w + 1)));
    return (~(low | high << 16) & (((uint64_t)1 << n) - 1)) == 0;
#else
    static const uint8_t masks[2 * WIDE] = {
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    };
    const uint8_t *mask = masks + WIDE - n;
    uint64_t differ = 0;
    for (unsigned i = 0; i < WIDE; i += 8)
        differ |= (ens__scan_word(x + i) ^ ens__scan_word(y + i)) & ens__scan_word(mask + i);
    return differ == 0;
#endif
}

/* ens__scan_lookup_near is ens__scan_lookup for an element that declares nothing: mostly it has the prefix of the one
 * around it. */
static ENS_SCAN_INLINE ens_scan_uri ens__scan_lookup_near(const ens_scan *s, uint32_t at, uint32_t len)
{
    const ens_scan_element *outer = &s->open[s->depth];
    return outer->prefix_len == len && ens__scan_same(s, at, outer->name, len) ? outer->ns
                                                                               : ens__scan_lookup(s, at, len);
}

/* ens__scan_value_end is the first byte at or after p where an attribute value may end or be other than it stands. */
static ENS_SCAN_INLINE uint32_t ens__scan_value_end(const ens_scan *s, uint32_t p)
{
    uint32_t at = p - s->window.from, shift = at % ENS_SCAN_BLOCK;
    const uint64_t *word = s->window.maps.not_value + at / ENS_SCAN_BLOCK;
    uint64_t bits = word[0] >> shift | word[1] << 1 << (ENS_SCAN_BLOCK - 1 - shift);
    if (__builtin_expect(bits != 0, 1))
        return p + (uint32_t)__builtin_ctzll(bits);
    for (p += ENS_SCAN_BLOCK - shift, word++; *word == 0; word++)
        p += ENS_SCAN_BLOCK;
    return p + (uint32_t)__builtin_ctzll(*word);
}

/* Characters of XML documents: UTF-8, legality, names, references. */

static inline bool ens__scan_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ens__scan_char reads one character at p: its length, or 0 when it is not UTF-8 or no Char of XML 1.0. */
unsigned ens__scan_char(const uint8_t *p, const uint8_t *end, uint32_t *value);
/* ens__scan_name_length is the length of the Name at p, ':' not counted to it; 0: no name starts there. */
size_t ens__scan_name_length(const uint8_t *p, const uint8_t *end);
/* ens__scan_reference reads "&amp;", "&#65;", "&#x41;" … at p: its length, or 0 for anything else, and for what is
 * longer than ENS_SCAN_REFERENCE_MAX. */
size_t ens__scan_reference(const uint8_t *p, const uint8_t *end, uint32_t *value);
/* ens__scan_refuse_reference tells of one at position at that is none. */
ens_scan_step ens__scan_refuse_reference(ens_scan *s, uint32_t at);
/* ens__scan_put_char writes value as UTF-8 and returns its length. */
unsigned ens__scan_put_char(uint32_t value, uint8_t out[4]);

#endif
