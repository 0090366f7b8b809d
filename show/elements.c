/* What a business document says; see document.h. */
#include "show/document.h"
#include "show/verdict_html.h"

#include <ctype.h>

#define TEXT_MAX ((size_t)16 << 10)
#define LABEL_COLUMN 34 /* where values begin, at least */

/* put_words writes a name as words: placeOfDelivery is "place of delivery". Acronyms stay. */
static void put_words(ens_buf *out, const char *name)
{
    for (const char *c = name; *c; c++) {
        bool capital = isupper((unsigned char)*c), inside = c > name && isupper((unsigned char)c[-1]);
        bool acronym = capital && (inside || isupper((unsigned char)c[1]));
        char small = capital && !acronym ? (char)tolower((unsigned char)*c) : *c;
        if (capital && !inside && c > name)
            ens_buf_text(out, " ");
        ens_buf_add(out, &small, 1);
    }
}

/* put_value writes the text of an element, and what its code means. */
static void put_value(ens_buf *out, const ens_doc *d, uint32_t node)
{
    const ens_table_row *row = &d->tables->row[d->node[node].row];
    const ens_table_code *code = row->list ? ens__tables_code(d->tables, row->list, ens__doc_text(d, node)) : NULL;
    const char *label = code ? ens__tables_text(d->tables, code->label) : "";
    ens_buf_put(out, ens__doc_text(d, node));
    if (label[0] && row->list != ENS_LIST_CL733)
        ens_buf_printf(out, " (%s)", label);
}

static bool is_leaf(const ens_doc *d, uint32_t node)
{
    return ens__doc_end(d, node) == node + 1;
}

/* is_flat: it holds values and nothing deeper. */
static bool is_flat(const ens_doc *d, uint32_t node)
{
    for (uint32_t child = node + 1; child < ens__doc_end(d, node); child = ens__doc_end(d, child))
        if (!is_leaf(d, child))
            return false;
    return true;
}

/* put_address writes an address as on a letter. */
static void put_address(ens_buf *out, const ens_doc *d, uint32_t node)
{
    static const struct {
        uint16_t name;
        const char *before;
    } parts[] = {{ENS_EL_street, ""},           {ENS_EL_number, " "},    {ENS_EL_streetAdditionalLine, ", "},
                 {ENS_EL_poBox, ", P.O. box "}, {ENS_EL_postCode, ", "}, {ENS_EL_city, " "},
                 {ENS_EL_subDivision, ", "},    {ENS_EL_country, ", "}};
    size_t before = out->len;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        ens_slice text = ens__doc_value(d, node, parts[i].name);
        if (!text.len)
            continue;
        const char *between = parts[i].before;
        ens_buf_text(out, out->len > before ? between : between + (between[0] == ',' ? 2 : between[0] == ' '));
        ens_buf_put(out, text);
    }
}

static void put_flat(ens_buf *out, const ens_doc *d, uint32_t node)
{
    size_t before = out->len;
    if (d->node[node].name == ENS_EL_address) {
        put_address(out, d, node);
        return;
    }
    for (uint32_t child = node + 1; child < ens__doc_end(d, node); child = ens__doc_end(d, child)) {
        ens_buf_text(out, out->len > before ? ", " : "");
        put_value(out, d, child);
    }
}

/* put_line writes a name and, from a column on, what it says. */
static void put_line(const ens__page *page, const ens_doc *d, uint32_t node, int indent)
{
    ens_buf line;
    char first[512];
    size_t start = page->out->len;
    ens_buf_init(&line, first, sizeof first, TEXT_MAX);
    ens__page_spaces(page, indent);
    put_words(page->out, ens__tables_name_text(d->tables, d->node[node].name));
    int column = (int)(page->out->len - start) + 1;
    ens__page_spaces(page, column < LABEL_COLUMN ? LABEL_COLUMN - column + 1 : 1);
    if (is_leaf(d, node))
        put_value(&line, d, node);
    else
        put_flat(&line, d, node);
    ens_buf_add(&line, "", 1);
    ens__page_wrap(page, column < LABEL_COLUMN ? LABEL_COLUMN : column, line.failed ? "?" : (const char *)line.p);
    ens_buf_free(&line);
}

static void put_heading(const ens__page *page, const ens_doc *d, uint32_t node, int indent)
{
    const ens_doc_node *n = &d->node[node];
    ens__page_spaces(page, indent);
    ens_buf_text(page->out, ens__page_bold(page));
    if (node == ENS_DOC_ROOT)
        ens_buf_text(page->out, ens__tables_name_text(d->tables, n->name));
    else
        put_words(page->out, ens__tables_name_text(d->tables, n->name));
    if (d->tables->row[n->row].max > 1)
        ens_buf_printf(page->out, " %u", n->position);
    ens_buf_printf(page->out, "%s\n", ens__page_plain(page));
}

void ens__elements_page(const ens__page *page, const ens_doc *d)
{
    uint32_t end[ENS_TABLE_DEPTH_MAX + 2];
    unsigned depth = 0;
    for (uint32_t node = ENS_DOC_ROOT; node < d->num;) {
        while (depth && node >= end[depth - 1])
            depth--;
        bool open = !is_leaf(d, node) && !is_flat(d, node) && depth <= ENS_TABLE_DEPTH_MAX;
        if (open) {
            put_heading(page, d, node, (int)depth * 2);
            end[depth++] = ens__doc_end(d, node);
        } else {
            put_line(page, d, node, (int)depth * 2);
        }
        node = open ? node + 1 : ens__doc_end(d, node);
    }
}

/* put_item begins the list item of an element, with its name in words. */
static void put_item(ens_html *h, const ens_doc *d, uint32_t node, bool open)
{
    char first[256];
    ens_buf words;
    const ens_doc_node *n = &d->node[node];
    const char *name = ens__tables_name_text(d->tables, n->name);
    ens_buf_init(&words, first, sizeof first, TEXT_MAX);
    if (node == ENS_DOC_ROOT)
        ens_buf_text(&words, name);
    else
        put_words(&words, name);
    if (open && d->tables->row[n->row].max > 1)
        ens_buf_printf(&words, " %u", n->position);
    ens__h_open(h, "li");
    if (open)
        ens__h_leaf_slice(h, "strong", NULL, ens_buf_slice(&words));
    else
        ens__h_leaf_slice(h, "span", "dim", ens_buf_slice(&words));
    ens_buf_free(&words);
}

static void put_text(ens_html *h, const ens_doc *d, uint32_t node)
{
    char first[512];
    ens_buf line;
    ens_buf_init(&line, first, sizeof first, TEXT_MAX);
    if (is_leaf(d, node))
        put_value(&line, d, node);
    else
        put_flat(&line, d, node);
    ens__h_put(h, ": ");
    ens__h_text(h, line.failed ? ENS_LIT("?") : ens_buf_slice(&line));
    ens_buf_free(&line);
    ens__h_close(h);
}

static void close_list(ens_html *h)
{
    ens__h_close(h);
    ens__h_close(h);
    ens_buf_text(h->out, "\n");
}

void ens__elements_html(ens_html *h, const ens_doc *d)
{
    uint32_t end[ENS_TABLE_DEPTH_MAX + 2];
    unsigned depth = 0, shown = 0;
    ens__h_open(h, "ul");
    ens__h_attr(h, "class", "doc");
    for (uint32_t node = ENS_DOC_ROOT; node < d->num && shown < ENS_ELEMENTS_SHOWN; shown++) {
        for (; depth && node >= end[depth - 1]; depth--)
            close_list(h);
        bool open = !is_leaf(d, node) && !is_flat(d, node) && depth <= ENS_TABLE_DEPTH_MAX;
        put_item(h, d, node, open);
        if (open) {
            ens__h_open(h, "ul");
            end[depth++] = ens__doc_end(d, node);
        } else {
            put_text(h, d, node);
        }
        node = open ? node + 1 : ens__doc_end(d, node);
    }
    for (; depth; depth--)
        close_list(h);
    ens__h_close(h);
    if (shown == ENS_ELEMENTS_SHOWN)
        ens__h_leaf(h, "p", "dim", "The document goes on: the rest is in the file.");
}

void ens__elements_json(ens_json *j, const ens_doc *d)
{
    uint32_t end[ENS_TABLE_DEPTH_MAX + 2];
    unsigned depth = 0;
    ens__json_open(j, "elements", '[');
    for (uint32_t node = ENS_DOC_ROOT; node < d->num; node++) {
        for (; depth && node >= end[depth - 1]; depth--) {
            ens__json_close(j, ']');
            ens__json_close(j, '}');
        }
        ens__json_open(j, NULL, '{');
        ens__json_text(j, "name", ens__tables_name_text(d->tables, d->node[node].name));
        if (is_leaf(d, node)) {
            ens__json_slice(j, "value", ens__doc_text(d, node));
            ens__json_close(j, '}');
        } else {
            ens__json_open(j, "elements", '[');
            end[depth++] = ens__doc_end(d, node);
        }
    }
    for (; depth; depth--) {
        ens__json_close(j, ']');
        ens__json_close(j, '}');
    }
    ens__json_close(j, ']');
}
