#include "as4/client.h"

#include "as4/ics2/ics2.h"
#include "as4/mime/capture.h"
#include "engine/base/report.h"
#include "ensign/explain.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE "ICS2-HTI 4.1.3.2"
#define ARENA_MAX ((size_t)1 << 30)
#define TYPE_MAX 1024u
#define SOAP_TYPE "application/soap+xml; charset=UTF-8"
#define LEASE_BEYOND_S 60 /* seconds that a lease lasts longer than the exchange */

struct ens__client {
    ens_verifier *verifier;
    ens_arena arena; /* of the message that is sent */
    ens_report report, aside;
    ens_buf body, answer;
    char field[TYPE_MAX]; /* of the request in hand, as what follows */
    ens_fetch_seen seen;
    ens_slice sent; /* the id of what is sent */
    ens__fetch_line line;
};

ens_code ens__client_new(ens__client **out, ens_err *err)
{
    ens__client *c = calloc(1, sizeof *c);
    if (!c)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    ens_arena_init(&c->arena, ARENA_MAX);
    ens__report_init(&c->report);
    ens__report_init(&c->aside);
    ens_buf_init(&c->body, NULL, 0, ENS_CLIENT_ANSWER);
    ens_buf_init(&c->answer, NULL, 0, ENS_CLIENT_ANSWER + 2 * ENS_FETCH_TYPE);
    ens_code code = ens_verifier_new(&c->verifier, err);
    if (code == ENS_OK)
        *out = c;
    else
        ens__client_free(c);
    return code;
}

void ens__client_free(ens__client *c)
{
    if (!c)
        return;
    ens__fetch_line_close(&c->line);
    ens_verifier_free(c->verifier);
    ens__report_clear(&c->report);
    ens__report_clear(&c->aside);
    ens_buf_free(&c->body);
    ens_buf_free(&c->answer);
    ens_arena_free(&c->arena);
    free(c);
}

static long total_s(size_t bytes)
{
    long s = ENS_CLIENT_TOTAL_S + (long)(bytes / ENS_CLIENT_RATE);
    return s < ENS_CLIENT_MOST_S ? s : ENS_CLIENT_MOST_S;
}

int64_t ens__client_lease_ms(size_t bytes)
{
    return ((int64_t)total_s(bytes) + LEASE_BEYOND_S) * 1000;
}

unsigned ens__client_category(ens_slice action)
{
    const ens_action *a = ens__action_find(action);
    return a && a->priority >= 'A' && a->priority <= 'C' ? (unsigned)(a->priority - 'A' + 1) : 2;
}

/* split makes the field that says what the body is. */
static ens_code split(ens__client *c, ens_slice message, char field[TYPE_MAX], ens_slice *body, ens_err *err)
{
    const char *type = NULL;
    ens_arena_reset(&c->arena);
    ens__report_reset(&c->aside);
    ens_code code = ens__capture_split(message, &c->arena, &c->aside, &type, body, err);
    if (code == ENS_OK && snprintf(field, TYPE_MAX, "Content-Type: %s", type ? type : SOAP_TYPE) >= (int)TYPE_MAX)
        code = ens_fail(err, ENS_ESYNTAX, RULE, "the message's Content-Type can't be sent", 0);
    return code;
}

static void put_text(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text ? text : "");
}

static void say_client(ens__exchange *e, const char *ebms, const char *hint, const char *format, ...) ENS_PRINTF(4, 5);
static void say_client(ens__exchange *e, const char *ebms, const char *hint, const char *format, ...)
{
    va_list args;
    const ens_explanation *x = ens_explain(ens_str(ebms), (ens_slice){0});
    put_text(e->ebms, sizeof e->ebms, ebms);
    put_text(e->hint, sizeof e->hint, hint ? hint : x ? x->hint : NULL);
    va_start(args, format);
    vsnprintf(e->detail, sizeof e->detail, format, args);
    va_end(args);
}

/* tell_silence: no response came. What was not taken for certain is a failure to connect, all else a missing receipt.
 */
static void tell_silence(ens__exchange *e, ens_fetch_stage stage, const ens_err *err)
{
    bool lacks_curl = err->n && strncmp(err->frame[0].what, "libcurl", strlen("libcurl")) == 0;
    if (stage == ENS_FETCH_UNREACHED)
        say_client(e, "EBMS:0005", lacks_curl ? "install libcurl (Debian: libcurl4, or libcurl4t64)" : NULL,
                   "the access point can't be reached: %s", err->text);
    else if (stage == ENS_FETCH_UNTRUSTED)
        say_client(
            e, "EBMS:0005",
            "look at both sides' TLS certificates: the access point's is under --tls-root and names its host; the "
            "client's, --tls-cert, is in date, for client authentication, and under a CA that the access point knows",
            "no TLS connection could be made: %s", err->text);
    else
        say_client(e, "EBMS:0301", NULL, "the message was sent, and no answer came: %s", err->text);
}

static bool is_failure(const ens_signal_error *e)
{
    return !ens_is(e->severity, "warning");
}

/* What passes by itself may be repeated. Anything else stays as it is however often it is sent.
 * Source  ebMS3 Core 6.7.1; eDelivery AS4 1.4.3.2; ICS2-HTI Annex 4, 5 */
bool ens__client_may_repeat(ens_slice code, ens_slice subcode)
{
    return ens_is(code, "EBMS:0005") || ens_is(code, "EBMS:0202") ||
           (ens_is(code, "EBMS:0004") && ens_is(subcode, "A003"));
}

/* about_us: a Domibus leaves RefToMessageId out. What names another message says nothing about this one. */
static bool about_us(const ens_message *m, const ens_signal_error *e, ens_slice sent)
{
    ens_slice named = m->ref_to.len ? m->ref_to : e->ref_to;
    return (!named.len || ens_eq(named, sent)) && (!e->ref_to.len || ens_eq(e->ref_to, sent));
}

static void tell_error(ens__exchange *x, const ens_signal_error *e)
{
    char code[sizeof x->ebms];
    ens_slice seen = e->detail.len ? e->detail : e->description.len ? e->description : e->short_description;
    int len = (int)(seen.len < ENS_CLIENT_TEXT / 2 ? seen.len : ENS_CLIENT_TEXT / 2);
    snprintf(code, sizeof code, "%.*s", (int)(e->code.len < sizeof code ? e->code.len : sizeof code - 1),
             (const char *)e->code.p);
    say_client(x, code, e->hint, "the access point answers %s%s%s: %s%s%.*s", code, e->subcode ? " " : "",
               e->subcode ? e->subcode : "", e->meaning ? e->meaning : "a code that isn't known here",
               len ? " It says: " : "", len, (const char *)seen.p);
    put_text(x->subcode, sizeof x->subcode, e->subcode);
    x->outcome =
        ens__client_may_repeat(ens_str(x->ebms), ens_str(x->subcode)) ? ENS_EXCHANGE_FAILED : ENS_EXCHANGE_REFUSED;
}

const ens_signal_error *ens__client_error(const ens_message *m, ens_slice sent)
{
    for (size_t i = 0; i < m->num_errors; i++)
        if (is_failure(&m->errors[i]) && about_us(m, &m->errors[i], sent))
            return &m->errors[i];
    return NULL;
}

static void tell_errors(ens__exchange *x, const ens_message *m, ens_slice sent)
{
    const ens_signal_error *e = ens__client_error(m, sent);
    if (e)
        tell_error(x, e);
    else if (!m->num_errors)
        say_client(x, "EBMS:0301", NULL, "the access point answered with an error signal that names no error");
    else if (about_us(m, &m->errors[0], sent))
        say_client(x, "EBMS:0301", NULL, "the access point warned (%.*s), and sent no receipt",
                   (int)m->errors[0].code.len, (const char *)m->errors[0].code.p);
    else
        say_client(x, "EBMS:0301", NULL, "the access point answered with an error that is about another message");
}

bool ens__client_is_blamed(const ens_message *m)
{
    ens_slice local = m->fault_code;
    for (size_t i = 0; i < m->fault_code.len; i++)
        local = m->fault_code.p[i] == ':' ? ens_from(m->fault_code, i + 1) : local;
    return ens_is(local, "Sender") || ens_is(local, "Client");
}

/* tell_other: HTTP alone, or a SOAP fault. */
static void tell_other(ens__exchange *x, const ens_message *m)
{
    ens_slice code = m->fault_code, reason = m->fault_reason;
    if (code.len || reason.len) {
        bool ours = ens__client_is_blamed(m);
        say_client(
            x, "EBMS:0301",
            ours ? "the receiver's SOAP stack can't read the message: judge the very bytes with `ensign verify`, and "
                   "look at the path of the URL"
                 : "a gateway or a SOAP stack answered: look at its reason, then send the same bytes again",
            "no receipt came but a SOAP fault: %.*s (%.*s)", (int)(reason.len < 512 ? reason.len : 512),
            (const char *)reason.p, (int)(code.len < 64 ? code.len : 64), (const char *)code.p);
        x->outcome = ours ? ENS_EXCHANGE_REFUSED : ENS_EXCHANGE_FAILED;
    } else if (x->http >= 300) {
        say_client(x, "EBMS:0301", "look at the URL and its path, and at what stands between you and the access point",
                   "no receipt came, but HTTP status %ld", x->http);
    } else {
        say_client(x, "EBMS:0301", NULL, "the access point answered HTTP status %ld without a receipt", x->http);
    }
}

/* worst is the finding that keeps a receipt from being proven. */
static const ens_finding *worst(const ens_report *report, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == outcome && (outcome != ENS_SKIP || f->needed))
            return f;
    }
    return NULL;
}

static void tell_receipt(ens__exchange *x)
{
    char text[ENS_DETAIL_TEXT];
    ens_verdict verdict = ens_report_verdict(x->report);
    const ens_finding *f = worst(x->report, verdict == ENS_REFUSED ? ENS_FAIL : ENS_SKIP);
    if (verdict == ENS_ACCEPTED) {
        x->outcome = ENS_EXCHANGE_PROVEN;
        return;
    }
    say_client(x, "EBMS:0302", f && f->hint ? f->hint : NULL, "a receipt came, and %s: %s%s%s",
               verdict == ENS_REFUSED ? "it proves nothing" : "what it proves can't be told",
               f ? f->id : "it wasn't judged", f && f->seen ? ": " : "", ens__finding_text(f, text, ""));
    x->outcome = verdict == ENS_REFUSED ? ENS_EXCHANGE_FAILED : ENS_EXCHANGE_UNPROVEN;
}

/* keep_response puts the header field in front of what came: the journal and people judge just that again. */
static ens_code keep_response(ens__client *c, const char *type, ens__exchange *x, ens_err *err)
{
    if (type[0])
        ens_buf_printf(&c->answer, "Content-Type: %s\r\n\r\n", type);
    ens_buf_put(&c->answer, ens_buf_slice(&c->body));
    x->answer = ens_buf_slice(&c->answer);
    return ens_buf_done(&c->answer, err);
}

/* read_answer judges what came. */
static ens_code read_answer(ens__client *c, const ens__client_peer *peer, const char *type, ens_slice sent_bytes,
                            ens_slice sent, ens__exchange *x, ens_err *err)
{
    ens_message m = {0};
    ens_verify_options judge = *peer->judge;
    ens_code code = keep_response(c, type, x, err);
    if (code != ENS_OK)
        return code;
    judge.at = judge.at == ENS_TIME_NONE ? ens_time_now() : judge.at;
    judge.content_type = (ens_slice){0};
    if (c->body.len)
        ens_receipt_check(c->verifier, ens_buf_slice(&c->answer), sent_bytes, &judge, &m, &c->report);
    x->kind = m.kind;
    x->answer_id = m.message_id;
    if (m.kind == ENS_MESSAGE_RECEIPT)
        tell_receipt(x);
    else if (m.kind == ENS_MESSAGE_ERROR)
        tell_errors(x, &m, sent);
    else
        tell_other(x, &m);
    return ENS_OK;
}

/* id_of reads the message's own id, which an error may name. It lives until the verifier's next message: it is copied.
 */
static ens_code id_of(ens__client *c, const ens__client_peer *peer, ens_slice message, ens_slice *out, ens_err *err)
{
    ens_message m = {0};
    ens_verify_options judge = {.at = peer->judge->at == ENS_TIME_NONE ? ens_time_now() : peer->judge->at,
                                .root_only = true,
                                .terse = true,
                                .documents = ENS_DOCUMENTS_OFF};
    ens__report_reset(&c->aside);
    ens_verify(c->verifier, message, &judge, &m, &c->aside);
    if (m.kind != ENS_MESSAGE_USER || !m.message_id.len || !m.num_signed_parts)
        return ens_fail(err, ENS_ESYNTAX, RULE, "this is no sealed user message: no receipt can be proven against it",
                        0);
    char *copy = ens_arena_text(&c->arena, m.message_id);
    *out = ens_bytes(copy, copy ? m.message_id.len : 0);
    return copy ? ENS_OK : ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
}

/* request_of is what is posted: what is sealed, by the field that says its type. */
static ens_fetch_request request_of(ens__client *c, const ens__client_peer *peer, ens_slice body)
{
    c->seen = (ens_fetch_seen){0};
    return (ens_fetch_request){
        .url = peer->url,
        .body = body,
        .client_cert = peer->tls_cert,
        .client_key = peer->tls_key,
        .client_held = peer->tls_held,
        .line = &c->line,
        .ca_file = peer->tls_root,
        .headers = {c->field, "Accept: multipart/related, application/soap+xml", "Expect:", NULL},
        .connect_s = ENS_CLIENT_CONNECT_S,
        .total_s = peer->total_s ? peer->total_s : total_s(body.len),
        .limit = ENS_CLIENT_ANSWER,
        .seen = &c->seen};
}

/* take_response is called with what became of it; what came back is in c->body, and of the type that was seen. */
static ens_code take_response(const ens__client *c, ens_code fetched, const ens_err *why, ens__exchange *x,
                              ens_err *err)
{
    x->reached = fetched == ENS_OK;
    if (fetched == ENS_EPOLICY || fetched == ENS_ENOMEM) {
        if (err)
            *err = *why;
        return fetched;
    }
    if (fetched != ENS_OK)
        tell_silence(x, c->seen.stage, why);
    return ENS_OK;
}

/* post_signal posts a signal of one's own. */
static ens_code post_signal(ens__client *c, const ens__client_peer *peer, ens_slice signal, ens__exchange *x,
                            ens_err *err)
{
    ens_err silent = {0};
    snprintf(c->field, sizeof c->field, "Content-Type: " SOAP_TYPE);
    const ens_fetch_request r = request_of(c, peer, signal);
    return take_response(c, ens__fetch(&r, &c->body, &x->http, &silent), &silent, x, err);
}

static ens__exchange begin_exchange(ens__client *c)
{
    c->body.len = c->answer.len = 0;
    c->body.failed = c->answer.failed = ENS_OK;
    ens__report_reset(&c->report);
    return (ens__exchange){.report = &c->report};
}

/* begin makes the request of a message whose id is in c->sent. */
static ens_code begin(ens__client *c, const ens__client_peer *peer, ens_slice message, ens_fetch_request *request,
                      ens_buf **answer, ens_err *err)
{
    ens_slice body;
    begin_exchange(c);
    ens_code code = split(c, message, c->field, &body, err);
    if (code == ENS_OK && !c->sent.p)
        code = id_of(c, peer, message, &c->sent, err);
    if (code != ENS_OK)
        return code;
    *request = request_of(c, peer, body);
    *answer = &c->body;
    return ENS_OK;
}

ens_code ens__client_begin(ens__client *c, const ens__client_peer *peer, ens_slice message, ens_fetch_request *request,
                           ens_buf **answer, ens_err *err)
{
    c->sent = (ens_slice){0};
    return begin(c, peer, message, request, answer, err);
}

ens_code ens__client_end(ens__client *c, const ens__client_peer *peer, ens_slice message,
                         const ens__client_response *response, ens__exchange *out, ens_err *err)
{
    ens__exchange x = {.report = &c->report, .http = response->status};
    ens_code code = take_response(c, response->code, response->why, &x, err);
    if (code == ENS_OK && x.reached)
        code = read_answer(c, peer, c->seen.type, message, c->sent, &x, err);
    if (code == ENS_OK)
        *out = x;
    return code;
}

static ens_code exchange(ens__client *c, const ens__client_peer *peer, ens_slice message, ens__exchange *out,
                         ens_err *err)
{
    ens_fetch_request request;
    ens_buf *answer;
    ens_err silent = {0};
    ens__client_response r = {.why = &silent};
    ens_code code = begin(c, peer, message, &request, &answer, err);
    if (code != ENS_OK)
        return code;
    r.code = ens__fetch(&request, answer, &r.status, &silent);
    return ens__client_end(c, peer, message, &r, out, err);
}

ens_code ens__client_exchange(ens__client *c, const ens__client_peer *peer, ens_slice message, ens__exchange *out,
                              ens_err *err)
{
    c->sent = (ens_slice){0};
    return exchange(c, peer, message, out, err);
}

ens_code ens__client_probe(ens__client *c, const ens__client_peer *peer, ens_slice message, ens_slice id,
                           ens__exchange *out, ens_err *err)
{
    c->sent = id;
    return exchange(c, peer, message, out, err);
}

static bool is_empty(const ens_message *m)
{
    for (size_t i = 0; i < m->num_errors; i++)
        if (is_failure(&m->errors[i]))
            return false;
    return m->num_errors && ens_is(m->errors[0].code, "EBMS:0006");
}

static void tell_pulled(ens__exchange *x, const ens_message *m, ens_slice request_id)
{
    x->kind = m->kind;
    x->answer_id = m->message_id;
    if (m->kind == ENS_MESSAGE_USER)
        x->outcome = ENS_EXCHANGE_PROVEN;
    else if (m->kind == ENS_MESSAGE_ERROR && is_empty(m))
        x->outcome = ENS_EXCHANGE_EMPTY;
    else if (m->kind == ENS_MESSAGE_ERROR)
        tell_errors(x, m, request_id);
    else
        tell_other(x, m);
}

ens_code ens__client_pull(ens__client *c, const ens__client_peer *peer, ens_slice request, ens_slice request_id,
                          ens__exchange *out, ens_message *message, ens_err *err)
{
    ens__exchange x = begin_exchange(c);
    ens_verify_options judge = *peer->judge;
    *message = (ens_message){0};
    ens_code code = post_signal(c, peer, request, &x, err);
    if (code == ENS_OK && x.reached)
        code = keep_response(c, c->seen.type, &x, err);
    if (code != ENS_OK)
        return code;
    judge.at = judge.at == ENS_TIME_NONE ? ens_time_now() : judge.at;
    judge.content_type = (ens_slice){0};
    if (x.reached && c->body.len)
        ens_verify(c->verifier, x.answer, &judge, message, &c->report);
    if (x.reached)
        tell_pulled(&x, message, request_id);
    *out = x;
    return ENS_OK;
}

ens_code ens__client_signal(ens__client *c, const ens__client_peer *peer, ens_slice signal, ens__exchange *out,
                            ens_err *err)
{
    ens__exchange x = {0};
    c->body.len = 0;
    c->body.failed = ENS_OK;
    ens_code code = post_signal(c, peer, signal, &x, err);
    if (code != ENS_OK)
        return code;
    if (x.reached && x.http >= 200 && x.http < 300)
        x.outcome = ENS_EXCHANGE_PROVEN;
    else if (x.reached)
        say_client(&x, "EBMS:0302", NULL, "the access point answers HTTP status %ld to the signal", x.http);
    *out = x;
    return ENS_OK;
}
