/* Archives of evidence: what is read is written again with the same octets; an archive whose sums are right is refused
 * after the change of any one octet; and a journal that is read is spelt in the one way. The first octet says whether
 * the rest is an archive, or the journal of one that is made around it. */
#include "tests/fuzz/target.h"

#include "engine/base/report.h"
#include "sti/evidence/evidence_parts.h"

#include <string.h>

#define ARENA_MAX ((size_t)16 << 20)

static ens_arena arena;

/* check_archive: one spelling. */
static void check_archive(ens_slice file)
{
    ens_archive a;
    ens_buf again;
    if (ens__archive_read(file, &arena, &a, NULL) != ENS_OK)
        return;
    ens_buf_init(&again, NULL, 0, ENS_ARCHIVE_MAX);
    ENS_HOLDS(ens__archive_write(&a, &again, NULL) == ENS_OK);
    ENS_HOLDS(ens_eq(ens_buf_slice(&again), file));
    for (size_t i = 1; i < a.num; i++)
        ENS_HOLDS(strcmp(a.member[i - 1].name, a.member[i].name) < 0);
    for (size_t i = 0; i < a.num; i++)
        ENS_HOLDS(ens__archive_find(&a, a.member[i].name) == &a.member[i] && !strstr(a.member[i].name, ".."));
    ens_buf_free(&again);
}

static bool is_read(ens_slice file, ens_evidence *e)
{
    ens_archive a;
    ens_report *report = ens_report_new();
    bool good = report && ens__evidence_read(file, &arena, &a, e, report);
    ENS_HOLDS(!report || good == (ens_report_verdict(report) == ENS_ACCEPTED));
    for (size_t i = 0; report && i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        ENS_HOLDS(f->outcome != ENS_FAIL || (f->seen && f->hint && f->rule));
    }
    ens_report_free(report);
    return good;
}

/* check_altered changes one octet, chosen by the input, of an archive that was read. */
static void check_altered(ens_slice file, unsigned by)
{
    ens_evidence e;
    uint8_t *copy = ens_arena_take(&arena, file.len);
    if (!copy)
        return;
    memcpy(copy, file.p, file.len);
    copy[by * 2654435761u % file.len] ^= (uint8_t)(1u << by % 8);
    ENS_HOLDS(!is_read(ens_bytes(copy, file.len), &e));
}

/* wrap makes an archive with right sums around a journal; its rows have no octets. */
static bool wrap(ens_slice journal, ens_buf *out)
{
    ens_buf sums;
    ens_member members[] = {{ENS_EVIDENCE_JOURNAL, journal}, {ENS_EVIDENCE_SUMS, {0}}};
    ens_archive a = {members, 1};
    ens_buf_init(&sums, NULL, 0, ENS_ARCHIVE_MAX);
    bool good = ens__evidence_put_sums(&a, &sums, NULL) == ENS_OK;
    members[1].bytes = ens_buf_slice(&sums);
    a.num = 2;
    good = good && ens__archive_write(&a, out, NULL) == ENS_OK;
    ens_buf_free(&sums);
    return good;
}

static void check_journal(const ens_evidence *e, ens_slice text)
{
    ens_buf again;
    ens_buf_init(&again, NULL, 0, ENS_ARCHIVE_MAX);
    ens__evidence_put_journal(e, &again);
    ENS_HOLDS(ens_eq(ens_buf_slice(&again), text));
    ens_buf_free(&again);
}

ENS_FUZZ_TARGET(evidence)
{
    ens_evidence e;
    ens_buf made;
    if (size < 2)
        return;
    ens_slice file = ens_bytes(data + 1, size - 1);
    ens_arena_init(&arena, ARENA_MAX);
    ens_buf_init(&made, NULL, 0, ENS_ARCHIVE_MAX);
    if (data[0] == 'j') {
        ENS_HOLDS(wrap(file, &made));
        if (is_read(ens_buf_slice(&made), &e)) {
            check_journal(&e, file);
            check_altered(ens_buf_slice(&made), (unsigned)(data[size - 1] + size));
        }
    } else {
        check_archive(file);
        if (is_read(file, &e))
            check_altered(file, (unsigned)(data[size / 2] + size));
    }
    ens_buf_free(&made);
    ens_arena_free(&arena);
}
