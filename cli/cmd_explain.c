/* ensign explain: what the code of an answer means and what to try. */
#include "cli/command.h"
#include "engine/base/json.h"
#include "ensign/explain.h"
#include "show/checks.h"
#include "show/output.h"

#include <stdio.h>

static void print_row(const char *name, const char *text)
{
    if (!text)
        return;
    printf("  %-10s ", name);
    ens__print_behind(13, text);
}

static void print_explanation(const ens_explanation *x)
{
    printf("%s%s%s %s\n", x->code, x->subcode ? " " : "", x->subcode ? x->subcode : "", x->name);
    print_row("means", x->meaning);
    print_row("try", x->hint);
    print_row("Domibus", x->domibus);
}

static void put_explanation(const ens_explanation *x)
{
    ens_buf line;
    ens_buf_init(&line, NULL, 0, (size_t)1 << 16);
    ens_json json = {.out = &line}, *j = &json;
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "code", x->code);
    ens__json_text(j, "subcode", x->subcode);
    ens__json_text(j, "name", x->name);
    ens__json_text(j, "meaning", x->meaning);
    ens__json_text(j, "hint", x->hint);
    ens__json_text(j, "domibus", x->domibus);
    ens__json_close(j, '}');
    ens_buf_text(&line, "\n");
    ens__write_out(stdout, ens_buf_slice(&line));
    ens_buf_free(&line);
}

static void list_codes(void)
{
    const ens_explanation *x;
    for (size_t i = 0; (x = ens_explain_get(i)); i++)
        printf("%-10s %-5s %s\n", x->code, x->subcode ? x->subcode : "", x->name);
}

#define PAGE_MAX ((size_t)1 << 20)

/* explain_check says what a check asks for; false: the word is none's id. */
static bool explain_check(const char *id, bool json)
{
    ens__check made;
    const ens__check *c = ens__check_find(id, &made);
    char storage[32];
    if (!c)
        return false;
    const char *codes = ens__check_codes(c, storage);
    if (json) {
        ens_buf line;
        ens_json j = ens__json_on_stdout(&line);
        ens__json_open(&j, NULL, '{');
        ens__json_text(&j, "id", c->id);
        ens__json_text(&j, "meaning", c->what);
        ens__json_text(&j, "codes", codes[0] ? codes : NULL);
        ens__json_text(&j, "rules", c->rules);
        ens__json_close(&j, '}');
        return ens__json_print(&j);
    }
    printf("%s\n", c->id);
    print_row("holds", c->what);
    print_row("else", codes[0] ? codes : "a finding, and no code: nothing is sent about it");
    print_row("rule", c->rules);
    return true;
}

static int print_markdown(const ens_command *command, const char *page)
{
    ens_buf out;
    bool codes = strcmp(page, "codes") == 0;
    if (!codes && strcmp(page, "checks") != 0)
        return ens__command_usage(command, "--markdown is codes or checks");
    ens_buf_init(&out, NULL, 0, PAGE_MAX);
    (codes ? ens__codes_markdown : ens__checks_markdown)(&out);
    ens__write_out(stdout, ens_buf_slice(&out));
    ens_buf_free(&out);
    return ENS_EXIT_GOOD;
}

static int explain_code(const ens_values *words, bool json)
{
    ens_slice subcode = words->num > 1 ? ens_str(words->item[1]) : (ens_slice){0};
    const ens_explanation *x = ens_explain(ens_str(words->item[0]), subcode);
    if (!x && words->num == 1 && explain_check(words->item[0], json))
        return ENS_EXIT_GOOD;
    if (!x) {
        ens__say("ensign explain: %s is neither a code of ICS2 or AS4 nor a check; `ensign explain` lists the codes\n",
                 words->item[0]);
        return ENS_EXIT_UNKNOWN;
    }
    if (subcode.len && !x->subcode)
        fprintf(stderr, "ensign explain: %s has no sub-code %s; this is the code by itself\n", x->code, words->item[1]);
    if (json)
        put_explanation(x);
    else
        print_explanation(x);
    return ENS_EXIT_GOOD;
}

int ens__cmd_explain(int argc, char **argv)
{
    bool json = false;
    const char *page = NULL;
    const ens_option table[] = {
        {"json", 0, NULL, "one JSON object on a line", &json, NULL, NULL},
        {"markdown", 0, "codes|checks", "print docs/codes.md or docs/checks.md as they are made", NULL, &page, NULL},
    };
    const ens_command command = {
        "explain", "[CODE [SUBCODE] | CHECK] [--json]",
        "Says what a code of an error signal means, what to try, and what a Domibus was seen to mean by it.\n"
        "CODE as EBMS:0004 or 0004, IE3N99; SUBCODE as A001. CHECK is the id of a finding (coverage.body): what it\n"
        "asks for, the code of its refusal, its rule. Without anything the known codes are listed.",
        table, sizeof table / sizeof *table};
    ens_values words = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (ens__command_parse(&command, argc, argv, &words, &status)) {
        if (page)
            status = print_markdown(&command, page);
        else if (words.num > 2)
            status = ens__command_usage(&command, "one code, and its sub-code");
        else if (words.num)
            status = explain_code(&words, json);
        else {
            list_codes();
            status = ENS_EXIT_GOOD;
        }
    }
    ens__values_free(&words);
    return status;
}
