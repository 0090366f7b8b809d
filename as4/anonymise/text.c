#include "as4/anonymise/text.h"

#include "as4/ens/format.h"
#include "as4/envelope/names.h"
#include "ensign/eori.h"

#include <ctype.h>

#define NTI_LEN 6u   /* characters of the name of a national interface: nti-be */
#define EORI_MAX 17u /* characters of the element that an EORI stands in */
#define CODE_MAX 8u  /* characters of a code whose list isn't held */

/* Where the reader is: the row of the tables in a document; 0 where they have none. */
typedef struct {
    ens_slice local;
    uint32_t row;
    bool document;
} frame;

typedef struct {
    const ens_text_options *o;
    ens_buf *out; /* NULL: EORIs are collected */
    frame open[ENS_TEXT_DEPTH_MAX];
    size_t depth;
    ens_slice property; /* name of the eb:Property that is open */
} reading;

static void keep(const reading *r, ens_slice s)
{
    if (!r->out)
        return;
    ens_buf_put(r->out, s);
    ens__alias_note_kept(r->o->aliases, s);
}

static void alias(const reading *r, ens_slice s, bool uri)
{
    if (r->out)
        ens__alias_text(r->o->aliases, s, uri, r->out);
}

static bool is_one_of(ens_slice s, const char *const *words)
{
    for (; *words; words++)
        if (ens_is(s, *words))
            return true;
    return false;
}

/* -- Values of the envelope -- */

/* What is written over later, or is no text. */
static const char *const opaque[] = {"DigestValue",     "SignatureValue", "BinarySecurityToken",
                                     "X509Certificate", "Modulus",        "Exponent",
                                     "CipherValue",     "Timestamp",      "Created",
                                     "Expires",         "Value",          NULL};
static const char *const worded[] = {"Role", "Service", "Action", "AgreementRef", "ConversationId", NULL};
static const char *const words[] = {ENS_ROLE_NAME_TRADER,
                                    ENS_ROLE_NAME_CUSTOMS,
                                    ENS_AGREEMENT_V1,
                                    ENS_AGREEMENT_V2,
                                    ENS_SERVICE_T2C,
                                    ENS_SERVICE_C2T,
                                    "1",
                                    "test",
                                    NULL};
static const char *const plain_properties[] = {"MimeType", "CharacterSet", "CompressionType", NULL};
static const char *const plain_attributes[] = {"Algorithm",
                                               "ValueType",
                                               "EncodingType",
                                               "PrefixList",
                                               "type",
                                               "mustUnderstand",
                                               "lang",
                                               "Id",
                                               "ID",
                                               "id",
                                               "iD",
                                               "errorCode",
                                               "severity",
                                               "category",
                                               "origin",
                                               "shortDescription",
                                               "name",
                                               "namespace",
                                               "location",
                                               "schemaLocation",
                                               "version",
                                               "encoding",
                                               "standalone",
                                               "relay",
                                               "role",
                                               "actor",
                                               "TokenType",
                                               "pmode",
                                               NULL};

static bool is_action(ens_slice s)
{
    return s.len == 6 && ens_starts(s, ENS_LIT("IE3"));
}

static bool is_ours(ens_slice s)
{
    return is_one_of(s, words) || is_action(s) || ens_starts(s, ENS_LIT("http://docs.oasis-open.org/")) ||
           ens_starts(s, ENS_LIT("http://www.w3.org/")) || ens_starts(s, ENS_LIT("EU-ICS2-TI-"));
}

/* put_party keeps the names of customs, and the Member State at the end. */
static void put_party(const reading *r, ens_slice s)
{
    ens_party_id id;
    ens_slice bare = ens__trim(s);
    bool parsed = ens_party_id_parse(bare, &id, NULL) == ENS_OK;
    if (ens_is(bare, ENS_PARTY_STI) || (bare.len == NTI_LEN && ens_starts(bare, ENS_LIT("nti-")))) {
        keep(r, s);
    } else if (!r->out) {
        ens__alias_eori(r->o->aliases, parsed ? id.eori : bare);
    } else if (parsed && id.member_state.len) {
        size_t at = (size_t)(id.member_state.p - s.p);
        alias(r, ens_sub(s, 0, at), false);
        keep(r, ens_from(s, at));
    } else {
        alias(r, s, false);
    }
}

/* put_channel keeps the name of a channel but for the party's. */
static void put_channel(const reading *r, ens_slice s)
{
    size_t at = ens__find(s, ENS_LIT("/EORI/"), 0);
    if (ens_is(s, ENS_MPC_DEFAULT)) {
        keep(r, s);
    } else if (ens_starts(s, ENS_LIT(ENS_MPC_BASE)) && at != SIZE_MAX) {
        keep(r, ens_sub(s, 0, at + 6));
        put_party(r, ens_from(s, at + 6));
    } else {
        alias(r, s, true);
    }
}

/* put_told keeps codes in the texts of an error: EBMS:0101, A001. */
static void put_told(const reading *r, ens_slice s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        size_t len = 0, zeros = i + 1;
        if (ens_starts(ens_from(s, i), ENS_LIT("EBMS:")))
            len = 9;
        while (s.p[i] == 'A' && zeros < s.len && s.p[zeros] == '0')
            zeros++;
        if (!len && zeros > i + 1 && zeros < s.len && s.p[zeros] >= '1' && s.p[zeros] <= '3')
            len = zeros + 1 - i;
        if (!len || i + len > s.len)
            continue;
        alias(r, ens_sub(s, from, i), false);
        keep(r, ens_sub(s, i, i + len));
        from = i + len;
        i = from - 1;
    }
    alias(r, ens_from(s, from), false);
}

static void put_header_value(const reading *r, const frame *f, ens_slice s)
{
    static const char *const told[] = {"Description", "ErrorDetail", "Text", "faultstring", NULL};
    ens_slice bare = ens__trim(s);
    if (is_one_of(f->local, opaque) || (is_one_of(f->local, worded) && is_ours(bare)) ||
        (ens_is(f->local, "Property") && is_one_of(r->property, plain_properties)))
        keep(r, s);
    else if (ens_is(f->local, "PartyId"))
        put_party(r, s);
    else if (is_one_of(f->local, told))
        put_told(r, s);
    else
        alias(r, s, false);
}

/* -- Values of a document -- */

/* is_kept tells of a value by its row: codes, dates, numbers of things. What a list doesn't have may be anything. */
static bool is_kept(const ens_tables *t, uint32_t row, ens_slice name, ens_slice value)
{
    static const char *const plain[] = {
        "harmonizedSystemSubHeadingCode", "combinedNomenclatureCode", "MIME", "messageElementPath", "cusCode", NULL};
    const ens_table_row *tr = &t->row[row];
    const ens_table_format *f = &t->format[tr->format];
    if (!row)
        return false;
    if (tr->list && t->list[tr->list].num)
        return ens__tables_code(t, tr->list, value) != NULL;
    if (tr->list)
        return value.len <= CODE_MAX;
    if (f->kind == ENS_FORMAT_N || f->kind == ENS_FORMAT_DATETIME)
        return ens__format_check(f, value) == ENS_FORMAT_GOOD || value.len <= CODE_MAX;
    return is_one_of(name, plain);
}

/* tells_nobody: dates, media types and short codes in elements that no table has. */
static bool tells_nobody(ens_slice s)
{
    enum { SHORT = 3 };
    bool date = s.len >= 10 && isdigit(s.p[0]) && isdigit(s.p[3]) && s.p[4] == '-' && s.p[7] == '-';
    return date || s.len <= SHORT || ens_starts(s, ENS_LIT("application/")) || ens_starts(s, ENS_LIT("image/"));
}

static void put_document_value(const reading *r, const frame *f, ens_slice s)
{
    const ens_tables *t = r->o->tables;
    ens_slice bare = ens__trim(s);
    const ens_table_row *tr = &t->row[f->row];
    bool eori = ens_is(f->local, "identificationNumber") && (!f->row || t->format[tr->format].max == EORI_MAX);
    if (is_kept(t, f->row, f->local, bare) || (!f->row && tells_nobody(bare)))
        keep(r, s);
    else if (eori && !r->out)
        ens__alias_eori(r->o->aliases, bare);
    else
        alias(r, s, false);
}

static void put_value(reading *r, ens_slice s)
{
    const frame nobody = {0}, *f = r->depth ? &r->open[r->depth - 1] : &nobody;
    if (!ens__trim(s).len)
        keep(r, s);
    else if (f->document)
        put_document_value(r, f, s);
    else
        put_header_value(r, f, s);
}

/* -- Tags -- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_name(uint8_t c)
{
    return isalnum(c) || c == '_' || c == '-' || c == '.' || c == ':' || c >= 0x80;
}

static ens_slice local_of(ens_slice name)
{
    size_t colon = ens__find(name, ENS_LIT(":"), 0);
    return colon == SIZE_MAX ? name : ens_from(name, colon + 1);
}

static void put_attribute(reading *r, ens_slice name, ens_slice value)
{
    ens_slice local = local_of(name);
    bool space = ens_starts(name, ENS_LIT("xmlns")) || ens_starts(name, ENS_LIT("xsi:"));
    if (ens_is(local, "name"))
        r->property = value;
    if (ens_is(local, "mpc"))
        put_channel(r, value);
    else if (space || is_one_of(local, plain_attributes) || is_ours(value) || (value.len && value.p[0] == '#'))
        keep(r, value);
    else
        alias(r, value, true);
}

/* put_tag copies a tag but for the values of its attributes. */
static void put_tag(reading *r, ens_slice tag, size_t at)
{
    ens_slice name = {0};
    size_t from = 0;
    while (at < tag.len) {
        size_t start = at;
        uint8_t c = tag.p[at];
        if (is_name(c)) {
            while (at < tag.len && is_name(tag.p[at]))
                at++;
            name = ens_sub(tag, start, at);
        } else if ((c == '"' || c == '\'') && at + 1 < tag.len) {
            const uint8_t *end = memchr(tag.p + at + 1, c, tag.len - at - 1);
            size_t to = end ? (size_t)(end - tag.p) : tag.len;
            keep(r, ens_sub(tag, from, at + 1));
            put_attribute(r, name, ens_sub(tag, at + 1, to));
            from = to;
            at = to + (end != NULL);
        } else {
            at++;
        }
    }
    keep(r, ens_from(tag, from));
}

/* push opens an element: a document begins where the tables know a root. */
static void push(reading *r, ens_slice name)
{
    const ens_tables *t = r->o->tables;
    const frame *above = r->depth ? &r->open[r->depth - 1] : NULL;
    frame f = {.local = local_of(name), .document = above && above->document};
    const ens_table_message *m = f.document ? NULL : ens__tables_message(t, f.local);
    if (m) {
        f.document = true;
        f.row = m->row;
    } else if (f.document && above->row) {
        f.row = ens__tables_child(t, above->row, ens__tables_name(t, f.local, NULL));
    } else if (!above && !ens_is(f.local, "Envelope")) {
        f.document = true;
    }
    if (r->depth < ENS_TEXT_DEPTH_MAX)
        r->open[r->depth++] = f;
}

static size_t find_end(ens_slice xml, size_t at, const char *end)
{
    size_t found = ens__find(xml, ens_str(end), at);
    return found == SIZE_MAX ? xml.len : found + strlen(end);
}

/* put_section copies what isn't an element: comments and CDATA lose what they tell, declarations what is quoted. */
static size_t put_section(reading *r, ens_slice xml, size_t at)
{
    static const struct {
        const char *begin, *end;
    } kinds[] = {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}, {"<!", ">"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t begin = strlen(kinds[i].begin), end = find_end(xml, at, kinds[i].end);
        if (!ens_starts(ens_from(xml, at), ens_str(kinds[i].begin)))
            continue;
        size_t close = end - (end > at + begin + strlen(kinds[i].end) ? strlen(kinds[i].end) : 0);
        ens_slice inside = ens_sub(xml, at + begin, close);
        keep(r, ens_str(kinds[i].begin));
        if (i == 0)
            alias(r, inside, false);
        else if (i == 1)
            put_value(r, inside);
        else
            put_tag(r, inside, 0);
        keep(r, ens_sub(xml, at + begin + inside.len, end));
        return end;
    }
    return at;
}

/* end_of_tag passes over quoted values. */
static size_t end_of_tag(ens_slice xml, size_t at)
{
    uint8_t quote = 0;
    for (; at < xml.len; at++) {
        uint8_t c = xml.p[at];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            return at + 1;
    }
    return xml.len;
}

static size_t put_element(reading *r, ens_slice xml, size_t at)
{
    bool closes = at + 1 < xml.len && xml.p[at + 1] == '/';
    size_t end = end_of_tag(xml, at), name = at + 1 + closes, name_end = name;
    while (name_end < end && is_name(xml.p[name_end]))
        name_end++;
    ens_slice tag = ens_sub(xml, at, end);
    if (closes) {
        r->depth -= r->depth > 0;
        keep(r, tag);
        return end;
    }
    push(r, ens_sub(xml, name, name_end));
    put_tag(r, tag, name_end - at);
    if (tag.len > 2 && tag.p[tag.len - 2] == '/')
        r->depth -= r->depth > 0;
    return end;
}

static void read_all(reading *r, ens_slice xml)
{
    for (size_t at = 0; at < xml.len;) {
        const uint8_t *tag = memchr(xml.p + at, '<', xml.len - at);
        size_t end = tag ? (size_t)(tag - xml.p) : xml.len;
        if (end > at)
            put_value(r, ens_sub(xml, at, end));
        at = end;
        if (at == xml.len)
            return;
        bool section = at + 1 < xml.len && (xml.p[at + 1] == '!' || xml.p[at + 1] == '?');
        at = section ? put_section(r, xml, at) : put_element(r, xml, at);
    }
}

void ens__text_collect(const ens_text_options *o, ens_slice xml)
{
    reading r = {.o = o};
    read_all(&r, xml);
}

void ens__text_anonymise(const ens_text_options *o, ens_slice xml, ens_buf *out)
{
    reading r = {.o = o, .out = out};
    read_all(&r, xml);
}

/* -- Header fields -- */

/* put_parameters keeps a Content-Type but for the names in it. */
static void put_parameters(const reading *r, ens_slice value)
{
    static const char *const named[] = {"name=", "start=", "filename="};
    size_t from = 0;
    for (size_t at = 0; at < value.len; at++) {
        bool begins = at == 0 || is_blank(value.p[at - 1]) || value.p[at - 1] == ';';
        for (size_t i = 0; begins && i < sizeof named / sizeof *named; i++) {
            size_t len = strlen(named[i]);
            if (!ens__starts_nocase(ens_from(value, at), ens_str(named[i])))
                continue;
            const uint8_t *semicolon = memchr(value.p + at + len, ';', value.len - at - len);
            size_t end = semicolon ? (size_t)(semicolon - value.p) : value.len;
            keep(r, ens_sub(value, from, at + len));
            alias(r, ens_sub(value, at + len, end), false);
            from = at = end;
            break;
        }
    }
    keep(r, ens_from(value, from));
}

static void put_field(const reading *r, ens_slice line, bool *plain)
{
    static const char *const stay[] = {"content-transfer-encoding:",
                                       "mime-version:",
                                       "content-length:",
                                       "date:",
                                       "transfer-encoding:",
                                       "content-encoding:",
                                       "connection:",
                                       "accept:",
                                       "soapaction:",
                                       "expect:",
                                       "http/"};
    size_t colon = ens__find(line, ENS_LIT(":"), 0);
    if (line.len && is_blank(line.p[0])) { /* goes on with the field before it */
        if (*plain)
            put_parameters(r, line);
        else
            alias(r, line, false);
        return;
    }
    *plain = ens__starts_nocase(line, ENS_LIT("content-type:")) ||
             ens__starts_nocase(line, ENS_LIT("content-disposition:")) || ens__starts_nocase(line, ENS_LIT("--"));
    for (size_t i = 0; i < sizeof stay / sizeof *stay && !*plain; i++)
        *plain = ens__starts_nocase(line, ens_str(stay[i]));
    size_t version = ens__find(line, ENS_LIT(" HTTP/"), 0), blank = ens__find(line, ENS_LIT(" "), 0);
    if (version != SIZE_MAX && blank < version) { /* of a request */
        keep(r, ens_sub(line, 0, blank));
        alias(r, ens_sub(line, blank, version), true);
        keep(r, ens_from(line, version));
    } else if (*plain) {
        put_parameters(r, line);
    } else if (colon != SIZE_MAX) {
        keep(r, ens_sub(line, 0, colon + 1));
        alias(r, ens_from(line, colon + 1), false);
    } else {
        keep(r, line); /* no field */
    }
}

void ens__text_head(const ens_text_options *o, ens_slice head, ens_buf *out)
{
    const reading r = {.o = o, .out = out};
    bool plain = false;
    for (size_t at = 0; at < head.len;) {
        const uint8_t *end = memchr(head.p + at, '\n', head.len - at);
        size_t next = end ? (size_t)(end - head.p) + 1 : head.len, to = next - (end != NULL);
        to -= to > at && head.p[to - 1] == '\r';
        put_field(&r, ens_sub(head, at, to), &plain);
        keep(&r, ens_sub(head, to, next));
        at = next;
    }
}
