#include "engine/base/report.h"

#include "engine/base/detail.h"
#include "engine/base/printable.h"

#include <stdlib.h>

#define SHOWN_MAX 80

void ens__report_init(ens_report *r)
{
    *r = (ens_report){0};
    ens_arena_init(&r->arena, ENS_REPORT_ARENA_MAX);
}

void ens__report_reset(ens_report *r)
{
    ens_arena_reset(&r->arena);
    r->num = 0;
    r->incomplete = false;
}

void ens__report_clear(ens_report *r)
{
    ens_arena_free(&r->arena);
    free(r->findings);
    ens__report_init(r);
}

ens_report *ens_report_new(void)
{
    ens_report *r = malloc(sizeof *r);
    if (r)
        ens__report_init(r);
    return r;
}

void ens_report_free(ens_report *report)
{
    if (!report)
        return;
    ens__report_clear(report);
    free(report);
}

void ens_report_reset(ens_report *report)
{
    ens__report_reset(report);
}

size_t ens_report_num(const ens_report *report)
{
    return report->num;
}

const ens_finding *ens_report_get(const ens_report *report, size_t i)
{
    return i < report->num ? &report->findings[i] : NULL;
}

ens_verdict ens_report_verdict(const ens_report *report)
{
    bool undecided = report->num == 0 || report->incomplete;
    for (size_t i = 0; i < report->num; i++) {
        const ens_finding *f = &report->findings[i];
        if (f->outcome == ENS_FAIL)
            return ENS_REFUSED;
        undecided |= f->outcome == ENS_SKIP && f->needed;
    }
    return undecided ? ENS_UNDECIDED : ENS_ACCEPTED;
}

const char *ens_verdict_name(ens_verdict verdict)
{
    return verdict == ENS_ACCEPTED ? "accepted" : verdict == ENS_REFUSED ? "refused" : "undecided";
}

const char *ens_outcome_name(ens_outcome outcome)
{
    static const char *const names[] = {"pass", "warn", "fail", "skip"};
    return (unsigned)outcome < 4 ? names[outcome] : "unknown";
}

/* Whose rules begin so, in what a finding cites; the rest is published standards. */
static const struct {
    const char *begins;
    ens_basis basis;
} bases[] = {
    {"ICS2-HTI", ENS_BASIS_ICD},
    {"ICD", ENS_BASIS_ICD},
    {"ICS2 HTI", ENS_BASIS_TABLE},
    {"Ensign", ENS_BASIS_ASSUMED},
};

ens_basis ens_finding_basis(const ens_finding *f)
{
    if (f->basis != ENS_BASIS_UNSET || !f->rule)
        return f->basis != ENS_BASIS_UNSET ? f->basis : ENS_BASIS_ASSUMED;
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (*f->rule == *bases[i].begins && strncmp(f->rule, bases[i].begins, strlen(bases[i].begins)) == 0)
            return bases[i].basis;
    return ENS_BASIS_STANDARD;
}

const char *ens_basis_name(ens_basis basis)
{
    static const char *const names[] = {"unset", "icd", "standard", "table", "seen", "assumed"};
    return (unsigned)basis < sizeof names / sizeof *names ? names[basis] : "unknown";
}

/* make_room keeps the report honest when memory or the bound on findings runs out: the lost finding makes it
 * incomplete, and a failure that no longer fits replaces the last finding, so that a refusal can't be crowded out. */
static ens_finding *make_room(ens_report *r, ens_outcome outcome)
{
    if (r->num == r->cap && r->cap < ENS_REPORT_MAX) {
        size_t cap = r->cap ? r->cap * 2 : 64;
        ens_finding *moved = realloc(r->findings, cap * sizeof *moved);
        if (moved) {
            r->findings = moved;
            r->cap = cap;
        }
    }
    if (r->num < r->cap)
        return &r->findings[r->num++];
    r->incomplete = true;
    return outcome == ENS_FAIL && r->num > 0 && r->findings[r->num - 1].outcome != ENS_FAIL ? &r->findings[r->num - 1]
                                                                                            : &r->lost;
}

/* is_lost tells that a finding of this outcome has no room: nothing is worked out for it. */
static bool is_lost(const ens_report *r, ens_outcome outcome)
{
    return r->num == ENS_REPORT_MAX && (outcome != ENS_FAIL || r->findings[r->num - 1].outcome == ENS_FAIL);
}

static ens_finding *add_finding(ens_report *r, ens_outcome outcome, const char *id, const char *rule, const char *hint)
{
    ens_finding *f = make_room(r, outcome);
    f->id = id; /* one by one: compilers clear a record of this size by an instruction that is slow to start */
    f->outcome = outcome;
    f->rule = rule;
    f->seen = NULL;
    f->values = NULL;
    f->hint = hint;
    f->code = f->subcode = f->xpath = NULL;
    f->at = SIZE_MAX;
    f->certificate = -1;
    f->needed = false;
    f->basis = ENS_BASIS_UNSET;
    f->document_fault = false;
    f->document_code = NULL;
    return f;
}

ens_finding *ens__pass(ens_report *r, const char *id, const char *rule)
{
    return add_finding(r, ENS_PASS, id, rule, NULL);
}

ens_finding *ens__warn_of(ens_report *r, const char *id, const char *rule, const char *hint)
{
    return add_finding(r, ENS_WARN, id, rule, hint);
}

/* say gives a finding its detail; what has no room is not worked out. */
static ENS_PRINTF(3, 0) void say(ens_report *r, ens_finding *f, const char *format, va_list args)
{
    ens__detail d = {NULL, NULL};
    if (f != &r->lost && !ens__detail_keep(&r->arena, format, args, &d)) {
        r->incomplete = true;
        return;
    }
    f->seen = d.format;
    f->values = d.values;
}

#define ADD_FORMATTED(outcome, hint)                                                                                   \
    va_list args;                                                                                                      \
    ens_finding *f = add_finding(r, outcome, id, rule, hint);                                                          \
    va_start(args, format);                                                                                            \
    say(r, f, format, args);                                                                                           \
    va_end(args);                                                                                                      \
    return f

ens_finding *ens__passf(ens_report *r, const char *id, const char *rule, const char *format, ...)
{
    ADD_FORMATTED(ENS_PASS, NULL);
}

ens_finding *ens__warn(ens_report *r, const char *id, const char *rule, const char *hint, const char *format, ...)
{
    ADD_FORMATTED(ENS_WARN, hint);
}

ens_finding *ens__failf(ens_report *r, const char *id, const char *rule, const char *hint, const char *format, ...)
{
    ADD_FORMATTED(ENS_FAIL, hint);
}

ens_finding *ens__skip(ens_report *r, const char *id, const char *rule, bool needed, const char *format, ...)
{
    va_list args;
    ens_finding *f = add_finding(r, ENS_SKIP, id, rule, NULL);
    va_start(args, format);
    say(r, f, format, args);
    va_end(args);
    f->needed = needed;
    return f;
}

void ens__finding_say(ens_report *r, ens_finding *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(r, f, format, args);
    va_end(args);
}

static bool is_plain(ens_slice s)
{
    bool plain = s.len <= SHOWN_MAX;
    for (size_t i = 0; plain && i < s.len; i++)
        plain = s.p[i] >= 0x20 && s.p[i] < 0x7F;
    return plain;
}

const char *ens__show(ens_report *r, ens_slice s)
{
    char text[SHOWN_MAX + 1];
    if (is_lost(r, ENS_FAIL))
        return "?";
    char *kept = ens_arena_text(&r->arena, is_plain(s) ? s : ens_str(ens__printable(s, text, sizeof text)));
    return kept ? kept : "?";
}

const char *ens__finding_text(const ens_finding *f, char out[ENS_DETAIL_TEXT], const char *other)
{
    const char *text = f ? ens_finding_detail(f, out) : NULL;
    return text ? text : other;
}

bool ens__in_family(const ens_finding *f, const char *family)
{
    size_t n = strlen(family);
    return strncmp(f->id, family, n) == 0 && (f->id[n] == '.' || f->id[n] == '\0');
}

void ens__report_rewind(ens_report *r, size_t num)
{
    r->num = num < r->num ? num : r->num;
}

void ens__report_append(ens_report *to, const ens_report *from)
{
    for (size_t i = 0; i < from->num; i++) {
        ens_finding f = from->findings[i];
        const char *xpath = f.xpath;
        if (!ens__detail_copy(&to->arena, &f.values) ||
            (xpath && !(f.xpath = ens_arena_text(&to->arena, ens_str(xpath)))))
            to->incomplete = true;
        *make_room(to, f.outcome) = f;
    }
    to->incomplete = to->incomplete || from->incomplete;
}
