/* The scanner over a text in pieces in step with the scanner over the whole text: events and their places, names,
 * attributes, namespaces, what is in scope, and what is refused, why and where. */
#ifndef ENS_TESTS_FUZZ_SCAN_DIVIDED_H
#define ENS_TESTS_FUZZ_SCAN_DIVIDED_H

#include "tests/fuzz/scan_wanted.h"

static inline uint64_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* A text that is given in pieces whose sizes are drawn. */
typedef struct {
    ens_slice rest;
    uint64_t state;
    size_t first;     /* bytes of the first piece; 0: it is as others are */
    unsigned longest; /* … of the others, at most */
} divided;

static inline ens_code give_piece(void *user, uint8_t *to, size_t room, size_t *num)
{
    divided *d = user;
    size_t n = d->first ? d->first : 1 + draw(&d->state) % d->longest;
    d->first = 0;
    n = n < room ? n : room;
    n = n < d->rest.len ? n : d->rest.len;
    memset(to, '<', room < 300 ? room : 300); /* what is not given means nothing */
    memcpy(to, d->rest.p, n);
    d->rest = ens_from(d->rest, n);
    *num = n;
    return ENS_OK;
}

static inline bool same_binding(const ens_scan *a, const ens_scan_binding *x, const ens_scan *b,
                                const ens_scan_binding *y)
{
    return ens_eq(x->prefix, y->prefix) && x->uri == y->uri &&
           ens_eq(ens__scan_uri_text(a, x->uri), ens__scan_uri_text(b, y->uri));
}

static inline bool same_start(const ens_scan *a, const ens_scan_event *x, const ens_scan *b, const ens_scan_event *y)
{
    unsigned num, other;
    const ens_scan_binding *scope = ens__scan_scope(a, &num), *others = ens__scan_scope(b, &other);
    bool same = x->num_attributes == y->num_attributes && x->num_declared == y->num_declared && num == other &&
                x->empty == y->empty && ens_eq(ens__scan_uri_text(a, x->ns), ens__scan_uri_text(b, y->ns));
    for (unsigned i = 0; same && i < num; i++)
        same = same_binding(a, &scope[i], b, &others[i]);
    for (unsigned i = 0; same && i < x->num_declared; i++)
        same = same_binding(a, &x->declared[i], b, &y->declared[i]);
    for (unsigned i = 0; same && i < x->num_attributes; i++) {
        const ens_scan_attribute *v = &x->attribute[i], *w = &y->attribute[i];
        same = ens_eq(v->name, w->name) && ens_eq(v->value, w->value) && v->prefix_len == w->prefix_len &&
               v->ns == w->ns && v->plain == w->plain && v->canonical == w->canonical;
    }
    return same;
}

/* at_same_place: the same token of the text, which a has whole and b in pieces.
 */
static inline bool at_same_place(const ens_scan *a, const ens_scan_event *x, const ens_scan *b, const ens_scan_event *y)
{
    return x->kind == y->kind && x->raw.len == y->raw.len &&
           (size_t)(x->raw.p - a->text) == b->base + (size_t)(y->raw.p - b->text);
}

static inline bool same_event(const ens_scan *a, const ens_scan_event *x, const ens_scan *b, const ens_scan_event *y)
{
    bool tag = x->kind == ENS_SCAN_START || x->kind == ENS_SCAN_END;
    return at_same_place(a, x, b, y) && ens_eq(x->raw, y->raw) && x->depth == y->depth &&
           (!(tag || x->kind == ENS_SCAN_PI) || (ens_eq(x->name, y->name) && x->prefix_len == y->prefix_len)) &&
           (!tag || x->ns == y->ns) && (!(tag || x->kind == ENS_SCAN_TEXT) || x->plain == y->plain) &&
           (x->kind != ENS_SCAN_START || same_start(a, x, b, y));
}

/* check_divided runs both. Where something is left out, what the scanner over the whole text gives is passed over. */
static inline ens_code check_divided(ens_scan *all, ens_scan *pieces, ens_slice text, const divided *division,
                                     bool leave_out)
{
    ens_scan_wanted w = {0};
    ens_scan_event e = {0}, given = {0};
    ens_err err = {0}, why = {0};
    ens_code code, other;
    divided d = *division;
    uint64_t state = d.state;
    d.rest = text;
    ens__scan_begin(all, text);
    ens__scan_begin_pieces(pieces, give_piece, &d);
    do {
        want(&w, &state);
        other = leave_out ? ens__scan_next_wanted(pieces, &w, &given, &why) : ens__scan_next(pieces, &given, &why);
        do
            code = ens__scan_next(all, &e, &err);
        while (leave_out && code == ENS_OK && e.kind != ENS_SCAN_EOF && may_leave_out(&w, &e) &&
               (other != ENS_OK || !at_same_place(all, &e, pieces, &given)));
        ENS_HOLDS(code == other);
        if (code != other)
            break;
        ENS_HOLDS(code == ENS_OK ||
                  (err.frame[0].at == why.frame[0].at && strcmp(err.frame[0].what, why.frame[0].what) == 0));
        ENS_HOLDS(code != ENS_OK || same_event(all, &e, pieces, &given));
    } while (code == ENS_OK && e.kind != ENS_SCAN_EOF);
    ENS_HOLDS(code != ENS_OK || d.rest.len == 0);
    ENS_HOLDS(ens__scan_relative(all) == ens__scan_relative(pieces));
    return code;
}

/* small_room has the scanner in pieces take so little memory at first, and windows of so many blocks. */
static inline void small_room(ens_scan *s, uint32_t bytes, uint32_t blocks)
{
    ens__scan_pieces_free(s);
    s->pieces.least = bytes;
    ENS_HOLDS(ens__scan_window_make(&s->window, blocks * ENS_SCAN_BLOCK));
}

#endif
