/* One filing on a page of its own, with the officer's buttons; see filings.h. */
#include "sti/filing/desk.h"
#include "sti/filing/shelf.h"
#include "web/pages/filings.h"
#include "web/pages/judged.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH_LONG 160u
#define EVENTS_MAX 200u

/* One message of it. */
typedef struct {
    uint64_t seq;
    int64_t at_ms;
    ens_entry_direction direction;
    ens_entry_kind kind;
    ens_verdict verdict;
    char what[ENS_STORE_NAME + 1], who[256]; /* who: of a note, what it says */
} event;

typedef struct {
    ens_visit *v;
    ens_filing f;
    bool found;
    event *event;
    size_t num;
} job;

/* The officer's buttons: what is ordered, in which words, and whether a text goes with it. */
static const struct {
    ens_order_kind kind;
    ens_text_key name;
    bool text, danger;
} buttons[] = {
    {ENS_ORDER_ASK_INFORMATION, ENS_T_ORDER_RFI, true, false},
    {ENS_ORDER_ASK_AMENDMENT, ENS_T_ORDER_AMD, true, false},
    {ENS_ORDER_ASK_SCREENING, ENS_T_ORDER_RFS, true, false},
    {ENS_ORDER_DO_NOT_LOAD, ENS_T_ORDER_DNL, true, true},
    {ENS_ORDER_COMPLETE, ENS_T_ORDER_COMPLETE, false, false},
    {ENS_ORDER_CONTROL, ENS_T_ORDER_CONTROL, false, false},
    {ENS_ORDER_ANNOUNCE, ENS_T_ORDER_ANNOUNCE, false, false},
    {ENS_ORDER_PRESENT, ENS_T_ORDER_PRESENT, false, false},
    {ENS_ORDER_START, ENS_T_ORDER_START, false, false},
    {ENS_ORDER_RELATE, ENS_T_ORDER_RELATE, false, false},
    {ENS_ORDER_TELL_INCOMPLETE, ENS_T_ORDER_INCOMPLETE, false, false},
};
#define BUTTONS (sizeof buttons / sizeof *buttons)

/* find reads the filing that the path names; false: the answer says that there is none. */
static bool find(job *j)
{
    ens_visit *v = j->v;
    ens__filing_row row;
    ens_err err = {0};
    ens_code code = ens__store_find_filing(v->pages->store, v->r->capture[0], v->r->arena, &row, &j->found, &err);
    if (code == ENS_OK && j->found)
        code = ens__filing_of_row(&row, &j->f, &err);
    if (code != ENS_OK)
        ens__visit_failed(v, &err);
    else if (!j->found)
        ens__visit_sorry(v, 404, ens__visit_text(v, ENS_T_NO_SUCH_FILING));
    return code == ENS_OK && j->found;
}

/* -- What is known of it -- */

static void put_notes(const job *j)
{
    static const struct {
        unsigned flag;
        ens_text_key words;
    } notes[] = {{ENS_FILING_SPLIT, ENS_T_NOTE_SPLIT},         {ENS_FILING_PARTLY, ENS_T_NOTE_PARTLY},
                 {ENS_FILING_PRELOADED, ENS_T_NOTE_PRELOADED}, {ENS_FILING_ASSESSED, ENS_T_NOTE_ASSESSED},
                 {ENS_FILING_NO_LOADING, ENS_T_NOTE_DNL},      {ENS_FILING_CONTROL, ENS_T_NOTE_CONTROL},
                 {ENS_FILING_TOLD, ENS_T_NOTE_TOLD},           {ENS_FILING_V1, ENS_T_NOTE_V1}};
    ens_visit *v = j->v;
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (j->f.flags & notes[i].flag) {
            ens__h_tag(&v->h, notes[i].flag == ENS_FILING_NO_LOADING ? "refused" : "line",
                       ens__visit_text(v, notes[i].words));
            ens__h_put(&v->h, " ");
        }
}

static void put_due(const job *j)
{
    static const ens_text_key timers[ENS_FILING_TIMERS] = {[ENS_TIMER_INVALIDATION] = ENS_T_DUE_INVALIDATION,
                                                           [ENS_TIMER_LINKING] = ENS_T_DUE_LINKING,
                                                           [ENS_TIMER_RISK] = ENS_T_DUE_RISK};
    ens_visit *v = j->v;
    for (unsigned i = 0; i < ENS_FILING_TIMERS; i++) {
        if (!j->f.due[i])
            continue;
        ens__said_leaf(&v->h, &v->screen, "dt", NULL, timers[i]);
        ens__h_open(&v->h, "dd");
        ens__h_time(&v->h, j->f.due[i] * 1000);
        ens__h_close(&v->h);
    }
}

static void put_facts(const job *j)
{
    ens_visit *v = j->v;
    const ens_filing *f = &j->f;
    ens_pile pile = ens__filing_pile(f);
    ens__h_open(&v->h, "dl");
    ens__h_attr(&v->h, "class", "about");
    ens__said_leaf(&v->h, &v->screen, "dt", NULL, ENS_T_STATE);
    ens__h_open(&v->h, "dd");
    ens__h_tag(&v->h, ens__pile_name(pile), ens__filing_state_name(f->state));
    ens__h_put(&v->h, " ");
    put_notes(j);
    ens__h_close(&v->h);
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_ACTION), ens_str(f->action));
    ens__h_fact(&v->h, "LRN", ens_str(f->lrn));
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_DECLARANT), ens_str(f->declarant));
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_REPRESENTATIVE), ens_str(f->representative));
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_CARRIER), ens_str(f->carrier));
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_PARTY), ens_str(f->party));
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_SPACE), ens_str(f->space));
    put_due(j);
    ens__h_close(&v->h);
}

static void put_referrals(const job *j)
{
    ens_visit *v = j->v;
    if (!j->f.num_referrals)
        return;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_REQUESTS);
    ens__h_open(&v->h, "ul");
    for (unsigned i = 0; i < j->f.num_referrals; i++) {
        const ens_referral *ref = &j->f.referral[i];
        ens__h_open(&v->h, "li");
        ens__h_leaf(&v->h, "code", NULL, ref->reference);
        ens__h_putf(&v->h, " %s ", ref->type);
        ens__h_tag(&v->h, ref->open ? "action-needed" : "done",
                   ens__visit_text(v, ref->open ? ENS_T_REQUEST_OPEN : ENS_T_REQUEST_ANSWERED));
        ens__h_close(&v->h);
    }
    ens__h_close(&v->h);
}

/* -- Its life: what the trader sent and what customs said, in their order -- */

static bool keep_event(void *user, const ens__journal_row *row)
{
    job *j = user;
    if (row->kind != ENS_ENTRY_USER_MESSAGE && row->kind != ENS_ENTRY_NOTE)
        return true;
    for (size_t i = 0; i < j->num; i++)
        if (j->event[i].seq == row->seq)
            return true;
    if (j->num == EVENTS_MAX)
        return false;
    event *e = &j->event[j->num++];
    *e = (event){row->seq, row->at_ms, row->direction, row->kind, row->verdict, {0}, {0}};
    snprintf(e->what, sizeof e->what, "%.*s", (int)row->action.len, (const char *)row->action.p);
    ens_slice who = row->kind == ENS_ENTRY_NOTE ? row->detail : row->party;
    snprintf(e->who, sizeof e->who, "%.*s", (int)who.len, (const char *)who.p);
    return true;
}

static int by_seq(const void *a, const void *b)
{
    const event *x = a, *y = b;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void put_event(ens_visit *v, const event *e)
{
    char path[64];
    bool note = e->kind == ENS_ENTRY_NOTE, in = e->direction == ENS_IN;
    snprintf(path, sizeof path, "/inbox/%llu", (unsigned long long)e->seq);
    ens__h_open(&v->h, "li");
    ens__h_attr(&v->h, "class", note ? "skip" : in ? "pass" : "warn");
    ens__h_time(&v->h, e->at_ms);
    if (!note) {
        ens__h_link(&v->h, path, ens_str(e->what));
        ens__h_put(&v->h, in ? " ← " : " → ");
    }
    ens__h_put(&v->h, e->who);
    if (!note && in && e->verdict == ENS_REFUSED) {
        ens__h_put(&v->h, " ");
        ens__h_tag(&v->h, "refused", "refused");
    }
    ens__h_close(&v->h);
}

/* put_events lists the messages that carry its LRN or its MRN, in the order of the journal. */
static void put_events(job *j)
{
    ens_visit *v = j->v;
    ens__journal_query of_lrn = ENS_JOURNAL_ALL, of_mrn = ENS_JOURNAL_ALL;
    of_lrn.lrn = ens_str(j->f.lrn);
    of_mrn.mrn = ens_str(j->f.mrn);
    j->event = ens_arena_take(v->r->arena, EVENTS_MAX * sizeof *j->event);
    if (!j->event)
        return;
    if (of_lrn.lrn.len)
        (void)!ens__store_journal_list(v->pages->store, &of_lrn, keep_event, j, NULL);
    (void)!ens__store_journal_list(v->pages->store, &of_mrn, keep_event, j, NULL);
    if (!j->num)
        return;
    qsort(j->event, j->num, sizeof *j->event, by_seq);
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_LIFE_MESSAGES);
    ens__h_open(&v->h, "ol");
    ens__h_attr(&v->h, "class", "life");
    for (size_t i = 0; i < j->num; i++)
        put_event(v, &j->event[i]);
    ens__h_close(&v->h);
}

static bool put_notice(void *user, const ens__notice *n)
{
    job *j = user;
    ens_visit *v = j->v;
    ens__h_open(&v->h, "li");
    ens__h_attr(&v->h, "class", "warn");
    ens__h_time(&v->h, n->at_ms);
    ens__h_text(&v->h, n->action);
    ens__h_put(&v->h, " → ");
    ens__h_text(&v->h, n->person);
    ens__h_close(&v->h);
    return true;
}

static void put_life(job *j)
{
    ens_visit *v = j->v;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_LIFE);
    ens__h_open(&v->h, "ol");
    ens__h_attr(&v->h, "class", "life");
    ens__h_open(&v->h, "li");
    ens__h_attr(&v->h, "class", "pass");
    ens__h_time(&v->h, j->f.registered * 1000);
    ens__said(&v->h, &v->screen, ENS_T_LIFE_REGISTERED);
    ens__h_close(&v->h);
    (void)!ens__store_list_notices(v->pages->store, ens_str(j->f.mrn), put_notice, j, NULL);
    ens__h_close(&v->h);
    put_events(j);
}

/* -- Buttons -- */

static void put_button(const job *j, size_t i)
{
    ens_visit *v = j->v;
    char path[PATH_LONG], field[32];
    snprintf(path, sizeof path, "/filings/%s/orders", j->f.mrn);
    snprintf(field, sizeof field, "text-%zu", i);
    ens__form_open(&v->h, &v->screen, path);
    ens__h_hidden(&v->h, "order", ens_str(ens__order_name(buttons[i].kind)));
    if (buttons[i].text)
        ens__h_open(&v->h, "div");
    if (buttons[i].text) {
        ens__h_open(&v->h, "label");
        ens__h_attrf(&v->h, "for", "f-%s", field);
        ens__said(&v->h, &v->screen, ENS_T_ORDER_TEXT);
        ens__h_close(&v->h);
        ens__h_bare(&v->h, "input");
        ens__h_attrf(&v->h, "id", "f-%s", field);
        ens__h_attr(&v->h, "name", "text");
        ens__h_attrf(&v->h, "maxlength", "%u", ENS_ORDER_TEXT);
        ens__h_close(&v->h);
    }
    ens__h_open(&v->h, "button");
    ens__h_attr(&v->h, "type", "submit");
    if (buttons[i].danger)
        ens__h_attr(&v->h, "class", "danger");
    ens__said(&v->h, &v->screen, buttons[i].name);
    ens__h_close(&v->h);
    ens__h_close(&v->h);
}

static void put_buttons(const job *j)
{
    ens_visit *v = j->v;
    if (v->visitor.rank < ENS_RANK_OFFICER || ens__filing_is_over(&j->f))
        return;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_ORDERS);
    ens__said_leaf(&v->h, &v->screen, "p", "dim", ENS_T_ORDERS_ARE);
    ens__h_open(&v->h, "div");
    ens__h_attr(&v->h, "class", "acts asks");
    for (size_t i = 0; i < BUTTONS; i++)
        if (buttons[i].text)
            put_button(j, i);
    ens__h_close(&v->h);
    ens__h_open(&v->h, "div");
    ens__h_attr(&v->h, "class", "acts");
    for (size_t i = 0; i < BUTTONS; i++)
        if (!buttons[i].text)
            put_button(j, i);
    ens__h_close(&v->h);
}

/* document_of gives what was filed; empty where it can't be had. */
static ens_slice document_of(const job *j, ens_shelf *shelf)
{
    ens_err err = {0};
    ens_held *h = shelf ? ens__shelf_find(shelf, ens_str(j->f.mrn)) : NULL;
    ens_slice text = h ? ens__shelf_document(shelf, h) : (ens_slice){0};
    return shelf && ens__shelf_failed(shelf, &err) == ENS_OK ? text : (ens_slice){0};
}

static void put_document(const job *j)
{
    ens_visit *v = j->v;
    char path[PATH_LONG];
    ens_shelf *shelf = ens__shelf_new(v->pages->store);
    ens_slice text = document_of(j, shelf);
    if (text.len) {
        if (text.len <= ENS_DOCUMENT_PARSED)
            ens__judged_elements(v, text);
        snprintf(path, sizeof path, "/filings/%s/document", j->f.mrn);
        ens__h_open(&v->h, "p");
        ens__h_link(&v->h, path, ens_str(ens__visit_text(v, ENS_T_DOWNLOAD_DOCUMENT)));
        ens__h_close(&v->h);
    }
    ens__shelf_free(shelf);
}

static void put_told(const ens_visit *v)
{
    ens_html *h = (ens_html *)(uintptr_t)&v->h;
    ens_order_kind kind;
    if (!ens__order_find(ens__web_query(v->r, "ordered"), &kind))
        return;
    ens__h_open(h, "div");
    ens__h_attr(h, "class", "told pass");
    ens__h_attr(h, "role", "status");
    ens__h_open(h, "p");
    ens__said(h, &v->screen, ENS_T_ORDERED);
    ens__h_putf(h, " %s", ens__order_name(kind));
    ens__h_close(h);
    ens__h_close(h);
}

void ens__filing_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    char title[64];
    ens__visit_begin(&v, pages, r, a, "/filings");
    job j = {.v = &v};
    if (!find(&j))
        return;
    snprintf(title, sizeof title, "%s %s", j.f.action, j.f.mrn);
    ens__visit_titled(&v, title, NULL);
    put_told(&v);
    ens__h_open(&v.h, "div");
    ens__h_attr(&v.h, "id", "filing");
    ens__h_path(&v.h, "data-live", "/inbox/events");
    ens__h_attr(&v.h, "data-events", "journal change");
    put_facts(&j);
    put_referrals(&j);
    put_life(&j);
    ens__h_close(&v.h);
    put_buttons(&j);
    put_document(&j);
    ens__visit_end(&v);
}

void ens__filing_document(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    char name[32];
    ens__visit_begin(&v, pages, r, a, "/filings");
    job j = {.v = &v};
    if (!find(&j))
        return;
    ens_shelf *shelf = ens__shelf_new(v.pages->store);
    snprintf(name, sizeof name, "%s.xml", j.f.mrn);
    a->type = "application/octet-stream";
    a->csp = NULL;
    ens__web_download(a, ens_str(name));
    ens_buf_put(&a->body, document_of(&j, shelf));
    ens__shelf_free(shelf);
}

void ens__filing_order(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_web_pairs form;
    ens_err err = {0};
    char path[PATH_LONG];
    bool found = false;
    ens__visit_begin(&v, pages, r, a, "/filings");
    if (!ens__visit_form(&v, ENS_RANK_OFFICER, &form))
        return;
    ens_order order = {.mrn = r->capture[0], .text = ens__trim(ens__web_get(form, "text"))};
    if (!ens__order_find(ens__web_get(form, "order"), &order.kind) || order.kind >= ENS_ORDERS_OF_OFFICERS ||
        order.text.len > ENS_ORDER_TEXT || !ens__is_utf8(order.text)) {
        ens__visit_sorry(&v, 422, ens__visit_text(&v, ENS_T_NO_SUCH_ORDER));
        return;
    }
    if (ens__order_post(v.pages->store, &order, r->arena, &found, &err) != ENS_OK) {
        ens__visit_failed(&v, &err);
        return;
    }
    if (!found) {
        ens__visit_sorry(&v, 404, ens__visit_text(&v, ENS_T_NO_SUCH_FILING));
        return;
    }
    ens__visit_note(&v, (ens_slice){0}, "%s about %.18s%s%.*s", ens__order_name(order.kind), (const char *)order.mrn.p,
                    order.text.len ? ": " : "", (int)order.text.len, order.text.len ? (const char *)order.text.p : "");
    snprintf(path, sizeof path, "/filings/%.18s?ordered=%s", (const char *)order.mrn.p, ens__order_name(order.kind));
    ens__visit_go(&v, path);
}
