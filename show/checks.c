#include "show/checks.h"

#include "as4/explain.h"

#include <ctype.h>
#include <stdio.h>

static const ens__check checks[] = {
#define CHECK(id, what, codes, rules) {id, what, codes, rules},
#include "show/checks.inc"
#undef CHECK
};
#define NUM_CHECKS (sizeof checks / sizeof *checks)

/* The families, in the order in which a message and then a certificate are judged. */
static const struct {
    const char *name, *words;
} families[] = {
    {"mime", "The package"},
    {"soap", "The envelope"},
    {"header", "The ebMS header, as its schema has it"},
    {"coverage", "What has to be signed is, once, by node, and nothing else"},
    {"algorithm", "Algorithms and transforms of the seal"},
    {"token", "The token: kind, order, completeness"},
    {"digest", "The digest of each reference"},
    {"signature", "The signature value"},
    {"chain", "The signer's path: dates, key usage, revocation"},
    {"binding", "EORI and certificate, by what the certificate proves"},
    {"registry", "EORI and certificate, as they are registered"},
    {"rules", "Parties, roles, service, action, agreement, properties, as ICS2 fixes them"},
    {"payload", "Parts, compression, the document's outline"},
    {"receipt", "What a receipt acknowledges"},
    {"ens", "The business document, by the message tables"},
    {"acceptance", "Whether the pre-flight would take the signer"},
    {"lists", "State and age of the trusted lists that were used"},
    {"engine", "The two engines"},
    {"profile", "The form of a seal certificate"},
    {"revocation", "Revocation"},
    {"qualification", "Qualification by the trusted lists, and by whose list ICS2 takes the CA"},
    {"crypto", "Keys and algorithms, and until when they hold"},
    {"key", "The private key"},
    {"eori", "The EORI itself"},
    {"tls", "The certificate that an access point shows to TLS"},
    {"request", "A certificate request"},
    {"account", "The account of a person, rehearsed"},
    {"company", "Its link to a company"},
    {"rights", "The request for rights in UUM&DS"},
    {"landing", "The landing page of UUM&DS"},
    {"registration", "The registration of a certificate, rehearsed"},
    {"pdf", "The signed registration PDF"},
    {"task", "The tasks that a provider posts"},
};
#define NUM_FAMILIES (sizeof families / sizeof *families)

const ens__check *ens__check_get(size_t i)
{
    return i < NUM_CHECKS ? &checks[i] : NULL;
}

const ens__check *ens__check_find(const char *id, ens__check *out)
{
    for (size_t i = 0; i < NUM_CHECKS; i++)
        if (strcmp(checks[i].id, id) == 0)
            return &checks[i];
    ens__rule_words rule;
    for (size_t i = 0; ens__rule_get(i, &rule); i++) {
        if (strcmp(rule.check, id) != 0 && strcmp(rule.id, id) != 0)
            continue;
        *out = (ens__check){rule.check, rule.says, NULL, rule.id};
        return out;
    }
    return NULL;
}

const char *ens__check_codes(const ens__check *check, char out[32])
{
    const char *code, *subcode;
    if (check->codes)
        return check->codes;
    if (strncmp(check->id, "ens.", 4) == 0)
        return "IE3N99";
    if (!ens__family_code(check->id, &code, &subcode) || !code)
        return "";
    snprintf(out, 32, "%s%s%s", code, subcode ? " " : "", subcode ? subcode : "");
    return out;
}

static bool is_in(const char *family, const char *id)
{
    size_t len = strlen(family);
    return strncmp(id, family, len) == 0 && id[len] == '.';
}

/* put_cell writes text into a cell of a table: a bar would end it. */
static void put_cell(ens_buf *out, const char *text)
{
    for (; *text; text++)
        ens_buf_printf(out, "%s%c", *text == '|' ? "\\" : "", *text);
}

/* put_rules writes the rules of a check, each citation once. */
static void put_rules(ens_buf *out, const char *rules)
{
    for (const char *bar; (bar = strstr(rules, " | ")); rules = bar + 3)
        ens_buf_printf(out, "%.*s; or ", (int)(bar - rules), rules);
    ens_buf_text(out, rules);
}

static void put_check(ens_buf *out, const ens__check *check)
{
    char storage[32];
    ens_buf_printf(out, "| `%s` | ", check->id);
    put_cell(out, check->what);
    ens_buf_printf(out, " | %s | ", ens__check_codes(check, storage));
    put_rules(out, check->rules);
    ens_buf_text(out, " |\n");
}

static void put_table_rules(ens_buf *out)
{
    ens_buf_text(out,
                 "\nRules and conditions of the tables, each by its own id:\n\n| id | what it asks for | rests on |\n"
                 "|---|---|---|\n");
    ens__rule_words rule;
    for (size_t i = 0; ens__rule_get(i, &rule); i++) {
        ens_buf_printf(out, "| `%s` | ", rule.check);
        put_cell(out, rule.says);
        ens_buf_printf(out, " | %s |\n", ens_basis_name(rule.basis));
    }
}

void ens__checks_markdown(ens_buf *out)
{
    ens_buf_text(
        out, "# Checks\n\n"
             "Every check that a report can hold, by its id (the member `id` of `checks` in JSON), with the code that "
             "a refusal gets and the rule that it rests on. `ensign explain ID` says the same. This page is made "
             "from the program's tables by `ensign explain --markdown checks`.\n\n"
             "A finding tells besides what was seen (`detail`), what to do (`hint`), and what it rests on (`basis`): "
             "`icd`, the interface control document of ICS2; `standard`, a published standard; `table`, the message "
             "tables; `seen`, refusals of the real system that were seen; `assumed`, a reading of ours.\n");
    for (size_t f = 0; f < NUM_FAMILIES; f++) {
        ens_buf_printf(out,
                       "\n## %s\n\n%s.\n\n| id | what holds where it passes | refused with | rule |\n"
                       "|---|---|---|---|\n",
                       families[f].name, families[f].words);
        for (size_t i = 0; i < NUM_CHECKS; i++)
            if (is_in(families[f].name, checks[i].id))
                put_check(out, &checks[i]);
        if (strcmp(families[f].name, "ens") == 0)
            put_table_rules(out);
    }
}

/* answers_with tells whether a check's refusals get a code with a sub-code, or without one. */
static bool answers_with(const ens__check *check, const char *code, const char *subcode)
{
    char storage[32], wanted[32];
    snprintf(wanted, sizeof wanted, "%s%s%s", code, subcode ? " " : "", subcode ? subcode : "");
    const char *codes = ens__check_codes(check, storage);
    for (const char *at = codes; (at = strstr(at, wanted)); at++) {
        const char *behind = at + strlen(wanted);
        if ((!*behind || *behind == ' ') && (subcode || strncmp(behind, " A", 2) != 0))
            return true;
    }
    return false;
}

static void put_anchor(ens_buf *out, const ens_explanation *x)
{
    for (const char *c = x->code; *c; c++)
        if (isalnum((unsigned char)*c))
            ens_buf_printf(out, "%c", tolower((unsigned char)*c));
    if (x->subcode)
        ens_buf_printf(out, "-a%s", x->subcode + 1);
}

static void put_causes(ens_buf *out, const ens_explanation *x)
{
    unsigned num = 0;
    for (size_t i = 0; i < NUM_CHECKS; i++) {
        if (!answers_with(&checks[i], x->code, x->subcode))
            continue;
        if (!num++)
            ens_buf_text(out, "\nChecks of Ensign that are answered with it (what has to hold):\n\n");
        ens_buf_printf(out, "- [`%s`](checks.md#%.*s): %s\n", checks[i].id, (int)strcspn(checks[i].id, "."),
                       checks[i].id, checks[i].what);
    }
}

static void put_code(ens_buf *out, const ens_explanation *x)
{
    ens_buf_printf(out, "\n## %s%s%s\n\n%s: %s\n\n**Do**: %s.\n", x->code, x->subcode ? " " : "",
                   x->subcode ? x->subcode : "", x->name, x->meaning, x->hint);
    if (x->domibus)
        ens_buf_printf(out, "\n**From a Domibus**: %s\n", x->domibus);
    put_causes(out, x);
}

void ens__codes_markdown(ens_buf *out)
{
    const ens_explanation *x;
    ens_buf_text(out,
                 "# Codes\n\n"
                 "What came back, what it means, what to do. `ensign explain EBMS:0004 A001` says the same; `ensign "
                 "verify` of the message that was refused finds which check it was, and `ensign verify` of the answer "
                 "tells its errors one by one. This page is made from the program's tables by `ensign explain "
                 "--markdown codes`.\n\n| code | name | what to do |\n|---|---|---|\n");
    for (size_t i = 0; (x = ens_explain_get(i)); i++) {
        ens_buf_printf(out, "| [%s%s%s](#", x->code, x->subcode ? " " : "", x->subcode ? x->subcode : "");
        put_anchor(out, x);
        ens_buf_printf(out, ") | %s | ", x->name);
        put_cell(out, x->hint);
        ens_buf_text(out, " |\n");
    }
    for (size_t i = 0; (x = ens_explain_get(i)); i++)
        put_code(out, x);
}
