/* See bsp.h. */
#include "as4/wss/bsp.h"

#include "as4/envelope/names.h"

typedef ens_finding *(*adder)(ens_report *, const char *, const char *, const char *, const char *, ...)ENS_PRINTF(5,
                                                                                                                   6);

typedef struct {
    const ens_soap *soap;
    const ens_wss *wss;
    adder refuse; /* ens__failf, or ens__warn where the receiver is lenient */
    ens_report *report;
} seal_form;

static unsigned count_children(const ens_node *parent)
{
    unsigned num = 0;
    for (const ens_node *e = ens__node_first(parent); e; e = ens__node_next(e))
        num++;
    return num;
}

/* judge_key_info_form: one child of ds:KeyInfo, and one reference in it. */
static void judge_key_info_form(const seal_form *s)
{
    const ens_node *info = ens__node_child(s->wss->signature, ENS_IN_DS, "KeyInfo"), *inside = ens__node_first(info);
    unsigned num = count_children(info), num_references = count_children(inside);
    if (num > 1)
        s->refuse(s->report, "token.key-info", "BSP 1.1 R5402",
                  "put one wsse:SecurityTokenReference into ds:KeyInfo and nothing beside it",
                  "ds:KeyInfo has %u children, not one", num);
    if (ens__node_is(inside, ENS_IN_WSSE, "SecurityTokenReference") && num_references > 1)
        s->refuse(s->report, "token.key-info", "BSP 1.1 R3061",
                  "put one wsse:Reference into wsse:SecurityTokenReference and nothing beside it",
                  "wsse:SecurityTokenReference has %u children, not one", num_references);
    if (inside && info->begins_aside)
        ens__warn(s->report, "token.key-info", "seen with Domibus 4.0.2",
                  "write ds:KeyInfo without white space: a Domibus that checks the sender's trust fails on it",
                  "white space or a comment stands before the first child of ds:KeyInfo");
}

/* judge_labels: WSS4J takes its reader of the token from the attributes around it. */
static void judge_labels(const seal_form *s)
{
    const ens_wss *w = s->wss;
    if (!w->token)
        return;
    if (!w->token_value_type.p)
        s->refuse(s->report, "token.type", "BSP 1.1 R3031", "write ValueType=\"" ENS_TOKEN_PKIPATH "\" on the token",
                  "the token has no ValueType");
    if (w->token > w->signature) /* records stand in the order of the document */
        ens__warn(s->report, "token.place", "BSP 1.1 R5205", "write the token in front of the signature",
                  "the token stands behind the signature that refers to it");
    if (!w->token_encoding.p)
        s->refuse(s->report, "token.encoding", "BSP 1.1 R3029", "write EncodingType=\"" ENS_BASE64_BINARY "\"",
                  "the token has no EncodingType");
    else if (!ens_is(w->token_encoding, ENS_BASE64_BINARY))
        s->refuse(s->report, "token.encoding", "BSP 1.1 R3030", "write EncodingType=\"" ENS_BASE64_BINARY "\"",
                  "the token's EncodingType is \"%s\"", ens__show(s->report, w->token_encoding));
    if (!w->reference_value_type.p)
        s->refuse(s->report, "token.label", "BSP 1.1 R3058, R3059",
                  "give wsse:Reference the ValueType of the token: a Domibus returns no token without it",
                  "wsse:Reference has no ValueType");
    if (!w->token_type.p && ens_is(w->token_value_type, ENS_TOKEN_PKIPATH))
        s->refuse(s->report, "token.label", "BSP 1.1 R5215",
                  "write wsse11:TokenType=\"" ENS_TOKEN_PKIPATH "\" on wsse:SecurityTokenReference",
                  "wsse:SecurityTokenReference has no TokenType");
    if (!ens_is(w->token->prefix, "wsse"))
        ens__warn(s->report, "token.prefix", "seen with Domibus 4.0.2",
                  "use the prefix wsse: a Domibus that checks the sender's trust looks for the literal name",
                  "the token is called %s:BinarySecurityToken", ens__show(s->report, w->token->prefix));
}

/* is_known_to_wss4j: it reads such a block, whatever ICS2 says. */
static bool is_known_to_wss4j(const ens_node *e)
{
    return e->ns == ENS_IN_WSSE || e->ns == ENS_IN_WSSE11 || e->ns == ENS_IN_WSU || e->ns == ENS_IN_DS ||
           e->ns == ENS_IN_XENC || e->ns == ENS_IN_SAML1 || e->ns == ENS_IN_SAML2 || e->ns == ENS_IN_WSC;
}

/* judge_others: what stands in wsse:Security beside token and signature. */
static void judge_others(const seal_form *s)
{
    const ens_node *known = NULL, *foreign = NULL;
    for (const ens_node *e = ens__node_first(s->soap->security); e; e = ens__node_next(e)) {
        bool judged = e == s->wss->timestamp_node || ens__node_is(e, ENS_IN_DS, "Signature") ||
                      ens__node_is(e, ENS_IN_WSSE, "BinarySecurityToken") ||
                      ens__node_is(e, ENS_IN_WSSE, "UsernameToken");
        if (!judged)
            *(is_known_to_wss4j(e) ? &known : &foreign) = e;
    }
    if (known)
        s->refuse(s->report, "token.other", "ICS2-HTI 4.6.2", "leave other tokens out: ICS2 knows the seal's alone",
                  "the wsse:Security block has %s", ens__show(s->report, known->local))
            ->xpath = ens__node_path(known, &s->report->arena);
    if (foreign)
        ens__warn(s->report, "token.other", "WSS SOAP Message Security 1.1.1, 5",
                  "leave it out: nobody has agreed on it", "the wsse:Security block has %s",
                  ens__show(s->report, foreign->local))
            ->xpath = ens__node_path(foreign, &s->report->arena);
    if (s->wss->timestamp_node)
        s->refuse(s->report, "token.timestamp", "ICS2-HTI 4.6.2; seen with Domibus 4.0.2",
                  "leave wsu:Timestamp out: no policy of ICS2 has it, and a Domibus refuses a fresh one, too",
                  "the wsse:Security block has a wsu:Timestamp");
}

bool ens__bsp_judge(const ens_soap *soap, const ens_wss *w, bool lenient, ens_report *report)
{
    seal_form s = {soap, w, lenient ? ens__warn : ens__failf, report};
    bool few = w->num_references <= ENS_REFERENCES_GOOD;
    if (!w->signature)
        return true;
    judge_key_info_form(&s);
    judge_labels(&s);
    judge_others(&s);
    if (!few)
        s.refuse(report, "algorithm.references", "seen with Domibus 4.0.2",
                 "send fewer parts: a receiver on the Java platform stops at 30 references",
                 "the signature has %u references; %u are the limit", w->num_references, ENS_REFERENCES_GOOD);
    return few || lenient;
}
