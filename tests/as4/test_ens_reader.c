#include "fixtures/payload.h"
#include "tests/as4/ens_judged.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

#define ADDRESS                                                                                                        \
    "<address><city>Metz</city><country>FR</country><street>Rue "                                                      \
    "Haute</street><postCode>57000</postCode><number>3</number></address>"
#define PARTY(more) more ADDRESS "<communication><identifier>a@b.example</identifier><type>EM</type></communication>"

static const char filing[] =
    "<IE3F25><LRN>L-1</LRN><documentIssueDate><DateTime>2026-09-30T10:14:00Z</DateTime></documentIssueDate>"
    "<specificCircumstanceIndicator>F25</specificCircumstanceIndicator>"
    "<addressedMemberState><country>FR</country></addressedMemberState>"
    "<representative>" PARTY("<name>R</name><identificationNumber>FR1</identificationNumber><status>2</"
                             "status>") "</representative>"
                                        "<previousDocument><identification>P1</identification></"
                                        "previousDocument>"
                                        "<consignmentMasterLevel><consignmentHouseLevel>"
                                        "<additionalInformation><code>10600</code></"
                                        "additionalInformation><additionalInformation><text>T</text></"
                                        "additionalInformation>"
                                        "<transportDocumentMasterLevel><documentNumber>M1</"
                                        "documentNumber><type>N741</type></transportDocumentMasterLevel>"
                                        "<carrier><identificationNumber>FR3</identificationNumber></carrier>"
                                        "<transportDocumentHouseLevel><documentNumber>H1</"
                                        "documentNumber><type>N703</type></transportDocumentHouseLevel>"
                                        "</consignmentHouseLevel></consignmentMasterLevel>"
                                        "<declarant>" PARTY("<name>D</name><identificationNumber>FR2</"
                                                            "identificationNumber>") "</declarant></IE3F25>";

static void accepts_a_document_that_keeps_the_tables(void)
{
    const ens_report *r = ens_judged_text(filing);
    CHECK_ROW(ens_report_verdict(r) == ENS_ACCEPTED, "%s", ens_judged_tell(r));
    CHECK_ROW(ens_judged_find(r, "ens.structure", ENS_PASS) != NULL, "no pass");
    CHECK_ROW(ens_judged_find(r, "ens.R3033", ENS_PASS) != NULL, "no pass of a rule");
    CHECK_ROW(ens_judged_find(r, "ens.R3003", ENS_SKIP) != NULL, "no skip of a rule");
}

/* Each edit makes one fault. */
static void tells_each_kind_of_fault_with_its_place(void)
{
    static const struct {
        const char *from, *to, *check, *pointer;
    } rows[] = {
        {"<LRN>L-1</LRN>", "", "ens.missing", "/IE3F25/LRN"},
        {"<LRN>L-1</LRN>", "<LRN>L-1</LRN><LRN>L-2</LRN>", "ens.occurrence", "/IE3F25/LRN[2]"},
        {"<LRN>L-1</LRN>", "<LRN/>", "ens.format", "/IE3F25/LRN"},
        {"<LRN>L-1</LRN>", "<LRN>12345678901234567890123</LRN>", "ens.format", "/IE3F25/LRN"},
        {"<LRN>L-1</LRN>", "<LRN n='1'>L-1</LRN>", "ens.attribute", "/IE3F25/LRN"},
        {"<LRN>L-1</LRN>", "<LRN><x/>L-1</LRN>", "ens.unknown", "/IE3F25/LRN/x"},
        {"<LRN>L-1</LRN>", "<LRN>L-1</LRN><MRN>26FR00000000000A20</MRN>", "ens.unknown", "/IE3F25/MRN"},
        {"<LRN>L-1</LRN>", "<LRN>L-1</LRN><o:LRN xmlns:o='urn:o'>L-1</o:LRN>", "ens.unknown", "/IE3F25/LRN"},
        {"<code>10600</code>", "<code>10601</code>", "ens.codelist",
         "/IE3F25/consignmentMasterLevel/consignmentHouseLevel/additionalInformation[1]/code"},
        {"<text>T</text>", "<text>T</text><code>10600</code>", "ens.order",
         "/IE3F25/consignmentMasterLevel/consignmentHouseLevel/additionalInformation[2]/code"},
        {"<text>T</text>", "<text>\xE6\xBC\xA2</text>", "ens.script",
         "/IE3F25/consignmentMasterLevel/consignmentHouseLevel/additionalInformation[2]/text"},
        {"<text>T</text>", "T", "ens.text",
         "/IE3F25/consignmentMasterLevel/consignmentHouseLevel/additionalInformation[2]"},
        {">F25<", ">F26<", "ens.circumstance", "/IE3F25/specificCircumstanceIndicator"},
        {"<status>2<", "<status>x<", "ens.format", "/IE3F25/representative/status"},
        {"T10:14:00Z", "T23:59:60Z", "ens.format", "/IE3F25/documentIssueDate/DateTime"},
        {"T10:14:00Z", "T24:00:01Z", "ens.format", "/IE3F25/documentIssueDate/DateTime"},
        {"T10:14:00Z", "t10:14:00Z", "ens.format", "/IE3F25/documentIssueDate/DateTime"},
        {"T10:14:00Z", "T10:14:00z", "ens.format", "/IE3F25/documentIssueDate/DateTime"},
        {"T10:14:00Z", "T10:14:00.5Z", "ens.format", "/IE3F25/documentIssueDate/DateTime"},
        {"10:14:00Z</DateTime>", "10:14:00Z</DateTime>x", "ens.text", "/IE3F25/documentIssueDate"},
        {"<documentIssueDate>", "<documentIssueDate currency='EUR'>", "ens.attribute", "/IE3F25/documentIssueDate"},
        {"2026-09-30T", "2026-09-31T", "ens.format", "/IE3F25/documentIssueDate/DateTime"},
        {"<DateTime>2026-09-30T10:14:00Z</DateTime>", "2026-09-30T10:14:00Z", "ens.text", "/IE3F25/documentIssueDate"},
        {"<identificationNumber>FR1<", "<identificationNumber>FR2<", "ens.R3033",
         "/IE3F25/representative/identificationNumber"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const ens_report *r = ens_judged_edit(filing, rows[i].from, rows[i].to);
        const ens_finding *f = r ? ens_judged_find(r, rows[i].check, ENS_FAIL) : NULL;
        CHECK_ROW(f && f->xpath && strcmp(f->xpath, rows[i].pointer) == 0, "%s: %s", rows[i].to,
                  r ? ens_judged_tell(r) : "no edit");
        CHECK_ROW(f && f->hint && f->seen && f->rule && f->basis, "%s: a finding that explains nothing", rows[i].to);
        CHECK_ROW(f && f->code && strcmp(f->code, "IE3N99") == 0, "%s: no reply", rows[i].to);
    }
}

static void accepts_what_is_right_beside_a_fault(void)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"<LRN>L-1</LRN>", "<LRN>1234567890123456789012</LRN>"},
        {"<LRN>L-1</LRN>",
         "<LRN>\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9</LRN>"},
        {"<LRN>L-1</LRN>", "<!-- a --><LRN>L<![CDATA[-]]>1</LRN> "},
        {"specificCircumstanceIndicator>F25</specificC", "SpecificCircumstanceIndicator>F25</SpecificC"},
        {"10:14:00Z", "10:14:00+02:00"},
        {"10:14:00Z", "24:00:00Z"},
        {"<country>FR</country></addressed", "<country>NO</country></addressed"},
        {"<text>T</text>", "<text>\xCE\xB1\xD0\x96\xE2\x82\xAC &amp; \xC5\x81</text>"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const ens_report *r = ens_judged_edit(filing, rows[i].from, rows[i].to);
        CHECK_ROW(r && ens_report_verdict(r) == ENS_ACCEPTED, "%s: %s", rows[i].to, r ? ens_judged_tell(r) : "no edit");
    }
}

/* Where the tables leave open whether a text stands in place of the elements, it is written as one of them would be. */
static void judges_a_text_in_place_of_elements(void)
{
#define ARRIVAL(inside) "<estimatedDateAndTimeOfArrival" inside "</estimatedDateAndTimeOfArrival>"
#define VALUE(inside) "<postalValue" inside "</postalValue>"
    static const struct {
        const char *message, *body, *check;
        ens_outcome outcome;
    } rows[] = {
        {"IE3N06", ARRIVAL("><DateTime>2026-10-01T10:00:00Z</DateTime>"), "ens.text", ENS_PASS},
        {"IE3N06", ARRIVAL(">2026-10-01T10:00:00Z"), "ens.text", ENS_WARN},
        {"IE3N06", ARRIVAL(">\n2026-10-01T10:00:00Z\n"), "ens.text", ENS_WARN},
        {"IE3N06", ARRIVAL(">tomorrow"), "ens.format", ENS_FAIL},
        {"IE3N06", ARRIVAL(">x<DateTime>2026-10-01T10:00:00Z</DateTime>"), "ens.text", ENS_FAIL},
        {"IE3N06", ARRIVAL("><DateTime>2026-10-01T10:00:00Z</DateTime>x"), "ens.text", ENS_FAIL},
        {"IE3N06", ARRIVAL(" currency='EUR'><DateTime>2026-10-01T10:00:00Z</DateTime>"), "ens.attribute", ENS_FAIL},
        {"IE3F43", VALUE("><value>12.5</value><currency>EUR</currency>"), "ens.text", ENS_PASS},
        {"IE3F43", VALUE(" currency='EUR'>12.5"), "ens.attribute", ENS_WARN},
        {"IE3F43", VALUE(" currency='EUR'>12,5"), "ens.format", ENS_FAIL},
        {"IE3F43", VALUE(" unit='EUR'>12.5"), "ens.attribute", ENS_FAIL},
        {"IE3F43", VALUE(" xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='true'>"), "ens.attribute",
         ENS_FAIL},
        {"IE3F43", VALUE("><value>12.5</value>x<currency>EUR</currency>"), "ens.text", ENS_FAIL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        bool arrival = strcmp(rows[i].message, "IE3N06") == 0;
        snprintf(
            text, sizeof text, "<%s>%s%s%s</%s>", rows[i].message,
            arrival ? "<activeBorderTransportMeans>" : "<consignmentMasterLevel><consignmentHouseLevel><goodsItem>",
            rows[i].body,
            arrival ? "</activeBorderTransportMeans>" : "</goodsItem></consignmentHouseLevel></consignmentMasterLevel>",
            rows[i].message);
        const ens_report *r = ens_judged_text(text);
        bool told = ens_judged_find(r, rows[i].check, rows[i].outcome) != NULL;
        bool quiet = !ens_judged_find(r, rows[i].check, ENS_FAIL) && !ens_judged_find(r, rows[i].check, ENS_WARN);
        CHECK_ROW(rows[i].outcome == ENS_PASS ? quiet : told, "%s: %s", rows[i].body, ens_judged_tell(r));
    }
}

static void tells_every_fault_and_not_the_first_alone(void)
{
    const ens_report *r = ens_judged_text("<IE3Q04><x/><MRN>1</MRN><declarant/></IE3Q04>");
    CHECK_ROW(ens_judged_faults(r) == 5, "%s", ens_judged_tell(r)); /* x, date, MRN, identificationNumber, R3034 */
}

static void leaves_undecided_what_is_newer_than_the_tables(void)
{
    const ens_report *r = ens_judged_text("<IE3F56><LRN>1</LRN></IE3F56>");
    CHECK_ROW(ens_report_verdict(r) == ENS_UNDECIDED, "%s", ens_judged_tell(r));
}

static void warns_alone_under_version_1(void)
{
    const ens_report *r = ens_judged_text("<IE3F25 xmlns='urn:wco:datamodel:WCO:CIS:1'><LRN>1</LRN><x/></IE3F25>");
    CHECK_ROW(ens_report_verdict(r) == ENS_ACCEPTED && ens_judged_find(r, "ens.unknown", ENS_WARN), "%s",
              ens_judged_tell(r));
}

static void tells_no_more_than_a_bound_of_faults(void)
{
    char text[40000] = "<IE3Q04>";
    size_t len = strlen(text);
    for (unsigned i = 0; i < 5000; i++, len += 4)
        memcpy(text + len, "<x/>", 5);
    memcpy(text + len, "</IE3Q04>", 10);
    const ens_report *r = ens_judged_text(text);
    CHECK_ROW(r->arena.used < 200000, "%zu bytes for what is not told", r->arena.used);
    CHECK_ROW(ens_report_verdict(r) == ENS_REFUSED && ens_judged_find(r, "ens.more", ENS_WARN), "%u",
              ens_judged_faults(r));
}

/* A memory that knows one LRN. */
static void remember(void *user, ens_ruling *r, uint16_t rule, uint32_t node)
{
    if (rule == ENS_RULE_R3003 && ens_is(ens__doc_text(ens__ruling_doc(r), node), user))
        ens__rule_fail(r, node, ENS_EL_NONE, "give the filing an LRN of its own", "the LRN was used before");
    else if (rule == ENS_RULE_R3003)
        ens__rule_pass(r);
}

static void asks_who_remembers_filings(void)
{
    char known[] = "L-1", other[] = "L-2";
    ens_judged_store(remember, known);
    const ens_report *r = ens_judged_text(filing);
    const ens_finding *f = ens_judged_find(r, "ens.R3003", ENS_FAIL);
    CHECK_ROW(f && strcmp(f->xpath, "/IE3F25/LRN") == 0, "%s", ens_judged_tell(r));
    ens_judged_store(remember, other);
    CU_ASSERT_PTR_NOT_NULL(ens_judged_find(ens_judged_text(filing), "ens.R3003", ENS_PASS));
    ens_judged_store(NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(ens_judged_find(ens_judged_text(filing), "ens.R3003", ENS_SKIP));
}

/* long_document has so many house consignments that what has ended is dropped. */
static const char *long_document(void)
{
    static ens_buf text;
    ens_buf_free(&text);
    ens_buf_init(&text, NULL, 0, (size_t)4 << 20);
    fx_document_write(&(fx_document){.action = "IE3F26", .size = (size_t)1 << 20}, &text);
    ens_buf_add(&text, "", 1);
    return (const char *)text.p;
}

static void judges_a_long_document_as_a_short_one(void)
{
    char commodity[256];
    const char *text = strstr(long_document(), "<goodsItemNumber>500<"),
               *at = strstr(text ? text : "", "<commodityCode>");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(commodity, sizeof commodity, "%.*s", (int)(strstr(at, "</commodityCode>") + 16 - at), at);
    const struct {
        const char *from, *to, *check;
    } rows[] = {
        {"<goodsItemNumber>1000</goodsItemNumber>", "<goodsItemNumber>1001</goodsItemNumber>", "ens.R3017"},
        {commodity, "", "ens.C3025"},
        {"<containerIndicator>0</containerIndicator>", "<containerIndicator>1</containerIndicator>", "ens.C3014"},
    };
    const ens_report *r = ens_judged_text(long_document());
    CHECK_ROW(ens_report_verdict(r) == ENS_ACCEPTED, "%s", ens_judged_tell(r));
    CHECK_ROW(ens_judged_find(r, "ens.R3017", ENS_PASS) && ens_judged_find(r, "ens.C3025", ENS_PASS), "no rules");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        r = ens_judged_edit(long_document(), rows[i].from, rows[i].to);
        CHECK_ROW(r && ens_judged_find(r, rows[i].check, ENS_FAIL) && ens_judged_faults(r) == 1, "%s: %s",
                  rows[i].check, r ? ens_judged_tell(r) : "no edit");
    }
}

static const ens_case cases[] = {
    {"accepts a document that keeps the tables", accepts_a_document_that_keeps_the_tables},
    {"tells each kind of fault with its place", tells_each_kind_of_fault_with_its_place},
    {"accepts what is right beside a fault", accepts_what_is_right_beside_a_fault},
    {"judges a text in place of elements", judges_a_text_in_place_of_elements},
    {"tells every fault and not the first alone", tells_every_fault_and_not_the_first_alone},
    {"leaves undecided what is newer than the tables", leaves_undecided_what_is_newer_than_the_tables},
    {"warns alone under version 1", warns_alone_under_version_1},
    {"tells no more than a bound of faults", tells_no_more_than_a_bound_of_faults},
    {"asks who remembers filings", asks_who_remembers_filings},
    {"judges a long document as a short one", judges_a_long_document_as_a_short_one},
    {NULL, NULL},
};
ENS_SUITE("as4/ens/reader", cases)
