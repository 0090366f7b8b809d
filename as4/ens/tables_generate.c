/* Prints the tables that are compiled in, as C, from the TSV files: run by the build.
 *
 *     ens-tables header|source MESSAGES CODELISTS RULES */
#include "as4/ens/tables_read.h"

#include <stdio.h>

/* Nothing is compiled in where the tables are made. */
const ens_tables ens__tables = {0};

static void print_head(void)
{
    printf("/* Made by the build from as4/ens/data: change those files. */\n");
}

static void print_enum(const ens_tables *t)
{
    printf(
        "\n/* The elements of the messages by name; ENS_EL_NONE is none of them. */\nenum {\n    ENS_EL_NONE = 0,\n");
    for (uint32_t i = 1; i < t->num_names; i++)
        if (t->name[i].of == i)
            printf("    ENS_EL_%s = %u,\n", t->text + t->name[i].text, i);
    printf("};\n\n/* The rules and conditions. */\nenum {\n    ENS_RULE_NONE = 0,\n");
    for (uint32_t i = 1; i < t->num_rules; i++)
        printf("    ENS_RULE_%s = %u,\n", t->rule[i].id, i);
    printf("    ENS_NUM_RULES = %u\n};\n\n/* The code lists. */\nenum {\n", t->num_rules);
    for (uint32_t i = 1; i < t->num_lists; i++)
        printf("    ENS_LIST_%s = %u,\n", t->text + t->list[i].text, i);
    printf("};\n");
}

static void print_text(const ens_tables *t)
{
    printf("static const char text[] =");
    for (uint32_t at = 0; at < t->text_len; at += (uint32_t)strlen(t->text + at) + 1)
        printf("\n    \"%s\\0\"", t->text + at);
    printf(";\n");
}

static void print_records(const ens_tables *t)
{
    printf("\nstatic const ens_table_name name[] = {\n");
    for (uint32_t i = 0; i < t->num_names; i++)
        printf("    {%u, %u, %u, %u, %u},\n", t->name[i].text, t->name[i].len, t->name[i].of, t->name[i].alias,
               t->name[i].message);
    printf("};\n\nstatic const ens_table_format format[] = {\n");
    for (uint32_t i = 0; i < t->num_formats; i++)
        printf("    {%u, %u, %u, %u, %u},\n", t->format[i].text, t->format[i].kind, t->format[i].decimals,
               t->format[i].min, t->format[i].max);
    printf("};\n\nstatic const ens_table_row row[] = {\n");
    for (uint32_t i = 0; i < t->num_rows; i++) {
        const ens_table_row *r = &t->row[i];
        printf("    {%u, %u, %u, %u, %u, %u, %u, %u, %u, %u, 0x%llxu},\n", r->name, r->min, r->max, r->below, r->judged,
               r->format, r->list, r->ordinal, r->num_children, r->flags, (unsigned long long)r->required);
    }
    printf("};\n\nstatic const ens_table_citation citation[] = {\n");
    for (uint32_t i = 0; i < t->num_citations; i++)
        printf("    {%u, %u},\n", t->citation[i].row, t->citation[i].rule);
    printf("};\n\nstatic const ens_table_message message[] = {\n");
    for (uint32_t i = 0; i < t->num_messages; i++)
        printf("    {%u, %u, {0x%llxu, 0x%llxu}},\n", t->message[i].text, t->message[i].row,
               (unsigned long long)t->message[i].cites[0], (unsigned long long)t->message[i].cites[1]);
    printf("};\n");
}

static void print_codes(const ens_tables *t)
{
    printf("\nstatic const ens_table_list list[] = {\n");
    for (uint32_t i = 0; i < t->num_lists; i++)
        printf("    {%u, %u, %u, false},\n", t->list[i].text, t->list[i].first, t->list[i].num);
    printf("};\n\nstatic const ens_table_code code[] = {\n");
    for (uint32_t i = 0; i < t->num_codes; i++)
        printf("    {%u, %u, %u, %u},\n", t->code[i].text, t->code[i].label, t->code[i].len, t->code[i].list);
    printf("};\n\nstatic const ens_rule rule[] = {\n    {0},\n");
    for (uint32_t i = 1; i < t->num_rules; i++)
        printf("    {\"%s\", \"%s\", \"%s\",\n     \"%s\", %s%s%s, %u},\n", t->rule[i].id, t->rule[i].check,
               t->rule[i].scope, t->rule[i].says, t->rule[i].code ? "\"" : "NULL",
               t->rule[i].code ? t->rule[i].code : "", t->rule[i].code ? "\"" : "", (unsigned)t->rule[i].basis);
    printf("};\n");
}

static void print_slots(const ens_tables *t)
{
    printf("\nstatic const uint16_t name_slot[] = {");
    for (uint32_t i = 0; i < t->num_name_slots; i++)
        printf("%s%u,", i % 16 ? " " : "\n    ", t->name_slot[i]);
    printf("\n};\n\nstatic const uint32_t code_slot[] = {");
    for (uint32_t i = 0; i < t->num_code_slots; i++)
        printf("%s%u,", i % 16 ? " " : "\n    ", t->code_slot[i]);
    printf("\n};\n");
}

static void print_tables(const ens_tables *t)
{
    printf("\nconst ens_tables ens__tables = {\n    .version = \"%s\",\n    .date = \"%s\",\n    .source = \"%s\",\n",
           t->version, t->date, t->source);
    printf("    .text = text,\n    .name = name,\n    .name_slot = name_slot,\n    .format = format,\n    .row = row,\n"
           "    .citation = citation,\n    .message = message,\n    .list = list,\n    .code = code,\n    .code_slot = "
           "code_slot,\n"
           "    .rule = rule,\n");
    printf("    .text_len = %u,\n    .num_names = %u,\n    .num_name_slots = %u,\n    .num_formats = %u,\n    "
           ".num_rows = %u,\n",
           t->text_len, t->num_names, t->num_name_slots, t->num_formats, t->num_rows);
    printf("    .num_citations = %u,\n    .num_messages = %u,\n    .num_lists = %u,\n    .num_codes = %u,\n    "
           ".num_code_slots = %u,\n"
           "    .num_rules = %u,\n};\n",
           t->num_citations, t->num_messages, t->num_lists, t->num_codes, t->num_code_slots, t->num_rules);
}

int main(int argc, char **argv)
{
    ens_err err = {0};
    ens_tables *t = NULL;
    char line[256];
    if (argc != 5)
        return 2;
    const char *const codelists[] = {argv[3]};
    const ens_table_files files = {.messages = argv[2], .codelists = codelists, .num_codelists = 1, .rules = argv[4]};
    if (ens__tables_make(&files, &t, &err) != ENS_OK) {
        fprintf(stderr, "ens-tables: %s\n", ens_err_format(&err, line, sizeof line));
        return 1;
    }
    print_head();
    if (strcmp(argv[1], "header") == 0) {
        printf("#ifndef ENS_AS4_ENS_NAMES_H\n#define ENS_AS4_ENS_NAMES_H\n");
        print_enum(t);
        printf("\n#endif\n");
    } else {
        printf("#include \"as4/ens/tables.h\"\n\n");
        print_text(t);
        print_records(t);
        print_codes(t);
        print_slots(t);
        print_tables(t);
    }
    ens_tables_free(t);
    return 0;
}
