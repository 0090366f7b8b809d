/* QcStatements of EU certificates, and the two-letter codes that stand in them. */
#ifndef ENS_CERTS_X509_QCSTATEMENTS_H
#define ENS_CERTS_X509_QCSTATEMENTS_H

#include "engine/base/bytes.h"

/* Two-letter codes: countries (ISO 3166-1) and languages (ISO 639-1). */
/* ens__is_country wants two capitals that are assigned. */
bool ens__is_country(ens_slice code);
/* ens__is_language takes either case: whether it is the right one is another question. */
bool ens__is_language(ens_slice code);
/* Currencies of ISO 4217: three capitals, or the number. */
bool ens__is_currency(ens_slice code);
bool ens__is_currency_number(unsigned number);

/* QcStatements (1.3.6.1.5.5.7.1.3) of EU certificates, each named with its value.
 * Source  RFC 3739, 3.2.6; EN 319 412-5, 4 and 5; EN 319 412-1, 5.1; TS 119 495, 5.1 (PSD2) */
#define ENS_QC_MAX 32u /* statements of one certificate */
#define ENS_QC_TYPES_MAX 8u
#define ENS_QC_PDS_MAX 16u
#define ENS_QC_COUNTRIES_MAX 16u

/* Contents of their object identifiers. */
#define ENS_QC_ARC "\x04\x00\x8E\x46\x01" /* 0.4.0.1862.1 */
#define ENS_QC_COMPLIANCE ENS_LIT(ENS_QC_ARC "\x01")
#define ENS_QC_LIMIT ENS_LIT(ENS_QC_ARC "\x02")
#define ENS_QC_RETENTION ENS_LIT(ENS_QC_ARC "\x03")
#define ENS_QC_SSCD ENS_LIT(ENS_QC_ARC "\x04")
#define ENS_QC_PDS ENS_LIT(ENS_QC_ARC "\x05")
#define ENS_QC_TYPE ENS_LIT(ENS_QC_ARC "\x06") /* and the types below it */
#define ENS_QC_LEGISLATION ENS_LIT(ENS_QC_ARC "\x07")
#define ENS_QC_IDENT_METHOD ENS_LIT(ENS_QC_ARC "\x08")
#define ENS_QC_SEMANTICS ENS_LIT("\x2B\x06\x01\x05\x05\x07\x0B\x02") /* pkixQCSyntax-v2, 1.3.6.1.5.5.7.11.2 */
#define ENS_QC_PSD2 ENS_LIT("\x04\x00\x81\x98\x27\x02")              /* 0.4.0.19495.2 */

typedef struct {
    ens_slice oid;   /* contents */
    ens_slice value; /* whole statementInfo element, empty when absent */
    bool repeated;   /* an earlier statement has the same OID */
    bool malformed;  /* known, and the value isn't what its specification says */
} ens_qc_statement;

typedef struct {
    ens_slice url, language;
} ens_qc_pds;

/* Everything borrows from the extension. */
typedef struct {
    ens_qc_statement statement[ENS_QC_MAX];
    size_t num;
    bool compliance, qscd, psd2, limit, retention;
    bool malformed, duplicates;       /* some statement is malformed, repeated */
    ens_slice type[ENS_QC_TYPES_MAX]; /* OID contents */
    size_t num_types;
    unsigned num_type_statements;
    ens_qc_pds pds[ENS_QC_PDS_MAX];
    size_t num_pds;
    ens_slice country[ENS_QC_COUNTRIES_MAX]; /* QcCClegislation */
    size_t num_countries;
    ens_slice currency;       /* of the limit: three letters, or empty */
    uint32_t currency_number; /* of the limit: ISO 4217's number, or 0 */
    uint32_t amount;
    int exponent;
    uint32_t retention_years;
    ens_slice semantics;        /* OID contents */
    bool authority_uri;         /* of the semantics: a name registration authority is named by a URI */
    ens_slice ident_method;     /* OID contents; how the subject was identified */
    ens_slice nca_name, nca_id; /* PSD2: the authority that licensed the subject */
} ens_qc;

/* ens__qc_read reads the extension's contents (empty: none). False when it isn't a SEQUENCE OF QCStatement. */
bool ens__qc_read(ens_slice extension, ens_qc *out);
/* ens__qc_find returns the first statement of that kind, or NULL. */
const ens_qc_statement *ens__qc_find(const ens_qc *qc, ens_slice oid);
/* ens__qc_type_name is "esign", "eseal" or "web", or NULL for what is no type of EN 319 412-5. */
const char *ens__qc_type_name(ens_slice oid);
/* ens__qc_has_type tells whether QcType names it: "esign", "eseal", "web". */
bool ens__qc_has_type(const ens_qc *qc, const char *name);
/* ens__qc_ident_method_name puts an identification method into words, or NULL for one that EN 319 412-5, 4.3.5 doesn't
 * have. */
const char *ens__qc_ident_method_name(ens_slice oid);

#endif
