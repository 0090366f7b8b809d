#include "web/pages/pages.h"

#include "engine/net/fetch.h"
#include "web/pages/asset.h"
#include "web/pages/check.h"
#include "web/pages/filings.h"
#include "web/pages/inbox.h"
#include "web/pages/login.h"
#include "web/pages/rooms.h"
#include "web/pages/visit.h"

#include <stdio.h>
#include <stdlib.h>

/* -- What stands beside the pages -- */

static void show_asset(void *pages, ens_web_request *r, ens_web_answer *a)
{
    (void)pages;
    char path[64];
    snprintf(path, sizeof path, "/assets/%.40s", (const char *)r->capture[0].p);
    path[r->capture[0].len < 40 ? 8 + r->capture[0].len : 48] = '\0';
    if (!ens__asset_put(ens_str(path), &a->body, &a->type)) {
        ens__web_refuse_plain(a, 404, "there is no such asset");
        return;
    }
    if (ens_is(ens__web_query(r, "v"), ens__asset_tag()))
        a->cache = "public, max-age=31536000, immutable";
}

/* choose_language keeps the choice, and leads back to a path of this server. */
static void choose_language(void *pages, ens_web_request *r, ens_web_answer *a)
{
    (void)pages;
    ens_language language;
    const char *path = ens__web_text(r, ens__web_query(r, "back"));
    if (ens__language_find(ens__web_query(r, "to"), &language))
        ens__web_set_cookie(r, a, ENS_COOKIE_LANGUAGE, ens_str(ens__language_code(language)));
    ens__web_redirect(a, path && ens__web_is_path(path) ? path : "/");
}

static const ens_web_route routes[] = {
    {"GET", "/", ens__check_show, 0, 0},
    {"POST", "/check", ens__check_judge, ENS_CHECK_BODY, 0},
    {"GET", "/inbox", ens__inbox_show, 0, 0},
    {"GET", "/inbox/events", ens__inbox_events, 0, 0},
    {"GET", "/inbox/{seq}", ens__inbox_row, 0, 0},
    {"GET", "/inbox/{seq}/raw", ens__inbox_raw, 0, 0},
    {"GET", "/inbox/{seq}/parts/{n}", ens__inbox_part, 0, 0},
    {"GET", "/filings", ens__filings_show, 0, 0},
    {"GET", "/filings/{mrn}", ens__filing_show, 0, 0},
    {"GET", "/filings/{mrn}/document", ens__filing_document, 0, 0},
    {"POST", "/filings/{mrn}/orders", ens__filing_order, 0, 0},
    {"GET", "/mailboxes", ens__mailboxes_show, 0, 0},
    {"POST", "/mailboxes/again", ens__mailboxes_again, 0, 0},
    {"GET", "/parties", ens__parties_show, 0, 0},
    {"GET", "/parties/{eori}", ens__party_show, 0, 0},
    {"POST", "/parties/{eori}", ens__party_set, 0, 0},
    {"GET", "/faults", ens__faults_show, 0, 0},
    {"POST", "/faults", ens__faults_set, 0, 0},
    {"GET", "/clock", ens__clock_show, 0, 0},
    {"POST", "/clock", ens__clock_set, 0, 0},
    {"GET", "/lists", ens__lists_show, 0, 0},
    {"GET", "/order", ens__order_show, 0, 0},
    {"POST", "/order", ens__order_tell, 0, 0},
    {"GET", "/statistics", ens__statistics_show, 0, 0},
    {"GET", "/map", ens__map_show, 0, 0},
    {"GET", "/assets/{name}", show_asset, 0, ENS_WEB_OPEN},
    {"GET", "/language", choose_language, 0, ENS_WEB_OPEN},
    {"GET", "/login", ens__entrance_show, 0, ENS_WEB_OPEN},
    {"POST", "/login", ens__entrance_begin, 0, ENS_WEB_OPEN},
    {"POST", "/logout", ens__entrance_end, 0, 0},
};

bool ens__pages_admit(void *of, ens_web_request *r, ens_web_answer *a)
{
    const ens_pages *p = of;
    ens_visitor visitor;
    uint8_t storage[2 * ENS_VISIT_PATH];
    ens_buf path;
    if (ens__session_find(p->sessions, r, &visitor))
        return true;
    ens_buf_init(&path, storage, sizeof storage, sizeof storage);
    ens_buf_text(&path, "/login");
    if (ens_is(r->method, "GET"))
        ens__h_query(&path, "back", r->http->head->target);
    ens_buf_add(&path, "", 1);
    ens__web_redirect(a, path.failed ? "/login" : (const char *)path.p);
    ens_buf_free(&path);
    return false;
}

static void refuse(void *pages, const ens_web_request *r, ens_web_answer *a, unsigned status, const char *why)
{
    ens_visit v;
    ens__visit_begin(&v, pages, (ens_web_request *)(uintptr_t)r, a, NULL);
    ens__visit_sorry(&v, status, status == 404 ? ens__visit_text(&v, ENS_T_NOT_FOUND) : why);
}

/* -- A thread's tools -- */

static void drop_tools(void *of)
{
    ens_visit_tools *t = of;
    ens_verifier_free(t->verifier);
    ens_verifier_free(t->reader);
    ens_report_free(t->report);
    ens_report_free(t->aside);
    free(t);
}

static void *make_tools(void *pages)
{
    (void)pages;
    ens_visit_tools *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->report = ens_report_new();
    t->aside = ens_report_new();
    if (t->report && t->aside && ens_verifier_new(&t->verifier, NULL) == ENS_OK &&
        ens_verifier_new(&t->reader, NULL) == ENS_OK)
        return t;
    drop_tools(t);
    return NULL;
}

ens_web_room ens__pages_room(ens_pages *pages)
{
    return (ens_web_room){.name = "pages",
                          .prefix = "",
                          .routes = routes,
                          .num_routes = sizeof routes / sizeof *routes,
                          .ctx = pages,
                          .admit = ens__pages_admit,
                          .refuse = refuse,
                          .make = make_tools,
                          .drop = drop_tools};
}

/* -- Opening -- */

static bool keep(char **to, const char *text)
{
    *to = text ? strdup(text) : NULL;
    return !text || *to;
}

/* open_customs trusts the anchors of a demo's customs, which nobody else knows the place of. */
static ens_code open_customs(ens_pages *p, ens_err *err)
{
    char path[4096 + 64];
    if (!p->ground.demo)
        return ENS_OK;
    snprintf(path, sizeof path, "%s/pki/customs-root.pem", p->ground.demo);
    p->customs = ens_trust_new();
    if (!p->customs)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the pages", 0);
    snprintf(path, sizeof path, "%s/pki", p->ground.demo);
    if (!keep(&p->pki, path))
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the pages", 0);
    snprintf(path, sizeof path, "%s/pki/customs-root.pem", p->ground.demo);
    return ens_trust_add(p->customs, path, err);
}

static void copy_text(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text ? text : "");
}

static ens_page_fault fault_of(const ens_config_fault *f)
{
    ens_page_fault out = {.kind = f->fault, .times = f->times};
    copy_text(out.code, sizeof out.code, f->code);
    copy_text(out.party, sizeof out.party, f->party);
    copy_text(out.action, sizeof out.action, f->action);
    copy_text(out.lrn, sizeof out.lrn, f->lrn);
    return out;
}

static ens_code copy_config(ens_pages *p, const ens_point_config *c, ens_err *err)
{
    char shown[ENS_STORE_URL];
    bool good = keep(&p->store_name, ens__store_shown(c->store.path, shown, sizeof shown)) &&
                keep(&p->registry, c->registry ? c->registry : c->store.path) && keep(&p->scenarios, c->scenarios);
    p->rehearsal = c->profile == ENS_PROFILE_REHEARSAL;
    for (unsigned i = 0; i < c->num_faults && i < ENS_PAGE_FAULTS; i++)
        p->fault[p->num_faults++] = fault_of(&c->faults[i]);
    return good ? ENS_OK : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the pages", 0);
}

/* is_for_strangers: it listens elsewhere than on this machine alone. */
static bool is_for_strangers(const char *listen)
{
    char url[ENS_SERVER_ADDRESS_MAX + 16];
    snprintf(url, sizeof url, "http://%s/", listen);
    return strncmp(listen, "unix:", 5) != 0 && !ens__fetch_loopback(ens_str(url));
}

ens_code ens__pages_open(const ens_web_ground *ground, ens_pages **out, ens_err *err)
{
    const ens_log_field why =
        ens_log_text("why", "others than this machine reach them: web.users and web.certificate are needed");
    const ens_config_web *web = &ground->config->web;
    *out = NULL;
    if (is_for_strangers(web->listen) && (!web->users || !web->certificate)) {
        ens__log(ground->log, ENS_LOG_WARN, "no-pages", &why, 1);
        return ENS_OK;
    }
    ens_pages *p = calloc(1, sizeof *p);
    if (!p)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the pages", 0);
    p->ground = *ground;
    p->ground.config = NULL;
    p->store = ens__service_store(ground->service);
    ens_code code = copy_config(p, ground->config, err);
    if (code == ENS_OK)
        code = ens__sessions_open(web->users != NULL, &p->sessions, err);
    if (code == ENS_OK && web->users)
        code = ens__users_open(web->users, &p->users, err);
    if (code == ENS_OK)
        code = open_customs(p, err);
    if (code == ENS_OK)
        code = ens__live_open(p->store, &p->live, err);
    if (code == ENS_OK)
        *out = p;
    else
        ens__pages_close(p);
    return code;
}

void ens__pages_stop(ens_pages *p)
{
    if (p)
        ens__live_stop(p->live);
}

void ens__pages_close(ens_pages *p)
{
    if (!p)
        return;
    ens__live_close(p->live);
    ens__sessions_close(p->sessions);
    ens__users_close(p->users);
    ens_trust_free(p->customs);
    char *const texts[] = {p->store_name, p->registry, p->scenarios, p->pki};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(p);
}
