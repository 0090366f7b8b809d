#include "as4/ens/numbers.h"
#include "as4/ens/rules_checks.h"

#include <stdlib.h>

#define NEGOTIABLE "10600"  /* additional information (CL701): a negotiable bill of lading */
#define LOW_VALUE "10900"   /* additional information (CL701): goods of low value */
#define NATURAL_PERSON "1"  /* CL729 */
#define ITEM_DIGITS 9u      /* of a goods item number that is read */
#define HOUSES_ON_STACK 32u /* house consignments that are compared without memory of their own */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* ---- numbers ---- */

/* number_of reads a goods item number; 0 where there is none that can be read. */
static uint32_t number_of(const ens_doc *d, uint32_t item)
{
    ens_slice text = ens__doc_value(d, item, ENS_EL_goodsItemNumber);
    uint32_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.p[i]) || i >= ITEM_DIGITS)
            return 0;
        number = number * 10 + (uint32_t)(text.p[i] - '0');
    }
    return number;
}

/* mixed spreads a number over 64 bits, so that sums of them tell sets of numbers apart. */
static uint64_t mixed(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/* are_all tells whether the numbers are those from 1 on, each once, in whatever order. */
static bool are_all(const ens_doc *d, uint32_t first)
{
    uint64_t sum = 0, wanted = 0, place = 0;
    for (uint32_t item = first; item; item = ens__doc_next(d, item)) {
        sum += mixed(number_of(d, item));
        wanted += mixed(++place);
    }
    return sum == wanted;
}

void ens__rule_item_numbers(ens_ruling *r, uint32_t consignment)
{
    static const char hint[] = "number the goods items of this consignment 1, 2, 3 and so on";
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t first = ens__doc_child(d, consignment, ENS_EL_goodsItem), before = 0, told = 0;
    for (uint32_t item = first; item; item = ens__doc_next(d, item)) {
        uint32_t node = ens__doc_child(d, item, ENS_EL_goodsItemNumber), number = number_of(d, item);
        if (!node || !number)
            return; /* what is missing or malformed is told by the tables */
        if (number != before + 1 && told++ == 0 && are_all(d, first)) {
            ens__rule_warn(r, node, ENS_EL_NONE, hint, "the goods items have all numbers from 1 on, but not in order");
            return;
        }
        if (number != before + 1)
            ens__rule_fail(r, node, ENS_EL_NONE, hint, "goods item %u follows %u", number, before);
        before = number;
    }
    if (first && !told)
        ens__rule_pass(r);
}

void ens__rule_cus_code(ens_ruling *r, uint32_t node)
{
    ens_slice code = ens__doc_text(ens__ruling_doc(r), node);
    bool good = code.len == 9 && code.p[7] == '-';
    if (!code.len)
        return;
    for (size_t i = 0; good && i < code.len; i++)
        good = i == 7 || is_digit(code.p[i]);
    if (good)
        ens__rule_pass(r);
    else
        ens__rule_fail(r, node, ENS_EL_NONE, "write the CUS code as seven digits, a hyphen and a digit: 0010001-6",
                       "%s is no CUS code", ens__rule_show(r, code));
}

void ens__rule_container(ens_ruling *r, uint32_t node)
{
    ens_slice number = ens__doc_text(ens__ruling_doc(r), node);
    if (!number.len)
        return;
    if (!ens__container_has_shape(number))
        ens__rule_fail(r, node, ENS_EL_NONE,
                       "write the container number as four capitals and seven digits: CSQU3054383",
                       "%s is no container number", ens__rule_show(r, number));
    else if (ens__container_check(number) != (unsigned)(number.p[10] - '0'))
        ens__rule_warn(r, node, ENS_EL_NONE, "look the container number up: a character of it may be wrong",
                       "the last digit of %s would have to be %u by ISO 6346", ens__rule_show(r, number),
                       ens__container_check(number));
    else
        ens__rule_pass(r);
}

void ens__rule_supplementary_type(ens_ruling *r, uint32_t node)
{
    ens_slice type = ens__doc_text(ens__ruling_doc(r), node);
    if (ens_is(type, "2"))
        ens__rule_pass(r);
    else if (type.len)
        ens__rule_fail(r, node, ENS_EL_NONE, "give 2, the filing below house level",
                       "the supplementary filing type is %s", ens__rule_show(r, type));
}

/* ---- documents of house consignments ---- */

typedef struct {
    ens_slice number, type;
    uint32_t node;
} house_document;

static int compare_texts(ens_slice a, ens_slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.p, b.p, len) : 0;
    return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

static int by_document(const void *left, const void *right)
{
    const house_document *a = left, *b = right;
    int order = compare_texts(a->number, b->number);
    order = order ? order : compare_texts(a->type, b->type);
    return order ? order : a->node < b->node ? -1 : a->node > b->node;
}

static size_t count_houses(const ens_doc *d, uint32_t master)
{
    size_t num = 0;
    for (uint32_t house = ens__doc_child(d, master, ENS_EL_consignmentHouseLevel); house;
         house = ens__doc_next(d, house))
        num++;
    return num;
}

static void compare_documents(ens_ruling *r, uint32_t master, house_document *list)
{
    const ens_doc *d = ens__ruling_doc(r);
    size_t num = 0, told = 0;
    for (uint32_t house = ens__doc_child(d, master, ENS_EL_consignmentHouseLevel); house;
         house = ens__doc_next(d, house)) {
        uint32_t node = ens__doc_child(d, house, ENS_EL_transportDocumentHouseLevel);
        list[num] = (house_document){ens__doc_value(d, node, ENS_EL_documentNumber),
                                     ens__doc_value(d, node, ENS_EL_type), node};
        num += list[num].number.len > 0;
    }
    qsort(list, num, sizeof *list, by_document);
    for (size_t i = 1; i < num; i++)
        if (ens_eq(list[i].number, list[i - 1].number) && ens_eq(list[i].type, list[i - 1].type) && ++told)
            ens__rule_fail(r, list[i].node, ENS_EL_NONE, "give each house consignment its own transport document",
                           "another house consignment has the transport document %s too",
                           ens__rule_show(r, list[i].number));
    if (num && !told)
        ens__rule_pass(r);
}

void ens__rule_house_documents(ens_ruling *r, uint32_t master)
{
    house_document few[HOUSES_ON_STACK], *many = NULL;
    size_t num = count_houses(ens__ruling_doc(r), master);
    if (num > HOUSES_ON_STACK && !(many = malloc(num * sizeof *many))) {
        ens__rule_warn(r, master, ENS_EL_NONE, "judge the document again where there is more memory",
                       "there is no memory to compare %zu house consignments", num);
        return;
    }
    compare_documents(r, master, many ? many : few);
    free(many);
}

/* ---- what one element asks of another ---- */

void ens__rule_split(ens_ruling *r, uint32_t split)
{
    const ens_doc *d = ens__ruling_doc(r);
    ens_slice indicator = ens__doc_value(d, split, ENS_EL_splitConsignmentIndicator);
    uint32_t mrn = ens__doc_child(d, split, ENS_EL_previousMRN);
    bool is_split = ens_is(indicator, "1");
    if (!indicator.len)
        return;
    if (is_split == (mrn != 0))
        ens__rule_pass(r);
    else if (is_split)
        ens__rule_fail(r, split, ENS_EL_previousMRN, "give the MRN of the filing for the part that was sent before",
                       "the consignment is split (indicator 1) and has no previous MRN");
    else
        ens__rule_fail(r, mrn, ENS_EL_NONE, "leave previousMRN out, or set the indicator to 1",
                       "the consignment is not split (indicator %s) and has a previous MRN",
                       ens__rule_show(r, indicator));
}

/* find_equipment finds equipment of a consignment or of its goods items; 0: there is none. */
static uint32_t find_equipment(const ens_doc *d, uint32_t consignment)
{
    uint32_t found = ens__doc_child(d, consignment, ENS_EL_transportEquipment);
    for (uint32_t item = ens__doc_child(d, consignment, ENS_EL_goodsItem); item && !found;
         item = ens__doc_next(d, item))
        found = ens__doc_child(d, item, ENS_EL_transportEquipment);
    return found;
}

void ens__rule_equipment(ens_ruling *r, uint32_t consignment)
{
    const ens_doc *d = ens__ruling_doc(r);
    ens_slice indicator = ens__doc_value(d, consignment, ENS_EL_containerIndicator);
    if (!indicator.len)
        return;
    uint32_t equipment = find_equipment(d, consignment);
    bool in_container = ens_is(indicator, "1");
    if (in_container == (equipment != 0))
        ens__rule_pass(r);
    else if (in_container)
        ens__rule_fail(r, consignment, ENS_EL_transportEquipment,
                       "name the containers in transportEquipment, or set containerIndicator to 0",
                       "the goods are in containers (containerIndicator 1), and no transport equipment is named");
    else
        ens__rule_fail(r, equipment, ENS_EL_NONE, "leave transportEquipment out, or set containerIndicator to 1",
                       "the goods are not in containers (containerIndicator %s), and transport equipment is named",
                       ens__rule_show(r, indicator));
}

static bool is_zero(ens_slice number)
{
    for (size_t i = 0; i < number.len; i++)
        if (number.p[i] != '0')
            return false;
    return number.len > 0;
}

void ens__rule_seals(ens_ruling *r, uint32_t equipment)
{
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t number = ens__doc_child(d, equipment, ENS_EL_numberOfSeals),
             seal = ens__doc_child(d, equipment, ENS_EL_seal);
    if ((number != 0) == (seal != 0)) {
        if (number)
            ens__rule_pass(r);
    } else if (seal) {
        ens__rule_fail(r, seal, ENS_EL_NONE, "give numberOfSeals too, or leave the seals out",
                       "seals are named and their number is not given");
    } else if (is_zero(ens__doc_text(d, number))) {
        ens__rule_warn(r, equipment, ENS_EL_seal, "leave numberOfSeals out where there are no seals",
                       "the number of seals is 0, and no seal is named");
    } else {
        ens__rule_fail(r, equipment, ENS_EL_seal, "name the seals, or leave numberOfSeals out",
                       "the number of seals is %s, and no seal is named", ens__rule_show(r, ens__doc_text(d, number)));
    }
}

void ens__rule_delivered_in_eu(ens_ruling *r, uint32_t house)
{
    const ens_doc *d = ens__ruling_doc(r);
    uint16_t name =
        ens__doc_may_hold(d, house, ENS_EL_goodsShipment) ? ENS_EL_goodsShipment : ENS_EL_supplementaryDeclarant;
    const char *what = name == ENS_EL_goodsShipment ? "seller and buyer (goodsShipment)" : "a supplementary declarant";
    ens_slice country = ens__doc_country(d, ens__doc_child(d, house, ENS_EL_placeOfDelivery));
    if (!country.len)
        return;
    if (ens__doc_child(d, house, name) || !ens__doc_is_member_state(d, country))
        ens__rule_pass(r);
    else if (ens__doc_is_xi(country))
        ens__rule_warn(r, house, name, "name them for goods that are delivered in Northern Ireland too",
                       "the goods are delivered in XI, and the house consignment has not %s", what);
    else
        ens__rule_fail(r, house, name, "name them for goods that are delivered in a member state",
                       "the goods are delivered in %s, a member state, and the house consignment has not %s",
                       ens__rule_show(r, country), what);
}

static bool has_information(const ens_doc *d, uint32_t house, const char *code)
{
    for (uint32_t one = ens__doc_child(d, house, ENS_EL_additionalInformation); one; one = ens__doc_next(d, one))
        if (ens_is(ens__doc_value(d, one, ENS_EL_code), code))
            return true;
    return false;
}

void ens__rule_consignee(ens_ruling *r, uint32_t house)
{
    const ens_doc *d = ens__ruling_doc(r);
    if (ens__doc_child(d, house, ENS_EL_consignee) || has_information(d, house, NEGOTIABLE))
        ens__rule_pass(r);
    else
        ens__rule_fail(r, house, ENS_EL_consignee,
                       "name the consignee, or say by additionalInformation/code 10600 that the bill is negotiable",
                       "the house consignment has no consignee, and its bill is not negotiable (10600)");
}

void ens__rule_notify_party(ens_ruling *r, uint32_t house)
{
    const ens_doc *d = ens__ruling_doc(r);
    if (!has_information(d, house, NEGOTIABLE))
        return;
    if (ens__doc_child(d, house, ENS_EL_notifyParty))
        ens__rule_pass(r);
    else
        ens__rule_fail(r, house, ENS_EL_notifyParty, "name the party to notify in notifyParty",
                       "the bill is negotiable (10600), and nobody is named who is to be notified");
}

static bool is_natural(const ens_doc *d, uint32_t consignment, uint16_t party)
{
    return ens_is(ens__doc_value(d, ens__doc_child(d, consignment, party), ENS_EL_typeOfPerson), NATURAL_PERSON);
}

/* judge_commodities: each goods item of a consignment has a commodity code. */
static void judge_commodities(ens_ruling *r, uint32_t consignment)
{
    const ens_doc *d = ens__ruling_doc(r);
    for (uint32_t item = ens__doc_child(d, consignment, ENS_EL_goodsItem); item; item = ens__doc_next(d, item)) {
        uint32_t commodity = ens__doc_child(d, item, ENS_EL_commodity);
        if (!commodity)
            continue;
        if (ens__doc_child(d, commodity, ENS_EL_commodityCode))
            ens__rule_pass(r);
        else
            ens__rule_fail(
                r, commodity, ENS_EL_commodityCode,
                "give the commodity code: six digits of the Harmonized System at least",
                "the goods have no commodity code, which is spared only between natural persons (typeOfPerson 1 "
                "of consignor and consignee)");
    }
}

static bool is_private(const ens_doc *d, uint32_t consignment)
{
    return is_natural(d, consignment, ENS_EL_consignor) && is_natural(d, consignment, ENS_EL_consignee);
}

void ens__rule_house_commodity(ens_ruling *r, uint32_t consignment)
{
    const ens_doc *d = ens__ruling_doc(r);
    if (is_private(d, consignment)) {
        ens__rule_pass(r);
        return;
    }
    if (d->node[consignment].name != ENS_EL_consignmentMasterLevel) {
        judge_commodities(r, consignment);
        return;
    }
    for (uint32_t house = ens__doc_child(d, consignment, ENS_EL_consignmentHouseLevel); house;
         house = ens__doc_next(d, house))
        judge_commodities(r, house);
}

void ens__rule_master_commodity(ens_ruling *r, uint32_t master)
{
    if (is_private(ens__ruling_doc(r), master))
        ens__rule_pass(r);
    else
        judge_commodities(r, master);
}

/* is_bulk: bulk goods and goods that are not packed (UN/ECE Recommendation 21). */
static bool is_bulk(ens_slice type)
{
    static const char *const types[] = {"VQ", "VG", "VL", "VY", "VR", "VS", "VO", "NE", "NF", "NG"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (ens_is(type, types[i]))
            return true;
    return false;
}

void ens__rule_packages(ens_ruling *r, uint32_t packaging)
{
    static const struct {
        uint16_t name;
        const char *what;
    } facts[] = {{ENS_EL_numberOfPackages, "number"}, {ENS_EL_shippingMarks, "shipping marks"}};
    const ens_doc *d = ens__ruling_doc(r);
    ens_slice type = ens__doc_value(d, packaging, ENS_EL_typeOfPackages);
    bool bulk = is_bulk(type);
    for (size_t i = 0; type.len && i < sizeof facts / sizeof *facts; i++) {
        uint32_t there = ens__doc_child(d, packaging, facts[i].name);
        if ((there != 0) != bulk)
            ens__rule_pass(r);
        else if (bulk)
            ens__rule_fail(r, there, ENS_EL_NONE, "leave number and marks out for bulk and unpacked goods",
                           "packages of type %s are bulk or unpacked goods, which have no %s", ens__rule_show(r, type),
                           facts[i].what);
        else
            ens__rule_fail(r, packaging, facts[i].name, "give numberOfPackages and shippingMarks",
                           "the packages of type %s have no %s", ens__rule_show(r, type), facts[i].what);
    }
}

/* must_hold answers for an element that a table may allow: where it does, it has to be there. */
static void must_hold(ens_ruling *r, uint32_t node, uint16_t child, const char *hint, const char *seen)
{
    const ens_doc *d = ens__ruling_doc(r);
    if (!ens__doc_may_hold(d, node, child))
        return;
    if (ens__doc_child(d, node, child))
        ens__rule_pass(r);
    else
        ens__rule_fail(r, node, child, hint, "%s", seen);
}

void ens__rule_low_value_without_reference(ens_ruling *r, uint32_t house)
{
    const ens_doc *d = ens__ruling_doc(r);
    if (!has_information(d, house, LOW_VALUE) || ens__doc_child(d, house, ENS_EL_additionalFiscalReferences))
        return;
    must_hold(r, house, ENS_EL_additionsAndDeductions, "give additionsAndDeductions, or additionalFiscalReferences",
              "goods of low value (10900) without fiscal references need the additions and deductions");
    for (uint32_t item = ens__doc_child(d, house, ENS_EL_goodsItem); item; item = ens__doc_next(d, item))
        must_hold(r, item, ENS_EL_typeOfGoods,
                  "give typeOfGoods, or additionalFiscalReferences of the house consignment",
                  "goods of low value (10900) without fiscal references need the type of goods");
}

void ens__rule_low_value(ens_ruling *r, uint32_t house)
{
    const ens_doc *d = ens__ruling_doc(r);
    if (!has_information(d, house, LOW_VALUE))
        return;
    must_hold(r, house, ENS_EL_totalAmountInvoiced, "give totalAmountInvoiced",
              "goods of low value (10900) need the total amount that was invoiced");
    must_hold(r, house, ENS_EL_postalCharges, "give postalCharges",
              "goods of low value (10900) need the postal charges");
    for (uint32_t item = ens__doc_child(d, house, ENS_EL_goodsItem); item; item = ens__doc_next(d, item))
        must_hold(r, item, ENS_EL_postalValue, "give postalValue",
                  "goods of low value (10900) need their postal value");
}
