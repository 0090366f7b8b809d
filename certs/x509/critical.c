#include "certs/x509/critical.h"

#include "certs/x509/crl.h"
#include "certs/x509/der.h"
#include "certs/x509/qcstatements.h"

#define ID_CE "\x55\x1D"
#define KEY_USAGE_OCTETS_MAX 2u /* nine bits */
#define IPV4_LEN 4u
#define IPV6_LEN 16u

/* Each reads the contents of an extension, from its first octet to its last. */
typedef bool (*readable)(ens_slice value);

/* open_sequence enters the one SEQUENCE that value is. */
static bool open_sequence(ens_slice value, ens_reader *r)
{
    ens_der list;
    ens_reader outer = ens_read(value);
    if (!ens__der_take(&outer, ENS_DER_SEQUENCE, &list) || ens_left(&outer))
        return false;
    *r = ens_read(list.body);
    return true;
}

static bool take_oid(ens_reader *r)
{
    ens_der oid;
    return ens__der_take(r, ENS_DER_OID, &oid) && ens__der_oid_valid(oid.body);
}

static bool is_ia5(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] >= 0x80)
            return false;
    return true;
}

static bool is_other_name(ens_slice body)
{
    ens_reader r = ens_read(body);
    ens_der value;
    return take_oid(&r) && ens__der_take(&r, ENS_DER_CONTEXT(0), &value) && !ens_left(&r);
}

static bool is_directory_name(ens_slice body)
{
    ens_reader r = ens_read(body);
    ens_der name;
    return ens__der_take(&r, ENS_DER_SEQUENCE, &name) && !ens_left(&r);
}

/* take_general_name reads RFC 5280's GeneralName; an address in a name constraint has its mask behind it. */
static bool take_general_name(ens_reader *r, bool constraint)
{
    ens_der one;
    if (!ens__der_any(r, &one))
        return false;
    switch (one.tag) {
    case ENS_DER_CONTEXT(0):
        return is_other_name(one.body);
    case ENS_DER_CONTEXT_PRIMITIVE(1):
    case ENS_DER_CONTEXT_PRIMITIVE(2):
    case ENS_DER_CONTEXT_PRIMITIVE(6):
        return is_ia5(one.body);
    case ENS_DER_CONTEXT(3):
    case ENS_DER_CONTEXT(5):
        return true;
    case ENS_DER_CONTEXT(4):
        return is_directory_name(one.body);
    case ENS_DER_CONTEXT_PRIMITIVE(7):
        return one.body.len == (constraint ? 2 * IPV4_LEN : IPV4_LEN) ||
               one.body.len == (constraint ? 2 * IPV6_LEN : IPV6_LEN);
    case ENS_DER_CONTEXT_PRIMITIVE(8):
        return ens__der_oid_valid(one.body);
    default:
        return false;
    }
}

/* An empty list of names is a fault of form that a path survives (PKITS has it not, real certificates do). */
static bool reads_general_names(ens_slice value)
{
    ens_reader r;
    if (!open_sequence(value, &r))
        return false;
    while (ens_left(&r))
        if (!take_general_name(&r, false))
            return false;
    return true;
}

static bool reads_key_id(ens_slice value)
{
    ens_reader r = ens_read(value);
    ens_der id;
    return ens__der_take(&r, ENS_DER_OCTET_STRING, &id) && !ens_left(&r);
}

static bool reads_key_usage(ens_slice value)
{
    ens_reader r = ens_read(value);
    ens_der bits;
    ens_slice bytes;
    unsigned unused;
    return ens__der_take(&r, ENS_DER_BIT_STRING, &bits) && !ens_left(&r) && ens__der_bits(bits.body, &bytes, &unused) &&
           bytes.len <= KEY_USAGE_OCTETS_MAX;
}

static bool reads_basic_constraints(ens_slice value)
{
    ens_reader r;
    ens_der ca, length;
    bool flag;
    uint32_t number;
    return open_sequence(value, &r) && ens__der_optional(&r, ENS_DER_BOOLEAN, &ca) &&
           ens__der_optional(&r, ENS_DER_INTEGER, &length) && !ens_left(&r) &&
           (!ca.all.len || ens__der_boolean(ca.body, &flag)) && (!length.all.len || ens__der_u32(length.body, &number));
}

static bool reads_subtrees(ens_slice subtrees)
{
    ens_der one;
    for (ens_reader r = ens_read(subtrees); ens_left(&r);) {
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return false;
        ens_reader in = ens_read(one.body);
        ens_der minimum, maximum;
        if (!take_general_name(&in, true) || !ens__der_optional(&in, ENS_DER_CONTEXT_PRIMITIVE(0), &minimum) ||
            !ens__der_optional(&in, ENS_DER_CONTEXT_PRIMITIVE(1), &maximum) || ens_left(&in))
            return false;
    }
    return true;
}

static bool reads_name_constraints(ens_slice value)
{
    ens_reader r;
    ens_der permitted, excluded;
    return open_sequence(value, &r) && ens__der_optional(&r, ENS_DER_CONTEXT(0), &permitted) &&
           ens__der_optional(&r, ENS_DER_CONTEXT(1), &excluded) && !ens_left(&r) && reads_subtrees(permitted.body) &&
           reads_subtrees(excluded.body);
}

static bool reads_crl_points(ens_slice value)
{
    ens_reader r;
    ens__crl_point point;
    if (!ens__crl_points_open(value, &r) || !ens_left(&r))
        return false;
    while (ens_left(&r))
        if (!ens__crl_points_next(&r, &point))
            return false;
    return true;
}

static bool reads_policies(ens_slice value)
{
    ens_reader r;
    ens_der one, qualifiers;
    if (!open_sequence(value, &r) || !ens_left(&r))
        return false;
    while (ens_left(&r)) {
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return false;
        ens_reader in = ens_read(one.body);
        if (!take_oid(&in) || !ens__der_optional(&in, ENS_DER_SEQUENCE, &qualifiers) || ens_left(&in))
            return false;
    }
    return true;
}

static bool reads_policy_mappings(ens_slice value)
{
    ens_reader r;
    ens_der one;
    if (!open_sequence(value, &r) || !ens_left(&r))
        return false;
    while (ens_left(&r)) {
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return false;
        ens_reader in = ens_read(one.body);
        if (!take_oid(&in) || !take_oid(&in) || ens_left(&in))
            return false;
    }
    return true;
}

static bool reads_authority_key_id(ens_slice value)
{
    ens_reader r;
    ens_der id, issuer, serial;
    return open_sequence(value, &r) && ens__der_optional(&r, ENS_DER_CONTEXT_PRIMITIVE(0), &id) &&
           ens__der_optional(&r, ENS_DER_CONTEXT(1), &issuer) &&
           ens__der_optional(&r, ENS_DER_CONTEXT_PRIMITIVE(2), &serial) && !ens_left(&r);
}

static bool reads_policy_constraints(ens_slice value)
{
    ens_reader r;
    ens_der explicit_policy, mapping;
    uint32_t number;
    return open_sequence(value, &r) && ens__der_optional(&r, ENS_DER_CONTEXT_PRIMITIVE(0), &explicit_policy) &&
           ens__der_optional(&r, ENS_DER_CONTEXT_PRIMITIVE(1), &mapping) && !ens_left(&r) &&
           (!explicit_policy.all.len || ens__der_u32(explicit_policy.body, &number)) &&
           (!mapping.all.len || ens__der_u32(mapping.body, &number));
}

static bool reads_ext_key_usage(ens_slice value)
{
    ens_reader r;
    if (!open_sequence(value, &r) || !ens_left(&r))
        return false;
    while (ens_left(&r))
        if (!take_oid(&r))
            return false;
    return true;
}

static bool reads_inhibit_any(ens_slice value)
{
    ens_reader r = ens_read(value);
    ens_der number;
    uint32_t n;
    return ens__der_take(&r, ENS_DER_INTEGER, &number) && !ens_left(&r) && ens__der_u32(number.body, &n);
}

static bool reads_authority_info(ens_slice value)
{
    ens_reader r;
    ens_der one;
    if (!open_sequence(value, &r) || !ens_left(&r))
        return false;
    while (ens_left(&r)) {
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return false;
        ens_reader in = ens_read(one.body);
        if (!take_oid(&in) || !take_general_name(&in, false) || ens_left(&in))
            return false;
    }
    return true;
}

static bool reads_qc_statements(ens_slice value)
{
    ens_qc qc;
    return value.len && ens__qc_read(value, &qc);
}

bool ens__extension_reads(ens_slice oid, ens_slice value)
{
    static const struct {
        unsigned ce;
        readable reads;
    } of_ce[] = {
        {14, reads_key_id},           {15, reads_key_usage},
        {17, reads_general_names},    {19, reads_basic_constraints},
        {30, reads_name_constraints}, {31, reads_crl_points},
        {32, reads_policies},         {33, reads_policy_mappings},
        {35, reads_authority_key_id}, {36, reads_policy_constraints},
        {37, reads_ext_key_usage},    {46, reads_crl_points},
        {54, reads_inhibit_any},
    };
    if (ens_eq(oid, ENS_LIT("\x2B\x06\x01\x05\x05\x07\x01\x01")))
        return reads_authority_info(value);
    if (ens_eq(oid, ENS_LIT("\x2B\x06\x01\x05\x05\x07\x01\x03")))
        return reads_qc_statements(value);
    for (size_t i = 0; i < sizeof of_ce / sizeof *of_ce; i++)
        if (oid.len == 3 && ens_starts(oid, ENS_LIT(ID_CE)) && oid.p[2] == of_ce[i].ce)
            return of_ce[i].reads(value);
    return true;
}

bool ens__critical_unreadable(const ens_cert *cert, ens_slice *oid)
{
    ens_der one, id, critical, value;
    for (ens_reader r = ens_read(cert->extensions); ens_left(&r);) {
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return true;
        ens_reader in = ens_read(one.body);
        if (!ens__der_take(&in, ENS_DER_OID, &id) || !ens__der_optional(&in, ENS_DER_BOOLEAN, &critical) ||
            !ens__der_take(&in, ENS_DER_OCTET_STRING, &value))
            return true;
        if (!critical.all.len || ens__extension_reads(id.body, value.body))
            continue;
        if (oid)
            *oid = id.body;
        return true;
    }
    return false;
}
