#include "as4/envelope/ebms.h"

#include "as4/envelope/names.h"
#include "as4/envelope/schema.h"

#define RULE "ebMS3 Core, Appendix A"

typedef struct {
    ens_header *h;
    ens_arena *arena;
    ens_report *report;
} reader;

static void refuse_header(reader *r, const ens_node *where, const char *id, const char *what, const char *name)
{
    ens_finding *f = ens__failf(r->report, id, RULE, "follow the ebMS3 schema; see ICS2-HTI 4.2 for each value",
                                "%s %s", what, name);
    f->xpath = ens__node_path(where, &r->report->arena);
}

static inline ens_slice text_of(reader *r, const ens_node *parent, const char *name)
{
    return ens__node_text(ens__node_child(parent, ENS_IN_EB, name), r->arena);
}

/* xs:token folds outer white space; plain strings keep theirs. */
static inline ens_slice token_of(reader *r, const ens_node *parent, const char *name)
{
    return ens__trim(text_of(r, parent, name));
}

static inline ens_slice value_of(const ens_node *e, const char *name)
{
    return ens__trim(ens__node_attribute(e, ENS_IN_NONE, name));
}

static void read_message_info(reader *r, const ens_node *unit)
{
    const ens_node *info = ens__node_child(unit, ENS_IN_EB, "MessageInfo");
    r->h->timestamp = token_of(r, info, "Timestamp");
    r->h->message_id = text_of(r, info, "MessageId");
    r->h->ref_to = text_of(r, info, "RefToMessageId");
}

/* Several PartyId elements are good for the schema and not for ICS2: rules.* judges num_ids. */
static void read_party(reader *r, const ens_node *party, ens_party *out)
{
    const ens_node *id = ens__node_child(party, ENS_IN_EB, "PartyId");
    out->id = ens__node_text(id, r->arena);
    out->type = ens__node_attribute(id, ENS_IN_NONE, "type");
    out->role = text_of(r, party, "Role");
    out->num_ids = ens__node_count(party, ENS_IN_EB, "PartyId");
}

static void read_collaboration(reader *r, const ens_node *unit)
{
    const ens_node *info = ens__node_child(unit, ENS_IN_EB, "CollaborationInfo"),
                   *agreement = ens__node_child(info, ENS_IN_EB, "AgreementRef"),
                   *service = ens__node_child(info, ENS_IN_EB, "Service");
    r->h->agreement = ens__node_text(agreement, r->arena);
    r->h->agreement_type = ens__node_attribute(agreement, ENS_IN_NONE, "type");
    r->h->agreement_pmode = ens__node_attribute(agreement, ENS_IN_NONE, "pmode");
    r->h->service = ens__node_text(service, r->arena);
    r->h->service_type = ens__node_attribute(service, ENS_IN_NONE, "type");
    r->h->action = token_of(r, info, "Action");
    r->h->conversation_id = token_of(r, info, "ConversationId");
}

/* take_known keeps the value of a property that ICS2 knows. Readers differ in whether case counts in its name: the same
 * name in two spellings is the same name twice. */
static void take_known(reader *r, const ens_node *e, const ens_property *p, ens_part_info *part)
{
    const struct {
        const char *name;
        ens_slice *to;
    } known[] = {
        {"MimeType", &part->mime_type}, {"CharacterSet", &part->charset}, {"CompressionType", &part->compression}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!ens__eq_nocase(p->name, ens_str(known[i].name)))
            continue;
        if (known[i].to->p)
            refuse_header(r, e, "header.property", "there is more than one property", known[i].name);
        if (!ens_is(p->name, known[i].name) && !part->misnamed.p)
            part->misnamed = p->name;
        *known[i].to = p->value;
    }
}

static void read_property(reader *r, const ens_node *e, ens_part_info *part)
{
    ens_property p = {.name = ens__node_attribute(e, ENS_IN_NONE, "name"),
                      .type = ens__node_attribute(e, ENS_IN_NONE, "type"),
                      .value = ens__node_text(e, r->arena)};
    take_known(r, e, &p, part);
    if (part->num_properties < ENS_PROPERTIES_MAX)
        part->property[part->num_properties++] = p;
}

static void read_part(reader *r, const ens_node *e, ens_part_info *part)
{
    *part = (ens_part_info){0};
    part->href = value_of(e, "href");
    part->cid = ens__cid_of(part->href, r->arena);
    const ens_node *properties = ens__node_child(e, ENS_IN_EB, "PartProperties");
    for (const ens_node *p = ens__node_first(properties); p; p = ens__node_next(p))
        if (ens__node_is(p, ENS_IN_EB, "Property"))
            read_property(r, p, part);
}

static void read_parts(reader *r, const ens_node *unit)
{
    const ens_node *info = ens__node_child(unit, ENS_IN_EB, "PayloadInfo");
    r->h->has_payload_info = info != NULL;
    for (const ens_node *e = ens__node_first(info); e; e = ens__node_next(e)) {
        if (!ens__node_is(e, ENS_IN_EB, "PartInfo"))
            continue;
        if (r->h->num_parts == ENS_PARTS_MAX) {
            refuse_header(r, e, "header.limit", "too many", "PartInfo");
            return;
        }
        read_part(r, e, &r->h->part[r->h->num_parts++]);
    }
}

static void read_user_message(reader *r, const ens_node *unit)
{
    const ens_node *parties = ens__node_child(unit, ENS_IN_EB, "PartyInfo");
    r->h->kind = ENS_KIND_USER_MESSAGE;
    r->h->mpc = ens__node_attribute(unit, ENS_IN_NONE, "mpc");
    read_message_info(r, unit);
    read_party(r, ens__node_child(parties, ENS_IN_EB, "From"), &r->h->from);
    read_party(r, ens__node_child(parties, ENS_IN_EB, "To"), &r->h->to);
    read_collaboration(r, unit);
    read_parts(r, unit);
}

static void read_error(reader *r, const ens_node *e)
{
    if (r->h->num_errors++ >= ENS_ERRORS_MAX)
        return;
    r->h->error[r->h->num_errors - 1] = (ens_error_info){.code = value_of(e, "errorCode"),
                                                         .severity = value_of(e, "severity"),
                                                         .category = value_of(e, "category"),
                                                         .origin = value_of(e, "origin"),
                                                         .short_description = value_of(e, "shortDescription"),
                                                         .ref_to = value_of(e, "refToMessageInError"),
                                                         .description = text_of(r, e, "Description"),
                                                         .detail = token_of(r, e, "ErrorDetail")};
}

static void read_errors(reader *r, const ens_node *first)
{
    for (const ens_node *e = first; e; e = ens__node_next(e))
        if (ens__node_is(e, ENS_IN_EB, "Error"))
            read_error(r, e);
    if (r->h->num_errors <= ENS_ERRORS_MAX)
        return;
    ens__warn(r->report, "header.limit", RULE, "look at the first ones", "the signal has %u errors, and %u are told",
              r->h->num_errors, ENS_ERRORS_MAX);
    r->h->num_errors = ENS_ERRORS_MAX;
}

static void read_signal(reader *r, const ens_node *unit)
{
    const ens_node *pull = ens__node_child(unit, ENS_IN_EB, "PullRequest"),
                   *receipt = ens__node_child(unit, ENS_IN_EB, "Receipt");
    const ens_node *error = ens__node_child(unit, ENS_IN_EB, "Error");
    read_message_info(r, unit);
    if ((pull != NULL) + (receipt != NULL) + (error != NULL) != 1)
        refuse_header(r, unit, "header.signal", "a signal holds one kind of", "PullRequest, Receipt or Error");
    r->h->kind = pull ? ENS_KIND_PULL_REQUEST : receipt ? ENS_KIND_RECEIPT : error ? ENS_KIND_ERROR : ENS_KIND_UNKNOWN;
    if (pull)
        r->h->mpc = value_of(pull, "mpc");
    read_errors(r, error);
}

/* read_bundled reads the signal that travels with a user message into a header of its own. */
static void read_bundled(reader *r, const ens_node *signal)
{
    ens__warn(r->report, "header.bundled", "AS4 2.1.1", "send signals in envelopes of their own",
              "a signal travels with the user message");
    ens_header *bundled = ens_arena_take(r->arena, sizeof *bundled);
    if (!bundled) {
        ens__skip(r->report, "header.bundled", "AS4 2.1.1", true, "out of memory for the signal");
        return;
    }
    ens__header_clear(bundled);
    reader own = {.h = bundled, .arena = r->arena, .report = r->report};
    read_signal(&own, signal);
    r->h->bundled = bundled;
}

void ens__ebms_read(const ens_node *messaging, ens_arena *arena, ens_header *out, ens_report *report)
{
    ens__header_clear(out);
    reader r = {.h = out, .arena = arena, .report = report};
    unsigned users = ens__node_count(messaging, ENS_IN_EB, "UserMessage"),
             signals = ens__node_count(messaging, ENS_IN_EB, "SignalMessage");
    ens__schema_judge(messaging, arena, report);
    if (users > 1)
        refuse_header(&r, messaging, "header.unit", "there is more than one", "UserMessage");
    if (signals > 1)
        refuse_header(&r, messaging, "header.unit", "there is more than one", "SignalMessage");
    if (users == 0 && signals == 0)
        refuse_header(&r, messaging, "header.unit", "there is neither", "UserMessage nor SignalMessage");
    if (users)
        read_user_message(&r, ens__node_child(messaging, ENS_IN_EB, "UserMessage"));
    else if (signals)
        read_signal(&r, ens__node_child(messaging, ENS_IN_EB, "SignalMessage"));
    if (users && signals)
        read_bundled(&r, ens__node_child(messaging, ENS_IN_EB, "SignalMessage"));
}

/* How canonical XML writes a character of text and of a value; NULL: as itself. */
static const char *const in_text[64] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['\r'] = "&#xD;"};
static const char *const in_value[64] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['"'] = "&quot;", ['\t'] = "&#x9;", ['\n'] = "&#xA;", ['\r'] = "&#xD;"};

static void put_escaped(ens_buf *out, ens_slice s, const char *const escapes[64])
{
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        const char *as = s.p[i] < 64 ? escapes[s.p[i]] : NULL;
        if (!as)
            continue;
        ens_buf_add(out, s.p + from, i - from);
        ens_buf_text(out, as);
        from = i + 1;
    }
    if (s.len > from)
        ens_buf_add(out, s.p + from, s.len - from);
}

void ens__xml_put_text(ens_buf *out, ens_slice text)
{
    put_escaped(out, text, in_text);
}

void ens__xml_put_value(ens_buf *out, ens_slice text)
{
    put_escaped(out, text, in_value);
}

static void put_attribute(ens_buf *out, const char *name, ens_slice value)
{
    if (!value.p)
        return;
    ens_buf_text(out, " ");
    ens_buf_text(out, name);
    ens_buf_text(out, "=\"");
    ens__xml_put_value(out, value);
    ens_buf_text(out, "\"");
}

/* put_element writes <name attribute="value">text</name>; attribute may be NULL. */
static void put_element(ens_buf *out, const char *name, const char *attribute, ens_slice value, ens_slice text)
{
    ens_buf_text(out, "<");
    ens_buf_text(out, name);
    if (attribute)
        put_attribute(out, attribute, value);
    ens_buf_text(out, ">");
    ens__xml_put_text(out, text);
    ens_buf_text(out, "</");
    ens_buf_text(out, name);
    ens_buf_text(out, ">");
}

static void put_message_info(ens_buf *out, const ens_header *h)
{
    ens_buf_text(out, "<eb:MessageInfo>");
    put_element(out, "eb:Timestamp", NULL, (ens_slice){0}, h->timestamp);
    put_element(out, "eb:MessageId", NULL, (ens_slice){0}, h->message_id);
    if (h->ref_to.len)
        put_element(out, "eb:RefToMessageId", NULL, (ens_slice){0}, h->ref_to);
    ens_buf_text(out, "</eb:MessageInfo>");
}

static void put_party(ens_buf *out, const char *open, const ens_party *p, const char *close)
{
    ens_buf_text(out, open);
    put_element(out, "eb:PartyId", "type", p->type, p->id);
    put_element(out, "eb:Role", NULL, (ens_slice){0}, p->role);
    ens_buf_text(out, close);
}

static void put_part(ens_buf *out, const ens_part_info *p)
{
    ens_buf_text(out, "<eb:PartInfo");
    put_attribute(out, "href", p->href);
    ens_buf_text(out, "><eb:PartProperties>");
    for (unsigned i = 0; i < p->num_properties; i++)
        put_element(out, "eb:Property", "name", p->property[i].name, p->property[i].value);
    ens_buf_text(out, "</eb:PartProperties></eb:PartInfo>");
}

static void put_user_message(ens_buf *out, const ens_header *h)
{
    ens_buf_text(out, "<eb:UserMessage");
    put_attribute(out, "mpc", h->mpc);
    ens_buf_text(out, ">");
    put_message_info(out, h);
    ens_buf_text(out, "<eb:PartyInfo>");
    put_party(out, "<eb:From>", &h->from, "</eb:From>");
    put_party(out, "<eb:To>", &h->to, "</eb:To>");
    ens_buf_text(out, "</eb:PartyInfo><eb:CollaborationInfo>");
    put_element(out, "eb:AgreementRef", "type", h->agreement_type, h->agreement);
    put_element(out, "eb:Service", "type", h->service_type, h->service);
    put_element(out, "eb:Action", NULL, (ens_slice){0}, h->action);
    put_element(out, "eb:ConversationId", NULL, (ens_slice){0}, h->conversation_id);
    ens_buf_text(out, "</eb:CollaborationInfo>");
    if (h->num_parts) {
        ens_buf_text(out, "<eb:PayloadInfo>");
        for (unsigned i = 0; i < h->num_parts; i++)
            put_part(out, &h->part[i]);
        ens_buf_text(out, "</eb:PayloadInfo>");
    }
    ens_buf_text(out, "</eb:UserMessage>");
}

/* Attributes of no namespace stand in the order of their names. */
static void put_error(ens_buf *out, const ens_error_info *e)
{
    ens_buf_text(out, "<eb:Error");
    put_attribute(out, "category", e->category);
    put_attribute(out, "errorCode", e->code);
    put_attribute(out, "origin", e->origin);
    put_attribute(out, "refToMessageInError", e->ref_to);
    put_attribute(out, "severity", e->severity);
    put_attribute(out, "shortDescription", e->short_description);
    ens_buf_text(out, ">");
    if (e->description.p)
        put_element(out, "eb:Description", "xml:lang", ENS_LIT("en"), e->description);
    if (e->detail.p)
        put_element(out, "eb:ErrorDetail", NULL, (ens_slice){0}, e->detail);
    ens_buf_text(out, "</eb:Error>");
}

static void put_reference(ens_buf *out, const ens_signed_part *r)
{
    ens_buf_text(out, "<ebbp:MessagePartNRInformation><ds:Reference xmlns:ds=\"" ENS_NS_DS "\"");
    put_attribute(out, "URI", r->uri);
    ens_buf_text(out, "><ds:Transforms><ds:Transform");
    put_attribute(out, "Algorithm", r->transform);
    ens_buf_text(out, ">");
    if (r->prefix_list.p) {
        ens_buf_text(out, "<ec:InclusiveNamespaces xmlns:ec=\"" ENS_NS_EC "\"");
        put_attribute(out, "PrefixList", r->prefix_list);
        ens_buf_text(out, "></ec:InclusiveNamespaces>");
    }
    ens_buf_text(out, "</ds:Transform></ds:Transforms><ds:DigestMethod");
    put_attribute(out, "Algorithm", r->digest_method);
    ens_buf_text(out, "></ds:DigestMethod><ds:DigestValue>");
    ens__base64_encode(out, r->digest);
    ens_buf_text(out, "</ds:DigestValue></ds:Reference></ebbp:MessagePartNRInformation>");
}

static void put_receipt(ens_buf *out, const ens_signed_part *references, size_t num)
{
    ens_buf_text(out, "<eb:Receipt><ebbp:NonRepudiationInformation xmlns:ebbp=\"" ENS_NS_EBBP "\">");
    for (size_t i = 0; i < num; i++)
        put_reference(out, &references[i]);
    ens_buf_text(out, "</ebbp:NonRepudiationInformation></eb:Receipt>");
}

static void put_signal(ens_buf *out, const ens_header *h, const ens_signed_part *references, size_t num)
{
    ens_buf_text(out, "<eb:SignalMessage>");
    put_message_info(out, h);
    if (h->kind == ENS_KIND_PULL_REQUEST) {
        ens_buf_text(out, "<eb:PullRequest");
        put_attribute(out, "mpc", h->mpc);
        ens_buf_text(out, "></eb:PullRequest>");
    }
    if (h->kind == ENS_KIND_RECEIPT)
        put_receipt(out, references, num);
    for (unsigned i = 0; i < h->num_errors; i++)
        put_error(out, &h->error[i]);
    ens_buf_text(out, "</eb:SignalMessage>");
}

void ens__ebms_write(const ens_header *h, const char *id, const ens_signed_part *references, size_t num_references,
                     ens_buf *out)
{
    ens_buf_text(out, "<eb:Messaging xmlns:eb=\"" ENS_NS_EB "\" xmlns:env=\"" ENS_NS_SOAP12 "\" xmlns:wsu=\"" ENS_NS_WSU
                      "\" wsu:Id=\"");
    ens_buf_text(out, id);
    ens_buf_text(out, "\" env:mustUnderstand=\"true\">");
    if (h->kind == ENS_KIND_USER_MESSAGE)
        put_user_message(out, h);
    else
        put_signal(out, h, references, num_references);
    ens_buf_text(out, "</eb:Messaging>");
}
