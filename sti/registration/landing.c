#include "sti/registration/landing.h"

#include "certs/eori/countries.h"

#define RULE ENS_RULE_LANDING
#define SIRET_LEN 14u
#define SIREN_LEN 9u

const ens__landing_field ens__landing_fields[ENS_LANDING_FIELDS] = {
    [ENS_LANDING_DOMAIN] = {"domain", "Domain of application", "Domaine d'application", "Customs", "Excise|Taxation",
                            -1},
    [ENS_LANDING_COUNTRY] = {"country", "Country", "Pays", "France", "Belgium|Germany|Italy|Spain", -1},
    [ENS_LANDING_ACTOR] = {"actor", "Type of actor", "Type d'acteur", "Employee",
                           "Economic operator|Customs representative", -1},
    [ENS_LANDING_BEHALF] = {"behalf", "Acting on behalf of", "Agissant pour le compte de",
                            "the following (natural/legal) person", "myself", ENS_LANDING_COUNTRY},
    [ENS_LANDING_REPRESENTED] = {"represented", "Type of actor (represented)", "Type d'acteur (repr\u00e9sent\u00e9)",
                                 "Economic operator", "Customs representative", ENS_LANDING_BEHALF},
    [ENS_LANDING_ID_TYPE] = {"idtype", "Type of ID", "Type d'identifiant", "EORI number", "TIN", ENS_LANDING_BEHALF},
    [ENS_LANDING_ID] = {"id", "ID", "Identifiant", NULL, NULL, ENS_LANDING_ID_TYPE},
    [ENS_LANDING_HOW] = {"how", "How", "Comment", "Directly", "Indirectly", ENS_LANDING_BEHALF},
    [ENS_LANDING_CONSENT] = {"consent", "Consent (identity profile information)",
                             "Consentement (informations du profil d'identit\u00e9)", "yes", NULL, -1},
    [ENS_LANDING_SUBMIT] = {"submit", "Submit", "Soumettre", NULL, NULL, ENS_LANDING_CONSENT},
};

static bool is_right(const ens_slice values[ENS_LANDING_FIELDS], int field)
{
    const ens__landing_field *f = &ens__landing_fields[field];
    return f->value && ens__eq_nocase(ens__trim(values[field]), ens_str(f->value));
}

bool ens__landing_open(const ens_slice values[ENS_LANDING_FIELDS], ens__landing_name field)
{
    int by = ens__landing_fields[field].opened_by;
    return by < 0 || (is_right(values, by) && ens__landing_open(values, (ens__landing_name)by));
}

/* Each id is a literal, as findings want it. */
static const char *id_of(ens__landing_name field)
{
    static const char *const ids[ENS_LANDING_FIELDS] = {
        "landing.domain",  "landing.country", "landing.actor", "landing.behalf",  "landing.represented",
        "landing.id-type", "landing.id",      "landing.how",   "landing.consent", NULL};
    return ids[field];
}

static void judge_choice(const ens_slice values[ENS_LANDING_FIELDS], ens__landing_name field, ens_report *report)
{
    const ens__landing_field *f = &ens__landing_fields[field];
    ens_slice value = ens__trim(values[field]);
    if (!ens__landing_open(values, field)) {
        ens__failf(report, id_of(field), RULE, "fill in the fields in their order",
                   "the field isn't open: it opens when \"%s\" is \"%s\"", ens__landing_fields[f->opened_by].label,
                   ens__landing_fields[f->opened_by].value);
        return;
    }
    if (is_right(values, (int)field)) {
        ens__pass(report, id_of(field), RULE);
        return;
    }
    const char *shown = value.len ? ens__show(report, value) : "nothing";
    if (field == ENS_LANDING_CONSENT)
        ens__failf(report, id_of(field), RULE, "tick the box: without it UUM&DS gets no identity from Prodouane",
                   "the consent isn't given");
    else if (field == ENS_LANDING_COUNTRY && value.len)
        ens__failf(report, id_of(field), RULE,
                   "choose France: another country leads to its own log-in, where this guide ends",
                   "\"%s\" is chosen, and the account is French", shown);
    else
        ens__failf(report, id_of(field), RULE,
                   "choose as the guide has it: this rehearsal knows no other way (assumed)",
                   "\"%s\" is %s, and not \"%s\"", f->label, shown, f->value);
}

/* judge_id: FR and a SIRET or SIREN; what applies at the date is told by eori.form. */
static void judge_id(ens_slice value, ens_time at, ens_report *report)
{
    ens_slice national = ens_from(value, 2);
    bool french = ens_starts(value, ENS_LIT("FR"));
    if (!value.len) {
        ens__failf(report, "landing.id", RULE, "type FR and the SIRET (14 digits) or, since January 2026, the SIREN",
                   "no number is given");
        return;
    }
    if (ens__all_digits(value) && (value.len == SIRET_LEN || value.len == SIREN_LEN)) {
        ens__failf(report, "landing.id", RULE, "type FR in front of it", "%s is the number without its country",
                   ens__show(report, value));
        return;
    }
    if (!ens_eori_check(value, at, report))
        return;
    if (french && ens__all_digits(national) && (national.len == SIRET_LEN || national.len == SIREN_LEN))
        ens__pass(report, "landing.id", RULE);
    else if (french)
        ens__failf(report, "landing.id", RULE,
                   "ask French Customs how an operator without a SIRET goes on: the guide ends here",
                   "%s has no SIRET in it: it is of an operator from outside", ens__show(report, value));
    else
        ens__failf(report, "landing.id", RULE, "register it where it was given: the guide is for French EORIs",
                   "%s was not given by France", ens__show(report, value));
}

bool ens__landing_judge(const ens_slice values[ENS_LANDING_FIELDS], ens_time at, ens_report *report)
{
    for (ens__landing_name f = ENS_LANDING_DOMAIN; f < ENS_LANDING_SUBMIT; f++) {
        if (f != ENS_LANDING_ID || !ens__landing_open(values, f))
            judge_choice(values, f, report);
        else
            judge_id(ens__trim(values[f]), at, report);
    }
    return ens_report_verdict(report) == ENS_ACCEPTED;
}
