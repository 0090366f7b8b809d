/* organizationIdentifier, 2.5.4.97. See ensign/orgid.h. */
#include "ensign/orgid.h"

#include "engine/base/bytes.h"

#define RULE "ETSI EN 319 412-1, 5.1.4"
#define SCHEME_LEN 3u
#define COUNTRY_LEN 2u

static bool capitals(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < 'A' || s.p[i] > 'Z')
            return false;
    return true;
}

/* A national scheme is two capitals and ':'. */
static bool scheme_good(ens_slice scheme)
{
    return capitals(scheme) || (scheme.p[2] == ':' && capitals(ens_sub(scheme, 0, 2)));
}

ens_code ens_orgid_parse(ens_slice text, ens_orgid *out, ens_err *err)
{
    ens_orgid id = {0};
    ens_slice hyphen;
    ens_reader r = ens_read(text);
    if (!ens_take(&r, SCHEME_LEN, &id.scheme) || !scheme_good(id.scheme))
        return ens_fail(err, ENS_ESYNTAX, RULE, "scheme is not three capitals, nor two and a colon", 0);
    if (!ens_take(&r, COUNTRY_LEN, &id.country) || !capitals(id.country))
        return ens_fail(err, ENS_ESYNTAX, RULE, "country is not two capitals", SCHEME_LEN);
    if (!ens_take(&r, 1, &hyphen) || hyphen.p[0] != '-')
        return ens_fail(err, ENS_ESYNTAX, RULE, "no hyphen after the country", SCHEME_LEN + COUNTRY_LEN);
    id.reference = (ens_slice){r.at, ens_left(&r)};
    if (id.reference.len == 0)
        return ens_fail(err, ENS_ESYNTAX, RULE, "no reference after the hyphen", ens_at(&r));
    *out = id;
    return ENS_OK;
}
