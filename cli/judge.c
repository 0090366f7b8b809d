#include "cli/judge.h"

#include "show/output.h"

#include <stdio.h>

static bool load_each(const ens_command *command, const ens_values *paths, ens_trust *trust,
                      ens_code (*add)(ens_trust *, const char *, ens_err *))
{
    for (size_t i = 0; i < paths->num; i++) {
        ens_err err = {0};
        if (add(trust, paths->item[i], &err) == ENS_OK)
            continue;
        ens__say_error(command->name, paths->item[i], &err);
        return false;
    }
    return true;
}

/* load_extra loads what may help. A file that can't be read ends nothing: it is told here, and in each verdict. */
static void load_extra(const ens_command *command, const ens_values *paths, ens_trust *trust, ens_given kind,
                       ens_code (*add)(ens_trust *, const char *, ens_err *))
{
    for (size_t i = 0; i < paths->num; i++) {
        ens_err err = {0};
        if (add(trust, paths->item[i], &err) == ENS_OK)
            continue;
        ens__say_error(command->name, paths->item[i], &err);
        ens_trust_note_unread(trust, kind, paths->item[i], &err);
    }
}

static bool set_revocation(const ens_command *command, const ens_judge_options *o, ens_trust *trust)
{
    ens_err err = {0};
    if (o->revocation && strcmp(o->revocation, "soft") != 0 && strcmp(o->revocation, "hard") != 0)
        return ens__command_usage(command, "--revocation is soft or hard, not %s", o->revocation), false;
    if (o->online_private && !o->online)
        return ens__command_usage(command, "--online-private says how far --online goes"), false;
    if (o->revocation && strcmp(o->revocation, "hard") == 0)
        ens_trust_set_revocation(trust, ENS_REVOCATION_HARD);
    ens_reach reach = !o->online ? ENS_REACH_KEPT : o->online_private ? ENS_REACH_PRIVATE : ENS_REACH_PUBLIC;
    if ((!o->online && !o->revocation_cache) || ens_trust_set_online(trust, reach, o->revocation_cache, &err) == ENS_OK)
        return true;
    ens__say_error(command->name, o->revocation_cache, &err);
    return false;
}

/* load_anchors makes one trust: its anchors, and what may complete and judge any path. */
static bool load_anchors(const ens_command *command, const ens_judge_options *o, const ens_values *anchors,
                         ens_trust **out)
{
    ens_trust *trust = *out = ens_trust_new();
    if (!trust) {
        ens__say("ensign %s: out of memory\n", command->name);
        return false;
    }
    if (!set_revocation(command, o, trust) || !load_each(command, anchors, trust, ens_trust_add))
        return false;
    load_extra(command, &o->untrusted, trust, ENS_GIVEN_UNTRUSTED, ens_trust_add_untrusted);
    load_extra(command, &o->crl, trust, ENS_GIVEN_CRL, ens_trust_add_crl);
    load_extra(command, &o->ocsp, trust, ENS_GIVEN_OCSP, ens_trust_add_ocsp);
    return true;
}

static bool load_trust(const ens_command *command, const ens_judge_options *o, ens_judge *out)
{
    if (!load_anchors(command, o, &o->trust, &out->trust) ||
        (o->customs.num && !load_anchors(command, o, &o->customs, &out->customs)))
        return false;
    out->verify.trust = out->trust;
    out->verify.customs = out->customs;
    return true;
}

static bool read_engine(const char *name, ens_engine *out)
{
    for (*out = ENS_ENGINE_FAST; *out <= ENS_ENGINE_BOTH; ++*out)
        if (!name || strcmp(name, ens_engine_name(*out)) == 0)
            return true;
    return false;
}

static bool read_words(const ens_command *command, const ens_judge_options *o, ens_verify_options *v)
{
    ens_err err = {0};
    v->at = ens_time_now();
    if (o->at && ens_time_parse(ens_str(o->at), &v->at, &err) != ENS_OK)
        return ens__say_error(command->name, o->at, &err), false;
    if (o->as && strcmp(o->as, "sti") != 0 && strcmp(o->as, "trader") != 0)
        return ens__command_usage(command, "--as is sti or trader, not %s", o->as), false;
    if (!read_engine(o->engine, &v->engine))
        return ens__command_usage(command, "--engine is fast, reference or both, not %s", o->engine), false;
    v->role = !o->as ? ENS_ROLE_AUTO : strcmp(o->as, "sti") == 0 ? ENS_ROLE_STI : ENS_ROLE_TRADER;
    v->lenient = o->lenient;
    v->xsd_dir = o->xsd;
    return true;
}

bool ens__document_options_read(const ens_command *command, const ens_document_options *o, ens_documents *mode,
                                ens_tables **tables)
{
    static const char *const modes[] = {"strict", "warn", "off"};
    ens_err err = {0};
    *tables = NULL;
    for (*mode = ENS_DOCUMENTS_STRICT; o->mode && strcmp(o->mode, modes[*mode]) != 0; ++*mode)
        if (*mode == ENS_DOCUMENTS_OFF)
            return ens__command_usage(command, "--ens is strict, warn or off, not %s", o->mode), false;
    if (!o->tables && !o->codelists)
        return true;
    if (ens_tables_open(o->tables, o->codelists, tables, &err) == ENS_OK)
        return true;
    return ens__say_error(command->name, NULL, &err), false;
}

bool ens__judge_open(const ens_command *command, const ens_judge_options *o, ens_judge *out, int *status)
{
    ens_err err = {0};
    *out = (ens_judge){0};
    *status = ENS_EXIT_UNKNOWN;
    ens_verify_options *v = &out->verify;
    if (!read_words(command, o, v) || !load_trust(command, o, out) ||
        !ens__document_options_read(command, &o->document, &v->documents, &out->tables))
        return false;
    v->tables = out->tables;
    if (o->registry && ens_registry_open(o->registry, &out->registry, &err) != ENS_OK)
        return ens__say_error(command->name, o->registry, &err), false;
    v->registry = out->registry;
    return true;
}

bool ens__judge_national(const ens_command *command, const char *path, ens_judge *judge, ens_trust **out)
{
    ens_err err = {0};
    *out = path ? ens_trust_new() : NULL;
    if (!path ||
        (*out && ens_trust_add(*out, path, &err) == ENS_OK && ens_trust_add(judge->trust, path, &err) == ENS_OK))
        return true;
    return ens__say_error(command->name, path, &err), false;
}

void ens__judge_close(ens_judge *judge)
{
    ens_trust_free(judge->trust);
    ens_trust_free(judge->customs);
    ens_tables_free(judge->tables);
    ens_registry_free(judge->registry);
    *judge = (ens_judge){0};
}

void ens__judge_exchange(const ens_judge_options *o, const ens_judge *judge, ens_verify_options *request,
                         ens_verify_options *answer)
{
    *request = *answer = judge->verify;
    if (!o->as && !judge->customs)
        request->role = ENS_ROLE_STI;
    answer->role = ENS_ROLE_AUTO;
    answer->registry = NULL;
    request->terse = answer->terse = true;
}

ens_code ens__judging_open(ens_judging *out, ens_err *err)
{
    *out = (ens_judging){.report = ens_report_new()};
    return out->report ? ens_verifier_new(&out->verifier, err) : ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
}

void ens__judging_close(ens_judging *judging)
{
    ens_report_free(judging->report);
    ens_verifier_free(judging->verifier);
    *judging = (ens_judging){0};
}

void ens__judge_options_free(ens_judge_options *o)
{
    ens__values_free(&o->trust);
    ens__values_free(&o->customs);
    ens__values_free(&o->untrusted);
    ens__values_free(&o->crl);
    ens__values_free(&o->ocsp);
}

int ens__worst(int so_far, int status)
{
    if (so_far == ENS_EXIT_REFUSED || status == ENS_EXIT_REFUSED)
        return ENS_EXIT_REFUSED;
    return so_far > status ? so_far : status;
}
