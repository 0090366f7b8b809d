#include "engine/xml/tree/mould.h"

#include "engine/xml/scan/scan_index.h"

#include <stdlib.h>

#ifdef ENS_SCAN_X86
#include <emmintrin.h>
#endif

#define ARENA_MAX ((size_t)1 << 20) /* bytes of a mould's attributes and forms */
#define LEARN_FROM 2u               /* misses: a process that judges one message learns nothing */
#define LEARN_EACH 64u              /* misses of a full set until another is learnt */
#define LONG_GAP 64u                /* bytes of a text that is compared with the mould's own first */
#define PIECES_MAX 1024u            /* of one canonical form */

/* Octets [from, to) of the mould are a text or a value; what stands before them is compared. */
typedef struct {
    uint32_t from, to, fitted, fitted_to; /* the latter two: in the document that fitted */
    ens_slice *value;                     /* in the records */
    bool is_text;
} gap;

/* A piece of a canonical form: octets of their own, or those from one place of the mould to another, each behind so
 * many gaps. */
typedef struct {
    ens_slice literal; /* p == NULL: a run */
    uint32_t from, to;
    uint16_t gaps_before, gaps_within;
} piece;

typedef struct {
    uint32_t record, num;
    ens_slice prefix_list;
    const piece *piece;
} form;

struct ens_mould {
    uint8_t *text;
    size_t len, room;
    ens_tree tree;
    ens_arena arena;
    gap gap[ENS_MOULD_GAPS_MAX];
    unsigned num_gaps, num_forms;
    form form[ENS_MOULD_FORMS_MAX];
    ens_slice fitted; /* the document that fitted last */
    uint64_t used;    /* when */
};

typedef struct ens_mould mould;

struct ens_moulds {
    const char *const *known;
    ens_tree_scanner scanner; /* of what is learnt; made with the first */
    ens_canon *canon;
    mould *item[ENS_MOULDS_MAX]; /* the one that fitted last comes first */
    unsigned num, misses;
};

ens_moulds *ens__moulds_new(const char *const *known)
{
    ens_moulds *m = calloc(1, sizeof *m);
    if (m)
        m->known = known;
    return m;
}

static void free_mould(mould *m)
{
    if (!m)
        return;
    ens__tree_clear(&m->tree);
    ens_arena_free(&m->arena);
    free(m->text);
    free(m);
}

void ens__moulds_free(ens_moulds *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i < m->num; i++)
        free_mould(m->item[i]);
    ens__tree_scanner_clear(&m->scanner);
    ens__canon_free(m->canon);
    free(m);
}

/* stops tells whether a byte can't stand in a gap: markup, what is normalised, and all that isn't plain ASCII. */
static inline bool stops(uint8_t c, bool is_text)
{
    return (ens__scan_class[c] & (ENS_SCAN_ODD | (is_text ? ENS_SCAN_MARK : ENS_SCAN_NOT_VALUE))) != 0;
}

#ifdef ENS_SCAN_X86
/* stops_of16 is stops for 16 bytes at once, a bit each. */
static inline unsigned stops_of16(const uint8_t *p, bool is_text)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i angle = _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(2)), _mm_set1_epi8('>'));
    __m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(' ')); /* signed: what is beyond ASCII is lower still */
    __m128i mark = _mm_or_si128(angle, _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
    if (is_text) {
        __m128i blank = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\t')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));
        low = _mm_andnot_si128(blank, low);
    } else {
        mark = _mm_or_si128(mark, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
        mark = _mm_or_si128(mark, _mm_cmpeq_epi8(v, _mm_set1_epi8('\'')));
    }
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, mark));
}
#endif

/* gap_end is where the first byte stands that stops a gap that begins at p. */
static inline const uint8_t *gap_end(const uint8_t *p, const uint8_t *end, bool is_text)
{
#ifdef ENS_SCAN_X86
    for (; end - p >= 16; p += 16) {
        unsigned bits = stops_of16(p, is_text);
        if (bits)
            return p + __builtin_ctz(bits);
    }
#endif
    while (p < end && !stops(*p, is_text))
        p++;
    return p;
}

/* same compares n octets; the mould's may be read past their end, by 16. */
static inline bool same(const uint8_t *p, const uint8_t *end, const uint8_t *own, size_t n)
{
    if ((size_t)(end - p) < n)
        return false;
#ifdef ENS_SCAN_X86
    if ((size_t)(end - p) >= n + 16) {
        for (size_t i = 0; i < n; i += 16) {
            unsigned differ = 0xFFFFu ^ (unsigned)_mm_movemask_epi8(
                                            _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + i)),
                                                           _mm_loadu_si128((const __m128i *)(const void *)(own + i))));
            if (differ & (n - i < 16 ? (1u << (n - i)) - 1 : 0xFFFFu))
                return false;
        }
        return true;
    }
#endif
    return memcmp(p, own, n) == 0;
}

/* fit_gap finds the end of a gap that begins at p. What is in it is never empty, as the mould's own isn't; what follows
 * is compared by the caller, beginning with what ends it. */
static inline const uint8_t *fit_gap(const mould *m, const gap *g, const uint8_t *p, const uint8_t *end)
{
    size_t own = g->to - g->from;
    if (own >= LONG_GAP && (size_t)(end - p) > own && p[own] == m->text[g->to] &&
        memcmp(p, m->text + g->from, own) == 0)
        return p + own;
    const uint8_t *to = gap_end(p, end, g->is_text);
    return to > p && (g->is_text || to - p <= ENS_MOULD_VALUE_MAX) ? to : NULL;
}

/* fits compares, and fills the records as it goes: nobody reads them unless all of it fits. */
static bool fits(mould *m, ens_slice text)
{
    const uint8_t *p = text.p, *end = text.p + text.len;
    size_t at = 0;
    for (unsigned i = 0; i < m->num_gaps; i++) {
        gap *g = &m->gap[i];
        if (!same(p, end, m->text + at, g->from - at))
            return false;
        p += g->from - at;
        const uint8_t *to = fit_gap(m, g, p, end);
        if (!to)
            return false;
        *g->value = (ens_slice){p, (size_t)(to - p)};
        g->fitted = (uint32_t)(p - text.p);
        g->fitted_to = (uint32_t)(to - text.p);
        p = to;
        at = g->to;
    }
    return (size_t)(end - p) == m->len - at && same(p, end, m->text + at, m->len - at);
}

ens_tree *ens__moulds_fit(ens_moulds *m, ens_slice text, ens_arena *arena)
{
    if (text.len > ENS_MOULD_TEXT_MAX)
        return NULL;
    for (unsigned i = 0; i < m->num; i++) {
        mould *of = m->item[i];
        if (!fits(of, text))
            continue;
        memmove(m->item + 1, m->item, i * sizeof *m->item);
        m->item[0] = of;
        of->fitted = text;
        of->tree.arena = arena;
        of->tree.path_left = ENS_TREE_PATH_WORK;
        return &of->tree;
    }
    return NULL;
}

bool ens__moulds_want_more(ens_moulds *m)
{
    unsigned until = m->num < ENS_MOULDS_MAX ? LEARN_FROM : LEARN_EACH;
    return ++m->misses >= until;
}

static bool add_gap(mould *m, ens_slice *value, bool is_text)
{
    ens_slice s = *value;
    size_t from = (size_t)(s.p - m->text);
    if (!s.len || gap_end(s.p, s.p + s.len, is_text) != s.p + s.len || (!is_text && s.len > ENS_MOULD_VALUE_MAX))
        return true; /* it is compared as it stands */
    if (m->num_gaps == ENS_MOULD_GAPS_MAX)
        return false;
    m->gap[m->num_gaps++] =
        (gap){.from = (uint32_t)from, .to = (uint32_t)(from + s.len), .value = value, .is_text = is_text};
    return true;
}

/* is_quoted tells whether a value stands in the text itself, between '"'. */
static bool is_quoted(const mould *m, ens_slice s)
{
    return s.p > m->text && s.p + s.len < m->text + m->len && s.p[-1] == '"' && s.p[s.len] == '"';
}

/* find_values makes gaps of an element's attribute values, in records that can be written. */
static bool find_values(mould *m, ens_node *n)
{
    const ens_scan_attribute *a = m->tree.event[n->at].attribute;
    ens_node_attribute *own = ens_arena_take(&m->arena, n->num_attributes * sizeof *own);
    bool good = own != NULL;
    for (unsigned k = 0; k < n->num_attributes && good; k++) {
        own[k] = n->attribute[k];
        if (a[k].plain && is_quoted(m, own[k].value))
            good = add_gap(m, &own[k].value, false);
    }
    n->attribute = own;
    return good;
}

/* find_gaps goes over the records in document order: attributes of an element stand before its text. */
static bool find_gaps(mould *m)
{
    bool good = true;
    m->num_gaps = 0;
    for (size_t i = 0; i < m->tree.num && good; i++) {
        ens_node *n = &m->tree.node[i];
        good = !n->num_attributes || find_values(m, n);
        if (n->span == 1 && !n->in_pieces && n->end == n->at + 2)
            good = good && add_gap(m, &n->text, true);
    }
    for (unsigned i = 1; i < m->num_gaps && good; i++)
        good = m->gap[i - 1].to < m->gap[i].from;
    return good;
}

/* A form in the making. */
typedef struct {
    mould *m;
    piece piece[PIECES_MAX];
    unsigned num;
    bool failed;
} making;

static unsigned gaps_until(const mould *m, size_t at)
{
    unsigned num = 0;
    while (num < m->num_gaps && m->gap[num].to <= at)
        num++;
    return num;
}

static void take_piece(void *user, ens_slice s)
{
    making *k = user;
    const mould *m = k->m;
    bool run = s.p >= m->text && s.p + s.len <= m->text + m->len;
    if (k->num == PIECES_MAX || k->failed) {
        k->failed = true;
        return;
    }
    piece *p = &k->piece[k->num++];
    *p = (piece){0};
    if (!run) {
        p->literal = ens_bytes(ens_arena_text(&k->m->arena, s), s.len);
        k->failed = !p->literal.p;
        return;
    }
    p->from = (uint32_t)(s.p - m->text);
    p->to = (uint32_t)(p->from + s.len);
    p->gaps_before = (uint16_t)gaps_until(m, p->from);
    p->gaps_within = (uint16_t)gaps_until(m, p->to);
}

/* covers_gaps wants each gap inside of the element whole in one run, and nothing of any other. */
static bool covers_gaps(const making *k, const ens_node *apex)
{
    const mould *m = k->m;
    const ens_scan_event *start = &m->tree.event[apex->at], *last = &m->tree.event[apex->end];
    size_t from = (size_t)(start->raw.p - m->text), to = (size_t)(last->raw.p + last->raw.len - m->text);
    unsigned first = gaps_until(m, from), end = gaps_until(m, to), seen = 0;
    for (unsigned g = first; g < end; g++) {
        unsigned times = 0, whole = 0;
        for (unsigned i = 0; i < k->num; i++) {
            const piece *p = &k->piece[i];
            bool touches = !p->literal.p && p->from < m->gap[g].to && p->to > m->gap[g].from;
            times += touches;
            whole += touches && p->from <= m->gap[g].from && p->to >= m->gap[g].to;
        }
        if (times != 1 || whole != 1)
            return false;
    }
    for (unsigned i = 0; i < k->num; i++)
        seen += k->piece[i].literal.p ? 0 : (unsigned)(k->piece[i].gaps_within - k->piece[i].gaps_before);
    return seen == end - first;
}

static bool learn_form(ens_moulds *ms, mould *m, const ens_mould_apex *apex)
{
    making *k = malloc(sizeof *k);
    ens__heap_note();
    if (!k)
        return false;
    k->m = m;
    k->num = 0;
    k->failed = false;
    const ens_node *n = &m->tree.node[apex->record];
    ens_slice list = apex->prefix_list;
    form *f = &m->form[m->num_forms];
    *f = (form){.record = apex->record, .prefix_list = ens_bytes(ens_arena_text(&m->arena, list), list.len)};
    ens__canon_apart(ms->canon, true);
    bool good = f->prefix_list.p &&
                ens__tree_canon(&ms->scanner, ms->canon, n, list, (ens_canon_sink){take_piece, k}, NULL) == ENS_OK;
    ens__canon_apart(ms->canon, false);
    good = good && !k->failed && covers_gaps(k, n);
    piece *kept = good ? ens_arena_take(&m->arena, k->num * sizeof *kept) : NULL;
    if (kept) {
        memcpy(kept, k->piece, k->num * sizeof *kept);
        f->piece = kept;
        f->num = k->num;
        m->num_forms++;
    }
    free(k);
    return kept != NULL;
}

/* take_text copies the document; 16 octets more may be read. */
static bool copy_text(mould *m, ens_slice text)
{
    if (m->room < text.len + 16) {
        free(m->text);
        m->text = malloc(text.len + 16);
        m->room = m->text ? text.len + 16 : 0;
        ens__heap_note();
    }
    if (!m->text)
        return false;
    memcpy(m->text, text.p, text.len);
    memset(m->text + text.len, 0, 16);
    m->len = text.len;
    return true;
}

static bool learn(ens_moulds *ms, mould *m, ens_slice text, const ens_mould_apex *apex, unsigned num)
{
    m->num_gaps = m->num_forms = 0;
    m->tree.mould = NULL; /* while the scanner gives the canonical forms */
    ens_arena_reset(&m->arena);
    bool good = num <= ENS_MOULD_FORMS_MAX && copy_text(m, text) &&
                ens__tree_scan(&m->tree, &ms->scanner, ens_bytes(m->text, m->len), &m->arena, NULL) == ENS_OK &&
                find_gaps(m);
    for (unsigned i = 0; i < num && good; i++)
        good = apex[i].record < m->tree.num && learn_form(ms, m, &apex[i]);
    m->tree.mould = m;
    return good;
}

static mould *new_mould(void)
{
    mould *m = calloc(1, sizeof *m);
    ens__heap_note();
    if (m)
        ens_arena_init(&m->arena, ARENA_MAX);
    return m;
}

static bool get_ready(ens_moulds *m)
{
    if (!m->canon)
        m->canon = ens__canon_new();
    return m->canon && (m->scanner.scan || ens__tree_scanner_init(&m->scanner, m->known, NULL) == ENS_OK);
}

bool ens__moulds_learn(ens_moulds *m, ens_slice text, const ens_mould_apex *apex, unsigned num)
{
    m->misses = 0;
    if (text.len > ENS_MOULD_TEXT_MAX || !get_ready(m))
        return false;
    bool full = m->num == ENS_MOULDS_MAX;
    mould *of = full ? m->item[m->num - 1] : new_mould();
    m->num -= full;
    if (!of || !learn(m, of, text, apex, num)) {
        free_mould(of);
        return false;
    }
    memmove(m->item + 1, m->item, m->num * sizeof *m->item);
    m->item[0] = of;
    m->num++;
    return true;
}

static const form *form_of(const mould *m, uint32_t record, ens_slice prefix_list)
{
    for (unsigned i = 0; i < m->num_forms; i++)
        if (m->form[i].record == record && ens_eq(m->form[i].prefix_list, prefix_list))
            return &m->form[i];
    return NULL;
}

/* place_of is where a place of the mould is in the document that fitted, behind so many gaps. */
static size_t place_of(const mould *m, uint32_t at, unsigned gaps)
{
    const gap *g = gaps ? &m->gap[gaps - 1] : NULL;
    return g ? g->fitted_to + (at - g->to) : at;
}

ens_code ens__mould_canon(const ens_node *n, ens_canon *canon, ens_slice prefix_list, ens_canon_sink sink, ens_err *err)
{
    const mould *m = n->tree->mould;
    const form *f = form_of(m, (uint32_t)(n - n->tree->node), prefix_list);
    if (!f)
        return ens_fail(err, ENS_EPOLICY, NULL, "the canonical form of this element isn't kept", 0);
    ens_canon_writer *w = ens__canon_out(canon);
    ens__canon_writer_start(w, sink);
    for (unsigned i = 0; i < f->num; i++) {
        const piece *p = &f->piece[i];
        if (p->literal.p)
            ens__canon_literal(w, p->literal);
        else
            ens__canon_break(
                w, ens_sub(m->fitted, place_of(m, p->from, p->gaps_before), place_of(m, p->to, p->gaps_within)));
    }
    ens__canon_flush(w);
    return ENS_OK;
}
