/* See writer.h. */
#include "as4/ens/writer.h"

#include "as4/envelope/names.h"

static const char *spell(const ens_docwriter *w, uint32_t row)
{
    const ens_table_name *name = &w->tables->name[w->tables->row[row].name];
    uint16_t alias = w->printed ? 0 : name->alias;
    return ens__tables_text(w->tables, alias ? w->tables->name[alias].text : name->text);
}

void ens__docwriter_begin(ens_docwriter *w, const ens_tables *tables, const char *message, bool v1, ens_buf *out)
{
    *w = (ens_docwriter){.tables = ens__tables_or_ours(tables), .out = out};
    const ens_table_message *m = ens__tables_message(w->tables, ens_str(message));
    if (!m) {
        w->failed = true;
        return;
    }
    w->open[0] = m->row;
    w->next[0] = m->row + 1;
    ens_buf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s xmlns=\"%s\">", message,
                   v1 ? ENS_NS_ICS2_V1 : ENS_NS_ICS2_V2);
}

/* find_row finds the row of a child that may stand here; 0 makes the document fail. */
static uint32_t find_row(ens_docwriter *w, uint16_t name)
{
    const ens_table_row *rows = w->tables->row;
    uint32_t parent = w->open[w->depth], end = parent + 1 + rows[parent].below;
    for (uint32_t row = w->next[w->depth]; !w->failed && row < end; row += 1 + rows[row].below)
        if (rows[row].name == name)
            return w->next[w->depth] = row;
    w->failed = true;
    return 0;
}

/* indent begins a line. */
static void indent(ens_docwriter *w, bool closing)
{
    if (w->dense)
        return;
    ens_buf_text(w->out, "\n");
    for (unsigned i = closing; i <= w->depth; i++)
        ens_buf_text(w->out, " ");
}

void ens__docwriter_open(ens_docwriter *w, uint16_t name)
{
    uint32_t row = find_row(w, name);
    if (!row || w->depth == ENS_TABLE_DEPTH_MAX) {
        w->failed = true;
        return;
    }
    indent(w, false);
    ens_buf_printf(w->out, "<%s>", spell(w, row));
    w->open[++w->depth] = row;
    w->next[w->depth] = row + 1;
}

void ens__docwriter_close(ens_docwriter *w)
{
    if (w->failed || !w->depth) {
        w->failed = true;
        return;
    }
    uint32_t row = w->open[w->depth--];
    indent(w, false);
    ens_buf_printf(w->out, "</%s>", spell(w, row));
}

static void put_text(ens_buf *out, ens_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        if (c == '&' || c == '<' || c == '>')
            ens_buf_text(out, c == '&' ? "&amp;" : c == '<' ? "&lt;" : "&gt;");
        else
            ens_buf_add(out, &c, 1);
    }
}

static bool is_date(const ens_docwriter *w, uint32_t row)
{
    const ens_table_row *r = &w->tables->row[row];
    return r->num_children == 1 && r[1].name == ENS_EL_DateTime;
}

void ens__docwriter_leaf(ens_docwriter *w, uint16_t name, ens_slice text)
{
    uint32_t row = find_row(w, name);
    if (!row)
        return;
    bool date = is_date(w, row);
    indent(w, false);
    ens_buf_printf(w->out, date ? "<%s><DateTime>" : "<%s>", spell(w, row));
    put_text(w->out, text);
    ens_buf_printf(w->out, date ? "</DateTime></%s>" : "</%s>", spell(w, row));
}

ens_code ens__docwriter_end(ens_docwriter *w, ens_err *err)
{
    if (w->failed || w->depth)
        return ens_fail(err, ENS_EPOLICY, "ICS2 HTI Information Exchange Specifications",
                        "the tables do not allow the document that was asked for", 0);
    indent(w, true);
    ens_buf_printf(w->out, "</%s>\n", spell(w, w->open[0]));
    return ens_buf_done(w->out, err);
}
