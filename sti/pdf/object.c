#include "sti/pdf/object.h"

#include <stdlib.h>

#define RULE "ISO 32000-2 7.3"
#define NUMBER_MAX 64u  /* bytes of a number, … */
#define REAL_MAX 3.4e38 /* … and how large it may be (ISO 32000-2, Annex C) */
#define DIGITS_MAX 10u  /* of an object's number, an offset, a length */

typedef struct node {
    ens__pdf_entry entry;
    struct node *next;
} node;

/* What is read between brackets, in its order. */
typedef struct {
    node *first, **last;
    uint32_t num;
} list;

bool ens__pdf_is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\0';
}

static bool is_delimiter(uint8_t c)
{
    return c == '(' || c == ')' || c == '<' || c == '>' || c == '[' || c == ']' || c == '{' || c == '}' || c == '/' ||
           c == '%';
}

static bool is_regular(uint8_t c)
{
    return !ens__pdf_is_space(c) && !is_delimiter(c);
}

void ens__pdf_skip_space(ens_reader *r)
{
    for (; r->at < r->end; r->at++) {
        if (*r->at == '%')
            while (r->at < r->end && *r->at != '\n' && *r->at != '\r')
                r->at++;
        if (r->at == r->end || !ens__pdf_is_space(*r->at))
            return;
    }
}

bool ens__pdf_take_word(ens_reader *r, const char *word)
{
    size_t len = strlen(word);
    if (ens_left(r) < len || memcmp(r->at, word, len) != 0 || (ens_left(r) > len && is_regular(r->at[len])))
        return false;
    r->at += len;
    return true;
}

bool ens__pdf_take_number(ens_reader *r, uint64_t *out)
{
    uint64_t n = 0;
    const uint8_t *at = r->at;
    while (at < r->end && *at >= '0' && *at <= '9' && at - r->at < (ptrdiff_t)DIGITS_MAX)
        n = n * 10 + (*at++ - '0');
    if (at == r->at || (at < r->end && is_regular(*at)))
        return false;
    r->at = at;
    *out = n;
    return true;
}

static ens_code fault(const ens__pdf_parser *p, const char *what, ens_err *err)
{
    return ens_fail(err, ENS_ESYNTAX, RULE, what, ens_at(&p->r));
}

static ens_code no_memory(ens_err *err)
{
    return ens_fail(err, ENS_ELIMIT, NULL, "the PDF holds more than is read of one", 0);
}

static int hex_of(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* take_regular takes the bytes of one token. */
static ens_slice take_regular(ens_reader *r)
{
    const uint8_t *from = r->at;
    while (r->at < r->end && is_regular(*r->at))
        r->at++;
    return (ens_slice){from, (size_t)(r->at - from)};
}

static ens_code take_name(ens__pdf_parser *p, ens_slice *out, ens_err *err)
{
    p->r.at++; /* '/' */
    ens_slice raw = take_regular(&p->r);
    if (!raw.len || !memchr(raw.p, '#', raw.len)) {
        *out = raw;
        return ENS_OK;
    }
    uint8_t *to = ens_arena_take(p->arena, raw.len);
    size_t len = 0;
    if (!to)
        return no_memory(err);
    for (size_t i = 0; i < raw.len; i++) {
        bool coded = raw.p[i] == '#' && i + 2 < raw.len && hex_of(raw.p[i + 1]) >= 0 && hex_of(raw.p[i + 2]) >= 0;
        to[len++] = raw.p[i];
        if (coded)
            to[len - 1] = (uint8_t)(hex_of(raw.p[i + 1]) << 4 | hex_of(raw.p[i + 2]));
        i += coded ? 2 : 0;
    }
    *out = (ens_slice){to, len};
    return ENS_OK;
}

/* take_hex reads "<…>"; the last digit may be missing. */
static ens_code take_hex(ens__pdf_parser *p, ens_slice *out, ens_err *err)
{
    const uint8_t *close = memchr(p->r.at, '>', ens_left(&p->r));
    if (!close)
        return fault(p, "a string in hexadecimal digits has no end", err);
    uint8_t *to = ens_arena_take(p->arena, (size_t)(close - p->r.at) / 2 + 1);
    size_t digits = 0;
    if (!to)
        return no_memory(err);
    for (p->r.at++; p->r.at < close; p->r.at++) {
        int digit = hex_of(*p->r.at);
        if (digit < 0 && !ens__pdf_is_space(*p->r.at))
            return fault(p, "a string in hexadecimal digits holds something else", err);
        if (digit < 0)
            continue;
        to[digits / 2] = (uint8_t)(digits % 2 ? to[digits / 2] | digit : digit << 4);
        digits++;
    }
    p->r.at++;
    *out = (ens_slice){to, (digits + 1) / 2};
    return ENS_OK;
}

/* string_end finds the closing parenthesis; NULL: there is none. */
static const uint8_t *string_end(const ens_reader *r)
{
    size_t open = 0;
    for (const uint8_t *at = r->at; at < r->end; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '(')
            open++;
        else if (*at == ')' && --open == 0)
            return at;
    }
    return NULL;
}

/* take_escape writes what stands behind a backslash, and returns where it ends. */
static const uint8_t *take_escape(const uint8_t *at, const uint8_t *end, uint8_t *to, size_t *len)
{
    static const char letters[] = "nrtbf", meant[] = "\n\r\t\b\f";
    const char *known = *at ? strchr(letters, *at) : NULL;
    if (*at >= '0' && *at <= '7') {
        unsigned n = 0;
        for (unsigned i = 0; i < 3 && at < end && *at >= '0' && *at <= '7'; i++)
            n = n * 8 + (*at++ - '0');
        to[(*len)++] = (uint8_t)n;
        return at;
    }
    if (*at == '\r' || *at == '\n')
        return at + (*at == '\r' && at + 1 < end && at[1] == '\n' ? 2 : 1);
    to[(*len)++] = known ? (uint8_t)meant[known - letters] : *at;
    return at + 1;
}

static ens_code take_literal(ens__pdf_parser *p, ens_slice *out, ens_err *err)
{
    const uint8_t *close = string_end(&p->r);
    if (!close)
        return fault(p, "a string in parentheses has no end", err);
    uint8_t *to = ens_arena_take(p->arena, (size_t)(close - p->r.at));
    size_t len = 0;
    if (!to)
        return no_memory(err);
    for (const uint8_t *at = p->r.at + 1; at < close;) {
        if (*at == '\\') {
            at = take_escape(at + 1, close, to, &len);
            continue;
        }
        bool end_of_line = *at == '\r';
        to[len++] = end_of_line ? '\n' : *at;
        at += end_of_line && at + 1 < close && at[1] == '\n' ? 2 : 1;
    }
    p->r.at = close + 1;
    *out = (ens_slice){to, len};
    return ENS_OK;
}

/* take_digits reads [+-]digits[.digits]; what PDF does not know, an exponent or a second sign, is no number. */
static bool take_digits(ens_slice token, ens__pdf_value *out)
{
    size_t i = token.len && (token.p[0] == '-' || token.p[0] == '+'), digits = 0;
    int64_t n = 0;
    double real = 0, place = 1;
    for (; i < token.len && token.p[i] >= '0' && token.p[i] <= '9'; i++, digits++) {
        n = n < INT64_MAX / 16 ? n * 10 + (token.p[i] - '0') : n;
        real = real * 10 + (token.p[i] - '0');
    }
    out->whole = i == token.len;
    for (i += i < token.len && token.p[i] == '.'; i < token.len && token.p[i] >= '0' && token.p[i] <= '9';
         i++, digits++)
        real += (token.p[i] - '0') * (place /= 10);
    if (!digits || i != token.len || token.len > NUMBER_MAX || real > REAL_MAX)
        return false;
    out->kind = ENS_PDF_NUMBER;
    out->integer = token.p[0] == '-' ? -n : n;
    out->real = token.p[0] == '-' ? -real : real;
    return true;
}

/* take_ref turns the number that was read into a reference where "G R" follows. */
static void take_ref(ens__pdf_parser *p, ens__pdf_value *out)
{
    ens_reader ahead = p->r;
    uint64_t gen;
    if (!out->whole || out->integer < 0 || out->integer > UINT32_MAX)
        return;
    ens__pdf_skip_space(&ahead);
    if (!ens__pdf_take_number(&ahead, &gen) || gen > UINT16_MAX)
        return;
    ens__pdf_skip_space(&ahead);
    if (!ens__pdf_take_word(&ahead, "R"))
        return;
    *out = (ens__pdf_value){.kind = ENS_PDF_REF, .num = (uint32_t)out->integer, .gen = (uint32_t)gen};
    p->r = ahead;
}

static ens_code take_token(ens__pdf_parser *p, ens__pdf_value *out, ens_err *err)
{
    ens_reader before = p->r;
    ens_slice token = take_regular(&p->r);
    if (take_digits(token, out)) {
        take_ref(p, out);
        return ENS_OK;
    }
    *out = (ens__pdf_value){.kind = ENS_PDF_BOOL, .yes = ens_eq(token, ENS_LIT("true"))};
    if (out->yes || ens_eq(token, ENS_LIT("false")))
        return ENS_OK;
    out->kind = ENS_PDF_NULL;
    if (ens_eq(token, ENS_LIT("null")))
        return ENS_OK;
    p->r = before;
    return fault(p, "there is no value where one should stand", err);
}

static ens_code take_value(ens__pdf_parser *p, unsigned depth, ens__pdf_value *out, ens_err *err);

static ens_code add_node(ens__pdf_parser *p, list *l, const ens__pdf_entry *entry, ens_err *err)
{
    node *n = l->num < ENS_PDF_ITEMS_MAX ? ens_arena_take(p->arena, sizeof *n) : NULL;
    if (!n)
        return no_memory(err);
    *n = (node){.entry = *entry};
    *l->last = n;
    l->last = &n->next;
    l->num++;
    return ENS_OK;
}

static ens_code take_array(ens__pdf_parser *p, unsigned depth, ens__pdf_value *out, ens_err *err)
{
    list l = {.last = &l.first};
    ens_code code = ENS_OK;
    p->r.at++; /* '[' */
    for (ens__pdf_skip_space(&p->r); ens_left(&p->r) && *p->r.at != ']'; ens__pdf_skip_space(&p->r)) {
        ens__pdf_entry e = {0};
        if ((code = take_value(p, depth + 1, &e.value, err)) != ENS_OK || (code = add_node(p, &l, &e, err)) != ENS_OK)
            return code;
    }
    if (!ens_left(&p->r))
        return fault(p, "an array has no end", err);
    p->r.at++;
    ens__pdf_value *item = ens_arena_take(p->arena, (l.num + 1) * sizeof *item);
    if (!item)
        return no_memory(err);
    *out = (ens__pdf_value){.kind = ENS_PDF_ARRAY, .num = l.num, .item = item};
    for (const node *n = l.first; n; n = n->next)
        *item++ = n->entry.value;
    return ENS_OK;
}

static int compare_entries(const void *a, const void *b)
{
    return ens__compare(((const ens__pdf_entry *)a)->key, ((const ens__pdf_entry *)b)->key);
}

/* sort_entries: of two entries with one key some readers take the first and some the last, so there must be one. */
static ens_code sort_entries(ens__pdf_parser *p, const list *l, ens__pdf_value *out, ens_err *err)
{
    ens__pdf_entry *entry = ens_arena_take(p->arena, (l->num + 1) * sizeof *entry);
    size_t i = 0;
    if (!entry)
        return no_memory(err);
    for (const node *n = l->first; n; n = n->next)
        entry[i++] = n->entry;
    if (l->num > 1)
        qsort(entry, l->num, sizeof *entry, compare_entries);
    for (i = 1; i < l->num; i++)
        if (ens_eq(entry[i - 1].key, entry[i].key))
            return ens_fail_about(err, ENS_ESYNTAX, RULE,
                                  "a key stands twice in a dictionary, and readers differ in "
                                  "which one they take",
                                  ens_arena_text(p->arena, entry[i].key));
    *out = (ens__pdf_value){.kind = ENS_PDF_DICT, .num = l->num, .entry = entry};
    return ENS_OK;
}

static ens_code take_dict(ens__pdf_parser *p, unsigned depth, ens__pdf_value *out, ens_err *err)
{
    list l = {.last = &l.first};
    ens_code code;
    p->r.at += 2; /* "<<" */
    for (ens__pdf_skip_space(&p->r); ens_left(&p->r) && *p->r.at == '/'; ens__pdf_skip_space(&p->r)) {
        ens__pdf_entry e = {0};
        if ((code = take_name(p, &e.key, err)) != ENS_OK ||
            (code = take_value(p, depth + 1, &e.value, err)) != ENS_OK ||
            (e.value.kind != ENS_PDF_NULL && (code = add_node(p, &l, &e, err)) != ENS_OK))
            return code;
    }
    if (ens_left(&p->r) < 2 || memcmp(p->r.at, ">>", 2) != 0)
        return fault(p, "a dictionary holds what is no key, or has no end", err);
    p->r.at += 2;
    return sort_entries(p, &l, out, err);
}

static ens_code take_value(ens__pdf_parser *p, unsigned depth, ens__pdf_value *out, ens_err *err)
{
    ens__pdf_skip_space(&p->r);
    size_t from = ens_at(&p->r);
    uint8_t c = ens_left(&p->r) ? *p->r.at : 0;
    ens_code code;
    if (depth > ENS_PDF_DEPTH_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "dictionaries and arrays stand too deep within each other", from);
    *out = (ens__pdf_value){0};
    if (c == '/') {
        out->kind = ENS_PDF_NAME;
        code = take_name(p, &out->text, err);
    } else if (c == '(') {
        out->kind = ENS_PDF_STRING;
        code = take_literal(p, &out->text, err);
    } else if (c == '[') {
        code = take_array(p, depth, out, err);
    } else if (c == '<' && ens_left(&p->r) > 1 && p->r.at[1] == '<') {
        code = take_dict(p, depth, out, err);
    } else if (c == '<') {
        out->kind = ENS_PDF_STRING;
        code = take_hex(p, &out->text, err);
    } else {
        code = take_token(p, out, err);
    }
    out->from = from;
    out->to = ens_at(&p->r);
    return code;
}

ens_code ens__pdf_parse(ens__pdf_parser *p, ens__pdf_value *out, ens_err *err)
{
    return take_value(p, 0, out, err);
}

const ens__pdf_value *ens__pdf_find(const ens__pdf_value *dict, const char *key)
{
    size_t from = 0, to = dict && dict->kind == ENS_PDF_DICT ? dict->num : 0;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = ens__compare(dict->entry[middle].key, ens_str(key));
        if (order == 0)
            return &dict->entry[middle].value;
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

bool ens__pdf_is(const ens__pdf_value *value, const char *name)
{
    return value && value->kind == ENS_PDF_NAME && ens_is(value->text, name);
}
