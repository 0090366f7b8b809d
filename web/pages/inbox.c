#include "web/pages/inbox.h"

#include "web/pages/visit.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH_LONG 2048u

/* What is asked for. */
typedef struct {
    ens_slice party, action, verdict, lrn, mrn, kind;
    uint64_t before; /* rows before this one; 0: the newest */
} question;

typedef struct {
    ens__journal_row row; /* its texts in the arena */
} kept;

typedef struct {
    ens_visit *v;
    question q;
    kept found[ENS_INBOX_ROWS]; /* the newest first */
    size_t num;
    kept *window; /* what fits in the rows that are looked at, the oldest first */
    size_t num_window, room;
    uint64_t oldest; /* that was looked at */
    bool more;       /* there are older ones */
    bool failed;
} job;

static question read_question(const ens_web_request *r)
{
    question q = {.party = ens__trim(ens__web_query(r, "party")),
                  .action = ens__trim(ens__web_query(r, "action")),
                  .verdict = ens__trim(ens__web_query(r, "verdict")),
                  .lrn = ens__trim(ens__web_query(r, "lrn")),
                  .mrn = ens__trim(ens__web_query(r, "mrn")),
                  .kind = ens__trim(ens__web_query(r, "kind"))};
    if (!ens__web_query_number(r, "before", 0, &q.before))
        q.before = 0;
    return q;
}

/* -- Rows -- */

static bool fits(const question *q, const ens__journal_row *row)
{
    if (q->action.len && !ens__eq_nocase(q->action, row->action))
        return false;
    return !q->verdict.len || ens_is(q->verdict, ens_verdict_name(row->verdict));
}

static bool keep_row(void *user, const ens__journal_row *row)
{
    job *j = user;
    ens_arena *arena = j->v->r->arena;
    if (!fits(&j->q, row))
        return true;
    kept *grown = ens_arena_grow(arena, j->window, j->num_window, &j->room, sizeof *grown);
    if (!grown)
        return !(j->failed = true);
    j->window = grown;
    ens__journal_row *own = &grown[j->num_window++].row;
    *own = *row;
    ens_slice *const texts[] = {&own->action, &own->message_id, &own->ref_to, &own->party, &own->ebms,
                                &own->peer,   &own->detail,     &own->lrn,    &own->mrn};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!(texts[i]->p = (const uint8_t *)ens_arena_text(arena, *texts[i])))
            return !(j->failed = true);
    return true;
}

static int kind_of(ens_slice name)
{
    for (int i = 0; i < ENS_ENTRY_KINDS; i++)
        if (ens_is(name, ens__entry_kind_name((ens_entry_kind)i)))
            return i;
    return -1;
}

static ens__journal_query query_of(const question *q)
{
    ens__journal_query query = ENS_JOURNAL_ALL;
    query.party = q->party;
    query.lrn = q->lrn;
    query.mrn = q->mrn;
    query.kind = kind_of(q->kind);
    return query;
}

/* look finds the newest rows that fit, window by window from the end back. */
static ens_code look(job *j, ens_err *err)
{
    ens__store_counts counts;
    ens__journal_query query = query_of(&j->q);
    ens_code code = ens__store_count(j->v->pages->store, &counts, err);
    uint64_t until = j->q.before ? j->q.before - 1 : counts.last_seq, looked_at = 0;
    while (code == ENS_OK && until > 0 && j->num < ENS_INBOX_ROWS && looked_at < ENS_INBOX_LOOKED_AT) {
        query.until = until;
        query.since = until > ENS_INBOX_STEP ? until - ENS_INBOX_STEP : 0;
        j->num_window = 0;
        code = ens__store_journal_list(j->v->pages->store, &query, keep_row, j, err);
        for (size_t i = j->num_window; i > 0 && j->num < ENS_INBOX_ROWS; i--)
            j->found[j->num++] = j->window[i - 1];
        looked_at += ENS_INBOX_STEP;
        until = query.since;
        j->oldest = query.since + 1;
    }
    if (j->num == ENS_INBOX_ROWS)
        j->oldest = j->found[j->num - 1].row.seq;
    j->more = j->oldest > 1;
    return code == ENS_OK && j->failed ? ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the rows", 0) : code;
}

static ens_text_key direction_words(const ens__journal_row *row)
{
    return row->direction == ENS_OUT ? ENS_T_WENT : ENS_T_CAME;
}

static void put_what(ens_visit *v, const ens__journal_row *row)
{
    char path[64];
    snprintf(path, sizeof path, "/inbox/%llu", (unsigned long long)row->seq);
    ens__h_open(&v->h, "td");
    ens__h_link(&v->h, path, row->action.len ? row->action : ens_str(ens__entry_kind_name(row->kind)));
    ens__h_open(&v->h, "span");
    ens__h_attr(&v->h, "class", "dim small");
    ens__h_put(&v->h, " ");
    ens__said(&v->h, &v->screen, direction_words(row));
    ens__h_close(&v->h);
    ens__h_close(&v->h);
}

static bool has_verdict(const ens__journal_row *row)
{
    return row->kind != ENS_ENTRY_NOTE && (row->direction == ENS_IN || row->verdict != ENS_UNDECIDED);
}

static void put_row(ens_visit *v, const ens__journal_row *row)
{
    const char *verdict = ens_verdict_name(row->verdict);
    ens__h_open(&v->h, "tr");
    ens__h_attrf(&v->h, "data-seq", "%llu", (unsigned long long)row->seq);
    ens__h_open(&v->h, "td");
    ens__h_time(&v->h, row->at_ms);
    ens__h_close(&v->h);
    put_what(v, row);
    ens__h_leaf_slice(&v->h, "td", "mono", row->party.len ? row->party : row->peer);
    ens__h_open(&v->h, "td");
    ens__h_attr(&v->h, "class", "mono");
    ens__h_text(&v->h, row->lrn.len ? row->lrn : row->mrn);
    ens__h_close(&v->h);
    ens__h_open(&v->h, "td");
    if (has_verdict(row))
        ens__h_tag(&v->h, verdict, verdict);
    ens__h_put(&v->h, " ");
    ens__h_text(&v->h, row->ebms);
    ens__h_close(&v->h);
    ens__h_leaf_slice(&v->h, "td", "dim small", ens_sub(row->detail, 0, 160));
    ens__h_close(&v->h);
    ens_buf_text(v->h.out, "\n");
}

static void put_rows(const job *j)
{
    static const ens_text_key heads[] = {ENS_T_TIME,       ENS_T_MESSAGE, ENS_T_PARTY,
                                         ENS_T_LRN_OR_MRN, ENS_T_VERDICT, ENS_T_DETAIL};
    ens_visit *v = j->v;
    ens__h_open(&v->h, "div");
    ens__h_attr(&v->h, "id", "rows");
    if (!j->q.before) {
        ens__h_path(&v->h, "data-live", "/inbox/events");
        ens__h_attr(&v->h, "data-events", "journal");
    }
    if (!j->num)
        ens__said_leaf(&v->h, &v->screen, "p", "empty", ENS_T_INBOX_EMPTY);
    else {
        ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
        for (size_t i = 0; i < j->num; i++)
            put_row(v, &j->found[i].row);
        ens__table_close(&v->h);
    }
    ens__h_close(&v->h);
}

/* -- Around them -- */

static void put_filter(ens_visit *v, ens_text_key label, const char *name, ens_slice value)
{
    ens__field_put(&v->h, &(ens_field){.name = name,
                                       .label = ens__visit_text(v, label),
                                       .type = "search",
                                       .value = value,
                                       .autocomplete = "off",
                                       .max = ENS_STORE_REFERENCE});
}

static void put_filters(ens_visit *v, const question *q)
{
    const char *const verdicts[] = {
        "",  ens__visit_text(v, ENS_T_ANY), "accepted", "accepted", "refused", "refused", "undecided", "undecided",
        NULL};
    const char *kinds[2 * ENS_ENTRY_KINDS + 3] = {"", ens__visit_text(v, ENS_T_ANY)};
    for (unsigned i = 0; i < ENS_ENTRY_KINDS; i++)
        kinds[2 * i + 2] = kinds[2 * i + 3] = ens__entry_kind_name((ens_entry_kind)i);
    ens__form_search(&v->h, "/inbox");
    put_filter(v, ENS_T_PARTY, "party", q->party);
    put_filter(v, ENS_T_ACTION, "action", q->action);
    put_filter(v, ENS_T_LRN, "lrn", q->lrn);
    put_filter(v, ENS_T_MRN, "mrn", q->mrn);
    ens__choice_put(&v->h, "verdict", ens__visit_text(v, ENS_T_VERDICT), q->verdict, verdicts);
    ens__choice_put(&v->h, "kind", ens__visit_text(v, ENS_T_KIND), q->kind, kinds);
    ens__form_search_close(&v->h, ens__visit_text(v, ENS_T_FILTER));
}

static void put_older(const job *j)
{
    uint8_t storage[PATH_LONG];
    ens_buf path;
    char before[24];
    const question *q = &j->q;
    if (!j->more)
        return;
    snprintf(before, sizeof before, "%llu", (unsigned long long)j->oldest);
    ens_buf_init(&path, storage, sizeof storage, 16 * sizeof storage);
    ens_buf_text(&path, "/inbox");
    ens__h_query(&path, "party", q->party);
    ens__h_query(&path, "action", q->action);
    ens__h_query(&path, "lrn", q->lrn);
    ens__h_query(&path, "mrn", q->mrn);
    ens__h_query(&path, "verdict", q->verdict);
    ens__h_query(&path, "kind", q->kind);
    ens__h_query(&path, "before", ens_str(before));
    ens_buf_add(&path, "", 1);
    ens__h_open(&j->v->h, "p");
    ens__h_link(&j->v->h, path.failed ? "/inbox" : (char *)path.p, ens_str(ens__visit_text(j->v, ENS_T_OLDER)));
    ens__h_close(&j->v->h);
    ens_buf_free(&path);
}

void ens__inbox_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_err err = {0};
    ens__visit_begin(&v, pages, r, a, "/inbox");
    job *j = ens_arena_take(r->arena, sizeof *j);
    if (!j) {
        ens__visit_sorry(&v, 503, "out of memory");
        return;
    }
    *j = (job){.v = &v, .q = read_question(r)};
    if (look(j, &err) != ENS_OK) {
        ens__visit_failed(&v, &err);
        return;
    }
    ens__visit_page(&v, ENS_T_INBOX, ENS_T_INBOX_LEAD);
    put_filters(&v, &j->q);
    if (!j->q.before)
        ens__live_mark(&v.h, &v.screen);
    put_rows(j);
    put_older(j);
    ens__visit_end(&v);
}

void ens__inbox_events(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens__live_join(((ens_pages *)pages)->live, r, a);
}
