#include "as4/envelope/names.h"
#include "as4/ics2/ics2.h"
#include "ensign/time.h"
#include "tests/as4/sample.h"
#include "tests/suite.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static const ens_finding *finding(const ens_report *r, const char *id, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(r); i++) {
        const ens_finding *f = ens_report_get(r, i);
        if (f->outcome == outcome && strcmp(f->id, id) == 0)
            return f;
    }
    return NULL;
}

static const ens_finding *first_failure(const ens_report *r)
{
    for (size_t i = 0; i < ens_report_num(r); i++)
        if (ens_report_get(r, i)->outcome == ENS_FAIL && ens__in_family(ens_report_get(r, i), "rules"))
            return ens_report_get(r, i);
    return NULL;
}

/* The answer sheet: what is accepted breaks no rule; what is refused in the family "rules" breaks one with a code that
 * the sheet allows. */
static void check_sheet_row(const char *folder, const sheet_row *row)
{
    char path[512];
    snprintf(path, sizeof path, "%s/messages/%.*s", folder, (int)row->file.len, (const char *)row->file.p);
    sample *s = sample_read(path);
    if (!s)
        return;
    ens__ics2_options o = {.as_trader = sample_from_customs(s), .at = ENS_TIME_NONE};
    ens__ics2_judge(&s->header, &o, s->report);
    const ens_finding *f = first_failure(s->report);
    if (ens_is(row->verdict, "accepted"))
        CHECK_ROW(!f && ens_report_tells(s->report, "rules", ENS_PASS), "%s breaks %s: %s", path, f ? f->id : "nothing",
                  ens_detail(f));
    else if (ens_is(row->family, "rules"))
        CHECK_ROW(f && f->code && ens__find(row->ebms, ens_str(f->code), 0) != SIZE_MAX, "%s: %s %s", path,
                  f ? f->id : "no rule broken", f && f->code ? f->code : "");
    sample_free(s);
}

static void agrees_with_the_answer_sheets(void)
{
    if (!ens_shared("data/messages"))
        return;
    CU_ASSERT_TRUE(sheet_each("ics2", check_sheet_row) > 100);
    CU_ASSERT_TRUE(sheet_each("cxf", check_sheet_row) > 5);
}

static ens_slice text(const char *s)
{
    return s ? ens_str(s) : (ens_slice){0};
}

static ens_part_info part(const char *href, const char *type, const char *charset)
{
    ens_slice h = text(href);
    return (ens_part_info){.href = h,
                           .cid = ens_starts(h, ENS_LIT("cid:")) ? ens_from(h, 4) : (ens_slice){0},
                           .mime_type = text(type),
                           .charset = text(charset),
                           .compression = text("application/gzip")};
}

typedef enum { T2C, C2T, PING, PULL, RECEIPT, ERROR_SIGNAL } base_kind;

static void fill_user_message(ens_header *h, bool c2t)
{
    ens_party trader = {
        .id = text("FR73282932000074"), .type = text(ENS_PARTY_TYPE_EORI), .role = text("Trader"), .num_ids = 1};
    ens_party customs = {
        .id = text("sti-taxud"), .type = text(ENS_PARTY_TYPE_AUTH), .role = text("Customs"), .num_ids = 1};
    h->kind = ENS_KIND_USER_MESSAGE;
    h->from = c2t ? customs : trader;
    h->to = c2t ? trader : customs;
    h->agreement = text("EU-ICS2-TI-V2.0");
    h->agreement_type = text("ics2-interface-version");
    h->service = text(c2t ? "eu_ics2_c2t" : "eu_ics2_t2c");
    h->service_type = text("eu-customs-service-type");
    h->action = text(c2t ? "IE3R01" : "IE3F26");
    h->conversation_id = text("1");
    h->has_payload_info = true;
    h->part[h->num_parts++] = part("cid:message", "application/xml", "utf-8");
}

static ens_header *base(base_kind kind)
{
    ens_header *h = calloc(1, sizeof *h);
    CU_ASSERT_PTR_NOT_NULL_FATAL(h);
    h->timestamp = text("2026-09-30T10:15:30.123Z");
    h->message_id = text("0001000e-1f2e-4d3c-8b4a-000000abce51@ap.trader.example");
    if (kind == T2C || kind == C2T || kind == PING)
        fill_user_message(h, kind == C2T);
    if (kind == PING) {
        h->service = text(ENS_TEST_SERVICE);
        h->service_type = (ens_slice){0};
        h->action = text(ENS_TEST_ACTION);
        h->has_payload_info = false;
        h->num_parts = 0;
    }
    if (kind == PULL) {
        h->kind = ENS_KIND_PULL_REQUEST;
        h->mpc = text(ENS_MPC_EORI "FR73282932000074");
    }
    if (kind == RECEIPT || kind == ERROR_SIGNAL) {
        h->kind = kind == RECEIPT ? ENS_KIND_RECEIPT : ENS_KIND_ERROR;
        h->ref_to = text("1@a.example");
    }
    if (kind == ERROR_SIGNAL)
        h->error[h->num_errors++] = (ens_error_info){.code = text("EBMS:0006"), .severity = text("Warning")};
    return h;
}

/* One value of a good header changed (value NULL: absent), and the finding that follows. code NULL: not refused. */
#define AT(field) offsetof(ens_header, field)
static const struct {
    const char *what;
    base_kind kind;
    size_t field;
    const char *value, *id;
    ens_outcome outcome;
    const char *code;
} rows[] = {
    {"system id and member state", T2C, AT(from.id), "sys1@FR73282932000074@BE", "rules.from", ENS_PASS, NULL},
    {"party id that is no EORI", T2C, AT(from.id), "@FR", "rules.from", ENS_FAIL, "EBMS:0003"},
    {"party id without type", T2C, AT(from.type), NULL, "rules.from", ENS_FAIL, "EBMS:0003"},
    {"party id of another type", T2C, AT(from.type), "urn:oasis:names:tc:ebcore:partyid-type:unregistered",
     "rules.from", ENS_FAIL, "EBMS:0003"},
    {"customs' type for the trader", T2C, AT(from.type), ENS_PARTY_TYPE_AUTH, "rules.from", ENS_FAIL, "EBMS:0003"},
    {"role in lower case", T2C, AT(from.role), "trader", "rules.from", ENS_FAIL, "EBMS:0010"},
    {"role of the other side", T2C, AT(to.role), "Trader", "rules.to", ENS_FAIL, "EBMS:0010"},
    {"to a national interface", T2C, AT(to.id), "nti-be", "rules.to", ENS_FAIL, "EBMS:0010"},
    {"to the STI in capitals", T2C, AT(to.id), "STI-TAXUD", "rules.to", ENS_FAIL, "EBMS:0010"},
    {"from a national interface", C2T, AT(from.id), "nti-be", "rules.from", ENS_PASS, NULL},
    {"from another authority", C2T, AT(from.id), "nti-b", "rules.from", ENS_FAIL, "EBMS:0010"},
    {"to a party that is no EORI", C2T, AT(to.id), "a@b@c@d", "rules.to", ENS_FAIL, "EBMS:0003"},
    {"release 1", T2C, AT(agreement), "EU-ICS2-TI-V1.0", "rules.agreement", ENS_PASS, NULL},
    {"another agreement", T2C, AT(agreement), "EU-ICS2-TI-V3.0", "rules.agreement", ENS_FAIL, "EBMS:0001"},
    {"no agreement", T2C, AT(agreement), NULL, "rules.agreement", ENS_FAIL, "EBMS:0010"},
    {"agreement without type", T2C, AT(agreement_type), NULL, "rules.agreement", ENS_FAIL, "EBMS:0003"},
    {"agreement of another type", T2C, AT(agreement_type), "x", "rules.agreement", ENS_FAIL, "EBMS:0003"},
    {"agreement with a P-Mode", T2C, AT(agreement_pmode), "pm", "rules.agreement", ENS_WARN, NULL},
    {"another service", T2C, AT(service), "eu_ics2_ct2", "rules.service", ENS_FAIL, "EBMS:0001"},
    {"service of the other direction", T2C, AT(service), "eu_ics2_c2t", "rules.service", ENS_FAIL, "EBMS:0010"},
    {"service without type", T2C, AT(service_type), NULL, "rules.service", ENS_FAIL, "EBMS:0003"},
    {"service of another type", T2C, AT(service_type), "x", "rules.service", ENS_FAIL, "EBMS:0003"},
    {"test action with a business service", T2C, AT(action), ENS_TEST_ACTION, "rules.action", ENS_FAIL, "EBMS:0003"},
    {"business action with the test service", PING, AT(action), "IE3F26", "rules.action", ENS_FAIL, "EBMS:0003"},
    {"test service with a type", PING, AT(service_type), "x", "rules.service", ENS_WARN, NULL},
    {"a ping", PING, AT(conversation_id), "2", "rules.action", ENS_PASS, NULL},
    {"unknown action", T2C, AT(action), "IE3A25", "rules.action", ENS_FAIL, "EBMS:0001"},
    {"action of customs", T2C, AT(action), "IE3R01", "rules.action", ENS_FAIL, "EBMS:0010"},
    {"action of traders", C2T, AT(action), "IE3F26", "rules.action", ENS_FAIL, "EBMS:0010"},
    {"any conversation id", T2C, AT(conversation_id), "conv-42", "rules.service", ENS_PASS, NULL},
    {"message id that is no UUID", T2C, AT(message_id), "submission@corner1", "rules.message-id", ENS_PASS, NULL},
    {"message id without @", T2C, AT(message_id), "123", "rules.message-id", ENS_FAIL, "EBMS:0003"},
    {"message id in brackets", T2C, AT(message_id), "<1@a>", "rules.message-id", ENS_FAIL, "EBMS:0003"},
    {"message id with a blank", T2C, AT(message_id), "1@a b", "rules.message-id", ENS_FAIL, "EBMS:0003"},
    {"timestamp without Z", T2C, AT(timestamp), "2026-09-30T10:15:30", "rules.timestamp", ENS_PASS, NULL},
    {"timestamp with offset and 7 decimals", T2C, AT(timestamp), "2026-09-30T10:15:30.1234567+01:00", "rules.timestamp",
     ENS_WARN, NULL},
    {"timestamp ahead", T2C, AT(timestamp), "2026-10-01T14:00:00Z", "rules.timestamp", ENS_WARN, NULL},
    {"no timestamp", T2C, AT(timestamp), "yesterday", "rules.timestamp", ENS_FAIL, "EBMS:0009"},
    {"reference in a filing", T2C, AT(ref_to), "1@a.example", "rules.ref-to", ENS_PASS, NULL},
    {"reference to itself", T2C, AT(ref_to), "0001000e-1f2e-4d3c-8b4a-000000abce51@ap.trader.example", "rules.ref-to",
     ENS_FAIL, "EBMS:0003"},
    {"reference that is none", C2T, AT(ref_to), "a b", "rules.ref-to", ENS_FAIL, "EBMS:0003"},
    {"reply without reference", C2T, AT(ref_to), NULL, "rules.ref-to", ENS_PASS, NULL},
    {"receipt without reference", RECEIPT, AT(ref_to), NULL, "rules.ref-to", ENS_FAIL, "EBMS:0302"},
    {"pull request with reference", PULL, AT(ref_to), "1@a", "rules.ref-to", ENS_WARN, NULL},
    {"the default channel by name", T2C, AT(mpc), ENS_MPC_DEFAULT, "rules.mpc", ENS_PASS, NULL},
    {"a pull channel when pushing", T2C, AT(mpc), ENS_MPC_EORI "FR73282932000074", "rules.mpc", ENS_FAIL, "EBMS:0010"},
    {"pulled from the own channel", C2T, AT(mpc), ENS_MPC_EORI "FR73282932000074", "rules.mpc", ENS_PASS, NULL},
    {"pulled from the base channel", C2T, AT(mpc), ENS_MPC_BASE, "rules.mpc", ENS_PASS, NULL},
    {"pulled from a foreign channel", C2T, AT(mpc), ENS_MPC_EORI "FR54207118800313", "rules.mpc", ENS_FAIL,
     "EBMS:0010"},
    {"pull from the own channel", PULL, AT(mpc), ENS_MPC_EORI "sys@FR73282932000074", "rules.pull", ENS_PASS, NULL},
    {"pull from the default channel", PULL, AT(mpc), ENS_MPC_DEFAULT, "rules.pull", ENS_FAIL, "EBMS:0001"},
    {"pull from no channel", PULL, AT(mpc), NULL, "rules.pull", ENS_FAIL, "EBMS:0001"},
    {"pull from the base channel", PULL, AT(mpc), ENS_MPC_BASE, "rules.pull", ENS_FAIL, "EBMS:0001"},
    {"pull from nobody", PULL, AT(mpc), ENS_MPC_EORI, "rules.pull", ENS_FAIL, "EBMS:0001"},
    {"an unknown error", ERROR_SIGNAL, AT(error[0].code), "EBMS:4001", "rules.error", ENS_WARN, NULL},
    {"an error of another severity", ERROR_SIGNAL, AT(error[0].severity), "failure", "rules.error", ENS_WARN, NULL},
    {"an error of no severity", ERROR_SIGNAL, AT(error[0].severity), "bad", "rules.error", ENS_FAIL, "EBMS:0003"},
    {"an error about another message", ERROR_SIGNAL, AT(error[0].ref_to), "2@b", "rules.error", ENS_WARN, NULL},
    {"document of another type", T2C, AT(part[0].mime_type), "text/xml", "rules.part", ENS_FAIL, "EBMS:0003"},
    {"document without type", T2C, AT(part[0].mime_type), NULL, "rules.part", ENS_FAIL, "EBMS:0003"},
    {"charset in capitals", T2C, AT(part[0].charset), "UTF-8", "rules.parts", ENS_PASS, NULL},
    {"charset absent", T2C, AT(part[0].charset), NULL, "rules.part", ENS_WARN, NULL},
    {"charset UTF-16", T2C, AT(part[0].charset), "UTF-16", "rules.part", ENS_FAIL, "EBMS:0003"},
    {"charset that is no name", T2C, AT(part[0].charset), "!utf*", "rules.part", ENS_FAIL, "EBMS:0003"},
    {"uncompressed", T2C, AT(part[0].compression), NULL, "rules.part", ENS_WARN, NULL},
    {"another compression", T2C, AT(part[0].compression), "application/zip", "rules.part", ENS_FAIL, "EBMS:0003"},
    {"document in the Body", T2C, AT(part[0].href), NULL, "rules.part", ENS_FAIL, "EBMS:0008"},
    {"document in the Body by id", T2C, AT(part[0].href), "#body", "rules.part", ENS_FAIL, "EBMS:0008"},
    {"document elsewhere", T2C, AT(part[0].cid), NULL, "rules.part", ENS_FAIL, "EBMS:0011"},
    {"href without cid:", T2C, AT(part[0].href), "message", "rules.part", ENS_WARN, NULL},
};

static ens_report *judge(const ens_header *h, bool as_trader, bool lenient)
{
    ens_report *report = ens_report_new();
    ens_time at = 0;
    CU_ASSERT_EQUAL(ens_time_parse(ENS_LIT("2026-10-01T12:00:00Z"), &at, NULL), ENS_OK);
    ens__ics2_options o = {.as_trader = as_trader, .lenient = lenient, .at = at};
    ens__ics2_judge(h, &o, report);
    return report;
}

static void one_value_changed(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_header *h = base(rows[i].kind);
        *(ens_slice *)(void *)((char *)h + rows[i].field) = text(rows[i].value);
        ens_report *report = judge(h, rows[i].kind == C2T, false);
        const ens_finding *f = finding(report, rows[i].id, rows[i].outcome);
        CHECK_ROW(f && f->rule, "%s: no %s %s", rows[i].what, ens_outcome_name(rows[i].outcome), rows[i].id);
        CHECK_ROW((ens_report_verdict(report) == ENS_REFUSED) == (rows[i].code != NULL), "%s: %s", rows[i].what,
                  ens_verdict_name(ens_report_verdict(report)));
        if (rows[i].code)
            CHECK_ROW(f && f->code && strcmp(f->code, rows[i].code) == 0 && f->hint && f->seen, "%s: code %s",
                      rows[i].what, f && f->code ? f->code : "none");
        ens_report_free(report);
        free(h);
    }
}

static void lenient_reception_warns(void)
{
    ens_header *h = base(T2C);
    h->agreement_type = (ens_slice){0};
    h->message_id = text("123");
    ens_report *report = judge(h, false, true);
    CU_ASSERT_PTR_NOT_NULL(finding(report, "rules.agreement", ENS_WARN));
    CU_ASSERT_PTR_NOT_NULL(finding(report, "rules.message-id", ENS_WARN));
    CU_ASSERT_EQUAL(ens_report_verdict(report), ENS_ACCEPTED);
    ens_report_free(report);
    free(h);
}

static void several_party_ids_are_refused(void)
{
    ens_header *h = base(T2C);
    h->from.num_ids = 2;
    ens_report *report = judge(h, false, false);
    CU_ASSERT_PTR_NOT_NULL(finding(report, "rules.from", ENS_FAIL));
    ens_report_free(report);
    free(h);
}

/* Every action, with an attachment and without, in its direction and the other (ICS-06, ICS-08). */
static void every_action_in_both_directions(void)
{
    unsigned with_attachments = 0;
    for (unsigned i = 0; i < ENS_NUM_ACTIONS; i++) {
        const ens_action *a = ens__action_get(i);
        for (unsigned turn = 0; turn < 4; turn++) {
            bool c2t = turn & 1, attach = turn & 2;
            ens_header *h = base(c2t ? C2T : T2C);
            h->action = ens_str(a->name);
            if (attach)
                h->part[h->num_parts++] = part("cid:photo-1", "image/jpeg", NULL);
            ens_report *report = judge(h, c2t, false);
            bool good = c2t == (a->direction == ENS_C2T) && (!attach || a->attachments);
            with_attachments += good && attach;
            CHECK_ROW((ens_report_verdict(report) == ENS_ACCEPTED) == good, "%s %s %s", a->name, c2t ? "c2t" : "t2c",
                      attach ? "with a file" : "alone");
            ens_report_free(report);
            free(h);
        }
    }
    CU_ASSERT_EQUAL(with_attachments, 14);
}

static void attachments_are_pdf_or_jpeg(void)
{
    static const struct {
        const char *action, *href, *type, *charset;
        bool as_trader, good;
    } parts[] = {
        {"IE3F26", "cid:a", "application/pdf", NULL, false, true},
        {"IE3F26", "cid:a", "image/png", NULL, false, false},
        {"IE3F26", "cid:a", "application/xml", NULL, false, false},
        {"IE3F26", "cid:a", "image/jpeg", "utf-8", false, true},
        {"IE3F26", "cid:message", "image/jpeg", NULL, false, false},
        {"IE3R08", "cid:a", "application/xml", "utf-8", true, true},
        {"IE3R08", "cid:a", "image/jpeg", NULL, true, false},
        {"IE3R01", "cid:a", "application/xml", "utf-8", true, false},
        {"IE3F26", "cid:a", "application/pdf", "!utf", false, false},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        ens_header *h = base(parts[i].as_trader ? C2T : T2C);
        h->action = text(parts[i].action);
        h->part[h->num_parts++] = part(parts[i].href, parts[i].type, parts[i].charset);
        ens_report *report = judge(h, parts[i].as_trader, false);
        CHECK_ROW((ens_report_verdict(report) == ENS_ACCEPTED) == parts[i].good, "%s with %s as %s", parts[i].action,
                  parts[i].type, parts[i].href);
        ens_report_free(report);
        free(h);
    }
}

static void traders_get_no_pull_requests(void)
{
    ens_header *h = base(PULL);
    ens_report *report = judge(h, true, false);
    CU_ASSERT_PTR_NOT_NULL(finding(report, "rules.pull", ENS_FAIL));
    ens_report_free(report);
    free(h);
}

static const ens_case cases[] = {
    {"agrees with the answer sheets of other stacks' messages", agrees_with_the_answer_sheets},
    {"one value changed gives its finding and code", one_value_changed},
    {"lenient reception warns where the ICD's sample omits", lenient_reception_warns},
    {"several party ids are refused", several_party_ids_are_refused},
    {"every action in both directions, with an attachment and without", every_action_in_both_directions},
    {"attachments are PDF or JPEG, further documents only on IE3R08", attachments_are_pdf_or_jpeg},
    {"traders get no pull requests", traders_get_no_pull_requests},
    {NULL, NULL},
};
ENS_SUITE("as4/ics2", cases)
