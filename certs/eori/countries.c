/* Rows follow what each customs authority publishes; a form that is only known from hearsay has
 * no shape here, so that nothing is warned of on a guess. */
#include "certs/eori/countries.h"

#include "ensign/eori.h"

#define UNPUBLISHED "no published description of the national form"

static const ens_eori_row countries[] = {
    {"AT", ENS_EORI_UNION, "Austria", {0}, NULL, UNPUBLISHED},
    {"BE",
     ENS_EORI_UNION,
     "Belgium",
     {"dddddddddd"},
     "the 10 digits of the enterprise number",
     "FPS Finance (BE), EORI: KBO number without dots or spaces"},
    {"BG", ENS_EORI_UNION, "Bulgaria", {0}, NULL, UNPUBLISHED},
    {"CY", ENS_EORI_UNION, "Cyprus", {0}, NULL, UNPUBLISHED},
    {"CZ", ENS_EORI_UNION, "Czechia", {0}, NULL, UNPUBLISHED},
    {"DE",
     ENS_EORI_UNION,
     "Germany",
     {"ddddddd", "ddddddddddddddd"},
     "15 digits, or the 7 digits of a customs number from before 2012",
     "Zoll (DE), Die EORI-Nummer"},
    {"DK",
     ENS_EORI_UNION,
     "Denmark",
     {"dddddddd"},
     "the 8 digits of the CVR (else SE) number",
     "Skat (DK), EORI-nummer"},
    {"EE",
     ENS_EORI_UNION,
     "Estonia",
     {"dddddddd", "ddddddddddd"},
     "the 8 digits of the business register, or an 11-digit personal code",
     "EMTA (EE), EORI questions and answers, 1"},
    {"ES",
     ENS_EORI_UNION,
     "Spain",
     {"xdddddddx", "Kxxxxxxxxxxx"},
     "the 9 characters of the NIF, or K and 11 characters for an operator without one",
     "Agencia Tributaria (ES), economic activities manual, 1.6"},
    {"FI",
     ENS_EORI_UNION,
     "Finland",
     {"ddddddd-d", "-d+-d+", "-d+-d+-d+"},
     "the business ID with its hyphen, 1234567-8 (private persons: -date-time)",
     "Tulli (FI), EORI"},
    {"FR",
     ENS_EORI_UNION,
     "France",
     {"ddddddddd", "dddddddddddddd", "llx+"},
     "the 9 digits of the SIREN (until 2025 the 14 of the SIRET; a country code first for an operator from outside the "
     "Union)",
     "DGDDI (FR), EORI; reform from 1 January 2026"},
    {"GB",
     ENS_EORI_THIRD_COUNTRY,
     "Great Britain",
     {"dddddddddddd", "ddddddddddddddd"},
     "12 or 15 digits",
     "HMRC, EORI"},
    {"GR", ENS_EORI_UNION, "Greece", {0}, NULL, UNPUBLISHED},
    {"HR",
     ENS_EORI_UNION,
     "Croatia",
     {"ddddddddddd"},
     "the 11 digits of the OIB",
     "Pravilnik o EORI broju (NN 104/2017); Carinska uprava: HR + OIB"},
    {"HU",
     ENS_EORI_UNION,
     "Hungary",
     {"xxxxxxxxxx"},
     "the 10 characters of the VPID after HU",
     "NAV (HU): VPID, 12 characters, serves as EORI"},
    {"IE",
     ENS_EORI_UNION,
     "Ireland",
     {"dxdddddl", "dddddddll"},
     "the VAT or tax number, 1234567T or 1234567TA",
     "Revenue (IE), EORI: aligned to the VAT number"},
    {"IT",
     ENS_EORI_UNION,
     "Italy",
     {"ddddddddddd", "llllllxxlxxlxxx"},
     "the 11 digits of partita IVA or codice fiscale (a person's codice fiscale: its first 15 characters)",
     "Agenzia delle Dogane (IT), EORI: registration criteria"},
    {"LT",
     ENS_EORI_UNION,
     "Lithuania",
     {"ddddddddd", "ddddddd", "LTx+"},
     "the company code, 9 (once 7) digits; LT and 13 characters for a person",
     "Lietuvos muitinė (LT), EORI"},
    {"LU",
     ENS_EORI_UNION,
     "Luxembourg",
     {"dddddddd"},
     "the 8 digits of the VAT number",
     "Guichet.lu, EORI; logistics.public.lu"},
    {"LV",
     ENS_EORI_UNION,
     "Latvia",
     {"ddddddddddd", "ddddddddd", "llx+"},
     "the 11-digit registration or personal code (9 digits where not a taxpayer)",
     "Cabinet Regulation 18 of 2017 (LV)"},
    {"MT",
     ENS_EORI_UNION,
     "Malta",
     {"dddddddd"},
     "the 8 digits of the VAT number",
     "Malta Customs, EORI: same as the VAT number"},
    {"NL",
     ENS_EORI_UNION,
     "Netherlands",
     {"ddddddddd"},
     "the 9 digits of RSIN or BSN, zeros in front",
     "Belastingdienst (NL); business.gov.nl, EORI number"},
    {"PL",
     ENS_EORI_UNION,
     "Poland",
     {"dddddddddd00000", "ddddddddddddddZ"},
     "NIP and five zeros (14 digits and Z for a third-country operator)",
     "PUESC (PL), EORI registration"},
    {"PT",
     ENS_EORI_UNION,
     "Portugal",
     {"ddddddddd"},
     "the 9 digits of the NIF",
     "Autoridade Tributária (PT): EORI given with the NIF"},
    {"RO",
     ENS_EORI_UNION,
     "Romania",
     {"d+", "llx+"},
     "the CUI, 2 to 10 digits (a person's CNP; a country code first for third countries)",
     "ANAF (RO), order 1554/2009"},
    {"SE",
     ENS_EORI_UNION,
     "Sweden",
     {"dddddddddd"},
     "10 digits, as a rule the organisation number",
     "Tullverket (SE), How is an EORI number structured"},
    {"SI",
     ENS_EORI_UNION,
     "Slovenia",
     {"dddddddd", "ddddddddO"},
     "the 8 digits of the tax number (and O for a person)",
     "FURS (SI), EORI"},
    {"SK",
     ENS_EORI_UNION,
     "Slovakia",
     {"dddddddddd", "0Idddddddd"},
     "the 10 digits of the DIČ, or 0I and the IČO",
     "Finančná správa (SK), EORI"},
    {"XI",
     ENS_EORI_NORTHERN_IRELAND,
     "Northern Ireland",
     {"dddddddddddd", "ddddddddddddddd"},
     "12 or 15 digits",
     "HMRC, EORI"},
};

#define NUM_COUNTRIES (sizeof countries / sizeof *countries)

const ens_eori_row *ens__eori_country(ens_slice code)
{
    for (size_t i = 0; i < NUM_COUNTRIES; i++)
        if (ens_is(code, countries[i].code))
            return &countries[i];
    return NULL;
}

const char *ens_member_state(ens_slice code)
{
    if (ens__eq_nocase(code, ENS_LIT("EL")))
        code = ENS_LIT("GR");
    for (size_t i = 0; i < NUM_COUNTRIES; i++)
        if (countries[i].origin == ENS_EORI_UNION && ens__eq_nocase(code, ens_str(countries[i].code)))
            return countries[i].code;
    return NULL;
}

const ens_eori_row *ens__eori_country_at(size_t i)
{
    return i < NUM_COUNTRIES ? &countries[i] : NULL;
}

static bool in_class(char class, uint8_t c)
{
    bool digit = c >= '0' && c <= '9', capital = c >= 'A' && c <= 'Z';
    return class == 'd' ? digit : class == 'l' ? capital : class == 'x' ? digit || capital : c == (uint8_t) class;
}

/* Greedy: in every shape of the table the class before '+' ends the text or is followed by what it doesn't hold. */
bool ens__shape_fits(const char *shape, ens_slice text)
{
    size_t at = 0;
    for (const char *s = shape; *s; s++) {
        if (at == text.len || !in_class(*s, text.p[at]))
            return false;
        at++;
        if (s[1] != '+')
            continue;
        while (at < text.len && in_class(*s, text.p[at]))
            at++;
        s++;
    }
    return at == text.len;
}

bool ens__eori_fits(const ens_eori_row *country, ens_slice national)
{
    if (!country->shapes[0])
        return true;
    for (size_t i = 0; i < ENS_EORI_SHAPES && country->shapes[i]; i++)
        if (ens__shape_fits(country->shapes[i], national))
            return true;
    return false;
}

/* Check digits. */
#define SIREN_LEN 9u
#define SIRET_LEN 14u

static unsigned digit(ens_slice s, size_t i)
{
    return (unsigned)(s.p[i] - '0');
}

bool ens__all_digits(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.len > 0;
}

static bool digits_of_len(ens_slice s, size_t len)
{
    return s.len == len && ens__all_digits(s);
}

/* remainder of a run of digits, of any length, modulo m. */
static unsigned modulo(ens_slice digits, unsigned m)
{
    unsigned r = 0;
    for (size_t i = 0; i < digits.len; i++)
        r = (r * 10 + digit(digits, i)) % m;
    return r;
}

static unsigned weighted(ens_slice digits, const uint8_t *weights, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += digit(digits, i) * weights[i];
    return sum;
}

bool ens__luhn(ens_slice digits)
{
    if (!ens__all_digits(digits))
        return false;
    unsigned sum = 0;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned d = digit(digits, digits.len - 1 - i);
        if (i % 2 == 1)
            d = d > 4 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    return sum % 10 == 0;
}

bool ens__siren(ens_slice digits)
{
    return digits.len == SIREN_LEN && ens__luhn(digits);
}

bool ens__siret(ens_slice digits)
{
    if (!digits_of_len(digits, SIRET_LEN) || !ens__siren(ens_sub(digits, 0, SIREN_LEN)))
        return false;
    if (ens__luhn(digits))
        return true;
    if (!ens_starts(digits, ENS_LIT("356000000")))
        return false;
    unsigned sum = 0;
    for (size_t i = 0; i < digits.len; i++)
        sum += digit(digits, i);
    return sum % 5 == 0;
}

static bool key_character(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

bool ens__vat_fr(ens_slice text)
{
    ens_slice key = ens_sub(text, 0, 2), siren = ens_from(text, 2);
    if (!ens__siren(siren) || !key_character(key.p[0]) || !key_character(key.p[1]))
        return false;
    return !ens__all_digits(key) || modulo(key, 100) == (12 + 3 * modulo(siren, 97)) % 97;
}

bool ens__enterprise_be(ens_slice digits)
{
    return digits_of_len(digits, 10) && digit(digits, 0) <= 1 &&
           modulo(ens_from(digits, 8), 100) == 97 - modulo(ens_sub(digits, 0, 8), 97);
}

bool ens__business_id_fi(ens_slice digits)
{
    static const uint8_t weights[] = {7, 9, 10, 5, 8, 4, 2};
    if (!digits_of_len(digits, 8))
        return false;
    unsigned r = weighted(digits, weights, sizeof weights) % 11;
    return r != 1 && digit(digits, 7) == (r == 0 ? 0 : 11 - r);
}

bool ens__oib_hr(ens_slice digits)
{
    if (!digits_of_len(digits, 11))
        return false;
    unsigned product = 10;
    for (size_t i = 0; i < 10; i++) {
        unsigned sum = (product + digit(digits, i)) % 10;
        product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    return (product + digit(digits, 10)) % 10 == 1;
}

bool ens__register_ee(ens_slice digits)
{
    static const uint8_t first[] = {1, 2, 3, 4, 5, 6, 7}, second[] = {3, 4, 5, 6, 7, 8, 9};
    if (!digits_of_len(digits, 8))
        return false;
    unsigned r = weighted(digits, first, sizeof first) % 11;
    if (r == 10)
        r = weighted(digits, second, sizeof second) % 11 % 10;
    return digit(digits, 7) == r;
}

bool ens__cvr_dk(ens_slice digits)
{
    static const uint8_t weights[] = {2, 7, 6, 5, 4, 3, 2, 1};
    return digits_of_len(digits, 8) && digit(digits, 0) > 0 && weighted(digits, weights, sizeof weights) % 11 == 0;
}
