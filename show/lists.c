#include "show/lists.h"

#include "certs/eori/countries.h"
#include "certs/lists/find.h"
#include "certs/x509/name.h"
#include "engine/base/digest.h"
#include "ensign/cert.h"
#include "show/output.h"

#include <stdio.h>

#define DATE_LEN 10
#define SHORT_HASH 8 /* bytes of a certificate's SHA-256 that people are shown */

static const char *signature_name(ens_list_signature signature)
{
    return signature == ENS_LIST_SIGNATURE_VALID     ? "valid"
           : signature == ENS_LIST_SIGNATURE_INVALID ? "invalid"
                                                     : "none";
}

static const char *kind_name(ens_list_kind kind)
{
    return kind == ENS_LIST_LOTL ? "lotl" : kind == ENS_LIST_PIVOT ? "pivot" : "national";
}

static void put_signer(ens_json *j, ens_slice der)
{
    ens_cert cert;
    char text[ENS_NAME_TEXT_MAX];
    bool read = der.len && ens_cert_parse(der, &cert, NULL) == ENS_OK;
    ens__json_text(j, "signer", read ? ens__name_text(cert.subject, text, sizeof text) : NULL);
}

/* put_number is null for a list that is not there. */
static void put_number(ens_json *j, const char *name, bool there, uint32_t value)
{
    if (there)
        ens__json_number(j, name, value);
    else
        ens__json_null(j, name);
}

void ens__list_print_json(const ens_list_facts *l)
{
    bool there = l->sha256.len != 0;
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out), *j = &line;
    ens__json_open(j, NULL, '{');
    ens__json_some(j, "file", l->file);
    ens__json_slice(j, "country", l->country);
    ens__json_text(j, "kind", kind_name(l->kind));
    put_number(j, "sequence", there, l->sequence);
    ens__json_text(j, "signature", signature_name(l->signature));
    put_signer(j, l->signer);
    ens__json_bool(j, "pinned", l->pinned);
    ens__json_time(j, "issued", l->issued);
    ens__json_time(j, "next_update", l->next_update);
    ens__json_text(j, "state", ens_list_state_name(l->state));
    ens__json_some(j, "reason", l->reason);
    ens__json_slice(j, "url", l->url);
    put_number(j, "version", there, l->version);
    ens__json_time(j, "fetched", l->fetched);
    ens__json_hex(j, "sha256", there ? l->sha256 : (ens_slice){0});
    ens__json_close(j, '}');
    ens__json_print(j);
}

const char *ens__date_text(ens_time t, char storage[ENS_TIME_TEXT])
{
    if (t == ENS_TIME_NONE)
        return "-";
    ens_time_format(t, storage);
    storage[DATE_LEN] = '\0';
    return storage;
}

const char *ens__list_country(ens_slice code, char storage[8])
{
    static const struct {
        const char *code, *name;
    } others[] = {
        {"EL", "Greece"}, {"UK", "United Kingdom"}, {"IS", "Iceland"}, {"LI", "Liechtenstein"}, {"NO", "Norway"}};
    const ens_eori_row *c = ens__eori_country(code);
    if (c)
        return c->name;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (ens_is(code, others[i].code))
            return others[i].name;
    snprintf(storage, 8, "%.*s", (int)(code.len < 7 ? code.len : 7), (const char *)code.p);
    return storage;
}

void ens__put_listed(ens_slice text)
{
    bool good = ens__is_utf8(text);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        putchar(c < 0x20 || c == 0x7F || (c >= 0x80 && !good) ? '?' : c);
    }
}

static ens_outcome outcome_of(ens_list_state state)
{
    return state == ENS_LIST_FRESH                               ? ENS_PASS
           : state == ENS_LIST_STALE || state == ENS_LIST_CLOSED ? ENS_WARN
                                                                 : ENS_FAIL;
}

void ens__list_print(const ens_list_facts *l)
{
    char issued[ENS_TIME_TEXT], next[ENS_TIME_TEXT], name[8];
    ens_list_state state = l->state;
    printf("%-2.*s  %s%-7s%s", (int)l->country.len, (const char *)l->country.p, ens__colour(outcome_of(state)),
           ens_list_state_name(state), ens__colour_off());
    if (l->sha256.len)
        printf("  %5u  %-10s  %-10s", l->sequence, ens__date_text(l->issued, issued),
               ens__date_text(l->next_update, next));
    else
        printf("  %5s  %-10s  %-10s", "-", "-", "-");
    printf("  %s\n", l->kind == ENS_LIST_LOTL    ? "list of lists"
                     : l->kind == ENS_LIST_PIVOT ? "pivot"
                                                 : ens__list_country(l->country, name));
    if (l->reason.len) {
        fputs("      ", stdout);
        ens__put_listed(l->reason);
        putchar('\n');
    }
}

static void put_certificate(ens_json *j, const ens_listed_certificate *c)
{
    ens_cert parsed;
    uint8_t sha256[32];
    char subject[ENS_NAME_TEXT_MAX];
    bool read = ens_cert_parse(c->der, &parsed, NULL) == ENS_OK;
    bool hashed = ens__sha256(c->der, sha256, NULL) == ENS_OK;
    ens__json_open(j, NULL, '{');
    ens__json_hex(j, "sha256", hashed ? ens_bytes(sha256, sizeof sha256) : (ens_slice){0});
    ens__json_text(j, "subject", read ? ens__name_text(parsed.subject, subject, sizeof subject) : NULL);
    ens__json_hex(j, "key_id", c->ski.len ? c->ski : (ens_slice){0});
    ens__json_time(j, "not_after", c->not_after);
    ens__json_close(j, '}');
}

static void put_certificates(ens_json *j, const ens_snapshot *s, const ens_service *service)
{
    ens_listed_certificate c;
    ens__json_open(j, "certificates", '[');
    for (uint32_t i = 0; i < service->certificates.num; i++)
        if (ens__snapshot_certificate(s, ens__snapshot_service_certificate(s, service->certificates.first + i), &c))
            put_certificate(j, &c);
    ens__json_close(j, ']');
}

static void put_texts(ens_json *j, const char *name, const ens_snapshot *s, ens_span span)
{
    ens_slice text;
    ens__json_open(j, name, '[');
    for (uint32_t i = 0; i < span.num; i++)
        if (ens__snapshot_text(s, span.first + i, &text))
            ens__json_slice(j, NULL, text);
    ens__json_close(j, ']');
}

static void put_kinds(ens_json *j, const ens_service_entry *e)
{
    ens__json_open(j, "types", '[');
    for (size_t i = 0; ens_lists_kind_name(i); i++)
        if (ens__service_is_kind(e, i))
            ens__json_text(j, NULL, ens_lists_kind_name(i));
    ens__json_close(j, ']');
}

bool ens__service_records(const ens_lists *lists, const ens_listed_service *f, ens_service *service,
                          ens_service_entry *e)
{
    if (!ens__snapshot_service(lists, f->number, service))
        return false;
    for (uint32_t i = 0; i < service->entries.num; i++)
        if (ens__snapshot_entry(lists, service->entries.first + i, e) && e->start == f->since)
            return true;
    return false;
}

void ens__service_print_json(const ens_lists *lists, const ens_listed_service *f)
{
    ens_buf out;
    ens_service service;
    ens_service_entry e;
    if (!ens__service_records(lists, f, &service, &e))
        return;
    ens_json line = ens__json_on_stdout(&out), *j = &line;
    ens__json_open(j, NULL, '{');
    ens__json_slice(j, "country", f->country);
    ens__json_slice(j, "provider", f->provider);
    ens__json_some(j, "trade_name", f->trade_name);
    ens__json_some(j, "identifier", f->identifier);
    ens__json_slice(j, "service", f->name);
    put_kinds(j, &e);
    ens__json_slice(j, "type", f->type);
    ens__json_slice(j, "status", f->status);
    ens__json_time(j, "since", f->since);
    put_texts(j, "information", lists, e.use_uris);
    put_texts(j, "supply_points", lists, e.supply_points);
    ens__json_time(j, "expired_certificates_since", e.expired_certs_revocation);
    ens__json_some(j, "taken_over_by", e.taken_over_by);
    put_certificates(j, lists, &service);
    ens__json_close(j, '}');
    ens__json_print(j);
}

/* print_heading writes country and provider once above what is theirs. */
static void print_heading(const ens_lists *lists, const ens_listed_service *f, ens_time at,
                          const ens_listed_service *before)
{
    char country[8];
    ens_list_facts l;
    bool another = !before || before->list != f->list;
    if (another && ens_lists_get(lists, f->list, at, &l))
        ens__print("%s%.*s  %s, list %u, %s\n", before ? "\n" : "", (int)l.country.len, (const char *)l.country.p,
                   ens__list_country(l.country, country), l.sequence, ens_list_state_name(l.state));
    if (!another && before->provider_number == f->provider_number)
        return;
    fputs("  ", stdout);
    ens__put_listed(f->provider);
    if (f->identifier.len) {
        fputs("  ", stdout);
        ens__put_listed(f->identifier);
    }
    putchar('\n');
}

static void print_kinds(const ens_service_entry *e)
{
    bool any = false;
    for (size_t i = 0; ens_lists_kind_name(i); i++)
        if (ens__service_is_kind(e, i)) {
            printf("%s%s", any ? "; " : "", ens__service_kind_words(i));
            any = true;
        }
    if (!any)
        ens__put_listed(e->type_uri);
}

static void print_certificates(const ens_snapshot *s, const ens_service *service)
{
    char until[ENS_TIME_TEXT], hex[2 * SHORT_HASH + 1];
    uint8_t sha256[32];
    ens_listed_certificate c;
    for (uint32_t i = 0; i < service->certificates.num; i++) {
        if (!ens__snapshot_certificate(s, ens__snapshot_service_certificate(s, service->certificates.first + i), &c))
            continue;
        if (ens__sha256(c.der, sha256, NULL) != ENS_OK)
            continue;
        ens__hex(ens_bytes(sha256, SHORT_HASH), hex);
        printf("      certificate %s..., until %s\n", hex, ens__date_text(c.not_after, until));
    }
}

void ens__service_print(const ens_lists *lists, const ens_listed_service *f, ens_time at,
                        const ens_listed_service *before)
{
    char since[ENS_TIME_TEXT];
    ens_service service;
    ens_service_entry e;
    if (!ens__service_records(lists, f, &service, &e))
        return;
    print_heading(lists, f, at, before);
    fputs("    ", stdout);
    print_kinds(&e);
    printf(": %s%s%s since %s\n      ", ens__colour(f->in_good_standing ? ENS_PASS : ENS_FAIL),
           ens__service_status_name(e.status), ens__colour_off(), ens__date_text(f->since, since));
    ens__put_listed(f->name);
    putchar('\n');
    print_certificates(lists, &service);
}
