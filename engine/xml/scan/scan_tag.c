/* Start tags: names, attributes, namespaces. */
#include "engine/xml/scan/scan_state.h"

/* A qualified name: where it stands and ends, and how long its prefix is. */
typedef struct {
    uint32_t at, end;
    uint16_t prefix_len;
} qname;

static ens_slice slice(const ens_scan *s, uint32_t from, uint32_t to)
{
    return (ens_slice){s->text + from, to - from};
}

static uint32_t local_of(const qname *q)
{
    return q->at + (q->prefix_len ? q->prefix_len + 1 : 0);
}

/* ncname_end is where the name without ':' that starts at p ends; p itself when none starts there. */
static uint32_t ncname_end(const ens_scan *s, uint32_t p)
{
    uint32_t end = ens__scan_name_end(s, p);
    if (end >= s->window.to)
        return end;
    uint8_t first = s->text[p];
    if (s->text[end] >= 0x80)
        return p + (uint32_t)ens__scan_name_length(s->text + p, s->text + s->len);
    return (first >= '0' && first <= '9') || first == '-' || first == '.' ? p : end;
}

static ens_scan_step take_part(ens_scan *s, uint32_t p, uint32_t *end)
{
    *end = ncname_end(s, p);
    if (*end >= s->window.to)
        return ENS_SCAN_MORE;
    if (*end == p)
        return ens__scan_refuse(s, ENS_ESYNTAX, "has no name where one is wanted", p);
    if (*end - p > ENS_SCAN_NAME_MAX)
        return ens__scan_refuse(s, ENS_ELIMIT, "has a name that is too long", p);
    return ENS_SCAN_GOT;
}

/* take_qname reads a name with at most one ':' inside (Namespaces in XML 1.0, 4). */
static ens_scan_step take_qname(ens_scan *s, uint32_t p, qname *q)
{
    *q = (qname){.at = p};
    ens_scan_step step = take_part(s, p, &q->end);
    if (step != ENS_SCAN_GOT || s->text[q->end] != ':')
        return step;
    q->prefix_len = (uint16_t)(q->end - p);
    step = take_part(s, q->end + 1, &q->end);
    if (step == ENS_SCAN_GOT && s->text[q->end] == ':')
        return ens__scan_refuse(s, ENS_ESYNTAX, "has a name with two colons", q->end);
    return step;
}

/* quick_qname takes a name of ASCII characters. False: anything else, to be looked at closely. */
static ENS_SCAN_INLINE bool quick_qname(const ens_scan *s, uint32_t p, qname *q)
{
    uint32_t to = s->window.to, end = ens__scan_name_end(s, p), local = p;
    if (end < to && s->text[end] == ':') {
        local = end + 1;
        end = ens__scan_name_end(s, local);
    }
    if (end >= to || end - p > ENS_SCAN_NAME_MAX || !ens__scan_starts_name(s->text[p]) ||
        !ens__scan_starts_name(s->text[local]))
        return false;
    *q = (qname){.at = p, .end = end, .prefix_len = (uint16_t)(local > p ? local - p - 1 : 0)};
    return s->text[end] < 0x80 && s->text[end] != ':';
}

static uint32_t skip_blanks(const ens_scan *s, uint32_t p)
{
    while (p < s->window.to && ens__scan_is_blank(s->text[p]))
        p++;
    return p;
}

/* take_value reads from behind the opening quote to the closing one. */
static ens_scan_step take_value(ens_scan *s, uint32_t p, uint8_t quote, uint32_t *end, bool *plain)
{
    uint32_t value;
    *plain = true;
    for (;; p++) {
        p = ens__scan_value_end(s, p);
        if (p >= s->window.to)
            return ENS_SCAN_MORE;
        uint8_t c = s->text[p];
        if (c == quote)
            break;
        *plain = *plain && (c == '"' || c == '\'');
        if (c == '<')
            return ens__scan_refuse(s, ENS_ESYNTAX, "has '<' in an attribute value", p);
        size_t n = c == '&' ? ens__scan_reference(s->text + p, s->text + s->len, &value) : 1;
        if (!n)
            return ens__scan_refuse_reference(s, p);
        p += (uint32_t)n - 1;
        if (p >= s->window.to)
            return ENS_SCAN_MORE;
    }
    *end = p;
    return ENS_SCAN_GOT;
}

/* An attribute as it stands, or a namespace declaration. */
typedef struct {
    qname name;
    uint32_t value, end; /* of the value */
    bool plain, canonical;
} written;

static ens_scan_step take_attribute(ens_scan *s, uint32_t p, written *w)
{
    ens_scan_step step = take_qname(s, p, &w->name);
    if (step != ENS_SCAN_GOT)
        return step;
    uint32_t equals = skip_blanks(s, w->name.end);
    if (equals >= s->window.to)
        return ENS_SCAN_MORE;
    if (s->text[equals] != '=')
        return ens__scan_refuse(s, ENS_ESYNTAX, "has an attribute without a value", equals);
    uint32_t quote = skip_blanks(s, equals + 1);
    if (quote >= s->window.to)
        return ENS_SCAN_MORE;
    if (s->text[quote] != '"' && s->text[quote] != '\'')
        return ens__scan_refuse(s, ENS_ESYNTAX, "has an attribute value without quotes", quote);
    w->value = quote + 1;
    step = take_value(s, w->value, s->text[quote], &w->end, &w->plain);
    w->canonical = w->plain && s->text[quote] == '"' && quote == w->name.end + 1;
    return step;
}

/* quick_attribute takes the form that canonical XML has, behind one space. False: anything else, to be looked at
 * closely. */
static inline bool quick_attribute(const ens_scan *s, uint32_t p, written *w)
{
    uint32_t to = s->window.to;
    if (!quick_qname(s, p, &w->name) || w->name.end + 2 >= to)
        return false;
    w->value = w->name.end + 2;
    w->plain = w->canonical = true;
    if (s->text[w->name.end] != '=' || s->text[w->name.end + 1] != '"')
        return false;
    w->end = ens__scan_value_end(s, w->value);
    return w->end < to && s->text[w->end] == '"';
}

static bool is_declaration(const ens_scan *s, const written *w)
{
    uint32_t len = w->name.prefix_len ? w->name.prefix_len : w->name.end - w->name.at;
    return len == 5 && memcmp(s->text + w->name.at, "xmlns", 5) == 0;
}

/* keep_attribute notes it; its namespace is found when all declarations are known. */
static ens_scan_step keep_attribute(ens_scan *s, ens_scan_event *out, const written *w, bool one_space)
{
    if (out->num_attributes >= ENS_XML_ATTRIBUTES_MAX)
        return ens__scan_refuse(s, ENS_ELIMIT, "has too many attributes", w->name.at);
    ens_scan_attribute *a = &s->attribute[out->num_attributes++];
    a->name = slice(s, w->name.at, w->name.end);
    a->prefix_len = w->name.prefix_len;
    a->value = slice(s, w->value, w->end);
    a->plain = w->plain;
    a->canonical = w->canonical && one_space;
    return ENS_SCAN_GOT;
}

static ens_scan_step keep_declaration(ens_scan *s, ens_scan_event *out, const written *w, bool one_space)
{
    ens_slice prefix =
        w->name.prefix_len ? slice(s, local_of(&w->name), w->name.end) : (ens_slice){s->text + w->name.at, 0};
    uint16_t before = s->num_scope;
    ens_scan_step step = ens__scan_declare(s, prefix, slice(s, w->value, w->end), w->plain);
    out->plain = out->plain && w->canonical && one_space && s->num_scope > before;
    return step;
}

/* take_attributes reads from behind the element's name to the '>'; *end is behind it. */
static ens_scan_step take_attributes(ens_scan *s, uint32_t p, ens_scan_event *out, uint32_t *end)
{
    for (;;) {
        uint32_t name = skip_blanks(s, p);
        if (name + 1 >= s->window.to && (name >= s->window.to || s->text[name] != '>'))
            return ENS_SCAN_MORE;
        bool last = s->text[name] == '>' || (s->text[name] == '/' && s->text[name + 1] == '>');
        if (last) {
            out->empty = s->text[name] == '/';
            out->plain = out->plain && name == p;
            *end = name + 1 + out->empty;
            return ENS_SCAN_GOT;
        }
        if (name == p)
            return ens__scan_refuse(s, ENS_ESYNTAX, "has no white space before an attribute", name);
        bool one_space = name == p + 1 && s->text[p] == ' ';
        written w;
        out->plain = out->plain && one_space;
        ens_scan_step step = one_space && quick_attribute(s, name, &w) ? ENS_SCAN_GOT : take_attribute(s, name, &w);
        if (step == ENS_SCAN_GOT)
            step =
                is_declaration(s, &w) ? keep_declaration(s, out, &w, one_space) : keep_attribute(s, out, &w, one_space);
        if (step != ENS_SCAN_GOT)
            return step;
        p = w.end + 1;
    }
}

/* same_attribute: Namespaces in XML 1.0, 6.3. */
static bool same_attribute(const ens_scan_attribute *a, const ens_scan_attribute *b)
{
    return ens_eq(ens__scan_local(a->name, a->prefix_len), ens__scan_local(b->name, b->prefix_len)) &&
           (ens_eq(ens__scan_prefix(a->name, a->prefix_len), ens__scan_prefix(b->name, b->prefix_len)) ||
            (a->ns != ENS_SCAN_NO_NS && a->ns == b->ns));
}

static ens_scan_step resolve_attributes(ens_scan *s, unsigned num)
{
    for (unsigned i = 0; i < num; i++) {
        ens_scan_attribute *a = &s->attribute[i];
        uint32_t at = (uint32_t)(a->name.p - s->text);
        a->ns = a->prefix_len ? ens__scan_lookup(s, at, a->prefix_len) : ENS_SCAN_NO_NS;
        if (a->prefix_len && a->ns == ENS_SCAN_NO_NS)
            return ens__scan_refuse(s, ENS_ESYNTAX, "has an attribute whose prefix is not declared", at);
        for (unsigned k = 0; k < i; k++)
            if (same_attribute(a, &s->attribute[k]))
                return ens__scan_refuse(s, ENS_ESYNTAX, "has an attribute twice", at);
    }
    return ENS_SCAN_GOT;
}

/* open_element enters what the tag says; s->open[depth + 1] is prepared. */
static ens_scan_step open_element(ens_scan *s, const qname *q, ens_scan_event *out)
{
    ens_scan_element *e = &s->open[s->depth + 1];
    e->name = q->at;
    e->name_len = q->end - q->at;
    e->prefix_len = q->prefix_len;
    e->declares = s->num_scope != e->num_scope;
    e->ns = s->default_ns;
    if (q->prefix_len)
        e->ns =
            e->declares ? ens__scan_lookup(s, q->at, q->prefix_len) : ens__scan_lookup_near(s, q->at, q->prefix_len);
    if (q->prefix_len && e->ns == ENS_SCAN_NO_NS)
        return ens__scan_refuse(s, ENS_ESYNTAX, "has an element whose prefix is not declared", q->at);
    out->name = slice(s, q->at, q->end);
    out->prefix_len = q->prefix_len;
    out->ns = e->ns;
    out->attribute = s->attribute;
    out->declared = s->scope + e->num_scope;
    out->num_declared = (uint16_t)(s->num_scope - e->num_scope);
    out->depth = ++s->depth;
    return ENS_SCAN_GOT;
}

ens_scan_step ens__scan_tag(ens_scan *s, ens_scan_event *out)
{
    qname q;
    uint32_t end = 0;
    ens_scan_element *e = &s->open[s->depth + 1];
    if (s->depth >= ENS_XML_DEPTH_MAX)
        return ens__scan_refuse(s, ENS_ELIMIT, "has elements nested too deeply", s->at);
    e->num_scope = s->num_scope;
    e->outer = s->default_ns;
    out->kind = ENS_SCAN_START;
    out->empty = false;
    out->plain = true;
    out->num_attributes = 0;
    ens_scan_step step = quick_qname(s, s->at + 1, &q) ? ENS_SCAN_GOT : take_qname(s, s->at + 1, &q);
    if (step == ENS_SCAN_GOT)
        step = take_attributes(s, q.end, out, &end);
    if (step == ENS_SCAN_GOT)
        step = resolve_attributes(s, out->num_attributes);
    if (step == ENS_SCAN_GOT)
        step = open_element(s, &q, out);
    if (step == ENS_SCAN_MORE) { /* it is read again from its start */
        s->num_scope = e->num_scope;
        s->default_ns = e->outer;
    }
    if (step != ENS_SCAN_GOT)
        return step;
    if (++s->num_elements > s->max_elements)
        return ens__scan_refuse(s, ENS_ELIMIT, "has too many elements", s->at);
    out->raw = slice(s, s->at, end);
    s->at = s->run = end;
    while (*s->mark < end)
        s->mark++;
    s->state = out->empty ? ENS_SCANNING_EMPTY : ENS_SCANNING_INSIDE;
    return ENS_SCAN_GOT;
}
