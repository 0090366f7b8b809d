/* The link between an account and its company. See account.h. */
#include "certs/eori/countries.h"
#include "sti/account/account.h"

#include <stdio.h>

#define RULE ENS_RULE_ACCOUNT
#define RULE_NAME "Ensign rehearsal" /* the real portal looks the name up */
#define RULE_SIRET "INSEE, Sirene"
#define SIRET_DIGITS 14u

void ens__company_judge(ens_slice siret, ens_slice name, ens_report *report)
{
    siret = ens__trim(siret);
    name = ens__trim(name);
    if (siret.len != SIRET_DIGITS || !ens__all_digits(siret))
        ens__failf(report, "company.siret", RULE, "type the 14 digits of the establishment, without spaces",
                   siret.len ? "%s is not 14 digits" : "no SIRET is given%s",
                   siret.len ? ens__show(report, siret) : "");
    else if (!ens__siret(siret))
        ens__failf(report, "company.siret", RULE_SIRET,
                   "compare it with the company's entry in Sirene: a digit is mistyped",
                   "the SIRET %s fails its check digit", ens__show(report, siret));
    else
        ens__passf(report, "company.siret", RULE_SIRET, "%s",
                   ens__luhn(siret) ? "it passes its check digits"
                                    : "it passes by La Poste's rule: its digits add up to a multiple of 5");
    bool plain = ens__is_utf8(name);
    for (size_t i = 0; plain && i < name.len; i++)
        plain = name.p[i] >= ' ';
    if (!name.len || name.len >= ENS_ACCOUNT_NAME || !plain)
        ens__failf(report, "company.name", RULE_NAME, "give the company's name, as the register has it (assumed)",
                   "the company's name is missing, too long, or no plain text");
    else
        ens__pass(report, "company.name", RULE_NAME);
}

ens_code ens__company_enter(ens__rehearsal *r, ens__account *a, ens_slice siret, ens_slice name, ens_report *report,
                            ens_err *err)
{
    ens__company_judge(siret, name, report);
    if (ens_report_verdict(report) != ENS_ACCEPTED)
        return ENS_OK;
    siret = ens__trim(siret);
    name = ens__trim(name);
    snprintf(a->siret, sizeof a->siret, "%.*s", (int)siret.len, (const char *)siret.p);
    snprintf(a->company, sizeof a->company, "%.*s", (int)name.len, (const char *)name.p);
    a->linked = false;
    return ens__account_change(r, a, err);
}

ens_code ens__company_confirm(ens__rehearsal *r, ens__account *a, ens_err *err)
{
    if (!a->siret[0])
        return ens_fail(err, ENS_EPOLICY, RULE, "no company was entered yet", 0);
    a->linked = true;
    return ens__account_change(r, a, err);
}
