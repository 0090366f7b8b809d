#include "as4/ebms_read.h"

#include "as4/names.h"

#define RULE "ebMS3 Core, Appendix A"

/* One line of a content model: children come in this order. */
typedef struct {
    const char *name;
    unsigned min, max;
} child_rule;
#define ANY_NUMBER 0xFFFFu

typedef struct {
    ens_header *h;
    ens_arena *arena;
    ens_report *report;
    bool failed;
} reader;

static void refuse(reader *r, const xmlNode *where, const char *id, const char *what, const char *name)
{
    r->failed = true;
    ens_finding *f = ens__failf(r->report, id, RULE, "follow the element order and cardinality of the ebMS3 schema; see ics2-hti 4 for each value",
                                "%s %s", what, name);
    f->xpath = ens__xml_path(where, r->arena);
}

/* judge_children compares the eb: children of parent with their content model. */
static void judge_children(reader *r, const xmlNode *parent, const child_rule *rules, unsigned num)
{
    const xmlNode *e = ens__xml_first(parent);
    for (unsigned i = 0; i < num; i++) {
        unsigned seen = 0;
        while (e && ens__xml_is(e, ENS_NS_EB, rules[i].name)) {
            seen++;
            e = ens__xml_next(e);
        }
        if (seen < rules[i].min)
            refuse(r, parent, "header.schema", "there is no, or not in its place,", rules[i].name);
        else if (seen > rules[i].max)
            refuse(r, parent, "header.schema", "there is more than one", rules[i].name);
    }
    if (e)
        refuse(r, e, "header.schema", "not expected here:", ens__show(r->report, ens_str((const char *)e->name)));
}
#define JUDGE(r, parent, rules) judge_children(r, parent, rules, sizeof(rules) / sizeof *(rules))

static ens_slice text_of(reader *r, const xmlNode *parent, const char *name)
{
    return ens__xml_text(ens__xml_child(parent, ENS_NS_EB, name), r->arena);
}

/* xs:token folds outer white space; plain strings keep theirs. */
static ens_slice token_of(reader *r, const xmlNode *parent, const char *name)
{
    return ens__trim(text_of(r, parent, name));
}

static void want_text(reader *r, const xmlNode *parent, ens_slice value, const char *name)
{
    if (value.p && value.len == 0)
        refuse(r, parent, "header.schema", "empty:", name);
}

static void read_message_info(reader *r, const xmlNode *unit)
{
    static const child_rule rules[] = {{"Timestamp", 1, 1}, {"MessageId", 1, 1}, {"RefToMessageId", 0, 1}};
    const xmlNode *info = ens__xml_child(unit, ENS_NS_EB, "MessageInfo");
    if (!info)
        return;
    JUDGE(r, info, rules);
    r->h->timestamp = token_of(r, info, "Timestamp");
    r->h->message_id = text_of(r, info, "MessageId");
    r->h->ref_to = text_of(r, info, "RefToMessageId");
    want_text(r, info, r->h->message_id, "MessageId");
    want_text(r, info, r->h->ref_to, "RefToMessageId");
}

/* Several PartyId elements are good for the schema and not for ICS2: rules.* judges num_ids. */
static void read_party(reader *r, const xmlNode *party, ens_party *out)
{
    static const child_rule rules[] = {{"PartyId", 1, ANY_NUMBER}, {"Role", 1, 1}};
    JUDGE(r, party, rules);
    const xmlNode *id = ens__xml_child(party, ENS_NS_EB, "PartyId");
    out->id = ens__xml_text(id, r->arena);
    out->type = ens__xml_attribute(id, NULL, "type", r->arena);
    out->role = text_of(r, party, "Role");
    out->num_ids = ens__xml_count(party, ENS_NS_EB, "PartyId");
    want_text(r, party, out->id, "PartyId");
    want_text(r, party, out->role, "Role");
}

static void read_parties(reader *r, const xmlNode *unit)
{
    static const child_rule rules[] = {{"From", 1, 1}, {"To", 1, 1}};
    const xmlNode *info = ens__xml_child(unit, ENS_NS_EB, "PartyInfo");
    if (!info)
        return;
    JUDGE(r, info, rules);
    const xmlNode *from = ens__xml_child(info, ENS_NS_EB, "From"), *to = ens__xml_child(info, ENS_NS_EB, "To");
    if (from)
        read_party(r, from, &r->h->from);
    if (to)
        read_party(r, to, &r->h->to);
}

static void read_collaboration(reader *r, const xmlNode *unit)
{
    static const child_rule rules[] = {{"AgreementRef", 0, 1}, {"Service", 1, 1}, {"Action", 1, 1}, {"ConversationId", 1, 1}};
    const xmlNode *info = ens__xml_child(unit, ENS_NS_EB, "CollaborationInfo");
    if (!info)
        return;
    JUDGE(r, info, rules);
    const xmlNode *agreement = ens__xml_child(info, ENS_NS_EB, "AgreementRef"), *service = ens__xml_child(info, ENS_NS_EB, "Service");
    r->h->agreement = ens__xml_text(agreement, r->arena);
    r->h->agreement_type = ens__xml_attribute(agreement, NULL, "type", r->arena);
    r->h->agreement_pmode = ens__xml_attribute(agreement, NULL, "pmode", r->arena);
    r->h->service = ens__xml_text(service, r->arena);
    r->h->service_type = ens__xml_attribute(service, NULL, "type", r->arena);
    r->h->action = token_of(r, info, "Action");
    r->h->conversation_id = token_of(r, info, "ConversationId");
    want_text(r, info, r->h->service, "Service");
    want_text(r, info, r->h->action, "Action");
}

static void read_property(reader *r, const xmlNode *e, ens_part_info *part)
{
    ens_property p = {.name = ens__xml_attribute(e, NULL, "name", r->arena),
                      .type = ens__xml_attribute(e, NULL, "type", r->arena),
                      .value = ens__xml_text(e, r->arena)};
    if (!p.name.len)
        refuse(r, e, "header.schema", "there is no name on", "Property");
    else if (ens_is(p.name, "MimeType"))
        part->mime_type = p.value;
    else if (ens_is(p.name, "CharacterSet"))
        part->charset = p.value;
    else if (ens_is(p.name, "CompressionType"))
        part->compression = p.value;
    for (unsigned i = 0; i < part->num_properties; i++)
        if (p.name.len && ens_eq(part->property[i].name, p.name))
            refuse(r, e, "header.property", "there is more than one property", ens__show(r->report, p.name));
    if (part->num_properties < ENS_PROPERTIES_MAX)
        part->property[part->num_properties++] = p;
    else
        refuse(r, e, "header.limit", "too many properties in", "PartProperties");
}

static void read_part(reader *r, const xmlNode *e, ens_part_info *part)
{
    static const child_rule rules[] = {{"Schema", 0, 1}, {"Description", 0, 1}, {"PartProperties", 0, 1}};
    JUDGE(r, e, rules);
    part->href = ens__trim(ens__xml_attribute(e, NULL, "href", r->arena));
    part->cid = ens__cid_of(part->href, r->arena);
    const xmlNode *properties = ens__xml_child(e, ENS_NS_EB, "PartProperties");
    for (const xmlNode *p = ens__xml_first(properties); p; p = ens__xml_next(p))
        if (ens__xml_is(p, ENS_NS_EB, "Property"))
            read_property(r, p, part);
}

static void read_parts(reader *r, const xmlNode *unit)
{
    const xmlNode *info = ens__xml_child(unit, ENS_NS_EB, "PayloadInfo");
    r->h->has_payload_info = info != NULL;
    for (const xmlNode *e = ens__xml_first(info); e; e = ens__xml_next(e)) {
        if (!ens__xml_is(e, ENS_NS_EB, "PartInfo")) {
            refuse(r, e, "header.schema", "not expected here:", ens__show(r->report, ens_str((const char *)e->name)));
        } else if (r->h->num_parts == ENS_PARTS_MAX) {
            refuse(r, e, "header.limit", "too many", "PartInfo");
            return;
        } else {
            read_part(r, e, &r->h->part[r->h->num_parts++]);
        }
    }
    if (info && r->h->num_parts == 0)
        refuse(r, info, "header.schema", "there is no", "PartInfo");
}

static void read_user_message(reader *r, const xmlNode *unit)
{
    static const child_rule rules[] = {
        {"MessageInfo", 1, 1}, {"PartyInfo", 1, 1}, {"CollaborationInfo", 1, 1}, {"MessageProperties", 0, 1}, {"PayloadInfo", 0, 1}};
    r->h->kind = ENS_KIND_USER_MESSAGE;
    r->h->mpc = ens__xml_attribute(unit, NULL, "mpc", r->arena);
    JUDGE(r, unit, rules);
    read_message_info(r, unit);
    read_parties(r, unit);
    read_collaboration(r, unit);
    read_parts(r, unit);
}

static void read_error(reader *r, const xmlNode *e)
{
    static const child_rule rules[] = {{"Description", 0, 1}, {"ErrorDetail", 0, 1}};
    if (r->h->num_errors == ENS_ERRORS_MAX) {
        refuse(r, e, "header.limit", "too many", "Error");
        return;
    }
    JUDGE(r, e, rules);
    ens_error_info *out = &r->h->error[r->h->num_errors++];
    out->code = ens__xml_attribute(e, NULL, "errorCode", r->arena);
    out->severity = ens__xml_attribute(e, NULL, "severity", r->arena);
    out->category = ens__xml_attribute(e, NULL, "category", r->arena);
    out->origin = ens__xml_attribute(e, NULL, "origin", r->arena);
    out->short_description = ens__xml_attribute(e, NULL, "shortDescription", r->arena);
    out->ref_to = ens__xml_attribute(e, NULL, "refToMessageInError", r->arena);
    out->description = text_of(r, e, "Description");
    out->detail = text_of(r, e, "ErrorDetail");
    if (!out->code.len || !out->severity.len)
        refuse(r, e, "header.schema", "there is no errorCode or severity on", "Error");
}

static void read_signal(reader *r, const xmlNode *unit)
{
    static const child_rule rules[] = {{"MessageInfo", 1, 1}, {"PullRequest", 0, 1}, {"Receipt", 0, 1}, {"Error", 0, ANY_NUMBER}};
    const xmlNode *pull = ens__xml_child(unit, ENS_NS_EB, "PullRequest"), *receipt = ens__xml_child(unit, ENS_NS_EB, "Receipt");
    const xmlNode *error = ens__xml_child(unit, ENS_NS_EB, "Error");
    JUDGE(r, unit, rules);
    read_message_info(r, unit);
    if ((pull != NULL) + (receipt != NULL) + (error != NULL) != 1)
        refuse(r, unit, "header.signal", "a signal holds one kind of", "PullRequest, Receipt or Error");
    r->h->kind = pull ? ENS_KIND_PULL_REQUEST : receipt ? ENS_KIND_RECEIPT : error ? ENS_KIND_ERROR : ENS_KIND_UNKNOWN;
    if (pull)
        r->h->mpc = ens__xml_attribute(pull, NULL, "mpc", r->arena);
    if (receipt && !ens__xml_first(receipt))
        refuse(r, receipt, "header.receipt", "empty:", "Receipt");
    for (const xmlNode *e = error; e; e = ens__xml_next(e))
        if (ens__xml_is(e, ENS_NS_EB, "Error"))
            read_error(r, e);
}

void ens__ebms_read(const xmlNode *messaging, ens_arena *arena, ens_header *out, ens_report *report)
{
    *out = (ens_header){0};
    reader r = {.h = out, .arena = arena, .report = report};
    unsigned users = ens__xml_count(messaging, ENS_NS_EB, "UserMessage"), signals = ens__xml_count(messaging, ENS_NS_EB, "SignalMessage");
    if (users > 1)
        refuse(&r, messaging, "header.unit", "there is more than one", "UserMessage");
    if (users == 0 && signals != 1)
        refuse(&r, messaging, "header.unit", "there must be one UserMessage or one SignalMessage, not", signals ? "several" : "none");
    if (users)
        read_user_message(&r, ens__xml_child(messaging, ENS_NS_EB, "UserMessage"));
    else if (signals)
        read_signal(&r, ens__xml_child(messaging, ENS_NS_EB, "SignalMessage"));
    if (users && signals)
        ens__warn(report, "header.bundled", "AS4 2.1.1", "send signals in envelopes of their own",
                  "a signal travels with the user message and isn't judged");
    if (!r.failed)
        ens__pass(report, "header.schema", RULE);
}
