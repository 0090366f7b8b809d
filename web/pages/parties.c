/* Who takes part, by the registry: parties, their certificates with their ends, and what speaks for or against the
 * certificate that a party was seen to seal with. */
#include "ensign/preflight.h"
#include "show/party.h"
#include "show/preflight_html.h"
#include "web/pages/rooms.h"
#include "web/pages/visit.h"

#include <stdio.h>

#define PARTIES_SHOWN 200u
#define PEM_MAX ((size_t)256 << 10)
#define RAW_MAX ((size_t)64 << 20)

typedef struct {
    ens_visit *v;
    ens__uumds *db;
    ens__party_view view;
    uint64_t seq; /* of the last message that was accepted from it; 0: none */
} job;

static ens_code open_registry(job *j, ens_err *err)
{
    return ens__uumds_open(j->v->pages->registry, false, &j->db, err);
}

static ens_time now_of(const ens_visit *v)
{
    return v->now_ms / 1000;
}

static const char *state_class(ens_party_state state)
{
    return state == ENS_PARTY_ACTIVE ? "accepted" : state == ENS_PARTY_SUSPENDED ? "warn" : "refused";
}

static void put_state(ens_visit *v, ens_party_state state)
{
    ens__h_tag(&v->h, state_class(state), ens__party_state_name(state));
}

static void put_day(ens_visit *v, ens_time at)
{
    char text[ENS_TIME_TEXT];
    ens__h_putf(&v->h, "%.10s", ens_time_format(at, text));
}

/* -- The list -- */

/* soonest is the end of the certificate that ends first of those that are active; 0: there is none. */
static ens_time soonest(const ens__party_view *view, ens_time now)
{
    ens_time end = 0;
    for (size_t i = 0; i < view->num_certificates; i++) {
        const ens__registration *r = &view->certificates[i];
        if (ens__registration_state(r, now) == ENS_PARTY_ACTIVE && (!end || r->not_after < end))
            end = r->not_after;
    }
    return end;
}

static void put_party(const job *j, const ens__party_view *view)
{
    ens_visit *v = j->v;
    char path[64];
    ens_time end = soonest(view, now_of(v));
    snprintf(path, sizeof path, "/parties/%s", view->party.eori);
    ens__h_open(&v->h, "tr");
    ens__h_open(&v->h, "td");
    ens__h_link(&v->h, path, ens_str(view->party.eori));
    ens__h_close(&v->h);
    ens__cell(&v->h, NULL, view->party.name);
    ens__h_open(&v->h, "td");
    put_state(v, view->party.state);
    ens__h_close(&v->h);
    ens__h_open(&v->h, "td");
    ens__h_putf(&v->h, "%zu", view->num_certificates);
    ens__h_close(&v->h);
    ens__h_open(&v->h, "td");
    if (end)
        put_day(v, end);
    ens__h_close(&v->h);
    ens__h_close(&v->h);
}

static ens_code put_parties(job *j, ens_err *err)
{
    static const ens_text_key heads[] = {ENS_T_EORI, ENS_T_NAME, ENS_T_STATE, ENS_T_CERTIFICATES, ENS_T_ENDS_FIRST};
    ens_visit *v = j->v;
    ens__party *parties = NULL;
    size_t num = 0;
    ens_code code = ens__uumds_parties(j->db, v->r->arena, &parties, &num, err);
    if (code != ENS_OK)
        return code;
    ens__visit_page(v, ENS_T_PARTIES, ENS_T_PARTIES_LEAD);
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < num && i < PARTIES_SHOWN && code == ENS_OK; i++) {
        ens__party_view view;
        code = ens__party_read(j->db, &parties[i], v->r->arena, &view, err);
        if (code == ENS_OK)
            put_party(j, &view);
    }
    ens__table_close(&v->h);
    if (num > PARTIES_SHOWN)
        ens__said_leaf(&v->h, &v->screen, "p", "dim", ENS_T_PARTIES_MORE);
    if (code == ENS_OK)
        ens__visit_end(v);
    return code;
}

void ens__parties_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_err err = {0};
    ens__visit_begin(&v, pages, r, a, "/parties");
    job j = {.v = &v};
    ens_code code = open_registry(&j, &err);
    if (code == ENS_OK)
        code = put_parties(&j, &err);
    if (code != ENS_OK)
        ens__visit_failed(&v, &err);
    ens__uumds_close(j.db);
}

/* -- One party -- */

/* find reads the party that the path names; false: the answer says that there is none. */
static bool find(job *j)
{
    ens_visit *v = j->v;
    ens_err err = {0};
    ens__party party;
    bool found = false;
    ens_code code = open_registry(j, &err);
    if (code == ENS_OK)
        code = ens__uumds_party(j->db, v->r->capture[0], &party, &found, &err);
    if (code == ENS_OK && found)
        code = ens__party_read(j->db, &party, v->r->arena, &j->view, &err);
    if (code != ENS_OK)
        ens__visit_failed(v, &err);
    else if (!found)
        ens__visit_sorry(v, 404, ens__visit_text(v, ENS_T_NO_SUCH_PARTY));
    return code == ENS_OK && found;
}

static void put_certificates(const job *j)
{
    static const ens_text_key heads[] = {ENS_T_SUBJECT, ENS_T_MEMBER_STATE, ENS_T_FROM,
                                         ENS_T_UNTIL,   ENS_T_STATE,        ENS_T_SHA256};
    ens_visit *v = j->v;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_CERTIFICATES);
    if (!j->view.num_certificates) {
        ens__said_leaf(&v->h, &v->screen, "p", "empty", ENS_T_NO_CERTIFICATES);
        return;
    }
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < j->view.num_certificates; i++) {
        const ens__registration *r = &j->view.certificates[i];
        ens__h_open(&v->h, "tr");
        ens__cell(&v->h, NULL, r->subject);
        ens__cell(&v->h, NULL, r->member_state);
        ens__h_open(&v->h, "td");
        put_day(v, r->not_before);
        ens__h_close(&v->h);
        ens__h_open(&v->h, "td");
        put_day(v, r->not_after);
        ens__h_close(&v->h);
        ens__h_open(&v->h, "td");
        put_state(v, ens__registration_state(r, now_of(v)));
        if (r->unchecked)
            ens__h_put(&v->h, " unchecked");
        ens__h_close(&v->h);
        ens__cell(&v->h, "mono", r->sha256);
        ens__h_close(&v->h);
    }
    ens__table_close(&v->h);
}

/* put_act writes the button that sets the party's state. */
static void put_act(const job *j, ens_party_state state, ens_text_key words)
{
    ens_visit *v = j->v;
    char path[64];
    if (j->view.party.state == state)
        return;
    snprintf(path, sizeof path, "/parties/%s", j->view.party.eori);
    ens__form_open(&v->h, &v->screen, path);
    ens__h_hidden(&v->h, "state", ens_str(ens__party_state_name(state)));
    ens__form_close(&v->h, ens__visit_text(v, words));
}

static void put_acts(const job *j)
{
    if (j->v->visitor.rank < ENS_RANK_TESTER || j->view.party.state == ENS_PARTY_REVOKED)
        return;
    ens__h_open(&j->v->h, "div");
    ens__h_attr(&j->v->h, "class", "acts");
    put_act(j, ENS_PARTY_ACTIVE, ENS_T_RESUME);
    put_act(j, ENS_PARTY_SUSPENDED, ENS_T_SUSPEND);
    put_act(j, ENS_PARTY_REVOKED, ENS_T_REVOKE);
    ens__h_close(&j->v->h);
}

static bool keep_last(void *user, const ens__journal_row *row)
{
    job *j = user;
    if (row->verdict == ENS_ACCEPTED)
        j->seq = row->seq;
    return true;
}

/* chain_of writes the certificates of a message's seal as PEM, the leaf first. */
static bool chain_of(const job *j, ens_buf *pem)
{
    ens_visit *v = j->v;
    ens_message m = {0};
    ens_buf raw;
    bool kept = false;
    const ens_verify_options o = {.at = now_of(v), .terse = true, .documents = ENS_DOCUMENTS_OFF};
    ens_buf_init(&raw, NULL, 0, RAW_MAX);
    if (ens__store_journal_raw(v->pages->store, j->seq, &raw, &kept, NULL) == ENS_OK && kept) {
        ens_report_reset(v->tools->report);
        ens_verify(v->tools->verifier, ens_buf_slice(&raw), &o, &m, v->tools->report);
        for (size_t i = 0; m.has_signer && i < m.chain->num; i++) {
            ens_buf_text(pem, "-----BEGIN CERTIFICATE-----\n");
            ens__base64_encode(pem, m.chain->cert[i].der);
            ens_buf_text(pem, "\n-----END CERTIFICATE-----\n");
        }
    }
    ens_buf_free(&raw);
    return m.has_signer && !pem->failed;
}

/* put_preflight judges the certificate that it sealed with last. */
static void put_preflight(job *j)
{
    ens_visit *v = j->v;
    ens_certificates *c = NULL;
    ens_preflight_result result;
    ens_buf pem;
    ens__journal_query query = ENS_JOURNAL_ALL;
    query.party = ens_str(j->view.party.eori);
    query.direction = ENS_IN;
    query.kind = ENS_ENTRY_USER_MESSAGE;
    ens_buf_init(&pem, NULL, 0, PEM_MAX);
    bool good = ens__store_journal_list(v->pages->store, &query, keep_last, j, NULL) == ENS_OK && j->seq &&
                chain_of(j, &pem) && ens_certificates_new(ens_buf_slice(&pem), NULL, &c, NULL) == ENS_OK;
    if (good) {
        char name[64];
        ens_trust *trust = ens__service_trust(v->pages->ground.service);
        const ens_preflight_options options = {.trust = trust, .eori = query.party, .at = now_of(v)};
        snprintf(name, sizeof name, "%s %llu", ens__visit_text(v, ENS_T_ROW), (unsigned long long)j->seq);
        ens_report_reset(v->tools->report);
        ens_preflight(c, &options, &result, v->tools->report);
        ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_SEALED_WITH);
        ens__h_open(&v->h, "div");
        ens__h_attr(&v->h, "lang", "en");
        ens__preflight_html(&(ens__preflight_view){.file = name,
                                                   .cert = result.cert,
                                                   .preflight = result.inside,
                                                   .report = v->tools->report,
                                                   .at = options.at,
                                                   .now = true,
                                                   .eori = j->view.party.eori},
                            1, ens__h_raw(&v->h));
        ens__h_close(&v->h);
        ens_trust_free(trust);
    } else {
        ens__said_leaf(&v->h, &v->screen, "p", "dim", ENS_T_SEALED_NOTHING);
    }
    ens_certificates_free(c);
    ens_buf_free(&pem);
}

static void put_one(job *j)
{
    ens_visit *v = j->v;
    const ens__party *p = &j->view.party;
    ens__visit_titled(v, p->name[0] ? p->name : p->eori, NULL);
    if (ens__web_query(v->r, "set").len)
        ens__told(&v->h, &v->screen, "pass", ENS_T_PARTY_SET);
    ens__h_open(&v->h, "dl");
    ens__h_attr(&v->h, "class", "about");
    ens__h_fact(&v->h, "EORI", ens_str(p->eori));
    ens__said_leaf(&v->h, &v->screen, "dt", NULL, ENS_T_STATE);
    ens__h_open(&v->h, "dd");
    put_state(v, p->state);
    ens__h_close(&v->h);
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_AGREEMENT), ens_str(p->agreement));
    ens__h_fact(&v->h, ens__visit_text(v, ENS_T_FORCED), ens_str(p->forced));
    for (size_t i = 0; i < j->view.num_party_ids; i++)
        ens__h_fact(&v->h, ens__visit_text(v, ENS_T_PARTY), ens_str(j->view.party_ids[i]));
    ens__h_close(&v->h);
    put_acts(j);
    put_certificates(j);
    put_preflight(j);
    ens__visit_end(v);
}

void ens__party_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens__visit_begin(&v, pages, r, a, "/parties");
    job j = {.v = &v};
    if (find(&j))
        put_one(&j);
    ens__uumds_close(j.db);
}

static bool find_state(ens_slice name, ens_party_state *out)
{
    for (int i = ENS_PARTY_ACTIVE; i <= ENS_PARTY_REVOKED; i++)
        if (ens_is(name, ens__party_state_name((ens_party_state)i))) {
            *out = (ens_party_state)i;
            return true;
        }
    return false;
}

static void set_state(job *j, ens_party_state state)
{
    ens_visit *v = j->v;
    ens_err err = {0};
    char path[80];
    if (j->view.party.state == ENS_PARTY_REVOKED) {
        ens__visit_sorry(v, 409, ens__visit_text(v, ENS_T_PARTY_REVOKED));
        return;
    }
    j->view.party.state = state;
    if (ens__uumds_enrol(j->db, &j->view.party, (ens_slice){0}, &err) != ENS_OK) {
        ens__visit_failed(v, &err);
        return;
    }
    ens__visit_note(v, (ens_slice){0}, "party %s is %s", j->view.party.eori, ens__party_state_name(state));
    snprintf(path, sizeof path, "/parties/%s?set=yes", j->view.party.eori);
    ens__visit_go(v, path);
}

void ens__party_set(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_web_pairs form;
    ens_party_state state;
    ens__visit_begin(&v, pages, r, a, "/parties");
    job j = {.v = &v};
    if (!ens__visit_form(&v, ENS_RANK_TESTER, &form))
        return;
    if (!find_state(ens__web_get(form, "state"), &state))
        ens__visit_sorry(&v, 422, ens__visit_text(&v, ENS_T_NO_SUCH_ROW));
    else if (find(&j))
        set_state(&j, state);
    ens__uumds_close(j.db);
}
