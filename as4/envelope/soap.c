#include "as4/envelope/soap.h"

#include "as4/envelope/names.h"
#include "as4/told.h"

#define RULE_SOAP "SOAP 1.2 Part 1, 5"
#define RULE_XML "eDelivery AS4 1.4.2.2; XML 1.0"
#define RULE_MESSAGING "ebMS3 Core 5.2.1"

const char *const ens__soap_namespaces[] = {[ENS_IN_SOAP12 - 1] = ENS_NS_SOAP12, [ENS_IN_SOAP11 - 1] = ENS_NS_SOAP11,
                                            [ENS_IN_EB - 1] = ENS_NS_EB,         [ENS_IN_EBBP - 1] = ENS_NS_EBBP,
                                            [ENS_IN_WSSE - 1] = ENS_NS_WSSE,     [ENS_IN_WSSE11 - 1] = ENS_NS_WSSE11,
                                            [ENS_IN_WSU - 1] = ENS_NS_WSU,       [ENS_IN_DS - 1] = ENS_NS_DS,
                                            [ENS_IN_XENC - 1] = ENS_NS_XENC,     [ENS_IN_EC - 1] = ENS_NS_EC,
                                            [ENS_IN_XML - 1] = ENS_NS_XML,       [ENS_IN_XSI - 1] = ENS_NS_XSI,
                                            [ENS_IN_SAML1 - 1] = ENS_NS_SAML1,   [ENS_IN_SAML2 - 1] = ENS_NS_SAML2,
                                            [ENS_IN_WSC - 1] = ENS_NS_WSC,       NULL};

static void judge_parse(ens_code code, const ens_err *err, ens_report *report)
{
    const char *hint = "send the envelope as UTF-8 XML without a document type declaration, exactly as it was sealed";
    ens_finding *f;
    if (code == ENS_OK)
        f = ens__pass(report, "soap.well-formed", RULE_XML);
    else
        f = ens__failf(report, "soap.well-formed", RULE_XML, hint, "the envelope %s%s%s", err->frame[0].what,
                       err->text[0] ? ": " : "", err->text);
    if (code != ENS_OK && err->frame[0].at)
        f->at = err->frame[0].at;
}

static bool judge_version(const ens_node *root, ens_report *report)
{
    if (ens__node_is(root, ENS_IN_SOAP12, "Envelope")) {
        ens__pass(report, "soap.version", RULE_SOAP);
        return true;
    }
    const char *hint = "AS4 uses SOAP 1.2: namespace " ENS_NS_SOAP12 ", media type application/soap+xml";
    if (ens__node_is(root, ENS_IN_SOAP11, "Envelope"))
        ens__failf(report, "soap.version", "AS4 2.1.1; ICD 4.1.1", hint, "the envelope is SOAP 1.1");
    else
        ens__failf(report, "soap.version", RULE_SOAP, hint, "the root element is %s, not a SOAP 1.2 Envelope",
                   ens__show(report, root->local));
    return false;
}

/* find_blocks wants Header then Body and nothing else (SOAP 1.2 Part 1, 5.1). */
static bool find_blocks(ens_soap *s, ens_report *report)
{
    s->header = ens__node_first(s->envelope);
    s->body = ens__node_next(s->header);
    bool good = ens__node_is(s->header, ENS_IN_SOAP12, "Header") && ens__node_is(s->body, ENS_IN_SOAP12, "Body") &&
                !ens__node_next(s->body);
    if (good) {
        ens__pass(report, "soap.structure", RULE_SOAP);
        return true;
    }
    s->header = ens__node_child(s->envelope, ENS_IN_SOAP12, "Header");
    s->body = ens__node_child(s->envelope, ENS_IN_SOAP12, "Body");
    ens__failf(report, "soap.structure", RULE_SOAP,
               "an AS4 envelope holds one Header and then one Body, even when the Body is empty",
               "the envelope has %u Header and %u Body elements, or others beside them",
               ens__node_count(s->envelope, ENS_IN_SOAP12, "Header"),
               ens__node_count(s->envelope, ENS_IN_SOAP12, "Body"));
    return s->header != NULL;
}

/* may_stand: attributes of the three are of other namespaces than SOAP's, but for the ids that signatures refer to. */
static bool may_stand(const ens_node_attribute *a)
{
    return a->ns == ENS_IN_NONE ? ens__eq_nocase(a->local, ENS_LIT("Id")) : a->ns != ENS_IN_SOAP12;
}

/* judge_content wants elements and white space alone in Envelope, Header or Body (SOAP 1.2 Part 1, 5.1 to 5.3). */
static bool judge_content(const ens_node *e, ens_arena *arena, ens_report *report)
{
    const char *shown = e ? ens__show(report, e->local) : NULL;
    bool good = true;
    if (e && !ens__node_is_blank(e, arena)) {
        good = false;
        ens__failf(report, "soap.content", RULE_SOAP, "leave the text out: SOAP has elements and white space there",
                   "there is text among the elements of the SOAP %s", shown);
    }
    for (unsigned i = 0; e && good && i < e->num_attributes; i++)
        if (!may_stand(&e->attribute[i])) {
            good = false;
            ens__failf(report, "soap.content", RULE_SOAP, "leave the attribute out: SOAP has none of its own there",
                       "the SOAP %s has an attribute %s", shown, ens__show(report, e->attribute[i].local));
        }
    return good;
}

/* judge_infoset: what SOAP 1.2 doesn't let into a message, wherever it stands. */
static void judge_infoset(const ens_soap *s, ens_arena *arena, ens_report *report)
{
    if (s->records->num_instructions)
        ens__failf(report, "soap.instructions", RULE_SOAP,
                   "leave processing instructions out: SOAP forbids them, and a Domibus finds the signature invalid",
                   "the envelope has %zu processing instructions", s->records->num_instructions);
    bool good = judge_content(s->envelope, arena, report);
    good = judge_content(s->header, arena, report) && good;
    good = judge_content(s->body, arena, report) && good;
    if (good)
        ens__pass(report, "soap.content", RULE_SOAP);
}

/* Values of xsd:boolean; white space around them is no part of them. */
static bool is_true(ens_slice v)
{
    v = ens__trim(v);
    return ens_is(v, "true") || ens_is(v, "1");
}

static bool is_boolean(ens_slice v)
{
    return is_true(v) || ens_is(ens__trim(v), "false") || ens_is(ens__trim(v), "0");
}

static bool for_another_role(const ens_node *block)
{
    ens_slice role = ens__node_attribute(block, ENS_IN_SOAP12, "role");
    return role.len && !ens_is(role, ENS_NS_SOAP12 "/role/ultimateReceiver");
}

/* for_nobody_here: the role "next" is played by every receiver (SOAP 1.2 Part 1, 2.2). */
static bool for_nobody_here(const ens_node *block)
{
    return for_another_role(block) &&
           !ens_is(ens__node_attribute(block, ENS_IN_SOAP12, "role"), ENS_NS_SOAP12 "/role/next");
}

/* judge_flags: the attributes of SOAP on a header block that are true or false. */
static void judge_flags(const ens_node *block, ens_report *report)
{
    static const char *const names[] = {"mustUnderstand", "relay"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ens_slice value = ens__node_attribute(block, ENS_IN_SOAP12, names[i]);
        if (!value.p || is_boolean(value))
            continue;
        ens_finding *f = ens__failf(report, "soap.content", "SOAP 1.2 Part 1, 5.2.3, 5.2.4", "write true or false",
                                    "the header block %s has %s=\"%s\"", ens__show(report, block->local), names[i],
                                    ens__show(report, value));
        f->xpath = ens__node_path(block, &report->arena);
    }
}

/* A block that we must understand and don't makes the message impossible to process (SOAP 1.2 Part 1, 5.2.3). */
static void judge_other_block(const ens_node *block, ens_report *report)
{
    ens_slice must = ens__node_attribute(block, ENS_IN_SOAP12, "mustUnderstand");
    if (!is_true(must) || for_nobody_here(block))
        return;
    ens_finding *f =
        ens__failf(report, "soap.must-understand", "SOAP 1.2 Part 1, 5.2.3",
                   "leave the block out: ICS2 knows eb:Messaging and wsse:Security only",
                   "the header block %s must be understood and isn't part of ICS2", ens__show(report, block->local));
    f->xpath = ens__node_path(block, &report->arena);
}

static void count_blocks(ens_soap *s, unsigned *num_messaging, ens_report *report)
{
    unsigned num_bare = 0;
    for (const ens_node *block = ens__node_first(s->header); block; block = ens__node_next(block)) {
        judge_flags(block, report);
        if (ens__node_is(block, ENS_IN_EB, "Messaging")) {
            s->messaging = (*num_messaging)++ ? NULL : block;
        } else if (ens__node_is(block, ENS_IN_WSSE, "Security")) {
            if (!for_another_role(block) && s->num_security++ == 0)
                s->security = block;
        } else {
            num_bare += block->ns == ENS_IN_NONE;
            judge_other_block(block, report);
        }
    }
    if (num_bare)
        ens__failf(report, "soap.content", "SOAP 1.2 Part 1, 5.2.1",
                   "give header blocks a namespace, or leave them out", "%u header blocks have no namespace", num_bare);
}

static void judge_messaging(ens_soap *s, ens_report *report)
{
    unsigned num = 0;
    s->messaging = NULL;
    count_blocks(s, &num, report);
    if (num != 1) {
        s->messaging = NULL;
        const char *hint = "put exactly one eb:Messaging block into the SOAP Header";
        if (num)
            ens__failf(report, "header.messaging", RULE_MESSAGING, hint,
                       "the SOAP Header has %u eb:Messaging blocks, not one", num);
        else
            ens__failf(report, "header.messaging", RULE_MESSAGING, hint, ENS_TOLD_NO_MESSAGING);
        return;
    }
    if (for_nobody_here(s->messaging))
        ens__failf(report, "header.messaging", "SOAP 1.2 Part 1, 2.2, 5.2.2; " RULE_MESSAGING,
                   "leave env:role out: the block is for the receiver of the message",
                   "eb:Messaging is for the role %s, which the receiver does not play",
                   ens__show(report, ens__node_attribute(s->messaging, ENS_IN_SOAP12, "role")));
    else
        ens__pass(report, "header.messaging", RULE_MESSAGING);
    if (is_true(ens__node_attribute(s->messaging, ENS_IN_SOAP12, "mustUnderstand")))
        ens__pass(report, "rules.must-understand", RULE_MESSAGING);
    else
        ens__failf(report, "rules.must-understand", RULE_MESSAGING,
                   "write mustUnderstand=\"true\" in the SOAP 1.2 namespace on eb:Messaging before sealing",
                   "eb:Messaging has no mustUnderstand=\"true\" of SOAP 1.2")
            ->code = "EBMS:0009";
}

/* find_fault reads the first fault of a Body: a gateway may answer in either version. */
static void find_fault(ens_soap *s, const ens_node *root, ens_arena *arena)
{
    bool old = root->ns == ENS_IN_SOAP11;
    const ens_node *body = ens__node_child(root, root->ns, "Body"),
                   *fault = old || root->ns == ENS_IN_SOAP12 ? ens__node_child(body, root->ns, "Fault") : NULL;
    if (!fault)
        return;
    const ens_node *code = old ? ens__node_child(fault, ENS_IN_NONE, "faultcode")
                               : ens__node_child(ens__node_child(fault, root->ns, "Code"), root->ns, "Value");
    const ens_node *reason = old ? ens__node_child(fault, ENS_IN_NONE, "faultstring")
                                 : ens__node_child(ens__node_child(fault, root->ns, "Reason"), root->ns, "Text");
    s->fault =
        (ens_soap_fault){fault, ens__trim(ens__node_text(code, arena)), ens__trim(ens__node_text(reason, arena))};
}

static void judge_envelope(ens_soap *out, const ens_tree *records, ens_arena *arena, ens_report *report)
{
    out->records = records;
    const ens_node *root = out->records->node;
    find_fault(out, root, arena);
    if (!judge_version(root, report))
        return;
    out->envelope = root;
    bool found = find_blocks(out, report);
    judge_infoset(out, arena, report);
    if (found)
        judge_messaging(out, report);
    else
        ens__failf(report, "header.messaging", RULE_MESSAGING, "put eb:Messaging into the SOAP Header",
                   ENS_TOLD_NO_HEADER);
}

void ens__soap_reset(ens_soap *soap)
{
    ens_tree tree = soap->tree;
    if (soap->doc)
        xmlFreeDoc(soap->doc);
    *soap = (ens_soap){.tree = tree};
}

void ens__soap_read(ens_libxml *xml, ens_slice envelope, ens_arena *arena, ens_soap *out, ens_report *report)
{
    ens_err err = {0};
    ens__soap_reset(out);
    out->size = envelope.len;
    ens_code code = ens__libxml_parse(xml, envelope, &out->doc, &err);
    if (code == ENS_OK)
        code = ens__libxml_tree(&out->tree, out->doc, ens__soap_namespaces, arena, &err);
    if (code != ENS_OK && ens__libxml_mislabelled(envelope))
        err = (ens_err){.n = 1, .frame[0].what = ENS_XML_MISLABELLED};
    judge_parse(code, &err, report);
    if (code == ENS_OK)
        judge_envelope(out, &out->tree, arena, report);
}

bool ens__soap_scan(ens_tree_scanner *scanner, ens_slice envelope, ens_arena *arena, ens_soap *out, ens_report *report)
{
    ens__soap_reset(out);
    out->size = envelope.len;
    if (ens__tree_scan(&out->tree, scanner, envelope, arena, NULL) != ENS_OK)
        return false;
    judge_parse(ENS_OK, NULL, report);
    judge_envelope(out, &out->tree, arena, report);
    return true;
}

bool ens__soap_fit(ens_moulds *moulds, ens_slice envelope, ens_arena *arena, ens_soap *out, ens_report *report)
{
    const ens_tree *records = ens__moulds_fit(moulds, envelope, arena);
    if (!records)
        return false;
    ens__soap_reset(out);
    out->size = envelope.len;
    judge_parse(ENS_OK, NULL, report);
    judge_envelope(out, records, arena, report);
    return true;
}

void ens__soap_clear(ens_soap *soap)
{
    ens__soap_reset(soap);
    ens__tree_clear(&soap->tree);
}
