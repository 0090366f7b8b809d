#include "as4/envelope/original.h"

#include "as4/envelope/names.h"
#include "engine/xml/reference/libxml.h"

typedef enum {
    ELSEWHERE = 0,
    DOCUMENT,
    ENVELOPE,
    HEADER,
    BODY,
    MESSAGING,
    USER_MESSAGE,
    MESSAGE_INFO,
    MESSAGE_ID,
    PARTY_INFO,
    FROM,
    PARTY_ID,
    COLLABORATION,
    SERVICE,
    SECURITY,
    SIGNATURE,
    SIGNED_INFO,
    REFERENCE,
    DIGEST_METHOD,
    DIGEST_VALUE
} place;

/* The elements that matter. What stands elsewhere is read over. */
static const struct {
    uint8_t parent, place;
    ens_ns ns;
    ens_slice local;
} places[] = {
#define PLACE(parent, ns, local, place)                                                                                \
    {                                                                                                                  \
        parent, place, ns,                                                                                             \
        {                                                                                                              \
            (const uint8_t *)(local), sizeof(local) - 1                                                                \
        }                                                                                                              \
    }
    PLACE(DOCUMENT, ENS_IN_SOAP12, "Envelope", ENVELOPE),
    PLACE(ENVELOPE, ENS_IN_SOAP12, "Header", HEADER),
    PLACE(ENVELOPE, ENS_IN_SOAP12, "Body", BODY),
    PLACE(HEADER, ENS_IN_EB, "Messaging", MESSAGING),
    PLACE(HEADER, ENS_IN_WSSE, "Security", SECURITY),
    PLACE(MESSAGING, ENS_IN_EB, "UserMessage", USER_MESSAGE),
    PLACE(USER_MESSAGE, ENS_IN_EB, "MessageInfo", MESSAGE_INFO),
    PLACE(USER_MESSAGE, ENS_IN_EB, "PartyInfo", PARTY_INFO),
    PLACE(USER_MESSAGE, ENS_IN_EB, "CollaborationInfo", COLLABORATION),
    PLACE(MESSAGE_INFO, ENS_IN_EB, "MessageId", MESSAGE_ID),
    PLACE(PARTY_INFO, ENS_IN_EB, "From", FROM),
    PLACE(FROM, ENS_IN_EB, "PartyId", PARTY_ID),
    PLACE(COLLABORATION, ENS_IN_EB, "Service", SERVICE),
    PLACE(SECURITY, ENS_IN_DS, "Signature", SIGNATURE),
    PLACE(SIGNATURE, ENS_IN_DS, "SignedInfo", SIGNED_INFO),
    PLACE(SIGNED_INFO, ENS_IN_DS, "Reference", REFERENCE),
    PLACE(REFERENCE, ENS_IN_DS, "DigestMethod", DIGEST_METHOD),
    PLACE(REFERENCE, ENS_IN_DS, "DigestValue", DIGEST_VALUE),
};

#define BIT(place) ((uint32_t)1 << (place))
#define CLOSED (BIT(DOCUMENT) | BIT(ENVELOPE) | BIT(HEADER) | BIT(MESSAGING)) /* nothing else may stand in them */
#define REPEATED (BIT(REFERENCE) | BIT(DIGEST_METHOD) | BIT(DIGEST_VALUE))
#define WANTED                                                                                                         \
    (BIT(HEADER) | BIT(BODY) | BIT(MESSAGE_ID) | BIT(PARTY_ID) | BIT(SERVICE) | BIT(SIGNED_INFO) | BIT(REFERENCE))

typedef struct {
    const ens_tree_scanner *scanner;
    ens_arena *arena;
    ens_header *header;
    ens_signed_part *part;
    unsigned num, max;
    uint32_t seen;                        /* bits of places */
    uint8_t place[ENS_XML_DEPTH_MAX + 1]; /* of the open elements */
} reader;

static place below(const reader *r, uint8_t parent, const ens_scan_event *e)
{
    ens_ns ns = r->scanner->number[e->ns];
    ens_slice local = ens__scan_local(e->name, e->prefix_len);
    for (size_t i = 0; parent && i < sizeof places / sizeof *places; i++)
        if (places[i].parent == parent && places[i].ns == ns && ens_eq(places[i].local, local))
            return places[i].place;
    return ELSEWHERE;
}

/* take_attribute wants it there, as it stands. */
static bool take_attribute(const ens_scan_event *e, const char *local, ens_slice *out)
{
    for (unsigned i = 0; i < e->num_attributes; i++) {
        const ens_scan_attribute *a = &e->attribute[i];
        if (a->ns != ENS_SCAN_NO_NS || !ens_is(a->name, local))
            continue;
        *out = a->value;
        return a->plain;
    }
    return false;
}

/* take_text wants one text, as it stands, and the end of the element. */
static bool take_text(const reader *r, ens_slice *out)
{
    ens_scan_event e;
    if (ens__scan_next(r->scanner->scan, &e, NULL) != ENS_OK || e.kind != ENS_SCAN_TEXT || !e.plain)
        return false;
    *out = e.raw;
    return ens__scan_next(r->scanner->scan, &e, NULL) == ENS_OK && e.kind == ENS_SCAN_END;
}

static bool take_digest(const reader *r, ens_signed_part *part)
{
    ens_slice text;
    if (part->digest.p || !take_text(r, &text) || text.len > 256)
        return false;
    uint8_t *p = ens_arena_take(r->arena, text.len / 4 * 3 + 3);
    size_t len = p ? ens__base64_decode(text, p) : SIZE_MAX;
    part->digest = ens_bytes(p, len);
    return len != SIZE_MAX;
}

/* is_for_us: a Security block for another role is not the one that was sealed. */
static bool is_for_us(const reader *r, const ens_scan_event *e)
{
    for (unsigned i = 0; i < e->num_attributes; i++)
        if (r->scanner->number[e->attribute[i].ns] == ENS_IN_SOAP12 &&
            !ens_is(ens__scan_local(e->attribute[i].name, e->attribute[i].prefix_len), "mustUnderstand"))
            return false;
    return true;
}

static bool take_place(reader *r, place at, const ens_scan_event *e)
{
    ens_signed_part *part = &r->part[r->num ? r->num - 1 : 0];
    switch (at) {
    case MESSAGE_ID:
        return take_text(r, &r->header->message_id);
    case SERVICE:
        return take_text(r, &r->header->service);
    case PARTY_ID:
        return take_attribute(e, "type", &r->header->from.type);
    case SECURITY:
        return is_for_us(r, e);
    case REFERENCE:
        if (r->num == r->max)
            return false;
        r->part[r->num] = (ens_signed_part){0};
        return take_attribute(e, "URI", &r->part[r->num++].uri);
    case DIGEST_METHOD:
        return !part->digest_method.p && take_attribute(e, "Algorithm", &part->digest_method);
    case DIGEST_VALUE:
        return take_digest(r, part);
    default:
        return true;
    }
}

static bool on_start(reader *r, const ens_scan_event *e)
{
    uint8_t parent = r->place[e->depth - 1];
    place at = below(r, parent, e);
    r->place[e->depth] = (uint8_t)at;
    if (at == ELSEWHERE)
        return !(BIT(parent) & CLOSED);
    if (r->seen & BIT(at) & ~REPEATED)
        return false;
    r->seen |= BIT(at);
    return take_place(r, at, e);
}

static bool is_complete(const reader *r)
{
    for (unsigned i = 0; i < r->num; i++)
        if (!r->part[i].digest_method.p || !r->part[i].digest.p)
            return false;
    return (r->seen & WANTED) == WANTED;
}

bool ens__original_scan(const ens_tree_scanner *scanner, ens_slice envelope, ens_arena *arena, ens_header *header,
                        ens_signed_part *part, unsigned max, unsigned *num)
{
    reader r = {.scanner = scanner, .arena = arena, .header = header, .part = part, .max = max, .place = {DOCUMENT}};
    ens_scan_event e;
    ens__scan_begin(scanner->scan, envelope);
    do {
        if (ens__scan_next(scanner->scan, &e, NULL) != ENS_OK || e.kind == ENS_SCAN_CDATA ||
            (e.kind == ENS_SCAN_START && !on_start(&r, &e)))
            return false;
    } while (e.kind != ENS_SCAN_EOF);
    header->kind = ENS_KIND_USER_MESSAGE;
    *num = r.num;
    return is_complete(&r);
}
