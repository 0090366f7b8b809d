#include "show/certificate.h"

#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "certs/x509/qcstatements.h"
#include "engine/base/digest.h"
#include "show/page.h"

#include <stdio.h>

#define DAY 86400
#define DATE_LEN 10 /* of RFC 3339 */
#define HEX_MAX 64

/* kind_of says what the certificate claims to be; whether that is so the trusted lists tell. */
static void kind_of(const ens_cert *c, const ens_qc *qc, char *out, size_t size)
{
    const char *what = ens__qc_has_type(qc, "eseal")   ? "electronic seals"
                       : ens__qc_has_type(qc, "web")   ? "website authentication"
                       : ens__qc_has_type(qc, "esign") ? "electronic signatures"
                                                       : NULL;
    if (c->ca)
        snprintf(out, size, "certificate of a certification authority%s",
                 ens_eq(c->subject, c->issuer) ? " (a root)" : "");
    else if (qc->compliance && !qc->num_countries)
        snprintf(out, size, "claims to be an EU qualified certificate for %s%s",
                 what ? what : "electronic signatures (no QcType)",
                 qc->qscd ? ", its key in a qualified device (QSCD)" : "");
    else if (qc->num_countries)
        snprintf(out, size, "claims to be qualified under the law of %.*s, which is not the EU's",
                 (int)qc->country[0].len, (const char *)qc->country[0].p);
    else
        snprintf(out, size, "makes no claim to be qualified%s%s", what ? "; for " : "", what ? what : "");
}

/* Where the facts go. */
typedef struct {
    ens__put_fact put;
    void *ctx;
} sink;

static void put_text_fact(const sink *to, const char *label, const char *text)
{
    to->put(to->ctx, label, text && *text ? text : "-");
}

static void put_dates(const sink *to, const ens_cert *c, ens_time at)
{
    char since[ENS_TIME_TEXT], until[ENS_TIME_TEXT], text[128];
    long long days = (long long)((c->not_after - at) / DAY);
    ens_time_format(c->not_before, since);
    ens_time_format(c->not_after, until);
    if (at > c->not_after)
        snprintf(text, sizeof text, "%.*s to %.*s: expired", DATE_LEN, since, DATE_LEN, until);
    else if (at < c->not_before)
        snprintf(text, sizeof text, "%.*s to %.*s: not yet valid", DATE_LEN, since, DATE_LEN, until);
    else
        snprintf(text, sizeof text, "%.*s to %.*s, %lld day%s left", DATE_LEN, since, DATE_LEN, until, days,
                 days == 1 ? "" : "s");
    put_text_fact(to, "valid", text);
}

static void put_usage(const sink *to, const ens_cert *c)
{
    char text[256] = "";
    size_t at = 0;
    for (unsigned bit = 0; bit < ENS_KEY_USAGES && at < sizeof text; bit++)
        if (c->key_usage & (1u << bit))
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", at ? ", " : "", ens__key_usage_name(bit));
    char setting = ens__key_usage_setting(c->key_usage);
    if (setting && at < sizeof text)
        snprintf(text + at, sizeof text - at, " (setting %c of EN 319 412-2)", setting);
    put_text_fact(to, "key usage", text);
}

static void tell_list(const sink *to, const char *label, const ens_extension_list *list)
{
    for (size_t i = 0; i < list->num; i++) {
        char text[ENS_NAME_TEXT_MAX + 32], value[ENS_NAME_TEXT_MAX], dotted[ENS_OID_TEXT_MAX];
        const ens_extension_item *e = &list->item[i];
        const char *name = e->kind ? e->kind : ens__oid_name(e->value);
        if (e->kind)
            snprintf(text, sizeof text, "%s %s", e->kind, ens__extension_text(e, value, sizeof value));
        else
            snprintf(text, sizeof text, "%s%s%s", ens__oid_text(e->value, dotted, sizeof dotted), name ? " " : "",
                     name ? name : "");
        put_text_fact(to, i ? "" : label, text);
    }
}

/* value_of puts into words what a known statement says. */
static void value_of(const ens_qc *qc, const char *name, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; strcmp(name, "QcType") == 0 && i < qc->num_types && at < size; i++) {
        const char *type = ens__oid_name(qc->type[i]);
        at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : ": ", type ? type : "?");
    }
    for (size_t i = 0; strcmp(name, "QcPDS") == 0 && i < qc->num_pds && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%.*s (%.*s)", i ? ", " : ": ", (int)qc->pds[i].url.len,
                               (const char *)qc->pds[i].url.p, (int)qc->pds[i].language.len,
                               (const char *)qc->pds[i].language.p);
    for (size_t i = 0; strcmp(name, "QcCClegislation") == 0 && i < qc->num_countries && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%.2s", i ? ", " : ": ", (const char *)qc->country[i].p);
    if (strcmp(name, "QcLimitValue") == 0 && qc->currency_number)
        snprintf(out, size, ": %u x 10^%d, ISO 4217 currency %03u", qc->amount, qc->exponent, qc->currency_number);
    else if (strcmp(name, "QcLimitValue") == 0)
        snprintf(out, size, ": %u x 10^%d %.*s", qc->amount, qc->exponent, (int)qc->currency.len,
                 (const char *)qc->currency.p);
    if (strcmp(name, "QcRetentionPeriod") == 0)
        snprintf(out, size, ": %u years", qc->retention_years);
    if (strcmp(name, "pkixQCSyntax-v2") == 0 && qc->semantics.len && ens__oid_name(qc->semantics))
        snprintf(out, size, ": %s", ens__oid_name(qc->semantics));
}

static void put_statements(const sink *to, const ens_qc *qc)
{
    for (size_t i = 0; i < qc->num; i++) {
        char value[640], text[1024], dotted[ENS_OID_TEXT_MAX];
        const char *name = ens__oid_name(qc->statement[i].oid);
        value_of(qc, name ? name : "", value, sizeof value);
        snprintf(text, sizeof text, "%s%s", name ? name : ens__oid_text(qc->statement[i].oid, dotted, sizeof dotted),
                 value);
        put_text_fact(to, i ? "" : "QcStatements", text);
    }
    if (qc->malformed)
        put_text_fact(to, "", "a statement's value is not what its specification says");
}

static void put_key(const sink *to, const ens_cert *c)
{
    char text[256], key[24], dotted[ENS_OID_TEXT_MAX];
    const char *algorithm = ens__oid_name(c->signature_oid);
    snprintf(text, sizeof text, "%s; signed with %s", ens__key_name(c, key),
             algorithm ? algorithm : ens__oid_text(c->signature_oid, dotted, sizeof dotted));
    put_text_fact(to, "key", text);
}

static void put_fingerprint(const sink *to, const ens_cert *c)
{
    uint8_t digest[32];
    char text[2 * HEX_MAX + 1];
    if (c->serial.len <= HEX_MAX) {
        ens__hex(c->serial, text);
        put_text_fact(to, "serial", text);
    }
    if (ens__sha256(c->der, digest, NULL) == ENS_OK) {
        ens__hex((ens_slice){digest, sizeof digest}, text);
        put_text_fact(to, "SHA-256", text);
    }
}

void ens__certificate_facts(const ens_cert *c, ens_time at, ens__put_fact put, void *ctx)
{
    char text[ENS_NAME_TEXT_MAX];
    const sink to = {put, ctx};
    ens_qc qc;
    ens_extension_list list;
    ens__qc_read(c->qcstatements, &qc);
    kind_of(c, &qc, text, sizeof text);
    put_text_fact(&to, "kind", text);
    put_text_fact(&to, "subject", ens__name_text(c->subject, text, sizeof text));
    put_text_fact(&to, "issuer", ens__name_text(c->issuer, text, sizeof text));
    put_dates(&to, c, at);
    put_key(&to, c);
    put_usage(&to, c);
    ens__ext_key_usage_read(c, &list);
    tell_list(&to, "ext. usage", &list);
    ens__policies_read(c, &list);
    tell_list(&to, "policies", &list);
    put_statements(&to, &qc);
    ens__alt_names_read(c, &list);
    tell_list(&to, "other names", &list);
    ens__authority_info_read(c, &list);
    tell_list(&to, "authority", &list);
    ens__crl_points_read(c, &list);
    tell_list(&to, "CRL", &list);
    if (c->no_rev_avail || c->validity_assured)
        put_text_fact(&to, "revocation", "none needed: a short-term certificate");
    put_fingerprint(&to, c);
}

static void put_field(void *page, const char *label, const char *text)
{
    ens__page_field(page, label, text);
}

void ens__certificate_page(const ens__page *page, const ens_cert *cert, ens_time at)
{
    ens__page copy = *page;
    ens__certificate_facts(cert, at, put_field, &copy);
}

static void put_oid(ens_json *j, const char *name, ens_slice oid)
{
    char text[ENS_OID_TEXT_MAX];
    ens__json_text(j, name, ens__oid_text(oid, text, sizeof text));
}

static void put_list(ens_json *j, const char *name, const ens_extension_list *list)
{
    ens__json_open(j, name, '[');
    for (size_t i = 0; i < list->num; i++) {
        if (!list->item[i].kind) {
            put_oid(j, NULL, list->item[i].value);
            continue;
        }
        ens__json_open(j, NULL, '{');
        ens__json_text(j, "kind", list->item[i].kind);
        ens__json_slice(j, "value", list->item[i].value);
        ens__json_close(j, '}');
    }
    ens__json_close(j, ']');
}

static void put_type(ens_json *j, ens_slice type)
{
    const char *name = ens__oid_name(type);
    if (name)
        ens__json_text(j, NULL, name);
    else
        put_oid(j, NULL, type);
}

static void put_disclosure(ens_json *j, const ens_qc *qc, size_t i)
{
    ens__json_open(j, NULL, '{');
    ens__json_slice(j, "url", qc->pds[i].url);
    ens__json_slice(j, "language", qc->pds[i].language);
    ens__json_close(j, '}');
}

static void put_qc(ens_json *j, const ens_cert *cert)
{
    ens_qc qc;
    ens__qc_read(cert->qcstatements, &qc);
    ens__json_open(j, "qc", '{');
    ens__json_bool(j, "compliance", qc.compliance);
    ens__json_bool(j, "qscd", qc.qscd);
    ens__json_open(j, "types", '[');
    for (size_t i = 0; i < qc.num_types; i++)
        put_type(j, qc.type[i]);
    ens__json_close(j, ']');
    ens__json_open(j, "cc_legislation", '[');
    for (size_t i = 0; i < qc.num_countries; i++)
        ens__json_slice(j, NULL, qc.country[i]);
    ens__json_close(j, ']');
    ens__json_open(j, "statements", '[');
    for (size_t i = 0; i < qc.num; i++)
        put_oid(j, NULL, qc.statement[i].oid);
    ens__json_close(j, ']');
    ens__json_open(j, "pds", '[');
    for (size_t i = 0; i < qc.num_pds; i++)
        put_disclosure(j, &qc, i);
    ens__json_close(j, ']');
    ens__json_close(j, '}');
}

static void put_key_usage(ens_json *j, const ens_cert *cert)
{
    ens__json_open(j, "key_usage", '[');
    for (unsigned bit = 0; bit < ENS_KEY_USAGES; bit++)
        if (cert->key_usage & (1u << bit))
            ens__json_text(j, NULL, ens__key_usage_name(bit));
    ens__json_close(j, ']');
}

static void put_attribute(ens_json *j, const char *key, ens_slice name, ens_slice type)
{
    uint8_t storage[ENS_NAME_TEXT_MAX];
    ens_buf text;
    ens_buf_init(&text, storage, sizeof storage, sizeof storage);
    if (ens__name_take(name, type, &text))
        ens__json_slice(j, key, ens_buf_slice(&text));
    else
        ens__json_null(j, key);
    ens_buf_free(&text);
}

static void put_lists(ens_json *j, const ens_cert *cert)
{
    static const struct {
        const char *name;
        bool (*read)(const ens_cert *cert, ens_extension_list *out);
    } lists[] = {
        {"policies", ens__policies_read},
        {"ext_key_usage", ens__ext_key_usage_read},
        {"authority_info", ens__authority_info_read},
        {"crl_points", ens__crl_points_read},
        {"alt_names", ens__alt_names_read},
    };
    ens_extension_list list;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        lists[i].read(cert, &list);
        put_list(j, lists[i].name, &list);
    }
}

void ens__certificate_json(ens_json *j, const ens_cert *cert)
{
    uint8_t digest[32];
    char text[ENS_NAME_TEXT_MAX], key[24];
    bool hashed = ens__sha256(cert->der, digest, NULL) == ENS_OK;
    ens__json_hex(j, "sha256", hashed ? (ens_slice){digest, 32} : (ens_slice){0});
    ens__json_text(j, "subject", ens__name_text(cert->subject, text, sizeof text));
    ens__json_text(j, "issuer", ens__name_text(cert->issuer, text, sizeof text));
    ens__json_hex(j, "serial", cert->serial);
    ens__json_time(j, "not_before", cert->not_before);
    ens__json_time(j, "not_after", cert->not_after);
    ens__json_text(j, "key", ens__key_name(cert, key));
    put_attribute(j, "orgid", cert->subject, ENS_OID_ORGANIZATION_IDENTIFIER);
    put_key_usage(j, cert);
    put_qc(j, cert);
    put_oid(j, "signature_algorithm", cert->signature_oid);
    ens__json_bool(j, "ca", cert->ca);
    put_lists(j, cert);
}

void ens__asked_json(ens_json *j, const ens_cert *asked)
{
    uint8_t digest[32];
    char text[ENS_NAME_TEXT_MAX], key[24];
    bool hashed = ens__sha256(asked->der, digest, NULL) == ENS_OK;
    ens__json_hex(j, "sha256", hashed ? (ens_slice){digest, 32} : (ens_slice){0});
    ens__json_text(j, "subject", ens__name_text(asked->subject, text, sizeof text));
    ens__json_text(j, "key", ens__key_name(asked, key));
    put_attribute(j, "orgid", asked->subject, ENS_OID_ORGANIZATION_IDENTIFIER);
    put_key_usage(j, asked);
    put_oid(j, "signature_algorithm", asked->signature_oid);
}
