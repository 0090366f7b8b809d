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

/* sit_down opens a store, and has customs work on it. */
static void sit_down(customs_desk *d, const char *name, ens_time linking)
{
    CU_ASSERT_EQUAL_FATAL(ens__store_open(name, &(ens__store_options){.create = true}, &d->store, NULL), ENS_OK);
    shelf = ens__shelf_new(d->store);
    customs = ens__customs_new(shelf, &(ens_customs_settings){.linking = linking});
    reader = ens__payload_ctx_new();
    report = ens_report_new();
    ens_arena_init(&arena, ARENA_MAX);
    CU_ASSERT_FATAL(shelf && customs && reader && report);
}

void desk_open_over(customs_desk *d, const char *store, ens_time linking)
{
    *d = (customs_desk){.now = 1800000000};
    file[0] = '\0';
    sit_down(d, store, linking);
}

void desk_open(customs_desk *d, ens_time linking)
{
    *d = (customs_desk){.now = 1800000000};
    /* in memory where that can be: what is tried here is not the disk */
    snprintf(folder, sizeof folder, "%s/ensign-customs-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/s.db", folder);
    sit_down(d, file, linking);
}

void desk_forget(customs_desk *d)
{
    for (unsigned i = 0; i < d->num; i++)
        free(d->letter[i].text);
    d->num = 0;
}

void desk_close(customs_desk *d)
{
    desk_forget(d);
    ens__customs_free(customs);
    ens__shelf_free(shelf);
    ens__payload_ctx_free(reader);
    ens_report_free(report);
    ens_arena_free(&arena);
    ens__store_close(d->store);
    if (file[0])
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

void desk_hear(customs_desk *d, const ens__outbound *m)
{
    ens__outbound whole = {0};
    bool found = false;
    ens_arena_reset(&arena);
    CU_ASSERT(ens__store_find_outbound(d->store, m->message_id, &arena, &whole, &found, NULL) == ENS_OK && found);
    if (d->num == DESK_LETTERS || !found)
        return;
    desk_letter *l = &d->letter[d->num++];
    *l = (desk_letter){.answers = whole.ref_to.len > 0};
    snprintf(l->action, sizeof l->action, "%.*s", (int)whole.action.len, (const char *)whole.action.p);
    snprintf(l->to, sizeof l->to, "%.*s", (int)whole.party.len, (const char *)whole.party.p);
    l->text = strndup((const char *)whole.raw.p, whole.raw.len);
    check_letter(d, l->action, l->text);
}

/* name derives ids from that of the work: whoever does it again comes to the same. */
static ens_slice name(ens_slice work_id, char kind, size_t nth)
{
    uint64_t print = 0xCBF29CE484222325u;
    for (size_t i = 0; i < work_id.len; i++)
        print = (print ^ work_id.p[i]) * 0x100000001B3u;
    return ens_str(ens_arena_printf(&arena, "%016llx%c%zu", (unsigned long long)print, kind, nth));
}

static ens__task later(const ens_alarm *a, ens_slice id)
{
    ens_buf body;
    ens_buf_init(&body, NULL, 0, ROOM);
    ens__order_write(&a->order, &body);
    const ens__task task = {.id = id,
                            .kind = ENS_LIT(ENS_LIFE_KIND),
                            .due_ms = a->due * 1000,
                            .body = ens_str(ens_arena_text(&arena, ens_buf_slice(&body)))};
    ens_buf_free(&body);
    return task;
}

/* A letter as it waits to be sent: nobody seals it here. */
static ens__outgoing outgoing(const ens_letter *l, ens_slice id)
{
    return (ens__outgoing){.message = {.direction = ENS_OUT,
                                       .action = ens_str(l->action),
                                       .message_id = id,
                                       .party = ens_str(l->to),
                                       .ref_to = l->ref_to,
                                       .raw = l->document},
                           .mode = ENS_PULL,
                           .category = 1};
}

/* commit keeps what an event changed, and puts down what it wants to be done later, and to be sent. */
static ens_code commit(customs_desk *d, const ens_customs_outcome *o, ens__work *w, bool *lost, ens_err *err)
{
    ens__filing_changes changes;
    ens__task tasks[DESK_LETTERS];
    ens__notice notices[DESK_LETTERS];
    ens__outgoing letters[DESK_LETTERS];
    size_t num = 0;
    CU_ASSERT_FATAL(ens__shelf_take(shelf, &changes) && o->num_alarms < DESK_LETTERS && o->num_letters < DESK_LETTERS);
    for (size_t i = 0; i < o->num_alarms; i++)
        tasks[i] = later(&o->alarms[i], name(w->id, '-', i));
    for (size_t i = 0; i < o->num_letters; i++) {
        const ens_letter *l = &o->letters[i];
        letters[i] = outgoing(l, name(w->id, '/', i));
        if (l->mrn.len)
            notices[num++] = (ens__notice){l->mrn,      l->person,    ens_str(l->action), letters[i].message.message_id,
                                           l->document, d->now * 1000};
    }
    changes.notices = notices;
    changes.num_notices = num;
    ens__change c = {.kind = ENS_CHANGE_WORK,
                     .work = {.id = w->id,
                              .token = w->token,
                              .tasks = tasks,
                              .num_tasks = o->num_alarms,
                              .outgoing = letters,
                              .num_outgoing = o->num_letters,
                              .filings = &changes}},
                *one = &c;
    ens_code code = ens__store_commit(d->store, &one, 1, err);
    *lost = c.work.lost;
    return code;
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

/* -- Events ------------------------------------------------------------------------------------------------------- */

/* What stands in the body of an event: an order, or a line with action and party, and the document. */
#define DOCUMENT_MARK "document "

static const ens_cue *asked_for; /* by the event in hand */

static ens_code take_document(customs_desk *d, const ens__work *w, ens_customs_outcome *out, ens_err *err)
{
    char action[16] = "", party[ENS_STORE_PARTY + 1] = "";
    ens_document_facts facts = {0};
    const ens__payload_options o = {.documents = ENS_DOCUMENTS_STRICT, .whole = true};
    const char *text = strchr((const char *)w->body.p, '\n');
    if (!text || sscanf((const char *)w->body.p, DOCUMENT_MARK "%15s %64s", action, party) != 2)
        return ens_fail(err, ENS_ESYNTAX, NULL, "no event", 0);
    ens__report_reset(report);
    ens__document_check(reader, ens_str(text + 1), &o, &arena, &facts, report);
    const ens_incoming in = {.work_id = w->id,
                             .message_id = ENS_LIT("message@test"),
                             .party = ens_str(party),
                             .action = ens_str(action),
                             .text = ens_str(text + 1),
                             .document = facts.elements,
                             .report = report,
                             .at_fault = is_at_fault(),
                             .cue = asked_for};
    return ens__customs_take(customs, &in, d->now, out, err);
}

desk_did desk_do(customs_desk *d, const char *kind, ens_time until, ens_err *err)
{
    ens__work *w = NULL;
    size_t num = 0;
    ens_order order;
    ens_customs_outcome outcome = {0};
    bool lost = false;
    ens_arena_reset(&arena);
    ens_code code =
        ens__store_claim_work(d->store, ens_str(kind), until * 1000, 1, DESK_LEASE_MS, &arena, &w, &num, err);
    if (code != ENS_OK || !num)
        return code == ENS_OK ? DESK_NOTHING : DESK_FAILED;
    d->now = w->due_ms / 1000 > d->now ? w->due_ms / 1000 : d->now;
    ens__shelf_begin(shelf);
    if (ens_starts(w->body, ENS_LIT(DOCUMENT_MARK)))
        code = take_document(d, w, &outcome, err);
    else
        code = ens__order_read(w->body, &order) ? ens__customs_obey(customs, &order, w->id, d->now, &outcome, err)
                                                : ens_fail(err, ENS_ESYNTAX, NULL, "no order", 0);
    if (code == ENS_OK)
        code = commit(d, &outcome, w, &lost, err);
    if (code == ENS_OK && !lost)
        keep_letters(d, &outcome);
    return code == ENS_OK ? DESK_DONE : DESK_FAILED;
}

/* do_here does it in this process, or has others do it. */
static bool do_one(customs_desk *d, const char *kind, ens_time until)
{
    ens_err err = {0};
    char text[256];
    if (d->others)
        return d->others(d, kind, until);
    desk_did did = desk_do(d, kind, until, &err);
    CHECK_ROW(did != DESK_FAILED, "%s", ens_err_format(&err, text, sizeof text));
    return did == DESK_DONE;
}

/* begin_event puts an event down, which is done at once. */
static void begin_event(customs_desk *d, ens_slice body)
{
    char id[32];
    snprintf(id, sizeof id, "event-%u", ++d->events);
    ens__change task = {.kind = ENS_CHANGE_TASK,
                        .task = {.id = ens_str(id), .kind = ENS_LIT(DESK_EVENT), .body = body}},
                *one = &task;
    desk_forget(d);
    CU_ASSERT_EQUAL_FATAL(ens__store_commit(d->store, &one, 1, NULL), ENS_OK);
    (void)do_one(d, DESK_EVENT, d->now);
}

void desk_send(customs_desk *d, const desk_document *doc)
{
    ens_buf text, body;
    const char *party = doc->party ? doc->party : doc->from ? doc->from : DESK_TRADER;
    desk_write(doc, d->now, &text);
    ens_buf_init(&body, NULL, 0, ROOM);
    ens_buf_printf(&body, DOCUMENT_MARK "%s %s\n%s", doc->action, party, (char *)text.p);
    asked_for = doc->cue;
    begin_event(d, ens_buf_slice(&body));
    asked_for = NULL;
    CHECK_ROW(d->others || doc->cut || !is_at_fault(), "%s is at fault: %s", doc->action, ens_judged_tell(report));
    ens_buf_free(&body);
    ens_buf_free(&text);
}

void desk_order(customs_desk *d, ens_order_kind kind, const char *mrn)
{
    ens_buf body;
    const ens_order order = {kind, ens_str(mrn), {0}};
    ens_buf_init(&body, NULL, 0, ROOM);
    ens__order_write(&order, &body);
    begin_event(d, ens_buf_slice(&body));
    ens_buf_free(&body);
}

void desk_wait(customs_desk *d, ens_time seconds)
{
    ens_time until = d->now + seconds;
    while (do_one(d, ENS_LIFE_KIND, until))
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
