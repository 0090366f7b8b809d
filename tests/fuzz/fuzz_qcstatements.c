/* QcStatements that are read lie in the input, are flagged one by one, and written again have the same bytes. */
#include "tests/fuzz/target.h"

#include "certs/x509/der.h"
#include "certs/x509/qcstatements.h"

#define WRITTEN_MAX ((size_t)1 << 20)

static bool inside(ens_slice part, ens_slice whole)
{
    return !part.len || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

static void put_header(ens_buf *out, uint8_t tag, size_t len)
{
    uint8_t header[6] = {tag};
    size_t num = 0;
    while (len >> (8 * num))
        num++;
    if (len < 0x80) {
        header[1] = (uint8_t)len;
        ens_buf_add(out, header, 2);
        return;
    }
    header[1] = (uint8_t)(0x80 | num);
    for (size_t i = 0; i < num; i++)
        header[2 + i] = (uint8_t)(len >> (8 * (num - 1 - i)));
    ens_buf_add(out, header, 2 + num);
}

static void write_statements(const ens_qc *qc, ens_buf *list)
{
    for (size_t i = 0; i < qc->num; i++) {
        ens_buf one;
        ens_buf_init(&one, NULL, 0, WRITTEN_MAX);
        put_header(&one, ENS_DER_OID, qc->statement[i].oid.len);
        ens_buf_put(&one, qc->statement[i].oid);
        ens_buf_put(&one, qc->statement[i].value);
        put_header(list, ENS_DER_SEQUENCE, one.len);
        ens_buf_put(list, ens_buf_slice(&one));
        ens_buf_free(&one);
    }
}

static void check_written(const ens_qc *qc, ens_slice in)
{
    ens_buf list, all;
    ens_buf_init(&list, NULL, 0, WRITTEN_MAX);
    ens_buf_init(&all, NULL, 0, WRITTEN_MAX);
    write_statements(qc, &list);
    put_header(&all, ENS_DER_SEQUENCE, list.len);
    ens_buf_put(&all, ens_buf_slice(&list));
    ENS_HOLDS(in.len > WRITTEN_MAX / 2 || (!all.failed && ens_eq(ens_buf_slice(&all), in)));
    ens_buf_free(&list);
    ens_buf_free(&all);
}

static void check_flags(const ens_qc *qc, ens_slice in)
{
    bool malformed = false, duplicates = false;
    for (size_t i = 0; i < qc->num; i++) {
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated |= ens_eq(qc->statement[k].oid, qc->statement[i].oid);
        ENS_HOLDS(repeated == qc->statement[i].repeated);
        ENS_HOLDS(inside(qc->statement[i].oid, in) && inside(qc->statement[i].value, in));
        malformed |= qc->statement[i].malformed;
        duplicates |= repeated;
    }
    ENS_HOLDS(malformed == qc->malformed && duplicates == qc->duplicates);
}

ENS_FUZZ_TARGET(qcstatements)
{
    ens_qc qc;
    ens_slice in = {data, size};
    bool read = ens__qc_read(in, &qc);
    ENS_HOLDS(qc.num <= ENS_QC_MAX && qc.num_types <= ENS_QC_TYPES_MAX && qc.num_pds <= ENS_QC_PDS_MAX);
    ENS_HOLDS(qc.num_countries <= ENS_QC_COUNTRIES_MAX);
    check_flags(&qc, in);
    for (size_t i = 0; i < qc.num_types; i++)
        ENS_HOLDS(inside(qc.type[i], in) && ens__der_oid_valid(qc.type[i]));
    for (size_t i = 0; i < qc.num_pds; i++)
        ENS_HOLDS(inside(qc.pds[i].url, in) && inside(qc.pds[i].language, in));
    for (size_t i = 0; i < qc.num_countries; i++)
        ENS_HOLDS(inside(qc.country[i], in) && qc.country[i].len == 2);
    ens_slice views[] = {qc.currency, qc.semantics, qc.ident_method, qc.nca_name, qc.nca_id};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        ENS_HOLDS(inside(views[i], in));
    ENS_HOLDS(qc.currency_number <= 999 && (!qc.currency.len || qc.currency.len == 3));
    if (read && size)
        check_written(&qc, in);
}
