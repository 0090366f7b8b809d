#include "web/registration/walk.h"

#include "engine/base/printable.h"

#include <stdio.h>

#define ARENA_MAX ((size_t)8 << 20)

void ens__walk_begin(ens_walk *w, void *of, ens_web_request *r, ens_web_answer *a)
{
    ens_registration *room = of;
    ens_err none = {0};
    *w = (ens_walk){.room = room, .r = room->r, .report = ens_report_new()};
    ens_arena_init(&w->arena, ARENA_MAX);
    ens__visit_begin(&w->v, room->pages, r, a, ENS_WALK);
    w->v.screen.rehearsal = true;
    w->v.screen.environment = room->facts->name;
    w->now = w->v.now_ms / 1000;
    ens_slice token = ens__web_cookie(r, room->facts->cookie);
    w->in = token.len && ens__login_find(room->r, token, w->now, &w->me, &none) == ENS_OK;
}

void ens__walk_end(ens_walk *w)
{
    ens_report_free(w->report);
    ens_arena_free(&w->arena);
}

const char *ens__walk_said(const ens_walk *w, const char *english, const char *french)
{
    return w->v.screen.language == ENS_FRENCH ? french : english;
}

/* The steps are reachable from every page. */
static void put_steps(ens_walk *w)
{
    static const struct {
        const char *path, *english, *french;
    } steps[] = {{ENS_WALK, "Start: the two processes", "D\u00e9part : les deux processus"},
                 {ENS_WALK "/account", "Account", "Compte"},
                 {ENS_WALK "/dashboard", "My dashboard", "Mon tableau de bord"},
                 {ENS_WALK "/rights", "Rights", "Droits"},
                 {ENS_WALK "/uumds", "UUM&DS", "UUM&DS"},
                 {ENS_WALK "/euctp", "EUCTP", "EUCTP"},
                 {ENS_WALK "/sheet", "Your sheet", "Votre fiche"},
                 {ENS_WALK "/mails", "Outbox", "Bo\u00eete d'envoi"},
                 {ENS_WALK "/desk", "Officer's desk", "Bureau de l'agent"}};
    ens_html *h = &w->v.h;
    ens__h_open(h, "nav");
    ens__h_attr(h, "class", "noprint small");
    ens__h_attr(h, "aria-label", ens__walk_said(w, "Steps", "\u00c9tapes"));
    ens__h_open(h, "p");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        ens__h_put(h, i ? " \u00b7 " : "");
        ens__h_link(h, steps[i].path, ens_str(ens__walk_said(w, steps[i].english, steps[i].french)));
    }
    if (w->in) {
        ens__h_put(h, " \u00b7 ");
        ens__h_leaf(h, "strong", NULL, w->me.account.id);
    }
    ens__h_close(h);
    ens__h_close(h);
}

void ens__walk_page(ens_walk *w, const char *title, const char *lead)
{
    ens__visit_titled(&w->v, title, lead);
    put_steps(w);
}

void ens__walk_close(ens_walk *w)
{
    ens__visit_end(&w->v);
}

void ens__walk_go(ens_walk *w, const char *path)
{
    ens__visit_go(&w->v, path);
}

bool ens__walk_logged_in(ens_walk *w)
{
    if (!w->in)
        ens__walk_go(w, ENS_WALK "/login");
    return w->in;
}

bool ens__walk_posted(ens_walk *w, ens_rank least)
{
    return ens__visit_form(&w->v, least, &w->form);
}

ens_slice ens__walk_value(const ens_walk *w, const char *name)
{
    return ens__web_get(w->form, name);
}

void ens__walk_failed(ens_walk *w)
{
    char text[1024];
    ens_code code = w->err.n ? w->err.frame[0].code : ENS_EIO;
    unsigned status = code == ENS_ESYNTAX   ? 404
                      : code == ENS_EPOLICY ? 409
                      : code == ENS_ELIMIT  ? 429
                      : code == ENS_EIO     ? 503
                                            : 500;
    bool told = code == ENS_ESYNTAX || code == ENS_EPOLICY || code == ENS_ELIMIT;
    ens__visit_sorry(&w->v, status, told ? w->err.frame[0].what : ens_err_format(&w->err, text, sizeof text));
}

void ens__walk_p(ens_walk *w, const char *english, const char *french)
{
    ens__h_leaf(&w->v.h, "p", NULL, ens__walk_said(w, english, french));
}

void ens__walk_h2(ens_walk *w, const char *english, const char *french)
{
    ens__h_leaf(&w->v.h, "h2", NULL, ens__walk_said(w, english, french));
}

void ens__walk_link(ens_walk *w, const char *path, const char *text)
{
    ens__h_open(&w->v.h, "p");
    ens__h_link(&w->v.h, path, ens_str(text));
    ens__h_close(&w->v.h);
}

void ens__walk_told(ens_walk *w, const char *klass, const char *text)
{
    ens__h_open(&w->v.h, "div");
    ens__h_attrf(&w->v.h, "class", "told %s", klass);
    ens__h_attr(&w->v.h, "role", "status");
    ens__h_leaf(&w->v.h, "p", NULL, text);
    ens__h_close(&w->v.h);
}

void ens__walk_input(ens_walk *w, const char *name, const char *label, const char *note, ens_slice value, bool required)
{
    ens__field_put(
        &w->v.h,
        &(ens_field){
            .name = name, .label = label, .note = note, .value = value, .autocomplete = "off", .required = required});
}

void ens__walk_password(ens_walk *w, const char *label)
{
    ens__field_put(&w->v.h, &(ens_field){.name = "password",
                                         .label = label,
                                         .note = ens__walk_said(w, ENS_REHEARSAL_PASSWORD, ENS_REHEARSAL_PASSWORD_FR),
                                         .type = "password",
                                         .autocomplete = "new-password",
                                         .required = true,
                                         .max = ENS_PASSWORD_MAX});
}

static void put_label(ens_walk *w, const char *name, const char *label)
{
    ens__h_open(&w->v.h, "label");
    ens__h_attrf(&w->v.h, "for", "f-%s", name);
    ens__h_put(&w->v.h, label);
    ens__h_close(&w->v.h);
}

void ens__walk_area(ens_walk *w, const char *name, const char *label, ens_slice value)
{
    ens_html *h = &w->v.h;
    ens__h_open(h, "div");
    put_label(w, name, label);
    ens__h_open(h, "textarea");
    ens__h_attrf(h, "id", "f-%s", name);
    ens__h_attr(h, "name", name);
    ens__h_attr(h, "rows", "6");
    ens__h_lines(h, value);
    ens__h_close(h);
    ens__h_close(h);
}

void ens__walk_tick(ens_walk *w, const char *name, const char *label, bool ticked)
{
    ens_html *h = &w->v.h;
    ens__h_open(h, "p");
    ens__h_bare(h, "input");
    ens__h_attr(h, "type", "checkbox");
    ens__h_attrf(h, "id", "f-%s", name);
    ens__h_attr(h, "name", name);
    ens__h_attr(h, "value", "yes");
    if (ticked)
        ens__h_flag(h, "checked");
    ens__h_put(h, " ");
    ens__h_open(h, "label");
    ens__h_attrf(h, "for", "f-%s", name);
    ens__h_attr(h, "class", "inline");
    ens__h_put(h, label);
    ens__h_close(h);
    ens__h_close(h);
}

void ens__walk_file(ens_walk *w, const char *name, const char *label)
{
    ens_html *h = &w->v.h;
    ens__h_open(h, "div");
    put_label(w, name, label);
    ens__h_bare(h, "input");
    ens__h_attr(h, "type", "file");
    ens__h_attrf(h, "id", "f-%s", name);
    ens__h_attr(h, "name", name);
    ens__h_flag(h, "required");
    ens__h_close(h);
}

void ens__walk_act(ens_walk *w, const char *path, const char *name, const char *value, const char *button)
{
    ens__form_open(&w->v.h, &w->v.screen, path);
    if (name) {
        ens__h_bare(&w->v.h, "input");
        ens__h_attr(&w->v.h, "type", "hidden");
        ens__h_attr(&w->v.h, "name", name);
        ens__h_attr(&w->v.h, "value", value);
    }
    ens__form_close(&w->v.h, button);
}

static void put_finding(ens_walk *w, const ens_finding *f)
{
    char text[ENS_DETAIL_TEXT];
    ens_html *h = &w->v.h;
    ens__h_open(h, "li");
    ens__h_attr(h, "lang", "en");
    ens__h_tag(h, ens_outcome_name(f->outcome), ens_outcome_name(f->outcome));
    ens__h_put(h, " ");
    ens__h_leaf(h, "code", NULL, f->id);
    ens__h_putf(h, " %s", ens__finding_text(f, text, ""));
    if (ens_finding_basis(f) == ENS_BASIS_ASSUMED)
        ens__h_leaf(h, "em", NULL, " assumed");
    if (f->hint) {
        ens__h_bare(h, "br");
        ens__h_putf(h, "\u2192 %s", f->hint);
    }
    ens__h_close(h);
}

void ens__walk_findings(ens_walk *w)
{
    size_t num = 0;
    for (size_t i = 0; i < ens_report_num(w->report); i++) {
        const ens_finding *f = ens_report_get(w->report, i);
        bool shown = f->outcome == ENS_FAIL || f->outcome == ENS_WARN || (f->outcome == ENS_SKIP && f->needed);
        if (!shown)
            continue;
        if (!num++) {
            ens__h_open(&w->v.h, "div");
            ens__h_attrf(&w->v.h, "class", "told %s", ens_report_verdict(w->report) == ENS_REFUSED ? "fail" : "warn");
            ens__h_attr(&w->v.h, "role", "status");
            ens__h_open(&w->v.h, "ul");
        }
        put_finding(w, f);
    }
    if (num) {
        ens__h_close(&w->v.h);
        ens__h_close(&w->v.h);
    }
}

void ens__walk_day(ens_walk *w, ens_time at)
{
    if (at)
        ens__h_time(&w->v.h, at * 1000);
    else
        ens__h_put(&w->v.h, "-");
}
