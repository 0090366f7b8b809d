/* The part of the text that is indexed: see scan_index.h. It moves on with the scanner, and is validated as it does. */
#include "engine/base/heap.h"
#include "engine/xml/scan/scan_chars.h"
#include "engine/xml/scan/scan_state.h"

#include <stdlib.h>

bool ens__scan_window_make(ens_scan_window *w, uint32_t room)
{
    size_t words = room / ENS_SCAN_BLOCK + 2, marks = room + ENS_SCAN_MARK_ROOM;
    uint64_t *maps = malloc(3 * words * sizeof *maps + marks * sizeof(uint32_t));
    ens__heap_note();
    if (!maps)
        return false;
    free(w->maps.not_name);
    w->maps.not_name = maps;
    w->maps.not_value = maps + words;
    w->maps.odd = maps + 2 * words;
    w->maps.mark = (uint32_t *)(maps + 3 * words);
    w->room = room;
    return true;
}

void ens__scan_window_free(ens_scan_window *w)
{
    free(w->maps.not_name);
}

/* check_block looks at the odd bytes of one block: sequences of UTF-8 may reach into the next one. False: one is
 * illegal. */
static bool check_block(ens_scan *s, uint64_t odd, uint32_t at)
{
    ens_scan_window *w = &s->window;
    for (; odd; odd &= odd - 1) {
        uint32_t p = at + (uint32_t)__builtin_ctzll(odd), c;
        if (p < w->checked)
            continue;
        unsigned n = ens__xml_char(s->text + p, s->text + s->len, &c);
        if (!n) {
            w->illegal = p;
            return false;
        }
        w->checked = p + n;
    }
    return true;
}

static void check(ens_scan *s, size_t blocks)
{
    ens_scan_window *w = &s->window;
    for (size_t b = 0; b < blocks; b++)
        if (w->maps.odd[b] && !check_block(s, w->maps.odd[b], w->from + (uint32_t)b * ENS_SCAN_BLOCK))
            return;
}

/* index_all indexes whole blocks where they lie and the last, shorter one in a copy: nothing is read past the end of
 * the text. */
static size_t index_all(ens_scan *s, size_t *blocks, bool *any_odd)
{
    ens_scan_window *w = &s->window;
    size_t whole = (w->to - w->from) / ENS_SCAN_BLOCK, rest = (w->to - w->from) % ENS_SCAN_BLOCK;
    size_t num = w->index(s->text + w->from, whole, w->from, &w->maps, any_odd);
    *blocks = whole;
    if (rest) {
        uint8_t last[ENS_SCAN_BLOCK];
        bool odd;
        memset(last, ' ', sizeof last);
        memcpy(last, s->text + w->to - rest, rest);
        ens_scan_maps maps = {w->maps.mark + num, w->maps.not_name + whole, w->maps.not_value + whole,
                              w->maps.odd + whole};
        num += w->index(last, 1, w->to - (uint32_t)rest, &maps, &odd);
        *any_odd |= odd;
        ++*blocks;
    }
    return num;
}

static void fill(ens_scan *s, uint32_t from)
{
    ens_scan_window *w = &s->window;
    bool any_odd;
    size_t blocks;
    w->from = from;
    w->to = s->len - from < w->room ? s->len : from + w->room;
    size_t num = index_all(s, &blocks, &any_odd);
    w->maps.not_name[blocks] = w->maps.not_value[blocks] = UINT64_MAX;
    w->maps.not_name[blocks + 1] = w->maps.not_value[blocks + 1] = UINT64_MAX;
    if (any_odd)
        check(s, blocks);
    if (w->illegal < w->to) {
        w->to = w->illegal;
        while (num && w->maps.mark[num - 1] >= w->to)
            num--;
    }
    w->maps.mark[num] = w->maps.mark[num + 1] = ENS_SCAN_NONE;
    s->mark = w->maps.mark;
}

static void pass_marks(ens_scan *s, uint32_t at)
{
    while (*s->mark < at)
        s->mark++;
}

bool ens__scan_window_at(ens_scan *s, uint32_t at, bool keep)
{
    ens_scan_window *w = &s->window;
    uint32_t from = at / ENS_SCAN_BLOCK * ENS_SCAN_BLOCK;
    if (w->to == w->illegal)
        ens__scan_refuse(s, ENS_ESYNTAX, "has an illegal character", w->illegal);
    else if (w->to == s->len)
        ens__scan_refuse(s, ENS_ESYNTAX, "ends too early", s->len);
    else if (keep && from == w->from && w->room >= ENS_SCAN_TAG_MAX)
        ens__scan_refuse(s, ENS_ELIMIT, "has a tag that is too long", at);
    else if (keep && from == w->from && !ens__scan_window_make(w, 2 * w->room))
        ens__scan_refuse(s, ENS_ENOMEM, "is too large for the memory", at);
    else
        fill(s, from);
    pass_marks(s, at);
    return s->state != ENS_SCANNING_FAILED;
}

bool ens__scan_pass(ens_scan *s, uint32_t at)
{
    while (s->window.to < at)
        if (!ens__scan_window_at(s, s->window.to, false))
            return false;
    pass_marks(s, at);
    s->at = at;
    return true;
}

void ens__scan_window_begin(ens_scan *s)
{
    ens_scan_window *w = &s->window;
    if (w->room > ENS_SCAN_WINDOW)
        ens__scan_window_make(w, ENS_SCAN_WINDOW); /* without memory the large one stays */
    w->checked = 0;
    w->illegal = ENS_SCAN_NONE;
    fill(s, 0);
}
