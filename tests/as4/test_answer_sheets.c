/* Every row of every answer sheet, judged in process by both engines, whose difference no sheet expects: those of
 * strangers, and our own refusal table; and each message anonymised, which has to keep its findings. */
#include "tests/as4/sheet_copies.h"

#include "engine/base/file.h"
#include "engine/base/report.h"
#include "ensign/verify.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>
#include <unistd.h>

#define COLUMNS_MAX 16u
#define PATH_LEN 1024

typedef struct {
    const char *folder;
    bool sketches; /* its documents are none by the message tables */
    ens_slice name[COLUMNS_MAX];
    size_t num;
    ens_verifier *verifier;
    ens_report report;
    sheet_copies *copies; /* of an anonymised copy of each, which is compared with the message; NULL: it is judged */
} sheet;

static size_t split(ens_slice line, char separator, ens_slice *out, size_t max)
{
    size_t num = 0, from = 0;
    for (size_t i = 0; i <= line.len && num < max; i++)
        if (i == line.len || line.p[i] == (uint8_t)separator) {
            out[num++] = ens_sub(line, from, i);
            from = i + 1;
        }
    return num;
}

/* value is the row's field in the column of that name; empty for "-" and where there is no such column. */
static ens_slice value(const sheet *s, const ens_slice *row, const char *name)
{
    for (size_t i = 0; i < s->num; i++)
        if (ens_is(s->name[i], name))
            return ens_is(row[i], "-") ? (ens_slice){0} : row[i];
    return (ens_slice){0};
}

static const char *path_of(const sheet *s, ens_slice name, char out[PATH_LEN])
{
    static const char *const below[] = {"", "messages/", "pki/"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(out, PATH_LEN, "%s/%s%.*s", s->folder, below[i], (int)name.len, (const char *)name.p);
        if (access(out, R_OK) == 0)
            return out;
    }
    return out;
}

static bool has_one_of(ens_slice alternatives, const char *word)
{
    ens_slice item[COLUMNS_MAX];
    size_t num = split(alternatives, '|', item, COLUMNS_MAX);
    for (size_t i = 0; i < num; i++)
        if (ens_is(item[i], word))
            return true;
    return false;
}

static bool any_family(const ens_report *report, ens_slice families, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        char family[32];
        snprintf(family, sizeof family, "%.*s", (int)strcspn(f->id, "."), f->id);
        if (f->outcome == outcome && has_one_of(families, family))
            return true;
    }
    return false;
}

static bool load(ens_trust *trust, const sheet *s, ens_slice list,
                 ens_code (*add)(ens_trust *, const char *, ens_err *))
{
    ens_slice item[COLUMNS_MAX];
    char path[PATH_LEN];
    size_t num = list.len ? split(list, ',', item, COLUMNS_MAX) : 0;
    for (size_t i = 0; i < num; i++)
        if (add(trust, path_of(s, item[i], path), NULL) != ENS_OK)
            return false;
    return true;
}

static void judge(sheet *s, const ens_slice *row, const ens_verify_options *o, ens_message *message)
{
    char path[PATH_LEN];
    ens_file file = {0}, original = {0};
    ens_slice subject = value(s, row, "for");
    bool read = ens__file_open(path_of(s, row[0], path), 0, &file, NULL) == ENS_OK &&
                (!subject.len || ens__file_open(path_of(s, subject, path), 0, &original, NULL) == ENS_OK);
    CHECK_ROW(read, "can't read %s", path);
    if (read && subject.len)
        ens_receipt_check(s->verifier, file.bytes, original.bytes, o, message, &s->report);
    else if (read)
        ens_verify(s->verifier, file.bytes, o, message, &s->report);
    ens__file_close(&file);
    ens__file_close(&original);
}

/* compare checks verdict, code, sub-code, failing family, passing families, and that every failure says why and what to
 * do. */
static void compare(const sheet *s, const ens_slice *row)
{
    ens_answer a = ens_answer_of(&s->report);
    char name[128];
    ens_slice code = value(s, row, "ebms"), subcode = value(s, row, "subcode"), check = value(s, row, "check"),
              pass = value(s, row, "pass"), item[COLUMNS_MAX];
    snprintf(name, sizeof name, "%.*s", (int)row[0].len, (const char *)row[0].p);
    CHECK_ROW(ens_is(value(s, row, "verdict"), ens_verdict_name(a.verdict)), "%s: %s by %s", name,
              ens_verdict_name(a.verdict), a.because ? a.because->id : "nothing");
    if (a.verdict == ENS_REFUSED) {
        CHECK_ROW(!code.len || has_one_of(code, a.code ? a.code : "none"), "%s: %s", name, a.code ? a.code : "none");
        CHECK_ROW(!subcode.len || (a.subcode && ens_is(subcode, a.subcode)), "%s: %s", name,
                  a.subcode ? a.subcode : "none");
        CHECK_ROW(!check.len || any_family(&s->report, check, ENS_FAIL), "%s: other families failed than %.*s", name,
                  (int)check.len, (const char *)check.p);
        CHECK_ROW(a.because->rule && a.because->hint && a.because->seen, "%s: %s doesn't explain itself", name,
                  a.because->id);
    }
    size_t num = pass.len ? split(pass, ',', item, COLUMNS_MAX) : 0;
    for (size_t i = 0; i < num; i++)
        CHECK_ROW(any_family(&s->report, item[i], ENS_PASS) && !any_family(&s->report, item[i], ENS_FAIL),
                  "%s: %.*s should pass", name, (int)item[i].len, (const char *)item[i].p);
}

static void judge_row(sheet *s, const ens_slice *row)
{
    ens_trust *trust = ens_trust_new();
    ens_verify_options o = {.trust = trust, .at = ens_time_now(), .engine = ENS_ENGINE_BOTH};
    ens_message message = {0};
    ens_slice at = value(s, row, "at"), as = value(s, row, "as");
    CHECK_ROW(trust && load(trust, s, value(s, row, "trust"), ens_trust_add) &&
                  load(trust, s, value(s, row, "crl"), ens_trust_add_crl),
              "the trust can't be loaded");
    CHECK_ROW(!at.len || ens_time_parse(at, &o.at, NULL) == ENS_OK, "the time can't be read");
    o.role = ens_is(as, "sti") ? ENS_ROLE_STI : ens_is(as, "trader") ? ENS_ROLE_TRADER : ENS_ROLE_AUTO;
    o.documents = s->sketches ? ENS_DOCUMENTS_OFF : ENS_DOCUMENTS_STRICT;
    ens__report_reset(&s->report);
    if (s->copies) {
        char path[PATH_LEN];
        o.engine = ENS_ENGINE_FAST;
        sheet_copies_make(s->copies, path_of(s, row[0], path), &o, ens_is(value(s, row, "verdict"), "refused"));
    } else {
        judge(s, row, &o, &message);
        compare(s, row);
    }
    ens_trust_free(trust);
}

static void judge_sheet(const char *folder, unsigned at_least, sheet_copies *copies)
{
    sheet s = {.folder = folder, .copies = copies};
    char path[PATH_LEN];
    ens_file file = {0};
    ens_slice line, row[COLUMNS_MAX];
    unsigned rows = 0;
    snprintf(path, sizeof path, "%s/documents-are-sketches", folder);
    s.sketches = access(path, F_OK) == 0;
    snprintf(path, sizeof path, "%s/verdicts.tsv", folder);
    CU_ASSERT_FATAL(ens__file_open(path, 0, &file, NULL) == ENS_OK && ens_verifier_new(&s.verifier, NULL) == ENS_OK);
    ens__report_init(&s.report);
    ens_reader r = ens_read(file.bytes);
    CU_ASSERT_FATAL(ens_take_line(&r, &line));
    s.num = split(line, '\t', s.name, COLUMNS_MAX);
    while (ens_take_line(&r, &line))
        if (line.len && split(line, '\t', row, COLUMNS_MAX) == s.num) {
            judge_row(&s, row);
            rows++;
        }
    CHECK_ROW(ens_verifier_count(s.verifier).different == 0, "%s: %zu messages are judged differently", folder,
              ens_verifier_count(s.verifier).different);
    CHECK_ROW(rows >= at_least, "%s has %u rows, not %u", folder, rows, at_least);
    ens__report_clear(&s.report);
    ens_verifier_free(s.verifier);
    ens__file_close(&file);
}

static void of_shared(const char *path, unsigned at_least, sheet_copies *copies)
{
    const char *folder = ens_shared(path);
    char copy[PATH_LEN];
    if (!folder)
        return;
    snprintf(copy, sizeof copy, "%s", folder);
    judge_sheet(copy, at_least, copies);
}

static void cxf(void)
{
    of_shared("data/messages/cxf", 9, NULL);
}

static void ics2(void)
{
    of_shared("data/messages/ics2", 144, NULL);
}

static void third_party(void)
{
    of_shared("data/messages/third-party", 14, NULL);
}

static void refusal_table(void)
{
    if (fixture_folder())
        judge_sheet(fixture_folder(), 160, NULL);
}

/* Those of strangers: 109 of 114 that are refused, at least; what can't be reproduced is told, and nothing is written.
 */
static void copies_of_strangers(void)
{
    sheet_copies *c = sheet_copies_new();
    of_shared("data/messages/cxf", 9, c);
    of_shared("data/messages/ics2", 144, c);
    of_shared("data/messages/third-party", 14, c);
    sheet_copies_counts n = sheet_copies_count(c);
    CHECK_ROW(n.same + 3 >= n.num && n.refused_same + 3 >= n.refused, "%u of %u the same, %u of %u refused ones",
              n.same, n.num, n.refused_same, n.refused);
    sheet_copies_free(c);
}

static void copies_of_our_own(void)
{
    sheet_copies *c = sheet_copies_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    judge_sheet(fixture_folder(), 100, c);
    sheet_copies_counts n = sheet_copies_count(c);
    CHECK_ROW(n.same == n.num, "%u of %u the same, %u of %u refused ones", n.same, n.num, n.refused_same, n.refused);
    sheet_copies_free(c);
}

static const ens_case cases[] = {
    {"messages sealed by Apache CXF get the right verdict", cxf},
    {"144 ICS2 messages get the right verdict, code and failing check", ics2},
    {"messages of other AS4 stacks get the right verdict", third_party},
    {"the refusal table gets its verdicts, codes and checks", refusal_table},
    {"anonymised, our messages have the same findings and none of their values", copies_of_our_own},
    {"anonymised, those of strangers have so, too", copies_of_strangers},
    {NULL, NULL},
};
ENS_SUITE("as4/answer_sheets", cases)
