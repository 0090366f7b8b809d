#include "cli/worker.h"

#include "cli/inputs.h"
#include "show/output.h"

#include <pthread.h>
#include <stdlib.h>

#define KEPT 16u          /* settings that stay open */
#define RENEWED_AFTER 300 /* seconds: lists and revocation lists in files may have been renewed */
#define OPTIONS_MAX 48u
#define WHY_MAX ((size_t)16 << 10)

struct ens_worker_settings {
    const json_t *defaults;
    pthread_mutex_t lock;
    ens_worker_setting *item[KEPT];
    size_t num;
};

/* Members of a request that are no options. */
static bool is_frame(const char *name)
{
    static const char *const names[] = {"id", "op", "file", "bytes"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static size_t options_of(ens_worker_setting *s, const char *op, ens_option table[OPTIONS_MAX])
{
    size_t num = 0;
    const ens_option judged[] = {ENS_JUDGE_TRUST(s->judge_options), ENS_JUDGE_ONLINE(s->judge_options)};
    const ens_option messages[] = {ENS_JUDGE_MESSAGES(s->judge_options)};
    const ens_option certificates[] = {
        {"eori", 0, "EORI", "", NULL, &s->eori, NULL},
        {"key", 0, "KEY", "", NULL, &s->cert_key, NULL},
        {"pass-file", 0, "FILE", "", NULL, &s->pass_file, NULL},
        {"national", 0, "PEM", "", NULL, &s->national_path, NULL},
        {"member-state", 0, "CC", "", NULL, &s->member_state, NULL},
    };
    const ens_option sealing[] = {
        {"key", 0, "KEY", "", NULL, &s->seal_files.key, NULL},
        {"cert", 0, "CHAIN", "", NULL, &s->seal_files.cert, NULL},
        {"pass-file", 0, "FILE", "", NULL, &s->seal_files.pass_file, NULL},
        {"domain", 0, "NAME", "", NULL, &s->seal_files.domain, NULL},
        {"force", 0, NULL, "", &s->parcel.force, NULL, NULL},
        {"from", 0, "PARTYID", "", NULL, &s->parcel.from, NULL},
        {"to", 0, "PARTYID", "", NULL, &s->parcel.to, NULL},
        {"action", 0, "ACTION", "", NULL, &s->parcel.action, NULL},
        {"agreement", 0, "V", "", NULL, &s->parcel.agreement, NULL},
        {"message-id", 0, "ID", "", NULL, &s->parcel.message_id, NULL},
        {"ref-to", 0, "ID", "", NULL, &s->parcel.ref_to, NULL},
        {"attach", 0, "FILE", "", NULL, NULL, &s->parcel.attach},
    };
    const ens_option receipts[] = {{"for", 0, "MESSAGE", "", NULL, &s->original, NULL}};
#define ADD(rows)                                                                                                      \
    for (size_t i = 0; i < sizeof(rows) / sizeof *(rows); i++)                                                         \
    table[num++] = (rows)[i]
    ADD(judged);
    if (strcmp(op, "seal") == 0) {
        ADD(sealing);
    } else if (strcmp(op, "cert-check") == 0) {
        ADD(certificates);
    } else {
        ADD(messages);
    }
    if (strcmp(op, "receipt-check") == 0) {
        ADD(receipts);
    }
#undef ADD
    return num;
}

static bool add_value(ens_values *list, const json_t *value)
{
    const char *text = json_string_value(value);
    const char **grown = text ? realloc(list->item, (list->num + 1) * sizeof *grown) : NULL;
    if (!grown)
        return false;
    list->item = grown;
    list->item[list->num++] = text;
    return true;
}

static bool set_list(ens_values *list, const json_t *value)
{
    if (!json_is_array(value))
        return add_value(list, value);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!add_value(list, json_array_get(value, i)))
            return false;
    return true;
}

/* set_option fits a member to its option: true or false, a text, or (where an option may stand several times) texts. */
static bool set_option(const ens_option *o, const json_t *value, ens_buf *why)
{
    bool good = o->flag   ? json_is_boolean(value)
                : o->list ? set_list(o->list, value)
                          : json_is_string(value) || json_is_null(value);
    if (!good)
        ens_buf_printf(why, "\"%s\" wants %s", o->name,
                       o->flag   ? "true or false"
                       : o->list ? "a text, or an array of texts"
                                 : "a text");
    else if (o->flag)
        *o->flag = json_is_true(value);
    else if (o->value)
        *o->value = json_string_value(value);
    return good;
}

static bool set_options(ens_worker_setting *s, const char *op, ens_buf *why)
{
    ens_option table[OPTIONS_MAX];
    size_t num = options_of(s, op, table);
    const char *name;
    json_t *value;
    json_object_foreach(s->options, name, value)
    {
        size_t i = 0;
        while (i < num && strcmp(table[i].name, name) != 0)
            i++;
        if (i == num) {
            ens_buf_printf(why, "%s has no option \"%s\" here", op, name);
            return false;
        }
        if (!set_option(&table[i], value, why))
            return false;
    }
    return true;
}

static bool load_national(ens_worker_setting *s, ens_err *err)
{
    if (!s->national_path)
        return true;
    s->national = ens_trust_new();
    return s->national && ens_trust_add(s->national, s->national_path, err) == ENS_OK &&
           ens_trust_add(s->judge.trust, s->national_path, err) == ENS_OK;
}

/* open_setting opens trust, registry, national list and key; what the command would say of it on stderr goes to why. */
static bool open_setting(ens_worker_setting *s, const char *op, ens_buf *why)
{
    const ens_command command = {op, "", "", NULL, 0};
    int status;
    ens_err err = {0};
    s->to_seal = strcmp(op, "seal") == 0;
    ens__say_into(why);
    bool good = ens__judge_open(&command, &s->judge_options, &s->judge, &status);
    good = good && load_national(s, &err);
    good = good && (!s->cert_key || ens__keyring_open(s->cert_key, s->pass_file, &s->keys, &err) == ENS_OK);
    if (err.n)
        ens__say_error(op, NULL, &err);
    ens__say_into(NULL);
    if (good && (s->national_path != NULL) != (s->member_state != NULL)) {
        ens_buf_text(why, "a national list is one Member State's: \"national\" and \"member-state\"");
        good = false;
    }
    return good;
}

static void drop_setting(ens_worker_setting *s)
{
    if (!s)
        return;
    ens__judge_close(&s->judge);
    ens__judge_options_free(&s->judge_options);
    ens__values_free(&s->parcel.attach);
    ens_trust_free(s->national);
    ens_keyring_free(s->keys);
    json_decref(s->options);
    free(s->key);
    free(s);
}

/* options_in gives the options of a request over those of the command line; the caller owns them. */
static json_t *options_in(const json_t *defaults, const json_t *request)
{
    json_t *options = json_copy((json_t *)(uintptr_t)defaults);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)request, name, value)
    {
        if (!is_frame(name))
            json_object_set(options, name, value);
    }
    return options;
}

static ens_worker_setting *make_setting(json_t *options, const char *op, char *key, ens_buf *why)
{
    ens_worker_setting *s = calloc(1, sizeof *s);
    if (!s) {
        json_decref(options);
        free(key);
        return NULL;
    }
    s->options = options;
    s->key = key;
    s->opened = ens_time_now();
    if (set_options(s, op, why) && open_setting(s, op, why))
        return s;
    drop_setting(s);
    return NULL;
}

/* find_kept finds an open one that is fresh; a stale one that nobody uses is dropped on the way. */
static ens_worker_setting *find_kept(ens_worker_settings *all, const char *key)
{
    ens_time now = ens_time_now();
    for (size_t i = 0; i < all->num; i++) {
        ens_worker_setting *s = all->item[i];
        if (strcmp(s->key, key) != 0)
            continue;
        if (now - s->opened < RENEWED_AFTER)
            return s;
        if (!s->users) {
            drop_setting(s);
            all->item[i] = all->item[--all->num];
            return NULL;
        }
    }
    return NULL;
}

static void keep_setting(ens_worker_settings *all, ens_worker_setting *s)
{
    for (size_t i = 0; all->num == KEPT && i < all->num; i++)
        if (!all->item[i]->users) {
            drop_setting(all->item[i]);
            all->item[i] = all->item[--all->num];
        }
    if (all->num < KEPT)
        all->item[all->num++] = s;
}

/* key_of is what the setting of a request goes by, from its options; NULL: no memory. The caller owns it. */
static char *key_of(const json_t *request, const json_t *options)
{
    const char *op = json_string_value(json_object_get(request, "op"));
    char *text = json_dumps(options, JSON_COMPACT | JSON_SORT_KEYS), *key = NULL;
    if (!text || asprintf(&key, "%s %s", op, text) < 0)
        key = NULL;
    free(text);
    return key;
}

bool ens__worker_setting_serves(const ens_worker_settings *all, const ens_worker_setting *s, const json_t *request)
{
    json_t *options = options_in(all->defaults, request);
    char *key = key_of(request, options);
    bool serves = key && strcmp(key, s->key) == 0;
    json_decref(options);
    free(key);
    return serves;
}

ens_worker_setting *ens__worker_setting_take(ens_worker_settings *all, const json_t *request, ens_buf *why)
{
    const char *op = json_string_value(json_object_get(request, "op"));
    json_t *options = options_in(all->defaults, request);
    char *key = key_of(request, options);
    if (!key) {
        json_decref(options);
        ens_buf_text(why, "out of memory");
        return NULL;
    }
    pthread_mutex_lock(&all->lock);
    ens_worker_setting *s = find_kept(all, key);
    if (s) {
        json_decref(options);
        free(key);
    } else {
        s = make_setting(options, op, key, why);
        if (s)
            keep_setting(all, s);
    }
    if (s)
        s->users++;
    pthread_mutex_unlock(&all->lock);
    return s;
}

/* is_kept: one that found no place is dropped by its last user. */
static bool is_kept(const ens_worker_settings *all, const ens_worker_setting *s)
{
    for (size_t i = 0; i < all->num; i++)
        if (all->item[i] == s)
            return true;
    return false;
}

void ens__worker_setting_give(ens_worker_settings *all, ens_worker_setting *s)
{
    pthread_mutex_lock(&all->lock);
    if (--s->users == 0 && !is_kept(all, s))
        drop_setting(s);
    pthread_mutex_unlock(&all->lock);
}

ens_worker_settings *ens__worker_settings_new(const json_t *defaults)
{
    ens_worker_settings *all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    all->defaults = defaults;
    pthread_mutex_init(&all->lock, NULL);
    return all;
}

void ens__worker_settings_free(ens_worker_settings *all)
{
    if (!all)
        return;
    for (size_t i = 0; i < all->num; i++)
        drop_setting(all->item[i]);
    pthread_mutex_destroy(&all->lock);
    free(all);
}
