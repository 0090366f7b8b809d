/* Receipts and what comes instead: what they acknowledge, and what error signals and faults say. */
#include "as4/domibus.h"
#include "engine/base/report.h"
#include "ensign/explain.h"
#include "fixtures/reseal.h"
#include "tests/as4/form.h"
#include "tests/suite.h"

#define RECEIPT "receipt-f26.xml", SEALED_SO
#define NRI_END "</ebbp:NonRepudiationInformation>"
#define NRI "<ebbp:NonRepudiationInformation xmlns:ebbp=\"http://docs.oasis-open.org/ebxml-bp/ebbp-signals-2.0\">"
#define REFUSED .verdict = ENS_REFUSED, .code = "EBMS:0302", .id = "receipt.information", .outcome = ENS_FAIL
#define FAULT                                                                                                          \
    "<env:Fault><env:Code><env:Value>env:Receiver</env:Value></env:Code><env:Reason><env:Text xml:lang=\"en\">the "    \
    "reason</env:Text></env:Reason></env:Fault>"

/* keep_only leaves nothing between two marks. */
static bool keep_only(ens_buf *m, const char *open, const char *close, const char *inside)
{
    size_t from = ens__find(ens_buf_slice(m), ens_str(open), 0), to = ens__find(ens_buf_slice(m), ens_str(close), from);
    return to != SIZE_MAX && fx_splice(m, from + strlen(open), to, ens_str(inside));
}

static bool empty_information(ens_buf *m)
{
    return keep_only(m, NRI, NRI_END, "");
}

static bool foreign_part(ens_buf *m)
{
    return keep_only(m, NRI, NRI_END, "<x:y xmlns:x=\"urn:x\"></x:y>");
}

static bool named_part(ens_buf *m)
{
    return keep_only(m, NRI, NRI_END,
                     "<ebbp:MessagePartNRInformation><ebbp:MessagePartIdentifier>x</ebbp:MessagePartIdentifier>"
                     "</ebbp:MessagePartNRInformation>");
}

static bool foreign_child(ens_buf *m)
{
    return keep_only(m, "<eb:Receipt>", "</eb:Receipt>", "<x:y xmlns:x=\"urn:x\"></x:y>");
}

static bool information_twice(ens_buf *m)
{
    ens_slice text = ens_buf_slice(m);
    size_t from = ens__find(text, ENS_LIT("<ebbp:NonRepudiationInformation"), 0),
           to = ens__find(text, ENS_LIT(NRI_END), from) + sizeof NRI_END - 1;
    ens_buf copy;
    ens_buf_init(&copy, NULL, 0, (size_t)1 << 16);
    ens_buf_put(&copy, ens_sub(text, from, to));
    bool good = fx_splice(m, to, to, ens_buf_slice(&copy));
    ens_buf_free(&copy);
    return good;
}

static void what_receipts_acknowledge(void)
{
    static const form forms[] = {
        {"a receipt by itself", RECEIPT, .verdict = ENS_ACCEPTED, .id = "receipt.information", .outcome = ENS_PASS},
        {"a receipt of nothing", RECEIPT, .edit = empty_information, REFUSED},
        {"a receipt of something else", RECEIPT, .edit = foreign_child, REFUSED},
        {"a receipt of a foreign part", RECEIPT, .edit = foreign_part, REFUSED},
        {"a receipt that names a part without its digest", RECEIPT, .edit = named_part, REFUSED},
        {"a receipt with its information twice", RECEIPT, .edit = information_twice, REFUSED},
        {"a receipt with its information twice, for its message", RECEIPT, .edit = information_twice, REFUSED,
         .receipt_for = "f26.mime"},
        {"a receipt with something beside its information", RECEIPT, NRI_END, NRI_END "<x:y xmlns:x=\"urn:x\"></x:y>",
         REFUSED},
        {"a receipt with something beside its information, for a trader", RECEIPT, NRI_END,
         NRI_END "<x:y xmlns:x=\"urn:x\"></x:y>", .verdict = ENS_ACCEPTED, .id = "receipt.beside", .outcome = ENS_WARN,
         .receipt_for = "f26.mime"},
        {"a receipt with something in front of its information", RECEIPT, "<eb:Receipt>",
         "<eb:Receipt><x:y xmlns:x=\"urn:x\"></x:y>", REFUSED},
        {"text among the parts", RECEIPT, NRI_END, "words" NRI_END, REFUSED},
        {"text among the parts, for its message", RECEIPT, NRI_END, "words" NRI_END, REFUSED,
         .receipt_for = "f26.mime"},
        {"a digest that is none", RECEIPT, "<ds:DigestValue>", "<ds:DigestValue>!", REFUSED},
        {"no digest method", RECEIPT,
         "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>", "", REFUSED},
    };
    FORMS(forms);
}

static void what_comes_along(void)
{
    static const form forms[] = {
        {"a fault beside a receipt", RECEIPT, "wsu:Id=\"signal-body\">", "wsu:Id=\"signal-body\">" FAULT,
         .verdict = ENS_ACCEPTED, .id = "soap.fault", .outcome = ENS_WARN, .says = "the reason",
         .receipt_for = "f26.mime"},
        {"a fault beside an error", "error.xml", SEALED_SO, "wsu:Id=\"signal-body\">", "wsu:Id=\"signal-body\">" FAULT,
         .verdict = ENS_ACCEPTED, .id = "soap.fault", .outcome = ENS_PASS, .says = "the reason"},
        {"a receipt with a status of 500", RECEIPT, "<env:Envelope ",
         "HTTP/1.1 500 Internal Server Error\r\n\r\n<env:Envelope ", .verdict = ENS_ACCEPTED, .id = "receipt.status",
         .outcome = ENS_WARN, .says = "500", .receipt_for = "f26.mime"},
        {"an error with a status of 500", "error.xml", SEALED_SO, "<env:Envelope ",
         "HTTP/1.1 500 Internal Server Error\r\n\r\n<env:Envelope ", .verdict = ENS_ACCEPTED},
        {"an error where a receipt was awaited", "error.xml", SEALED_SO, .verdict = ENS_REFUSED, .code = "EBMS:0301",
         .id = "receipt.kind", .outcome = ENS_FAIL, .says = "EBMS:0004 A001", .receipt_for = "f26.mime"},
    };
    FORMS(forms);
}

/* answer_of judges text as the receipt for f26.mime and gives the first failure. */
static void check_fault(const char *text, const char *says)
{
    static const form how = {.what = "a fault", .of = "receipt-f26.xml", .receipt_for = "f26.mime"};
    ens_verifier *verifier = NULL;
    ens_report *report = ens_report_new();
    ens_message message = {0};
    CU_ASSERT_FATAL(report && ens_verifier_new(&verifier, NULL) == ENS_OK);
    form_verify(ens_str(text), &how, &message, report, verifier);
    ens_answer a = ens_answer_of(report);
    CHECK_ROW(a.verdict == ENS_REFUSED && strcmp(a.code, "EBMS:0301") == 0 && strstr(ens_detail(a.because), says),
              "%s: %s", says, ens_detail(a.because));
    CHECK_ROW(ens_is(message.fault_reason, says), "the reason of the fault is %.*s", (int)message.fault_reason.len,
              (const char *)message.fault_reason.p);
    ens_verifier_free(verifier);
    ens_report_free(report);
}

static void faults_of_gateways(void)
{
    check_fault("<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body><S:Fault>"
                "<faultcode>S:Server</faultcode><faultstring> no route </faultstring></S:Fault></S:Body></S:Envelope>",
                "no route");
    check_fault("<env:Envelope xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\"><env:Body>" FAULT
                "</env:Body></env:Envelope>",
                "the reason");
}

#define ERROR_END "</eb:Error></eb:SignalMessage>"
#define SECOND                                                                                                         \
    "</eb:Error><eb:Error errorCode=\"EBMS:0303\" severity=\"failure\"><eb:Description xml:lang=\"en\">part "          \
    "2</eb:Description></eb:Error><eb:Error errorCode=\"X:1\" severity=\"warning\"></eb:Error></eb:SignalMessage>"

static void errors_are_read(void)
{
    static const form how = {
        .what = "errors", .of = "error.xml", .when = SEALED_SO, .find = ERROR_END, .replace = SECOND};
    ens_verifier *verifier = NULL;
    ens_report *report = ens_report_new();
    ens_message m = {0};
    ens_buf bytes;
    ens_buf_init(&bytes, NULL, 0, (size_t)1 << 16);
    CU_ASSERT_FATAL(report && ens_verifier_new(&verifier, NULL) == ENS_OK && form_make(&how, &bytes));
    form_verify(ens_buf_slice(&bytes), &how, &m, report, verifier);
    CU_ASSERT_EQUAL(ens_report_verdict(report), ENS_ACCEPTED);
    CU_ASSERT_EQUAL_FATAL(m.num_errors, 3);
    CU_ASSERT_TRUE(ens_is(m.errors[0].code, "EBMS:0004") && ens_is(m.errors[0].severity, "failure"));
    CU_ASSERT_TRUE(ens_is(m.errors[0].detail, "A001: not associated") && ens_eq(m.errors[0].ref_to, m.ref_to));
    CU_ASSERT_STRING_EQUAL(m.errors[0].subcode, "A001");
    CU_ASSERT_PTR_EQUAL(m.errors[0].meaning, ens_explain(ENS_LIT("EBMS:0004"), ENS_LIT("A001"))->meaning);
    CU_ASSERT_TRUE(ens_is(m.errors[1].code, "EBMS:0303") && ens_is(m.errors[1].description, "part 2"));
    CU_ASSERT_TRUE(!m.errors[1].subcode && m.errors[1].meaning && m.errors[1].hint && m.errors[1].domibus);
    CU_ASSERT_TRUE(ens_is(m.errors[2].code, "X:1") && !m.errors[2].meaning);
    ens_buf_free(&bytes);
    ens_verifier_free(verifier);
    ens_report_free(report);
}

static void codes_are_explained(void)
{
    static const struct {
        const char *code, *subcode, *says;
    } rows[] = {
        {"EBMS:0004", "", "unknown error occurred"},
        {"0004", "A001", "UUM&DS refused"},
        {"ebms:0004", "A0003:", "could not be reached"},
        {"EBMS:0103", "A001", "not of the kind"},
        {"EBMS:0004", "B1", "no code of its own"},
        {"IE3N99", "", "document"},
        {"EBMS:9999", "", NULL},
        {"", "", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const ens_explanation *x = ens_explain(ens_str(rows[i].code), ens_str(rows[i].subcode));
        CHECK_ROW((x != NULL) == (rows[i].says != NULL), "%s %s", rows[i].code, rows[i].subcode);
        CHECK_ROW(!x || strstr(x->meaning, rows[i].says) || strstr(x->hint, rows[i].says), "%s %s means %s",
                  rows[i].code, rows[i].subcode, x ? x->meaning : "nothing");
    }
    for (size_t i = 0; ens_explain_get(i); i++)
        CHECK_ROW(ens_explain_get(i)->meaning && ens_explain_get(i)->hint && ens_explain_get(i)->name, "row %zu", i);
    CU_ASSERT_PTR_NOT_NULL(strstr(ens__domibus_answer("digest.part"), "unknown error occurred"));
    CU_ASSERT_PTR_NOT_NULL(strstr(ens__domibus_answer("mime.end"), "0103"));
    CU_ASSERT_PTR_NULL(ens__domibus_answer("binding.company"));
}

static const ens_case cases[] = {
    {"a receipt holds one information with one reference per part, and nothing else", what_receipts_acknowledge},
    {"tells what comes with a signal, and what comes instead of a receipt", what_comes_along},
    {"reads the faults of gateways, of both SOAP versions", faults_of_gateways},
    {"reads every error of a signal and says what it means", errors_are_read},
    {"explains codes and sub-codes in every spelling", codes_are_explained},
    {NULL, NULL},
};
ENS_SUITE("as4/signals", cases)
