/* Who takes part: the registry that stands in for UUM&DS, and how parties want what customs send. */
#include "web/api/parts.h"

#include "engine/base/report.h"
#include "ensign/keys.h"
#include "ensign/preflight.h"
#include "show/finding.h"
#include "show/party.h"

#include <stdio.h>

#define SHA256_PREFIX_MIN 8u

static ens_time now_of(const ens_api *api, const ens_web_request *r)
{
    return (ens_time)(ens__clocks_space_now_ms(api->ground.clocks, ens__api_space(r)) / 1000);
}

static void put_party(ens_api *api, ens_web_request *r, ens_web_answer *a, const ens__party *party)
{
    ens__party_view view;
    ens_err err = {0};
    if (ens__party_read(api->registry, party, r->arena, &view, &err) != ENS_OK) {
        ens__web_fail(a, "The registry can't be read", &err);
        return;
    }
    ens_json j = ens__web_begin_json(a);
    ens__party_json(&j, &view, now_of(api, r));
}

static void list_parties(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens__party *parties = NULL;
    size_t num = 0, limit;
    ens_err err = {0};
    ens_slice after = ens__web_query(r, "after");
    bool more = false;
    if (!ens__api_limit(r, a, &limit))
        return;
    if (ens__uumds_parties(api->registry, r->arena, &parties, &num, &err) != ENS_OK) {
        ens__web_fail(a, "The registry can't be read", &err);
        return;
    }
    ens_json j = ens__web_begin_json(a);
    ens__json_open(&j, NULL, '{');
    ens__json_open(&j, "parties", '[');
    for (size_t i = 0; i < num && !more; i++) {
        ens__party_view view;
        if (!ens__api_is_of(r, ens_str(parties[i].eori)) ||
            (after.len && ens__compare(ens_str(parties[i].eori), after) <= 0))
            continue;
        more = !limit;
        if (limit-- && ens__party_read(api->registry, &parties[i], r->arena, &view, &err) == ENS_OK)
            ens__party_json(&j, &view, now_of(api, r));
    }
    ens__json_close(&j, ']');
    ens__json_bool(&j, "more", more);
    ens__json_close(&j, '}');
    if (err.n)
        ens__web_fail(a, "The registry can't be read", &err);
}

/* find_party finds the one of the path, in the space; false: a has the refusal. */
static bool find_party(ens_api *api, const ens_web_request *r, ens_web_answer *a, ens__party *out)
{
    bool found = false;
    ens_err err = {0};
    if (ens__api_is_of(r, r->capture[0]) &&
        ens__uumds_party(api->registry, r->capture[0], out, &found, &err) != ENS_OK) {
        ens__web_fail(a, "The registry can't be read", &err);
        return false;
    }
    if (!found)
        ens__api_refuse(a, 404, "no such EORI is registered, or not in this space", "POST /parties registers it");
    return found;
}

static void show_party(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens__party party;
    if (find_party(room, r, a, &party))
        put_party(room, r, a, &party);
}

static bool is_one_of(const char *text, const char *const *words)
{
    while (*words && strcmp(text, *words) != 0)
        words++;
    return *words != NULL;
}

/* fill_party takes over what the body says. */
static bool fill_party(const ens_web_request *r, ens_web_answer *a, ens__party *p)
{
    static const char *const agreements[] = {"V1.0", "V2.0", "any", NULL}, *const forced[] = {"A001", "A002", "A003",
                                                                                              "none", NULL};
    bool good = true;
    const char *name = ens__api_text(r, "name", sizeof p->name - 1, &good),
               *agreement = ens__api_text(r, "agreement", 8, &good), *force = ens__api_text(r, "force", 8, &good);
    if (!good || (agreement && !is_one_of(agreement, agreements)) || (force && !is_one_of(force, forced))) {
        ens__api_refuse(
            a, 422, "name is a text of up to 127 octets, agreement V1.0, V2.0 or any, force A001, A002, A003 or none",
            NULL);
        return false;
    }
    if (name)
        snprintf(p->name, sizeof p->name, "%s", name);
    if (agreement)
        snprintf(p->agreement, sizeof p->agreement, "%s", strcmp(agreement, "any") == 0 ? "" : agreement);
    if (force)
        snprintf(p->forced, sizeof p->forced, "%s", strcmp(force, "none") == 0 ? "" : force);
    return true;
}

/* put_failed answers with the first finding that fails; false: there is one. */
static bool put_failed(ens_web_answer *a, const char *title, const ens_report *report)
{
    char text[ENS_DETAIL_TEXT];
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome != ENS_FAIL)
            continue;
        ens__web_refuse(a, &(ens_web_problem){.status = 422,
                                              .title = title,
                                              .detail = ens_finding_detail(f, text),
                                              .rule = f->rule,
                                              .hint = f->hint});
        return false;
    }
    return true;
}

/* check_eori refuses an EORI that can't exist. */
static bool check_eori(ens_web_answer *a, ens_slice eori, ens_time at)
{
    ens_report *report = ens_report_new();
    if (!report)
        return ens__api_refuse(a, 503, "out of memory", NULL), false;
    ens_eori_check(eori, at, report);
    bool good = put_failed(a, "There can be no such EORI", report);
    ens_report_free(report);
    return good;
}

static void add_party(void *room, ens_web_request *r, ens_web_answer *a)
{
    static const char *const members[] = {"party_id", "name", "agreement", "force", NULL};
    ens_api *api = room;
    ens_party_id id;
    ens__party party;
    bool good = true;
    ens_err err = {0};
    if (!ens__api_body(r, a, members))
        return;
    const char *text = ens__api_text(r, "party_id", ENS_UUMDS_PARTY_ID - 1, &good);
    if (!good || !text || ens_party_id_parse(ens_str(text), &id, &err) != ENS_OK) {
        ens__api_refuse(a, 422, "party_id is an EORI, or [SYSTEM@]EORI[@MS]", NULL);
        return;
    }
    if (!ens__api_is_of(r, ens_str(text))) {
        ens__api_refuse(a, 403, "this party is of another space", NULL);
        return;
    }
    if (!check_eori(a, id.eori, now_of(api, r)))
        return;
    if (ens__enrolment_begin(api->registry, id.eori, &party, &err) != ENS_OK)
        ens__web_fail(a, "The registry can't be read", &err);
    else if (!fill_party(r, a, &party))
        return;
    else if (ens__uumds_enrol(api->registry, &party, ens_str(text), &err) != ENS_OK)
        ens__web_fail(a, "The registry can't be written", &err);
    else {
        put_party(api, r, a, &party);
        if (a->status == 200)
            a->status = 201;
    }
}

/* ---- certificates ---- */

/* fly pre-flights a certificate: whether ICS2 takes it is decided when it is registered (ICD 4.6.2, 5.1.1). What can't
 * be judged is registered, and the answer says so. */
static bool fly(ens_api *api, const ens_web_request *r, ens_web_answer *a, const ens_certificates *certificates)
{
    ens_preflight_result found;
    ens_report *report = ens_report_new();
    if (!report)
        return ens__api_refuse(a, 503, "out of memory", NULL), false;
    ens_trust *trust = ens__service_trust(api->ground.service);
    ens_preflight(certificates, &(ens_preflight_options){.trust = trust, .at = now_of(api, r)}, &found, report);
    bool good = found.verdict != ENS_REFUSED || put_failed(a, "The pre-flight refuses the certificate", report);
    ens_report_free(report);
    ens_trust_free(trust);
    return good;
}

static bool read_member_state(const ens_web_request *r, ens_web_answer *a, const ens__party *party, char out[3])
{
    ens_slice ms = ens__web_query(r, "member_state");
    memcpy(out, party->eori, 2);
    if (ms.len == 2)
        memcpy(out, ms.p, 2);
    out[2] = '\0';
    for (unsigned i = 0; i < 2; i++)
        if (out[i] < 'A' || out[i] > 'Z')
            ms.len = 1;
    if (ms.p && ms.len != 2)
        ens__api_refuse(a, 422, "member_state is two capitals", NULL);
    return !ms.p || ms.len == 2;
}

static void certify(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens__party party;
    ens_certificates *certificates = NULL;
    ens_err err = {0};
    char ms[3];
    bool unchecked;
    if (!find_party(api, r, a, &party) || !read_member_state(r, a, &party, ms) ||
        !ens__api_flag(r, a, "unchecked", &unchecked))
        return;
    if (ens_certificates_new(r->body, NULL, &certificates, &err) != ENS_OK) {
        ens__web_fail(a, "It is no certificate", &err);
        return;
    }
    if (unchecked || fly(api, r, a, certificates)) {
        if (ens__enrolment_certify(api->registry, &party, ms, ens_certificates_get(certificates, 0), unchecked, &err) !=
            ENS_OK)
            ens__web_fail(a, "The registry can't be written", &err);
        else
            put_party(api, r, a, &party);
        if (a->status == 200)
            a->status = 201;
    }
    ens_certificates_free(certificates);
}

/* ---- states ---- */

static bool read_act(ens_slice name, ens_party_state *out)
{
    static const struct {
        const char *name;
        ens_party_state state;
    } acts[] = {{"suspend", ENS_PARTY_SUSPENDED}, {"resume", ENS_PARTY_ACTIVE}, {"revoke", ENS_PARTY_REVOKED}};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (ens_is(name, acts[i].name))
            return *out = acts[i].state, true;
    return false;
}

static void tell_change(ens_api *api, ens_web_request *r, ens_web_answer *a, const ens__party *party, ens_code code,
                        ens__enrolment_changed changed, const ens_err *err)
{
    if (code != ENS_OK)
        ens__web_fail(a, "The registry can't be written", err);
    else if (changed == ENS_CHANGE_FINAL)
        ens__api_refuse(a, 409, "what is revoked stays so", "POST /parties enrols a party anew");
    else if (changed == ENS_CHANGE_NO_SUCH)
        ens__api_refuse(a, 404, "no such certificate is registered for the party", NULL);
    else if (changed == ENS_CHANGE_SEVERAL)
        ens__api_refuse(a, 409, "several certificates begin so: give more of the SHA-256", NULL);
    else
        put_party(api, r, a, party);
}

static void change_party(ens_api *api, ens_web_request *r, ens_web_answer *a, ens_party_state state)
{
    ens__party party;
    ens__enrolment_changed changed = ENS_CHANGE_MADE;
    ens_err err = {0};
    if (!find_party(api, r, a, &party))
        return;
    ens_code code = ens__enrolment_change_party(api->registry, &party, state, &changed, &err);
    tell_change(api, r, a, &party, code, changed, &err);
}

static void suspend_party(void *room, ens_web_request *r, ens_web_answer *a)
{
    change_party(room, r, a, ENS_PARTY_SUSPENDED);
}

static void resume_party(void *room, ens_web_request *r, ens_web_answer *a)
{
    change_party(room, r, a, ENS_PARTY_ACTIVE);
}

static void revoke_party(void *room, ens_web_request *r, ens_web_answer *a)
{
    change_party(room, r, a, ENS_PARTY_REVOKED);
}

static void change_certificate(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens__party party;
    ens_party_state state;
    ens__enrolment_changed changed = ENS_CHANGE_MADE;
    ens_err err = {0};
    const char *sha256 = ens__web_text(r, r->capture[1]);
    if (!find_party(api, r, a, &party))
        return;
    if (!read_act(r->capture[2], &state)) {
        ens__api_refuse(a, 404, "a certificate is suspended, resumed or revoked", NULL);
        return;
    }
    if (!sha256 || strlen(sha256) < SHA256_PREFIX_MIN || strspn(sha256, "0123456789abcdef") != strlen(sha256) ||
        strlen(sha256) >= ENS_UUMDS_SHA256) {
        ens__api_refuse(a, 422, "a certificate is named by 8 to 64 lower-case hexadecimal digits of its SHA-256", NULL);
        return;
    }
    ens_code code = ens__enrolment_change_certificate(api->registry, &party, NULL, sha256, state, &changed, &err);
    tell_change(api, r, a, &party, code, changed, &err);
}

/* ---- channels ---- */

static void put_channel_json(ens_web_answer *a, const ens__channel *c)
{
    ens_json j = ens__web_begin_json(a);
    ens__json_open(&j, NULL, '{');
    ens__json_text(&j, "party_id", c->party_id);
    ens__json_text(&j, "mode", c->mode == ENS_PUSH ? "push" : "pull");
    ens__json_some(&j, "url", ens_str(c->url));
    ens__json_close(&j, '}');
}

static bool own_channel(const ens_web_request *r, ens_web_answer *a, ens__channel *c)
{
    bool good = r->capture[0].len < sizeof c->party_id && ens__api_is_of(r, r->capture[0]);
    *c = (ens__channel){.mode = ENS_PULL};
    if (good)
        snprintf(c->party_id, sizeof c->party_id, "%.*s", (int)r->capture[0].len, (const char *)r->capture[0].p);
    else
        ens__api_refuse(a, 404, "there is no such party in this space", NULL);
    return good;
}

static void show_channel(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens__channel c;
    bool found;
    ens_err err = {0};
    if (!own_channel(r, a, &c))
        return;
    if (ens__store_party_channel(api->store, r->capture[0], &c, &found, &err) != ENS_OK)
        ens__web_fail(a, "The store can't be read", &err);
    else
        put_channel_json(a, &c);
}

static void put_channel(void *room, ens_web_request *r, ens_web_answer *a)
{
    static const char *const members[] = {"mode", "url", NULL};
    ens_api *api = room;
    ens__channel c;
    bool good = true;
    ens_err err = {0};
    if (!own_channel(r, a, &c) || !ens__api_body(r, a, members))
        return;
    const char *mode = ens__api_text(r, "mode", 8, &good), *url = ens__api_text(r, "url", sizeof c.url - 1, &good);
    bool push = mode && strcmp(mode, "push") == 0;
    if (!good || !mode || (!push && strcmp(mode, "pull") != 0) || push != (url != NULL) ||
        (push && strncmp(url, "https://", 8) != 0 && strncmp(url, "http://127.0.0.1", 16) != 0)) {
        ens__api_refuse(a, 422, "mode is push, with a url that begins with https://, or pull without", NULL);
        return;
    }
    c.mode = push ? ENS_PUSH : ENS_PULL;
    snprintf(c.url, sizeof c.url, "%s", push ? url : "");
    if (ens__store_party_put_channel(api->store, &c, &err) != ENS_OK)
        ens__web_fail(a, "The store can't be written", &err);
    else
        put_channel_json(a, &c);
}

static const ens_api_route rows[] = {
    {{"GET", "/parties", list_parties, 0, 0},
     "listParties",
     "parties",
     "Lists who is registered.",
     "after:string:an EORI: go on behind it|limit:integer:rows, up to 1000; 100",
     NULL,
     "application/json=Parties",
     200,
     "422"},
    {{"POST", "/parties", add_party, 0, 0},
     "addParty",
     "parties",
     "Registers a party, or changes it.",
     NULL,
     "application/json=PartyIn",
     "application/json=Party",
     201,
     "403|409|422"},
    {{"GET", "/parties/{eori}", show_party, 0, 0},
     "showParty",
     "parties",
     "Shows a party with its certificates.",
     NULL,
     NULL,
     "application/json=Party",
     200,
     "404"},
    {{"POST", "/parties/{eori}/certificates", certify, 0, 0},
     "certifyParty",
     "parties",
     "Registers a certificate (PEM or DER) for a party, after its pre-flight.",
     "unchecked:boolean:register it without|member_state:string:where it is registered; that of the EORI",
     "application/octet-stream=-",
     "application/json=Party",
     201,
     "404|409|422"},
    {{"POST", "/parties/{eori}/certificates/{sha256}/{act}", change_certificate, 0, 0},
     "changeCertificate",
     "parties",
     "Suspends, resumes or revokes a certificate.",
     NULL,
     NULL,
     "application/json=Party",
     200,
     "404|409|422"},
    {{"POST", "/parties/{eori}/suspend", suspend_party, 0, 0},
     "suspendParty",
     "parties",
     "Suspends a party: it is refused (A001) from the next message on.",
     NULL,
     NULL,
     "application/json=Party",
     200,
     "404|409"},
    {{"POST", "/parties/{eori}/resume", resume_party, 0, 0},
     "resumeParty",
     "parties",
     "Lets a suspended party take part again.",
     NULL,
     NULL,
     "application/json=Party",
     200,
     "404|409"},
    {{"POST", "/parties/{eori}/revoke", revoke_party, 0, 0},
     "revokeParty",
     "parties",
     "Revokes a party, which is final.",
     NULL,
     NULL,
     "application/json=Party",
     200,
     "404|409"},
    {{"GET", "/channels/{party_id}", show_channel, 0, 0},
     "showChannel",
     "parties",
     "Tells whether what customs send is pushed to a party id, and where.",
     NULL,
     NULL,
     "application/json=Channel",
     200,
     "404"},
    {{"PUT", "/channels/{party_id}", put_channel, 0, 0},
     "putChannel",
     "parties",
     "Has what customs send pushed to a URL, or kept to be pulled.",
     NULL,
     "application/json=ChannelIn",
     "application/json=Channel",
     200,
     "404|422"},
};

ens_api_routes ens__api_of_parties(void)
{
    return (ens_api_routes){rows, sizeof rows / sizeof *rows};
}
