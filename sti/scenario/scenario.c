#include "sti/scenario/scenario.h"

#include "engine/base/file.h"
#include "sti/clock/clock.h"
#include "sti/yaml/yaml.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign scenarios"
#define TEXT_MAX 512
#define PLACES_MAX 8
#define DELAY_MAX_S 3600

typedef struct {
    char *path, *value;
} place_rule;

typedef struct {
    int order; /* the order's number and one */
    char *after, *text;
    ens_time delay;
} then_rule;

typedef struct {
    char *scene, *action, *party, *lrn;
    place_rule *document;
    unsigned num_document;
    int answer; /* the answer's number and one; 0: it is judged */
    char *code, *text, *pointer, *delay, *next;
    then_rule *then;
    unsigned num_then;
    unsigned after_ms;
} rule;

typedef struct {
    char *name;
    rule *rules;
    unsigned num_rules;
} scenario;

struct ens_scenarios {
    scenario *scenarios;
    unsigned num_scenarios;
};

/* -- The file ----------------------------------------------------------------------------------------------------- */

static const cyaml_strval_t answers[] = {{"judge", ENS_CUE_JUDGE + 1},
                                         {"IE3N99", ENS_CUE_FORM + 1},
                                         {"IE3N01", ENS_CUE_LIFE + 1},
                                         {"none", ENS_CUE_SILENT + 1}};
static const cyaml_strval_t orders[] = {{"ask-information", ENS_ORDER_ASK_INFORMATION + 1},
                                        {"ask-amendment", ENS_ORDER_ASK_AMENDMENT + 1},
                                        {"ask-screening", ENS_ORDER_ASK_SCREENING + 1},
                                        {"do-not-load", ENS_ORDER_DO_NOT_LOAD + 1},
                                        {"complete", ENS_ORDER_COMPLETE + 1},
                                        {"start", ENS_ORDER_START + 1},
                                        {"relate", ENS_ORDER_RELATE + 1},
                                        {"control", ENS_ORDER_CONTROL + 1},
                                        {"announce", ENS_ORDER_ANNOUNCE + 1},
                                        {"present", ENS_ORDER_PRESENT + 1},
                                        {"tell-incomplete", ENS_ORDER_TELL_INCOMPLETE + 1}};

#define OPTIONAL(key, type, member, max)                                                                               \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, max)
#define MANY(key, flags, type, member, count, value, max)                                                              \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | (flags), type, member, count, value, 1, max)

static const cyaml_schema_field_t place_fields[] = {
    CYAML_FIELD_STRING_PTR("path", CYAML_FLAG_POINTER, place_rule, path, 1, TEXT_MAX),
    OPTIONAL("value", place_rule, value, TEXT_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t place_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, place_rule, place_fields)};
static const cyaml_schema_field_t then_fields[] = {
    CYAML_FIELD_ENUM("order", CYAML_FLAG_STRICT, then_rule, order, orders, CYAML_ARRAY_LEN(orders)),
    OPTIONAL("after", then_rule, after, 32),
    OPTIONAL("text", then_rule, text, (int)ENS_ORDER_TEXT),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t then_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, then_rule, then_fields)};
static const cyaml_schema_field_t rule_fields[] = {
    OPTIONAL("scene", rule, scene, ENS_FILING_NAME - 1),
    OPTIONAL("action", rule, action, 32),
    OPTIONAL("party", rule, party, 128),
    OPTIONAL("lrn", rule, lrn, 128),
    MANY("document", CYAML_FLAG_OPTIONAL, rule, document, num_document, &place_value, PLACES_MAX),
    CYAML_FIELD_ENUM("answer", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, rule, answer, answers,
                     CYAML_ARRAY_LEN(answers)),
    OPTIONAL("code", rule, code, 8),
    OPTIONAL("text", rule, text, TEXT_MAX),
    OPTIONAL("pointer", rule, pointer, TEXT_MAX),
    OPTIONAL("delay", rule, delay, 32),
    MANY("then", CYAML_FLAG_OPTIONAL, rule, then, num_then, &then_value, ENS_CUE_ACTS),
    OPTIONAL("next", rule, next, ENS_FILING_NAME - 1),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t rule_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, rule, rule_fields)};
static const cyaml_schema_field_t scenario_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, scenario, name, 1, ENS_FILING_NAME - 1),
    MANY("rules", CYAML_FLAG_DEFAULT, scenario, rules, num_rules, &rule_value, ENS_SCENARIO_RULES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t scenario_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, scenario, scenario_fields)};
static const cyaml_schema_field_t fields[] = {
    MANY("scenarios", CYAML_FLAG_DEFAULT, ens_scenarios, scenarios, num_scenarios, &scenario_value, ENS_SCENARIOS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, ens_scenarios, fields)};

/* -- What the tables can't judge ---------------------------------------------------------------------------------- */

static bool read_delay(const char *text, int64_t most_s, int64_t *out_ms)
{
    *out_ms = 0;
    return !text || (ens__duration_read(ens_str(text), out_ms) && (!most_s || *out_ms <= most_s * 1000));
}

/* fault_of says what is wrong with a rule; NULL: nothing. It reads the delays. */
static const char *fault_of(rule *r)
{
    int64_t ms;
    bool refuses = r->answer == ENS_CUE_FORM + 1 || r->answer == ENS_CUE_LIFE + 1;
    if (!read_delay(r->delay, DELAY_MAX_S, &ms))
        return "delay is a duration of no more than an hour, like 5s";
    r->after_ms = (unsigned)ms;
    for (unsigned i = 0; i < r->num_then; i++) {
        if (!read_delay(r->then[i].after, 0, &ms))
            return "after is a duration, like 10m or P1D";
        r->then[i].delay = (ens_time)(ms / 1000);
    }
    if (!refuses && (r->code || r->text || r->pointer))
        return "code, text and pointer belong to the answers IE3N99 and IE3N01";
    if (refuses && r->num_then)
        return "what is refused leads to nothing: then belongs to what is judged";
    return NULL;
}

static ens_code check_all(const ens_scenarios *s, ens_err *err)
{
    char words[128];
    for (unsigned i = 0; i < s->num_scenarios; i++)
        for (unsigned k = 0; k < s->scenarios[i].num_rules; k++) {
            const char *what = fault_of(&s->scenarios[i].rules[k]);
            snprintf(words, sizeof words, "%s, rule %u", s->scenarios[i].name, k + 1);
            if (what)
                return ens_fail_about(err, ENS_EPOLICY, RULE, what, words);
        }
    return ENS_OK;
}

void ens__scenarios_free(ens_scenarios *s)
{
    ens__yaml_free(&schema, s);
}

ens_code ens__scenarios_parse(ens_slice yaml, ens_scenarios **out, ens_err *err)
{
    void *read = NULL;
    ens_code code = ens__yaml_load(yaml, &schema, RULE, &read, err);
    if (code != ENS_OK)
        return code;
    code = check_all(read, err);
    if (code == ENS_OK)
        *out = read;
    else
        ens__scenarios_free(read);
    return code;
}

ens_code ens__scenarios_read(const char *file, ens_scenarios **out, ens_err *err)
{
    ens_file f = {0};
    ens_code code = ens__file_open(file, ENS_SCENARIO_FILE_MAX, &f, err);
    if (code != ENS_OK)
        return code;
    code = ens__scenarios_parse(f.bytes, out, err);
    ens__file_close(&f);
    return code == ENS_OK ? ENS_OK : ens_within(err, code, file);
}

/* -- Which rule fits ---------------------------------------------------------------------------------------------- */

/* has_place looks below a node for the rest of a path, whose last element has a text that fits. */
static bool has_place(const ens_doc *doc, uint32_t node, ens_slice path, const char *value)
{
    size_t slash = ens__find(path, ENS_LIT("/"), 0);
    ens_slice rest = slash != SIZE_MAX ? ens_from(path, slash + 1) : (ens_slice){0};
    uint16_t name = ens__tables_name(doc->tables, ens_sub(path, 0, slash == SIZE_MAX ? path.len : slash), NULL);
    uint32_t child = name ? ens__doc_child(doc, node, name) : 0;
    for (; child; child = ens__doc_next(doc, child))
        if (rest.len ? has_place(doc, child, rest, value) : ens__pattern_fits(value, ens__doc_date(doc, child)))
            return true;
    return false;
}

static bool fits(const rule *r, const char *scene, const ens__cue_question *q)
{
    ens_slice lrn = q->filing ? ens_str(q->filing->lrn) : ens__doc_value(q->document, ENS_DOC_ROOT, ENS_EL_LRN);
    bool good = strcmp(r->scene ? r->scene : ENS_SCENARIO_START, scene) == 0 &&
                ens__pattern_fits(r->action, q->action) && ens__pattern_fits(r->party, q->party) &&
                ens__pattern_fits(r->lrn, lrn);
    for (unsigned i = 0; i < r->num_document && good; i++) {
        ens_slice path = ens_str(r->document[i].path);
        while (path.len && path.p[0] == '/')
            path = ens_from(path, 1);
        good = path.len && has_place(q->document, ENS_DOC_ROOT, path, r->document[i].value);
    }
    return good;
}

static void give(const scenario *s, const rule *r, ens_cue *out)
{
    *out = (ens_cue){.answer = r->answer ? (ens_cue_answer)(r->answer - 1) : ENS_CUE_JUDGE,
                     .code = r->code,
                     .text = r->text,
                     .pointer = r->pointer,
                     .after_ms = r->after_ms,
                     .num_acts = r->num_then,
                     .scenario = s->name,
                     .scene = r->next    ? r->next
                              : r->scene ? r->scene
                                         : ENS_SCENARIO_START};
    for (unsigned i = 0; i < r->num_then && i < ENS_CUE_ACTS; i++)
        out->act[i] = (ens_cue_act){(ens_order_kind)(r->then[i].order - 1), r->then[i].delay, r->then[i].text};
}

/* A filing stays in the scenario that it is in; others look at all of them. */
bool ens__scenarios_cue(const ens_scenarios *s, const ens__cue_question *q, ens_cue *out)
{
    bool inside = q->filing && q->filing->scenario[0];
    for (unsigned i = 0; s && i < s->num_scenarios; i++) {
        const scenario *sc = &s->scenarios[i];
        if (inside && strcmp(sc->name, q->filing->scenario) != 0)
            continue;
        for (unsigned k = 0; k < sc->num_rules; k++)
            if (fits(&sc->rules[k], inside ? q->filing->scene : ENS_SCENARIO_START, q)) {
                give(sc, &sc->rules[k], out);
                return true;
            }
    }
    return false;
}
