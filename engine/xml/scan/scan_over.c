/* Passing over what a reader has no use for: plain tags, end tags and texts, without making events of them. It judges
 * as scan.c does; before anything that is not plain it stops, with the scanner where it would be had it given every
 * event, and scan.c goes on. */
#include "engine/xml/scan/scan_state.h"

/* What is moved on: the scanner's own fields, kept in registers. */
typedef struct {
    const uint32_t *mark;
    uint32_t at, run;
    unsigned num_elements;
} place;

/* A start tag that is plain: "<name>" or "<prefix:name>". */
typedef struct {
    uint32_t name, local, end; /* end: of the name, where '>' is */
    ens_scan_uri ns;
} tag;

static ENS_SCAN_INLINE bool plain_tag(const ens_scan *s, uint32_t lt, uint32_t gt, tag *t)
{
    t->name = t->local = lt + 1;
    t->end = ens__scan_name_end_near(s, t->name);
    t->ns = s->default_ns;
    if (t->end < gt && s->text[t->end] == ':') {
        t->local = t->end + 1;
        t->end = ens__scan_name_end_near(s, t->local);
        t->ns = ens__scan_lookup_near(s, t->name, t->local - 1 - t->name);
        if (t->ns == ENS_SCAN_NO_NS || !ens__scan_starts_name(s->text[t->local]))
            return false;
    }
    return t->end == gt && s->text[gt] == '>' && ens__scan_starts_name(s->text[t->name]) &&
           t->end - t->name <= ENS_SCAN_NAME_MAX;
}

/* ends tells whether "</" at lt, '>' at gt is the end tag of the name at position name. */
static ENS_SCAN_INLINE bool ends(const ens_scan *s, uint32_t lt, uint32_t gt, uint32_t name, uint32_t len)
{
    return gt - lt - 2 == len && s->text[gt] == '>' && ens__scan_same(s, lt + 2, name, len);
}

/* over_text finds the '<' behind a text; NULL: it needs a closer look. */
static ENS_SCAN_INLINE const uint32_t *over_text(const ens_scan *s, const uint32_t *mark)
{
    for (;; mark++) {
        uint32_t m = *mark, value;
        if (m == ENS_SCAN_NONE)
            return NULL;
        uint8_t c = s->text[m];
        if (__builtin_expect(c == '<', 1))
            return mark;
        if (c == '>' || (c == '&' && !ens__scan_reference(s->text + m, s->text + s->len, &value)))
            return NULL;
    }
}

static ENS_SCAN_INLINE void enter(ens_scan *s, const tag *t)
{
    s->open[++s->depth] = (ens_scan_element){.name = t->name,
                                             .name_len = t->end - t->name,
                                             .prefix_len = (uint16_t)(t->local > t->name ? t->local - 1 - t->name : 0),
                                             .ns = t->ns};
}

/* over_start passes over "<name>", and over its text and end tag where nothing else is in it. */
static ENS_SCAN_INLINE bool over_start(ens_scan *s, const ens_scan_wanted *w, place *p)
{
    tag t;
    uint32_t gt = p->mark[1];
    if (gt == ENS_SCAN_NONE || s->depth < w->depth || s->depth >= ENS_XML_DEPTH_MAX ||
        p->num_elements >= s->max_elements || !plain_tag(s, p->mark[0], gt, &t))
        return false;
    uint32_t local_len = t.end - t.local, lt = p->mark[2], len = t.end - t.name;
    if (local_len < 64 && w->lengths >> local_len & 1)
        return false;
    p->num_elements++;
    if (lt != ENS_SCAN_NONE && p->mark[3] != ENS_SCAN_NONE && s->text[lt] == '<' && s->text[lt + 1] == '/' &&
        ends(s, lt, p->mark[3], t.name, len) && lt - gt <= ENS_SCAN_TEXT_MAX && (!w->texts || lt == gt + 1)) {
        p->at = p->run = p->mark[3] + 1;
        p->mark += 4;
        return true;
    }
    enter(s, &t);
    p->at = p->run = gt + 1;
    p->mark += 2;
    return true;
}

static ENS_SCAN_INLINE bool over_end(ens_scan *s, const ens_scan_wanted *w, place *p)
{
    const ens_scan_element *e = &s->open[s->depth];
    uint32_t gt = p->mark[1];
    if (gt == ENS_SCAN_NONE || s->depth <= w->depth || e->declares || !ends(s, p->mark[0], gt, e->name, e->name_len))
        return false;
    s->depth--;
    p->at = p->run = gt + 1;
    p->mark += 2;
    return true;
}

/* over_one passes over a text and the tag behind it. */
static ENS_SCAN_INLINE bool over_one(ens_scan *s, const ens_scan_wanted *w, place *p)
{
    const uint32_t *lt = over_text(s, p->mark);
    if (!lt || *lt + 1 >= s->len || *lt - p->run > ENS_SCAN_TEXT_MAX || (w->texts && *lt != p->at))
        return false;
    place after = *p;
    after.mark = lt;
    if (s->text[*lt + 1] == '/' ? !over_end(s, w, &after) : !over_start(s, w, &after)) {
        p->mark = lt; /* the text alone */
        p->at = *lt;
        return false;
    }
    *p = after;
    return true;
}

ens_code ens__scan_next_wanted(ens_scan *s, const ens_scan_wanted *w, ens_scan_event *out, ens_err *err)
{
    if (s->state == ENS_SCANNING_INSIDE) {
        place p = {s->mark, s->at, s->run, s->num_elements};
        while (over_one(s, w, &p))
            ;
        s->mark = p.mark;
        s->at = p.at;
        s->run = p.run;
        s->num_elements = p.num_elements;
    }
    return ens__scan_next(s, out, err);
}
