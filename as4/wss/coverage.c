#include "as4/wss/coverage.h"

#include "as4/envelope/names.h"
#include "engine/xml/reference/libxml.h"

#include <stdlib.h>

static bool ends_with_xml(ens_slice type)
{
    return type.len > 4 && ens__eq_nocase(ens_from(type, type.len - 4), ENS_LIT("+xml"));
}

ens_part_form ens__part_form(const ens_mime_part *part)
{
    ens_slice type = part->media_type;
    if (ens__eq_nocase(type, ENS_LIT("application/xml")) || ens__eq_nocase(type, ENS_LIT("text/xml")) ||
        ends_with_xml(type))
        return ENS_FORM_XML;
    return ens__starts_nocase(type, ENS_LIT("text/")) ? ENS_FORM_TEXT : ENS_FORM_RAW;
}

void ens__crlf(ens_slice text, ens_buf *out)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool lf = text.p[i] == '\n', cr = text.p[i] == '\r';
        if (!lf && !cr)
            continue;
        ens_buf_put(out, ens_sub(text, from, i));
        ens_buf_text(out, "\r\n");
        i += cr && i + 1 < text.len && text.p[i + 1] == '\n';
        from = i + 1;
    }
    ens_buf_put(out, ens_from(text, from));
}

ens_code ens__part_octets(ens_libxml *xml, const ens_mime_part *part, ens_buf *out, ens_err *err)
{
    if (ens__part_form(part) == ENS_FORM_TEXT) {
        ens__crlf(part->body, out);
        return ens_buf_done(out, err);
    }
    xmlDocPtr doc = NULL;
    ens_code code = ens__libxml_parse(xml, part->body, &doc, err);
    if (code == ENS_OK)
        code = ens__libxml_canon(doc, NULL, ENS_LIBXML_EXCLUSIVE, (ens_slice){0}, out, err);
    xmlFreeDoc(doc);
    return code;
}

#define RULE_SEAL "ICD 4.6.2"
#define RULE_IDS "WSS SOAP Message Security 1.1.1, 4.1"
#define HINT_WRAP                                                                                                      \
    "the signed element isn't the one that is processed: check what stands between the sealing and the sending of "    \
    "the message"

typedef struct {
    ens_slice value;
    const ens_node *node;
    const ens_node_attribute *attribute;
} id_entry;

typedef struct {
    id_entry *entry;
    size_t num;
} id_table;

static bool is_id(const ens_node_attribute *a)
{
    if (a->local.len != 2 || (a->local.p[0] | 32) != 'i' || (a->local.p[1] | 32) != 'd')
        return false;
    return a->ns == ENS_IN_NONE || a->ns == ENS_IN_WSU || a->ns == ENS_IN_XML;
}

static int by_value(const void *left, const void *right)
{
    const id_entry *a = left, *b = right;
    size_t shorter = a->value.len < b->value.len ? a->value.len : b->value.len;
    int order = shorter ? memcmp(a->value.p, b->value.p, shorter) : 0;
    return order ? order : (a->value.len > b->value.len) - (a->value.len < b->value.len);
}

static size_t walk_ids(const ens_soap *soap, id_entry *to)
{
    size_t num = 0;
    for (const ens_node *e = soap->envelope; e; e = ens__node_following(e, soap->envelope))
        for (unsigned i = 0; i < e->num_attributes; i++) {
            const ens_node_attribute *a = &e->attribute[i];
            if (!is_id(a))
                continue;
            if (to)
                to[num] = (id_entry){a->value, e, a};
            num++;
        }
    return num;
}

/* sort_ids: an envelope has a handful. */
static void sort_ids(id_entry *entry, size_t num)
{
    if (num > 32)
        qsort(entry, num, sizeof *entry, by_value);
    for (size_t i = 1; i < num && num <= 32; i++) {
        id_entry one = entry[i];
        size_t at = i;
        for (; at && by_value(&entry[at - 1], &one) > 0; at--)
            entry[at] = entry[at - 1];
        entry[at] = one;
    }
}

static bool collect_ids(const ens_soap *soap, ens_arena *arena, id_table *out)
{
    size_t num = walk_ids(soap, NULL);
    id_entry *entry = num ? ens_arena_take(arena, num * sizeof *entry) : NULL;
    if (num && !entry)
        return false;
    if (num) {
        walk_ids(soap, entry);
        sort_ids(entry, num);
    }
    *out = (id_table){entry, num};
    return true;
}

static const id_entry *find_id(const id_table *ids, ens_slice value)
{
    id_entry key = {.value = value};
    return ids->num ? bsearch(&key, ids->entry, ids->num, sizeof key, by_value) : NULL;
}

static bool judge_ids(const id_table *ids, ens_report *report)
{
    for (size_t i = 1; i < ids->num; i++) {
        if (!ens_eq(ids->entry[i].value, ids->entry[i - 1].value))
            continue;
        ens_finding *f =
            ens__failf(report, "coverage.ids", RULE_IDS, "give every element an id of its own",
                       "the id %s stands on more than one element", ens__show(report, ids->entry[i].value));
        f->xpath = ens__node_path(ids->entry[i].node, &report->arena);
        return false;
    }
    ens__pass(report, "coverage.ids", RULE_IDS);
    return true;
}

/* may_be_signed: beside eb:Messaging and Body a sender may sign other header blocks, the token or the time stamp. */
static bool may_be_signed(const ens_soap *soap, const ens_wss *wss, const ens_node *node)
{
    if (node == soap->messaging || node == soap->body)
        return true;
    const ens_node *parent = ens__node_parent(node);
    if (parent && parent == soap->header)
        return node != soap->security;
    return parent && parent == soap->security && node != wss->signature;
}

/* is_known_id: what a receiver's WS-Security looks up; xml:id and other spellings are looked up by none. */
static bool is_known_id(const ens_node_attribute *a)
{
    if (a->ns == ENS_IN_WSU)
        return ens_is(a->local, "Id");
    return a->ns == ENS_IN_NONE && (ens_is(a->local, "Id") || ens_is(a->local, "ID"));
}

static bool refuse_fragment(ens_slice uri, const char *rule, const char *why, ens_report *report)
{
    ens__failf(report, "coverage.reference", rule,
               "give what is signed a wsu:Id, one name as msg-body, and refer to it by #id", "%s %s",
               ens__show(report, uri), why);
    return false;
}

/* bind_element finds the one element of an id. An id is a name, so that "#…" is an XPointer to nobody. */
static bool bind_element(const ens_soap *soap, const ens_wss *wss, const id_table *ids, ens_slice uri, ens_covered *out,
                         ens_report *report)
{
    if (!ens__scan_is_ncname(ens_from(uri, 1)))
        return refuse_fragment(uri, "WSS SOAP Message Security 1.1.1, 4.3; XML Signature 1.1, 4.4.3.2",
                               "isn't the id of an element: no XPointer is evaluated", report);
    const id_entry *e = find_id(ids, ens_from(uri, 1));
    if (e && !is_known_id(e->attribute))
        return refuse_fragment(uri, RULE_IDS, "refers to an id that is neither wsu:Id nor Id, and isn't found", report);
    if (!e) {
        ens__failf(report, "coverage.reference", RULE_IDS, "sign after the last change to the envelope",
                   "no element has the id that %s refers to", ens__show(report, uri));
        return false;
    }
    out->node = e->node;
    out->id = e->attribute;
    out->wrapped = !may_be_signed(soap, wss, e->node);
    if (!out->wrapped)
        return true;
    ens__failf(report, "coverage.wrapping", RULE_SEAL, HINT_WRAP, "%s refers to %s, which isn't a block that AS4 signs",
               ens__show(report, uri), ens__show(report, e->node->local));
    return true;
}

/* is_plain_cid: receivers differ in what an escape, a '+' and what a URI may not hold mean, so that no part is found.
 */
static bool is_plain_cid(ens_slice cid)
{
    for (size_t i = 0; i < cid.len; i++)
        if (strchr("%+^`{|}", cid.p[i]))
            return false;
    return ens__content_id_good(cid);
}

static bool bind_part(const ens_mime *mime, ens_slice uri, ens_covered *out, ens_report *report)
{
    ens_slice cid = ens_from(uri, 4);
    if (!is_plain_cid(cid)) {
        ens__failf(
            report, "coverage.reference", "WSS SwA Profile 1.1, 5.2; RFC 2392",
            "name parts by letters, digits and . _ - @: a Domibus compares references as they stand, and finds no "
            "part by escapes, '+', '#', blanks or other than US-ASCII",
            "no receiver finds a part by %s", ens__show(report, uri));
        return false;
    }
    for (unsigned i = 0; cid.len && i < mime->num_parts; i++)
        if (ens_eq(mime->part[i].content_id, cid))
            out->part = &mime->part[i];
    if (out->part)
        return true;
    ens__failf(report, "coverage.reference", "WSS SwA Profile 1.1, 5.4",
               "send every part that was signed, with the Content-ID that was signed",
               "no part has the Content-ID that %s refers to", ens__show(report, uri));
    return false;
}

static bool bind_reference(const ens_mime *mime, const ens_soap *soap, const ens_wss *wss, const id_table *ids,
                           ens_slice uri, ens_covered *out, ens_report *report)
{
    if (uri.len > 1 && uri.p[0] == '#')
        return bind_element(soap, wss, ids, uri, out, report);
    if (ens_starts(uri, ENS_LIT("cid:")))
        return bind_part(mime, uri, out, report);
    ens__failf(report, "coverage.reference", "AS4 5.1.4",
               "refer to elements by #id and to parts by cid:", "a reference to %s isn't allowed",
               uri.len ? ens__show(report, uri) : "the whole document");
    return false;
}

/* covered counts the references to a node or part. */
static unsigned covered(const ens_wss *wss, const ens_coverage *c, const ens_node *node, const ens_mime_part *part)
{
    unsigned n = 0;
    for (unsigned i = 0; i < wss->num_references; i++)
        n += node ? c->of[i].node == node : c->of[i].part == part;
    return n;
}

static bool judge_block(const ens_wss *wss, const ens_coverage *c, const ens_node *block, const char *id,
                        const char *name, const char *hint, ens_report *report)
{
    if (!block)
        return true;
    unsigned n = covered(wss, c, block, NULL);
    if (n == 1)
        ens__pass(report, id, RULE_SEAL);
    else
        ens__failf(report, id, RULE_SEAL, hint, n ? "%s is signed %u times" : "%s isn't signed", name, n);
    return n == 1;
}

static bool is_there(const ens_mime *mime, ens_slice cid)
{
    for (unsigned i = 0; i < mime->num_parts; i++)
        if (ens_eq(mime->part[i].content_id, cid))
            return true;
    return false;
}

static bool judge_parts(const ens_mime *mime, const ens_header *header, const ens_wss *wss, const ens_coverage *c,
                        ens_report *report)
{
    bool good = true;
    const char *hint = "sign every part that travels, after it was compressed, and send no others";
    for (unsigned i = 0; i < mime->num_parts; i++) {
        unsigned n = covered(wss, c, NULL, &mime->part[i]);
        if (n == 1)
            continue;
        good = false;
        ens__failf(report, "coverage.parts", "AS4 5.1.5", hint,
                   n ? "the part %s is signed %u times" : "the part %s isn't signed",
                   ens__show(report, mime->part[i].content_id), n);
    }
    for (unsigned i = 0; i < header->num_parts; i++) {
        if (!header->part[i].cid.len || is_there(mime, header->part[i].cid))
            continue;
        good = false;
        ens__failf(report, "coverage.parts", "AS4 5.1.5",
                   "give the MIME part the Content-ID that the href names, and sign it",
                   "the part %s of the header isn't in the message, so it isn't signed",
                   ens__show(report, header->part[i].cid));
    }
    if (good && (header->num_parts || mime->num_parts))
        ens__pass(report, "coverage.parts", "AS4 5.1.5");
    return good;
}

static bool judge_timestamp(const ens_wss *wss, const ens_coverage *c, ens_report *report)
{
    if (!wss->timestamp_node || covered(wss, c, wss->timestamp_node, NULL))
        return true;
    ens__failf(report, "coverage.timestamp", "ICD 4.6.2", "leave wsu:Timestamp out, or sign it",
               "wsu:Timestamp isn't signed");
    return false;
}

/* judge_blocks: all that must be signed is, once. */
static bool judge_blocks(const ens_mime *mime, const ens_soap *soap, const ens_header *header, const ens_wss *wss,
                         const ens_coverage *c, ens_report *report)
{
    bool good = judge_block(wss, c, soap->messaging, "coverage.messaging", "eb:Messaging", HINT_WRAP, report);
    good &= judge_block(
        wss, c, soap->body, "coverage.body", "the SOAP Body",
        "sign the Body even though it is empty; the STI refuses receipts, too, whose Body isn't signed (ICD 4.6.2)",
        report);
    good &= judge_parts(mime, header, wss, c, report);
    return judge_timestamp(wss, c, report) && good;
}

void ens__coverage_judge(const ens_mime *mime, const ens_soap *soap, const ens_header *header, const ens_wss *wss,
                         ens_arena *arena, ens_coverage *out, ens_report *report)
{
    out->resolved = out->whole = false;
    memset(out->of, 0, wss->num_references * sizeof out->of[0]);
    if (!wss->signature)
        return;
    id_table ids;
    if (!collect_ids(soap, arena, &ids)) {
        ens__skip(report, "coverage.ids", RULE_IDS, true, "out of memory");
        return;
    }
    bool good = judge_ids(&ids, report);
    out->resolved = wss->num_references > 0 && !wss->too_many_references;
    for (unsigned i = 0; i < wss->num_references; i++) {
        if (!bind_reference(mime, soap, wss, &ids, wss->reference[i].uri, &out->of[i], report))
            out->resolved = false;
        good &= !out->of[i].wrapped;
    }
    good &= judge_blocks(mime, soap, header, wss, out, report);
    out->whole = good && out->resolved;
}
