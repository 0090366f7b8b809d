#include "sti/rehearsal/environment.h"

static const ens__environment_facts facts[] = {
    [ENS_CONFORMANCE] = {.name = "conformance",
                         .title = "Conformance (test)",
                         .fr = "Conformit\u00e9 (test)",
                         .letter = 'C',
                         .cookie = "ensign-conformance",
                         .behalf = "ensign-conformance-behalf",
                         .colour = "#0b5d57",
                         .mark = "SIM",
                         .account = "https://moa.douane.gouv.fr/mon-compte/creer",
                         .login = "https://moa.douane.gouv.fr",
                         .uumds = "https://conformance.customs.ec.europa.eu/taxud/uumds/admin-ext/pages/delegation/"
                                  "dashboard.xhtml",
                         .euctp = "https://conformance.customs.ec.europa.eu/euctp/"},
    [ENS_PRODUCTION] = {.name = "production",
                        .title = "Production",
                        .fr = "Production",
                        .letter = 'P',
                        .cookie = "ensign-production",
                        .behalf = "ensign-production-behalf",
                        .colour = "#7a1f3d",
                        .mark = "SIP",
                        .account = "https://www.douane.gouv.fr/mon-compte/creer",
                        .login = "https://www.douane.gouv.fr",
                        .uumds = "https://customs.ec.europa.eu/taxud/uumds/admin-ext/",
                        .euctp = "https://customs.ec.europa.eu/gtp/"},
};

const ens__environment_facts *ens__environment_of(ens__environment e)
{
    return &facts[e == ENS_PRODUCTION ? ENS_PRODUCTION : ENS_CONFORMANCE];
}

ens__environment ens__environment_other(ens__environment e)
{
    return e == ENS_PRODUCTION ? ENS_CONFORMANCE : ENS_PRODUCTION;
}

bool ens__environment_read(ens_slice text, ens__environment *out)
{
    text = ens__trim(text);
    for (ens__environment e = ENS_CONFORMANCE; e <= ENS_PRODUCTION; e++)
        if (ens__eq_nocase(text, ens_str(facts[e].name)) || ens__eq_nocase(text, ens_str(facts[e].title)) ||
            ens__eq_nocase(text, ens_str(facts[e].fr))) {
            *out = e;
            return true;
        }
    if (!ens__eq_nocase(text, ENS_LIT("test")) && !ens__eq_nocase(text, ENS_LIT("conformit\u00e9")))
        return false;
    *out = ENS_CONFORMANCE;
    return true;
}
