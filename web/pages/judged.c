#include "web/pages/judged.h"

#include "engine/base/digest.h"
#include "engine/base/printable.h"
#include "ensign/document.h"
#include "show/html.h"
#include "show/verdict_html.h"
#include "sti/registry/uumds.h"

#include <stdio.h>

#define DIFFERENT_MAX 4u

/* The octets that were hashed for a reference whose digest differs. */
typedef struct {
    ens_slice uri, octets; /* octets: the first of them */
    size_t len;
    uint8_t sha256[32];
} different;

typedef struct {
    ens_visit *v;
    ens_slice message;
    different one[DIFFERENT_MAX];
    size_t num;
} job;

static ens_slice copy(ens_visit *v, ens_slice s)
{
    char *own = ens_arena_text(v->r->arena, s);
    return own ? ens_bytes(own, s.len) : (ens_slice){0};
}

/* keep_different is told what was hashed. */
static void keep_different(void *user, ens_slice uri, ens_slice octets)
{
    job *j = user;
    if (j->num == DIFFERENT_MAX)
        return;
    different *d = &j->one[j->num++];
    d->uri = copy(j->v, uri);
    d->octets = copy(j->v, ens_sub(octets, 0, ENS_OCTETS_SHOWN));
    d->len = octets.len;
    if (ens__sha256(octets, d->sha256, NULL) != ENS_OK)
        memset(d->sha256, 0, sizeof d->sha256);
}

/* -- Octets -- */

static bool is_text(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] == 0 || (s.p[i] < 0x20 && s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r'))
            return false;
    return true;
}

static void put_hex(ens_html *h, ens_slice s)
{
    for (size_t i = 0; i < s.len; i += 16) {
        ens__h_putf(h, "%06zx ", i);
        for (size_t k = i; k < i + 16 && k < s.len; k++)
            ens__h_putf(h, " %02x", s.p[k]);
        ens__h_lines(h, ENS_LIT("\n"));
    }
}

void ens__judged_octets(ens_html *h, ens_slice octets, size_t most)
{
    ens_slice shown = ens_sub(octets, 0, most);
    ens__h_open(h, "pre");
    ens__h_attr(h, "tabindex", "0");
    if (is_text(shown))
        ens__h_lines(h, shown);
    else
        put_hex(h, ens_sub(shown, 0, most / 3));
    if (octets.len > most)
        ens__h_put(h, " …");
    ens__h_close(h);
}

/* sent_of finds in the message what a reference names: the element of that Id as it was sent, or the part. */
static ens_slice sent_of(const job *j, ens_slice uri)
{
    char needle[300];
    size_t at = SIZE_MAX;
    if (ens_starts(uri, ENS_LIT("#")) && uri.len < 200) {
        snprintf(needle, sizeof needle, "Id=\"%.*s\"", (int)uri.len - 1, (const char *)uri.p + 1);
        at = ens__find(j->message, ens_str(needle), 0);
        while (at != SIZE_MAX && at > 0 && j->message.p[at] != '<')
            at--;
    } else if (ens_starts(uri, ENS_LIT("cid:")) && uri.len < 200) {
        snprintf(needle, sizeof needle, "<%.*s>", (int)uri.len - 4, (const char *)uri.p + 4);
        at = ens__find(j->message, ens_str(needle), 0);
        at = at == SIZE_MAX ? at : ens__find(j->message, ENS_LIT("\r\n\r\n"), at);
        at = at == SIZE_MAX ? at : at + 4;
    }
    return ens_from(j->message, at); /* empty where it is nowhere */
}

static void put_side(ens_visit *v, ens_text_key heading, ens_slice octets)
{
    ens__h_open(&v->h, "div");
    ens__said_leaf(&v->h, &v->screen, "h4", NULL, heading);
    ens__judged_octets(&v->h, octets, ENS_OCTETS_SHOWN);
    ens__h_close(&v->h);
}

static void put_different(const job *j, const different *d)
{
    ens_visit *v = j->v;
    char hex[65];
    ens__hex(ens_bytes(d->sha256, sizeof d->sha256), hex);
    ens__h_open(&v->h, "h3");
    ens__h_leaf_slice(&v->h, "code", NULL, d->uri);
    ens__h_close(&v->h);
    ens__h_open(&v->h, "p");
    ens__h_attr(&v->h, "class", "dim small");
    ens__said(&v->h, &v->screen, ENS_T_HASHED_IS);
    ens__h_putf(&v->h, " %zu, SHA-256 %s", d->len, hex);
    ens__h_close(&v->h);
    ens__h_open(&v->h, "div");
    ens__h_attr(&v->h, "class", "two");
    put_side(v, ENS_T_OCTETS_HASHED, d->octets);
    ens_slice sent = sent_of(j, d->uri);
    if (sent.len)
        put_side(v, ENS_T_OCTETS_SENT, sent);
    ens__h_close(&v->h);
}

static void put_differences(const job *j)
{
    if (!j->num)
        return;
    ens__said_leaf(&j->v->h, &j->v->screen, "h2", NULL, ENS_T_DIFFERENCES);
    ens__said_leaf(&j->v->h, &j->v->screen, "p", "dim", ENS_T_DIFFERENCES_WHY);
    for (size_t i = 0; i < j->num; i++)
        put_different(j, &j->one[i]);
}

/* -- Parts and the document -- */

static void put_part(ens_visit *v, const ens_delivery *d, size_t number, const char *path)
{
    char at[ENS_VISIT_PATH], hex[65];
    ens__hex(ens_bytes(d->sha256, sizeof d->sha256), hex);
    ens__h_open(&v->h, "tr");
    ens__h_open(&v->h, "td");
    snprintf(at, sizeof at, "%s%zu", path ? path : "", number);
    if (path)
        ens__h_link(&v->h, at, d->cid.len ? d->cid : ENS_LIT("?"));
    else
        ens__h_text(&v->h, d->cid);
    ens__h_close(&v->h);
    ens__h_leaf_slice(&v->h, "td", NULL, d->type);
    ens__h_open(&v->h, "td");
    ens__h_attr(&v->h, "class", "num");
    ens__h_putf(&v->h, "%zu", d->size);
    ens__h_close(&v->h);
    ens__h_leaf(&v->h, "td", "mono less", d->sealed ? hex : "-");
    ens__h_close(&v->h);
}

static void put_parts(ens_visit *v, const ens_message *m, const char *path)
{
    static const ens_text_key heads[] = {ENS_T_PART, ENS_T_TYPE, ENS_T_BYTES};
    if (!m->num_payloads)
        return;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_PARTS);
    ens__h_open(&v->h, "div");
    ens__h_attr(&v->h, "class", "scroll");
    ens__h_open(&v->h, "table");
    ens__h_attr(&v->h, "class", "rows");
    ens__h_open(&v->h, "thead");
    ens__h_open(&v->h, "tr");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        ens__said_leaf(&v->h, &v->screen, "th", NULL, heads[i]);
    ens__said_leaf(&v->h, &v->screen, "th", "less", ENS_T_SEALED_DIGEST);
    ens__h_close(&v->h);
    ens__h_close(&v->h);
    ens__h_open(&v->h, "tbody");
    for (size_t i = 0; i < m->num_payloads; i++)
        put_part(v, &m->payloads[i], i, path);
    ens__h_close_to(&v->h, v->h.depth - 3);
}

void ens__judged_elements(ens_visit *v, ens_slice text)
{
    ens_document_result result;
    const ens_verify_options o = {.at = v->now_ms / 1000, .whole_document = true};
    ens_report_reset(v->tools->aside);
    ens_document_check(v->tools->reader, text, &o, &result, v->tools->aside);
    const ens_document_facts *facts = result.inside;
    if (!facts || !facts->elements)
        return;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_DOCUMENT);
    ens__h_open(&v->h, "section");
    ens__h_attr(&v->h, "lang", "en");
    ens__elements_html(&v->h, facts->elements);
    ens__h_close(&v->h);
}

static void put_document(ens_visit *v, const ens_message *m)
{
    for (size_t i = 0; i < m->num_payloads; i++)
        if (m->payloads[i].bytes.len && m->payloads[i].bytes.len <= ENS_DOCUMENT_PARSED) {
            ens__judged_elements(v, m->payloads[i].bytes);
            return;
        }
}

/* envelope_of is the SOAP envelope in a message, as it was sent. */
static ens_slice envelope_of(ens_slice message)
{
    size_t at = 0, end;
    while ((at = ens__find(message, ENS_LIT("Envelope"), at)) != SIZE_MAX) {
        size_t from = at;
        while (from > 0 && at - from < 64 && message.p[from] != '<')
            from--;
        end = ens__find(message, ENS_LIT("Envelope>"), at + 8);
        if (message.p[from] == '<')
            return ens_sub(message, from, end == SIZE_MAX ? message.len : end + 9);
        at += 8;
    }
    return (ens_slice){0};
}

static void put_envelope(ens_visit *v, ens_slice message)
{
    ens_slice envelope = envelope_of(message);
    if (!envelope.len)
        return;
    ens__h_open(&v->h, "details");
    ens__said_leaf(&v->h, &v->screen, "summary", NULL, ENS_T_ENVELOPE);
    ens__judged_octets(&v->h, envelope, ENS_ENVELOPE_SHOWN);
    ens__h_close(&v->h);
}

/* -- Judging -- */

void ens__judged_message(ens_visit *v, ens_slice bytes, const ens_judged_how *how, const char *part)
{
    job j = {.v = v, .message = bytes};
    ens_message m = {0};
    ens_report *report = v->tools->report;
    ens_trust *trust = ens__service_trust(v->pages->ground.service);
    ens__uumds *db = NULL;
    ens_registry registry;
    ens_verify_options o = {.trust = trust,
                            .customs = v->pages->customs,
                            .at = how->at,
                            .role = how->as,
                            .differs = keep_different,
                            .differs_user = &j};
    if (how->registered && ens__uumds_open(v->pages->registry, false, &db, NULL) == ENS_OK) {
        registry = ens__uumds_registry(db);
        o.registry = &registry;
    }
    ens_report_reset(report);
    if (how->original.len)
        ens_receipt_check(v->tools->verifier, bytes, how->original, &o, &m, report);
    else
        ens_verify(v->tools->verifier, bytes, &o, &m, report);
    const ens_answer answer = ens_answer_of(report);
    ens__verdict_html(&v->h, &(ens__verdict){.file = how->file,
                                             .message = &m,
                                             .answer = &answer,
                                             .report = report,
                                             .lists = trust ? ens_trust_lists(trust) : NULL});
    put_differences(&j);
    put_parts(v, &m, part);
    put_document(v, &m);
    put_envelope(v, bytes);
    ens__uumds_close(db);
    ens_trust_free(trust);
}

void ens__judged_document(ens_visit *v, ens_slice text, const char *file)
{
    ens_document_result result;
    ens_report *report = v->tools->report;
    const ens_verify_options o = {.at = v->now_ms / 1000, .whole_document = true};
    ens_report_reset(report);
    ens_document_check(v->tools->reader, text, &o, &result, report);
    const ens_answer answer = ens_answer_of(report);
    if (result.inside)
        ens__document_html(&v->h, file, result.inside, &answer, report, NULL);
}
