/* A business document as HTML; see verdict_html.h. */
#include "as4/ics2/ics2.h"
#include "show/report_html.h"
#include "show/verdict_html.h"

#include <stdio.h>

#define VALUE_SHOWN 200u /* bytes of a value beside an error */

/* put_sent writes the element that an error points to, or how far its pointer leads. */
static void put_sent(ens_html *h, const ens_doc *sent, ens_slice pointer)
{
    bool whole;
    uint32_t node = ens__doc_resolve(sent, pointer, &whole);
    if (!node)
        return;
    const char *name = ens__tables_name_text(sent->tables, sent->node[node].name);
    ens__h_open(h, "div");
    if (!whole)
        ens__h_putf(h, "the document that was sent has no such element below %s", name);
    else {
        ens__h_putf(h, "sent: %s = ", name);
        ens__h_leaf_slice(h, "code", NULL, ens_sub(ens__doc_text(sent, node), 0, VALUE_SHOWN));
    }
    ens__h_close(h);
}

void ens__document_errors_html(ens_html *h, const ens_document_error *errors, size_t num, const ens_doc *sent)
{
    if (!num)
        return;
    ens__h_leaf(h, "h2", NULL, "What customs say is wrong in the document");
    ens__h_open(h, "ol");
    ens__h_attr(h, "class", "todo");
    for (size_t i = 0; i < num; i++) {
        const ens_document_error *e = &errors[i];
        ens__h_open(h, "li");
        ens__h_attr(h, "class", "fail");
        ens__h_leaf_slice(h, "strong", NULL, e->code);
        ens__h_put(h, " ");
        ens__h_put(h, ens__document_code_words(e->code));
        if (e->description.len)
            ens__h_leaf_slice(h, "div", NULL, e->description);
        if (e->pointer.len)
            ens__h_leaf_slice(h, "code", NULL, e->pointer);
        if (sent && e->pointer.len)
            put_sent(h, sent, e->pointer);
        ens__h_close(h);
    }
    ens__h_close(h);
}

static const char *said_of(const ens_answer *a, char *out, size_t size)
{
    if (a->verdict == ENS_ACCEPTED)
        return "It keeps the tables and the rules.";
    if (a->verdict == ENS_UNDECIDED)
        return "Nobody can tell yet: something that acceptance needs could not be judged.";
    snprintf(out, size, "It is refused%s%s%s.", a->reply ? " with " : "", a->reply ? a->reply : "",
             a->reply ? ", after the receipt of the message" : "");
    return out;
}

void ens__document_html(ens_html *h, const char *file, const ens_document_facts *d, const ens_answer *a,
                        const ens_report *report, const ens_doc *sent)
{
    char said[128];
    const ens_action *action = ens__action_find(d->document.root);
    ens__h_open(h, "section");
    ens__h_attr(h, "class", "report");
    ens__h_attr(h, "lang", "en");
    ens__banner_html(h, a->verdict, d->document.root.len ? d->document.root : ens_str(file),
                     said_of(a, said, sizeof said), file);
    ens__h_open(h, "dl");
    ens__h_attr(h, "class", "facts");
    ens__fact_html(h, "Action", d->document.root, action ? action->description : NULL);
    ens__fact_html(h, "LRN", d->document.lrn, NULL);
    ens__fact_html(h, "MRN", d->document.mrn, NULL);
    ens__fact_html(h, "Version", ens_str(ens__document_version(&d->document)), NULL);
    if (d->tables) {
        ens_tables_facts facts = ens_tables_tell(d->tables);
        ens__fact_html(h, "Tables", ens_str(facts.version), facts.date);
    }
    ens__h_close(h);
    ens__todo_html(h, report, NULL);
    ens__document_errors_html(h, d->errors, d->num_errors, sent);
    if (d->elements) {
        ens__h_leaf(h, "h2", NULL, "What it says");
        ens__elements_html(h, d->elements);
    }
    ens__findings_html(h, report);
    ens__h_close(h);
}
