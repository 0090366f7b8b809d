/* One page of the browser's: its head with the rooms, its contents, its foot. Plain HTML that needs no script, one
 * style sheet, landmarks, a link that skips to the contents, light and dark, paper, and 320 pixels.
 *
 * How a room adds a page:
 *   1. texts.inc gets its texts, English and French. screen.c has the table of rooms, for one that stands in the head.
 *   2. Its function gets a screen filled in from the request (web/pages/visit.h), and writes:
 *          ens_html h = {.out = out};
 *          s->title = ens__text_of(s->language, ENS_T_MAP);
 *          ens__screen_begin(&h, s);
 *          ens__h_open(&h, "p"); ens__h_put(&h, …); ens__h_close(&h);        (show/markup.h escapes)
 *          ens__form_open(&h, s, "/filings/order");  …fields…  ens__form_close(&h, button);
 *          ens__screen_end(&h, s);
 *      The heading is the screen's; sections below it begin with h2.
 *   3. tests/browser/pages.mjs gets its address: each page there is tried by axe, at 320 pixels, and without scripts.
 * Whoever answers sends ENS_SCREEN_POLICY along, for nothing of a page may run or load from elsewhere. */
#ifndef ENS_WEB_PAGES_SCREEN_H
#define ENS_WEB_PAGES_SCREEN_H

#include "show/markup.h"
#include "web/pages/text.h"

#define ENS_SCREEN_POLICY                                                                                              \
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action "  \
    "'self'; frame-ancestors 'none'; base-uri 'none'"
#define ENS_SCREEN_MAX ((size_t)4 << 20) /* bytes of a page; those of lists stay under ENS_SCREEN_AIM */
#define ENS_SCREEN_AIM ((size_t)60 << 10)

#define ENS_CSRF_FIELD "csrf" /* the name of the field that every form carries */

typedef struct {
    ens_language language;
    const char *title;       /* heading, and title of the window */
    const char *lead;        /* a sentence below the heading; NULL: none */
    const char *room;        /* path of the room that it belongs to: "/inbox"; NULL: none */
    ens_slice here;          /* path and query that were asked for: where a change of language leads back to */
    const char *csrf;        /* what the forms of this visitor carry */
    const char *user, *role; /* NULL: nobody logs in here */
    const char *environment; /* "conformance", "production"; NULL: there is one only */
    bool rehearsal;          /* a page of the registration: the banner of issue stands above all */
    bool empty_head;         /* no rooms: a page for who isn't logged in */
} ens_screen;

void ens__screen_begin(ens_html *h, const ens_screen *s);
void ens__screen_end(ens_html *h, const ens_screen *s);

/* ens__form_open begins a form that posts to a path of this server, with its token; ens__form_upload one with files.
 * ens__form_close writes its button and ends it. */
void ens__form_open(ens_html *h, const ens_screen *s, const char *path);
void ens__form_upload(ens_html *h, const ens_screen *s, const char *path);
void ens__form_close(ens_html *h, const char *button);

/* ens__form_search begins a form of filters, which asks for the page at path with them; its fields stand side by side.
 */
void ens__form_search(ens_html *h, const char *path);
void ens__form_search_close(ens_html *h, const char *button);
/* ens__live_mark says that the page follows what happens: shown where a script sees to that. */
void ens__live_mark(ens_html *h, const ens_screen *s);

/* A field below its label, in a div; note, which may be NULL, stands between and describes it. type: "text", "search",
 * "password" … */
typedef struct {
    const char *name, *label, *note, *type; /* type NULL: text */
    ens_slice value;
    const char *autocomplete; /* NULL: nothing is said */
    bool required;
    unsigned max; /* octets; 0: nothing is said */
} ens_field;
void ens__field_put(ens_html *h, const ens_field *f);
/* A choice: names and words go in pairs, the list ends with NULL. */
void ens__choice_put(ens_html *h, const char *name, const char *label, ens_slice value, const char *const *pairs);

/* ens__said writes a text by its key; ens__said_leaf a whole element with it. */
void ens__said(ens_html *h, const ens_screen *s, ens_text_key key);
#define ens__said_leaf(h, s, name, klass, key)                                                                         \
    ens__h_leaf_named((h), "" name "", (klass), ens_str(ens__text_of((s)->language, (key))))
/* ens__h_time writes a time for people and for machines; milliseconds since 1970. ens__h_link writes a link. */
void ens__h_time(ens_html *h, int64_t at_ms);
void ens__h_link(ens_html *h, const char *path, ens_slice text);
/* ens__h_tag writes an outcome or a verdict as a coloured word. */
void ens__h_tag(ens_html *h, const char *klass, const char *word);
/* ens__table_open begins a table whose rows are cards on a narrow screen: its heads by their texts, ENS_TEXTS for a
 * column without one. ens__table_close ends it. ens__cell writes a cell with a text; klass may be NULL. */
void ens__table_open(ens_html *h, const ens_screen *s, const ens_text_key *heads, size_t num);
void ens__table_close(ens_html *h);
#define ens__cell(h, klass, text) ens__h_leaf((h), "td", (klass), (text))
/* ens__told writes a box with a text: what was done ("pass"), or what is to be known ("skip"). */
void ens__told(ens_html *h, const ens_screen *s, const char *klass, ens_text_key key);
/* ens__h_hidden writes a field that a form carries along. */
void ens__h_hidden(ens_html *h, const char *name, ens_slice value);
/* ens__h_fact writes dt and dd; an empty value is left out. */
void ens__h_fact(ens_html *h, const char *label, ens_slice value);

#endif
