/* organizationIdentifier, 2.5.4.97, and how it proves an EORI. See ensign/orgid.h and ensign/eori.h. */
#include "certs/eori/countries.h"
#include "certs/eori/eori.h"
#include "certs/x509/der.h"
#include "certs/x509/name.h"
#include "engine/base/bytes.h"
#include "engine/base/report.h"
#include "ensign/eori.h"
#include "ensign/orgid.h"

#include <stdio.h>

#define RULE_ORGID "ETSI EN 319 412-1, 5.1.4"
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
        return ens_fail(err, ENS_ESYNTAX, RULE_ORGID, "scheme is not three capitals, nor two and a colon", 0);
    if (!ens_take(&r, COUNTRY_LEN, &id.country) || !capitals(id.country))
        return ens_fail(err, ENS_ESYNTAX, RULE_ORGID, "country is not two capitals", SCHEME_LEN);
    if (!ens_take(&r, 1, &hyphen) || hyphen.p[0] != '-')
        return ens_fail(err, ENS_ESYNTAX, RULE_ORGID, "no hyphen after the country", SCHEME_LEN + COUNTRY_LEN);
    id.reference = (ens_slice){r.at, ens_left(&r)};
    if (id.reference.len == 0)
        return ens_fail(err, ENS_ESYNTAX, RULE_ORGID, "no reference after the hyphen", ens_at(&r));
    *out = id;
    return ENS_OK;
}

/* How an organizationIdentifier proves an EORI. See ensign/eori.h.
 *
 * A row of the table says: in this country, the EORI's national part is (or begins with) what derive makes of the
 * identifier's reference. sure marks the rows where each holder of such an identifier has the EORI that follows from
 * it, so that another EORI is another person's; there alone a difference is a mismatch. VAT numbers are rarely sure: a
 * VAT group, or in the Netherlands a sole trader, has one that isn't built from the person's own number. */
#define ID "binding.eori"
#define RULE "ICS2-HTI ICD 4.6.3; ETSI EN 319 412-1, 5.1.4"
#define DERIVED_MAX 24u
#define NATIONAL_MAX 15u

typedef bool derivation(ens_slice reference, char out[DERIVED_MAX]);

static void keep_text(ens_slice s, char out[DERIVED_MAX])
{
    size_t n = s.len < DERIVED_MAX ? s.len : DERIVED_MAX - 1;
    memcpy(out, s.p, n);
    out[n] = '\0';
}

static bool siren_of_vat(ens_slice ref, char out[DERIVED_MAX])
{
    if (!ens__vat_fr(ref))
        return false;
    keep_text(ens_from(ref, 2), out);
    return true;
}

static bool siren_of_register(ens_slice ref, char out[DERIVED_MAX])
{
    if (!ens__siren(ref) && !ens__siret(ref))
        return false;
    keep_text(ens_sub(ref, 0, 9), out);
    return true;
}

/* Before 2023 the first digit, 0, was often left out. */
static bool enterprise_number(ens_slice ref, char out[DERIVED_MAX])
{
    if (!ens__all_digits(ref) || ref.len < 9 || ref.len > 10)
        return false;
    snprintf(out, DERIVED_MAX, "%s%.*s", ref.len == 9 ? "0" : "", (int)ref.len, (const char *)ref.p);
    return true;
}

static bool business_id(ens_slice ref, char out[DERIVED_MAX])
{
    if (!ens__business_id_fi(ref))
        return false;
    snprintf(out, DERIVED_MAX, "%.7s-%c", (const char *)ref.p, ref.p[7]);
    return true;
}

static bool oib(ens_slice ref, char out[DERIVED_MAX])
{
    if (!ens__oib_hr(ref))
        return false;
    keep_text(ref, out);
    return true;
}

static bool register_code(ens_slice ref, char out[DERIVED_MAX])
{
    if (!ens__register_ee(ref))
        return false;
    keep_text(ref, out);
    return true;
}

static bool cvr(ens_slice ref, char out[DERIVED_MAX])
{
    if (!ens__cvr_dk(ref))
        return false;
    keep_text(ref, out);
    return true;
}

static bool rsin_of_vat(ens_slice ref, char out[DERIVED_MAX])
{
    if (!ens__shape_fits("dddddddddxdd", ref) || ref.p[9] != 'B')
        return false;
    keep_text(ens_sub(ref, 0, 9), out);
    return true;
}

static bool organisation_number(ens_slice ref, char out[DERIVED_MAX])
{
    if (!ens__shape_fits("dddddddddd", ref) && !ens__shape_fits("dddddddddddd", ref))
        return false;
    keep_text(ens_sub(ref, 0, 10), out);
    return true;
}

static bool nip(ens_slice ref, char out[DERIVED_MAX])
{
    if (!ens__shape_fits("dddddddddd", ref))
        return false;
    snprintf(out, DERIVED_MAX, "%.10s00000", (const char *)ref.p);
    return true;
}

static bool hmrc_vat(ens_slice ref, char out[DERIVED_MAX])
{
    if (!ens__shape_fits("ddddddddd", ref))
        return false;
    snprintf(out, DERIVED_MAX, "%.9s000", (const char *)ref.p);
    return true;
}

static bool ico(ens_slice ref, char out[DERIVED_MAX])
{
    if (!ens__shape_fits("dddddddd", ref))
        return false;
    snprintf(out, DERIVED_MAX, "0I%.8s", (const char *)ref.p);
    return true;
}

/* The number itself; that it has the country's EORI shape is checked by the comparison. */
static bool same(ens_slice ref, char out[DERIVED_MAX])
{
    if (ref.len < 2 || ref.len > NATIONAL_MAX)
        return false;
    keep_text(ref, out);
    return true;
}

typedef struct {
    char country[3], scheme[4];
    derivation *derive;
    bool sure;
    const char *rule;
} derivation_row;

static const derivation_row rows[] = {
    {"BE", "NTR", enterprise_number, true, RULE "; FPS Finance (BE): EORI = BE + enterprise number"},
    {"BE", "VAT", enterprise_number, false, RULE "; FPS Finance (BE): EORI = BE + enterprise number"},
    {"DK", "NTR", cvr, false, RULE "; Skat (DK): EORI = DK + CVR number, or SE number"},
    {"DK", "VAT", cvr, false, RULE "; Skat (DK): EORI = DK + CVR number, or SE number"},
    {"EE", "NTR", register_code, true, RULE "; EMTA (EE): EORI = EE + register code"},
    {"ES", "VAT", same, false, RULE "; Agencia Tributaria (ES), manual 1.6: EORI = ES + NIF at registration"},
    {"FI", "NTR", business_id, true, RULE "; Tulli (FI): EORI = FI + business ID"},
    {"FI", "VAT", business_id, false, RULE "; Tulli (FI): EORI = FI + business ID"},
    {"FR", "NTR", siren_of_register, true, RULE "; DGDDI (FR): EORI = FR + SIREN, until 2025 FR + SIRET"},
    {"FR", "VAT", siren_of_vat, true, RULE "; DGDDI (FR): EORI = FR + SIREN, until 2025 FR + SIRET"},
    {"HR", "NTR", oib, true, RULE "; Carinska uprava (HR): EORI = HR + OIB"},
    {"HR", "VAT", oib, true, RULE "; Carinska uprava (HR): EORI = HR + OIB"},
    {"IE", "VAT", same, false, RULE "; Revenue (IE): EORI aligned to the VAT number"},
    {"IT", "NTR", same, false, RULE "; Agenzia delle Dogane (IT): EORI = IT + codice fiscale without partita IVA"},
    {"IT", "VAT", same, false, RULE "; Agenzia delle Dogane (IT): EORI = IT + partita IVA"},
    {"LT", "NTR", same, false, RULE "; Lietuvos muitin\xC4\x97 (LT): EORI = LT + company code"},
    {"LU", "VAT", same, false, RULE "; Guichet.lu: EORI = VAT number"},
    {"LV", "NTR", same, false, RULE "; Cabinet Regulation 18 of 2017 (LV): EORI = LV + registration code"},
    {"LV", "VAT", same, false, RULE "; Cabinet Regulation 18 of 2017 (LV): EORI = LV + registration code"},
    {"MT", "VAT", same, false, RULE "; Malta Customs: EORI = VAT number"},
    {"NL", "VAT", rsin_of_vat, false, RULE "; Belastingdienst (NL): EORI = NL + RSIN"},
    {"PL", "VAT", nip, false, RULE "; PUESC (PL): EORI = PL + NIP + 00000"},
    {"PT", "NTR", same, false, RULE "; Autoridade Tribut\xC3\xA1ria (PT): EORI = PT + NIF"},
    {"PT", "VAT", same, false, RULE "; Autoridade Tribut\xC3\xA1ria (PT): EORI = PT + NIF"},
    {"RO", "VAT", same, false, RULE "; ANAF order 1554/2009 (RO): EORI = RO + CUI"},
    {"SE", "NTR", organisation_number, false, RULE "; Tullverket (SE): EORI = SE + organisation number, as a rule"},
    {"SE", "VAT", organisation_number, false, RULE "; Tullverket (SE): EORI = SE + organisation number, as a rule"},
    {"SI", "VAT", same, false, RULE "; FURS (SI): EORI = SI + tax number"},
    {"SK", "NTR", ico, false,
     RULE "; Finan\xC4\x8Dn\xC3\xA1 spr\xC3\xA1va (SK): EORI = SK + 0I + I\xC4\x8CO without DI\xC4\x8C"},
    {"SK", "VAT", same, false, RULE "; Finan\xC4\x8Dn\xC3\xA1 spr\xC3\xA1va (SK): EORI = SK + DI\xC4\x8C"},
    {"GB", "VAT", hmrc_vat, false, RULE "; HMRC: EORI = GB + VAT number + 000, mostly"},
    {"XI", "VAT", hmrc_vat, false, RULE "; HMRC: EORI = XI + VAT number + 000, mostly"},
};

static const derivation_row *row_of(ens_slice country, ens_slice scheme)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (ens_is(country, rows[i].country) && ens_is(scheme, rows[i].scheme))
            return &rows[i];
    return NULL;
}

typedef struct {
    ens_slice scheme, country, reference;
    bool dirty; /* not as EN 319 412-1 writes it */
} identifier;

/* Some certificates hold a VAT number without "VAT" and hyphen, "RO42283735": two capitals and a number are read as
 * one, but prove no mismatch. */
static bool read_identifier(ens_slice text, identifier *out)
{
    ens_orgid orgid = {0};
    *out = (identifier){0};
    if (ens_orgid_parse(text, &orgid, NULL) == ENS_OK) {
        *out = (identifier){orgid.scheme, orgid.country, orgid.reference, false};
    } else {
        *out = (identifier){ENS_LIT("VAT"), ens_sub(text, 0, 2), ens_from(text, 2), true};
        if (!ens__shape_fits("llx+", text) || !ens__eori_country(out->country))
            return false;
    }
    if (ens_is(out->country, "EL"))
        out->country = ENS_LIT("GR");
    return true;
}

/* plain copies the reference as its number alone: a repeated country code ("VATLU-LU29222134"), dots, spaces, slashes
 * and hyphens go ("0949.383.342"). */
static ens_slice plain(ens_slice ref, ens_slice country, char out[DERIVED_MAX])
{
    size_t n = 0;
    if (ens_starts(ref, country))
        ref = ens_from(ref, country.len);
    for (size_t i = 0; i < ref.len && n < DERIVED_MAX; i++)
        if (!memchr(". /-", ref.p[i], sizeof ". /-" - 1))
            out[n++] = (char)ref.p[i];
    return ens_bytes(out, n);
}

/* french compares by SIREN: an EORI is FR + SIREN or FR + SIRET; one of another form (an operator's from outside the
 * Union) isn't built from either. A SIRET that no check digit allows is nobody's. */
static ens_binding french(const char *siren, ens_slice national)
{
    if (!ens__all_digits(national) || (national.len != 9 && national.len != 14))
        return ENS_BINDING_CANNOT;
    bool exists = national.len == 9 ? ens__siren(national) : ens__siret(national);
    return exists && ens_is(ens_sub(national, 0, 9), siren) ? ENS_BINDING_BOUND : ENS_BINDING_MISMATCH;
}

static ens_binding compare(const derivation_row *row, const char *derived, ens_slice country, ens_slice national)
{
    if (ens_is(country, "FR"))
        return french(derived, national);
    if (ens_is(national, derived))
        return ENS_BINDING_BOUND;
    const ens_eori_row *c = ens__eori_country(country);
    bool comparable =
        c && c->shapes[0] && ens__shape_fits(c->shapes[0], national) && ens__shape_fits(c->shapes[0], ens_str(derived));
    return row->sure && comparable ? ENS_BINDING_MISMATCH : ENS_BINDING_CANNOT;
}

/* A mistyped number is no proof of another person's: the rows whose derivation doesn't check the digits do it here. */
static bool proves_mismatch(const derivation_row *row, const char *derived)
{
    return row->derive != enterprise_number || ens__enterprise_be(ens_str(derived));
}

/* What one identifier says of an EORI: the rule that was used, and what was seen. */
typedef struct {
    ens_binding verdict;
    const char *rule, *shown;
    const char *why;           /* of CANNOT */
    char derived[DERIVED_MAX]; /* what it leads to; empty: nothing */
} saying;

static saying cannot_binding(const char *rule, const char *shown, const char *why)
{
    return (saying){.verdict = ENS_BINDING_CANNOT, .rule = rule, .shown = shown, .why = why};
}

static saying judge_derived(const derivation_row *row, const identifier *id, const char *shown, ens_slice eori)
{
    char number[DERIVED_MAX];
    saying s = {.rule = row->rule, .shown = shown};
    ens_slice country = ens_sub(eori, 0, 2), national = ens_from(eori, 2);
    if (!row->derive(plain(id->reference, id->country, number), s.derived))
        return cannot_binding(row->rule, shown, "holds no number that an EORI derives from (form or check digit)");
    s.verdict = compare(row, s.derived, country, national);
    if (s.verdict == ENS_BINDING_MISMATCH && (id->dirty || !proves_mismatch(row, s.derived)))
        s.verdict = ENS_BINDING_CANNOT;
    s.why = "leads to another number than the EORI's, which alone proves no other holder";
    return s;
}

/* judge_one judges one identifier; shown is what a report shows of it. */
static saying judge_one(ens_slice orgid, const char *shown, ens_slice eori)
{
    identifier id;
    if (!read_identifier(orgid, &id))
        return cannot_binding(RULE, shown, "no organizationIdentifier that names a country and a number");
    if (ens_is(id.country, "GB") && ens_starts(eori, ENS_LIT("XI")))
        id.country = ENS_LIT("XI"); /* HMRC gives both, from the same VAT number */
    if (!ens_eq(id.country, ens_sub(eori, 0, 2)))
        return cannot_binding(RULE, shown, "of another country than the EORI; its holder may have an EORI of either");
    const derivation_row *row = row_of(id.country, id.scheme);
    return row ? judge_derived(row, &id, shown, eori)
               : cannot_binding(RULE, shown, "no published rule leads from this kind of identifier to an EORI");
}

/* tell_binding adds the finding. */
static ens_binding tell_binding(const saying *s, ens_slice eori, ens_report *r)
{
    if (s->verdict == ENS_BINDING_BOUND) {
        ens__passf(r, ID, s->rule, "%s is built from %s", ens__show(r, eori), s->shown);
    } else if (s->verdict == ENS_BINDING_MISMATCH) {
        ens_finding *f = ens__failf(
            r, ID, s->rule,
            "seal with a certificate of the EORI's holder, or send under the EORI of the certificate's organisation",
            "%s is the number of another legal person: %s leads to %.2s%s%s", ens__show(r, eori), s->shown,
            (const char *)eori.p, s->derived, ens_starts(eori, ENS_LIT("FR")) ? "..." : "");
        f->code = "EBMS:0004";
        f->subcode = "A001";
    } else {
        ens__warn(r, ID, s->rule, "have the association confirmed in UUM&DS, and check it here with --registry",
                  "%s: %s", s->shown, s->why);
    }
    return s->verdict;
}

/* What all identifiers of a certificate say together. */
typedef struct {
    ens_report *report;
    ens_slice eori;
    saying bound, other, unsure; /* the first of each kind */
    bool differ;                 /* two certain ones lead to different persons */
    bool unread;                 /* the subject may hold another one, which can't be read */
    unsigned num;
} hearing;

static void hear(hearing *h, ens_slice orgid)
{
    orgid = ens__trim(orgid);
    if (!orgid.len)
        return;
    saying s = judge_one(orgid, ens__show(h->report, orgid), h->eori);
    h->num++;
    if (s.verdict == ENS_BINDING_MISMATCH) {
        h->differ |= h->other.rule && strcmp(h->other.derived, s.derived) != 0;
        h->other = h->other.rule ? h->other : s;
    } else if (s.verdict == ENS_BINDING_BOUND) {
        h->bound = h->bound.rule ? h->bound : s;
    } else {
        h->unsure = h->unsure.rule ? h->unsure : s;
    }
}

static ens_binding conclude(const hearing *h)
{
    saying s = h->other.rule ? h->other : h->bound.rule ? h->bound : h->unsure;
    if (h->eori.len < 3)
        s = cannot_binding(RULE, ens__show(h->report, h->eori), "no EORI to compare with");
    else if (h->unread)
        s = cannot_binding(RULE, ens__show(h->report, h->eori),
                           "the certificate's subject, or an organizationIdentifier in it, can't be read to its end");
    else if (!h->num)
        s = cannot_binding(RULE, ens__show(h->report, h->eori),
                           "the certificate has no organizationIdentifier to compare with");
    else if (h->other.rule && (h->bound.rule || h->differ))
        s = cannot_binding(
            h->other.rule, h->other.shown,
            "contradicts another organizationIdentifier of the certificate, so that neither proves anything");
    return tell_binding(&s, h->eori, h->report);
}

ens_binding ens_binding_check(ens_slice orgid, ens_slice eori, ens_report *report)
{
    hearing h = {.report = report, .eori = eori};
    if (eori.len >= 3)
        hear(&h, orgid);
    return conclude(&h);
}

ens_binding ens_binding_check_cert(const ens_cert *cert, ens_slice eori, ens_report *report)
{
    ens_attribute list[ENS_NAME_ATTRIBUTES_MAX];
    size_t num = 0;
    hearing h = {.report = report, .eori = eori};
    h.unread = !ens__name_read(cert->subject, list, &num);
    for (size_t i = 0; i < num && eori.len >= 3; i++) {
        uint8_t text[ENS_NAME_TEXT_MAX];
        ens_buf decoded;
        if (!ens_eq(list[i].type, ENS_OID_ORGANIZATION_IDENTIFIER))
            continue;
        h.unread |= !ens__is_string(list[i].tag) && list[i].tag != ENS_DER_NUMERIC_STRING;
        ens_buf_init(&decoded, text, sizeof text, sizeof text);
        ens__string_take(list[i].tag, list[i].value, &decoded);
        hear(&h, ens_buf_slice(&decoded));
        ens_buf_free(&decoded);
    }
    return conclude(&h);
}

const char *ens_binding_name(ens_binding binding)
{
    static const char *const names[] = {"not-asked", "bound", "mismatch", "cannot-be-bound"};
    return (unsigned)binding < 4 ? names[binding] : "unknown";
}
