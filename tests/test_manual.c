/* Every command has its man page with all sections, completion knows it, and options are read as getopt_long reads
 * them, but that nothing is abbreviated. */
#include "tests/cli/run.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)1 << 18)

/* output_of runs a line of the shell and keeps what it prints (static storage); NULL when it fails. */
static const char *output_of(const char *line)
{
    static char text[TEXT_MAX];
    FILE *pipe = popen(line, "r");
    size_t num = pipe ? fread(text, 1, sizeof text - 1, pipe) : 0;
    text[num] = '\0';
    return pipe && pclose(pipe) == 0 ? text : NULL;
}

static const char *read_text(const char *path)
{
    static char text[TEXT_MAX];
    FILE *f = fopen(path, "r");
    size_t num = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[num] = '\0';
    if (f)
        fclose(f);
    return f ? text : NULL;
}

/* The names of all commands, with dashes for blanks. */
static char names[4096];

static bool read_names(void)
{
    const run_result *r = run_ensign("help --names");
    CU_ASSERT_EQUAL(r->status, 0);
    snprintf(names, sizeof names, "%.*s", (int)sizeof names - 1, r->out);
    for (char *blank = names; (blank = strchr(blank, ' ')); blank++)
        *blank = '-';
    return names[0] != '\0';
}

static void check_page(const char *folder, const char *name)
{
    static const char *const sections[] = {".SH NAME",  ".SH SYNOPSIS",    ".SH DESCRIPTION", ".SH EXAMPLES",
                                           ".SH FILES", ".SH ENVIRONMENT", ".SH EXIT STATUS", ".SH SEE ALSO"};
    char path[512];
    snprintf(path, sizeof path, "%s/man1/ensign%s%s.1", folder, name[0] ? "-" : "", name);
    const char *text = read_text(path);
    CHECK_ROW(text != NULL, "there is no %s: docs/man says what the page of a command needs", path);
    for (size_t i = 0; text && i < sizeof sections / sizeof *sections; i++) {
        const char *at = strstr(text, sections[i]);
        CHECK_ROW(at && strstr(at + 1, "\n"), "%s has no section %s", path, sections[i] + 4);
    }
    char line[1200];
    snprintf(line, sizeof line, "! command -v groff >/dev/null || groff -man -k -Tutf8 -ww -z '%s' 2>&1", path);
    const char *said = output_of(line);
    CHECK_ROW(said && !said[0], "groff: %s", said ? said : path);
}

static void man_pages(void)
{
    char folder[512];
    snprintf(folder, sizeof folder, "%.*s/man", (int)(strrchr(ENSIGN_COMMAND, '/') - ENSIGN_COMMAND), ENSIGN_COMMAND);
    if (!read_names())
        return;
    check_page(folder, "");
    check_page(folder, "bench");
    unsigned num = 0;
    for (char *rest = names, *name; (name = strtok_r(rest, "\n", &rest)); num++)
        check_page(folder, name);
    CHECK_ROW(num >= 25, "only %u commands", num);
    char path[600];
    snprintf(path, sizeof path, "%s/man3/ens_verify.3", folder);
    const char *text = read_text(path);
    CU_ASSERT(text && strstr(text, "man3/ensign_verify.3"));
}

/* What is offered for the last word. */
static const struct {
    const char *words, *offered;
} completions[] = {
    {"ensign journ", "journal"},
    {"ensign help rec", "receipt"},
    {"ensign journal ", "list"},
    {"ensign verify --payl", "--payloads"},
    {"ensign verify --as ", "trader"},
    {"ensign verify --engine = ref", "reference"},
    {"ensign cert check --format h", "html"},
    {"ensign seal --signal pu", "pull"},
    {"ensign explain --", "--json"},
    {"ensign verify CONTRIB", "CONTRIBUTING.md"},
};

static void completion(void)
{
    for (size_t i = 0; i < sizeof completions / sizeof *completions; i++) {
        char line[2048];
        snprintf(line, sizeof line,
                 "cd '%s' && bash -c 'PATH=%.*s:$PATH; . docs/completion/ensign.bash; set -f; words=\"%s\"; "
                 "COMP_WORDS=($words); case $words in *\" \") COMP_WORDS+=(\"\") ;; esac; "
                 "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ensign; printf \"%%s\\n\" \"${COMPREPLY[@]}\"'",
                 ENSIGN_SOURCE, (int)(strrchr(ENSIGN_COMMAND, '/') - ENSIGN_COMMAND), ENSIGN_COMMAND,
                 completions[i].words);
        const char *said = output_of(line);
        CHECK_ROW(said && strstr(said, completions[i].offered), "%s: %s is not offered, but %s", completions[i].words,
                  completions[i].offered, said ? said : "nothing");
    }
}

/* A message that isn't there: what the options do is told by the message that is about them, or about the file. */
static const struct {
    const char *words, *said;
} habits[] = {
    {"verify -qv /nonexistent", "/nonexistent"},
    {"verify -qz /nonexistent", "no option -z in -qz"},
    {"verify --quiet=1 /nonexistent", "--quiet takes no value"},
    {"verify --trust=/none /nonexistent", "/none"},
    {"verify --payl=x /nonexistent", "write --payloads in full"},
    {"verify --re /nonexistent", "no option --re\n"},
    {"verify /nonexistent --threads", "--threads wants a value: N"},
    {"verify --as sti --as trader /nonexistent", "--as is given twice"},
    {"verify -- -qv", "-qv"},
    {"seal -o/dev/null --no", "no option --no"},
    {"ens new -o", "wants a value"},
};

static void options_are_read(void)
{
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++) {
        const run_result *r = run_ensign("%s", habits[i].words);
        CHECK_ROW(r->status == 2 && (strstr(r->err, habits[i].said) || strstr(r->out, habits[i].said)),
                  "%s: %d, %.300s", habits[i].words, r->status, r->err);
    }
}

static const ens_case cases[] = {
    {"every command has a man page with all its sections", man_pages},
    {"completion offers commands, options and values", completion},
    {"options are read as getopt_long reads them, without abbreviations", options_are_read},
    {NULL, NULL},
};
ENS_SUITE("docs/manual", cases)
