#include "show/preflight_html.h"

#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "show/certificate.h"
#include "show/html.h"
#include "show/report_html.h"
#include "show/timeline.h"

#include <stdio.h>

static void put_banner(const ens__preflight_view *c, ens_html *h)
{
    char name[512], words[1024], said[sizeof words + 1];
    snprintf(said, sizeof said, "%s.", ens__verdict_words(c, words, sizeof words));
    ens__banner_html(h, ens_report_verdict(c->report), ens_str(ens__name_of(c->cert, name, sizeof name)), said,
                     c->file);
}

static void put_facts(const ens__preflight_view *c, ens_html *h)
{
    char text[256], when[ENS_TIME_TEXT], number[32];
    const ens__preflight *p = c->preflight;
    const ens__accepted *a = &p->accepted;
    ens__h_open(h, "dl");
    ens__h_attr(h, "class", "facts");
    if (p->for_tls) {
        ens__fact_html(h, "Purpose", ENS_LIT("tls-client"), "what the access point shows to TLS");
    } else {
        ens__fact_html(h, "Acceptance", ens_str(ens_acceptance_name(a->acceptance)),
                       ens__acceptance_words(a->acceptance));
        snprintf(text, sizeof text, "%.64s%s%s", c->eori ? c->eori : "", c->eori ? ": " : "",
                 ens__binding_words(p->binding));
        ens__fact_html(h, "EORI", ens_str(ens_binding_name(p->binding)), text);
    }
    if (p->valid_until != ENS_TIME_NONE)
        ens__fact_html(h, "Valid until", ens_str(ens__when_words(p->valid_until, c->at, text, sizeof text)),
                       p->valid_until_reason);
    if (p->news_at != ENS_TIME_NONE)
        ens__fact_html(h, "Look again", ens_str(ens__when_words(p->news_at, c->at, text, sizeof text)), p->news_reason);
    if (a->qualified) {
        ens__fact_html(h, "Qualification at issuance", ens_str(ens__qualified_words(a->at_issuance)),
                       ens_qualified_name(a->at_issuance));
        ens__fact_html(h, c->now ? "Qualification now" : "Qualification at that time",
                       ens_str(ens__qualified_words(a->at_validation)), ens_qualified_name(a->at_validation));
    }
    ens__fact_html(h, "Judged as of", ens_str(ens_time_format(c->at, when)),
                   c->now ? "now" : "the time that was asked for");
    snprintf(number, sizeof number, "LOTL %u", p->lists ? ens__snapshot_facts(p->lists).lotl_sequence : 0);
    ens__fact_html(h, "Trusted lists", ens_str(p->lists ? number : "none"), ens__lists_words(c, text, sizeof text));
    ens__h_close(h);
}

static void put_todo(const ens__preflight_view *c, ens_html *h)
{
    char when[96], first[192];
    snprintf(first, sizeof first, "%s before %s", ens__register_words(c),
             ens__when_words(c->preflight->valid_until, c->at, when, sizeof when));
    ens__todo_html(h, c->report, ens_report_verdict(c->report) == ENS_ACCEPTED ? first : NULL);
}

static void put_attribute(ens_buf *out, ens_slice name, ens_slice type, const char *label)
{
    uint8_t storage[ENS_NAME_TEXT_MAX];
    ens_buf text;
    ens_buf_init(&text, storage, sizeof storage, sizeof storage);
    if (ens__name_take(name, type, &text)) {
        ens_buf_printf(out, "%s", label);
        ens__html_text(out, ens_buf_slice(&text));
    }
    ens_buf_free(&text);
}

static void put_certificate(const ens__preflight_view *c, size_t i, ens_buf *out)
{
    const ens__preflight *p = c->preflight;
    const ens_cert *cert = &p->path.cert[i];
    char name[512], from[ENS_TIME_TEXT], to[ENS_TIME_TEXT], key[24];
    bool anchor = p->anchored && i + 1 == p->path.num;
    ens_buf_printf(out, "<li%s><strong>", anchor ? " class=\"anchor\"" : "");
    ens__html_put(out, ens__name_of(cert, name, sizeof name));
    ens_buf_text(out, "</strong><br/>");
    put_attribute(out, cert->subject, ENS_OID_ORGANIZATION, "");
    put_attribute(out, cert->subject, ENS_OID_ORGANIZATION_IDENTIFIER, ", ");
    put_attribute(out, cert->subject, ENS_OID_COUNTRY, ", ");
    ens_buf_printf(out, "<br/><span class=\"dim small\">%.10s to %.10s, %s</span>",
                   ens_time_format(cert->not_before, from), ens_time_format(cert->not_after, to),
                   ens__key_name(cert, key));
    if (anchor) {
        ens_buf_text(out, "<br/><span class=\"small\">trusted: ");
        ens__html_put(out, ens__anchor_words(c));
        ens_buf_text(out, "</span>");
    }
    ens_buf_text(out, "</li>\n");
}

static void put_path(const ens__preflight_view *c, ens_buf *out)
{
    const ens__preflight *p = c->preflight;
    ens_buf_text(out, "<h2>The path</h2>\n");
    if (ens__path_words(c))
        ens_buf_printf(out, "<p class=\"dim small\">%s</p>\n", ens__path_words(c));
    ens_buf_text(out, "<ol class=\"path\">\n");
    for (size_t i = 0; i < p->path.num; i++)
        put_certificate(c, i, out);
    ens_buf_text(out, "</ol>\n");
}

static void put_pair(void *h, const char *label, const char *text)
{
    ens__h_leaf(h, "dt", NULL, label);
    ens__h_leaf(h, "dd", NULL, text);
}

void ens__preflight_html(const ens__preflight_view *c, size_t number, ens_buf *out)
{
    ens_html page = {.out = out}, *h = &page;
    ens__h_open(h, "section");
    ens__h_attr(h, "class", "report");
    ens__h_attrf(h, "id", "c%zu", number);
    put_banner(c, h);
    put_facts(c, h);
    put_todo(c, h);
    put_path(c, ens__h_raw(h));
    ens__h_leaf(h, "h2", NULL, "When what holds");
    ens__h_open(h, "figure");
    ens__timeline_svg(ens__h_raw(h), &c->preflight->timeline, c->at, c->now);
    ens__h_close(h);
    ens__h_leaf(h, "h2", NULL, "The certificate");
    ens__h_open(h, "dl");
    ens__h_attr(h, "class", "cert");
    ens__certificate_facts(c->cert, c->at, put_pair, h);
    ens__h_close(h);
    ens__findings_html(h, c->report);
    ens__h_close(h);
    ens_buf_text(out, "\n");
}

void ens__html_index_begin(ens_buf *out, size_t num)
{
    ens_buf_printf(out,
                   "<h1>%zu certificates</h1>\n<table "
                   "class=\"index\">\n<thead><tr><th>Certificate</th><th>Verdict</th><th class=\"less\">Acceptance</th>"
                   "<th>Valid until</th></tr></thead>\n<tbody>\n",
                   num);
}

void ens__html_index_end(ens_buf *out)
{
    ens_buf_text(out, "</tbody>\n</table>\n");
}

void ens__preflight_html_row(const ens__preflight_view *c, const char *href, ens_buf *out)
{
    char name[512], until[ENS_TIME_TEXT];
    const char *verdict = ens_verdict_name(ens_report_verdict(c->report));
    ens_buf_text(out, "<tr><td><a href=\"");
    ens__html_put(out, href);
    ens_buf_text(out, "\">");
    ens__html_put(out, ens__name_of(c->cert, name, sizeof name));
    ens_buf_text(out, "</a><br/><span class=\"dim small\">");
    ens__html_put(out, c->file);
    ens_buf_printf(
        out, "</span></td><td><span class=\"badge %s\">%s</span></td><td class=\"less\">%s</td><td>%.10s</td></tr>\n",
        verdict, verdict, c->preflight->for_tls ? "tls-client" : ens_acceptance_name(c->preflight->accepted.acceptance),
        c->preflight->valid_until == ENS_TIME_NONE ? "-" : ens_time_format(c->preflight->valid_until, until));
}
