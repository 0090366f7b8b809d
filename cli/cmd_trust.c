#include "cli/cmd_trust.h"

#include "certs/eori/countries.h"
#include "certs/lists/update.h"
#include "certs/x509/name.h"
#include "ensign/cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATE_LEN 10

bool ens__trust_time(const ens_command *command, const char *text, ens_time *at)
{
    ens_err err = {0};
    if (!text) {
        *at = ens_time_now();
        return true;
    }
    if (ens_time_parse(ens_str(text), at, &err) == ENS_OK)
        return true;
    ens__command_usage(command, "--at %s: no RFC 3339 time", text);
    return false;
}

ens_snapshot *ens__trust_load(const char *name, const char *cache)
{
    char path[4096];
    ens_err err = {0};
    ens_snapshot *s = NULL;
    int n = snprintf(path, sizeof path, "%s/" ENS_SNAPSHOT_FILE, cache);
    if (n < 0 || (size_t)n >= sizeof path || ens__snapshot_load(path, &s, &err) != ENS_OK)
        ens__say_error(name, cache, &err);
    return s;
}

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

void ens__trust_list_json(const ens_list *l, ens_time at)
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
    ens__json_text(j, "state", ens_list_state_name(ens__list_state(l, at)));
    ens__json_some(j, "reason", l->reason);
    ens__json_slice(j, "url", l->url);
    put_number(j, "version", there, l->version);
    ens__json_time(j, "fetched", l->fetched);
    ens__json_hex(j, "sha256", there ? l->sha256 : (ens_slice){0});
    ens__json_close(j, '}');
    ens__json_print(j);
}

const char *ens__trust_date(ens_time t, char storage[ENS_TIME_TEXT])
{
    if (t == ENS_TIME_NONE)
        return "-";
    ens_time_format(t, storage);
    storage[DATE_LEN] = '\0';
    return storage;
}

const char *ens__trust_country(ens_slice code, char storage[8])
{
    static const struct {
        const char *code, *name;
    } others[] = {
        {"EL", "Greece"}, {"UK", "United Kingdom"}, {"IS", "Iceland"}, {"LI", "Liechtenstein"}, {"NO", "Norway"}};
    const ens_eori_country *c = ens__eori_country(code);
    if (c)
        return c->name;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (ens_is(code, others[i].code))
            return others[i].name;
    snprintf(storage, 8, "%.*s", (int)(code.len < 7 ? code.len : 7), (const char *)code.p);
    return storage;
}

void ens__trust_put(ens_slice text)
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

void ens__trust_list_text(const ens_list *l, ens_time at)
{
    char issued[ENS_TIME_TEXT], next[ENS_TIME_TEXT], name[8];
    ens_list_state state = ens__list_state(l, at);
    printf("%-2.*s  %s%-7s%s", (int)l->country.len, (const char *)l->country.p, ens__colour(outcome_of(state)),
           ens_list_state_name(state), ens__colour_off());
    if (l->sha256.len)
        printf("  %5u  %-10s  %-10s", l->sequence, ens__trust_date(l->issued, issued),
               ens__trust_date(l->next_update, next));
    else
        printf("  %5s  %-10s  %-10s", "-", "-", "-");
    printf("  %s\n", l->kind == ENS_LIST_LOTL    ? "list of lists"
                     : l->kind == ENS_LIST_PIVOT ? "pivot"
                                                 : ens__trust_country(l->country, name));
    if (l->reason.len) {
        fputs("      ", stdout);
        ens__trust_put(l->reason);
        putchar('\n');
    }
}

/* ensign trust show: the lists in a cache. */
static void print_totals(const ens_snapshot *s, uint32_t usable)
{
    ens_snapshot_facts f = ens__snapshot_facts(s);
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out), *j = &line;
    ens__json_open(j, NULL, '{');
    ens__json_number(j, "lotl_sequence", f.lotl_sequence);
    ens__json_number(j, "lists", f.num_lists);
    ens__json_number(j, "usable", usable);
    ens__json_number(j, "providers", f.num_providers);
    ens__json_number(j, "services", f.num_services);
    ens__json_number(j, "anchors", ens__snapshot_num_anchors(s));
    ens__json_text(j, "snapshot", f.name);
    ens__json_time(j, "made", f.made);
    ens__json_close(j, '}');
    ens__json_print(j);
}

static void show_trust(const ens_snapshot *s, ens_time at, bool json)
{
    ens_snapshot_facts f = ens__snapshot_facts(s);
    char made[ENS_TIME_TEXT], judged[ENS_TIME_TEXT];
    uint32_t usable = 0;
    ens_list list;
    if (!json)
        printf("snapshot %s, made %s; states on %s\n\n    state    number  issued      next\n", f.name,
               ens_time_format(f.made, made), ens__trust_date(at, judged));
    for (uint32_t i = 0; ens__snapshot_list(s, i, &list); i++) {
        usable += list.kind == ENS_LIST_NATIONAL && list.usable;
        if (json)
            ens__trust_list_json(&list, at);
        else
            ens__trust_list_text(&list, at);
    }
    if (json)
        print_totals(s, usable);
    else
        printf("\n%u national lists usable: %u providers, %u services, %u CAs whose certificates ICS2 takes\n", usable,
               f.num_providers, f.num_services, ens__snapshot_num_anchors(s));
}

static int trust_show(int argc, char **argv)
{
    const char *cache = NULL, *when = NULL;
    bool json = false;
    const ens_option table[] = {
        {"cache", 0, "DIR", "the folder that `trust update` filled", NULL, &cache, NULL},
        {"at", 0, "TIME", "judge freshness for then (RFC 3339) instead of now", NULL, &when, NULL},
        {"json", 0, NULL, "one JSON object per list on a line, then a summary", &json, NULL, NULL},
    };
    const ens_command command = {
        "trust show", "--cache DIR [options]",
        "Shows the lists in a cache: fresh, stale (its next update is overdue), closed (the last of its\n"
        "kind), broken (it can't be trusted) or missing.",
        table, sizeof table / sizeof *table};
    ens_values operands = {0};
    int status = ENS_EXIT_UNKNOWN;
    ens_time at;
    if (ens__command_parse(&command, argc, argv, &operands, &status)) {
        status = ENS_EXIT_UNKNOWN;
        if (operands.num || !cache) {
            ens__command_usage(&command, operands.num ? "what is %s?" : "say which cache: --cache DIR%s",
                               operands.num ? operands.item[0] : "");
        } else if (ens__trust_time(&command, when, &at)) {
            ens_snapshot *s = ens__trust_load("trust show", cache);
            if (s)
                show_trust(s, at, json);
            status = s ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
            ens__snapshot_free(s);
        }
    }
    ens__values_free(&operands);
    return status;
}

/* ensign trust update: brings a cache of trusted lists up to date. */
#define BAR 30
#define MIB (1024.0 * 1024.0)

typedef struct {
    ens_update_options update;
    const char *at;
    bool json, quiet;
} options;

/* progress draws one line over itself, on a terminal alone. */
static void progress(void *user, size_t done, size_t num, uint64_t bytes)
{
    char bar[BAR + 1];
    size_t full = num ? done * BAR / num : BAR;
    (void)user;
    memset(bar, '#', full);
    memset(bar + full, '.', BAR - full);
    bar[BAR] = '\0';
    fprintf(stderr, "\r[%s] %zu of %zu lists, %.1f MiB%s", bar, done, num, (double)bytes / MIB,
            done == num ? "\n" : "");
}

static void print_summary(const ens_update_result *r)
{
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out), *j = &line;
    ens__json_open(j, NULL, '{');
    if (r->snapshot[0])
        ens__json_number(j, "lotl_sequence", r->lotl_sequence);
    else
        ens__json_null(j, "lotl_sequence");
    ens__json_number(j, "lists", r->num);
    ens__json_number(j, "usable", r->num_usable);
    ens__json_number(j, "services", r->num_services);
    ens__json_text(j, "snapshot", r->snapshot[0] ? r->snapshot : NULL);
    ens__json_close(j, '}');
    ens__json_print(j);
}

static void print_result(const ens_update_result *r, const options *o)
{
    for (size_t i = 0; i < r->num; i++) {
        ens_list_state state = ens__list_state(&r->list[i], o->update.at);
        if (o->json)
            ens__trust_list_json(&r->list[i], o->update.at);
        else if (!o->quiet || state != ENS_LIST_FRESH || r->list[i].reason.len)
            ens__trust_list_text(&r->list[i], o->update.at);
    }
    if (o->json)
        print_summary(r);
    else if (r->snapshot[0])
        printf("snapshot %s: %u national lists usable, %u services\n", r->snapshot, r->num_usable, r->num_services);
}

/* Refused: a list that is pointed to and can't be used. */
static int status_of(const ens_update_result *r)
{
    for (size_t i = 0; i < r->num; i++)
        if (r->list[i].pointed && !r->list[i].usable)
            return ENS_EXIT_REFUSED;
    return ENS_EXIT_GOOD;
}

static int update_lists(options *o)
{
    ens_err err = {0};
    ens_update_result *result = calloc(1, sizeof *result);
    if (!result) {
        ens__say("ensign trust update: out of memory\n");
        return ENS_EXIT_UNKNOWN;
    }
    if (isatty(STDERR_FILENO) && !o->quiet)
        o->update.progress = progress;
    ens_code code = ens__lists_update(&o->update, result, &err);
    print_result(result, o);
    if (code != ENS_OK)
        ens__say_error("trust update", NULL, &err);
    int status = code == ENS_OK ? status_of(result) : ENS_EXIT_UNKNOWN;
    ens__update_clear(result);
    free(result);
    return status;
}

static int trust_update(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"cache", 0, "DIR", "the folder in which lists and snapshot are kept; --trust DIR uses it", NULL,
         &o.update.cache, NULL},
        {"anchors", 0, "PEM",
         "who may sign the list of lists, in place of those that the Official Journal names; kept in the cache", NULL,
         &o.update.anchors, NULL},
        {"lotl", 0, "URL|FILE", "the list of lists; default " ENS_LOTL_URL, NULL, &o.update.lotl, NULL},
        {"mirror", 0, "DIR|URL", "take lists from there: pointers.tsv (url, territory, mime, file) and the files", NULL,
         &o.update.mirror, NULL},
        {"offline", 0, NULL, "open no socket: mirror folder and kept copies alone", &o.update.offline, NULL, NULL},
        {"at", 0, "TIME", "judge freshness for then (RFC 3339) instead of now", NULL, &o.at, NULL},
        {"ca-file", 0, "PEM", "verify TLS by these anchors instead of the system's", NULL, &o.update.ca_file, NULL},
        {"quiet", 'q', NULL, "show only lists that something is to be said of", &o.quiet, NULL, NULL},
        {"json", 0, NULL, "one JSON object per list on a line, then a summary", &o.json, NULL, NULL},
    };
    const ens_command command = {
        "trust update", "--cache DIR [--anchors PEM] [options]",
        "Gets the EU's list of lists and every list that it points to, verifies each signature and who\n"
        "made it, and replaces the snapshot that verdicts read. What can't be had or trusted is taken\n"
        "from its last good copy. Exit status: 1 when a list can't be used, 2 when nothing was replaced.",
        table, sizeof table / sizeof *table};
    ens_values operands = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (ens__command_parse(&command, argc, argv, &operands, &status)) {
        status = ENS_EXIT_UNKNOWN;
        if (operands.num)
            ens__command_usage(&command, "what is %s?", operands.item[0]);
        else if (!o.update.cache)
            ens__command_usage(&command, "say where to keep the lists: --cache DIR");
        else if (ens__trust_time(&command, o.at, &o.update.at))
            status = update_lists(&o);
    }
    ens__values_free(&operands);
    return status;
}

/* ensign trust: the EU's trusted lists; what they say of whom. */
static const ens_subcommand subs[] = {{"update", trust_update}, {"show", trust_show}, {"find", ens__trust_find}};

int ens__cmd_trust(int argc, char **argv)
{
    static const ens_command command = {"trust", "update|show|find --cache DIR [options]",
                                        "update    get and verify the EU's trusted lists\n"
                                        "show      the lists in a cache, and what state they are in\n"
                                        "find      who is on them: country, provider, certificates",
                                        NULL, 0};
    return ens__command_dispatch(&command, subs, sizeof subs / sizeof *subs, argc, argv);
}
