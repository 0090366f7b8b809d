#include "show/order.h"

#include "certs/path/cryptopolicy.h"
#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "show/certificate.h"
#include "show/finding.h"
#include "show/preflight.h"

#include <stdio.h>

const char *ens__request_words(const ens_report *report)
{
    return ens_report_verdict(report) == ENS_REFUSED
               ? "a certificate request, and a certificate made of it would be of no use to ICS2"
               : "a certificate request, against which nothing speaks. It is no certificate: what an authority makes "
                 "of it is judged when it is there";
}

void ens__request_line(const ens__request_view *v, ens_buf *out)
{
    ens_verdict verdict = ens_report_verdict(v->report);
    ens_buf_printf(out, "%s: %s, a certificate request%s\n", v->file, ens_verdict_name(verdict),
                   verdict == ENS_REFUSED ? "" : ", nothing speaks against it");
}

void ens__request_json(const ens__request_view *v, ens_buf *out)
{
    ens_json line = {.out = out}, *j = &line;
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "file", v->file);
    ens__json_text(j, "verdict", ens_verdict_name(ens_report_verdict(v->report)));
    ens__json_text(j, "acceptance", ens_acceptance_name(ENS_ACCEPTANCE_NONE));
    ens__json_text(j, "eori_binding", ens_binding_name(v->binding));
    ens__json_time(j, "at", v->at);
    ens__json_open(j, "request", '{');
    ens__asked_json(j, &v->request->asked);
    ens__json_close(j, '}');
    ens__findings_json(j, v->report);
    ens__json_close(j, '}');
    ens_buf_text(out, "\n");
}

static void put_todo(const ens__request_view *v, const ens__page *page)
{
    ens__remedy todo[ENS_TODO_MAX];
    size_t num = ens__todo(v->report, todo);
    ens__page_heading(page, "What to do");
    for (size_t i = 0; i < num; i++) {
        char text[ENS_DETAIL_TEXT];
        const ens_finding *f = todo[i].first;
        ens_buf_printf(page->out, "  %zu.  ", i + 1);
        ens__page_wrap(page, 6, f->hint ? f->hint : ens_finding_detail(f, text));
    }
}

void ens__request_page(const ens__request_view *v, const ens__page *page, bool all)
{
    char text[ENS_NAME_TEXT_MAX], key[24];
    const ens_cert *asked = &v->request->asked;
    ens_verdict verdict = ens_report_verdict(v->report);
    ens__page_put(page, ens_str(v->file));
    ens_buf_printf(page->out, ": %s%s%s%s\n", ens__page_verdict_colour(page, verdict), ens__page_bold(page),
                   ens_verdict_name(verdict), ens__page_plain(page));
    ens__page_spaces(page, 2);
    ens__page_wrap(page, 2, ens__request_words(v->report));
    ens_buf_text(page->out, "\n");
    ens__page_field(page, "subject", ens__name_text(asked->subject, text, sizeof text));
    ens__page_field(page, "key", ens__key_name(asked, key));
    snprintf(text, sizeof text, "%s%s%s", v->eori ? v->eori : "", v->eori ? " " : "", ens_binding_name(v->binding));
    ens__page_field(page, "EORI binding", text);
    put_todo(v, page);
    ens__page_heading(page, "What was looked at");
    ens__findings_page(page, v->report, all);
}

/* What to ask for, item by item. */
static const struct {
    const char *name, *ask, *rule;
} items[] = {
    {"type",
     "a qualified certificate for electronic seals: QcType eseal, policy QCP-l, or QCP-l-qscd with the key in a "
     "qualified device. ICS2 takes as well: a qualified certificate for signatures; what a CA on the trusted lists "
     "issues without qualification; what stands on the alternate list of the Member State's customs. No certificate "
     "for websites or for TLS",
     "ICS2-HTI ICD 4.6.2"},
    {"provider",
     "one of any Member State whose service for seals is granted: `ensign trust find --cache DIR --type eseal` lists "
     "them",
     "ICS2-HTI ICD 4.6.2; Regulation (EU) No 910/2014, article 38"},
    {"key",
     "RSA (rsaEncryption) of 2048 to 4096 bits, 3072 for choice, exponent 65537, which you make and keep. No elliptic "
     "curve, no EdDSA, no RSASSA-PSS: seals are rsa-sha256",
     "ICS2-HTI ICD 4.6.2, Table 11"},
    {"key usage",
     "digitalSignature, with nonRepudiation or alone. With nonRepudiation alone ICS2 takes it, and some WS-Security "
     "stacks refuse it",
     "ICS2-HTI ICD 4.6.2; EN 319 412-2 4.3.2"},
    {"signature", "RSA of 2048 bits and more, or ECDSA of 256, with SHA-256 or better, on each certificate of the path",
     "TS 119 312"},
    {"chain",
     "every certificate above yours, up to the root, as files: the token of a message is the whole path (PKIPath)",
     "ICS2-HTI ICD 4.6.2; WSS X.509 Token Profile 1.1.1, 3.1"},
    {"device",
     "ICS2 asks for none. A device has to sign RSA PKCS#1 v1.5 with SHA-256 whenever a message leaves, with no person "
     "at hand: PKCS#11, without a PIN for each signature. A remote service that signs documents alone seals no message",
     "ICS2-HTI ICD 4.6.2"},
    {"dates",
     "from before the first message. By TS 119 312 no RSA signature of this kind outlives 2029-01-01: plan the "
     "successor, which is registered beside it before the change",
     "TS 119 312 v1.5.1"},
    {"afterwards", "`ensign cert check` with the lists, the key and the EORI; then register it for the EORI in UUM&DS",
     "ICS2-HTI ICD 5.1.1"},
};
#define NUM_ITEMS (sizeof items / sizeof *items)

static const char *orgid_words(const ens__order *o)
{
    return o->num_orgids ? "the EORI follows from it, so that the certificate itself proves the association"
                         : "no published rule leads from an identifier to this EORI: have the company's VAT or "
                           "register number in "
                           "it (VATcc-number, NTRcc-number); the registration decides on the association";
}

void ens__order_page(const ens__order *o, const char *request, const ens__page *page)
{
    char text[1024];
    size_t at = 0;
    ens__page_printf(page, "A seal certificate for %s: what to ask a provider for\n\n", o->eori);
    snprintf(text, sizeof text, "C=%s, O=%s, CN=%s", o->country, o->company ? o->company : "(the company)",
             o->name ? o->name : "(the company)");
    ens__page_field(page, "subject", text);
    for (size_t i = 0; i < o->num_orgids; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", i ? " or " : "", o->orgid[i]);
    snprintf(text + at, sizeof text - at, "%sorganizationIdentifier: %s", at ? " as its " : "", orgid_words(o));
    ens__page_field(page, "", text);
    for (size_t i = 0; i < NUM_ITEMS; i++) {
        snprintf(text, sizeof text, "%.800s [%.200s]", items[i].ask, items[i].rule);
        ens__page_field(page, items[i].name, text);
    }
    if (request)
        ens__page_field(page, "request", request);
}

void ens__order_json(const ens__order *o, const char *request, ens_json *j)
{
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "eori", o->eori);
    ens__json_open(j, "subject", '{');
    ens__json_text(j, "country", o->country);
    ens__json_text(j, "organization", o->company);
    ens__json_text(j, "common_name", o->name);
    ens__json_close(j, '}');
    ens__json_open(j, "organization_identifiers", '[');
    for (size_t i = 0; i < o->num_orgids; i++)
        ens__json_text(j, NULL, o->orgid[i]);
    ens__json_close(j, ']');
    ens__json_open(j, "key_bits", '[');
    ens__json_number(j, NULL, ENS_CRYPTO_RSA_MIN);
    ens__json_number(j, NULL, ENS_CRYPTO_SIGNER_RSA_MAX);
    ens__json_close(j, ']');
    ens__json_open(j, "items", '[');
    for (size_t i = 0; i < NUM_ITEMS; i++) {
        ens__json_open(j, NULL, '{');
        ens__json_text(j, "name", items[i].name);
        ens__json_text(j, "ask", items[i].ask);
        ens__json_text(j, "rule", items[i].rule);
        ens__json_close(j, '}');
    }
    ens__json_close(j, ']');
    ens__json_text(j, "request", request);
    ens__json_close(j, '}');
}
