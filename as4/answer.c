#include "as4/envelope/signal.h"
#include "engine/base/report.h"
#include "ensign/verify.h"

/* Families in the order in which the access point looks (ics2-hti 10.5), each with its code. */
static const struct {
    const char *family, *code, *subcode;
} order[] = {
    {"mime", "EBMS:0007", NULL},      {"soap", "EBMS:0009", NULL},       {"header", "EBMS:0009", NULL},
    {"coverage", "EBMS:0103", NULL},  {"algorithm", "EBMS:0103", NULL},  {"token", "EBMS:0103", NULL},
    {"digest", "EBMS:0101", NULL},    {"signature", "EBMS:0101", NULL},  {"chain", "EBMS:0101", NULL},
    {"binding", "EBMS:0004", "A001"}, {"registry", "EBMS:0004", "A001"}, {"rules", "EBMS:0003", NULL},
    {"payload", "EBMS:0003", NULL},   {"receipt", "EBMS:0302", NULL},
};
#define NUM_FAMILIES (sizeof order / sizeof *order)
#define DOCUMENT_FAULT "IE3N99"

static size_t rank_of(const ens_finding *f)
{
    for (size_t i = 0; i < NUM_FAMILIES; i++)
        if (ens__in_family(f, order[i].family))
            return i;
    return NUM_FAMILIES;
}

/* is_document_fault: the document is judged after the receipt, so behind every other failure. */
static bool is_document_fault(const ens_finding *f)
{
    return f->code && strcmp(f->code, DOCUMENT_FAULT) == 0;
}

/* is_no_receipt: where a receipt was awaited, whatever else came doesn't matter. */
static bool is_no_receipt(const ens_finding *f)
{
    return f->code && strcmp(f->code, "EBMS:0301") == 0;
}

static const ens_finding *first_failure(const ens_report *report)
{
    const ens_finding *first = NULL;
    size_t rank = 0;
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome != ENS_FAIL)
            continue;
        size_t r = is_no_receipt(f) ? 0 : 1 + rank_of(f) + (is_document_fault(f) ? NUM_FAMILIES + 1 : 0);
        if (first && r >= rank)
            continue;
        first = f;
        rank = r;
    }
    return first;
}

static void name_code(const ens_finding *f, ens_answer *out)
{
    size_t rank = rank_of(f);
    const char *code = f->code ? f->code : rank < NUM_FAMILIES ? order[rank].code : "EBMS:0004";
    out->subcode = f->subcode ? f->subcode : !f->code && rank < NUM_FAMILIES ? order[rank].subcode : NULL;
    const ens_error_code *e = ens__error_code(ens_str(code));
    out->code = code;
    if (!e)
        return;
    out->severity = e->severity;
    out->category = e->category;
    out->origin = e->origin;
    out->short_description = e->short_description;
}

ens_answer ens_answer_of(const ens_report *report)
{
    ens_answer out = {.verdict = ens_report_verdict(report), .because = first_failure(report)};
    if (out.verdict != ENS_REFUSED || !out.because)
        return out;
    if (is_document_fault(out.because))
        out.reply = DOCUMENT_FAULT;
    else
        name_code(out.because, &out);
    return out;
}
