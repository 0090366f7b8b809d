/* Start: which of the two processes is yours, its steps with their state; and the sheet with every value that is to be
 * typed on the real portals. */
#include "web/registration/walk.h"

#include <stdio.h>

#define VALUE_MAX 256u
#define DAY 86400

typedef struct {
    bool confirmed, linked, asked, granted, drafted, signed_it, active, accepted;
    ens__rights rights; /* the newest that was granted, or asked for */
    ens__dossier dossier;
} progress;

/* look finds out how far the user who is logged in has come. */
static void look(ens_walk *w, progress *p)
{
    ens__rights *rights = NULL;
    ens__dossier *dossiers = NULL;
    size_t num = 0;
    *p = (progress){.confirmed = w->in, .linked = w->in && w->me.account.linked};
    if (!w->in)
        return;
    if (ens__rights_list(w->r, w->me.account.id, &w->arena, &rights, &num, &w->err) == ENS_OK)
        for (size_t i = 0; i < num; i++) {
            p->asked = true;
            if (!p->granted)
                p->rights = rights[i];
            p->granted = p->granted || rights[i].state == ENS_RIGHTS_GRANTED;
        }
    num = 0;
    if (ens__dossiers(w->r, w->me.account.id, &w->arena, &dossiers, &num, &w->err) == ENS_OK)
        for (size_t i = 0; i < num; i++) {
            ens__dossier_status status = ENS_DOSSIER_DRAFT;
            ens_time first = 0;
            if (ens__dossier_status_of(w->r, &dossiers[i], w->now, &status, &w->err) != ENS_OK)
                continue;
            p->drafted = true;
            p->signed_it = p->signed_it || status >= ENS_DOSSIER_PENDING;
            p->active = p->active || status == ENS_DOSSIER_ACTIVE;
            if (i == 0 || status == ENS_DOSSIER_ACTIVE)
                p->dossier = dossiers[i];
            if (ens__dossier_first_message(w->r, &dossiers[i], &first, &w->err) == ENS_OK && first)
                p->accepted = true;
        }
}

static void put_step(ens_walk *w, const char *path, const char *english, const char *french, bool done)
{
    ens_html *h = &w->v.h;
    ens__h_open(h, "li");
    ens__h_link(h, path, ens_str(ens__walk_said(w, english, french)));
    ens__h_put(h, " ");
    ens__h_tag(h, done ? "pass" : "line",
               done ? ens__walk_said(w, "done", "fait") : ens__walk_said(w, "to do", "\u00e0 faire"));
    ens__h_close(h);
}

static void put_process(ens_walk *w, const progress *p, bool own)
{
    ens_html *h = &w->v.h;
    ens__h_open(h, "section");
    if (own)
        ens__walk_h2(w, "Process 1: you hold the certificate", "Processus 1 : vous d\u00e9tenez le certificat");
    else
        ens__walk_h2(w, "Process 2: a provider holds it", "Processus 2 : un prestataire le d\u00e9tient");
    ens__h_open(h, "ol");
    put_step(w, ENS_WALK "/account", "Create the account, and confirm it", "Cr\u00e9er le compte, et le confirmer",
             p->confirmed);
    put_step(w, ENS_WALK "/me", "Link the company", "Rattacher l'entreprise", p->linked);
    if (own)
        put_step(w, "/", "Acquire a certificate: check it before",
                 "Acqu\u00e9rir un certificat : le v\u00e9rifier avant", p->signed_it);
    put_step(w, ENS_WALK "/rights", "Ask for the rights", "Demander les droits", p->asked);
    put_step(w, ENS_WALK "/desk", "The officer grants them", "L'agent les accorde", p->granted);
    if (own) {
        put_step(w, ENS_WALK "/uumds", "UUM&DS: fields, log-in, dashboard, +", "UUM&DS : champs, connexion, tableau, +",
                 p->drafted);
        put_step(w, ENS_WALK "/uumds/view", "Sign the PDF, and upload it", "Signer le PDF, et le d\u00e9poser",
                 p->signed_it);
        put_step(w, ENS_WALK "/uumds/view", "Next: Active", "Suivant : Actif", p->active);
        put_step(w, "/inbox", "The first sealed message is accepted", "Le premier message scell\u00e9 est accept\u00e9",
                 p->accepted);
    } else {
        put_step(w, ENS_WALK "/uumds?to=euctp", "EUCTP: the same ten fields, log-in",
                 "EUCTP : les dix m\u00eames champs, connexion", false);
        put_step(w, ENS_WALK "/euctp", "Find the provider's tasks, and answer them",
                 "Trouver les t\u00e2ches, et y r\u00e9pondre", false);
        put_step(w, ENS_WALK "/provider", "The provider posts tasks (assumed)",
                 "Le prestataire poste des t\u00e2ches (suppos\u00e9)", false);
    }
    ens__h_close(h);
    ens__h_close(h);
}

void ens__start_show(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    progress p;
    ens__walk_begin(&w, room, r, a);
    look(&w, &p);
    ens__walk_page(
        &w, ens__walk_said(&w, "The registration, rehearsed", "L'enregistrement, en r\u00e9p\u00e9tition"),
        ens__walk_said(&w, "Which of the two processes is yours?", "Lequel des deux processus est le v\u00f4tre ?"));
    ens__h_open(&w.v.h, "div");
    ens__h_attr(&w.v.h, "class", "two");
    put_process(&w, &p, true);
    put_process(&w, &p, false);
    ens__h_close(&w.v.h);
    if (p.active)
        ens__walk_told(&w, "pass", ens__walk_said(&w, ENS_REHEARSAL_END, ENS_REHEARSAL_END_FR));
    ens__walk_link(&w, "/map", ens__walk_said(&w, "The map of the systems", "Le plan des syst\u00e8mes"));
    ens__walk_link(&w, ENS_WALK "/sheet",
                   ens__walk_said(&w, "Your sheet: every value for the real portals",
                                  "Votre fiche : chaque valeur pour les vrais portails"));
    ens__walk_p(
        &w,
        "A company without a SIRET (EORI FR and a country code): the guide ends at the company link. Ask French "
        "Customs how to go on.",
        "Une entreprise sans SIRET (EORI FR et code pays) : le guide s'arr\u00eate au rattachement. Demandez la suite "
        "\u00e0 "
        "la douane.");
    ens__walk_close(&w);
    ens__walk_end(&w);
}

/* -- The sheet -- */

static void put_row(ens_walk *w, const char *label, const char *value)
{
    ens__h_open(&w->v.h, "tr");
    ens__h_open(&w->v.h, "th");
    ens__h_attr(&w->v.h, "scope", "row");
    ens__h_put(&w->v.h, label);
    ens__h_close(&w->v.h);
    ens__h_leaf(&w->v.h, "td", "mono", value && value[0] ? value : "\u2026");
    ens__h_close(&w->v.h);
}

static void begin_table(ens_walk *w, const char *title)
{
    ens__h_leaf(&w->v.h, "h2", NULL, title);
    ens__h_open(&w->v.h, "div");
    ens__h_attr(&w->v.h, "class", "scroll");
    ens__h_attr(&w->v.h, "tabindex", "0");
    ens__h_attr(&w->v.h, "role", "region");
    ens__h_attr(&w->v.h, "aria-label", title);
    ens__h_open(&w->v.h, "table");
}

static void end_table(ens_walk *w)
{
    ens__h_close(&w->v.h);
    ens__h_close(&w->v.h);
}

static void put_account_rows(ens_walk *w)
{
    const ens__account *me = &w->me.account;
    begin_table(w, "1. Compte Prodouane (account)");
    put_row(w, "Adresse", w->room->facts->account);
    put_row(w, "Identifiant (user id)", me->id);
    put_row(w, "Mot de passe (password)",
            ens__walk_said(w, "a real one, which stands nowhere here", "un vrai, qui n'est not\u00e9 nulle part ici"));
    put_row(w, "Adresse \u00e9lectronique (e-mail)", ens__walk_said(w, "your own", "la v\u00f4tre"));
    put_row(w, "Nom (surname)", me->surname);
    put_row(w, "Pr\u00e9nom (first name)", me->first_name);
    put_row(w, "Mon entreprise > AJOUTER > SIRET", me->siret);
    put_row(w, "V\u00c9RIFIER LE CODE > CONFIRMER", me->company);
    end_table(w);
}

static void put_mail_rows(ens_walk *w, const progress *p)
{
    char day[ENS_TIME_TEXT];
    ens_buf subject, body;
    ens__letter l = {.environment = ens__rehearsal_environment(w->r)};
    l.wanted = p->asked ? p->rights.wanted : w->now + 7 * (ens_time)DAY;
    snprintf(l.account, sizeof l.account, "%s", w->me.account.id);
    snprintf(l.company, sizeof l.company, "%s", p->asked ? p->rights.company : w->me.account.company);
    snprintf(l.eori, sizeof l.eori, "%s", p->asked ? p->rights.eori : "");
    ens_buf_init(&subject, NULL, 0, VALUE_MAX * 4);
    ens_buf_init(&body, NULL, 0, VALUE_MAX * 8);
    ens__letter_subject(&l, &subject);
    ens_buf_add(&subject, "", 1);
    ens__letter_body(&l, &body);
    begin_table(w, "2. Demande de droits (request for rights)");
    put_row(w, "\u00c0 (to)",
            ens__walk_said(w, "the ICS2 mailbox of French Customs, as the guide names it",
                           "la bo\u00eete ICS2 de la douane, comme le guide la nomme"));
    put_row(w, "Objet (subject)", subject.failed ? "" : (const char *)subject.p);
    ens__h_open(&w->v.h, "tr");
    ens__h_leaf(&w->v.h, "th", NULL, "Texte (body)");
    ens__h_open(&w->v.h, "td");
    ens__h_open(&w->v.h, "pre");
    ens__h_lines(&w->v.h, ens_buf_slice(&body));
    ens__h_close(&w->v.h);
    ens__h_close(&w->v.h);
    ens__h_close(&w->v.h);
    ens_time_format(l.wanted, day)[10] = '\0';
    put_row(w, "Date souhait\u00e9e (desired date)", day);
    put_row(w, ens__walk_said(w, "What to wait for", "Ce qu'il faut attendre"),
            ens__walk_said(w, "a direct message of the officer", "un message direct de l'agent"));
    put_row(w, ens__walk_said(w, "Whom to ask", "Qui interroger"),
            ens__walk_said(w, "the same mailbox", "la m\u00eame bo\u00eete"));
    end_table(w);
    ens_buf_free(&subject);
    ens_buf_free(&body);
}

static void put_uumds_rows(ens_walk *w, const progress *p)
{
    begin_table(w, "3. UUM&DS");
    put_row(w, "Adresse", w->room->facts->uumds);
    for (ens__landing_name f = ENS_LANDING_DOMAIN; f <= ENS_LANDING_SUBMIT; f++) {
        char label[VALUE_MAX];
        const ens__landing_field *field = &ens__landing_fields[f];
        snprintf(label, sizeof label, "%d. %s (%s)", (int)f + 1, field->label, field->french);
        put_row(w, label,
                f == ENS_LANDING_ID        ? (p->asked ? p->rights.eori : "")
                : f == ENS_LANDING_SUBMIT  ? ens__walk_said(w, "click", "cliquer")
                : f == ENS_LANDING_CONSENT ? ens__walk_said(w, "tick", "cocher")
                                           : field->value);
    }
    put_row(w, "Identifiant, mot de passe, valider", w->me.account.id);
    put_row(w, "View (voir)", "+");
    put_row(w, "Name (nom)", p->dossier.name);
    put_row(w, "Description (description)", p->dossier.description);
    put_row(w, "Purpose (finalit\u00e9)", "Signature");
    put_row(w, "Key holder (d\u00e9tenteur de la cl\u00e9)", p->dossier.holder);
    put_row(w, "Next (suivant)", ens__walk_said(w, "then download the PDF", "puis t\u00e9l\u00e9charger le PDF"));
    end_table(w);
}

static void put_acrobat(ens_walk *w)
{
    static const char *const clicks[] = {
        "Edit > Preferences (\u00c9dition > Pr\u00e9f\u00e9rences)", "Signatures",
        "Creation & Appearance (Cr\u00e9ation et aspect) > Other (Autres)",
        "Default Signing Format (Format de signature par d\u00e9faut): CAdES-Equivalent (Equivalent CAdES)", "OK, OK"};
    ens__h_leaf(&w->v.h, "h2", NULL, "4. Adobe Acrobat");
    ens__h_open(&w->v.h, "ol");
    for (size_t i = 0; i < sizeof clicks / sizeof *clicks; i++)
        ens__h_leaf(&w->v.h, "li", NULL, clicks[i]);
    ens__h_close(&w->v.h);
    ens__walk_p(
        w,
        "Open the downloaded file, click the box OWNER, sign with the certificate, save, and upload that file: "
        "Upload signed certificate registration file. Wait for Signing pending, click Next, wait for Active.",
        "Ouvrez le fichier t\u00e9l\u00e9charg\u00e9, cliquez le cadre OWNER, signez avec le certificat, enregistrez, "
        "d\u00e9posez ce "
        "fichier. Attendez \u00ab Signing pending \u00bb, cliquez \u00ab Next \u00bb, attendez \u00ab Active \u00bb.");
}

void ens__start_sheet(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    progress p;
    ens__walk_begin(&w, room, r, a);
    look(&w, &p);
    ens__walk_page(&w, ens__walk_said(&w, "Your sheet for the real portals", "Votre fiche pour les vrais portails"),
                   ens__walk_said(&w, "Print it. The addresses are to be typed there: nothing here leads to them.",
                                  "Imprimez-la. Les adresses sont \u00e0 taper : rien ici n'y m\u00e8ne."));
    if (!w.in)
        ens__walk_told(
            &w, "warn",
            ens__walk_said(&w, "Log in, and your values stand here.", "Connectez-vous, et vos valeurs s'affichent."));
    put_account_rows(&w);
    put_mail_rows(&w, &p);
    put_uumds_rows(&w, &p);
    put_acrobat(&w);
    ens__walk_close(&w);
    ens__walk_end(&w);
}
