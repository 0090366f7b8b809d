/* One text for what a document says, written by the scanner's events and by libxml2's tree: they must be equal. */
#ifndef ENS_TESTS_FUZZ_SCAN_JOURNAL_H
#define ENS_TESTS_FUZZ_SCAN_JOURNAL_H

#include "engine/xml/reference/libxml.h"
#include "engine/xml/scan/scan.h"

typedef struct {
    ens_buf log, text; /* text: character data that nothing has interrupted yet */
    bool covered;      /* the tokens cover the document, but for what stands outside of the root */
    size_t at;         /* behind the last token */
} journal;

static inline void journal_init(journal *j)
{
    *j = (journal){.covered = true};
    ens_buf_init(&j->log, NULL, 0, SIZE_MAX);
    ens_buf_init(&j->text, NULL, 0, SIZE_MAX);
}

static inline void journal_free(journal *j)
{
    ens_buf_free(&j->log);
    ens_buf_free(&j->text);
}

static inline void journal_add(journal *j, char sign, ens_slice a, ens_slice b, ens_slice c)
{
    if (j->text.len && sign != '"') {
        ens_slice text = ens_buf_slice(&j->text);
        ens_buf_printf(&j->log, "\"%zu:", text.len);
        ens_buf_put(&j->log, text);
        j->text.len = 0;
    }
    ens_buf_printf(&j->log, "\n%c", sign);
    ens_buf_put(&j->log, a);
    ens_buf_text(&j->log, " ");
    ens_buf_put(&j->log, b);
    ens_buf_text(&j->log, " ");
    ens_buf_put(&j->log, c);
}

static inline ens_slice journal_str(const xmlChar *text)
{
    return ens_str(text ? (const char *)text : "");
}

static inline void journal_element(journal *j, xmlNode *e)
{
    const xmlNs *ns = e->ns;
    journal_add(j, '<', ns ? journal_str(ns->prefix) : ENS_LIT(""), journal_str(e->name),
                ns ? journal_str(ns->href) : ENS_LIT(""));
    for (const xmlNs *d = e->nsDef; d; d = d->next)
        journal_add(j, '=', journal_str(d->prefix), journal_str(d->href), ENS_LIT(""));
    for (xmlAttr *a = e->properties; a; a = a->next) {
        xmlChar *value = xmlNodeListGetString(e->doc, a->children, 1);
        journal_add(j, '@', a->ns ? journal_str(a->ns->prefix) : ENS_LIT(""), journal_str(a->name),
                    a->ns ? journal_str(a->ns->href) : ENS_LIT(""));
        ens_buf_printf(&j->log, " '%s'", value ? (const char *)value : "");
        xmlFree(value);
    }
}

/* journal_node writes a node that opens; an element's end is journal_add('>'). */
static inline void journal_node(journal *j, xmlNode *n)
{
    if (n->type == XML_ELEMENT_NODE)
        journal_element(j, n);
    else if (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE)
        ens_buf_put(&j->text, journal_str(n->content));
    else if (n->type == XML_COMMENT_NODE)
        journal_add(j, '!', journal_str(n->content), ENS_LIT(""), ENS_LIT(""));
    else if (n->type == XML_PI_NODE)
        journal_add(j, '?', journal_str(n->name), journal_str(n->content), ENS_LIT(""));
}

/* journal_close ends n and whatever ends with it, and returns the node behind; NULL at the end. */
static inline xmlNode *journal_close(journal *j, xmlDoc *doc, xmlNode *n)
{
    for (; n != (xmlNode *)doc; n = n->parent) {
        if (n->type == XML_ELEMENT_NODE)
            journal_add(j, '>', ENS_LIT(""), ENS_LIT(""), ENS_LIT(""));
        if (n->next)
            return n->next;
    }
    return NULL;
}

static inline void journal_tree(journal *j, xmlDoc *doc)
{
    for (xmlNode *n = doc->children; n;) {
        journal_node(j, n);
        n = n->type == XML_ELEMENT_NODE && n->children ? n->children : journal_close(j, doc, n);
    }
}

static inline void journal_start(journal *j, const ens_scan *s, const ens_scan_event *e)
{
    journal_add(j, '<', ens__scan_prefix(e->name, e->prefix_len), ens__scan_local(e->name, e->prefix_len),
                ens__scan_uri_text(s, e->ns));
    for (unsigned i = 0; i < e->num_declared; i++)
        journal_add(j, '=', e->declared[i].prefix, ens__scan_uri_text(s, e->declared[i].uri), ENS_LIT(""));
    for (unsigned i = 0; i < e->num_attributes; i++) {
        const ens_scan_attribute *a = &e->attribute[i];
        journal_add(j, '@', ens__scan_prefix(a->name, a->prefix_len), ens__scan_local(a->name, a->prefix_len),
                    ens__scan_uri_text(s, a->ns));
        ens_buf_text(&j->log, " '");
        ens__scan_text(a->value, true, &j->log);
        ens_buf_text(&j->log, "'");
    }
}

/* journal_lines appends raw with its line ends normalised. */
static inline void journal_lines(ens_buf *out, ens_slice raw)
{
    for (size_t i = 0; i < raw.len; i++)
        if (raw.p[i] != '\r')
            ens_buf_add(out, raw.p + i, 1);
        else if (i + 1 == raw.len || raw.p[i + 1] != '\n')
            ens_buf_text(out, "\n");
}

static inline void journal_misc(journal *j, const ens_scan_event *e)
{
    bool comment = e->kind == ENS_SCAN_COMMENT;
    ens_slice raw = ens_sub(e->raw, comment ? 4 : 2 + e->name.len, e->raw.len - (comment ? 3 : 2));
    while (!comment && raw.len && strchr(" \t\r\n", raw.p[0]))
        raw = ens_from(raw, 1);
    ens_buf lines;
    ens_buf_init(&lines, NULL, 0, SIZE_MAX);
    journal_lines(&lines, raw);
    journal_add(j, comment ? '!' : '?', comment ? ens_buf_slice(&lines) : e->name,
                comment ? ENS_LIT("") : ens_buf_slice(&lines), ENS_LIT(""));
    ens_buf_free(&lines);
}

static inline void journal_event(journal *j, const ens_scan *s, const ens_scan_event *e)
{
    if (e->kind == ENS_SCAN_START)
        journal_start(j, s, e);
    else if (e->kind == ENS_SCAN_END)
        journal_add(j, '>', ENS_LIT(""), ENS_LIT(""), ENS_LIT(""));
    else if (e->kind == ENS_SCAN_TEXT)
        ens__scan_text(e->raw, false, &j->text);
    else if (e->kind == ENS_SCAN_CDATA)
        journal_lines(&j->text, ens_sub(e->raw, 9, e->raw.len - 3));
    else if (e->kind != ENS_SCAN_EOF)
        journal_misc(j, e);
}

/* journal_scan runs a scanner over a document. Inside of the root each token begins where the last one ended. */
static inline ens_code journal_scan(journal *j, ens_scan *s, ens_slice text, ens_err *err)
{
    ens_scan_event e = {0};
    ens_code code;
    bool inside = false;
    ens__scan_begin(s, text);
    while ((code = ens__scan_next(s, &e, err)) == ENS_OK && e.kind != ENS_SCAN_EOF) {
        size_t from = (size_t)(e.raw.p - text.p);
        j->covered = j->covered && (inside ? from == j->at : from >= j->at) && from + e.raw.len <= text.len &&
                     (e.raw.len || e.kind == ENS_SCAN_END);
        j->at = from + e.raw.len;
        inside = e.depth > (e.kind == ENS_SCAN_END);
        journal_event(j, s, &e);
    }
    return code;
}

#endif
