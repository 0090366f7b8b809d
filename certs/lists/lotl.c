#include "certs/lists/lotl.h"

static bool ends_with_nocase(ens_slice s, ens_slice ending)
{
    return s.len >= ending.len && ens__eq_nocase(ens_from(s, s.len - ending.len), ending);
}

/* The address of a publication in the Official Journal. */
static bool is_journal(ens_slice uri)
{
    return ens__starts_nocase(uri, ENS_LIT("https://eur-lex.europa.eu/")) ||
           ens__starts_nocase(uri, ENS_LIT("http://eur-lex.europa.eu/")) ||
           ens__starts_nocase(uri, ENS_LIT("https://data.europa.eu/eli/")) ||
           ens__starts_nocase(uri, ENS_LIT("http://data.europa.eu/eli/"));
}

size_t ens__lotl_pivots(const ens_trustlist *lotl, unsigned publication, ens_slice out[ENS_PIVOTS_MAX], bool *more)
{
    size_t n = 0, i = 0;
    unsigned seen = 0;
    *more = false;
    for (; i < lotl->num_scheme_uris; i++) {
        ens_slice uri = lotl->scheme_uri[i];
        if (is_journal(uri) && seen++ == publication)
            break;
        if (ends_with_nocase(uri, ENS_LIT(".xml")) && n < ENS_PIVOTS_MAX)
            out[n++] = uri;
    }
    for (i++; i < lotl->num_scheme_uris; i++)
        *more |= is_journal(lotl->scheme_uri[i]);
    for (size_t k = 0; k < n / 2; k++) {
        ens_slice newer = out[k];
        out[k] = out[n - 1 - k];
        out[n - 1 - k] = newer;
    }
    return n;
}

static bool is_list(const ens_list_pointer *p)
{
    return ens__eq_nocase(p->mime, ENS_LIT(ENS_TRUSTLIST_MIME));
}

const ens_list_pointer *ens__lotl_self(const ens_trustlist *lotl)
{
    for (size_t i = 0; i < lotl->num_pointers; i++)
        if (is_list(&lotl->pointer[i]) && ens_is(lotl->pointer[i].territory, ENS_LOTL_TERRITORY) &&
            ens_is(lotl->pointer[i].type, ENS_TYPE_LIST_OF_LISTS))
            return &lotl->pointer[i];
    return NULL;
}

bool ens__lotl_is_national(const ens_list_pointer *p)
{
    return is_list(p) && ens_is(p->type, ENS_TYPE_NATIONAL) && !ens_is(p->territory, ENS_LOTL_TERRITORY);
}

const char *ens__lotl_misfit(const ens_trustlist *list, ens_slice territory)
{
    if (!territory.len)
        return ens_is(list->type, ENS_TYPE_LIST_OF_LISTS) ? NULL : "this is no list of lists";
    if (!ens_is(list->type, ENS_TYPE_NATIONAL))
        return "this is no list of a Member State";
    return ens_eq(list->territory, territory) ? NULL : "this is the list of another country";
}
