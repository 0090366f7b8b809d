#include "tests/as4/ens_judged.h"

#include "tests/suite.h"

#include "as4/envelope/names.h"
#include "as4/payload/document.h"

#include <stdio.h>
#include <stdlib.h>

#define ROOM ((size_t)4 << 20)

static ens_docreader *reader; /* of the last text, so that what it read stays */

const ens_doc *ens_judged_doc(void)
{
    return ens__docreader_doc(reader);
}

static ens_doc_store remembers;
static void *remembers_user;

void ens_judged_store(ens_doc_store store, void *user)
{
    remembers = store;
    remembers_user = user;
}

const ens_report *ens_judged_text(const char *document)
{
    static ens_report report;
    static char text[ROOM];
    ens__docreader_free(reader);
    reader = ens__docreader_new();
    ens_document out;
    ens_arena arena;
    ens_document_reader by = {.scan = ens__scan_new(), .xml = ens__xmlstream_new(), .tables = reader};
    by.by_tables.reply = "IE3N99";
    by.by_tables.store = remembers;
    by.by_tables.store_user = remembers_user;
    const char *close = document[1] == '?' ? strchr(strchr(document, '>') + 1, '>') : strchr(document, '>');
    if (memmem(document, (size_t)(close - document), "xmlns=", 6))
        snprintf(text, sizeof text, "%s", document);
    else
        snprintf(text, sizeof text, "%.*s xmlns='" ENS_NS_ICS2_V2 "'%s", (int)(close - document), document, close);
    ens__report_clear(&report);
    ens__report_init(&report);
    ens_arena_init(&arena, ROOM);
    ens__document_read(by, ens_str(text), NULL, &arena, &out, &report);
    ens__scan_free(by.scan);
    ens__xmlstream_free(by.xml);
    ens_arena_free(&arena);
    return &report;
}

const ens_report *ens_judged_edit(const char *document, const char *from, const char *to)
{
    static char edited[ROOM];
    const char *at = strstr(document, from);
    if (!at)
        return NULL;
    snprintf(edited, sizeof edited, "%.*s%s%s", (int)(at - document), document, to, at + strlen(from));
    return ens_judged_text(edited);
}

const ens_finding *ens_judged_find(const ens_report *report, const char *check, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(report); i++)
        if (report->findings[i].outcome == outcome && strcmp(report->findings[i].id, check) == 0)
            return &report->findings[i];
    return NULL;
}

unsigned ens_judged_faults(const ens_report *report)
{
    unsigned num = 0;
    for (size_t i = 0; i < ens_report_num(report); i++)
        num += report->findings[i].outcome == ENS_FAIL;
    return num;
}

const char *ens_judged_tell(const ens_report *report)
{
    static char lines[4096];
    size_t len = 0;
    lines[0] = '\0';
    for (size_t i = 0; i < ens_report_num(report) && len < sizeof lines; i++) {
        const ens_finding *f = &report->findings[i];
        if (f->outcome == ENS_FAIL || f->outcome == ENS_WARN)
            len += (size_t)snprintf(lines + len, sizeof lines - len, "\n      %s %s %s (%s)",
                                    ens_outcome_name(f->outcome), f->id, ens_detail(f), f->xpath ? f->xpath : "");
    }
    return lines;
}
