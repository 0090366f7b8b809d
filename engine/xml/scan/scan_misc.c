/* What is neither tag nor text: the declaration, comments, processing instructions, CDATA sections, and what may stand
 * outside of the root. */
#include "engine/xml/scan/scan_chars.h"
#include "engine/xml/scan/scan_state.h"

static ens_slice rest(const ens_scan *s, uint32_t from)
{
    return (ens_slice){s->text + from, s->len - from};
}

/* give makes the event of a token that ends at byte end, and moves behind it. */
static ens_scan_step give(ens_scan *s, ens_scan_kind kind, size_t end, ens_scan_event *out)
{
    uint32_t from = s->at;
    if (end - from > ENS_SCAN_TEXT_MAX)
        return ens__scan_refuse(s, ENS_ELIMIT, "has a comment, an instruction or a section that is too long", from);
    if (!ens__scan_pass(s, (uint32_t)end))
        return ENS_SCAN_BAD;
    out->kind = (uint8_t)kind;
    out->depth = s->depth;
    out->raw = (ens_slice){s->text + from, end - from};
    return ENS_SCAN_GOT;
}

ens_scan_step ens__scan_comment(ens_scan *s, ens_scan_event *out)
{
    if (!ens_starts(rest(s, s->at), ENS_LIT("<!--")))
        return ens__scan_refuse(s, ENS_ESYNTAX, "has a declaration where none may stand", s->at);
    size_t hyphens = ens__find(rest(s, s->at), ENS_LIT("--"), 4);
    if (hyphens == SIZE_MAX)
        return ens__scan_refuse(s, ENS_ESYNTAX, "has a comment without an end", s->at);
    size_t end = s->at + hyphens + 2;
    if (end >= s->len || s->text[end] != '>')
        return ens__scan_refuse(s, ENS_ESYNTAX, "has \"--\" in a comment", s->at + (uint32_t)hyphens);
    ens_scan_step step = give(s, ENS_SCAN_COMMENT, end + 1, out);
    s->run = s->at;
    return step;
}

ens_scan_step ens__scan_cdata(ens_scan *s, ens_scan_event *out)
{
    size_t end = ens__find(rest(s, s->at), ENS_LIT("]]>"), 9);
    if (end == SIZE_MAX)
        return ens__scan_refuse(s, ENS_ESYNTAX, "has a CDATA section without an end", s->at);
    if (s->at + end - s->run > ENS_SCAN_TEXT_MAX)
        return ens__scan_refuse(s, ENS_ELIMIT, "has a text that is too long", s->at);
    return give(s, ENS_SCAN_CDATA, s->at + end + 3, out);
}

static bool is_xml(ens_slice name)
{
    return ens__eq_nocase(name, ENS_LIT("xml"));
}

ens_scan_step ens__scan_pi(ens_scan *s, ens_scan_event *out)
{
    uint32_t from = s->at;
    ens_slice all = rest(s, from);
    size_t name_len = ens__xml_name_length(all.p + 2, all.p + all.len), behind = 2 + name_len;
    ens_slice name = ens_sub(all, 2, behind);
    if (!name_len || behind >= all.len || name_len > ENS_SCAN_NAME_MAX || is_xml(name))
        return ens__scan_refuse(s, ENS_ESYNTAX, "has a processing instruction without a name of its own", from);
    size_t end = ens__find(all, ENS_LIT("?>"), behind);
    if (end == SIZE_MAX || (end != behind && !ens__xml_is_blank(all.p[behind])))
        return ens__scan_refuse(s, ENS_ESYNTAX, "has a processing instruction without an end", from);
    ens_scan_step step = give(s, ENS_SCAN_PI, from + end + 2, out);
    s->run = s->at;
    out->name = name;
    out->prefix_len = 0;
    return step;
}

/* A reader of the XML declaration: take functions move only over what they know. */
static void skip_blanks(ens_reader *r)
{
    while (r->at < r->end && ens__xml_is_blank(*r->at))
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

static bool is_ascii(ens_slice text)
{
    uint8_t all = 0;
    for (size_t i = 0; i < text.len; i++)
        all |= text.p[i];
    return all < 0x80;
}

/* read_encoding answers the code that an encoding gives; blank: white space stands before what comes next. */
static ens_code read_encoding(const ens_scan *s, ens_reader *r, bool *blank)
{
    ens_slice name;
    if (!take_word(r, ENS_LIT("encoding")))
        return ENS_OK;
    if (!take_quoted(r, &name))
        return ENS_ESYNTAX;
    bool ascii = ens__eq_nocase(name, ENS_LIT("US-ASCII"));
    if (!ascii && !ens__eq_nocase(name, ENS_LIT("UTF-8")))
        return ENS_EPOLICY;
    const uint8_t *before = r->at;
    skip_blanks(r);
    *blank = r->at > before || !ascii; /* behind UTF-8 libxml2 misses none */
    return ascii && !is_ascii(rest(s, 0)) ? ENS_ESYNTAX : ENS_OK;
}

static bool read_standalone(ens_reader *r, bool blank)
{
    ens_slice value;
    if (!take_word(r, ENS_LIT("standalone")))
        return true;
    return blank && take_quoted(r, &value) && (ens_is(value, "yes") || ens_is(value, "no"));
}

/* read_declaration reads what follows "<?xml" and a blank (production 23), and moves behind it. */
static ens_scan_step read_declaration(ens_scan *s)
{
    ens_reader r = ens_read(rest(s, s->at));
    ens_slice version;
    r.at += 5;
    skip_blanks(&r);
    bool good = take_word(&r, ENS_LIT("version")) && take_quoted(&r, &version) && is_version(version);
    const uint8_t *before = r.at;
    skip_blanks(&r);
    bool blank = r.at > before;
    good = good && (blank || take_word(&r, ENS_LIT("?>")));
    bool ended = good && !blank;
    ens_code code = ended || !good ? ENS_OK : read_encoding(s, &r, &blank);
    if (code == ENS_EPOLICY)
        return ens__scan_refuse(s, code, "is not declared as UTF-8", s->at);
    if (!ended) {
        good = good && code == ENS_OK && read_standalone(&r, blank);
        skip_blanks(&r);
        good = good && take_word(&r, ENS_LIT("?>"));
    }
    if (!good)
        return ens__scan_refuse(s, ENS_ESYNTAX, "has an XML declaration that is none", s->at);
    return ens__scan_pass(s, s->at + (uint32_t)ens_at(&r)) ? ENS_SCAN_GOT : ENS_SCAN_BAD;
}

/* start looks at the first bytes: encoding, byte order mark, XML declaration. */
static ens_scan_step start(ens_scan *s)
{
    ens_slice text = rest(s, 0);
    if (!ens__xml_looks_utf8(text))
        return ens__scan_refuse(s, text.len < 4 ? ENS_ESYNTAX : ENS_EPOLICY,
                                text.len < 4 ? "is empty" : "is not UTF-8 text", 0);
    if (ens_starts(text, ENS_LIT("\xEF\xBB\xBF")) && !ens__scan_pass(s, 3))
        return ENS_SCAN_BAD;
    s->state = ENS_SCANNING_PROLOG;
    ens_slice head = rest(s, s->at);
    return ens_starts(head, ENS_LIT("<?xml")) && head.len > 5 && ens__xml_is_blank(head.p[5]) ? read_declaration(s)
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
    if (s->state == ENS_SCANNING_START && start(s) != ENS_SCAN_GOT)
        return ENS_SCAN_BAD;
    uint32_t p = s->at;
    while (p < s->len && ens__xml_is_blank(s->text[p]))
        p++;
    if (!ens__scan_pass(s, p))
        return ENS_SCAN_BAD;
    return p == s->len ? give_eof(s, out) : take_misc(s, out);
}
