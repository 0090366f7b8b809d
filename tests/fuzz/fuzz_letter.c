/* Whatever is dropped or pasted as a request for rights: what is read is UTF-8 and within its limits, an e-mail's text
 * says the same when it is pasted, and what is taken has all of its facts. */
#include "tests/fuzz/target.h"

#include "sti/rights/eml.h"
#include "sti/rights/letter.h"

#define AT ((ens_time)1790856000)

static void check_letter(const ens__letter *l, const ens_report *report)
{
    ENS_HOLDS(ens_report_num(report) > 0);
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        ENS_HOLDS(f->outcome != ENS_FAIL || (f->hint && f->seen));
    }
    if (ens_report_verdict(report) == ENS_ACCEPTED)
        ENS_HOLDS(l->company[0] && l->eori[0] && l->account[0] && l->wanted != ENS_TIME_NONE &&
                  ens__is_utf8(ens_str(l->company)));
}

ENS_FUZZ_TARGET(letter)
{
    ens_arena arena;
    ens__eml mail;
    ens__letter l;
    ens_report *report = ens_report_new();
    ens_arena_init(&arena, (size_t)8 << 20);
    if (report && ens__eml_read(ens_bytes(data, size), &arena, &mail, NULL) == ENS_OK) {
        ENS_HOLDS(ens__is_utf8(mail.subject) && ens__is_utf8(mail.text));
        ENS_HOLDS(mail.subject.len <= ENS_EML_TEXT_MAX && mail.text.len <= ENS_EML_TEXT_MAX);
    }
    if (report) {
        ens__letter_read_eml(ens_bytes(data, size), ENS_CONFORMANCE, AT, &l, report);
        check_letter(&l, report);
        ens_report_reset(report);
        ens__letter_read(ens_bytes(data, size), ENS_CONFORMANCE, AT, &l, report);
        check_letter(&l, report);
    }
    ens_report_free(report);
    ens_arena_free(&arena);
}
