/* See eori_service.h. */
#include "certs/eori/eori_service.h"

#include "engine/base/report.h"
#include "engine/net/fetch.h"
#include "engine/xml/reference/libxml.h"

#include <stdio.h>

#define RULE "DG TAXUD, EORI validation service"
#define NS_SOAP11 "http://schemas.xmlsoap.org/soap/envelope/"
#define NS_SERVICE "http://eori.ws.eos.dds.s/"
#define REQUEST_MAX ((size_t)8 << 10)
#define HTTP_OK 200
#define HTTP_FAULT 500 /* a SOAP 1.1 fault comes with it */

/* Numbers that are no EORI are never sent, so nothing here needs escaping but is escaped all the same. */
static void put_escaped(ens_buf *out, ens_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        if (c == '<')
            ens_buf_text(out, "&lt;");
        else if (c == '&')
            ens_buf_text(out, "&amp;");
        else if (c == '>')
            ens_buf_text(out, "&gt;");
        else
            ens_buf_add(out, &c, 1);
    }
}

void ens__eori_service_request(ens_buf *out, const ens_slice *eoris, size_t num)
{
    ens_buf_text(out,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soap:Envelope xmlns:soap=\"" NS_SOAP11 "\"><soap:Body>"
                 "<ev:validateEORI xmlns:ev=\"" NS_SERVICE "\">");
    for (size_t i = 0; i < num; i++) {
        ens_buf_text(out, "<ev:eori>");
        put_escaped(out, eoris[i]);
        ens_buf_text(out, "</ev:eori>");
    }
    ens_buf_text(out, "</ev:validateEORI></soap:Body></soap:Envelope>");
}

/* named: in the service's namespace or in none. */
static bool named(const xmlNode *node, const char *local)
{
    return ens__libxml_is(node, NULL, local) || ens__libxml_is(node, NS_SERVICE, local);
}

static ens_slice text_of(const xmlNode *result, const char *local, ens_arena *arena)
{
    for (xmlNode *n = ens__libxml_first(result); n; n = ens__libxml_next(n))
        if (named(n, local))
            return ens__trim(ens__libxml_text(n, arena));
    return (ens_slice){0};
}

/* The tree ends with the reading; what is kept is copied. */
static ens_slice kept(ens_slice text, ens_arena *arena)
{
    char *copy = text.len ? ens_arena_text(arena, text) : NULL;
    return copy ? ens_bytes(copy, text.len) : (ens_slice){0};
}

static ens_slice address_of(const xmlNode *result, ens_arena *arena)
{
    static const char *const parts[] = {"street", "postalCode", "city", "country"};
    char line[512];
    size_t used = 0;
    ens_slice whole = text_of(result, "address", arena);
    if (whole.len)
        return kept(whole, arena);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        ens_slice part = text_of(result, parts[i], arena);
        if (part.len == 0 || part.len > sizeof line - used - 3)
            continue;
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%.*s", used ? ", " : "", (int)part.len,
                                 (const char *)part.p);
    }
    return kept(ens_bytes(line, used), arena);
}

static void read_result(const xmlNode *result, const ens_slice *eoris, size_t num, ens_arena *arena,
                        ens__eori_status *status)
{
    ens_slice eori = text_of(result, "eori", arena), code = text_of(result, "status", arena);
    if (!ens_is(code, "0") && !ens_is(code, "1"))
        return;
    for (size_t i = 0; i < num; i++)
        if (ens_eq(eoris[i], eori) && !status[i].answered)
            status[i] = (ens__eori_status){true, ens_is(code, "0"), kept(text_of(result, "statusDescr", arena), arena),
                                           kept(text_of(result, "name", arena), arena), address_of(result, arena)};
}

static ens_code read_fault(const xmlNode *fault, ens_arena *arena, ens_err *err)
{
    ens_slice why = text_of(fault, "faultstring", arena);
    char text[ENS_ERR_TEXT];
    snprintf(text, sizeof text, "%.*s", (int)(why.len < sizeof text ? why.len : sizeof text - 1),
             why.len ? (const char *)why.p : "");
    return ens_fail_about(err, ENS_EIO, RULE, "the service answers with a fault", text);
}

static ens_code read_body(const xmlNode *root, const ens_slice *eoris, size_t num, ens_arena *arena,
                          ens__eori_status *status, ens_err *err)
{
    const xmlNode *body =
        ens__libxml_is(root, NS_SOAP11, "Envelope") ? ens__libxml_child(root, NS_SOAP11, "Body") : NULL;
    const xmlNode *answer = body ? ens__libxml_first(body) : NULL;
    if (answer && ens__libxml_is(answer, NS_SOAP11, "Fault"))
        return read_fault(answer, arena, err);
    if (!answer || !ens__libxml_is(answer, NS_SERVICE, "validateEORIResponse"))
        return ens_fail(err, ENS_ESYNTAX, RULE, "not an answer of the EORI validation service", 0);
    for (const xmlNode *n = ens__libxml_following(answer, answer); n; n = ens__libxml_following(n, answer))
        if (named(n, "result"))
            read_result(n, eoris, num, arena, status);
    return ENS_OK;
}

ens_code ens__eori_service_read(ens_slice answer, const ens_slice *eoris, size_t num, ens_arena *arena,
                                ens__eori_status *status, ens_err *err)
{
    xmlDocPtr doc = NULL;
    ens_libxml *x = ens__libxml_new();
    if (!x)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    for (size_t i = 0; i < num; i++)
        status[i] = (ens__eori_status){0};
    ens_code code = ens__libxml_parse(x, answer, &doc, err);
    if (code == ENS_OK)
        code = read_body(xmlDocGetRootElement(doc), eoris, num, arena, status, err);
    else
        ens_within(err, code, "the EORI service's answer can't be read");
    xmlFreeDoc(doc);
    ens__libxml_free(x);
    return code;
}

ens_code ens__eori_service_ask(const char *url, const char *ca_file, const ens_slice *eoris, size_t num,
                               ens_arena *arena, ens__eori_status *status, ens_err *err)
{
    ens_buf request, answer;
    long http = 0;
    if (num == 0 || num > ENS_EORI_SERVICE_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "one request is for 1 to 10 numbers", 0);
    ens_buf_init(&request, NULL, 0, REQUEST_MAX);
    ens_buf_init(&answer, NULL, 0, ENS_EORI_SERVICE_ANSWER_MAX);
    ens__eori_service_request(&request, eoris, num);
    ens_code code = ens_buf_done(&request, err);
    if (code == ENS_OK) {
        ens_fetch_request fetch = {.url = url,
                                   .body = ens_buf_slice(&request),
                                   .ca_file = ca_file,
                                   .headers = {"Content-Type: text/xml; charset=utf-8", "SOAPAction: \"\""}};
        code = ens__fetch(&fetch, &answer, &http, err);
    }
    if (code == ENS_OK && http != HTTP_OK && http != HTTP_FAULT) {
        char text[32];
        snprintf(text, sizeof text, "HTTP %ld", http);
        code = ens_fail_about(err, ENS_EIO, RULE, "the service refuses to answer", text);
    }
    if (code == ENS_OK)
        code = ens__eori_service_read(ens_buf_slice(&answer), eoris, num, arena, status, err);
    ens_buf_free(&request);
    ens_buf_free(&answer);
    return code;
}

void ens__eori_service_judge(ens_slice eori, const ens__eori_status *status, const ens_err *err, ens_report *r)
{
    const char *shown = ens__show(r, eori);
    if (!status || !status->answered) {
        char reason[512] = "the service left it out";
        if (!status && err)
            ens_err_format(err, reason, sizeof reason);
        ens__skip(r, "eori.registered", RULE, true, "%s was not looked up: %s", shown, reason);
    } else if (!status->valid) {
        ens__failf(r, "eori.registered", RULE,
                   "apply for the number at the customs authority of the Member State, or correct it",
                   "%s is not in the EU's EORI database%s", shown,
                   ens_starts(eori, ENS_LIT("GB")) ? ": numbers of Great Britain are not kept there" : "");
    } else if (status->name.len) {
        ens__passf(r, "eori.registered", RULE, "%s is valid: %s%s%s", shown, ens__show(r, status->name),
                   status->address.len ? ", " : "", ens__show(r, status->address));
    } else {
        ens__passf(r, "eori.registered", RULE, "%s is valid; its holder has not agreed to publication", shown);
    }
}
