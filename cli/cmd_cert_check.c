#include "cli/cmd_cert_check.h"

#include "certs/chain.h"
#include "certs/key.h"
#include "certs/preflight.h"
#include "cli/certificate.h"
#include "cli/output.h"
#include "engine/file.h"
#include "engine/report.h"

#include <stdio.h>

#define CHECK_ARENA_MAX ((size_t)8 << 20)
#define KEY_FILE_MAX ((size_t)1 << 20)
#define DATE_LEN 10 /* of RFC 3339 */

typedef struct {
    ens_judge_options judge;
    const char *eori, *key, *pass_file, *national, *member_state;
} options;

/* One run: what is kept from certificate to certificate. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens_judge judge;
    ens_trust *national;
    EVP_PKEY *key;
    ens_arena arena;
    ens_report *report;
} run;

ens_code ens__certificate_load(const char *path, const char *pass_file, ens_arena *arena, ens_chain *chain, ens_err *err)
{
    ens_file file = {0};
    ens_chain_facts facts;
    char *pass = NULL;
    ens_code code = ens__pass_phrase(pass_file, path, false, &pass, err);
    if (code == ENS_OK)
        code = ens__file_open(path, 0, &file, err);
    if (code == ENS_OK)
        code = ens__chain_load(file.bytes, pass, arena, chain, &facts, err);
    if (code == ENS_EPOLICY && !pass && err->n && strstr(err->frame[0].what, "pass phrase")) {
        *err = (ens_err){0};
        code = ens__pass_phrase(NULL, path, true, &pass, err);
        code = code == ENS_OK ? ens__chain_load(file.bytes, pass, arena, chain, &facts, err) : code;
    }
    ens__file_close(&file);
    ens__pass_phrase_free(pass);
    return code;
}

static json_t *verdict_json(const char *path, const ens_cert *leaf, const ens__preflight *p, const ens_report *report)
{
    json_t *o = json_object(), *q = json_object(), *lists = json_object();
    json_object_set_new(o, "file", ens__json_text(path));
    json_object_set_new(o, "verdict", ens__json_text(ens_verdict_name(ens_report_verdict(report))));
    json_object_set_new(o, "acceptance", ens__json_text(ens__acceptance_name(p->accepted.acceptance)));
    json_object_set_new(o, "eori_binding", ens__json_text(ens_binding_name(p->binding)));
    json_object_set_new(o, "certificate", ens__certificate_json(leaf));
    bool asked = p->accepted.qualified;
    json_object_set_new(q, "at_issuance", asked ? ens__json_text(ens__qualified_name(p->accepted.at_issuance)) : json_null());
    json_object_set_new(q, "at_validation", asked ? ens__json_text(ens__qualified_name(p->accepted.at_validation)) : json_null());
    json_object_set_new(o, "qualification", q);
    json_object_set_new(o, "valid_until", ens__json_time(p->valid_until));
    json_object_set_new(o, "valid_until_reason", ens__json_text(p->valid_until_reason));
    ens_snapshot_facts facts = p->lists ? ens__snapshot_facts(p->lists) : (ens_snapshot_facts){0};
    json_object_set_new(lists, "lotl_sequence", p->lists ? json_integer(facts.lotl_sequence) : json_null());
    json_object_set_new(lists, "snapshot", p->lists ? ens__json_text(facts.name) : json_null());
    json_object_set_new(o, "lists", lists);
    json_object_set_new(o, "checks", ens__json_checks(report));
    return o;
}

/* first_hint is what to do: the first failure's remedy, else that of the check which is missing. */
static const ens_finding *first_of(const ens_report *report, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(report); i++)
        if (ens_report_get(report, i)->outcome == outcome && (outcome == ENS_FAIL || ens_report_get(report, i)->needed))
            return ens_report_get(report, i);
    return NULL;
}

static void verdict_print(const char *path, const ens_cert *leaf, const ens__preflight *p, const ens_report *report, ens_time at, bool all)
{
    char text[ENS_TIME_TEXT];
    ens_verdict verdict = ens_report_verdict(report);
    const ens_finding *f = first_of(report, verdict == ENS_REFUSED ? ENS_FAIL : ENS_SKIP);
    printf("%s: %s%s%s\n", path, ens__verdict_colour(verdict), ens_verdict_name(verdict), ens__colour_off());
    printf("  acceptance    %s\n  EORI binding  %s\n", ens__acceptance_name(p->accepted.acceptance), ens_binding_name(p->binding));
    if (p->valid_until != ENS_TIME_NONE)
        printf("  valid until   %.*s: %s\n", DATE_LEN, ens_time_format(p->valid_until, text), p->valid_until_reason);
    if (f) {
        fputs("  do            ", stdout);
        ens__print_behind(16, f->hint ? f->hint : f->detail);
    }
    puts("\nWhat it is");
    ens__certificate_print(leaf, at);
    puts("\nProof");
    ens__print_findings(report, all);
}

static int check_one(run *r, const char *path)
{
    ens_chain chain;
    ens_err err = {0};
    ens__preflight p;
    ens_arena_reset(&r->arena);
    ens__report_reset(r->report);
    if (ens__certificate_load(path, r->o->pass_file, &r->arena, &chain, &err) != ENS_OK) {
        ens__say_error(r->command->name, path, &err);
        return ENS_EXIT_UNKNOWN;
    }
    ens__preflight_options po = {.trust = r->judge.trust,
                                 .national = r->national,
                                 .member_state = r->o->member_state,
                                 .key = r->key,
                                 .eori = r->o->eori ? ens_str(r->o->eori) : (ens_slice){0},
                                 .at = r->judge.check.verify.at};
    ens__preflight_judge(&chain, &po, &p, r->report);
    int status = ens__verdict_exit(ens_report_verdict(r->report));
    if (r->o->judge.json)
        return ens__json_print(verdict_json(path, &chain.cert[0], &p, r->report)) ? status : ENS_EXIT_UNKNOWN;
    verdict_print(path, &chain.cert[0], &p, r->report, po.at, r->o->judge.verbose);
    return status;
}

static bool load_key(run *r)
{
    ens_file file = {0};
    ens_err err = {0};
    char *pass = NULL;
    if (!r->o->key)
        return true;
    ens_code code = ens__pass_phrase(r->o->pass_file, r->o->key, true, &pass, &err);
    if (code == ENS_OK)
        code = ens__file_open(r->o->key, KEY_FILE_MAX, &file, &err);
    if (code == ENS_OK)
        code = ens__key_load(file.bytes, pass, &r->key, &err);
    ens__file_close(&file);
    ens__pass_phrase_free(pass);
    if (code != ENS_OK)
        ens__say_error(r->command->name, r->o->key, &err);
    return code == ENS_OK;
}

/* load_national trusts the alternate list too: a path to it is a path. */
static bool load_national(run *r)
{
    ens_err err = {0};
    if (!r->o->national)
        return true;
    r->national = ens_trust_new();
    if (r->national && ens_trust_add(r->national, r->o->national, &err) == ENS_OK && ens_trust_add(r->judge.trust, r->o->national, &err) == ENS_OK)
        return true;
    ens__say_error(r->command->name, r->o->national, &err);
    return false;
}

static int check_all(const ens_command *command, const options *o, const ens_values *files)
{
    run r = {.command = command, .o = o};
    int status = ENS_EXIT_UNKNOWN;
    if (!files->num)
        return ens__command_usage(command, "no certificate given");
    if ((o->national != NULL) != (o->member_state != NULL))
        return ens__command_usage(command, "a national list is one Member State's: --national PEM --member-state CC");
    ens_arena_init(&r.arena, CHECK_ARENA_MAX);
    if (ens__judge_open(command, &o->judge, &r.judge, &status) && load_national(&r) && load_key(&r) && (r.report = ens_report_new())) {
        status = ENS_EXIT_GOOD;
        for (size_t i = 0; i < files->num; i++) {
            if (i && !o->judge.json)
                putchar('\n');
            status = ens__worst(status, check_one(&r, files->item[i]));
        }
    }
    EVP_PKEY_free(r.key);
    ens_report_free(r.report);
    ens_trust_free(r.national);
    ens__judge_close(&r.judge);
    ens_arena_free(&r.arena);
    return status;
}

int ens__cert_check_command(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        ENS_JUDGE_TRUST(o.judge),
        {"eori", 0, "EORI", "judge whether the certificate proves this EORI", NULL, &o.eori, NULL},
        {"key", 0, "KEY", "prove that this private key belongs to it: PEM or PKCS#12", NULL, &o.key, NULL},
        {"pass-file", 0, "FILE", "pass phrase (else ENSIGN_PASS, or a prompt)", NULL, &o.pass_file, NULL},
        {"national", 0, "PEM", "the national customs' alternate list of CAs", NULL, &o.national, NULL},
        {"member-state", 0, "CC", "whose list that is", NULL, &o.member_state, NULL},
    };
    const ens_command command = {"cert check", "FILE... [--trust PATH]... [--eori EORI] [--key KEY] [options]",
                                 "Pre-flights seal certificates before they are registered in UUM&DS: path, dates, key usage, revocation,\n"
                                 "algorithms, the key, the EORI, and until when all that holds.",
                                 table, sizeof table / sizeof *table};
    ens_values files = {0};
    int status;
    if (ens__command_parse(&command, argc, argv, &files, &status))
        status = check_all(&command, &o, &files);
    ens__values_free(&files);
    ens__judge_options_free(&o.judge);
    return status;
}
