#include "as4/answer.h"

#include "as4/domibus.h"
#include "as4/envelope/signal.h"
#include "as4/explain.h"
#include "engine/base/report.h"
#include "ensign/verify.h"

/* Families in the order in which the access point looks (ICS2-HTI 4.6.3), each with its code. */
static const struct {
    const char *family, *code, *subcode;
} order[] = {
    {"mime", "EBMS:0007", NULL},      {"soap", "EBMS:0009", NULL},       {"header", "EBMS:0009", NULL},
    {"coverage", "EBMS:0103", NULL},  {"algorithm", "EBMS:0103", NULL},  {"token", "EBMS:0103", NULL},
    {"digest", "EBMS:0101", NULL},    {"signature", "EBMS:0101", NULL},  {"chain", "EBMS:0101", NULL},
    {"binding", "EBMS:0004", "A001"}, {"registry", "EBMS:0004", "A001"}, {"rules", "EBMS:0003", NULL},
    {"payload", "EBMS:0003", NULL},   {"receipt", "EBMS:0302", NULL},    {"ens", NULL, NULL},
};
#define NUM_FAMILIES (sizeof order / sizeof *order)

static size_t rank_of(const ens_finding *f)
{
    for (size_t i = 0; i < NUM_FAMILIES; i++)
        if (ens__in_family(f, order[i].family))
            return i;
    return NUM_FAMILIES;
}

bool ens__family_code(const char *id, const char **code, const char **subcode)
{
    size_t rank = rank_of(&(ens_finding){.id = id});
    if (rank == NUM_FAMILIES)
        return false;
    *code = order[rank].code;
    *subcode = order[rank].subcode;
    return true;
}

/* is_document_fault: the document is judged after the receipt, so behind every other failure. */
static bool is_document_fault(const ens_finding *f)
{
    return f->document_fault;
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

/* is_assumed: every failure hangs on a reading of ours. */
static bool is_assumed(const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_FAIL && ens_finding_basis(f) != ENS_BASIS_ASSUMED)
            return false;
    }
    return true;
}

ens_answer ens_answer_of(const ens_report *report)
{
    ens_answer out = {.verdict = ens_report_verdict(report), .because = first_failure(report)};
    if (out.verdict != ENS_REFUSED || !out.because)
        return out;
    out.assumed = is_assumed(report);
    if (is_document_fault(out.because)) {
        out.reply = out.because->code;
    } else {
        name_code(out.because, &out);
        out.domibus = ens__domibus_answer(out.because->id);
    }
    return out;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_finding(const ens_finding *a, const ens_finding *b)
{
    char left[ENS_DETAIL_TEXT], right[ENS_DETAIL_TEXT];
    return a->outcome == b->outcome && same_text(a->id, b->id) && same_text(a->code, b->code) &&
           same_text(a->subcode, b->subcode) && same_text(ens_finding_detail(a, left), ens_finding_detail(b, right));
}

bool ens__reports_differ(const ens_report *left, const ens_report *right, const ens_finding **a, const ens_finding **b)
{
    size_t i = 0;
    while (i < left->num && i < right->num && same_finding(&left->findings[i], &right->findings[i]))
        i++;
    *a = ens_report_get(left, i);
    *b = ens_report_get(right, i);
    return *a || *b || left->incomplete != right->incomplete;
}

/* FNV-1a, 64 bits. */
static uint64_t add_octets(uint64_t print, const void *p, size_t len)
{
    const uint8_t *byte = p;
    for (size_t i = 0; i < len; i++)
        print = (print ^ byte[i]) * 0x100000001B3u;
    return print;
}

static uint64_t add_slice(uint64_t print, ens_slice s)
{
    return add_octets(add_octets(print, &s.len, sizeof s.len), s.p, s.len);
}

uint64_t ens__message_print(const ens_message *m)
{
    const ens_slice text[] = {m->message_id, m->ref_to,    m->timestamp,       m->action, m->service, m->from,
                              m->to,         m->agreement, m->conversation_id, m->mpc,    m->lrn,     m->mrn};
    const int flags[] = {m->kind, m->test, m->from_customs, m->has_signer};
    uint64_t print = add_octets(0xCBF29CE484222325u, flags, sizeof flags);
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        print = add_slice(print, text[i]);
    print = add_octets(print, m->signer_sha256, m->has_signer ? sizeof m->signer_sha256 : 0);
    for (size_t i = 0; i < m->num_payloads; i++) {
        const ens_delivery *d = &m->payloads[i];
        print = add_slice(add_slice(add_octets(print, &d->size, sizeof d->size), d->cid), d->type);
        print = add_slice(add_slice(print, d->bytes), d->packed);
    }
    for (size_t i = 0; i < m->num_errors; i++)
        print =
            add_slice(add_slice(add_slice(print, m->errors[i].code), m->errors[i].description), m->errors[i].detail);
    print = add_slice(add_slice(print, m->fault_code), m->fault_reason);
    for (size_t i = 0; i < m->num_signed_parts; i++) {
        const ens_signed_part *p = &m->signed_parts[i];
        print = add_slice(add_slice(add_slice(print, p->uri), p->transform), p->prefix_list);
        print = add_slice(add_slice(print, p->digest_method), p->digest);
    }
    return print;
}

const ens_finding *ens__open_question(const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_SKIP && f->needed && !ens__in_family(f, "ens"))
            return f;
    }
    return NULL;
}
