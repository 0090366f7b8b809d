/* ensign trust find: who is on the lists: country, provider, kind of certificate. */
#include "certs/lists/find.h"
#include "certs/x509/name.h"
#include "cli/cmd_trust.h"
#include "ensign/cert.h"

#include <stdio.h>
#include <stdlib.h>

#define SHORT_HASH 8 /* bytes of a certificate's SHA-256 that people are shown */

typedef struct {
    const char *cache, *when;
    bool json;
    ens_lists_query query;
} options;

/* What has been printed last, so that country and provider stand once above what is theirs. */
typedef struct {
    uint32_t list, provider;
    size_t num;
} printed;

static void put_certificate(ens_json *j, const ens_listed_certificate *c)
{
    ens_cert parsed;
    char subject[ENS_NAME_TEXT_MAX];
    bool read = ens_cert_parse(c->der, &parsed, NULL) == ENS_OK;
    ens__json_open(j, NULL, '{');
    ens__json_hex(j, "sha256", c->sha256);
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
    for (size_t i = 0; ens__service_kind_name(i); i++)
        if (ens__service_is_kind(e, i))
            ens__json_text(j, NULL, ens__service_kind_name(i));
    ens__json_close(j, ']');
}

static void print_json(const ens_snapshot *s, const ens_list *l, const ens_provider *p, const ens_service *service,
                       const ens_service_entry *e)
{
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out), *j = &line;
    ens__json_open(j, NULL, '{');
    ens__json_slice(j, "country", l->country);
    ens__json_slice(j, "provider", p->name);
    ens__json_some(j, "trade_name", p->trade_name);
    ens__json_some(j, "identifier", p->identifier);
    ens__json_slice(j, "service", e->name);
    put_kinds(j, e);
    ens__json_slice(j, "type", e->type_uri);
    ens__json_slice(j, "status", e->status_uri);
    ens__json_time(j, "since", e->start);
    put_texts(j, "information", s, e->use_uris);
    put_texts(j, "supply_points", s, e->supply_points);
    ens__json_time(j, "expired_certificates_since", e->expired_certs_revocation);
    ens__json_some(j, "taken_over_by", e->taken_over_by);
    put_certificates(j, s, service);
    ens__json_close(j, '}');
    ens__json_print(j);
}

static void print_heading(const ens_list *l, const ens_provider *p, uint32_t provider, const options *o, printed *last)
{
    char country[8];
    if (last->list != p->list)
        ens__print("%s%.*s  %s, list %u, %s\n", last->num ? "\n" : "", (int)l->country.len, (const char *)l->country.p,
                   ens__trust_country(l->country, country), l->sequence,
                   ens_list_state_name(ens__list_state(l, o->query.at)));
    if (last->provider != provider || last->list != p->list) {
        fputs("  ", stdout);
        ens__trust_put(p->name);
        if (p->identifier.len) {
            fputs("  ", stdout);
            ens__trust_put(p->identifier);
        }
        putchar('\n');
    }
    last->list = p->list;
    last->provider = provider;
}

static void print_kinds(const ens_service_entry *e)
{
    bool any = false;
    for (size_t i = 0; ens__service_kind_name(i); i++)
        if (ens__service_is_kind(e, i)) {
            printf("%s%s", any ? "; " : "", ens__service_kind_words(i));
            any = true;
        }
    if (!any)
        ens__trust_put(e->type_uri);
}

static void print_text(const ens_snapshot *s, const ens_service *service, const ens_service_entry *e)
{
    char since[ENS_TIME_TEXT], until[ENS_TIME_TEXT], hex[2 * SHORT_HASH + 1];
    ens_listed_certificate c;
    fputs("    ", stdout);
    print_kinds(e);
    printf(": %s%s%s since %s\n      ", ens__colour(ens__service_in_good_standing(e) ? ENS_PASS : ENS_FAIL),
           ens__service_status_name(e->status), ens__colour_off(), ens__trust_date(e->start, since));
    ens__trust_put(e->name);
    putchar('\n');
    for (uint32_t i = 0; i < service->certificates.num; i++) {
        if (!ens__snapshot_certificate(s, ens__snapshot_service_certificate(s, service->certificates.first + i), &c))
            continue;
        ens__hex(ens_sub(c.sha256, 0, SHORT_HASH), hex);
        printf("      certificate %s..., until %s\n", hex, ens__trust_date(c.not_after, until));
    }
}

/* What the walk over the lists carries. */
typedef struct {
    const ens_snapshot *lists;
    const options *o;
    printed last;
} finding;

static ens_code print_found(void *user, const ens__found_service *f)
{
    finding *w = user;
    if (w->o->json) {
        print_json(w->lists, f->list, f->provider, f->service, f->entry);
    } else {
        print_heading(f->list, f->provider, f->provider_number, w->o, &w->last);
        print_text(w->lists, f->service, f->entry);
    }
    w->last.num++;
    return ENS_OK;
}

/* find tells on stderr of lists that could not be looked at: who isn't found there may be on them. */
static int find_services(const ens_snapshot *s, const options *o)
{
    ens_list l;
    finding w = {s, o, {UINT32_MAX, UINT32_MAX, 0}};
    const char *country = o->query.country;
    bool known = !country;
    for (uint32_t i = 0; ens__snapshot_list(s, i, &l); i++) {
        if (l.kind != ENS_LIST_NATIONAL || (country && !ens__list_is_of(l.country, ens_str(country))))
            continue;
        known = true;
        if (l.usable && ens__lists_find(s, &l, &o->query, print_found, &w) != ENS_OK)
            return ENS_EXIT_UNKNOWN;
        if (!l.usable)
            ens__say("ensign trust find: the list of %.*s is %s: nothing can be said of it\n", (int)l.country.len,
                     (const char *)l.country.p, ens_list_state_name(ens__list_state(&l, o->query.at)));
    }
    if (!known)
        ens__say("ensign trust find: there is no list of %s in this cache\n", country);
    return !known ? ENS_EXIT_UNKNOWN : w.last.num ? ENS_EXIT_GOOD : ENS_EXIT_REFUSED;
}

static bool known_type(const ens_command *command, const char *type)
{
    char names[256] = "";
    for (size_t i = 0; type && ens__service_kind_name(i); i++) {
        if (strcmp(ens__service_kind_name(i), type) == 0)
            return true;
        size_t at = strlen(names);
        snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "", ens__service_kind_name(i));
    }
    if (type)
        ens__command_usage(command, "there is no type %s, but %s", type, names);
    return !type;
}

int ens__trust_find(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"cache", 0, "DIR", "the folder that `trust update` filled", NULL, &o.cache, NULL},
        {"country", 0, "CC", "of this country alone (GR is EL, GB is UK)", NULL, &o.query.country, NULL},
        {"type", 0, "TYPE", "eseal, esig, web, timestamp ...; with -nq the kind that isn't qualified", NULL,
         &o.query.type, NULL},
        {"all", 'a', NULL, "withdrawn and ceased services, too", &o.query.all, NULL, NULL},
        {"at", 0, "TIME", "as it was or is then (RFC 3339) instead of now", NULL, &o.when, NULL},
        {"json", 0, NULL, "one JSON object per service on a line", &o.json, NULL, NULL},
    };
    const ens_command command = {
        "trust find", "--cache DIR [--country CC] [--type TYPE] [options] [NAME]",
        "Finds services in good standing: country, provider, kind of certificate. NAME is part of the name\n"
        "of a provider or a service, or of its identifier. Exit status: 1 when there are none.",
        table, sizeof table / sizeof *table};
    ens_values operands = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (ens__command_parse(&command, argc, argv, &operands, &status)) {
        status = ENS_EXIT_UNKNOWN;
        o.query.name = operands.num ? operands.item[0] : "";
        if (operands.num > 1 || !o.cache) {
            ens__command_usage(&command, o.cache ? "one name at a time" : "say which cache: --cache DIR");
        } else if (known_type(&command, o.query.type) && ens__trust_time(&command, o.when, &o.query.at)) {
            ens_snapshot *s = ens__trust_load("trust find", o.cache);
            status = s ? find_services(s, &o) : ENS_EXIT_UNKNOWN;
            ens__snapshot_free(s);
        }
    }
    ens__values_free(&operands);
    return status;
}
