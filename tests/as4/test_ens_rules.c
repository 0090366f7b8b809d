/* Each rule with a payload that keeps it and one that breaks it, and where the break is told. The payloads hold what
 * the rule looks at and nothing else: what the tables miss in them is not asked here. */
#include "tests/as4/ens_judged.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MASTER(more) "<consignmentMasterLevel>" more "</consignmentMasterLevel>"
#define HOUSE(more) MASTER("<consignmentHouseLevel>" more "</consignmentHouseLevel>")
#define MEANS(more) "<activeBorderTransportMeans>" more "</activeBorderTransportMeans>"
#define ROUTE(number, country)                                                                                         \
    "<countriesOfRoutingOfMeansOfTransport><sequenceNumber>" number "</sequenceNumber><country>" country               \
    "</country></countriesOfRoutingOfMeansOfTransport>"
#define VIA(country)                                                                                                   \
    "<countriesOfRoutingOfConsignment><sequenceNumber>1</sequenceNumber><country>" country                             \
    "</country></countriesOfRoutingOfConsignment>"
#define PLACE(name, code) "<" name "><UNLOCODE>" code "</UNLOCODE></" name ">"
#define ITEM(number, more) "<goodsItem><goodsItemNumber>" number "</goodsItemNumber>" more "</goodsItem>"
#define CODE(code) "<additionalInformation><code>" code "</code></additionalInformation>"
#define NATURAL "<consignee><typeOfPerson>1</typeOfPerson></consignee>"
#define COMPANY "<consignor><typeOfPerson>2</typeOfPerson></consignor>"
#define DATE(name, date) "<" name "><DateTime>" date "</DateTime></" name ">"
#define BOX                                                                                                            \
    "<transportEquipment><containerIdentificationNumber>CSQU3054383</containerIdentificationNumber></"                 \
    "transportEquipment>"
#define SEALED(more) "<transportEquipment>" more "</transportEquipment>"
#define SEAL "<seal><identifier>S1</identifier></seal>"
#define DOCUMENT(number)                                                                                               \
    "<consignmentHouseLevel><transportDocumentHouseLevel><documentNumber>" number                                      \
    "</documentNumber><type>N720</type></transportDocumentHouseLevel></consignmentHouseLevel>"
#define PACKED(more) "<packaging>" more "<typeOfPackages>CT</typeOfPackages></packaging>"
#define LOCATED(name) "<" name "><location>Metz</location><address><country>FR</country></address></" name ">"

#define IN_MASTER "/consignmentMasterLevel"
#define IN_HOUSE IN_MASTER "/consignmentHouseLevel"
#define IN_MEANS "/activeBorderTransportMeans"

static const struct {
    const char *rule, *message, *good, *bad, *pointer;
} rows[] = {
    {"R3002", "IE3F11", "<declarant><address><poBox>7</poBox></address></declarant>",
     "<declarant><address><street>Rue</street></address></declarant>", "/declarant/address/number"},
    {"R3002", "IE3F11", "<declarant><address><street>Rue</street><number>3</number></address></declarant>",
     "<declarant><address><city>Metz</city></address></declarant>", "/declarant/address/street"},
    {"R3004", "IE3A11", "<MRN>26FR12345678901AT7</MRN>", "<MRN>26FR12345678901at7</MRN>", "/MRN"},
    {"R3005", "IE3F11", "<declarant><identificationNumber>FR73282932000074</identificationNumber></declarant>",
     "<declarant><identificationNumber>F7</identificationNumber></declarant>", "/declarant/identificationNumber"},
    {"R3006", "IE3F11",
     "<declarant><communication><identifier>+33 140246510</identifier><type>TE</type></communication></declarant>",
     "<declarant><communication><identifier>0140246510</identifier><type>TE</type></communication></declarant>",
     "/declarant/communication/identifier"},
    {"R3007", "IE3F27", MEANS("<conveyanceReferenceNumber>AF1</conveyanceReferenceNumber>"),
     MEANS("<identificationNumber>X</identificationNumber>"), IN_MEANS "/typeOfIdentification"},
    {"R3008", "IE3F51",
     HOUSE(ITEM(
         "1",
         "<passiveBorderTransportMeans><identificationNumber>1</identificationNumber></passiveBorderTransportMeans>")),
     HOUSE(ITEM("1", "")), IN_HOUSE "/passiveBorderTransportMeans"},
    {"R3009", "IE3F11",
     MEANS("<identificationNumber>IMO9074729</identificationNumber><typeOfIdentification>10</typeOfIdentification>"),
     MEANS("<identificationNumber>IMO9074728</identificationNumber><typeOfIdentification>10</typeOfIdentification>"),
     IN_MEANS "/identificationNumber"},
    {"R3010", "IE3F11",
     MEANS("<identificationNumber>02325432</identificationNumber><typeOfIdentification>80</typeOfIdentification>"),
     MEANS("<identificationNumber>2325432</identificationNumber><typeOfIdentification>80</typeOfIdentification>"),
     IN_MEANS "/identificationNumber"},
    {"R3011", "IE3F11", MEANS("<typeOfIdentification>10</typeOfIdentification><modeOfTransport>1</modeOfTransport>"),
     MEANS("<typeOfIdentification>80</typeOfIdentification><modeOfTransport>1</modeOfTransport>"),
     IN_MEANS "/typeOfIdentification"},
    {"R3012", "IE3F11", MEANS("<typeOfIdentification>80</typeOfIdentification><modeOfTransport>8</modeOfTransport>"),
     MEANS("<typeOfIdentification>10</typeOfIdentification><ModeOfTransport>8</ModeOfTransport>"),
     IN_MEANS "/typeOfIdentification"},
    {"R3013", "IE3F11", MEANS(ROUTE("2", "FR") ROUTE("1", "US")) MASTER(PLACE("placeOfLoading", "USNYC")),
     MEANS(ROUTE("1", "FR") ROUTE("2", "US")) MASTER(PLACE("placeOfLoading", "USNYC")),
     IN_MEANS "/countriesOfRoutingOfMeansOfTransport[1]/country"},
    {"R3014", "IE3F11", MEANS(ROUTE("2", "FR") ROUTE("1", "US")) MASTER(LOCATED("placeOfUnloading")),
     MEANS(ROUTE("1", "FR") ROUTE("2", "US")) MASTER(LOCATED("placeOfUnloading")),
     IN_MEANS "/countriesOfRoutingOfMeansOfTransport[2]/country"},
    {"R3016", "IE3F12", MASTER(ITEM("1", "") ITEM("2", "")), MASTER(ITEM("1", "") ITEM("1", "")),
     IN_MASTER "/goodsItem[2]/goodsItemNumber"},
    {"R3017", "IE3F26", HOUSE(ITEM("1", "") ITEM("2", "")), HOUSE(ITEM("1", "") ITEM("3", "")),
     IN_HOUSE "/goodsItem[2]/goodsItemNumber"},
    {"R3018", "IE3F11",
     MEANS(ROUTE("1", "US") ROUTE(
         "2",
         "BE")) "<customsOfficeOfFirstEntry><referenceNumber>BE000001</referenceNumber></customsOfficeOfFirstEntry>",
     MEANS(ROUTE("1", "US") ROUTE(
         "2",
         "BE")) "<customsOfficeOfFirstEntry><referenceNumber>FR000001</referenceNumber></customsOfficeOfFirstEntry>",
     "/customsOfficeOfFirstEntry/referenceNumber"},
    {"R3020", "IE3F12", MASTER(ITEM("1", "<commodity><cusCode>0010001-6</cusCode></commodity>")),
     MASTER(ITEM("1", "<commodity><cusCode>001000106</cusCode></commodity>")),
     IN_MASTER "/goodsItem/commodity/cusCode"},
    {"R3021", "IE3F11", MASTER(BOX),
     MASTER(SEALED("<containerIdentificationNumber>CSQ03054383</containerIdentificationNumber>")),
     IN_MASTER "/transportEquipment/containerIdentificationNumber"},
    {"R3022", "IE3F26", HOUSE(VIA("US") VIA("BE") PLACE("placeOfDelivery", "BEANR")),
     HOUSE(VIA("US") VIA("FR") PLACE("placeOfDelivery", "BEANR")), IN_HOUSE "/countriesOfRoutingOfConsignment[1]"},
    {"R3025", "IE3Q01", "<doNotLoadDetails>" BOX "</doNotLoadDetails>", "<doNotLoadDetails/>",
     "/doNotLoadDetails/transportEquipment"},
    {"R3027", "IE3N06", "<relatedMRN><MRN>26FR12345678901AT7</MRN></relatedMRN>",
     MEANS("<modeOfTransport>4</modeOfTransport>"), "/relatedMRN"},
    {"R3028", "IE3Q05", "<MRN>26FR12345678901AT7</MRN>", "<functionalReference>1</functionalReference>", "/MRN"},
    {"R3029", "IE3N08",
     "<control><examinationPlace><referenceNumber>FR000001</referenceNumber></examinationPlace></control>",
     "<control><examinationPlace/></control>", "/control/examinationPlace/placeOfExamination"},
    {"R3030", "IE3N08", "<control><controlSubject>" MASTER(BOX) "</controlSubject></control>",
     "<control><controlSubject>" MASTER("") "</controlSubject></control>",
     "/control/controlSubject" IN_MASTER "/goodsItem"},
    {"R3033", "IE3F11",
     "<representative><identificationNumber>FR1</identificationNumber></"
     "representative><declarant><identificationNumber>FR2"
     "</identificationNumber></declarant>",
     "<representative><identificationNumber>FR1</identificationNumber></"
     "representative><declarant><identificationNumber>FR1"
     "</identificationNumber></declarant>",
     "/representative/identificationNumber"},
    {"R3034", "IE3Q04", "<addressedMemberState><country>FR</country></addressedMemberState>",
     "<MRN>26FR12345678901AT7</MRN>", "/customsOfficeOfFirstEntry"},
    {"R3035", "IE3F11", MEANS(DATE("actualDateAndTimeOfDeparture", "2026-09-01T00:00:00Z")),
     MEANS("<modeOfTransport>1</modeOfTransport>"), IN_MEANS "/estimatedDateAndTimeOfDeparture"},
    {"R3048", "IE3N06", "<relatedMRN><MRN>26FR12345678901AT7</MRN></relatedMRN>",
     "<relatedMRN><MRN>26FR12345678901AT7</MRN></relatedMRN><relatedTransportDocument><documentNumber>1</"
     "documentNumber>"
     "</relatedTransportDocument>",
     "/relatedTransportDocument"},
    {"R3051", "IE3F15",
     HOUSE("<supplementaryDeclarant><supplementaryFilingType>2</supplementaryFilingType></supplementaryDeclarant>"),
     HOUSE("<supplementaryDeclarant><supplementaryFilingType>1</supplementaryFilingType></supplementaryDeclarant>"),
     IN_HOUSE "/supplementaryDeclarant/supplementaryFilingType"},
    {"R3052", "IE3F43", MASTER(DOCUMENT("1") DOCUMENT("2")), MASTER(DOCUMENT("1") DOCUMENT("2") DOCUMENT("1")),
     IN_MASTER "/consignmentHouseLevel[3]/transportDocumentHouseLevel"},
    {"R3053", "IE3F11",
     MEANS(DATE("estimatedDateAndTimeOfDeparture", "2026-09-01T10:00:00Z")
               DATE("estimatedDateAndTimeOfArrival", "2026-09-01T12:00:00+02:00")),
     MEANS(DATE("actualDateAndTimeOfDeparture", "2026-09-02T00:00:00Z")
               DATE("estimatedDateAndTimeOfArrival", "2026-09-01T00:00:00Z")),
     IN_MEANS "/estimatedDateAndTimeOfArrival"},
    {"C3001", "IE3F11", "<splitConsignment><splitConsignmentIndicator>0</splitConsignmentIndicator></splitConsignment>",
     "<splitConsignment><splitConsignmentIndicator>1</splitConsignmentIndicator></splitConsignment>",
     "/splitConsignment/previousMRN"},
    {"C3003", "IE3F11", MASTER(LOCATED("placeOfAcceptance")),
     MASTER("<placeOfAcceptance><location>M</location></placeOfAcceptance>"), IN_MASTER "/placeOfAcceptance/address"},
    {"C3004", "IE3F11", HOUSE(LOCATED("placeOfAcceptance")),
     HOUSE("<placeOfAcceptance><location>Metz</location><UNLOCODE>FRMZM</UNLOCODE></placeOfAcceptance>"),
     IN_HOUSE "/placeOfAcceptance/location"},
    {"C3005", "IE3F11", MASTER(PLACE("placeOfDelivery", "FRMZM")),
     MASTER("<placeOfDelivery><location>M</location></placeOfDelivery>"), IN_MASTER "/placeOfDelivery/address"},
    {"C3006", "IE3F11", HOUSE(PLACE("placeOfDelivery", "FRMZM")),
     HOUSE("<placeOfDelivery><address><country>FR</country></address></placeOfDelivery>"),
     IN_HOUSE "/placeOfDelivery/location"},
    {"C3007", "IE3F11", MASTER(LOCATED("placeOfLoading")), MASTER("<placeOfLoading/>"),
     IN_MASTER "/placeOfLoading/location"},
    {"C3008", "IE3F11", MASTER(PLACE("placeOfUnloading", "FRMZM")), MASTER("<placeOfUnloading/>"),
     IN_MASTER "/placeOfUnloading/location"},
    {"C3012", "IE3N06", MEANS("<modeOfTransport>3</modeOfTransport>"),
     MEANS("<identificationNumber>IMO9074729</identificationNumber><modeOfTransport>8</modeOfTransport>"),
     IN_MEANS "/typeOfIdentification"},
    {"C3013", "IE3F11", MASTER("<containerIndicator>1</containerIndicator>" ITEM("1", BOX)),
     MASTER("<containerIndicator>1</containerIndicator>"), IN_MASTER "/transportEquipment"},
    {"C3014", "IE3F11", HOUSE("<containerIndicator>0</containerIndicator>"),
     HOUSE("<containerIndicator>0</containerIndicator>" BOX), IN_HOUSE "/transportEquipment"},
    {"C3015", "IE3F11", MASTER(SEALED("<numberOfSeals>1</numberOfSeals>" SEAL)),
     MASTER(SEALED("<numberOfSeals>1</numberOfSeals>")), IN_MASTER "/transportEquipment/seal"},
    {"C3016", "IE3F11", MASTER(ITEM("1", SEALED("<numberOfSeals>1</numberOfSeals>" SEAL))),
     MASTER(ITEM("1", SEALED(SEAL))), IN_MASTER "/goodsItem/transportEquipment/seal"},
    {"C3017", "IE3F11", HOUSE(SEALED("<numberOfSeals>1</numberOfSeals>" SEAL)),
     HOUSE(SEALED("<numberOfSeals>1</numberOfSeals>")), IN_HOUSE "/transportEquipment/seal"},
    {"C3018", "IE3F11", HOUSE(ITEM("1", SEALED("<numberOfSeals>1</numberOfSeals>" SEAL))),
     HOUSE(ITEM("1", SEALED("<numberOfSeals>1</numberOfSeals>"))), IN_HOUSE "/goodsItem/transportEquipment/seal"},
    {"C3019", "IE3N06",
     MEANS("<conveyanceReferenceNumber>AF1</conveyanceReferenceNumber><modeOfTransport>4</modeOfTransport>"),
     MEANS("<modeOfTransport>4</modeOfTransport>"), IN_MEANS "/conveyanceReferenceNumber"},
    {"C3020", "IE3F11", HOUSE(PLACE("placeOfDelivery", "USNYC")), HOUSE(PLACE("placeOfDelivery", "BEANR")),
     IN_HOUSE "/goodsShipment"},
    {"C3020", "IE3F13", HOUSE(PLACE("placeOfDelivery", "USNYC")), HOUSE(LOCATED("placeOfDelivery")),
     IN_HOUSE "/supplementaryDeclarant"},
    {"C3022", "IE3F11", HOUSE(CODE("10600")), HOUSE(CODE("20100")), IN_HOUSE "/consignee"},
    {"C3024", "IE3F11", HOUSE(CODE("10600") "<notifyParty><name>N</name></notifyParty>"), HOUSE(CODE("10600")),
     IN_HOUSE "/notifyParty"},
    {"C3025", "IE3F11",
     HOUSE(ITEM("1", "<commodity/>") "<consignor><typeOfPerson>1</typeOfPerson></consignor>" NATURAL),
     HOUSE(ITEM("1", "<commodity/>") COMPANY NATURAL), IN_HOUSE "/goodsItem/commodity/commodityCode"},
    {"C3025", "IE3F50",
     MASTER("<consignor><typeOfPerson>1</typeOfPerson></consignor>" NATURAL
            "<consignmentHouseLevel>" ITEM("1", "<commodity/>") "</consignmentHouseLevel>"),
     MASTER(COMPANY NATURAL "<consignmentHouseLevel>" ITEM("1", "<commodity/>") "</consignmentHouseLevel>"),
     IN_HOUSE "/goodsItem/commodity/commodityCode"},
    {"C3034", "IE3F11", "<declarant><address><country>AE</country></address></declarant>",
     "<declarant><address><country>FR</country></address></declarant>", "/declarant/address/postCode"},
    {"C3035", "IE3F11", MASTER(ITEM("1", "<packaging><typeOfPackages>VQ</typeOfPackages></packaging>")),
     MASTER(ITEM("1", PACKED("<shippingMarks>M</shippingMarks>"))), IN_MASTER "/goodsItem/packaging/numberOfPackages"},
    {"C3036", "IE3F26",
     HOUSE(ITEM("1", PACKED("<shippingMarks>M</shippingMarks><numberOfPackages>2</numberOfPackages>"))),
     HOUSE(ITEM("1", PACKED("<numberOfPackages>2</numberOfPackages>"))), IN_HOUSE "/goodsItem/packaging/shippingMarks"},
    {"C3037", "IE3F43", HOUSE(CODE("10900") ITEM("1", "<typeOfGoods>1</typeOfGoods>")),
     HOUSE(CODE("10900") ITEM("1", "")), IN_HOUSE "/goodsItem/typeOfGoods"},
    {"C3038", "IE3F32",
     HOUSE(CODE("10900") "<totalAmountInvoiced><value>1</value><currency>EUR</currency></totalAmountInvoiced>"),
     HOUSE(CODE("10900")), IN_HOUSE "/totalAmountInvoiced"},
    {"C3048", "IE3F12", MASTER(ITEM("1", "<commodity><commodityCode/></commodity>") COMPANY),
     MASTER(ITEM("1", "<commodity/>") COMPANY), IN_MASTER "/goodsItem/commodity/commodityCode"},
    {"C3049", "IE3N06", "<personNotifyingTheArrival><name>N</name></personNotifyingTheArrival>", MEANS(""),
     "/personNotifyingTheArrival"},
    {"C3050", "IE3F40", MASTER("<containerIndicator>1</containerIndicator>" BOX),
     MASTER("<containerIndicator>1</containerIndicator>"), IN_MASTER "/transportEquipment"},
    {"C3051", "IE3F34", HOUSE("<containerIndicator>1</containerIndicator>" BOX),
     HOUSE("<containerIndicator>1</containerIndicator>"), IN_HOUSE "/transportEquipment"},
};
#define NUM (sizeof rows / sizeof *rows)

static const ens_report *judge(const char *message, const char *body)
{
    static char text[8192];
    snprintf(text, sizeof text, "<%s>%s</%s>", message, body, message);
    return ens_judged_text(text);
}

/* is_place compares pointers; the first of several may be written without its number here. */
static bool is_place(const char *pointer, const char *wanted)
{
    while (*pointer && *wanted) {
        if (strncmp(pointer, "[1]", 3) == 0)
            pointer += 3;
        else if (strncmp(wanted, "[1]", 3) == 0)
            wanted += 3;
        else if (*pointer++ != *wanted++)
            return false;
    }
    return (!*pointer || strcmp(pointer, "[1]") == 0) && (!*wanted || strcmp(wanted, "[1]") == 0);
}

static void keeps_and_breaks(void)
{
    for (size_t i = 0; i < NUM; i++) {
        char check[16], pointer[256];
        snprintf(check, sizeof check, "ens.%s", rows[i].rule);
        snprintf(pointer, sizeof pointer, "/%s%s", rows[i].message, rows[i].pointer);
        const ens_report *r = judge(rows[i].message, rows[i].good);
        CHECK_ROW(ens_judged_find(r, check, ENS_PASS) && !ens_judged_find(r, check, ENS_FAIL) &&
                      !ens_judged_find(r, check, ENS_WARN),
                  "%s is not kept: %s", check, ens_judged_tell(r));
        r = judge(rows[i].message, rows[i].bad);
        const ens_finding *f = ens_judged_find(r, check, ENS_FAIL);
        CHECK_ROW(f && f->xpath && is_place(f->xpath, pointer), "%s is not broken at %s: %s %s", check, pointer,
                  f && f->xpath ? f->xpath : "", ens_judged_tell(r));
        CHECK_ROW(f && f->hint && f->seen && f->code, "%s explains nothing", check);
    }
}

/* Where only a reading of ours would refuse, it warns; where there is nothing to judge, it says so. */
static void warns_and_skips(void)
{
    static const struct {
        const char *rule, *message, *body;
        ens_outcome outcome;
    } cases[] = {
        {"R3004", "IE3A11", "<MRN>26FR12345678901237</MRN>", ENS_WARN},
        {"R3005", "IE3F11", "<declarant><identificationNumber>FR 73</identificationNumber></declarant>", ENS_WARN},
        {"R3006", "IE3F11",
         "<declarant><communication><identifier>a@b.example</identifier><type>EM</type></communication></declarant>",
         ENS_SKIP},
        {"R3009", "IE3F11",
         MEANS("<identificationNumber>X</identificationNumber><typeOfIdentification>80</typeOfIdentification>"),
         ENS_SKIP},
        {"R3013", "IE3F11", MASTER(PLACE("placeOfLoading", "USNYC")), ENS_SKIP},
        {"R3013", "IE3F11", MEANS(ROUTE("1", "US") ROUTE("1", "FR")) MASTER(PLACE("placeOfLoading", "USNYC")),
         ENS_WARN},
        {"R3013", "IE3F11", MEANS(ROUTE("1", "US") ROUTE("1", "US")) MASTER(PLACE("placeOfLoading", "USNYC")),
         ENS_PASS},
        {"R3014", "IE3F11", MEANS(ROUTE("2", "FR") ROUTE("2", "BE")) MASTER(PLACE("placeOfUnloading", "FRPAR")),
         ENS_WARN},
        {"R3018", "IE3F11",
         MEANS(ROUTE("1", "FR") ROUTE("1", "BE")) "<customsOfficeOfFirstEntry><referenceNumber>BE000001</"
                                                  "referenceNumber></customsOfficeOfFirstEntry>",
         ENS_WARN},
        {"R3014", "IE3F11", MEANS(ROUTE("1", "XI")) MASTER(PLACE("placeOfUnloading", "GBBEL")), ENS_WARN},
        {"R3016", "IE3F12", MASTER(ITEM("2", "") ITEM("1", "")), ENS_WARN},
        {"R3018", "IE3F11",
         MEANS(ROUTE("1", "XI") ROUTE("2", "FR")) "<customsOfficeOfFirstEntry><referenceNumber>FR000001</"
                                                  "referenceNumber></customsOfficeOfFirstEntry>",
         ENS_WARN},
        {"R3018", "IE3F11",
         MEANS(ROUTE("1", "NO") ROUTE("2", "FR")) "<customsOfficeOfFirstEntry><referenceNumber>NO000001</"
                                                  "referenceNumber></customsOfficeOfFirstEntry>",
         ENS_WARN},
        {"R3021", "IE3F11",
         MASTER(SEALED("<containerIdentificationNumber>CSQU3054384</containerIdentificationNumber>")), ENS_WARN},
        {"C3015", "IE3F11", MASTER(SEALED("<numberOfSeals>0</numberOfSeals>")), ENS_WARN},
        {"C3015", "IE3F11", MASTER(SEALED("")), ENS_SKIP},
        {"C3020", "IE3F11", HOUSE(PLACE("placeOfDelivery", "XIBEL")), ENS_WARN},
        {"C3034", "IE3F11", "<declarant><address><country>QQ</country></address></declarant>", ENS_WARN},
        {"C3049", "IE3N08", "<MRN>26FR12345678901AT7</MRN>", ENS_SKIP},
        {"R3003", "IE3F11", "<LRN>1</LRN>", ENS_SKIP},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char check[16];
        snprintf(check, sizeof check, "ens.%s", cases[i].rule);
        const ens_report *r = judge(cases[i].message, cases[i].body);
        CHECK_ROW(ens_judged_find(r, check, cases[i].outcome) && !ens_judged_find(r, check, ENS_FAIL), "%s %s: %s",
                  check, cases[i].body, ens_judged_tell(r));
    }
}

/* More house consignments than are compared on the stack, the last two alike. */
static void compares_many_house_documents(void)
{
    enum { HOUSES = 40 };
    size_t size = HOUSES * 200 + 200, used = 0;
    char *text = malloc(size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    used += (size_t)snprintf(text, size, "<IE3F43><consignmentMasterLevel>");
    for (unsigned i = 0; i < HOUSES; i++)
        used += (size_t)snprintf(
            text + used, size - used,
            "<consignmentHouseLevel><transportDocumentHouseLevel><documentNumber>%u</documentNumber><type>N720"
            "</type></transportDocumentHouseLevel></consignmentHouseLevel>",
            i == HOUSES - 1 ? i - 1 : i);
    snprintf(text + used, size - used, "</consignmentMasterLevel></IE3F43>");
    const ens_report *r = ens_judged_text(text);
    const ens_finding *f = ens_judged_find(r, "ens.R3052", ENS_FAIL);
    CHECK_ROW(f && f->xpath && strstr(f->xpath, "[40]"), "%s", f && f->xpath ? f->xpath : "none");
    free(text);
}

/* Every rule that the tables cite and that a document alone shows has its rows. */
static void all_are_tried(void)
{
    unsigned num = 0;
    for (size_t i = 0; i < NUM; i++) {
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first = first && strcmp(rows[k].rule, rows[i].rule) != 0;
        num += first;
    }
    CU_ASSERT_EQUAL(num, 58); /* 55, and the three that a document shows in part */
}

static const ens_case cases[] = {
    {"each rule is kept by one payload and broken by another", keeps_and_breaks},
    {"readings of ours warn, absent referents are skipped", warns_and_skips},
    {"compares the documents of many house consignments", compares_many_house_documents},
    {"all rules are tried", all_are_tried},
    {NULL, NULL},
};
ENS_SUITE("as4/ens rules", cases)
