/* Messages of the shared answer sheets, read down to the ebMS header, and the sheets themselves. */
#ifndef ENS_TESTS_AS4_SAMPLE_H
#define ENS_TESTS_AS4_SAMPLE_H

#include "as4/envelope/ebms.h"
#include "as4/envelope/soap.h"
#include "as4/mime/mime.h"
#include "engine/base/file.h"

typedef struct {
    ens_file file;
    ens_arena arena;
    ens_libxml *xml;
    ens_mime mime;
    ens_soap soap;
    ens_header header;
    ens_report *report; /* findings of the readers */
} sample;

/* sample_read reads data/messages/<path>; NULL after an ens_skip, or after a failed check when the file can't be read.
 */
sample *sample_read(const char *path);
void sample_free(sample *s);
bool sample_from_customs(const sample *s);

typedef struct {
    ens_slice file, family, verdict, ebms, check;
} sheet_row;

/* sheet_each calls each with every row of data/messages/<folder>/verdicts.tsv and returns how many there were. */
unsigned sheet_each(const char *folder, void (*each)(const char *folder, const sheet_row *row));

#endif
