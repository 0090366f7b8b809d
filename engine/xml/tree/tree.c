#include "engine/xml/tree/tree.h"

#include "engine/base/arena.h"
#include "engine/xml/tree/mould.h"

#include <stdlib.h>

#define FIRST_RECORDS ((size_t)256)
#define RECORDS_KEPT ((size_t)1 << 14) /* records that wait for the next document */

void ens__tree_clear(ens_tree *tree)
{
    free(tree->node);
    free(tree->event);
    tree->node = NULL;
    tree->event = NULL;
    tree->num = tree->cap = tree->num_events = tree->cap_events = 0;
}

void ens__tree_start(ens_tree *tree, const char *const *known, ens_tree_text *text, ens_arena *arena)
{
    if (tree->cap > RECORDS_KEPT || tree->cap_events > RECORDS_KEPT)
        ens__tree_clear(tree);
    tree->text = text;
    tree->known = known;
    tree->arena = arena;
    tree->mould = NULL;
    tree->num = tree->num_events = tree->num_instructions = 0;
    tree->path_left = ENS_TREE_PATH_WORK;
}

void *ens__tree_grow(void *records, size_t size, size_t *cap)
{
    size_t more = *cap ? *cap * 2 : FIRST_RECORDS;
    ens__heap_note();
    void *moved = realloc(records, more * size);
    if (moved)
        *cap = more;
    return moved;
}

ens_node *ens__tree_take(ens_tree *tree)
{
    if (tree->num == tree->cap) {
        ens_node *moved = ens__tree_grow(tree->node, sizeof *moved, &tree->cap);
        if (!moved)
            return NULL;
        tree->node = moved;
    }
    return &tree->node[tree->num++];
}

unsigned ens__node_count(const ens_node *parent, ens_ns ns, const char *local)
{
    unsigned n = 0;
    for (const ens_node *e = ens__node_first(parent); e; e = ens__node_next(e))
        n += ens__node_is(e, ns, local);
    return n;
}

ens_slice ens__node_text(const ens_node *n, ens_arena *arena)
{
    if (!n || !n->in_pieces)
        return n ? n->text : (ens_slice){0};
    return n->tree->text(n, arena);
}

bool ens__node_is_blank(const ens_node *n, ens_arena *arena)
{
    if (!n->in_pieces && !n->text.len)
        return true;
    ens_slice text = ens__node_text(n, arena);
    return text.p && !ens__trim(text).len;
}

static bool same_name(const ens_node *a, const ens_node *b)
{
    return a->ns == b->ns && ens_eq(a->local, b->local);
}

/* spend takes from what the paths of a document may cost. */
static void spend(ens_tree *tree, size_t work)
{
    tree->path_left -= work < tree->path_left ? work : tree->path_left;
}

static const char *path_of(const ens_node *n, ens_arena *arena)
{
    if (!n)
        return "";
    const ens_node *parent = ens__node_parent(n);
    const char *above = path_of(parent, arena);
    unsigned before = 0, after = 0;
    size_t passed = 1;
    for (const ens_node *e = ens__node_first(parent); e; e = ens__node_next(e), passed++)
        if (same_name(e, n))
            *(e < n ? &before : &after) += 1;
    spend(n->tree, passed);
    int prefix = (int)n->prefix.len, local = (int)n->local.len;
    const char *path =
        ens_arena_printf(arena, before + after > 1 ? "%s/%.*s%s%.*s[%u]" : "%s/%.*s%s%.*s", above, prefix,
                         (const char *)n->prefix.p, prefix ? ":" : "", local, (const char *)n->local.p, before + 1);
    return path ? path : "";
}

const char *ens__node_path(const ens_node *n, ens_arena *arena)
{
    return n && n->tree->path_left ? path_of(n, arena) : NULL;
}

#define XML_NS "http://www.w3.org/XML/1998/namespace"
#define ENS_OTHER_NS (ENS_TREE_KNOWN_MAX + 1) /* the first number of a namespace that isn't known */

ens_code ens__tree_scanner_init(ens_tree_scanner *s, const char *const *known, ens_err *err)
{
    *s = (ens_tree_scanner){.scan = ens__scan_new(), .known = known};
    if (!s->scan)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a scanner", 0);
    for (unsigned i = 1; i < ENS_SCAN_URIS_MAX; i++)
        s->number[i] = (ens_ns)(ENS_OTHER_NS + i);
    for (unsigned i = 0; known[i]; i++) {
        ens_scan_uri uri = strcmp(known[i], XML_NS) == 0 ? ENS_SCAN_XML_NS : ens__scan_know(s->scan, known[i]);
        if (!uri || i == ENS_TREE_KNOWN_MAX)
            return ens_fail(err, ENS_ELIMIT, NULL, "too many namespaces are to be known", i);
        s->number[uri] = (ens_ns)(i + 1);
    }
    return ENS_OK;
}

void ens__tree_scanner_clear(ens_tree_scanner *s)
{
    ens__scan_free(s->scan);
    *s = (ens_tree_scanner){0};
}

/* The filling of one tree. */
typedef struct {
    ens_tree *tree;
    const ens_tree_scanner *s;
    size_t open[ENS_XML_DEPTH_MAX + 1]; /* records of the elements that are open */
    unsigned depth;
} filling;

static ens_slice decoded(ens_slice raw, ens_arena *arena)
{
    uint8_t *p = ens_arena_take(arena, raw.len + 1);
    ens_buf b;
    ens_buf_init(&b, p, raw.len + 1, raw.len + 1);
    if (p)
        ens__scan_text(raw, true, &b);
    return p && !b.failed ? ens_buf_slice(&b) : (ens_slice){0};
}

/* keep_event copies what the event has until the next one, and makes the record's attributes of it. */
static bool keep_event(filling *f, ens_scan_event *e, ens_node *n)
{
    ens_arena *arena = f->tree->arena;
    unsigned num = e->num_attributes;
    ens_scan_attribute *copy = ens_arena_take(arena, num * (sizeof *copy + sizeof(ens_node_attribute)) +
                                                         e->num_declared * sizeof *e->declared);
    if (!copy)
        return false;
    ens_node_attribute *out = (ens_node_attribute *)(copy + num);
    ens_scan_binding *declared = (ens_scan_binding *)(out + num);
    for (unsigned i = 0; i < num; i++) {
        const ens_scan_attribute *a = &e->attribute[i];
        copy[i] = *a;
        out[i] = (ens_node_attribute){.local = ens__scan_local(a->name, a->prefix_len),
                                      .value = a->plain ? a->value : decoded(a->value, arena),
                                      .ns = f->s->number[a->ns]};
        if (!out[i].value.p)
            return false;
    }
    for (unsigned i = 0; i < e->num_declared; i++)
        declared[i] = e->declared[i];
    e->attribute = copy;
    e->declared = declared;
    n->attribute = out;
    n->num_attributes = (uint16_t)num;
    return true;
}

static bool on_start(filling *f, ens_scan_event *e, size_t at)
{
    static const uint8_t nothing[1];
    size_t record = f->tree->num;
    ens_node *n = f->depth <= ENS_XML_DEPTH_MAX ? ens__tree_take(f->tree) : NULL;
    if (!n)
        return false;
    n->tree = f->tree; /* one by one, as in engine/report.c */
    n->prefix = ens__scan_prefix(e->name, e->prefix_len);
    n->local = ens__scan_local(e->name, e->prefix_len);
    n->text = ens_bytes(nothing, 0);
    n->attribute = NULL;
    n->origin = NULL;
    n->up = f->depth ? (uint32_t)(record - f->open[f->depth - 1]) : 0;
    n->at = (uint32_t)at;
    n->ns = f->s->number[e->ns];
    n->num_attributes = 0;
    n->in_pieces = n->begins_aside = false;
    f->open[f->depth++] = record;
    return e->num_attributes + e->num_declared == 0 || keep_event(f, e, n);
}

static void on_end(filling *f, size_t at)
{
    if (!f->depth)
        return; /* the scanner ends no more than it started */
    size_t record = f->open[--f->depth];
    f->tree->node[record].span = (uint32_t)(f->tree->num - record);
    f->tree->node[record].end = (uint32_t)at;
}

/* on_text borrows a text that stands alone and is what it looks like. */
static void on_text(filling *f, const ens_scan_event *e)
{
    if (!f->depth)
        return;
    ens_node *n = &f->tree->node[f->open[f->depth - 1]];
    n->begins_aside |= f->open[f->depth - 1] + 1 == f->tree->num;
    if (n->text.len || !e->plain)
        n->in_pieces = true;
    else
        n->text = e->raw;
}

static void on_comment(filling *f)
{
    if (f->depth && f->open[f->depth - 1] + 1 == f->tree->num)
        f->tree->node[f->open[f->depth - 1]].begins_aside = true;
}

static ens_scan_event *next_event(ens_tree *tree)
{
    if (tree->num_events == tree->cap_events) {
        ens_scan_event *moved = ens__tree_grow(tree->event, sizeof *moved, &tree->cap_events);
        if (!moved)
            return NULL;
        tree->event = moved;
    }
    return &tree->event[tree->num_events++];
}

/* text_in_pieces joins the pieces of text that stand among the children of an element. */
static ens_slice text_in_pieces(const ens_node *n, ens_arena *arena)
{
    const ens_scan_event *from = &n->tree->event[n->at], *to = &n->tree->event[n->end];
    size_t len = 1;
    ens_buf b;
    for (const ens_scan_event *e = from; e < to; e++)
        len += e->kind == ENS_SCAN_TEXT && e->depth == from->depth ? e->raw.len : 0;
    uint8_t *p = ens_arena_take(arena, len);
    ens_buf_init(&b, p, len, len);
    for (const ens_scan_event *e = from; p && e < to; e++)
        if (e->kind == ENS_SCAN_TEXT && e->depth == from->depth)
            ens__scan_text(e->raw, false, &b);
    return p && !b.failed ? ens_buf_slice(&b) : (ens_slice){0};
}

ens_code ens__tree_scan(ens_tree *tree, ens_tree_scanner *s, ens_slice text, ens_arena *arena, ens_err *err)
{
    filling f; /* open is set as far as depth says */
    f.tree = tree;
    f.s = s;
    f.depth = 0;
    ens__tree_start(tree, s->known, text_in_pieces, arena);
    ens__scan_begin(s->scan, text);
    for (bool kept = true;;) {
        ens_scan_event *e = kept ? next_event(tree) : NULL;
        if (!e)
            return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the elements of a document", 0);
        ens_code code = ens__scan_next(s->scan, e, err);
        if (code != ENS_OK || e->kind == ENS_SCAN_EOF)
            return code;
        if (e->kind == ENS_SCAN_CDATA || e->kind == ENS_SCAN_PI)
            return ens_fail(err, ENS_EPOLICY, NULL, "a CDATA section or a processing instruction is left to libxml2",
                            (size_t)(e->raw.p - text.p));
        if (e->kind == ENS_SCAN_START)
            kept = on_start(&f, e, tree->num_events - 1);
        else if (e->kind == ENS_SCAN_END)
            on_end(&f, tree->num_events - 1);
        else if (e->kind == ENS_SCAN_TEXT)
            on_text(&f, e);
        else
            on_comment(&f);
    }
}

/* scope_of lists the declarations in scope at an element, its own included, outermost first. */
static const ens_scan_binding *scope_of(const ens_node *n, unsigned *num)
{
    const ens_scan_event *event = n->tree->event;
    size_t total = 0;
    for (const ens_node *e = n; e; e = ens__node_parent(e))
        total += event[e->at].num_declared;
    ens_scan_binding *scope = ens_arena_take(n->tree->arena, (total + 1) * sizeof *scope),
                     *to = scope ? scope + total : NULL;
    for (const ens_node *e = n; scope && e; e = ens__node_parent(e)) {
        const ens_scan_event *start = &event[e->at];
        to -= start->num_declared;
        if (start->num_declared)
            memcpy(to, start->declared, start->num_declared * sizeof *to);
    }
    *num = (unsigned)total;
    return scope;
}

ens_code ens__tree_canon(const ens_tree_scanner *s, ens_canon *canon, const ens_node *n, ens_slice prefix_list,
                         ens_canon_sink sink, ens_err *err)
{
    unsigned num;
    if (n->tree->mould)
        return ens__mould_canon(n, canon, prefix_list, sink, err);
    const ens_scan_binding *scope = scope_of(n, &num);
    if (!scope)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the namespaces of an element", 0);
    ens_code code = ens__canon_begin(canon, s->scan, scope, num, prefix_list, sink, err);
    bool done;
    return code == ENS_OK ? ens__canon_run(canon, &n->tree->event[n->at], n->end - n->at + 1, &done, err) : code;
}
