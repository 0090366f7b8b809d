#include "show/document.h"

#include "as4/envelope/names.h"
#include "as4/ics2/ics2.h"
#include "show/finding.h"

#include <stdio.h>

#define VALUE_SHOWN 60 /* columns of a value beside an error */

void ens__tables_json(ens_json *j, const ens_tables *tables)
{
    if (!tables) {
        ens__json_null(j, "tables");
        return;
    }
    ens_tables_facts facts = ens_tables_tell(tables);
    ens__json_open(j, "tables", '{');
    ens__json_text(j, "version", facts.version);
    ens__json_text(j, "date", facts.date);
    ens__json_text(j, "source", facts.source);
    ens__json_close(j, '}');
}

const char *ens__document_code_words(ens_slice code)
{
    const ens_table_code *found = ens__tables_code(&ens__tables, ENS_LIST_CL723, code);
    const char *label = found ? ens__tables_text(&ens__tables, found->label) : "";
    return label[0] ? label : NULL;
}

void ens__document_errors_json(ens_json *j, const ens_document_error *errors, size_t num, const ens_doc *sent)
{
    ens__json_open(j, "document_errors", '[');
    for (size_t i = 0; i < num; i++) {
        bool whole;
        uint32_t node = sent ? ens__doc_resolve(sent, errors[i].pointer, &whole) : 0;
        ens__json_open(j, NULL, '{');
        ens__json_some(j, "code", errors[i].code);
        ens__json_some(j, "pointer", errors[i].pointer);
        ens__json_some(j, "description", errors[i].description);
        ens__json_text(j, "meaning", ens__document_code_words(errors[i].code));
        if (node && whole)
            ens__json_slice(j, "value", ens__doc_text(sent, node));
        ens__json_close(j, '}');
    }
    ens__json_close(j, ']');
}

const char *ens__document_version(const ens_document *d)
{
    return ens_is(d->ns, ENS_NS_ICS2_V1) ? "V1.0" : ens_is(d->ns, ENS_NS_ICS2_V2) ? "V2.0" : NULL;
}

void ens__document_json(ens_json *j, const char *file, const ens_document_facts *d, const ens_answer *a,
                        const ens_report *report, const ens_doc *sent)
{
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "file", file);
    ens__json_text(j, "verdict", ens_verdict_name(a->verdict));
    ens__json_text(j, "ebms", a->code);
    ens__json_text(j, "reply", a->reply);
    ens__json_bool(j, "assumed", a->assumed);
    ens__json_some(j, "action", d->document.root);
    ens__json_text(j, "version", ens__document_version(&d->document));
    ens__json_some(j, "lrn", d->document.lrn);
    ens__json_some(j, "mrn", d->document.mrn);
    ens__tables_json(j, d->tables);
    ens__findings_json(j, report);
    ens__document_errors_json(j, d->errors, d->num_errors, sent);
    ens__json_close(j, '}');
    ens_buf_text(j->out, "\n");
}

static void put_field(const ens__page *page, const char *name, ens_slice text, const char *more)
{
    if (!text.len)
        return;
    ens_buf_printf(page->out, "  %-10s ", name);
    ens__page_put(page, text);
    if (more)
        ens_buf_printf(page->out, ": %s", more);
    ens_buf_text(page->out, "\n");
}

static void put_tables(const ens__page *page, const ens_tables *tables)
{
    char line[512];
    if (!tables)
        return;
    ens_tables_facts facts = ens_tables_tell(tables);
    snprintf(line, sizeof line, "%s%s%s, %s", facts.version, facts.date[0] ? " of " : "", facts.date, facts.source);
    ens_buf_printf(page->out, "  %-10s ", "tables");
    ens__page_wrap(page, 13, line);
}

/* put_element writes the element that an error points to, or how far its pointer leads. */
static void put_element(const ens__page *page, const ens_doc *sent, ens_slice pointer)
{
    bool whole;
    uint32_t node = ens__doc_resolve(sent, pointer, &whole);
    if (!node)
        return;
    const char *name = ens__tables_name_text(sent->tables, sent->node[node].name);
    ens__page_spaces(page, 8);
    if (!whole)
        ens_buf_printf(page->out, "the document that was sent has no such element below %s\n", name);
    else if (sent->node[node].len) {
        ens_buf_printf(page->out, "sent: %s = \"", name);
        ens__page_cut(page, ens__doc_text(sent, node), VALUE_SHOWN);
        ens_buf_text(page->out, "\"\n");
    } else {
        ens_buf_printf(page->out, "sent: %s\n", name);
    }
}

void ens__document_errors_page(const ens__page *page, const ens_document_error *errors, size_t num, const ens_doc *sent)
{
    for (size_t i = 0; i < num; i++) {
        const ens_document_error *e = &errors[i];
        const char *meaning = ens__document_code_words(e->code);
        ens_buf_printf(page->out, "  %serror%s  ", ens__page_colour(page, ENS_FAIL), ens__page_plain(page));
        ens__page_put(page, e->code);
        ens_buf_printf(page->out, "%s%s\n", meaning ? ": " : "", meaning ? meaning : "");
        if (e->description.len) {
            ens__page_spaces(page, 8);
            ens__page_put(page, e->description);
            ens_buf_text(page->out, "\n");
        }
        if (e->pointer.len) {
            ens_buf_text(page->out, "     at ");
            ens__page_put(page, e->pointer);
            ens_buf_text(page->out, "\n");
        }
        if (sent && e->pointer.len)
            put_element(page, sent, e->pointer);
    }
}

static void put_answer(const ens__page *page, const ens_answer *a)
{
    if (a->reply)
        ens_buf_printf(page->out, "  answer     %s, after the receipt of the message\n", a->reply);
    if (a->assumed)
        ens_buf_text(page->out, "  note       the refusal rests on readings of ours alone, which no document states\n");
}

void ens__document_page(const ens__page *page, const char *file, const ens_document_facts *d, const ens_answer *a,
                        const ens_report *report, const ens_doc *sent, bool all)
{
    const ens_action *action = ens__action_find(d->document.root);
    ens_buf_printf(page->out, "%s: %s%s%s\n", file, ens__page_verdict_colour(page, a->verdict),
                   ens_verdict_name(a->verdict), ens__page_plain(page));
    put_answer(page, a);
    put_field(page, "action", d->document.root, action ? action->description : NULL);
    put_field(page, "LRN", d->document.lrn, NULL);
    put_field(page, "MRN", d->document.mrn, NULL);
    put_tables(page, d->tables);
    ens__findings_block(page, report, all);
    ens__document_errors_page(page, d->errors, d->num_errors, sent);
}
