/* Namespace names by number, and what prefixes stand for. */
#include "engine/xml/reference/xml_calls.h"
#include "engine/xml/scan/scan_state.h"

#include <stdlib.h>

#define XML_NS "http://www.w3.org/XML/1998/namespace"
#define XMLNS_NS "http://www.w3.org/2000/xmlns/"
#define ARENA_MAX ((size_t)8 << 20) /* bytes of namespace names that don't stand in the text as they are */

/* The first len (less than eight) of the bytes that were loaded into a word. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FIRST_BYTES(word, len) ((word) & (((uint64_t)1 << 8 * (len)) - 1))
#else
#define FIRST_BYTES(word, len) ((len) ? (word) & ~(UINT64_MAX >> 8 * (len)) : 0)
#endif

/* hash mixes the last bytes, in which namespace names differ the most. */
static uint32_t hash(ens_slice text)
{
    uint64_t last[2] = {0};
    size_t n = text.len < sizeof last ? text.len : sizeof last;
    memcpy(last, text.p + text.len - n, n);
    uint64_t h = (last[0] ^ text.len) * 0x9E3779B97F4A7C15u;
    h = (h ^ last[1] ^ h >> 29) * 0xBF58476D1CE4E5B9u;
    return (uint32_t)(h >> 40);
}

/* slot_of finds the slot that holds a name, or the free one where it belongs. */
static uint32_t slot_of(const ens_scan *s, ens_slice text)
{
    uint32_t i = hash(text) % ENS_SCAN_URI_SLOTS;
    while (s->slot[i] != ENS_SCAN_NO_NS && !ens_eq(s->uri[s->slot[i]].text, text))
        i = (i + 1) % ENS_SCAN_URI_SLOTS;
    return i;
}

static ens_scan_uri add_name(ens_scan *s, ens_slice text, uint32_t slot, bool relative)
{
    ens_scan_uri number = (ens_scan_uri)s->num_uris++;
    s->uri[number] = (ens_scan_name){text, slot, relative};
    s->slot[slot] = number;
    return number;
}

void ens__scan_names_init(ens_scan *s)
{
    ens_arena_init(&s->arena, ARENA_MAX);
    s->uri[ENS_SCAN_NO_NS] = (ens_scan_name){.text = ENS_LIT("")};
    s->num_uris = 1;
    add_name(s, ENS_LIT(XML_NS), slot_of(s, ENS_LIT(XML_NS)), false);
    s->num_known = s->num_uris;
}

/* ens__scan_names_reset forgets the last document's names, the last one first, so that no probe is cut short. */
void ens__scan_names_reset(ens_scan *s)
{
    while (s->num_uris > s->num_known)
        s->slot[s->uri[--s->num_uris].slot] = ENS_SCAN_NO_NS;
    ens_arena_reset(&s->arena);
}

static bool is_letter(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26;
}

/* is_usual knows most absolute URIs by their letters: a scheme, and then nothing that asks for a closer look. */
static bool is_usual(ens_slice text)
{
    size_t i = 0, start;
    unsigned marks = 0;
    while (i < text.len && is_letter(text.p[i]))
        i++;
    if (i == 0 || i + 1 >= text.len || text.p[i] != ':')
        return false;
    bool host = ens_starts(ens_from(text, i), ENS_LIT("://"));
    for (i = start = i + (host ? 3 : 1); i < text.len; i++) {
        uint8_t c = text.p[i];
        if (is_letter(c) || (c >= '-' && c <= '9' && (c != '/' || i > start)) || c == '_')
            continue; /* '-' to '9' are "-./" and the digits */
        if (i == start || (c == ':' && host) || (c != ':' && (c != '#' || marks++)))
            return false;
    }
    return true;
}

/* judge_uri answers as libxml2 does whether a name is a URI reference (RFC 3986), and whether a relative one. */
static bool judge_uri(ens_slice text, bool *relative)
{
    char *copy = is_usual(text) ? NULL : strndup((const char *)text.p, text.len);
    *relative = false;
    if (!copy)
        return is_usual(text);
    if (ens__xml_load(NULL) != ENS_OK) {
        free(copy);
        return false;
    }
    xmlURIPtr uri = xmlParseURI(copy);
    bool good = uri != NULL;
    *relative = uri && (!uri->scheme || !uri->scheme[0]);
    xmlFreeURI(uri);
    free(copy);
    return good;
}

ens_scan_uri ens__scan_know(ens_scan *s, const char *uri)
{
    ens__scan_names_reset(s);
    ens_slice text = ens_str(uri);
    uint32_t slot = slot_of(s, text);
    bool relative;
    if (s->slot[slot] != ENS_SCAN_NO_NS)
        return s->slot[slot];
    if (s->num_known >= 2 + ENS_SCAN_KNOWN_MAX || !text.len || !judge_uri(text, &relative))
        return ENS_SCAN_NO_NS;
    add_name(s, text, slot, relative);
    s->num_known = s->num_uris;
    return s->slot[slot];
}

ens_slice ens__scan_uri_text(const ens_scan *s, ens_scan_uri uri)
{
    return uri < s->num_uris ? s->uri[uri].text : ENS_LIT("");
}

bool ens__scan_relative(const ens_scan *s)
{
    return s->relative;
}

const ens_scan_binding *ens__scan_scope(const ens_scan *s, unsigned *num)
{
    *num = s->num_scope;
    return s->scope;
}

/* value_of gives the name that a raw value means; it stays until the next document. */
static bool value_of(ens_scan *s, ens_slice raw, bool plain, ens_slice *out)
{
    *out = raw;
    if (plain)
        return true;
    uint8_t *room = ens_arena_take(&s->arena, raw.len);
    ens_buf buf;
    ens_buf_init(&buf, room, raw.len, raw.len); /* what a reference means is never longer than it */
    if (room)
        ens__scan_text(raw, true, &buf);
    *out = ens_buf_slice(&buf);
    return room && ens_buf_done(&buf, NULL) == ENS_OK;
}

static ens_scan_step number_of(ens_scan *s, ens_slice text, uint32_t at, ens_scan_uri *out)
{
    uint32_t slot = slot_of(s, text);
    bool relative;
    *out = s->slot[slot];
    if (*out != ENS_SCAN_NO_NS || !text.len)
        return ENS_SCAN_GOT;
    if (s->num_uris - s->num_known >= ENS_SCAN_URIS_MAX)
        return ens__scan_refuse(s, ENS_ELIMIT, "has too many namespaces", at);
    if (memchr(text.p, '&', text.len))
        return ens__scan_refuse(s, ENS_EPOLICY, "has a namespace name with '&'", at);
    if (!judge_uri(text, &relative))
        return ens__scan_refuse(s, ENS_ESYNTAX, "has a namespace name that is no URI", at);
    char *stays = s->in_pieces ? ens_arena_text(&s->arena, text) : NULL;
    if (s->in_pieces && !stays)
        return ens__scan_refuse(s, ENS_ENOMEM, "has namespace names that are too long", at);
    text.p = stays ? (const uint8_t *)stays : text.p;
    *out = add_name(s, text, slot, relative);
    return ENS_SCAN_GOT;
}

/* reserved: Namespaces in XML 1.0, 3: xml and xmlns have their names, and nothing else has them. */
static const char *reserved(ens_slice prefix, ens_slice text)
{
    bool xml = ens_eq(prefix, ENS_LIT("xml")), xml_ns = ens_eq(text, ENS_LIT(XML_NS));
    if (xml != xml_ns)
        return xml ? "binds the prefix xml to another namespace" : "binds another prefix to the namespace of xml";
    if (ens_eq(prefix, ENS_LIT("xmlns")) || ens_eq(text, ENS_LIT(XMLNS_NS)))
        return "binds xmlns";
    return prefix.len && !text.len ? "binds a prefix to no namespace" : NULL;
}

/* key_of packs the first eight bytes of a prefix at position at: of one that is no longer, it is the prefix. */
static inline uint64_t key_of(const ens_scan *s, uint32_t at, uint32_t len)
{
    uint64_t key = 0;
    if (s->len - at < sizeof key || len >= sizeof key)
        memcpy(&key, s->text + at, len < sizeof key ? len : sizeof key);
    else {
        memcpy(&key, s->text + at, sizeof key);
        key = FIRST_BYTES(key, len);
    }
    return key;
}

ens_scan_step ens__scan_declare(ens_scan *s, ens_slice prefix, ens_slice raw, bool plain)
{
    const ens_scan_element *e = &s->open[s->depth + 1];
    uint32_t at = (uint32_t)(raw.p - s->text);
    ens_slice text;
    ens_scan_uri number;
    if (!value_of(s, raw, plain, &text))
        return ens__scan_refuse(s, ENS_ENOMEM, "has namespace names that are too long", at);
    const char *wrong = reserved(prefix, text);
    if (wrong)
        return ens__scan_refuse(s, ENS_ESYNTAX, wrong, at);
    if (ens_eq(prefix, ENS_LIT("xml")))
        return ENS_SCAN_GOT; /* says nothing new, and libxml2 drops it */
    for (unsigned i = e->num_scope; i < s->num_scope; i++)
        if (ens_eq(s->scope[i].prefix, prefix))
            return ens__scan_refuse(s, ENS_ESYNTAX, "declares a prefix twice", at);
    if ((unsigned)(s->num_scope - e->num_scope) >= ENS_XML_NAMESPACES_MAX || s->num_scope >= ENS_XML_SCOPE_MAX)
        return ens__scan_refuse(s, ENS_ELIMIT, "has too many namespace declarations", at);
    if (number_of(s, text, at, &number) != ENS_SCAN_GOT)
        return ENS_SCAN_BAD;
    s->scope_at[s->num_scope] = (uint32_t)(prefix.p - s->text);
    s->scope_key[s->num_scope] = key_of(s, s->scope_at[s->num_scope], (uint32_t)prefix.len);
    s->scope[s->num_scope++] = (ens_scan_binding){prefix, number};
    s->relative |= s->uri[number].relative;
    if (!prefix.len)
        s->default_ns = number;
    return ENS_SCAN_GOT;
}

ens_scan_uri ens__scan_lookup(const ens_scan *s, uint32_t at, uint32_t len)
{
    uint64_t key = key_of(s, at, len);
    for (unsigned i = s->num_scope; i-- > 0;) {
        if (s->scope_key[i] != key)
            continue;
        ens_slice known = s->scope[i].prefix;
        if (known.len == len && (len <= sizeof key || memcmp(known.p, s->text + at, len) == 0))
            return s->scope[i].uri;
    }
    return len == 3 && memcmp(s->text + at, "xml", 3) == 0 ? ENS_SCAN_XML_NS : ENS_SCAN_NO_NS;
}
