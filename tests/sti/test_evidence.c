/* Evidence of a filing: exported, proven, and altered in every way that comes to mind. */
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "fixtures/payload.h"
#include "fixtures/pki.h"
#include "sti/evidence/evidence.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)256 << 20)
#define ROWS 4u

static ens_arena arena;

typedef struct {
    const char *file;
    ens_entry_direction direction;
    ens_entry_kind kind;
    ens_verdict verdict;
    const char *ebms;
} wanted_row;

/* A filing and what customs said, each with its receipt. */
static const wanted_row sound[ROWS] = {
    {"f26.mime", ENS_IN, ENS_ENTRY_USER_MESSAGE, ENS_ACCEPTED, NULL},
    {"receipt-f26.xml", ENS_OUT, ENS_ENTRY_RECEIPT, ENS_ACCEPTED, NULL},
    {"r01.mime", ENS_OUT, ENS_ENTRY_USER_MESSAGE, ENS_UNDECIDED, NULL},
    {"receipt-r01.xml", ENS_IN, ENS_ENTRY_RECEIPT, ENS_ACCEPTED, NULL},
};

static ens_slice octets_of(const char *fixture)
{
    ens_file file = {0};
    CU_ASSERT_FATAL(fixture_folder() && ens__file_open(fixture_path(fixture), 0, &file, NULL) == ENS_OK);
    ens_slice out = ens_bytes(ens_arena_text(&arena, file.bytes), file.bytes.len);
    ens__file_close(&file);
    return out;
}

static ens_slice copy(ens_slice s)
{
    return ens_bytes(ens_arena_text(&arena, s), s.len);
}

/* fill_row reads from the message what a journal has of it. */
static void fill_row(ens_evidence_row *r, const wanted_row *w, uint64_t seq)
{
    ens_verifier *verifier = NULL;
    ens_report *report = ens_report_new();
    ens_message m;
    *r = (ens_evidence_row){.seq = seq,
                            .at_ms = ((int64_t)FX_AT + (int64_t)seq) * 1000,
                            .direction = w->direction,
                            .kind = w->kind,
                            .verdict = w->verdict,
                            .ebms = ens_str(w->ebms),
                            .raw = octets_of(w->file)};
    CU_ASSERT_FATAL(report && ens_verifier_new(&verifier, NULL) == ENS_OK);
    ens_verify(verifier, r->raw, &(ens_verify_options){.at = FX_AT}, &m, report);
    r->message_id = copy(m.message_id);
    r->ref_to = copy(m.ref_to);
    r->action = copy(m.action);
    r->party = ENS_LIT("FR73282932000074");
    ens_verifier_free(verifier);
    ens_report_free(report);
}

static ens_evidence evidence_of(const wanted_row *rows, size_t num)
{
    ens_evidence e = {.asked = ENS_LIT(FX_LRN), .num = num};
    e.row = ens_arena_zero(&arena, num * sizeof *e.row);
    for (size_t i = 0; i < num; i++)
        fill_row(&e.row[i], &rows[i], i + 1);
    return e;
}

static void tell(void *user, const char *member, const ens_message *message, const ens_report *report, ens_buf *out)
{
    ens_answer a = ens_answer_of(report);
    (void)user;
    (void)message;
    ens_buf_printf(out, "{\"file\":\"%s\",\"verdict\":\"%s\",\"ebms\":%s%s%s,\"more\":1}\n", member,
                   ens_verdict_name(a.verdict), a.code ? "\"" : "", a.code ? a.code : "null", a.code ? "\"" : "");
}

typedef struct {
    const char *trust, *customs, *crl; /* NULL: none */
    ens_time at;
} anchors;

static const anchors right = {.trust = "pki/root.pem", .customs = "pki/customs-root.pem"};
static const anchors with_list = {.trust = "pki/root.pem", .customs = "pki/customs-root.pem", .crl = "pki/issuing.crl"};

static ens_trust *trust_of(const char *file, const char *crl)
{
    ens_trust *t = ens_trust_new();
    CU_ASSERT_FATAL(t && ens_trust_add(t, fixture_path(file), NULL) == ENS_OK);
    CU_ASSERT_FATAL(!crl || ens_trust_add_crl(t, fixture_path(crl), NULL) == ENS_OK);
    return t;
}

static ens_evidence_options options_of(const anchors *a)
{
    ens_evidence_options o = {.tell = tell};
    o.trust = a->trust ? trust_of(a->trust, a->crl) : NULL;
    o.customs = a->customs ? trust_of(a->customs, a->crl) : NULL;
    o.verify = (ens_verify_options){.trust = o.trust, .customs = o.customs, .at = a->at ? a->at : ENS_TIME_NONE};
    return o;
}

static void drop_options(ens_evidence_options *o)
{
    ens_trust_free(o->trust);
    ens_trust_free(o->customs);
}

static void export_with(ens_evidence *e, const anchors *a, ens_buf *out)
{
    ens_err err = {0};
    char text[512];
    ens_evidence_options o = options_of(a);
    ens_buf_init(out, NULL, 0, ENS_ARCHIVE_MAX);
    ens_code code = ens__evidence_export(e, &o, &arena, out, &err);
    CHECK_ROW(code == ENS_OK, "%s", ens_err_format(&err, text, sizeof text));
    drop_options(&o);
}

/* is_told finds a finding of that id and outcome. */
static bool is_told(const ens_report *report, const char *id, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(report); i++)
        if (strcmp(ens_report_get(report, i)->id, id) == 0 && ens_report_get(report, i)->outcome == outcome)
            return true;
    return false;
}

/* proves checks an archive; id NULL: nothing is asked but the verdict. */
static void proves(const char *what, ens_slice file, const anchors *a, ens_verdict verdict, const char *id)
{
    ens_evidence e;
    ens_report *report = ens_report_new();
    ens_evidence_options o = options_of(a);
    ens__evidence_check(file, &o, &arena, &e, report);
    ens_outcome outcome = verdict == ENS_REFUSED ? ENS_FAIL : verdict == ENS_UNDECIDED ? ENS_SKIP : ENS_PASS;
    CHECK_ROW(ens_report_verdict(report) == verdict, "%s: %s", what, ens_verdict_name(ens_report_verdict(report)));
    CHECK_ROW(!id || is_told(report, id, outcome), "%s: %s isn't told", what, id);
    for (size_t i = 0; i < ens_report_num(report) && ens_report_verdict(report) != verdict; i++)
        CHECK_ROW(ens_report_get(report, i)->outcome == ENS_PASS, "  %s: %s", ens_report_get(report, i)->id,
                  ens_detail(ens_report_get(report, i)));
    ens_report_free(report);
    drop_options(&o);
}

static void export_sound(ens_buf *out)
{
    ens_evidence e = evidence_of(sound, ROWS);
    export_with(&e, &with_list, out);
}

static void set_up(void)
{
    ens_arena_init(&arena, ARENA_MAX);
}

static void proves_what_was_exported(void)
{
    ens_buf first, second;
    set_up();
    export_sound(&first);
    export_sound(&second);
    CU_ASSERT_TRUE(ens_eq(ens_buf_slice(&first), ens_buf_slice(&second)));
    ens_slice file = ens_buf_slice(&first);
    proves("as exported", file, &right, ENS_ACCEPTED, "evidence.receipt");
    proves("without anchors", file, &(anchors){0}, ENS_UNDECIDED, "evidence.anchors");
    proves("under the anchors of others", file,
           &(anchors){.trust = "pki/foreign-root.pem", .customs = "pki/customs-root.pem"}, ENS_REFUSED,
           "evidence.verdict");
    proves("with the sides exchanged", file, &(anchors){.trust = "pki/customs-root.pem", .customs = "pki/root.pem"},
           ENS_REFUSED, "evidence.verdict");
    proves("at a time when the certificates had ended", file,
           &(anchors){.trust = right.trust, .customs = right.customs, .at = FX_AT + (ens_time)20 * 366 * 86400},
           ENS_REFUSED, "evidence.verdict");
    ens_buf_free(&first);
    ens_buf_free(&second);
    ens_arena_free(&arena);
}

/* -- Altered, and every sum made anew: what an insider can do -- */

typedef struct {
    const char *what, *member, *find, *replace; /* in a member's octets, of the same length or not; find NULL: replaced
                                                   by the fixture whose name replace is */
    const char *drop;                           /* a member that is taken out, and its line in the journal */
    ens_verdict verdict;
    const char *id;
} alteration;

static ens_slice replaced(ens_slice text, const char *find, const char *by)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, ENS_ARCHIVE_MAX);
    size_t at = ens__find(text, ens_str(find), 0);
    CHECK_ROW(at != SIZE_MAX, "%s isn't there", find);
    at = at == SIZE_MAX ? 0 : at;
    ens_buf_put(&out, ens_sub(text, 0, at));
    ens_buf_text(&out, by);
    ens_buf_put(&out, ens_from(text, at + strlen(find)));
    ens_slice copied = copy(ens_buf_slice(&out));
    ens_buf_free(&out);
    return copied;
}

/* take_out drops the members of a row, and its line. */
static void take_out(ens_archive *a, const char *row)
{
    char line[32];
    size_t kept = 0;
    for (size_t i = 0; i < a->num; i++) {
        ens_member m = a->member[i];
        if (strstr(m.name, row) && (strncmp(m.name, "messages/", 9) == 0 || strncmp(m.name, "verdicts/", 9) == 0))
            continue;
        snprintf(line, sizeof line, "\n%d\t", atoi(row));
        if (strcmp(m.name, ENS_EVIDENCE_JOURNAL) == 0) {
            size_t from = ens__find(m.bytes, ens_str(line), 0), to = ens__find(m.bytes, ENS_LIT("\n"), from + 1);
            ens_buf out;
            ens_buf_init(&out, NULL, 0, ENS_ARCHIVE_MAX);
            ens_buf_put(&out, ens_sub(m.bytes, 0, from));
            ens_buf_put(&out, ens_from(m.bytes, to));
            m.bytes = copy(ens_buf_slice(&out));
            ens_buf_free(&out);
        }
        a->member[kept++] = m;
    }
    a->num = kept;
}

/* sum_anew writes the list of sums as it should be, and the archive. */
static void sum_anew(ens_archive *a, ens_buf *out)
{
    ens_buf sums;
    ens_buf_init(&sums, NULL, 0, ENS_ARCHIVE_MAX);
    for (size_t i = 0; i < a->num; i++) {
        uint8_t sum[32];
        char hex[65];
        if (strcmp(a->member[i].name, ENS_EVIDENCE_SUMS) == 0)
            continue;
        CU_ASSERT_EQUAL(ens__sha256(a->member[i].bytes, sum, NULL), ENS_OK);
        ens__hex(ens_bytes(sum, 32), hex);
        ens_buf_printf(&sums, "%s  %s\n", hex, a->member[i].name);
    }
    for (size_t i = 0; i < a->num; i++)
        if (strcmp(a->member[i].name, ENS_EVIDENCE_SUMS) == 0)
            a->member[i].bytes = copy(ens_buf_slice(&sums));
    ens_buf_init(out, NULL, 0, ENS_ARCHIVE_MAX);
    CU_ASSERT_EQUAL(ens__archive_write(a, out, NULL), ENS_OK);
    ens_buf_free(&sums);
}

#define FILED "messages/000000000001-in-user-message.mime"
#define RECEIPT "messages/000000000002-out-receipt.mime"

static void alter(const alteration *row, ens_slice file)
{
    ens_archive a;
    ens_buf out;
    CU_ASSERT_EQUAL_FATAL(ens__archive_read(file, &arena, &a, NULL), ENS_OK);
    for (size_t i = 0; row->member && i < a.num; i++)
        if (strcmp(a.member[i].name, row->member) == 0)
            a.member[i].bytes =
                row->find ? replaced(a.member[i].bytes, row->find, row->replace) : octets_of(row->replace);
    if (row->drop)
        take_out(&a, row->drop);
    sum_anew(&a, &out);
    proves(row->what, ens_buf_slice(&out), &right, row->verdict, row->id);
    ens_buf_free(&out);
}

static void believes_nothing_that_it_says_of_itself(void)
{
    static const alteration rows[] = {
        {"untouched", NULL, NULL, NULL, NULL, ENS_ACCEPTED, "evidence.verdict"},
        {"another action in the filing", FILED, ">IE3F26<", ">IE3F24<", NULL, ENS_REFUSED, "evidence.verdict"},
        {"another filing", FILED, NULL, "f10.mime", NULL, ENS_REFUSED, "evidence.message"},
        {"another time in the receipt", RECEIPT, "<eb:Timestamp>2", "<eb:Timestamp>1", NULL, ENS_REFUSED,
         "evidence.verdict"},
        {"the receipt of another message", RECEIPT, NULL, "receipt-f26-attachments.xml", NULL, ENS_REFUSED,
         "evidence.receipt"},
        {"a receipt of other digests", RECEIPT, NULL, "receipt-digest.xml", NULL, ENS_REFUSED, "evidence.receipt"},
        {"a receipt by nobody who is known", RECEIPT, NULL, "receipt-untrusted.xml", NULL, ENS_REFUSED,
         "evidence.receipt"},
        {"without the receipt", NULL, NULL, NULL, "000000000002", ENS_UNDECIDED, "evidence.receipt"},
        {"without the filing", NULL, NULL, NULL, "000000000001", ENS_UNDECIDED, "evidence.receipt"},
        {"of another LRN", ENS_EVIDENCE_JOURNAL, FX_LRN, "OTHER-LRN", NULL, ENS_UNDECIDED, "evidence.asked"},
        {"the journal has another id", ENS_EVIDENCE_JOURNAL, "IE3F26\t", "IE3F26\tx", NULL, ENS_REFUSED,
         "evidence.message"},
        {"the journal says that it was refused", ENS_EVIDENCE_JOURNAL, "accepted\t\t\tkept",
         "refused\tEBMS%3A0101\t\tkept", NULL, ENS_REFUSED, "evidence.verdict"},
        {"the verdict says that it was refused", "verdicts/000000000001.json", "accepted", "refused", NULL, ENS_REFUSED,
         "evidence.verdict"},
        {"a year later", ENS_EVIDENCE_JOURNAL, "\n2\t17", "\n2\t18", NULL, ENS_REFUSED, NULL},
        {"a journal of another form", ENS_EVIDENCE_JOURNAL, "evidence-1", "evidence-2", NULL, ENS_REFUSED,
         "evidence.journal"},
        {"a journal that is spelt otherwise", ENS_EVIDENCE_JOURNAL, FX_LRN, "%44" FX_LRN, NULL, ENS_REFUSED,
         "evidence.journal"},
        {"an empty receipt", RECEIPT, NULL, "pki/empty", NULL, ENS_REFUSED, "evidence.journal"},
    };
    ens_buf file;
    set_up();
    CU_ASSERT_EQUAL(fixture_folder() ? ens__file_write(fixture_path("pki/empty"), (ens_slice){0}, 0666, NULL) : ENS_EIO,
                    ENS_OK);
    export_sound(&file);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        alter(&rows[i], ens_buf_slice(&file));
    ens_buf_free(&file);
    ens_arena_free(&arena);
}

/* -- Altered without new sums, and odd as an archive -- */

static void tells_which_member_is_altered_missing_or_more(void)
{
    ens_archive a, b;
    ens_buf file, out;
    set_up();
    export_sound(&file);
    CU_ASSERT_EQUAL_FATAL(ens__archive_read(ens_buf_slice(&file), &arena, &a, NULL), ENS_OK);
    for (unsigned how = 0; how < 4; how++) {
        static const char *const ids[] = {"evidence.digest", "evidence.members", "evidence.members",
                                          "evidence.members"};
        b = (ens_archive){ens_arena_zero(&arena, (a.num + 1) * sizeof *b.member), a.num};
        memcpy(b.member, a.member, a.num * sizeof *b.member);
        if (how == 0)
            b.member[a.num - 1].bytes = ENS_LIT("x");
        else if (how == 1)
            b.num--;
        else if (how == 2)
            b.member[b.num++] = (ens_member){"verdicts/more.json", ENS_LIT("x")};
        else
            b.member[0] = (ens_member){"SHA256SUMs", a.member[0].bytes};
        ens_buf_init(&out, NULL, 0, ENS_ARCHIVE_MAX);
        CU_ASSERT_EQUAL(ens__archive_write(&b, &out, NULL), ENS_OK);
        proves(ids[how], ens_buf_slice(&out), &right, ENS_REFUSED, ids[how]);
        ens_buf_free(&out);
    }
    ens_buf_free(&file);
    ens_arena_free(&arena);
}

/* header_at writes into a header of the archive and makes its sum anew, as a tool of others would. */
static void header_at(ens_buf *file, size_t at, size_t field, const char *text, size_t len)
{
    uint8_t *h = file->p + at;
    unsigned sum = 0;
    memcpy(h + field, text, len);
    memset(h + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += h[i];
    snprintf((char *)h + 148, 7, "%06o", sum);
}

static void takes_one_form_of_archive_alone(void)
{
    static const struct {
        const char *what;
        size_t field;
        const char *text;
        size_t len;
    } rows[] = {
        {"a path that leads out", 0, "../SUMS", 8},
        {"a path from the root", 0, "/HA256SUMS", 11},
        {"a path that begins with a dot", 0, "./A256SUMS", 11},
        {"two slashes", 0, "SH//56SUMS", 11},
        {"a name with a blank", 0, "SHA 56SUMS", 11},
        {"a name with an octet behind its end", 0, "SHA256SUM\0x", 11},
        {"a symbolic link", 156, "2", 1},
        {"a link", 156, "1", 1},
        {"a folder", 156, "5", 1},
        {"an extended header", 156, "x", 1},
        {"a long name as GNU has it", 156, "L", 1},
        {"an owner", 265, "root", 5},
        {"a mode of its own", 100, "0000755", 8},
        {"a time", 136, "00000000001", 12},
        {"a size in base 256", 124, "\x80\0\0\0\0\0\0\0\0\0\1\0", 12},
        {"a size that ends early", 124, "1           ", 12},
        {"a size beyond the end", 124, "00000777777", 12},
        {"a prefix", 345, "folder", 7},
        {"something in the rest", 500, "x", 1},
        {"an older magic", 257, "ustar  ", 8},
    };
    ens_buf file, odd;
    set_up();
    export_sound(&file);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_buf_init(&odd, NULL, 0, ENS_ARCHIVE_MAX);
        ens_buf_put(&odd, ens_buf_slice(&file));
        header_at(&odd, 0, rows[i].field, rows[i].text, rows[i].len);
        proves(rows[i].what, ens_buf_slice(&odd), &right, ENS_REFUSED, "evidence.archive");
        ens_buf_free(&odd);
    }
    ens_buf_init(&odd, NULL, 0, ENS_ARCHIVE_MAX);
    ens_buf_put(&odd, ens_buf_slice(&file));
    ens_buf_put(&odd, ens_buf_slice(&file));
    ens_slice twice = ens_buf_slice(&odd);
    proves("two archives in one file", twice, &right, ENS_REFUSED, "evidence.archive");
    proves("an octet behind the end", ens_sub(twice, 0, file.len + 1), &right, ENS_REFUSED, "evidence.archive");
    proves("cut short by an octet", ens_sub(twice, 0, file.len - 1), &right, ENS_REFUSED, "evidence.archive");
    proves("cut short by its end", ens_sub(twice, 0, file.len - 1024), &right, ENS_REFUSED, "evidence.archive");
    proves("nothing", (ens_slice){0}, &right, ENS_REFUSED, "evidence.archive");
    proves("no archive", ENS_LIT("PK\3\4 and so on"), &right, ENS_REFUSED, "evidence.archive");
    ens_buf_free(&odd);
    ens_buf_free(&file);
    ens_arena_free(&arena);
}

static void writes_no_name_twice(void)
{
    ens_member same[] = {{"a", ENS_LIT("1")}, {"b", ENS_LIT("2")}, {"a", ENS_LIT("3")}},
               out_of[] = {{"../a", ENS_LIT("1")}};
    ens_archive twice = {same, 3}, leaving = {out_of, 1};
    ens_buf out;
    ens_buf_init(&out, NULL, 0, ENS_ARCHIVE_MAX);
    CU_ASSERT_EQUAL(ens__archive_write(&twice, &out, NULL), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__archive_write(&leaving, &out, NULL), ENS_EPOLICY);
    CU_ASSERT_EQUAL(out.len, 0);
    ens_buf_free(&out);
}

/* -- Revocation, and refusals -- */

static void keeps_the_list_that_revokes(void)
{
    static const wanted_row rows[] = {
        {"f26.mime", ENS_IN, ENS_ENTRY_USER_MESSAGE, ENS_ACCEPTED, NULL},
        {"receipt-f26.xml", ENS_OUT, ENS_ENTRY_RECEIPT, ENS_ACCEPTED, NULL},
        {"revoked.mime", ENS_IN, ENS_ENTRY_USER_MESSAGE, ENS_REFUSED, "EBMS:0101"},
    };
    ens_buf file, out;
    ens_archive a;
    set_up();
    ens_evidence e = evidence_of(rows, 3);
    export_with(&e, &with_list, &file);
    proves("with the list in it", ens_buf_slice(&file), &right, ENS_ACCEPTED, "evidence.material");
    CU_ASSERT_EQUAL_FATAL(ens__archive_read(ens_buf_slice(&file), &arena, &a, NULL), ENS_OK);
    size_t kept = 0;
    for (size_t i = 0; i < a.num; i++)
        if (strncmp(a.member[i].name, "revocation/", 11) != 0)
            a.member[kept++] = a.member[i];
    CU_ASSERT_TRUE(kept < a.num);
    a.num = kept;
    sum_anew(&a, &out);
    proves("with the list taken out", ens_buf_slice(&out), &right, ENS_REFUSED, "evidence.verdict");
    ens_buf_free(&out);
    ens_buf_free(&file);
    ens_arena_free(&arena);
}

static void accepts_no_receipt_of_ones_own(void)
{
    static const wanted_row rows[] = {
        {"r01.mime", ENS_IN, ENS_ENTRY_USER_MESSAGE, ENS_ACCEPTED, NULL},
        {"receipt-r01.xml", ENS_OUT, ENS_ENTRY_RECEIPT, ENS_ACCEPTED, NULL},
    };
    /* The receipt of f26 by the sealer of r01: by customs, of a message of customs. */
    ens_buf file;
    set_up();
    ens_evidence e = evidence_of(rows, 2);
    export_with(&e, &(anchors){.trust = "pki/customs-root.pem"}, &file);
    proves("under anchors that do not know the trader", ens_buf_slice(&file),
           &(anchors){.trust = "pki/customs-root.pem"}, ENS_REFUSED, "evidence.receipt");
    ens_buf_free(&file);
    ens_arena_free(&arena);
}

static void says_when_it_is_judged_at_another_time_than_sealed(void)
{
    ens_buf file;
    set_up();
    ens_evidence e = evidence_of(sound, ROWS);
    e.row[1].at_ms += (int64_t)(ENS_EVIDENCE_SKEW + 600) * 1000;
    export_with(&e, &right, &file);
    proves("two days after its seal", ens_buf_slice(&file), &right, ENS_REFUSED, "evidence.time");
    ens_buf_free(&file);
    e = evidence_of(sound, ROWS);
    e.row[1].raw = (ens_slice){0};
    e.row[1].gone = true;
    export_with(&e, &right, &file);
    proves("octets that are gone", ens_buf_slice(&file), &right, ENS_UNDECIDED, "evidence.message");
    ens_buf_free(&file);
    ens_arena_free(&arena);
}

static const ens_case cases[] = {
    {"proves what was exported", proves_what_was_exported},
    {"believes nothing that it says of itself", believes_nothing_that_it_says_of_itself},
    {"tells which member is altered, missing or more", tells_which_member_is_altered_missing_or_more},
    {"takes one form of archive alone", takes_one_form_of_archive_alone},
    {"writes no name twice", writes_no_name_twice},
    {"keeps the list that revokes", keeps_the_list_that_revokes},
    {"accepts no receipt of one's own", accepts_no_receipt_of_ones_own},
    {"says when it is judged at another time than sealed", says_when_it_is_judged_at_another_time_than_sealed},
    {NULL, NULL},
};
ENS_SUITE("sti/evidence", cases)
