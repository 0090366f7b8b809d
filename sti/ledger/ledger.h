/* Predicted and real: what our judgement says another access point will answer, what it did answer, and whether that is
 * the same. The rows are kept by the store (sti/store/ledger.h). */
#ifndef ENS_STI_LEDGER_LEDGER_H
#define ENS_STI_LEDGER_LEDGER_H

#include "ensign/verify.h"
#include "sti/store/ledger.h"

#define ENS_LEDGER_WORDS 2048u           /* bytes of what is said of a row */
#define ENS_LEDGER_DUPLICATE "duplicate" /* the check of what is predicted of a message that came before */

/* ens__entry_of is what the journal calls a message of that kind. */
ens_entry_kind ens__entry_of(ens_message_kind kind);
/* ens__references_print is the fingerprint of what a receipt of the message repeats: a copy has the same. False without
 * a digest. */
bool ens__references_print(const ens_message *m, uint8_t out[32]);

/* ens__ledger_predict fills the row's message and prediction from a judged message; texts go into the arena. domibus:
 * what refuses is told by the codes that a Domibus was seen to give. */
void ens__ledger_predict(const ens_message *m, const ens_report *report, bool domibus, ens_arena *arena,
                         ens__ledger_row *row);
/* ens__ledger_expect changes a prediction by what came before under the same id: a message gets its first receipt
 * again, a pull request serves once.   Source  AS4 3.2; eDelivery AS4 1.5.5.5 */
void ens__ledger_expect(ens__ledger_row *row, ens_message_kind kind, ens_arrival arrival);

/* What came back. */
typedef struct {
    const ens_message *message; /* NULL: no body, or no response */
    const ens_report *report;   /* of ens_receipt_check, or of ens_verify for a user message */
    unsigned http;              /* 0: no response */
    const char *silence;        /* why none came */
    bool empty;                 /* the response has no body */
    ens_message_kind asked;     /* what was sent */
} ens__ledger_answer;

/* ens__ledger_settle fills what was answered, and compares. */
void ens__ledger_settle(const ens__ledger_answer *a, ens_arena *arena, ens__ledger_row *row);
/* ens__ledger_reply makes a row of what customs reply to a document, from a row of the message that it was in; false: a
 * reply of which nothing follows. */
bool ens__ledger_reply(const ens_message *reply, const ens__ledger_row *about, ens_arena *arena, ens__ledger_row *out);

/* ens__ledger_words says a row in a sentence or two. */
const char *ens__ledger_words(const ens__ledger_row *row, char out[ENS_LEDGER_WORDS]);

#endif
