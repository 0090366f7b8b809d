/* Envelope and ebMS header as SOAP 1.2 and the schema have them, and in other forms. */
#include "fixtures/reseal.h"
#include "tests/as4/form.h"
#include "tests/suite.h"

#include <stdio.h>

#define XSI " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
#define SCHEMA_REFUSES .verdict = ENS_REFUSED, .code = "EBMS:0009", .id = "header.schema", .outcome = ENS_FAIL
#define F26 "f26.mime", SEALED_SO

static void infoset(void)
{
    static const form forms[] = {
        {"an instruction in the Body", F26, "wsu:Id=\"body\">", "wsu:Id=\"body\"><?x y?>", .verdict = ENS_REFUSED,
         .code = "EBMS:0009", .id = "soap.instructions", .outcome = ENS_FAIL},
        {"an instruction in a party id", F26, ">FR73282932000074<", ">FR73282932000074<?x y?><", .verdict = ENS_REFUSED,
         .code = "EBMS:0009", .id = "soap.instructions", .outcome = ENS_FAIL},
        {"an instruction in front of the envelope", F26, "<env:Envelope ", "<?x y?><env:Envelope ",
         .verdict = ENS_REFUSED, .code = "EBMS:0009", .id = "soap.instructions", .outcome = ENS_FAIL},
        {"an instruction behind the envelope", F26, "</env:Envelope>", "</env:Envelope><?x?>", .verdict = ENS_REFUSED,
         .code = "EBMS:0009", .id = "soap.instructions", .outcome = ENS_FAIL},
        {"an XML declaration is no instruction", F26, "<env:Envelope ", "<?xml version=\"1.0\"?><env:Envelope ",
         .verdict = ENS_ACCEPTED, .id = "soap.content", .outcome = ENS_PASS},
        {"a comment between blocks", F26, "<env:Header>", "<env:Header><!-- here -->", .verdict = ENS_ACCEPTED},
        {"text in the Body", F26, "wsu:Id=\"body\">", "wsu:Id=\"body\">words", .verdict = ENS_REFUSED,
         .code = "EBMS:0009", .id = "soap.content", .outcome = ENS_FAIL},
        {"text in the Body, as a character reference", F26, "<env:Header>", "<env:Header>&#x41;",
         .verdict = ENS_REFUSED, .code = "EBMS:0009", .id = "soap.content", .outcome = ENS_FAIL},
        {"text beside the Body", F26, "</env:Envelope>", "x</env:Envelope>", .verdict = ENS_REFUSED,
         .code = "EBMS:0009", .id = "soap.content", .outcome = ENS_FAIL, .says = "Envelope"},
        {"white space among the blocks", F26, "<env:Header>", "<env:Header>\n \t", .verdict = ENS_ACCEPTED},
        {"an attribute on the Header", F26, "<env:Header>", "<env:Header foo=\"x\">", .verdict = ENS_REFUSED,
         .code = "EBMS:0009", .id = "soap.content", .outcome = ENS_FAIL, .says = "foo"},
        {"an encoding style on the Header", F26, "<env:Header>", "<env:Header env:encodingStyle=\"urn:x\">",
         .verdict = ENS_REFUSED, .code = "EBMS:0009", .id = "soap.content", .outcome = ENS_FAIL},
        {"an attribute of another namespace on the Header", F26, "<env:Header>",
         "<env:Header xmlns:x=\"urn:x\" x:y=\"z\">", .verdict = ENS_ACCEPTED},
        {"a header block without a namespace", F26, "<env:Header>", "<env:Header><x/>", .verdict = ENS_REFUSED,
         .code = "EBMS:0009", .id = "soap.content", .outcome = ENS_FAIL},
    };
    FORMS(forms);
}

#define ROLE " env:role=\"http://www.w3.org/2003/05/soap-envelope/role/"
#define MESSAGING_FOR " env:mustUnderstand=\"true\""
#define MESSAGING MESSAGING_FOR "><eb:UserMessage>"
#define MUST "<x:y xmlns:x=\"urn:x\" env:mustUnderstand=\"1\""

/* Whom a header block is for, and what its receiver has to understand. */
static void roles(void)
{
    static const form forms[] = {
        {"Messaging for the role next, which all play", F26, MESSAGING, MESSAGING_FOR ROLE "next\"><eb:UserMessage>",
         .verdict = ENS_ACCEPTED},
        {"Messaging for the last receiver", F26, MESSAGING, MESSAGING_FOR ROLE "ultimateReceiver\"><eb:UserMessage>",
         .verdict = ENS_ACCEPTED},
        {"Messaging for nobody", F26, MESSAGING, MESSAGING_FOR ROLE "none\"><eb:UserMessage>", .verdict = ENS_REFUSED,
         .code = "EBMS:0009", .id = "header.messaging", .outcome = ENS_FAIL, .says = "role"},
        {"Messaging for somebody else", F26, MESSAGING, MESSAGING_FOR " env:role=\"urn:x\"><eb:UserMessage>",
         .verdict = ENS_REFUSED, .code = "EBMS:0009", .id = "header.messaging", .outcome = ENS_FAIL},
        {"a block to understand for the role next", F26, "<eb:Messaging", MUST ROLE "next\"/><eb:Messaging",
         .verdict = ENS_REFUSED, .code = "EBMS:0009", .id = "soap.must-understand", .outcome = ENS_FAIL},
        {"a block to understand for somebody else", F26, "<eb:Messaging", MUST ROLE "none\"/><eb:Messaging",
         .verdict = ENS_ACCEPTED},
        {"a block to understand, with blanks", F26, "<eb:Messaging",
         "<x:y xmlns:x=\"urn:x\" env:mustUnderstand=\" true \"/><eb:Messaging", .verdict = ENS_REFUSED,
         .code = "EBMS:0009", .id = "soap.must-understand", .outcome = ENS_FAIL},
        {"a Security block that perhaps is to be understood", F26,
         "env:mustUnderstand=\"true\"><wsse:BinarySecurityToken",
         "env:mustUnderstand=\"maybe\"><wsse:BinarySecurityToken", .verdict = ENS_REFUSED, .code = "EBMS:0009",
         .id = "soap.content", .outcome = ENS_FAIL, .says = "maybe"},
        {"a block that is relayed or not", F26, "<eb:Messaging", "<x:y xmlns:x=\"urn:x\" env:relay=\"\"/><eb:Messaging",
         .verdict = ENS_REFUSED, .code = "EBMS:0009", .id = "soap.content", .outcome = ENS_FAIL, .says = "relay"},
        {"XML 1.1", F26, "<env:Envelope ", "<?xml version=\"1.1\"?><env:Envelope ", .verdict = ENS_REFUSED,
         .code = "EBMS:0009", .id = "soap.well-formed", .outcome = ENS_FAIL, .says = "XML 1.0"},
        {"US-ASCII by its declaration, UTF-8 by its label", F26, "<env:Envelope ",
         "<?xml version=\"1.0\" encoding=\"us-ascii\"?><env:Envelope ", .verdict = ENS_REFUSED, .code = "EBMS:0007",
         .id = "mime.charset", .outcome = ENS_FAIL, .says = "US-ASCII"},
        {"US-ASCII by its declaration, without a label", F26, "<env:Envelope ",
         "<?xml version=\"1.0\" encoding=\"US-ASCII\"?><env:Envelope ", "; charset=UTF-8", "", .verdict = ENS_ACCEPTED},
    };
    FORMS(forms);
}

#define ID_WARNED .verdict = ENS_ACCEPTED, .id = "rules.message-id", .outcome = ENS_WARN
#define ID_GOOD .verdict = ENS_ACCEPTED, .id = "rules.message-id", .outcome = ENS_PASS

/* put_id gives the message another id. */
static bool put_id(ens_buf *m, const char *id)
{
    size_t from, to;
    return ens__text_between(ens_buf_slice(m), "<eb:MessageId>", "</eb:MessageId>", &from, &to) &&
           fx_splice(m, from + sizeof "<eb:MessageId>" - 1, to - sizeof "</eb:MessageId>" + 1, ens_str(id));
}

#define ID(name, text)                                                                                                 \
    static bool name(ens_buf *m)                                                                                       \
    {                                                                                                                  \
        return put_id(m, text);                                                                                        \
    }
ID(with_colon, "a:b@c.example")
ID(with_comma, "a@b,c")
ID(with_two_dots, "a..b@c.example")
ID(with_last_dot, "a@b.")
ID(with_backslash, "a\\b@c.example")
ID(with_signs, "a!#$%'*+-/=?^_`{|}~b@c.example")
ID(with_address, "a@[192.0.2.1]")

static void message_ids(void)
{
    static const form forms[] = {
        {"a colon", "f26.mime", SEALED_SO, .edit = with_colon, ID_WARNED},
        {"a comma", "f26.mime", SEALED_SO, .edit = with_comma, ID_WARNED},
        {"two dots", "f26.mime", SEALED_SO, .edit = with_two_dots, ID_WARNED},
        {"a dot at the end", "f26.mime", SEALED_SO, .edit = with_last_dot, ID_WARNED},
        {"a backslash", "f26.mime", SEALED_SO, .edit = with_backslash, ID_WARNED},
        {"all signs that an atom may have", "f26.mime", SEALED_SO, .edit = with_signs, ID_GOOD},
        {"an address for a domain", "f26.mime", SEALED_SO, .edit = with_address, ID_GOOD},
    };
    FORMS(forms);
}

static void content(void)
{
    static const form forms[] = {
        {"an element in MessageId", F26, "@ap.trader.example</eb:MessageId>",
         "@ap.trader.example<eb:X></eb:X></eb:MessageId>", SCHEMA_REFUSES},
        {"an element in PartyId", F26, ">FR73282932000074<", ">FR73282932000074<x:y xmlns:x=\"urn:x\"></x:y><",
         SCHEMA_REFUSES, .says = "PartyId"},
        {"an element in ConversationId", F26, "<eb:ConversationId>1", "<eb:ConversationId>1<eb:X></eb:X>",
         SCHEMA_REFUSES},
        {"text between elements", F26, "<eb:PartyInfo>", "words<eb:PartyInfo>", SCHEMA_REFUSES, .says = "UserMessage"},
        {"text in Messaging", F26, "<eb:UserMessage>", "words<eb:UserMessage>", SCHEMA_REFUSES},
        {"white space between elements", F26, "<eb:PartyInfo>", "\n <eb:PartyInfo>\n", .verdict = ENS_ACCEPTED},
        {"an empty role", F26, "<eb:Role>Trader<", "<eb:Role><", .verdict = ENS_REFUSED, .code = "EBMS:0009"},
        {"text in an element that is empty", F26, "<eb:PartProperties>",
         "<eb:Schema location=\"urn:x\"> </eb:Schema><eb:PartProperties>", SCHEMA_REFUSES, .says = "Schema"},
        {"a schema in its place", F26, "<eb:PartProperties>",
         "<eb:Schema location=\"urn:x\"></eb:Schema><eb:PartProperties>", .verdict = ENS_ACCEPTED},
    };
    FORMS(forms);
}

static void attributes(void)
{
    static const form forms[] = {
        {"an attribute on UserMessage", F26, "<eb:UserMessage>", "<eb:UserMessage foo=\"x\">", SCHEMA_REFUSES,
         .says = "foo"},
        {"an id on UserMessage", F26, "<eb:UserMessage>", "<eb:UserMessage wsu:Id=\"x\">", SCHEMA_REFUSES},
        {"an attribute on Role", F26, "<eb:Role>Trader", "<eb:Role type=\"x\">Trader", SCHEMA_REFUSES},
        {"an attribute of another namespace on Messaging", F26, " env:mustUnderstand=\"true\"><eb:UserMessage>",
         " env:mustUnderstand=\"true\" xml:lang=\"en\"><eb:UserMessage>", .verdict = ENS_ACCEPTED},
        {"an attribute of our namespace on Messaging", F26, " wsu:Id=\"messaging\"", " eb:x=\"y\" wsu:Id=\"messaging\"",
         SCHEMA_REFUSES},
        {"an id that is no name", F26, "<eb:Messaging ", "<eb:Messaging id=\"1 2\" ", SCHEMA_REFUSES, .says = "id"},
        {"a type that the element has", F26, "<eb:PartyInfo>", "<eb:PartyInfo" XSI " xsi:type=\"eb:PartyInfo\">",
         .verdict = ENS_ACCEPTED},
        {"a type that the element has not", F26, "<eb:PartyInfo>", "<eb:PartyInfo" XSI " xsi:type=\"eb:Receipt\">",
         SCHEMA_REFUSES},
        {"an element that is nil", F26, "<eb:Role>Trader", "<eb:Role" XSI " xsi:nil=\"false\">Trader", SCHEMA_REFUSES},
        {"a hint for a schema", F26, "<eb:UserMessage>", "<eb:UserMessage" XSI " xsi:schemaLocation=\"urn:x x.xsd\">",
         .verdict = ENS_ACCEPTED},
    };
    FORMS(forms);
}

static void properties(void)
{
#define MESSAGE_PROPERTIES(inside)                                                                                     \
    "f26.mime", SEALED_SO, "<eb:PayloadInfo>", "<eb:MessageProperties>" inside "</eb:MessageProperties><eb:PayloadInfo>"
    static const form forms[] = {
        {"a message property", MESSAGE_PROPERTIES("<eb:Property name=\"x\">y</eb:Property>"), .verdict = ENS_ACCEPTED},
        {"a message property with a type", MESSAGE_PROPERTIES("<eb:Property name=\"x\" type=\"t\">y</eb:Property>"),
         .verdict = ENS_ACCEPTED},
        {"message properties without any", MESSAGE_PROPERTIES(""), SCHEMA_REFUSES},
        {"a message property without a name", MESSAGE_PROPERTIES("<eb:Property>y</eb:Property>"), SCHEMA_REFUSES},
        {"a message property without a value", MESSAGE_PROPERTIES("<eb:Property name=\"x\"></eb:Property>"),
         SCHEMA_REFUSES},
        {"something else among message properties",
         MESSAGE_PROPERTIES("<eb:Property name=\"x\">y</eb:Property><x:y xmlns:x=\"urn:x\"></x:y>"), SCHEMA_REFUSES},
        {"something else among part properties", F26, "</eb:PartProperties>",
         "<x:y xmlns:x=\"urn:x\"></x:y></eb:PartProperties>", SCHEMA_REFUSES},
        {"a part's description without a language", F26, "<eb:PartProperties>",
         "<eb:Description>doc</eb:Description><eb:PartProperties>", SCHEMA_REFUSES, .says = "lang"},
        {"a part's description", F26, "<eb:PartProperties>",
         "<eb:Description xml:lang=\"de-AT\">doc</eb:Description><eb:PartProperties>", .verdict = ENS_ACCEPTED},
        {"a description in no language", F26, "<eb:PartProperties>",
         "<eb:Description xml:lang=\"12\">doc</eb:Description><eb:PartProperties>", SCHEMA_REFUSES},
        {"MimeType twice", F26, "</eb:PartProperties>",
         "<eb:Property name=\"MimeType\">application/xml</eb:Property></eb:PartProperties>", .verdict = ENS_REFUSED,
         .code = "EBMS:0009", .id = "header.property", .outcome = ENS_FAIL},
        {"MimeType twice, in two spellings", F26, "</eb:PartProperties>",
         "<eb:Property name=\"mimetype\">application/pdf</eb:Property></eb:PartProperties>", .verdict = ENS_REFUSED,
         .code = "EBMS:0009", .id = "header.property", .outcome = ENS_FAIL},
        {"MimeType in small letters", F26, "name=\"MimeType\"", "name=\"mimetype\"", .verdict = ENS_REFUSED,
         .code = "EBMS:0003", .id = "rules.part", .outcome = ENS_FAIL, .says = "mimetype"},
        {"MimeType in small letters, leniently", F26, "name=\"MimeType\"", "name=\"mimetype\"", .verdict = ENS_ACCEPTED,
         .id = "rules.part", .outcome = ENS_WARN, .says = "mimetype", .lenient = true},
    };
    FORMS(forms);
}

static bool many_properties(ens_buf *m)
{
    char text[96];
    bool good = true;
    for (unsigned i = 0; i < 40 && good; i++) {
        snprintf(text, sizeof text, "<eb:Property name=\"p%u\">v</eb:Property><eb:Property name=\"MimeType\"", i);
        good = fx_replace(m, "<eb:Property name=\"MimeType\"", text);
    }
    return good;
}

static void wildcards(void)
{
    static const form forms[] = {
        {"another namespace behind the user message", F26, "</eb:Messaging>",
         "<x:y xmlns:x=\"urn:x\">words</x:y></eb:Messaging>", .verdict = ENS_ACCEPTED},
        {"another namespace in front of the user message", F26, "<eb:UserMessage>",
         "<x:y xmlns:x=\"urn:x\"></x:y><eb:UserMessage>", SCHEMA_REFUSES},
        {"no namespace behind the user message", F26, "</eb:Messaging>", "<y xmlns=\"\"></y></eb:Messaging>",
         .verdict = ENS_REFUSED},
        {"another namespace in the user message", F26, "</eb:UserMessage>",
         "<x:y xmlns:x=\"urn:x\"></x:y></eb:UserMessage>", SCHEMA_REFUSES},
        {"our namespace behind the user message", F26, "</eb:Messaging>", "<eb:Extra></eb:Extra></eb:Messaging>",
         SCHEMA_REFUSES},
        {"forty part properties", "f26.mime", SEALED_SO, .edit = many_properties, .verdict = ENS_ACCEPTED},
        {"another namespace behind a receipt", "receipt-f26.xml", SEALED_SO, "</eb:SignalMessage>",
         "<x:y xmlns:x=\"urn:x\"></x:y></eb:SignalMessage>", .verdict = ENS_ACCEPTED, .receipt_for = "f26.mime"},
        {"a pull request with another attribute", "pull.xml", SEALED_SO, "<eb:PullRequest ",
         "<eb:PullRequest foo=\"x\" ", SCHEMA_REFUSES},
        {"a pull request with an attribute of another namespace", "pull.xml", SEALED_SO,
         "<eb:PullRequest mpc=", "<eb:PullRequest xmlns:x=\"urn:x\" mpc=", .find2 = "\"></eb:PullRequest>",
         .replace2 = "\" x:y=\"z\"></eb:PullRequest>", .verdict = ENS_ACCEPTED},
        {"text in a pull request", "pull.xml", SEALED_SO, "</eb:PullRequest>", "x</eb:PullRequest>", SCHEMA_REFUSES},
    };
    FORMS(forms);
}

static const ens_case cases[] = {
    {"lets elements and white space alone into Envelope, Header and Body, and no instruction anywhere", infoset},
    {"knows whom a header block is for, and what has to be understood", roles},
    {"warns of what no msg-id has", message_ids},
    {"wants values where values belong and elements where elements belong", content},
    {"knows which attributes stand where", attributes},
    {"judges the properties of message and part", properties},
    {"lets stand what the schema's wildcards allow, and nothing where it has none", wildcards},
    {NULL, NULL},
};
ENS_SUITE("as4/forms_header", cases)
