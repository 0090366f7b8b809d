/* ensign register post, tasks, answer, information: the way of an operator whose provider holds the certificate. */
#include "cli/register.h"
#include "engine/base/file.h"
#include "show/output.h"
#include "sti/clock/clock.h"

#include <stdio.h>

#define DOCUMENT_MAX ((size_t)64 << 10)

static int tell_task(ens__register_job *j, const ens__todo *t)
{
    char deadline[ENS_TIME_TEXT];
    if (j->run.o->json) {
        ens_json line = ens__rehearsing_json(&j->run);
        ens__todo_json(&line, NULL, t);
        return ens__rehearsing_print(&line);
    }
    ens__print("%s  %-8s  until %s  %s  %s%s%s\n", t->id, t->answered_at ? "answered" : "open",
               ens__rehearsing_time(t->deadline, deadline), t->client, t->title, t->mrn[0] ? "  " : "", t->mrn);
    return ENS_EXIT_GOOD;
}

/* read_deadline takes a time, or how long from now on. */
static bool read_deadline(const ens__register_job *j, ens_time *out)
{
    const ens__register_options *o = j->options;
    int64_t by = 0;
    const char *text = o->deadline ? o->deadline : "";
    if (ens_time_parse(ens_str(text), out, NULL) == ENS_OK)
        return true;
    if (!ens__duration_read(ens_str(text), &by))
        return ens__command_usage(j->run.command, "--deadline takes a time (RFC 3339), or 3d, 12h, 30m"), false;
    *out = j->run.now + by / 1000;
    return true;
}

int ens__register_post(ens__register_job *j)
{
    const ens__register_options *o = j->options;
    ens__todo t;
    ens_err err = {0};
    ens__todo_form form = {.provider = ens_str(o->provider),
                           .client = ens_str(o->client),
                           .title = ens_str(o->title),
                           .text = ens_str(o->text),
                           .mrn = ens_str(o->mrn),
                           .reference = ens_str(o->reference)};
    if (!read_deadline(j, &form.deadline))
        return ENS_EXIT_UNKNOWN;
    if (ens__todo_post(j->run.r, &form, j->run.now, j->run.report, &t, &err) != ENS_OK)
        return ens__rehearsing_failed_about(j, NULL, &err);
    int status = ens__rehearsing_judged(&j->run);
    return status == ENS_EXIT_GOOD ? tell_task(j, &t) : status;
}

int ens__register_tasks(ens__register_job *j)
{
    const ens__register_options *o = j->options;
    ens__todo *all = NULL;
    size_t num = 0;
    int status = ENS_EXIT_GOOD;
    ens_err err = {0};
    if (ens__todos(j->run.r, o->client, o->provider, &j->run.arena, &all, &num, &err) != ENS_OK)
        return ens__rehearsing_failed_about(j, NULL, &err);
    for (size_t i = 0; i < num && status == ENS_EXIT_GOOD; i++)
        status = tell_task(j, &all[i]);
    return status;
}

static ens_code write_document(const ens__register_job *j, const ens__todo *t, ens_err *err)
{
    const ens__register_options *o = j->options;
    ens_buf out;
    ens_buf_init(&out, NULL, 0, DOCUMENT_MAX);
    ens_code code = ens__todo_document(t, &out, err);
    if (code == ENS_OK)
        code = ens__file_write(o->out, ens_buf_slice(&out), 0666, err);
    ens_buf_free(&out);
    return code;
}

int ens__register_answer(ens__register_job *j)
{
    const ens__register_options *o = j->options;
    const char *id = j->operands->item[0];
    ens__todo t;
    ens_err err = {0};
    ens_code code = ens__todo_find(j->run.r, ens_str(id), o->client, &t, &err);
    if (code == ENS_OK && o->text)
        code = ens__todo_answer(j->run.r, &t, ens_str(o->text), j->run.now, &err);
    if (code == ENS_OK && o->out)
        code = write_document(j, &t, &err);
    return code == ENS_OK ? tell_task(j, &t) : ens__rehearsing_failed_about(j, id, &err);
}

int ens__register_information(ens__register_job *j)
{
    ens__information *all = NULL;
    size_t num = 0;
    int status = ENS_EXIT_GOOD;
    ens_err err = {0};
    if (ens__information_of(j->run.r, j->operands->item[0], &j->run.arena, &all, &num, &err) != ENS_OK)
        return ens__rehearsing_failed_about(j, NULL, &err);
    for (size_t i = 0; i < num && status == ENS_EXIT_GOOD; i++) {
        char at[ENS_TIME_TEXT];
        ens_json line;
        if (j->run.o->json) {
            line = ens__rehearsing_json(&j->run);
            ens__information_json(&line, NULL, &all[i]);
            status = ens__rehearsing_print(&line);
        } else {
            ens__print("%s  %s  %s\n", ens__rehearsing_time(all[i].at, at), all[i].action, all[i].mrn);
        }
    }
    return status;
}
