#include "show/markup.h"

#include "engine/base/printable.h"
#include "show/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ATTRIBUTE_MAX 1024u
#define TEXT_MAX 2048u

/* settle ends a start tag that no more attributes follow. */
static void settle(ens_html *h)
{
    if (h->tag)
        ens_buf_text(h->out, h->bare ? "/>" : ">");
    h->tag = h->bare = false;
}

static void start(ens_html *h, const char *name, bool bare)
{
    settle(h);
    ens_buf_text(h->out, "<");
    ens_buf_text(h->out, name);
    h->tag = true;
    h->bare = bare;
}

void ens__h_open_named(ens_html *h, const char *name)
{
    if (h->depth == ENS_HTML_DEPTH) {
        h->out->failed = h->out->failed ? h->out->failed : ENS_ELIMIT;
        return;
    }
    start(h, name, false);
    h->open[h->depth++] = name;
}

void ens__h_bare_named(ens_html *h, const char *name)
{
    start(h, name, true);
}

void ens__h_attr_named(ens_html *h, const char *name, ens_slice value)
{
    if (!h->tag)
        return;
    ens_buf_text(h->out, " ");
    ens_buf_text(h->out, name);
    ens_buf_text(h->out, "=\"");
    ens__html_text(h->out, value);
    ens_buf_text(h->out, "\"");
}

void ens__h_attr_formatted(ens_html *h, const char *name, const char *format, ...)
{
    char text[ATTRIBUTE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ens__h_attr_named(h, name, ens_str(text));
}

/* is_local: a path that no browser takes for another server, another scheme or a script. */
static bool is_local(const char *path)
{
    if (path[0] == '#')
        return true;
    return path[0] == '/' && path[1] != '/' && path[1] != '\\';
}

void ens__h_path_named(ens_html *h, const char *name, const char *path)
{
    ens__h_attr_named(h, name, ens_str(path && is_local(path) ? path : "#"));
}

void ens__h_close(ens_html *h)
{
    settle(h);
    if (h->depth == 0)
        return;
    ens_buf_text(h->out, "</");
    ens_buf_text(h->out, h->open[--h->depth]);
    ens_buf_text(h->out, ">");
}

void ens__h_close_to(ens_html *h, unsigned depth)
{
    while (h->depth > depth)
        ens__h_close(h);
}

void ens__h_text(ens_html *h, ens_slice text)
{
    settle(h);
    ens__html_text(h->out, text);
}

void ens__h_put(ens_html *h, const char *text)
{
    ens__h_text(h, ens_str(text));
}

void ens__h_putf(ens_html *h, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ens__h_put(h, text);
}

void ens__h_lines(ens_html *h, ens_slice text)
{
    settle(h);
    while (text.len) {
        const uint8_t *feed = memchr(text.p, '\n', text.len);
        size_t len = feed ? (size_t)(feed - text.p) : text.len;
        ens__html_text(h->out, ens_sub(text, 0, len && text.p[len - 1] == '\r' ? len - 1 : len));
        if (feed)
            ens_buf_text(h->out, "\n");
        text = ens_from(text, len + 1);
    }
}

void ens__h_leaf_named(ens_html *h, const char *name, const char *klass, ens_slice text)
{
    ens__h_open_named(h, name);
    if (klass)
        ens__h_attr(h, "class", klass);
    ens__h_text(h, text);
    ens__h_close(h);
}

ens_buf *ens__h_raw(ens_html *h)
{
    settle(h);
    return h->out;
}

static bool is_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

void ens__h_segment(ens_buf *path, ens_slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if (is_plain(value.p[i]))
            ens_buf_add(path, &value.p[i], 1);
        else
            ens_buf_printf(path, "%%%02X", value.p[i]);
}

void ens__h_query(ens_buf *path, const char *name, ens_slice value)
{
    if (!value.len)
        return;
    ens_buf_text(path, path->len && memchr(path->p, '?', path->len) ? "&" : "?");
    ens_buf_text(path, name);
    ens_buf_text(path, "=");
    ens__h_segment(path, value);
}
