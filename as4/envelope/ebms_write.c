#include "as4/envelope/ebms_write.h"

#include "as4/envelope/names.h"

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
