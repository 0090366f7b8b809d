/* ensign pdf: the registration PDF, issued for a rehearsal, signed, and judged before it is uploaded. */
#include "cli/inputs.h"
#include "cli/judge.h"
#include "engine/base/file.h"
#include "ensign/pdf.h"
#include "show/output.h"
#include "show/pdf.h"

#include <openssl/rand.h>
#include <stdio.h>

#define PDF_FILE_MAX ((size_t)64 << 20)
#define NONCE_BYTES 16
#define ID_BYTES 4

/* read_time takes --at, or now; false with a message. */
static bool read_time(const ens_command *command, const char *at, ens_time *out)
{
    ens_err err = {0};
    *out = ens_time_now();
    if (!at || ens_time_parse(ens_str(at), out, &err) == ENS_OK)
        return true;
    return ens__say_error(command->name, at, &err), false;
}

static ens_code put_file(void *user, ens_slice bytes)
{
    ens_err err = {0};
    ens_code code = ens__file_write(user, bytes, 0666, &err);
    if (code != ENS_OK)
        ens__say_error("pdf", NULL, &err);
    return code;
}

/* What pdf issue is told. */
typedef struct {
    const char *id, *eori, *company, *name, *description, *purpose, *environment, *nonce, *at, *out;
} issue_options;

/* random_hex writes so many random bytes in hexadecimal digits. */
static bool random_hex(size_t num, char *out)
{
    uint8_t bytes[NONCE_BYTES];
    if (RAND_bytes(bytes, (int)num) != 1)
        return false;
    ens__hex(ens_bytes(bytes, num), out);
    return true;
}

static int issue(const ens_command *command, void *of, const ens_values *operands)
{
    const issue_options *o = of;
    char nonce[NONCE_BYTES * 2 + 1], id[ID_BYTES * 2 + 3] = "R-";
    ens_err err = {0};
    ens_pdf_form form = {.eori = ens_str(o->eori),
                         .company = ens_str(o->company),
                         .name = ens_str(o->name),
                         .description = ens_str(o->description),
                         .purpose = ens_str(o->purpose),
                         .environment = ens_str(o->environment ? o->environment : "conformance")};
    if (operands->num)
        return ens__command_usage(command, "it takes no file");
    if (!o->out)
        return ens__command_usage(command, "say where the PDF goes: -o OUT");
    if (!o->eori)
        return ens__command_usage(command, "say whose certificate is registered: --eori EORI");
    if (!read_time(command, o->at, &form.at) || !random_hex(NONCE_BYTES, nonce) || !random_hex(ID_BYTES, id + 2))
        return ENS_EXIT_UNKNOWN;
    form.id = ens_str(o->id ? o->id : id);
    form.nonce = ens_str(o->nonce ? o->nonce : nonce);
    if (ens_pdf_issue(&form, put_file, (void *)(uintptr_t)o->out, &err) == ENS_OK)
        return ENS_EXIT_GOOD;
    if (err.n)
        ens__say_error(command->name, NULL, &err);
    return ENS_EXIT_UNKNOWN;
}

static int issue_command(int argc, char **argv)
{
    issue_options o = {0};
    const ens_option table[] = {
        {"registration", 0, "ID", "its id: letters, digits, - and _ (made up)", NULL, &o.id, NULL},
        {"eori", 0, "EORI", "whose certificate is registered", NULL, &o.eori, NULL},
        {"company", 0, "NAME", "of the economic operator", NULL, &o.company, NULL},
        {"name", 0, "NAME", "what you call the certificate", NULL, &o.name, NULL},
        {"description", 0, "TEXT", "what it is for", NULL, &o.description, NULL},
        {"purpose", 0, "TEXT", "Signature, as UUM&DS has it (the default)", NULL, &o.purpose, NULL},
        {"environment", 0, "conformance|production", "conformance is the default", NULL, &o.environment, NULL},
        {"nonce", 0, "HEX", "32 hexadecimal digits or more (random)", NULL, &o.nonce, NULL},
        {"at", 0, "TIME", "when it is issued (RFC 3339); without it, now", NULL, &o.at, NULL},
        {"output", 'o', "OUT", "the PDF", NULL, &o.out, NULL},
    };
    const ens_command command = {
        "pdf issue", "--eori EORI [options] -o OUT",
        "Issues a registration PDF as a rehearsal: one page with an empty signature field OWNER. It stands in for the\n"
        "file that UUM&DS lets you download, says so on its page, and reaches nobody.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, issue, &o);
}

/* What pdf sign is told. */
typedef struct {
    const char *key, *cert, *pass_file, *field, *at, *out;
    bool force;
} sign_options;

static int sign_file(const ens_command *command, const sign_options *o, const char *path, ens_time at)
{
    ens_file file = {0};
    ens_keyring *keys = NULL;
    ens_certificates *certificates = NULL;
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    const char *about = path;
    ens_code code = ens__file_open_steady(path, PDF_FILE_MAX, &file, &err);
    if (code == ENS_OK)
        code = ens__certificates_open(about = o->cert, o->pass_file, &certificates, &err);
    if (code == ENS_OK)
        code = ens__keyring_open(about = o->key, o->pass_file, &keys, &err);
    if (code == ENS_OK) {
        ens_pdf_sign_options so = {.file = file.bytes,
                                   .field = o->field,
                                   .certificates = certificates,
                                   .keys = keys,
                                   .at = at,
                                   .force = o->force};
        code = ens_pdf_sign(&so, put_file, (void *)(uintptr_t)o->out, &err);
        about = path;
    }
    if (code == ENS_OK)
        status = ENS_EXIT_GOOD;
    else if (err.n)
        ens__say_error(command->name, about, &err);
    if (code == ENS_EPOLICY)
        status = ENS_EXIT_REFUSED;
    ens_certificates_free(certificates);
    ens_keyring_free(keys);
    ens__file_close(&file);
    return status;
}

static int sign(const ens_command *command, void *of, const ens_values *files)
{
    const sign_options *o = of;
    ens_time at;
    if (files->num != 1)
        return ens__command_usage(command, files->num ? "one PDF at a time" : "no PDF given");
    if (!o->key || !o->cert)
        return ens__command_usage(command, "say with what it is signed: --key KEY --cert CHAIN");
    if (!o->out)
        return ens__command_usage(command, "say where the signed PDF goes: -o OUT");
    if (ens__file_same(o->out, files->item[0]))
        return ens__command_usage(command, "%s would be written over: give another name to -o", files->item[0]);
    if (!read_time(command, o->at, &at))
        return ENS_EXIT_UNKNOWN;
    int status = sign_file(command, o, files->item[0], at);
    if (status == ENS_EXIT_GOOD)
        ens__say("ensign pdf sign: UUM&DS asks for Adobe Acrobat; that it takes what anything else has signed is not\n"
                 "known. The format is the one that Acrobat calls CAdES-Equivalent.\n");
    return status;
}

static int sign_command(int argc, char **argv)
{
    sign_options o = {0};
    const ens_option table[] = {
        {"key", 0, "KEY", "private key: PEM, PKCS#12 or a pkcs11: URI", NULL, &o.key, NULL},
        {"cert", 0, "CHAIN", "certificate and its issuers: PEM in any order, or PKCS#12", NULL, &o.cert, NULL},
        {"pass-file", 0, "FILE", "pass phrase (else ENSIGN_PASS, or a prompt)", NULL, &o.pass_file, NULL},
        {"field", 0, "NAME", "the field that is signed (OWNER, or the only empty one)", NULL, &o.field, NULL},
        {"at", 0, "TIME", "when it is signed (RFC 3339); without it, now", NULL, &o.at, NULL},
        {"force", 0, NULL, "sign with a certificate that would be refused, to rehearse that", &o.force, NULL, NULL},
        {"output", 'o', "OUT", "the signed PDF", NULL, &o.out, NULL},
    };
    const ens_command command = {
        "pdf sign", "FILE --key KEY --cert CHAIN -o OUT [options]",
        "Signs an empty signature field of a PDF as UUM&DS wants it: the format ETSI.CAdES.detached (PAdES-B-B), "
        "which\n"
        "Acrobat calls CAdES-Equivalent. The bytes of the file stay as they are; the signature is added behind them.\n"
        "UUM&DS asks for Adobe Acrobat: nothing else is known to be taken. Then judge it: ensign pdf check.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, sign, &o);
}

/* What pdf check is told. */
typedef struct {
    ens_judge_options judge;
    const char *issued, *cert, *pass_file, *eori, *national, *member_state, *profile, *id, *environment;
} check_options;

/* What all files of one command are judged by. */
typedef struct {
    const ens_command *command;
    const check_options *o;
    ens_judge judge;
    ens_trust *national;
    ens_certificates *certificates;
    ens_file issued;
    ens_preflight_options preflight;
    ens_pdf_check_options options;
} check_run;

static bool print_view(const check_options *o, const ens__pdf_view *v)
{
    ens_buf text;
    ens__page page = ens__print_begin(&text);
    if (o->judge.json)
        ens__pdf_json(v, &text);
    else
        ens__pdf_page(&page, v, o->judge.verbose);
    return ens__print_end(&text);
}

static int tell_fault(const check_run *r, const char *path, const ens_err *err)
{
    char text[1024];
    ens_pdf_result none = {.signed_at = ENS_TIME_NONE};
    ens__say_error(r->command->name, path, err);
    print_view(r->o, &(ens__pdf_view){.file = path, .result = &none, .error = ens_err_format(err, text, sizeof text)});
    return ENS_EXIT_UNKNOWN;
}

static int check_one(const check_run *r, const char *path)
{
    ens_file file = {0};
    ens_err err = {0};
    ens_pdf_result result;
    ens_report *report = ens_report_new();
    if (!report)
        ens_fail(&err, ENS_ENOMEM, NULL, "out of memory", 0);
    if (!report || ens__file_open_steady(path, PDF_FILE_MAX, &file, &err) != ENS_OK) {
        ens_report_free(report);
        return tell_fault(r, path, &err);
    }
    ens_pdf_check(file.bytes, &r->options, &result, report);
    int status;
    if (ens__file_check_whole(&file, path, &err) != ENS_OK)
        status = tell_fault(r, path, &err);
    else if (print_view(r->o, &(ens__pdf_view){.file = path, .result = &result, .report = report}))
        status = ens__verdict_exit(result.verdict);
    else
        status = ENS_EXIT_UNKNOWN;
    ens__file_close(&file);
    ens_report_free(report);
    return status;
}

/* open_run reads all that the files are judged by; false with a message. */
static bool open_run(check_run *r)
{
    const check_options *o = r->o;
    ens_err err = {0};
    int status;
    bool trusting = o->judge.trust.num || o->national;
    if (!ens__judge_open(r->command, &o->judge, &r->judge, &status) ||
        !ens__judge_national(r->command, o->national, &r->judge, &r->national))
        return false;
    if (o->cert && ens__certificates_open(o->cert, o->pass_file, &r->certificates, &err) != ENS_OK)
        return ens__say_error(r->command->name, o->cert, &err), false;
    if (o->issued && ens__file_open_steady(o->issued, PDF_FILE_MAX, &r->issued, &err) != ENS_OK)
        return ens__say_error(r->command->name, o->issued, &err), false;
    if (o->issued && !r->issued.bytes.len)
        return ens__command_usage(r->command, "%s is empty", o->issued), false;
    r->preflight =
        (ens_preflight_options){.trust = r->judge.trust,
                                .national = r->national,
                                .member_state = o->member_state ? ens_member_state(ens_str(o->member_state)) : NULL,
                                .eori = ens_str(o->eori),
                                .at = r->judge.verify.at};
    r->options = (ens_pdf_check_options){.issued = r->issued.bytes,
                                         .certificates = r->certificates,
                                         .preflight = trusting ? &r->preflight : NULL,
                                         .profile = o->profile && strcmp(o->profile, "strict") == 0 ? ENS_PDF_STRICT
                                                                                                    : ENS_PDF_DEFAULT,
                                         .id = ens_str(o->id),
                                         .environment = ens_str(o->environment),
                                         .at = r->judge.verify.at};
    return true;
}

static int check_all(const ens_command *command, void *of, const ens_values *files)
{
    const check_options *o = of;
    check_run r = {.command = command, .o = o};
    int status = ENS_EXIT_UNKNOWN;
    if (!files->num)
        return ens__command_usage(command, "no PDF given");
    if (o->profile && strcmp(o->profile, "strict") != 0 && strcmp(o->profile, "default") != 0)
        return ens__command_usage(command, "--profile is default or strict, not %s", o->profile);
    if (o->environment && strcmp(o->environment, "conformance") != 0 && strcmp(o->environment, "production") != 0)
        return ens__command_usage(command, "--environment is conformance or production, not %s", o->environment);
    if ((o->national != NULL) != (o->member_state != NULL))
        return ens__command_usage(command, "a national list is one Member State's: --national PEM --member-state CC");
    if (o->member_state && !ens_member_state(ens_str(o->member_state)))
        return ens__command_usage(command, "--member-state %s is no Member State's code", o->member_state);
    if (open_run(&r)) {
        status = ENS_EXIT_GOOD;
        for (size_t i = 0; i < files->num; i++)
            status = ens__worst(status, check_one(&r, files->item[i]));
    }
    ens__file_close(&r.issued);
    ens_certificates_free(r.certificates);
    ens_trust_free(r.national);
    ens__judge_close(&r.judge);
    return status;
}

static int check_command(int argc, char **argv)
{
    check_options o = {0};
    const ens_option table[] = {
        {"issued", 0, "ORIGINAL", "the PDF as it was downloaded: is the signed one the same?", NULL, &o.issued, NULL},
        {"cert", 0, "FILE", "the certificate that is being registered", NULL, &o.cert, NULL},
        {"pass-file", 0, "FILE", "pass phrase of --cert (else ENSIGN_PASS, or a prompt)", NULL, &o.pass_file, NULL},
        {"profile", 0, "default|strict", "strict refuses what may or may not be taken; default warns of it", NULL,
         &o.profile, NULL},
        {"registration", 0, "ID", "it must be the file of this registration (a PDF that Ensign issued)", NULL, &o.id,
         NULL},
        {"environment", 0, "conformance|production", "and of this environment", NULL, &o.environment, NULL},
        {"eori", 0, "EORI", "with --trust: whether the certificate proves this EORI", NULL, &o.eori, NULL},
        {"national", 0, "PEM", "the national customs' alternate list of CAs", NULL, &o.national, NULL},
        {"member-state", 0, "CC", "whose list that is", NULL, &o.member_state, NULL},
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_ONLINE(o.judge),
    };
    const ens_command command = {
        "pdf check", "SIGNED... [--issued ORIGINAL] --cert FILE [--trust PATH]... [options]",
        "Judges a signed registration PDF before it is uploaded to UUM&DS, which answers every mistake with one vague\n"
        "sentence: the signature's format, what it covers, whose certificate made it and when, and whether the "
        "document\n"
        "is the one that was issued, with nothing added. Each refusal says what to do. With --trust the certificate "
        "is\n"
        "pre-flighted, too.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, check_all, &o);
}

int ens__cmd_pdf(int argc, char **argv)
{
    static const ens_command command = {"pdf", "issue|sign|check ...",
                                        "issue     issue a registration PDF, as a rehearsal\n"
                                        "sign      sign its field OWNER in the format that UUM&DS asks for\n"
                                        "check     judge a signed one before it is uploaded",
                                        NULL, 0};
    static const ens_subcommand subs[] = {{"issue", issue_command}, {"sign", sign_command}, {"check", check_command}};
    return ens__command_dispatch(&command, subs, sizeof subs / sizeof *subs, argc, argv);
}
