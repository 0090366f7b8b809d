/* ensign explain: what the code of an answer means and what to try. */
#include "as4/explain.h"
#include "cli/command.h"
#include "engine/base/json.h"
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

static int explain_code(const ens_values *words, bool json)
{
    ens_slice subcode = words->num > 1 ? ens_str(words->item[1]) : (ens_slice){0};
    const ens_explanation *x = ens_explain(ens_str(words->item[0]), subcode);
    if (!x) {
        fprintf(stderr, "ensign explain: %s is no code of ICS2 or AS4; without a code, `ensign explain` lists them\n",
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
    const ens_option table[] = {{"json", 0, NULL, "one JSON object on a line", &json, NULL, NULL}};
    const ens_command command = {
        "explain", "[CODE [SUBCODE]] [--json]",
        "Says what a code of an error signal means, what to try, and what a Domibus was seen to mean by it.\n"
        "CODE as EBMS:0004 or 0004, IE3N99; SUBCODE as A001. Without a code the known ones are listed.",
        table, sizeof table / sizeof *table};
    ens_values words = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (ens__command_parse(&command, argc, argv, &words, &status)) {
        if (words.num > 2)
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
