#include "sti/fault/fault.h"

#include "as4/envelope/signal.h"

#include <stdio.h>
#include <stdlib.h>

#define CODE_DIGITS 4u

static const struct {
    const char *end;
    ens_fault fault;
} named[] = {
    {"A001", {ENS_FAULT_REFUSE, "EBMS:0004", "A001", 0}},
    {"A002", {ENS_FAULT_REFUSE, "EBMS:0004", "A002", 0}},
    {"A003", {ENS_FAULT_REFUSE, "EBMS:0004", "A003", 0}},
    {"LOST", {ENS_FAULT_LOST, NULL, NULL, 0}},
    {"CUT", {ENS_FAULT_CUT, NULL, NULL, 0}},
    {"DIGEST", {ENS_FAULT_DIGEST, NULL, NULL, 0}},
};

/* of_code takes one of ICS2's codes: any as EBMS0003, those from 0101 on by their digits alone, for people number their
 * filings from 0001 on. */
static ens_fault of_code(ens_slice end)
{
    char code[16];
    bool named_so = ens_starts(end, ENS_LIT("EBMS"));
    ens_slice digits = named_so ? ens_from(end, 4) : end;
    if (digits.len != CODE_DIGITS || (!named_so && digits.p[1] == '0'))
        return (ens_fault){0};
    snprintf(code, sizeof code, "EBMS:%.4s", (const char *)digits.p);
    const ens_error_code *known = ens__error_code(ens_str(code));
    return known ? (ens_fault){ENS_FAULT_REFUSE, known->code, NULL, 0} : (ens_fault){0};
}

static ens_fault of_delay(ens_slice end)
{
    unsigned seconds = 0;
    ens_slice digits = ens_from(end, 4);
    if (!ens_starts(end, ENS_LIT("SLOW")) || !digits.len || digits.len > 2)
        return (ens_fault){0};
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return (ens_fault){0};
        seconds = seconds * 10 + (unsigned)(digits.p[i] - '0');
    }
    return (ens_fault){ENS_FAULT_SLOW, NULL, NULL, seconds < ENS_FAULT_SLOW_MAX ? seconds : ENS_FAULT_SLOW_MAX};
}

ens_fault ens__fault_of_lrn(ens_slice lrn)
{
    size_t at = lrn.len;
    while (at && lrn.p[at - 1] != '-')
        at--;
    ens_slice end = at ? ens_from(lrn, at) : (ens_slice){0};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (ens_is(end, named[i].end))
            return named[i].fault;
    ens_fault fault = of_code(end);
    return fault.kind ? fault : of_delay(end);
}

/* The LRN stands among the first elements of a document. That its text is looked for, and not parsed, lets nobody in:
 * what comes of it is a fault. */
ens_fault ens__fault_of_message(const ens_message *m)
{
    const ens_slice tag = ENS_LIT("LRN>");
    ens_slice text = m->num_payloads ? ens_sub(m->payloads[0].bytes, 0, ENS_FAULT_LOOKED_AT) : (ens_slice){0};
    size_t at = text.p ? ens__find(text, tag, 0) : SIZE_MAX, end;
    if (at == SIZE_MAX)
        return (ens_fault){0};
    for (end = at += tag.len; end < text.len && text.p[end] != '<';)
        end++;
    return ens__fault_of_lrn(ens__trim(ens_sub(text, at, end)));
}
