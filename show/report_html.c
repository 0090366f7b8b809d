#include "show/report_html.h"

#include "engine/base/report.h"
#include "show/finding.h"
#include "show/preflight.h"

#include <string.h>

#define FAMILIES_MAX 24u

void ens__banner_html(ens_html *h, ens_verdict verdict, ens_slice title, const char *said, const char *about)
{
    const char *word = ens_verdict_name(verdict);
    ens__h_open(h, "header");
    ens__h_attrf(h, "class", "banner %s", word);
    ens__h_leaf(h, "p", "word", word);
    ens__h_leaf_slice(h, "h1", NULL, title);
    if (said)
        ens__h_leaf(h, "p", NULL, said);
    if (about)
        ens__h_leaf(h, "p", "dim small", about);
    ens__h_close(h);
    ens_buf_text(h->out, "\n");
}

void ens__fact_html(ens_html *h, const char *label, ens_slice value, const char *more)
{
    if (!value.len)
        return;
    ens__h_open(h, "div");
    ens__h_leaf(h, "dt", NULL, label);
    ens__h_open(h, "dd");
    ens__h_text(h, value);
    if (more && *more)
        ens__h_leaf(h, "span", NULL, more);
    ens__h_close(h);
    ens__h_close(h);
    ens_buf_text(h->out, "\n");
}

void ens__pair_html(ens_html *h, const char *label, ens_slice value)
{
    if (!value.len)
        return;
    ens__h_leaf(h, "dt", NULL, label);
    ens__h_leaf_slice(h, "dd", NULL, value);
    ens_buf_text(h->out, "\n");
}

static void put_task(ens_html *h, const ens__remedy *task)
{
    char text[ENS_DETAIL_TEXT];
    const ens_finding *f = task->first;
    const char *detail = ens_finding_detail(f, text);
    ens__h_open(h, "li");
    ens__h_attr(h, "class", ens_outcome_name(f->outcome));
    ens__h_put(h, f->hint ? f->hint : detail);
    if (f->hint && detail) {
        ens__h_bare(h, "br");
        ens__h_open(h, "span");
        ens__h_attr(h, "class", "dim small");
        ens__h_put(h, detail);
        if (task->more)
            ens__h_putf(h, "; and %zu more", task->more);
        ens__h_close(h);
    }
    ens__h_close(h);
    ens_buf_text(h->out, "\n");
}

void ens__todo_html(ens_html *h, const ens_report *report, const char *first)
{
    ens__remedy todo[ENS_TODO_MAX];
    size_t num = ens__todo(report, todo);
    if (!num && !first)
        return;
    ens__h_leaf(h, "h2", NULL, "What to do");
    ens__h_open(h, "ol");
    ens__h_attr(h, "class", "todo");
    if (first)
        ens__h_leaf(h, "li", "pass", first);
    for (size_t i = 0; i < num; i++)
        put_task(h, &todo[i]);
    ens__h_close(h);
}

static void put_clause(ens_html *h, const ens_finding *f)
{
    ens__h_open(h, "div");
    ens__h_attr(h, "class", "clause");
    ens__h_leaf(h, "code", NULL, f->id);
    if (f->rule)
        ens__h_putf(h, " %s, %s", f->rule, ens_basis_name(ens_finding_basis(f)));
    if (f->code || f->subcode)
        ens__h_putf(h, "; %s%s%s", f->code ? f->code : "", f->code && f->subcode ? " " : "",
                    f->subcode ? f->subcode : "");
    if (f->certificate > 0)
        ens__h_putf(h, "; certificate %d of the path", f->certificate + 1);
    if (f->xpath && (f->outcome == ENS_FAIL || f->outcome == ENS_WARN)) {
        ens__h_put(h, "; at ");
        ens__h_leaf(h, "code", NULL, f->xpath);
    }
    ens__h_close(h);
}

static void put_finding(ens_html *h, const ens_finding *f)
{
    char text[ENS_DETAIL_TEXT];
    const char *outcome = ens_outcome_name(f->outcome);
    ens__h_open(h, "li");
    ens__h_attr(h, "class", outcome);
    ens__h_leaf(h, "span", "badge", outcome);
    ens__h_open(h, "div");
    ens__h_leaf(h, "div", "said", ens__finding_text(f, text, "in order"));
    if (f->hint && (f->outcome == ENS_FAIL || f->outcome == ENS_WARN))
        ens__h_leaf(h, "div", "hint", f->hint);
    put_clause(h, f);
    ens__h_close(h);
    ens__h_close(h);
    ens_buf_text(h->out, "\n");
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
            bool known = (failed && f->outcome != ENS_FAIL) || ens__finding_is_idle(f);
            for (size_t k = 0; k < num; k++)
                known |= ens_eq(out[k], family);
            if (!known)
                out[num++] = family;
        }
    return num;
}

static void put_family(ens_html *h, const ens_report *report, ens_slice family)
{
    static const ens_outcome order[] = {ENS_FAIL, ENS_WARN, ENS_SKIP, ENS_PASS};
    const char *words = ens__family_words(family);
    ens__h_leaf_slice(h, "h3", NULL, words ? ens_str(words) : family);
    ens__h_open(h, "ul");
    ens__h_attr(h, "class", "findings");
    for (size_t n = 0; n < sizeof order / sizeof *order; n++)
        for (size_t i = 0; i < ens_report_num(report); i++) {
            const ens_finding *f = ens_report_get(report, i);
            if (f->outcome == order[n] && ens_eq(family_of(f), family) && !ens__finding_is_idle(f))
                put_finding(h, f);
        }
    ens__h_close(h);
    ens_buf_text(h->out, "\n");
}

void ens__findings_html(ens_html *h, const ens_report *report)
{
    ens_slice family[FAMILIES_MAX];
    size_t num = families(report, family), idle = 0;
    ens__findings_counts counts = ens__findings_count(report);
    for (size_t i = 0; i < ens_report_num(report); i++)
        idle += ens__finding_is_idle(ens_report_get(report, i));
    ens__h_leaf(h, "h2", NULL, "Proof");
    ens__h_open(h, "p");
    ens__h_attr(h, "class", "dim");
    ens__h_putf(h, "Checks: %zu failed, %zu warned, %zu skipped, %zu passed.", counts.failed, counts.warned,
                counts.skipped, counts.passed);
    if (idle)
        ens__h_putf(h, " %zu of the skipped are rules that have nothing to judge in this document.", idle);
    ens__h_close(h);
    for (size_t k = 0; k < num; k++)
        put_family(h, report, family[k]);
}
