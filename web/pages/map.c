/* The systems of the process, and how far the newest messages came on their way through them: the portals where a
 * company is registered, the STI that takes its messages, UUM&DS that knows whose certificate sealed them, the Common
 * Repository that keeps filings, and the national systems that assess them. Where a message stopped, the box is red,
 * and the reason stands below it. Each row carries its way, so that the script can have it travel as it comes. */
#include "sti/filing/desk.h"
#include "sti/filing/shelf.h"
#include "web/pages/rooms.h"
#include "web/pages/visit.h"

#include <stdio.h>

#define JOURNEYS 10u
#define LOOKED_AT 400u /* rows of the journal */
#define SAID_MAX 512u

typedef enum { PORTALS = 0, STI, UUMDS, REPOSITORY, NATIONAL, BOXES } box;
typedef enum { AHEAD = 0, PASSED, STOPPED } passage;

typedef struct {
    uint64_t seq;
    int64_t at_ms;
    ens_entry_kind kind;
    ens_verdict verdict;
    char action[24], ebms[24], lrn[ENS_FILING_LRN], party[ENS_STORE_PARTY + 1], why[160];
    uint64_t id;        /* a hash of its message id */
    char refused_by[8]; /* IE3N99 or IE3N01, where customs answered so */
    passage at[BOXES];
} journey;

typedef struct {
    ens_visit *v;
    journey one[JOURNEYS]; /* a ring, the newest at (num - 1) % JOURNEYS */
    size_t num;
    bool found;
    ens_filing f;
} job;

static const ens_text_key names[BOXES] = {ENS_T_BOX_PORTALS, ENS_T_BOX_STI, ENS_T_BOX_UUMDS, ENS_T_BOX_CR,
                                          ENS_T_BOX_NES};
static const ens_text_key meanings[BOXES] = {ENS_T_BOX_PORTALS_IS, ENS_T_BOX_STI_IS, ENS_T_BOX_UUMDS_IS,
                                             ENS_T_BOX_CR_IS, ENS_T_BOX_NES_IS};

static void keep_text(char *to, size_t size, ens_slice text)
{
    snprintf(to, size, "%.*s", (int)(text.len < size ? text.len : size - 1), text.len ? (const char *)text.p : "");
}

/* note_refusal keeps that customs refused a message's document. */
static void note_refusal(job *j, ens_slice action, ens_slice ref_to)
{
    if (!ens_is(action, "IE3N99") && !ens_is(action, "IE3N01"))
        return;
    for (size_t i = 0; i < j->num && i < JOURNEYS; i++)
        if (j->one[i].id == ens__visit_hash(ref_to))
            keep_text(j->one[i].refused_by, sizeof j->one[i].refused_by, action);
}

static bool find_refusal(void *user, const ens__outbound *row)
{
    note_refusal(user, row->action, row->ref_to);
    return true;
}

static bool keep_journey(void *user, const ens__journal_row *row)
{
    job *j = user;
    if (row->direction == ENS_OUT)
        note_refusal(j, row->action, row->ref_to);
    if (row->direction != ENS_IN || row->kind == ENS_ENTRY_NOTE || row->kind == ENS_ENTRY_PULL_REQUEST ||
        row->kind == ENS_ENTRY_RECEIPT)
        return true;
    journey *o = &j->one[j->num++ % JOURNEYS];
    *o = (journey){.seq = row->seq, .at_ms = row->at_ms, .kind = row->kind, .verdict = row->verdict};
    o->id = ens__visit_hash(row->message_id);
    keep_text(o->action, sizeof o->action, row->action.len ? row->action : ens_str(ens__entry_kind_name(row->kind)));
    keep_text(o->ebms, sizeof o->ebms, row->ebms);
    keep_text(o->lrn, sizeof o->lrn, row->lrn);
    keep_text(o->party, sizeof o->party, row->party.len ? row->party : row->peer);
    keep_text(o->why, sizeof o->why, row->detail);
    return true;
}

static bool find_filing(void *user, const ens__filing_row *row)
{
    job *j = user;
    j->found = ens__filing_of_row(row, &j->f, NULL) == ENS_OK;
    return false;
}

/* follow finds how far a message came: the STI takes it by its form and seal, UUM&DS by the association of EORI and
 * certificate (EBMS:0004), the repository by its document, and the national systems have it from there. */
static void follow(job *j, journey *o)
{
    bool by_registry = strcmp(o->ebms, "EBMS:0004") == 0;
    const ens__filing_query q = {ENS_LIT("*"), ens_str(o->lrn), -1};
    o->at[PORTALS] = by_registry ? AHEAD : PASSED;
    o->at[STI] = o->verdict == ENS_ACCEPTED || by_registry ? PASSED : STOPPED;
    o->at[UUMDS] = o->at[STI] == STOPPED ? AHEAD : by_registry ? STOPPED : PASSED;
    if (o->refused_by[0]) {
        o->at[REPOSITORY] = STOPPED;
        snprintf(o->why, sizeof o->why, "%s", o->refused_by);
    }
    if (o->verdict != ENS_ACCEPTED || o->refused_by[0] || !o->lrn[0])
        return;
    j->found = false;
    if (ens__store_list_filings(j->v->pages->store, &q, find_filing, j, NULL) != ENS_OK || !j->found)
        return;
    o->at[REPOSITORY] = j->f.state == ENS_FILING_REJECTED ? STOPPED : PASSED;
    if (o->at[REPOSITORY] == STOPPED)
        snprintf(o->why, sizeof o->why, "%s", ens__filing_state_name(j->f.state));
    else if (j->f.flags & ENS_FILING_NO_LOADING)
        o->at[NATIONAL] = STOPPED, snprintf(o->why, sizeof o->why, "do not load");
    else if (ens__filing_has_open_referral(&j->f))
        o->at[NATIONAL] = PASSED, snprintf(o->why, sizeof o->why, "a request is open");
    else
        o->at[NATIONAL] = j->f.flags & ENS_FILING_ASSESSED ? PASSED : AHEAD;
}

static const char *class_of(passage p)
{
    return p == PASSED ? "hop lit" : p == STOPPED ? "hop stopped" : "hop";
}

/* put_stop says below a box why a message went no further; the script writes the same. */
static void put_stop(ens_visit *v, const journey *o)
{
    ens__h_open(&v->h, "p");
    ens__h_attr(&v->h, "class", "stop");
    ens__said(&v->h, &v->screen, ENS_T_STOPPED_HERE);
    ens__h_putf(&v->h, " %s %s", o->ebms, o->why);
    ens__h_close(&v->h);
}

static void put_box(const job *j, const journey *o, box b)
{
    ens_visit *v = j->v;
    passage p = o ? o->at[b] : AHEAD;
    ens__h_open(&v->h, "li");
    ens__h_attr(&v->h, "class", class_of(p));
    ens__h_open(&v->h, "div");
    ens__said_leaf(&v->h, &v->screen, "strong", NULL, names[b]);
    ens__said_leaf(&v->h, &v->screen, "span", "dim small", meanings[b]);
    ens__h_close(&v->h);
    if (p == STOPPED)
        put_stop(v, o);
    else if (p == PASSED && b == NATIONAL && o->why[0])
        ens__h_leaf(&v->h, "p", "small", o->why);
    else if (p == PASSED)
        ens__said_leaf(&v->h, &v->screen, "p", "small", ENS_T_PASSED_HERE);
    ens__h_close(&v->h);
}

/* say_way tells in a sentence which message it is, and where it came to. */
static void say_way(const ens_visit *v, const journey *o, char out[SAID_MAX])
{
    int last = PORTALS;
    for (int b = 0; b < BOXES; b++)
        last = o->at[b] == AHEAD ? last : b;
    bool stopped = o->at[last] == STOPPED;
    snprintf(out, SAID_MAX, "%s, %s: %s %s %s %s", o->action, o->party, ens__visit_text(v, names[last]),
             ens__visit_text(v, stopped ? ENS_T_STOPPED_HERE : ENS_T_PASSED_HERE), stopped ? o->ebms : "", o->why);
}

/* put_way gives the script what it shows: a letter a box. */
static void put_way(ens_visit *v, const journey *o)
{
    char way[BOXES + 1] = "";
    for (int b = 0; o && b < BOXES; b++)
        way[b] = ".ps"[o->at[b]];
    ens__h_attr(&v->h, "data-way", way);
}

static void put_marks(ens_visit *v, const journey *o)
{
    ens__h_open(&v->h, "td");
    for (int b = STI; b < BOXES; b++) {
        if (o->at[b] == AHEAD)
            continue;
        ens__h_tag(&v->h, o->at[b] == PASSED ? "line accepted" : "refused", ens__visit_text(v, names[b]));
        ens__h_put(&v->h, " ");
    }
    ens__h_close(&v->h);
}

static void put_journey(const job *j, const journey *o)
{
    ens_visit *v = j->v;
    char path[64], said[SAID_MAX];
    snprintf(path, sizeof path, "/inbox/%llu", (unsigned long long)o->seq);
    ens__h_open(&v->h, "tr");
    ens__h_attrf(&v->h, "data-seq", "%llu", (unsigned long long)o->seq);
    put_way(v, o);
    ens__h_attrf(&v->h, "data-why", "%s %s", o->ebms, o->why);
    say_way(v, o, said);
    ens__h_attr(&v->h, "data-said", said);
    ens__h_open(&v->h, "td");
    ens__h_time(&v->h, o->at_ms);
    ens__h_close(&v->h);
    ens__h_open(&v->h, "td");
    ens__h_link(&v->h, path, ens_str(o->action));
    ens__h_close(&v->h);
    ens__cell(&v->h, "mono", o->party);
    put_marks(v, o);
    ens__h_open(&v->h, "td");
    ens__h_putf(&v->h, "%s %s", o->ebms, o->why);
    ens__h_close(&v->h);
    ens__h_close(&v->h);
}

static void put_journeys(const job *j)
{
    static const ens_text_key heads[] = {ENS_T_TIME, ENS_T_MESSAGE, ENS_T_PARTY, ENS_T_WAY, ENS_T_REASON};
    ens_visit *v = j->v;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_JOURNEYS);
    if (!j->num) {
        ens__said_leaf(&v->h, &v->screen, "p", "empty", ENS_T_INBOX_EMPTY);
        return;
    }
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < j->num && i < JOURNEYS; i++)
        put_journey(j, &j->one[(j->num - 1 - i) % JOURNEYS]);
    ens__table_close(&v->h);
}

static ens_code look(job *j, ens_err *err)
{
    ens__store_counts counts;
    ens__journal_query query = ENS_JOURNAL_ALL;
    ens_code code = ens__store_count(j->v->pages->store, &counts, err);
    if (code != ENS_OK)
        return code;
    query.since = counts.last_seq > LOOKED_AT ? counts.last_seq - LOOKED_AT : 0;
    code = ens__store_journal_list(j->v->pages->store, &query, keep_journey, j, err);
    if (code == ENS_OK)
        code = ens__store_list_outbound(j->v->pages->store, ENS_OUTBOUND_READY, find_refusal, j, err);
    for (size_t i = 0; i < j->num && i < JOURNEYS; i++)
        follow(j, &j->one[i]);
    return code;
}

/* put_map draws the boxes, and the sentence on the message they show, which is read out when it changes. */
static void put_map(const job *j)
{
    ens_visit *v = j->v;
    const journey *newest = j->num ? &j->one[(j->num - 1) % JOURNEYS] : NULL;
    char said[SAID_MAX] = "";
    if (newest)
        say_way(v, newest, said);
    ens__h_open(&v->h, "ol");
    ens__h_attr(&v->h, "class", "map");
    ens__h_attrf(&v->h, "data-shown", "%llu", newest ? (unsigned long long)newest->seq : 0ull);
    put_way(v, newest);
    ens__h_attr(&v->h, "data-stopped", ens__visit_text(v, ENS_T_STOPPED_HERE));
    ens__h_attr(&v->h, "data-passed", ens__visit_text(v, ENS_T_PASSED_HERE));
    for (int b = 0; b < BOXES; b++)
        put_box(j, newest, (box)b);
    ens__h_close(&v->h);
    ens__h_open(&v->h, "p");
    ens__h_attr(&v->h, "id", "way");
    ens__h_attr(&v->h, "role", "status");
    ens__h_put(&v->h, said);
    ens__h_close(&v->h);
}

void ens__map_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_err err = {0};
    ens__visit_begin(&v, pages, r, a, "/map");
    job *j = ens_arena_zero(r->arena, sizeof *j);
    if (!j) {
        ens__visit_sorry(&v, 503, "out of memory");
        return;
    }
    j->v = &v;
    if (look(j, &err) != ENS_OK) {
        ens__visit_failed(&v, &err);
        return;
    }
    ens__visit_page(&v, ENS_T_MAP, ENS_T_MAP_LEAD);
    ens__live_mark(&v.h, &v.screen);
    put_map(j);
    ens__h_open(&v.h, "div");
    ens__h_attr(&v.h, "id", "map");
    ens__h_path(&v.h, "data-live", "/inbox/events");
    ens__h_attr(&v.h, "data-events", "journal change");
    put_journeys(j);
    ens__h_close(&v.h);
    ens__visit_end(&v);
}
