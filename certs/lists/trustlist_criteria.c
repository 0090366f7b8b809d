/* Qualifications: which certificates of a service are meant, and what is said of them.
 * Source  TS 119 612, 5.5.9.2 */
#include "certs/lists/trustlist_state.h"
#include "ensign/cert.h"

/* never adds a criterion that no certificate fulfils. */
static void never(ens_trustlist_reader *r)
{
    ens__writer_criterion_end(r->writer, ens__writer_criterion(r->writer, ENS_CRITERION_UNKNOWN, ENS_ASSERT_ALL, 0, 0));
}

void ens__trustlist_criteria_unknown(ens_trustlist_reader *r)
{
    if (r->num_criteria)
        never(r);
}

static void start_list(ens_trustlist_reader *r, const ens_scan_event *e)
{
    ens_slice assert = ens__trustlist_attribute(r, e, "assert");
    bool known = !assert.p || ens_is(assert, "all") || ens_is(assert, "atLeastOne") || ens_is(assert, "none");
    ens_assert how = ens_is(assert, "atLeastOne") ? ENS_ASSERT_AT_LEAST_ONE
                     : ens_is(assert, "none")     ? ENS_ASSERT_NONE
                                                  : ENS_ASSERT_ALL;
    if (r->num_criteria == ENS_CRITERIA_DEPTH_MAX) {
        ens__trustlist_fail(r, ENS_ELIMIT, "criteria are nested deeper than they may be");
        return;
    }
    uint32_t number = ens__writer_criterion(r->writer, ENS_CRITERION_LIST, how, 0, 0);
    if (!r->num_criteria) {
        r->criteria_twice |= r->criterion != UINT32_MAX;
        r->criterion = number;
    }
    r->criteria[r->num_criteria++] = number;
    if (!known)
        never(r);
}

/* The bit of KeyUsageBit/@name. */
static unsigned usage_bit(ens_slice name)
{
    static const char *const names[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",   "keyCertSign",
                                        "crlSign",          "encipherOnly",   "decipherOnly"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (ens_is(name, names[i]))
            return 1u << i;
    return 0;
}

static void add_usage(ens_trustlist_reader *r, ens_slice text)
{
    bool set = ens_is(text, "true") || ens_is(text, "1"), clear = ens_is(text, "false") || ens_is(text, "0");
    if (!r->usage_bit || (!set && !clear) ||
        ((r->usage_mask & r->usage_bit) && set != ((r->usage_bits & r->usage_bit) != 0)))
        r->usage_unknown = true;
    r->usage_mask |= r->usage_bit;
    r->usage_bits |= set ? r->usage_bit : 0;
}

static void end_usage(ens_trustlist_reader *r)
{
    ens_criterion_kind kind = r->usage_unknown || !r->usage_mask ? ENS_CRITERION_UNKNOWN : ENS_CRITERION_KEY_USAGE;
    ens__writer_criterion_end(r->writer,
                              ens__writer_criterion(r->writer, kind, ENS_ASSERT_ALL, r->usage_mask, r->usage_bits));
}

static void add_qualifier(ens_trustlist_reader *r, const ens_scan_event *e)
{
    if (r->num_qualifiers == ENS_QUALIFIERS_MAX)
        ens__trustlist_fail(r, ENS_ELIMIT, "there are more qualifiers than there may be");
    else
        r->qualifier[r->num_qualifiers++] = ens__trustlist_attribute(r, e, "uri");
}

/* Qualifiers without criteria, or with two lists of them, hold for no certificate. */
static void end_qualification(ens_trustlist_reader *r)
{
    if (r->criterion == UINT32_MAX || r->criteria_twice) {
        r->criterion = ens__writer_criterion(r->writer, ENS_CRITERION_LIST, ENS_ASSERT_ALL, 0, 0);
        never(r);
        ens__writer_criterion_end(r->writer, r->criterion);
    }
    ens__writer_qualification(r->writer, r->qualifier, r->num_qualifiers, r->criterion);
}

void ens__trustlist_criteria_start(ens_trustlist_reader *r, ens_list_place place, const ens_scan_event *e)
{
    switch (place) {
    case ENS_AT_QUALIFICATION:
        r->num_qualifiers = 0;
        r->num_criteria = 0;
        r->criterion = UINT32_MAX;
        r->criteria_twice = false;
        break;
    case ENS_AT_QUALIFIER:
        add_qualifier(r, e);
        break;
    case ENS_AT_CRITERIA:
        start_list(r, e);
        break;
    case ENS_AT_KEY_USAGE:
        r->usage_mask = r->usage_bits = 0;
        r->usage_unknown = false;
        break;
    case ENS_AT_KEY_USAGE_BIT:
        r->usage_bit = usage_bit(ens__trustlist_attribute(r, e, "name"));
        break;
    case ENS_AT_OID_HOLDER:
        r->oid_seen = false;
        break;
    case ENS_AT_POLICY_SET:
        r->oids = ens__writer_criterion(r->writer, ENS_CRITERION_POLICY_SET, ENS_ASSERT_ALL, 0, 0);
        break;
    case ENS_AT_SUBJECT_ATTRIBUTES:
        r->oids = ens__writer_criterion(r->writer, ENS_CRITERION_SUBJECT, ENS_ASSERT_ALL, 0, 0);
        break;
    case ENS_AT_EXT_KEY_USAGE:
        r->oids = ens__writer_criterion(r->writer, ENS_CRITERION_EXT_KEY_USAGE, ENS_ASSERT_ALL, 0, 0);
        break;
    default:
        break;
    }
}

void ens__trustlist_criteria_end(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    switch (place) {
    case ENS_AT_QUALIFICATION:
        end_qualification(r);
        break;
    case ENS_AT_CRITERIA:
        ens__writer_criterion_end(r->writer, r->criteria[--r->num_criteria]);
        break;
    case ENS_AT_KEY_USAGE_BIT:
        add_usage(r, text);
        break;
    case ENS_AT_KEY_USAGE:
        end_usage(r);
        break;
    case ENS_AT_OID:
        ens__writer_oid(r->writer, text);
        r->oid_seen = true;
        break;
    case ENS_AT_OID_HOLDER:
        if (!r->oid_seen)
            ens__writer_oid(r->writer, (ens_slice){0}); /* an identifier that isn't there is no certificate's */
        break;
    case ENS_AT_POLICY_SET:
    case ENS_AT_SUBJECT_ATTRIBUTES:
    case ENS_AT_EXT_KEY_USAGE:
        ens__writer_criterion_end(r->writer, r->oids);
        break;
    default:
        break;
    }
}
