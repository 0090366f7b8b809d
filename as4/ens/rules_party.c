#include "as4/ens/rules_checks.h"

#define MRN_LEN 18u
#define EORI_MIN 3u
#define EORI_MAX 17u
#define DIGITS_MIN 7u /* of a telephone number (ITU-T E.123, E.164) */
#define DIGITS_MAX 15u

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_capital(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

/* must_have answers for an element that is to be there. */
static void must_have(ens_ruling *r, uint32_t node, uint16_t child, const char *hint, const char *seen)
{
    if (ens__doc_child(ens__ruling_doc(r), node, child))
        ens__rule_pass(r);
    else
        ens__rule_fail(r, node, child, hint, "%s", seen);
}

void ens__rule_address(ens_ruling *r, uint32_t address)
{
    const ens_doc *d = ens__ruling_doc(r);
    bool street = ens__doc_child(d, address, ENS_EL_street), number = ens__doc_child(d, address, ENS_EL_number);
    if ((street && number) || ens__doc_child(d, address, ENS_EL_poBox))
        ens__rule_pass(r);
    else if (street || number)
        ens__rule_fail(r, address, street ? ENS_EL_number : ENS_EL_street,
                       "give street and number together, or the poBox", "the address has a %s and no %s",
                       street ? "street" : "number", street ? "number" : "street");
    else
        ens__rule_fail(r, address, ENS_EL_street, "give street and number together, or the poBox",
                       "the address has neither street and number nor a P.O. box");
}

void ens__rule_post_code(ens_ruling *r, uint32_t address)
{
    const ens_doc *d = ens__ruling_doc(r);
    ens_slice country = ens__doc_value(d, address, ENS_EL_country);
    if (!country.len)
        return;
    const ens_table_code *c = ens__tables_code(d->tables, ENS_LIST_CL733, country);
    const char *use = c ? ens__tables_text(d->tables, c->label) : "";
    if (ens__doc_child(d, address, ENS_EL_postCode) || strcmp(use, "C") == 0)
        ens__rule_pass(r);
    else if (!c)
        ens__rule_warn(r, address, ENS_EL_postCode, "give the post code, or make sure that the country has none",
                       "the address in %s has no post code, and the list of countries with post codes does not know "
                       "that country",
                       ens__rule_show(r, country));
    else
        ens__rule_fail(r, address, ENS_EL_postCode, "give the post code", "the address in %s has no post code",
                       ens__rule_show(r, country));
}

/* is_old_mrn: year, country, and 14 letters or digits, as older customs schemas have it. */
static bool is_old_mrn(ens_slice mrn)
{
    if (mrn.len != MRN_LEN || !is_digit(mrn.p[0]) || !is_digit(mrn.p[1]) || !is_capital(mrn.p[2]) ||
        !is_capital(mrn.p[3]))
        return false;
    for (size_t i = 4; i < MRN_LEN; i++)
        if (!is_digit(mrn.p[i]) && !is_capital(mrn.p[i]))
            return false;
    return true;
}

void ens__rule_mrn(ens_ruling *r, uint32_t node)
{
    const ens_doc *d = ens__ruling_doc(r);
    ens_slice mrn = ens__doc_text(d, node);
    if (!mrn.len)
        return;
    if (!is_old_mrn(mrn))
        ens__rule_fail(r, node, ENS_EL_NONE, "copy the MRN from the IE3R01 that registered the filing",
                       "%s is no MRN: two digits of the year, two capitals of the country, 14 capitals or digits",
                       ens__rule_show(r, mrn));
    else if (!ens__tables_code(d->tables, ENS_LIST_CL748, ens_sub(mrn, 15, 16)) || mrn.p[16] != 'T')
        ens__rule_warn(r, node, ENS_EL_NONE, "copy the MRN from the IE3R01 that registered the filing",
                       "%s has not the letters of an interface and of a filing (T) at positions 16 and 17",
                       ens__rule_show(r, mrn));
    else
        ens__rule_pass(r);
}

void ens__rule_eori(ens_ruling *r, uint32_t node)
{
    ens_slice number = ens__doc_text(ens__ruling_doc(r), node);
    size_t odd = 0;
    if (!number.len)
        return;
    for (size_t i = 2; i < number.len; i++)
        odd += !is_digit(number.p[i]) && !is_capital(number.p[i]);
    if (number.len < EORI_MIN || number.len > EORI_MAX || !is_capital(number.p[0]) || !is_capital(number.p[1]))
        ens__rule_fail(r, node, ENS_EL_NONE, "give the EORI number, without blanks: FR73282932000074",
                       "%s is no EORI number: two capitals of a country, and 1 to 15 further characters",
                       ens__rule_show(r, number));
    else if (odd)
        ens__rule_warn(r, node, ENS_EL_NONE, "give the EORI number as it was issued: capitals and digits",
                       "%s holds characters that EORI numbers do not have", ens__rule_show(r, number));
    else
        ens__rule_pass(r);
}

/* is_international: "+33 1 40 24 65 10": a plus sign, digits, single blanks between them. */
static bool is_international(ens_slice number)
{
    size_t digits = 0;
    if (!number.len || number.p[0] != '+' || !is_digit(number.p[number.len - 1]))
        return false;
    for (size_t i = 1; i < number.len; i++) {
        bool blank = number.p[i] == ' ' && is_digit(number.p[i - 1]);
        if (!is_digit(number.p[i]) && !blank)
            return false;
        digits += !blank;
    }
    return digits >= DIGITS_MIN && digits <= DIGITS_MAX;
}

void ens__rule_telephone(ens_ruling *r, uint32_t communication)
{
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t identifier = ens__doc_child(d, communication, ENS_EL_identifier);
    ens_slice number = ens__doc_text(d, identifier);
    if (!ens_is(ens__doc_value(d, communication, ENS_EL_type), "TE") || !number.len)
        return;
    if (is_international(number))
        ens__rule_pass(r);
    else
        ens__rule_fail(r, identifier, ENS_EL_NONE, "write the telephone number with its country: +33140246510",
                       "%s is not written internationally: a plus sign and 7 to 15 digits", ens__rule_show(r, number));
}

void ens__rule_representative(ens_ruling *r, uint32_t root)
{
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t number = ens__doc_child(d, ens__doc_child(d, root, ENS_EL_representative), ENS_EL_identificationNumber);
    ens_slice theirs = ens__doc_text(d, number);
    ens_slice ours = ens__doc_value(d, ens__doc_child(d, root, ENS_EL_declarant), ENS_EL_identificationNumber);
    if (!theirs.len || !ours.len)
        return;
    if (ens_eq(theirs, ours))
        ens__rule_fail(r, number, ENS_EL_NONE, "leave the representative out, or name another than the declarant",
                       "representative and declarant are both %s", ens__rule_show(r, ours));
    else
        ens__rule_pass(r);
}

/* must_name answers for a choice: one of the elements, which end with 0, has to be there. */
static void must_name(ens_ruling *r, uint32_t node, const uint16_t *names, const char *hint, const char *seen)
{
    const ens_doc *d = ens__ruling_doc(r);
    for (const uint16_t *name = names; *name; name++)
        if (ens__doc_child(d, node, *name)) {
            ens__rule_pass(r);
            return;
        }
    ens__rule_fail(r, node, names[0], hint, "%s", seen);
}

void ens__rule_do_not_load(ens_ruling *r, uint32_t details)
{
    static const uint16_t names[] = {ENS_EL_transportEquipment, ENS_EL_transportDocument, ENS_EL_receptacle, 0};
    must_name(r, details, names, "name the equipment, the transport document or the receptacles",
              "the request does not say what must not be loaded");
}

void ens__rule_arrival_named(ens_ruling *r, uint32_t root)
{
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t means = ens__doc_child(d, root, ENS_EL_activeBorderTransportMeans);
    if (ens__doc_child(d, means, ENS_EL_estimatedDateAndTimeOfArrival) || ens__doc_child(d, root, ENS_EL_relatedMRN))
        ens__rule_pass(r);
    else
        ens__rule_fail(r, root, ENS_EL_relatedMRN,
                       "give activeBorderTransportMeans/estimatedDateAndTimeOfArrival or relatedMRN",
                       "the arrival has neither the estimated time of arrival nor the MRN of a filing");
}

void ens__rule_consultation_named(ens_ruling *r, uint32_t root)
{
    const ens_doc *d = ens__ruling_doc(r);
    bool mrn = ens__doc_child(d, root, ENS_EL_MRN), house = ens__doc_child(d, root, ENS_EL_transportDocumentHouse);
    bool document = ens__doc_child(d, root, ENS_EL_transportDocument) || house;
    if (mrn && document)
        ens__rule_warn(r, root, ENS_EL_NONE, "ask by one key: by MRN or by transport document",
                       "the consultation names an MRN and a transport document");
    else if (mrn || document)
        ens__rule_pass(r);
    else
        ens__rule_fail(r, root, ENS_EL_MRN, "ask by the MRN or by a transport document",
                       "the consultation names neither an MRN nor a transport document");
}

void ens__rule_examination_place(ens_ruling *r, uint32_t place)
{
    static const uint16_t names[] = {ENS_EL_placeOfExamination, ENS_EL_referenceNumber, 0};
    must_name(r, place, names, "give placeOfExamination or the referenceNumber of an office",
              "the place of examination is not named");
}

void ens__rule_control_subject(ens_ruling *r, uint32_t subject)
{
    static const uint16_t names[] = {ENS_EL_goodsItem,          ENS_EL_consignmentHouseLevel,
                                     ENS_EL_transportEquipment, ENS_EL_receptacle,
                                     ENS_EL_packaging,          0};
    must_name(r, subject, names, "name goods items, house consignments, equipment, receptacles or packaging",
              "the control does not say what is controlled");
}

void ens__rule_invalidation_addressed(ens_ruling *r, uint32_t root)
{
    static const uint16_t names[] = {ENS_EL_customsOfficeOfFirstEntry, ENS_EL_addressedMemberState, 0};
    must_name(r, root, names, "name, as in the filing, customsOfficeOfFirstEntry or addressedMemberState",
              "the invalidation names neither the customs office of first entry nor the member state");
}

void ens__rule_arrival_relation(ens_ruling *r, uint32_t root)
{
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t mrn = ens__doc_child(d, root, ENS_EL_relatedMRN),
             document = ens__doc_child(d, root, ENS_EL_relatedTransportDocument);
    if (mrn && document)
        ens__rule_fail(r, document, ENS_EL_NONE, "keep relatedMRN or relatedTransportDocument, not both",
                       "the arrival names MRNs and transport documents");
    else if (mrn || document)
        ens__rule_pass(r);
}

void ens__rule_notifying_person(ens_ruling *r, uint32_t root)
{
    if (ens__doc_is(ens__ruling_doc(r), "IE3N06"))
        must_have(r, root, ENS_EL_personNotifyingTheArrival, "name the person who notifies the arrival",
                  "an arrival that is notified to the trader interface names nobody who notifies it");
}
