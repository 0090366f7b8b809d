/* ensign anonymise: a message with nobody's values in it, which is refused as the first one is. */
#include "as4/anonymise/anonymise.h"
#include "cli/command.h"
#include "cli/judge.h"
#include "engine/base/file.h"
#include "show/anonymise.h"
#include "show/output.h"

#include <stdio.h>

#define PATH_LEN 4096

typedef struct {
    const char *out;
    ens_judge_options judge;
} options;

/* Where what was made goes. */
typedef struct {
    char anchors[PATH_LEN], customs[PATH_LEN], lists[PATH_LEN];
} paths;

static int print_view(const options *o, const ens__anonymise_view *v, int status)
{
    ens_buf text;
    ens__page page = ens__print_begin(&text);
    if (o->judge.json)
        ens__anonymise_json(v, &text);
    else
        ens__anonymise_page(&page, v);
    return ens__print_end(&text) ? status : ENS_EXIT_UNKNOWN;
}

static int cannot(const options *o, const char *path, const ens_err *err)
{
    char text[1024];
    ens__say_error("anonymise", path, err);
    return print_view(o, &(ens__anonymise_view){.file = path, .error = ens_err_format(err, text, sizeof text)},
                      ENS_EXIT_UNKNOWN);
}

/* write_beside writes what belongs to the message under its name with an ending; an empty one isn't written. */
static ens_code write_beside(const options *o, const char *ending, ens_slice bytes, char path[PATH_LEN],
                             const char **told, ens_err *err)
{
    if (!bytes.len)
        return ENS_OK;
    if (snprintf(path, PATH_LEN, "%s%s", o->out, ending) >= PATH_LEN)
        return ens_fail(err, ENS_ELIMIT, NULL, "the name of the file is too long", 0);
    *told = path;
    return ens__file_write(path, bytes, 0666, err);
}

static int write_made(const options *o, const char *path, const ens_anonymised *made)
{
    paths p;
    ens_err err = {0};
    ens__anonymise_view v = {.file = path, .made = made};
    if (!made->same)
        return print_view(o, &v, ENS_EXIT_REFUSED);
    ens_code code = write_beside(o, ".anchors.pem", made->anchors, p.anchors, &v.anchors, &err);
    if (code == ENS_OK)
        code = write_beside(o, ".customs.pem", made->customs, p.customs, &v.customs, &err);
    if (code == ENS_OK)
        code = write_beside(o, ".crl.pem", made->lists, p.lists, &v.lists, &err);
    if (code == ENS_OK)
        code = ens__file_write(o->out, made->message, 0666, &err);
    v.message = o->out;
    return code == ENS_OK ? print_view(o, &v, ENS_EXIT_GOOD) : cannot(o, path, &err);
}

static int usage_fault(const ens_command *command, const options *o, const ens_values *operands)
{
    if (operands->num != 1)
        return ens__command_usage(command, operands->num ? "one message at a time" : "no message given");
    if (!o->out)
        return ens__command_usage(command, "say where to: -o FILE");
    if (ens__file_same(o->out, operands->item[0]))
        return ens__command_usage(command, "%s would be written over: give another name to -o", o->out);
    if (o->judge.registry)
        return ens__command_usage(command, "a registry can't be anonymised: leave it out");
    return 0;
}

static int anonymise(const ens_command *command, void *of, const ens_values *operands)
{
    const options *o = of;
    ens_judge judge = {0};
    ens_file file = {0};
    ens_anonymiser *a = NULL;
    ens_anonymised made;
    ens_err err = {0};
    int status = usage_fault(command, o, operands);
    if (status != 0)
        return status;
    const char *path = operands->item[0];
    if (!ens__judge_open(command, &o->judge, &judge, &status))
        goto out;
    const ens_anonymise_options how = {.verify = &judge.verify};
    if (ens__file_open_steady(path, 0, &file, &err) != ENS_OK || ens__anonymiser_new(&a, &err) != ENS_OK ||
        ens__anonymise(a, file.bytes, &how, &made, &err) != ENS_OK)
        status = cannot(o, path, &err);
    else
        status = write_made(o, path, &made);
out:
    ens__anonymiser_free(a);
    ens__file_close(&file);
    ens__judge_close(&judge);
    return status;
}

int ens__cmd_anonymise(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"out", 'o', "FILE", "the message that is made; its anchors go beside it", NULL, &o.out, NULL},
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_MESSAGES(o.judge),
    };
    const ens_command command = {
        "anonymise", "MESSAGE [--trust PATH]... [options] -o FILE",
        "Makes a message to send on: names, addresses, goods, EORIs, numbers, file names and certificates are "
        "replaced\n"
        "by like ones, and it is sealed again by fresh keys, so that the same findings come out. Both are judged, and\n"
        "where they differ nothing is written, and the exit status is 1. The anchors that it is judged by go to\n"
        "FILE.anchors.pem, those of customs to FILE.customs.pem, CRLs to FILE.crl.pem.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, anonymise, &o);
}
