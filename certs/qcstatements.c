#include "certs/qcstatements.h"

#include "certs/der.h"
#include "certs/oid.h"

#define QC(n) ENS_LIT("\x04\x00\x8E\x46\x01" n) /* 0.4.0.1862.1.n */
#define QC_COMPLIANCE QC("\x01")
#define QC_LIMIT QC("\x02")
#define QC_RETENTION QC("\x03")
#define QC_SSCD QC("\x04")
#define QC_PDS QC("\x05")
#define QC_TYPE QC("\x06")
#define QC_LEGISLATION QC("\x07")
#define PKIX_SYNTAX_V2 ENS_LIT("\x2B\x06\x01\x05\x05\x07\x0B\x02")
#define PSD2 ENS_LIT("\x04\x00\x81\x98\x27\x02")

static bool read_types(ens_slice value, ens_qc *qc)
{
    ens_reader r = ens_read(value);
    ens_der list, one;
    qc->num_type_statements++;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r))
        return false;
    for (r = ens_read(list.body); ens_left(&r); qc->type[qc->num_types++] = one.body)
        if (qc->num_types == ENS_QC_TYPES_MAX || !ens__der_take(&r, ENS_DER_OID, &one) || !ens__der_oid_valid(one.body))
            return false;
    return list.body.len > 0;
}

static bool read_pds(ens_slice value, ens_qc *qc)
{
    ens_reader r = ens_read(value);
    ens_der list, one, url, language;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r))
        return false;
    for (r = ens_read(list.body); ens_left(&r);) {
        if (qc->num_pds == ENS_QC_PDS_MAX || !ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return false;
        ens_reader in = ens_read(one.body);
        if (!ens__der_take(&in, ENS_DER_IA5_STRING, &url) || !ens__der_take(&in, ENS_DER_PRINTABLE_STRING, &language) || ens_left(&in))
            return false;
        qc->pds[qc->num_pds++] = (ens_qc_pds){url.body, language.body};
    }
    return list.body.len > 0;
}

static bool read_countries(ens_slice value, ens_qc *qc)
{
    ens_reader r = ens_read(value);
    ens_der list, one;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r))
        return false;
    for (r = ens_read(list.body); ens_left(&r); qc->country[qc->num_countries++] = one.body)
        if (qc->num_countries == ENS_QC_COUNTRIES_MAX || !ens__der_take(&r, ENS_DER_PRINTABLE_STRING, &one) || one.body.len != 2)
            return false;
    return list.body.len > 0;
}

/* An INTEGER that fits; the exponent may be negative. */
static bool read_small(ens_slice body, int *out)
{
    if (!ens__der_integer_valid(body) || body.len > 2)
        return false;
    int v = body.p[0] & 0x80 ? -1 : 0;
    for (size_t i = 0; i < body.len; i++)
        v = v * 256 + body.p[i];
    *out = v;
    return true;
}

static bool read_limit(ens_slice value, ens_qc *qc)
{
    ens_reader r = ens_read(value);
    ens_der list, currency, amount, exponent;
    qc->limit = true;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r))
        return false;
    r = ens_read(list.body);
    if (!ens__der_any(&r, &currency) || !ens__der_take(&r, ENS_DER_INTEGER, &amount) || !ens__der_take(&r, ENS_DER_INTEGER, &exponent) ||
        ens_left(&r))
        return false;
    qc->currency = currency.body;
    bool alphabetic = currency.tag == ENS_DER_PRINTABLE_STRING && currency.body.len == 3;
    return (alphabetic || currency.tag == ENS_DER_INTEGER) && ens__der_u32(amount.body, &qc->amount) && read_small(exponent.body, &qc->exponent);
}

static bool read_retention(ens_slice value, ens_qc *qc)
{
    ens_reader r = ens_read(value);
    ens_der years;
    qc->retention = true;
    return ens__der_take(&r, ENS_DER_INTEGER, &years) && !ens_left(&r) && ens__der_u32(years.body, &qc->retention_years);
}

static bool read_semantics(ens_slice value, ens_qc *qc)
{
    ens_reader r = ens_read(value);
    ens_der info, oid;
    if (!value.len)
        return true;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &info) || ens_left(&r))
        return false;
    r = ens_read(info.body);
    if (!ens__der_next_is(&r, ENS_DER_OID))
        return true; /* nameRegistrationAuthorities alone */
    if (!ens__der_take(&r, ENS_DER_OID, &oid))
        return false;
    qc->semantics = oid.body;
    return true;
}

static bool read_known(const ens_qc_statement *s, ens_qc *qc)
{
    if (ens_eq(s->oid, QC_COMPLIANCE))
        return qc->compliance = true, s->value.len == 0;
    if (ens_eq(s->oid, QC_SSCD))
        return qc->qscd = true, s->value.len == 0;
    if (ens_eq(s->oid, PSD2))
        return qc->psd2 = true, s->value.len > 0;
    if (ens_eq(s->oid, QC_TYPE))
        return read_types(s->value, qc);
    if (ens_eq(s->oid, QC_PDS))
        return read_pds(s->value, qc);
    if (ens_eq(s->oid, QC_LEGISLATION))
        return read_countries(s->value, qc);
    if (ens_eq(s->oid, QC_LIMIT))
        return read_limit(s->value, qc);
    if (ens_eq(s->oid, QC_RETENTION))
        return read_retention(s->value, qc);
    if (ens_eq(s->oid, PKIX_SYNTAX_V2))
        return read_semantics(s->value, qc);
    return true;
}

static bool read_statement(ens_reader *r, ens_qc *qc)
{
    ens_der one, oid, value = {0};
    if (qc->num == ENS_QC_MAX || !ens__der_take(r, ENS_DER_SEQUENCE, &one))
        return false;
    ens_reader in = ens_read(one.body);
    if (!ens__der_take(&in, ENS_DER_OID, &oid) || (ens_left(&in) && !ens__der_any(&in, &value)) || ens_left(&in))
        return false;
    ens_qc_statement s = {oid.body, value.all};
    for (size_t i = 0; i < qc->num; i++)
        qc->duplicates |= ens_eq(qc->statement[i].oid, s.oid);
    qc->statement[qc->num++] = s;
    if (!read_known(&s, qc))
        qc->malformed = true;
    return true;
}

bool ens__qc_read(ens_slice extension, ens_qc *out)
{
    ens_reader r = ens_read(extension);
    ens_der list;
    *out = (ens_qc){0};
    if (!extension.len)
        return true;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r))
        return false;
    for (r = ens_read(list.body); ens_left(&r);)
        if (!read_statement(&r, out))
            return false;
    return true;
}

bool ens__qc_has_type(const ens_qc *qc, const char *name)
{
    for (size_t i = 0; i < qc->num_types; i++) {
        const char *known = ens__oid_name(qc->type[i]);
        if (known && strcmp(known, name) == 0)
            return true;
    }
    return false;
}
