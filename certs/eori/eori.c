/* EORI numbers and ICS2 party ids. See ensign/eori.h. */
#include "ensign/eori.h"

#include "certs/eori/eori_countries.h"
#include "certs/eori/numbers.h"
#include "engine/base/report.h"

#define RULE_PARTY "ICS2-HTI ICD 4.2.2.1, Table 8"
#define RULE_SHAPE "ICS2-HTI ICD 4.2.2.1; Delegated Regulation (EU) 2015/2446, art. 1(18)"
#define RULE_FRANCE "INSEE, Sirene: check digits of SIREN and SIRET"

#define RULE_COUNTRY "Regulation (EU) 952/2013, art. 9"

#define COUNTRY_LEN 2u
#define EORI_MIN 3u  /* country code and one character */
#define EORI_MAX 17u /* an..17 */
#define SYSTEM_ID_MAX 12u
#define SIRET_LEN 14u
#define SIREN_LEN 9u

static bool capital(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool alphanumeric(uint8_t c)
{
    return capital(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The three refusals below return SIZE_MAX when the part is good, else the offset of its first fault. */
static size_t bad_system_id(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (i == SYSTEM_ID_MAX || !alphanumeric(s.p[i]))
            return i;
    return s.len == 0 ? 0 : SIZE_MAX;
}

static size_t bad_eori(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (i == EORI_MAX || s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '@' || (i < COUNTRY_LEN && !capital(s.p[i])))
            return i;
    return s.len < EORI_MIN ? s.len : SIZE_MAX;
}

static size_t bad_member_state(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (i == COUNTRY_LEN || !capital(s.p[i]))
            return i;
    return s.len < COUNTRY_LEN ? s.len : SIZE_MAX;
}

static bool two_letters(ens_slice s)
{
    return s.len == COUNTRY_LEN && (s.p[0] | 0x20) >= 'a' && (s.p[0] | 0x20) <= 'z' && (s.p[1] | 0x20) >= 'a' &&
           (s.p[1] | 0x20) <= 'z';
}

/* split fills out by the number of '@'. An EORI has at least three characters, so two letters (or nothing) after one
 * '@' are a Member State. False: more than two. */
static bool split(ens_slice text, ens_party_id *out)
{
    ens_slice at = ENS_LIT("@");
    size_t first = ens__find(text, at, 0);
    if (first == SIZE_MAX) {
        out->eori = text;
        return true;
    }
    ens_slice head = ens_sub(text, 0, first), tail = ens_from(text, first + 1);
    size_t second = ens__find(tail, at, 0);
    if (second == SIZE_MAX && (tail.len == 0 || two_letters(tail))) {
        *out = (ens_party_id){.eori = head, .member_state = tail};
    } else if (second == SIZE_MAX) {
        *out = (ens_party_id){.system_id = head, .eori = tail};
    } else {
        *out = (ens_party_id){
            .system_id = head, .eori = ens_sub(tail, 0, second), .member_state = ens_from(tail, second + 1)};
        return ens__find(out->member_state, at, 0) == SIZE_MAX;
    }
    return true;
}

static size_t offset_in(ens_slice text, ens_slice part, size_t at)
{
    return (size_t)(part.p - text.p) + at;
}

ens_code ens_party_id_parse(ens_slice text, ens_party_id *out, ens_err *err)
{
    ens_party_id id = {0};
    if (text.len == 0)
        return ens_fail(err, ENS_ESYNTAX, RULE_PARTY, "party id is empty", 0);
    if (!split(text, &id))
        return ens_fail(err, ENS_ESYNTAX, RULE_PARTY, "party id has more than two @",
                        offset_in(text, id.member_state, ens__find(id.member_state, ENS_LIT("@"), 0)));
    size_t at;
    if (id.system_id.p && (at = bad_system_id(id.system_id)) != SIZE_MAX)
        return ens_fail(err, ENS_ESYNTAX, RULE_PARTY, "system id before @ is not 1 to 12 letters and digits",
                        offset_in(text, id.system_id, at));
    if ((at = bad_eori(id.eori)) != SIZE_MAX)
        return ens_fail(err, ENS_ESYNTAX, RULE_PARTY, "EORI is not two capitals and 1 to 15 printable characters",
                        offset_in(text, id.eori, at));
    if (id.member_state.p && (at = bad_member_state(id.member_state)) != SIZE_MAX)
        return ens_fail(err, ENS_ESYNTAX, RULE_PARTY, "Member State after @ is not two capitals",
                        offset_in(text, id.member_state, at));
    *out = id;
    return ENS_OK;
}

static void judge_shape(ens_slice eori, size_t at, ens_report *r)
{
    const char *shown = ens__show(r, eori);
    ens_finding *f;
    if (eori.len > EORI_MAX)
        f = ens__failf(r, "eori.shape", RULE_SHAPE, "give the EORI alone, at most 17 characters",
                       "%s has %zu characters", shown, eori.len);
    else if (at < eori.len && eori.p[at] == '@')
        f = ens__failf(r, "eori.shape", RULE_SHAPE, "give the EORI alone; a party id is split at @", "%s holds an @",
                       shown);
    else
        f = ens__failf(r, "eori.shape", RULE_SHAPE,
                       "write two capitals for the country and 1 to 15 printable characters, without spaces",
                       "%s is not an EORI at character %zu", eori.len ? shown : "an empty text", at + 1);
    f->at = at;
}

/* French numbers of digits alone are a SIRET or a SIREN, and INSEE gives none whose check digit is wrong. */
static void judge_french(ens_slice eori, ens_slice national, ens_report *r)
{
    if (!ens__all_digits(national) || (national.len != SIRET_LEN && national.len != SIREN_LEN))
        return;
    bool siret = national.len == SIRET_LEN;
    if (siret ? ens__siret(national) : ens__siren(national)) {
        ens__passf(r, "eori.check-digit", RULE_FRANCE, "%s passes its check digit", siret ? "the SIRET" : "the SIREN");
        if (!siret)
            ens__warn(r, "eori.siren", "DGDDI (FR), reform of the EORI of April 2023",
                      "register with the number as UUM&DS shows it; its French guide asks for FR + SIRET",
                      "%s is FR + SIREN, the form given since April 2023", ens__show(r, eori));
        return;
    }
    ens_slice siren = ens_sub(national, 0, SIREN_LEN);
    ens__failf(r, "eori.check-digit", RULE_FRANCE, "compare it with the company's entry in Sirene: a digit is mistyped",
               "%s of %s fails its check digit",
               ens__siren(siren) ? "the SIRET"
               : siret           ? "the SIREN in the SIRET"
                                 : "the SIREN",
               ens__show(r, eori));
}

static void judge_national(const ens_eori_country *country, ens_slice eori, ens_slice national, ens_report *r)
{
    if (!country->shapes[0])
        ens__skip(r, "eori.national", country->source, false, "how %s forms its numbers is not known here",
                  country->name);
    else if (!ens__eori_fits(country, national))
        ens__warn(r, "eori.national", country->source,
                  "compare it with the letter or register entry that gave the number",
                  "%s is unusual: %s is followed by %s", ens__show(r, eori), country->code, country->form);
    else
        ens__passf(r, "eori.national", country->source, "%s: %s", country->name, country->form);
}

void ens_eori_check(ens_slice eori, ens_report *report)
{
    size_t at = bad_eori(eori);
    if (at != SIZE_MAX) {
        judge_shape(eori, at, report);
        return;
    }
    ens__pass(report, "eori.shape", RULE_SHAPE);
    ens_slice code = ens_sub(eori, 0, COUNTRY_LEN), national = ens_from(eori, COUNTRY_LEN);
    const ens_eori_country *country = ens__eori_country(code);
    if (!country || country->origin == ENS_EORI_THIRD_COUNTRY) {
        ens__warn(report, "eori.country", RULE_COUNTRY,
                  "use an EORI given by a Member State (or XI): no other is in the EU's EORI database",
                  "%s is no Member State's prefix%s", ens__show(report, code),
                  country ? ": GB numbers left the database in 2021" : "");
        if (!country)
            return;
    } else {
        ens__passf(report, "eori.country", RULE_COUNTRY, "%s", country->name);
    }
    judge_national(country, eori, national, report);
    if (ens_is(code, "FR"))
        judge_french(eori, national, report);
}
