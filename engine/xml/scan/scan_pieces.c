/* A text that comes in pieces: what is at hand of it lies in memory of the scanner's and moves to its front when room
 * is wanted, so that positions are those of what is at hand; base is what was before it. Behind moves stand, whole:
 * the names of the open elements and the prefixes that are declared, one after another, then the text from the block
 * of the token on. Names of namespaces are copied when they are first met. */
#include "engine/base/arena.h"
#include "engine/xml/scan/scan_state.h"

#include <stdlib.h>

#define KEPT_MAX (ENS_XML_DEPTH_MAX + ENS_XML_SCOPE_MAX)

void ens__scan_pieces_free(ens_scan *s)
{
    free(s->pieces.room);
    s->pieces.room = NULL;
    s->pieces.cap = 0;
}

bool ens__scan_pieces_begin(ens_scan *s, ens_scan_source *source, void *user)
{
    if (s->pieces.cap > s->pieces.least)
        ens__scan_pieces_free(s);
    if (!s->pieces.room) {
        s->pieces.room = malloc(s->pieces.least);
        s->pieces.cap = s->pieces.room ? s->pieces.least : 0;
        ens__heap_note();
    }
    s->pieces.source = source;
    s->pieces.user = user;
    s->text = s->pieces.room;
    return s->pieces.room != NULL;
}

/* What outlives the text around it: where its position is kept, and how long it is. */
typedef struct {
    uint32_t *at, len;
} kept;

/* list_kept lists it in the order in which it stands. */
static unsigned list_kept(ens_scan *s, kept list[KEPT_MAX])
{
    unsigned num = 0, b = 0;
    for (unsigned depth = 1; depth <= s->depth; depth++) {
        ens_scan_element *e = &s->open[depth];
        for (; b < s->num_scope && s->scope_at[b] <= e->name; b++) /* an empty prefix takes no room */
            list[num++] = (kept){&s->scope_at[b], (uint32_t)s->scope[b].prefix.len};
        list[num++] = (kept){&e->name, e->name_len};
    }
    for (; b < s->num_scope; b++)
        list[num++] = (kept){&s->scope_at[b], (uint32_t)s->scope[b].prefix.len};
    return num;
}

static uint32_t less(uint32_t a, uint32_t b)
{
    return a > b ? a - b : 0;
}

/* move_to_front drops what stands before position from, a block's, but for what is kept. Everything moves to the left,
 * what stands first first. It returns by how many bytes, whole blocks, the text has moved. */
static uint32_t move_to_front(ens_scan *s, uint32_t from)
{
    kept list[KEPT_MAX];
    unsigned num = list_kept(s, list);
    uint32_t size = 0, to = 0;
    for (unsigned i = 0; i < num; i++)
        size += *list[i].at < from ? list[i].len : 0;
    uint32_t start = (size + ENS_SCAN_BLOCK - 1) / ENS_SCAN_BLOCK * ENS_SCAN_BLOCK, moved = less(from, start);
    if (!moved)
        return 0;
    uint8_t *text = s->pieces.room;
    for (unsigned i = 0; i < num; i++) {
        if (*list[i].at >= from) {
            *list[i].at -= moved;
            continue;
        }
        memmove(text + to, text + *list[i].at, list[i].len);
        *list[i].at = to;
        to += list[i].len;
    }
    memmove(text + start, text + from, s->len - from);
    s->base += moved;
    s->len -= moved;
    s->at -= moved;
    s->run -= moved; /* below 0, it may be: only differences from it are asked for */
    s->window.checked = less(s->window.checked, moved);
    s->window.illegal -= s->window.illegal == ENS_SCAN_NONE ? 0 : moved;
    return moved;
}

static bool make_room(ens_scan *s, uint32_t size)
{
    uint32_t cap = s->pieces.cap;
    while (cap < size)
        cap *= 2;
    uint8_t *moved = cap > s->pieces.cap ? realloc(s->pieces.room, cap) : s->pieces.room;
    if (!moved)
        return false;
    s->text = s->pieces.room = moved;
    s->pieces.cap = cap;
    return true;
}

/* read_on asks the source until so many bytes are at hand, or the text has ended. */
static bool read_on(ens_scan *s, uint32_t upto)
{
    while (s->len < upto && !s->ended) {
        size_t n = 0;
        ens_code code = s->pieces.source(s->pieces.user, s->pieces.room + s->len, s->pieces.cap - s->len, &n);
        if (code == ENS_OK && n >= ENS_SCAN_MAX - s->base - s->len)
            code = ENS_ELIMIT;
        if (code != ENS_OK) {
            ens__scan_refuse(s, code, code == ENS_ELIMIT ? "is too large" : "can't be read on", s->len);
            return false;
        }
        s->len += (uint32_t)n;
        s->ended = n == 0;
    }
    return true;
}

bool ens__scan_hold(ens_scan *s, uint32_t *from, uint32_t upto)
{
    if (s->ended || upto <= s->len)
        return true;
    uint32_t first = (s->at < *from ? s->at : *from) / ENS_SCAN_BLOCK * ENS_SCAN_BLOCK;
    if (upto > s->pieces.cap) {
        uint32_t moved = move_to_front(s, first);
        *from -= moved;
        upto -= moved;
    }
    if (!make_room(s, upto)) {
        ens__scan_refuse(s, ENS_ENOMEM, "is too large for the memory", s->at);
        return false;
    }
    for (unsigned i = 0; i < s->num_scope; i++)
        s->scope[i].prefix.p = s->text + s->scope_at[i];
    return read_on(s, upto);
}
