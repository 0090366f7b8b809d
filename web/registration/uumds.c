/* UUM&DS, rehearsed: the landing page, the dashboard, and the three steps of a certificate's registration. Its labels
 * stand in English, with the French beside. */
#include "web/registration/walk.h"

#include <stdio.h>

#define CHOICES_MAX 8u
#define LABEL_MAX 160u

/* -- The landing page -- */

static const char *label_of(const ens__landing_field *f, char out[LABEL_MAX])
{
    snprintf(out, LABEL_MAX, "%s (%s)", f->label, f->french);
    return out;
}

/* put_choice writes a field whose value is chosen: the guide's own, and others that are assumed. */
static void put_choice(ens_walk *w, const ens__landing_field *f, ens_slice value)
{
    char label[LABEL_MAX], others[LABEL_MAX];
    const char *pairs[2 * CHOICES_MAX + 1] = {"", "-", f->value, f->value};
    size_t n = 4;
    snprintf(others, sizeof others, "%s", f->others ? f->others : "");
    for (char *rest = others, *one; (one = strtok_r(rest, "|", &rest)) && n + 2 < 2 * CHOICES_MAX; n += 2)
        pairs[n] = pairs[n + 1] = one;
    pairs[n] = NULL;
    ens__choice_put(&w->v.h, f->key, label_of(f, label), value, pairs);
}

static void put_landing_form(ens_walk *w, const ens_slice values[ENS_LANDING_FIELDS], const char *to)
{
    char label[LABEL_MAX];
    ens__form_open(&w->v.h, &w->v.screen, ENS_WALK "/uumds");
    ens__h_bare(&w->v.h, "input");
    ens__h_attr(&w->v.h, "type", "hidden");
    ens__h_attr(&w->v.h, "name", "to");
    ens__h_attr(&w->v.h, "value", to);
    for (ens__landing_name f = ENS_LANDING_DOMAIN; f < ENS_LANDING_SUBMIT; f++) {
        const ens__landing_field *field = &ens__landing_fields[f];
        if (f == ENS_LANDING_CONSENT)
            ens__walk_tick(w, field->key, label_of(field, label), ens_is(values[f], "yes"));
        else if (f == ENS_LANDING_ID)
            ens__walk_input(
                w, field->key, label_of(field, label),
                ens__walk_said(w,
                               "FR + SIRET (14 digits), the guide's form; since January 2026 FR + SIREN "
                               "(9 digits). Which of them UUM&DS takes meanwhile is not published.",
                               "FR + SIRET (14 chiffres), la forme du guide ; depuis janvier 2026 FR + SIREN "
                               "(9 chiffres). Lequel UUM&DS prend entre-temps n'est pas publi\u00e9."),
                values[f], false);
        else
            put_choice(w, field, values[f]);
    }
    ens__form_close(&w->v.h, "Submit (soumettre)");
}

static void page_landing(ens_walk *w, const ens_slice values[ENS_LANDING_FIELDS], const char *to)
{
    bool euctp = strcmp(to, "euctp") == 0;
    ens__walk_page(
        w,
        euctp ? ens__walk_said(w, "EUCTP, rehearsed", "EUCTP, r\u00e9p\u00e9tition")
              : ens__walk_said(w, "UUM&DS, rehearsed", "UUM&DS, r\u00e9p\u00e9tition"),
        ens__walk_said(
            w, "The fields open one after another: the country opens \"Acting on behalf of\".",
            "Les champs s'ouvrent l'un apr\u00e8s l'autre : le pays ouvre \u00ab Acting on behalf of \u00bb."));
    ens__walk_findings(w);
    ens__h_open(&w->v.h, "p");
    ens__h_put(&w->v.h, ens__walk_said(w, "The real page, for later: ", "La vraie page, pour plus tard : "));
    ens__h_leaf(&w->v.h, "code", NULL, euctp ? w->room->facts->euctp : w->room->facts->uumds);
    ens__h_close(&w->v.h);
    put_landing_form(w, values, to);
    ens__walk_close(w);
}

void ens__landing_show(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    const ens_slice none[ENS_LANDING_FIELDS] = {{0}};
    ens__walk_begin(&w, room, r, a);
    page_landing(&w, none, ens_is(ens__web_query(r, "to"), "euctp") ? "euctp" : "uumds");
    ens__walk_end(&w);
}

void ens__landing_submit(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens_slice values[ENS_LANDING_FIELDS] = {{0}};
    char kept[ENS_UUMDS_EORI + 8];
    ens__walk_begin(&w, room, r, a);
    if (ens__walk_posted(&w, ENS_RANK_TESTER)) {
        const char *to = ens_is(ens__walk_value(&w, "to"), "euctp") ? "euctp" : "uumds";
        for (ens__landing_name f = ENS_LANDING_DOMAIN; f < ENS_LANDING_SUBMIT; f++)
            values[f] = ens__walk_value(&w, ens__landing_fields[f].key);
        if (!ens__landing_judge(values, w.now, w.report)) {
            a->status = 422;
            page_landing(&w, values, to);
        } else {
            ens_slice id = ens__trim(values[ENS_LANDING_ID]);
            snprintf(kept, sizeof kept, "%s.%.*s", to, (int)id.len, (const char *)id.p);
            ens__web_set_cookie(r, a, w.room->facts->behalf, ens_str(kept));
            ens__walk_go(&w, !w.in                      ? ENS_WALK "/login"
                             : strcmp(to, "euctp") == 0 ? ENS_WALK "/euctp"
                                                        : ENS_WALK "/uumds/dashboard");
        }
    }
    ens__walk_end(&w);
}

/* -- Signed in -- */

/* signed_in makes sure on whose behalf the user acts, and that the rights are there; else a page says what is missing.
 */
static bool signed_in(ens_walk *w)
{
    ens__rights q;
    bool held = false;
    ens_slice chosen = ens__web_cookie(w->v.r, w->room->facts->behalf), token;
    if (!ens__walk_logged_in(w))
        return false;
    token = ens__web_cookie(w->v.r, w->room->facts->cookie);
    ens_slice eori = chosen.len > 6 ? ens_from(chosen, 6) : ens_str(w->me.eori);
    if (!eori.len) {
        ens__walk_go(w, ENS_WALK "/uumds");
        return false;
    }
    ens_code code = ens__rights_held(w->r, w->me.account.id, eori, &q, &held, &w->err);
    if (code == ENS_OK && held)
        code = ens__login_act(w->r, token, eori, &w->err);
    if (code != ENS_OK) {
        ens__walk_failed(w);
        return false;
    }
    if (!held)
        ens__visit_sorry(&w->v, 403,
                         ens__walk_said(w, "You hold no rights for this EORI in this environment: ask for them first.",
                                        "Vous n'avez pas de droits pour cet EORI dans cet environnement : demandez-les "
                                        "d'abord."));
    else
        snprintf(w->me.eori, sizeof w->me.eori, "%s", q.eori);
    return held;
}

static void put_dossiers(ens_walk *w)
{
    ens__dossier *all = NULL;
    size_t num = 0;
    ens_html *h = &w->v.h;
    if (ens__dossiers(w->r, w->me.account.id, &w->arena, &all, &num, &w->err) != ENS_OK || !num) {
        ens__h_leaf(h, "p", "empty",
                    ens__walk_said(w, "No certificate is registered yet.", "Aucun certificat enregistr\u00e9."));
        return;
    }
    ens__h_open(h, "ul");
    for (size_t i = 0; i < num; i++) {
        char path[ENS_WALK_PATH];
        ens__dossier_status status = ENS_DOSSIER_DRAFT;
        if (ens__dossier_status_of(w->r, &all[i], w->now, &status, &w->err) != ENS_OK)
            continue;
        snprintf(path, sizeof path, ENS_WALK "/uumds/%s", all[i].id);
        ens__h_open(h, "li");
        ens__h_link(h, path, ens_str(all[i].name));
        ens__h_putf(h, ", %s: ", all[i].eori);
        ens__h_tag(h, status == ENS_DOSSIER_ACTIVE ? "pass" : "warn", ens__dossier_status_name(status));
        ens__h_putf(h, " (%s)", ens__dossier_status_french(status));
        ens__h_close(h);
    }
    ens__h_close(h);
}

void ens__uumds_dashboard(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (signed_in(&w)) {
        ens__walk_page(&w, "UUM&DS: dashboard (tableau de bord)", NULL);
        ens__h_open(&w.v.h, "dl");
        ens__h_fact(&w.v.h, "User (utilisateur)", ens_str(w.me.account.id));
        ens__h_fact(&w.v.h, "Acting on behalf of (pour le compte de)", ens_str(w.me.eori));
        ens__h_close(&w.v.h);
        ens__walk_link(&w, ENS_WALK "/uumds/view", "View (voir)");
        ens__walk_close(&w);
    }
    ens__walk_end(&w);
}

void ens__uumds_user(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (signed_in(&w)) {
        char title[ENS_ACCOUNT_ID + 32];
        snprintf(title, sizeof title, "UUM&DS: %s", w.me.account.id);
        ens__walk_page(&w, title, NULL);
        ens__h_leaf(&w.v.h, "h2", NULL, "Certificate registrations (enregistrements de certificats)");
        put_dossiers(&w);
        ens__walk_link(&w, ENS_WALK "/uumds/new",
                       "+ Create a new certificate registration (cr\u00e9er un nouvel enregistrement de certificat)");
        ens__walk_close(&w);
    }
    ens__walk_end(&w);
}

/* -- Step 1 -- */

static void page_step_1(ens_walk *w, const ens__dossier_form *f)
{
    static const char *const purposes[] = {"",  "-", "Signature", "Signature", "Encryption", "Encryption (assumed)",
                                           NULL};
    ens__walk_page(w, "Create a new certificate registration (nouvel enregistrement)", "1 / 3");
    ens__walk_findings(w);
    ens__form_open(&w->v.h, &w->v.screen, ENS_WALK "/uumds/new");
    ens__walk_input(w, "name", "Name (nom)", NULL, f->name, true);
    ens__walk_input(w, "description", "Description (description)", NULL, f->description, true);
    ens__choice_put(&w->v.h, "purpose", "Purpose (finalit\u00e9)", f->purpose, purposes);
    ens__walk_input(w, "holder", "Key holder (d\u00e9tenteur de la cl\u00e9)", NULL, f->holder, true);
    ens__form_close(&w->v.h, "Next (suivant)");
    ens__walk_close(w);
}

void ens__uumds_new(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__walk_begin(&w, room, r, a);
    if (signed_in(&w))
        page_step_1(&w, &(ens__dossier_form){.holder = ens_str(w.me.account.company)});
    ens__walk_end(&w);
}

static void go_to(ens_walk *w, const ens__dossier *d)
{
    char path[ENS_WALK_PATH];
    snprintf(path, sizeof path, ENS_WALK "/uumds/%s", d->id);
    ens__walk_go(w, path);
}

void ens__uumds_step_1(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__dossier d;
    ens__walk_begin(&w, room, r, a);
    if (signed_in(&w) && ens__walk_posted(&w, ENS_RANK_TESTER)) {
        const ens__dossier_form f = {.account = ens_str(w.me.account.id),
                                     .eori = ens_str(w.me.eori),
                                     .name = ens__walk_value(&w, "name"),
                                     .description = ens__walk_value(&w, "description"),
                                     .purpose = ens__walk_value(&w, "purpose"),
                                     .holder = ens__walk_value(&w, "holder")};
        if (ens__dossier_open(w.r, &f, w.now, w.report, &d, &w.err) != ENS_OK) {
            ens__walk_failed(&w);
        } else if (ens_report_verdict(w.report) != ENS_ACCEPTED) {
            a->status = 422;
            page_step_1(&w, &f);
        } else {
            go_to(&w, &d);
        }
    }
    ens__walk_end(&w);
}

/* -- Steps 2 and 3 -- */

static void put_facts(ens_walk *w, const ens__dossier *d, ens__dossier_status status)
{
    ens_html *h = &w->v.h;
    ens__h_open(h, "p");
    ens__h_put(h, "Status (\u00e9tat): ");
    ens__h_tag(h, status == ENS_DOSSIER_ACTIVE ? "pass" : "warn", ens__dossier_status_name(status));
    ens__h_putf(h, " (%s)", ens__dossier_status_french(status));
    if (status > ENS_DOSSIER_ACTIVE)
        ens__h_leaf(h, "em", NULL, ens__walk_said(w, " assumed", " suppos\u00e9"));
    ens__h_close(h);
    ens__h_open(h, "dl");
    ens__h_fact(h, "EORI", ens_str(d->eori));
    ens__h_fact(h, "Name (nom)", ens_str(d->name));
    ens__h_fact(h, "Description (description)", ens_str(d->description));
    ens__h_fact(h, "Purpose (finalit\u00e9)", ENS_LIT("Signature"));
    ens__h_fact(h, "Key holder (d\u00e9tenteur de la cl\u00e9)", ens_str(d->holder));
    ens__h_fact(h, "Certificate, SHA-256 (certificat)", ens_str(d->sha256));
    ens__h_close(h);
    if (d->unchecked && d->sha256[0])
        ens__walk_told(
            w, "warn",
            ens__walk_said(w, "The pre-flight could not judge all of it: see the lists that it wants.",
                           "Le contr\u00f4le pr\u00e9alable n'a pas pu tout juger : il lui manque des listes."));
}

static void put_step_2(ens_walk *w, const ens__dossier *d)
{
    char path[ENS_WALK_PATH];
    ens_html *h = &w->v.h;
    snprintf(path, sizeof path, ENS_WALK "/uumds/%s/pdf", d->id);
    ens__h_leaf(h, "h2", NULL, "2 / 3");
    ens__walk_link(
        w, path,
        "1. Download certificate registration PDF file (t\u00e9l\u00e9charger le fichier PDF d'enregistrement)");
    ens__walk_p(w,
                "Sign it in the box OWNER, in Acrobat with CAdES-Equivalent, or with ensign pdf sign; then upload it.",
                "Signez-le dans le cadre OWNER, dans Acrobat avec CAdES-Equivalent, ou avec ensign pdf sign ; puis "
                "d\u00e9posez-le.");
    snprintf(path, sizeof path, ENS_WALK "/uumds/%s/upload", d->id);
    ens__form_upload(h, &w->v.screen, path);
    ens__walk_file(w, "pdf", "2. Upload signed certificate registration file (d\u00e9poser le fichier sign\u00e9)");
    ens__form_close(h, "Upload signed PDF (d\u00e9poser le PDF sign\u00e9)");
    ens__walk_h2(w, "Pre-flight: judge the certificate before you sign", "Contr\u00f4le pr\u00e9alable du certificat");
    snprintf(path, sizeof path, ENS_WALK "/uumds/%s/preflight", d->id);
    ens__form_upload(h, &w->v.screen, path);
    ens__walk_file(w, "certificate", "Certificate (certificat): PEM, DER");
    ens__form_close(h, ens__walk_said(w, "Judge it", "Le juger"));
}

/* put_end says what the rehearsal is worth, and what remains. */
static void put_end(ens_walk *w)
{
    static const char *const remain[][2] = {{"create the account on the real Prodouane, and link the company",
                                             "cr\u00e9er le compte sur le vrai Prodouane, et rattacher l'entreprise"},
                                            {"send the request for rights, and wait for the officer's message",
                                             "envoyer la demande de droits, et attendre le message de l'agent"},
                                            {"register the certificate on the real UUM&DS, signed in Acrobat",
                                             "enregistrer le certificat sur le vrai UUM&DS, sign\u00e9 dans Acrobat"}};
    ens__walk_told(w, "pass", ens__walk_said(w, ENS_REHEARSAL_END, ENS_REHEARSAL_END_FR));
    ens__h_open(&w->v.h, "ol");
    for (size_t i = 0; i < 3; i++)
        ens__h_leaf(&w->v.h, "li", NULL, ens__walk_said(w, remain[i][0], remain[i][1]));
    ens__h_close(&w->v.h);
    ens__walk_link(w, ENS_WALK "/sheet",
                   ens__walk_said(w, "Your sheet, with every value to type there",
                                  "Votre fiche, avec chaque valeur \u00e0 taper"));
}

static void page_dossier(ens_walk *w, const ens__dossier *d)
{
    char path[ENS_WALK_PATH];
    ens__dossier_status status = ENS_DOSSIER_DRAFT;
    if (ens__dossier_status_of(w->r, d, w->now, &status, &w->err) != ENS_OK) {
        ens__walk_failed(w);
        return;
    }
    ens__walk_page(w, "Certificate registration (enregistrement de certificat)", NULL);
    ens__walk_findings(w);
    put_facts(w, d, status);
    if (status == ENS_DOSSIER_DRAFT || status == ENS_DOSSIER_ISSUED)
        put_step_2(w, d);
    snprintf(path, sizeof path, ENS_WALK "/uumds/%s/next", d->id);
    if (status == ENS_DOSSIER_PENDING) {
        ens__h_leaf(&w->v.h, "h2", NULL, "3 / 3");
        ens__walk_act(w, path, NULL, NULL, "Next (suivant)");
    }
    if (status == ENS_DOSSIER_ACTIVE)
        put_end(w);
    ens__walk_link(w, ENS_WALK "/uumds/view", "View (voir)");
    ens__walk_close(w);
}

/* find_own reads the dossier of the path, of this user alone. */
static bool find_own(ens_walk *w, ens__dossier *d)
{
    if (!ens__walk_logged_in(w))
        return false;
    if (ens__dossier_find(w->r, w->v.r->capture[0], w->me.account.id, d, &w->err) == ENS_OK)
        return true;
    ens__walk_failed(w);
    return false;
}

void ens__dossier_show(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__dossier d;
    ens__walk_begin(&w, room, r, a);
    if (find_own(&w, &d))
        page_dossier(&w, &d);
    ens__walk_end(&w);
}

static ens_code put_body(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ENS_OK;
}

void ens__dossier_pdf(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__dossier d;
    char name[ENS_ID + 64];
    ens__walk_begin(&w, room, r, a);
    if (find_own(&w, &d)) {
        if (ens__dossier_issue(w.r, &d, w.now, put_body, &a->body, &w.err) != ENS_OK) {
            ens__walk_failed(&w);
        } else {
            snprintf(name, sizeof name, "%s-%s.pdf",
                     ens__walk_said(&w, "REHEARSAL-registration", "REPETITION-enregistrement"), d.id);
            a->type = "application/pdf";
            ens__web_download(a, ens_str(name));
        }
    }
    ens__walk_end(&w);
}

void ens__dossier_preflight(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__dossier d;
    ens_certificates *certificates = NULL;
    ens__walk_begin(&w, room, r, a);
    if (find_own(&w, &d) && ens__walk_posted(&w, ENS_RANK_TESTER)) {
        ens_trust *trust = ens__service_trust(w.v.pages->ground.service);
        const ens__dossier_means means = {.trust = trust};
        ens_code code = ens_certificates_new(ens__walk_value(&w, "certificate"), NULL, &certificates, &w.err);
        if (code == ENS_OK)
            code = ens__dossier_judge_certificate(w.r, d.eori, certificates, &means, w.now, w.report, &w.err);
        if (code == ENS_OK)
            page_dossier(&w, &d);
        else
            ens__walk_failed(&w);
        ens_certificates_free(certificates);
        ens_trust_free(trust);
    }
    ens__walk_end(&w);
}

void ens__dossier_upload_it(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__dossier d;
    bool taken = false;
    ens__walk_begin(&w, room, r, a);
    if (find_own(&w, &d) && ens__walk_posted(&w, ENS_RANK_TESTER)) {
        ens_trust *trust = ens__service_trust(w.v.pages->ground.service);
        const ens__dossier_means means = {.trust = trust};
        if (ens__dossier_upload(w.r, &d, ens__walk_value(&w, "pdf"), &means, w.now, w.report, &taken, &w.err) !=
            ENS_OK) {
            ens__walk_failed(&w);
        } else {
            a->status = taken ? 200 : 422;
            page_dossier(&w, &d);
        }
        ens_trust_free(trust);
    }
    ens__walk_end(&w);
}

void ens__dossier_next(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_walk w;
    ens__dossier d;
    ens__walk_begin(&w, room, r, a);
    if (find_own(&w, &d) && ens__walk_posted(&w, ENS_RANK_TESTER)) {
        if (ens__dossier_activate(w.r, &d, w.now, &w.err) != ENS_OK)
            ens__walk_failed(&w);
        else
            go_to(&w, &d);
    }
    ens__walk_end(&w);
}
