#include "web/pages/filings.h"

#include "sti/filing/desk.h"
#include "sti/filing/shelf.h"
#include "web/pages/visit.h"

#include <stdio.h>

#define FILINGS_COUNTED 100000u /* at most */

/* What is shown of a filing in a row. */
typedef struct {
    char mrn[19], action[8], lrn[ENS_FILING_LRN], declarant[ENS_FILING_PERSON];
    unsigned state;
    ens_time registered;
    ens_pile pile;
} line;

typedef struct {
    ens_visit *v;
    int pile; /* -1: all */
    ens_slice lrn;
    size_t of[ENS_PILES], seen;
    line last[ENS_FILINGS_ROWS]; /* a ring: those registered last */
    size_t num;
    ens_err err;
    ens_code code;
} job;

static const ens_text_key names[ENS_PILES] = {ENS_T_PILE_ACTION, ENS_T_PILE_WAITING, ENS_T_PILE_REGISTERED,
                                              ENS_T_PILE_DONE};
static const ens_text_key meanings[ENS_PILES] = {ENS_T_PILE_ACTION_IS, ENS_T_PILE_WAITING_IS, ENS_T_PILE_REGISTERED_IS,
                                                 ENS_T_PILE_DONE_IS};

static void keep_line(job *j, const ens_filing *f, ens_pile pile)
{
    size_t at = j->num;
    if (j->num == ENS_FILINGS_ROWS) { /* in the place of the one that was registered first */
        at = 0;
        for (size_t i = 1; i < j->num; i++)
            if (j->last[i].registered < j->last[at].registered)
                at = i;
        if (j->last[at].registered > f->registered)
            return;
    } else {
        j->num++;
    }
    line *l = &j->last[at];
    *l = (line){.state = f->state, .registered = f->registered, .pile = pile};
    memcpy(l->mrn, f->mrn, sizeof l->mrn);
    memcpy(l->action, f->action, sizeof l->action);
    memcpy(l->lrn, f->lrn, sizeof l->lrn);
    memcpy(l->declarant, f->declarant, sizeof l->declarant);
}

static bool take_filing(void *user, const ens__filing_row *row)
{
    job *j = user;
    ens_filing f;
    j->code = ens__filing_of_row(row, &f, &j->err);
    if (j->code != ENS_OK || j->seen++ == FILINGS_COUNTED)
        return false;
    ens_pile pile = ens__filing_pile(&f);
    j->of[pile]++;
    if (j->pile < 0 || (ens_pile)j->pile == pile)
        keep_line(j, &f, pile);
    return true;
}

static int by_time(const void *a, const void *b)
{
    const line *x = a, *y = b;
    return x->registered != y->registered ? (x->registered < y->registered ? 1 : -1) : strcmp(y->mrn, x->mrn);
}

static void put_piles(const job *j)
{
    ens_visit *v = j->v;
    char path[64];
    ens__h_open(&v->h, "ul");
    ens__h_attr(&v->h, "class", "piles");
    for (int i = 0; i < ENS_PILES; i++) {
        snprintf(path, sizeof path, "/filings?pile=%s", ens__pile_name((ens_pile)i));
        ens__h_open(&v->h, "li");
        ens__h_open(&v->h, "a");
        ens__h_path(&v->h, "href", path);
        ens__h_attr(&v->h, "class", ens__pile_name((ens_pile)i));
        if (j->pile == i)
            ens__h_attr(&v->h, "aria-current", "true");
        ens__h_open(&v->h, "strong");
        ens__h_putf(&v->h, "%zu", j->of[i]);
        ens__h_close(&v->h);
        ens__said(&v->h, &v->screen, names[i]);
        ens__h_bare(&v->h, "br");
        ens__said_leaf(&v->h, &v->screen, "span", "dim small", meanings[i]);
        ens__h_close(&v->h);
        ens__h_close(&v->h);
    }
    ens__h_close(&v->h);
}

static void put_line(ens_visit *v, const line *l)
{
    char path[64];
    snprintf(path, sizeof path, "/filings/%s", l->mrn);
    ens__h_open(&v->h, "tr");
    ens__h_attr(&v->h, "data-seq", l->mrn);
    ens__h_open(&v->h, "td");
    ens__h_link(&v->h, path, ens_str(l->mrn));
    ens__h_close(&v->h);
    ens__h_leaf(&v->h, "td", NULL, l->action);
    ens__h_leaf(&v->h, "td", "mono", l->lrn);
    ens__h_leaf(&v->h, "td", "mono", l->declarant);
    ens__h_open(&v->h, "td");
    ens__h_tag(&v->h, ens__pile_name(l->pile), ens__filing_state_name(l->state));
    ens__h_close(&v->h);
    ens__h_open(&v->h, "td");
    ens__h_time(&v->h, l->registered * 1000);
    ens__h_close(&v->h);
    ens__h_close(&v->h);
    ens_buf_text(v->h.out, "\n");
}

static void put_lines(const job *j)
{
    static const ens_text_key heads[] = {ENS_T_MRN,       ENS_T_ACTION, ENS_T_LRN,
                                         ENS_T_DECLARANT, ENS_T_STATE,  ENS_T_REGISTERED};
    ens_visit *v = j->v;
    if (!j->num) {
        ens__said_leaf(&v->h, &v->screen, "p", "empty", ENS_T_FILINGS_EMPTY);
        return;
    }
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < j->num; i++)
        put_line(v, &j->last[i]);
    ens__table_close(&v->h);
}

static int pile_of(ens_slice name)
{
    for (int i = 0; i < ENS_PILES; i++)
        if (ens_is(name, ens__pile_name((ens_pile)i)))
            return i;
    return -1;
}

void ens__filings_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens__visit_begin(&v, pages, r, a, "/filings");
    job *j = ens_arena_zero(r->arena, sizeof *j);
    if (!j) {
        ens__visit_sorry(&v, 503, "out of memory");
        return;
    }
    j->v = &v;
    j->pile = pile_of(ens__web_query(r, "pile"));
    const ens__filing_query q = {ENS_LIT("*"), ens__trim(ens__web_query(r, "lrn")), -1};
    ens_code code = ens__store_list_filings(v.pages->store, &q, take_filing, j, &j->err);
    if (code != ENS_OK || j->code != ENS_OK) {
        ens__visit_failed(&v, &j->err);
        return;
    }
    qsort(j->last, j->num, sizeof *j->last, by_time);
    ens__visit_page(&v, ENS_T_FILINGS, ENS_T_FILINGS_LEAD);
    ens__form_search(&v.h, "/filings");
    ens__field_put(&v.h, &(ens_field){.name = "lrn",
                                      .label = ens__visit_text(&v, ENS_T_LRN),
                                      .type = "search",
                                      .value = q.lrn,
                                      .max = ENS_FILING_LRN - 1});
    ens__form_search_close(&v.h, ens__visit_text(&v, ENS_T_FILTER));
    ens__live_mark(&v.h, &v.screen);
    ens__h_open(&v.h, "div");
    ens__h_attr(&v.h, "id", "filings");
    ens__h_path(&v.h, "data-live", "/inbox/events");
    ens__h_attr(&v.h, "data-events", "journal change");
    put_piles(j);
    put_lines(j);
    ens__h_close(&v.h);
    ens__visit_end(&v);
}
