/* See schema.h. */
#include "as4/envelope/schema.h"

#include "as4/envelope/names.h"

#define RULE "ebMS3 Core, Appendix A"
#define HINT "write the ebMS header as its schema has it: these elements, in this order, with these attributes alone"
#define FAULTS_MAX 16u /* faults that are told one by one */

/* What stands in an element or an attribute. */
typedef enum {
    ELEMENTS = 0,
    NOTHING,  /* not even white space */
    STRING,   /* at least one character */
    TOKEN,    /* white space around it is not part of it */
    ID,       /* a name without a colon */
    LANGUAGE, /* "en", "de-AT" */
} content;

typedef enum {
    MESSAGING = 0,
    SIGNAL_MESSAGE,
    USER_MESSAGE,
    MESSAGE_INFO,
    PULL_REQUEST,
    RECEIPT,
    ERROR,
    PARTY_INFO,
    PARTY,
    PARTY_ID,
    COLLABORATION_INFO,
    AGREEMENT_REF,
    SERVICE,
    PROPERTIES,
    PROPERTY,
    PAYLOAD_INFO,
    PART_INFO,
    SCHEMA,
    DESCRIPTION,
    A_DATE,
    A_STRING,
    A_TOKEN
} type;

/* A child element, in its place. */
typedef struct {
    ens_slice name;
    uint8_t type;
    bool needed, many;
} member;

typedef struct {
    ens_slice name;
    uint8_t ns, content;
    bool needed;
} attribute;

typedef struct {
    const char *name; /* as xsi:type has it; NULL: a type without a name of its own */
    const member *member;
    const attribute *attribute;
    uint8_t num_members, num_attributes;
    uint8_t content;
    bool others, others_needed; /* elements of other namespaces may, or must, follow */
    bool other_attributes;      /* attributes of other namespaces may stand there */
} model;

#define NAME(text)                                                                                                     \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }
#define ONE(name, type)                                                                                                \
    {                                                                                                                  \
        NAME(name), type, true, false                                                                                  \
    }
#define MAYBE(name, type)                                                                                              \
    {                                                                                                                  \
        NAME(name), type, false, false                                                                                 \
    }
#define ANY(name, type)                                                                                                \
    {                                                                                                                  \
        NAME(name), type, false, true                                                                                  \
    }
#define SOME(name, type)                                                                                               \
    {                                                                                                                  \
        NAME(name), type, true, true                                                                                   \
    }
#define MAY(name, content)                                                                                             \
    {                                                                                                                  \
        NAME(name), ENS_IN_NONE, content, false                                                                        \
    }
#define MUST(name, content)                                                                                            \
    {                                                                                                                  \
        NAME(name), ENS_IN_NONE, content, true                                                                         \
    }

static const member in_messaging[] = {ANY("SignalMessage", SIGNAL_MESSAGE), ANY("UserMessage", USER_MESSAGE)};
static const member in_signal[] = {ONE("MessageInfo", MESSAGE_INFO), MAYBE("PullRequest", PULL_REQUEST),
                                   MAYBE("Receipt", RECEIPT), ANY("Error", ERROR)};
static const member in_user[] = {ONE("MessageInfo", MESSAGE_INFO), ONE("PartyInfo", PARTY_INFO),
                                 ONE("CollaborationInfo", COLLABORATION_INFO), MAYBE("MessageProperties", PROPERTIES),
                                 MAYBE("PayloadInfo", PAYLOAD_INFO)};
static const member in_info[] = {ONE("Timestamp", A_DATE), ONE("MessageId", A_STRING),
                                 MAYBE("RefToMessageId", A_STRING)};
static const member in_error[] = {MAYBE("Description", DESCRIPTION), MAYBE("ErrorDetail", A_TOKEN)};
static const member in_parties[] = {ONE("From", PARTY), ONE("To", PARTY)};
static const member in_party[] = {SOME("PartyId", PARTY_ID), ONE("Role", A_STRING)};
static const member in_collaboration[] = {MAYBE("AgreementRef", AGREEMENT_REF), ONE("Service", SERVICE),
                                          ONE("Action", A_TOKEN), ONE("ConversationId", A_TOKEN)};
static const member in_properties[] = {SOME("Property", PROPERTY)};
static const member in_payload[] = {SOME("PartInfo", PART_INFO)};
static const member in_part[] = {MAYBE("Schema", SCHEMA), MAYBE("Description", DESCRIPTION),
                                 MAYBE("PartProperties", PROPERTIES)};

/* Beside the schema's id, Id and ID are what verifiers of signatures know; iD is coverage's to refuse. */
static const attribute of_messaging[] = {MAY("id", ID), MAY("Id", ID), MAY("ID", ID), MAY("iD", ID)};
static const attribute of_unit[] = {MAY("mpc", TOKEN)};
static const attribute of_error[] = {MUST("errorCode", TOKEN), MUST("severity", TOKEN),
                                     MAY("category", TOKEN),   MAY("refToMessageInError", TOKEN),
                                     MAY("origin", TOKEN),     MAY("shortDescription", TOKEN)};
static const attribute of_typed[] = {MAY("type", STRING)};
static const attribute of_agreement[] = {MAY("type", STRING), MAY("pmode", STRING)};
static const attribute of_property[] = {MUST("name", STRING), MAY("type", STRING)};
static const attribute of_part[] = {MAY("href", TOKEN)};
static const attribute of_schema[] = {MUST("location", TOKEN), MAY("version", STRING), MAY("namespace", STRING)};
static const attribute of_description[] = {{NAME("lang"), ENS_IN_XML, LANGUAGE, true}};

#define MEMBERS(array) .member = (array), .num_members = sizeof(array) / sizeof *(array)
#define ATTRIBUTES(array) .attribute = (array), .num_attributes = sizeof(array) / sizeof *(array)

static const model models[] = {
    [MESSAGING] = {"Messaging", MEMBERS(in_messaging), ATTRIBUTES(of_messaging), .others = true,
                   .other_attributes = true},
    [SIGNAL_MESSAGE] = {"SignalMessage", MEMBERS(in_signal), .others = true},
    [USER_MESSAGE] = {"UserMessage", MEMBERS(in_user), ATTRIBUTES(of_unit)},
    [MESSAGE_INFO] = {"MessageInfo", MEMBERS(in_info)},
    [PULL_REQUEST] = {"PullRequest", ATTRIBUTES(of_unit), .others = true, .other_attributes = true},
    [RECEIPT] = {"Receipt", .others = true, .others_needed = true},
    [ERROR] = {"Error", MEMBERS(in_error), ATTRIBUTES(of_error)},
    [PARTY_INFO] = {"PartyInfo", MEMBERS(in_parties)},
    [PARTY] = {NULL, MEMBERS(in_party)}, /* From and To */
    [PARTY_ID] = {"PartyId", ATTRIBUTES(of_typed), .content = STRING},
    [COLLABORATION_INFO] = {"CollaborationInfo", MEMBERS(in_collaboration)},
    [AGREEMENT_REF] = {"AgreementRef", ATTRIBUTES(of_agreement), .content = STRING},
    [SERVICE] = {"Service", ATTRIBUTES(of_typed), .content = STRING},
    [PROPERTIES] = {NULL, MEMBERS(in_properties)}, /* MessageProperties and PartProperties */
    [PROPERTY] = {"Property", ATTRIBUTES(of_property), .content = STRING},
    [PAYLOAD_INFO] = {"PayloadInfo", MEMBERS(in_payload)},
    [PART_INFO] = {"PartInfo", MEMBERS(in_part), ATTRIBUTES(of_part)},
    [SCHEMA] = {"Schema", ATTRIBUTES(of_schema), .content = NOTHING},
    [DESCRIPTION] = {"Description", ATTRIBUTES(of_description), .content = STRING},
    [A_DATE] = {"dateTime", .content = TOKEN},
    [A_STRING] = {"non-empty-string", .content = STRING},
    [A_TOKEN] = {"token", .content = TOKEN},
};

typedef struct {
    ens_arena *arena;
    ens_report *report;
    unsigned faults;
} judgement;

/* refuse_place says what of a name, and behind it where. */
static void refuse_place(judgement *j, const ens_node *where, const char *what, ens_slice name, const char *behind)
{
    if (j->faults++ >= FAULTS_MAX)
        return;
    ens_finding *f = ens__failf(j->report, "header.schema", RULE, HINT, "%s %s%s%s", ens__show(j->report, where->local),
                                what, name.len ? ens__show(j->report, name) : "", behind);
    f->xpath = ens__node_path(where, &j->report->arena);
}

static void refuse_form(judgement *j, const ens_node *where, const char *what, ens_slice name)
{
    refuse_place(j, where, what, name, "");
}

static bool is_name_byte(uint8_t c, bool first)
{
    uint8_t folded = (uint8_t)(c | 0x20);
    bool letter = (folded >= 'a' && folded <= 'z') || c == '_' || c >= 0x80;
    return letter || (!first && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
}

/* is_ncname: Namespaces in XML 1.0, production 4, as far as US-ASCII goes. */
static bool is_ncname(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_name_byte(s.p[i], i == 0))
            return false;
    return s.len > 0;
}

/* is_language: the pattern of xs:language; xml:lang may be empty, too. */
static bool is_language(ens_slice s)
{
    size_t run = 0;
    bool first = true;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t folded = (uint8_t)(s.p[i] | 0x20);
        bool digit = s.p[i] >= '0' && s.p[i] <= '9', letter = folded >= 'a' && folded <= 'z';
        if (s.p[i] == '-' && run) {
            first = false;
            run = 0;
        } else if ((!letter && (!digit || first)) || ++run > 8) {
            return false;
        }
    }
    return s.len == 0 || run > 0;
}

static bool is_good_value(content kind, ens_slice value)
{
    return kind == STRING     ? value.len > 0
           : kind == ID       ? is_ncname(ens__trim(value))
           : kind == LANGUAGE ? is_language(ens__trim(value))
                              : true;
}

/* judge_type: xsi:type may repeat the type that an element has, or the simple type that it is made of. */
static void judge_xsi_type(judgement *j, const ens_node *e, const model *m, ens_slice value)
{
    static const char *const simple[] = {"string", "token", "normalizedString"};
    ens_slice name = ens__trim(value);
    size_t colon = ens__find(name, ENS_LIT(":"), 0);
    name = colon == SIZE_MAX ? name : ens_from(name, colon + 1);
    bool good = m->name ? ens_is(name, m->name) : ens_eq(name, e->local);
    for (size_t i = 0; i < sizeof simple / sizeof *simple && m->content > NOTHING; i++)
        good = good || ens_is(name, simple[i]);
    if (!good)
        refuse_form(j, e, "is said to be of another type, ", value);
}

/* judge_extra: what the model does not name. XML Schema 1, 2.6 lets hints for schemas stand anywhere. */
static void judge_further_attribute(judgement *j, const ens_node *e, const model *m, const ens_node_attribute *a)
{
    if (a->ns == ENS_IN_XSI && ens_is(a->local, "type"))
        judge_xsi_type(j, e, m, a->value);
    else if (a->ns == ENS_IN_XSI && !ens_is(a->local, "nil"))
        return;
    else if (!m->other_attributes || a->ns == ENS_IN_NONE || a->ns == ENS_IN_EB)
        refuse_form(j, e, "has no attribute ", a->local);
}

static void judge_schema_attributes(judgement *j, const ens_node *e, const model *m)
{
    uint32_t seen = 0;
    for (unsigned i = 0; i < e->num_attributes; i++) {
        const ens_node_attribute *a = &e->attribute[i];
        unsigned k = 0;
        while (k < m->num_attributes && (a->ns != m->attribute[k].ns || !ens_eq(a->local, m->attribute[k].name)))
            k++;
        if (k == m->num_attributes)
            judge_further_attribute(j, e, m, a);
        else if (!is_good_value(m->attribute[k].content, a->value))
            refuse_form(j, e, "has an attribute without a good value: ", a->local);
        seen |= k < m->num_attributes ? (uint32_t)1 << k : 0;
    }
    for (unsigned k = 0; k < m->num_attributes; k++)
        if (m->attribute[k].needed && !(seen >> k & 1))
            refuse_form(j, e, "needs the attribute ", m->attribute[k].name);
}

static void judge_schema_element(judgement *j, const ens_node *e, const model *m);

/* judge_member judges the children that take the place of one member, and returns what comes behind them. */
static const ens_node *judge_schema_member(judgement *j, const ens_node *parent, const member *m, const ens_node *e)
{
    unsigned num = 0;
    for (; e && e->ns == ENS_IN_EB && ens_eq(e->local, m->name); e = ens__node_next(e), num++)
        judge_schema_element(j, e, &models[m->type]);
    if (num == 0 && m->needed)
        refuse_place(j, parent, "needs ", m->name, ", and has none in that place");
    else if (num > 1 && !m->many)
        refuse_form(j, parent, "has more than one ", m->name);
    return e;
}

static void judge_schema_members(judgement *j, const ens_node *parent, const model *m)
{
    const ens_node *e = ens__node_first(parent);
    unsigned others = 0;
    for (unsigned i = 0; i < m->num_members; i++)
        e = judge_schema_member(j, parent, &m->member[i], e);
    for (; e && m->others && e->ns != ENS_IN_EB && e->ns != ENS_IN_NONE; e = ens__node_next(e))
        others++;
    if (e)
        refuse_place(j, parent, "has ", e->local, ", which can't stand there");
    if (m->others_needed && !others)
        refuse_form(j, parent, "is empty", (ens_slice){0});
}

static void judge_schema_element(judgement *j, const ens_node *e, const model *m)
{
    judge_schema_attributes(j, e, m);
    if (m->content != ELEMENTS && ens__node_first(e))
        refuse_form(j, e, "holds a value, and can't have the element ", ens__node_first(e)->local);
    if (m->content == ELEMENTS) {
        judge_schema_members(j, e, m);
        if (!ens__node_is_blank(e, j->arena))
            refuse_form(j, e, "holds elements, and has text among them", (ens_slice){0});
    } else if (m->content == NOTHING && (e->in_pieces || e->text.len)) {
        refuse_form(j, e, "has to be empty", (ens_slice){0});
    } else if (m->content == STRING && !ens__node_text(e, j->arena).len) {
        refuse_form(j, e, "is empty", (ens_slice){0});
    }
}

bool ens__schema_judge(const ens_node *messaging, ens_arena *arena, ens_report *report)
{
    judgement j = {.arena = arena, .report = report};
    judge_schema_element(&j, messaging, &models[MESSAGING]);
    if (j.faults > FAULTS_MAX)
        ens__failf(report, "header.schema", RULE, HINT, "%u more faults are not shown", j.faults - FAULTS_MAX);
    if (!j.faults)
        ens__pass(report, "header.schema", RULE);
    return j.faults == 0;
}
