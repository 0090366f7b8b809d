#include "sti/point/refusal.h"

#include "as4/answer.h"
#include "as4/domibus.h"
#include "as4/seal_as.h"
#include "engine/base/report.h"

#include <stdio.h>
#include <string.h>

#define DETAIL_MAX 512

const ens_refusal ens__refusal_clash = {.code = "EBMS:0003",
                                        .detail = "this message id stands for another message",
                                        .rule = "AS4 3.2"},
                  ens__refusal_lost = {.code = "EBMS:0202",
                                       .detail = "the message can't be kept now: send it again",
                                       .rule = "AS4 3.2"},
                  ens__refusal_too_long = {.code = "EBMS:0003",
                                           .detail = "the message id is longer than 240 octets",
                                           .rule = "Ensign access point"};

static const char *detail_of(const ens_finding *f, ens_arena *arena, const char *other)
{
    char text[ENS_DETAIL_TEXT];
    const char *detail = ens__finding_text(f, text, other);
    return detail ? ens_arena_text(arena, ens_str(detail)) : NULL;
}

static bool find_by_ics2(const ens_report *report, ens_arena *arena, ens_refusal *out)
{
    ens_answer answer = ens_answer_of(report);
    const ens_finding *f = answer.because;
    if (answer.verdict == ENS_REFUSED && answer.code) {
        *out = (ens_refusal){.code = answer.code,
                             .subcode = answer.subcode,
                             .detail = detail_of(f, arena, NULL),
                             .rule = f->rule,
                             .check = f->id};
        return true;
    }
    const ens_finding *open = ens__open_question(report);
    if (!open && ens_report_num(report) && !report->incomplete)
        return false;
    *out = (ens_refusal){.code = "EBMS:0004",
                         .subcode = open ? open->subcode : NULL,
                         .detail = detail_of(open, arena, "the message can't be judged"),
                         .rule = open ? open->rule : NULL,
                         .check = open ? open->id : NULL};
    return true;
}

/* What a Domibus takes and ICS2 refuses is refused here as well: by ICS2's code, in the shape of the Domibus. */
bool ens__refusal_find(const ens_report *report, const ens_point_answers *how, ens_arena *arena, ens_refusal *out)
{
    ens__domibus_word seen;
    bool refused = find_by_ics2(report, arena, out);
    if (refused && how->domibus && ens__domibus_judge(report, &seen))
        *out = (ens_refusal){.code = seen.code,
                             .name = seen.name,
                             .detail = seen.detail,
                             .check = seen.because->id,
                             .open = !seen.sealed,
                             .unnamed = !seen.refers};
    return refused;
}

ens_code ens__refusal_seal(const ens_refusal *why, const ens_point_answers *how, ens_sealer *sealer, ens_slice ref_to,
                           ens_time at, ens_slice *out, ens_err *err)
{
    char text[DETAIL_MAX];
    snprintf(text, sizeof text, "%s%s%s%s", why->detail ? why->detail : "", why->rule ? " (" : "",
             why->rule ? why->rule : "", why->rule ? ")" : "");
    ens__error_order order = {.code = ens_str(why->code),
                              .subcode = ens_str(why->subcode),
                              .ref_to = !why->unnamed ? ref_to : (ens_slice){0},
                              .detail = ens_str(text),
                              .name = why->name,
                              .fault = how->fault && strcmp(why->code, ENS_REFUSAL_EMPTY) != 0,
                              .open = why->open,
                              .at = at};
    ens_code code = ens__seal_error_as(sealer, &order, out, NULL);
    if (code == ENS_OK)
        return code;
    order.ref_to = order.detail = (ens_slice){0};
    return ens__seal_error_as(sealer, &order, out, err);
}
