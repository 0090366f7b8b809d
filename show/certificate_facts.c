#include "show/certificate.h"

#include "certs/x509/extensions.h"
#include "certs/x509/keyusage.h"
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

static void put(const sink *to, const char *label, const char *text)
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
    put(to, "valid", text);
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
    put(to, "key usage", text);
}

static void put_list(const sink *to, const char *label, const ens_extension_list *list)
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
        put(to, i ? "" : label, text);
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
        put(to, i ? "" : "QcStatements", text);
    }
    if (qc->malformed)
        put(to, "", "a statement's value is not what its specification says");
}

static void put_key(const sink *to, const ens_cert *c)
{
    char text[256], key[24], dotted[ENS_OID_TEXT_MAX];
    const char *algorithm = ens__oid_name(c->signature_oid);
    snprintf(text, sizeof text, "%s; signed with %s", ens__key_name(c, key),
             algorithm ? algorithm : ens__oid_text(c->signature_oid, dotted, sizeof dotted));
    put(to, "key", text);
}

static void put_fingerprint(const sink *to, const ens_cert *c)
{
    uint8_t digest[32];
    char text[2 * HEX_MAX + 1];
    if (c->serial.len <= HEX_MAX) {
        ens__hex(c->serial, text);
        put(to, "serial", text);
    }
    if (ens__sha256(c->der, digest, NULL) == ENS_OK) {
        ens__hex((ens_slice){digest, sizeof digest}, text);
        put(to, "SHA-256", text);
    }
}

void ens__certificate_facts(const ens_cert *c, ens_time at, ens__put_fact put_fact, void *ctx)
{
    char text[ENS_NAME_TEXT_MAX];
    const sink to = {put_fact, ctx};
    ens_qc qc;
    ens_extension_list list;
    ens__qc_read(c->qcstatements, &qc);
    kind_of(c, &qc, text, sizeof text);
    put(&to, "kind", text);
    put(&to, "subject", ens__name_text(c->subject, text, sizeof text));
    put(&to, "issuer", ens__name_text(c->issuer, text, sizeof text));
    put_dates(&to, c, at);
    put_key(&to, c);
    put_usage(&to, c);
    ens__ext_key_usage_read(c, &list);
    put_list(&to, "ext. usage", &list);
    ens__policies_read(c, &list);
    put_list(&to, "policies", &list);
    put_statements(&to, &qc);
    ens__alt_names_read(c, &list);
    put_list(&to, "other names", &list);
    ens__authority_info_read(c, &list);
    put_list(&to, "authority", &list);
    ens__crl_points_read(c, &list);
    put_list(&to, "CRL", &list);
    if (c->no_rev_avail || c->validity_assured)
        put(&to, "revocation", "none needed: a short-term certificate");
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
