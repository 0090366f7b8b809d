#include "sti/evidence/evidence_parts.h"

#include "engine/base/report.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign: archives of evidence"
#define TOLD_MAX 24u /* findings of one kind that are told one by one */

/* One check on its way. */
typedef struct {
    const ens_evidence_options *o;
    const ens_archive *archive;
    ens_evidence *e;
    ens_arena *arena;
    ens_report *report;
    ens_evidence_judge judge;
    uint8_t (*signer)[32]; /* of each row that has one */
    unsigned failed, skipped, warned;
    size_t num_judged, num_receipts;
} checking;

/* may_tell keeps the report short: what failed first is told, and how much more there was. */
static bool may_tell(unsigned *num)
{
    return (*num)++ < TOLD_MAX;
}

static unsigned long long number(const ens_evidence_row *r)
{
    return (unsigned long long)r->seq;
}

/* -- What the archive brings, and what it does not choose -- */

static void tell_anchors(const checking *c)
{
    if (!c->o->trust || !ens_trust_num_anchors(c->o->trust))
        ens__skip(c->report, "evidence.anchors", RULE, true,
                  "nobody says under whose anchors it is to be judged: name them with --trust");
    else if (!c->o->customs)
        ens__warn(c->report, "evidence.anchors", RULE, "give the anchors of customs with --customs",
                  "anybody under these anchors may have sealed what stands as said by customs");
    else
        ens__pass(c->report, "evidence.anchors", RULE);
}

static ens_code add_one(ens_trust *trust, const ens_member *m)
{
    size_t len = strlen(m->name);
    if (!trust)
        return ENS_OK;
    if (strncmp(m->name, "issuers/", 8) == 0)
        return ens_trust_add_untrusted_bytes(trust, m->bytes, NULL);
    if (strncmp(m->name, "revocation/", 11) != 0)
        return ENS_OK;
    if (len > 4 && strcmp(m->name + len - 4, ".crl") == 0)
        return ens_trust_add_crl_bytes(trust, m->bytes, NULL);
    return ens_trust_add_ocsp_bytes(trust, m->bytes, NULL);
}

/* add_material gives the trusts what may complete and judge a path; nothing of it becomes an anchor. */
static void add_material(checking *c)
{
    size_t num = 0;
    for (size_t i = 0; i < c->archive->num; i++) {
        const ens_member *m = &c->archive->member[i];
        num += strncmp(m->name, "revocation/", 11) == 0;
        if (add_one(c->o->trust, m) == ENS_OK && add_one(c->o->customs, m) == ENS_OK)
            continue;
        if (may_tell(&c->failed))
            ens__failf(c->report, "evidence.material", RULE, "ask for the archive as it was exported",
                       "a member can't be read as what it should be: %s", m->name);
    }
    if (!c->failed && num)
        ens__passf(c->report, "evidence.material", RULE, "%zu lists and responses", num);
    else if (!c->failed)
        ens__warn(c->report, "evidence.material", RULE,
                  "give them with --crl or --ocsp, or export with --revocation-cache",
                  "no list and no response in it tells whether a certificate was revoked");
}

/* judge_lists: a snapshot is Ensign's own note of what lists said, and proves nothing by itself. */
static void judge_lists(const checking *c)
{
    const ens_member *m = ens__archive_find(c->archive, ENS_EVIDENCE_LISTS);
    const ens_lists *own = ens_trust_lists(c->o->trust);
    ens_lists *lists = NULL;
    if (!m && !c->e->snapshot.len)
        return;
    if (!m || ens_lists_new(m->bytes, &lists, NULL) != ENS_OK || !ens_is(c->e->snapshot, ens_lists_tell(lists).name))
        ens__failf(c->report, "evidence.lists", RULE, "ask for the archive as it was exported",
                   "the snapshot of the trusted lists isn't the one that the journal names");
    else if (!own)
        ens__skip(c->report, "evidence.lists", RULE, false,
                  "it was judged by trusted lists, snapshot %s, and is now by other anchors",
                  ens__show(c->report, c->e->snapshot));
    else if (!ens_is(c->e->snapshot, ens_lists_tell(own).name))
        ens__warn(c->report, "evidence.lists", RULE, "judge by that snapshot too, where you have it",
                  "it was judged by snapshot %s, and is now by %s", ens__show(c->report, c->e->snapshot),
                  ens__show(c->report, ens_str(ens_lists_tell(own).name)));
    else
        ens__pass(c->report, "evidence.lists", RULE);
    ens_lists_free(lists);
}

/* -- Row by row -- */

static ens_entry_kind kind_of(ens_message_kind kind)
{
    return kind == ENS_MESSAGE_USER           ? ENS_ENTRY_USER_MESSAGE
           : kind == ENS_MESSAGE_RECEIPT      ? ENS_ENTRY_RECEIPT
           : kind == ENS_MESSAGE_ERROR        ? ENS_ENTRY_ERROR
           : kind == ENS_MESSAGE_PULL_REQUEST ? ENS_ENTRY_PULL_REQUEST
                                              : ENS_ENTRY_UNREADABLE;
}

/* compare_row: what the journal says of a message is what the message says. A receipt that was sent a second time has
 * no id of its own in the journal, and the action beside a signal is that of the message it is about. */
static void compare_row(checking *c, const ens_evidence_row *r, const ens_message *m)
{
    bool same = kind_of(m->kind) == r->kind && (!r->message_id.len || ens_eq(m->message_id, r->message_id)) &&
                (!r->ref_to.len || ens_eq(m->ref_to, r->ref_to)) &&
                (r->kind != ENS_ENTRY_USER_MESSAGE || !r->action.len || ens_eq(m->action, r->action));
    if (!same && may_tell(&c->failed))
        ens__failf(c->report, "evidence.message", RULE, "believe the message, and ask who wrote the journal",
                   "row %llu of the journal tells of another message than the one that stands there", number(r));
}

/* keep_facts copies what outlives the judge's next message. */
static void keep_facts(checking *c, size_t i, const ens_message *m)
{
    ens_evidence_row *r = &c->e->row[i];
    if (m->has_signer)
        memcpy(c->signer[i], m->signer_sha256, sizeof m->signer_sha256);
    if (ens_time_parse(m->timestamp, &r->sealed, NULL) != ENS_OK)
        r->sealed = ENS_TIME_NONE;
    if (r->judged.verdict != ENS_ACCEPTED || m->kind != ENS_MESSAGE_USER)
        return;
    r->lrn = ens_str(ens_arena_text(c->arena, m->lrn));
    r->mrn = ens_str(ens_arena_text(c->arena, m->mrn));
}

/* because names the check that decides, with its detail. */
static const char *because(checking *c)
{
    char text[ENS_DETAIL_TEXT];
    const ens_finding *f = ens_answer_of(c->judge.report).because;
    for (size_t i = 0; !f && i < ens_report_num(c->judge.report); i++) {
        const ens_finding *one = ens_report_get(c->judge.report, i);
        f = one->outcome == ENS_SKIP && one->needed ? one : NULL;
    }
    const char *out = f ? ens_arena_printf(c->arena, "%s: %s", f->id, ens__finding_text(f, text, "not told")) : NULL;
    return out ? out : "nothing";
}

/* is_recorded_so: the verdict that stands beside the message begins with what the journal has of it. */
static bool is_recorded_so(checking *c, const ens_evidence_row *r)
{
    const char *name = ens__evidence_verdict_member(r, c->arena), *file = ens__evidence_member(r, c->arena);
    const ens_member *m = name ? ens__archive_find(c->archive, name) : NULL;
    bool coded = ens_starts(r->recorded.code, ENS_LIT("EBMS:"));
    const char *text =
        ens_arena_printf(c->arena, "{\"file\":\"%s\",\"verdict\":\"%s\",\"ebms\":%s%.*s%s,", file,
                         ens_verdict_name(r->recorded.verdict), coded ? "\"" : "null",
                         coded ? (int)r->recorded.code.len : 0, (const char *)r->recorded.code.p, coded ? "\"" : "");
    return m && text && ens_starts(m->bytes, ens_str(text));
}

static bool is_same(const ens_evidence_judged *a, const ens_evidence_judged *b)
{
    return a->verdict == b->verdict && ens_eq(a->code, b->code) && ens_eq(a->subcode, b->subcode);
}

/* words_of is "refused EBMS:0004 A001". */
static const char *words_of(checking *c, const ens_evidence_judged *j)
{
    const char *out = ens_arena_printf(c->arena, "%s%s%s%s%s", ens_verdict_name(j->verdict), j->code.len ? " " : "",
                                       j->code.len ? ens__show(c->report, j->code) : "", j->subcode.len ? " " : "",
                                       j->subcode.len ? ens__show(c->report, j->subcode) : "");
    return out ? out : ens_verdict_name(j->verdict);
}

/* compare_verdict: false where a difference was told. */
static bool compare_verdict(checking *c, const ens_evidence_row *r)
{
    const ens_evidence_judged *now = &r->judged, *then = &r->recorded;
    if (!is_recorded_so(c, r)) {
        if (may_tell(&c->failed))
            ens__failf(c->report, "evidence.verdict", RULE, "ask for the archive as it was exported",
                       "the verdict beside row %llu isn't the one that the journal has", number(r));
        return false;
    }
    if (now->verdict == ENS_UNDECIDED) {
        if (may_tell(&c->skipped))
            ens__skip(c->report, "evidence.verdict", RULE, true, "row %llu can't be judged: %s", number(r), because(c));
        return false;
    }
    if (then->verdict != ENS_UNDECIDED && !is_same(now, then)) {
        if (may_tell(&c->failed))
            ens__failf(c->report, "evidence.verdict", RULE, "find out which of the two was judged by the wrong anchors",
                       "row %llu was recorded as %s, and is %s by %s", number(r), words_of(c, then), words_of(c, now),
                       because(c));
        return false;
    }
    c->num_judged++;
    return true;
}

/* compare_answer: what was answered at the time, as the journal has it. A refusal may rest on what no message shows: a
 * registry, a fault that was rehearsed. */
static void compare_answer(checking *c, const ens_evidence_row *r)
{
    if (r->direction != ENS_IN || r->verdict == ENS_UNDECIDED || r->judged.verdict == r->verdict)
        return;
    if (r->verdict == ENS_ACCEPTED && may_tell(&c->failed))
        ens__failf(c->report, "evidence.verdict", RULE, "ask by what it was accepted",
                   "row %llu was accepted at the time, and is refused by %s", number(r), because(c));
    if (r->verdict == ENS_REFUSED && may_tell(&c->warned))
        ens__warn(c->report, "evidence.verdict", RULE, "ask for the registry's answer of that time",
                  "row %llu was refused at the time (%s), by something that the message doesn't show", number(r),
                  ens__show(c->report, r->ebms));
}

static void judge_row(checking *c, size_t i)
{
    ens_message m;
    ens_evidence_row *r = &c->e->row[i];
    if (r->gone && may_tell(&c->skipped))
        ens__skip(c->report, "evidence.message", RULE, true, "the octets of row %llu were no longer kept", number(r));
    if (!r->raw.len || !ens__evidence_is_message(r))
        return;
    ens__evidence_judge_row(&c->judge, c->e, i, &m);
    r->judged = ens__evidence_judged_of(c->judge.report);
    compare_row(c, r, &m);
    if (compare_verdict(c, r))
        compare_answer(c, r);
    keep_facts(c, i, &m);
}

/* -- Receipts, times, and what it is about -- */

/* prove_receipt: row i is a receipt. It proves its message where it is accepted, and somebody else sealed it than the
 * message: nobody acknowledges to himself. */
static void prove_receipt(checking *c, size_t i)
{
    const ens_evidence_row *r = &c->e->row[i];
    size_t k = ens__evidence_original(c->e, r->ref_to);
    if (k == SIZE_MAX) {
        if (may_tell(&c->skipped))
            ens__skip(c->report, "evidence.receipt", "AS4 5.1.8", true,
                      "the archive lacks the message that row %llu acknowledges", number(r));
        return;
    }
    ens_evidence_row *of = &c->e->row[k];
    bool own = memcmp(c->signer[i], c->signer[k], sizeof *c->signer) == 0;
    bool good = r->judged.verdict == ENS_ACCEPTED && !own;
    if (of->receipt != ENS_RECEIPT_PROVEN)
        of->receipt = good                                 ? ENS_RECEIPT_PROVEN
                      : r->judged.verdict == ENS_UNDECIDED ? ENS_RECEIPT_UNDECIDED
                                                           : ENS_RECEIPT_UNPROVEN;
    if (own && r->judged.verdict == ENS_ACCEPTED && may_tell(&c->failed))
        ens__failf(c->report, "evidence.receipt", "AS4 5.1.8", "ask whose receipt it is",
                   "row %llu is sealed by the sender of the message that it acknowledges", number(r));
    int64_t apart = r->sealed == ENS_TIME_NONE ? 0 : (int64_t)r->sealed - r->at_ms / 1000;
    if (good && (apart > ENS_EVIDENCE_SKEW || apart < -ENS_EVIDENCE_SKEW) && may_tell(&c->failed))
        ens__failf(c->report, "evidence.time", "ICS2-HTI 4.2.1", "judge it at the sealed time, with --at",
                   "the journal has row %llu at another time than its seal: %lld seconds apart", number(r),
                   (long long)(apart < 0 ? -apart : apart));
}

/* is_due: what was taken was acknowledged; a fault of the document alone is told behind the receipt. */
static bool is_due(const ens_evidence_row *r)
{
    return r->kind == ENS_ENTRY_USER_MESSAGE &&
           (r->verdict == ENS_ACCEPTED || (r->verdict == ENS_REFUSED && !r->ebms.len));
}

static void settle_receipt(checking *c, ens_evidence_row *r)
{
    size_t k = ens__evidence_original(c->e, r->message_id);
    const ens_evidence_row *first = k == SIZE_MAX ? r : &c->e->row[k];
    if (first != r && ens_eq(first->raw, r->raw)) /* the same octets, sent again */
        r->receipt = first->receipt;
    if (r->receipt == ENS_RECEIPT_PROVEN) {
        c->num_receipts++;
        return;
    }
    if (r->receipt == ENS_RECEIPT_NOT_DUE && !is_due(r))
        return;
    r->receipt = r->receipt == ENS_RECEIPT_NOT_DUE ? ENS_RECEIPT_MISSING : r->receipt;
    if (r->receipt == ENS_RECEIPT_UNPROVEN && may_tell(&c->failed))
        ens__failf(c->report, "evidence.receipt", "AS4 5.1.8", "see the verdict on the receipt",
                   "the receipt of row %llu doesn't prove it", number(r));
    if (r->receipt != ENS_RECEIPT_UNPROVEN && may_tell(&c->skipped))
        ens__skip(c->report, "evidence.receipt", "AS4 5.1.8", true,
                  r->receipt == ENS_RECEIPT_MISSING ? "the archive has no receipt of row %llu"
                                                    : "the receipt of row %llu can't be judged",
                  number(r));
}

static void settle_all(checking *c)
{
    bool about = false;
    for (size_t i = 0; i < c->e->num; i++)
        if (c->e->row[i].kind == ENS_ENTRY_RECEIPT && c->e->row[i].raw.len)
            prove_receipt(c, i);
    for (size_t i = 0; i < c->e->num; i++) {
        ens_evidence_row *r = &c->e->row[i];
        if (r->kind == ENS_ENTRY_USER_MESSAGE && r->raw.len)
            settle_receipt(c, r);
        about = about || (r->lrn.len && ens_eq(r->lrn, c->e->asked)) || (r->mrn.len && ens_eq(r->mrn, c->e->asked));
    }
    if (about)
        ens__pass(c->report, "evidence.asked", RULE);
    else
        ens__skip(c->report, "evidence.asked", RULE, true, "no message in it that is accepted names %s",
                  ens__show(c->report, c->e->asked));
}

static void tell_good(checking *c)
{
    if (c->failed || c->skipped)
        return;
    ens__pass(c->report, "evidence.message", RULE);
    ens__passf(c->report, "evidence.verdict", RULE, "%zu messages are judged as they were", c->num_judged);
    ens__passf(c->report, "evidence.receipt", "AS4 5.1.8", "%zu messages are acknowledged", c->num_receipts);
    ens__pass(c->report, "evidence.time", "ICS2-HTI 4.2.1");
}

static void tell_more(const checking *c)
{
    if (c->failed > TOLD_MAX)
        ens__failf(c->report, "evidence.verdict", RULE, "see those above", "%u more faults", c->failed - TOLD_MAX);
}

void ens__evidence_check(ens_slice file, const ens_evidence_options *o, ens_arena *arena, ens_evidence *out,
                         ens_report *report)
{
    ens_archive archive;
    checking c = {.o = o, .archive = &archive, .e = out, .arena = arena, .report = report};
    if (!ens__evidence_read(file, arena, &archive, out, report))
        return;
    tell_anchors(&c);
    add_material(&c);
    judge_lists(&c);
    c.signer = ens_arena_zero(arena, (out->num + 1) * sizeof *c.signer);
    if (c.signer && ens__evidence_judge_open(o, &c.judge, NULL) == ENS_OK) {
        for (size_t i = 0; i < out->num; i++)
            judge_row(&c, i);
        settle_all(&c);
        tell_good(&c);
        tell_more(&c);
    } else {
        ens__skip(report, "evidence.message", RULE, true, "out of memory");
    }
    ens__evidence_judge_close(&c.judge);
}
