#include "engine/xml/canonical/canonical.h"

#include <stdlib.h>

#define RUN_COPIED 512u /* a run up to this many bytes is cheaper copied than handed on by itself */

/* Where a byte isn't written just so, by what it stands in. */
enum { IN_TEXT = 1, IN_CDATA = 2, IN_VALUE = 4, IN_DATA = 8 };

static const uint8_t special[256] = {
    ['&'] = IN_TEXT | IN_CDATA | IN_VALUE,
    ['<'] = IN_TEXT | IN_CDATA | IN_VALUE,
    ['>'] = IN_TEXT | IN_CDATA,
    ['"'] = IN_VALUE,
    ['\t'] = IN_VALUE,
    ['\n'] = IN_VALUE,
    ['\r'] = IN_TEXT | IN_CDATA | IN_VALUE | IN_DATA,
};

void ens__canon_writer_start(ens_canon_writer *w, ens_canon_sink sink)
{
    w->sink = sink;
    w->len = 0;
    w->apart = false;
    w->run = w->run_end = w->buffer;
}

static void hand_on(const ens_canon_writer *w, const uint8_t *p, size_t len)
{
    if (len)
        w->sink.put(w->sink.user, ens_bytes(p, len));
}

static void empty_buffer(ens_canon_writer *w)
{
    hand_on(w, w->buffer, w->len);
    w->len = 0;
}

/* settle_canonical ends the run: a short one joins the buffer, a long one goes out where it lies. */
static void settle_canonical(ens_canon_writer *w)
{
    size_t len = (size_t)(w->run_end - w->run);
    if (len <= RUN_COPIED && !w->apart) {
        if (len > sizeof w->buffer - w->len)
            empty_buffer(w);
        memcpy(w->buffer + w->len, w->run, len);
        w->len += len;
    } else {
        empty_buffer(w);
        hand_on(w, w->run, len);
    }
    w->run = w->run_end = w->buffer;
}

void ens__canon_flush(ens_canon_writer *w)
{
    settle_canonical(w);
    empty_buffer(w);
}

void ens__canon_break(ens_canon_writer *w, ens_slice s)
{
    if (!s.len)
        return;
    settle_canonical(w);
    w->run = s.p;
    w->run_end = s.p + s.len;
}

void ens__canon_literal(ens_canon_writer *w, ens_slice s)
{
    settle_canonical(w);
    if (s.len > sizeof w->buffer - w->len)
        empty_buffer(w);
    if (s.len > sizeof w->buffer) {
        hand_on(w, s.p, s.len);
    } else if (s.len) {
        memcpy(w->buffer + w->len, s.p, s.len);
        w->len += s.len;
    }
}

/* escaped is how canonical XML writes a character there; empty when it is written as itself. */
static ens_slice escaped(uint32_t c, uint8_t where)
{
    if (c > '>' || !(special[c] & where))
        return (ens_slice){0};
    switch (c) {
    case '&':
        return ENS_LIT("&amp;");
    case '<':
        return ENS_LIT("&lt;");
    case '>':
        return ENS_LIT("&gt;");
    case '"':
        return ENS_LIT("&quot;");
    case '\t':
        return ENS_LIT("&#x9;");
    case '\n':
        return ENS_LIT("&#xA;");
    default:
        return ENS_LIT("&#xD;");
    }
}

static ens_slice utf8(uint32_t c, uint8_t out[4])
{
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3F));
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (uint8_t)(lead[len] | c);
    return ens_bytes(out, len);
}

/* referred is the character that a reference ("&lt;", "&#xE9;") stands for; the scanner let through no other. */
static uint32_t referred(ens_slice reference)
{
    const uint8_t *p = reference.p + 1;
    if (*p != '#')
        return *p == 'l' ? '<' : *p == 'g' ? '>' : *p == 'q' ? '"' : p[1] == 'm' ? '&' : '\'';
    uint32_t base = *++p == 'x' ? 16 : 10, c = 0;
    for (p += base == 16; *p != ';' && c <= 0x10FFFF; p++)
        c = c * base + (*p <= '9' ? *p - (uint32_t)'0' : (*p | 0x20u) - 'a' + 10u);
    return c & 0x1FFFFF;
}

static void write_reference(ens_canon_writer *w, ens_slice reference, uint8_t where)
{
    uint32_t c = referred(reference);
    ens_slice out = escaped(c, where);
    uint8_t bytes[4];
    if (!out.len)
        ens__canon_literal(w, utf8(c, bytes));
    else if (ens_eq(out, reference))
        ens__canon_verbatim(w, reference);
    else
        ens__canon_literal(w, out);
}

/* write_special writes what stands at raw.p[at] and answers how many bytes of the input it took. */
static size_t write_special(ens_canon_writer *w, ens_slice raw, size_t at, uint8_t where)
{
    uint8_t c = raw.p[at];
    if (c == '&' && where != IN_CDATA) {
        const uint8_t *end_canonical = memchr(raw.p + at, ';', raw.len - at);
        size_t len = end_canonical ? (size_t)(end_canonical - raw.p) + 1 - at : 0;
        if (len > 2) {
            write_reference(w, ens_bytes(raw.p + at, len), where);
            return len;
        }
    }
    if (c == '\r' || (where == IN_VALUE && (c == '\n' || c == '\t'))) {
        bool pair = c == '\r' && at + 1 < raw.len && raw.p[at + 1] == '\n';
        ens__canon_literal(w, where == IN_VALUE ? ENS_LIT(" ") : ENS_LIT("\n"));
        return pair ? 2 : 1;
    }
    ens__canon_literal(w, escaped(c, where));
    return 1;
}

static void write_raw(ens_canon_writer *w, ens_slice raw, uint8_t where)
{
    size_t from = 0, at = 0;
    while (at < raw.len) {
        if (!(special[raw.p[at]] & where)) {
            at++;
            continue;
        }
        ens__canon_verbatim(w, ens_bytes(raw.p + from, at - from));
        at += write_special(w, raw, at, where);
        from = at;
    }
    ens__canon_verbatim(w, ens_from(raw, from));
}

void ens__canon_text(ens_canon_writer *w, ens_slice raw)
{
    write_raw(w, raw, IN_TEXT);
}

void ens__canon_cdata(ens_canon_writer *w, ens_slice content)
{
    write_raw(w, content, IN_CDATA);
}

void ens__canon_value(ens_canon_writer *w, ens_slice raw)
{
    write_raw(w, raw, IN_VALUE);
}

void ens__canon_data(ens_canon_writer *w, ens_slice raw)
{
    write_raw(w, raw, IN_DATA);
}

#define RULE "Exclusive XML Canonicalization 1.0"
#define PREFIX_LIST_MAX 4096u /* bytes, as for the reference */

/* A declaration that was written, or is about to be, and the element that it stands on. */
typedef struct {
    ens_slice prefix;
    ens_scan_uri uri;
    unsigned level;
} rendered;

struct ens_canon {
    const ens_scan *uris;
    unsigned level; /* elements open; the apex is level 1 */
    bool whole, after_root;
    bool every; /* inclusive: each declaration in scope is written */
    bool apart;
    unsigned num_list;
    unsigned num, num_written; /* of rendered; those of the element in hand follow the written ones */
    ens_slice list[ENS_CANON_PREFIXES_MAX];
    rendered rendered[ENS_CANON_RENDERED_MAX];
    ens_canon_writer out;
};

ens_canon *ens__canon_new(void)
{
    return calloc(1, sizeof(ens_canon));
}

void ens__canon_free(ens_canon *c)
{
    free(c);
}

static void put_digest(void *user, ens_slice piece)
{
    ens__digest_add(user, piece);
}

ens_canon_sink ens__canon_digest(ens_digest *d)
{
    return (ens_canon_sink){put_digest, d};
}

/* Prefixes are a few bytes long: a call of memcmp would cost more than the comparison. */
static inline bool same(ens_slice a, ens_slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.p[i] != b.p[i])
            return false;
    return true;
}

/* in_force tells whether prefix, as it was written last, means uri. What was never written means no namespace. */
static inline bool in_force(const ens_canon *c, ens_slice prefix, ens_scan_uri uri)
{
    for (unsigned i = c->num; i-- > 0;)
        if (same(c->rendered[i].prefix, prefix))
            return c->rendered[i].uri == uri;
    return uri == ENS_SCAN_NO_NS;
}

/* need has prefix written on the element in hand unless it is in force. The xml namespace never is. */
static inline bool need(ens_canon *c, ens_slice prefix, ens_scan_uri uri)
{
    if (uri == ENS_SCAN_XML_NS || in_force(c, prefix, uri))
        return true;
    if (c->num == ENS_CANON_RENDERED_MAX)
        return false;
    c->rendered[c->num++] = (rendered){prefix, uri, c->level};
    return true;
}

static bool is_listed(const ens_canon *c, ens_slice prefix)
{
    for (unsigned i = 0; i < c->num_list; i++)
        if (same(c->list[i], prefix))
            return true;
    return c->every;
}

static bool need_listed(ens_canon *c, const ens_scan_binding *binding, unsigned num)
{
    bool good = true;
    for (unsigned i = 0; i < num; i++)
        if (is_listed(c, binding[i].prefix))
            good = need(c, binding[i].prefix, binding[i].uri) && good;
    return good;
}

static inline bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static ens_code split_prefixes(ens_canon *c, ens_slice list, ens_err *err)
{
    if (list.len >= PREFIX_LIST_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the PrefixList is too long", 0);
    for (size_t at = 0; at < list.len;) {
        size_t from = at;
        while (at < list.len && !is_space(list.p[at]))
            at++;
        ens_slice token = ens_sub(list, from, at++);
        if (!token.len)
            continue;
        if (c->num_list == ENS_CANON_PREFIXES_MAX)
            return ens_fail(err, ENS_ELIMIT, RULE, "the PrefixList has too many prefixes", 0);
        c->list[c->num_list++] = !ens_is(token, "#default") ? token : (ens_slice){0};
    }
    return ENS_OK;
}

static ens_code check_names(const ens_canon *c, ens_err *err)
{
    if (ens__scan_relative(c->uris))
        return ens_fail(err, ENS_ESYNTAX, RULE, "a relative namespace name can't be canonicalised", 0);
    return ENS_OK;
}

static void reset(ens_canon *c, const ens_scan *uris, ens_canon_sink sink)
{
    c->uris = uris;
    c->level = c->num_list = c->num = c->num_written = 0;
    c->whole = c->after_root = c->every = false;
    ens__canon_writer_start(&c->out, sink);
    c->out.apart = c->apart;
}

void ens__canon_apart(ens_canon *c, bool apart)
{
    c->apart = apart;
}

ens_canon_writer *ens__canon_out(ens_canon *c)
{
    return &c->out;
}

static bool is_hidden(const ens_scan_binding *scope, unsigned num_scope, unsigned i)
{
    for (unsigned later = i + 1; later < num_scope; later++)
        if (same(scope[later].prefix, scope[i].prefix))
            return true;
    return false;
}

/* begin_canonical has the listed prefixes written on the apex, as they are declared last. */
static ens_code begin_canonical(ens_canon *c, const ens_scan_binding *scope, unsigned num_scope, ens_err *err)
{
    c->level = 1;
    for (unsigned i = 0; i < num_scope; i++)
        if (is_listed(c, scope[i].prefix) && !is_hidden(scope, num_scope, i) && !need(c, scope[i].prefix, scope[i].uri))
            return ens_fail(err, ENS_ELIMIT, RULE, "too many namespace declarations in force", 0);
    c->level = 0;
    return check_names(c, err);
}

ens_code ens__canon_begin(ens_canon *c, const ens_scan *uris, const ens_scan_binding *scope, unsigned num_scope,
                          ens_slice prefix_list, ens_canon_sink sink, ens_err *err)
{
    reset(c, uris, sink);
    ens_code code = split_prefixes(c, prefix_list, err);
    return code != ENS_OK ? code : begin_canonical(c, scope, c->num_list ? num_scope : 0, err);
}

ens_code ens__canon_begin_inclusive(ens_canon *c, const ens_scan *uris, const ens_scan_binding *scope,
                                    unsigned num_scope, ens_canon_sink sink, ens_err *err)
{
    reset(c, uris, sink);
    c->every = true;
    return begin_canonical(c, scope, num_scope, err);
}

ens_code ens__canon_whole(ens_canon *c, const ens_scan *uris, ens_slice prefix_list, ens_canon_sink sink, ens_err *err)
{
    reset(c, uris, sink);
    c->whole = true;
    return split_prefixes(c, prefix_list, err);
}

ens_code ens__canon_end(ens_canon *c, ens_err *err)
{
    ens__canon_flush(&c->out);
    return check_names(c, err);
}

static int compare(ens_slice a, ens_slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.p, b.p, len) : 0;
    return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

/* By prefix, the default namespace first. There are few, and mostly they are in order. */
static void sort_declarations(rendered *r, unsigned num)
{
    for (unsigned i = 1; i < num; i++) {
        rendered moved = r[i];
        unsigned at = i;
        for (; at && compare(moved.prefix, r[at - 1].prefix) < 0; at--)
            r[at] = r[at - 1];
        r[at] = moved;
    }
}

static void write_declarations(ens_canon *c)
{
    sort_declarations(c->rendered + c->num_written, c->num - c->num_written);
    for (; c->num_written < c->num; c->num_written++) {
        const rendered *r = &c->rendered[c->num_written];
        ens__canon_literal(&c->out, r->prefix.len ? ENS_LIT(" xmlns:") : ENS_LIT(" xmlns"));
        ens__canon_literal(&c->out, r->prefix);
        ens__canon_literal(&c->out, ENS_LIT("=\""));
        /* The scanner lets no name through that would have to be escaped. */
        ens__canon_literal(&c->out, r->uri != ENS_SCAN_NO_NS ? ens__scan_uri_text(c->uris, r->uri) : (ens_slice){0});
        ens__canon_literal(&c->out, ENS_LIT("\""));
    }
}

/* By namespace name, those without one first, then by local name. */
static int compare_attributes(const ens_canon *c, const ens_scan_attribute *a, const ens_scan_attribute *b)
{
    if (a->ns != b->ns) {
        if (a->ns == ENS_SCAN_NO_NS || b->ns == ENS_SCAN_NO_NS)
            return a->ns == ENS_SCAN_NO_NS ? -1 : 1;
        return compare(ens__scan_uri_text(c->uris, a->ns), ens__scan_uri_text(c->uris, b->ns));
    }
    return compare(ens__scan_local(a->name, a->prefix_len), ens__scan_local(b->name, b->prefix_len));
}

static void write_attribute(ens_canon *c, const ens_scan_attribute *a)
{
    if (a->canonical) {
        ens__canon_verbatim(&c->out, ens_bytes(a->name.p - 1, a->name.len + a->value.len + 4));
        return;
    }
    ens__canon_literal(&c->out, ENS_LIT(" "));
    ens__canon_verbatim(&c->out, a->name);
    ens__canon_literal(&c->out, ENS_LIT("=\""));
    ens__canon_value(&c->out, a->value);
    ens__canon_literal(&c->out, ENS_LIT("\""));
}

static void write_attributes(ens_canon *c, const ens_scan_event *e)
{
    const ens_scan_attribute *sorted[ENS_XML_ATTRIBUTES_MAX];
    for (unsigned i = 0; i < e->num_attributes; i++) {
        unsigned at = i;
        for (; at && compare_attributes(c, &e->attribute[i], sorted[at - 1]) < 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = &e->attribute[i];
    }
    for (unsigned i = 0; i < e->num_attributes; i++)
        write_attribute(c, sorted[i]);
}

static void rewrite_start(ens_canon *c, const ens_scan_event *e)
{
    ens__canon_verbatim(&c->out, ens_bytes(e->raw.p, e->name.len + 1));
    write_declarations(c);
    write_attributes(c, e);
    ens__canon_literal(&c->out, ENS_LIT(">"));
}

/* attributes_stand tells whether the attributes are written as and where they stand. */
static bool attributes_stand(const ens_canon *c, const ens_scan_event *e)
{
    for (unsigned i = 0; i < e->num_attributes; i++)
        if (!e->attribute[i].canonical || (i && compare_attributes(c, &e->attribute[i - 1], &e->attribute[i]) > 0))
            return false;
    return true;
}

/* need_used has what the element visibly utilises written: its own prefix and those of its attributes. */
static bool need_used(ens_canon *c, const ens_scan_event *e)
{
    bool good = need(c, ens__scan_prefix(e->name, e->prefix_len), e->ns);
    for (unsigned i = 0; i < e->num_attributes; i++)
        if (e->attribute[i].ns != ENS_SCAN_NO_NS)
            good =
                need(c, ens__scan_prefix(e->attribute[i].name, e->attribute[i].prefix_len), e->attribute[i].ns) && good;
    return good;
}

static inline ens_code start_element(ens_canon *c, const ens_scan_event *e, ens_err *err)
{
    c->level++;
    if (e->num_attributes > ENS_XML_ATTRIBUTES_MAX || !need_used(c, e) || !need_listed(c, e->declared, e->num_declared))
        return ens_fail(err, ENS_ELIMIT, RULE, "too many attributes, or namespace declarations in force", 0);
    if (!e->plain || e->num_declared || c->num != c->num_written || !attributes_stand(c, e)) {
        rewrite_start(c, e);
    } else if (e->empty) {
        ens__canon_verbatim(&c->out, ens_bytes(e->raw.p, e->raw.len - 2));
        ens__canon_literal(&c->out, ENS_LIT(">"));
    } else {
        ens__canon_verbatim(&c->out, e->raw);
    }
    return ENS_OK;
}

/* end_canonical answers whether the element that ended was the outermost one. */
static inline bool end_canonical(ens_canon *c, const ens_scan_event *e)
{
    if (e->plain && e->raw.len) {
        ens__canon_verbatim(&c->out, e->raw);
    } else {
        ens__canon_literal(&c->out, ENS_LIT("</"));
        ens__canon_literal(&c->out, e->name);
        ens__canon_literal(&c->out, ENS_LIT(">"));
    }
    while (c->num && c->rendered[c->num - 1].level == c->level)
        c->num--;
    c->num_written = c->num;
    c->after_root = --c->level == 0;
    return c->after_root;
}

/* "<?target data?>": the white space between the two becomes one space, that before "?>" stays. Outside of the root a
 * line feed parts it from the root. */
static void write_pi(ens_canon *c, const ens_scan_event *e)
{
    size_t at = 2 + e->name.len;
    while (at + 2 < e->raw.len && is_space(e->raw.p[at]))
        at++;
    ens_slice data = ens_sub(e->raw, at, e->raw.len - 2);
    if (c->level == 0 && c->after_root)
        ens__canon_literal(&c->out, ENS_LIT("\n"));
    ens__canon_verbatim(&c->out, ens_bytes(e->raw.p, 2 + e->name.len));
    if (data.len)
        ens__canon_literal(&c->out, ENS_LIT(" "));
    ens__canon_data(&c->out, data);
    ens__canon_literal(&c->out, ENS_LIT("?>"));
    if (c->level == 0 && !c->after_root)
        ens__canon_literal(&c->out, ENS_LIT("\n"));
}

static void write_other(ens_canon *c, const ens_scan_event *e)
{
    if (e->kind == ENS_SCAN_PI) {
        write_pi(c, e);
    } else if (c->level && e->kind == ENS_SCAN_TEXT) {
        ens__canon_text(&c->out, e->raw);
    } else if (c->level && e->kind == ENS_SCAN_CDATA) {
        ens__canon_cdata(&c->out, ens_sub(e->raw, sizeof "<![CDATA[" - 1, e->raw.len - 3));
    }
}

static inline ens_code add_event(ens_canon *c, const ens_scan_event *e, bool *done, ens_err *err)
{
    if (e->kind == ENS_SCAN_TEXT && e->plain && c->level) {
        ens__canon_verbatim(&c->out, e->raw);
    } else if (e->kind == ENS_SCAN_START) {
        return start_element(c, e, err);
    } else if (e->kind != ENS_SCAN_END) {
        write_other(c, e);
    } else if (end_canonical(c, e) && !c->whole) {
        *done = true;
        return ens__canon_end(c, err);
    }
    return ENS_OK;
}

ens_code ens__canon_add(ens_canon *c, const ens_scan_event *e, bool *done, ens_err *err)
{
    *done = false;
    return add_event(c, e, done, err);
}

ens_code ens__canon_run(ens_canon *c, const ens_scan_event *events, size_t num, bool *done, ens_err *err)
{
    *done = false;
    for (size_t i = 0; i < num && !*done; i++) {
        ens_code code = add_event(c, &events[i], done, err);
        if (code != ENS_OK)
            return code;
    }
    return ENS_OK;
}
