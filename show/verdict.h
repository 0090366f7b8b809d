/* The verdict on one message, as text for people and as the JSON object of the command contract. */
#ifndef ENS_SHOW_VERDICT_H
#define ENS_SHOW_VERDICT_H

#include "certs/lists/snapshot.h"
#include "ensign/verify.h"
#include "show/page.h"

/* What became of one input. message, answer and report of one that could not be read are empty. */
typedef struct {
    const char *file;
    const ens_message *message;
    const ens_answer *answer;
    const ens_report *report;
    const char *const *paths;  /* where each payload was written; NULL: nowhere */
    const ens_snapshot *lists; /* the trusted lists that were asked, or NULL */
    const char *error;         /* why it could not be read, or what it delivers not be written; or NULL */
} ens__verdict;

/* ens__verdict_json appends the object of `verify` and `receipt check`, as a line. */
void ens__verdict_json(const ens__verdict *v, ens_buf *out);

/* ens__verdict_page writes the verdict first, then what to do, then every check. all: checks that passed, too. */
void ens__verdict_page(const ens__page *page, const ens__verdict *v, bool all);

/* ens__verdict_line writes one line: the verdict with its code, and what could not be told. */
void ens__verdict_line(const ens__page *page, const ens__verdict *v);

#endif
