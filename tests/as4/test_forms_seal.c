/* The seal as the Basic Security Profile has it, and in the forms that receivers on WSS4J refuse. */
#include "engine/base/report.h"
#include "fixtures/reseal.h"
#include "tests/as4/form.h"
#include "tests/suite.h"

#include <stdio.h>

#define PROFILE "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509PKIPathv1"
#define ENCODING "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
#define F26 "f26.mime", BEHIND_THE_SEAL
#define REFUSED(finding, words)                                                                                        \
    .verdict = ENS_REFUSED, .code = "EBMS:0103", .id = finding, .outcome = ENS_FAIL, .says = words
#define WARNED(finding, words) .verdict = ENS_ACCEPTED, .id = finding, .outcome = ENS_WARN, .says = words

/* Each form twice: refused, and with --lenient a warning. */
#define BOTH(what, find, replace, finding, words)                                                                      \
    {what, F26, find, replace, REFUSED(finding, words)},                                                               \
    {                                                                                                                  \
        what ", leniently", F26, find, replace, WARNED(finding, words), .lenient = true                                \
    }

static void profile(void)
{
    static const form forms[] = {
        BOTH("no EncodingType", " EncodingType=\"" ENCODING "\"", "", "token.encoding", "no EncodingType"),
        BOTH("another EncodingType", "#Base64Binary", "#HexBinary", "token.encoding", "EncodingType is"),
        BOTH("a short EncodingType", "\"" ENCODING "\"", "\"Base64Binary\"", "token.encoding", "Base64Binary"),
        BOTH("no ValueType on the reference", "URI=\"#token\" ValueType=\"" PROFILE "\"", "URI=\"#token\"",
             "token.label", "ValueType"),
        BOTH("no ValueType on the token", "#Base64Binary\" ValueType=\"" PROFILE "\"", "#Base64Binary\"", "token.type",
             "no ValueType"),
        BOTH("no TokenType", " wsse11:TokenType=\"" PROFILE "\"", "", "token.label", "TokenType"),
        BOTH("a second reference", "</wsse:SecurityTokenReference>",
             "<wsse:Reference URI=\"#token\" ValueType=\"" PROFILE "\"/></wsse:SecurityTokenReference>",
             "token.key-info", "SecurityTokenReference has 2"),
        BOTH("something else beside the reference", "</wsse:SecurityTokenReference>",
             "<x:y xmlns:x=\"urn:x\"/></wsse:SecurityTokenReference>", "token.key-info", "has 2"),
        BOTH("a key's name beside the reference", "</ds:KeyInfo>", "<ds:KeyName>x</ds:KeyName></ds:KeyInfo>",
             "token.key-info", "KeyInfo has 2"),
        BOTH("an assertion beside the token", "<wsse:BinarySecurityToken ",
             "<s:Assertion xmlns:s=\"urn:oasis:names:tc:SAML:2.0:assertion\"/><wsse:BinarySecurityToken ",
             "token.other", "Assertion"),
        BOTH("a security context beside the token", "<wsse:BinarySecurityToken ",
             "<c:SecurityContextToken xmlns:c=\"http://docs.oasis-open.org/ws-sx/ws-secureconversation/200512\"/>"
             "<wsse:BinarySecurityToken ",
             "token.other", "SecurityContextToken"),
    };
    FORMS(forms);
}

/* token_behind moves the token behind the signature. */
static bool token_behind(ens_buf *m)
{
    ens_slice text = ens_buf_slice(m);
    size_t from = ens__find(text, ENS_LIT("<wsse:BinarySecurityToken "), 0),
           to = ens__find(text, ENS_LIT("<ds:Signature "), 0), end;
    ens_buf token;
    ens_buf_init(&token, NULL, 0, (size_t)1 << 16);
    ens_buf_put(&token, ens_sub(text, from, to));
    bool good = fx_splice(m, from, to, (ens_slice){0}) &&
                (end = ens__find(ens_buf_slice(m), ENS_LIT("</wsse:Security>"), 0)) != SIZE_MAX &&
                fx_splice(m, end, end, ens_buf_slice(&token));
    ens_buf_free(&token);
    return good;
}

static void forms_that_are_told(void)
{
    static const form forms[] = {
        {"an empty TokenType", F26, "TokenType=\"" PROFILE "\"", "TokenType=\"\"", REFUSED("token.label", "TokenType")},
        {"white space as first child of KeyInfo", F26, "<ds:KeyInfo>", "<ds:KeyInfo>\n",
         WARNED("token.key-info", "white space")},
        {"a comment as first child of KeyInfo", F26, "<ds:KeyInfo>", "<ds:KeyInfo><!-- x -->",
         WARNED("token.key-info", "comment")},
        {"white space behind the child of KeyInfo", F26, "</ds:KeyInfo>", "\n</ds:KeyInfo>", .verdict = ENS_ACCEPTED,
         .id = "token.reference", .outcome = ENS_PASS},
        {"the token under another prefix", F26, "<wsse:BinarySecurityToken ",
         "<o:BinarySecurityToken xmlns:o=\"http://docs.oasis-open.org/wss/2004/01/"
         "oasis-200401-wss-wssecurity-secext-1.0.xsd\" ",
         .find2 = "</wsse:BinarySecurityToken>", .replace2 = "</o:BinarySecurityToken>",
         WARNED("token.prefix", "o:BinarySecurityToken")},
        {"the token behind the signature", F26, .edit = token_behind, WARNED("token.place", "behind")},
        {"an element of nobody's in Security", F26, "<wsse:BinarySecurityToken ",
         "<x:y xmlns:x=\"urn:x\"/><wsse:BinarySecurityToken ", WARNED("token.other", "y")},
    };
    FORMS(forms);
}

#define TEXT_REFUSED                                                                                                   \
    .verdict = ENS_REFUSED, .id = "signature.structure", .outcome = ENS_FAIL, .says = "text stands among"
#define HELD_REFUSED                                                                                                   \
    .verdict = ENS_REFUSED, .id = "signature.structure", .outcome = ENS_FAIL, .says = "holds an element"
#define STRANGER "<x:y xmlns:x=\"urn:x\"></x:y>"

/* What the schemas of XML Signature and WS-Security have nowhere: text among elements, elements in a value. */
static void contents(void)
{
    static const form forms[] = {
        {"text in Security", F26, "</wsse:Security>", "x</wsse:Security>", TEXT_REFUSED},
        {"text in Signature", F26, "<ds:SignatureValue>", "x<ds:SignatureValue>", TEXT_REFUSED},
        {"text in KeyInfo, as a reference", F26, "<ds:KeyInfo>", "<ds:KeyInfo>&#120;", TEXT_REFUSED},
        {"text in SecurityTokenReference", F26, "</wsse:SecurityTokenReference>", "x</wsse:SecurityTokenReference>",
         TEXT_REFUSED},
        {"text in the reference to the token", F26, "</wsse:Reference>", "<![CDATA[x]]></wsse:Reference>",
         TEXT_REFUSED},
        {"text in a signed reference", "f26.mime", SEALED_SO, "</ds:Transforms><ds:DigestMethod",
         "</ds:Transforms>x<ds:DigestMethod", TEXT_REFUSED},
        {"an element in the reference to the token", F26, "</wsse:Reference>", STRANGER "</wsse:Reference>",
         HELD_REFUSED},
        {"an element in the token", F26, "</wsse:BinarySecurityToken>", STRANGER "</wsse:BinarySecurityToken>",
         HELD_REFUSED},
        {"white space in Security", F26, "</wsse:Security>", "\n\t </wsse:Security>", .verdict = ENS_ACCEPTED},
        {"a comment in the token", F26, "</wsse:BinarySecurityToken>", "<!-- x --></wsse:BinarySecurityToken>",
         .verdict = ENS_ACCEPTED},
    };
    FORMS(forms);
}

#define STAMP "<wsu:Timestamp><wsu:Created>2026-10-01T11:59:00Z</wsu:Created></wsu:Timestamp></wsse:Security>"

static void time_stamps(void)
{
    static const form forms[] = {
        {"a fresh time stamp", F26, "</wsse:Security>", STAMP, REFUSED("token.timestamp", "Timestamp")},
        {"a fresh time stamp that isn't signed, leniently", F26, "</wsse:Security>", STAMP, .verdict = ENS_REFUSED,
         .code = "EBMS:0103", .id = "token.timestamp", .outcome = ENS_WARN, .lenient = true},
    };
    FORMS(forms);
}

/* repeat_reference signs the Body so often that there are num references. */
static bool repeat_reference(ens_buf *m, unsigned num)
{
    char reference[1024];
    ens_slice text = ens_buf_slice(m);
    size_t from = ens__find(text, ENS_LIT("<ds:Reference URI=\"#body\">"), 0),
           to = ens__find(text, ENS_LIT("</ds:Reference>"), from) + sizeof "</ds:Reference>" - 1;
    snprintf(reference, sizeof reference, "%.*s</ds:SignedInfo>", (int)(to - from), (const char *)text.p + from);
    bool good = true;
    for (unsigned i = 3; i < num && good; i++) /* eb:Messaging, the Body and the document have theirs */
        good = fx_replace(m, "</ds:SignedInfo>", reference);
    return good;
}

static bool thirty(ens_buf *m)
{
    return repeat_reference(m, 30);
}

static bool one_more(ens_buf *m)
{
    return repeat_reference(m, 31);
}

static void number_of_references(void)
{
    static const form forms[] = {
        {"thirty references", "f26.mime", SEALED_SO, .edit = thirty, .verdict = ENS_REFUSED, .code = "EBMS:0103",
         .id = "coverage.body", .outcome = ENS_FAIL},
        {"one more", "f26.mime", SEALED_SO, .edit = one_more, REFUSED("algorithm.references", "30 are the limit")},
    };
    FORMS(forms);
}

/* our_own: the sealer writes nothing that any receiver is known to stumble over. */
static void our_own(void)
{
    static const char *const made[] = {"f26.mime", "f26-attachments.mime", "f32-v1.mime", "pull.xml"};
    ens_verifier *verifier = NULL;
    ens_report *report = ens_report_new();
    CU_ASSERT_FATAL(report && ens_verifier_new(&verifier, NULL) == ENS_OK);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        const form how = {.what = made[i], .of = made[i]};
        ens_message message = {0};
        ens_buf bytes;
        ens_buf_init(&bytes, NULL, 0, (size_t)1 << 20);
        ens__report_reset(report);
        if (form_make(&how, &bytes))
            form_verify(ens_buf_slice(&bytes), &how, &message, report, verifier);
        for (size_t k = 0; k < ens_report_num(report); k++)
            CHECK_ROW(ens_report_get(report, k)->outcome != ENS_WARN ||
                          strncmp(ens_report_get(report, k)->id, "token", 5) != 0,
                      "%s: %s", made[i], ens_report_get(report, k)->id);
        ens_buf_free(&bytes);
    }
    ens_verifier_free(verifier);
    ens_report_free(report);
}

static const ens_case cases[] = {
    {"enforces the Basic Security Profile as WSS4J does, and leniently warns", profile},
    {"warns of forms that some receivers fail on", forms_that_are_told},
    {"refuses text among the elements of a seal, and elements in its values", contents},
    {"refuses a time stamp", time_stamps},
    {"takes thirty references and no more", number_of_references},
    {"finds nothing to warn of in our own seals", our_own},
    {NULL, NULL},
};
ENS_SUITE("as4/forms_seal", cases)
