/* Anonymised copies of the messages of a sheet: each has the findings of its message, and nothing of its values. */
#ifndef ENS_TESTS_AS4_SHEET_COPIES_H
#define ENS_TESTS_AS4_SHEET_COPIES_H

#include "ensign/verify.h"

typedef struct sheet_copies sheet_copies;

typedef struct {
    unsigned num, same, refused, refused_same;
} sheet_copies_counts;

sheet_copies *sheet_copies_new(void);
void sheet_copies_free(sheet_copies *c);
void sheet_copies_make(sheet_copies *c, const char *path, const ens_verify_options *how, bool refused);
sheet_copies_counts sheet_copies_count(const sheet_copies *c);

#endif
