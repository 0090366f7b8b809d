#include "tests/as4/access_point.h"

#include "engine/base/file.h"
#include "fixtures/issue.h"
#include "fixtures/reseal.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SOAP "application/soap+xml; charset=UTF-8"
#define FAULT(code)                                                                                                    \
    "<env:Envelope xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\"><env:Body><env:Fault><env:Code><env:Value>"   \
    "env:" code "</env:Value></env:Code><env:Reason><env:Text xml:lang=\"en\">out of order</env:Text></env:Reason>"    \
    "</env:Fault></env:Body></env:Envelope>"
#define UNSEALED                                                                                                       \
    "<env:Envelope xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\"><env:Header><eb:Messaging xmlns:eb=\"http://" \
    "docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/\" env:mustUnderstand=\"true\"><eb:SignalMessage>"         \
    "<eb:MessageInfo><eb:Timestamp>2026-10-01T12:00:00Z</eb:Timestamp><eb:MessageId>e1@ap.example</eb:MessageId>"      \
    "</eb:MessageInfo><eb:Error category=\"CONTENT\" errorCode=\"EBMS:0004\" origin=\"ebms\" severity=\"failure\" "    \
    "shortDescription=\"Other\"><eb:ErrorDetail>unknown error occurred</eb:ErrorDetail></eb:Error></eb:SignalMessage>" \
    "</eb:Messaging></env:Header><env:Body/></env:Envelope>"

static ens_sealer *open_sealer(const char *name)
{
    char path[64];
    ens_file key = {0}, cert = {0};
    ens_sealer *out = NULL;
    snprintf(path, sizeof path, "pki/%s.key", name);
    bool good = ens__file_open(fixture_path(path), 0, &key, NULL) == ENS_OK;
    snprintf(path, sizeof path, "pki/%s.pem", name);
    good = good && ens__file_open(fixture_path(path), 0, &cert, NULL) == ENS_OK;
    const ens_sealer_options o = {
        .key = key.bytes, .certificate = cert.bytes, .domain = "ap.customs.example", .at = FX_AT, .force = true};
    if (!good || ens_sealer_new(&o, &out, NULL) != ENS_OK)
        out = NULL;
    ens__file_close(&key);
    ens__file_close(&cert);
    return out;
}

static ens_slice error_for(access_point *ap, ens_slice code, ens_slice subcode, ens_slice ref_to)
{
    ens_slice out = {0};
    const ens_seal_signal_options o = {.at = FX_AT};
    CU_ASSERT_EQUAL(ens_seal_error(ap->customs, code, subcode, ref_to, ENS_LIT("told so"), &o, &out, NULL), ENS_OK);
    return out;
}

static ens_slice receipt_for(ens_sealer *sealer, const ens_message *m)
{
    ens_slice out = {0};
    const ens_seal_signal_options o = {.at = FX_AT};
    if (m->kind == ENS_MESSAGE_USER && m->num_signed_parts) /* of what is none there is no receipt */
        CU_ASSERT_EQUAL(ens_seal_receipt(sealer, m, &o, &out, NULL), ENS_OK);
    return out;
}

/* alter changes a digit of the first digest that is acknowledged, and of what covers it nothing. */
static void alter(ens_buf *text)
{
    size_t at = ens__find(ens_buf_slice(text), ENS_LIT("NonRepudiationInformation"), 0);
    at = ens__find(ens_buf_slice(text), ENS_LIT("DigestValue>"), at) + sizeof "DigestValue>" - 1;
    text->p[at] = text->p[at] == 'A' ? 'B' : 'A';
}

/* answer_with gives status and body for what came. */
static unsigned answer_with(access_point *ap, ap_answer how, const ens_message *m, ens_slice came, ens_buf *body)
{
    ens_file other = {0};
    switch (how) {
    case AP_SLOW:
        sleep(2);
        /* fall through */
    case AP_RECEIPT:
    case AP_CUT:
    case AP_RECEIPT_ALTERED:
        ens_buf_put(body, receipt_for(ap->customs, m));
        if (how == AP_RECEIPT_ALTERED)
            alter(body);
        return 200;
    case AP_RECEIPT_FOREIGN:
        ens_buf_put(body, receipt_for(ap->stranger, m));
        return 200;
    case AP_RECEIPT_OTHER:
        CU_ASSERT_EQUAL(ens__file_open(fixture_path("receipt-f26-attachments.xml"), 0, &other, NULL), ENS_OK);
        ens_buf_put(body, other.bytes);
        ens__file_close(&other);
        return 200;
    case AP_ERROR_A001:
        ens_buf_put(body, error_for(ap, ENS_LIT("EBMS:0004"), ENS_LIT("A001"), m->message_id));
        return 500;
    case AP_ERROR_A003:
        ens_buf_put(body, error_for(ap, ENS_LIT("EBMS:0004"), ENS_LIT("A003"), m->message_id));
        return 500;
    case AP_ERROR_ELSEWHERE:
        ens_buf_put(body, error_for(ap, ENS_LIT("EBMS:0004"), ENS_LIT("A001"), ENS_LIT("other@ap.example")));
        return 500;
    case AP_WARNING:
        ens_buf_put(body, error_for(ap, ENS_LIT("EBMS:0006"), (ens_slice){0}, m->message_id));
        return 200;
    case AP_ERROR_UNSEALED:
        ens_buf_text(body, UNSEALED);
        return 500;
    case AP_FAULT_RECEIVER:
        ens_buf_text(body, FAULT("Receiver"));
        return 500;
    case AP_FAULT_SENDER:
        ens_buf_text(body, FAULT("Sender"));
        return 400;
    case AP_MESSAGE:
        ens_buf_put(body, came);
        return 200;
    case AP_PAGE:
        ens_buf_text(body, "<html><body>come back later</body></html>");
        return 503;
    case AP_EMPTY:
    case AP_NOTHING:
        break;
    }
    return 200;
}

static void note(access_point *ap, const ens_http_request *r, const ens_message *m)
{
    ap_request *to = &ap->request[ap->num_requests < AP_REQUESTS_MAX ? ap->num_requests : AP_REQUESTS_MAX - 1];
    ens_slice type = ens__http_field(r->head, "Content-Type");
    snprintf(to->id, sizeof to->id, "%.*s", (int)m->message_id.len, (const char *)m->message_id.p);
    snprintf(to->type, sizeof to->type, "%.*s", (int)type.len, (const char *)type.p);
    memcpy(to->sha256, r->sha256, sizeof to->sha256);
    to->len = r->body.len;
    ap->num_requests++;
}

static void handle(void *ctx, ens_http_request *r)
{
    access_point *ap = ctx;
    ens_message m = {0};
    ens_buf body;
    ens_buf_init(&body, NULL, 0, (size_t)16 << 20);
    pthread_mutex_lock(&ap->lock);
    unsigned nth = ap->num_requests;
    ap_answer how = ap->answers[nth < ap->num_answers ? nth : ap->num_answers - 1];
    ens_report_reset(ap->report);
    ens_slice type = ens__http_field(r->head, "Content-Type");
    ens_verify(ap->verifier, r->body, &(ens_verify_options){.at = FX_AT, .content_type = type}, &m, ap->report);
    note(ap, r, &m);
    unsigned status = answer_with(ap, how, &m, r->body, &body);
    pthread_mutex_unlock(&ap->lock);
    ens_slice same = how == AP_MESSAGE ? type : (ens_slice){0};
    char *echoed = same.len ? strndup((const char *)same.p, same.len) : NULL;
    ens__server_answer(r, &(ens_http_answer){.status = status,
                                             .type = how == AP_EMPTY  ? NULL
                                                     : how == AP_PAGE ? "text/html"
                                                     : echoed         ? echoed
                                                                      : SOAP,
                                             .body = ens_buf_slice(&body),
                                             .sending = how == AP_CUT       ? ENS_ANSWER_CUT
                                                        : how == AP_NOTHING ? ENS_ANSWER_NONE
                                                                            : ENS_ANSWER_WHOLE});
    free(echoed);
    ens_buf_free(&body);
}

static X509 *read_cert(const char *name)
{
    FILE *f = fopen(fixture_path(name), "r");
    X509 *out = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    if (f)
        fclose(f);
    return out;
}

static ens_tls *open_tls(void)
{
    ens_tls *tls = NULL;
    FILE *f = fopen(fixture_path("pki/tls-server.key"), "r");
    EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    X509 *cert = read_cert("pki/tls-server.pem"), *root = read_cert("pki/root.pem"), *chain[] = {cert},
         *anchors[] = {root};
    const ens_tls_plan plan = {
        .identity = {{key, chain, 1}}, .num_identities = 1, .anchors = anchors, .num_anchors = 1};
    if (f)
        fclose(f);
    if (!key || !cert || !root || ens__tls_new(&plan, &tls, NULL) != ENS_OK)
        tls = NULL;
    EVP_PKEY_free(key);
    X509_free(cert);
    X509_free(root);
    return tls;
}

bool access_point_open(access_point *ap, bool tls, const char *port, const ap_answer *answers, unsigned num)
{
    char address[64];
    ens_err err = {0};
    char text[512];
    memset(ap, 0, sizeof *ap);
    pthread_mutex_init(&ap->lock, NULL);
    memcpy(ap->answers, answers, num * sizeof *answers);
    ap->num_answers = num;
    if (!fixture_folder())
        return false;
    ap->customs = open_sealer("sti");
    ap->stranger = open_sealer("trader");
    ap->report = ens_report_new();
    snprintf(address, sizeof address, "127.0.0.1:%s", port ? port : "0");
    const ens_server_listen at = {address, tls};
    ens_server_plan plan = {.listen = &at, .num_listen = 1, .handler = {ap, NULL, handle, NULL, NULL}, .loops = 1};
    plan.tls[0] = tls ? open_tls() : NULL;
    bool good = ap->customs && ap->stranger && ap->report && (!tls || plan.tls[0]) &&
                ens_verifier_new(&ap->verifier, &err) == ENS_OK &&
                ens__server_start(&plan, &ap->server, &err) == ENS_OK;
    if (plan.tls[0])
        ens__tls_free(plan.tls[0]);
    if (!good)
        printf("\n    %s", ens_err_format(&err, text, sizeof text));
    else
        snprintf(ap->url, sizeof ap->url, "%s://localhost:%s/as4", tls ? "https" : "http",
                 strrchr(ens__server_address(ap->server, 0), ':') + 1);
    return good;
}

void access_point_close(access_point *ap)
{
    if (ap->server) {
        ens__server_stop(ap->server, 200);
        ens__server_free(ap->server);
    }
    ens_verifier_free(ap->verifier);
    ens_sealer_free(ap->customs);
    ens_sealer_free(ap->stranger);
    ens_report_free(ap->report);
    pthread_mutex_destroy(&ap->lock);
}

unsigned access_point_asked(access_point *ap)
{
    pthread_mutex_lock(&ap->lock);
    unsigned num = ap->num_requests;
    pthread_mutex_unlock(&ap->lock);
    return num;
}
