#include "as4/ens/reply.h"
#include "as4/ens/writer.h"
#include "tests/as4/ens_judged.h"
#include "tests/suite.h"

#include <stdio.h>

#define ROOM ((size_t)1 << 20)
#define MRN "26FR00000000001AT0"

/* reply_to writes a reply to what was judged last. */
static const char *reply_to(const char *message, const ens_report *report, const char *mrn, ens_buf *out)
{
    const ens_reply r = {.sent = ens_judged_doc(), .at = 1790000000, .mrn = mrn, .report = report};
    out->len = 0;
    if (ens__reply_write(message, &r, out, NULL) != ENS_OK)
        return NULL;
    ens_buf_add(out, "", 1);
    return (const char *)out->p;
}

static const ens_report *judge_skeleton(const char *message, ens_buf *text)
{
    text->len = 0;
    CU_ASSERT_EQUAL_FATAL(ens__skeleton_write(&(ens_skeleton){.message = message, .at = 1790000000}, text, NULL),
                          ENS_OK);
    ens_buf_add(text, "", 1);
    return ens_judged_text((const char *)text->p);
}

static void registers_every_filing(void)
{
    ens_buf text, out;
    unsigned num = 0;
    ens_buf_init(&text, NULL, 0, ROOM);
    ens_buf_init(&out, NULL, 0, ROOM);
    for (uint32_t i = 0; i < ens__tables.num_messages; i++) {
        const char *message = ens__tables_text(&ens__tables, ens__tables.message[i].text);
        bool filing = message[3] == 'F', amendment = message[3] == 'A';
        if (!filing && !amendment)
            continue;
        judge_skeleton(message, &text);
        const char *reply = reply_to(filing ? "IE3R01" : "IE3N10", NULL, MRN, &out);
        const ens_report *r = reply ? ens_judged_text(reply) : NULL;
        CHECK_ROW(r && ens_report_verdict(r) == ENS_ACCEPTED && ens_judged_doc()->message, "%s: %s", message,
                  r ? ens_judged_tell(r) : "no reply");
        num++;
    }
    CU_ASSERT_EQUAL(num, 61);
    ens_buf_free(&text), ens_buf_free(&out);
}

static void tells_every_fault_in_an_ie3n99(void)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, ROOM);
    const ens_report *r =
        ens_judged_text("<IE3Q04><x/><MRN>" MRN
                        "</MRN><declarant><identificationNumber>FR1</identificationNumber></declarant></IE3Q04>");
    CU_ASSERT_EQUAL(ens_judged_faults(r), 3); /* x, the date, office or member state */
    const char *reply = reply_to("IE3N99", r, NULL, &out);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
    CU_ASSERT_PTR_NOT_NULL(strstr(reply, "<functionalReference>" MRN "</functionalReference>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(reply, "<messageElementPath>/IE3Q04/x</messageElementPath>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(reply, "<validationCode>13</validationCode>"));
    const ens_report *judged = ens_judged_text(reply);
    CHECK_ROW(ens_report_verdict(judged) == ENS_ACCEPTED, "%s", ens_judged_tell(judged));
    ens_buf_free(&out);
}

static void writes_no_reply_that_the_tables_refuse(void)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, ROOM);
    ens_judged_text("<IE3Q04><x/></IE3Q04>");
    CU_ASSERT_PTR_NULL(reply_to("IE3N99", NULL, NULL, &out)); /* no error */
    CU_ASSERT_PTR_NULL(reply_to("IE3R07", NULL, NULL, &out)); /* no MRN, no declarant */
    CU_ASSERT_PTR_NULL(reply_to("IE3R99", NULL, MRN, &out));  /* no such message */
    ens_buf_free(&out);
}

static void answers_what_could_not_be_read(void)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, ROOM);
    const ens_reply_error error = {"12", "is not well-formed: line 3", NULL};
    const ens_reply r = {.at = 1790000000, .errors = &error, .num_errors = 1};
    CU_ASSERT_EQUAL_FATAL(ens__reply_write("IE3N99", &r, &out, NULL), ENS_OK);
    ens_buf_add(&out, "", 1);
    const ens_report *judged = ens_judged_text((const char *)out.p);
    CHECK_ROW(ens_report_verdict(judged) == ENS_ACCEPTED, "%s", ens_judged_tell(judged));
    ens_buf_free(&out);
}

static const ens_case cases[] = {
    {"registers every filing, accepts every amendment", registers_every_filing},
    {"tells every fault in an IE3N99", tells_every_fault_in_an_ie3n99},
    {"writes no reply that the tables refuse", writes_no_reply_that_the_tables_refuse},
    {"answers what could not be read", answers_what_could_not_be_read},
    {NULL, NULL},
};
ENS_SUITE("as4/ens/reply", cases)
