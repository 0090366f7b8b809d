/* Mails, requests for rights, and the desk of an officer. */
#include "sti/rights/eml.h"
#include "web/registration/walk.h"

#include <stdio.h>

#define DAY 86400
#define LETTER_MAX ((size_t)16 << 10)

/* -- The outbox -- */

void ens__mails_show(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__mail *mails = NULL;
    size_t num = 0;
    ens__walk_begin(&w, room, r, a);
    ens_html *h = &w.v.h;
    if (ens__mails(w.r, NULL, &w.arena, &mails, &num, &w.err) != ENS_OK) {
        ens__walk_failed(&w);
    } else {
        ens__walk_page(&w, ens__walk_said(&w, "Outbox", "Bo\u00eete d'envoi"),
                       ens__walk_said(&w, "What the rehearsal writes stays here, unless the settings list an address.",
                                      "Ce que la r\u00e9p\u00e9tition \u00e9crit reste ici, sauf adresse list\u00e9e "
                                      "dans les r\u00e9glages."));
        if (!num)
            ens__h_leaf(h, "p", "empty", ens__walk_said(&w, "There is no mail yet.", "Aucun message."));
        ens__h_open(h, "ul");
        for (size_t i = 0; i < num; i++) {
            char path[ENS_WALK_PATH];
            snprintf(path, sizeof path, ENS_WALK "/mails/%s", mails[i].id);
            ens__h_open(h, "li");
            ens__walk_day(&w, mails[i].at);
            ens__h_put(h, " ");
            ens__h_link(h, path, ens_str(mails[i].subject));
            ens__h_putf(h, " \u2192 %s (%s)", mails[i].to, ens__mail_state_name(mails[i].state));
            ens__h_close(h);
        }
        ens__h_close(h);
        ens__walk_close(&w);
    }
    ens__walk_end(&w);
}

/* put_linked writes a mail's text, and below it its link as a link of this server. */
static void put_linked(ens_walk *w, ens_slice body)
{
    static const char *const marks[] = {ENS_WALK "/confirm?link=", "account confirm "};
    char path[ENS_WALK_PATH];
    ens__h_open(&w->v.h, "pre");
    ens__h_attr(&w->v.h, "class", "mail");
    ens__h_attr(&w->v.h, "tabindex", "0");
    ens__h_lines(&w->v.h, body);
    ens__h_close(&w->v.h);
    for (size_t i = 0; i < 2; i++) {
        size_t at = ens__find(body, ens_str(marks[i]), 0);
        if (at == SIZE_MAX)
            continue;
        ens_slice link = ens_sub(body, at + strlen(marks[i]), at + strlen(marks[i]) + ENS_ID - 1);
        snprintf(path, sizeof path, ENS_WALK "/confirm?link=%.*s", (int)link.len, (const char *)link.p);
        ens__walk_link(w, path, ens__walk_said(w, "Follow the link", "Suivre le lien"));
        return;
    }
}

void ens__mail_show(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__mail mail;
    ens_buf body;
    char path[ENS_WALK_PATH];
    ens__walk_begin(&w, room, r, a);
    ens_buf_init(&body, NULL, 0, ENS_MAIL_BODY_MAX);
    if (ens__mail_find(w.r, r->capture[0], &mail, &body, &w.err) != ENS_OK) {
        ens__walk_failed(&w);
    } else {
        snprintf(path, sizeof path, ENS_WALK "/mails/%s/file", mail.id);
        ens__walk_page(&w, mail.subject, NULL);
        ens__h_open(&w.v.h, "dl");
        ens__h_fact(&w.v.h, ens__walk_said(&w, "To", "\u00c0"), ens_str(mail.to));
        ens__h_fact(&w.v.h, ens__walk_said(&w, "State", "\u00c9tat"), ens_str(ens__mail_state_name(mail.state)));
        ens__h_fact(&w.v.h, ens__walk_said(&w, "Why", "Motif"), ens_str(mail.reason));
        ens__h_close(&w.v.h);
        put_linked(&w, ens_buf_slice(&body));
        ens__walk_link(&w, path, ens__walk_said(&w, "Download it (.eml)", "T\u00e9l\u00e9charger (.eml)"));
        ens__walk_close(&w);
    }
    ens_buf_free(&body);
    ens__walk_end(&w);
}

void ens__mail_file(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__mail mail;
    ens_buf body;
    char name[ENS_ID + 32];
    ens__walk_begin(&w, room, r, a);
    ens_buf_init(&body, NULL, 0, ENS_MAIL_BODY_MAX);
    if (ens__mail_find(w.r, r->capture[0], &mail, &body, &w.err) != ENS_OK) {
        ens__walk_failed(&w);
    } else {
        snprintf(name, sizeof name, "%s-%s.eml", ens__walk_said(&w, "REHEARSAL", "REPETITION"), mail.id);
        a->type = "message/rfc822";
        ens__web_download(a, ens_str(name));
        ens__mail_message(&mail, ens_buf_slice(&body), "rehearsal@ensign.invalid", &a->body);
    }
    ens_buf_free(&body);
    ens__walk_end(&w);
}

/* -- Asking for rights -- */

static void put_requests(ens_walk *w)
{
    ens__rights *all = NULL;
    size_t num = 0;
    ens_html *h = &w->v.h;
    if (!w->in || ens__rights_list(w->r, w->me.account.id, &w->arena, &all, &num, &w->err) != ENS_OK || !num)
        return;
    ens__walk_h2(w, "Your requests", "Vos demandes");
    ens__h_open(h, "ul");
    for (size_t i = 0; i < num; i++) {
        ens__h_open(h, "li");
        ens__h_tag(h,
                   all[i].state == ENS_RIGHTS_GRANTED   ? "pass"
                   : all[i].state == ENS_RIGHTS_REFUSED ? "fail"
                                                        : "warn",
                   ens__rights_state_name(all[i].state));
        ens__h_putf(h, " %s, %s%s%s", all[i].eori, all[i].company, all[i].reason[0] ? ": " : "", all[i].reason);
        ens__h_close(h);
    }
    ens__h_close(h);
}

/* put_composed shows the e-mail as it goes to the real mailbox. */
static void put_composed(ens_walk *w, const ens__letter *l)
{
    ens_buf text;
    ens_buf_init(&text, NULL, 0, LETTER_MAX);
    ens_buf_text(&text, "Objet : ");
    ens__letter_subject(l, &text);
    ens_buf_text(&text, "\n\n");
    ens__letter_body(l, &text);
    ens__h_open(&w->v.h, "pre");
    ens__h_attr(&w->v.h, "class", "letter");
    ens__h_attr(&w->v.h, "tabindex", "0");
    ens__h_lines(&w->v.h, ens_buf_slice(&text));
    ens__h_close(&w->v.h);
    ens_buf_free(&text);
}

static void put_compose_form(ens_walk *w, const ens__letter *l)
{
    char day[ENS_TIME_TEXT];
    ens_time wanted = l->wanted == ENS_TIME_NONE ? w->now + 7 * (ens_time)DAY : l->wanted;
    ens_html *h = &w->v.h;
    ens__walk_h2(w, "Compose it", "La composer");
    ens__form_open(h, &w->v.screen, ENS_WALK "/rights");
    ens__walk_input(w, "eori", "Num\u00e9ro EORI (EORI number)",
                    ens__walk_said(w, "FR and the SIRET or, since January 2026, the SIREN",
                                   "FR et le SIRET ou, depuis janvier 2026, le SIREN"),
                    ens_str(l->eori), true);
    ens__walk_input(w, "company", "Nom de la soci\u00e9t\u00e9 (company name)", NULL, ens_str(l->company), true);
    ens__walk_input(
        w, "date", "Date souhait\u00e9e (desired date)",
        ens__walk_said(w, "requests are taken in its order", "les demandes sont trait\u00e9es dans cet ordre"),
        ens_sub(ens_str(ens_time_format(wanted, day)), 0, 10), true);
    ens__form_close(h, "Envoyer (send)");
}

static void put_paste_form(ens_walk *w, ens_slice text)
{
    ens_html *h = &w->v.h;
    ens__walk_h2(w, "Or paste it, or drop it as .eml", "Ou la coller, ou la d\u00e9poser en .eml");
    ens__form_upload(h, &w->v.screen, ENS_WALK "/rights/take");
    ens__walk_area(w, "text", "Objet et texte (subject and text)", text);
    ens__h_open(h, "div");
    ens__h_open(h, "label");
    ens__h_attr(h, "for", "f-eml");
    ens__h_put(h, "Fichier .eml (.eml file)");
    ens__h_close(h);
    ens__h_bare(h, "input");
    ens__h_attr(h, "type", "file");
    ens__h_attr(h, "id", "f-eml");
    ens__h_attr(h, "name", "eml");
    ens__h_close(h);
    ens__form_close(h, "V\u00e9rifier et envoyer (check and send)");
}

static void page_rights(ens_walk *w, const ens__letter *l, ens_slice pasted)
{
    ens__walk_page(w, "Demande de droits UUM&DS (request for rights)",
                   ens__walk_said(w, "On the real way an e-mail to the ICS2 mailbox of French Customs.",
                                  "Sur le vrai chemin, un message \u00e0 la bo\u00eete ICS2 de la douane."));
    ens__walk_findings(w);
    put_requests(w);
    put_compose_form(w, l);
    if (l->eori[0] && l->company[0])
        put_composed(w, l);
    put_paste_form(w, pasted);
    ens__walk_close(w);
}

static ens__letter own_letter(const ens_walk *w)
{
    const ens__account *me = &w->me.account;
    ens__letter l = {.wanted = ENS_TIME_NONE, .environment = ens__rehearsal_environment(w->r)};
    snprintf(l.account, sizeof l.account, "%s", me->id);
    snprintf(l.company, sizeof l.company, "%s", me->company);
    if (me->siret[0])
        snprintf(l.eori, sizeof l.eori, "FR%s", me->siret);
    return l;
}

void ens__rights_show(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_logged_in(&w)) {
        ens__letter l = own_letter(&w);
        page_rights(&w, &l, (ens_slice){0});
    }
    ens__walk_end(&w);
}

/* take_letter keeps the request where all is there, for the user who is logged in alone. */
static void take_letter(ens_walk *w, const ens__letter *l, ens__rights_source source, ens_slice pasted)
{
    ens__rights q;
    if (l->account[0] && strcmp(l->account, w->me.account.id) != 0)
        ens__failf(w->report, "rights.user", ENS_RULE_RIGHTS, "name the user id that is logged in",
                   "the request names another user id than yours");
    if (ens__rights_ask(w->r, l, source, w->now, w->report, &q, &w->err) != ENS_OK) {
        ens__walk_failed(w);
    } else if (ens_report_verdict(w->report) != ENS_ACCEPTED) {
        ens__letter own = source == ENS_RIGHTS_COMPOSED ? *l : own_letter(w);
        w->v.a->status = 422;
        page_rights(w, &own, pasted);
    } else {
        ens__walk_go(w, ENS_WALK "/rights");
    }
}

static void copy(char *out, size_t size, ens_slice text)
{
    text = ens__trim(text);
    snprintf(out, size, "%.*s", (int)(text.len < size ? text.len : size - 1), text.len ? (const char *)text.p : "");
}

void ens__rights_compose(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_logged_in(&w) && ens__walk_posted(&w, ENS_RANK_TESTER)) {
        ens__letter l = own_letter(&w), read;
        ens_buf text;
        copy(l.eori, sizeof l.eori, ens__walk_value(&w, "eori"));
        copy(l.company, sizeof l.company, ens__walk_value(&w, "company"));
        if (!ens__date_read(ens__walk_value(&w, "date"), &l.wanted))
            l.wanted = ENS_TIME_NONE;
        ens_buf_init(&text, NULL, 0, LETTER_MAX);
        ens_buf_text(&text, "Subject: ");
        ens__letter_subject(&l, &text);
        ens_buf_text(&text, "\n\n");
        ens__letter_body(&l, &text);
        ens__letter_read(ens_buf_slice(&text), l.environment, w.now, &read, w.report);
        read.wanted = l.wanted;
        if (l.wanted == ENS_TIME_NONE)
            ens__failf(w.report, "rights.date", ENS_RULE_RIGHTS, "write it so: 2026-10-01", "the desired date is none");
        take_letter(&w, &read, ENS_RIGHTS_COMPOSED, (ens_slice){0});
        ens_buf_free(&text);
    }
    ens__walk_end(&w);
}

void ens__rights_take(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_logged_in(&w) && ens__walk_posted(&w, ENS_RANK_TESTER)) {
        ens__letter l;
        ens_slice eml = ens__walk_value(&w, "eml"), text = ens__walk_value(&w, "text");
        ens__environment here = ens__rehearsal_environment(w.r);
        if (eml.len)
            ens__letter_read_eml(eml, here, w.now, &l, w.report);
        else
            ens__letter_read(text, here, w.now, &l, w.report);
        take_letter(&w, &l, eml.len ? ENS_RIGHTS_EML : ENS_RIGHTS_PASTED, text);
    }
    ens__walk_end(&w);
}

/* -- The officer's desk -- */

static void put_waiting(ens_walk *w, const ens__rights *q)
{
    ens_html *h = &w->v.h;
    ens__h_open(h, "section");
    ens__h_open(h, "h3");
    ens__h_putf(h, "%s, %s", q->company, q->eori);
    ens__h_close(h);
    ens__h_open(h, "p");
    ens__h_putf(h, "%s: %s. %s: ", ens__walk_said(w, "User id", "Identifiant"), q->account,
                ens__walk_said(w, "Wanted for", "Souhait\u00e9 pour"));
    ens__walk_day(w, q->wanted);
    ens__h_putf(h, " (%s)", ens__rights_source_name(q->source));
    ens__h_close(h);
    ens__walk_act(w, ENS_WALK "/desk/rights", "grant", q->id, ens__walk_said(w, "Grant", "Accorder"));
    ens__form_open(h, &w->v.screen, ENS_WALK "/desk/rights");
    ens__h_bare(h, "input");
    ens__h_attr(h, "type", "hidden");
    ens__h_attr(h, "name", "refuse");
    ens__h_attr(h, "value", q->id);
    ens__h_open(h, "div");
    ens__h_open(h, "label");
    ens__h_attrf(h, "for", "f-%s", q->id);
    ens__h_put(h, ens__walk_said(w, "Reason", "Motif"));
    ens__h_close(h);
    ens__h_bare(h, "input");
    ens__h_attrf(h, "id", "f-%s", q->id);
    ens__h_attr(h, "name", "reason");
    ens__h_close(h);
    ens__form_close(h, ens__walk_said(w, "Refuse", "Refuser"));
    ens__h_close(h);
}

static void put_acts(ens_walk *w, const ens__dossier *d, ens__dossier_status status)
{
    static const struct {
        ens__dossier_status in;
        const char *act, *english, *french;
    } acts[] = {{ENS_DOSSIER_ACTIVE, "suspend", "Suspend", "Suspendre"},
                {ENS_DOSSIER_SUSPENDED, "resume", "Make active again", "R\u00e9activer"},
                {ENS_DOSSIER_ACTIVE, "revoke", "Revoke", "R\u00e9voquer"},
                {ENS_DOSSIER_SUSPENDED, "revoke", "Revoke", "R\u00e9voquer"}};
    ens_html *h = &w->v.h;
    ens__h_open(h, "section");
    ens__h_open(h, "h3");
    ens__h_putf(h, "%s, %s ", d->name, d->eori);
    ens__h_tag(h, status == ENS_DOSSIER_ACTIVE ? "pass" : "warn",
               ens__walk_said(w, ens__dossier_status_name(status), ens__dossier_status_french(status)));
    ens__h_close(h);
    ens__h_open(h, "div");
    ens__h_attr(h, "class", "acts");
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (acts[i].in == status) {
            char value[ENS_ID + 16];
            snprintf(value, sizeof value, "%s %s", acts[i].act, d->id);
            ens__walk_act(w, ENS_WALK "/desk/certificates", "act", value,
                          ens__walk_said(w, acts[i].english, acts[i].french));
        }
    ens__h_close(h);
    ens__h_close(h);
}

static void put_desk(ens_walk *w)
{
    ens__rights *rights = NULL;
    ens__dossier *dossiers = NULL;
    size_t num = 0, waiting = 0;
    ens__walk_h2(w, "Requests for rights, in the order of the desired dates",
                 "Demandes de droits, dans l'ordre des dates souhait\u00e9es");
    if (ens__rights_list(w->r, NULL, &w->arena, &rights, &num, &w->err) == ENS_OK)
        for (size_t i = 0; i < num; i++)
            if (rights[i].state == ENS_RIGHTS_REQUESTED) {
                put_waiting(w, &rights[i]);
                waiting++;
            }
    if (!waiting)
        ens__h_leaf(&w->v.h, "p", "empty", ens__walk_said(w, "Nothing waits.", "Rien n'attend."));
    ens__walk_h2(w, "Certificates (what follows Active is assumed)",
                 "Certificats (ce qui suit \u00ab Actif \u00bb est suppos\u00e9)");
    num = 0;
    if (ens__dossiers(w->r, NULL, &w->arena, &dossiers, &num, &w->err) == ENS_OK)
        for (size_t i = 0; i < num; i++) {
            ens__dossier_status status = ENS_DOSSIER_DRAFT;
            if (ens__dossier_status_of(w->r, &dossiers[i], w->now, &status, &w->err) == ENS_OK &&
                status >= ENS_DOSSIER_ACTIVE)
                put_acts(w, &dossiers[i], status);
        }
}

void ens__desk_show(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (ens__visit_may(&w.v, ENS_RANK_OFFICER)) {
        ens__walk_page(&w, ens__walk_said(&w, "Officer's desk", "Bureau de l'agent"),
                       ens__walk_said(&w, "On the real way a person of French Customs sits here.",
                                      "Sur le vrai chemin, un agent de la douane est assis l\u00e0."));
        put_desk(&w);
        ens__walk_close(&w);
    }
    ens__walk_end(&w);
}

void ens__desk_decide(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__rights q;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_posted(&w, ENS_RANK_OFFICER)) {
        ens_slice granted = ens__walk_value(&w, "grant");
        if (ens__rights_decide(w.r, granted.len ? granted : ens__walk_value(&w, "refuse"), granted.len > 0,
                               ens__walk_value(&w, "reason"), w.now, &q, &w.err) != ENS_OK)
            ens__walk_failed(&w);
        else
            ens__walk_go(&w, ENS_WALK "/desk");
    }
    ens__walk_end(&w);
}

/* act_on reads "suspend ID", and does it. */
static ens_code act_on(ens_walk *w, ens_slice act)
{
    static const struct {
        const char *name;
        ens_party_state state;
    } acts[] = {{"suspend ", ENS_PARTY_SUSPENDED}, {"resume ", ENS_PARTY_ACTIVE}, {"revoke ", ENS_PARTY_REVOKED}};
    ens__dossier d;
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (ens_starts(act, ens_str(acts[i].name))) {
            ens_code code = ens__dossier_find(w->r, ens_from(act, strlen(acts[i].name)), NULL, &d, &w->err);
            return code == ENS_OK ? ens__dossier_change(w->r, &d, acts[i].state, &w->err) : code;
        }
    return ens_fail(&w->err, ENS_ESYNTAX, ENS_RULE_REGISTRATION, "there is no such act", 0);
}

void ens__desk_act(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_posted(&w, ENS_RANK_OFFICER)) {
        if (act_on(&w, ens__walk_value(&w, "act")) != ENS_OK)
            ens__walk_failed(&w);
        else
            ens__walk_go(&w, ENS_WALK "/desk");
    }
    ens__walk_end(&w);
}
