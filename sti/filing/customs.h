/* Customs: takes what traders send and what officers order, keeps the life cycle of filings, and writes
 * what is answered. It seals and sends nothing; what it decides is one change of the store.
 * Source  ICS2-HTI ICD 3.1, 3.3.2.3; ICS2 Business Process Description 2.00; ICS2 HTI BPM L4 2.00 */
#ifndef ENS_STI_FILING_CUSTOMS_H
#define ENS_STI_FILING_CUSTOMS_H

#include "as4/ens/reply.h"
#include "sti/filing/order.h"
#include "sti/filing/shelf.h"

#define ENS_LETTER_PARTS 63u  /* notifications that go with an IE3R08 */
#define ENS_LINKING_SECONDS 0 /* where nothing is set: the times for linking are not published */

typedef struct {
    ens_time linking;      /* how long a partial filing may wait for the others before that is told */
    ens_time invalidation; /* 0: 200 days */
    const char *mark;      /* three letters of the MRNs, by the environment; NULL: SIM */
} ens_customs_settings;

/* A message to be sealed and sent. */
typedef struct {
    const char *action;
    char to[ENS_STORE_PARTY + 1]; /* the access point */
    ens_slice person, mrn;        /* who is told, about which filing */
    ens_slice ref_to;             /* the message that it answers; empty: none */
    ens_slice document;
    ens_slice *further; /* documents that go with it */
    size_t num_further;
    bool v1;
    unsigned after_ms; /* it leaves no earlier */
} ens_letter;

/* Something to be done at a time of the space's clock. */
typedef struct {
    ens_order order;
    ens_time due;
} ens_alarm;

/* What came of an event. Lives until the next one. */
typedef struct {
    const ens_letter *letters;
    size_t num_letters;
    const ens_alarm *alarms;
    size_t num_alarms;
    const char *why; /* no letter: the reason, a literal; else NULL */
} ens_customs_outcome;

typedef struct ens_customs ens_customs;                                                /* one of a thread */
ens_customs *ens__customs_new(ens_shelf *shelf, const ens_customs_settings *settings); /* NULL without memory */
void ens__customs_free(ens_customs *d);

/* A business document that came in a message. */
typedef struct {
    ens_slice work_id, message_id, party, space, action;
    ens_slice text;           /* the document */
    const ens_doc *document;  /* … read; NULL: it could not be */
    const ens_report *report; /* what failed in it */
    bool at_fault, v1;
    const ens_cue *cue; /* NULL: nothing is asked for */
} ens_incoming;

/* ens__customs_take does what a message asks for; ens__customs_obey what an order says. work_id is what MRNs are made
 * of: the same event gives the same. Both change filings on the shelf.
 * Errors  those of the shelf and of writing documents */
ENS_CHECK ens_code ens__customs_take(ens_customs *d, const ens_incoming *in, ens_time now, ens_customs_outcome *out,
                                     ens_err *err);
ENS_CHECK ens_code ens__customs_obey(ens_customs *d, const ens_order *order, ens_slice work_id, ens_time now,
                                     ens_customs_outcome *out, ens_err *err);

/* ens__mrn_make makes an MRN: year, country, the mark and eight characters of seed, the shared trader interface, T for
 * a filing or Z for an arrival, the check digit.   Source  R3004 */
ENS_CHECK bool ens__mrn_make(ens_slice seed, ens_slice country, const char *mark, bool arrival, ens_time at,
                             char out[19]);

/* ens__customs_filing_of is the filing that a message is about, NULL where it names none that is known: for whoever
 * looks up what scene it is in. */
ens_held *ens__customs_filing_of(ens_customs *d, const ens_doc *document);

#endif
