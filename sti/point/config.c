/* The configuration's file: libcyaml reads it by the tables here; what they can't say is checked behind. */
#include "sti/point/config.h"

#include "engine/base/file.h"
#include "sti/yaml/yaml.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign configuration"
#define PATH_LEN 4096

static const cyaml_schema_value_t text = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, PATH_LEN),
};

/* YAML's words for yes and no; libcyaml's own booleans take any other word for a yes. */
static const cyaml_strval_t truths[] = {{"false", 0}, {"no", 0}, {"off", 0}, {"true", 1}, {"yes", 1}, {"on", 1}};
/* The same for a value that may be left out: one more, since 0 says that nothing was said. */
static const cyaml_strval_t said_truths[] = {{"false", 1}, {"no", 1}, {"off", 1}, {"true", 2}, {"yes", 2}, {"on", 2}};

static const cyaml_schema_field_t listen_fields[] = {
    CYAML_FIELD_STRING_PTR("address", CYAML_FLAG_POINTER, ens_config_listen, address, 1, ENS_SERVER_ADDRESS_MAX - 1),
    CYAML_FIELD_ENUM("tls", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, ens_config_listen, tls, truths,
                     CYAML_ARRAY_LEN(truths)),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t listen_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, ens_config_listen, listen_fields),
};

#define OPTIONAL_TEXT(key, type, member)                                                                               \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, PATH_LEN)
#define NEEDED_TEXT(key, type, member) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, PATH_LEN)
#define OPTIONAL_NUMBER(key, type, member) CYAML_FIELD_UINT(key, CYAML_FLAG_OPTIONAL, type, member)
#define LIST(key, flags, member, count)                                                                                \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | (flags), ens_point_config, member, count, &text, 1,           \
                               ENS_CONFIG_LIST_MAX)

/* The words of a value: the enumeration's number and one, since 0 says that nothing was said. */
static const cyaml_strval_t profiles[] = {{"strict", ENS_PROFILE_STRICT + 1}, {"rehearsal", ENS_PROFILE_REHEARSAL + 1}};
static const cyaml_strval_t clients[] = {{"required", ENS_TLS_CLIENT_REQUIRED + 1},
                                         {"optional", ENS_TLS_CLIENT_OPTIONAL + 1},
                                         {"none", ENS_TLS_CLIENT_NONE + 1}};
static const cyaml_strval_t durables[] = {
    {"none", ENS_DURABLE_NONE + 1}, {"disk", ENS_DURABLE_DISK + 1}, {"replicated", ENS_DURABLE_REPLICATED + 1}};
static const cyaml_strval_t levels[] = {
    {"error", ENS_LOG_ERROR + 1}, {"warn", ENS_LOG_WARN + 1}, {"info", ENS_LOG_INFO + 1}, {"debug", ENS_LOG_DEBUG + 1}};
static const cyaml_strval_t modes[] = {{"soft", ENS_REVOCATION_SOFT + 1}, {"hard", ENS_REVOCATION_HARD + 1}};
static const cyaml_strval_t reaches[] = {
    {"none", ENS_REACH_KEPT + 1}, {"public", ENS_REACH_PUBLIC + 1}, {"private", ENS_REACH_PRIVATE + 1}};
static const cyaml_strval_t answers[] = {{"icd", ENS_ANSWERS_ICD + 1}, {"domibus", ENS_ANSWERS_DOMIBUS + 1}};
static const cyaml_strval_t faults[] = {{"refuse", ENS_FAULT_REFUSE},     {"lost", ENS_FAULT_LOST},
                                        {"cut", ENS_FAULT_CUT},           {"tls", ENS_FAULT_TLS},
                                        {"slow", ENS_FAULT_SLOW},         {"digest", ENS_FAULT_DIGEST},
                                        {"unsigned", ENS_FAULT_UNSIGNED}, {"foreign", ENS_FAULT_FOREIGN},
                                        {"dup", ENS_FAULT_DUP},           {"handshake", ENS_FAULT_HANDSHAKE},
                                        {"shown", ENS_FAULT_SHOWN}};
/* RFC 8446, 6.2, by the names that it has there */
static const cyaml_strval_t alerts[] = {
    {"handshake_failure", 40},   {"bad_certificate", 42},       {"unsupported_certificate", 43},
    {"certificate_revoked", 44}, {"certificate_expired", 45},   {"certificate_unknown", 46},
    {"unknown_ca", 48},          {"access_denied", 49},         {"decrypt_error", 51},
    {"protocol_version", 70},    {"insufficient_security", 71}, {"internal_error", 80},
    {"unrecognized_name", 112}};
#define WORD(key, type, member, words)                                                                                 \
    CYAML_FIELD_ENUM(key, CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, type, member, words, CYAML_ARRAY_LEN(words))

static const cyaml_schema_field_t tls_fields[] = {
    NEEDED_TEXT("certificate", ens_config_tls, certificate), NEEDED_TEXT("key", ens_config_tls, key),
    OPTIONAL_TEXT("pass_file", ens_config_tls, pass_file),   OPTIONAL_TEXT("clients", ens_config_tls, clients),
    WORD("client", ens_config_tls, client, clients),         CYAML_FIELD_END,
};
static const cyaml_schema_field_t seal_fields[] = {
    NEEDED_TEXT("certificate", ens_config_seal, certificate),
    NEEDED_TEXT("key", ens_config_seal, key),
    OPTIONAL_TEXT("pass_file", ens_config_seal, pass_file),
    NEEDED_TEXT("domain", ens_config_seal, domain),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t store_fields[] = {
    NEEDED_TEXT("path", ens_config_store, path),
    WORD("durable", ens_config_store, durable, durables),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t channel_fields[] = {
    NEEDED_TEXT("party", ens_config_channel, party),
    NEEDED_TEXT("url", ens_config_channel, url),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t channel_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, ens_config_channel, channel_fields),
};
static const cyaml_schema_field_t push_fields[] = {
    OPTIONAL_TEXT("certificate", ens_config_push, certificate),
    OPTIONAL_TEXT("key", ens_config_push, key),
    OPTIONAL_TEXT("roots", ens_config_push, roots),
    CYAML_FIELD_SEQUENCE_COUNT("channels", CYAML_FLAG_POINTER, ens_config_push, channels, num_channels, &channel_value,
                               1, ENS_CONFIG_LIST_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t pull_fields[] = {
    OPTIONAL_NUMBER("receipt_seconds", ens_config_pull, receipt_seconds),
    OPTIONAL_NUMBER("tries", ens_config_pull, tries),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t retention_fields[] = {
    OPTIONAL_NUMBER("days", ens_config_retention, days),
    OPTIONAL_NUMBER("megabytes", ens_config_retention, megabytes),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t revocation_fields[] = {
    WORD("mode", ens_config_revocation, mode, modes),
    WORD("online", ens_config_revocation, online, reaches),
    OPTIONAL_TEXT("cache", ens_config_revocation, cache),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t lists_fields[] = {
    NEEDED_TEXT("cache", ens_config_lists, cache),     OPTIONAL_NUMBER("hours", ens_config_lists, hours),
    OPTIONAL_TEXT("lotl", ens_config_lists, lotl),     OPTIONAL_TEXT("anchors", ens_config_lists, anchors),
    OPTIONAL_TEXT("mirror", ens_config_lists, mirror), CYAML_FIELD_END,
};
static const cyaml_schema_field_t web_fields[] = {
    NEEDED_TEXT("listen", ens_config_web, listen),
    OPTIONAL_TEXT("certificate", ens_config_web, certificate),
    OPTIONAL_TEXT("key", ens_config_web, key),
    OPTIONAL_TEXT("pass_file", ens_config_web, pass_file),
    NEEDED_TEXT("token_file", ens_config_web, token_file),
    OPTIONAL_TEXT("users", ens_config_web, users),
    CYAML_FIELD_SEQUENCE_COUNT("names", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, ens_config_web, names, num_names,
                               &text, 1, ENS_CONFIG_NAMES_MAX),
    OPTIONAL_NUMBER("threads", ens_config_web, threads),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t fault_fields[] = {
    CYAML_FIELD_ENUM("fault", CYAML_FLAG_STRICT, ens_config_fault, fault, faults, CYAML_ARRAY_LEN(faults)),
    OPTIONAL_TEXT("code", ens_config_fault, code),
    OPTIONAL_TEXT("subcode", ens_config_fault, subcode),
    OPTIONAL_NUMBER("seconds", ens_config_fault, seconds),
    OPTIONAL_NUMBER("times", ens_config_fault, times),
    OPTIONAL_TEXT("party", ens_config_fault, party),
    OPTIONAL_TEXT("action", ens_config_fault, action),
    OPTIONAL_TEXT("message_id", ens_config_fault, message_id),
    OPTIONAL_TEXT("lrn", ens_config_fault, lrn),
    WORD("alert", ens_config_fault, alert, alerts),
    OPTIONAL_TEXT("client", ens_config_fault, client),
    OPTIONAL_NUMBER("listener", ens_config_fault, listener),
    OPTIONAL_TEXT("certificate", ens_config_fault, certificate),
    OPTIONAL_TEXT("key", ens_config_fault, key),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t fault_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, ens_config_fault, fault_fields),
};
static const cyaml_schema_field_t fields[] = {
    WORD("profile", ens_point_config, profile, profiles),
    OPTIONAL_TEXT("environment", ens_point_config, environment),
    CYAML_FIELD_SEQUENCE_COUNT("listen", CYAML_FLAG_POINTER, ens_point_config, listen, num_listen, &listen_value, 1,
                               ENS_SERVER_LISTENERS_MAX),
    OPTIONAL_TEXT("path", ens_point_config, path),
    CYAML_FIELD_MAPPING("tls", CYAML_FLAG_OPTIONAL, ens_point_config, tls, tls_fields),
    CYAML_FIELD_MAPPING("seal", CYAML_FLAG_DEFAULT, ens_point_config, seal, seal_fields),
    LIST("trust", CYAML_FLAG_DEFAULT, trust, num_trust),
    LIST("untrusted", CYAML_FLAG_OPTIONAL, untrusted, num_untrusted),
    LIST("crl", CYAML_FLAG_OPTIONAL, crl, num_crl),
    CYAML_FIELD_MAPPING("store", CYAML_FLAG_DEFAULT, ens_point_config, store, store_fields),
    OPTIONAL_TEXT("registry", ens_point_config, registry),
    CYAML_FIELD_MAPPING("push", CYAML_FLAG_OPTIONAL, ens_point_config, push, push_fields),
    CYAML_FIELD_MAPPING("pull", CYAML_FLAG_OPTIONAL, ens_point_config, pull, pull_fields),
    CYAML_FIELD_MAPPING("retention", CYAML_FLAG_OPTIONAL, ens_point_config, retention, retention_fields),
    CYAML_FIELD_MAPPING("lists", CYAML_FLAG_OPTIONAL, ens_point_config, lists, lists_fields),
    CYAML_FIELD_MAPPING("revocation", CYAML_FLAG_OPTIONAL, ens_point_config, revocation, revocation_fields),
    CYAML_FIELD_UINT_PTR("refresh_minutes", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, ens_point_config, refresh),
    WORD("answers", ens_point_config, answers, answers),
    OPTIONAL_NUMBER("error_status", ens_point_config, error_status),
    WORD("error_fault", ens_point_config, said_fault, said_truths),
    CYAML_FIELD_SEQUENCE_COUNT("faults", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, ens_point_config, faults, num_faults,
                               &fault_value, 1, ENS_FAULT_RULES_MAX),
    OPTIONAL_TEXT("scenarios", ens_point_config, scenarios),
    OPTIONAL_NUMBER("linking_seconds", ens_point_config, linking_seconds),
    OPTIONAL_NUMBER("workers", ens_point_config, workers),
    OPTIONAL_NUMBER("loops", ens_point_config, loops),
    OPTIONAL_NUMBER("body_megabytes", ens_point_config, body_megabytes),
    OPTIONAL_TEXT("spool", ens_point_config, spool),
    CYAML_FIELD_MAPPING("web", CYAML_FLAG_OPTIONAL, ens_point_config, web, web_fields),
    WORD("log", ens_point_config, log, levels),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, ens_point_config, fields),
};

void ens__config_free(ens_point_config *config)
{
    ens__yaml_free(&schema, config);
}

/* unsay takes the one away that a word was stored with. */
static int unsay(int stored, int otherwise)
{
    return stored ? stored - 1 : otherwise;
}

static void set_defaults(ens_point_config *c)
{
    c->profile = (ens_profile)unsay((int)c->profile, ENS_PROFILE_STRICT);
    c->tls.client = (ens_tls_client)unsay((int)c->tls.client, ENS_TLS_CLIENT_REQUIRED);
    c->store.durable = (ens_durable)unsay((int)c->store.durable, ENS_DURABLE_DISK);
    c->log = (ens_log_level)unsay((int)c->log, ENS_LOG_INFO);
    c->revocation.mode = (ens_revocation_mode)unsay((int)c->revocation.mode, ENS_REVOCATION_SOFT);
    c->revocation.online = (ens_reach)unsay((int)c->revocation.online, ENS_REACH_KEPT);
    c->answers = (ens_config_answers)unsay((int)c->answers, ENS_ANSWERS_ICD);
    bool domibus = c->answers == ENS_ANSWERS_DOMIBUS;
    c->error_fault = c->said_fault ? c->said_fault == 2 : domibus;
    c->error_status = c->error_status ? c->error_status : domibus ? 500 : 200;
    c->lists.hours = c->lists.hours ? c->lists.hours : ENS_CONFIG_LISTS_HOURS;
    c->refresh_minutes = c->refresh ? *c->refresh : ENS_CONFIG_REFRESH_MINUTES;
    c->retention.days = c->retention.days ? c->retention.days : ENS_CONFIG_DAYS;
    c->retention.megabytes = c->retention.megabytes ? c->retention.megabytes : ENS_CONFIG_MEGABYTES;
    c->pull.receipt_seconds = c->pull.receipt_seconds ? c->pull.receipt_seconds : ENS_POINT_RECEIPT_S;
    c->pull.tries = c->pull.tries ? c->pull.tries : ENS_POINT_TRIES;
    c->body_megabytes = c->body_megabytes ? c->body_megabytes : ENS_CONFIG_BODY_MEGABYTES;
}

/* fault_of says what is wrong with what the schema can't judge, and at which key; NULL: nothing. */
static const char *fault_of(const ens_point_config *c, const char **key)
{
    bool tls = false;
    for (unsigned i = 0; i < c->num_listen; i++)
        tls = tls || c->listen[i].tls;
    const struct {
        bool bad;
        const char *key, *what;
    } rows[] = {
        {tls && !c->tls.certificate, "listen",
         "somebody listens with tls, and there is no mapping tls: that says by which certificate"},
        {tls && c->tls.client != ENS_TLS_CLIENT_NONE && !c->tls.clients, "tls",
         "tls.clients is missing: the anchors of those who may connect"},
        {!c->push.certificate != !c->push.key, "push", "push: certificate and key go together"},
        {c->path && c->path[0] != '/', "path", "path: it begins with /"},
        {c->error_status != 200 && c->error_status != 400 && c->error_status != 500, "error_status",
         "error_status: 200, 400 or 500"},
        {c->workers > ENS_CONFIG_WORKERS_MAX, "workers", "workers: no more than 64"},
        {c->loops > ENS_SERVER_LOOPS_MAX, "loops", "loops: no more than 64"},
        {c->body_megabytes > ENS_CONFIG_BODY_MEGABYTES_MAX, "body_megabytes", "body_megabytes: no more than 500"},
        {c->pull.receipt_seconds > ENS_CONFIG_RECEIPT_SECONDS_MAX, "receipt_seconds",
         "pull: receipt_seconds no more than 3600"},
        {c->pull.tries > ENS_CONFIG_TRIES_MAX, "tries", "pull: tries no more than 1000"},
        {c->retention.days < ENS_POINT_DUPLICATES_DAYS, "days",
         "retention.days: no less than 30, for so long a message may come again"},
        {c->lists.hours > ENS_CONFIG_LISTS_HOURS_MAX, "hours", "lists.hours: no more than 168"},
        {c->refresh_minutes > ENS_CONFIG_REFRESH_MAX, "refresh_minutes", "refresh_minutes: no more than 10080"},
        {c->revocation.online != ENS_REACH_KEPT && !c->refresh_minutes, "refresh_minutes",
         "refresh_minutes: revocation is asked for online, and never again"},
        {c->environment && strcmp(c->environment, "conformance") != 0 && strcmp(c->environment, "production") != 0,
         "environment", "environment: conformance or production"},
        {c->num_faults && c->profile != ENS_PROFILE_REHEARSAL, "faults", "faults: only in profile rehearsal"},
        {c->scenarios && c->profile != ENS_PROFILE_REHEARSAL, "scenarios", "scenarios: only in profile rehearsal"},
        {!c->web.certificate != !c->web.key, "web", "web: certificate and key go together"},
        {c->web.threads > ENS_CONFIG_WORKERS_MAX, "threads", "web: threads no more than 64"},
        {c->linking_seconds > ENS_CONFIG_LINKING_MAX, "linking_seconds", "linking_seconds: no more than 200 days"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].bad) {
            *key = rows[i].key;
            return rows[i].what;
        }
    return NULL;
}

/* resolve makes a path start at the folder of the file. */
static bool resolve(char **path, const char *file)
{
    const char *end = strrchr(file, '/');
    if (!*path || **path == '/' || !end || ens__store_is_elsewhere(*path))
        return true;
    size_t folder = (size_t)(end - file) + 1, len = strlen(*path) + 1;
    char *whole = malloc(folder + len);
    if (!whole)
        return false;
    memcpy(whole, file, folder);
    memcpy(whole + folder, *path, len);
    free(*path);
    *path = whole;
    return true;
}

static bool resolve_list(char **paths, unsigned num, const char *file)
{
    bool good = true;
    for (unsigned i = 0; i < num; i++)
        good = good && resolve(&paths[i], file);
    return good;
}

static ens_code resolve_all(ens_point_config *c, const char *file, ens_err *err)
{
    char **const paths[] = {
        &c->tls.certificate,  &c->tls.key,        &c->tls.pass_file,   &c->tls.clients,      &c->seal.certificate,
        &c->seal.key,         &c->seal.pass_file, &c->store.path,      &c->registry,         &c->spool,
        &c->push.certificate, &c->push.key,       &c->push.roots,      &c->revocation.cache, &c->scenarios,
        &c->lists.cache,      &c->lists.anchors,  &c->web.certificate, &c->web.key,          &c->web.pass_file,
        &c->web.token_file,   &c->web.users};
    bool good = true;
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++)
        good = good && resolve(paths[i], file);
    good = good && resolve_list(c->trust, c->num_trust, file) && resolve_list(c->untrusted, c->num_untrusted, file) &&
           resolve_list(c->crl, c->num_crl, file);
    for (unsigned i = 0; i < c->num_faults; i++)
        good = good && resolve(&c->faults[i].certificate, file) && resolve(&c->faults[i].key, file);
    return good ? ENS_OK : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the configuration", 0);
}

static ens_code check_config(const ens_point_config *c, ens_slice file, ens_err *err)
{
    char words[ENS_ERR_TEXT];
    const char *key = NULL, *what = fault_of(c, &key);
    if (!what)
        return ENS_OK;
    if (!ens__yaml_place(file, key, words, sizeof words))
        return ens_fail(err, ENS_EPOLICY, RULE, what, 0);
    return ens_fail_about(err, ENS_EPOLICY, RULE, what, words);
}

/* put_text exchanges a text; false without memory. */
static bool put_text(char **to, const char *value)
{
    char *copy = value ? strdup(value) : NULL;
    if (!value)
        return true;
    if (copy) {
        free(*to);
        *to = copy;
    }
    return copy != NULL;
}

/* word_of finds the number that a word is stored with; 0: there is none. */
static int word_of(const cyaml_strval_t *words, size_t num, const char *word)
{
    for (size_t i = 0; i < num; i++)
        if (strcmp(words[i].str, word) == 0)
            return (int)words[i].val;
    return 0;
}

static ens_code override_word(const char *about, const char *word, const cyaml_strval_t *words, size_t num, int *to,
                              ens_err *err)
{
    int found = word ? word_of(words, num, word) : 0;
    if (word && !found)
        return ens_fail_about(err, ENS_EPOLICY, RULE, about, word);
    *to = found ? found : *to;
    return ENS_OK;
}

static bool override_listen(ens_point_config *c, const ens_config_overrides *o)
{
    static const char plain[] = "plain:";
    ens_config_listen *listen = o->num_listen ? calloc(o->num_listen, sizeof *listen) : NULL;
    if (!o->num_listen)
        return true;
    bool good = listen != NULL;
    for (size_t i = 0; good && i < o->num_listen; i++) {
        bool without = strncmp(o->listen[i], plain, sizeof plain - 1) == 0;
        listen[i].tls = !without;
        good = put_text(&listen[i].address, o->listen[i] + (without ? sizeof plain - 1 : 0));
    }
    ens_config_listen *gone = good ? c->listen : listen;
    for (size_t i = 0; gone && i < (good ? c->num_listen : o->num_listen); i++)
        free(gone[i].address);
    free(gone);
    if (good) {
        c->listen = listen;
        c->num_listen = (unsigned)o->num_listen;
    }
    return good;
}

/* override puts what is said beside the file in the place of what the file says; words are stored as by the file. */
static ens_code override(ens_point_config *c, const ens_config_overrides *o, ens_err *err)
{
    int log = (int)c->log, profile = (int)c->profile;
    if (o->num_listen > ENS_SERVER_LISTENERS_MAX)
        return ens_fail(err, ENS_EPOLICY, RULE, "there are too many addresses to listen at", 0);
    ens_code code = override_word("the level of the log is error, warn, info or debug, not", o->log, levels,
                                  CYAML_ARRAY_LEN(levels), &log, err);
    if (code == ENS_OK)
        code = override_word("the profile is strict or rehearsal, not", o->profile, profiles, CYAML_ARRAY_LEN(profiles),
                             &profile, err);
    c->log = (ens_log_level)log;
    c->profile = (ens_profile)profile;
    if (code == ENS_OK &&
        (!put_text(&c->store.path, o->store) || !put_text(&c->registry, o->registry) || !override_listen(c, o)))
        code = ens_fail(err, ENS_ENOMEM, RULE, "out of memory for the configuration", 0);
    return code;
}

static ens_code finish(ens_point_config *c, ens_slice yaml, const char *file, const ens_config_overrides *over,
                       ens_err *err)
{
    static const ens_config_overrides nothing;
    ens_code code = resolve_all(c, file, err);
    if (code == ENS_OK)
        code = override(c, over ? over : &nothing, err);
    set_defaults(c);
    return code == ENS_OK ? check_config(c, yaml, err) : code;
}

ens_code ens__config_parse(ens_slice yaml, const char *file, const ens_config_overrides *over, ens_point_config **out,
                           ens_err *err)
{
    void *read = NULL;
    ens_code code = ens__yaml_load(yaml, &schema, RULE, &read, err);
    if (code != ENS_OK)
        return code;
    ens_point_config *c = read;
    code = finish(c, yaml, file, over, err);
    if (code == ENS_OK)
        *out = c;
    else
        ens__config_free(c);
    return code;
}

ens_code ens__config_read(const char *file, const ens_config_overrides *over, ens_point_config **out, ens_err *err)
{
    ens_file f = {0};
    ens_code code = ens__file_open(file, ENS_CONFIG_FILE_MAX, &f, err);
    if (code != ENS_OK)
        return code;
    code = ens__config_parse(f.bytes, file, over, out, err);
    ens__file_close(&f);
    return code;
}
