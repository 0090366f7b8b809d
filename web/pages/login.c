#include "web/pages/login.h"

#include "web/pages/visit.h"

#include <stdio.h>

#define BACK_MAX 512u

/* back_of is where a visitor goes once logged in: a path of this server. */
static const char *back_of(const ens_web_request *r, ens_slice back)
{
    const char *path = back.len < BACK_MAX ? ens__web_text(r, back) : NULL;
    return path && ens__web_is_path(path) ? path : "/";
}

static void put_form(ens_visit *v, const char *back)
{
    ens__form_open(&v->h, &v->screen, "/login");
    ens__h_hidden(&v->h, "back", ens_str(back));
    ens__field_put(&v->h, &(ens_field){.name = "name",
                                       .label = ens__visit_text(v, ENS_T_USER),
                                       .autocomplete = "username",
                                       .required = true,
                                       .max = ENS_USER_NAME});
    ens__field_put(&v->h, &(ens_field){.name = "password",
                                       .label = ens__visit_text(v, ENS_T_PASSWORD),
                                       .type = "password",
                                       .autocomplete = "current-password",
                                       .required = true});
    ens__form_close(&v->h, ens__visit_text(v, ENS_T_LOG_IN));
}

void ens__entrance_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens__visit_begin(&v, pages, r, a, NULL);
    ens__visit_page(&v, ENS_T_LOG_IN, ENS_T_LOG_IN_LEAD);
    put_form(&v, back_of(r, ens__web_query(r, "back")));
    ens__visit_end(&v);
}

/* refuse tells no more than that name and password don't fit each other, or how long to wait. */
static void refuse(ens_visit *v, ens_slice name, const char *back, int64_t wait_ms)
{
    char shown[ENS_USER_NAME + 1];
    snprintf(shown, sizeof shown, "%.*s", (int)(name.len < ENS_USER_NAME ? name.len : ENS_USER_NAME),
             name.len ? (const char *)name.p : "");
    if (!wait_ms)
        ens__visit_note(v, (ens_slice){0}, "log-in failed for %s", shown);
    v->a->status = wait_ms ? 429 : 401;
    if (wait_ms)
        ens__web_add(v->a, "Retry-After", ENS_LIT("60"));
    ens__visit_page(v, ENS_T_LOG_IN, ENS_T_LOG_IN_LEAD);
    ens__told(&v->h, &v->screen, "fail", wait_ms ? ENS_T_LOG_IN_WAIT : ENS_T_LOG_IN_WRONG);
    put_form(v, back);
    ens__visit_end(v);
}

void ens__entrance_begin(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_web_pairs form;
    ens_rank rank;
    int64_t wait_ms = 0;
    ens__visit_begin(&v, pages, r, a, NULL);
    if (!ens__visit_form(&v, ENS_RANK_READER, &form))
        return;
    ens_slice name = ens__web_get(form, "name");
    const char *back = back_of(r, ens__web_get(form, "back"));
    if (!v.pages->users) {
        ens__visit_go(&v, "/");
        return;
    }
    if (!ens__users_fits(v.pages->users, name, ens__web_get(form, "password"), &rank, &wait_ms)) {
        refuse(&v, name, back, wait_ms);
        return;
    }
    if (!ens__session_begin(v.pages->sessions, name, rank, &v.visitor)) {
        ens__visit_sorry(&v, 503, "no random numbers");
        return;
    }
    ens__web_set_cookie(r, a, ENS_COOKIE_SESSION, ens_str(v.visitor.token));
    ens__visit_note(&v, (ens_slice){0}, "logged in");
    ens__visit_go(&v, back);
}

void ens__entrance_end(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_web_pairs form;
    ens__visit_begin(&v, pages, r, a, NULL);
    if (!ens__visit_form(&v, ENS_RANK_READER, &form))
        return;
    ens__session_end(v.pages->sessions, &v.visitor);
    ens__web_set_cookie(r, a, ENS_COOKIE_SESSION, (ens_slice){0});
    ens__visit_go(&v, "/login");
}
