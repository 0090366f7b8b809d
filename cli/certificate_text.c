#include "cli/certificate.h"

#include "certs/extensions.h"
#include "certs/keyusage.h"
#include "certs/name.h"
#include "certs/qcstatements.h"
#include "cli/output.h"
#include "engine/digest.h"

#include <stdio.h>

#define DAY 86400
#define DATE_LEN 10 /* of RFC 3339 */
#define HEX_MAX 64

/* kind_of says what the certificate claims to be; whether that is so the trusted lists tell. */
static void kind_of(const ens_cert *c, const ens_qc *qc, char *out, size_t size)
{
    const char *what = ens__qc_has_type(qc, "eseal")   ? "electronic seal"
                       : ens__qc_has_type(qc, "web")   ? "website authentication"
                       : ens__qc_has_type(qc, "esign") ? "electronic signature"
                                                       : NULL;
    if (c->ca)
        snprintf(out, size, "certificate of a certification authority%s", ens_eq(c->subject, c->issuer) ? " (a root)" : "");
    else if (qc->compliance && !qc->num_countries)
        snprintf(out, size, "claims to be an EU qualified certificate for %s%s", what ? what : "electronic signature (no QcType)",
                 qc->qscd ? ", its key in a qualified device (QSCD)" : "");
    else if (qc->num_countries)
        snprintf(out, size, "claims to be qualified under the law of %.*s, which is not the EU's", (int)qc->country[0].len,
                 (const char *)qc->country[0].p);
    else
        snprintf(out, size, "makes no claim to be qualified%s%s", what ? "; for " : "", what ? what : "");
}

static void print_line(const char *label, const char *text)
{
    printf("  %-16s", label);
    ens__print_behind(18, text && *text ? text : "-");
}

static void print_dates(const ens_cert *c, ens_time at)
{
    char from[ENS_TIME_TEXT], to[ENS_TIME_TEXT], text[128];
    long long days = (long long)((c->not_after - at) / DAY);
    ens_time_format(c->not_before, from);
    ens_time_format(c->not_after, to);
    if (at > c->not_after)
        snprintf(text, sizeof text, "%.*s to %.*s: expired", DATE_LEN, from, DATE_LEN, to);
    else if (at < c->not_before)
        snprintf(text, sizeof text, "%.*s to %.*s: not yet valid", DATE_LEN, from, DATE_LEN, to);
    else
        snprintf(text, sizeof text, "%.*s to %.*s, %lld day%s left", DATE_LEN, from, DATE_LEN, to, days, days == 1 ? "" : "s");
    print_line("valid", text);
}

static void print_usage(const ens_cert *c)
{
    char text[256] = "";
    size_t at = 0;
    for (unsigned bit = 0; bit < ENS_KEY_USAGES && at < sizeof text; bit++)
        if (c->key_usage & (1u << bit))
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", at ? ", " : "", ens__key_usage_name(bit));
    char setting = ens__key_usage_setting(c->key_usage);
    if (setting && at < sizeof text)
        snprintf(text + at, sizeof text - at, " (setting %c of EN 319 412-2)", setting);
    print_line("key usage", text);
}

static void print_list(const char *label, const ens_extension_list *list)
{
    for (size_t i = 0; i < list->num; i++) {
        char text[512], dotted[ENS_OID_TEXT_MAX];
        const ens_extension_item *e = &list->item[i];
        const char *name = e->kind ? e->kind : ens__oid_name(e->value);
        if (e->kind)
            snprintf(text, sizeof text, "%s %.*s", e->kind, (int)e->value.len, (const char *)e->value.p);
        else
            snprintf(text, sizeof text, "%s%s%s", ens__oid_text(e->value, dotted, sizeof dotted), name ? " " : "", name ? name : "");
        print_line(i ? "" : label, text);
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
        at += (size_t)snprintf(out + at, size - at, "%s%.*s (%.*s)", i ? ", " : ": ", (int)qc->pds[i].url.len, (const char *)qc->pds[i].url.p,
                               (int)qc->pds[i].language.len, (const char *)qc->pds[i].language.p);
    for (size_t i = 0; strcmp(name, "QcCClegislation") == 0 && i < qc->num_countries && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%.2s", i ? ", " : ": ", (const char *)qc->country[i].p);
    if (strcmp(name, "QcLimitValue") == 0 && qc->currency_number)
        snprintf(out, size, ": %u x 10^%d, ISO 4217 currency %03u", qc->amount, qc->exponent, qc->currency_number);
    else if (strcmp(name, "QcLimitValue") == 0)
        snprintf(out, size, ": %u x 10^%d %.*s", qc->amount, qc->exponent, (int)qc->currency.len, (const char *)qc->currency.p);
    if (strcmp(name, "QcRetentionPeriod") == 0)
        snprintf(out, size, ": %u years", qc->retention_years);
    if (strcmp(name, "pkixQCSyntax-v2") == 0 && qc->semantics.len && ens__oid_name(qc->semantics))
        snprintf(out, size, ": %s", ens__oid_name(qc->semantics));
}

static void print_statements(const ens_qc *qc)
{
    for (size_t i = 0; i < qc->num; i++) {
        char value[640], text[1024], dotted[ENS_OID_TEXT_MAX];
        const char *name = ens__oid_name(qc->statement[i].oid);
        value_of(qc, name ? name : "", value, sizeof value);
        snprintf(text, sizeof text, "%s%s", name ? name : ens__oid_text(qc->statement[i].oid, dotted, sizeof dotted), value);
        print_line(i ? "" : "QcStatements", text);
    }
    if (qc->malformed)
        print_line("", "a statement's value is not what its specification says");
}

static void print_key(const ens_cert *c)
{
    char text[256], key[24], dotted[ENS_OID_TEXT_MAX];
    const char *algorithm = ens__oid_name(c->signature_oid);
    snprintf(text, sizeof text, "%s; signed with %s", ens__key_name(c, key),
             algorithm ? algorithm : ens__oid_text(c->signature_oid, dotted, sizeof dotted));
    print_line("key", text);
}

static void print_fingerprint(const ens_cert *c)
{
    uint8_t digest[32];
    char text[2 * HEX_MAX + 1];
    if (c->serial.len <= HEX_MAX) {
        ens__hex(c->serial, text);
        print_line("serial", text);
    }
    if (ens__sha256(c->der, digest, NULL) == ENS_OK) {
        ens__hex((ens_slice){digest, sizeof digest}, text);
        print_line("SHA-256", text);
    }
}

void ens__certificate_print(const ens_cert *c, ens_time at)
{
    char text[ENS_NAME_TEXT_MAX];
    ens_qc qc;
    ens_extension_list list;
    ens__qc_read(c->qcstatements, &qc);
    kind_of(c, &qc, text, sizeof text);
    print_line("kind", text);
    print_line("subject", ens__name_text(c->subject, text, sizeof text));
    print_line("issuer", ens__name_text(c->issuer, text, sizeof text));
    print_dates(c, at);
    print_key(c);
    print_usage(c);
    ens__ext_key_usage_read(c, &list);
    print_list("extended usage", &list);
    ens__policies_read(c, &list);
    print_list("policies", &list);
    print_statements(&qc);
    ens__alt_names_read(c, &list);
    print_list("other names", &list);
    ens__authority_info_read(c, &list);
    print_list("authority info", &list);
    ens__crl_points_read(c, &list);
    print_list("CRL", &list);
    if (c->no_rev_avail || c->validity_assured)
        print_line("revocation", "none needed: a short-term certificate");
    print_fingerprint(c);
}
