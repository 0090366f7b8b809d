#include "cli/command.h"

#include "engine/base/bytes.h"
#include "show/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define HELP_COLUMN 24

void ens__values_free(ens_values *values)
{
    free(values->item);
    *values = (ens_values){0};
}

static bool append_command(ens_values *values, const char *text)
{
    const char **grown = realloc(values->item, (values->num + 1) * sizeof *grown);
    if (!grown)
        return false;
    values->item = grown;
    values->item[values->num++] = text;
    return true;
}

int ens__command_run(const ens_command *command, int argc, char **argv,
                     int (*run)(const ens_command *command, void *options, const ens_values *operands), void *options)
{
    ens_values operands = {0};
    int status;
    if (ens__command_parse(command, argc, argv, &operands, &status))
        status = run(command, options, &operands);
    ens__values_free(&operands);
    for (size_t i = 0; i < command->num_options; i++)
        if (command->options[i].list)
            ens__values_free(command->options[i].list);
    return status;
}

/* program is what stands before the name of a sub-command: nothing where a program is one command. */
static const char *program(const ens_command *command)
{
    return strchr(command->name, '-') ? "" : "ensign ";
}

int ens__command_usage(const ens_command *command, const char *format, ...)
{
    char stored[512];
    ens_buf text;
    va_list args;
    ens_buf_init(&text, stored, sizeof stored, SIZE_MAX);
    va_start(args, format);
    ens_buf_vprintf(&text, format, args);
    va_end(args);
    ens__say("%s%s: %.*s\nusage: %s%s %s\n       %s%s --help\n", program(command), command->name, (int)text.len,
             (const char *)text.p, program(command), command->name, command->synopsis, program(command), command->name);
    ens_buf_free(&text);
    return ENS_EXIT_UNKNOWN;
}

static void print_option(const ens_option *o)
{
    char left[128];
    int n = snprintf(left, sizeof left, "  --%s%s%s", o->name, o->metavar ? " " : "", o->metavar ? o->metavar : "");
    if (o->letter)
        n = snprintf(left, sizeof left, "  -%c, --%s%s%s", o->letter, o->name, o->metavar ? " " : "",
                     o->metavar ? o->metavar : "");
    if (n > HELP_COLUMN - 2)
        printf("%s\n%*s%s%s\n", left, HELP_COLUMN, "", o->help, o->list ? " (may be given several times)" : "");
    else
        printf("%-*s%s%s\n", HELP_COLUMN, left, o->help, o->list ? " (may be given several times)" : "");
}

void ens__command_help(const ens_command *command)
{
    printf("usage: %s%s %s\n\n%s\n", program(command), command->name, command->synopsis, command->about);
    if (command->num_options)
        putchar('\n');
    for (size_t i = 0; i < command->num_options; i++)
        print_option(&command->options[i]);
}

static const ens_option *find_long(const ens_command *command, const char *name, size_t len)
{
    for (size_t i = 0; i < command->num_options; i++)
        if (strlen(command->options[i].name) == len && strncmp(command->options[i].name, name, len) == 0)
            return &command->options[i];
    return NULL;
}

static const ens_option *find_letter(const ens_command *command, char letter)
{
    for (size_t i = 0; i < command->num_options; i++)
        if (letter && command->options[i].letter == letter)
            return &command->options[i];
    return NULL;
}

/* store puts the option's value where it belongs; false with a message. */
static bool store(const ens_command *command, const ens_option *o, const char *value)
{
    if (o->flag)
        return *o->flag = true;
    if (o->list) {
        if (append_command(o->list, value))
            return true;
        ens__say("ensign %s: out of memory\n", command->name);
        return false;
    }
    if (*o->value && strcmp(*o->value, value) != 0 && o->metavar) {
        ens__command_usage(command, "--%s is given twice, with different values", o->name);
        return false;
    }
    *o->value = value;
    return true;
}

/* take_value stores the value that stands behind the option in the same word, or else is the next word. */
static bool take_value(const ens_command *command, const ens_option *o, const char *attached, int argc, char **argv,
                       int *i)
{
    if (!o->metavar && attached)
        return ens__command_usage(command, "--%s takes no value", o->name), false;
    if (o->metavar && !attached && *i + 1 >= argc)
        return ens__command_usage(command, "--%s wants a value: %s", o->name, o->metavar), false;
    if (o->metavar && !attached)
        attached = argv[++*i];
    return store(command, o, attached);
}

/* begun_by finds the one option whose name begins so: abbreviations are refused, and it is named. */
static const ens_option *begun_by(const ens_command *command, const char *name, size_t len)
{
    const ens_option *found = NULL;
    for (size_t i = 0; len && i < command->num_options; i++)
        if (strncmp(command->options[i].name, name, len) == 0) {
            if (found)
                return NULL;
            found = &command->options[i];
        }
    return found;
}

static bool take_long(const ens_command *command, int argc, char **argv, int *i)
{
    const char *text = argv[*i], *equals = strchr(text, '=');
    size_t len = equals ? (size_t)(equals - text - 2) : strlen(text + 2);
    const ens_option *o = find_long(command, text + 2, len);
    if (o)
        return take_value(command, o, equals ? equals + 1 : NULL, argc, argv, i);
    if ((o = begun_by(command, text + 2, len)))
        return ens__command_usage(command, "there is no option %s: write --%s in full", text, o->name), false;
    return ens__command_usage(command, "there is no option %s", text), false;
}

/* take_letters reads "-q", "-qv", "-oOUT" and "-qo OUT": the first letter that takes a value takes the rest. */
static bool take_letters(const ens_command *command, int argc, char **argv, int *i)
{
    const char *text = argv[*i];
    for (const char *at = text + 1; *at; at++) {
        const ens_option *o = find_letter(command, *at);
        if (!o)
            return ens__command_usage(command, "there is no option -%c in %s", *at, text), false;
        if (o->metavar)
            return take_value(command, o, at[1] ? at + 1 : NULL, argc, argv, i);
        if (!store(command, o, NULL))
            return false;
    }
    return true;
}

bool ens__command_parse(const ens_command *command, int argc, char **argv, ens_values *operands, int *status)
{
    bool only_operands = false;
    *status = ENS_EXIT_UNKNOWN;
    for (int i = 1; i < argc; i++) {
        const char *text = argv[i];
        if (!only_operands && strcmp(text, "--") == 0) {
            only_operands = true;
        } else if (only_operands || text[0] != '-' || !text[1]) {
            if (!append_command(operands, text))
                return ens__command_usage(command, "out of memory"), false;
        } else if (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0) {
            ens__command_help(command);
            *status = ENS_EXIT_GOOD;
            return false;
        } else if (strcmp(text, ENS_NAMES_OPTION) == 0) {
            printf("%s\n", command->name);
            *status = ENS_EXIT_GOOD;
            return false;
        } else if (!(text[1] == '-' ? take_long : take_letters)(command, argc, argv, &i)) {
            return false;
        }
    }
    return true;
}

int ens__verdict_exit(ens_verdict verdict)
{
    return verdict == ENS_ACCEPTED ? ENS_EXIT_GOOD : verdict == ENS_REFUSED ? ENS_EXIT_REFUSED : ENS_EXIT_UNKNOWN;
}

int ens__command_dispatch(const ens_command *group, const ens_subcommand *subs, size_t num, int argc, char **argv)
{
    if (argc < 2)
        return ens__command_usage(group, "say what to do");
    for (size_t i = 0; i < num; i++)
        if (strcmp(argv[1], subs[i].name) == 0)
            return subs[i].run(argc - 1, argv + 1);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        ens__command_help(group);
        return ENS_EXIT_GOOD;
    }
    if (strcmp(argv[1], ENS_NAMES_OPTION) == 0) {
        for (size_t i = 0; i < num; i++)
            printf("%s %s\n", group->name, subs[i].name);
        return ENS_EXIT_GOOD;
    }
    return ens__command_usage(group, "there is no %s %s", group->name, argv[1]);
}

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

const volatile sig_atomic_t *ens__stop_when_told(void)
{
    struct sigaction action = {.sa_handler = stop, .sa_flags = (int)(SA_RESTART | SA_RESETHAND)};
    static const int signals[] = {SIGINT, SIGTERM};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction before;
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* nohup, a shell's '&' */
            sigaction(signals[i], &action, NULL);
    }
    return &stopped;
}
