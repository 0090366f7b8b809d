#include "web/pages/screen.h"

#include "ensign/time.h"
#include "web/pages/asset.h"

#include <string.h>

#define PATH_MAX_HERE 1024u

/* The rooms in the head, in their order. */
static const struct {
    const char *path;
    ens_text_key name;
} rooms[] = {
    {"/", ENS_T_CHECK},
    {"/inbox", ENS_T_INBOX},
    {"/filings", ENS_T_FILINGS},
    {"/map", ENS_T_MAP},
    {"/mailboxes", ENS_T_MAILBOXES},
    {"/parties", ENS_T_PARTIES},
    {"/faults", ENS_T_FAULTS},
    {"/clock", ENS_T_CLOCK},
    {"/lists", ENS_T_LISTS},
    {"/statistics", ENS_T_STATISTICS},
    {"/registration", ENS_T_REGISTRATION},
};

void ens__said(ens_html *h, const ens_screen *s, ens_text_key key)
{
    ens__h_put(h, ens__text_of(s->language, key));
}

static void put_head(ens_html *h, const ens_screen *s)
{
    ens__h_open(h, "head");
    ens__h_bare(h, "meta");
    ens__h_attr(h, "charset", "utf-8");
    ens__h_bare(h, "meta");
    ens__h_attr(h, "name", "viewport");
    ens__h_attr(h, "content", "width=device-width, initial-scale=1");
    ens__h_open(h, "title");
    ens__h_put(h, s->title);
    ens__h_put(h, " · Ensign");
    if (s->rehearsal) {
        ens__h_put(h, " · ");
        ens__said(h, s, ENS_T_REHEARSAL);
    }
    ens__h_close(h);
    ens__h_bare(h, "link");
    ens__h_attr(h, "rel", "stylesheet");
    ens__h_attrf(h, "href", "/assets/pages.css?v=%s", ens__asset_tag());
    ens__h_bare(h, "link"); /* no browser asks for an icon of its own */
    ens__h_attr(h, "rel", "icon");
    ens__h_attr(h, "href", "data:,");
    ens__h_open(h, "script");
    ens__h_attrf(h, "src", "/assets/pages.js?v=%s", ens__asset_tag());
    ens__h_flag(h, "defer");
    ens__h_close(h);
    ens__h_close(h);
}

static void put_rooms(ens_html *h, const ens_screen *s)
{
    ens__h_open(h, "nav");
    ens__h_attr(h, "aria-label", ens__text_of(s->language, ENS_T_ROOMS));
    ens__h_open(h, "ul");
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        ens__h_open(h, "li");
        ens__h_open(h, "a");
        ens__h_path(h, "href", rooms[i].path);
        if (s->room && strcmp(s->room, rooms[i].path) == 0)
            ens__h_attr(h, "aria-current", "page");
        ens__said(h, s, rooms[i].name);
        ens__h_close(h);
        ens__h_close(h);
    }
    ens__h_close(h);
    ens__h_close(h);
}

static void put_language(ens_html *h, const ens_screen *s)
{
    uint8_t storage[PATH_MAX_HERE];
    ens_buf path;
    const char *code = ens__text_of(s->language, ENS_T_OTHER_LANGUAGE_CODE);
    ens_buf_init(&path, storage, sizeof storage, 4 * sizeof storage);
    ens_buf_text(&path, "/language");
    ens__h_query(&path, "to", ens_str(code));
    ens__h_query(&path, "back", s->here);
    ens_buf_add(&path, "", 1);
    ens__h_open(h, "a");
    ens__h_path(h, "href", path.failed ? "/" : (const char *)path.p);
    ens__h_attr(h, "lang", code);
    ens__h_attr(h, "hreflang", code);
    ens__said(h, s, ENS_T_OTHER_LANGUAGE);
    ens__h_close(h);
    ens_buf_free(&path);
}

static void put_who(ens_html *h, const ens_screen *s)
{
    ens__h_open(h, "div");
    ens__h_attr(h, "class", "who");
    put_language(h, s);
    if (s->user) {
        ens__h_open(h, "span");
        ens__said(h, s, ENS_T_LOGGED_IN_AS);
        ens__h_putf(h, " %s%s%s%s", s->user, s->role ? " (" : "", s->role ? s->role : "", s->role ? ")" : "");
        ens__h_close(h);
        ens__form_open(h, s, "/logout");
        ens__form_close(h, ens__text_of(s->language, ENS_T_LOG_OUT));
    }
    ens__h_close(h);
}

static void put_top(ens_html *h, const ens_screen *s)
{
    ens__h_open(h, "header");
    ens__h_attr(h, "class", "top");
    ens__h_open(h, "div");
    ens__h_open(h, "a");
    ens__h_attr(h, "class", "word-mark");
    ens__h_path(h, "href", "/");
    ens__h_put(h, "Ensign");
    ens__h_close(h);
    if (!s->empty_head)
        put_rooms(h, s);
    put_who(h, s);
    ens__h_close(h);
    ens__h_close(h);
}

static void put_banner(ens_html *h, const ens_screen *s)
{
    ens__h_open(h, "aside");
    ens__h_attr(h, "class", "rehearsal");
    ens__h_attr(h, "aria-label", ens__text_of(s->language, ENS_T_REHEARSAL_NAME));
    ens__said(h, s, ENS_T_REHEARSAL);
    if (s->environment) {
        ens__h_put(h, " ");
        ens__said(h, s, ENS_T_ENVIRONMENT);
        ens__h_putf(h, ": %s.", s->environment);
    }
    ens__h_close(h);
}

void ens__screen_begin(ens_html *h, const ens_screen *s)
{
    ens_buf_text(ens__h_raw(h), "<!DOCTYPE html>\n");
    ens__h_open(h, "html");
    ens__h_attr(h, "lang", ens__language_code(s->language));
    put_head(h, s);
    ens__h_open(h, "body");
    if (s->environment)
        ens__h_attrf(h, "class", "env-%s", s->environment);
    ens__h_open(h, "a");
    ens__h_attr(h, "class", "skip-link");
    ens__h_path(h, "href", "#contents");
    ens__said(h, s, ENS_T_SKIP);
    ens__h_close(h);
    if (s->rehearsal)
        put_banner(h, s);
    put_top(h, s);
    ens__h_open(h, "main");
    ens__h_attr(h, "id", "contents");
    ens__h_attr(h, "tabindex", "-1");
    ens__h_leaf(h, "h1", NULL, s->title);
    if (s->lead)
        ens__h_leaf(h, "p", "lead", s->lead);
}

void ens__screen_end(ens_html *h, const ens_screen *s)
{
    ens__h_close_to(h, 2);
    ens__h_open(h, "footer");
    ens__h_attr(h, "class", "foot");
    ens__said_leaf(h, s, "p", NULL, s->rehearsal ? ENS_T_REHEARSAL : ENS_T_FOOT);
    ens__h_open(h, "p");
    ens__h_putf(h, "Ensign %s", ens_version());
    ens__h_close(h);
    ens__h_close_to(h, 0);
    ens_buf_text(h->out, "\n");
}

/* -- Forms -- */

static void open_form(ens_html *h, const ens_screen *s, const char *path, bool upload)
{
    ens__h_open(h, "form");
    ens__h_attr(h, "method", "post");
    ens__h_path(h, "action", path);
    if (upload) {
        ens__h_attr(h, "enctype", "multipart/form-data");
        ens__h_attr(h, "class", "drop");
    }
    ens__h_hidden(h, ENS_CSRF_FIELD, ens_str(s->csrf));
}

void ens__form_open(ens_html *h, const ens_screen *s, const char *path)
{
    open_form(h, s, path, false);
}

void ens__form_upload(ens_html *h, const ens_screen *s, const char *path)
{
    open_form(h, s, path, true);
}

void ens__form_close(ens_html *h, const char *button)
{
    ens__h_open(h, "button");
    ens__h_attr(h, "type", "submit");
    ens__h_put(h, button);
    ens__h_close(h);
    ens__h_close(h);
}

void ens__form_search(ens_html *h, const char *path)
{
    ens__h_open(h, "form");
    ens__h_attr(h, "method", "get");
    ens__h_attr(h, "class", "fields");
    ens__h_attr(h, "role", "search");
    ens__h_path(h, "action", path);
}

void ens__form_search_close(ens_html *h, const char *button)
{
    ens__h_open(h, "div");
    ens__h_attr(h, "class", "act");
    ens__h_open(h, "button");
    ens__h_attr(h, "type", "submit");
    ens__h_put(h, button);
    ens__h_close(h);
    ens__h_close(h);
    ens__h_close(h);
}

void ens__live_mark(ens_html *h, const ens_screen *s)
{
    ens__h_open(h, "p");
    ens__h_attr(h, "class", "live");
    ens__h_flag(h, "hidden");
    ens__said(h, s, ENS_T_LIVE);
    ens__h_close(h);
}

static void put_label(ens_html *h, const char *name, const char *label)
{
    ens__h_open(h, "label");
    ens__h_attrf(h, "for", "f-%s", name);
    ens__h_put(h, label);
    ens__h_close(h);
}

void ens__field_put(ens_html *h, const ens_field *f)
{
    ens__h_open(h, "div");
    put_label(h, f->name, f->label);
    if (f->note) {
        ens__h_open(h, "p");
        ens__h_attr(h, "class", "note");
        ens__h_attrf(h, "id", "n-%s", f->name);
        ens__h_put(h, f->note);
        ens__h_close(h);
    }
    ens__h_bare(h, "input");
    ens__h_attrf(h, "id", "f-%s", f->name);
    ens__h_attr(h, "name", f->name);
    ens__h_attr(h, "type", f->type ? f->type : "text");
    if (f->value.len)
        ens__h_attr_slice(h, "value", f->value);
    if (f->autocomplete)
        ens__h_attr(h, "autocomplete", f->autocomplete);
    if (f->note)
        ens__h_attrf(h, "aria-describedby", "n-%s", f->name);
    if (f->max)
        ens__h_attrf(h, "maxlength", "%u", f->max);
    if (f->required)
        ens__h_flag(h, "required");
    ens__h_close(h);
}

void ens__choice_put(ens_html *h, const char *name, const char *label, ens_slice value, const char *const *pairs)
{
    ens__h_open(h, "div");
    put_label(h, name, label);
    ens__h_open(h, "select");
    ens__h_attrf(h, "id", "f-%s", name);
    ens__h_attr(h, "name", name);
    for (size_t i = 0; pairs[i]; i += 2) {
        ens__h_open(h, "option");
        ens__h_attr(h, "value", pairs[i]);
        if (ens_is(value, pairs[i]))
            ens__h_flag(h, "selected");
        ens__h_put(h, pairs[i + 1]);
        ens__h_close(h);
    }
    ens__h_close(h);
    ens__h_close(h);
}

/* -- Small things -- */

void ens__h_time(ens_html *h, int64_t at_ms)
{
    char at[ENS_TIME_TEXT];
    ens_time_format(at_ms / 1000, at);
    ens__h_open(h, "time");
    ens__h_attr(h, "datetime", at);
    ens__h_putf(h, "%.10s %.8s", at, strlen(at) > 11 ? at + 11 : "");
    ens__h_close(h);
}

void ens__h_link(ens_html *h, const char *path, ens_slice text)
{
    ens__h_open(h, "a");
    ens__h_path(h, "href", path);
    ens__h_text(h, text);
    ens__h_close(h);
}

void ens__h_tag(ens_html *h, const char *klass, const char *word)
{
    ens__h_open(h, "span");
    ens__h_attrf(h, "class", "tag %s", klass);
    ens__h_put(h, word);
    ens__h_close(h);
}

void ens__h_fact(ens_html *h, const char *label, ens_slice value)
{
    if (!value.len)
        return;
    ens__h_leaf(h, "dt", NULL, label);
    ens__h_leaf_slice(h, "dd", NULL, value);
}

void ens__h_hidden(ens_html *h, const char *name, ens_slice value)
{
    ens__h_bare(h, "input");
    ens__h_attr(h, "type", "hidden");
    ens__h_attr(h, "name", name);
    ens__h_attr_slice(h, "value", value);
}

void ens__table_open(ens_html *h, const ens_screen *s, const ens_text_key *heads, size_t num)
{
    ens__h_open(h, "table");
    ens__h_attr(h, "class", "rows cards");
    ens__h_open(h, "thead");
    ens__h_open(h, "tr");
    for (size_t i = 0; i < num; i++) {
        if (heads[i] < ENS_TEXTS)
            ens__said_leaf(h, s, "th", NULL, heads[i]);
        else
            ens__h_leaf(h, "td", NULL, "");
    }
    ens__h_close(h);
    ens__h_close(h);
    ens__h_open(h, "tbody");
}

void ens__table_close(ens_html *h)
{
    ens__h_close(h);
    ens__h_close(h);
}

void ens__told(ens_html *h, const ens_screen *s, const char *klass, ens_text_key key)
{
    ens__h_open(h, "div");
    ens__h_attrf(h, "class", "told %s", klass);
    ens__h_attr(h, "role", "status");
    ens__said_leaf(h, s, "p", NULL, key);
    ens__h_close(h);
}
