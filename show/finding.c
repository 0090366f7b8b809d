#include "show/finding.h"

#include "engine/base/printable.h"
#include "engine/base/report.h"
#include "show/page.h"

#include <stdio.h>

#define FINDING_COLUMN 8

/* put_place: a finding about a business document names the element and the code that customs would give. */
static void put_place(ens_json *j, const ens_finding *f)
{
    if (f->outcome != ENS_FAIL && f->outcome != ENS_WARN)
        return;
    ens__json_text(j, "pointer", f->xpath);
    ens__json_text(j, "code", f->document_code);
}

static void put_check(ens_json *j, const ens_finding *f)
{
    char text[ENS_DETAIL_TEXT];
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "id", f->id);
    ens__json_text(j, "outcome", ens_outcome_name(f->outcome));
    ens__json_text(j, "rule", f->rule);
    ens__json_text(j, "detail", ens_finding_detail(f, text));
    ens__json_text(j, "hint", f->hint);
    ens__json_text(j, "basis", ens_basis_name(ens_finding_basis(f)));
    if (ens__in_family(f, "ens"))
        put_place(j, f);
    else if (f->code)
        ens__json_text(j, "code", f->code);
    if (f->subcode)
        ens__json_text(j, "subcode", f->subcode);
    if (f->xpath && !ens__in_family(f, "ens"))
        ens__json_text(j, "xpath", f->xpath);
    if (f->at != SIZE_MAX)
        ens__json_number(j, "at", f->at);
    if (f->certificate >= 0)
        ens__json_number(j, "certificate", (uint64_t)f->certificate);
    ens__json_close(j, '}');
}

void ens__findings_json(ens_json *j, const ens_report *report)
{
    ens__json_open(j, "checks", '[');
    for (size_t i = 0; report && i < ens_report_num(report); i++)
        put_check(j, ens_report_get(report, i));
    ens__json_close(j, ']');
}

ens__findings_counts ens__findings_count(const ens_report *report)
{
    size_t of[] = {[ENS_PASS] = 0, [ENS_WARN] = 0, [ENS_FAIL] = 0, [ENS_SKIP] = 0};
    for (size_t i = 0; i < ens_report_num(report); i++)
        of[ens_report_get(report, i)->outcome]++;
    return (ens__findings_counts){of[ENS_PASS], of[ENS_WARN], of[ENS_FAIL], of[ENS_SKIP]};
}

/* put_head writes outcome, id, code and place, and the rule behind them or, where there is no room, below. */
static void put_head(const ens__page *page, const ens_finding *f)
{
    ens_buf_printf(page->out, "  %s%-4s%s  ", ens__page_colour(page, f->outcome), ens_outcome_name(f->outcome),
                   ens__page_plain(page));
    size_t coloured = page->out->len;
    ens_buf_text(page->out, f->id);
    if ((f->code && !f->document_fault) || f->subcode)
        ens_buf_printf(page->out, "  %s%s%s", f->code ? f->code : "", f->code && f->subcode ? " " : "",
                       f->subcode ? f->subcode : "");
    if (f->certificate >= 0)
        ens_buf_printf(page->out, "  certificate %d", f->certificate);
    int column = FINDING_COLUMN + (int)(page->out->len - coloured);
    char rule[256] = "";
    snprintf(rule, sizeof rule, "[%s, %s]", f->rule ? f->rule : "", ens_basis_name(ens_finding_basis(f)));
    if (f->rule && column + 2 + ens__columns(ens_str(rule)) <= ENS_PAGE_WIDTH) {
        ens_buf_printf(page->out, "  %s\n", rule);
    } else if (f->rule) {
        ens_buf_text(page->out, "\n");
        ens__page_spaces(page, FINDING_COLUMN);
        ens__page_wrap(page, FINDING_COLUMN, rule);
    } else {
        ens_buf_text(page->out, "\n");
    }
}

/* put_pointer writes where in the business document a fault is, on a line of its own: it is there to be copied. */
static void put_pointer(const ens__page *page, const ens_finding *f)
{
    ens__page_spaces(page, FINDING_COLUMN);
    ens_buf_printf(page->out, "at %s\n", f->xpath);
    if (f->outcome != ENS_FAIL)
        return;
    ens__page_spaces(page, FINDING_COLUMN);
    if (f->document_code)
        ens_buf_printf(page->out, "customs give it the code %s\n", f->document_code);
    else
        ens_buf_text(page->out, "code not known\n");
}

static void put_finding(const ens__page *page, const ens_finding *f)
{
    char text[ENS_DETAIL_TEXT];
    const char *detail = ens_finding_detail(f, text);
    put_head(page, f);
    if (detail) {
        ens__page_spaces(page, FINDING_COLUMN);
        ens__page_wrap(page, FINDING_COLUMN, detail);
    }
    if (f->xpath && ens__in_family(f, "ens"))
        put_pointer(page, f);
    if (f->hint && (f->outcome == ENS_FAIL || f->outcome == ENS_WARN)) {
        ens_buf_text(page->out, "     -> ");
        ens__page_wrap(page, FINDING_COLUMN, f->hint);
    }
}

bool ens__finding_is_idle(const ens_finding *f)
{
    return f->outcome == ENS_SKIP && !f->needed && !f->hint && ens__in_family(f, "ens");
}

void ens__findings_page(const ens__page *page, const ens_report *report, bool all)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (all || (f->outcome != ENS_PASS && !ens__finding_is_idle(f)))
            put_finding(page, f);
    }
}

void ens__findings_block(const ens__page *page, const ens_report *report, bool all)
{
    ens__findings_counts n = ens__findings_count(report);
    ens__page_printf(page, "  checks     %zu passed, %zu failed, %zu warnings, %zu skipped\n", n.passed, n.failed,
                     n.warned, n.skipped);
    ens__findings_page(page, report, all);
}
