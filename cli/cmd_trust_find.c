/* ensign trust find: who is on the lists: country, provider, kind of certificate. */
#include "certs/x509/name.h"
#include "cli/cmd_trust.h"
#include "ensign/cert.h"

#include <stdio.h>
#include <stdlib.h>

#define SHORT_HASH 8 /* bytes of a certificate's SHA-256 that people are shown */

/* What a service is asked for by, and what people call it. qualified, not: a CA/QC, or a CA/PKC. */
static const struct {
    const char *name, *about;
    ens_service_type type;
    unsigned use;
} kinds[] = {
    {"eseal", "qualified certificates for seals", ENS_SERVICE_CA_QC, ENS_FOR_SEALS},
    {"esig", "qualified certificates for signatures", ENS_SERVICE_CA_QC, ENS_FOR_SIGNATURES},
    {"web", "qualified certificates for websites", ENS_SERVICE_CA_QC, ENS_FOR_WEB},
    {"qc", "qualified certificates, use not said", ENS_SERVICE_CA_QC, 0},
    {"eseal-nq", "certificates for seals, not qualified", ENS_SERVICE_CA_PKC, ENS_FOR_SEALS},
    {"esig-nq", "certificates for signatures, not qualified", ENS_SERVICE_CA_PKC, ENS_FOR_SIGNATURES},
    {"web-nq", "certificates for websites, not qualified", ENS_SERVICE_CA_PKC, ENS_FOR_WEB},
    {"pkc", "certificates, not qualified, use not said", ENS_SERVICE_CA_PKC, 0},
    {"timestamp", "qualified time stamps", ENS_SERVICE_TSA_QTST, 0},
    {"timestamp-nq", "time stamps, not qualified", ENS_SERVICE_TSA, 0},
    {"ocsp", "OCSP for qualified certificates", ENS_SERVICE_OCSP_QC, 0},
    {"crl", "CRLs for qualified certificates", ENS_SERVICE_CRL_QC, 0},
    {"validation", "qualified validation", ENS_SERVICE_QES_VALIDATION_Q, 0},
    {"preservation", "qualified preservation", ENS_SERVICE_PSES_Q, 0},
    {"delivery", "qualified registered delivery", ENS_SERVICE_EDS_Q, 0},
    {"mail", "qualified registered mail", ENS_SERVICE_EDS_REM_Q, 0},
};
#define NUM_KINDS (sizeof kinds / sizeof *kinds)

typedef struct {
    const char *cache, *country, *type, *when, *name;
    bool all, json;
    ens_time at;
} options;

/* is_country: the lists write EL and UK where ISO 3166 has GR and GB. */
static bool is_country(ens_slice of_list, ens_slice asked)
{
    if (ens__eq_nocase(asked, ENS_LIT("GR")))
        asked = ENS_LIT("EL");
    else if (ens__eq_nocase(asked, ENS_LIT("GB")))
        asked = ENS_LIT("UK");
    return ens__eq_nocase(of_list, asked);
}

/* What has been printed last, so that country and provider stand once above what is theirs. */
typedef struct {
    uint32_t list, provider;
    size_t num;
} printed;

/* next_letter takes a character of UTF-8; octets that are none stand for themselves. */
static uint32_t next_letter(ens_reader *r)
{
    uint8_t first = *r->at++;
    unsigned more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    uint32_t letter = more ? first & (0x3Fu >> more) : first;
    for (; more && r->at < r->end && (*r->at & 0xC0) == 0x80; more--)
        letter = letter << 6 | (*r->at++ & 0x3Fu);
    return letter;
}

/* small makes a small letter of a capital, of the alphabets that the lists are written in: Latin, Greek, Cyrillic. */
static uint32_t small(uint32_t c)
{
    static const struct {
        uint32_t first, last, add; /* add 0: capitals and small letters take turns, capitals being even (1: odd) */
        uint32_t odd;
    } runs[] = {
        {'A', 'Z', 32, 0},     {0xC0, 0xD6, 32, 0},   {0xD8, 0xDE, 32, 0},   {0x100, 0x137, 0, 0},
        {0x139, 0x148, 0, 1},  {0x14A, 0x177, 0, 0},  {0x179, 0x17E, 0, 1},  {0x218, 0x21B, 0, 0},
        {0x386, 0x386, 38, 0}, {0x388, 0x38A, 37, 0}, {0x38C, 0x38C, 64, 0}, {0x38E, 0x38F, 63, 0},
        {0x391, 0x3A9, 32, 0}, {0x400, 0x40F, 80, 0}, {0x410, 0x42F, 32, 0},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        if (c >= runs[i].first && c <= runs[i].last)
            return runs[i].add ? c + runs[i].add : (c & 1) == runs[i].odd ? c + 1 : c;
    return c == 0x3C2 ? 0x3C3 : c; /* the sigma at the end of a word */
}

static bool begins_with(ens_slice in, ens_slice wanted)
{
    ens_reader a = ens_read(in), b = ens_read(wanted);
    while (ens_left(&b))
        if (!ens_left(&a) || small(next_letter(&a)) != small(next_letter(&b)))
            return false;
    return true;
}

static bool has_text(ens_slice in, ens_slice wanted)
{
    for (size_t i = 0; wanted.len && i < in.len; i++)
        if (begins_with(ens_from(in, i), wanted))
            return true;
    return wanted.len == 0;
}

/* entry_at is the state that a service is in at a time: of those that began by then, the latest. */
static bool entry_at(const ens_snapshot *s, const ens_service *service, ens_time at, ens_service_entry *out)
{
    for (uint32_t i = 0; i < service->entries.num; i++)
        if (ens__snapshot_entry(s, service->entries.first + i, out) && out->start <= at)
            return true;
    return false;
}

static bool in_good_standing(const ens_service_entry *e)
{
    switch (e->status) {
    case ENS_STATUS_GRANTED:
    case ENS_STATUS_RECOGNISED_NATIONALLY:
    case ENS_STATUS_SET_BY_NATIONAL_LAW:
    case ENS_STATUS_UNDER_SUPERVISION:
    case ENS_STATUS_ACCREDITED:
        return true;
    default:
        return false;
    }
}

/* is_kind: a CA says its uses by additional information; one that says none is of the kind without. */
static bool is_kind(const ens_service_entry *e, size_t kind)
{
    const unsigned known = ENS_FOR_SEALS | ENS_FOR_SIGNATURES | ENS_FOR_WEB;
    bool by_use = kinds[kind].type == ENS_SERVICE_CA_QC || kinds[kind].type == ENS_SERVICE_CA_PKC;
    if (e->type != kinds[kind].type)
        return false;
    return !by_use || (kinds[kind].use ? (e->uses & kinds[kind].use) != 0 : !(e->uses & known));
}

static bool is_wanted_kind(const ens_service_entry *e, const char *type)
{
    for (size_t i = 0; type && i < NUM_KINDS; i++)
        if (strcmp(kinds[i].name, type) == 0)
            return is_kind(e, i);
    return !type;
}

static bool is_wanted(const ens_snapshot *s, const ens_provider *p, const ens_service *service, const options *o,
                      ens_service_entry *e)
{
    ens_slice name = ens_str(o->name);
    if (!entry_at(s, service, o->at, e) || (!o->all && !in_good_standing(e)) || !is_wanted_kind(e, o->type))
        return false;
    return has_text(p->name, name) || has_text(p->trade_name, name) || has_text(p->identifier, name) ||
           has_text(e->name, name);
}

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
    for (size_t i = 0; i < NUM_KINDS; i++)
        if (is_kind(e, i))
            ens__json_text(j, NULL, kinds[i].name);
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
                   ens__list_state_name(ens__list_state(l, o->at)));
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
    for (size_t i = 0; i < NUM_KINDS; i++)
        if (is_kind(e, i)) {
            printf("%s%s", any ? "; " : "", kinds[i].about);
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
    printf(": %s%s%s since %s\n      ", ens__colour(in_good_standing(e) ? ENS_PASS : ENS_FAIL),
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

static void find_in_list(const ens_snapshot *s, const ens_list *l, const options *o, printed *last)
{
    ens_provider p;
    ens_service service;
    ens_service_entry e;
    for (uint32_t i = l->providers.first; i < l->providers.first + l->providers.num && ens__snapshot_provider(s, i, &p);
         i++)
        for (uint32_t k = p.services.first;
             k < p.services.first + p.services.num && ens__snapshot_service(s, k, &service); k++) {
            if (!is_wanted(s, &p, &service, o, &e))
                continue;
            if (o->json) {
                print_json(s, l, &p, &service, &e);
            } else {
                print_heading(l, &p, i, o, last);
                print_text(s, &service, &e);
            }
            last->num++;
        }
}

/* find tells on stderr of lists that could not be looked at: who isn't found there may be on them. */
static int find_services(const ens_snapshot *s, const options *o)
{
    ens_list l;
    printed last = {UINT32_MAX, UINT32_MAX, 0};
    bool known = !o->country;
    for (uint32_t i = 0; ens__snapshot_list(s, i, &l); i++) {
        if (l.kind != ENS_LIST_NATIONAL || (o->country && !is_country(l.country, ens_str(o->country))))
            continue;
        known = true;
        if (l.usable)
            find_in_list(s, &l, o, &last);
        else
            ens__say("ensign trust find: the list of %.*s is %s: nothing can be said of it\n", (int)l.country.len,
                     (const char *)l.country.p, ens__list_state_name(ens__list_state(&l, o->at)));
    }
    if (!known)
        ens__say("ensign trust find: there is no list of %s in this cache\n", o->country);
    return !known ? ENS_EXIT_UNKNOWN : last.num ? ENS_EXIT_GOOD : ENS_EXIT_REFUSED;
}

static bool known_type(const ens_command *command, const char *type)
{
    char names[256] = "";
    for (size_t i = 0; type && i < NUM_KINDS; i++) {
        if (strcmp(kinds[i].name, type) == 0)
            return true;
        size_t at = strlen(names);
        snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "", kinds[i].name);
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
        {"country", 0, "CC", "of this country alone (GR is EL, GB is UK)", NULL, &o.country, NULL},
        {"type", 0, "TYPE", "eseal, esig, web, timestamp ...; with -nq the kind that isn't qualified", NULL, &o.type,
         NULL},
        {"all", 'a', NULL, "withdrawn and ceased services, too", &o.all, NULL, NULL},
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
        o.name = operands.num ? operands.item[0] : "";
        if (operands.num > 1 || !o.cache) {
            ens__command_usage(&command, o.cache ? "one name at a time" : "say which cache: --cache DIR");
        } else if (known_type(&command, o.type) && ens__trust_time(&command, o.when, &o.at)) {
            ens_snapshot *s = ens__trust_load("trust find", o.cache);
            status = s ? find_services(s, &o) : ENS_EXIT_UNKNOWN;
            ens__snapshot_free(s);
        }
    }
    ens__values_free(&operands);
    return status;
}
