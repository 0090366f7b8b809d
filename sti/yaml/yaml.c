#include "sti/yaml/yaml.h"

#include <stdio.h>
#include <yaml.h>

#define SAID_MAX 1024u

/* What libcyaml says on its way. */
typedef struct {
    char words[SAID_MAX];
    size_t len;
} said;

static ENS_PRINTF(3, 0) void hear(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
    said *s = ctx;
    if (level < CYAML_LOG_ERROR || s->len + 1 >= sizeof s->words)
        return;
    int n = vsnprintf(s->words + s->len, sizeof s->words - s->len, format, args);
    s->len = n < 0 ? s->len : s->len + (size_t)n < sizeof s->words ? s->len + (size_t)n : sizeof s->words - 1;
}

static cyaml_config_t reading(said *s)
{
    return (cyaml_config_t){
        .log_fn = hear, .log_ctx = s, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR, .flags = CYAML_CFG_NO_ALIAS};
}

/* A place in the file, counted from 1; 0: not known. */
typedef struct {
    unsigned long line, column;
} place;

/* place_said takes the first place that libcyaml named: of an unknown key it is that of the value before it. */
static place place_said(const said *s)
{
    place p = {0, 0};
    const char *at = strstr(s->words, "(line: ");
    if (at && sscanf(at, "(line: %lu, column: %lu)", &p.line, &p.column) != 2)
        p = (place){0, 0};
    return p;
}

/* is_key keeps count of where a mapping's keys stand, by the events of the file: depth holds for each open collection
 * whether a key comes next (1), a value (2), or whether it is a sequence (0). */
#define DEPTH_MAX 16u
static bool is_key(uint8_t depth[DEPTH_MAX], unsigned *num, const yaml_event_t *e)
{
    uint8_t *top = *num ? &depth[*num - 1] : NULL;
    bool opens = e->type == YAML_MAPPING_START_EVENT || e->type == YAML_SEQUENCE_START_EVENT;
    bool key = e->type == YAML_SCALAR_EVENT && top && *top == 1;
    if (top && *top && (opens || e->type == YAML_SCALAR_EVENT))
        *top = *top == 1 ? 2 : 1;
    if (opens && *num < DEPTH_MAX)
        depth[(*num)++] = e->type == YAML_MAPPING_START_EVENT;
    if ((e->type == YAML_MAPPING_END_EVENT || e->type == YAML_SEQUENCE_END_EVENT) && *num)
        --*num;
    return key;
}

/* find_key is where a key of that name stands, at or behind a line. */
static place find_key(ens_slice file, const char *name, unsigned long from)
{
    yaml_parser_t parser;
    yaml_event_t e;
    uint8_t depth[DEPTH_MAX];
    unsigned num = 0;
    place found = {0, 0};
    if (!yaml_parser_initialize(&parser))
        return found;
    yaml_parser_set_input_string(&parser, file.p, file.len);
    for (bool more = true; more && !found.line && yaml_parser_parse(&parser, &e); yaml_event_delete(&e)) {
        more = e.type != YAML_STREAM_END_EVENT;
        if (is_key(depth, &num, &e) && e.start_mark.line + 1 >= from &&
            strcmp((const char *)e.data.scalar.value, name) == 0)
            found = (place){e.start_mark.line + 1, e.start_mark.column + 1};
    }
    yaml_parser_delete(&parser);
    return found;
}

/* refuse says what libcyaml said, with the place in front. */
static ens_code refuse(const said *s, ens_slice file, const char *rule, cyaml_err_t result, ens_err *err)
{
    static const char unexpected[] = "Unexpected key: ";
    char words[ENS_ERR_TEXT], what[ENS_ERR_TEXT / 2];
    place at = place_said(s);
    const char *said_what = strncmp(s->words, "Load: ", 6) == 0 ? s->words + 6 : s->words;
    snprintf(what, sizeof what, "%.*s", (int)strcspn(said_what, "\n"), said_what);
    if (strncmp(what, unexpected, sizeof unexpected - 1) == 0) {
        place key = find_key(file, what + sizeof unexpected - 1, at.line);
        at = key.line ? key : at;
    }
    if (at.line)
        snprintf(words, sizeof words, "line %lu, column %lu: %s", at.line, at.column, what);
    else
        snprintf(words, sizeof words, "%s", what);
    return ens_fail_about(err, ENS_ESYNTAX, rule, cyaml_strerror(result), words);
}

bool ens__yaml_place(ens_slice yaml, const char *key, char *out, size_t size)
{
    place at = find_key(yaml, key, 0);
    if (at.line)
        snprintf(out, size, "line %lu, column %lu", at.line, at.column);
    return at.line != 0;
}

ens_code ens__yaml_load(ens_slice yaml, const cyaml_schema_value_t *schema, const char *rule, void **out, ens_err *err)
{
    said s = {0};
    cyaml_config_t how = reading(&s);
    cyaml_data_t *read = NULL;
    cyaml_err_t result = cyaml_load_data(yaml.p, yaml.len, &how, schema, &read, NULL);
    if (result != CYAML_OK)
        return refuse(&s, yaml, rule, result, err);
    if (!read)
        return ens_fail(err, ENS_ESYNTAX, rule, "the file says nothing", 0);
    *out = read;
    return ENS_OK;
}

void ens__yaml_free(const cyaml_schema_value_t *schema, void *read)
{
    said s = {0};
    cyaml_config_t how = reading(&s);
    if (read)
        cyaml_free(&how, schema, read, 0);
}
