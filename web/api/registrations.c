/* The rehearsed registration: accounts, mails, rights, registrations and tasks (docs/registration.md). */
#include "web/api/parts.h"

#include "show/rehearsal.h"

#include <stdio.h>

#define TEXT_MAX 2000u
#define MAIL_MAX ((size_t)64 << 10)

/* One request: the file of the environment, its time, and what was judged. */
typedef struct {
    ens_api *api;
    ens__rehearsal *r;
    ens_web_request *in;
    ens_web_answer *a;
    ens_report *report;
    ens_time now;
    bool good; /* of the texts of the body */
    ens_err err;
} call;

static bool begin(call *c, void *room, ens_web_request *in, ens_web_answer *a, const char *const *members)
{
    ens_api *api = room;
    *c = (call){.api = api, .r = api->ground.rehearsal, .in = in, .a = a, .report = ens_report_new(), .good = true};
    c->now = (ens_time)(ens__clocks_now_ms(api->ground.clocks) / 1000);
    if (c->r && c->report && (!members || ens__api_body(in, a, members)))
        return true;
    if (!c->r || !c->report)
        ens__api_refuse(a, 503, "this server has no file for a rehearsed registration",
                        "the registry is a SQLite file: see docs/registration.md");
    ens_report_free(c->report);
    return false;
}

static void end(call *c)
{
    ens_report_free(c->report);
}

/* text gives a member of the body; an empty slice where there is none. */
static ens_slice text(call *c, const char *member)
{
    return ens_str(ens__api_text(c->in, member, TEXT_MAX, &c->good));
}

/* failed answers with the error; what isn't there and what is another's look alike. */
static void failed(call *c)
{
    ens_code code = c->err.n ? c->err.frame[0].code : ENS_EIO;
    unsigned status = code == ENS_ESYNTAX ? 404 : code == ENS_EPOLICY ? 409 : code == ENS_ELIMIT ? 422 : 0;
    if (!status)
        ens__web_fail(c->a, "The rehearsal's file can't be used", &c->err);
    else
        ens__web_refuse(
            c->a, &(ens_web_problem){.status = status, .detail = c->err.frame[0].what, .rule = c->err.frame[0].rule});
}

/* taken tells whether what was judged is good; else the first finding that failed is the answer. */
static bool taken(call *c, ens_code code)
{
    char detail[ENS_DETAIL_TEXT];
    if (code != ENS_OK) {
        failed(c);
        return false;
    }
    for (size_t i = 0; i < ens_report_num(c->report); i++) {
        const ens_finding *f = ens_report_get(c->report, i);
        if (f->outcome != ENS_FAIL)
            continue;
        ens__web_refuse(c->a, &(ens_web_problem){.status = 422,
                                                 .title = "It is not as the guide has it",
                                                 .detail = ens_finding_detail(f, detail),
                                                 .rule = f->rule,
                                                 .hint = f->hint});
        return false;
    }
    if (!c->good)
        ens__api_refuse(c->a, 422, "a member of the body is no text, or too long", NULL);
    return c->good;
}

static const char *own(const call *c)
{
    return ens__web_text(c->in, c->in->capture[0]);
}

/* ---- accounts and mails ---- */

static void put_account(call *c, const char *id)
{
    ens__account account;
    bool found = false;
    if (ens__account_find(c->r, ens_str(id), &account, &found, &c->err) != ENS_OK || !found) {
        if (!c->err.n)
            ens__api_refuse(c->a, 404, "there is no such account", NULL);
        else
            failed(c);
        return;
    }
    ens_json j = ens__web_begin_json(c->a);
    ens__account_json(&j, NULL, &account);
}

static void create_account(void *room, ens_web_request *r, ens_web_answer *a)
{
    static const char *const members[] = {"user",  "password", "email",    "surname",      "first_name",
                                          "phone", "address",  "language", "accept_terms", NULL};
    char mail[ENS_ID];
    call c;
    if (!begin(&c, room, r, a, members))
        return;
    ens__account_form f = {.id = text(&c, "user"),
                           .password = text(&c, "password"),
                           .email = text(&c, "email"),
                           .surname = text(&c, "surname"),
                           .first_name = text(&c, "first_name"),
                           .phone = text(&c, "phone"),
                           .address = text(&c, "address"),
                           .language = text(&c, "language"),
                           .terms = json_is_true(json_object_get(r->json, "accept_terms"))};
    if (taken(&c, c.good ? ens__account_create(c.r, &f, c.now, c.report, mail, &c.err) : ENS_OK)) {
        put_account(&c, (const char *)f.id.p);
        a->status = a->status == 200 ? 201 : a->status;
    }
    end(&c);
}

static void confirm_account(void *room, ens_web_request *r, ens_web_answer *a)
{
    static const char *const members[] = {"link", NULL};
    ens__account account;
    call c;
    if (!begin(&c, room, r, a, members))
        return;
    if (taken(&c, ens__account_confirm(c.r, text(&c, "link"), c.now, &account, &c.err)))
        put_account(&c, account.id);
    end(&c);
}

static void show_account(void *room, ens_web_request *r, ens_web_answer *a)
{
    call c;
    if (!begin(&c, room, r, a, NULL))
        return;
    put_account(&c, own(&c));
    end(&c);
}

static void link_company(void *room, ens_web_request *r, ens_web_answer *a)
{
    static const char *const members[] = {"siret", "company", NULL};
    ens__account account;
    bool found = false;
    call c;
    if (!begin(&c, room, r, a, members))
        return;
    ens_code code = ens__account_find(c.r, r->capture[0], &account, &found, &c.err);
    if (code == ENS_OK && !found)
        code = ens_fail(&c.err, ENS_ESYNTAX, NULL, "there is no such account", 0);
    if (code == ENS_OK)
        code = ens__company_enter(c.r, &account, text(&c, "siret"), text(&c, "company"), c.report, &c.err);
    if (taken(&c, code) && taken(&c, ens__company_confirm(c.r, &account, &c.err)))
        put_account(&c, account.id);
    end(&c);
}

static void list_mails(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens__mail *mails = NULL;
    size_t num = 0;
    call c;
    if (!begin(&c, room, r, a, NULL))
        return;
    if (ens__mails(c.r, NULL, r->arena, &mails, &num, &c.err) != ENS_OK) {
        failed(&c);
    } else {
        ens_json j = ens__web_begin_json(a);
        ens__json_open(&j, NULL, '{');
        ens__json_open(&j, "mails", '[');
        for (size_t i = 0; i < num; i++)
            ens__mail_json(&j, NULL, &mails[i], (ens_slice){0});
        ens__json_close(&j, ']');
        ens__json_close(&j, '}');
    }
    end(&c);
}

static void show_mail(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens__mail mail;
    ens_buf body;
    call c;
    if (!begin(&c, room, r, a, NULL))
        return;
    ens_buf_init(&body, NULL, 0, MAIL_MAX);
    if (taken(&c, ens__mail_find(c.r, r->capture[0], &mail, &body, &c.err))) {
        ens_json j = ens__web_begin_json(a);
        ens__mail_json(&j, NULL, &mail, ens_buf_slice(&body));
    }
    ens_buf_free(&body);
    end(&c);
}

/* ---- rights ---- */

static void list_rights(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens__rights *all = NULL;
    size_t num = 0;
    call c;
    if (!begin(&c, room, r, a, NULL))
        return;
    if (ens__rights_list(c.r, NULL, r->arena, &all, &num, &c.err) != ENS_OK) {
        failed(&c);
    } else {
        ens_json j = ens__web_begin_json(a);
        ens__json_open(&j, NULL, '{');
        ens__json_open(&j, "rights", '[');
        for (size_t i = 0; i < num; i++)
            if (ens__api_is_of(r, ens_str(all[i].eori)))
                ens__rights_json(&j, NULL, &all[i]);
        ens__json_close(&j, ']');
        ens__json_close(&j, '}');
    }
    end(&c);
}

static void put_rights(call *c, const ens__rights *q)
{
    ens_json j = ens__web_begin_json(c->a);
    ens__rights_json(&j, NULL, q);
}

static void take_rights(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens__letter letter;
    ens__rights q;
    call c;
    if (!begin(&c, room, r, a, NULL))
        return;
    bool eml = ens__web_media(r, "message/rfc822");
    ens__environment here = ens__rehearsal_environment(c.r);
    if (eml)
        ens__letter_read_eml(r->body, here, c.now, &letter, c.report);
    else
        ens__letter_read(r->body, here, c.now, &letter, c.report);
    if (taken(&c,
              ens__rights_ask(c.r, &letter, eml ? ENS_RIGHTS_EML : ENS_RIGHTS_PASTED, c.now, c.report, &q, &c.err))) {
        put_rights(&c, &q);
        a->status = 201;
    }
    end(&c);
}

static void decide_rights(void *room, ens_web_request *r, ens_web_answer *a)
{
    static const char *const members[] = {"decision", "reason", NULL};
    ens__rights q;
    call c;
    if (!begin(&c, room, r, a, members))
        return;
    ens_slice decision = text(&c, "decision"), reason = text(&c, "reason");
    if (!ens_is(decision, "grant") && !ens_is(decision, "refuse"))
        ens__api_refuse(a, 422, "decision is grant or refuse", NULL);
    else if (taken(&c, ens__rights_decide(c.r, r->capture[0], ens_is(decision, "grant"), reason, c.now, &q, &c.err)))
        put_rights(&c, &q);
    end(&c);
}

/* ---- registrations ---- */

static void put_dossier(call *c, const ens__dossier *d)
{
    ens__dossier_status status = ENS_DOSSIER_DRAFT;
    if (ens__dossier_status_of(c->r, d, c->now, &status, &c->err) != ENS_OK) {
        failed(c);
        return;
    }
    ens_json j = ens__web_begin_json(c->a);
    ens__dossier_json(&j, NULL, d, status);
}

static void list_registrations(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens__dossier *all = NULL;
    size_t num = 0;
    call c;
    if (!begin(&c, room, r, a, NULL))
        return;
    ens_code code = ens__dossiers(c.r, NULL, r->arena, &all, &num, &c.err);
    ens_json j = ens__web_begin_json(a);
    ens__json_open(&j, NULL, '{');
    ens__json_open(&j, "registrations", '[');
    for (size_t i = 0; code == ENS_OK && i < num; i++) {
        ens__dossier_status status = ENS_DOSSIER_DRAFT;
        code = ens__dossier_status_of(c.r, &all[i], c.now, &status, &c.err);
        if (code == ENS_OK && ens__api_is_of(r, ens_str(all[i].eori)))
            ens__dossier_json(&j, NULL, &all[i], status);
    }
    ens__json_close(&j, ']');
    ens__json_close(&j, '}');
    if (code != ENS_OK)
        failed(&c);
    end(&c);
}

static void new_registration(void *room, ens_web_request *r, ens_web_answer *a)
{
    static const char *const members[] = {"user", "eori", "name", "description", "key_holder", "purpose", NULL};
    ens__dossier d;
    call c;
    if (!begin(&c, room, r, a, members))
        return;
    const ens__dossier_form f = {.account = text(&c, "user"),
                                 .eori = text(&c, "eori"),
                                 .name = text(&c, "name"),
                                 .description = text(&c, "description"),
                                 .purpose = text(&c, "purpose"),
                                 .holder = text(&c, "key_holder")};
    if (taken(&c, c.good ? ens__dossier_open(c.r, &f, c.now, c.report, &d, &c.err) : ENS_OK)) {
        put_dossier(&c, &d);
        a->status = a->status == 200 ? 201 : a->status;
    }
    end(&c);
}

/* find_dossier finds that of the path, in the space; false: the answer is there. */
static bool find_dossier(call *c, ens__dossier *d)
{
    ens_code code = ens__dossier_find(c->r, c->in->capture[0], NULL, d, &c->err);
    if (code == ENS_OK && !ens__api_is_of(c->in, ens_str(d->eori)))
        code = ens_fail(&c->err, ENS_ESYNTAX, NULL, "there is nothing of that id here", 0);
    return taken(c, code);
}

static void show_registration(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens__dossier d;
    call c;
    if (!begin(&c, room, r, a, NULL))
        return;
    if (find_dossier(&c, &d))
        put_dossier(&c, &d);
    end(&c);
}

static ens_code put_body(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ENS_OK;
}

static void show_pdf(void *room, ens_web_request *r, ens_web_answer *a)
{
    char name[ENS_ID + 40];
    ens__dossier d;
    call c;
    if (!begin(&c, room, r, a, NULL))
        return;
    if (find_dossier(&c, &d) && taken(&c, ens__dossier_issue(c.r, &d, c.now, put_body, &a->body, &c.err))) {
        snprintf(name, sizeof name, "REHEARSAL-registration-%s.pdf", d.id);
        a->type = "application/pdf";
        ens__web_download(a, ens_str(name));
    }
    end(&c);
}

static void upload(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens__dossier d;
    bool good = false;
    call c;
    if (!begin(&c, room, r, a, NULL))
        return;
    ens_trust *trust = ens__service_trust(c.api->ground.service);
    const ens__dossier_means means = {.trust = trust};
    if (find_dossier(&c, &d) &&
        taken(&c, ens__dossier_upload(c.r, &d, r->body, &means, c.now, c.report, &good, &c.err))) {
        if (good)
            put_dossier(&c, &d);
        else
            ens__api_refuse(a, 422, "the signed PDF could not be judged", "ensign pdf check tells what is missing");
    }
    ens_trust_free(trust);
    end(&c);
}

static ens_code do_act(call *c, ens__dossier *d, ens_slice act)
{
    if (ens_is(act, "next"))
        return ens__dossier_activate(c->r, d, c->now, &c->err);
    if (ens_is(act, "suspend"))
        return ens__dossier_change(c->r, d, ENS_PARTY_SUSPENDED, &c->err);
    if (ens_is(act, "resume"))
        return ens__dossier_change(c->r, d, ENS_PARTY_ACTIVE, &c->err);
    if (ens_is(act, "revoke"))
        return ens__dossier_change(c->r, d, ENS_PARTY_REVOKED, &c->err);
    return ens_fail(&c->err, ENS_ESYNTAX, NULL, "the acts are next, suspend, resume and revoke", 0);
}

static void act_on(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens__dossier d;
    call c;
    if (!begin(&c, room, r, a, NULL))
        return;
    if (find_dossier(&c, &d) && taken(&c, do_act(&c, &d, r->capture[1])))
        put_dossier(&c, &d);
    end(&c);
}

static const ens_api_route rows[] = {
    {{"POST", "/accounts", create_account, 0, 0},
     "createAccount",
     "registration",
     "Creates the account of a person, as Prodouane does; its link is in a mail.",
     NULL,
     "application/json=AccountIn",
     "application/json=Account",
     201,
     "409|422|503"},
    {{"POST", "/accounts/confirm", confirm_account, 0, 0},
     "confirmAccount",
     "registration",
     "Confirms an account by the link of its mail.",
     NULL,
     "application/json=LinkIn",
     "application/json=Account",
     200,
     "404|409|422|503"},
    {{"GET", "/accounts/{user}", show_account, 0, 0},
     "showAccount",
     "registration",
     "Shows an account.",
     NULL,
     NULL,
     "application/json=Account",
     200,
     "404|503"},
    {{"PUT", "/accounts/{user}/company", link_company, 0, 0},
     "linkCompany",
     "registration",
     "Links an account to its company.",
     NULL,
     "application/json=CompanyIn",
     "application/json=Account",
     200,
     "404|422|503"},
    {{"GET", "/mails", list_mails, 0, 0},
     "listMails",
     "registration",
     "Lists the mails of the rehearsal.",
     NULL,
     NULL,
     "application/json=Mails",
     200,
     "503"},
    {{"GET", "/mails/{id}", show_mail, 0, 0},
     "showMail",
     "registration",
     "Shows a mail with its text.",
     NULL,
     NULL,
     "application/json=Mail",
     200,
     "404|409|503"},
    {{"GET", "/rights", list_rights, 0, 0},
     "listRights",
     "registration",
     "Lists requests for rights, as an officer takes them.",
     NULL,
     NULL,
     "application/json=RightsList",
     200,
     "503"},
    {{"POST", "/rights", take_rights, (size_t)1 << 20, 0},
     "takeRights",
     "registration",
     "Takes a request for rights: the e-mail's subject and text, or the e-mail as a file.",
     NULL,
     "text/plain=-|message/rfc822=-",
     "application/json=Rights",
     201,
     "422|503"},
    {{"POST", "/rights/{id}", decide_rights, 0, 0},
     "decideRights",
     "registration",
     "Grants or refuses a request.",
     NULL,
     "application/json=DecisionIn",
     "application/json=Rights",
     200,
     "404|409|422|503"},
    {{"GET", "/registrations", list_registrations, 0, 0},
     "listRegistrations",
     "registration",
     "Lists the registrations of certificates.",
     NULL,
     NULL,
     "application/json=Registrations",
     200,
     "503"},
    {{"POST", "/registrations", new_registration, 0, 0},
     "newRegistration",
     "registration",
     "Begins the registration of a certificate (step 1).",
     NULL,
     "application/json=RegistrationIn",
     "application/json=Registration",
     201,
     "422|503"},
    {{"GET", "/registrations/{id}", show_registration, 0, 0},
     "showRegistration",
     "registration",
     "Shows a registration and its status.",
     NULL,
     NULL,
     "application/json=Registration",
     200,
     "404|409|503"},
    {{"GET", "/registrations/{id}/pdf", show_pdf, 0, 0},
     "registrationPdf",
     "registration",
     "Gives the registration PDF that is to be signed (step 2).",
     NULL,
     NULL,
     "application/pdf=-",
     200,
     "404|409|503"},
    {{"PUT", "/registrations/{id}/signed", upload, ENS_DOSSIER_PDF_MAX, 0},
     "uploadSigned",
     "registration",
     "Takes the signed PDF, and judges it and its certificate (step 2).",
     NULL,
     "application/pdf=-",
     "application/json=Registration",
     200,
     "404|409|422|503"},
    {{"POST", "/registrations/{id}/{act}", act_on, 0, 0},
     "actOnRegistration",
     "registration",
     "Goes on to step 3 (next), or suspends, resumes or revokes.",
     NULL,
     NULL,
     "application/json=Registration",
     200,
     "404|409|503"},
};

ens_api_routes ens__api_of_registrations(void)
{
    return (ens_api_routes){rows, sizeof rows / sizeof *rows};
}
