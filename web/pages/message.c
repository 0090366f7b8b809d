/* One row of the journal on a page of its own; see inbox.h. */
#include "certs/keys/certfile.h"
#include "ensign/keys.h"
#include "show/certificate.h"
#include "web/pages/inbox.h"
#include "web/pages/judged.h"

#include <stdio.h>

#define RAW_MAX ENS_STORE_RAW
#define RAW_JUDGED ((size_t)64 << 20) /* bytes of a message that a page judges again */
#define ANSWERS_MAX 40u

typedef struct {
    ens_visit *v;
    uint64_t seq;
    ens__journal_row row; /* its texts in the arena */
    bool found, kept;     /* kept: raw holds its bytes */
    ens_buf raw;
} job;

static bool take_row(void *user, const ens__journal_row *row)
{
    job *j = user;
    j->row = *row;
    ens_slice *const texts[] = {&j->row.action, &j->row.message_id, &j->row.ref_to, &j->row.party, &j->row.ebms,
                                &j->row.peer,   &j->row.detail,     &j->row.lrn,    &j->row.mrn};
    j->found = row->seq == j->seq;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        texts[i]->p = (const uint8_t *)ens_arena_text(j->v->r->arena, *texts[i]);
        if (!texts[i]->p)
            texts[i]->len = 0;
    }
    return false;
}

/* find reads the row that the path names, and its bytes; false: the answer says why there is nothing. */
static bool find(job *j)
{
    ens_visit *v = j->v;
    ens_err err = {0};
    ens__journal_query query = ENS_JOURNAL_ALL;
    ens_slice digits = v->r->capture[0];
    for (size_t i = 0; i < digits.len && digits.len < 19; i++)
        j->seq = digits.p[i] >= '0' && digits.p[i] <= '9' ? j->seq * 10 + (uint64_t)(digits.p[i] - '0') : 0;
    query.since = j->seq ? j->seq - 1 : 0;
    query.until = j->seq;
    query.limit = 1;
    ens_code code = j->seq ? ens__store_journal_list(v->pages->store, &query, take_row, j, &err) : ENS_OK;
    if (code == ENS_OK && j->found)
        code = ens__store_journal_raw(v->pages->store, j->seq, &j->raw, &j->kept, &err);
    if (code != ENS_OK)
        ens__visit_failed(v, &err);
    else if (!j->found)
        ens__visit_sorry(v, 404, ens__visit_text(v, ENS_T_NO_SUCH_ROW));
    return code == ENS_OK && j->found;
}

/* -- The page -- */

static void put_facts(const job *j)
{
    ens_visit *v = j->v;
    const ens__journal_row *row = &j->row;
    char path[ENS_VISIT_PATH];
    ens__h_open(&v->h, "dl");
    ens__h_attr(&v->h, "class", "about");
    ens__said_leaf(&v->h, &v->screen, "dt", NULL, ENS_T_TIME);
    ens__h_open(&v->h, "dd");
    ens__h_time(&v->h, row->at_ms);
    ens__h_put(&v->h, " ");
    ens__said(&v->h, &v->screen, row->direction == ENS_OUT ? ENS_T_WENT : ENS_T_CAME);
    ens__h_close(&v->h);
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_KIND), ens_str(ens__entry_kind_name(row->kind)));
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_ACTION), row->action);
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_PARTY), row->party);
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_MESSAGE_ID), row->message_id);
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_REF_TO), row->ref_to);
    ens__h_fact(&v->h, "LRN", row->lrn);
    if (row->mrn.len == 18) {
        snprintf(path, sizeof path, "/filings/%.18s", (const char *)row->mrn.p);
        ens__h_leaf(&v->h, "dt", NULL, "MRN");
        ens__h_open(&v->h, "dd");
        ens__h_link(&v->h, path, row->mrn);
        ens__h_close(&v->h);
    }
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_PEER), row->peer);
    if (row->kind != ENS_ENTRY_NOTE) {
        ens__said_leaf(&v->h, &v->screen, "dt", NULL, ENS_T_VERDICT_THEN);
        ens__h_open(&v->h, "dd");
        ens__h_tag(&v->h, ens_verdict_name(row->verdict), ens_verdict_name(row->verdict));
        ens__h_put(&v->h, " ");
        ens__h_text(&v->h, row->ebms);
        ens__h_close(&v->h);
    }
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_DETAIL), row->detail);
    ens__h_close(&v->h);
}

static bool put_related(void *user, const ens__journal_row *row)
{
    job *j = user;
    ens_visit *v = j->v;
    char path[64];
    if (row->seq == j->seq)
        return true;
    snprintf(path, sizeof path, "/inbox/%llu", (unsigned long long)row->seq);
    ens__h_open(&v->h, "li");
    ens__h_time(&v->h, row->at_ms);
    ens__h_put(&v->h, " ");
    ens__h_link(&v->h, path, row->action.len ? row->action : ens_str(ens__entry_kind_name(row->kind)));
    ens__h_put(&v->h, " ");
    ens__said(&v->h, &v->screen, row->direction == ENS_OUT ? ENS_T_WENT : ENS_T_CAME);
    ens__h_put(&v->h, " ");
    ens__h_text(&v->h, row->ebms.len ? row->ebms : row->detail);
    ens__h_close(&v->h);
    return true;
}

/* put_answers lists what answers it, and what it answers. */
static void put_answers(job *j)
{
    ens_visit *v = j->v;
    ens__journal_query query = ENS_JOURNAL_ALL;
    query.about = j->row.ref_to.len && j->row.kind != ENS_ENTRY_USER_MESSAGE ? j->row.ref_to : j->row.message_id;
    query.limit = ANSWERS_MAX;
    if (!query.about.len)
        return;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_ANSWERS);
    ens__h_open(&v->h, "ul");
    (void)!ens__store_journal_list(v->pages->store, &query, put_related, j, NULL);
    ens__h_close(&v->h);
}

static bool is_message(const ens__journal_row *row)
{
    return row->kind <= ENS_ENTRY_PULL_REQUEST;
}

/* put_repeat writes the command lines that judge it again. */
static void put_repeat(const job *j)
{
    ens_visit *v = j->v;
    char at[ENS_TIME_TEXT];
    const char *pki = v->pages->pki;
    if (!is_message(&j->row) || !j->kept)
        return;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_REPEAT);
    ens__h_open(&v->h, "pre");
    ens__h_attr(&v->h, "tabindex", "0");
    ens__h_putf(&v->h, "ensign journal export %llu --store %s -o row", (unsigned long long)j->seq,
                v->pages->store_name);
    ens__h_lines(&v->h, ENS_LIT("\n"));
    ens__h_put(&v->h, "ensign verify row ");
    if (j->row.direction == ENS_OUT)
        ens__h_putf(&v->h, "--trust %s%s --as trader", pki ? pki : "ANCHORS", pki ? "/customs-root.pem" : "");
    else
        ens__h_putf(&v->h, "--trust %s%s --registry %s", pki ? pki : "ANCHORS", pki ? "/root.pem" : "",
                    v->pages->registry);
    ens__h_putf(&v->h, " --at %s -v", ens_time_format(j->row.at_ms / 1000, at));
    ens__h_close(&v->h);
}

static void put_raw(const job *j)
{
    ens_visit *v = j->v;
    char path[64];
    ens__h_open(&v->h, "p");
    if (j->kept && j->raw.len) {
        snprintf(path, sizeof path, "/inbox/%llu/raw", (unsigned long long)j->seq);
        ens__h_link(&v->h, path, ens_str(ens__visit_text(v, ENS_T_DOWNLOAD_RAW)));
        ens__h_putf(&v->h, " (%zu ", j->raw.len);
        ens__said(&v->h, &v->screen, ENS_T_BYTES);
        ens__h_put(&v->h, ")");
    } else {
        ens__said(&v->h, &v->screen, ENS_T_NOT_KEPT);
    }
    ens__h_close(&v->h);
}

static void put_pair(void *h, const char *label, const char *text)
{
    ens__h_leaf((ens_html *)h, "dt", NULL, label);
    ens__h_leaf((ens_html *)h, "dd", NULL, text);
}

/* put_shown tells of the certificate that was shown in a handshake that failed. */
static void put_shown(const job *j)
{
    ens_visit *v = j->v;
    ens_certificates *c = NULL;
    if (ens_certificates_new(ens_buf_slice(&j->raw), NULL, &c, NULL) != ENS_OK)
        return;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_SHOWN);
    ens__h_open(&v->h, "dl");
    ens__h_attr(&v->h, "class", "cert");
    ens__h_attr(&v->h, "lang", "en");
    ens__certificate_facts(ens_certificates_get(c, 0), v->now_ms / 1000, put_pair, &v->h);
    ens__h_close(&v->h);
    ens_certificates_free(c);
}

static void put_contents(const job *j)
{
    ens_visit *v = j->v;
    char part[64], name[64];
    const ens__journal_row *row = &j->row;
    if (!j->kept || !j->raw.len)
        return;
    if (row->kind == ENS_ENTRY_TLS) {
        put_shown(j);
    } else if (is_message(row) && j->raw.len <= RAW_JUDGED) {
        snprintf(part, sizeof part, "/inbox/%llu/parts/", (unsigned long long)j->seq);
        snprintf(name, sizeof name, "%s %llu", ens__visit_text(v, ENS_T_ROW), (unsigned long long)j->seq);
        ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_JUDGED_AGAIN);
        ens__said_leaf(&v->h, &v->screen, "p", "dim", ENS_T_JUDGED_AGAIN_WHY);
        ens__judged_message(v, ens_buf_slice(&j->raw),
                            &(ens_judged_how){.file = name,
                                              .at = row->at_ms / 1000,
                                              .as = row->direction == ENS_OUT ? ENS_ROLE_TRADER : ENS_ROLE_STI,
                                              .registered = row->direction == ENS_IN},
                            part);
    } else {
        ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_OCTETS_CAME);
        ens__judged_octets(&v->h, ens_buf_slice(&j->raw), ENS_ENVELOPE_SHOWN);
    }
}

void ens__inbox_row(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    char title[ENS_STORE_NAME + 64];
    ens__visit_begin(&v, pages, r, a, "/inbox");
    job j = {.v = &v};
    ens_buf_init(&j.raw, NULL, 0, RAW_MAX);
    if (find(&j)) {
        ens_slice what = j.row.action.len ? j.row.action : ens_str(ens__entry_kind_name(j.row.kind));
        snprintf(title, sizeof title, "%.*s, %s %llu", (int)what.len, (const char *)what.p,
                 ens__visit_text(&v, ENS_T_ROW), (unsigned long long)j.seq);
        ens__visit_titled(&v, title, NULL);
        put_facts(&j);
        put_raw(&j);
        put_answers(&j);
        put_contents(&j);
        put_repeat(&j);
        ens__visit_end(&v);
    }
    ens_buf_free(&j.raw);
}

/* -- Bytes -- */

void ens__inbox_raw(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    char name[64];
    ens__visit_begin(&v, pages, r, a, "/inbox");
    job j = {.v = &v};
    ens_buf_init(&j.raw, NULL, 0, RAW_MAX);
    if (find(&j) && !j.kept) {
        ens__visit_sorry(&v, 404, ens__visit_text(&v, ENS_T_NOT_KEPT));
    } else if (j.found) {
        snprintf(name, sizeof name, "%llu%s", (unsigned long long)j.seq,
                 j.row.kind == ENS_ENTRY_TLS ? ".der" : ".mime");
        a->type = "application/octet-stream";
        a->csp = NULL;
        ens__web_download(a, ens_str(name));
        ens_buf_put(&a->body, ens_buf_slice(&j.raw));
    }
    ens_buf_free(&j.raw);
}

static ens_code put_piece(void *body, ens_slice piece)
{
    ens_buf_put(body, piece);
    return ((ens_buf *)body)->failed;
}

/* send_part judges the message for its parts alone: what is handed out is what was hashed. */
static void send_part(job *j, uint64_t number)
{
    ens_visit *v = j->v;
    ens_message m = {0};
    ens_err err = {0};
    const ens_verify_options o = {.at = j->row.at_ms / 1000, .terse = true, .documents = ENS_DOCUMENTS_OFF};
    ens_report_reset(v->tools->report);
    ens_verify(v->tools->verifier, ens_buf_slice(&j->raw), &o, &m, v->tools->report);
    if (number >= m.num_payloads) {
        ens__visit_sorry(v, 404, ens__visit_text(v, ENS_T_NO_SUCH_ROW));
        return;
    }
    const ens_delivery *d = &m.payloads[number];
    v->a->type = "application/octet-stream";
    v->a->csp = NULL;
    ens__web_download(v->a, d->cid);
    if (d->packed.len) {
        if (ens_delivery_put(d, put_piece, &v->a->body, &err) != ENS_OK)
            ens__visit_failed(v, &err);
    } else {
        ens_buf_put(&v->a->body, d->bytes);
    }
}

void ens__inbox_part(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens__visit_begin(&v, pages, r, a, "/inbox");
    job j = {.v = &v};
    ens_slice digits = r->capture[1];
    ens_buf_init(&j.raw, NULL, 0, RAW_MAX);
    bool number = digits.len > 0 && digits.len <= 3;
    uint64_t n = 0;
    for (size_t i = 0; i < digits.len && number; i++) {
        number = digits.p[i] >= '0' && digits.p[i] <= '9';
        n = n * 10 + (uint64_t)(digits.p[i] - '0');
    }
    if (!number)
        ens__visit_sorry(&v, 404, ens__visit_text(&v, ENS_T_NO_SUCH_ROW));
    else if (find(&j))
        send_part(&j, n);
    ens_buf_free(&j.raw);
}
