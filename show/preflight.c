#include "show/preflight.h"

#include "certs/x509/name.h"
#include "engine/base/report.h"
#include "show/certificate.h"
#include "show/finding.h"
#include "show/page.h"
#include "show/timeline.h"

#include <stdio.h>

#define DAY 86400
#define DATE_LEN 10 /* of RFC 3339 */

static const ens_finding *first_of(const ens_report *report, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == outcome && (outcome != ENS_SKIP || f->needed))
            return f;
    }
    return NULL;
}

/* other_purpose finds the warning that the key is meant for other things: it leads, for who reads no further would take
 * a time-stamping unit for a seal. */
static const ens_finding *other_purpose(const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_WARN && strcmp(f->id, "chain.purpose") == 0)
            return f;
    }
    return NULL;
}

const char *ens__acceptance_words(ens_acceptance acceptance)
{
    static const char *const words[] = {
        "by none of the lists that ICS2 goes by",
        "qualified certificate for electronic seals",
        "qualified certificate for electronic seals, its key in a qualified device (QSCD)",
        "qualified certificate for electronic signatures",
        "non-qualified certificate of a CA on the EU's trusted lists",
        "certificate of a CA on the national alternate list"};
    return (unsigned)acceptance < sizeof words / sizeof *words ? words[acceptance] : words[0];
}

const char *ens__binding_words(ens_binding binding)
{
    const char *name = ens_binding_name(binding);
    if (strcmp(name, "bound") == 0)
        return "the certificate proves it";
    if (strcmp(name, "mismatch") == 0)
        return "the certificate is another's";
    if (strcmp(name, "cannot-be-bound") == 0)
        return "the certificate neither proves nor disproves it; the registration decides";
    return "no EORI was given (--eori)";
}

const char *ens__qualified_words(ens_qualified result)
{
    static const char *const words[] = {"nothing that the lists tell",
                                        "not qualified, for electronic signatures",
                                        "not qualified, for electronic seals",
                                        "not qualified, for websites",
                                        "not qualified, for an unknown use",
                                        "qualified, for electronic signatures",
                                        "qualified, for electronic seals",
                                        "qualified, for websites",
                                        "qualified, for an unknown use",
                                        "qualified, for electronic signatures, with a QSCD",
                                        "qualified, for electronic seals, with a QSCD",
                                        "qualified, for an unknown use, with a QSCD"};
    return (unsigned)result < sizeof words / sizeof *words ? words[result] : words[0];
}

const char *ens__verdict_words(const ens__preflight_view *c, char *out, size_t size)
{
    char text[ENS_DETAIL_TEXT], beside[ENS_DETAIL_TEXT];
    ens_verdict verdict = ens_report_verdict(c->report);
    const ens_finding *f = first_of(c->report, verdict == ENS_REFUSED ? ENS_FAIL : ENS_SKIP);
    const char *why = ens__finding_text(f, text, f ? f->id : "nothing was judged");
    const ens_finding *other = other_purpose(c->report);
    if (c->preflight->for_tls && verdict != ENS_UNDECIDED)
        snprintf(
            out, size, "%s%s%s",
            verdict == ENS_ACCEPTED ? "It serves as the TLS client certificate that ICS2 wants, once its CA is known "
                                      "to DG TAXUD"
                                    : "It is of no use as the TLS client certificate that ICS2 wants: ",
            verdict == ENS_ACCEPTED ? "" : why,
            verdict == ENS_ACCEPTED && c->preflight->revocation_unknown ? "; whether it is revoked could not be told"
                                                                        : "");
    else if (verdict == ENS_ACCEPTED)
        snprintf(out, size, "%s%s%sICS2 takes it: a %s%s", other ? "Beware: " : "",
                 ens__finding_text(other, beside, ""), other ? ". " : "",
                 ens__acceptance_words(c->preflight->accepted.acceptance),
                 c->preflight->revocation_unknown ? "; whether it is revoked could not be told" : "");
    else if (verdict == ENS_REFUSED)
        snprintf(out, size, "ICS2 refuses it: %s", why);
    else
        snprintf(out, size, "Nobody can tell yet: %s", why);
    return out;
}

const char *ens__register_words(const ens__preflight_view *c)
{
    return c->preflight->for_tls ? "announce its CA to DG TAXUD, and have its successor in place"
                                 : "register it under the EORI, and have its successor registered";
}

const char *ens__family_words(ens_slice family)
{
    static const struct {
        const char *family, *words;
    } known[] = {
        {"mime", "Package"},
        {"soap", "Envelope"},
        {"header", "Header"},
        {"coverage", "What the seal covers"},
        {"algorithm", "Algorithms"},
        {"token", "The seal's certificate, as it is sent"},
        {"digest", "Digests"},
        {"signature", "Signature"},
        {"registry", "Registration"},
        {"rules", "Rules of ICS2"},
        {"payload", "Payload"},
        {"receipt", "Receipt"},
        {"ens", "The business document by the message tables"},
        {"acceptance", "Would the certificate be taken at registration?"},
        {"engine", "Engine"},
        {"pdf", "The signed PDF"},
        {"tls", "What TLS takes"},
        {"chain", "Path, dates and key usage"},
        {"revocation", "Revocation"},
        {"qualification", "Qualification and acceptance"},
        {"lists", "Trusted lists"},
        {"crypto", "Algorithms"},
        {"binding", "EORI and certificate"},
        {"eori", "The EORI itself"},
        {"key", "Private key"},
        {"profile", "Form of the certificate"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ens_is(family, known[i].family))
            return known[i].words;
    return NULL;
}

/* put_span writes how far two times are apart, in the two units that matter. */
static void put_span(ens_time seconds, char *out, size_t size)
{
    long long days = (long long)(seconds / DAY), years = days / 365, months = days % 365 / 30;
    if (years && months)
        snprintf(out, size, "%lld year%s and %lld month%s", years, years == 1 ? "" : "s", months,
                 months == 1 ? "" : "s");
    else if (years)
        snprintf(out, size, "%lld year%s", years, years == 1 ? "" : "s");
    else if (days)
        snprintf(out, size, "%lld day%s", days, days == 1 ? "" : "s");
    else
        snprintf(out, size, "%lld hours", (long long)(seconds / 3600));
}

const char *ens__when_words(ens_time when, ens_time at, char *out, size_t size)
{
    char date[ENS_TIME_TEXT], span[64];
    if (when == ENS_TIME_NONE) {
        snprintf(out, size, "-");
        return out;
    }
    ens_time_format(when, date);
    put_span(when > at ? when - at : at - when, span, sizeof span);
    if (when > at)
        snprintf(out, size, "%.*s, in %s", DATE_LEN, date, span);
    else
        snprintf(out, size, "%.*s, %s ago", DATE_LEN, date, span);
    return out;
}

const char *ens__lists_words(const ens__preflight_view *c, char *out, size_t size)
{
    char made[ENS_TIME_TEXT];
    if (!c->preflight->lists) {
        snprintf(out, size, "none are loaded (--trust CACHE)");
        return out;
    }
    ens_snapshot_facts facts = ens__snapshot_facts(c->preflight->lists);
    snprintf(out, size, "%u lists, snapshot %s, made for %.*s", facts.num_lists, facts.name, DATE_LEN,
             ens_time_format(facts.made, made));
    return out;
}

const char *ens__path_words(const ens__preflight_view *c)
{
    if (!c->preflight->anchored)
        return "as far as it is known; nothing above it makes it trusted";
    if (c->preflight->path_fails)
        return "the path that comes closest; it isn't valid, the proof says why";
    return NULL;
}

const char *ens__anchor_words(const ens__preflight_view *c)
{
    const ens__timeline *t = &c->preflight->timeline;
    for (size_t i = 0; i < t->num; i++)
        if (strcmp(t->interval[i].what, "CA service") == 0 && t->interval[i].name)
            return t->interval[i].name;
    return c->preflight->accepted.acceptance == ENS_ACCEPTANCE_NATIONAL ? "on the national list"
                                                                        : "given with --trust or --national";
}

const char *ens__name_of(const ens_cert *cert, char *out, size_t size)
{
    const ens_slice types[] = {ENS_OID_COMMON_NAME, ENS_OID_ORGANIZATION};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        uint8_t storage[ENS_NAME_TEXT_MAX];
        ens_buf text;
        ens_buf_init(&text, storage, sizeof storage, sizeof storage);
        if (ens__name_take(cert->subject, types[i], &text)) {
            snprintf(out, size, "%.*s", (int)text.len, (const char *)text.p);
            return out;
        }
    }
    return ens__name_text(cert->subject, out, size);
}

/* find_task finds the task with the same remedy, or NULL. */
static ens__remedy *find_task(ens__remedy *list, size_t num, const ens_finding *f)
{
    char text[2][ENS_DETAIL_TEXT];
    const char *detail = f->hint ? NULL : ens_finding_detail(f, text[0]);
    for (size_t i = 0; i < num; i++) {
        const ens_finding *g = list[i].first;
        if (f->hint && g->hint ? strcmp(g->hint, f->hint) == 0
                               : f->hint == g->hint && detail && strcmp(detail, ens__finding_text(g, text[1], "")) == 0)
            return &list[i];
    }
    return NULL;
}

static bool is_task(const ens_finding *f, ens_outcome outcome)
{
    bool open = f->outcome == ENS_SKIP && f->seen && (f->needed || ens__in_family(f, "revocation"));
    return f->outcome == outcome && (outcome == ENS_SKIP ? open : f->hint != NULL);
}

size_t ens__todo(const ens_report *report, ens__remedy out[ENS_TODO_MAX])
{
    static const ens_outcome order[] = {ENS_FAIL, ENS_SKIP, ENS_WARN};
    size_t num = 0;
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (size_t i = 0; i < ens_report_num(report); i++) {
            const ens_finding *f = ens_report_get(report, i);
            ens__remedy *same = is_task(f, order[k]) ? find_task(out, num, f) : NULL;
            if (same)
                same->more++;
            else if (is_task(f, order[k]) && num < ENS_TODO_MAX)
                out[num++] = (ens__remedy){f, 0};
        }
    return num;
}

static void put_qualified(ens_json *j, const ens__accepted *a)
{
    ens__json_open(j, "qualification", '{');
    ens__json_text(j, "at_issuance", a->qualified ? ens_qualified_name(a->at_issuance) : NULL);
    ens__json_text(j, "at_validation", a->qualified ? ens_qualified_name(a->at_validation) : NULL);
    ens__json_close(j, '}');
}

void ens__lists_json(ens_json *j, const ens_snapshot *lists)
{
    ens_snapshot_facts facts = lists ? ens__snapshot_facts(lists) : (ens_snapshot_facts){0};
    ens__json_open(j, "lists", '{');
    if (lists)
        ens__json_number(j, "lotl_sequence", facts.lotl_sequence);
    else
        ens__json_null(j, "lotl_sequence");
    ens__json_text(j, "snapshot", lists ? facts.name : NULL);
    ens__json_close(j, '}');
}

static void put_timeline(ens_json *j, const ens__timeline *timeline)
{
    ens__json_open(j, "timeline", '[');
    for (size_t i = 0; i < timeline->num; i++) {
        const ens__interval *one = &timeline->interval[i];
        ens__json_open(j, NULL, '{');
        ens__json_text(j, "what", one->what);
        ens__json_text(j, "name", one->name);
        ens__json_time(j, "from", one->from);
        ens__json_time(j, "until", one->until);
        ens__json_text(j, "reason", one->reason);
        ens__json_bool(j, "news", one->news);
        ens__json_close(j, '}');
    }
    ens__json_close(j, ']');
}

static void put_path_json(ens_json *j, const ens__preflight *p)
{
    ens__json_open(j, "path", '[');
    for (size_t i = 0; i < p->path.num; i++) {
        char name[512];
        ens__json_open(j, NULL, '{');
        ens__json_text(j, "name", ens__name_of(&p->path.cert[i], name, sizeof name));
        ens__json_time(j, "not_after", p->path.cert[i].not_after);
        ens__json_bool(j, "anchor", p->anchored && i + 1 == p->path.num);
        ens__json_close(j, '}');
    }
    ens__json_close(j, ']');
}

void ens__preflight_json(const ens__preflight_view *c, ens_buf *out)
{
    const ens__preflight *p = c->preflight;
    ens_json line = {.out = out}, *j = &line;
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "file", c->file);
    ens__json_text(j, "verdict", ens_verdict_name(ens_report_verdict(c->report)));
    ens__json_text(j, "purpose", p->for_tls ? "tls-client" : "seal");
    ens__json_text(j, "acceptance", ens_acceptance_name(p->accepted.acceptance));
    ens__json_text(j, "eori_binding", ens_binding_name(p->binding));
    ens__json_time(j, "at", c->at);
    ens__json_open(j, "certificate", '{');
    ens__certificate_json(j, c->cert);
    ens__json_close(j, '}');
    put_qualified(j, &p->accepted);
    ens__json_time(j, "valid_until", p->valid_until);
    ens__json_text(j, "valid_until_reason", p->valid_until_reason);
    ens__json_time(j, "renew_at", p->news_at);
    ens__json_text(j, "renew_reason", p->news_reason);
    ens__lists_json(j, p->lists);
    put_path_json(j, p);
    put_timeline(j, &p->timeline);
    ens__findings_json(j, c->report);
    ens__json_close(j, '}');
    ens_buf_text(out, "\n");
}

#define INDENT 4       /* of a path's drawing, for each step up */
#define INDENTED_MAX 8 /* steps that are indented */

static void put_verdict(const ens__preflight_view *c, const ens__page *page)
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
    if (p->for_tls)
        return;
    ens__page_field(page, "acceptance", ens_acceptance_name(p->accepted.acceptance));
    snprintf(text, sizeof text, "%s%s%s: %s", c->eori ? c->eori : "", c->eori ? " " : "", ens_binding_name(p->binding),
             ens__binding_words(p->binding));
    ens__page_field(page, "EORI binding", text);
}

static void put_ends(const ens__preflight_view *c, const ens__page *page)
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

static void put_task(const ens__page *page, size_t number, const ens__remedy *task)
{
    char text[512], seen[ENS_DETAIL_TEXT];
    const ens_finding *f = task->first;
    const char *detail = ens_finding_detail(f, seen);
    put_number(page, number, ens__page_colour(page, f->outcome));
    ens__page_wrap(page, 6, f->hint ? f->hint : detail);
    if (!f->hint || !detail)
        return;
    if (task->more)
        snprintf(text, sizeof text, "(%.400s; and %zu more)", detail, task->more);
    else
        snprintf(text, sizeof text, "(%.400s)", detail);
    ens__page_spaces(page, 6);
    ens__page_wrap(page, 6, text);
}

static void put_todo(const ens__preflight_view *c, const ens__page *page)
{
    ens__remedy todo[ENS_TODO_MAX];
    size_t num = ens__todo(c->report, todo), number = 0;
    char when[96], text[256];
    ens__page_heading(page, "What to do");
    if (ens_report_verdict(c->report) == ENS_ACCEPTED) {
        snprintf(text, sizeof text, "%s before %s", ens__register_words(c),
                 ens__when_words(c->preflight->valid_until, c->at, when, sizeof when));
        put_number(page, ++number, ens__page_colour(page, ENS_PASS));
        ens__page_wrap(page, 6, text);
    }
    for (size_t i = 0; i < num; i++)
        put_task(page, ++number, &todo[i]);
}

static void put_link(const ens__preflight_view *c, const ens__page *page, size_t i)
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
static void put_path(const ens__preflight_view *c, const ens__page *page)
{
    ens__page_heading(page, "The path");
    if (ens__path_words(c))
        ens_buf_printf(page->out, "  %s\n", ens__path_words(c));
    for (size_t i = 0; i < c->preflight->path.num; i++)
        put_link(c, page, i);
}

static void put_qualification(const ens__preflight_view *c, const ens__page *page)
{
    char text[256];
    const ens__accepted *a = &c->preflight->accepted;
    if (!a->qualified)
        return;
    ens__page_heading(page, "Qualification by the trusted lists");
    snprintf(text, sizeof text, "%s: %s", ens_qualified_name(a->at_issuance), ens__qualified_words(a->at_issuance));
    ens__page_field(page, "at issuance", text);
    snprintf(text, sizeof text, "%s: %s", ens_qualified_name(a->at_validation), ens__qualified_words(a->at_validation));
    ens__page_field(page, c->now ? "now" : "at that time", text);
}

static void put_findings(const ens__preflight_view *c, const ens__page *page, bool all)
{
    ens__findings_counts n = ens__findings_count(c->report);
    ens__page_heading(page, "Proof");
    ens_buf_printf(page->out, "  checks: %zu failed, %zu warned, %zu skipped, %zu passed%s\n", n.failed, n.warned,
                   n.skipped, n.passed, all || !n.passed ? "" : " (--verbose shows them)");
    ens__findings_page(page, c->report, all);
}

void ens__preflight_text(const ens__preflight_view *c, const ens__page *page, bool all)
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

void ens__preflight_line(const ens__preflight_view *c, ens_buf *out)
{
    char until[ENS_TIME_TEXT];
    ens_time end = c->preflight->valid_until;
    ens_buf_printf(out, "%s: %s, %s%s%.10s%s%s\n", c->file, ens_verdict_name(ens_report_verdict(c->report)),
                   c->preflight->for_tls ? "tls-client" : ens_acceptance_name(c->preflight->accepted.acceptance),
                   end == ENS_TIME_NONE ? "" : ", until ", end == ENS_TIME_NONE ? "" : ens_time_format(end, until),
                   c->preflight->revocation_unknown ? ", revocation unknown" : "",
                   other_purpose(c->report) ? ", for another purpose (extKeyUsage)" : "");
}
