#include "show/certificate.h"
#include "show/checked.h"
#include "show/printable.h"
#include "show/timeline_text.h"

#include <stdio.h>

#define INDENT 4       /* of a path's drawing, for each step up */
#define INDENTED_MAX 8 /* steps that are indented */

static void put_verdict(const ens__checked *c, const ens__page *page)
{
    char text[1024];
    ens_verdict verdict = ens_report_verdict(c->report);
    const ens__preflight *p = c->preflight;
    ens__page_put(page, ens_str(c->file));
    ens_buf_printf(page->out, ": %s%s%s%s\n", ens__page_verdict_colour(page, verdict), ens__page_bold(page),
                   ens_verdict_name(verdict), ens__page_plain(page));
    ens__page_spaces(page, 2);
    ens__page_wrap(page, 2, ens__verdict_words(c, text, sizeof text));
    ens_buf_text(page->out, "\n");
    ens__page_field(page, "acceptance", ens__acceptance_name(p->accepted.acceptance));
    snprintf(text, sizeof text, "%s%s%s: %s", c->eori ? c->eori : "", c->eori ? " " : "", ens_binding_name(p->binding),
             ens__binding_words(p->binding));
    ens__page_field(page, "EORI binding", text);
}

static void put_ends(const ens__checked *c, const ens__page *page)
{
    char when[96], text[512];
    const ens__preflight *p = c->preflight;
    if (p->valid_until != ENS_TIME_NONE) {
        snprintf(text, sizeof text, "%s: %s", ens__when_words(p->valid_until, c->at, when, sizeof when),
                 p->valid_until_reason);
        ens__page_field(page, "valid until", text);
    }
    if (p->news_at != ENS_TIME_NONE) {
        snprintf(text, sizeof text, "%s: %s", ens__when_words(p->news_at, c->at, when, sizeof when), p->news_reason);
        ens__page_field(page, "look again", text);
    }
    size_t at =
        p->lists ? (size_t)snprintf(text, sizeof text, "LOTL %u, ", ens__snapshot_facts(p->lists).lotl_sequence) : 0;
    ens__lists_words(c, text + at, sizeof text - at);
    ens__page_field(page, "lists", text);
    ens_time_format(c->at, when);
    snprintf(text, sizeof text, "%s%s", when, c->now ? " (now)" : " (--at)");
    ens__page_field(page, "judged as of", text);
}

static void put_number(const ens__page *page, size_t number, const char *colour)
{
    ens_buf_printf(page->out, "  %s%zu.%s%s", colour, number, ens__page_plain(page), number < 10 ? "  " : " ");
}

static void put_task(const ens__page *page, size_t number, const ens__task *task)
{
    char text[512];
    const ens_finding *f = task->first;
    put_number(page, number, ens__page_colour(page, f->outcome));
    ens__page_wrap(page, 6, f->hint ? f->hint : f->detail);
    if (!f->hint || !f->detail)
        return;
    if (task->more)
        snprintf(text, sizeof text, "(%.400s; and %zu more)", f->detail, task->more);
    else
        snprintf(text, sizeof text, "(%.400s)", f->detail);
    ens__page_spaces(page, 6);
    ens__page_wrap(page, 6, text);
}

static void put_todo(const ens__checked *c, const ens__page *page)
{
    ens__task todo[ENS_TODO_MAX];
    size_t num = ens__todo(c->report, todo), number = 0;
    char when[96], text[256];
    ens__page_heading(page, "What to do");
    if (ens_report_verdict(c->report) == ENS_ACCEPTED) {
        snprintf(text, sizeof text, "register it under the EORI, and have its successor registered before %s",
                 ens__when_words(c->preflight->valid_until, c->at, when, sizeof when));
        put_number(page, ++number, ens__page_colour(page, ENS_PASS));
        ens__page_wrap(page, 6, text);
    }
    for (size_t i = 0; i < num; i++)
        put_task(page, ++number, &todo[i]);
}

static void put_link(const ens__checked *c, const ens__page *page, size_t i)
{
    const ens_cert *cert = &c->preflight->path.cert[i];
    char name[512], from[ENS_TIME_TEXT], to[ENS_TIME_TEXT], text[768];
    int indent = 2 + (int)(i < INDENTED_MAX ? i : INDENTED_MAX) * INDENT;
    bool anchor = c->preflight->anchored && i + 1 == c->preflight->path.num;
    ens__page_spaces(page, i ? indent - 3 : indent);
    if (i)
        ens_buf_text(page->out, page->lines ? "└─ " : "`- ");
    snprintf(text, sizeof text, "%s (%.10s to %.10s)", ens__name_of(cert, name, sizeof name),
             ens_time_format(cert->not_before, from), ens_time_format(cert->not_after, to));
    ens__page_wrap(page, indent, text);
    if (!anchor)
        return;
    snprintf(text, sizeof text, "trusted: %s", ens__anchor_words(c));
    ens__page_spaces(page, indent);
    ens__page_wrap(page, indent, text);
}

/* put_path draws the path from the certificate up to its anchor. */
static void put_path(const ens__checked *c, const ens__page *page)
{
    ens__page_heading(page, "The path");
    if (ens__path_words(c))
        ens_buf_printf(page->out, "  %s\n", ens__path_words(c));
    for (size_t i = 0; i < c->preflight->path.num; i++)
        put_link(c, page, i);
}

static void put_qualification(const ens__checked *c, const ens__page *page)
{
    char text[256];
    const ens__accepted *a = &c->preflight->accepted;
    if (!a->qualified)
        return;
    ens__page_heading(page, "Qualification by the trusted lists");
    snprintf(text, sizeof text, "%s: %s", ens__qualified_name(a->at_issuance), ens__qualified_words(a->at_issuance));
    ens__page_field(page, "at issuance", text);
    snprintf(text, sizeof text, "%s: %s", ens__qualified_name(a->at_validation),
             ens__qualified_words(a->at_validation));
    ens__page_field(page, c->now ? "now" : "at that time", text);
}

static void put_findings(const ens__checked *c, const ens__page *page, bool all)
{
    size_t passed = ens__count_outcome(c->report, ENS_PASS);
    ens__page_heading(page, "Proof");
    ens_buf_printf(page->out, "  checks: %zu failed, %zu warned, %zu skipped, %zu passed%s\n",
                   ens__count_outcome(c->report, ENS_FAIL), ens__count_outcome(c->report, ENS_WARN),
                   ens__count_outcome(c->report, ENS_SKIP), passed, all || !passed ? "" : " (--verbose shows them)");
    ens__page_findings(page, c->report, all);
}

void ens__checked_text(const ens__checked *c, const ens__page *page, bool all)
{
    put_verdict(c, page);
    put_ends(c, page);
    put_todo(c, page);
    ens__page_heading(page, "The certificate");
    ens__certificate_page(page, c->cert, c->at);
    put_path(c, page);
    put_qualification(c, page);
    ens__page_heading(page, "When what holds");
    ens__timeline_text(page, &c->preflight->timeline, c->at);
    put_findings(c, page, all);
}

void ens__checked_line(const ens__checked *c, ens_buf *out)
{
    char until[ENS_TIME_TEXT];
    ens_time end = c->preflight->valid_until;
    ens_buf_printf(out, "%s: %s, %s%s%.10s\n", c->file, ens_verdict_name(ens_report_verdict(c->report)),
                   ens__acceptance_name(c->preflight->accepted.acceptance), end == ENS_TIME_NONE ? "" : ", until ",
                   end == ENS_TIME_NONE ? "" : ens_time_format(end, until));
}
