/* Customs, as traders meet them: the answers to each message, the life of filings, who is told. */
#include "tests/sti/customs_desk.h"

#include "as4/ens/elements.h"
#include "sti/filing/desk.h"
#include "tests/suite.h"

#include <stdio.h>

#define DAY ((ens_time)86400)
#define HOUR ((ens_time)3600)
#define SUPPLEMENTARY "FR111111111" /* whom skeletons name as carrier, and as supplementary declarant */

static customs_desk d;

/* said checks what customs say: actions and receivers. */
static void said_by(const char *file, int line, const char *what)
{
    CHECK_ROW(strcmp(desk_said(&d), what) == 0, "%s:%d: %s (%s), not %s", file, line, desk_said(&d), d.why, what);
}
#define SAID(what) said_by("test_customs", __LINE__, what)

static const char *code_of(const char *action)
{
    return desk_text(desk_heard(&d, action, NULL), "validationCode");
}

static const char *other(const char *action, char letter, char out[8])
{
    snprintf(out, 8, "IE3%c%s", letter, action + 4);
    return out;
}

/* each_filing calls test for every filing, with a number of its own. */
static unsigned each_filing(void (*test)(const char *action, const char *number))
{
    unsigned num = 0;
    for (uint32_t i = 0; i < ens__tables.num_messages; i++) {
        const char *action = ens__tables_text(&ens__tables, ens__tables.message[i].text);
        if (action[3] != 'F')
            continue;
        char number[16];
        snprintf(number, sizeof number, "NUMBER-%s", action + 4);
        test(action, number);
        num++;
    }
    return num;
}

static void live(const char *action, const char *number)
{
    char lrn[16], amendment[8], withdrawn[20];
    if (strcmp(action, "IE3F25") == 0)
        return;
    snprintf(lrn, sizeof lrn, "LRN-%s", action + 4);
    const char *mrn = desk_file(&d, &(desk_document){.action = action, .lrn = lrn, .number = number});
    CHECK_ROW(strlen(mrn) == 18 && mrn[15] == 'A' && mrn[16] == 'T', "%s: %s", action, desk_said(&d));
    ens_filing f = desk_filing(&d, mrn);
    const ens_filing_kind *kind = ens__filing_kind_of(ens_str(action));
    unsigned wanted = kind->level == ENS_LEVEL_WHOLE   ? ENS_FILING_COMPLETE
                      : kind->level == ENS_LEVEL_HOUSE ? ENS_FILING_PENDING_LINKING
                                                       : ENS_FILING_PENDING_COMPLETENESS;
    CHECK_ROW(f.state == wanted, "%s is %s", action, ens__filing_state_name(f.state));
    other(action, 'A', amendment);
    snprintf(withdrawn, sizeof withdrawn, "%s", mrn);
    desk_send(&d, &(desk_document){.action = amendment, .mrn = withdrawn, .number = number});
    CHECK_ROW(desk_heard(&d, "IE3N10", DESK_TRADER) && d.num == 1, "%s: %s", amendment, desk_said(&d));
    desk_wait(&d, 0);
    desk_send(&d, &(desk_document){.action = "IE3Q04", .mrn = withdrawn});
    CHECK_ROW(desk_heard(&d, "IE3R07", DESK_TRADER) && d.num == 1, "%s withdrawn: %s", action, desk_said(&d));
    desk_send(&d, &(desk_document){.action = amendment, .mrn = withdrawn, .number = number});
    CHECK_ROW(strcmp(code_of("IE3N01"), "72") == 0 && d.num == 1, "%s: %s", amendment, desk_said(&d));
    desk_send(&d, &(desk_document){.action = "IE3Q04", .mrn = withdrawn});
    CHECK_ROW(strcmp(code_of("IE3N01"), "72") == 0 && d.num == 1, "%s withdrawn twice: %s", action, desk_said(&d));
}

static void every_filing_is_registered_amended_and_withdrawn(void)
{
    desk_open(&d, 0);
    CU_ASSERT_EQUAL(each_filing(live), 31);
    desk_close(&d);
}

static void refuse_twice(const char *action, const char *number)
{
    char lrn[16];
    const ens_filing_kind *kind = ens__filing_kind_of(ens_str(action));
    if (kind->level == ENS_LEVEL_REFERENCE)
        return;
    snprintf(lrn, sizeof lrn, "LRN-%s", action + 4);
    desk_file(&d, &(desk_document){.action = action, .lrn = lrn, .number = number});
    desk_send(&d, &(desk_document){.action = action, .lrn = lrn, .number = "ANOTHER"});
    CHECK_ROW(d.num == 1 && strcmp(code_of("IE3N99"), "94") == 0, "%s, LRN again: %s", action, desk_said(&d));
    CHECK_ROW(strstr(desk_text(d.letter, "messageElementPath"), "/LRN"), "%s",
              desk_text(d.letter, "messageElementPath"));
    strcat(lrn, "-2");
    desk_send(&d, &(desk_document){.action = action, .lrn = lrn, .number = number});
    bool unique = kind->unique != ENS_UNIQUE_NONE;
    CHECK_ROW(d.num == 1 && desk_heard(&d, unique ? "IE3N01" : "IE3R01", NULL), "%s, number again: %s", action,
              desk_said(&d));
    CHECK_ROW(!unique || strcmp(code_of("IE3N01"), "81") == 0, "%s: %s", action, desk_text(d.letter, "description"));
}

static void what_was_used_is_not_used_again(void)
{
    desk_open(&d, 0);
    each_filing(refuse_twice);
    /* another may use the same, and so may the rest of a split shipment, and one whose filing is withdrawn */
    desk_send(&d, &(desk_document){.action = "IE3F10", .lrn = "LRN-10", .number = "NUMBER-10", .from = DESK_OTHER});
    SAID("IE3R01>" DESK_OTHER);
    const desk_document split = {
        .action = "IE3F27", .number = "SPLIT", .lrn = "S1", .edit = {{0, ENS_EL_splitConsignmentIndicator, "1"}}};
    desk_document rest = split;
    rest.lrn = "S2";
    const char *mrn = desk_file(&d, &split);
    desk_send(&d, &rest);
    SAID("IE3R01>" DESK_TRADER);
    desk_send(&d, &(desk_document){.action = "IE3F27", .number = "SPLIT", .lrn = "S3"});
    SAID("IE3N01>" DESK_TRADER);
    mrn = desk_file(&d, &(desk_document){.action = "IE3F10", .number = "GONE", .lrn = "G1"});
    desk_send(&d, &(desk_document){.action = "IE3Q04", .mrn = mrn});
    desk_send(&d, &(desk_document){.action = "IE3F10", .number = "GONE", .lrn = "G2"});
    SAID("IE3R01>" DESK_TRADER);
    d.now += 366 * DAY;
    desk_send(&d, &(desk_document){.action = "IE3F10", .number = "GONE", .lrn = "G3"});
    SAID("IE3R01>" DESK_TRADER);
    desk_close(&d);
}

static void tells_what_is_wrong_with_a_document(void)
{
    desk_open(&d, 0);
    desk_send(&d, &(desk_document){.action = "IE3F26", .lrn = "L1", .cut = "declarant"});
    SAID("IE3N99>" DESK_TRADER);
    CU_ASSERT_STRING_EQUAL(desk_text(d.letter, "functionalReference"), "L1");
    CU_ASSERT_TRUE(d.letter[0].answers);
    desk_send(&d, &(desk_document){.action = "IE3F26", .lrn = "L1"}); /* what was refused was not used */
    SAID("IE3R01>" DESK_TRADER);
    desk_close(&d);
}

/* -- Amendments --------------------------------------------------------------------------------------------------- */

static void an_amendment_changes_what_may_be_changed(void)
{
    static const struct {
        const char *action, *amendment;
        desk_edit edit;
        const char *code, *pointer; /* NULL: it is accepted */
    } rows[] = {
        {"IE3F26", "IE3A26", {0, ENS_EL_descriptionOfGoods, "Other goods, described in words"}, NULL, NULL},
        {"IE3F26", "IE3A26", {ENS_EL_carrier, ENS_EL_identificationNumber, DESK_CARRIER}, "104", "/carrier/"},
        {"IE3F26",
         "IE3A26",
         {ENS_EL_transportDocumentMasterLevel, ENS_EL_documentNumber, "X"},
         "104",
         "MasterLevel/doc"},
        {"IE3F26", "IE3A26", {ENS_EL_transportDocumentHouseLevel, ENS_EL_documentNumber, "X"}, "104", "HouseLevel/doc"},
        {"IE3F26", "IE3A26", {ENS_EL_IE3A26, ENS_EL_representative, NULL}, "104", "/representative"},
        {"IE3F10", "IE3A10", {0, ENS_EL_referenceNumber, "FR000002"}, "104", "customsOfficeOfFirstEntry"},
        {"IE3F10", "IE3A10", {ENS_EL_carrier, ENS_EL_identificationNumber, DESK_CARRIER}, "104", "/carrier/"},
        {"IE3F31", "IE3A31", {ENS_EL_carrier, ENS_EL_identificationNumber, DESK_CARRIER}, NULL, NULL},
        {"IE3F20", "IE3A27", {0}, "104", "ircumstanceIndicator"},
    };
    desk_open(&d, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char lrn[16], number[16];
        snprintf(lrn, sizeof lrn, "L%zu", i);
        snprintf(number, sizeof number, "N%zu", i);
        const char *mrn = desk_file(&d, &(desk_document){.action = rows[i].action, .lrn = lrn, .number = number});
        desk_send(&d,
                  &(desk_document){.action = rows[i].amendment, .mrn = mrn, .number = number, .edit = {rows[i].edit}});
        const desk_letter *l = desk_heard(&d, rows[i].code ? "IE3N01" : "IE3N10", DESK_TRADER);
        CHECK_ROW(l && d.num == 1, "row %zu: %s", i, desk_said(&d));
        if (l && rows[i].code) {
            CHECK_ROW(strcmp(code_of("IE3N01"), rows[i].code) == 0, "row %zu: %s", i, l->text);
            CHECK_ROW(strstr(l->text, rows[i].pointer), "row %zu: %s", i, l->text);
        }
    }
    desk_close(&d);
}

/* The dataset replaces the one before: whom it names as carrier is told, and a split that it declares counts. */
static void an_amendment_replaces_what_was_said(void)
{
    desk_open(&d, 0);
    const char *mrn = desk_file(&d, &(desk_document){.action = "IE3F31", .lrn = "L1", .number = "N1"});
    CU_ASSERT_STRING_NOT_EQUAL(desk_filing(&d, mrn).carrier, DESK_CARRIER);
    desk_send(&d, &(desk_document){.action = "IE3A31",
                                   .mrn = mrn,
                                   .number = "N1",
                                   .edit = {{ENS_EL_carrier, ENS_EL_identificationNumber, DESK_CARRIER}}});
    SAID("IE3N10>" DESK_TRADER);
    CU_ASSERT_STRING_EQUAL(desk_filing(&d, mrn).carrier, DESK_CARRIER);
    mrn = desk_file(&d, &(desk_document){.action = "IE3F20", .lrn = "L2", .number = "N2"});
    CU_ASSERT_FALSE(desk_filing(&d, mrn).flags & ENS_FILING_SPLIT);
    desk_send(
        &d, &(desk_document){
                .action = "IE3A20", .mrn = mrn, .number = "N2", .edit = {{0, ENS_EL_splitConsignmentIndicator, "1"}}});
    SAID("IE3N10>" DESK_TRADER);
    CU_ASSERT_TRUE(desk_filing(&d, mrn).flags & ENS_FILING_SPLIT);
    desk_close(&d);
}

static void an_amendment_is_the_filers(void)
{
    desk_open(&d, 0);
    const char *mrn = desk_file(&d, &(desk_document){.action = "IE3F26", .lrn = "L1", .number = "N1"});
    desk_send(&d, &(desk_document){.action = "IE3A26", .mrn = mrn, .number = "N1", .from = DESK_OTHER});
    SAID("IE3N01>" DESK_OTHER);
    CU_ASSERT_STRING_EQUAL(code_of("IE3N01"), "96");
    desk_send(&d, &(desk_document){.action = "IE3Q04", .mrn = mrn, .from = DESK_OTHER});
    SAID("IE3N01>" DESK_OTHER);
    desk_send(&d, &(desk_document){.action = "IE3A26", .mrn = "26FRSIM00000000AT0", .number = "N1"});
    SAID("IE3N01>" DESK_TRADER);
    CU_ASSERT_STRING_EQUAL(code_of("IE3N01"), "90");
    /* by another access point of the filer: what concerns the MRN goes to the one that it came from (rule 2) */
    desk_send(&d, &(desk_document){.action = "IE3A26", .mrn = mrn, .number = "N1", .party = "sys2@" DESK_TRADER});
    SAID("IE3N10>" DESK_TRADER);
    desk_order(&d, ENS_ORDER_CONTROL, mrn);
    desk_send(&d, &(desk_document){.action = "IE3A26", .mrn = mrn, .number = "N1"});
    SAID("IE3N01>" DESK_TRADER);
    CU_ASSERT_STRING_EQUAL(code_of("IE3N01"), "72");
    desk_close(&d);
}

/* -- Links -------------------------------------------------------------------------------------------------------- */

static unsigned state(const char *mrn)
{
    return desk_filing(&d, mrn).state;
}

static void filings_of_one_bill_complete_each_other(void)
{
    static const struct {
        const char *master, *house;
        bool by_carrier;
    } rows[] = {{"IE3F12", "IE3F15", true}, {"IE3F12", "IE3F14", true},  {"IE3F13", "IE3F17", true},
                {"IE3F13", "IE3F16", true}, {"IE3F21", "IE3F22", false}, {"IE3F21", "IE3F26", false}};
    for (size_t i = 0; i < 2 * (sizeof rows / sizeof *rows); i++) {
        bool house_first = i % 2;
        const char *mrn[2] = {"", ""}, *carrier = rows[i / 2].by_carrier ? DESK_TRADER : SUPPLEMENTARY;
        const desk_document of[2] = {{.action = rows[i / 2].master, .lrn = "M", .number = "BILL"},
                                     {.action = rows[i / 2].house,
                                      .lrn = "H",
                                      .number = "BILL",
                                      .from = SUPPLEMENTARY,
                                      .edit = {{ENS_EL_carrier, ENS_EL_identificationNumber, carrier},
                                               {ENS_EL_consignmentHouseLevel, ENS_EL_supplementaryDeclarant,
                                                strcmp(rows[i / 2].house, "IE3F14") == 0 ? NULL : ""},
                                               {ENS_EL_consignmentHouseLevel, ENS_EL_consignee, NULL}}}};
        desk_open(&d, HOUR);
        mrn[house_first] = desk_file(&d, &of[house_first]);
        CHECK_ROW(state(mrn[house_first]) ==
                      (house_first ? ENS_FILING_PENDING_LINKING : ENS_FILING_PENDING_COMPLETENESS),
                  "row %zu: the first is %s", i, ens__filing_state_name(state(mrn[house_first])));
        mrn[!house_first] = desk_file(&d, &of[!house_first]);
        CHECK_ROW(state(mrn[0]) == ENS_FILING_COMPLETE && state(mrn[1]) == ENS_FILING_LINKED, "row %zu: %s, %s", i,
                  ens__filing_state_name(state(mrn[0])), ens__filing_state_name(state(mrn[1])));
        desk_wait(&d, 2 * HOUR);
        CHECK_ROW(!desk_heard(&d, "IE3N02", NULL) && !desk_heard(&d, "IE3N11", NULL), "row %zu: %s", i, desk_said(&d));
        desk_close(&d);
    }
}

static void strangers_complete_nothing(void)
{
    desk_open(&d, HOUR);
    const char *master = desk_file(&d, &(desk_document){.action = "IE3F12", .lrn = "M", .number = "BILL"});
    const char *by =
        desk_file(&d, &(desk_document){.action = "IE3F15",
                                       .lrn = "H",
                                       .number = "BILL",
                                       .from = DESK_OTHER,
                                       .edit = {{ENS_EL_carrier, ENS_EL_identificationNumber, DESK_TRADER}}});
    const char *carrier =
        desk_file(&d, &(desk_document){.action = "IE3F15",
                                       .lrn = "H",
                                       .number = "BILL",
                                       .from = SUPPLEMENTARY,
                                       .edit = {{ENS_EL_carrier, ENS_EL_identificationNumber, DESK_OTHER}}});
    CU_ASSERT_EQUAL(state(master), ENS_FILING_PENDING_COMPLETENESS);
    CU_ASSERT_EQUAL(state(by), ENS_FILING_PENDING_LINKING);
    CU_ASSERT_EQUAL(state(carrier), ENS_FILING_PENDING_LINKING);
    desk_close(&d);
}

static void who_has_not_filed_is_named(void)
{
    desk_open(&d, HOUR);
    desk_prefers(&d, DESK_TRADER, "IE3N02");
    desk_prefers(&d, SUPPLEMENTARY, "");
    const char *mrn = desk_file(&d, &(desk_document){.action = "IE3F12", .lrn = "M", .number = "BILL"});
    desk_wait(&d, 2 * HOUR);
    SAID("IE3R01>" DESK_TRADER " IE3N02>" DESK_TRADER " IE3N11>home@" SUPPLEMENTARY);
    CU_ASSERT_PTR_NOT_NULL(strstr(d.letter[1].text, SUPPLEMENTARY));
    CU_ASSERT_EQUAL(state(mrn), ENS_FILING_PENDING_COMPLETENESS);
    desk_order(&d, ENS_ORDER_RELATE, mrn);
    CU_ASSERT_EQUAL(state(mrn), ENS_FILING_COMPLETE);
    desk_close(&d);
}

static void post_is_linked_by_its_receptacles(void)
{
    desk_open(&d, HOUR);
    const char *road = desk_file(&d, &(desk_document){.action = "IE3F40", .lrn = "1", .number = "ROAD"});
    const char *receptacle = desk_file(&d, &(desk_document){.action = "IE3F44", .lrn = "2", .number = "ITEM"});
    CU_ASSERT(state(road) == ENS_FILING_PENDING_COMPLETENESS && state(receptacle) == ENS_FILING_PENDING_LINKING);
    const char *item = desk_file(&d, &(desk_document){.action = "IE3F43", .lrn = "3", .number = "ITEM"});
    CU_ASSERT(state(road) == ENS_FILING_COMPLETE && state(receptacle) == ENS_FILING_LINKED &&
              state(item) == ENS_FILING_LINKED);
    desk_close(&d);
}

static void a_reference_links_the_filing_before_loading(void)
{
    desk_open(&d, 0);
    const desk_document reference = {.action = "IE3F25",
                                     .lrn = "R1",
                                     .number = "HOUSE",
                                     .from = DESK_CARRIER,
                                     .edit = {{ENS_EL_previousDocument, ENS_EL_identification, "HOUSE"}}};
    desk_send(&d, &reference);
    SAID("IE3N01>" DESK_CARRIER);
    CU_ASSERT_STRING_EQUAL(code_of("IE3N01"), "80");
    const char *mrn = desk_file(&d, &(desk_document){.action = "IE3F23", .lrn = "L1", .number = "HOUSE"});
    desk_document again = reference;
    again.lrn = "R2";
    desk_send(&d, &again);
    SAID("IE3R01>" DESK_CARRIER);
    CU_ASSERT_STRING_EQUAL(desk_text(d.letter, "MRN"), mrn);
    CU_ASSERT_EQUAL(state(mrn), ENS_FILING_LINKED);
    again.lrn = "R3";
    desk_send(&d, &again);
    SAID("IE3N01>" DESK_CARRIER);
    CU_ASSERT_STRING_EQUAL(code_of("IE3N01"), "81");
    desk_close(&d);
}

/* -- The analysis ------------------------------------------------------------------------------------------------- */

static void who_asked_is_told_that_the_analysis_is_complete(void)
{
    static const struct {
        const char *action;
        ens_time hours; /* 0: at once */
    } rows[] = {{"IE3F10", 4}, {"IE3F26", 0}, {"IE3F23", 0}, {"IE3F43", 0}, {"IE3F32", 0}, {"IE3F24", 0},
                {"IE3F20", 0}, {"IE3F27", 4}, {"IE3F50", 1}, {"IE3F51", 2}, {"IE3F34", 1}, {"IE3F30", 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int asked = 0; asked < 2; asked++) {
            desk_open(&d, 0);
            if (asked) {
                desk_prefers(&d, DESK_TRADER, "IE3N03");
                desk_prefers(&d, SUPPLEMENTARY, "IE3N03 IE3R01");
            }
            desk_file(&d, &(desk_document){.action = rows[i].action, .lrn = "L", .number = "N"});
            bool has_carrier = desk_filing(&d, desk_text(d.letter, "MRN")).carrier[0];
            CHECK_ROW(!asked || !has_carrier == !desk_heard(&d, "IE3R01", "home@" SUPPLEMENTARY), "%s: %s",
                      rows[i].action, desk_said(&d));
            bool at_once = desk_heard(&d, "IE3N03", DESK_TRADER);
            CHECK_ROW(at_once == (asked && !rows[i].hours), "%s: %s", rows[i].action, desk_said(&d));
            desk_wait(&d, rows[i].hours * HOUR - 1);
            CHECK_ROW(at_once == (desk_heard(&d, "IE3N03", NULL) != NULL), "%s: %s", rows[i].action, desk_said(&d));
            desk_wait(&d, 1);
            CHECK_ROW((asked != 0) == (desk_heard(&d, "IE3N03", DESK_TRADER) != NULL) &&
                          (asked && has_carrier) == (desk_heard(&d, "IE3N03", "home@" SUPPLEMENTARY) != NULL),
                      "%s: %s", rows[i].action, desk_said(&d));
            desk_close(&d);
        }
}

static void a_request_is_answered_and_the_analysis_goes_on(void)
{
    static const struct {
        ens_order_kind order;
        const char *request, *notice, *response;
    } rows[] = {{ENS_ORDER_ASK_INFORMATION, "IE3Q02", "IE3N04", "IE3R02"},
                {ENS_ORDER_ASK_SCREENING, "IE3Q03", "IE3N05", "IE3R03"},
                {ENS_ORDER_ASK_AMENDMENT, "IE3Q02", "IE3N04", "IE3A26"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char reference[20], heard[64];
        desk_open(&d, 0);
        desk_prefers(&d, DESK_TRADER, "IE3N03");
        desk_prefers(&d, SUPPLEMENTARY, "IE3N04 IE3N05");
        const char *mrn = desk_file(&d, &(desk_document){.action = "IE3F26", .lrn = "L", .number = "N"});
        desk_order(&d, rows[i].order, mrn);
        snprintf(heard, sizeof heard, "%s>" DESK_TRADER " %s>home@" SUPPLEMENTARY, rows[i].request, rows[i].notice);
        SAID(heard);
        snprintf(reference, sizeof reference, "%s", desk_text(d.letter, "referralRequestReference"));
        desk_document response = {.action = rows[i].response, .mrn = mrn, .number = "N", .reference = "UNKNOWN"};
        desk_send(&d, &response);
        SAID("IE3N01>" DESK_TRADER);
        CU_ASSERT_STRING_EQUAL(code_of("IE3N01"), "98");
        response.reference = reference;
        response.from = DESK_OTHER;
        desk_send(&d, &response);
        SAID("IE3N01>" DESK_OTHER);
        response.from = NULL;
        desk_send(&d, &response);
        desk_wait(&d, 0);
        SAID(i == 2 ? "IE3N10>" DESK_TRADER " IE3N03>" DESK_TRADER : "IE3N03>" DESK_TRADER);
        desk_send(&d, &response); /* it is answered */
        SAID("IE3N01>" DESK_TRADER);
        desk_close(&d);
    }
}

static void nothing_is_complete_while_something_is_asked(void)
{
    desk_open(&d, 0);
    desk_prefers(&d, DESK_TRADER, "IE3N03");
    const char *mrn = desk_file(&d, &(desk_document){.action = "IE3F27", .lrn = "L", .number = "N"});
    desk_order(&d, ENS_ORDER_ASK_INFORMATION, mrn);
    desk_order(&d, ENS_ORDER_ASK_SCREENING, mrn);
    desk_wait(&d, DAY);
    CU_ASSERT_PTR_NULL(desk_heard(&d, "IE3N03", NULL));
    desk_order(&d, ENS_ORDER_COMPLETE, mrn);
    SAID("");
    desk_close(&d);
}

static void loading_is_forbidden_of_what_is_to_be_loaded(void)
{
    desk_open(&d, 0);
    desk_prefers(&d, SUPPLEMENTARY, "");
    desk_prefers(&d, DESK_TRADER, "IE3N03");
    const char *mrn = desk_file(&d, &(desk_document){.action = "IE3F10", .lrn = "1", .number = "N"});
    desk_order(&d, ENS_ORDER_DO_NOT_LOAD, mrn);
    SAID("IE3Q01>" DESK_TRADER " IE3Q01>home@" SUPPLEMENTARY);
    desk_wait(&d, DAY);
    CU_ASSERT_PTR_NULL(desk_heard(&d, "IE3N03", NULL));
    mrn = desk_file(&d, &(desk_document){.action = "IE3F50", .lrn = "2", .number = "N2"});
    desk_order(&d, ENS_ORDER_DO_NOT_LOAD, mrn);
    SAID("");
    desk_close(&d);
}

static void two_hundred_days_are_the_end(void)
{
    desk_open(&d, 0);
    const char *mrn = desk_file(&d, &(desk_document){.action = "IE3F10", .lrn = "1", .number = "N"});
    desk_wait(&d, 200 * DAY - 1);
    CU_ASSERT_EQUAL(state(mrn), ENS_FILING_COMPLETE);
    desk_wait(&d, 1);
    CU_ASSERT_EQUAL(state(mrn), ENS_FILING_INVALIDATED);
    SAID("IE3R01>" DESK_TRADER);
    desk_close(&d);
}

/* -- Arrivals ----------------------------------------------------------------------------------------------------- */

static void an_arrival_is_registered_and_what_it_brings_arrives(void)
{
    desk_open(&d, 0);
    desk_prefers(&d, DESK_OTHER, "");
    const char *mrn = desk_file(&d, &(desk_document){.action = "IE3F27", .lrn = "1", .number = "N"});
    desk_order(&d, ENS_ORDER_CONTROL, mrn);
    const desk_document arrival = {.action = "IE3N06",
                                   .lrn = "A1",
                                   .from = DESK_CARRIER,
                                   .edit = {{ENS_EL_relatedMRN, ENS_EL_identification, mrn},
                                            {ENS_EL_IE3N06, ENS_EL_notifyParty, NULL},
                                            {ENS_EL_notifyParty, ENS_EL_identificationNumber, DESK_OTHER}}};
    desk_send(&d, &arrival);
    SAID("IE3R04>" DESK_CARRIER " IE3R04>home@" DESK_OTHER " IE3N08>" DESK_CARRIER " IE3N08>home@" DESK_OTHER);
    CU_ASSERT(desk_text(d.letter, "MRN")[16] == 'Z');
    CU_ASSERT_EQUAL(state(mrn), ENS_FILING_ARRIVED);
    desk_document again = arrival;
    desk_send(&d, &again);
    SAID("IE3N99>" DESK_CARRIER);
    CU_ASSERT_STRING_EQUAL(code_of("IE3N99"), "94");
    again.lrn = "A2";
    desk_send(&d, &again);
    SAID("IE3R04>" DESK_CARRIER " IE3R04>home@" DESK_OTHER " IE3N07>" DESK_CARRIER " IE3N07>home@" DESK_OTHER);
    desk_wait(&d, 201 * DAY);
    CU_ASSERT_EQUAL(state(mrn), ENS_FILING_ARRIVED);
    desk_order(&d, ENS_ORDER_PRESENT, mrn);
    CU_ASSERT_EQUAL(state(mrn), ENS_FILING_PRESENTED);
    desk_send(&d, &(desk_document){.action = "IE3Q04", .mrn = mrn});
    SAID("IE3N01>" DESK_TRADER);
    desk_close(&d);
}

static void an_arrival_finds_by_document_and_by_ship(void)
{
    desk_open(&d, 0);
    const char *mrn = desk_file(&d, &(desk_document){.action = "IE3F10", .lrn = "1", .number = "N"});
    char expected[24];
    const desk_document by_document = {.action = "IE3N06",
                                       .lrn = "A1",
                                       .from = DESK_CARRIER,
                                       .edit = {{0, ENS_EL_relatedMRN, ""},
                                                {0, ENS_EL_relatedTransportDocument, NULL},
                                                {0, ENS_EL_estimatedDateAndTimeOfArrival, NULL},
                                                {ENS_EL_relatedTransportDocument, ENS_EL_documentNumber, "N"}}};
    desk_send(&d, &by_document);
    SAID("IE3R04>" DESK_CARRIER);
    CU_ASSERT_EQUAL(state(mrn), ENS_FILING_ARRIVED);
    desk_order(&d, ENS_ORDER_PRESENT, mrn);
    mrn = desk_file(&d, &(desk_document){.action = "IE3F10", .lrn = "2", .number = "N2"});
    ens_time_format(d.now + 3 * DAY, expected);
    const desk_document by_ship = {
        .action = "IE3N06",
        .lrn = "A2",
        .from = DESK_CARRIER,
        .edit = {{0, ENS_EL_relatedMRN, ""},
                 {0, ENS_EL_ModeOfTransport, "1"},
                 {ENS_EL_activeBorderTransportMeans, ENS_EL_identificationNumber, "IMO9074729"},
                 {ENS_EL_activeBorderTransportMeans, ENS_EL_typeOfIdentification, "10"},
                 {0, ENS_EL_conveyanceReferenceNumber, ""},
                 {0, ENS_EL_estimatedDateAndTimeOfArrival, expected}}};
    desk_send(&d, &by_ship);
    CU_ASSERT_EQUAL(state(mrn), ENS_FILING_ARRIVED);
    CHECK_ROW(desk_heard(&d, "IE3R04", DESK_CARRIER), "%s", desk_said(&d));
    desk_close(&d);
}

static void nothing_that_is_on_its_way_by_air_is_presented(void)
{
    desk_open(&d, 0);
    const char *air = desk_file(&d, &(desk_document){.action = "IE3F27", .lrn = "1", .number = "N1"});
    const char *road = desk_file(&d, &(desk_document){.action = "IE3F50", .lrn = "2", .number = "N2"});
    desk_order(&d, ENS_ORDER_PRESENT, air);
    desk_order(&d, ENS_ORDER_PRESENT, road);
    CU_ASSERT(state(air) == ENS_FILING_COMPLETE && state(road) == ENS_FILING_PRESENTED);
    desk_prefers(&d, DESK_TRADER, "IE3N09");
    desk_order(&d, ENS_ORDER_ANNOUNCE, air);
    SAID("IE3N09>" DESK_TRADER);
    desk_close(&d);
}

/* -- Consultations ------------------------------------------------------------------------------------------------ */

static void a_consultation_gives_what_is_the_requesters(void)
{
    desk_open(&d, 0);
    const char *mrn = desk_file(&d, &(desk_document){.action = "IE3F26", .lrn = "1", .number = "N"});
    desk_order(&d, ENS_ORDER_ASK_INFORMATION, mrn);
    desk_document question = {.action = "IE3Q05",
                              .mrn = mrn,
                              .party = "sys9@" DESK_TRADER,
                              .edit = {{0, ENS_EL_functionalReference, "Q1"}, {0, ENS_EL_dataRequest, "1"}}};
    desk_send(&d, &question);
    SAID("IE3R08>sys9@" DESK_TRADER);
    CU_ASSERT_STRING_EQUAL(desk_text(d.letter, "identification"), mrn);
    CU_ASSERT_STRING_EQUAL(desk_text(d.letter, "state"), "04");
    CU_ASSERT_EQUAL(d.letter[0].further, 1); /* the request; an IE3R01 is no notification */
    desk_send(&d, &question);
    SAID("IE3N99>sys9@" DESK_TRADER);
    CU_ASSERT_STRING_EQUAL(code_of("IE3N99"), "94");
    question.edit[0].text = "Q2", question.edit[1].text = "0";
    desk_send(&d, &question);
    CU_ASSERT_EQUAL(d.letter[0].further, 0);
    question.from = DESK_OTHER;
    desk_send(&d, &question);
    SAID("IE3N99>sys9@" DESK_TRADER);
    CU_ASSERT_STRING_EQUAL(code_of("IE3N99"), "90");
    const desk_document by_house = {.action = "IE3Q05",
                                    .edit = {{0, ENS_EL_functionalReference, "Q3"},
                                             {ENS_EL_IE3Q05, ENS_EL_MRN, ""},
                                             {0, ENS_EL_transportDocumentHouse, NULL},
                                             {ENS_EL_transportDocumentHouse, ENS_EL_documentNumber, "N"}}};
    desk_send(&d, &by_house);
    SAID("IE3R08>" DESK_TRADER);
    CU_ASSERT_PTR_NOT_NULL(strstr(d.letter[0].text, "<type>CHL</type>"));
    desk_close(&d);
}

/* -- Answers that are asked for ----------------------------------------------------------------------------------- */

static void the_end_of_an_lrn_asks_for_an_answer(void)
{
    static const struct {
        const char *action, *lrn, *heard;
    } rows[] = {{"IE3F26", "A-N99", "IE3N99"}, {"IE3F26", "A-N01", "IE3N01"}, {"IE3F12", "A-N02", "IE3N02"},
                {"IE3F26", "B-N02", "IE3N02"}, {"IE3F10", "A-N03", "IE3N03"}, {"IE3F10", "A-Q01", "IE3Q01"},
                {"IE3F27", "A-Q02", "IE3Q02"}, {"IE3F26", "A-Q03", "IE3Q03"}, {"IE3F26", "A-AMD", "IE3Q02"},
                {"IE3F10", "A-N09", "IE3N09"}};
    desk_open(&d, 0);
    desk_prefers(&d, DESK_TRADER, "IE3N02 IE3N03 IE3N09");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_cue cue;
        char number[16];
        snprintf(number, sizeof number, "N%zu", i);
        CU_ASSERT_TRUE(ens__cue_of_lrn(ens_str(rows[i].lrn), &cue));
        desk_file(&d, &(desk_document){.action = rows[i].action, .lrn = rows[i].lrn, .number = number, .cue = &cue});
        CHECK_ROW(desk_heard(&d, rows[i].heard, DESK_TRADER), "%s %s: %s, %s", rows[i].action, rows[i].lrn,
                  desk_said(&d), d.why);
        bool refused = strstr(rows[i].lrn, "N99") || strstr(rows[i].lrn, "N01");
        CHECK_ROW(refused == !desk_heard(&d, "IE3R01", NULL), "%s: %s", rows[i].lrn, desk_said(&d));
    }
    ens_cue none;
    CU_ASSERT_FALSE(ens__cue_of_lrn(ENS_LIT("EX-0001"), &none));
    CU_ASSERT_FALSE(ens__cue_of_lrn(ENS_LIT("N99"), &none));
    CU_ASSERT_FALSE(ens__cue_of_lrn((ens_slice){0}, &none));
    desk_close(&d);
}

static void piles_filings_as_the_trade_does(void)
{
    ens_filing asked = {.state = ENS_FILING_COMPLETE, .num_referrals = 1, .referral = {{"R", "RFI", true}}};
    static const struct {
        unsigned state, flags;
        ens_pile pile;
    } rows[] = {{ENS_FILING_REGISTERED, 0, ENS_PILE_REGISTERED},
                {ENS_FILING_COMPLETE, ENS_FILING_ASSESSED, ENS_PILE_REGISTERED},
                {ENS_FILING_PENDING_LINKING, 0, ENS_PILE_WAITING},
                {ENS_FILING_PENDING_COMPLETENESS, 0, ENS_PILE_WAITING},
                {ENS_FILING_COMPLETE, ENS_FILING_NO_LOADING, ENS_PILE_ACTION},
                {ENS_FILING_INVALIDATED, ENS_FILING_NO_LOADING, ENS_PILE_DONE},
                {ENS_FILING_REJECTED, 0, ENS_PILE_DONE},
                {ENS_FILING_PRESENTED, 0, ENS_PILE_DONE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const ens_filing f = {.state = rows[i].state, .flags = rows[i].flags};
        CHECK_ROW(ens__filing_pile(&f) == rows[i].pile, "row %zu lies with %s", i,
                  ens__pile_name(ens__filing_pile(&f)));
    }
    CU_ASSERT_EQUAL(ens__filing_pile(&asked), ENS_PILE_ACTION);
    asked.referral[0].open = false;
    CU_ASSERT_EQUAL(ens__filing_pile(&asked), ENS_PILE_REGISTERED);
}

static const ens_case cases[] = {
    {"every filing is registered, amended and withdrawn", every_filing_is_registered_amended_and_withdrawn},
    {"what was used is not used again", what_was_used_is_not_used_again},
    {"tells what is wrong with a document", tells_what_is_wrong_with_a_document},
    {"an amendment changes what may be changed", an_amendment_changes_what_may_be_changed},
    {"an amendment replaces what was said", an_amendment_replaces_what_was_said},
    {"an amendment is the filer's", an_amendment_is_the_filers},
    {"filings of one bill complete each other", filings_of_one_bill_complete_each_other},
    {"strangers complete nothing", strangers_complete_nothing},
    {"who has not filed is named", who_has_not_filed_is_named},
    {"post is linked by its receptacles", post_is_linked_by_its_receptacles},
    {"a reference links the filing before loading", a_reference_links_the_filing_before_loading},
    {"who asked is told that the analysis is complete", who_asked_is_told_that_the_analysis_is_complete},
    {"a request is answered, and the analysis goes on", a_request_is_answered_and_the_analysis_goes_on},
    {"nothing is complete while something is asked", nothing_is_complete_while_something_is_asked},
    {"loading is forbidden of what is to be loaded", loading_is_forbidden_of_what_is_to_be_loaded},
    {"two hundred days are the end", two_hundred_days_are_the_end},
    {"an arrival is registered, and what it brings arrives", an_arrival_is_registered_and_what_it_brings_arrives},
    {"an arrival finds by document and by ship", an_arrival_finds_by_document_and_by_ship},
    {"nothing that is on its way by air is presented", nothing_that_is_on_its_way_by_air_is_presented},
    {"a consultation gives what is the requester's", a_consultation_gives_what_is_the_requesters},
    {"the end of an LRN asks for an answer", the_end_of_an_lrn_asks_for_an_answer},
    {"piles filings as the trade does", piles_filings_as_the_trade_does},
    {NULL, NULL},
};
ENS_SUITE("sti/customs", cases)
