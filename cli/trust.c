#include "cli/trust.h"

#include "certs/eori/eori_countries.h"
#include "certs/x509/name.h"
#include "ensign/cert.h"

#include <stdio.h>

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

static json_t *signer_json(ens_slice der)
{
    ens_cert cert;
    char text[ENS_NAME_TEXT_MAX];
    if (!der.len || ens_cert_parse(der, &cert, NULL) != ENS_OK)
        return json_null();
    return ens__json_text(ens__name_text(cert.subject, text, sizeof text));
}

static json_t *text_or_null(ens_slice s)
{
    return s.len ? ens__json_slice(s) : json_null();
}

json_t *ens__trust_list_json(const ens_list *l, ens_time at)
{
    bool there = l->sha256.len != 0;
    json_t *o = json_object();
    json_object_set_new(o, "file", text_or_null(l->file));
    json_object_set_new(o, "country", ens__json_slice(l->country));
    json_object_set_new(o, "kind", ens__json_text(kind_name(l->kind)));
    json_object_set_new(o, "sequence", there ? json_integer(l->sequence) : json_null());
    json_object_set_new(o, "signature", ens__json_text(signature_name(l->signature)));
    json_object_set_new(o, "signer", signer_json(l->signer));
    json_object_set_new(o, "pinned", json_boolean(l->pinned));
    json_object_set_new(o, "issued", ens__json_time(l->issued));
    json_object_set_new(o, "next_update", ens__json_time(l->next_update));
    json_object_set_new(o, "state", ens__json_text(ens__list_state_name(ens__list_state(l, at))));
    json_object_set_new(o, "reason", text_or_null(l->reason));
    json_object_set_new(o, "url", ens__json_slice(l->url));
    json_object_set_new(o, "version", there ? json_integer(l->version) : json_null());
    json_object_set_new(o, "fetched", ens__json_time(l->fetched));
    json_object_set_new(o, "sha256", there ? ens__json_hex(l->sha256) : json_null());
    return o;
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
           ens__list_state_name(state), ens__colour_off());
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
