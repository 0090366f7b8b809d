/* One visit: the request of a browser, who asks, and the screen that it is answered with. Inside of the pages, and for
 * the rooms that stand beside them. */
#ifndef ENS_WEB_PAGES_VISIT_H
#define ENS_WEB_PAGES_VISIT_H

#include "ensign/verify.h"
#include "web/pages/live.h"
#include "web/pages/pages.h"
#include "web/pages/screen.h"
#include "web/pages/users.h"

#define ENS_VISIT_PATH 1024u
#define ENS_COOKIE_LANGUAGE "ensign-language"

/* A rule of faults, as the configuration has it. */
typedef struct {
    ens_fault_kind kind;
    char code[16], party[80], action[32], lrn[96];
    unsigned times;
} ens_page_fault;
#define ENS_PAGE_FAULTS 64u

struct ens_pages {
    ens_web_ground ground; /* without config */
    ens__store *store;
    ens_trust *customs; /* anchors of customs, where they are known: those of a demo; else NULL */
    ens_sessions *sessions;
    ens_users *users; /* NULL: nobody logs in */
    ens_live *live;
    char *store_name, *registry, *scenarios, *pki; /* of the configuration; NULL: none. pki: of a demo */
    bool rehearsal;                                /* the profile */
    ens_page_fault fault[ENS_PAGE_FAULTS];
    size_t num_faults;
};

/* A thread's own. */
typedef struct {
    ens_verifier *verifier, *reader; /* reader: of documents, while a message of the other is at hand */
    ens_report *report, *aside;
} ens_visit_tools;

typedef struct {
    ens_pages *pages;
    ens_web_request *r;
    ens_web_answer *a;
    ens_html h;
    ens_screen screen;
    ens_visitor visitor;
    ens_visit_tools *tools;
    int64_t now_ms; /* of the environment */
} ens_visit;

/* ens__visit_begin fills in all but the title; the answer is a page. ens__visit_page sets title and lead, and writes
 * the head. ens__visit_end writes the foot. */
void ens__visit_begin(ens_visit *v, void *pages, ens_web_request *r, ens_web_answer *a, const char *room);
void ens__visit_page(ens_visit *v, ens_text_key title, ens_text_key lead);
void ens__visit_titled(ens_visit *v, const char *title, const char *lead);
void ens__visit_end(ens_visit *v);

/* ens__visit_form reads the form that was posted, and makes sure that a page of ours had it sent, for this visitor, who
 * may do so much. False: the answer is a page that says why not. */
ENS_CHECK bool ens__visit_form(ens_visit *v, ens_rank least, ens_web_pairs *out);
/* ens__visit_may is the same for a page that is only read. */
ENS_CHECK bool ens__visit_may(ens_visit *v, ens_rank least);

/* ens__visit_sorry answers with a page that says what went wrong, and what may be done. */
void ens__visit_sorry(ens_visit *v, unsigned status, const char *why);
void ens__visit_failed(ens_visit *v, const ens_err *err);
/* ens__visit_go answers 303: what was posted is done, and its page is shown. */
void ens__visit_go(ens_visit *v, const char *path);
/* ens__visit_note writes a row into the journal that tells who did what. */
void ens__visit_note(ens_visit *v, ens_slice message_id, const char *what, ...) ENS_PRINTF(3, 4);

/* ens__visit_hash is FNV-1a: what texts are compared by where a mistake would cost a picture alone. */
uint64_t ens__visit_hash(ens_slice text);

static inline const char *ens__visit_text(const ens_visit *v, ens_text_key key)
{
    return ens__text_of(v->screen.language, key);
}

#endif
