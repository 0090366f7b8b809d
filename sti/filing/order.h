/* What is done about a filing without a message of the trader: by an officer, by a scenario, or since its time has
 * come. It travels as the body of a task. */
#ifndef ENS_STI_FILING_ORDER_H
#define ENS_STI_FILING_ORDER_H

#include "sti/filing/filing.h"

#define ENS_ORDER_TEXT 512u /* bytes of what a trader is told */

typedef enum {
    ENS_ORDER_ASK_INFORMATION = 0, /* IE3Q02, RFI */
    ENS_ORDER_ASK_AMENDMENT,       /* IE3Q02, AMD */
    ENS_ORDER_ASK_SCREENING,       /* IE3Q03, RFS */
    ENS_ORDER_DO_NOT_LOAD,         /* IE3Q01 */
    ENS_ORDER_COMPLETE,            /* the analysis is complete: IE3N03 */
    ENS_ORDER_START,               /* analyse it though something is missing */
    ENS_ORDER_RELATE,              /* related by hand: nothing is missing */
    ENS_ORDER_CONTROL,             /* a control is decided: IE3N08 once it has arrived */
    ENS_ORDER_ANNOUNCE,            /* … and told to an authorised operator: IE3N09 */
    ENS_ORDER_PRESENT,             /* the goods are presented */
    ENS_ORDER_TELL_INCOMPLETE,     /* IE3N02, IE3N11 */
    ENS_ORDERS_OF_OFFICERS,
    ENS_ORDER_PRELOAD = ENS_ORDERS_OF_OFFICERS, /* times that have come: the analysis before loading … */
    ENS_ORDER_RISK,                             /* … of the whole */
    ENS_ORDER_LINKING,
    ENS_ORDER_INVALIDATION,
    ENS_ORDERS
} ens_order_kind;

const char *ens__order_name(ens_order_kind kind); /* "ask-information" … */
/* ens__order_find is false where no order has that name. */
bool ens__order_find(ens_slice name, ens_order_kind *out);

typedef struct {
    ens_order_kind kind;
    ens_slice mrn, text;
} ens_order;

/* ens__order_write makes the body of a task, ens__order_read takes it apart again: it borrows.  false: it is none. */
void ens__order_write(const ens_order *order, ens_buf *out);
bool ens__order_read(ens_slice body, ens_order *out);

/* The kind of work that orders are, in a space: "life", "life/SPACE". */
#define ENS_LIFE_KIND "life"
#define ENS_LIFE_KIND_MAX 80u
ens_slice ens__life_kind(const char *space, char out[ENS_LIFE_KIND_MAX]);

/* What a message asks for by itself, as a scenario has it or the end of its LRN: what it is answered, and what customs
 * do then. */
typedef enum { ENS_CUE_JUDGE = 0, ENS_CUE_FORM, ENS_CUE_LIFE, ENS_CUE_SILENT } ens_cue_answer;
#define ENS_CUE_ACTS 8u
typedef struct {
    ens_order_kind kind;
    ens_time delay;
    const char *text; /* NULL: none */
} ens_cue_act;

/* Texts are borrowed. answer: judge it; refuse it by its form (IE3N99), by its life (IE3N01) with an error of this
 * code, text and pointer (NULL: what stands for them); say nothing. */
typedef struct {
    ens_cue_answer answer;
    const char *code, *text, *pointer;
    unsigned after_ms; /* the answer is kept back for so long */
    ens_cue_act act[ENS_CUE_ACTS];
    unsigned num_acts;
    const char *scenario, *scene; /* that the filing is in from now on; NULL: as before */
    const char *wish;             /* what is to come later: "N07", "N08", "N09"; NULL: nothing */
} ens_cue;

/* ens__cue_of_lrn reads the end of an LRN: -N99, -N01, -N02, -N03, -Q01 … ; false: it asks for nothing. */
bool ens__cue_of_lrn(ens_slice lrn, ens_cue *out);

#endif
