/* Who and what: parties with their roles, agreement, service, action. */
#include "as4/ics2/ics2_rules.h"

#include "as4/envelope/names.h"
#include "as4/told.h"
#include "ensign/eori.h"

#define RULE_PARTY "ICS2-HTI 4.2.2.1"
#define RULE_ROLE "ICS2-HTI 4.2.2.2"
#define RULE_AGREEMENT "ICS2-HTI 4.2.3.1"
#define RULE_SERVICE "ICS2-HTI 4.2.3.2"
#define RULE_ACTION "ICS2-HTI 4.2.3.3"
#define RULE_TEST "ICS2-HTI 4.5.1"

#define HINT_PARTY_TYPE                                                                                                \
    "give eb:PartyId its type; Domibus: <partyIdType value=…/> of the party in the P-Mode; Holodeck B2B: <PartyId "  \
    "type=…>; phase4: "                                                                                              \
    "fromPartyIDType, toPartyIDType"
#define HINT_ROLE                                                                                                      \
    "the trader is Trader, the STI is Customs; Domibus: <role value=…/> of initiator and responder; phase4: "        \
    "fromRole, toRole"
#define HINT_SERVICE                                                                                                   \
    "Domibus: <service value=\"eu_ics2_t2c\" type=\"eu-customs-service-type\"/>; Holodeck B2B: <Service><name>, "      \
    "<type>; phase4: "                                                                                                 \
    "service(\"eu-customs-service-type\", \"eu_ics2_t2c\")"
#define HINT_AGREEMENT                                                                                                 \
    "Domibus: <agreement value=\"EU-ICS2-TI-V2.0\" type=\"ics2-interface-version\"/>; Holodeck B2B: "                  \
    "<Agreement><name>, <type>; "                                                                                      \
    "phase4: EuCtpPMode.DEFAULT_AGREEMENT_ID and DEFAULT_AGREEMENT_TYPE"

/* What one side of eb:PartyInfo must be. */
typedef struct {
    const char *id, *element; /* "rules.from", "From" */
    const ens_party *party;
    bool trader;
} side;

/* is_authority tells sti-taxud and nti-xx (ICD 4.2.2.1). */
static bool is_authority(ens_slice id)
{
    bool nti = id.len == 6 && ens_starts(id, ENS_LIT("nti-")) && id.p[4] >= 'a' && id.p[4] <= 'z' && id.p[5] >= 'a' &&
               id.p[5] <= 'z';
    return nti || ens_is(id, ENS_PARTY_STI);
}

static bool judge_party_type(const ens__ics2_case *c, const side *s)
{
    const char *wanted = s->trader ? ENS_PARTY_TYPE_EORI : ENS_PARTY_TYPE_AUTH;
    if (s->party->num_ids > 1)
        ens__failf(c->report, s->id, "eDelivery AS4 1.4.4.1", "write one eb:PartyId", "%s has %u party ids", s->element,
                   s->party->num_ids)
            ->code = "EBMS:0003";
    else if (!s->party->type.p)
        ens__failf(c->report, s->id, "ebMS3 Core 5.2.2.4", HINT_PARTY_TYPE,
                   "the PartyId of %s has no type, and is no URI", s->element)
            ->code = "EBMS:0003";
    else if (!ens_is(s->party->type, wanted))
        ens__failf(c->report, s->id, RULE_PARTY, HINT_PARTY_TYPE, "the PartyId of %s has the type %s, not %s",
                   s->element, ens__show(c->report, s->party->type), wanted)
            ->code = "EBMS:0003";
    else
        return true;
    return false;
}

static bool judge_id(const ens__ics2_case *c, const side *s)
{
    ens_party_id id;
    ens_err err = {0};
    const char *shown = ens__show(c->report, s->party->id);
    if (s->trader && ens_party_id_parse(s->party->id, &id, &err) != ENS_OK) {
        ens__failf(c->report, s->id, "ICS2-HTI 4.2.2.1, Table 8",
                   "write [system-id@]EORI[@member state], as registered", "%s: \"%s\": %s", s->element, shown,
                   err.n ? err.frame[0].what : "is no party id")
            ->code = "EBMS:0003";
        return false;
    }
    if (s->trader)
        return true;
    bool receiver = !c->o->as_trader; /* the STI looks whether it is meant */
    if (receiver ? ens_is(s->party->id, ENS_PARTY_STI) : is_authority(s->party->id))
        return true;
    ens__failf(c->report, s->id, RULE_PARTY,
               receiver ? "address messages for the STI to " ENS_PARTY_STI : "customs are " ENS_PARTY_STI " or nti-xx",
               receiver ? "the message is for \"%s\", not for the STI" : "\"%s\" is no customs authority", shown)
        ->code = "EBMS:0010";
    return false;
}

static bool judge_role(const ens__ics2_case *c, const side *s)
{
    const char *wanted = s->trader ? ENS_ROLE_NAME_TRADER : ENS_ROLE_NAME_CUSTOMS;
    if (ens_is(s->party->role, wanted))
        return true;
    ens__failf(c->report, s->id, RULE_ROLE, HINT_ROLE, "the role of %s is \"%s\", not %s", s->element,
               ens__show(c->report, s->party->role), wanted)
        ->code = "EBMS:0010";
    return false;
}

static void judge_side(const ens__ics2_case *c, const side *s)
{
    if (!s->party->id.p)
        return; /* header.schema has said so */
    bool typed = judge_party_type(c, s), named = typed && judge_id(c, s), roled = judge_role(c, s);
    if (typed && named && roled)
        ens__pass(c->report, s->id, RULE_PARTY);
}

void ens__ics2_parties(const ens__ics2_case *c)
{
    judge_side(c, &(side){"rules.from", "From", &c->h->from, !c->o->as_trader});
    judge_side(c, &(side){"rules.to", "To", &c->h->to, c->o->as_trader});
}

static void judge_agreement(const ens__ics2_case *c)
{
    const ens_header *h = c->h;
    if (!h->agreement.p) {
        ens__failf(c->report, "rules.agreement", RULE_AGREEMENT, HINT_AGREEMENT, "there is no eb:AgreementRef")->code =
            "EBMS:0010";
        return;
    }
    bool known = ens_is(h->agreement, ENS_AGREEMENT_V1) || ens_is(h->agreement, ENS_AGREEMENT_V2);
    bool typed = ens_is(h->agreement_type, ENS_AGREEMENT_TYPE);
    if (!known)
        ens__failf(c->report, "rules.agreement", RULE_AGREEMENT, HINT_AGREEMENT,
                   "\"%s\" is no interface version; " ENS_AGREEMENT_V1 " and " ENS_AGREEMENT_V2 " are",
                   ens__show(c->report, h->agreement))
            ->code = "EBMS:0001";
    if (!h->agreement_type.p)
        ens__ics2_soft(c)(c->report, "rules.agreement", RULE_AGREEMENT, HINT_AGREEMENT,
                          "eb:AgreementRef has no type, and is no URI")
            ->code = "EBMS:0003";
    else if (!typed)
        ens__failf(c->report, "rules.agreement", RULE_AGREEMENT, HINT_AGREEMENT,
                   "eb:AgreementRef has the type \"%s\", not " ENS_AGREEMENT_TYPE,
                   ens__show(c->report, h->agreement_type))
            ->code = "EBMS:0003";
    if (h->agreement_pmode.p)
        ens__warn(c->report, "rules.agreement", RULE_AGREEMENT, "leave @pmode out: ICS2 has no P-Mode ids",
                  "eb:AgreementRef names a P-Mode");
    if (known && typed)
        ens__pass(c->report, "rules.agreement", RULE_AGREEMENT);
}

static void judge_business_service(const ens__ics2_case *c)
{
    const ens_header *h = c->h;
    const char *wanted = c->o->as_trader ? ENS_SERVICE_C2T : ENS_SERVICE_T2C;
    bool ours = ens_is(h->service, wanted),
         known = ours || ens_is(h->service, ENS_SERVICE_C2T) || ens_is(h->service, ENS_SERVICE_T2C);
    bool typed = ens_is(h->service_type, ENS_SERVICE_TYPE);
    if (!known)
        ens__failf(c->report, "rules.service", RULE_SERVICE, HINT_SERVICE, "ICS2 has no service \"%s\"",
                   ens__show(c->report, h->service))
            ->code = "EBMS:0001";
    else if (!ours)
        ens__failf(c->report, "rules.service", RULE_SERVICE, HINT_SERVICE, "the service %s is for the other direction",
                   ens__show(c->report, h->service))
            ->code = "EBMS:0010";
    if (known && !typed)
        ens__failf(c->report, "rules.service", "ebMS3 Core 5.2.2.8", HINT_SERVICE,
                   h->service_type.p ? "eb:Service has the type \"%s\", not " ENS_SERVICE_TYPE
                                     : "eb:Service has no type, and is no URI%s",
                   h->service_type.p ? ens__show(c->report, h->service_type) : "")
            ->code = "EBMS:0003";
    if (ours && typed)
        ens__pass(c->report, "rules.service", RULE_SERVICE);
}

/* judge_test: the test service and the test action go together (ebMS3 Core 5.2.2.9). */
static void judge_test(const ens__ics2_case *c)
{
    if (!c->test) {
        ens__failf(c->report, "rules.action", RULE_TEST,
                   "a ping has the service " ENS_TEST_SERVICE " and the action " ENS_TEST_ACTION,
                   "the test service and the test action belong together")
            ->code = "EBMS:0003";
        return;
    }
    if (c->h->service_type.p)
        ens__warn(c->report, "rules.service", RULE_TEST, "leave the type out",
                  "the test service is a URI and needs no type");
    ens__passf(c->report, "rules.action", RULE_TEST, "a test message: acknowledged, never delivered");
}

static void judge_action(const ens__ics2_case *c)
{
    static const char hint[] =
        "the action is the id of the message, as IE3F26; Domibus: <action value=…/>; phase4: action(…)";
    const ens_header *h = c->h;
    const char *shown = ens__show(c->report, h->action);
    ens_direction wanted = c->o->as_trader ? ENS_C2T : ENS_T2C;
    if (!c->action)
        ens__failf(c->report, "rules.action", RULE_ACTION, hint, "ICS2 has no action \"%s\"", shown)->code =
            "EBMS:0001";
    else if (c->action->direction != wanted)
        ens__failf(c->report, "rules.action", RULE_ACTION, hint, "%s is sent by %s", shown,
                   wanted == ENS_T2C ? "customs, not by traders" : "traders, not by customs")
            ->code = "EBMS:0010";
    else
        ens__pass(c->report, "rules.action", RULE_ACTION);
}

void ens__ics2_collaboration(const ens__ics2_case *c)
{
    judge_agreement(c);
    if (!c->h->service.p || !c->h->action.p)
        return; /* header.schema has said so */
    if (ens_is(c->h->service, ENS_TEST_SERVICE) || ens_is(c->h->action, ENS_TEST_ACTION)) {
        judge_test(c);
        return;
    }
    judge_business_service(c);
    judge_action(c);
}

/* eb:PayloadInfo: which parts a message may have, and their properties (ICS2-HTI 4.2.5, 4.2.6). */
#define RULE_PAYLOAD "ICS2-HTI 4.2.5"
#define RULE_ATTACHMENT "ICS2-HTI 3.1.11, 4.2.5"
#define RULE_HREF "ICS2-HTI 4.2.5; RFC 2392"
#define RULE_CHARSET "ICS2-HTI 4.2.5; AS4 3.1"
#define RULE_COMPRESSION "ICS2-HTI 4.2.5; eDelivery AS4 1.4.3.1"

/* is_encoding_name: EncName of XML 1.0, production 81. */
static bool is_encoding_name(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t folded = (uint8_t)(s.p[i] | 0x20);
        bool letter = folded >= 'a' && folded <= 'z';
        bool later = (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.' || s.p[i] == '_' || s.p[i] == '-';
        if (!letter && (i == 0 || !later))
            return false;
    }
    return s.len > 0;
}

static bool judge_href(const ens__ics2_case *c, unsigned i)
{
    const ens_part_info *part = &c->h->part[i];
    const char *shown = ens__show(c->report, part->href);
    if (!part->href.len || ens_starts(part->href, ENS_LIT("#")))
        ens__failf(c->report, "rules.part", "eDelivery AS4 1.4.2.3",
                   "send the document as a MIME part and refer to it as cid:…",
                   "part %u is said to be in the SOAP Body", i + 1)
            ->code = "EBMS:0008";
    else if (!part->cid.len)
        ens__failf(c->report, "rules.part", "eDelivery AS4 1.4.2.3",
                   "send the document as a MIME part and refer to it as cid:…", ENS_TOLD_OUTSIDE, i + 1, shown)
            ->code = "EBMS:0011";
    else {
        if (!ens__starts_nocase(part->href, ENS_LIT("cid:")))
            ens__warn(c->report, "rules.part", RULE_HREF, "write href=\"cid:…\"",
                      "the href of part %u has no \"cid:\": %s", i + 1, shown);
        for (unsigned j = 0; j < i; j++)
            if (ens_eq(part->cid, c->h->part[j].cid)) {
                ens__failf(c->report, "rules.part", RULE_HREF, "name each MIME part once",
                           "parts %u and %u are the same MIME part", j + 1, i + 1)
                    ->code = "EBMS:0003";
                return false;
            }
        return true;
    }
    return false;
}

static bool judge_compression(const ens__ics2_case *c, unsigned i)
{
    ens_slice compression = c->h->part[i].compression;
    if (!compression.p)
        ens__warn(c->report, "rules.part", RULE_COMPRESSION,
                  "compress with gzip and say CompressionType=application/gzip; Domibus: compressPayloads=\"true\" of "
                  "the leg",
                  "part %u is not compressed; receivers take it nevertheless", i + 1);
    else if (!ens__eq_nocase(compression, ENS_LIT("application/gzip"))) {
        ens__failf(c->report, "rules.part", RULE_COMPRESSION, "application/gzip is the only compression of AS4",
                   ENS_TOLD_COMPRESSION, i + 1, ens__show(c->report, compression))
            ->code = "EBMS:0003";
        return false;
    }
    return true;
}

static bool judge_charset(const ens__ics2_case *c, unsigned i, bool document)
{
    ens_slice charset = c->h->part[i].charset;
    if (!charset.p) {
        if (document)
            ens__warn(c->report, "rules.part", RULE_CHARSET, "add CharacterSet=utf-8",
                      "part %u: CharacterSet is recommended", i + 1);
        return true;
    }
    bool utf8 = ens__eq_nocase(charset, ENS_LIT("utf-8"));
    if (utf8 && document)
        return true;
    if (!document && is_encoding_name(charset)) {
        ens__warn(c->report, "rules.part", RULE_CHARSET, "leave it out",
                  "part %u: CharacterSet is not foreseen for attachments", i + 1);
        return true;
    }
    ens__failf(c->report, "rules.part", RULE_CHARSET, "the document is UTF-8: say CharacterSet=utf-8",
               is_encoding_name(charset) ? "part %u: CharacterSet is \"%s\"" : ENS_TOLD_ENCODING, i + 1,
               ens__show(c->report, charset))
        ->code = "EBMS:0003";
    return false;
}

static bool is_attachment_type(ens_slice type)
{
    return ens__eq_nocase(type, ENS_LIT("application/pdf")) || ens__eq_nocase(type, ENS_LIT("image/jpeg"));
}

static bool judge_part_type(const ens__ics2_case *c, unsigned i, bool document)
{
    ens_slice type = c->h->part[i].mime_type;
    bool good = document ? ens__eq_nocase(type, ENS_LIT("application/xml")) : is_attachment_type(type);
    if (good)
        return true;
    const char *hint = document ? "the document comes first, with MimeType=application/xml"
                                : "attachments are PDF (application/pdf) or JPEG (image/jpeg)";
    ens__failf(c->report, "rules.part", document ? RULE_PAYLOAD : RULE_ATTACHMENT, hint,
               type.p ? "part %u: MimeType is \"%s\"" : ENS_TOLD_UNTYPED, i + 1,
               type.p ? ens__show(c->report, type) : "")
        ->code = "EBMS:0003";
    return false;
}

/* is_document: the first part; and on IE3R08 the notifications that come with the answer (ICD 4.2.6). */
static bool is_document(const ens__ics2_case *c, unsigned i)
{
    return i == 0 ||
           (ens_is(c->h->action, "IE3R08") && ens__eq_nocase(c->h->part[i].mime_type, ENS_LIT("application/xml")));
}

/* judge_names: the names of properties are as ICS2 writes them; a Domibus compares them without case. */
static bool judge_names(const ens__ics2_case *c, unsigned i)
{
    ens_slice name = c->h->part[i].misnamed;
    if (!name.p)
        return true;
    ens__ics2_soft(c)(c->report, "rules.part", RULE_PAYLOAD,
                      "write the names of part properties as MimeType, CharacterSet and CompressionType",
                      "part %u: the property is called \"%s\", with other capitals than ICS2 gives it", i + 1,
                      ens__show(c->report, name))
        ->code = "EBMS:0003";
    return c->o->lenient;
}

static bool judge_part(const ens__ics2_case *c, unsigned i)
{
    bool document = is_document(c, i), good = judge_href(c, i);
    good = judge_names(c, i) && good;
    good = judge_compression(c, i) && good;
    if (c->test) {
        bool typed = c->h->part[i].mime_type.len || !c->h->part[i].compression.p;
        if (!typed)
            ens__failf(c->report, "rules.part", "AS4 3.1", "say what was compressed",
                       "part %u is compressed and has no MimeType", i + 1)
                ->code = "EBMS:0003";
        return good && typed;
    }
    good = judge_part_type(c, i, document) && good;
    return judge_charset(c, i, document) && good;
}

static bool judge_attachments(const ens__ics2_case *c)
{
    unsigned num = 0;
    for (unsigned i = 1; i < c->h->num_parts; i++)
        num += !is_document(c, i);
    if (num == 0 || !c->action || c->action->attachments)
        return true;
    ens__failf(c->report, "rules.parts", RULE_ATTACHMENT, "send files with the actions that take them: see ICD 3.1.11",
               "%s takes no attachments, and has %u", c->action->name, num)
        ->code = "EBMS:0010";
    return false;
}

void ens__ics2_parts(const ens__ics2_case *c)
{
    const ens_header *h = c->h;
    if (!h->has_payload_info || h->num_parts == 0) {
        if (c->test)
            ens__pass(c->report, "rules.parts", "ICS2-HTI 4.5.1");
        else if (!h->has_payload_info)
            ens__failf(c->report, "rules.parts", RULE_PAYLOAD, "send the business document as the first part",
                       "there is no eb:PayloadInfo")
                ->code = "EBMS:0003";
        return;
    }
    bool good = true;
    for (unsigned i = 0; i < h->num_parts; i++)
        good = judge_part(c, i) && good;
    if (c->test && h->num_parts > 1)
        ens__warn(c->report, "rules.parts", "ICS2-HTI 4.5.1", "send a ping without parts",
                  "a test message has %u parts", h->num_parts);
    good = judge_attachments(c) && good;
    if (good)
        ens__pass(c->report, "rules.parts", RULE_PAYLOAD);
}
