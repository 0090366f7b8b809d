/* ensign party: the registry that stands in for UUM&DS. */
#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/judge.h"
#include "engine/base/report.h"
#include "ensign/preflight.h"
#include "show/output.h"
#include "show/party.h"
#include "sti/registry/enrolment.h"

#include <stdio.h>
#include <string.h>

#define LIST_ARENA_MAX ((size_t)1 << 30) /* bytes of all parties of a registry */
#define JOB_ARENA_MAX ((size_t)64 << 20)
#define ORGID_MAX 256
#define SHA256_PREFIX_MIN 8u

typedef struct {
    const char *registry, *at, *system, *ms, *name, *agreement, *force, *sha256, *pass_file;
    const char *national;
    ens_values certs;
    ens_judge_options judge; /* trust, lists and responses of the pre-flight */
    bool json, unchecked;
    size_t verb; /* which of the verbs was named */
} options;

/* One run of a sub-command. */
typedef struct {
    const ens_command *command;
    options *o;
    ens__uumds *db;
    ens_time at;
    ens_arena arena;
    ens_party_id id;                       /* of the operand, with --system and --ms */
    char party_id[ENS_UUMDS_PARTY_ID * 2]; /* where id's parts stand; room for what is then refused as too long */
    char member_state[3];                  /* where a certificate is registered */
} job;

static int failed_party(const job *j, const char *about, const ens_err *err)
{
    ens__say_error(j->command->name, about, err);
    return ENS_EXIT_UNKNOWN;
}

static int refused(const job *j, const char *what, const char *remedy)
{
    ens__say("ensign %s: %s\n  -> %s\n", j->command->name, what, remedy);
    return ENS_EXIT_REFUSED;
}

/* compose joins operand and options to one party id. The EORI's own Member State is never written after it. */
static bool compose(job *j, const char *operand, int *status)
{
    ens_party_id given;
    ens_err err = {0};
    if (ens_party_id_parse(ens_str(operand), &given, &err) != ENS_OK) {
        *status = failed_party(j, operand, &err);
        return false;
    }
    ens_slice own = ens_sub(given.eori, 0, 2), system = given.system_id, ms = given.member_state;
    if (j->o->system && (!system.len || ens_is(system, j->o->system)))
        system = ens_str(j->o->system);
    else if (j->o->system)
        return *status = ens__command_usage(j->command, "--system %s is not that of %s", j->o->system, operand), false;
    if (j->o->ms && ms.len && !ens_is(ms, j->o->ms))
        return *status = ens__command_usage(j->command, "--ms %s is not that of %s", j->o->ms, operand), false;
    if (j->o->ms && !ms.len && !ens_is(own, j->o->ms))
        ms = ens_str(j->o->ms);
    int n = snprintf(j->party_id, sizeof j->party_id, "%.*s%s%.*s%s%.*s", (int)system.len, (const char *)system.p,
                     system.len ? "@" : "", (int)given.eori.len, (const char *)given.eori.p, ms.len ? "@" : "",
                     (int)ms.len, (const char *)ms.p);
    ens_slice text =
        ens_bytes(j->party_id, n > 0 && (size_t)n < sizeof j->party_id ? (size_t)n : sizeof j->party_id - 1);
    if (ens_party_id_parse(text, &j->id, &err) != ENS_OK) {
        *status = failed_party(j, j->party_id, &err);
        return false;
    }
    ens_slice where = j->id.member_state.len ? j->id.member_state : own;
    memcpy(j->member_state, where.p, 2);
    return true;
}

static int print_json(const ens__party_view *view, ens_time at)
{
    ens_buf out;
    ens_json j = ens__json_on_stdout(&out);
    ens__party_json(&j, view, at);
    return ens__json_print(&j) ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
}

static int show_party(job *j, const ens__party *party)
{
    ens__party_view view;
    ens_err err = {0};
    if (ens__party_read(j->db, party, &j->arena, &view, &err) != ENS_OK)
        return failed_party(j, j->o->registry, &err);
    if (j->o->json)
        return print_json(&view, j->at);
    ens__party_print(&view, j->at);
    return ENS_EXIT_GOOD;
}

/* find_party reads the party of the operand; false with a message when there is none. */
static bool find_party(job *j, ens__party *party, int *status)
{
    bool found = false;
    ens_err err = {0};
    if (ens__uumds_party(j->db, j->id.eori, party, &found, &err) != ENS_OK) {
        *status = failed_party(j, j->o->registry, &err);
        return false;
    }
    if (found)
        return true;
    ens__say("ensign %s: %.*s is not registered in %s\n  -> ensign party add %.*s --registry %s\n", j->command->name,
             (int)j->id.eori.len, (const char *)j->id.eori.p, j->o->registry, (int)j->id.eori.len,
             (const char *)j->id.eori.p, j->o->registry);
    *status = ENS_EXIT_UNKNOWN;
    return false;
}

/* load_leaf reads the file of a certificate: PEM, DER, PKIPath or PKCS#12, alone or with its chain. Free *out. */
static ens_code load_leaf(const job *j, const char *path, ens_certificates **out, const ens_cert **leaf, ens_err *err)
{
    ens_code code = ens__certificates_open_whole(path, j->o->pass_file, out, err);
    if (code == ENS_OK)
        *leaf = ens_certificates_get(*out, 0);
    return code;
}

/* The registry decides, whatever the certificate says of itself; but who registers it should know. */
static void tell_binding(const job *j, const ens_cert *leaf)
{
    char text[ENS_DETAIL_TEXT];
    ens_report *report = ens_report_new();
    if (report && ens_binding_check_cert(leaf, j->id.eori, report) == ENS_BINDING_MISMATCH)
        ens__say("ensign %s: note: %s\n", j->command->name, ens__finding_text(ens_report_get(report, 0), text, ""));
    ens_report_free(report);
}

/* What the certificates of one run are pre-flighted by. */
typedef struct {
    ens_judge judge;
    ens_trust *national;
    ens_report *report;
} flight;

static bool open_flight(const job *j, flight *f)
{
    ens_err err = {0};
    int status;
    ens_judge_options o = j->o->judge;
    o.at = j->o->at;
    *f = (flight){.report = ens_report_new(), .national = j->o->national ? ens_trust_new() : NULL};
    if (!f->report || (j->o->national && !f->national))
        return failed_party(j, NULL, &err), false;
    if (!ens__judge_open(j->command, &o, &f->judge, &status))
        return false;
    if (!f->national || (ens_trust_add(f->national, j->o->national, &err) == ENS_OK &&
                         ens_trust_add(f->judge.trust, j->o->national, &err) == ENS_OK))
        return true;
    return failed_party(j, j->o->national, &err), false;
}

static void close_flight(flight *f)
{
    ens_report_free(f->report);
    ens_trust_free(f->national);
    ens__judge_close(&f->judge);
}

static const ens_finding *first_open(const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_SKIP && f->needed)
            return f;
    }
    return NULL;
}

/* tell_refusal tells each reason, and what to do. */
static int tell_refusal(const job *j, const char *path, const ens_report *report)
{
    ens__say("ensign %s: %s: the pre-flight refuses it, so it is not registered\n", j->command->name, path);
    for (size_t i = 0; i < ens_report_num(report); i++) {
        char text[ENS_DETAIL_TEXT];
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_FAIL)
            ens__say("  %s: %s\n  -> %s\n", f->id, ens__finding_text(f, text, ""), f->hint ? f->hint : "");
    }
    ens__say("  -> --unchecked registers it all the same, and the registry says so\n");
    return ENS_EXIT_REFUSED;
}

/* fly_one: whether ICS2 takes a certificate is decided when it is registered (ICD 4.6.2, 5.1.1). What can't be judged,
 * for want of lists say, is registered with a warning. */
static int fly_one(job *j, flight *f, const char *path)
{
    char text[ENS_DETAIL_TEXT];
    ens_certificates *certificates = NULL;
    ens_preflight_result found;
    ens_err err = {0};
    const ens_preflight_options o = {
        .trust = f->judge.trust, .national = f->national, .member_state = j->member_state, .at = j->at};
    if (ens__certificates_open_whole(path, j->o->pass_file, &certificates, &err) != ENS_OK)
        return failed_party(j, path, &err);
    ens_report_reset(f->report);
    ens_preflight(certificates, &o, &found, f->report);
    ens_certificates_free(certificates);
    if (found.verdict == ENS_REFUSED)
        return tell_refusal(j, path, f->report);
    const ens_finding *open = found.verdict == ENS_ACCEPTED ? NULL : first_open(f->report);
    if (found.verdict != ENS_ACCEPTED)
        ens__say("ensign %s: warning: %s is registered though the pre-flight could not judge it: %s\n",
                 j->command->name, path, ens__finding_text(open, text, "something needed was left out"));
    return ENS_EXIT_GOOD;
}

/* fly_all pre-flights every certificate before anything is registered. */
static int fly_all(job *j)
{
    flight f;
    int status = ENS_EXIT_GOOD;
    if (j->o->unchecked || !j->o->certs.num)
        return status;
    if (!open_flight(j, &f))
        status = ENS_EXIT_UNKNOWN;
    for (size_t i = 0; i < j->o->certs.num && status == ENS_EXIT_GOOD; i++)
        status = fly_one(j, &f, j->o->certs.item[i]);
    close_flight(&f);
    return status;
}

static int certify_one(job *j, const ens__party *party, const char *path)
{
    ens_certificates *certificates = NULL;
    const ens_cert *leaf = NULL;
    ens_err err = {0};
    ens_code code = load_leaf(j, path, &certificates, &leaf, &err);
    if (code == ENS_OK)
        code = ens__enrolment_certify(j->db, party, j->member_state, leaf, j->o->unchecked, &err);
    if (code == ENS_OK)
        tell_binding(j, leaf);
    ens_certificates_free(certificates);
    return code == ENS_OK ? ENS_EXIT_GOOD : failed_party(j, path, &err);
}

static int certify_all(job *j, const ens__party *party)
{
    for (size_t i = 0; i < j->o->certs.num; i++) {
        int status = certify_one(j, party, j->o->certs.item[i]);
        if (status != ENS_EXIT_GOOD)
            return status;
    }
    return show_party(j, party);
}

static bool set_agreement(const job *j, ens__party *party, int *status)
{
    const char *a = j->o->agreement;
    if (!a)
        return true;
    if (strncmp(a, "EU-ICS2-TI-", 11) == 0)
        a += 11;
    if (strcmp(a, "V1.0") != 0 && strcmp(a, "V2.0") != 0 && strcmp(a, "any") != 0)
        return *status = ens__command_usage(j->command, "--agreement is V1.0, V2.0 or any, not %s", a), false;
    snprintf(party->agreement, sizeof party->agreement, "%s", strcmp(a, "any") == 0 ? "" : a);
    return true;
}

static bool set_forced(const job *j, ens__party *party, int *status)
{
    static const char *const answers[] = {"A001", "A002", "A003", "none"};
    for (size_t i = 0; j->o->force && i < sizeof answers / sizeof *answers; i++)
        if (strcmp(j->o->force, answers[i]) == 0) {
            snprintf(party->forced, sizeof party->forced, "%s", i < 3 ? answers[i] : "");
            return true;
        }
    if (!j->o->force)
        return true;
    *status = ens__command_usage(j->command, "--force is A001, A002, A003 or none, not %s", j->o->force);
    return false;
}

static bool set_name(const job *j, ens__party *party, int *status)
{
    if (j->o->name && (strlen(j->o->name) >= sizeof party->name || !ens__is_utf8(ens_str(j->o->name))))
        return *status = ens__command_usage(j->command, "--name is at most %zu bytes of UTF-8", sizeof party->name - 1),
               false;
    if (j->o->name)
        snprintf(party->name, sizeof party->name, "%s", j->o->name);
    return true;
}

/* An EORI that can't exist is refused; what is only unusual is said. */
static bool eori_good(const job *j, int *status)
{
    ens_report report;
    ens__report_init(&report);
    ens_eori_check(j->id.eori, j->at, &report);
    bool good = ens_report_verdict(&report) != ENS_REFUSED;
    for (size_t i = 0; i < ens_report_num(&report); i++) {
        char text[ENS_DETAIL_TEXT];
        const ens_finding *f = ens_report_get(&report, i);
        if (f->outcome == ENS_FAIL)
            *status = refused(j, ens_finding_detail(f, text), f->hint);
        else if (f->outcome == ENS_WARN)
            ens__say("ensign %s: note: %s\n", j->command->name, ens_finding_detail(f, text));
    }
    ens__report_clear(&report);
    return good;
}

static int add_party(job *j)
{
    ens__party party;
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (ens__enrolment_begin(j->db, j->id.eori, &party, &err) != ENS_OK)
        return failed_party(j, j->o->registry, &err);
    if (!set_name(j, &party, &status) || !set_agreement(j, &party, &status) || !set_forced(j, &party, &status))
        return status;
    if ((status = fly_all(j)) != ENS_EXIT_GOOD)
        return status;
    if (ens__uumds_enrol(j->db, &party, ens_str(j->party_id), &err) != ENS_OK)
        return failed_party(j, j->o->registry, &err);
    return certify_all(j, &party);
}

static int certify(job *j)
{
    ens__party party;
    int status;
    if (!j->o->certs.num)
        return ens__command_usage(j->command, "no certificate given: --cert FILE");
    if (!find_party(j, &party, &status) || (status = fly_all(j)) != ENS_EXIT_GOOD)
        return status;
    return certify_all(j, &party);
}

static int show_party_cli(job *j)
{
    ens__party party;
    int status;
    return find_party(j, &party, &status) ? show_party(j, &party) : status;
}

/* list_one prints a party; the arena is that of one view. */
static int list_one(job *j, const ens__party *party, ens_arena *arena)
{
    ens__party_view view;
    ens_err err = {0};
    ens_arena_reset(arena);
    if (ens__party_read(j->db, party, arena, &view, &err) != ENS_OK)
        return failed_party(j, j->o->registry, &err);
    if (j->o->json)
        return print_json(&view, j->at);
    ens__party_print_line(&view, j->at);
    return ENS_EXIT_GOOD;
}

static int list(job *j)
{
    ens__party *parties = NULL;
    size_t num = 0;
    ens_err err = {0};
    ens_arena arena;
    int status = ENS_EXIT_GOOD;
    j->arena.limit = LIST_ARENA_MAX;
    ens_arena_init(&arena, JOB_ARENA_MAX);
    if (ens__uumds_parties(j->db, &j->arena, &parties, &num, &err) != ENS_OK)
        return failed_party(j, j->o->registry, &err);
    if (!j->o->json)
        ens__party_print_line(NULL, j->at);
    for (size_t i = 0; i < num && status == ENS_EXIT_GOOD; i++)
        status = list_one(j, &parties[i], &arena);
    ens_arena_free(&arena);
    return status;
}

static int change_party(job *j, ens__party *party, ens_party_state state)
{
    ens_err err = {0};
    ens__enrolment_changed changed;
    if (ens__enrolment_change_party(j->db, party, state, &changed, &err) != ENS_OK)
        return failed_party(j, j->o->registry, &err);
    if (changed == ENS_CHANGE_FINAL)
        return refused(j, "the party is revoked, which is final",
                       "enrol it anew with: ensign party add EORI --registry FILE");
    return show_party(j, party);
}

/* The certificate meant is that of --cert, or the one whose SHA-256 begins as --sha256 says. */
static bool wanted_sha256(job *j, char out[ENS_UUMDS_SHA256], int *status)
{
    ens_certificates *certificates = NULL;
    const ens_cert *leaf = NULL;
    ens_err err = {0};
    if (j->o->certs.num > 1 || (j->o->certs.num && j->o->sha256))
        return *status = ens__command_usage(j->command, "name one certificate, by --cert or --sha256"), false;
    if (j->o->sha256) {
        size_t len = strlen(j->o->sha256);
        if (len < SHA256_PREFIX_MIN || len >= ENS_UUMDS_SHA256)
            return *status = ens__command_usage(j->command, "--sha256 takes 8 to 64 hexadecimal digits"), false;
        for (size_t i = 0; i <= len; i++)
            out[i] = (char)(j->o->sha256[i] >= 'A' && j->o->sha256[i] <= 'F' ? j->o->sha256[i] + 32 : j->o->sha256[i]);
        return true;
    }
    ens_code code = load_leaf(j, j->o->certs.item[0], &certificates, &leaf, &err);
    if (code == ENS_OK)
        code = ens__enrolment_sha256(leaf, out, &err);
    ens_certificates_free(certificates);
    if (code != ENS_OK)
        *status = failed_party(j, j->o->certs.item[0], &err);
    return code == ENS_OK;
}

static int change_certificate(job *j, const ens__party *party, ens_party_state state)
{
    char sha256[ENS_UUMDS_SHA256];
    ens_err err = {0};
    ens__enrolment_changed changed;
    int status;
    bool one_state = j->o->ms || j->id.member_state.len; /* else in every Member State where it is registered */
    if (!wanted_sha256(j, sha256, &status))
        return status;
    if (ens__enrolment_change_certificate(j->db, party, one_state ? j->member_state : NULL, sha256, state, &changed,
                                          &err) != ENS_OK)
        return failed_party(j, j->o->registry, &err);
    switch (changed) {
    case ENS_CHANGE_SEVERAL:
        return ens__command_usage(j->command, "--sha256 %s is the beginning of several; give more digits", sha256);
    case ENS_CHANGE_NO_SUCH:
        return refused(j, "that certificate is not registered for the EORI",
                       "see: ensign party show EORI --registry FILE");
    case ENS_CHANGE_FINAL:
        return refused(j, "the certificate is revoked, which is final",
                       "register a new one with: ensign party certify");
    case ENS_CHANGE_MADE:
        break;
    }
    return show_party(j, party);
}

static int change(job *j, ens_party_state state)
{
    ens__party party;
    int status;
    if (!find_party(j, &party, &status))
        return status;
    return j->o->certs.num || j->o->sha256 ? change_certificate(j, &party, state) : change_party(j, &party, state);
}

static int suspend_party(job *j)
{
    return change(j, ENS_PARTY_SUSPENDED);
}

static int resume_party(job *j)
{
    return change(j, ENS_PARTY_ACTIVE);
}

static int revoke_party(job *j)
{
    return change(j, ENS_PARTY_REVOKED);
}

enum { TAKES_PARTY = 1, CREATES = 2, ENROLS = 4, CERTIFIES = 8, PICKS = 16 };

static const struct {
    const char *name, *synopsis, *about;
    int (*run)(job *j);
    unsigned traits;
} verbs[] = {
    {"party add", "EORI --registry DB [options]",
     "Registers a party, or changes it: what isn't given stays as it was. EORI may be a whole\n"
     "party id, system@EORI@MS; a party may have several. Makes the registry when there is none.",
     add_party, TAKES_PARTY | CREATES | ENROLS | CERTIFIES},
    {"party list", "--registry DB [--json] [--at TIME]", "Lists the parties, one a line.", list, 0},
    {"party show", "EORI --registry DB [--json] [--at TIME]", "Shows a party, its party ids and its certificates.",
     show_party_cli, TAKES_PARTY},
    {"party certify", "EORI --cert FILE... --registry DB [--ms CC]",
     "Registers seal certificates for an EORI, once the pre-flight (ensign cert check) takes them.\n"
     "Several may be active at once, for the roll-over.",
     certify, TAKES_PARTY | CERTIFIES},
    {"party suspend", "EORI [--cert FILE | --sha256 HEX] --registry DB",
     "Suspends a party or, with --cert or --sha256, one of its certificates.", suspend_party, TAKES_PARTY | PICKS},
    {"party resume", "EORI [--cert FILE | --sha256 HEX] --registry DB", "Makes active again what was suspended.",
     resume_party, TAKES_PARTY | PICKS},
    {"party revoke", "EORI [--cert FILE | --sha256 HEX] --registry DB",
     "Revokes a party or one of its certificates. A revoked certificate stays so.", revoke_party, TAKES_PARTY | PICKS},
};
#define NUM_VERBS (sizeof verbs / sizeof *verbs)

#define OPTIONS_MAX 20

static size_t options_of(unsigned traits, options *o, ens_option out[OPTIONS_MAX])
{
    size_t n = 0;
    out[n++] = (ens_option){"registry", 0, "DB", "the registry's file", NULL, &o->registry, NULL};
    if (traits & ENROLS) {
        out[n++] =
            (ens_option){"system", 0,          "ID", "system id in front of the EORI, for one of several access points",
                         NULL,     &o->system, NULL};
        out[n++] = (ens_option){"name", 0, "TEXT", "the party's name", NULL, &o->name, NULL};
        out[n++] =
            (ens_option){"agreement", 0, "V1.0|V2.0|any", "interface version that it uses", NULL, &o->agreement, NULL};
        out[n++] = (ens_option){
            "force", 0, "A001|A002|A003|none", "rehearse this answer of UUM&DS; none ends it", NULL, &o->force, NULL};
    }
    if (traits & (ENROLS | CERTIFIES | PICKS))
        out[n++] = (ens_option){
            "ms", 0, "CC", "Member State that holds the registration, when it isn't the EORI's", NULL, &o->ms, NULL};
    if (traits & (CERTIFIES | PICKS)) {
        out[n++] =
            (ens_option){"cert", 0,    "FILE",   "the seal certificate: PEM, DER or PKCS#12, with or without its chain",
                         NULL,   NULL, &o->certs};
        out[n++] = (ens_option){"pass-file",   0,   "FILE", "pass phrase of a PKCS#12 file (else ENSIGN_PASS)", NULL,
                                &o->pass_file, NULL};
    }
    if (traits & CERTIFIES) {
        out[n++] = (ens_option){
            "trust", 0,    "PATH",         "pre-flight by these anchors, or by a cache of the trusted lists",
            NULL,    NULL, &o->judge.trust};
        out[n++] = (ens_option){"untrusted",        0, "FILE", "certificates that may only complete a path", NULL, NULL,
                                &o->judge.untrusted};
        out[n++] = (ens_option){"crl", 0, "FILE", "a revocation list, PEM or DER", NULL, NULL, &o->judge.crl};
        out[n++] = (ens_option){"ocsp", 0, "FILE", "an OCSP response, DER", NULL, NULL, &o->judge.ocsp};
        out[n++] =
            (ens_option){"national", 0, "PEM", "the national customs' alternate list of CAs", NULL, &o->national, NULL};
        out[n++] = (ens_option){"unchecked",   0,    NULL, "register it without pre-flight; the registry says so",
                                &o->unchecked, NULL, NULL};
    }
    if (traits & PICKS)
        out[n++] = (ens_option){"sha256", 0,          "HEX", "the certificate, by the beginning of its SHA-256",
                                NULL,     &o->sha256, NULL};
    out[n++] =
        (ens_option){"at", 0,      "TIME", "judge, and tell what has expired, at this time (RFC 3339); without it, now",
                     NULL, &o->at, NULL};
    out[n++] = (ens_option){"json", 0, NULL, "one JSON object per party on a line", &o->json, NULL, NULL};
    return n;
}

static int run_verb(const ens_command *command, void *of, const ens_values *operands)
{
    options *o = of;
    size_t v = o->verb;
    job j = {.command = command, .o = o, .at = ens_time_now()};
    bool takes = verbs[v].traits & TAKES_PARTY;
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (!o->registry)
        return ens__command_usage(command, "no registry given: --registry DB");
    if (operands->num != (takes ? 1 : 0))
        return takes && !operands->num
                   ? ens__command_usage(command, "no EORI given")
                   : ens__command_usage(command, "there is one thing too many: %s", operands->item[takes ? 1 : 0]);
    if (o->at && ens_time_parse(ens_str(o->at), &j.at, &err) != ENS_OK)
        return failed_party(&j, o->at, &err);
    if (takes && !compose(&j, operands->item[0], &status))
        return status;
    if ((verbs[v].traits & ENROLS) && !eori_good(&j, &status))
        return status;
    if (ens__uumds_open(o->registry, verbs[v].traits & CREATES, &j.db, &err) != ENS_OK)
        return failed_party(&j, o->registry, &err);
    ens_arena_init(&j.arena, JOB_ARENA_MAX);
    status = verbs[v].run(&j);
    ens_arena_free(&j.arena);
    ens__uumds_close(j.db);
    return status;
}

/* verb_of finds the row of a verb that the dispatch has let through. */
static size_t verb_of(const char *name)
{
    size_t v = 0;
    while (v + 1 < NUM_VERBS && strcmp(name, verbs[v].name + sizeof "party " - 1) != 0)
        v++;
    return v;
}

static int parse_verb(int argc, char **argv)
{
    size_t v = verb_of(argv[0]);
    options o = {.verb = v};
    ens_option table[OPTIONS_MAX];
    ens_command command = {verbs[v].name, verbs[v].synopsis, verbs[v].about, table,
                           options_of(verbs[v].traits, &o, table)};
    return ens__command_run(&command, argc, argv, run_verb, &o);
}

int ens__cmd_party(int argc, char **argv)
{
    static const ens_command command = {
        "party", "add|list|show|certify|suspend|resume|revoke ... --registry DB",
        "Keeps the registry of parties and their seal certificates, as UUM&DS does for the STI;\n"
        "`ensign verify --registry DB` judges senders by it.",
        NULL, 0};
    ens_subcommand subs[NUM_VERBS];
    for (size_t v = 0; v < NUM_VERBS; v++)
        subs[v] = (ens_subcommand){verbs[v].name + sizeof "party " - 1, parse_verb};
    return ens__command_dispatch(&command, subs, NUM_VERBS, argc, argv);
}
