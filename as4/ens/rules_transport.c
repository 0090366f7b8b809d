#include "as4/ens/format.h"
#include "as4/ens/numbers.h"
#include "as4/ens/rules_checks.h"

#define IMO_TYPE "10"
#define ENI_TYPE "80"
#define ENI_LEN 8u
#define SEQUENCE_DIGITS 9u

bool ens__doc_is_member_state(const ens_doc *d, ens_slice country)
{
    return country.len && ens__tables_code(d->tables, ENS_LIST_CL717, country);
}

bool ens__doc_is_xi(ens_slice country)
{
    return ens_is(country, "XI");
}

static ens_slice mode_of(const ens_doc *d, uint32_t means)
{
    return ens__doc_value(d, means, ENS_EL_ModeOfTransport);
}

void ens__rule_transport_named(ens_ruling *r, uint32_t means)
{
    const ens_doc *d = ens__ruling_doc(r);
    bool number = ens__doc_child(d, means, ENS_EL_identificationNumber),
         type = ens__doc_child(d, means, ENS_EL_typeOfIdentification);
    if (ens__doc_child(d, means, ENS_EL_conveyanceReferenceNumber) || (number && type))
        ens__rule_pass(r);
    else
        ens__rule_fail(
            r, means,
            number ? ENS_EL_typeOfIdentification
            : type ? ENS_EL_identificationNumber
                   : ENS_EL_conveyanceReferenceNumber,
            "give conveyanceReferenceNumber (a flight or voyage), or identificationNumber with typeOfIdentification",
            "the means of transport has no conveyance reference number, and %s",
            number ? "an identification number without its type"
            : type ? "a type without identification number"
                   : "no identification number with its type");
}

void ens__rule_wagons(ens_ruling *r, uint32_t house)
{
    const ens_doc *d = ens__ruling_doc(r);
    bool named = ens__doc_child(d, house, ENS_EL_passiveBorderTransportMeans);
    for (uint32_t item = ens__doc_child(d, house, ENS_EL_goodsItem); item && !named; item = ens__doc_next(d, item))
        named = ens__doc_child(d, item, ENS_EL_passiveBorderTransportMeans);
    if (named)
        ens__rule_pass(r);
    else
        ens__rule_fail(r, house, ENS_EL_passiveBorderTransportMeans,
                       "name the wagons in passiveBorderTransportMeans of the house consignment or of its goods items",
                       "neither the house consignment nor a goods item of it names a wagon");
}

static bool all_digits(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.len > 0;
}

void ens__rule_imo_number(ens_ruling *r, uint32_t means)
{
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t node = ens__doc_child(d, means, ENS_EL_identificationNumber);
    ens_slice number = ens__doc_text(d, node), digits = ens_from(number, 3);
    if (!ens_is(ens__doc_value(d, means, ENS_EL_typeOfIdentification), IMO_TYPE) || !number.len)
        return;
    if (!ens__imo_has_shape(number))
        ens__rule_fail(r, node, ENS_EL_NONE, "write the ship's number as IMO and seven digits: IMO9074729",
                       "%s is no IMO number", ens__rule_show(r, number));
    else if (ens__imo_check(digits) != (unsigned)(digits.p[6] - '0'))
        ens__rule_fail(r, node, ENS_EL_NONE, "look the ship's number up: a digit of it is wrong",
                       "the last digit of %s would have to be %u", ens__rule_show(r, number), ens__imo_check(digits));
    else
        ens__rule_pass(r);
}

void ens__rule_eni_number(ens_ruling *r, uint32_t means)
{
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t node = ens__doc_child(d, means, ENS_EL_identificationNumber);
    ens_slice number = ens__doc_text(d, node);
    if (!ens_is(ens__doc_value(d, means, ENS_EL_typeOfIdentification), ENI_TYPE) || !number.len)
        return;
    if (number.len == ENI_LEN && all_digits(number))
        ens__rule_pass(r);
    else
        ens__rule_fail(r, node, ENS_EL_NONE, "write the vessel's number as eight digits",
                       "%s is no European vessel number (ENI)", ens__rule_show(r, number));
}

/* type_by_mode: this mode of transport asks for that type of identification. */
static void type_by_mode(ens_ruling *r, uint32_t means, const char *mode, const char *wanted, const char *hint)
{
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t node = ens__doc_child(d, means, ENS_EL_typeOfIdentification);
    ens_slice type = ens__doc_text(d, node);
    if (!ens_is(mode_of(d, means), mode) || !type.len)
        return;
    if (ens_is(type, wanted))
        ens__rule_pass(r);
    else
        ens__rule_fail(r, node, ENS_EL_NONE, hint, "the mode of transport is %s, and the type of identification is %s",
                       mode, ens__rule_show(r, type));
}

void ens__rule_sea_type(ens_ruling *r, uint32_t means)
{
    type_by_mode(r, means, "1", IMO_TYPE, "name a ship by its IMO number: typeOfIdentification 10");
}

void ens__rule_inland_type(ens_ruling *r, uint32_t means)
{
    type_by_mode(r, means, "8", ENI_TYPE, "name an inland vessel by its ENI number: typeOfIdentification 80");
}

/* sequence_of reads a sequence number; SIZE_MAX where there is none. */
static size_t sequence_of(const ens_doc *d, uint32_t node)
{
    ens_slice text = ens__doc_value(d, node, ENS_EL_sequenceNumber);
    size_t number = 0;
    if (!all_digits(text) || text.len > SEQUENCE_DIGITS)
        return SIZE_MAX;
    for (size_t i = 0; i < text.len; i++)
        number = number * 10 + (size_t)(text.p[i] - '0');
    return number;
}

/* end_of_route finds the country of the route with the lowest or highest sequence number; 0: there is none. */
static uint32_t end_of_route(const ens_doc *d, uint32_t root, bool last)
{
    uint32_t means = ens__doc_child(d, root, ENS_EL_activeBorderTransportMeans), found = 0;
    size_t best = 0;
    for (uint32_t one = ens__doc_child(d, means, ENS_EL_countriesOfRoutingOfMeansOfTransport); one;
         one = ens__doc_next(d, one)) {
        size_t number = sequence_of(d, one);
        if (number == SIZE_MAX || (found && (last ? number < best : number >= best)))
            continue;
        found = one;
        best = number;
    }
    return found;
}

/* rival_of finds another country of the route that has the same sequence number, a member state where members are
 * asked for; 0: there is none. */
static uint32_t rival_of(const ens_doc *d, uint32_t root, uint32_t one, bool members)
{
    uint32_t means = ens__doc_child(d, root, ENS_EL_activeBorderTransportMeans);
    ens_slice ours = ens__doc_value(d, one, ENS_EL_country);
    for (uint32_t other = ens__doc_child(d, means, ENS_EL_countriesOfRoutingOfMeansOfTransport); other;
         other = ens__doc_next(d, other)) {
        ens_slice theirs = ens__doc_value(d, other, ENS_EL_country);
        if (sequence_of(d, other) == sequence_of(d, one) && theirs.len && !ens_eq(theirs, ours) &&
            (!members || ens__doc_is_member_state(d, theirs)))
            return other;
    }
    return 0;
}

static void warn_of_rival(ens_ruling *r, uint32_t one, uint32_t rival)
{
    const ens_doc *d = ens__ruling_doc(r);
    ens__rule_warn(r, rival, ENS_EL_sequenceNumber, "number the countries of the route 1, 2, 3 and so on",
                   "%s and %s have the same sequence number, and the rule holds for one of them alone",
                   ens__rule_show(r, ens__doc_value(d, one, ENS_EL_country)),
                   ens__rule_show(r, ens__doc_value(d, rival, ENS_EL_country)));
}

static bool is_xi_and_gb(ens_slice a, ens_slice b)
{
    return (ens__doc_is_xi(a) && ens_is(b, "GB")) || (ens__doc_is_xi(b) && ens_is(a, "GB"));
}

static void route_and_place(ens_ruling *r, uint32_t root, uint16_t place_name, bool last, const char *hint)
{
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t place = ens__doc_child(d, ens__doc_child(d, root, ENS_EL_consignmentMasterLevel), place_name);
    uint32_t end = end_of_route(d, root, last);
    ens_slice there = ens__doc_country(d, place), country = ens__doc_value(d, end, ENS_EL_country);
    if (!there.len || !country.len)
        return;
    const char *which = last ? "last" : "first", *what = last ? "unloading" : "loading";
    uint32_t rival = rival_of(d, root, end, false);
    if (rival && (ens_eq(there, country) || ens_eq(there, ens__doc_value(d, rival, ENS_EL_country))))
        warn_of_rival(r, end, rival);
    else if (ens_eq(there, country))
        ens__rule_pass(r);
    else if (is_xi_and_gb(there, country))
        ens__rule_warn(r, end, ENS_EL_country, hint, "the %s country of the route is %s, the place of %s lies in %s",
                       which, ens__rule_show(r, country), what, ens__rule_show(r, there));
    else
        ens__rule_fail(r, end, ENS_EL_country, hint, "the %s country of the route is %s, the place of %s lies in %s",
                       which, ens__rule_show(r, country), what, ens__rule_show(r, there));
}

void ens__rule_route_begins(ens_ruling *r, uint32_t root)
{
    route_and_place(r, root, ENS_EL_placeOfLoading, false, "begin the route in the country of the place of loading");
}

void ens__rule_route_ends(ens_ruling *r, uint32_t root)
{
    route_and_place(r, root, ENS_EL_placeOfUnloading, true, "end the route in the country of the place of unloading");
}

/* first_member_state finds the member state of the route with the lowest sequence number; 0: none is on it. */
static uint32_t first_member_state(const ens_doc *d, uint32_t root)
{
    uint32_t means = ens__doc_child(d, root, ENS_EL_activeBorderTransportMeans), found = 0;
    size_t best = 0;
    for (uint32_t one = ens__doc_child(d, means, ENS_EL_countriesOfRoutingOfMeansOfTransport); one;
         one = ens__doc_next(d, one)) {
        size_t number = sequence_of(d, one);
        if (number == SIZE_MAX || (found && number >= best) ||
            !ens__doc_is_member_state(d, ens__doc_value(d, one, ENS_EL_country)))
            continue;
        found = one;
        best = number;
    }
    return found;
}

void ens__rule_first_entry(ens_ruling *r, uint32_t root)
{
    static const char hint[] = "name an office of the first member state on the route, or mend the route";
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t office =
        ens__doc_child(d, ens__doc_child(d, root, ENS_EL_customsOfficeOfFirstEntry), ENS_EL_referenceNumber);
    uint32_t first = first_member_state(d, root);
    ens_slice number = ens__doc_text(d, office), country = ens_sub(number, 0, number.len < 2 ? number.len : 2);
    ens_slice entry = ens__doc_value(d, first, ENS_EL_country);
    if (number.len < 2 || !end_of_route(d, root, false))
        return;
    uint32_t rival = first ? rival_of(d, root, first, true) : 0;
    if (rival && (ens_eq(entry, country) || ens_eq(ens__doc_value(d, rival, ENS_EL_country), country)))
        warn_of_rival(r, first, rival);
    else if (!first)
        ens__rule_warn(r, office, ENS_EL_NONE, hint,
                       "no member state is on the route, and the office of first entry is %s",
                       ens__rule_show(r, number));
    else if (ens_eq(entry, country))
        ens__rule_pass(r);
    else if (ens__doc_is_xi(entry) || ens__doc_is_xi(country) || !ens__doc_is_member_state(d, country))
        ens__rule_warn(
            r, office, ENS_EL_NONE, hint,
            "the first member state on the route is %s, and the office of first entry %s lies in another country",
            ens__rule_show(r, entry), ens__rule_show(r, number));
    else
        ens__rule_fail(r, office, ENS_EL_NONE, hint,
                       "the first member state on the route is %s, and the office of first entry %s lies in another",
                       ens__rule_show(r, entry), ens__rule_show(r, number));
}

static bool on_route(const ens_doc *d, uint32_t first, ens_slice country)
{
    for (uint32_t one = first; one; one = ens__doc_next(d, one))
        if (ens_eq(ens__doc_value(d, one, ENS_EL_country), country))
            return true;
    return false;
}

void ens__rule_house_route(ens_ruling *r, uint32_t house)
{
    static const struct {
        uint16_t name;
        const char *what;
    } places[] = {{ENS_EL_placeOfAcceptance, "acceptance"}, {ENS_EL_placeOfDelivery, "delivery"}};
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t route = ens__doc_child(d, house, ENS_EL_countriesOfRoutingOfConsignment);
    for (size_t i = 0; route && i < sizeof places / sizeof *places; i++) {
        ens_slice country = ens__doc_country(d, ens__doc_child(d, house, places[i].name));
        if (!country.len)
            continue;
        if (on_route(d, route, country))
            ens__rule_pass(r);
        else
            ens__rule_fail(r, route, ENS_EL_NONE,
                           "name the countries of acceptance and of delivery among those of the route",
                           "the place of %s lies in %s, which is not on the route of the house consignment",
                           places[i].what, ens__rule_show(r, country));
    }
}

void ens__rule_departure(ens_ruling *r, uint32_t means)
{
    const ens_doc *d = ens__ruling_doc(r);
    if (ens__doc_child(d, means, ENS_EL_estimatedDateAndTimeOfDeparture) ||
        ens__doc_child(d, means, ENS_EL_actualDateAndTimeOfDeparture))
        ens__rule_pass(r);
    else
        ens__rule_fail(r, means, ENS_EL_estimatedDateAndTimeOfDeparture,
                       "give estimatedDateAndTimeOfDeparture or actualDateAndTimeOfDeparture",
                       "the means of transport has neither an estimated nor an actual time of departure");
}

void ens__rule_times(ens_ruling *r, uint32_t means)
{
    static const uint16_t names[] = {ENS_EL_actualDateAndTimeOfDeparture, ENS_EL_estimatedDateAndTimeOfDeparture};
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t arrival = ens__doc_child(d, means, ENS_EL_estimatedDateAndTimeOfArrival);
    ens_time arrives, leaves;
    if (!arrival || !ens__format_time(ens__doc_date(d, arrival), &arrives))
        return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint32_t departure = ens__doc_child(d, means, names[i]);
        if (!departure || !ens__format_time(ens__doc_date(d, departure), &leaves))
            continue;
        if (arrives >= leaves)
            ens__rule_pass(r);
        else
            ens__rule_fail(r, arrival, ENS_EL_NONE, "compare the two times: a journey does not end before it begins",
                           "the arrival %s is before the departure %s", ens__rule_show(r, ens__doc_date(d, arrival)),
                           ens__rule_show(r, ens__doc_date(d, departure)));
    }
}

/* needed_or_not answers for an element that has to be there in one case, and must not be in the other. */
static void needed_or_not(ens_ruling *r, uint32_t node, uint16_t child, bool needed, const char *hint, const char *when)
{
    uint32_t there = ens__doc_child(ens__ruling_doc(r), node, child);
    if ((there != 0) == needed)
        ens__rule_pass(r);
    else if (needed)
        ens__rule_fail(r, node, child, hint, "%s, and it is missing", when);
    else
        ens__rule_fail(r, there, ENS_EL_NONE, hint, "%s, and it is not the case here", when);
}

void ens__rule_arriving_ship(ens_ruling *r, uint32_t means)
{
    static const char when[] =
        "a ship or inland vessel (mode of transport 1 or 8), and no other means, is named by number and type";
    static const char hint[] =
        "give identificationNumber and typeOfIdentification with mode 1 or 8, leave both out with others";
    const ens_doc *d = ens__ruling_doc(r);
    ens_slice mode = mode_of(d, means);
    bool needed = ens_is(mode, "1") || ens_is(mode, "8");
    if (!mode.len)
        return;
    needed_or_not(r, means, ENS_EL_identificationNumber, needed, hint, when);
    needed_or_not(r, means, ENS_EL_typeOfIdentification, needed, hint, when);
}

void ens__rule_arriving_flight(ens_ruling *r, uint32_t means)
{
    ens_slice mode = mode_of(ens__ruling_doc(r), means);
    if (mode.len)
        needed_or_not(r, means, ENS_EL_conveyanceReferenceNumber, ens_is(mode, "4"),
                      "give conveyanceReferenceNumber with mode 4, leave it out with others",
                      "a flight (mode of transport 4), and no other means, has its conveyance reference number");
}

void ens__rule_place(ens_ruling *r, uint32_t place)
{
    static const uint16_t names[] = {ENS_EL_location, ENS_EL_address};
    const ens_doc *d = ens__ruling_doc(r);
    bool coded = ens__doc_child(d, place, ENS_EL_UNLOCODE);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint32_t there = ens__doc_child(d, place, names[i]);
        if ((there != 0) != coded)
            ens__rule_pass(r);
        else if (coded)
            ens__rule_fail(r, there, ENS_EL_NONE, "leave location and address out, or the UNLOCODE",
                           "a place that has its UN/LOCODE must not have %s too", i ? "an address" : "a location");
        else
            ens__rule_fail(r, place, names[i], "give the UNLOCODE alone, or location and address together",
                           "the place has neither a UN/LOCODE nor %s", i ? "an address" : "a location");
    }
}
