#include "engine/xml/scan/scan.h"

#include "engine/base/arena.h"
#include "engine/xml/scan/scan_state.h"

#include <stdlib.h>

#define RULE "XML 1.0"

ens_scan *ens__scan_new(void)
{
    ens_scan *s = calloc(1, sizeof *s);
    ens__heap_note();
    if (!s || !ens__scan_window_make(&s->window, ENS_SCAN_WINDOW)) {
        free(s);
        return NULL;
    }
    s->window.index = ens__scan_index_nth(0);
    s->pieces.least = ENS_SCAN_ROOM;
    ens__scan_names_init(s);
    return s;
}

void ens__scan_free(ens_scan *s)
{
    if (!s)
        return;
    ens__scan_window_free(&s->window);
    ens__scan_pieces_free(s);
    ens_arena_free(&s->arena);
    free(s);
}

/* begin forgets the last document. */
static void begin(ens_scan *s, ens_slice text)
{
    ens__scan_names_reset(s);
    s->text = text.p;
    s->len = text.len < ENS_SCAN_MAX ? (uint32_t)text.len : 0;
    s->state = ENS_SCANNING_START;
    s->at = s->run = 0;
    s->base = 0;
    s->depth = 0;
    s->num_elements = 0;
    s->max_elements = ENS_XML_ELEMENTS_MAX;
    s->default_ns = ENS_SCAN_NO_NS;
    s->num_scope = 0;
    s->relative = false;
}

void ens__scan_begin(ens_scan *s, ens_slice text)
{
    begin(s, text);
    s->ended = true;
    s->in_pieces = false;
    if (s->pieces.room)
        ens__scan_pieces_free(s);
    if (text.len >= ENS_SCAN_MAX)
        ens__scan_refuse(s, ENS_ELIMIT, "is too large", 0);
    else
        ens__scan_window_begin(s);
}

void ens__scan_begin_pieces(ens_scan *s, ens_scan_source *source, void *user)
{
    begin(s, (ens_slice){0});
    s->ended = false;
    s->in_pieces = true;
    s->max_elements = UINT32_MAX;
    if (ens__scan_pieces_begin(s, source, user))
        ens__scan_window_begin(s);
    else
        ens__scan_refuse(s, ENS_ENOMEM, "is too large for the memory", 0);
}

ens_scan_step ens__scan_refuse(ens_scan *s, ens_code code, const char *what, uint32_t at)
{
    if (s->state == ENS_SCANNING_FAILED)
        return ENS_SCAN_BAD;
    s->state = ENS_SCANNING_FAILED;
    s->code = code;
    s->what = what;
    s->what_at = s->base + at;
    return ENS_SCAN_BAD;
}

static ens_slice slice(const ens_scan *s, uint32_t from, uint32_t to)
{
    return (ens_slice){s->text + from, to - from};
}

static ENS_SCAN_INLINE void leave(ens_scan *s)
{
    const ens_scan_element *e = &s->open[s->depth--];
    if (e->declares) {
        s->num_scope = e->num_scope;
        s->default_ns = e->outer;
    }
    s->state = s->depth ? ENS_SCANNING_INSIDE : ENS_SCANNING_EPILOG;
}

/* give_end makes the event of an end tag that ends at byte end, and closes the element. */
static ENS_SCAN_INLINE ens_scan_step give_end(ens_scan *s, uint32_t end, ens_scan_event *out)
{
    const ens_scan_element *e = &s->open[s->depth];
    out->kind = ENS_SCAN_END;
    out->depth = s->depth;
    out->raw = slice(s, s->at, end);
    out->name = slice(s, e->name, e->name + e->name_len);
    out->prefix_len = e->prefix_len;
    out->ns = e->ns;
    out->plain = end == s->at || end - s->at == e->name_len + 3;
    s->at = s->run = end;
    leave(s);
    return ENS_SCAN_GOT;
}

static ens_scan_step take_end(ens_scan *s, ens_scan_event *out)
{
    const ens_scan_element *e = &s->open[s->depth];
    uint32_t name = s->at + 2, close = s->mark[1];
    if (close == ENS_SCAN_NONE)
        return ENS_SCAN_MORE;
    uint32_t p = name + e->name_len;
    if (p > close || memcmp(s->text + name, s->text + e->name, e->name_len) != 0)
        return ens__scan_refuse(s, ENS_ESYNTAX, "has an end tag that matches no start tag", s->at);
    while (p < s->window.to && ens__scan_is_blank(s->text[p]))
        p++;
    if (p >= s->window.to)
        return ENS_SCAN_MORE;
    if (s->text[p] != '>')
        return ens__scan_refuse(s, ENS_ESYNTAX, "has an end tag that matches no start tag", s->at);
    while (*s->mark <= p)
        s->mark++;
    return give_end(s, p + 1, out);
}

/* pass_text_mark looks at a mark inside of character data. */
static bool pass_text_mark(ens_scan *s, uint32_t m)
{
    uint32_t value;
    uint8_t c = s->text[m];
    if (c == '&' && !ens__scan_reference(s->text + m, s->text + s->len, &value))
        ens__scan_refuse_reference(s, m);
    else if (c == '>' && m - s->at >= 2 && s->text[m - 1] == ']' && s->text[m - 2] == ']')
        ens__scan_refuse(s, ENS_ESYNTAX, "has \"]]>\" in its text", m);
    else
        s->mark++;
    return s->state != ENS_SCANNING_FAILED;
}

/* take_markup reads what starts with '<' inside of the root. */
static ens_scan_step take_markup(ens_scan *s, ens_scan_event *out)
{
    if (s->at + 1 >= s->window.to)
        return ENS_SCAN_MORE;
    switch (s->text[s->at + 1]) {
    case '/':
        return take_end(s, out);
    case '?':
        return ens__scan_pi(s, out);
    case '!':
        return ens_starts(slice(s, s->at, s->len), ENS_LIT("<![CDATA[")) ? ens__scan_cdata(s, out)
                                                                         : ens__scan_comment(s, out);
    default:
        return ens__scan_tag(s, out);
    }
}

/* take_text reads up to '<'. What is too long is told before anything behind it is looked at. */
static ens_scan_step take_text(ens_scan *s, ens_scan_event *out)
{
    bool plain = true;
    uint32_t m;
    for (;;) {
        m = *s->mark;
        uint32_t end = m == ENS_SCAN_NONE ? s->window.to : m;
        if (end > s->at && end - s->run > ENS_SCAN_TEXT_MAX)
            return ens__scan_refuse(s, ENS_ELIMIT, "has a text that is too long", s->at);
        if (m != ENS_SCAN_NONE && s->text[m] == '<')
            break;
        if (m == ENS_SCAN_NONE ? !ens__scan_window_at(s, s->window.to, false) : !pass_text_mark(s, m))
            return ENS_SCAN_BAD;
        plain = plain && m == ENS_SCAN_NONE;
    }
    if (m == s->at) /* the window ended just before it */
        return take_markup(s, out);
    out->kind = ENS_SCAN_TEXT;
    out->depth = s->depth;
    out->raw = slice(s, s->at, m);
    out->plain = plain;
    s->at = m;
    return ENS_SCAN_GOT;
}

static ens_scan_step take_inside(ens_scan *s, ens_scan_event *out)
{
    return *s->mark == s->at && s->text[s->at] == '<' ? take_markup(s, out) : take_text(s, out);
}

static ens_scan_step take_token(ens_scan *s, ens_scan_event *out)
{
    switch (s->state) {
    case ENS_SCANNING_INSIDE:
        return take_inside(s, out);
    case ENS_SCANNING_EMPTY:
        return give_end(s, s->at, out);
    case ENS_SCANNING_FAILED:
        return ENS_SCAN_BAD;
    default:
        return ens__scan_outside(s, out);
    }
}

/* The quick ways take what most documents are made of; each gives up, with nothing changed, on what is not exactly
 * that, and the functions above judge it. close is the mark behind s->at. */

/* quick_end: "</name>". */
static ENS_SCAN_INLINE bool quick_end(ens_scan *s, uint32_t close, ens_scan_event *out)
{
    const ens_scan_element *e = &s->open[s->depth];
    uint32_t name = s->at + 2;
    if (close - name != e->name_len || !ens__scan_same(s, name, e->name, e->name_len) || s->text[close] != '>')
        return false;
    s->mark += 2;
    give_end(s, close + 1, out);
    return true;
}

/* quick_start: "<name>" or "<prefix:name>". */
static ENS_SCAN_INLINE bool quick_start(ens_scan *s, uint32_t close, ens_scan_event *out)
{
    uint32_t name = s->at + 1, local = name, end = ens__scan_name_end(s, name);
    if (end < close && s->text[end] == ':') {
        local = end + 1;
        end = ens__scan_name_end(s, local);
    }
    if (end != close || s->text[close] != '>' || !ens__scan_starts_name(s->text[name]) ||
        !ens__scan_starts_name(s->text[local]) || s->depth >= ENS_XML_DEPTH_MAX || s->num_elements >= s->max_elements ||
        end - name > ENS_SCAN_NAME_MAX)
        return false;
    uint16_t prefix_len = local > name ? (uint16_t)(local - 1 - name) : 0;
    ens_scan_uri ns = prefix_len ? ens__scan_lookup_near(s, name, prefix_len) : s->default_ns;
    if (prefix_len && ns == ENS_SCAN_NO_NS)
        return false;
    ens_scan_element *e = &s->open[++s->depth];
    *e = (ens_scan_element){.name = name, .name_len = end - name, .prefix_len = prefix_len, .ns = ns};
    out->kind = ENS_SCAN_START;
    out->depth = s->depth;
    out->raw = slice(s, s->at, close + 1);
    out->name = slice(s, name, end);
    out->prefix_len = prefix_len;
    out->ns = ns;
    out->empty = false;
    out->plain = true;
    out->num_attributes = out->num_declared = 0;
    s->num_elements++;
    s->mark += 2;
    s->at = s->run = close + 1;
    return true;
}

/* quick_text: up to '<', without any other mark. */
static ENS_SCAN_INLINE bool quick_text(ens_scan *s, uint32_t end, ens_scan_event *out)
{
    if (end == ENS_SCAN_NONE || s->text[end] != '<' || end - s->run > ENS_SCAN_TEXT_MAX)
        return false;
    out->kind = ENS_SCAN_TEXT;
    out->depth = s->depth;
    out->raw = slice(s, s->at, end);
    out->plain = true;
    s->at = end;
    return true;
}

static ENS_SCAN_INLINE bool quick(ens_scan *s, ens_scan_event *out)
{
    uint32_t at = s->at;
    if (s->state != ENS_SCANNING_INSIDE)
        return false;
    if (s->mark[0] != at)
        return quick_text(s, s->mark[0], out);
    if (s->mark[1] == ENS_SCAN_NONE || s->text[at] != '<')
        return false;
    return s->text[at + 1] == '/' ? quick_end(s, s->mark[1], out) : quick_start(s, s->mark[1], out);
}

static __attribute__((noinline)) ens_code next_slowly(ens_scan *s, ens_scan_event *out, ens_err *err)
{
    ens_scan_step step;
    while ((step = take_token(s, out)) == ENS_SCAN_MORE && ens__scan_window_at(s, s->at, true))
        ;
    return step == ENS_SCAN_GOT ? ENS_OK : ens_fail(err, s->code, RULE, s->what, s->what_at);
}

ens_code ens__scan_next(ens_scan *s, ens_scan_event *out, ens_err *err)
{
    return quick(s, out) ? ENS_OK : next_slowly(s, out, err);
}

/* What is neither tag nor text: the declaration, comments, processing instructions, CDATA sections, and what may stand
 * outside of the root. */
static ens_slice rest(const ens_scan *s, uint32_t from)
{
    return (ens_slice){s->text + from, s->len - from};
}

#define TOO_LONG "has a comment, an instruction or a section that is too long"

/* find_end finds what a token ends with, so many bytes behind its start: behind the first ones, and such that it begins
 * within max. The text has the byte behind it at hand, unless it ends before. */
static ens_scan_step find_end(ens_scan *s, ens_slice ending, size_t from, size_t max, const char *none, size_t *end)
{
    for (;;) {
        ens_slice hand = ens_sub(rest(s, s->at), 0, max + ending.len);
        *end = ens__find(hand, ending, from);
        if (*end != SIZE_MAX)
            return ens__scan_reach(s, *end + ending.len + 1) ? ENS_SCAN_GOT : ENS_SCAN_BAD;
        if (hand.len == max + ending.len)
            return ens__scan_refuse(s, ENS_ELIMIT, TOO_LONG, s->at);
        if (s->ended)
            return ens__scan_refuse(s, ENS_ESYNTAX, none, s->at);
        if (!ens__scan_reach(s, 2 * hand.len + 1))
            return ENS_SCAN_BAD;
    }
}

/* give makes the event of a token of so many bytes, and moves behind it. */
static ens_scan_step give(ens_scan *s, ens_scan_kind kind, size_t len, ens_scan_event *out)
{
    if (len > ENS_SCAN_TEXT_MAX)
        return ens__scan_refuse(s, ENS_ELIMIT, TOO_LONG, s->at);
    if (!ens__scan_pass(s, s->at + (uint32_t)len))
        return ENS_SCAN_BAD;
    out->kind = (uint8_t)kind;
    out->depth = s->depth;
    out->raw = (ens_slice){s->text + s->at - len, len};
    return ENS_SCAN_GOT;
}

ens_scan_step ens__scan_comment(ens_scan *s, ens_scan_event *out)
{
    size_t hyphens;
    if (!ens_starts(rest(s, s->at), ENS_LIT("<!--")))
        return ens__scan_refuse(s, ENS_ESYNTAX, "has a declaration where none may stand", s->at);
    if (find_end(s, ENS_LIT("--"), 4, ENS_SCAN_TEXT_MAX, "has a comment without an end", &hyphens) != ENS_SCAN_GOT)
        return ENS_SCAN_BAD;
    size_t end = hyphens + 2;
    if (end >= s->len - s->at || s->text[s->at + end] != '>')
        return ens__scan_refuse(s, ENS_ESYNTAX, "has \"--\" in a comment", s->at + (uint32_t)hyphens);
    ens_scan_step step = give(s, ENS_SCAN_COMMENT, end + 1, out);
    s->run = s->at;
    return step;
}

ens_scan_step ens__scan_cdata(ens_scan *s, ens_scan_event *out)
{
    size_t before = s->at - s->run, max = before < ENS_SCAN_TEXT_MAX ? ENS_SCAN_TEXT_MAX - before : 0, end;
    ens_scan_step step = find_end(s, ENS_LIT("]]>"), 9, max, "has a CDATA section without an end", &end);
    return step == ENS_SCAN_GOT ? give(s, ENS_SCAN_CDATA, end + 3, out) : step;
}

static bool is_xml(ens_slice name)
{
    return ens__eq_nocase(name, ENS_LIT("xml"));
}

/* reach_name has the name of an instruction at hand, and the character behind it; what is longer than a name may be is
 * not looked for. */
static bool reach_name(ens_scan *s, size_t *len)
{
    for (size_t n = 2 * ENS_SCAN_AHEAD;; n *= 2) {
        if (!ens__scan_reach(s, n))
            return false;
        ens_slice hand = rest(s, s->at);
        *len = ens__scan_name_length(hand.p + 2, hand.p + hand.len);
        if (s->ended || *len > ENS_SCAN_NAME_MAX || 2 + *len + 4 <= hand.len)
            return true;
    }
}

ens_scan_step ens__scan_pi(ens_scan *s, ens_scan_event *out)
{
    static const char none[] = "has a processing instruction without an end";
    size_t name_len, behind, end;
    if (!reach_name(s, &name_len))
        return ENS_SCAN_BAD;
    ens_slice all = rest(s, s->at);
    behind = 2 + name_len;
    if (!name_len || behind >= all.len || name_len > ENS_SCAN_NAME_MAX || is_xml(ens_sub(all, 2, behind)))
        return ens__scan_refuse(s, ENS_ESYNTAX, "has a processing instruction without a name of its own", s->at);
    if (find_end(s, ENS_LIT("?>"), behind, ENS_SCAN_TEXT_MAX, none, &end) != ENS_SCAN_GOT)
        return ENS_SCAN_BAD;
    if (end != behind && !ens__scan_is_blank(s->text[s->at + behind]))
        return ens__scan_refuse(s, ENS_ESYNTAX, none, s->at);
    ens_scan_step step = give(s, ENS_SCAN_PI, end + 2, out);
    s->run = s->at;
    out->name = ens_sub(out->raw, 2, behind);
    out->prefix_len = 0;
    return step;
}

/* A reader of the XML declaration: take functions move only over what they know. */
static void skip_blanks(ens_reader *r)
{
    while (r->at < r->end && ens__scan_is_blank(*r->at))
        r->at++;
}

static bool take_word(ens_reader *r, ens_slice word)
{
    bool found = ens_left(r) >= word.len && memcmp(r->at, word.p, word.len) == 0;
    r->at += found ? word.len : 0;
    return found;
}

/* take_quoted reads "= 'value'" behind a name. */
static bool take_quoted(ens_reader *r, ens_slice *value)
{
    uint8_t equals, quote;
    skip_blanks(r);
    if (!ens_take_u8(r, &equals) || equals != '=')
        return false;
    skip_blanks(r);
    if (!ens_take_u8(r, &quote) || (quote != '"' && quote != '\''))
        return false;
    const uint8_t *end = memchr(r->at, quote, ens_left(r));
    return end && ens_take(r, (size_t)(end - r->at), value) && ens_take_u8(r, &quote);
}

/* is_version: "1." and digits (production 26; libxml2 wants none). */
static bool is_version(ens_slice v)
{
    bool good = ens_starts(v, ENS_LIT("1."));
    for (size_t i = 2; i < v.len; i++)
        good = good && v.p[i] >= '0' && v.p[i] <= '9';
    return good;
}

/* read_encoding answers the code that an encoding gives; blank: white space stands before what comes next. */
static ens_code read_encoding(ens_reader *r, bool *blank, bool *ascii)
{
    ens_slice name;
    if (!take_word(r, ENS_LIT("encoding")))
        return ENS_OK;
    if (!take_quoted(r, &name))
        return ENS_ESYNTAX;
    *ascii = ens__eq_nocase(name, ENS_LIT("US-ASCII"));
    if (!*ascii && !ens__eq_nocase(name, ENS_LIT("UTF-8")))
        return ENS_EPOLICY;
    const uint8_t *before = r->at;
    skip_blanks(r);
    *blank = r->at > before || !*ascii; /* behind UTF-8 libxml2 misses none */
    return ENS_OK;
}

static bool read_standalone(ens_reader *r, bool blank)
{
    ens_slice value;
    if (!take_word(r, ENS_LIT("standalone")))
        return true;
    return blank && take_quoted(r, &value) && (ens_is(value, "yes") || ens_is(value, "no"));
}

/* declaration_end is behind "?>", as far as that is at hand; SIZE_MAX: it is not. */
static size_t declaration_end(const ens_scan *s)
{
    size_t end = ens__find(ens_sub(rest(s, s->at), 0, ENS_SCAN_DECLARATION_MAX), ENS_LIT("?>"), 0);
    return end == SIZE_MAX ? end : end + 2;
}

/* read_declaration reads what follows "<?xml" and a blank (production 23), and moves behind it. */
static ens_scan_step read_declaration(ens_scan *s)
{
    size_t end = declaration_end(s);
    if (end == SIZE_MAX && ens__scan_reach(s, ENS_SCAN_DECLARATION_MAX + 1))
        end = declaration_end(s);
    if (end == SIZE_MAX && s->len - s->at > ENS_SCAN_DECLARATION_MAX)
        return ens__scan_refuse(s, ENS_ELIMIT, "has an XML declaration that is too long", s->at);
    ens_reader r = ens_read(ens_sub(rest(s, s->at), 0, end));
    ens_slice version;
    bool ascii = false;
    r.at += 5;
    skip_blanks(&r);
    bool good = take_word(&r, ENS_LIT("version")) && take_quoted(&r, &version) && is_version(version);
    const uint8_t *before = r.at;
    if (good && !ens_is(version, "1.0"))
        return ens__scan_refuse(s, ENS_EPOLICY, ENS_XML_NOT_1_0, s->at);
    skip_blanks(&r);
    bool blank = r.at > before;
    good = good && (blank || take_word(&r, ENS_LIT("?>")));
    bool ended = good && !blank;
    ens_code code = ended || !good ? ENS_OK : read_encoding(&r, &blank, &ascii);
    if (code == ENS_EPOLICY)
        return ens__scan_refuse(s, code, "is not declared as UTF-8", s->at);
    if (!ended) {
        good = good && code == ENS_OK && read_standalone(&r, blank);
        skip_blanks(&r);
        good = good && take_word(&r, ENS_LIT("?>"));
    }
    if (!good)
        return ens__scan_refuse(s, ENS_ESYNTAX, "has an XML declaration that is malformed", s->at);
    if (ascii)
        ens__scan_window_ascii(s);
    return ens__scan_pass(s, s->at + (uint32_t)ens_at(&r)) ? ENS_SCAN_GOT : ENS_SCAN_BAD;
}

/* start_document looks at the first bytes: encoding, byte order mark, XML declaration. */
static ens_scan_step start_document(ens_scan *s)
{
    ens_slice text = rest(s, 0);
    if (!ens__scan_looks_utf8(text))
        return ens__scan_refuse(s, text.len < 4 ? ENS_ESYNTAX : ENS_EPOLICY,
                                text.len < 4 ? "is empty" : "is not UTF-8 text", 0);
    if (ens_starts(text, ENS_LIT("\xEF\xBB\xBF")) && !ens__scan_pass(s, 3))
        return ENS_SCAN_BAD;
    s->state = ENS_SCANNING_PROLOG;
    ens_slice head = rest(s, s->at);
    return ens_starts(head, ENS_LIT("<?xml")) && head.len > 5 && ens__scan_is_blank(head.p[5]) ? read_declaration(s)
                                                                                               : ENS_SCAN_GOT;
}

static ens_scan_step give_eof(ens_scan *s, ens_scan_event *out)
{
    if (s->state == ENS_SCANNING_PROLOG)
        return ens__scan_refuse(s, ENS_ESYNTAX, "has no root element", s->at);
    s->state = ENS_SCANNING_DONE;
    out->kind = ENS_SCAN_EOF;
    out->depth = 0;
    out->raw = (ens_slice){s->text + s->len, 0};
    return ENS_SCAN_GOT;
}

static ens_scan_step take_misc(ens_scan *s, ens_scan_event *out)
{
    ens_slice text = rest(s, s->at);
    if (ens_starts(text, ENS_LIT("<?")))
        return ens__scan_pi(s, out);
    if (ens_starts(text, ENS_LIT("<!--")))
        return ens__scan_comment(s, out);
    if (s->state == ENS_SCANNING_EPILOG)
        return ens__scan_refuse(s, ENS_ESYNTAX, "goes on behind its root element", s->at);
    if (ens_starts(text, ENS_LIT("<!DOCTYPE")))
        return ens__scan_refuse(s, ENS_EPOLICY, "has a document type declaration, which is not allowed", s->at);
    if (text.p[0] != '<')
        return ens__scan_refuse(s, ENS_ESYNTAX, "has text before its root element", s->at);
    return ens__scan_tag(s, out);
}

ens_scan_step ens__scan_outside(ens_scan *s, ens_scan_event *out)
{
    if (s->state == ENS_SCANNING_START && start_document(s) != ENS_SCAN_GOT)
        return ENS_SCAN_BAD;
    for (;;) {
        uint32_t p = s->at;
        while (p < s->len && ens__scan_is_blank(s->text[p]))
            p++;
        if (!ens__scan_pass(s, p)) /* more may be at hand now */
            return ENS_SCAN_BAD;
        if (s->at < s->len && !ens__scan_is_blank(s->text[s->at]))
            return take_misc(s, out);
        if (s->at == s->len)
            return give_eof(s, out);
    }
}
