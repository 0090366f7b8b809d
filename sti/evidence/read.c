#include "sti/evidence/evidence_parts.h"

#include "engine/base/report.h"

#include <stdio.h>

#define RULE "Ensign: archives of evidence"
#define TOLD_MAX 16u /* members that are told one by one */
#define HEX 64u

/* The folders that members stand in. A message and its verdict belong to a row of the journal. */
static const char *const folders[] = {"chains/", "issuers/", "lists/", "messages/", "revocation/", "verdicts/"};

static bool has_place(const char *name)
{
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strncmp(name, folders[i], strlen(folders[i])) == 0)
            return true;
    return strcmp(name, ENS_EVIDENCE_SUMS) == 0 || strcmp(name, ENS_EVIDENCE_JOURNAL) == 0;
}

static void refuse_member(ens_report *report, unsigned *told, const char *id, const char *what, ens_slice name)
{
    if ((*told)++ < TOLD_MAX)
        ens__failf(report, id, RULE, "ask for the archive as it was exported", "%s: %s", what, ens__show(report, name));
}

/* next_sum takes a line "HEX  NAME"; false at the end, and where it is none. */
static bool next_sum(ens_reader *r, ens_slice *hex, ens_slice *name)
{
    ens_slice line;
    if (!ens_take_line(r, &line) || line.len < HEX + 3 || line.p[HEX] != ' ' || line.p[HEX + 1] != ' ')
        return false;
    *hex = ens_sub(line, 0, HEX);
    *name = ens_from(line, HEX + 2);
    return true;
}

/* compare_sums walks both lists, each in the order of names, and tells each member that is in one alone or differs. */
static void compare_sums(ens_slice listed, ens_slice found, ens_report *report, unsigned *told)
{
    ens_reader a = ens_read(listed), b = ens_read(found);
    ens_slice hex_a, hex_b, name_a, name_b;
    bool more_a = next_sum(&a, &hex_a, &name_a), more_b = next_sum(&b, &hex_b, &name_b);
    while (more_a || more_b) {
        int order = !more_a ? 1 : !more_b ? -1 : ens__compare(name_a, name_b);
        if (order < 0)
            refuse_member(report, told, "evidence.members", "a member is missing", name_a);
        else if (order > 0)
            refuse_member(report, told, "evidence.members", "a member isn't listed", name_b);
        else if (!ens_eq(hex_a, hex_b))
            refuse_member(report, told, "evidence.digest", "a member was altered", name_a);
        if (order <= 0)
            more_a = next_sum(&a, &hex_a, &name_a);
        if (order >= 0)
            more_b = next_sum(&b, &hex_b, &name_b);
    }
    if (!*told)
        refuse_member(report, told, "evidence.members", "the list of members isn't written as it should be",
                      ENS_LIT(ENS_EVIDENCE_SUMS));
}

/* check_sums: what is listed is what is there, octet for octet. */
static bool check_sums(const ens_archive *a, ens_report *report)
{
    const ens_member *listed = ens__archive_find(a, ENS_EVIDENCE_SUMS);
    unsigned told = 0;
    ens_buf found;
    ens_buf_init(&found, NULL, 0, ENS_ARCHIVE_MAX);
    if (ens__evidence_put_sums(a, &found, NULL) != ENS_OK)
        ens__skip(report, "evidence.digest", RULE, true, "the members could not be hashed"), told++;
    else if (!listed)
        refuse_member(report, &told, "evidence.members", "a member is missing", ENS_LIT(ENS_EVIDENCE_SUMS));
    else if (!ens_eq(listed->bytes, ens_buf_slice(&found)))
        compare_sums(listed->bytes, ens_buf_slice(&found), report, &told);
    for (size_t i = 0; i < a->num; i++)
        if (!has_place(a->member[i].name))
            refuse_member(report, &told, "evidence.members", "evidence has no such member", ens_str(a->member[i].name));
    ens_buf_free(&found);
    if (told > TOLD_MAX)
        ens__failf(report, "evidence.members", RULE, "ask for the archive as it was exported",
                   "%u more members are not as listed", told - TOLD_MAX);
    if (!told) {
        ens__passf(report, "evidence.members", RULE, "%zu members, each listed", a->num);
        ens__pass(report, "evidence.digest", RULE);
    }
    return !told;
}

/* take_octets gives a row the octets that are its own; false where they, or the verdict on them, are missing. */
static bool take_octets(const ens_archive *a, ens_arena *arena, ens_evidence_row *r, size_t *owned)
{
    const char *name = ens__evidence_member(r, arena), *verdict = ens__evidence_verdict_member(r, arena);
    const ens_member *m = name ? ens__archive_find(a, name) : NULL, *v = verdict ? ens__archive_find(a, verdict) : NULL;
    bool wanted = r->raw.len > 0, judged = wanted && ens__evidence_is_message(r);
    r->raw = m ? m->bytes : (ens_slice){0};
    *owned += (m != NULL) + (v != NULL);
    return (m && m->bytes.len) == wanted && (v != NULL) == judged;
}

static size_t num_in(const ens_archive *a, const char *folder)
{
    size_t num = 0;
    for (size_t i = 0; i < a->num; i++)
        num += strncmp(a->member[i].name, folder, strlen(folder)) == 0;
    return num;
}

/* read_rows: each row has its members, and each of those its row. */
static bool read_rows(const ens_archive *a, ens_arena *arena, ens_evidence *e, ens_report *report)
{
    size_t owned = 0;
    for (size_t i = 0; i < e->num; i++) {
        ens_evidence_row *r = &e->row[i];
        r->sealed = ENS_TIME_NONE;
        if (take_octets(a, arena, r, &owned))
            continue;
        ens__failf(report, "evidence.journal", RULE, "ask for the archive as it was exported",
                   "row %llu of the journal and its members don't fit", (unsigned long long)r->seq);
        return false;
    }
    if (owned != num_in(a, "messages/") + num_in(a, "verdicts/")) {
        ens__failf(report, "evidence.journal", RULE, "ask for the archive as it was exported",
                   "a message or a verdict belongs to no row of the journal");
        return false;
    }
    ens__passf(report, "evidence.journal", RULE, "%zu rows", e->num);
    return true;
}

static bool cannot_read(const char *id, const ens_err *err, ens_report *report)
{
    char text[512];
    ens__failf(report, id, RULE, "ask for the archive as it was exported", "%s",
               ens__show(report, ens_str(ens_err_format(err, text, sizeof text))));
    return false;
}

bool ens__evidence_read(ens_slice file, ens_arena *arena, ens_archive *archive, ens_evidence *out, ens_report *report)
{
    ens_err err = {0};
    *archive = (ens_archive){0};
    *out = (ens_evidence){0};
    ens_code code = ens__archive_read(file, arena, archive, &err);
    if (code != ENS_OK)
        return cannot_read("evidence.archive", &err, report);
    ens__pass(report, "evidence.archive", RULE);
    const ens_member *journal = ens__archive_find(archive, ENS_EVIDENCE_JOURNAL);
    if (!check_sums(archive, report))
        return false;
    if (!journal)
        return refuse_member(report, &(unsigned){0}, "evidence.members", "a member is missing",
                             ENS_LIT(ENS_EVIDENCE_JOURNAL)),
               false;
    if (ens__evidence_read_journal(journal->bytes, arena, out, &err) != ENS_OK)
        return cannot_read("evidence.journal", &err, report);
    return read_rows(archive, arena, out, report);
}
