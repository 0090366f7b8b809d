#include "show/checked.h"

#include "certs/x509/name.h"
#include "engine/base/report.h"

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

const char *ens__verdict_words(const ens__checked *c, char *out, size_t size)
{
    ens_verdict verdict = ens_report_verdict(c->report);
    const ens_finding *f = first_of(c->report, verdict == ENS_REFUSED ? ENS_FAIL : ENS_SKIP);
    const char *why = f && f->detail ? f->detail : f ? f->id : "nothing was judged";
    if (verdict == ENS_ACCEPTED)
        snprintf(out, size, "ICS2 takes it: a %s%s", ens__acceptance_words(c->preflight->accepted.acceptance),
                 ens__report_has(c->report, "revocation", ENS_SKIP) ? "; whether it is revoked could not be told" : "");
    else if (verdict == ENS_REFUSED)
        snprintf(out, size, "ICS2 refuses it: %s", why);
    else
        snprintf(out, size, "Nobody can tell yet: %s", why);
    return out;
}

const char *ens__family_words(ens_slice family)
{
    static const struct {
        const char *family, *words;
    } known[] = {
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

const char *ens__lists_words(const ens__checked *c, char *out, size_t size)
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

const char *ens__path_words(const ens__checked *c)
{
    if (!c->preflight->anchored)
        return "as far as it is known; nothing above it makes it trusted";
    if (ens__report_has(c->report, "chain.path", ENS_FAIL))
        return "the path that comes closest; it isn't valid, the proof says why";
    return NULL;
}

const char *ens__anchor_words(const ens__checked *c)
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
static ens__task *find_task(ens__task *list, size_t num, const ens_finding *f)
{
    for (size_t i = 0; i < num; i++) {
        const ens_finding *g = list[i].first;
        if (f->hint && g->hint ? strcmp(g->hint, f->hint) == 0
                               : f->hint == g->hint && f->detail && strcmp(f->detail, g->detail) == 0)
            return &list[i];
    }
    return NULL;
}

static bool is_task(const ens_finding *f, ens_outcome outcome)
{
    bool open = f->outcome == ENS_SKIP && f->detail && (f->needed || ens__in_family(f, "revocation"));
    return f->outcome == outcome && (outcome == ENS_SKIP ? open : f->hint != NULL);
}

size_t ens__todo(const ens_report *report, ens__task out[ENS_TODO_MAX])
{
    static const ens_outcome order[] = {ENS_FAIL, ENS_SKIP, ENS_WARN};
    size_t num = 0;
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (size_t i = 0; i < ens_report_num(report); i++) {
            const ens_finding *f = ens_report_get(report, i);
            ens__task *same = is_task(f, order[k]) ? find_task(out, num, f) : NULL;
            if (same)
                same->more++;
            else if (is_task(f, order[k]) && num < ENS_TODO_MAX)
                out[num++] = (ens__task){f, 0};
        }
    return num;
}

size_t ens__count_outcome(const ens_report *report, ens_outcome outcome)
{
    size_t num = 0;
    for (size_t i = 0; i < ens_report_num(report); i++)
        num += ens_report_get(report, i)->outcome == outcome;
    return num;
}
