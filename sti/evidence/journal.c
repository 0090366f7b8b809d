#include "sti/evidence/evidence_parts.h"

#include "engine/base/digest.h"
#include "engine/base/file.h"

#include <stdio.h>
#include <stdlib.h>

#define FORMAT "ensign-evidence-1"
#define RULE "Ensign: journal.tsv of evidence"
#define FIELDS 14u
#define HEAD_FIELDS 4u
#define TEXT_MAX 4096u /* bytes of one field */

const char *ens__evidence_receipt_name(ens_evidence_receipt receipt)
{
    static const char *const names[] = {"not-due", "missing", "unproven", "undecided", "proven"};
    return names[receipt];
}

bool ens__evidence_is_message(const ens_evidence_row *row)
{
    return row->kind <= ENS_ENTRY_UNREADABLE;
}

const char *ens__evidence_member(const ens_evidence_row *row, ens_arena *arena)
{
    return ens_arena_printf(arena, "messages/%012llu-%s-%s.%s", (unsigned long long)row->seq,
                            ens__direction_name(row->direction), ens__entry_kind_name(row->kind),
                            ens__evidence_is_message(row) ? "mime" : "bin");
}

const char *ens__evidence_verdict_member(const ens_evidence_row *row, ens_arena *arena)
{
    return ens_arena_printf(arena, "verdicts/%012llu.json", (unsigned long long)row->seq);
}

static void put_field(ens_buf *out, ens_slice text)
{
    ens__file_put_name(out, text);
    ens_buf_text(out, "\t");
}

static void put_judged(ens_buf *out, const ens_evidence_judged *j)
{
    put_field(out, ens_str(ens_verdict_name(j->verdict)));
    put_field(out, j->code);
    put_field(out, j->subcode);
}

/* put_row: the octets are there, are gone, or never were. */
static void put_row(ens_buf *out, const ens_evidence_row *r)
{
    ens_buf_printf(out, "%llu\t%lld\t%s\t%s\t%s\t", (unsigned long long)r->seq, (long long)r->at_ms,
                   ens__direction_name(r->direction), ens__entry_kind_name(r->kind), ens_verdict_name(r->verdict));
    put_field(out, r->ebms);
    put_field(out, r->action);
    put_field(out, r->message_id);
    put_field(out, r->ref_to);
    put_field(out, r->party);
    put_judged(out, &r->recorded);
    ens_buf_text(out, r->raw.len ? "kept\t" : r->gone ? "gone\t" : "none\t");
    ens_buf_text(out, "\n");
}

void ens__evidence_put_journal(const ens_evidence *e, ens_buf *out)
{
    ens_buf_text(out, FORMAT "\t");
    put_field(out, e->program);
    put_field(out, e->asked);
    put_field(out, e->snapshot);
    ens_buf_text(out, "\n");
    for (size_t i = 0; i < e->num; i++)
        put_row(out, &e->row[i]);
}

static int digit_of(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* read_text undoes %XX; whether it had to be written so is seen when all is written again. */
static bool read_text(ens_slice field, ens_arena *arena, ens_slice *out)
{
    uint8_t *p = ens_arena_take(arena, field.len + 1);
    size_t len = 0;
    if (!p)
        return false;
    for (size_t i = 0; i < field.len; i++) {
        int high = field.p[i] == '%' && i + 2 < field.len ? digit_of(field.p[i + 1]) : -1;
        int low = high >= 0 ? digit_of(field.p[i + 2]) : -1;
        p[len++] = low >= 0 ? (uint8_t)(high * 16 + low) : field.p[i];
        i += low >= 0 ? 2 : 0;
    }
    p[len] = '\0';
    *out = ens_bytes(p, len);
    return true;
}

/* split takes the fields of a line, each of which ends with a tab. */
static bool split(ens_slice line, ens_slice *field, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        size_t end = ens__find(line, ENS_LIT("\t"), 0);
        if (end == SIZE_MAX || end > TEXT_MAX)
            return false;
        field[i] = ens_sub(line, 0, end);
        line = ens_from(line, end + 1);
    }
    return line.len == 0;
}

static bool read_word(ens_slice field, const char *(*name)(int), int num, int *out)
{
    for (*out = 0; *out < num; ++*out)
        if (ens_is(field, name(*out)))
            return true;
    return false;
}

static const char *direction_word(int i)
{
    return ens__direction_name((ens_entry_direction)i);
}

static const char *kind_word(int i)
{
    return ens__entry_kind_name((ens_entry_kind)i);
}

static const char *verdict_word(int i)
{
    return ens_verdict_name((ens_verdict)i);
}

static bool read_number(ens_slice field, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < field.len; i++) {
        if (field.p[i] < '0' || field.p[i] > '9' || *out > (uint64_t)INT64_MAX / 10 - 1)
            return false;
        *out = *out * 10 + (uint64_t)(field.p[i] - '0');
    }
    return field.len > 0;
}

/* read_row takes one line; the texts live in the arena. */
static bool read_row(ens_slice line, ens_arena *arena, ens_evidence_row *r)
{
    ens_slice f[FIELDS];
    uint64_t at = 0;
    int direction, kind, verdict, recorded;
    if (!split(line, f, FIELDS) || !read_number(f[0], &r->seq) || !read_number(f[1], &at) ||
        !read_word(f[2], direction_word, 2, &direction) || !read_word(f[3], kind_word, ENS_ENTRY_KINDS, &kind) ||
        !read_word(f[4], verdict_word, ENS_REFUSED + 1, &verdict) ||
        !read_word(f[10], verdict_word, ENS_REFUSED + 1, &recorded))
        return false;
    r->at_ms = (int64_t)at;
    r->direction = (ens_entry_direction)direction;
    r->kind = (ens_entry_kind)kind;
    r->verdict = (ens_verdict)verdict;
    r->recorded.verdict = (ens_verdict)recorded;
    r->gone = ens_is(f[13], "gone");
    r->raw = ens_is(f[13], "kept") ? ENS_LIT("?") : (ens_slice){0}; /* what it is, the archive tells */
    return read_text(f[5], arena, &r->ebms) && read_text(f[6], arena, &r->action) &&
           read_text(f[7], arena, &r->message_id) && read_text(f[8], arena, &r->ref_to) &&
           read_text(f[9], arena, &r->party) && read_text(f[11], arena, &r->recorded.code) &&
           read_text(f[12], arena, &r->recorded.subcode);
}

static ens_code read_rows(ens_reader *r, ens_arena *arena, ens_evidence *e, ens_err *err)
{
    ens_slice line;
    size_t room = 0;
    while (ens_left(r)) {
        size_t at = ens_at(r);
        e->row = ens_arena_grow(arena, e->row, e->num, &room, sizeof *e->row);
        if (!e->row)
            return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
        if (e->num >= ENS_EVIDENCE_ROWS_MAX)
            return ens_fail(err, ENS_ELIMIT, RULE, "the journal has too many rows", at);
        if (!ens_take_line(r, &line) || !read_row(line, arena, &e->row[e->num]) ||
            (e->num && e->row[e->num].seq <= e->row[e->num - 1].seq))
            return ens_fail(err, ENS_ESYNTAX, RULE, "a row of the journal can't be read", at);
        e->num++;
    }
    return ENS_OK;
}

/* is_as_written: the journal has one spelling. */
static bool is_as_written(const ens_evidence *e, ens_slice text)
{
    ens_buf again;
    ens_buf_init(&again, NULL, 0, text.len + 1);
    ens__evidence_put_journal(e, &again);
    bool same = !again.failed && ens_eq(ens_buf_slice(&again), text);
    ens_buf_free(&again);
    return same;
}

ens_code ens__evidence_read_journal(ens_slice text, ens_arena *arena, ens_evidence *out, ens_err *err)
{
    ens_reader r = ens_read(text);
    ens_slice line, f[HEAD_FIELDS];
    ens_evidence e = {0};
    if (!ens_take_line(&r, &line) || !split(line, f, HEAD_FIELDS) || !ens_is(f[0], FORMAT))
        return ens_fail(err, ENS_ESYNTAX, RULE, "the journal doesn't begin as one of this form", 0);
    if (!read_text(f[1], arena, &e.program) || !read_text(f[2], arena, &e.asked) ||
        !read_text(f[3], arena, &e.snapshot))
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    ens_code code = read_rows(&r, arena, &e, err);
    if (code != ENS_OK)
        return code;
    if (!e.num || !is_as_written(&e, text))
        return ens_fail(err, ENS_ESYNTAX, RULE, "the journal isn't written as it should be", 0);
    *out = e;
    return ENS_OK;
}

ens_code ens__evidence_put_sums(const ens_archive *a, ens_buf *out, ens_err *err)
{
    for (size_t i = 0; i < a->num; i++) {
        uint8_t sum[32];
        char hex[65];
        if (strcmp(a->member[i].name, ENS_EVIDENCE_SUMS) == 0)
            continue;
        ens_code code = ens__sha256(a->member[i].bytes, sum, err);
        if (code != ENS_OK)
            return code;
        ens__hex(ens_bytes(sum, sizeof sum), hex);
        ens_buf_printf(out, "%s  %s\n", hex, a->member[i].name);
    }
    return ens_buf_done(out, err);
}
