/* ensign doctor: what any file is, what is wrong with it, and who has to act. */
#include "cli/command.h"
#include "cli/judge.h"
#include "engine/base/file.h"
#include "show/doctor.h"
#include "show/output.h"

#include <stdio.h>

typedef struct {
    const char *eori, *original;
    ens_judge_options judge;
} options;

/* One run over all files. */
typedef struct {
    const options *o;
    ens_doctor *doctor;
    ens_slice original;
} run;

static int print_view(const options *o, const ens__doctor_view *v, int status)
{
    ens_buf text;
    ens__page page = ens__print_begin(&text);
    if (o->judge.json)
        ens__doctor_json(v, &text);
    else
        ens__doctor_page(&page, v, o->judge.verbose);
    return ens__print_end(&text) ? status : ENS_EXIT_UNKNOWN;
}

static int cannot(const options *o, const char *path, const ens_err *err)
{
    char text[1024];
    ens__say_error("doctor", path, err);
    return print_view(o, &(ens__doctor_view){.file = path, .error = ens_err_format(err, text, sizeof text)},
                      ENS_EXIT_UNKNOWN);
}

/* status_of: an error signal that is genuine, and a refusal of customs that is well made, tell of something refused. */
static int status_of(const ens_diagnosis *x)
{
    if (!x->judged)
        return ENS_EXIT_UNKNOWN;
    if (x->code.len && x->who != ENS_WHO_NOBODY)
        return ENS_EXIT_REFUSED;
    return ens__verdict_exit(x->verdict);
}

/* examine opens what an archive may add to anew for each file: what one brings is no evidence for another. */
static int examine(const ens_command *command, const run *r, const char *path)
{
    ens_judge judge = {0};
    ens_file file = {0};
    ens_diagnosis x;
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (!ens__judge_open(command, &r->o->judge, &judge, &status))
        goto out;
    if (ens__file_open_secret(path, 0, &file, &err) != ENS_OK) {
        status = cannot(r->o, path, &err);
        goto out;
    }
    const ens_doctor_options how = {.verify = &judge.verify,
                                    .trust = judge.trust,
                                    .customs = judge.customs,
                                    .eori = ens_str(r->o->eori),
                                    .original = r->original};
    ens__doctor_examine(r->doctor, file.bytes, &how, &x);
    status = print_view(r->o, &(ens__doctor_view){.file = path, .diagnosis = &x, .at = judge.verify.at}, status_of(&x));
out:
    ens__file_close(&file);
    ens__judge_close(&judge);
    return status;
}

static int examine_all(const ens_command *command, void *of, const ens_values *paths)
{
    const options *o = of;
    run r = {.o = o};
    ens_file original = {0};
    ens_err err = {0};
    int status = ENS_EXIT_GOOD;
    if (!paths->num)
        return ens__command_usage(command, "no file given");
    if ((o->original && ens__file_open_steady(o->original, 0, &original, &err) != ENS_OK) ||
        ens__doctor_new(&r.doctor, &err) != ENS_OK) {
        status = cannot(o, o->original, &err);
    } else {
        r.original = original.bytes;
        for (size_t i = 0; i < paths->num; i++)
            status = ens__worst(status, examine(command, &r, paths->item[i]));
    }
    ens__doctor_free(r.doctor);
    ens__file_close(&original);
    return status;
}

int ens__cmd_doctor(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"for", 0, "FILE", "of a receipt: the message that it is for; of a PDF: as it was issued", NULL, &o.original,
         NULL},
        {"eori", 0, "EORI", "the certificate should belong to it", NULL, &o.eori, NULL},
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_MESSAGES(o.judge),
    };
    const ens_command command = {
        "doctor", "FILE... [--trust PATH]... [--eori EORI] [--for FILE] [--json] [options]",
        "Says what any file is (certificate, request, message, receipt, error signal, document, list, PDF, archive of\n"
        "evidence, EORI), what is wrong with it, and who has to act: you, your provider, the CA or customs; and "
        "drafts\n"
        "the ticket. A file with a private key is refused unread.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, examine_all, &o);
}
