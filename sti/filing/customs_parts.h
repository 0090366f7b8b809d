/* Inside customs. */
#ifndef ENS_STI_FILING_CUSTOMS_PARTS_H
#define ENS_STI_FILING_CUSTOMS_PARTS_H

#include "as4/ens/writer.h"
#include "as4/payload/payload.h"
#include "sti/filing/customs.h"

#define ENS_DAY ((ens_time)86400)
#define ENS_INVALIDATION_DAYS 200

#define ENS_CODE_VALUE "12"       /* CL723: incorrect value … */
#define ENS_CODE_WRONG_HOUSE "71" /* house consignment in a wrong state */
#define ENS_CODE_WRONG_STATE "72"
#define ENS_CODE_UNKNOWN_DOCUMENT "80"
#define ENS_CODE_DUPLICATE_DOCUMENT "81"
#define ENS_CODE_UNKNOWN_MRN "90"
#define ENS_CODE_DUPLICATE_LRN "94"
#define ENS_CODE_WRONG_ENTITY "96"
#define ENS_CODE_UNKNOWN_REFERENCE "98"
#define ENS_CODE_ADDED "101"
#define ENS_CODE_NOT_AMENDABLE "104"

struct ens_customs {
    ens_shelf *shelf;
    ens_customs_settings settings;
    ens__payload_ctx *reader; /* of documents that were kept */
    ens_report *aside;
    ens_arena arena; /* of one event */
    ens_time now;
    ens_slice work_id;
    const ens_incoming *in; /* NULL: an order */
    ens_letter *letters;
    size_t num_letters, room_letters;
    ens_alarm *alarms;
    size_t num_alarms, room_alarms;
    ens_reply_error *errors; /* why it is refused */
    size_t num_errors, room_errors;
    const char *why;
    ens_code code; /* the first failure */
    ens_err err;
};

/* An entity of an IE3R08 (CL721, CL744). */
typedef struct {
    const char *type;
    ens_slice identification;
    unsigned state;
} ens_entity;

/* What a letter is written of; what it doesn't say is repeated from doc. */
typedef struct {
    const char *action;
    const ens_filing *filing; /* that it is about; NULL: none */
    const ens_doc *doc;
    const char *mrn; /* that it tells; NULL: that of doc */
    const ens_report *report;
    const ens_reply_error *errors;
    size_t num_errors;
    const ens_referral *referral;
    ens_slice text;
    const ens__filing_key *persons; /* who has not filed */
    size_t num_persons;
    const ens_entity *entities;
    size_t num_entities;
    uint32_t house, num_houses; /* those that it is about, from that one on; 0: all */
    bool whole;                 /* an IE3N03 about the whole */
    bool v1;
} ens_writing;

/* -- What the parts share (customs.c) -- */

void *ens__customs_room(ens_customs *d, size_t size); /* zeroed; NULL: out of memory, latched */
/* ens__customs_grow makes room for one more record of a list (ens_arena_grow). */
void *ens__customs_grow(ens_customs *d, void *records, size_t num, size_t *room, size_t size);
const char *ens__customs_printf(ens_customs *d, const char *format, ...) ENS_PRINTF(2, 3);
void ens__customs_fail(ens_customs *d, ens_code code);
/* ens__customs_blame adds an error: at the element, or at the child of that name that it lacks or has. */
void ens__customs_blame(ens_customs *d, const char *code, const char *description, const ens_doc *doc, uint32_t node,
                        uint16_t child);
/* ens__customs_kept reads the document of a filing; NULL: there is none, or a failure. Until the next one is read. */
const ens_doc *ens__customs_kept(ens_customs *d, const ens_held *h);

/* ens__customs_answer writes to the access point that the message in hand came from (routing rule 1).
 * ens__customs_tell_filer writes to the one that a filing came from (rule 2); with asked, only when he asked for it.
 * ens__customs_tell writes to the access point that a person prefers (rule 3), and to nobody who has none; with asked,
 * only when he asked for it. A person is told nothing that the filer is told already. */
void ens__customs_answer(ens_customs *d, const ens_writing *w, ens_slice person);
void ens__customs_tell_filer(ens_customs *d, const ens_held *h, ens_writing *w, bool asked);
void ens__customs_tell(ens_customs *d, const ens_held *h, ens_writing *w, ens_slice person, bool asked);
void ens__customs_alarm(ens_customs *d, ens_order_kind kind, const ens_filing *f, ens_time due, ens_slice text);
/* ens__customs_hold keeps the analysis of a filing from ending where a cue has something asked; ens__customs_cue puts
 * down what customs do then, and which scene the filing is in. */
void ens__customs_hold(ens_customs *d, ens_held *h);
void ens__customs_cue(ens_customs *d, ens_held *h);
/* ens__customs_set changes the state, and what goes with it. */
void ens__customs_set(ens_customs *d, ens_held *h, ens_filing_state state);
/* ens__customs_refuse_form and ens__customs_refuse_life answer with the errors that were found. */
void ens__customs_refuse_form(ens_customs *d);
void ens__customs_refuse_life(ens_customs *d, const ens_held *h);
/* ens__customs_is_filer: one of the persons of the document is the declarant or the representative of the filing. */
bool ens__customs_is_filer(const ens_filing *f, const ens_doc *doc);
ens_slice ens__customs_value(const ens_doc *doc, uint16_t parent, uint16_t name);
ens_slice ens__customs_country(const ens_incoming *in);
/* ens__customs_uses tells whether the reference of the message in hand was used before, with an error; else it is used
 * up. */
bool ens__customs_uses(ens_customs *d, uint16_t name, ens_slice person, ens_slice mrn);
/* ens__customs_find looks up the filing of an MRN in the space of the message in hand. */
ens_held *ens__customs_find(ens_customs *d, ens_slice mrn);

/* -- The parts -- */

void ens__letter_write(ens_customs *d, const ens_writing *w, ens_slice *out);

void ens__customs_filed(ens_customs *d);
void ens__customs_amended(ens_customs *d);
void ens__customs_withdrawn(ens_customs *d);
void ens__customs_arrived(ens_customs *d);
void ens__customs_consulted(ens_customs *d);
void ens__customs_responded(ens_customs *d);

/* ens__filing_keys gathers what a filing is found by, and whether it names containers. */
void ens__filing_gather_keys(ens_customs *d, const ens_doc *doc, ens__filing_key **out, size_t *num);
bool ens__filing_names_containers(const ens_doc *doc);
/* ens__filing_link looks what a filing is linked with, and whether it is complete; both sides change. */
void ens__filing_link(ens_customs *d, ens_held *h);
size_t ens__filing_missing(ens_customs *d, ens_held *h, const ens__filing_key **persons);
size_t ens__filing_houses(ens_customs *d, ens_held *h, ens_held ***out);
/* ens__filing_comes_late: what it would be linked with has arrived. */
bool ens__filing_comes_late(ens_customs *d, ens_held *h);
/* ens__filing_describe keeps what a filing, or an amendment that replaces it, says of its carrier and of a split. */
void ens__filing_describe(const ens_incoming *in, ens_filing *f);
/* ens__filing_begin_analysis starts the times that a filing's dataset is analysed in. */
void ens__filing_begin_analysis(ens_customs *d, ens_held *h, const ens_doc *doc);
/* ens__filing_analyse_again has an amended dataset analysed, at once. */
void ens__filing_analyse_again(ens_customs *d, ens_held *h);
void ens__filing_do(ens_customs *d, ens_held *h, const ens_order *order);
/* ens__filing_answered goes on with the analysis once nothing is asked any more. */
void ens__filing_answered(ens_customs *d, ens_held *h);
void ens__filing_tell_control(ens_customs *d, ens_held *h);

/* ens__amendment_compare blames what an amendment may not change or add. */
void ens__amendment_compare(ens_customs *d, const ens_doc *was, const ens_doc *is);

#endif
