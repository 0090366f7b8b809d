/* Who the certificate names: attributes of subject and issuer, and the organizationIdentifier. See profile_rules.h. */
#include "certs/eori/numbers.h"
#include "certs/profile/profile_rules.h"
#include "certs/x509/isocodes.h"
#include "certs/x509/name.h"
#include "ensign/orgid.h"

#define SEMANTICS_LEGAL ENS_LIT("\x04\x00\x8B\xEC\x49\x01\x02")       /* 0.4.0.194121.1.2 */
#define SEMANTICS_EIDAS_LEGAL ENS_LIT("\x04\x00\x8B\xEC\x49\x01\x04") /* 0.4.0.194121.1.4 */
#define TEXT_MAX 512
#define EIDAS_ID_MAX 256u /* characters of an eIDAS legal person identifier */
#define NCA_MIN 2u        /* letters of a competent authority's code */
#define NCA_MAX 8u

/* What a legal person's name has to have, each once. */
static const struct {
    const char *name;
    ens_slice oid;
} required[] = {
    {"countryName", {(const uint8_t *)"\x55\x04\x06", 3}},
    {"organizationName", {(const uint8_t *)"\x55\x04\x0A", 3}},
    {"organizationIdentifier", {(const uint8_t *)"\x55\x04\x61", 3}},
    {"commonName", {(const uint8_t *)"\x55\x04\x03", 3}},
};
#define NUM_REQUIRED (sizeof required / sizeof *required)

/* take reads one attribute into storage of TEXT_MAX bytes; empty when there is none. */
static ens_slice take(ens_slice name, ens_slice type, uint8_t *storage)
{
    ens_buf text;
    ens_buf_init(&text, storage, TEXT_MAX, TEXT_MAX);
    ens__name_take(name, type, &text);
    return ens_buf_slice(&text);
}

static bool has_orgid(const ens__profiled *p)
{
    return ens__is_legal(p) && ens__name_count(p->cert->subject, ENS_OID_ORGANIZATION_IDENTIFIER) > 0;
}

static bool is_eidas(const ens__profiled *p)
{
    return ens_eq(p->qc.semantics, SEMANTICS_EIDAS_LEGAL);
}

static bool has_etsi_orgid(const ens__profiled *p)
{
    return has_orgid(p) && !is_eidas(p);
}

static bool has_eidas_orgid(const ens__profiled *p)
{
    return has_orgid(p) && is_eidas(p);
}

/* A national scheme ("PA:IT-agid") under ETSI's semantics. */
static bool has_local_scheme(const ens__profiled *p)
{
    uint8_t storage[TEXT_MAX];
    ens_orgid id;
    ens_slice text = take(p->cert->subject, ENS_OID_ORGANIZATION_IDENTIFIER, storage);
    return ens_eq(p->qc.semantics, SEMANTICS_LEGAL) && ens_orgid_parse(text, &id, NULL) == ENS_OK &&
           id.scheme.p[2] == ':';
}

static bool names_the_organization(ens__profiled *p)
{
    for (size_t i = 0; i < NUM_REQUIRED; i++)
        if (!ens__name_count(p->cert->subject, required[i].oid))
            return ens__profile_fault(p, "the subject has no %s%s", required[i].name,
                                      i == 2 ? ", so nothing in it proves to whom an EORI belongs" : "");
    return true;
}

static bool names_each_once(ens__profiled *p)
{
    for (size_t i = 0; i < NUM_REQUIRED; i++)
        if (ens__name_count(p->cert->subject, required[i].oid) > 1)
            return ens__profile_fault(p, "the subject has more than one %s", required[i].name);
    return true;
}

static bool country_is_known(ens__profiled *p)
{
    uint8_t storage[TEXT_MAX];
    ens_slice country = take(p->cert->subject, ENS_OID_COUNTRY, storage);
    return !country.len || ens__is_country(country) ||
           ens__profile_fault(p, "the country is %.*s, which is no code of ISO 3166",
                              (int)(country.len < 10 ? country.len : 10), (const char *)country.p);
}

static bool names_the_person(ens__profiled *p)
{
    ens_slice s = p->cert->subject;
    bool named = ens__name_count(s, ENS_OID_GIVEN_NAME) || ens__name_count(s, ENS_OID_SURNAME),
         pseudonym = ens__name_count(s, ENS_OID_PSEUDONYM);
    if (!ens__name_count(s, ENS_OID_COUNTRY) || !ens__name_count(s, ENS_OID_COMMON_NAME) ||
        !ens__name_count(s, ENS_OID_SERIAL_NUMBER))
        return ens__profile_fault(p, "the subject wants countryName, commonName and serialNumber");
    if (!named && !pseudonym)
        return ens__profile_fault(p, "the subject wants givenName or surname, or a pseudonym");
    return !(named && pseudonym) || ens__profile_fault(p, "the subject has a name and a pseudonym");
}

static bool issuer_is_named(ens__profiled *p)
{
    for (size_t i = 0; i < NUM_REQUIRED; i++)
        if (i != 2 && ens__name_count(p->cert->issuer, required[i].oid) != 1)
            return ens__profile_fault(p, "the issuer's name wants one %s", required[i].name);
    if (!ens__name_count(p->cert->issuer, required[2].oid))
        return ens__profile_note(p, "the issuer's name has no organizationIdentifier, which newer CAs have");
    return true;
}

/* LEI: 18 characters and two check digits.   Source  ISO 17442, 6; ISO/IEC 7064 MOD 97-10 */
static bool is_lei(ens_slice text)
{
    unsigned rest = 0;
    if (text.len != 20 || !ens__all_digits(ens_from(text, 18)))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        bool digit = c >= '0' && c <= '9';
        if (!digit && (c < 'A' || c > 'Z'))
            return false;
        rest = digit ? (rest * 10 + (unsigned)(c - '0')) % 97 : (rest * 100 + (unsigned)(c - 'A') + 10) % 97;
    }
    return rest == 1;
}

/* PSDcc-NCA-reference: the competent authority by its letters.   Source  TS 119 495, 5.2.1 */
static bool is_psd(ens_slice reference)
{
    size_t letters = 0;
    while (letters < reference.len && reference.p[letters] >= 'A' && reference.p[letters] <= 'Z')
        letters++;
    return letters >= NCA_MIN && letters <= NCA_MAX && letters + 1 < reference.len && reference.p[letters] == '-';
}

static bool scheme_is_kept(ens__profiled *p, const ens_orgid *id)
{
    bool vat = ens_is(id->scheme, "VAT"), known = ens__is_country(id->country);
    if (id->scheme.p[2] == ':')
        return known || ens__profile_fault(p, "the national organizationIdentifier names no country of ISO 3166");
    if (ens_is(id->scheme, "LEI")) {
        if (!ens_is(id->country, "XG"))
            return ens__profile_fault(p, "the organizationIdentifier is an LEI, whose country is XG and no other");
        return is_lei(id->reference) ||
               ens__profile_fault(p, "the LEI isn't 20 characters with good check digits (ISO 17442)");
    }
    if (!vat && !ens_is(id->scheme, "NTR") && !ens_is(id->scheme, "PSD"))
        return ens__profile_fault(
            p, "the organizationIdentifier's scheme %.3s is none of VAT, NTR, PSD, LEI and no national one (AB:)",
            (const char *)id->scheme.p);
    if (!known && !(vat && (ens_is(id->country, "EL") || ens_is(id->country, "XI"))))
        return ens__profile_fault(p, "the organizationIdentifier's country %.2s is none of ISO 3166%s",
                                  (const char *)id->country.p, vat ? ", nor EL or XI" : "");
    return !ens_is(id->scheme, "PSD") || is_psd(id->reference) ||
           ens__profile_fault(p,
                              "the reference of a PSD identifier is the authority's letters, a hyphen and its number");
}

static bool orgid_is_kept(ens__profiled *p)
{
    uint8_t storage[TEXT_MAX];
    ens_slice text = take(p->cert->subject, ENS_OID_ORGANIZATION_IDENTIFIER, storage);
    ens_orgid id;
    ens_err err = {0};
    if (ens_orgid_parse(text, &id, &err) == ENS_OK)
        return scheme_is_kept(p, &id);
    return ens__profile_fault(
        p, "the organizationIdentifier %.*s isn't scheme, country, hyphen, reference: %s%s",
        (int)(text.len < 60 ? text.len : 60), (const char *)text.p, err.n ? err.frame[0].what : "it can't be read",
        ens_eq(p->qc.semantics, SEMANTICS_LEGAL) ? ", though QcStatements promises that it is" : "");
}

static bool eidas_id_is_kept(ens__profiled *p)
{
    uint8_t storage[TEXT_MAX];
    ens_slice text = take(p->cert->subject, ENS_OID_ORGANIZATION_IDENTIFIER, storage);
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] == ' ' || (text.p[i] >= '\t' && text.p[i] <= '\r'))
            return ens__profile_fault(p, "the eIDAS identifier has white space");
    return text.len <= EIDAS_ID_MAX ||
           ens__profile_fault(p, "the eIDAS identifier has more than %u characters", EIDAS_ID_MAX);
}

static bool orgid_is_no_name(ens__profiled *p)
{
    uint8_t ids[TEXT_MAX], names[TEXT_MAX];
    ens_slice id = take(p->cert->subject, ENS_OID_ORGANIZATION_IDENTIFIER, ids),
              name = take(p->cert->subject, ENS_OID_ORGANIZATION, names);
    return !ens__eq_nocase(id, name) ||
           ens__profile_fault(p, "the organizationIdentifier is but the organization's name");
}

static bool authority_has_uri(ens__profiled *p)
{
    return p->qc.authority_uri ||
           ens__profile_fault(
               p, "the identifier's scheme is a national one, and no authority that keeps it is named by a URI");
}

/* Requirement numbers as in EN 319 412-1 v1.5, -2 v2.3 and -3 v1.3. */
const ens__profile_rule ens__profile_subject_rules[] = {
    {"profile.subject", "EN 319 412-3 4.2.1, LEG-4.2.1-2",
     "the subject has country, organization, organizationIdentifier and common name", NULL, NULL, ens__is_legal,
     names_the_organization},
    {"profile.subject-single", "EN 319 412-3 4.2.1, LEG-4.2.1-3", "the subject has each of them once", NULL, NULL,
     ens__is_legal, names_each_once},
    {"profile.subject-country", "EN 319 412-3 4.2.1, LEG-4.2.1-4", "the country is one of ISO 3166", NULL, NULL,
     ens__is_legal, country_is_known},
    {"profile.subject", "EN 319 412-2 4.2.4, NAT-4.2.4-1", "the subject names the person", NULL, NULL, ens__is_natural,
     names_the_person},
    {"profile.orgid", "EN 319 412-1 5.1.4, LEG-5.1.4-02", "the organizationIdentifier is written by its scheme", NULL,
     NULL, has_etsi_orgid, orgid_is_kept},
    {"profile.orgid", "EN 319 412-1 5.1.6, LEG-5.1.6-03", "the organizationIdentifier is an eIDAS identifier", NULL,
     NULL, has_eidas_orgid, eidas_id_is_kept},
    {"profile.orgid-name", "EN 319 412-3 4.2.1, LEG-4.2.1-6", "the organizationIdentifier isn't just the name", NULL,
     NULL, has_orgid, orgid_is_no_name},
    {"profile.orgid-authority", "EN 319 412-1 5.1.4, LEG-5.1.4-05", "the authority that keeps the scheme is named",
     NULL, NULL, has_local_scheme, authority_has_uri},
    {"profile.issuer", "EN 319 412-2 4.2.3.1, GEN-4.2.3.1-2", "the issuer is named in full", NULL, NULL, ens__is_anyone,
     issuer_is_named},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL},
};
