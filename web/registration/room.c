#include "web/registration/walk.h"

#include <stdlib.h>

static const ens_web_route routes[] = {
    {"GET", "/registration", ens__start_show, 0, 0},
    {"GET", "/registration/sheet", ens__start_sheet, 0, 0},
    {"GET", "/registration/account", ens__account_new, 0, 0},
    {"POST", "/registration/account", ens__account_create_it, 0, 0},
    {"GET", "/registration/confirm", ens__account_confirm_show, 0, 0},
    {"POST", "/registration/confirm", ens__account_confirm_it, 0, 0},
    {"GET", "/registration/nomail", ens__account_nomail, 0, 0},
    {"POST", "/registration/nomail", ens__account_resend_it, 0, 0},
    {"GET", "/registration/login", ens__login_show, 0, 0},
    {"POST", "/registration/login", ens__login_it, 0, 0},
    {"POST", "/registration/logout", ens__logout_it, 0, 0},
    {"GET", "/registration/dashboard", ens__account_dashboard, 0, 0},
    {"GET", "/registration/me", ens__account_me, 0, 0},
    {"POST", "/registration/me", ens__account_me_change, 0, 0},
    {"POST", "/registration/company", ens__company_verify, 0, 0},
    {"POST", "/registration/company/confirm", ens__company_confirm_it, 0, 0},
    {"GET", "/registration/preferences", ens__account_preferences, 0, 0},
    {"POST", "/registration/preferences", ens__account_preferences_change, 0, 0},
    {"GET", "/registration/mails", ens__mails_show, 0, 0},
    {"GET", "/registration/mails/{id}", ens__mail_show, 0, 0},
    {"GET", "/registration/mails/{id}/file", ens__mail_file, 0, 0},
    {"GET", "/registration/rights", ens__rights_show, 0, 0},
    {"POST", "/registration/rights", ens__rights_compose, 0, 0},
    {"POST", "/registration/rights/take", ens__rights_take, (size_t)2 << 20, 0},
    {"GET", "/registration/desk", ens__desk_show, 0, 0},
    {"POST", "/registration/desk/rights", ens__desk_decide, 0, 0},
    {"POST", "/registration/desk/certificates", ens__desk_act, 0, 0},
    {"GET", "/registration/uumds", ens__landing_show, 0, 0},
    {"POST", "/registration/uumds", ens__landing_submit, 0, 0},
    {"GET", "/registration/uumds/dashboard", ens__uumds_dashboard, 0, 0},
    {"GET", "/registration/uumds/view", ens__uumds_user, 0, 0},
    {"GET", "/registration/uumds/new", ens__uumds_new, 0, 0},
    {"POST", "/registration/uumds/new", ens__uumds_step_1, 0, 0},
    {"GET", "/registration/uumds/{id}", ens__dossier_show, 0, 0},
    {"GET", "/registration/uumds/{id}/pdf", ens__dossier_pdf, 0, 0},
    {"POST", "/registration/uumds/{id}/preflight", ens__dossier_preflight, (size_t)1 << 20, 0},
    {"POST", "/registration/uumds/{id}/upload", ens__dossier_upload_it, ENS_WALK_PDF_BODY, 0},
    {"POST", "/registration/uumds/{id}/next", ens__dossier_next, 0, 0},
    {"GET", "/registration/euctp", ens__euctp_show, 0, 0},
    {"POST", "/registration/euctp/{id}", ens__euctp_answer, 0, 0},
    {"GET", "/registration/euctp/{id}/document", ens__euctp_document, 0, 0},
    {"GET", "/registration/provider", ens__provider_show, 0, 0},
    {"POST", "/registration/provider", ens__provider_post, 0, 0},
};

static void refuse(void *room, const ens_web_request *r, ens_web_answer *a, unsigned status, const char *why)
{
    ens_walk w;
    ens__walk_begin(&w, room, (ens_web_request *)(uintptr_t)r, a);
    ens__visit_sorry(&w.v, status, status == 404 ? ens__visit_text(&w.v, ENS_T_NOT_FOUND) : why);
    ens__walk_end(&w);
}

/* admit: where the pages ask for a log-in, so does this. */
static bool admit(void *room, ens_web_request *r, ens_web_answer *a)
{
    return ens__pages_admit(((const ens_registration *)room)->pages, r, a);
}

ens_web_room ens__registration_room(ens_registration *room)
{
    return (ens_web_room){.name = "registration",
                          .prefix = ENS_WALK,
                          .routes = routes,
                          .num_routes = sizeof routes / sizeof *routes,
                          .ctx = room,
                          .admit = admit,
                          .refuse = refuse};
}

ens_code ens__registration_open(const ens_web_ground *ground, ens_pages *pages, ens_registration **out, ens_err *err)
{
    *out = NULL;
    if (!pages || !ground->rehearsal)
        return ENS_OK;
    ens_registration *room = calloc(1, sizeof *room);
    if (!room)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the registration", 0);
    *room = (ens_registration){pages, ground->rehearsal,
                               ens__environment_of(ens__rehearsal_environment(ground->rehearsal))};
    *out = room;
    return ENS_OK;
}

ens_code ens__registration_at(ens_registration *room, const char *url, ens_err *err)
{
    return room ? ens__rehearsal_set(room->r, "web", url, err) : ENS_OK;
}

void ens__registration_close(ens_registration *room)
{
    free(room);
}
