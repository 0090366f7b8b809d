/* The pages of a rehearsed Prodouane: account, log-in, dashboard, company. */
#include "web/registration/walk.h"

#include <stdio.h>

/* -- Creating an account -- */

static void put_terms(ens_walk *w)
{
    ens__h_open(&w->v.h, "details");
    ens__h_leaf(&w->v.h, "summary", NULL, "Lire les conditions (read the terms)");
    ens__walk_p(
        w,
        "Those of this rehearsal: what you type stays in a file of this machine, and nothing is sent. The real "
        "terms stand on the real portal.",
        "Celles de cette r\u00e9p\u00e9tition : ce que vous tapez reste dans un fichier de cette machine, et rien "
        "n'est transmis. Les vraies conditions sont sur le vrai portail.");
    ens__h_close(&w->v.h);
}

static void put_account_form(ens_walk *w, const ens__account_form *f)
{
    char invented[ENS_PASSWORD_INVENTED] = "";
    ens_html *h = &w->v.h;
    ens__form_open(h, &w->v.screen, ENS_WALK "/account");
    ens__h_leaf(h, "h2", NULL, "Informations de connexion (login details)");
    ens__walk_input(w, "id", "Identifiant (user id)",
                    ens__walk_said(w, "8 to 20 letters and digits, without - and _",
                                   "8 \u00e0 20 lettres et chiffres, sans - ni _"),
                    f->id, true);
    ens__walk_password(w, "Mot de passe (password)");
    if (ens__password_invent(invented, NULL) == ENS_OK) {
        ens__h_open(h, "p");
        ens__h_put(h, ens__walk_said(w, "One that was invented for you: ", "En voici un, invent\u00e9 pour vous : "));
        ens__h_leaf(h, "code", "invented", invented);
        ens__h_close(h);
    }
    ens__walk_input(w, "email", "Adresse \u00e9lectronique (e-mail)",
                    ens__walk_said(w, "An address that ends with .invalid is good for a rehearsal.",
                                   "Une adresse en .invalid convient \u00e0 une r\u00e9p\u00e9tition."),
                    f->email, true);
    ens__h_leaf(h, "h2", NULL, "Informations personnelles (personal information)");
    ens__walk_input(w, "surname", "Nom (surname)", NULL, f->surname, true);
    ens__walk_input(w, "first_name", "Pr\u00e9nom (first name)", NULL, f->first_name, true);
    ens__walk_input(w, "phone", "T\u00e9l\u00e9phone, facultatif (phone, optional)", NULL, f->phone, false);
    ens__walk_input(w, "address", "Adresse postale, facultative (postal address, optional)", NULL, f->address, false);
    put_terms(w);
    ens__walk_tick(w, "terms",
                   "J'accepte les conditions g\u00e9n\u00e9rales d'utilisation (I accept the general terms and "
                   "conditions of use)",
                   f->terms);
    ens__form_close(h, "CR\u00c9ER MON COMPTE (create my account)");
}

static void page_account(ens_walk *w, const ens__account_form *f)
{
    ens__walk_page(w, ens__walk_said(w, "Account, rehearsal of Prodouane", "Compte, r\u00e9p\u00e9tition de Prodouane"),
                   ens__walk_said(w, "The mail with the link that activates it comes into the outbox.",
                                  "Le message avec le lien d'activation arrive dans la bo\u00eete d'envoi."));
    ens__walk_findings(w);
    ens__h_open(&w->v.h, "p");
    ens__h_put(&w->v.h, ens__walk_said(w, "The real page, for later: ", "La vraie page, pour plus tard : "));
    ens__h_leaf(&w->v.h, "code", NULL, w->room->facts->account);
    ens__h_close(&w->v.h);
    put_account_form(w, f);
    ens__walk_link(w, ENS_WALK "/login", ens__walk_said(w, "I have an account", "J'ai d\u00e9j\u00e0 un compte"));
    ens__walk_close(w);
}

void ens__account_new(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    page_account(&w, &(ens__account_form){.terms = false});
    ens__walk_end(&w);
}

static void page_created(ens_walk *w, const char *mail)
{
    char path[ENS_WALK_PATH];
    snprintf(path, sizeof path, ENS_WALK "/mails/%s", mail);
    ens__walk_page(w, ens__walk_said(w, "A mail is on its way", "Un message est en route"), NULL);
    ens__walk_told(w, "pass",
                   ens__walk_said(w, "Follow the link in it within 24 hours: it activates the account.",
                                  "Suivez son lien dans les 24 heures : il active le compte."));
    ens__walk_link(w, path,
                   ens__walk_said(w, "Open the mail in the outbox", "Ouvrir le message dans la bo\u00eete d'envoi"));
    ens__walk_link(w, ENS_WALK "/nomail", ens__walk_said(w, "No mail came?", "Aucun message re\u00e7u ?"));
    ens__walk_close(w);
}

void ens__account_create_it(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    char mail[ENS_ID];
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_posted(&w, ENS_RANK_TESTER)) {
        const ens__account_form f = {.id = ens__trim(ens__walk_value(&w, "id")),
                                     .password = ens__walk_value(&w, "password"),
                                     .email = ens__trim(ens__walk_value(&w, "email")),
                                     .surname = ens__walk_value(&w, "surname"),
                                     .first_name = ens__walk_value(&w, "first_name"),
                                     .phone = ens__walk_value(&w, "phone"),
                                     .address = ens__walk_value(&w, "address"),
                                     .language = ens_str(ens__language_code(w.v.screen.language)),
                                     .terms = ens_is(ens__walk_value(&w, "terms"), "yes")};
        if (ens__account_create(w.r, &f, w.now, w.report, mail, &w.err) != ENS_OK) {
            ens__walk_failed(&w);
        } else if (ens_report_verdict(w.report) != ENS_ACCEPTED) {
            a->status = 422;
            page_account(&w, &f);
        } else {
            page_created(&w, mail);
        }
    }
    ens__walk_end(&w);
}

/* -- Its link -- */

void ens__account_confirm_show(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    const char *link = ens__web_text(r, ens__web_query(r, "link"));
    ens__walk_page(&w, ens__walk_said(&w, "Activate the account", "Activer le compte"), NULL);
    ens__walk_act(&w, ENS_WALK "/confirm", "link", link ? link : "", "ACTIVER MON COMPTE (activate my account)");
    ens__walk_close(&w);
    ens__walk_end(&w);
}

void ens__account_confirm_it(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__account account;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_posted(&w, ENS_RANK_TESTER)) {
        if (ens__account_confirm(w.r, ens__walk_value(&w, "link"), w.now, &account, &w.err) != ENS_OK)
            ens__walk_failed(&w);
        else
            ens__walk_go(&w, ENS_WALK "/login?confirmed=1");
    }
    ens__walk_end(&w);
}

static void page_nomail(ens_walk *w, bool sent)
{
    static const char *const aids[][2] = {
        {"Look into the spam folder, and here into the outbox.",
         "Regardez dans les courriers ind\u00e9sirables, et ici dans la bo\u00eete d'envoi."},
        {"Ask for another link, below: the one before is void then.",
         "Demandez un autre lien, ci-dessous : le pr\u00e9c\u00e9dent ne vaut plus."},
        {"Get assistance: on the real way, that of Prodouane.",
         "Demandez de l'aide : sur le vrai portail, celle de Prodouane."},
        {"After 24 hours start again with the creation of the account.",
         "Apr\u00e8s 24 heures, recommencez la cr\u00e9ation du compte."}};
    ens__walk_page(w, ens__walk_said(w, "No mail came", "Aucun message re\u00e7u"), NULL);
    if (sent)
        ens__walk_told(w, "pass",
                       ens__walk_said(w, "Where there is such an account, and it waits, another mail is on its way.",
                                      "Si ce compte existe et attend, un autre message est en route."));
    ens__h_open(&w->v.h, "ol");
    for (size_t i = 0; i < 4; i++)
        ens__h_leaf(&w->v.h, "li", NULL, ens__walk_said(w, aids[i][0], aids[i][1]));
    ens__h_close(&w->v.h);
    ens__form_open(&w->v.h, &w->v.screen, ENS_WALK "/nomail");
    ens__walk_input(w, "id", "Identifiant (user id)", NULL, (ens_slice){0}, true);
    ens__form_close(&w->v.h, "Renvoyer le lien (send the link again)");
    ens__walk_close(w);
}

void ens__account_nomail(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    page_nomail(&w, false);
    ens__walk_end(&w);
}

void ens__account_resend_it(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_posted(&w, ENS_RANK_TESTER)) {
        if (ens__account_resend(w.r, ens__trim(ens__walk_value(&w, "id")), w.now, &w.err) != ENS_OK)
            ens__walk_failed(&w);
        else
            page_nomail(&w, true);
    }
    ens__walk_end(&w);
}

/* -- Logging in -- */

static void page_login(ens_walk *w, ens_slice id, const char *why)
{
    ens__walk_page(
        w, ens__walk_said(w, "Log in, rehearsal of Prodouane", "Connexion, r\u00e9p\u00e9tition de Prodouane"), NULL);
    if (why)
        ens__walk_told(w, "fail", why);
    else if (ens__web_query(w->v.r, "confirmed").len)
        ens__walk_told(w, "pass",
                       ens__walk_said(w, "The account is active: log in.", "Le compte est actif : connectez-vous."));
    ens__h_open(&w->v.h, "p");
    ens__h_put(&w->v.h, ens__walk_said(w, "The real page, for later: ", "La vraie page, pour plus tard : "));
    ens__h_leaf(&w->v.h, "code", NULL, w->room->facts->login);
    ens__h_close(&w->v.h);
    ens__form_open(&w->v.h, &w->v.screen, ENS_WALK "/login");
    ens__walk_input(w, "id", "Identifiant (user id)", NULL, id, true);
    ens__walk_password(w, "Mot de passe (password)");
    ens__form_close(&w->v.h, "Valider (confirm)");
    ens__walk_link(w, ENS_WALK "/account", ens__walk_said(w, "Create an account", "Cr\u00e9er un compte"));
    ens__walk_link(w, ENS_WALK "/nomail", ens__walk_said(w, "No mail came?", "Aucun message re\u00e7u ?"));
    ens__walk_close(w);
}

void ens__login_show(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    page_login(&w, (ens_slice){0}, NULL);
    ens__walk_end(&w);
}

/* finish_login leads back to UUM&DS where its fields were filled in, else to the dashboard. */
static void finish_login(ens_walk *w, const char *token)
{
    ens__web_set_cookie(w->v.r, w->v.a, w->room->facts->cookie, ens_str(token));
    ens_slice behalf = ens__web_cookie(w->v.r, w->room->facts->behalf);
    ens__walk_go(w, ens_starts(behalf, ENS_LIT("euctp."))   ? ENS_WALK "/euctp"
                    : ens_starts(behalf, ENS_LIT("uumds.")) ? ENS_WALK "/uumds/dashboard"
                                                            : ENS_WALK "/dashboard");
}

void ens__login_it(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    char token[ENS_ID];
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_posted(&w, ENS_RANK_TESTER)) {
        ens_slice id = ens__walk_value(&w, "id");
        ens_code code = ens__login(w.r, id, ens__walk_value(&w, "password"), w.now, token, &w.err);
        if (code == ENS_OK) {
            finish_login(&w, token);
        } else if (code == ENS_EPOLICY || code == ENS_ELIMIT) {
            a->status = code == ENS_ELIMIT ? 429 : 403;
            page_login(&w, id, w.err.frame[0].what);
        } else {
            ens__walk_failed(&w);
        }
    }
    ens__walk_end(&w);
}

void ens__logout_it(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_posted(&w, ENS_RANK_READER)) {
        if (w.in && ens__logout(w.r, ens__web_cookie(r, w.room->facts->cookie), &w.err) != ENS_OK) {
            ens__walk_failed(&w);
        } else {
            ens__web_set_cookie(r, a, w.room->facts->cookie, (ens_slice){0});
            ens__walk_go(&w, ENS_WALK "/login");
        }
    }
    ens__walk_end(&w);
}

/* -- Signed in -- */

static void put_news(ens_walk *w)
{
    ens__news *news = NULL;
    size_t num = 0;
    if (ens__news_of(w->r, w->me.account.id, &w->arena, &news, &num, &w->err) != ENS_OK || !num)
        return;
    ens__h_leaf(&w->v.h, "h2", NULL, "Messages (direct messages)");
    ens__h_open(&w->v.h, "ul");
    for (size_t i = 0; i < num; i++) {
        ens__h_open(&w->v.h, "li");
        ens__walk_day(w, news[i].at);
        ens__h_putf(&w->v.h, " %s", news[i].text);
        ens__h_close(&w->v.h);
    }
    ens__h_close(&w->v.h);
}

void ens__account_dashboard(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_logged_in(&w)) {
        ens__walk_page(&w, "Mon tableau de bord (my dashboard)", NULL);
        put_news(&w);
        ens__h_leaf(&w.v.h, "h2", NULL, "Services en ligne (online services)");
        ens__walk_link(&w, ENS_WALK "/me", "Mes informations personnelles (my personal information)");
        ens__walk_link(&w, ENS_WALK "/preferences", "Mes pr\u00e9f\u00e9rences (my preferences)");
        ens__walk_link(&w, ENS_WALK "/rights", "Demande de droits UUM&DS (request for rights)");
        ens__walk_link(&w, ENS_WALK "/uumds", "UUM&DS");
        ens__walk_link(&w, ENS_WALK "/euctp", "EUCTP");
        ens__walk_act(&w, ENS_WALK "/logout", NULL, NULL, "Se d\u00e9connecter (log out)");
        ens__walk_close(&w);
    }
    ens__walk_end(&w);
}

static void page_me(ens_walk *w, ens_slice siret, ens_slice name)
{
    const ens__account *me = &w->me.account;
    ens_html *h = &w->v.h;
    ens__walk_page(w, "Mes informations personnelles (my personal information)", NULL);
    ens__walk_findings(w);
    ens__h_leaf(h, "h2", NULL, "Mon entreprise (my company)");
    if (me->linked) {
        ens__walk_told(w, "pass",
                       ens__walk_said(w, "The account is linked to the company.",
                                      "Le compte est rattach\u00e9 \u00e0 l'entreprise."));
        ens__h_open(h, "p");
        ens__h_putf(h, "%s, SIRET %s", me->company, me->siret);
        ens__h_close(h);
    }
    ens__h_leaf(h, "h3", NULL, "AJOUTER (add)");
    ens__form_open(h, &w->v.screen, ENS_WALK "/company");
    static const char *const kinds[] = {"SIRET", "SIRET", NULL};
    ens__choice_put(h, "kind", "Type de code (type code)", ENS_LIT("SIRET"), kinds);
    ens__walk_input(w, "siret", "SIRET, 14 chiffres (14 digits)", NULL, siret, true);
    ens__walk_input(w, "company", "Raison sociale (company's name)",
                    ens__walk_said(w, "The real portal looks it up: here it is typed (assumed).",
                                   "Le vrai portail la trouve : ici on la tape (suppos\u00e9)."),
                    name, true);
    ens__form_close(h, "V\u00c9RIFIER LE CODE (verify code)");
    ens__h_leaf(h, "h2", NULL, "Mon compte (my account)");
    ens__form_open(h, &w->v.screen, ENS_WALK "/me");
    ens__walk_input(w, "phone", "T\u00e9l\u00e9phone (phone)", NULL, ens_str(me->phone), false);
    ens__walk_input(w, "address", "Adresse postale (postal address)", NULL, ens_str(me->address), false);
    ens__form_close(h, "Enregistrer (save)");
    ens__walk_close(w);
}

void ens__account_me(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_logged_in(&w))
        page_me(&w, ens_str(w.me.account.siret), ens_str(w.me.account.company));
    ens__walk_end(&w);
}

static void copy(char *out, size_t size, ens_slice text)
{
    text = ens__trim(text);
    if (text.len < size && ens__is_utf8(text))
        snprintf(out, size, "%.*s", (int)text.len, text.len ? (const char *)text.p : "");
}

/* change_me stores what a form said of the account, and leads back. */
static void change_me(void *room, ens_web_request *r, ens_web_answer *a, bool preferences)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_logged_in(&w) && ens__walk_posted(&w, ENS_RANK_TESTER)) {
        ens__account *me = &w.me.account;
        if (preferences) {
            copy(me->topics, sizeof me->topics, ens__walk_value(&w, "topics"));
            snprintf(me->language, sizeof me->language, "%s",
                     ens_is(ens__walk_value(&w, "language"), "en") ? "en" : "fr");
        } else {
            copy(me->phone, sizeof me->phone, ens__walk_value(&w, "phone"));
            copy(me->address, sizeof me->address, ens__walk_value(&w, "address"));
        }
        if (ens__account_change(w.r, me, &w.err) != ENS_OK)
            ens__walk_failed(&w);
        else
            ens__walk_go(&w, preferences ? ENS_WALK "/preferences" : ENS_WALK "/me");
    }
    ens__walk_end(&w);
}

void ens__account_me_change(void *room, ens_web_request *r, ens_web_answer *a)
{
    change_me(room, r, a, false);
}

void ens__account_preferences_change(void *room, ens_web_request *r, ens_web_answer *a)
{
    change_me(room, r, a, true);
}

void ens__account_preferences(void *room, ens_web_request *r, ens_web_answer *a)
{
    static const char *const languages[] = {"fr", "Fran\u00e7ais", "en", "English", NULL};
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_logged_in(&w)) {
        ens__walk_page(&w, "Mes pr\u00e9f\u00e9rences (my preferences)", NULL);
        ens__form_open(&w.v.h, &w.v.screen, ENS_WALK "/preferences");
        ens__walk_input(&w, "topics", "Nouvelles par th\u00e8me (news by topic)", NULL, ens_str(w.me.account.topics),
                        false);
        ens__choice_put(&w.v.h, "language", "Langue des messages (language of mails)", ens_str(w.me.account.language),
                        languages);
        ens__form_close(&w.v.h, "Enregistrer (save)");
        ens__walk_close(&w);
    }
    ens__walk_end(&w);
}

/* -- The company -- */

static void page_summary(ens_walk *w)
{
    const ens__account *me = &w->me.account;
    ens__walk_page(w, "R\u00e9capitulatif (summary)", NULL);
    ens__h_open(&w->v.h, "dl");
    ens__h_fact(&w->v.h, "SIRET", ens_str(me->siret));
    ens__h_fact(&w->v.h, "Raison sociale (company's name)", ens_str(me->company));
    ens__h_fact(&w->v.h, "Identifiant (user id)", ens_str(me->id));
    ens__h_close(&w->v.h);
    ens__walk_act(w, ENS_WALK "/company/confirm", NULL, NULL, "CONFIRMER (confirm)");
    ens__walk_link(w, ENS_WALK "/me", ens__walk_said(w, "Back", "Retour"));
    ens__walk_close(w);
}

void ens__company_verify(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_logged_in(&w) && ens__walk_posted(&w, ENS_RANK_TESTER)) {
        ens_slice siret = ens__walk_value(&w, "siret"), name = ens__walk_value(&w, "company");
        if (ens__company_enter(w.r, &w.me.account, siret, name, w.report, &w.err) != ENS_OK) {
            ens__walk_failed(&w);
        } else if (ens_report_verdict(w.report) != ENS_ACCEPTED) {
            a->status = 422;
            page_me(&w, siret, name);
        } else {
            page_summary(&w);
        }
    }
    ens__walk_end(&w);
}

void ens__company_confirm_it(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_logged_in(&w) && ens__walk_posted(&w, ENS_RANK_TESTER)) {
        if (ens__company_confirm(w.r, &w.me.account, &w.err) != ENS_OK)
            ens__walk_failed(&w);
        else
            ens__walk_go(&w, ENS_WALK "/me");
    }
    ens__walk_end(&w);
}
