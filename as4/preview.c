#include "as4/preview.h"

#include "as4/mime/mime.h"
#include "as4/payload/document.h"
#include "as4/seal_as.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)

struct ens_preview {
    ens_verifier *verifier;
    ens_document_reader reader;
    ens_arena arena;
    ens_report report;
    ens_document document;
};

ens_preview *ens__preview_new(void)
{
    ens_preview *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    ens_arena_init(&p->arena, ARENA_MAX);
    ens__report_init(&p->report);
    p->reader = (ens_document_reader){.scan = ens__scan_new(), .xml = ens__xmlstream_new()};
    if (p->reader.scan && p->reader.xml && ens_verifier_new(&p->verifier, NULL) == ENS_OK)
        return p;
    ens__preview_free(p);
    return NULL;
}

void ens__preview_free(ens_preview *p)
{
    if (!p)
        return;
    ens_verifier_free(p->verifier);
    ens__scan_free(p->reader.scan);
    ens__xmlstream_free(p->reader.xml);
    ens__report_clear(&p->report);
    ens_arena_free(&p->arena);
    free(p);
}

/* What is in the document is judged when it is sealed. */
void ens__preview_read(ens_preview *p, ens_slice document)
{
    p->document = (ens_document){0};
    ens_arena_reset(&p->arena);
    if (document.len)
        ens__document_read(p->reader, document, NULL, &p->arena, &p->document, &p->report);
    ens__report_reset(&p->report);
}

ens_slice ens__preview_cid(const ens_preview *p, const char *path, size_t nth)
{
    const ens_document *d = &p->document;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    ens_slice whole = ens_str(name), stem = dot && dot > name ? ens_bytes(name, (size_t)(dot - name)) : whole;
    for (unsigned i = 0; i < d->num_files && i < ENS_PARTS_MAX; i++) {
        ens_slice id = d->file[i].identification;
        if (ens_starts(id, ENS_LIT("cid:")))
            id = ens_from(id, 4);
        if (ens_eq(id, whole) || ens_eq(id, stem))
            return id;
    }
    return nth < d->num_files && nth < ENS_PARTS_MAX && d->file[nth].identification.len ? d->file[nth].identification
                                                                                        : whole;
}

/* judge_names: what no receiver finds again, though a judge of the message alone may. */
static void judge_names(const ens_seal_message_options *m, ens_report *report)
{
    for (size_t i = 1; i < m->num_parts; i++) {
        ens_slice cid = m->parts[i].cid;
        if (!ens__content_id_plain(cid))
            ens__failf(report, "mime.content-id", "RFC 2392, 2; RFC 5322, 3.6.4",
                       "rename the file, and its identification in the document: letters, digits, . _ @ and - alone",
                       "receivers don't find an attachment that is called %s", ens__show(report, cid));
    }
}

void ens__preview_judge(ens_preview *p, const ens_verify_options *judge, ens_slice sealed)
{
    ens_message message;
    ens__report_reset(&p->report);
    ens_verify(p->verifier, sealed, judge, &message, &p->report);
}

ens_code ens__preview_seal(ens_preview *p, ens_sealer *sealer, const ens_seal_message_options *m,
                           const ens_verify_options *judge, ens_slice *out, ens_err *err)
{
    ens_code code = ens_seal_message(sealer, m, out, err);
    if (code != ENS_OK)
        return code;
    ens__preview_judge(p, judge, *out);
    if (ens_report_verdict(&p->report) != ENS_REFUSED)
        judge_names(m, &p->report);
    return ENS_OK;
}

void ens__preview_tell_passed(ens_sealer *sealer, void (*passed)(void *user, ens_slice octets), void *user)
{
    ens__sealer_tell_passed(sealer, passed, user);
}

const ens_report *ens__preview_report(const ens_preview *p)
{
    return &p->report;
}
