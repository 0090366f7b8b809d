/* See eori_countries.h. Rows follow what each customs authority publishes; a form that is only known from hearsay has
 * no shape here, so that nothing is warned of on a guess. */
#include "certs/eori/eori_countries.h"

#define UNPUBLISHED "no published description of the national form"

static const ens_eori_country countries[] = {
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
     {"dddddddddddddd", "ddddddddd", "llx+"},
     "the 14 digits of the SIRET (or the 9 of the SIREN; a country code first for an operator from outside the Union)",
     "DGDDI (FR), EORI; reform of April 2023"},
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

const ens_eori_country *ens__eori_country(ens_slice code)
{
    for (size_t i = 0; i < NUM_COUNTRIES; i++)
        if (ens_is(code, countries[i].code))
            return &countries[i];
    return NULL;
}

const ens_eori_country *ens__eori_country_at(size_t i)
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

bool ens__eori_fits(const ens_eori_country *country, ens_slice national)
{
    if (!country->shapes[0])
        return true;
    for (size_t i = 0; i < ENS_EORI_SHAPES && country->shapes[i]; i++)
        if (ens__shape_fits(country->shapes[i], national))
            return true;
    return false;
}
