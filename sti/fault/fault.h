/* Faults on demand, for those who rehearse what their software does about them: a message asks for one by the end of
 * its LRN, as payment test cards do by their number. Only in profile rehearsal. */
#ifndef ENS_STI_FAULT_FAULT_H
#define ENS_STI_FAULT_FAULT_H

#include "ensign/verify.h"

#define ENS_FAULT_SLOW_MAX 60u                 /* seconds */
#define ENS_FAULT_LOOKED_AT ((size_t)64 << 10) /* bytes of the document, for its LRN */

typedef enum {
    ENS_FAULT_NONE = 0,
    ENS_FAULT_REFUSE, /* -0101 …, -EBMS0003 …, -A001 … -A003: refused by that code */
    ENS_FAULT_LOST,   /* -LOST: accepted and kept, and the connection ends without an answer, the first time */
    ENS_FAULT_CUT,    /* -CUT: the connection ends in the middle of the answer, the first time */
    ENS_FAULT_SLOW,   /* -SLOW5: the answer comes so many seconds later */
    ENS_FAULT_DIGEST  /* -DIGEST: a receipt whose digests are not the message's */
} ens_fault_kind;

typedef struct {
    ens_fault_kind kind;
    const char *code, *subcode; /* of REFUSE: constants; subcode may be NULL */
    unsigned seconds;           /* of SLOW */
} ens_fault;

/* ens__fault_of_lrn reads the end of an LRN. */
ens_fault ens__fault_of_lrn(ens_slice lrn);
/* ens__fault_of_message finds the LRN of the business document of a message, and reads its end. */
ens_fault ens__fault_of_message(const ens_message *m);

#endif
