#include "web/pages/visit.h"

#include <stdarg.h>
#include <stdio.h>

#define NOTE_MAX 512u

static ens_slice cookie_language(const ens_web_request *r)
{
    return ens__web_cookie(r, ENS_COOKIE_LANGUAGE);
}

void ens__visit_begin(ens_visit *v, void *pages, ens_web_request *r, ens_web_answer *a, const char *room)
{
    ens_pages *p = pages;
    *v = (ens_visit){.pages = p, .r = r, .a = a, .tools = r->mine, .h = {.out = &a->body}};
    v->now_ms = p->ground.now_ms(p->ground.ctx);
    bool known = ens__session_find(p->sessions, r, &v->visitor);
    if (v->visitor.fresh)
        ens__web_set_cookie(r, a, ENS_COOKIE_SESSION, ens_str(v->visitor.token));
    a->type = "text/html; charset=utf-8";
    a->csp = ENS_SCREEN_POLICY;
    v->screen = (ens_screen){.language = ens__language_wanted(cookie_language(r), ens__web_field(r, "Accept-Language")),
                             .room = room,
                             .here = ens_is(r->method, "GET") ? r->http->head->target : (ens_slice){0},
                             .csrf = v->visitor.csrf};
    if (ens__sessions_ask(p->sessions)) {
        v->screen.empty_head = !known;
        v->screen.user = known ? v->visitor.name : NULL;
        v->screen.role = known ? ens__rank_name(v->visitor.rank) : NULL;
    }
}

void ens__visit_titled(ens_visit *v, const char *title, const char *lead)
{
    v->screen.title = title;
    v->screen.lead = lead;
    ens__screen_begin(&v->h, &v->screen);
}

void ens__visit_page(ens_visit *v, ens_text_key title, ens_text_key lead)
{
    ens__visit_titled(v, ens__visit_text(v, title), ens__visit_text(v, lead));
}

void ens__visit_end(ens_visit *v)
{
    ens__screen_end(&v->h, &v->screen);
}

void ens__visit_sorry(ens_visit *v, unsigned status, const char *why)
{
    v->a->status = status;
    v->a->body.len = 0;
    v->h = (ens_html){.out = &v->a->body};
    ens__visit_titled(v, ens__visit_text(v, ENS_T_SORRY), NULL);
    ens__h_open(&v->h, "div");
    ens__h_attr(&v->h, "class", "told fail");
    ens__h_leaf(&v->h, "p", NULL, why);
    ens__h_close(&v->h);
    ens__h_open(&v->h, "p");
    ens__h_link(&v->h, v->screen.room ? v->screen.room : "/", ens_str(ens__visit_text(v, ENS_T_GO_BACK)));
    ens__h_close(&v->h);
    ens__visit_end(v);
}

void ens__visit_failed(ens_visit *v, const ens_err *err)
{
    char text[1024];
    ens__visit_sorry(v, err->frame[0].code == ENS_EIO ? 503 : 500, ens_err_format(err, text, sizeof text));
}

void ens__visit_go(ens_visit *v, const char *path)
{
    v->a->body.len = 0;
    ens__web_redirect(v->a, path);
}

bool ens__visit_may(ens_visit *v, ens_rank least)
{
    if (v->visitor.rank >= least)
        return true;
    ens__visit_sorry(v, 403, ens__visit_text(v, ENS_T_NOT_YOURS));
    return false;
}

bool ens__visit_form(ens_visit *v, ens_rank least, ens_web_pairs *out)
{
    unsigned status = 400;
    const char *why = NULL;
    if (!ens__web_form(v->r, out, &status, &why)) {
        ens__visit_sorry(v, status, why);
        return false;
    }
    if (!ens__session_fits(&v->visitor, ens__web_get(*out, ENS_CSRF_FIELD))) {
        ens__visit_sorry(v, 403, ens__visit_text(v, ENS_T_STALE_FORM));
        return false;
    }
    return ens__visit_may(v, least);
}

void ens__visit_note(ens_visit *v, ens_slice message_id, const char *what, ...)
{
    char text[NOTE_MAX], detail[NOTE_MAX + 2 * ENS_USER_NAME];
    va_list args;
    va_start(args, what);
    vsnprintf(text, sizeof text, what, args);
    va_end(args);
    snprintf(detail, sizeof detail, "by %s (%s): %s", v->visitor.name, ens__rank_name(v->visitor.rank), text);
    const ens__entry e = {.at_ms = v->now_ms,
                          .direction = ENS_IN,
                          .kind = ENS_ENTRY_NOTE,
                          .message_id = message_id,
                          .peer = ens_str(v->r->http->peer),
                          .detail = ens_str(detail)};
    ens__change change = {.kind = ENS_CHANGE_JOURNAL, .journal = {&e, 1}}, *one = &change;
    ens_err err = {0};
    if (ens__store_commit(v->pages->store, &one, 1, &err) != ENS_OK) {
        const ens_log_field fields[] = {ens_log_text("detail", detail)};
        ens__log(v->pages->ground.log, ENS_LOG_ERROR, "audit-lost", fields, 1);
    }
}

uint64_t ens__visit_hash(ens_slice text)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < text.len; i++)
        h = (h ^ text.p[i]) * 1099511628211u;
    return h;
}
