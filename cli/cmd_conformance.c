/* ensign conformance: tries an access point with messages of its own, sound and at fault. */
#include "cli/conformance.h"
#include "cli/judge.h"
#include "cli/sealer.h"
#include "cli/tls_identity.h"
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "show/html.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>

#define OUT_MAX ((size_t)4 << 20)
#define SOUND_MAX ((size_t)16 << 20)

typedef struct {
    const char *key, *cert, *pass_file, *domain, *from, *junit;
    ens_judge_options judge;
    ens_tls_options tls;
} options;

/* One run. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens_judge judge;
    ens_verify_options verify;
    ens_sealer_source source;
    ens_sealer *sealer;
    ens_prober_options prober_options;
    ens_prober *prober;
    ens_tls_files tls;
    ens__client *client;
    ens__client_peer peer;
    ens_judging judging;
    ens_buf sound; /* the first message */
    ens_hearing hearing;
    ens_probe_result result[ENS_PROBES_MAX];
    ens_buf junit;
    unsigned num[3]; /* assertions by outcome */
    bool mandatory_failed;
} run;

/* What an assertion comes to. */
typedef struct {
    const ens_assertion *a;
    ens_conforms outcome;
    char detail[ENS_CONFORMANCE_TEXT];
} verdict;

static const char *name_of(ens_conforms outcome)
{
    return outcome == ENS_CONFORMS_PASS ? "pass" : outcome == ENS_CONFORMS_SKIP ? "skip" : "fail";
}

static void set(ens_probe_result *r, ens_conforms outcome, const char *format, ...) ENS_PRINTF(3, 4);
static void set(ens_probe_result *r, ens_conforms outcome, const char *format, ...)
{
    va_list args;
    r->tried = true;
    r->outcome = outcome;
    va_start(args, format);
    vsnprintf(r->detail, sizeof r->detail, format, args);
    va_end(args);
}

/* has_code: codes has alternatives by '|'. */
static bool has_code(const char *codes, ens_slice code)
{
    for (const char *at = codes; *at; at += strcspn(at, "|"), at += *at == '|')
        if (ens_eq(code, ens_bytes(at, strcspn(at, "|"))))
            return true;
    return false;
}

/* why is what keeps an answer from being proven. */
static const char *why(const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_FAIL || (f->outcome == ENS_SKIP && f->needed))
            return f->id;
    }
    return "it can't be judged";
}

static const ens_signal_error *failure_of(const ens_message *m)
{
    for (size_t i = 0; i < m->num_errors; i++)
        if (!ens_is(m->errors[i].severity, "warning"))
            return &m->errors[i];
    return NULL;
}

/* has_attributes: a damaged part is told of as AS4 has it.   Source  AS4 3.1; ICD Annex 4 */
static bool has_attributes(const ens_signal_error *e)
{
    return !ens_is(e->code, "EBMS:0303") || (ens_is(e->short_description, "DecompressionFailure") &&
                                             ens_is(e->category, "Communication") && ens_is(e->severity, "failure"));
}

/* judge_error: a refusal counts when it is about this message, by a code that fits, and provably of who is trusted. */
static void judge_error(run *j, const ens_probe *p, const ens__exchange *x, const ens_message *m, ens_probe_result *r)
{
    const ens_signal_error *e = failure_of(m);
    ens_slice code = e ? e->code : (ens_slice){0};
    if (!e || !ens_is(code, x->ebms))
        set(r, ENS_CONFORMS_FAIL, "no error about this message came: %s", x->detail);
    else if (!has_code(p->codes, code))
        set(r, ENS_CONFORMS_FAIL, "refused by %s, and not by %s", x->ebms, p->codes);
    else if (!has_attributes(e))
        set(r, ENS_CONFORMS_FAIL, "%s isn't told as a DecompressionFailure, failure, of Communication", x->ebms);
    else if (ens_report_verdict(j->judging.report) != ENS_ACCEPTED)
        set(r, ENS_CONFORMS_SKIP, "refused by %s, but who refused isn't proven: %s", x->ebms, why(j->judging.report));
    else
        set(r, ENS_CONFORMS_PASS, "refused by %s%s%s", x->ebms, x->subcode[0] ? " " : "", x->subcode);
}

/* judge_fault: what is at fault is to be refused. */
static void judge_fault(run *j, const ens_probe *p, const ens__exchange *x, const ens_message *m, ens_probe_result *r)
{
    r->acknowledged =
        m->kind == ENS_MESSAGE_RECEIPT || m->kind == ENS_MESSAGE_USER || m->bundled == ENS_MESSAGE_RECEIPT;
    if (!x->reached)
        set(r, ENS_CONFORMS_SKIP, "no answer came: %s", x->detail);
    else if (m->kind == ENS_MESSAGE_USER)
        set(r, ENS_CONFORMS_FAIL, "answered with a message");
    else if (r->acknowledged && has_code(p->codes, ENS_LIT(ENS_PROBE_BY_REPLY)))
        set(r, ENS_CONFORMS_SKIP, "acknowledged, and " ENS_PROBE_BY_REPLY " is awaited");
    else if (r->acknowledged)
        set(r, ENS_CONFORMS_FAIL, "acknowledged, where %s is the answer", p->codes);
    else if (m->kind == ENS_MESSAGE_ERROR)
        judge_error(j, p, x, m, r);
    else
        set(r, ENS_CONFORMS_FAIL, "no error signal came: %s", x->detail);
}

static void judge_sound(const ens__exchange *x, ens_probe_result *r)
{
    r->acknowledged = x->kind == ENS_MESSAGE_RECEIPT;
    if (x->outcome == ENS_EXCHANGE_PROVEN && x->http >= 200 && x->http < 300)
        set(r, ENS_CONFORMS_PASS, "acknowledged: HTTP %ld, and the receipt is proven", x->http);
    else if (!x->reached || x->outcome == ENS_EXCHANGE_UNPROVEN)
        set(r, ENS_CONFORMS_SKIP, "%s", x->detail);
    else if (strcmp(x->ebms, "EBMS:0004") == 0)
        set(r, ENS_CONFORMS_SKIP, "who sends isn't known there: %s", x->detail);
    else
        set(r, ENS_CONFORMS_FAIL, "not acknowledged (HTTP %ld): %s", x->http, x->detail);
}

/* judge_empty: an empty channel is told by a warning.   Source  ebMS3 Core 2.2.6 */
static void judge_empty(run *j, const ens__exchange *x, const ens_message *m, ens_probe_result *r)
{
    bool warned =
        m->kind == ENS_MESSAGE_ERROR && m->num_errors && !failure_of(m) && ens_is(m->errors[0].code, "EBMS:0006");
    if (!x->reached)
        set(r, ENS_CONFORMS_SKIP, "no answer came: %s", x->detail);
    else if (m->kind == ENS_MESSAGE_USER)
        set(r, ENS_CONFORMS_SKIP, "a message waits in the channel: it wasn't acknowledged, and comes again");
    else if (!warned)
        set(r, ENS_CONFORMS_FAIL, "an empty channel isn't told by the warning EBMS:0006: %s", x->detail);
    else if (ens_report_verdict(j->judging.report) != ENS_ACCEPTED)
        set(r, ENS_CONFORMS_SKIP, "EBMS:0006 came, but of whom isn't proven: %s", why(j->judging.report));
    else
        set(r, ENS_CONFORMS_PASS, "the warning EBMS:0006");
}

/* try_one sends a message, and judges what comes. */
static void try_one(run *j, const ens_probe *p, ens_probe_result *r)
{
    ens_slice message = ens_buf_slice(&j->sound), id = {0};
    ens__exchange x = {0};
    ens_message m = {0};
    ens_err err = {0};
    ens_code code = p->again ? ENS_OK : ens__prober_make(j->prober, p, &message, &id, &err);
    bool plain = !p->codes && p->base != ENS_PROBE_PULL;
    if (code == ENS_OK && !j->sound.len && plain)
        ens_buf_put(&j->sound, message);
    if (code == ENS_OK)
        code = plain ? ens__client_exchange(j->client, &j->peer, message, &x, &err)
                     : ens__client_probe(j->client, &j->peer, message, id, &x, &err);
    if (code != ENS_OK) {
        set(r, ENS_CONFORMS_SKIP, "not sent: %s", err.text[0] || !err.n ? err.text : err.frame[0].what);
        return;
    }
    snprintf(r->id, sizeof r->id, "%.*s", (int)id.len, id.len ? (const char *)id.p : "");
    ens_report_reset(j->judging.report);
    ens_verify_options o = j->verify;
    o.at = o.at == ENS_TIME_NONE ? ens_time_now() : o.at;
    if (x.answer.len)
        ens_verify(j->judging.verifier, x.answer, &o, &m, j->judging.report);
    if (plain)
        judge_sound(&x, r);
    else if (p->codes)
        judge_fault(j, p, &x, &m, r);
    else
        judge_empty(j, &x, &m, r);
}

/* awaits is the message of customs that is to answer one that was acknowledged; NULL: nobody waits. */
static const char *awaits(const run *j, size_t i)
{
    const ens_probe *p = ens__probe_at(i);
    if (!j->result[i].tried || !j->result[i].acknowledged || !j->result[i].id[0])
        return NULL;
    return p->codes && has_code(p->codes, ENS_LIT(ENS_PROBE_BY_REPLY)) ? ENS_PROBE_BY_REPLY : p->reply;
}

static bool all_came(void *user)
{
    const run *j = user;
    for (size_t i = 0; ens__probe_at(i); i++)
        if (awaits(j, i) && !ens__conformance_find(&j->hearing, j->result[i].id, NULL))
            return false;
    return ens__conformance_find(&j->hearing, j->result[0].id, NULL) != NULL;
}

/* judge_reply: what answers a message by a message. */
static void judge_reply(run *j, size_t i)
{
    const ens_probe *p = ens__probe_at(i);
    ens_probe_result *r = &j->result[i];
    const char *awaited = awaits(j, i);
    if (!awaited)
        return;
    const ens_heard *e = ens__conformance_find(&j->hearing, r->id, awaited),
                    *other = ens__conformance_find(&j->hearing, r->id, NULL);
    if (e && !e->to_party)
        set(r, ENS_CONFORMS_FAIL, "%s came, but not for who filed", awaited);
    else if (e && p->mute && e->referring)
        set(r, ENS_CONFORMS_FAIL, "%s names a reference, which can't be read", awaited);
    else if (e)
        set(r, ENS_CONFORMS_PASS, "acknowledged, and answered by %s", awaited);
    else if (other)
        set(r, ENS_CONFORMS_FAIL, "answered by %s, where %s is the answer", other->action, awaited);
    else if (j->hearing.num && !j->hearing.deaf)
        set(r, ENS_CONFORMS_FAIL, "acknowledged; others were answered, and no %s came", awaited);
    else
        set(r, ENS_CONFORMS_SKIP, "acknowledged; whether %s follows can't be seen: %s", awaited,
            j->hearing.deaf ? j->hearing.why : "nothing waits in the party's channel, and it may be pushed");
}

static void try_some(run *j, bool pulls, bool own, const volatile sig_atomic_t *stop)
{
    for (size_t i = 0; ens__probe_at(i) && !*stop; i++) {
        const ens_probe *p = ens__probe_at(i);
        if ((p->base == ENS_PROBE_PULL) != pulls || p->own != own)
            continue;
        try_one(j, p, &j->result[i]);
        if (own)
            ens__conformance_hear(&j->hearing, all_came, j, stop);
        if (i == 0 && j->result[0].outcome == ENS_CONFORMS_SKIP && !j->result[0].acknowledged)
            return;
    }
}

/* try_all sends everything, pull requests first: what is filed has answers that would wait. Then it hears those, and
 * goes on with what was registered. */
static void try_all(run *j)
{
    const volatile sig_atomic_t *stop = ens__stop_when_told();
    try_some(j, true, false, stop);
    try_some(j, false, false, stop);
    if (j->result[0].acknowledged)
        ens__conformance_hear(&j->hearing, all_came, j, stop);
    const ens_heard *registered = ens__conformance_find(&j->hearing, j->result[0].id, "IE3R01");
    if (registered) {
        ens__prober_tell(j->prober, registered->mrn);
        try_some(j, false, true, stop);
    }
    for (size_t i = 0; ens__probe_at(i); i++) {
        if (ens__probe_at(i)->own && !j->result[i].tried)
            set(&j->result[i], ENS_CONFORMS_SKIP, "no MRN of the first filing was heard: %s",
                j->hearing.deaf ? j->hearing.why : "no IE3R01 waits in the party's channel");
        judge_reply(j, i);
    }
}

/* weigh: where the sound filing isn't acknowledged either, how a faulty one was refused proves nothing. */
static void weigh(run *j)
{
    bool sound = j->result[0].outcome == ENS_CONFORMS_PASS;
    for (size_t i = 0; ens__probe_at(i); i++) {
        ens_probe_result *r = &j->result[i];
        if (!r->tried)
            set(r, ENS_CONFORMS_SKIP, "not tried: the first message got no answer that tells anything");
        else if (i && !sound && !r->acknowledged)
            set(r, ENS_CONFORMS_SKIP, "the sound filing isn't acknowledged either");
    }
}

/* add_kind lets one message count for its assertion. */
static void add_kind(verdict *v, const ens_probe *p, const ens_probe_result *r, ens_buf *failed)
{
    if (r->outcome >= v->outcome || !v->detail[0]) {
        if (r->outcome > v->outcome || !v->detail[0])
            failed->len = 0;
        v->outcome = r->outcome > v->outcome ? r->outcome : v->outcome;
        ens_buf_printf(failed, "%s%s: %s", failed->len ? "; " : "", p->kind, r->detail);
        snprintf(v->detail, sizeof v->detail, "%.*s", (int)failed->len, (const char *)failed->p);
    }
}

static verdict judge_assertion(run *j, const ens_assertion *a)
{
    verdict v = {.a = a, .outcome = a->skip ? ENS_CONFORMS_SKIP : ENS_CONFORMS_PASS};
    ens_probe_result tls = {0};
    ens_buf text;
    ens_buf_init(&text, NULL, 0, OUT_MAX);
    for (size_t i = 0; ens__probe_at(i); i++)
        if (strcmp(ens__probe_at(i)->assertion, a->id) == 0)
            add_kind(&v, ens__probe_at(i), &j->result[i], &text);
    if (a->tls && j->result[0].outcome == ENS_CONFORMS_PASS)
        ens__conformance_tls(a->tls, &j->peer, j->prober, ens_buf_slice(&j->sound), &tls);
    else if (a->tls)
        set(&tls, ENS_CONFORMS_SKIP, "the sound filing isn't acknowledged either");
    if (a->tls || a->skip) {
        v.outcome = a->tls ? tls.outcome : v.outcome;
        snprintf(v.detail, sizeof v.detail, "%s", a->skip ? a->skip : tls.detail);
    }
    ens_buf_free(&text);
    return v;
}

static void put_kinds(run *j, const verdict *v, ens_json *json)
{
    ens__json_open(json, "kinds", '[');
    for (size_t i = 0; ens__probe_at(i); i++) {
        const ens_probe *p = ens__probe_at(i);
        if (strcmp(p->assertion, v->a->id) != 0)
            continue;
        ens__json_open(json, NULL, '{');
        ens__json_text(json, "kind", p->kind);
        ens__json_text(json, "family", p->family);
        ens__json_text(json, "outcome", name_of(j->result[i].outcome));
        ens__json_bool(json, "acknowledged", j->result[i].acknowledged);
        ens__json_text(json, "detail", j->result[i].detail);
        ens__json_close(json, '}');
    }
    ens__json_close(json, ']');
}

static bool tell_json(run *j, const verdict *v)
{
    ens_buf out;
    const char level[] = {v->a->level, '\0'};
    ens_json json = ens__json_on_stdout(&out);
    ens__json_open(&json, NULL, '{');
    ens__json_text(&json, "id", v->a->id);
    ens__json_text(&json, "level", level);
    ens__json_text(&json, "outcome", name_of(v->outcome));
    ens__json_text(&json, "detail", v->detail);
    put_kinds(j, v, &json);
    ens__json_close(&json, '}');
    return ens__json_print(&json);
}

/* tell_text: of what passed the details are for --verbose. */
static void tell_text(const run *j, const verdict *v)
{
    static const ens_outcome colours[] = {ENS_PASS, ENS_SKIP, ENS_FAIL};
    printf("%-12s %c  %s%s%s", v->a->id, v->a->level, ens__colour(colours[v->outcome]), name_of(v->outcome),
           ens__colour_off());
    if (v->outcome != ENS_CONFORMS_PASS || j->o->judge.verbose)
        ens__print("  %s", v->detail);
    printf("\n");
}

/* put_case adds a test case of JUnit's. */
static void put_case(ens_buf *out, const char *of, const char *name, ens_conforms outcome, const char *detail)
{
    static const char *const tags[] = {NULL, "skipped", "failure"};
    ens_buf_printf(out, "<testcase classname=\"%s\" name=\"", of);
    ens__html_text(out, ens_str(name));
    ens_buf_text(out, "\">");
    if (tags[outcome]) {
        ens_buf_printf(out, "<%s message=\"", tags[outcome]);
        ens__html_text(out, ens_str(detail));
        ens_buf_text(out, "\"/>");
    }
    ens_buf_text(out, "</testcase>\n");
}

static void put_cases(run *j, const verdict *v)
{
    bool any = false;
    for (size_t i = 0; ens__probe_at(i); i++) {
        const ens_probe *p = ens__probe_at(i);
        if (strcmp(p->assertion, v->a->id) != 0)
            continue;
        put_case(&j->junit, v->a->id, p->kind, j->result[i].outcome, j->result[i].detail);
        any = true;
    }
    if (!any)
        put_case(&j->junit, v->a->id, v->a->id, v->outcome, v->detail);
}

static ens_code write_junit(run *j, ens_err *err)
{
    if (!j->o->junit)
        return ENS_OK;
    ens_buf_text(&j->junit, "</testsuite>\n</testsuites>\n");
    ens_code code = ens_buf_done(&j->junit, err);
    return code == ENS_OK ? ens__file_write(j->o->junit, ens_buf_slice(&j->junit), 0666, err) : code;
}

/* tell_all tells every assertion; the exit status. */
static int tell_all(run *j)
{
    ens_err err = {0};
    bool told = true;
    ens_buf_text(&j->junit,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"conformance\">\n");
    for (size_t i = 0; ens__assertion_at(i); i++) {
        const verdict v = judge_assertion(j, ens__assertion_at(i));
        j->num[v.outcome]++;
        j->mandatory_failed |= v.outcome == ENS_CONFORMS_FAIL && v.a->level == 'M';
        put_cases(j, &v);
        if (j->o->judge.json)
            told &= tell_json(j, &v);
        else
            tell_text(j, &v);
    }
    if (!j->o->judge.json)
        printf("%u passed, %u failed, %u skipped\n", j->num[ENS_CONFORMS_PASS], j->num[ENS_CONFORMS_FAIL],
               j->num[ENS_CONFORMS_SKIP]);
    if (write_junit(j, &err) != ENS_OK)
        ens__say_error(j->command->name, j->o->junit, &err), told = false;
    if (j->mandatory_failed)
        return ENS_EXIT_REFUSED;
    return told && j->result[0].outcome == ENS_CONFORMS_PASS ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
}

static ens_code open_all(run *j, const char *url, ens_err *err)
{
    const options *o = j->o;
    const ens_sealer_files files = {o->key, o->cert, o->pass_file, o->domain, true, 0};
    ens_code code = ens__sealer_open(&files, j->verify.at, &j->source, &j->sealer, err);
    j->prober_options = (ens_prober_options){&j->source.options, j->sealer, o->from, j->verify.at};
    if (code == ENS_OK)
        code = ens__prober_new(&j->prober_options, &j->prober, err);
    if (code == ENS_OK)
        code = ens__tls_files_open(&o->tls, &j->tls, err);
    if (code == ENS_OK)
        code = ens__client_new(&j->client, err);
    if (code == ENS_OK)
        code = ens__judging_open(&j->judging, err);
    j->peer = (ens__client_peer){.url = url,
                                 .tls_cert = ens_buf_slice(&j->tls.cert),
                                 .tls_key = ens_buf_slice(&j->tls.key),
                                 .tls_held = j->tls.held,
                                 .tls_root = j->tls.root,
                                 .judge = &j->verify};
    j->hearing = (ens_hearing){.client = j->client, .peer = &j->peer, .sealer = j->sealer, .party = o->from};
    return code;
}

static void close_all(run *j)
{
    ens__judging_close(&j->judging);
    ens__client_free(j->client);
    ens__tls_files_clear(&j->tls);
    ens__prober_free(j->prober);
    ens_sealer_free(j->sealer);
    ens__sealer_close(&j->source);
    ens__judge_close(&j->judge);
    ens_buf_free(&j->sound);
    ens_buf_free(&j->junit);
    free(j);
}

static int usage_fault(const ens_command *command, const options *o, const ens_values *operands)
{
    if (operands->num != 1)
        return ens__command_usage(command, operands->num ? "one address at a time" : "say what to try: URL");
    if (!o->key || !o->cert || !o->from)
        return ens__command_usage(command, "the messages are sealed and have a sender: give --key, --cert and --from");
    if (!o->judge.trust.num)
        return ens__command_usage(command, "without --trust no answer is proven: give the anchors of its seal");
    return 0;
}

static int run_conformance(const ens_command *command, void *of, const ens_values *operands)
{
    const options *o = of;
    ens_err err = {0};
    int status = usage_fault(command, o, operands);
    if (status != 0)
        return status;
    const char *url = operands->item[0];
    status = ENS_EXIT_UNKNOWN;
    run *j = calloc(1, sizeof *j);
    if (!j)
        return ens__command_usage(command, "out of memory");
    j->command = command;
    j->o = o;
    ens_buf_init(&j->sound, NULL, 0, SOUND_MAX);
    ens_buf_init(&j->junit, NULL, 0, OUT_MAX);
    if (ens__judge_open(command, &o->judge, &j->judge, &status)) {
        j->verify = j->judge.verify;
        j->verify.role = ENS_ROLE_TRADER;
        j->verify.documents = ENS_DOCUMENTS_OFF;
        if (open_all(j, url, &err) == ENS_OK) {
            j->verify.at = o->judge.at ? j->verify.at : ENS_TIME_NONE;
            j->hearing.at = j->verify.at;
            try_all(j);
            weigh(j);
            status = tell_all(j);
        } else {
            ens__say_error(command->name, url, &err);
        }
    }
    close_all(j);
    return status;
}

int ens__cmd_conformance(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"key", 0, "KEY", "the seal key: PEM or PKCS#12 file, or a pkcs11: URI", NULL, &o.key, NULL},
        {"cert", 0, "CHAIN", "the seal certificate with its issuers, in any order", NULL, &o.cert, NULL},
        {"pass-file", 0, "FILE", "pass phrase (else ENSIGN_PASS, or a prompt)", NULL, &o.pass_file, NULL},
        {"from", 0, "PARTYID", "the sender: [system-id@]EORI[@member state]", NULL, &o.from, NULL},
        {"domain", 0, "NAME", "the name in message ids; this machine's where none is given", NULL, &o.domain, NULL},
        {"junit", 0, "OUT", "write the result as JUnit XML, a test case for every message", NULL, &o.junit, NULL},
        ENS_TLS_OPTIONS(o.tls),
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_ONLINE(o.judge),
    };
    const ens_command command = {
        "conformance", "URL --key KEY --cert CHAIN --from PARTYID --trust PATH [TLS] [--json] [--junit OUT]",
        "Tries an access point with messages of its own, sound ones and one for each kind of fault, and judges the\n"
        "answers by the test assertions of the eDelivery AS4 profile and by what ICS2 asks for beyond them. It files,\n"
        "so give it an access point for tests, and a party that is registered there; what waits for that party is\n"
        "pulled and acknowledged, for what customs answer. --trust names the anchors of who\n"
        "seals its answers: an answer that isn't proven is no pass. What can't be seen from outside is a skip, and\n"
        "says why.\n"
        "Exit status: 0 nothing failed that is mandatory; 1 something did; 2 it can't be told, since a sound filing\n"
        "gets no receipt that is proven.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, run_conformance, &o);
}
