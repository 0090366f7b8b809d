#include "tests/sti/customs_desk.h"

#include "as4/ens/writer.h"
#include "as4/payload/payload.h"
#include "engine/base/report.h"
#include "tests/as4/ens_judged.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARENA_MAX ((size_t)64 << 20)
#define ROOM ((size_t)4 << 20)

static char folder[64], file[80];
static ens_shelf *shelf;
static ens_customs *customs;
static ens__payload_ctx *reader;
static ens_arena arena;
static ens_report *report;

static void remove_files(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s%s", file, ends[i]);
        unlink(path);
    }
    rmdir(folder);
}

void desk_open(customs_desk *d, ens_time linking)
{
    *d = (customs_desk){.now = 1800000000};
    /* in memory where that can be: what is tried here is not the disk */
    snprintf(folder, sizeof folder, "%s/ensign-customs-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/s.db", folder);
    CU_ASSERT_EQUAL_FATAL(ens__store_open(file, &(ens__store_options){.create = true}, &d->store, NULL), ENS_OK);
    shelf = ens__shelf_new(d->store);
    customs = ens__customs_new(shelf, &(ens_customs_settings){.linking = linking});
    reader = ens__payload_ctx_new();
    report = ens_report_new();
    ens_arena_init(&arena, ARENA_MAX);
    CU_ASSERT_FATAL(shelf && customs && reader && report);
}

static void forget(customs_desk *d)
{
    for (unsigned i = 0; i < d->num; i++)
        free(d->letter[i].text);
    d->num = 0;
}

void desk_close(customs_desk *d)
{
    forget(d);
    ens__customs_free(customs);
    ens__shelf_free(shelf);
    ens__payload_ctx_free(reader);
    ens_report_free(report);
    ens_arena_free(&arena);
    ens__store_close(d->store);
    remove_files();
}

/* -- What is kept ------------------------------------------------------------------------------------------------- */

/* check_letter has the tables read what customs write. */
static void check_letter(customs_desk *d, const char *action, const char *text)
{
    const ens_report *r = ens_judged_text(text);
    bool good = ens_report_verdict(r) == ENS_ACCEPTED && ens_judged_doc()->message;
    CHECK_ROW(good, "%s: %s\n%s", action, ens_judged_tell(r), text);
    d->failed += !good;
}

static void keep_letters(customs_desk *d, const ens_customs_outcome *o)
{
    for (size_t i = 0; i < o->num_letters && d->num < DESK_LETTERS; i++) {
        const ens_letter *from = &o->letters[i];
        desk_letter *l = &d->letter[d->num++];
        *l = (desk_letter){.answers = from->ref_to.len > 0, .further = from->num_further};
        snprintf(l->action, sizeof l->action, "%s", from->action);
        snprintf(l->to, sizeof l->to, "%s", from->to);
        snprintf(l->person, sizeof l->person, "%.*s", (int)from->person.len, (const char *)from->person.p);
        snprintf(l->mrn, sizeof l->mrn, "%.*s", (int)from->mrn.len, from->mrn.len ? (const char *)from->mrn.p : "");
        l->text = strndup((const char *)from->document.p, from->document.len);
        check_letter(d, l->action, l->text);
    }
    snprintf(d->why, sizeof d->why, "%s", o->why ? o->why : "");
}

/* commit keeps what an event changed, and puts down what it wants to be done later. */
static void commit(customs_desk *d, const ens_customs_outcome *o, ens__work *w)
{
    ens__filing_changes changes;
    ens__task tasks[DESK_LETTERS];
    ens__notice notices[DESK_LETTERS];
    char ids[DESK_LETTERS][64], letters[DESK_LETTERS][64];
    size_t num = 0;
    CU_ASSERT_FATAL(ens__shelf_take(shelf, &changes) && o->num_alarms < DESK_LETTERS);
    for (size_t i = 0; i < o->num_alarms; i++) {
        ens_buf body;
        ens_buf_init(&body, NULL, 0, ROOM);
        ens__order_write(&o->alarms[i].order, &body);
        snprintf(ids[i], sizeof ids[i], "%08u-%zu", d->events, i);
        tasks[i] = (ens__task){.id = ens_str(ids[i]),
                               .kind = ENS_LIT(ENS_LIFE_KIND),
                               .due_ms = o->alarms[i].due * 1000,
                               .body = ens_str(ens_arena_text(&arena, ens_buf_slice(&body)))};
        ens_buf_free(&body);
    }
    for (size_t i = 0; i < o->num_letters; i++)
        if (o->letters[i].mrn.len) {
            snprintf(letters[num], sizeof letters[num], "%u/%zu", d->events, i);
            notices[num] = (ens__notice){o->letters[i].mrn,     o->letters[i].person,   ens_str(o->letters[i].action),
                                         ens_str(letters[num]), o->letters[i].document, d->now * 1000};
            num++;
        }
    changes.notices = notices;
    changes.num_notices = num;
    ens__change
        c = {.kind = ENS_CHANGE_WORK,
             .work = {.id = w->id, .token = w->token, .tasks = tasks, .num_tasks = o->num_alarms, .filings = &changes}},
        *one = &c;
    ens_err err = {0};
    char text[256];
    ens_code code = ens__store_commit(d->store, &one, 1, &err);
    CHECK_ROW(code == ENS_OK && !c.work.lost, "%s", ens_err_format(&err, text, sizeof text));
}

/* -- Documents ---------------------------------------------------------------------------------------------------- */

static const desk_edit *edit_of(const desk_document *doc, uint16_t name, uint16_t parent)
{
    for (size_t i = 0; i < DESK_EDITS; i++)
        if (doc->edit[i].name == name && name && (!doc->edit[i].parent || doc->edit[i].parent == parent))
            return &doc->edit[i];
    return NULL;
}

static int another(void *user, uint16_t name, uint16_t parent, uint32_t nth)
{
    const desk_edit *e = edit_of(user, name, parent);
    return !e ? -1 : nth == 1 && (!e->text || *e->text);
}

static bool value(void *user, uint16_t name, uint16_t parent, uint32_t nth, ens_slice *out)
{
    const desk_edit *e = edit_of(user, name, parent);
    (void)nth;
    if (!e || !e->text || !*e->text)
        return false;
    *out = ens_str(e->text);
    return true;
}

void desk_write(const desk_document *doc, ens_time at, ens_buf *out)
{
    const ens_skeleton s = {.message = doc->action,
                            .from = doc->from ? doc->from : DESK_TRADER,
                            .lrn = doc->lrn,
                            .mrn = doc->mrn,
                            .number = doc->number,
                            .reference = doc->reference,
                            .at = at,
                            .dense = true,
                            .another = another,
                            .value = value,
                            .user = (void *)(uintptr_t)doc};
    ens_buf_init(out, NULL, 0, ROOM);
    CU_ASSERT_EQUAL_FATAL(ens__skeleton_write(&s, out, NULL), ENS_OK);
    ens_buf_add(out, "", 1);
    char tag[64], *from = NULL, *end = NULL;
    if (doc->cut) {
        snprintf(tag, sizeof tag, "<%s>", doc->cut);
        from = strstr((char *)out->p, tag);
        snprintf(tag, sizeof tag, "</%s>", doc->cut);
        end = from ? strstr(from, tag) : NULL;
    }
    if (end)
        memmove(from, end + strlen(tag), strlen(end + strlen(tag)) + 1);
}

static bool is_at_fault(void)
{
    for (size_t i = 0; i < ens_report_num(report); i++)
        if (ens_report_get(report, i)->outcome == ENS_FAIL)
            return true;
    return false;
}

/* begin_event puts a task down and claims it, for the change that ends it. */
static ens__work *begin_event(customs_desk *d)
{
    char id[32];
    ens__work *w = NULL;
    size_t num = 0;
    snprintf(id, sizeof id, "event-%u", ++d->events);
    ens__change task = {.kind = ENS_CHANGE_TASK, .task = {.id = ens_str(id), .kind = ENS_LIT("event")}}, *one = &task;
    CU_ASSERT_EQUAL_FATAL(ens__store_commit(d->store, &one, 1, NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(
        ens__store_claim_work(d->store, ENS_LIT("event"), d->now * 1000, 1, 1000, &arena, &w, &num, NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(num, 1);
    ens__shelf_begin(shelf);
    return w;
}

void desk_send(customs_desk *d, const desk_document *doc)
{
    ens_buf text;
    ens_document_facts facts = {0};
    ens_customs_outcome outcome = {0};
    ens_err err = {0};
    char words[256];
    const ens__payload_options o = {.documents = ENS_DOCUMENTS_STRICT, .whole = true};
    const char *party = doc->party ? doc->party : doc->from ? doc->from : DESK_TRADER;
    ens_arena_reset(&arena);
    forget(d);
    desk_write(doc, d->now, &text);
    ens__work *w = begin_event(d);
    ens__report_reset(report);
    ens__document_check(reader, ens_str((char *)text.p), &o, &arena, &facts, report);
    const ens_incoming in = {.work_id = w->id,
                             .message_id = ENS_LIT("message@test"),
                             .party = ens_str(party),
                             .action = ens_str(doc->action),
                             .text = ens_str((char *)text.p),
                             .document = facts.elements,
                             .report = report,
                             .at_fault = is_at_fault(),
                             .cue = doc->cue};
    CHECK_ROW(doc->cut || !in.at_fault, "%s is at fault: %s", doc->action, ens_judged_tell(report));
    ens_code code = ens__customs_take(customs, &in, d->now, &outcome, &err);
    CHECK_ROW(code == ENS_OK, "%s: %s", doc->action, ens_err_format(&err, words, sizeof words));
    keep_letters(d, &outcome);
    commit(d, &outcome, w);
    ens_buf_free(&text);
}

static void obey(customs_desk *d, const ens_order *order, ens__work *w)
{
    ens_customs_outcome outcome = {0};
    ens_err err = {0};
    char words[256];
    ens_code code = ens__customs_obey(customs, order, w->id, d->now, &outcome, &err);
    CHECK_ROW(code == ENS_OK, "%s: %s", ens__order_name(order->kind), ens_err_format(&err, words, sizeof words));
    keep_letters(d, &outcome);
    commit(d, &outcome, w);
}

void desk_order(customs_desk *d, ens_order_kind kind, const char *mrn)
{
    ens_arena_reset(&arena);
    forget(d);
    const ens_order order = {kind, ens_str(mrn), {0}};
    obey(d, &order, begin_event(d));
}

/* do_due does the first thing that is due until a time; false: there is none. */
static bool do_due(customs_desk *d, ens_time until)
{
    ens__work *w = NULL;
    size_t num = 0;
    ens_order order;
    ens_arena_reset(&arena);
    CU_ASSERT_EQUAL_FATAL(
        ens__store_claim_work(d->store, ENS_LIT(ENS_LIFE_KIND), until * 1000, 1, 1000, &arena, &w, &num, NULL), ENS_OK);
    if (!num)
        return false;
    d->now = w->due_ms / 1000 > d->now ? w->due_ms / 1000 : d->now;
    d->events++;
    ens__shelf_begin(shelf);
    CU_ASSERT_FATAL(ens__order_read(w->body, &order));
    obey(d, &order, w);
    return true;
}

void desk_wait(customs_desk *d, ens_time seconds)
{
    ens_time until = d->now + seconds;
    while (do_due(d, until))
        continue;
    d->now = until;
}

const char *desk_file(customs_desk *d, const desk_document *doc)
{
    static char mrn[4][20];
    static unsigned turn;
    char *own = mrn[turn++ % 4];
    desk_send(d, doc);
    const desk_letter *l = desk_heard(d, "IE3R01", NULL);
    snprintf(own, sizeof mrn[0], "%s", l ? desk_text(l, "MRN") : "");
    desk_wait(d, 0);
    return own;
}

/* -- What was heard ----------------------------------------------------------------------------------------------- */

const desk_letter *desk_heard(const customs_desk *d, const char *action, const char *to)
{
    for (unsigned i = 0; i < d->num; i++)
        if (strcmp(d->letter[i].action, action) == 0 && (!to || strcmp(d->letter[i].to, to) == 0))
            return &d->letter[i];
    return NULL;
}

const char *desk_said(const customs_desk *d)
{
    static char text[4096];
    size_t len = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < d->num && len < sizeof text - 100; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s>%s", i ? " " : "", d->letter[i].action,
                                d->letter[i].to);
    return text;
}

const char *desk_text(const desk_letter *l, const char *name)
{
    static char text[512];
    char tag[64];
    snprintf(tag, sizeof tag, "<%s>", name);
    const char *at = l ? strstr(l->text, tag) : NULL;
    snprintf(text, sizeof text, "%.*s", at ? (int)strcspn(at + strlen(tag), "<") : 0, at ? at + strlen(tag) : "");
    return text;
}

ens_filing desk_filing(customs_desk *d, const char *mrn)
{
    (void)d;
    ens__shelf_begin(shelf);
    const ens_held *h = ens__shelf_find(shelf, ens_str(mrn));
    CHECK_ROW(h, "%s is not kept", mrn);
    return h ? h->filing : (ens_filing){0};
}

void desk_prefers(customs_desk *d, const char *eori, const char *wants)
{
    ens__preference p = {0};
    snprintf(p.eori, sizeof p.eori, "%s", eori);
    snprintf(p.party_id, sizeof p.party_id, "home@%s", eori);
    snprintf(p.wants, sizeof p.wants, "%s", wants);
    CU_ASSERT_EQUAL(ens__store_put_preference(d->store, &p, NULL), ENS_OK);
}
