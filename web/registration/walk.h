/* One page of a walk through the registration: who walks, where, and what is written. Labels of Prodouane stand in
 * French with English beside, those of UUM&DS the other way round, whatever the page's language is; all else is said in
 * the page's language. */
#ifndef ENS_WEB_REGISTRATION_WALK_H
#define ENS_WEB_REGISTRATION_WALK_H

#include "show/rehearsal.h"
#include "sti/account/login.h"
#include "sti/registration/landing.h"
#include "web/pages/visit.h"
#include "web/registration/room.h"

#define ENS_WALK "/registration"
#define ENS_WALK_PDF_BODY (ENS_DOSSIER_PDF_MAX + ((size_t)1 << 20))
#define ENS_WALK_PATH 128u

struct ens_registration {
    ens_pages *pages;
    ens__rehearsal *r;
    const ens__environment_facts *facts;
};

typedef struct {
    ens_visit v;
    ens_registration *room;
    ens__rehearsal *r;
    ens_time now;
    ens__login_session me;
    bool in; /* me is logged in */
    ens_web_pairs form;
    ens_report *report;
    ens_arena arena;
    ens_err err;
} ens_walk;

/* Every handler begins and ends a walk. */
void ens__walk_begin(ens_walk *w, void *room, ens_web_request *r, ens_web_answer *a);
void ens__walk_end(ens_walk *w);

/* ens__walk_said is the text in the page's language. */
const char *ens__walk_said(const ens_walk *w, const char *english, const char *french);
/* ens__walk_page begins a page, with the steps that lead on; ens__walk_close ends it. */
void ens__walk_page(ens_walk *w, const char *title, const char *lead);
void ens__walk_close(ens_walk *w);

/* ens__walk_logged_in sends to the log-in who isn't. ens__walk_posted reads a form of ours. ens__walk_value is a field
 * of it. */
bool ens__walk_logged_in(ens_walk *w);
bool ens__walk_posted(ens_walk *w, ens_rank least);
ens_slice ens__walk_value(const ens_walk *w, const char *name);
/* ens__walk_failed answers with what w->err tells: what isn't there and what is another's look alike. */
void ens__walk_failed(ens_walk *w);
void ens__walk_go(ens_walk *w, const char *path);

/* Pieces of pages. */
void ens__walk_p(ens_walk *w, const char *english, const char *french);
void ens__walk_h2(ens_walk *w, const char *english, const char *french);
void ens__walk_link(ens_walk *w, const char *path, const char *text); /* a paragraph of its own */
void ens__walk_told(ens_walk *w, const char *klass, const char *text);
void ens__walk_input(ens_walk *w, const char *name, const char *label, const char *note, ens_slice value,
                     bool required);
void ens__walk_password(ens_walk *w, const char *label);
void ens__walk_area(ens_walk *w, const char *name, const char *label, ens_slice value);
void ens__walk_tick(ens_walk *w, const char *name, const char *label, bool ticked);
void ens__walk_file(ens_walk *w, const char *name, const char *label);
/* ens__walk_act is a form of one button, with a hidden field. */
void ens__walk_act(ens_walk *w, const char *path, const char *name, const char *value, const char *button);
/* ens__walk_findings lists what failed and warned, with what to do; what is assumed is marked so. */
void ens__walk_findings(ens_walk *w);
void ens__walk_day(ens_walk *w, ens_time at); /* "-" where it is 0 */

/* The doors, by their rooms. */
ens_web_handle ens__start_show, ens__start_sheet;
ens_web_handle ens__account_new, ens__account_create_it, ens__account_confirm_show, ens__account_confirm_it,
    ens__account_nomail, ens__account_resend_it, ens__login_show, ens__login_it, ens__logout_it, ens__account_dashboard,
    ens__account_me, ens__account_me_change, ens__company_verify, ens__company_confirm_it, ens__account_preferences,
    ens__account_preferences_change;
ens_web_handle ens__mails_show, ens__mail_show, ens__mail_file, ens__rights_show, ens__rights_compose, ens__rights_take,
    ens__desk_show, ens__desk_decide, ens__desk_act;
ens_web_handle ens__landing_show, ens__landing_submit, ens__uumds_dashboard, ens__uumds_user, ens__uumds_new,
    ens__uumds_step_1, ens__dossier_show, ens__dossier_pdf, ens__dossier_preflight, ens__dossier_upload_it,
    ens__dossier_next;
ens_web_handle ens__euctp_show, ens__euctp_answer, ens__euctp_document, ens__provider_show, ens__provider_post;

#endif
