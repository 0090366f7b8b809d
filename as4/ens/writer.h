/* Writing business documents by the message tables: element by element, in the order of the tables and in no other. */
#ifndef ENS_AS4_ENS_WRITER_H
#define ENS_AS4_ENS_WRITER_H

#include "as4/ens/doc.h"
#include "ensign/time.h"

/* A document in the making. What the tables do not have there, and what stands out of order, makes it fail. */
typedef struct {
    const ens_tables *tables;
    ens_buf *out;
    uint32_t open[ENS_TABLE_DEPTH_MAX + 1], next[ENS_TABLE_DEPTH_MAX + 1]; /* rows; [0] is the root */
    unsigned depth;
    bool printed; /* spell the two names that alone begin with a capital as the tables print them */
    bool dense;   /* no white space between elements */
    bool failed;
} ens_docwriter;

/* ens__docwriter_begin opens the root of a message, in the namespace of version 2; v1: of version 1. Set dense and
 * printed behind it. */
void ens__docwriter_begin(ens_docwriter *w, const ens_tables *tables, const char *message, bool v1, ens_buf *out);
void ens__docwriter_open(ens_docwriter *w, uint16_t name);
void ens__docwriter_close(ens_docwriter *w);
/* ens__docwriter_leaf writes an element with a text, of a date the DateTime below it. */
void ens__docwriter_leaf(ens_docwriter *w, uint16_t name, ens_slice text);
/* ens__docwriter_end closes the root. ENS_EPOLICY: the tables do not allow what was written. */
ENS_CHECK ens_code ens__docwriter_end(ens_docwriter *w, ens_err *err);

/* What a skeleton is to hold beyond what a message must. */
typedef struct {
    const ens_tables *tables; /* NULL: the compiled-in ones */
    const char *message;      /* "IE3F26" */
    const char *from;         /* EORI of who sends it; NULL: an example */
    const char *lrn, *mrn;    /* NULL: examples, as below */
    const char *number;       /* of transport documents */
    const char *reference;    /* of the request that it answers */
    ens_time at;
    bool v1, printed, dense; /* as of ens_docwriter */
    /* Whether there is an nth element of that name, from 1, below its parent: 1 or 0; negative: as the rules want it.
     * NULL: so always. */
    int (*another)(void *user, uint16_t name, uint16_t parent, uint32_t nth);
    /* The text of the nth such element, from 1, in *out; false: an example. NULL: so always. */
    bool (*value)(void *user, uint16_t name, uint16_t parent, uint32_t nth, ens_slice *out);
    void *user;
} ens_skeleton;

/* ens__skeleton_write writes a document that keeps tables and rules: what is mandatory, and what rules then ask for,
 * with examples that a person replaces.
 * Errors  ENS_EPOLICY the tables do not know the message, ENS_ENOMEM, ENS_ELIMIT
 */
ENS_CHECK ens_code ens__skeleton_write(const ens_skeleton *s, ens_buf *out, ens_err *err);

#endif
