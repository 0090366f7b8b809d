#include "show/verdict.h"

#include "certs/x509/name.h"
#include "show/output.h"

#include <stdio.h>

static void print_line(const char *name, ens_slice value)
{
    if (!value.len)
        return;
    printf("  %-10s ", name);
    for (size_t i = 0; i < value.len; i++)
        putchar(value.p[i] < 0x20 || value.p[i] == 0x7F ? '?' : value.p[i]);
    putchar('\n');
}

static void print_answer(const ens_answer *a)
{
    if (a->code)
        printf("  answer     %s %s%s%s (severity %s, category %s, origin %s)\n", a->code,
               a->short_description ? a->short_description : "", a->subcode ? ", sub-code " : "",
               a->subcode ? a->subcode : "", a->severity ? a->severity : "-", a->category ? a->category : "-",
               a->origin ? a->origin : "-");
    else if (a->reply)
        printf("  answer     a receipt, and later %s: the fault is in the business document alone\n", a->reply);
    if (a->because && a->because->hint) {
        fputs("  do         ", stdout);
        ens__print_behind(13, a->because->hint);
    }
}

static size_t count(const ens_report *report, ens_outcome outcome)
{
    size_t num = 0;
    for (size_t i = 0; i < ens_report_num(report); i++)
        num += ens_report_get(report, i)->outcome == outcome;
    return num;
}

void ens__verdict_print(const char *file, const ens_message *m, const ens_answer *a, const ens_report *report, bool all)
{
    char subject[ENS_NAME_TEXT_MAX];
    printf("%s: %s%s%s\n", file, ens__verdict_colour(a->verdict), ens_verdict_name(a->verdict), ens__colour_off());
    print_answer(a);
    if (m->kind)
        print_line("kind", ens_str(ens_message_kind_name(m->kind)));
    print_line("message", m->message_id);
    print_line("refers to", m->ref_to);
    print_line("action", m->action);
    print_line("from", m->from);
    if (m->has_signer)
        print_line("sealed by", ens_str(ens__name_text(m->chain->cert[0].subject, subject, sizeof subject)));
    for (size_t i = 0; i < m->num_payloads; i++)
        printf("  payload    %.*s, %zu bytes\n", (int)m->payloads[i].cid.len, (const char *)m->payloads[i].cid.p,
               m->payloads[i].size);
    printf("  checks     %zu passed, %zu failed, %zu warnings, %zu skipped\n", count(report, ENS_PASS),
           count(report, ENS_FAIL), count(report, ENS_WARN), count(report, ENS_SKIP));
    ens__print_findings(report, all);
}
