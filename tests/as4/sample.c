#include "tests/as4/sample.h"

#include "as4/envelope/ebms.h"
#include "as4/envelope/names.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

sample *sample_read(const char *path)
{
    char relative[512];
    snprintf(relative, sizeof relative, "data/messages/%s", path);
    const char *full = ens_shared(relative);
    sample *s = full ? calloc(1, sizeof *s) : NULL;
    if (!s)
        return NULL;
    ens_arena_init(&s->arena, (size_t)16 << 20);
    s->xml = ens__libxml_new();
    s->report = ens_report_new();
    if (!s->xml || !s->report || ens__file_open(full, 0, &s->file, NULL) != ENS_OK) {
        CHECK_ROW(false, "can't read %s", full);
        sample_free(s);
        return NULL;
    }
    ens__mime_read(s->file.bytes, (ens_slice){0}, &s->arena, &s->mime, s->report);
    ens__soap_read(s->xml, s->mime.root.body, &s->arena, &s->soap, s->report);
    if (s->soap.messaging)
        ens__ebms_read(s->soap.messaging, &s->arena, &s->header, s->report);
    return s;
}

void sample_free(sample *s)
{
    if (!s)
        return;
    ens__soap_clear(&s->soap);
    ens__file_close(&s->file);
    ens_report_free(s->report);
    ens__libxml_free(s->xml);
    ens_arena_free(&s->arena);
    free(s);
}

bool sample_from_customs(const sample *s)
{
    return ens_is(s->header.service, ENS_SERVICE_C2T) || ens_is(s->header.from.type, ENS_PARTY_TYPE_AUTH);
}

static bool split_row(ens_slice line, sheet_row *out)
{
    ens_slice *field[] = {&out->file, &out->family, &out->verdict, &out->ebms, NULL, &out->check};
    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        size_t tab = ens__find(line, ENS_LIT("\t"), 0);
        if (tab == SIZE_MAX)
            return false;
        if (field[i])
            *field[i] = ens_sub(line, 0, tab);
        line = ens_from(line, tab + 1);
    }
    return true;
}

unsigned sheet_each(const char *folder, void (*each)(const char *folder, const sheet_row *row))
{
    char relative[128];
    snprintf(relative, sizeof relative, "data/messages/%s/verdicts.tsv", folder);
    const char *full = ens_shared(relative);
    ens_file f = {0};
    if (!full || ens__file_open(full, 0, &f, NULL) != ENS_OK)
        return 0;
    ens_reader r = ens_read(f.bytes);
    ens_slice line;
    unsigned num = 0;
    if (ens_take_line(&r, &line)) /* the heading */
        for (sheet_row row; ens_take_line(&r, &line) && split_row(line, &row); num++)
            each(folder, &row);
    ens__file_close(&f);
    return num;
}
