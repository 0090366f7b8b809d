/* ensign register: certificates are registered as UUM&DS does it, and what the STI is told follows from that. */
#include "cli/inputs.h"
#include "cli/register.h"
#include "engine/base/file.h"
#include "show/output.h"
#include "sti/registration/landing.h"

#include <stdio.h>

typedef ens__register_job job;

static int tell_dossier(job *j, const ens__dossier *d)
{
    ens__dossier_status status = ENS_DOSSIER_DRAFT;
    ens_err err = {0};
    if (ens__dossier_status_of(j->run.r, d, j->run.now, &status, &err) != ENS_OK)
        return ens__rehearsing_failed_about(j, d->id, &err);
    if (j->run.o->json) {
        ens_json line = ens__rehearsing_json(&j->run);
        ens__dossier_json(&line, NULL, d, status);
        return ens__rehearsing_print(&line);
    }
    ens__print("%s  %-15s  %s  %s%s\n", d->id, ens__dossier_status_name(status), d->eori, d->name,
               d->unchecked && d->step == ENS_STEP_REGISTERED ? "  (its pre-flight was not whole)" : "");
    return ENS_EXIT_GOOD;
}

static bool find(job *j, const char *id, ens__dossier *out, int *status)
{
    ens_err err = {0};
    if (ens__dossier_find(j->run.r, ens_str(id), NULL, out, &err) == ENS_OK)
        return true;
    *status = ens__rehearsing_failed_about(j, id, &err);
    return false;
}

/* landing judges the ten fields, given as KEY=VALUE. */
static int landing(job *j)
{
    ens_slice values[ENS_LANDING_FIELDS] = {{0}};
    for (size_t i = 0; i < j->operands->num; i++) {
        ens_slice item = ens_str(j->operands->item[i]);
        size_t equals = ens__find(item, ENS_LIT("="), 0), f = 0;
        while (equals != SIZE_MAX && f < ENS_LANDING_FIELDS &&
               !ens_is(ens_sub(item, 0, equals), ens__landing_fields[f].key))
            f++;
        if (equals == SIZE_MAX || f >= ENS_LANDING_SUBMIT)
            return ens__command_usage(j->run.command, "there is no field in %s", j->operands->item[i]);
        values[f] = ens_from(item, equals + 1);
    }
    ens__landing_judge(values, j->run.now, j->run.report);
    int status = ens__rehearsing_judged(&j->run);
    if (status == ENS_EXIT_GOOD && !j->run.o->json)
        printf("all fields are as UUM&DS wants them: Submit\n");
    return status;
}

static int open_one(job *j)
{
    const ens__register_options *o = j->options;
    ens__dossier d;
    ens_err err = {0};
    const ens__dossier_form form = {.account = ens_str(j->operand),
                                    .eori = ens_str(o->eori),
                                    .name = ens_str(o->name),
                                    .description = ens_str(o->description),
                                    .purpose = ens_str(o->purpose ? o->purpose : "Signature"),
                                    .holder = ens_str(o->holder)};
    if (ens__dossier_open(j->run.r, &form, j->run.now, j->run.report, &d, &err) != ENS_OK)
        return ens__rehearsing_failed_about(j, NULL, &err);
    int status = ens__rehearsing_judged(&j->run);
    return status == ENS_EXIT_GOOD ? tell_dossier(j, &d) : status;
}

static ens_code put_file(void *user, ens_slice bytes)
{
    ens_err err = {0};
    ens_code code = ens__file_write(user, bytes, 0666, &err);
    if (code != ENS_OK)
        ens__say_error("register pdf", user, &err);
    return code;
}

static int pdf(job *j)
{
    const ens__register_options *o = j->options;
    char name[ENS_ID + 40];
    ens__dossier d;
    int status;
    ens_err err = {0};
    if (!find(j, j->operand, &d, &status))
        return status;
    snprintf(name, sizeof name, "REHEARSAL-registration-%s.pdf", d.id);
    const char *out = o->out ? o->out : name;
    if (ens__dossier_issue(j->run.r, &d, j->run.now, put_file, (void *)(uintptr_t)out, &err) != ENS_OK)
        return err.n ? ens__rehearsing_failed_about(j, NULL, &err) : ENS_EXIT_UNKNOWN;
    ens__say("ensign register: %s: sign its field OWNER with the certificate, in the format CAdES-Equivalent\n", out);
    return tell_dossier(j, &d);
}

/* open_means reads by what a certificate is judged; false with a message. */
static bool open_means(job *j, ens_judge *judge, ens_trust **national, ens__dossier_means *out)
{
    int status;
    const ens__register_options *o = j->options;
    if (o->profile && strcmp(o->profile, "strict") != 0 && strcmp(o->profile, "default") != 0)
        return ens__command_usage(j->run.command, "--profile is default or strict, not %s", o->profile), false;
    ens_judge_options judging = o->judge;
    judging.at = o->common.at;
    if (!ens__judge_open(j->run.command, &judging, judge, &status) ||
        !ens__judge_national(j->run.command, o->national, judge, national))
        return false;
    *out = (ens__dossier_means){.trust = o->judge.trust.num || o->national ? judge->trust : NULL,
                                .national = *national,
                                .member_state = o->national ? "FR" : NULL,
                                .profile =
                                    o->profile && strcmp(o->profile, "strict") == 0 ? ENS_PDF_STRICT : ENS_PDF_DEFAULT};
    return true;
}

static int upload_file(job *j, ens__dossier *d, const char *path, const ens__dossier_means *means)
{
    ens_file file = {0};
    ens_err err = {0};
    bool taken = false;
    if (ens__file_open_steady(path, ENS_DOSSIER_PDF_MAX, &file, &err) != ENS_OK)
        return ens__say_error(j->run.command->name, path, &err), ENS_EXIT_UNKNOWN;
    ens_code code = ens__dossier_upload(j->run.r, d, file.bytes, means, j->run.now, j->run.report, &taken, &err);
    ens__file_close(&file);
    if (code != ENS_OK)
        return ens__rehearsing_failed_about(j, path, &err);
    int status = ens__rehearsing_judged(&j->run);
    if (status == ENS_EXIT_GOOD && !taken)
        return ens__say("ensign register: %s could not be judged: it is not taken\n", path), ENS_EXIT_UNKNOWN;
    return status == ENS_EXIT_GOOD ? tell_dossier(j, d) : status;
}

static int upload(job *j)
{
    ens_judge judge = {0};
    ens_trust *national = NULL;
    ens__dossier_means means;
    ens__dossier d;
    int status = ENS_EXIT_UNKNOWN;
    if (find(j, j->operand, &d, &status)) {
        status = open_means(j, &judge, &national, &means) ? upload_file(j, &d, j->operands->item[1], &means)
                                                          : ENS_EXIT_UNKNOWN;
        ens_trust_free(national);
        ens__judge_close(&judge);
    }
    return status;
}

/* preflight judges a certificate for an EORI before anything is signed. */
static int preflight(job *j)
{
    const ens__register_options *o = j->options;
    ens_judge judge = {0};
    ens_trust *national = NULL;
    ens__dossier_means means;
    ens_certificates *certificates = NULL;
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (!o->eori)
        return ens__command_usage(j->run.command, "say for which number: --eori EORI");
    if (open_means(j, &judge, &national, &means)) {
        ens_code code = ens__certificates_open_whole(j->operand, o->pass_file, &certificates, &err);
        if (code == ENS_OK)
            code = ens__dossier_judge_certificate(j->run.r, o->eori, certificates, &means, j->run.now, j->run.report,
                                                  &err);
        status = code == ENS_OK ? ens__rehearsing_judged(&j->run) : ens__rehearsing_failed(j, &err);
        if (status == ENS_EXIT_GOOD)
            status = ens__verdict_exit(ens_report_verdict(j->run.report));
    }
    ens_certificates_free(certificates);
    ens_trust_free(national);
    ens__judge_close(&judge);
    return status;
}

static int next(job *j)
{
    ens__dossier d;
    int status;
    ens_err err = {0};
    if (!find(j, j->operand, &d, &status))
        return status;
    if (ens__dossier_activate(j->run.r, &d, j->run.now, &err) != ENS_OK)
        return ens__rehearsing_failed_about(j, d.id, &err);
    ens__say("%s\n", ENS_REHEARSAL_END);
    return tell_dossier(j, &d);
}

static int show(job *j)
{
    const ens__register_options *o = j->options;
    ens__dossier *all = NULL, one;
    size_t num = 0;
    int status = ENS_EXIT_GOOD;
    ens_err err = {0};
    if (j->operand)
        return find(j, j->operand, &one, &status) ? tell_dossier(j, &one) : status;
    if (ens__dossiers(j->run.r, o->user, &j->run.arena, &all, &num, &err) != ENS_OK)
        return ens__rehearsing_failed_about(j, NULL, &err);
    for (size_t i = 0; i < num && status == ENS_EXIT_GOOD; i++)
        status = tell_dossier(j, &all[i]);
    return status;
}

static int change(job *j, ens_party_state state)
{
    ens__dossier d;
    int status;
    ens_err err = {0};
    if (!find(j, j->operand, &d, &status))
        return status;
    if (ens__dossier_change(j->run.r, &d, state, &err) != ENS_OK)
        return ens__rehearsing_failed_about(j, d.id, &err);
    return tell_dossier(j, &d);
}

static int suspend(job *j)
{
    return change(j, ENS_PARTY_SUSPENDED);
}

static int resume(job *j)
{
    return change(j, ENS_PARTY_ACTIVE);
}

static int revoke_one(job *j)
{
    return change(j, ENS_PARTY_REVOKED);
}

static int supersede(job *j)
{
    const ens__register_options *o = j->options;
    ens__dossier d, by;
    int status;
    ens_err err = {0};
    if (!o->by)
        return ens__command_usage(j->run.command, "say by which: --by ID");
    if (!find(j, j->operand, &d, &status) || !find(j, o->by, &by, &status))
        return status;
    if (ens__dossier_supersede(j->run.r, &d, &by, j->run.now, &err) != ENS_OK)
        return ens__rehearsing_failed_about(j, d.id, &err);
    return tell_dossier(j, &d);
}

/* addresses_good: no address of an administration gets onto the list. */
static bool addresses_good(const job *j, ens_slice list)
{
    while (list.len) {
        size_t comma = ens__find(list, ENS_LIT(","), 0);
        ens_slice one = ens__trim(ens_sub(list, 0, comma));
        if (!ens__mail_address(one) || ens__mail_official(one)) {
            ens__say("ensign %s: %.*s: no mail of a rehearsal goes there\n", j->run.command->name, (int)one.len,
                     (const char *)one.p);
            return false;
        }
        list = comma != SIZE_MAX ? ens_from(list, comma + 1) : (ens_slice){0};
    }
    return true;
}

static int set(job *j)
{
    static const char *const keys[] = {"other", "strict", "smtp", "mail-from", "mail-to", "web"};
    const char *key = j->operand, *value = j->operands->item[1];
    size_t i = 0;
    ens_err err = {0};
    while (i < sizeof keys / sizeof *keys && strcmp(keys[i], key) != 0)
        i++;
    if (i == sizeof keys / sizeof *keys || strlen(value) >= ENS_SETTING)
        return ens__command_usage(j->run.command, "the settings are other, strict, smtp, mail-from, mail-to and web");
    if (strncmp(key, "mail-", 5) == 0 && !addresses_good(j, ens_str(value)))
        return ENS_EXIT_REFUSED;
    if (ens__rehearsal_set(j->run.r, key, value, &err) != ENS_OK)
        return ens__rehearsing_failed_about(j, key, &err);
    return ENS_EXIT_GOOD;
}

enum { STEP = 1, JUDGES = 2, OUT = 4, BY = 8, USER = 16, TASK = 32, ANSWER = 64, TASKS = 128, EORI = 256, TEXT = 512 };
#define ANY 99

static const ens__rehearsing_verb verbs[] = {
    {"register landing", "FIELD=VALUE... --registry DB",
     "Judges the fields of UUM&DS' landing page: domain, country, actor, behalf, represented, idtype, id, how, "
     "consent.",
     landing, ENS_REHEARSING_CREATES, 0, ANY},
    {"register new", "USER --eori EORI --name NAME --description TEXT --holder NAME --registry DB",
     "Step 1 of a certificate registration, by a user who holds the rights for the EORI.", open_one, STEP | EORI, 1, 1},
    {"register preflight", "CERT --eori EORI [--trust PATH]... --registry DB",
     "Judges a certificate for an EORI and this environment before anything is signed.", preflight, EORI | JUDGES, 1,
     1},
    {"register pdf", "ID [-o FILE] --registry DB",
     "Step 2: writes the registration PDF, whose field OWNER is to be signed.", pdf, OUT, 1, 1},
    {"register upload", "ID SIGNED [--trust PATH]... --registry DB",
     "Step 2: judges the signed PDF and its certificate. Where it is taken the status is Signing pending.", upload,
     JUDGES, 2, 2},
    {"register next", "ID --registry DB",
     "Step 3: the certificate becomes active, and the STI takes what it seals for the EORI.", next, 0, 1, 1},
    {"register show", "[ID] [--user USER] --registry DB [--json]", "Shows a registration, or lists them.", show, USER,
     0, 1},
    {"register suspend", "ID --registry DB", "Suspends an active registration: A001 from then on.", suspend, 0, 1, 1},
    {"register resume", "ID --registry DB", "Makes a suspended registration active again.", resume, 0, 1, 1},
    {"register revoke", "ID --registry DB", "Revokes a registration, which is final.", revoke_one, 0, 1, 1},
    {"register supersede", "ID --by ID --registry DB",
     "Ends a registration in favour of another active one of the same EORI (assumed).", supersede, BY, 1, 1},
    {"register post", "--provider EORI --client EORI --title TEXT --deadline TIME [options] --registry DB",
     "Process 2: a provider posts a task for its client, the operator. The form of tasks is assumed.",
     ens__register_post, TASK | TEXT, 0, 0},
    {"register tasks", "[--client EORI] [--provider EORI] --registry DB [--json]", "Lists tasks by their deadlines.",
     ens__register_tasks, TASKS, 0, 0},
    {"register answer", "ID [--text TEXT] [-o FILE] --registry DB",
     "Answers a task; of one about a referral -o writes the IE3R02, which the provider seals and sends.",
     ens__register_answer, ANSWER | TEXT | OUT, 1, 1},
    {"register information", "EORI --registry DB [--json]",
     "Lists IE3Q01 to IE3Q03, which the operator sees for information alone.", ens__register_information, 0, 1, 1},
    {"register set", "KEY VALUE --registry DB",
     "Sets other (the file of the other environment), strict (1: a certificate is taken in one environment alone),\n"
     "smtp, mail-from, mail-to (addresses that mails may leave to), web (where its pages are).",
     set, ENS_REHEARSING_CREATES, 2, 2},
};
#define NUM_VERBS (sizeof verbs / sizeof *verbs)

static size_t options_of(unsigned traits, void *of, ens_option out[ENS_REHEARSING_OPTIONS_MAX])
{
    ens__register_options *o = of;
    const struct {
        unsigned trait;
        ens_option row;
    } rows[] = {
        {EORI, {"eori", 0, "EORI", "on whose behalf", NULL, &o->eori, NULL}},
        {STEP, {"name", 0, "NAME", "what you call the certificate", NULL, &o->name, NULL}},
        {STEP, {"description", 0, "TEXT", "what it is for", NULL, &o->description, NULL}},
        {STEP, {"purpose", 0, "TEXT", "Signature, as UUM&DS has it (the default)", NULL, &o->purpose, NULL}},
        {STEP, {"holder", 0, "NAME", "who holds the key", NULL, &o->holder, NULL}},
        {JUDGES, {"trust", 0, "PATH", "anchors, or a cache of the trusted lists", NULL, NULL, &o->judge.trust}},
        {JUDGES, {"crl", 0, "FILE", "a revocation list, PEM or DER", NULL, NULL, &o->judge.crl}},
        {JUDGES, {"ocsp", 0, "FILE", "an OCSP response, DER", NULL, NULL, &o->judge.ocsp}},
        {JUDGES, {"national", 0, "PEM", "the national customs' alternate list of CAs", NULL, &o->national, NULL}},
        {JUDGES, {"profile", 0, "default|strict", "of the PDF: see ensign pdf check", NULL, &o->profile, NULL}},
        {JUDGES,
         {"pass-file", 0, "FILE", "pass phrase of a PKCS#12 file (else ENSIGN_PASS)", NULL, &o->pass_file, NULL}},
        {BY, {"by", 0, "ID", "the registration that takes its place", NULL, &o->by, NULL}},
        {USER, {"user", 0, "USER", "of this user alone", NULL, &o->user, NULL}},
        {TASK | TASKS, {"provider", 0, "EORI", "who holds the certificate", NULL, &o->provider, NULL}},
        {TASK | TASKS, {"client", 0, "EORI", "the operator", NULL, &o->client, NULL}},
        {TASK, {"title", 0, "TEXT", "what is wanted", NULL, &o->title, NULL}},
        {TASK, {"deadline", 0, "TIME", "until when: a time, or 3d, 12h", NULL, &o->deadline, NULL}},
        {TASK, {"mrn", 0, "MRN", "of the referral that it is about", NULL, &o->mrn, NULL}},
        {TASK, {"reference", 0, "REF", "the referral request's", NULL, &o->reference, NULL}},
        {TEXT, {"text", 0, "TEXT", "in words", NULL, &o->text, NULL}},
        {OUT, {"output", 'o', "FILE", "where it goes", NULL, &o->out, NULL}},
    };
    const ens_option common[] = {ENS_REHEARSING_OPTIONS(o->common)};
    size_t n = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (traits & rows[i].trait)
            out[n++] = rows[i].row;
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        out[n++] = common[i];
    return n;
}

int ens__cmd_register(int argc, char **argv)
{
    static const ens_command command = {
        "register",
        "landing|new|preflight|pdf|upload|next|show|suspend|resume|revoke|supersede|\n"
        "       post|tasks|answer|information|set ... --registry DB",
        "Rehearses the registration of a certificate in UUM&DS: what is active here is what the STI of this machine\n"
        "takes. Nothing here reaches French Customs or the European Commission.",
        NULL, 0};
    ens__register_options o = {0};
    const ens__rehearsing_group group = {&command, verbs, NUM_VERBS, options_of, &o, &o.common};
    return ens__rehearsing_dispatch(&group, argc, argv);
}
