
#include "cli/cert_batch.h"
#include "cli/cmd_cert_order.h"
#include "cli/inputs.h"
#include "cli/judge.h"
#include "cli/pass_phrase.h"
#include "cli/tls_purpose.h"
#include "engine/base/file.h"
#include "engine/base/workers.h"
#include "show/certificate.h"
#include "show/output.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FAULT_MAX ((size_t)64 << 10)  /* bytes of what is said of one input */
#define PATHS_MAX ((size_t)256 << 20) /* bytes of the paths of a batch */

typedef struct {
    ens_judge_options judge;
    const char *eori, *key, *pass_file, *national, *member_state, *format, *out, *threads, *purpose;
    ens_values seals;
    bool brief;
} options;

/* One run: what all certificates are judged by. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens_judge judge;
    ens_trust *national;
    ens_keyring *keys;
    ens_tls_purpose tls;
} run;

static bool is_for_tls(const options *o)
{
    return o->purpose && strcmp(o->purpose, "tls-client") == 0;
}

static bool load_purpose(run *r)
{
    ens_err err = {0};
    const options *o = r->o;
    if (!is_for_tls(o) || ens__tls_purpose_open(&o->seals, o->pass_file, o->judge.registry, &r->tls, &err) == ENS_OK)
        return true;
    ens__say_error(r->command->name, NULL, &err);
    return false;
}

static int purpose_fault(const ens_command *command, const options *o)
{
    if (o->purpose && !is_for_tls(o) && strcmp(o->purpose, "seal") != 0)
        return ens__command_usage(command, "--purpose is seal or tls-client, not %s", o->purpose);
    if (!is_for_tls(o) && (o->seals.num || o->judge.registry))
        return ens__command_usage(command, "--seal and --registry are for --purpose tls-client");
    if (is_for_tls(o) && (o->eori || o->national))
        return ens__command_usage(command, "a TLS certificate proves no EORI, and is on no national list");
    return 0;
}

static bool load_key(run *r)
{
    ens_err err = {0};
    if (!r->o->key || ens__keyring_open(r->o->key, r->o->pass_file, &r->keys, &err) == ENS_OK)
        return true;
    ens__say_error(r->command->name, r->o->key, &err);
    return false;
}

static bool names_folder(const char *path)
{
    size_t len = strlen(path);
    return (len && path[len - 1] == '/') || ens__file_is_folder(path);
}

/* read_output takes --format, --json, -o and the like; false with a message. */
static bool read_output(const ens_command *command, const options *o, ens_cert_output *out)
{
    static const char *const names[] = {"text", "json", "html"};
    size_t n = 0;
    const char *format = o->format ? o->format : o->judge.json ? "json" : "text";
    while (n < 3 && strcmp(names[n], format) != 0)
        n++;
    if (n == 3)
        return ens__command_usage(command, "--format is text, json or html, not %s", format), false;
    if (o->judge.json && n != ENS_FORMAT_JSON)
        return ens__command_usage(command, "--json is --format json, and not %s", format), false;
    *out = (ens_cert_output){.format = (ens_format)n, .to = o->out, .all = o->judge.verbose, .brief = o->brief};
    out->folder = o->out && strcmp(o->out, "-") != 0 && names_folder(o->out);
    if (out->folder && n != ENS_FORMAT_HTML)
        return ens__command_usage(command, "-o %s is a folder, which only --format html fills", o->out), false;
    return true;
}

static int judge_files(run *r, unsigned threads, const ens_values *files, ens_cert_output *out)
{
    ens_err err = {0};
    ens_preflight_options po = {.trust = r->judge.trust,
                                .national = r->national,
                                .member_state =
                                    r->o->member_state ? ens_member_state(ens_str(r->o->member_state)) : NULL,
                                .keys = r->keys,
                                .eori = ens_str(r->o->eori),
                                .at = r->judge.verify.at};
    ens_cert_batch batch = {.name = r->command->name,
                            .options = &po,
                            .tls = is_for_tls(r->o) ? &r->tls.asked : NULL,
                            .pass_file = r->o->pass_file,
                            .eori = r->o->eori,
                            .now = !r->o->judge.at,
                            .threads = threads};
    int status = ENS_EXIT_UNKNOWN;
    if (out->folder && mkdir(out->to, 0777) != 0 && errno != EEXIST)
        ens_fail_about(&err, ENS_EIO, NULL, "can't make the folder", out->to);
    else if (ens__cert_output_open(out, files->num, &err) == ENS_OK)
        status = ens__cert_batch_run(&batch, files, out);
    if (err.n)
        ens__say_error(r->command->name, NULL, &err);
    ens__cert_output_close(out);
    return status;
}

/* What is to be judged. */
typedef struct {
    const ens_values *given;
    ens_arena arena;
    ens_values files;
    ens_code code;
    ens_err err;
} listing;

static void *list(void *of)
{
    listing *l = of;
    l->code = ens__inputs_of(l->given, &l->arena, &l->files, &l->err);
    return NULL;
}

/* open_both looks for the files while the trusted lists are loaded: each takes some milliseconds. */
static bool open_both(run *r, listing *l, bool at_once, int *status)
{
    pthread_t other;
    bool beside = at_once && pthread_create(&other, NULL, list, l) == 0;
    if (!beside)
        list(l);
    bool good = (beside || l->code == ENS_OK) && ens__judge_open(r->command, &r->o->judge, &r->judge, status);
    if (beside)
        pthread_join(other, NULL);
    if (l->code != ENS_OK)
        ens__say_error(r->command->name, NULL, &l->err);
    return good && l->code == ENS_OK;
}

/* tell_none gives every input its object where what they would be judged by can't be read. */
static void tell_none(const ens_values *files, ens_cert_output *out)
{
    ens_err why = {0}, err = {0};
    ens_fail(&why, ENS_EIO, NULL, "what it would be judged by can't be read: the messages say what", 0);
    if (out->format != ENS_FORMAT_JSON || ens__cert_output_open(out, files->num, &err) != ENS_OK)
        return;
    for (size_t i = 0; i < files->num; i++) {
        ens_buf line;
        ens_buf_init(&line, NULL, 0, FAULT_MAX);
        if (ens__cert_output_fault(out, i, files->item[i], &why, &line))
            ens__cert_output_take(out, i, ens_buf_slice(&line));
        ens_buf_free(&line);
    }
    if (ens__cert_output_end(out, &err) != ENS_OK)
        ens__say_error("cert check", NULL, &err);
    ens__cert_output_close(out);
}

static int check_all(const ens_command *command, void *of, const ens_values *given)
{
    const options *o = of;
    run r = {.command = command, .o = o};
    listing l = {.given = given};
    ens_cert_output out;
    int status = ENS_EXIT_UNKNOWN, opened = status;
    unsigned long threads = o->threads ? strtoul(o->threads, NULL, 10) : 1;
    if (!given->num)
        return ens__command_usage(command, "no certificate given");
    if ((o->national != NULL) != (o->member_state != NULL))
        return ens__command_usage(command, "a national list is one Member State's: --national PEM --member-state CC");
    if (o->member_state && !ens_member_state(ens_str(o->member_state)))
        return ens__command_usage(command, "--member-state %s is no Member State's code", o->member_state);
    if (threads < 1 || threads > ENS_POOL_THREADS)
        return ens__command_usage(command, "--threads is 1 to %u", ENS_POOL_THREADS);
    for (size_t i = 0; i < given->num; i++)
        if (ens__file_same(o->out, given->item[i]))
            return ens__command_usage(command, "%s would be written over: give another name to -o", given->item[i]);
    if (purpose_fault(command, o) != 0 || !read_output(command, o, &out))
        return status;
    ens_arena_init(&l.arena, PATHS_MAX);
    if (open_both(&r, &l, threads > 1, &opened) && ens__judge_national(command, o->national, &r.judge, &r.national) &&
        load_key(&r) && load_purpose(&r))
        status = judge_files(&r, (unsigned)threads, &l.files, &out);
    else
        tell_none(l.files.num ? &l.files : given, &out);
    ens__tls_purpose_close(&r.tls);
    ens_keyring_free(r.keys);
    ens_trust_free(r.national);
    ens__judge_close(&r.judge);
    ens__values_free(&l.files);
    ens_arena_free(&l.arena);
    return status;
}

static int check_command(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_ONLINE(o.judge),
        {"eori", 0, "EORI", "judge whether the certificate proves this EORI", NULL, &o.eori, NULL},
        {"key", 0, "KEY", "prove that this private key belongs to it: PEM or PKCS#12", NULL, &o.key, NULL},
        {"pass-file", 0, "FILE", "pass phrase (else ENSIGN_PASS, or a prompt)", NULL, &o.pass_file, NULL},
        {"national", 0, "PEM", "the national customs' alternate list of CAs", NULL, &o.national, NULL},
        {"member-state", 0, "CC", "whose list that is", NULL, &o.member_state, NULL},
        {"purpose", 0, "seal|tls-client", "what it is for: to seal, or to be shown to TLS; seal is the default", NULL,
         &o.purpose, NULL},
        {"seal", 0, "FILE", "tls-client: the certificate of a seal, which it must not be", NULL, NULL, &o.seals},
        {"registry", 0, "DB", "tls-client: nothing that is registered there as a seal", NULL, &o.judge.registry, NULL},
        {"format", 0, "text|json|html", "how it is told; text is the default", NULL, &o.format, NULL},
        {"output", 'o', "OUT", "where it goes: a file that appears whole, or for html a folder with a page each", NULL,
         &o.out, NULL},
        {"quiet", 'q', NULL, "text: one line per certificate", &o.brief, NULL, NULL},
        {"threads", 0, "N", "judge a batch by N threads, reports in the order of the inputs", NULL, &o.threads, NULL},
    };
    const ens_command command = {
        "cert check", "FILE|FOLDER... [--trust PATH]... [--eori EORI] [--key KEY] [options]",
        "Pre-flights seal certificates before they are registered in UUM&DS.\n"
        "Judges form, path, dates, key usage, revocation, algorithms, the trusted lists, the key and the EORI,\n"
        "and tells until when all that holds. A FILE holds a certificate, alone or with its issuers; of a FOLDER\n"
        "all certificates are judged. Of many, progress and a summary stand on stderr.\n"
        "Of a certificate request (CSR) what can be told is told; it is never accepted, for it is no certificate.\n"
        "--purpose tls-client judges the other certificate that ICS2 wants, which the access point shows to TLS:\n"
        "purpose (clientAuth), key, path to a CA of --trust, dates, revocation, and that it is no seal.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, check_all, &o);
}

static void print_certificate(const ens_cert *cert, ens_time at)
{
    ens_buf out;
    ens__page page = ens__print_begin(&out);
    ens__certificate_page(&page, cert, at);
    ens__print_end(&out);
}

static bool print_json(const ens_cert *cert, const char *path, size_t index)
{
    ens_buf out;
    ens_json j = ens__json_on_stdout(&out);
    ens__json_open(&j, NULL, '{');
    ens__certificate_json(&j, cert);
    ens__json_text(&j, "file", path);
    ens__json_number(&j, "index", index);
    ens__json_close(&j, '}');
    return ens__json_print(&j);
}

static int show_chain(const ens_chain *chain, const char *path, ens_time at, bool json)
{
    for (size_t i = 0; i < chain->num; i++) {
        if (json) {
            if (!print_json(&chain->cert[i], path, i))
                return ENS_EXIT_UNKNOWN;
            continue;
        }
        if (chain->num > 1)
            ens__print("%s%s, certificate %zu of %zu%s\n", i ? "\n" : "", path, i + 1, chain->num,
                       i == 0 ? " (the signer's)" : "");
        print_certificate(&chain->cert[i], at);
    }
    return ENS_EXIT_GOOD;
}

/* Certificates of one file, shown as they stand, where they aren't clearly one chain. */
typedef struct {
    const char *path;
    ens_time at;
    bool json;
    size_t num;
} showing;

static void say_odd(const char *path, size_t index, unsigned odd)
{
    for (unsigned fault = 1; fault <= ENS_CERT_ODD_LAST; fault <<= 1)
        if (odd & fault)
            ens__say("ensign cert show: %s, certificate %zu: %s; whoever reads strictly refuses it\n", path, index + 1,
                     ens_cert_odd_words(fault));
}

static ens_code show_one(void *of, ens_slice der, ens_err *err)
{
    showing *s = of;
    ens_cert cert;
    unsigned odd = 0;
    ens_code code = ens_cert_parse_loose(der, &cert, &odd, err);
    if (code != ENS_OK)
        return code;
    say_odd(s->path, s->num, odd);
    if (s->json)
        return print_json(&cert, s->path, s->num++) ? ENS_OK : ENS_EIO;
    printf("%s%s, certificate %zu\n", s->num ? "\n" : "", s->path, s->num + 1);
    print_certificate(&cert, s->at);
    s->num++;
    return ENS_OK;
}

/* show_each shows what there is, one by one; false where nothing can be shown. */
static bool show_each(const char *path, const char *pass_file, ens_time at, bool json, ens_err *err)
{
    ens_file file = {0};
    char *pass = NULL;
    showing s = {.path = path, .at = at, .json = json};
    ens_code code = ens__pass_phrase(pass_file, path, false, &pass, err);
    if (code == ENS_OK)
        code = ens__file_open(path, 0, &file, err);
    if (code == ENS_OK)
        code = ens_certificates_each(file.bytes, pass, show_one, &s, err);
    ens__file_close(&file);
    ens__pass_phrase_free(pass);
    return code == ENS_OK && s.num;
}

static int show_file(const ens_command *command, const char *path, const char *pass_file, ens_time at, bool json)
{
    ens_certificates *certificates = NULL;
    ens_err err = {0}, later = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (ens__certificates_open_whole(path, pass_file, &certificates, &err) == ENS_OK)
        status = show_chain(ens_certificates_chain(certificates), path, at, json);
    else if (strcmp(path, "-") != 0 && show_each(path, pass_file, at, json, &later))
        status = ENS_EXIT_GOOD;
    else
        ens__say_error(command->name, path, &err);
    ens_certificates_free(certificates);
    return status;
}

static int show_command(int argc, char **argv)
{
    bool json = false;
    const char *pass_file = NULL, *when = NULL;
    const ens_option table[] = {
        {"json", 0, NULL, "one JSON object per certificate on a line", &json, NULL, NULL},
        {"at", 0, "TIME", "count the days left from this time; without it, now", NULL, &when, NULL},
        {"pass-file", 0, "FILE", "pass phrase of a PKCS#12 file (else ENSIGN_PASS, or a prompt)", NULL, &pass_file,
         NULL},
    };
    const ens_command command = {
        "cert show", "FILE [--json]",
        "Says in words what is in a certificate: PEM, DER, PKIPath or PKCS#12, alone or with its chain.", table,
        sizeof table / sizeof *table};
    ens_values files = {0};
    ens_time at = ens_time_now();
    ens_err err = {0};
    int status;
    if (ens__command_parse(&command, argc, argv, &files, &status)) {
        status = files.num ? ENS_EXIT_GOOD : ens__command_usage(&command, "no file given");
        if (when && ens_time_parse(ens_str(when), &at, &err) != ENS_OK) {
            ens__say_error(command.name, when, &err);
            status = ENS_EXIT_UNKNOWN;
        } else {
            for (size_t i = 0; i < files.num; i++)
                status = ens__worst(status, show_file(&command, files.item[i], pass_file, at, json));
        }
    }
    ens__values_free(&files);
    return status;
}

int ens__cmd_cert(int argc, char **argv)
{
    static const ens_command group = {
        "cert", "show|check|order ... [options]",
        "show      say in words what a certificate is\n"
        "check     pre-flight a seal certificate before it is registered, or a request for one\n"
        "order     say what to ask a provider for, and make the request",
        NULL, 0};
    static const ens_subcommand subs[] = {{"show", show_command}, {"check", check_command}, {"order", ens__cert_order}};
    return ens__command_dispatch(&group, subs, sizeof subs / sizeof *subs, argc, argv);
}
