/* Process 2: EUCTP as the operator sees it, and the desk of the provider that posts tasks (its form is assumed). */
#include "sti/clock/clock.h"
#include "web/registration/walk.h"

#include <stdio.h>

#define DOCUMENT_MAX ((size_t)64 << 10)

/* behalf is the EORI that was chosen on the landing page; rights have to be there. */
static bool behalf(ens_walk *w, ens__rights *q)
{
    bool held = false;
    ens_slice chosen = ens__web_cookie(w->v.r, w->room->facts->behalf);
    if (!ens__walk_logged_in(w))
        return false;
    if (chosen.len <= 6) {
        ens__walk_go(w, ENS_WALK "/uumds?to=euctp");
        return false;
    }
    if (ens__rights_held(w->r, w->me.account.id, ens_from(chosen, 6), q, &held, &w->err) != ENS_OK)
        ens__walk_failed(w);
    else if (!held)
        ens__visit_sorry(&w->v, 403,
                         ens__walk_said(w, "You hold no rights for this EORI in this environment: ask for them first.",
                                        "Vous n'avez pas de droits pour cet EORI dans cet environnement : demandez-les "
                                        "d'abord."));
    return held;
}

static void put_task(ens_walk *w, const ens__todo *t)
{
    char path[ENS_WALK_PATH];
    ens_html *h = &w->v.h;
    ens__h_open(h, "section");
    ens__h_leaf(h, "h3", NULL, t->title);
    ens__h_open(h, "p");
    ens__h_putf(h, "%s %s. %s: ", ens__walk_said(w, "From", "De"), t->provider,
                ens__walk_said(w, "Deadline", "\u00c9ch\u00e9ance"));
    ens__walk_day(w, t->deadline);
    if (!t->answered_at && t->deadline < w->now)
        ens__h_tag(h, "fail", ens__walk_said(w, "passed", "d\u00e9pass\u00e9e"));
    if (t->mrn[0])
        ens__h_putf(h, " MRN %s, %s", t->mrn, t->reference);
    ens__h_close(h);
    if (t->text[0])
        ens__h_leaf(h, "p", NULL, t->text);
    if (t->answered_at) {
        ens__h_leaf(h, "blockquote", NULL, t->answer);
        snprintf(path, sizeof path, ENS_WALK "/euctp/%s/document", t->id);
        if (t->mrn[0])
            ens__walk_link(w, path, "IE3R02");
    } else {
        snprintf(path, sizeof path, ENS_WALK "/euctp/%s", t->id);
        ens__form_open(h, &w->v.screen, path);
        ens__h_open(h, "div");
        ens__h_open(h, "label");
        ens__h_attrf(h, "for", "f-%s", t->id);
        ens__h_put(h, "Answer (r\u00e9ponse)");
        ens__h_close(h);
        ens__h_open(h, "textarea");
        ens__h_attrf(h, "id", "f-%s", t->id);
        ens__h_attr(h, "name", "answer");
        ens__h_attr(h, "maxlength", "512");
        ens__h_close(h);
        ens__h_close(h);
        ens__form_close(h, "Answer (r\u00e9pondre)");
    }
    ens__h_close(h);
}

static void put_information(ens_walk *w, const char *eori)
{
    ens__information *all = NULL;
    size_t num = 0;
    ens_html *h = &w->v.h;
    ens__walk_h2(w, "For information alone: IE3Q01 to IE3Q03 (ICD 3.3.2.3)",
                 "Pour information seulement : IE3Q01 \u00e0 IE3Q03 (ICD 3.3.2.3)");
    if (ens__information_of(w->r, eori, &w->arena, &all, &num, &w->err) != ENS_OK || !num)
        ens__h_leaf(h, "p", "empty", ens__walk_said(w, "There is none.", "Aucun."));
    ens__h_open(h, "ul");
    for (size_t i = 0; i < num; i++) {
        ens__h_open(h, "li");
        ens__walk_day(w, all[i].at);
        ens__h_putf(h, " %s, MRN %s", all[i].action, all[i].mrn);
        ens__h_close(h);
    }
    ens__h_close(h);
}

void ens__euctp_show(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__rights q;
    ens__todo *all = NULL;
    size_t num = 0;
    ens__walk_begin(&w, room, r, a);
    if (behalf(&w, &q)) {
        ens__walk_page(
            &w, ens__walk_said(&w, "EUCTP, rehearsed: signed in", "EUCTP, r\u00e9p\u00e9tition : connect\u00e9"), NULL);
        ens__h_leaf(&w.v.h, "p", NULL, q.eori);
        ens__walk_h2(&w, "To-do tasks of the provider (their form is assumed)",
                     "T\u00e2ches du prestataire (forme suppos\u00e9e)");
        if (ens__todos(w.r, q.eori, NULL, &w.arena, &all, &num, &w.err) != ENS_OK || !num)
            ens__h_leaf(&w.v.h, "p", "empty",
                        ens__walk_said(&w, "The provider has posted none.", "Le prestataire n'en a pas post\u00e9."));
        for (size_t i = 0; i < num; i++)
            put_task(&w, &all[i]);
        put_information(&w, q.eori);
        ens__walk_link(&w, ENS_WALK "/provider", ens__walk_said(&w, "The provider's desk", "Le bureau du prestataire"));
        ens__walk_close(&w);
    }
    ens__walk_end(&w);
}

void ens__euctp_answer(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__rights q;
    ens__todo t;
    ens__walk_begin(&w, room, r, a);
    if (behalf(&w, &q) && ens__walk_posted(&w, ENS_RANK_TESTER)) {
        ens_code code = ens__todo_find(w.r, r->capture[0], q.eori, &t, &w.err);
        if (code == ENS_OK)
            code = ens__todo_answer(w.r, &t, ens__walk_value(&w, "answer"), w.now, &w.err);
        if (code == ENS_OK)
            ens__walk_go(&w, ENS_WALK "/euctp");
        else
            ens__walk_failed(&w);
    }
    ens__walk_end(&w);
}

void ens__euctp_document(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__rights q;
    ens__todo t;
    ens__walk_begin(&w, room, r, a);
    if (behalf(&w, &q)) {
        ens_code code = ens__todo_find(w.r, r->capture[0], q.eori, &t, &w.err);
        if (code == ENS_OK)
            code = ens__todo_document(&t, &a->body, &w.err);
        if (code == ENS_OK) {
            a->type = "application/xml";
            ens__web_download(a, ens__rehearsal_environment(w.r) == ENS_PRODUCTION
                                     ? ENS_LIT("REHEARSAL-production-ie3r02.xml")
                                     : ENS_LIT("REHEARSAL-conformance-ie3r02.xml"));
        } else {
            ens__walk_failed(&w);
        }
    }
    ens__walk_end(&w);
}

/* -- The provider -- */

static void page_provider(ens_walk *w, bool posted)
{
    ens_html *h = &w->v.h;
    ens__walk_page(
        w, ens__walk_said(w, "The provider's desk", "Le bureau du prestataire"),
        ens__walk_said(w,
                       "The provider registers its own certificate by process 1, and posts tasks here "
                       "(assumed).",
                       "Le prestataire enregistre son propre certificat par le processus 1, et poste ici des "
                       "t\u00e2ches (suppos\u00e9)."));
    if (posted)
        ens__walk_told(w, "pass", ens__walk_said(w, "The task is posted.", "La t\u00e2che est post\u00e9e."));
    ens__walk_findings(w);
    ens__form_open(h, &w->v.screen, ENS_WALK "/provider");
    ens__walk_input(w, "provider", "Provider's EORI (EORI du prestataire)", NULL, ens__walk_value(w, "provider"), true);
    ens__walk_input(w, "client", "Operator's EORI (EORI de l'op\u00e9rateur)", NULL, ens__walk_value(w, "client"),
                    true);
    ens__walk_input(w, "title", "Title (titre)", NULL, ens__walk_value(w, "title"), true);
    ens__walk_area(w, "text", "Text (texte)", ens__walk_value(w, "text"));
    ens__walk_input(w, "mrn", "MRN", ens__walk_said(w, "of an IE3Q02, or empty", "d'un IE3Q02, ou vide"),
                    ens__walk_value(w, "mrn"), false);
    ens__walk_input(w, "reference", "Referral request reference (r\u00e9f\u00e9rence de la demande)", NULL,
                    ens__walk_value(w, "reference"), false);
    ens__walk_input(w, "deadline", "Deadline (\u00e9ch\u00e9ance)", ens__walk_said(w, "3d, 12h", "3d, 12h"),
                    ens__walk_value(w, "deadline"), true);
    ens__form_close(h, "Post (poster)");
    ens__walk_close(w);
}

void ens__provider_show(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    page_provider(&w, false);
    ens__walk_end(&w);
}

void ens__provider_post(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__todo t;
    int64_t by = 0;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_posted(&w, ENS_RANK_TESTER)) {
        ens__todo_form f = {.provider = ens__trim(ens__walk_value(&w, "provider")),
                            .client = ens__trim(ens__walk_value(&w, "client")),
                            .title = ens__trim(ens__walk_value(&w, "title")),
                            .text = ens__walk_value(&w, "text"),
                            .mrn = ens__trim(ens__walk_value(&w, "mrn")),
                            .reference = ens__trim(ens__walk_value(&w, "reference"))};
        if (ens__duration_read(ens__trim(ens__walk_value(&w, "deadline")), &by))
            f.deadline = w.now + by / 1000;
        if (ens__todo_post(w.r, &f, w.now, w.report, &t, &w.err) != ENS_OK) {
            ens__walk_failed(&w);
        } else {
            bool posted = ens_report_verdict(w.report) == ENS_ACCEPTED;
            a->status = posted ? 200 : 422;
            page_provider(&w, posted);
        }
    }
    ens__walk_end(&w);
}
