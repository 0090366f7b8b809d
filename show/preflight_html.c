#include "show/preflight_html.h"

#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "engine/base/report.h"
#include "show/certificate.h"
#include "show/finding.h"
#include "show/html.h"
#include "show/timeline.h"

#include <stdio.h>

#define FAMILIES_MAX 16u

static void put_fact(ens_buf *out, const char *label, const char *value, const char *words)
{
    ens_buf_text(out, "<div><dt>");
    ens__html_put(out, label);
    ens_buf_text(out, "</dt><dd>");
    ens__html_put(out, value);
    if (words && *words) {
        ens_buf_text(out, "<span>");
        ens__html_put(out, words);
        ens_buf_text(out, "</span>");
    }
    ens_buf_text(out, "</dd></div>\n");
}

static void put_banner(const ens__preflight_view *c, ens_buf *out)
{
    char text[1024];
    const char *verdict = ens_verdict_name(ens_report_verdict(c->report));
    ens_buf_printf(out, "<header class=\"banner %s\">\n<p class=\"word\">%s</p>\n<h1>", verdict, verdict);
    ens__html_put(out, ens__name_of(c->cert, text, sizeof text));
    ens_buf_text(out, "</h1>\n<p>");
    ens__html_put(out, ens__verdict_words(c, text, sizeof text));
    ens_buf_text(out, ".</p>\n<p class=\"dim small\">");
    ens__html_put(out, c->file);
    ens_buf_text(out, "</p>\n</header>\n");
}

static void put_facts(const ens__preflight_view *c, ens_buf *out)
{
    char text[256], when[ENS_TIME_TEXT], number[32];
    const ens__preflight *p = c->preflight;
    const ens__accepted *a = &p->accepted;
    ens_buf_text(out, "<dl class=\"facts\">\n");
    put_fact(out, "Acceptance", ens_acceptance_name(a->acceptance), ens__acceptance_words(a->acceptance));
    snprintf(text, sizeof text, "%.64s%s%s", c->eori ? c->eori : "", c->eori ? ": " : "",
             ens__binding_words(p->binding));
    put_fact(out, "EORI", ens_binding_name(p->binding), text);
    if (p->valid_until != ENS_TIME_NONE)
        put_fact(out, "Valid until", ens__when_words(p->valid_until, c->at, text, sizeof text), p->valid_until_reason);
    if (p->news_at != ENS_TIME_NONE)
        put_fact(out, "Look again", ens__when_words(p->news_at, c->at, text, sizeof text), p->news_reason);
    if (a->qualified) {
        put_fact(out, "Qualification at issuance", ens__qualified_words(a->at_issuance),
                 ens_qualified_name(a->at_issuance));
        put_fact(out, c->now ? "Qualification now" : "Qualification at that time",
                 ens__qualified_words(a->at_validation), ens_qualified_name(a->at_validation));
    }
    put_fact(out, "Judged as of", ens_time_format(c->at, when), c->now ? "now" : "the time that was asked for");
    snprintf(number, sizeof number, "LOTL %u", p->lists ? ens__snapshot_facts(p->lists).lotl_sequence : 0);
    put_fact(out, "Trusted lists", p->lists ? number : "none", ens__lists_words(c, text, sizeof text));
    ens_buf_text(out, "</dl>\n");
}

static void put_task(ens_buf *out, const ens__task *task)
{
    char text[ENS_DETAIL_TEXT];
    const ens_finding *f = task->first;
    const char *detail = ens_finding_detail(f, text);
    ens_buf_printf(out, "<li class=\"%s\">", ens_outcome_name(f->outcome));
    ens__html_put(out, f->hint ? f->hint : detail);
    if (f->hint && detail) {
        ens_buf_text(out, "<br/><span class=\"dim small\">");
        ens__html_put(out, detail);
        if (task->more)
            ens_buf_printf(out, "; and %zu more", task->more);
        ens_buf_text(out, "</span>");
    }
    ens_buf_text(out, "</li>\n");
}

static void put_todo(const ens__preflight_view *c, ens_buf *out)
{
    ens__task todo[ENS_TODO_MAX];
    size_t num = ens__todo(c->report, todo);
    char when[96];
    ens_buf_text(out, "<h2>What to do</h2>\n<ol class=\"todo\">\n");
    if (ens_report_verdict(c->report) == ENS_ACCEPTED)
        ens_buf_printf(
            out, "<li class=\"pass\">register it under the EORI, and have its successor registered before %s</li>\n",
            ens__when_words(c->preflight->valid_until, c->at, when, sizeof when));
    for (size_t i = 0; i < num; i++)
        put_task(out, &todo[i]);
    ens_buf_text(out, "</ol>\n");
}

static void put_attribute(ens_buf *out, ens_slice name, ens_slice type, const char *label)
{
    uint8_t storage[ENS_NAME_TEXT_MAX];
    ens_buf text;
    ens_buf_init(&text, storage, sizeof storage, sizeof storage);
    if (ens__name_take(name, type, &text)) {
        ens_buf_printf(out, "%s", label);
        ens__html_text(out, ens_buf_slice(&text));
    }
    ens_buf_free(&text);
}

static void put_certificate(const ens__preflight_view *c, size_t i, ens_buf *out)
{
    const ens__preflight *p = c->preflight;
    const ens_cert *cert = &p->path.cert[i];
    char name[512], from[ENS_TIME_TEXT], to[ENS_TIME_TEXT], key[24];
    bool anchor = p->anchored && i + 1 == p->path.num;
    ens_buf_printf(out, "<li%s><strong>", anchor ? " class=\"anchor\"" : "");
    ens__html_put(out, ens__name_of(cert, name, sizeof name));
    ens_buf_text(out, "</strong><br/>");
    put_attribute(out, cert->subject, ENS_OID_ORGANIZATION, "");
    put_attribute(out, cert->subject, ENS_OID_ORGANIZATION_IDENTIFIER, ", ");
    put_attribute(out, cert->subject, ENS_OID_COUNTRY, ", ");
    ens_buf_printf(out, "<br/><span class=\"dim small\">%.10s to %.10s, %s</span>",
                   ens_time_format(cert->not_before, from), ens_time_format(cert->not_after, to),
                   ens__key_name(cert, key));
    if (anchor) {
        ens_buf_text(out, "<br/><span class=\"small\">trusted: ");
        ens__html_put(out, ens__anchor_words(c));
        ens_buf_text(out, "</span>");
    }
    ens_buf_text(out, "</li>\n");
}

static void put_path(const ens__preflight_view *c, ens_buf *out)
{
    const ens__preflight *p = c->preflight;
    ens_buf_text(out, "<h2>The path</h2>\n");
    if (ens__path_words(c))
        ens_buf_printf(out, "<p class=\"dim small\">%s</p>\n", ens__path_words(c));
    ens_buf_text(out, "<ol class=\"path\">\n");
    for (size_t i = 0; i < p->path.num; i++)
        put_certificate(c, i, out);
    ens_buf_text(out, "</ol>\n");
}

static void put_pair(void *out, const char *label, const char *text)
{
    ens_buf_text(out, "<dt>");
    ens__html_put(out, label);
    ens_buf_text(out, "</dt><dd>");
    ens__html_put(out, text);
    ens_buf_text(out, "</dd>\n");
}

static void put_finding(const ens_finding *f, ens_buf *out)
{
    char text[ENS_DETAIL_TEXT];
    const char *outcome = ens_outcome_name(f->outcome);
    ens_buf_printf(out, "<li class=\"%s\"><span class=\"badge\">%s</span><div>", outcome, outcome);
    ens_buf_text(out, "<div class=\"said\">");
    ens__html_put(out, ens__finding_text(f, text, "in order"));
    ens_buf_text(out, "</div>");
    if (f->hint && (f->outcome == ENS_FAIL || f->outcome == ENS_WARN)) {
        ens_buf_text(out, "<div class=\"hint\">");
        ens__html_put(out, f->hint);
        ens_buf_text(out, "</div>");
    }
    ens_buf_text(out, "<div class=\"clause\"><code>");
    ens__html_put(out, f->id);
    ens_buf_text(out, "</code> ");
    ens__html_put(out, f->rule);
    if (f->certificate > 0)
        ens_buf_printf(out, "; certificate %d of the path", f->certificate + 1);
    ens_buf_text(out, "</div></div></li>\n");
}

static ens_slice family_of(const ens_finding *f)
{
    return ens_bytes(f->id, strcspn(f->id, "."));
}

/* families lists the families in the order in which they were judged, those with a failure first. */
static size_t families(const ens_report *report, ens_slice out[FAMILIES_MAX])
{
    size_t num = 0;
    for (int failed = 1; failed >= 0; failed--)
        for (size_t i = 0; i < ens_report_num(report) && num < FAMILIES_MAX; i++) {
            const ens_finding *f = ens_report_get(report, i);
            ens_slice family = family_of(f);
            bool known = failed && f->outcome != ENS_FAIL;
            for (size_t k = 0; k < num; k++)
                known |= ens_eq(out[k], family);
            if (!known)
                out[num++] = family;
        }
    return num;
}

static void put_findings(const ens__preflight_view *c, ens_buf *out)
{
    static const ens_outcome order[] = {ENS_FAIL, ENS_WARN, ENS_SKIP, ENS_PASS};
    ens_slice family[FAMILIES_MAX];
    size_t num = families(c->report, family);
    ens__findings_counts counts = ens__findings_count(c->report);
    ens_buf_printf(out,
                   "<h2>Proof</h2>\n<p class=\"dim\">Checks: %zu failed, %zu warned, %zu skipped, %zu passed.</p>\n",
                   counts.failed, counts.warned, counts.skipped, counts.passed);
    for (size_t k = 0; k < num; k++) {
        ens_buf_text(out, "<h3>");
        const char *words = ens__family_words(family[k]);
        ens__html_text(out, words ? ens_str(words) : family[k]);
        ens_buf_text(out, "</h3>\n<ul class=\"findings\">\n");
        for (size_t n = 0; n < sizeof order / sizeof *order; n++)
            for (size_t i = 0; i < ens_report_num(c->report); i++) {
                const ens_finding *f = ens_report_get(c->report, i);
                if (f->outcome == order[n] && ens_eq(family_of(f), family[k]))
                    put_finding(f, out);
            }
        ens_buf_text(out, "</ul>\n");
    }
}

void ens__preflight_html(const ens__preflight_view *c, size_t number, ens_buf *out)
{
    ens_buf_printf(out, "<section class=\"report\" id=\"c%zu\">\n", number);
    put_banner(c, out);
    put_facts(c, out);
    put_todo(c, out);
    put_path(c, out);
    ens_buf_text(out, "<h2>When what holds</h2>\n<figure>\n");
    ens__timeline_svg(out, &c->preflight->timeline, c->at, c->now);
    ens_buf_text(out, "</figure>\n<h2>The certificate</h2>\n<dl class=\"cert\">\n");
    ens__certificate_facts(c->cert, c->at, put_pair, out);
    ens_buf_text(out, "</dl>\n");
    put_findings(c, out);
    ens_buf_text(out, "</section>\n");
}

void ens__html_index_begin(ens_buf *out, size_t num)
{
    ens_buf_printf(out,
                   "<h1>%zu certificates</h1>\n<table "
                   "class=\"index\">\n<thead><tr><th>Certificate</th><th>Verdict</th><th class=\"less\">Acceptance</th>"
                   "<th>Valid until</th></tr></thead>\n<tbody>\n",
                   num);
}

void ens__html_index_end(ens_buf *out)
{
    ens_buf_text(out, "</tbody>\n</table>\n");
}

void ens__preflight_html_row(const ens__preflight_view *c, const char *href, ens_buf *out)
{
    char name[512], until[ENS_TIME_TEXT];
    const char *verdict = ens_verdict_name(ens_report_verdict(c->report));
    ens_buf_text(out, "<tr><td><a href=\"");
    ens__html_put(out, href);
    ens_buf_text(out, "\">");
    ens__html_put(out, ens__name_of(c->cert, name, sizeof name));
    ens_buf_text(out, "</a><br/><span class=\"dim small\">");
    ens__html_put(out, c->file);
    ens_buf_printf(
        out, "</span></td><td><span class=\"badge %s\">%s</span></td><td class=\"less\">%s</td><td>%.10s</td></tr>\n",
        verdict, verdict, ens_acceptance_name(c->preflight->accepted.acceptance),
        c->preflight->valid_until == ENS_TIME_NONE ? "-" : ens_time_format(c->preflight->valid_until, until));
}
