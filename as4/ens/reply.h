/* What customs answer, made by the tables from the document that was sent: IE3N99, IE3R01, IE3N01 and the others that
 * repeat who filed what. */
#ifndef ENS_AS4_ENS_REPLY_H
#define ENS_AS4_ENS_REPLY_H

#include "as4/ens/writer.h"
#include "engine/base/report.h"
#include "ensign/time.h"

/* One error of an IE3N99 or IE3N01. pointer may be NULL. */
typedef struct {
    const char *code, *description, *pointer;
} ens_reply_error;

typedef struct {
    const ens_tables *tables; /* NULL: the compiled-in ones */
    const ens_doc *sent;      /* NULL: it could not be read */
    ens_time at;              /* of notification or registration */
    const char *mrn;          /* that customs give; NULL: that of the document, where it has one */
    const ens_report *report; /* what failed in it becomes errors; NULL: nothing */
    const ens_reply_error *errors;
    size_t num_errors; /* more errors, behind those of the report */
    /* Writes a child of the root by itself, if it wants to; false: it is repeated from the document. NULL: all are. */
    bool (*fill)(void *user, ens_docwriter *w, const ens_table_row *row);
    void *user;
    bool v1;
} ens_reply;

/* ens__reply_write writes a reply ("IE3N99"). What it may repeat and the document has, it repeats.
 * Errors  ENS_EPOLICY where the document lacks what the reply must have, or the tables have no such message;
 * ENS_ENOMEM, ENS_ELIMIT */
ENS_CHECK ens_code ens__reply_write(const char *message, const ens_reply *reply, ens_buf *out, ens_err *err);

/* ens__reply_code is the code of CL723 for a fault: the one that is known, else the nearest by its words. */
const char *ens__reply_code(const ens_finding *f);

#endif
