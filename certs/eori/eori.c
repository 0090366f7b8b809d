/* EORI numbers and ICS2 party ids. See ensign/eori.h. */
#include "certs/eori/eori.h"

#include "certs/eori/countries.h"
#include "engine/base/report.h"
#include "engine/net/fetch.h"
#include "engine/xml/reference/libxml.h"
#include "ensign/eori.h"
#include "ensign/orgid.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE_PARTY "ICS2-HTI ICD 4.2.2.1, Table 8"
#define RULE_SHAPE "ICS2-HTI ICD 4.2.2.1; Delegated Regulation (EU) 2015/2446, art. 1(18)"
#define RULE_FRANCE "INSEE, Sirene: check digits of SIREN and SIRET"

#define RULE_COUNTRY "Regulation (EU) 952/2013, art. 9"

#define COUNTRY_LEN 2u
#define EORI_MIN 3u  /* country code and one character */
#define EORI_MAX 17u /* an..17 */
#define SYSTEM_ID_MAX 12u
#define SIRET_LEN 14u
#define SIREN_LEN 9u
#define FR_SIREN_FROM 1767225600 /* 2026-01-01T00:00:00Z */
#define RULE_FRENCH_FORM "DGDDI (FR), reform of the EORI: FR + SIREN from 1 January 2026"

static bool capital(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool alphanumeric(uint8_t c)
{
    return capital(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The three refusals below return SIZE_MAX when the part is good, else the offset of its first fault. */
static size_t bad_system_id(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (i == SYSTEM_ID_MAX || !alphanumeric(s.p[i]))
            return i;
    return s.len == 0 ? 0 : SIZE_MAX;
}

static size_t bad_eori(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (i == EORI_MAX || s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '@' || (i < COUNTRY_LEN && !capital(s.p[i])))
            return i;
    return s.len < EORI_MIN ? s.len : SIZE_MAX;
}

static size_t bad_member_state(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (i == COUNTRY_LEN || !capital(s.p[i]))
            return i;
    return s.len < COUNTRY_LEN ? s.len : SIZE_MAX;
}

static bool two_letters(ens_slice s)
{
    return s.len == COUNTRY_LEN && (s.p[0] | 0x20) >= 'a' && (s.p[0] | 0x20) <= 'z' && (s.p[1] | 0x20) >= 'a' &&
           (s.p[1] | 0x20) <= 'z';
}

/* split_party_id fills out by the number of '@'. An EORI has at least three characters, so two letters (or nothing)
 * after one
 * '@' are a Member State. False: more than two. */
static bool split_party_id(ens_slice text, ens_party_id *out)
{
    ens_slice at = ENS_LIT("@");
    size_t first = ens__find(text, at, 0);
    if (first == SIZE_MAX) {
        out->eori = text;
        return true;
    }
    ens_slice head = ens_sub(text, 0, first), tail = ens_from(text, first + 1);
    size_t second = ens__find(tail, at, 0);
    if (second == SIZE_MAX && (tail.len == 0 || two_letters(tail))) {
        *out = (ens_party_id){.eori = head, .member_state = tail};
    } else if (second == SIZE_MAX) {
        *out = (ens_party_id){.system_id = head, .eori = tail};
    } else {
        *out = (ens_party_id){
            .system_id = head, .eori = ens_sub(tail, 0, second), .member_state = ens_from(tail, second + 1)};
        return ens__find(out->member_state, at, 0) == SIZE_MAX;
    }
    return true;
}

static size_t offset_in(ens_slice text, ens_slice part, size_t at)
{
    return (size_t)(part.p - text.p) + at;
}

ens_code ens_party_id_parse(ens_slice text, ens_party_id *out, ens_err *err)
{
    ens_party_id id = {0};
    ens_orgid orgid;
    if (text.len == 0)
        return ens_fail(err, ENS_ESYNTAX, RULE_PARTY, "party id is empty", 0);
    if (!split_party_id(text, &id))
        return ens_fail(err, ENS_ESYNTAX, RULE_PARTY, "party id has more than two @",
                        offset_in(text, id.member_state, ens__find(id.member_state, ENS_LIT("@"), 0)));
    size_t at;
    if (id.system_id.p && (at = bad_system_id(id.system_id)) != SIZE_MAX)
        return ens_fail(err, ENS_ESYNTAX, RULE_PARTY, "system id before @ is not 1 to 12 letters and digits",
                        offset_in(text, id.system_id, at));
    if ((at = bad_eori(id.eori)) != SIZE_MAX)
        return ens_fail(err, ENS_ESYNTAX, RULE_PARTY, "EORI is not two capitals and 1 to 15 printable characters",
                        offset_in(text, id.eori, at));
    if (ens_orgid_parse(id.eori, &orgid, NULL) == ENS_OK)
        return ens_fail(err, ENS_ESYNTAX, RULE_PARTY, "an organizationIdentifier of a certificate is no EORI",
                        offset_in(text, id.eori, 0));
    if (id.member_state.p && (at = bad_member_state(id.member_state)) != SIZE_MAX)
        return ens_fail(err, ENS_ESYNTAX, RULE_PARTY, "Member State after @ is not two capitals",
                        offset_in(text, id.member_state, at));
    *out = id;
    return ENS_OK;
}

/* has_blanks: white space, the one that doesn't break (U+00A0, U+202F) included. squeezed, EORI_MAX + 1 octets, becomes
 * the text without it, where that is no longer than an EORI. */
static bool has_blanks(ens_slice text, char squeezed[EORI_MAX + 1])
{
    size_t n = 0, i = 0;
    bool blanks = false;
    while (i < text.len) {
        ens_slice rest = ens_from(text, i);
        size_t blank = rest.p[0] == ' ' || (rest.p[0] >= '\t' && rest.p[0] <= '\r') ? 1
                       : ens_starts(rest, ENS_LIT("\xC2\xA0"))                      ? 2
                       : ens_starts(rest, ENS_LIT("\xE2\x80\xAF"))                  ? 3
                                                                                    : 0;
        blanks |= blank != 0;
        if (!blank && n < EORI_MAX)
            squeezed[n] = (char)rest.p[0];
        n += blank == 0;
        i += blank ? blank : 1;
    }
    squeezed[n <= EORI_MAX ? n : 0] = '\0';
    return blanks;
}

static void judge_shape(ens_slice eori, size_t at, ens_report *r)
{
    const char *shown = ens__show(r, eori);
    char squeezed[EORI_MAX + 1];
    ens_finding *f;
    if (has_blanks(eori, squeezed) && bad_eori(ens_str(squeezed)) == SIZE_MAX)
        f = ens__failf(r, "eori.shape", RULE_SHAPE, "write it without blanks", "%s has blanks; without them it is %s",
                       shown, squeezed);
    else if (eori.len > EORI_MAX)
        f = ens__failf(r, "eori.shape", RULE_SHAPE, "give the EORI alone, at most 17 characters",
                       "%s has %zu characters", shown, eori.len);
    else if (at < eori.len && eori.p[at] == '@')
        f = ens__failf(r, "eori.shape", RULE_SHAPE, "give the EORI alone; a party id is split at @", "%s holds an @",
                       shown);
    else
        f = ens__failf(r, "eori.shape", RULE_SHAPE,
                       "write two capitals for the country and 1 to 15 printable characters, without spaces",
                       "%s is not an EORI at character %zu", eori.len ? shown : "an empty text", at + 1);
    f->at = at;
}

/* judge_french_form: FR + SIREN is the form in force since 1 January 2026; before, FR + SIRET was. What UUM&DS itself
 * takes while the old form ends isn't published. */
static void judge_french_form(ens_slice eori, bool siret, ens_time at, ens_report *r)
{
    bool now = at >= FR_SIREN_FROM;
    if (siret != now)
        ens__passf(r, "eori.form", RULE_FRENCH_FORM, "FR + %s, the form in force", siret ? "SIRET" : "SIREN");
    else if (siret)
        ens__warn(
            r, "eori.form", RULE_FRENCH_FORM,
            "use FR + SIREN where it is registered; which of the two UUM&DS takes meanwhile isn't published, so ask "
            "French Customs before you register anew",
            "%s is FR + SIRET, the form that ends: since 2026-01-01 FR + SIREN (%.11s) is in force", ens__show(r, eori),
            ens__show(r, ens_sub(eori, 0, COUNTRY_LEN + SIREN_LEN)));
    else
        ens__warn(r, "eori.form", RULE_FRENCH_FORM, "use FR + SIRET until then",
                  "%s is FR + SIREN, the form that is in force from 2026-01-01 on", ens__show(r, eori));
}

/* French numbers of digits alone are a SIRET or a SIREN, and INSEE gives none whose check digit is wrong. */
static void judge_french(ens_slice eori, ens_slice national, ens_time at, ens_report *r)
{
    if (!ens__all_digits(national) || (national.len != SIRET_LEN && national.len != SIREN_LEN))
        return;
    bool siret = national.len == SIRET_LEN;
    if (siret ? ens__siret(national) : ens__siren(national)) {
        ens__passf(r, "eori.check-digit", RULE_FRANCE, "%s passes its check digit", siret ? "the SIRET" : "the SIREN");
        judge_french_form(eori, siret, at, r);
        return;
    }
    ens_slice siren = ens_sub(national, 0, SIREN_LEN);
    ens__failf(r, "eori.check-digit", RULE_FRANCE, "compare it with the company's entry in Sirene: a digit is mistyped",
               "%s of %s fails its check digit",
               ens__siren(siren) ? "the SIRET"
               : siret           ? "the SIREN in the SIRET"
                                 : "the SIREN",
               ens__show(r, eori));
}

static void judge_national(const ens_eori_row *country, ens_slice eori, ens_slice national, ens_report *r)
{
    if (!country->shapes[0])
        ens__skip(r, "eori.national", country->source, false, "how %s forms its numbers is not known here",
                  country->name);
    else if (!ens__eori_fits(country, national))
        ens__warn(r, "eori.national", country->source,
                  "compare it with the letter or register entry that gave the number",
                  "%s is unusual: %s is followed by %s", ens__show(r, eori), country->code, country->form);
    else
        ens__passf(r, "eori.national", country->source, "%s: %s", country->name, country->form);
}

/* judge_country is false where nothing more can be said of the number. Norway, Switzerland and Liechtenstein take part
 * in ICS2 without being Member States. */
static bool judge_country(const ens_eori_row *country, ens_slice code, ens_report *r)
{
    static const char hint[] = "use an EORI given by a Member State (or XI): no other is in the EU's EORI database";
    if (country && country->origin != ENS_EORI_THIRD_COUNTRY) {
        ens__passf(r, "eori.country", RULE_COUNTRY, "%s", country->name);
        return true;
    }
    bool zone = ens_is(code, "NO") || ens_is(code, "CH") || ens_is(code, "LI");
    if (country || zone)
        ens__warn(r, "eori.country", RULE_COUNTRY, hint, "%s is no Member State's prefix%s", ens__show(r, code),
                  country ? ": GB numbers left the database in 2021" : ", though it takes part in ICS2");
    else
        ens__failf(r, "eori.country", RULE_COUNTRY, ens_is(code, "EL") ? "EORIs of Greece begin with GR" : hint,
                   "%s is no Member State's prefix", ens__show(r, code));
    return country != NULL;
}

bool ens_eori_check(ens_slice eori, ens_time at, ens_report *report)
{
    ens_orgid orgid;
    size_t bad = bad_eori(eori);
    if (ens_orgid_parse(eori, &orgid, NULL) == ENS_OK) {
        ens__failf(report, "eori.shape", RULE_SHAPE,
                   "give the number that customs gave: two capitals for the country, and the national number",
                   "%s is an organizationIdentifier as certificates have it, and no EORI", ens__show(report, eori));
        return false;
    }
    if (bad != SIZE_MAX) {
        judge_shape(eori, bad, report);
        return false;
    }
    ens__pass(report, "eori.shape", RULE_SHAPE);
    ens_slice code = ens_sub(eori, 0, COUNTRY_LEN), national = ens_from(eori, COUNTRY_LEN);
    const ens_eori_row *country = ens__eori_country(code);
    if (!judge_country(country, code, report))
        return true;
    judge_national(country, eori, national, report);
    if (ens_is(code, "FR"))
        judge_french(eori, national, at, report);
    return true;
}

const char *ens_eori_country(ens_slice eori)
{
    const ens_eori_row *row = ens__eori_country(ens_sub(eori, 0, COUNTRY_LEN));
    return row ? row->name : NULL;
}

/* The EORI validation service. */
#define RULE "DG TAXUD, EORI validation service"
#define NS_SOAP11 "http://schemas.xmlsoap.org/soap/envelope/"
#define NS_SERVICE "http://eori.ws.eos.dds.s/"
#define REQUEST_MAX ((size_t)8 << 10)
#define ANSWERS_MAX ((size_t)4 << 20) /* bytes of the texts of one answer */
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
                        ens_eori_answer *status)
{
    ens_slice eori = text_of(result, "eori", arena), code = text_of(result, "status", arena);
    if (!ens_is(code, "0") && !ens_is(code, "1"))
        return;
    for (size_t i = 0; i < num; i++)
        if (ens_eq(eoris[i], eori) && !status[i].answered)
            status[i] = (ens_eori_answer){true, ens_is(code, "0"), kept(text_of(result, "statusDescr", arena), arena),
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
                          ens_eori_answer *status, ens_err *err)
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
                                ens_eori_answer *status, ens_err *err)
{
    xmlDocPtr doc = NULL;
    ens_libxml *x = ens__libxml_new();
    if (!x)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    for (size_t i = 0; i < num; i++)
        status[i] = (ens_eori_answer){0};
    ens_code code = ens__libxml_parse(x, answer, &doc, err);
    if (code == ENS_OK)
        code = read_body(xmlDocGetRootElement(doc), eoris, num, arena, status, err);
    else
        ens_within(err, code, "the EORI service's answer can't be read");
    if (doc)
        xmlFreeDoc(doc);
    ens__libxml_free(x);
    return code;
}

ens_code ens__eori_service_ask(const char *url, const char *ca_file, const ens_slice *eoris, size_t num,
                               ens_arena *arena, ens_eori_answer *status, ens_err *err)
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

void ens_eori_judge_answer(ens_slice eori, const ens_eori_answer *status, const ens_err *err, ens_report *r)
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

struct ens_eori_answers {
    ens_arena arena;
    ens_eori_answer answer[ENS_EORI_SERVICE_MAX];
    size_t num;
};

ens_code ens_eori_ask(const char *url, const char *ca_file, const ens_slice *eoris, size_t num, ens_eori_answers **out,
                      ens_err *err)
{
    ens_eori_answers *a = calloc(1, sizeof *a);
    if (!a)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the answers", 0);
    ens_arena_init(&a->arena, ANSWERS_MAX);
    a->num = num;
    ens_code code = ens__eori_service_ask(url, ca_file, eoris, num, &a->arena, a->answer, err);
    if (code == ENS_OK)
        *out = a;
    else
        ens_eori_answers_free(a);
    return code;
}

const ens_eori_answer *ens_eori_answers_get(const ens_eori_answers *answers, size_t i)
{
    return i < answers->num ? &answers->answer[i] : NULL;
}

void ens_eori_answers_free(ens_eori_answers *answers)
{
    if (!answers)
        return;
    ens_arena_free(&answers->arena);
    free(answers);
}
